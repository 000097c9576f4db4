"""A node is drained with the pinned Ray: its attempts save, end at no cost, and their trials go on elsewhere."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.runtime.on_ray import cluster

from ..cluster.preemption import STEP, STEPS, run


@pytest.mark.ray
def test_no_node_of_a_cluster_at_rest_leaves_and_one_that_does_is_no_room(ray_cluster: None) -> None:
    assert cluster.leaving() == {}
    request = {"num_cpus": 1}
    assert cluster.capacity(request) == 4
    assert cluster.capacity(request, [node["NodeID"] for node in cluster.living_nodes()]) == 0


def _told(trial: rtl.Trial, name: str) -> float:
    """Gets a signal once, in its fifth step; saves when it is told to."""
    for step in range((trial.resumed_from_step or 0) + 1, 9):
        time.sleep(0.05)
        trial.report(1.0 / step, step)
        if step == 5 and trial.attempt == 1:
            os.kill(os.getpid(), getattr(signal, name))
            trial.set_user_attr("pid", os.getpid())
        if trial.should_checkpoint():
            trial.save_checkpoint({"step": step}, step)
    return float(trial.user_attrs["pid"] == os.getpid())


@pytest.mark.ray
@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1"])
def test_a_worker_that_gets_a_signal_saves_and_its_trial_goes_on_in_another(
    ray_cluster: None, storage: str, name: str
) -> None:
    study = rtl.create_study(storage=storage)
    retries = rtl.RetryPolicy(worker_crash=0)
    study.optimize(lambda trial: _told(trial, name), n_trials=2, max_concurrent=2, retries=retries)
    assert [(a.number, a.attempt, a.outcome, a.resumed_step) for a in study.attempts] == [
        (0, 1, "interrupted", None),
        (0, 2, "complete", 5),
        (1, 1, "interrupted", None),
        (1, 2, "complete", 5),
    ]
    assert [a.message for a in study.attempts] == [f"its process got {name}", ""] * 2
    assert [len(trial.intermediate_values) for trial in study.trials] == [8, 8]
    assert [trial.value for trial in study.trials] == [0.0, 0.0], "in the same process"


@pytest.mark.ray
@pytest.mark.timeout(60)
def test_a_second_signal_ends_the_attempt_at_no_cost_of_retries(ray_cluster: None, storage: str) -> None:
    """As a worker may get them whose run's process is dead."""

    def objective(trial: rtl.Trial) -> float:
        trial.report(1.0, trial.attempt)
        for _ in range(2 if trial.attempt <= 2 else 0):
            os.kill(os.getpid(), signal.SIGTERM)
        return 1.0

    study = rtl.create_study(storage=storage)
    study.optimize(objective, n_trials=1, retries=rtl.RetryPolicy(worker_crash=0))
    assert [a.outcome for a in study.attempts] == ["interrupted", "interrupted", "complete"]
    assert study.attempts[0].message == "its process got SIGTERM twice"


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
