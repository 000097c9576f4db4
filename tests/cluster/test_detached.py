"""Runs without a script: their processes are killed, their head dies, their study is taken. With real heads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.exceptions import StudyNotRunningError, TrialFailedError
from raytune_lite.report import attach as attaching
from raytune_lite.study.run_end import how_it_ended
from raytune_lite.trial import TrialState

from ..chaos.processes import kill, wait_for
from ..on_ray.heads import Head, started_head
from ..on_ray.leaving import leave, nothing_is_left

pytestmark = [pytest.mark.kill, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    with started_head() as found:
        yield found


def test_processes_of_a_run_that_are_killed_are_restarted_and_it_counts_no_retry_and_no_trial_twice(
    head: Head, storage: str, tmp_path: Path
) -> None:
    leave(head, storage, 24, tmp_path / "marks", seconds=0.15)
    study = rtl.load_study(study_name="left", storage=storage)

    def goes_on() -> None:
        before = study.state_counts().get(TrialState.COMPLETE, 0)
        wait_for("the run to go on", lambda: study.state_counts().get(TrialState.COMPLETE, 0) > before + 1)

    def restarted(kind: str, before: int) -> bool:
        return head.actors(kind) not in ([], [before])

    for kind in ("RunActor", "Keeper", "RunActor"):  # the last: what the restarted Keeper has, it has from the other
        goes_on()
        [pid] = head.actors(kind)
        kill(pid)
        wait_for(f"{kind} to be restarted", partial(restarted, kind, pid))
    assert rtl.attach("left", storage=storage, show_progress_bar=False).trials
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 24  # n_trials is not begun anew
    lost = [attempt for attempt in study.attempts if attempt.outcome != "complete"]
    assert 1 <= len(lost) <= 4
    assert {(attempt.outcome, attempt.message) for attempt in lost} <= {
        ("driver_lost", "the process that owned its task is dead"),
        ("interrupted", "its process got SIGTERM twice"),  # by Ray; the attempt had time to tell
    }
    assert not study.differences()
    end = how_it_ended(study)
    assert end is not None
    assert (end.is_over, end.kind) == (True, None)
    nothing_is_left(head)


def test_what_ends_a_run_is_raised_where_one_attaches_and_ends_the_processes(
    head: Head, storage: str, tmp_path: Path
) -> None:
    leave(head, storage, 8, tmp_path / "marks", failing=3)
    for _ in range(2):  # while it runs, and after
        with pytest.raises(TrialFailedError, match="the disk of dreams is full") as caught:
            rtl.attach("left", storage=storage, show_progress_bar=False)
        assert "in objective" in caught.value.traceback
    nothing_is_left(head)
    log = Path(rtl.load_study(storage=storage).checkpoint_root, "logs", "runs.log").read_text()
    assert "the disk of dreams is full" in log


def test_a_run_that_loses_its_study_to_another_owner_ends_its_processes(
    head: Head, storage: str, tmp_path: Path
) -> None:
    leave(head, storage, 10_000, tmp_path / "marks")
    study = rtl.load_study(study_name="left", storage=storage, sampler=rtl.samplers.RandomSampler(seed=1))
    assert study.release(force=True)
    study.optimize(lambda trial: 0.0, n_trials=2, executor="inline", show_progress_bar=False)
    nothing_is_left(head)
    assert not study.differences()


def test_when_both_processes_die_at_once_it_says_so_and_the_same_command_goes_on(
    head: Head, storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(head, storage, 12, tmp_path / "marks", seconds=0.2)
    study = rtl.load_study(study_name="left", storage=storage)
    wait_for("a trial", lambda: study.state_counts().get(TrialState.COMPLETE))
    kill(*head.actors("RunActor"), *head.actors("Keeper"))
    monkeypatch.setattr(attaching, "RESTART", 5.0)
    with pytest.raises(StudyNotRunningError, match="is not being run now"):
        rtl.attach(storage=storage, show_progress_bar=False)
    leave(head, storage, 12, tmp_path / "marks")
    rtl.attach(storage=storage, show_progress_bar=False)
    states = study.state_counts()
    assert set(states) == {TrialState.COMPLETE}  # interrupted trials of the dead run went on, too
    assert 13 <= states[TrialState.COMPLETE] <= 24
    wait_for("the actors without a run to end", lambda: not head.actors("RunActor") + head.actors("Keeper"), 90.0, 1.0)
    nothing_is_left(head)


def test_the_same_command_on_a_new_head_goes_on_after_the_head_has_died(storage: str, tmp_path: Path) -> None:
    with started_head() as first:
        leave(first, storage, 10, tmp_path / "marks", seconds=0.3)
        study = rtl.load_study(study_name="left", storage=storage)
        wait_for("a trial", lambda: study.state_counts().get(TrialState.COMPLETE))
        first.kill()
    before = {trial.number for trial in study.trials if trial.state is TrialState.COMPLETE}
    with started_head() as second:
        leave(second, storage, 4, tmp_path / "marks")
        rtl.attach(storage=storage, show_progress_bar=False)
        nothing_is_left(second)
    assert set(study.state_counts()) == {TrialState.COMPLETE}
    assert all(len(study.attempts_of(number)) == 1 for number in before)
    assert not study.differences()
