"""Trials of several processes on a real local Ray."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import pytest
from ray.util.placement_group import placement_group, placement_group_table

import raytune_lite as rtl
from raytune_lite.exceptions import (
    InfeasibleResourcesError,
    InvalidResourcesError,
    PlacementTimeoutError,
    TrialFailedError,
)
from raytune_lite.runtime.on_ray import placing
from raytune_lite.runtime.on_ray.placing import check_group, fits, group_prefix
from raytune_lite.runtime.ranks.request import with_workers
from raytune_lite.trial import TrialState

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

SMALL = {"num_cpus": 0.5}


def groups_left() -> list[str]:
    return [found["name"] for found in placement_group_table().values() if found["state"] != "REMOVED"]


def test_the_death_of_another_rank_is_retried_with_its_stderr_and_leaves_nothing(storage: str) -> None:
    def objective(trial: rtl.Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        if trial.rank == 0:
            trial.set_user_attr("env", {k: v for k, v in os.environ.items() if k.endswith(("RANK", "SIZE", "_ID"))})
        for epoch in range((trial.resumed_from_step or 0) + 1, 4):
            with trial.checkpoint_dir(epoch) as folder:
                (folder / str(trial.rank)).write_text(str(epoch))
            trial.report(x + 100 * trial.rank, epoch)
            if trial.rank == 1 and trial.attempt == 1 and epoch == 2:
                print("I am rank 1 and leave", file=sys.stderr, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
            trial.should_prune()
        return x

    study = rtl.create_study(storage=storage)
    study.optimize(objective, n_trials=1, resources=SMALL, workers=2)
    (trial,) = study.trials
    assert (trial.state, trial.attempt) == (TrialState.COMPLETE, 2)
    assert all(value == trial.params["x"] for value in trial.intermediate_values.values())  # rank 0's
    lost = study.attempts[0]
    assert lost.outcome == "worker_crash"
    assert "rank 1 of 2 on node " in lost.message
    assert "[rank 1] I am rank 1 and leave" in (lost.stderr_tail or "")
    env = trial.user_attrs["env"]
    assert (env["RANK"], env["WORLD_SIZE"], env["LOCAL_WORLD_SIZE"]) == ("0", "2", "2")
    assert not groups_left()


def test_a_failure_in_another_rank_ends_the_run_with_its_traceback(storage: str) -> None:
    def objective(trial: rtl.Trial) -> float:
        trial.report(1.0, 1)
        if trial.rank == 1:
            raise ValueError("bad shard")
        time.sleep(3600)  # as in a collective that never ends
        return 1.0

    study = rtl.create_study(storage=storage)
    with pytest.raises(TrialFailedError, match=r"ValueError: bad shard .in rank 1 of 2."):
        study.optimize(objective, n_trials=1, resources=SMALL, workers=2)
    assert study.trials[0].intermediate_values == {1: 1.0}
    assert not groups_left()


def test_what_can_never_be_placed_is_refused_at_once_with_what_would_help(storage: str) -> None:
    study = rtl.create_study(storage=storage)
    with pytest.raises(InfeasibleResourcesError, match=r"5 x .CPU: 1.: each process fits, all of them.*fewer workers"):
        study.optimize(lambda trial: 1.0, n_trials=1, workers=5)
    with pytest.raises(InfeasibleResourcesError, match=r"one process of a trial: a trial asks for .*GPU: 1"):
        study.optimize(lambda trial: 1.0, n_trials=1, resources={"num_gpus": 1}, workers=2)
    spread = {"bundles": [{"num_cpus": 1}, {"num_cpus": 2}], "strategy": "STRICT_SPREAD"}
    with pytest.raises(InfeasibleResourcesError, match=r'on a node each.*strategy "SPREAD" may'):
        study.optimize(lambda trial: 1.0, n_trials=1, resources=spread)
    with pytest.raises(InvalidResourcesError, match=r"unknown resource 'gpu'"):
        study.optimize(lambda trial: 1.0, n_trials=1, resources={"gpu": 1}, workers=2)
    assert not study.trials


def test_a_group_that_waits_too_long_ends_the_run_and_says_what_it_waits_for(storage: str) -> None:
    blocker = placement_group([{"CPU": 3}], name="blocker")
    assert blocker.wait(20)
    study = rtl.create_study(storage=storage)
    try:
        said = r"for 1 s: a trial asks for 2 x .CPU: 1. at once .PACK.* holds .*free on the 1 node.s.: CPU: 1\)"
        with pytest.raises(PlacementTimeoutError, match=said):
            study.optimize(lambda trial: 1.0, n_trials=1, resources={"placement_timeout": 1}, workers=2)
    finally:
        placing.remove(blocker)
    assert not study.trials
    assert not groups_left()


def test_a_run_removes_the_groups_that_a_dead_run_of_its_study_left(storage: str) -> None:
    study = rtl.create_study(storage=storage, study_name="left")
    prefix = group_prefix(study._config().storage, "left")
    of_dead_run = placement_group([{"CPU": 3}], name=f"{prefix}-dead-1", lifetime="detached")
    of_another = placement_group([{"CPU": 0.1}], name=f"{group_prefix('sqlite:///other.db', 'left')}-1")
    assert of_dead_run.wait(20)
    study.optimize(lambda trial: 1.0, n_trials=1, workers=2, resources={"placement_timeout": 20})
    assert study.trials[0].state is TrialState.COMPLETE
    assert groups_left() == [placement_group_table(of_another)["name"]]
    placing.remove(of_another)


# --- without a trial --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "n"), [("PACK", 2), ("SPREAD", 2), ("STRICT_PACK", 1), ("STRICT_SPREAD", 0)]
)
def test_how_many_groups_fit(strategy: str, n: int) -> None:
    nodes = [{"GPU": 4.0, "CPU": 8.0}, {"GPU": 2.0, "CPU": 8.0}]
    assert fits(nodes, [{"GPU": 1.0}] * 3, strategy) == n
    assert fits(nodes, [{"GPU": 1.0}, {"CPU": 1.0}], "STRICT_SPREAD") == 6
    assert fits(nodes, [{}], "PACK") == placing.MOST_ROOM


@pytest.mark.parametrize("strategy", ["PACK", "STRICT_PACK"])
def test_a_share_of_a_gpu_is_of_one_gpu_for_groups_too(strategy: str) -> None:
    assert fits([{"GPU": 2.0}], [{"GPU": 0.6}] * 3, strategy) == 0  # 1.8 of 2, and the third share finds no GPU
    assert fits([{"GPU": 2.0}], [{"GPU": 0.6}] * 2, strategy) == 1
    assert fits([{"GPU": 2.0}], [{"GPU": 0.5}, {"GPU": 1.0}], strategy) == 1
    assert fits([{"GPU": 4.0}, {"GPU": 2.0}], [{"GPU": 0.5}] * 2, strategy) == 6
    assert fits([{"GPU": 4.0}, {"GPU": 2.0}], [{"GPU": 0.6}, {"GPU": 0.6}], strategy) == 3


def test_workers_become_bundles() -> None:
    request = with_workers({"num_gpus": 1, "runtime_env": {"env_vars": {"A": "1"}}, "strategy": "SPREAD"}, 2)
    assert request is not None
    found = check_group(request)
    assert found.bundles == ({"num_cpus": 1, "num_gpus": 1},) * 2
    assert (found.strategy, found.placement_timeout) == ("SPREAD", 600.0)
    assert found.shared == {"runtime_env": {"env_vars": {"A": "1"}}}
    assert with_workers({"num_gpus": 1}, 1) == {"num_gpus": 1}


@pytest.mark.parametrize(
    ("resources", "workers", "said"),
    [
        ({"strategy": "PACK"}, 1, "strategy is for trials of several processes"),
        ({"bundles": [{}]}, 2, "give either workers=2"),
        ({"bundles": [{}], "num_gpus": 1}, 1, "'num_gpus' belongs into each"),
        ({"bundles": 3}, 1, "bundles must be a list of dicts"),
        ({"bundles": [{"strategy": "PACK"}]}, 1, "strategy is one for all bundles"),
        ({"strategy": "PAKC"}, 2, "strategy must be one of 'PACK' .on as few"),
        ({"scheduling_strategy": "SPREAD"}, 2, "scheduling_strategy is for trials of one process"),
        ({"placement_timeout": 0}, 2, "placement_timeout must be a number of seconds > 0"),
        ({}, 0, "workers must be an integer >= 1"),
    ],
)
def test_a_wrong_request_is_refused(resources: dict[str, Any], workers: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        with_workers(resources, workers)


def test_inline_runs_one_process_only(storage: str) -> None:
    study = rtl.create_study(storage=storage)
    with pytest.raises(ValueError, match=r"in this process, and 3 processes were asked for"):
        study.optimize(lambda trial: 1.0, n_trials=1, workers=3, executor="inline")


