"""Attempts that hang, crash or exit on a real Ray: killed in time, typed, and recorded with their last words."""

from __future__ import annotations

import ctypes
import os
import signal
import sqlite3
import sys
import threading
import time
from typing import Any

import pytest
import ray

import raytune_lite as rtl
from raytune_lite.exceptions import StudyAbortedError
from raytune_lite.runtime import heartbeat

pytestmark = [pytest.mark.ray, pytest.mark.kill, pytest.mark.usefixtures("ray_cluster"), pytest.mark.timeout(120)]


def outcomes(study: rtl.Study) -> list[tuple[int, str | None]]:
    return [(attempt.number, attempt.outcome) for attempt in study.attempts]


def seconds(attempt: Any) -> float:
    """How long an attempt took, whenever its process had been started."""
    return float(attempt.ended - attempt.started)


def test_an_attempt_that_still_calls_its_trial_ends_itself_at_the_limit(storage: str) -> None:
    def slow(trial: rtl.Trial) -> float:
        for step in range(1, 1000):
            time.sleep(0.05)
            trial.report(1.0, step)
        return 1.0

    study = rtl.create_study(storage=storage)
    study.optimize(slow, n_trials=1, trial_timeout=1.0)
    assert outcomes(study) == [(0, "timeout")]
    assert "trial_timeout is over" in study.trials[0].system_attrs["rtl:failure"]["error"], "not the soft way"
    assert seconds(study.attempts[0]) < 1.0 + heartbeat.TIMEOUT_GRACE


def test_an_attempt_that_holds_the_interpreter_is_killed_and_says_where_it_hung(storage: str) -> None:
    def stuck(trial: rtl.Trial) -> float:
        if trial.number == 0:
            sum(range(10**13))  # one C call, days long; no other thread of the process can run
        return 1.0

    study = rtl.create_study(storage=storage)
    study.optimize(stuck, n_trials=2, max_concurrent=2, trial_timeout=1.0)
    assert sorted(outcomes(study)) == [(0, "timeout"), (1, "complete")]
    lost = study.attempts[0]
    assert seconds(lost) < 1.0 + heartbeat.TIMEOUT_GRACE + 30
    assert lost.message.startswith("attempt 1 lost (timeout): no result within 1 s")
    assert "test_typed_failures.py" in lost.stderr_tail
    assert "stuck" in lost.stderr_tail
    assert lost.exit_code == 1


def hold_the_interpreter(seconds: int) -> int:
    """No other thread of this process can run meanwhile."""
    ctypes.PyDLL(None).sleep(seconds)
    return os.getpid()


def test_a_worker_that_ray_reuses_for_another_task_is_not_ended(storage: str) -> None:
    def objective(trial: rtl.Trial) -> float:
        trial.set_user_attr("pid", os.getpid())
        time.sleep(0.5)
        return 1.0

    study = rtl.create_study(storage=storage)
    study.optimize(objective, n_trials=4, max_concurrent=4, lease=5)
    ours = {trial.user_attrs["pid"] for trial in study.trials}
    task = ray.remote(max_retries=0)(hold_the_interpreter)
    pids = ray.get([task.remote(9) for _ in range(4)])
    assert ours & set(pids), "Ray has reused none of them, so this shows nothing"


def test_an_objective_that_holds_the_interpreter_for_longer_than_the_lease_needs_a_longer_one(storage: str) -> None:
    def objective(trial: rtl.Trial) -> float:
        hold_the_interpreter(9)
        return 1.0

    study = rtl.create_study(storage=storage)
    study.optimize(objective, n_trials=1, lease=5, retries=rtl.RetryPolicy(lease_expired=0))
    study.optimize(objective, n_trials=1, lease=60)
    assert outcomes(study) == [(0, "lease_expired"), (1, "complete")]
    assert "optimize(lease=...)" in study.attempts[0].message


def test_a_crash_is_recorded_with_its_exit_code_and_the_end_of_its_stderr(storage: str) -> None:
    def crashing(trial: rtl.Trial) -> float:
        time.sleep(0.2)
        print(f"trial {trial.number} was here", file=sys.stderr, flush=True)
        if trial.number == 0:
            ctypes.string_at(0)
        if trial.number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if trial.number == 2:
            sys.exit(3)
        return 1.0

    study = rtl.create_study(storage=storage)
    study.optimize(crashing, n_trials=4, max_concurrent=1, retries=rtl.RetryPolicy(worker_crash=0))
    found = {attempt.number: attempt for attempt in study.attempts}
    assert [found[number].outcome for number in range(4)] == [*["worker_crash"] * 3, "complete"]
    assert [found[number].exit_code for number in range(4)] == [-signal.SIGSEGV, None, 3, None]
    assert "Segmentation fault" in found[0].stderr_tail
    assert "crashing" in found[0].stderr_tail
    assert "trial 1 was here" in found[1].stderr_tail
    assert found[3].stderr_tail is None


def test_a_run_whose_every_worker_dies_is_given_up(storage: str) -> None:
    def deadly(trial: rtl.Trial) -> float:
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGKILL)
        return 1.0

    study = rtl.create_study(storage=storage)
    retries = rtl.RetryPolicy(worker_crash=0, abort_after=3)
    with pytest.raises(StudyAbortedError, match=r"first 3 trials failed in the same way \(worker_crash\)"):
        study.optimize(deadly, n_trials=50, max_concurrent=1, retries=retries)
    assert 3 <= len(study.trials) <= 8


def test_while_the_database_is_locked_trials_go_on_and_then_everything_is_stored(storage: str, tmp_path: Any) -> None:
    """Another program holds the file's write lock for 8 s: nothing is lost, and no attempt is given up."""
    steps = tmp_path / "steps"

    def busy(trial: rtl.Trial) -> float:
        for step in range(1, 41):
            time.sleep(0.2)
            trial.report(float(step), step)
            with steps.open("a") as file:
                file.write(f"{trial.number} {step} {time.time()}\n")
        return 1.0

    study = rtl.create_study(storage=storage)
    held: list[float] = []

    def hold() -> None:
        while not steps.exists() or len(steps.read_text().splitlines()) < 6:
            time.sleep(0.1)
        connection = sqlite3.connect(storage.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        held.append(time.time())
        time.sleep(8)
        connection.execute("ROLLBACK")
        held.append(time.time())
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    study.optimize(busy, n_trials=2, max_concurrent=2)
    holder.join()
    assert outcomes(study) == [(0, "complete"), (1, "complete")]
    assert all(trial.intermediate_values == {s: float(s) for s in range(1, 41)} for trial in study.trials)
    during = [line for line in steps.read_text().splitlines() if held[0] < float(line.split()[2]) < held[1]]
    assert len(during) > 20, "the objectives went on meanwhile"
