"""A node is drained with the pinned Ray: its attempts save, end at no cost, and their trials go on elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from raytune_lite.runtime.on_ray import cluster

from ..cluster.preemption import STEP, STEPS, run


@pytest.mark.ray
def test_no_node_of_a_cluster_at_rest_leaves_and_one_that_does_is_no_room(ray_cluster: None) -> None:
    assert cluster.leaving() == {}
    request = {"num_cpus": 1}
    assert cluster.capacity(request) == 4
    assert cluster.capacity(request, [node["NodeID"] for node in cluster._nodes()]) == 0


@pytest.mark.kill
@pytest.mark.ray
@pytest.mark.timeout(150)
def test_trials_on_a_drained_node_go_on_elsewhere_where_they_were(tmp_path: Path) -> None:
    found = run(tmp_path / "drained", "--raylets", "2", "--trials", "3")
    assert found["preempted"] >= 1
    assert set(found["outcomes"]) == {"interrupted"}
    assert (found["states"], found["reports"]) == (["COMPLETE"] * 3, [STEPS] * 3)
    assert found["begun_on_leaving"] == 0
    assert found["lost_seconds_each"] <= 2 * STEP
