"""Trials on clusters of several raylets with logical GPUs and labels."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster

import raytune_lite as rtl
from raytune_lite.exceptions import InfeasibleResourcesError
from raytune_lite.trial import TrialState

pytestmark = pytest.mark.cluster
SPOT, STEADY = {"market": "spot"}, {"market": "steady"}


@pytest.fixture(scope="module")
def nodes() -> Iterator[dict[str, str]]:
    """Two nodes of two GPUs, spot, and one of four, steady; by node id the market."""
    cluster = Cluster()
    small = {"object_store_memory": 80 << 20}
    cluster.add_node(num_cpus=0, include_dashboard=False, **small)
    for labels, gpus in ((SPOT, 2), (SPOT, 2), (STEADY, 4)):
        cluster.add_node(num_cpus=4, num_gpus=gpus, labels=labels, **small)
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False)
    yield {node["NodeID"]: node["Labels"].get("market", "") for node in ray.nodes()}
    ray.shutdown()
    cluster.shutdown()


def sized(trial: rtl.Trial) -> float:
    gpus = trial.suggest_int("gpus", 1, 4)
    trial.set_user_attr("given", len(ray.get_gpu_ids()))
    time.sleep(trial.suggest_float("seconds", 0.2, 0.6))
    return float(gpus)


def needs(params: dict[str, Any]) -> dict[str, Any]:
    return {"num_cpus": 0.5, "num_gpus": params["gpus"]}


def test_a_trial_of_four_gpus_begins_among_many_of_one(nodes: dict[str, str], tmp_path: Path) -> None:
    study = rtl.create_study(storage=f"sqlite:///{tmp_path}/s.db", sampler=rtl.samplers.RandomSampler(seed=2))
    for n in (1, 1, 1, 1, 4, 1, 1, 1, 1, 1, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1):
        study.enqueue_trial({"gpus": n})
    study.optimize(sized, n_trials=20, resources=needs)
    trials = study.trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 20
    assert all(trial.user_attrs["given"] == trial.params["gpus"] for trial in trials)
    began = {a.number: a.started for a in study.attempts}
    overtook = [sum(began[n] < began[large] for n in range(large + 1, 20)) for large in (4, 10)]
    assert max(overtook) <= 10, overtook  # of 15; most of them find room on nodes where the large one never fits
    assert {nodes[a.node] for a in study.attempts if a.number in (4, 10)} == {"steady"}
    assert {a.attempt for a in study.attempts} == {1}  # enqueued: known before


def test_label_selectors_and_fallbacks_choose_the_node(nodes: dict[str, str], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/s.db"

    def where(selector: dict[str, str], *fallbacks: dict[str, str]) -> set[str]:
        study = rtl.create_study(storage=url)
        request: dict[str, Any] = {"num_cpus": 1, "label_selector": selector}
        if fallbacks:
            request["fallback_strategy"] = [{"label_selector": one} for one in fallbacks]
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3, resources=request)
        return {nodes[a.node] for a in study.attempts}

    assert where(STEADY) == {"steady"}
    assert where(SPOT) == {"spot"}
    assert where({"market": "!spot"}, SPOT) <= {"steady", ""}
    assert where({"market": "reserved"}, STEADY) == {"steady"}
    with pytest.raises(InfeasibleResourcesError, match=r"(?s)reserved.*none has those of its 1 fallback.*no auto"):
        where({"market": "reserved"}, {"market": "gold"})


def test_a_function_may_choose_labels(nodes: dict[str, str], tmp_path: Path) -> None:
    grid = rtl.samplers.GridSampler({"kind": ["a", "b"], "i": [1, 2]}, seed=0)
    study = rtl.create_study(storage=f"sqlite:///{tmp_path}/s.db", sampler=grid)
    study.optimize(
        lambda trial: float(trial.suggest_int("i", 1, 2)) if trial.suggest_categorical("kind", ["a", "b"]) else 0.0,
        resources=lambda params: {"label_selector": SPOT if params["kind"] == "a" else STEADY},
    )
    markets = {(study.trials[a.number].params["kind"], nodes[a.node]) for a in study.attempts}
    assert markets == {("a", "spot"), ("b", "steady")}


def climbs(trial: rtl.Trial) -> float:
    trial.load_checkpoint()
    start = trial.resumed_from_step or 0
    for step in range(start + 1, 10):
        time.sleep(0.5 if step > 3 else 0.1)
        trial.report(float(trial.number), step)
        trial.save_checkpoint({"step": step}, step)
        if trial.should_prune():
            raise rtl.TrialPruned
    return float(trial.number)


def test_low_rungs_go_to_spot_and_high_ones_to_nodes_that_stay_and_hold_up_nobody(
    nodes: dict[str, str], tmp_path: Path
) -> None:
    study = rtl.create_study(
        storage=f"sqlite:///{tmp_path}/s.db",
        pruner=rtl.pruners.ASHAPruner(min_resource=1, reduction_factor=3, max_resource=9, mode="promote"),
    )
    request = {"num_gpus": 1, "label_selector": SPOT, "from_step": {3: {"num_gpus": 4, "label_selector": STEADY}}}
    study.optimize(climbs, n_trials=24, resources=request)
    resumed = {(a.number, a.attempt): a.resumed_step or 0 for a in study.attempts}
    assert {nodes[a.node] for a in study.attempts if resumed[a.number, a.attempt] < 3} == {"spot"}
    late = [a for a in study.attempts if resumed[a.number, a.attempt] >= 3]
    assert {nodes[a.node] for a in late} == {"steady"}
    assert len(late) >= 2
    # there is room for one of them at a time: meanwhile attempts begin on the other nodes
    began = [a.started for a in study.attempts if resumed[a.number, a.attempt] < 3]
    assert sum(late[0].started < at < late[-1].ended for at in began) >= 2
