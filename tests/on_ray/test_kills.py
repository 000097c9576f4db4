"""kill -9 stories, with real processes: nothing acknowledged is lost, nothing finished runs again, no curve changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

import raytune_lite as rtl
from raytune_lite.exceptions import StudyBusyError
from raytune_lite.runtime.on_ray import drivers
from raytune_lite.trial import TrialState

from ..chaos.processes import wait_for
from ..scripts import rows
from .drivers import driver_pid
from .study_script import Net, Walk, train

SCRIPT = Path(__file__).with_name("study_script.py")
pytestmark = [pytest.mark.kill, pytest.mark.timeout(240)]


def uninterrupted(numbers: int, model: Any = Walk) -> dict[int, dict[int, float]]:
    """The learning curves that nobody interrupts, trained in this process."""
    study = rtl.create_study(sampler=rtl.samplers.RandomSampler(seed=3))
    study.optimize(lambda trial: train(trial, os.devnull, model=model), n_trials=numbers, executor="inline")
    return {trial.number: dict(trial.intermediate_values) for trial in study.trials}


class Script:
    """The study script as a child process, in a process group of its own."""

    def __init__(self, storage: str, log: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), storage, str(log), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def finish(self, seconds: float = 120.0) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=seconds)
        return self.process.returncode, out, err


@pytest.fixture
def script() -> Iterator[Callable[..., Script]]:
    started: list[Script] = []

    def start(*args: Any) -> Script:
        started.append(Script(*args))
        return started[-1]

    yield start
    for item in started:
        if item.process.poll() is None:
            item.process.kill()
            item.process.wait()


# --- a worker ---------------------------------------------------------------------------------------------------------


@pytest.mark.ray
def test_a_killed_worker_resumes_from_its_checkpoint_with_the_same_curve(
    ray_cluster: None, storage: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    study = rtl.create_study(storage=storage, sampler=rtl.samplers.RandomSampler(seed=3))
    study.optimize(lambda trial: train(trial, str(log), model=Net, crash_at=5), n_trials=2, max_concurrent=2)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 2
    assert {trial.attempt for trial in study.trials} == {2}
    curves = {trial.number: dict(trial.intermediate_values) for trial in study.trials}
    assert curves == uninterrupted(2, Net)  # bit for bit: float equality, dropout and shuffling included
    trained = Counter((row["number"], row["epoch"]) for row in rows(log))
    # Trained twice: epoch 5, which was not saved; and epoch 4 where its report, made after its checkpoint, was not
    # stored yet. Resuming after it would have lost that report for ever.
    twice = {key for key, n in trained.items() if n > 1}
    assert {(number, 5) for number in range(2)} <= twice <= {(number, epoch) for number in range(2) for epoch in (4, 5)}
    assert all(a.resumed_step in (3, 4) for a in study.attempts if a.attempt == 2)


@pytest.mark.ray
def test_a_trial_that_kills_its_worker_each_time_fails_in_the_end(ray_cluster: None, storage: str) -> None:
    def deadly(trial: rtl.Trial) -> float:
        if trial.number == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 1.0

    study = rtl.create_study(storage=storage)
    study.optimize(deadly, n_trials=3, max_concurrent=1, retries=rtl.RetryPolicy(worker_crash=2))
    assert [trial.state.name for trial in study.trials] == ["FAIL", "COMPLETE", "COMPLETE"]
    assert study.trials[0].attempt == 3
    assert "worker_crash" in study.trials[0].system_attrs["rtl:failure"]["error"]


# --- the driver actor -------------------------------------------------------------------------------------------------


@pytest.mark.ray
@pytest.mark.parametrize("is_kept", [False, True], ids=["new", "kept"])
def test_a_killed_driver_is_no_more_than_a_late_answer(
    ray_cluster: None, storage: str, tmp_path: Path, is_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether its process was started for this run, or has hosted another one before."""
    monkeypatch.setattr(drivers, "_kept", drivers._Kept())
    log, killed = tmp_path / "log", list[int]()
    if is_kept:
        rtl.create_study(storage=f"sqlite:///{tmp_path}/other.db").optimize(lambda trial: 1.0, n_trials=1)
        [(kept, _)] = drivers._kept._idle
    study = rtl.create_study(storage=storage, sampler=rtl.samplers.RandomSampler(seed=3))
    hold = tmp_path / "log.hold"
    hold.touch()  # the last trial does not end before

    def kill_twice() -> None:
        for n in (4, 14):
            wait_for(f"{n} epochs", lambda n=n: len(rows(log)) >= n)  # type: ignore[misc]
            killed.append(driver_pid(study))
            os.kill(killed[-1], signal.SIGKILL)
            wait_for("another driver", lambda: driver_pid(study) not in killed)
        hold.unlink()

    killer = threading.Thread(target=kill_twice)
    killer.start()
    study.optimize(lambda trial: train(trial, str(log), pause=0.1, hold=(3, 5)), n_trials=4, max_concurrent=2)
    killer.join()
    assert len(set(killed)) == 2
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 4
    assert {trial.attempt for trial in study.trials} == {1}  # no running trial was disturbed
    assert len(rows(log)) == 4 * 9  # and no epoch was trained twice
    assert {trial.number: dict(trial.intermediate_values) for trial in study.trials} == uninterrupted(4)
    assert [process for process, _ in drivers._kept._idle] == [kept if is_kept else ANY]


# --- the script -------------------------------------------------------------------------------------------------------


def test_a_killed_script_goes_on_where_it_was(script: Any, storage: str, tmp_path: Path) -> None:
    """Finished trials do not run again, paused ones keep their rungs, running ones continue from their checkpoints.

    While the first script lives nobody else may run the study; once it is dead the second takes over without waiting.
    """
    log = tmp_path / "log"
    options = ("--max-trials", "24", "--pause", "0.3", "--asha")
    first = script(storage, log, *options)

    def is_under_way() -> bool:
        """Some have begun, and one is between two rungs, so far from the next that it does not come there meanwhile."""
        seen = rows(log)
        return len({row["number"] for row in seen}) >= 7 and seen[-1]["epoch"] in (4, 5, 6)

    wait_for("an epoch", lambda: rows(log))
    before = rtl.load_study(study_name="killed", storage=storage)
    with pytest.raises(StudyBusyError, match="a study has one driver at a time"):
        before.optimize(lambda trial: 1.0, n_trials=1, executor="inline")
    wait_for("a trial between two rungs", is_under_way)
    first.process.kill()
    first.process.wait()
    kept = {trial.number: dict(trial.intermediate_values) for trial in before.trials}
    states = {trial.number: trial.state for trial in before.trials}
    rungs = {(rung.number, rung.level): rung.value for rung in before.rungs}
    before.close()
    time.sleep(1.0)  # Ray ends the tasks of a dead owner within 0.2 s
    n_before = len(rows(log))

    code, out, err = script(storage, log, *options).finish()
    assert (code, out.strip()) == (0, "finished"), err
    study = rtl.load_study(study_name="killed", storage=storage)
    assert len(study.trials) == 24
    assert all(trial.state.is_finished() for trial in study.trials)
    after = {trial.number: dict(trial.intermediate_values) for trial in study.trials}
    assert all(curve.items() <= after[number].items() for number, curve in kept.items())
    assert rungs.items() <= {(rung.number, rung.level): rung.value for rung in study.rungs}.items()
    finished = {number for number, state in states.items() if state.is_finished()}
    assert not {row["number"] for row in rows(log)[n_before:]} & finished
    assert TrialState.PAUSED in states.values()
    # every epoch was trained once, but for the last one or two of each attempt that was killed
    trained = Counter((row["number"], row["epoch"]) for row in rows(log))
    assert sum(n - 1 for n in trained.values()) <= 4
    resumed = [a.resumed_step for a in study.attempts if states.get(a.number) is TrialState.RUNNING and a.attempt > 1]
    assert resumed
    curves = uninterrupted(24)
    assert all(curve.items() <= curves[number].items() for number, curve in after.items())


def test_ctrl_c_gives_the_prompt_back_and_the_same_command_goes_on(script: Any, storage: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    options = ("--max-trials", "3", "--pause", "0.2", "--hold", "2", "2")
    (tmp_path / "log.hold").touch()  # the last trial does not end before
    first = script(storage, log, *options)
    # an objective without a pruner that is stopped between its first save and its first report goes on behind both
    wait_for("two epochs of each", lambda: len({row["number"] for row in rows(log) if row["epoch"] == 2}) == 3)
    start = time.monotonic()
    os.killpg(first.process.pid, signal.SIGINT)  # what a terminal's Ctrl-C does: the whole foreground group
    code, out, err = first.finish(30)
    assert time.monotonic() - start < 15
    assert (code, out.strip()) == (130, "interrupted"), err
    assert "same command" in err
    assert "Traceback" not in err
    (tmp_path / "log.hold").unlink()
    code, out, err = script(storage, log, *options).finish()
    assert (code, out.strip()) == (0, "finished"), err
    study = rtl.load_study(study_name="killed", storage=storage)
    assert {trial.number: dict(trial.intermediate_values) for trial in study.trials} == uninterrupted(3)
    assert any(a.outcome == "interrupted" for a in study.attempts)
