"""Nodes that died a moment ago, and where tasks must not go meanwhile; without a cluster."""

from __future__ import annotations

from typing import Any

import pytest
import ray

from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.on_ray import cluster
from raytune_lite.runtime.on_ray.dead_nodes import PATIENCE, DeadNodes

A, B, C = ("a" * 56, "b" * 56, "c" * 56)
ANYWHERE: dict[str, Any] = {"num_cpus": 1}


class Clock(RealHost):
    now = 0.0

    def monotonic(self) -> float:  # type: ignore[override]
        return self.now


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Three nodes of a CPU each, as Ray lists them."""
    found = [
        {"NodeID": node, "Alive": True, "Resources": {"CPU": 1.0}, "Labels": {"ray.io/node-id": node, "market": market}}
        for node, market in ((A, "spot"), (B, "spot"), (C, "steady"))
    ]
    monkeypatch.setattr(ray, "nodes", lambda: found)
    return found


def died(node: str) -> Exception:
    return ray.exceptions.NodeDiedError(f"Task failed because the node ... Node IP: 192.0.2.2, node ID: {node}. This")


def where(request: Any) -> list[str]:
    return [node["NodeID"] for node in cluster.living_nodes() if cluster.may_be_on(node, request)]


def test_a_request_excludes_dead_nodes_until_ray_calls_them_dead(nodes: list[dict[str, Any]]) -> None:
    dead = DeadNodes(Clock())
    dead.note(ray.exceptions.WorkerCrashedError(f"node ID: {C}"))
    assert dead.without(ANYWHERE) is ANYWHERE
    dead.note(died(A))
    assert where(dead.without(ANYWHERE)) == [B, C]
    dead.note(died(C))
    assert where(dead.without(ANYWHERE)) == [B]
    assert ANYWHERE == {"num_cpus": 1}
    nodes[0]["Alive"] = False
    assert dead.unknown() == [C]
    nodes[2]["Alive"] = False
    assert dead.without(ANYWHERE) is ANYWHERE


def test_a_users_labels_and_fallbacks_stay(nodes: list[dict[str, Any]]) -> None:
    dead = DeadNodes(Clock())
    dead.note(died(A))
    request = {**ANYWHERE, "label_selector": {"market": "gold"}, "fallback_strategy": [
        {"label_selector": {"market": "spot"}}, {"label_selector": {"ray.io/node-id": C}},
    ]}  # fmt: skip
    assert where(request) == [A, B, C]
    assert where(dead.without(request)) == [B, C]
    assert dead.selector({"market": "spot"}, lambda without: without == [A]) == {
        "market": "spot", "ray.io/node-id": f"!in({A})",
    }  # fmt: skip


def test_a_node_is_not_excluded_where_no_other_could_run_it_nor_for_ever(nodes: list[dict[str, Any]]) -> None:
    clock = Clock()
    dead = DeadNodes(clock)
    dead.note(died(C))
    steady = {**ANYWHERE, "label_selector": {"market": "steady"}}
    assert dead.without(steady) is steady
    by_strategy = {**ANYWHERE, "scheduling_strategy": "SPREAD"}
    assert dead.without(by_strategy) is by_strategy
    assert dead.selector(None, lambda _: False) is None
    clock.now = PATIENCE + 1
    assert dead.without(ANYWHERE) is ANYWHERE
