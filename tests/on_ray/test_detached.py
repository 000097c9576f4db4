"""Runs that outlive their script: ``optimize(detach=True)`` and ``attach``, on a head that `ray start` started."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.exceptions import ObjectiveNotPicklableError, RayUnavailableError, StudyNotRunningError
from raytune_lite.trial import TrialState

from ..chaos.processes import wait_for
from .heads import Head, started_head
from .leaving import leave, nothing_is_left

pytestmark = [pytest.mark.kill, pytest.mark.timeout(240)]

@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    with started_head() as found:
        yield found


def test_a_run_goes_on_when_its_script_is_killed_and_leaves_nothing_behind(
    head: Head, storage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leave(head, storage, 8, tmp_path / "marks")
    study = rtl.attach("left", storage=storage)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 8
    marks = [line.split() for line in (tmp_path / "marks").read_text().splitlines()]
    assert sorted(marks) == [["left", str(number)] for number in range(8)]
    dates = [study.trials[int(number)].datetime_complete for _, number in marks]
    assert dates == sorted(dates)  # in the order in which they ended; two may have ended together
    said = capsys.readouterr().err
    assert "8 trials: 8 complete" in said
    assert "the run ended after" in said
    nothing_is_left(head)
    assert rtl.attach(storage=storage, show_progress_bar=False).best_value == study.best_value  # at once: it is over


def test_commands_reach_a_detached_run_and_stop_ends_it(head: Head, storage: str, tmp_path: Path) -> None:
    leave(head, storage, 10_000, tmp_path / "marks", seconds=0.05)
    study = rtl.load_study(study_name="left", storage=storage)
    study.resize(1)
    study.pause()
    wait_for("no trial to run", lambda: not study.state_counts().get(TrialState.RUNNING))
    study.enqueue_trial({"x": 0.25})
    study.unpause()
    wait_for("the trial that was added", lambda: any(t.params == {"x": 0.25} and t.value for t in study.trials))
    ended: list[object] = []
    follower = threading.Thread(target=lambda: ended.append(_attached(storage)))
    follower.start()
    study.stop()
    follower.join(60)
    assert isinstance(ended[0], rtl.Study)
    with pytest.raises(StudyNotRunningError):
        study.pause()
    nothing_is_left(head)


def _attached(storage: str) -> object:
    return rtl.attach("left", storage=storage, show_progress_bar=False)


REFUSED = """
import sys, raytune_lite as rtl
study = rtl.create_study(study_name="refused", storage=sys.argv[1], load_if_exists=True)
try:
    study.optimize(lambda trial: 1.0, n_trials=1, detach=True, resources={"num_cpus": 99})
except rtl.exceptions.InfeasibleResourcesError as error:
    sys.stdout.write(f"refused: {error}\\n")  # in one piece: lines of the actor come in between
"""


def test_what_stands_in_the_way_is_raised_in_the_script_and_nothing_is_left(head: Head, storage: str) -> None:
    assert "refused: a trial asks for CPU: 99" in head.run(REFUSED, storage).stdout
    nothing_is_left(head)
    assert rtl.attach(storage=storage, show_progress_bar=False).trials == []


# --- without a head ------------------------------------------------------------------------------------------------


def test_a_ray_that_ends_with_the_script_is_refused(storage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "local")
    study = rtl.create_study(storage=storage)
    with pytest.raises(RayUnavailableError, match=r"needs a Ray that outlives this script.*ray start --head"):
        study.optimize(lambda trial: 1.0, n_trials=1, detach=True)
    assert study.trials == []


def test_what_cannot_travel_is_named(storage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from raytune_lite.runtime.on_ray import detached

    monkeypatch.setattr(detached, "ends_with_this_process", lambda: False)
    lock = threading.Lock()

    def count(study: rtl.Study, trial: rtl.FrozenTrial) -> None:
        with lock:
            time.sleep(0)

    with pytest.raises(ObjectiveNotPicklableError, match=r"the callback .*count' cannot be sent.*'lock' of type lock"):
        rtl.create_study(storage=storage).optimize(lambda trial: 1.0, n_trials=1, callbacks=[count], detach=True)
