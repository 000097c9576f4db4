"""Uploads beside training: they are in nobody's way, and no report, pause or end comes before its checkpoint."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest
from click.testing import CliRunner

import raytune_lite as rtl
from raytune_lite.checkpoints.directories import DirectoryStore
from raytune_lite.checkpoints.objects import ObjectStore
from raytune_lite.checkpoints.store import open_store
from raytune_lite.cli import cli
from raytune_lite.core import messages as m
from raytune_lite.core.messages import CheckpointRef, Decision, FailureKind, Outcome
from raytune_lite.core.schedules import Every, Levels
from raytune_lite.exceptions import CheckpointDiskError, CheckpointError, StaleAttemptError
from raytune_lite.report.check import damages, half_written, orphans
from raytune_lite.runtime.attempt import AttemptResult, run_trial
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.trial import Trial

SOON = 5.0  # seconds


class SlowStore(DirectoryStore):
    """Publishes when it is let, and fails when it is to."""

    publishes_beside = True

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.gate, self.begun, self.closed = threading.Event(), threading.Semaphore(0), 0
        self.failures: list[Exception | None] = []

    def publish(self, temporary: Path, number: int, attempt: int, step: int) -> CheckpointRef:
        self.begun.release()
        assert self.gate.wait(SOON)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            self.abandon(temporary)
            raise failure
        return super().publish(temporary, number, attempt, step)

    def close(self) -> None:
        self.closed += 1


class Line:
    """A channel that keeps what comes."""

    def __init__(self) -> None:
        self.told: list[m.Progress] = []
        self.decisions: dict[int, Decision] = {}
        self.error: Exception | None = None

    def suggest(self, *_: Any) -> Any:
        raise NotImplementedError

    def report(self, number: int, attempt: int, progress: m.Progress) -> tuple[Decision, str | None]:
        if self.error is not None:
            raise self.error
        self.told.append(progress)
        last = progress.reports[-1][0] if progress.reports else -1
        return self.decisions.get(last, Decision.CONTINUE), None

    @property
    def came(self) -> list[tuple[int | None, list[int]]]:
        """(step of the checkpoint, steps of the reports) of each delivery that brought something."""
        every = [(p.checkpoint.step if p.checkpoint else None, [s for s, _ in p.reports]) for p in self.told]
        return [item for item in every if item != (None, [])]


@pytest.fixture
def store(tmp_path: Path) -> SlowStore:
    return SlowStore(tmp_path / "root")


@pytest.fixture
def line() -> Line:
    return Line()


def trial_on(line: Line, store: SlowStore, **fields: Any) -> Trial:
    usual = {"number": 3, "attempt": 1, "schedule": Levels((3, 9)), "pauses": True}
    return Trial(m.Assignment(**{**usual, **fields}), line, lambda: store, host=RealHost())


def save(trial: Trial, step: int) -> None:
    trial.save_checkpoint({"step": step}, step)


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


class Beside:
    """A call in a thread of its own, of which a test sees whether it waits."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self._call = call
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.result = self._call()
        except BaseException as error:  # noqa: BLE001
            self.error = error

    def waits(self) -> bool:
        self.thread.join(0.1)
        return self.thread.is_alive()

    def done(self) -> Any:
        self.thread.join(SOON)
        assert not self.thread.is_alive()
        if self.error is not None:
            raise self.error
        return self.result


def leftovers(store: SlowStore) -> list[Path]:
    return list(store.root.rglob(".writing-*"))


# --- in nobody's way -------------------------------------------------------------------------------------------------


def test_the_objective_goes_on_while_a_checkpoint_is_published(line: Line, store: SlowStore) -> None:
    trial = trial_on(line, store)
    save(trial, 1)
    trial.report(0.1, 1)
    trial.report(0.2, 2)
    assert not trial.should_prune()
    assert line.came == []
    store.gate.set()
    until(lambda: line.came == [(1, [1, 2])])


def test_one_waits_at_most_and_the_newest_takes_its_place(line: Line, store: SlowStore) -> None:
    trial = trial_on(line, store, schedule=Levels(()), pauses=False)
    save(trial, 1)
    assert store.begun.acquire(timeout=SOON)
    for step in range(2, 6):
        save(trial, step)
        assert len(leftovers(store)) == 2
    store.gate.set()
    trial.saving.settle()
    assert [step for step, _ in line.came] == [1, 5]
    assert store.published() == ["trial-00003/attempt-1/step-1", "trial-00003/attempt-1/step-5"]
    assert leftovers(store) == []


def test_what_is_no_checkpoint_is_refused_where_it_was_written(line: Line, store: SlowStore) -> None:
    trial = trial_on(line, store)
    with pytest.raises(CheckpointError, match="is empty"), trial.checkpoint_dir(1):
        pass
    with pytest.raises(ZeroDivisionError), trial.checkpoint_dir(1) as directory:
        directory.joinpath("half").write_text("x") / 0
    assert leftovers(store) == []
    assert not store.begun.acquire(blocking=False)


# --- no report before its checkpoint ---------------------------------------------------------------------------------


def test_a_report_after_which_the_trial_may_be_paused_waits_for_what_was_saved_before(
    line: Line, store: SlowStore
) -> None:
    trial = trial_on(line, store)
    line.decisions[3] = Decision.PAUSE
    trial.report(0.2, 2)
    save(trial, 3)
    trial.report(0.3, 3)
    trial.report(0.4, 4)
    trial.delivery.deliver()  # the heartbeat renews the lease, and must not bring the report of step 3
    assert line.came == [(None, [2])]
    asked = Beside(trial.should_prune)
    assert asked.waits()
    trial.delivery.deliver()
    assert line.came == [(None, [2])]
    store.gate.set()
    assert asked.done() is False  # the fake answers by the last step
    assert line.came == [(None, [2]), (3, [3, 4])]


def test_where_no_decision_pauses_no_report_waits(line: Line, store: SlowStore) -> None:
    trial = trial_on(line, store, schedule=Every(), pauses=False)
    line.decisions[1] = Decision.STOP
    save(trial, 1)
    trial.report(0.1, 1)
    assert trial.should_prune()
    assert line.came == [(None, [1])]
    store.gate.set()


def test_the_time_that_is_waited_is_no_training(line: Line, store: SlowStore) -> None:
    trial = trial_on(line, store, is_timed=True)
    save(trial, 3)
    trial.report(0.3, 3)
    asked = Beside(trial.should_prune)
    time.sleep(0.5)
    store.gate.set()
    asked.done()
    assert line.told[-1].trained < 0.4
    assert [step for step, _ in line.told[-1].trained_at] == [3]


# --- the end of an attempt -------------------------------------------------------------------------------------------


def end(store: SlowStore, line: Line, body: Callable[[Trial], float], **fields: Any) -> AttemptResult:
    """Run an objective in a thread, and let it publish only when it waits for that."""
    trial, waits = trial_on(line, store, **fields), threading.Event()
    wait = trial.saving._wait

    def noted(**more: Any) -> None:
        waits.set()
        wait(**more)

    trial.saving._wait = noted  # type: ignore[method-assign]
    running = Beside(lambda: run_trial(body, trial, catch=(Exception,)))
    assert waits.wait(SOON)
    assert running.waits(), "the end waits for the upload"
    store.gate.set()
    result: AttemptResult = running.done()
    assert store.closed == 1
    assert leftovers(store) == []
    return result


def saving_then(do: Callable[[Trial], float]) -> Callable[[Trial], float]:
    def objective(trial: Trial) -> float:
        save(trial, 1)
        trial.report(1.0, 1)
        return do(trial)

    return objective


def raising(error: BaseException) -> Callable[[Trial], float]:
    def do(trial: Trial) -> float:
        raise error

    return do


@pytest.mark.parametrize(
    ("do", "outcome"),
    [
        (lambda trial: 1.0, Outcome.COMPLETE), (raising(rtl.TrialPruned()), Outcome.PRUNED),
        (raising(ValueError()), Outcome.FAIL), (raising(KeyboardInterrupt()), Outcome.INTERRUPTED),
    ],
    ids=["complete", "pruned", "fail", "interrupted"],
)  # fmt: skip
def test_an_attempt_ends_when_its_checkpoints_are_published(
    line: Line, store: SlowStore, do: Any, outcome: Outcome
) -> None:
    assert end(store, line, saving_then(do)).outcome is outcome
    assert line.came[0][0] == 1


def test_a_failure_of_the_last_upload_fails_the_attempt_as_the_disk_would(line: Line, store: SlowStore) -> None:
    store.failures = [CheckpointDiskError("the store is away")]
    result = end(store, line, saving_then(lambda trial: 1.0))
    assert result.outcome is Outcome.FAIL
    assert result.failure is not None
    assert result.failure.kind is FailureKind.CHECKPOINT_DISK


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt()], ids=["fail", "interrupted"])
def test_it_hides_no_failure_of_the_objective(line: Line, store: SlowStore, error: BaseException) -> None:
    store.failures = [CheckpointDiskError("the store is away")]
    assert end(store, line, saving_then(raising(error))).exception is error


def test_a_trial_that_the_pruner_stops_needs_no_checkpoint(line: Line, store: SlowStore) -> None:
    def objective(trial: Trial) -> float:
        save(trial, 1)
        assert store.begun.acquire(timeout=SOON)
        save(trial, 2)
        trial.report(1.0, 3)
        assert trial.should_prune()
        raise rtl.TrialPruned

    line.decisions[3] = Decision.STOP
    store.failures = [CheckpointDiskError("the store is away")]
    result = end(store, line, objective, pauses=False)
    assert result.outcome is Outcome.PRUNED
    assert store.published() == [], "what waited was dropped"


# --- failures --------------------------------------------------------------------------------------------------------


def test_a_failure_is_raised_where_the_objective_saves_again_and_one_that_catches_it_goes_on(
    line: Line, store: SlowStore
) -> None:
    store.gate.set()
    store.failures = [CheckpointDiskError("the store is away"), None]
    trial = trial_on(line, store)
    save(trial, 1)
    trial.saving.wait()
    with pytest.raises(CheckpointDiskError, match="away"):
        save(trial, 2)
    save(trial, 2)
    trial.report(0.3, 3)
    assert not trial.should_prune()
    assert line.came == [(2, []), (None, [3])] or line.came == [(2, [3])]


def test_a_newer_checkpoint_that_was_published_makes_up_for_one_that_was_not(line: Line, store: SlowStore) -> None:
    store.failures = [CheckpointDiskError("the store is away"), None]
    trial = trial_on(line, store)
    save(trial, 1)
    assert store.begun.acquire(timeout=SOON)
    save(trial, 2)
    store.gate.set()
    trial.saving.settle()
    assert line.came == [(2, [])]


def test_a_report_whose_checkpoint_failed_is_never_stored_without_it(line: Line, store: SlowStore) -> None:
    """Else the trial could be paused at a rung, and begin far before it when it is promoted."""

    def objective(trial: Trial) -> float:
        trial.report(0.2, 2)
        save(trial, 3)
        trial.report(0.3, 3)
        trial.should_prune()
        raise AssertionError

    store.failures = [CheckpointDiskError("the store is away")]
    result = end(store, line, objective)
    assert result.failure is not None
    assert result.failure.kind is FailureKind.CHECKPOINT_DISK
    assert [step for step, _ in result.progress.reports] == [2]
    assert line.came == []


def test_whatever_goes_wrong_in_the_thread_reaches_the_objective(line: Line, store: SlowStore) -> None:
    store.gate.set()
    store.failures = [MemoryError("of the thread")]
    trial = trial_on(line, store)
    save(trial, 1)
    with pytest.raises(CheckpointDiskError, match="could not be published: MemoryError"):
        trial.saving.settle()


def test_a_place_that_has_worked_before_is_not_a_wrong_one(line: Line, store: SlowStore) -> None:
    store.gate.set()
    for has_saved, kind in ((False, CheckpointError), (True, CheckpointDiskError)):
        refused = CheckpointError("no rights")
        refused.__cause__ = PermissionError()
        store.failures = [None, refused] if has_saved else [refused]
        trial = trial_on(line, store, attempt=1 + has_saved)
        save(trial, 1)
        if has_saved:
            trial.saving.settle()
            save(trial, 2)
        with pytest.raises(kind) as caught:
            trial.saving.settle()
        assert type(caught.value) is kind


def test_a_driver_that_does_not_answer_gets_the_checkpoint_with_the_end(line: Line, store: SlowStore) -> None:
    store.gate.set()
    line.error = ConnectionError()
    result = run_trial(saving_then(lambda trial: 1.0), trial_on(line, store))
    assert result.outcome is Outcome.COMPLETE
    assert result.progress.checkpoint is not None
    assert result.progress.checkpoint.step == 1


def test_a_ghost_publishes_no_more(line: Line, store: SlowStore) -> None:
    line.error = StaleAttemptError(3, 1, "attempt 2 is")
    trial = trial_on(line, store)
    save(trial, 1)
    assert store.begun.acquire(timeout=SOON)
    save(trial, 2)
    store.gate.set()
    trial.saving.wait()
    until(lambda: trial.delivery.is_interrupted)
    assert store.published() == ["trial-00003/attempt-1/step-1"] or len(store.published()) == 2
    assert leftovers(store) == []


# --- whole studies ---------------------------------------------------------------------------------------------------


def curve(trial: rtl.Trial) -> float:
    x = trial.suggest_float("x", 0, 1)
    state = trial.load_checkpoint() or {"step": 0, "sum": 0.0}
    for step in range(state["step"] + 1, 10):
        state = {"step": step, "sum": state["sum"] + x / step}
        trial.save_checkpoint(state, step)
        trial.report(state["sum"], step)
        if trial.should_prune():
            raise rtl.TrialPruned
    return float(state["sum"])


@pytest.fixture
def memory() -> str:
    fsspec.filesystem("memory").store.clear()
    return "memory://studies"


def run(storage: str, where: Any, objective: Any = curve, **more: Any) -> rtl.Study:
    study = rtl.create_study(
        study_name="s", storage=storage, checkpoint_dir=where, sampler=rtl.samplers.RandomSampler(seed=3),
        pruner=rtl.pruners.ASHAPruner(1, 9, 3), load_if_exists=True,
    )  # fmt: skip
    study.optimize(objective, n_trials=9, executor="inline", **more)
    return study


def seen(study: rtl.Study) -> Any:
    return [(t.number, t.state, t.values, t.params, t.intermediate_values, t.attempt) for t in study.trials]


def test_a_study_at_a_url_comes_out_as_one_in_a_directory(storage: str, tmp_path: Path, memory: str) -> None:
    at_url = run(storage, memory)
    assert at_url.checkpoint_root.startswith("memory://studies/study-1-")
    assert seen(at_url) == seen(run(f"sqlite:///{tmp_path}/other.db", tmp_path / "ckpt"))
    kept = sorted(ref.uri for _, ref in at_url.checkpoints)
    assert kept
    assert open_store(at_url.checkpoint_root).published() == kept
    assert list(damages(at_url, files=True)) == orphans(at_url) == half_written(at_url) == []


def test_a_damaged_object_sends_the_trial_back_to_the_one_before(storage: str, memory: str) -> None:
    resumed: list[int | None] = []

    def objective(trial: rtl.Trial) -> float:
        if trial.attempt > 1:
            resumed.append(trial.resumed_from_step)
            trial.load_checkpoint()
        for step in range((trial.resumed_from_step or 0) + 1, 4):
            trial.save_checkpoint({"step": step}, step)
            trial.report(1.0, step)
            trial.saving.settle()
        if trial.attempt == 1:
            store = trial._checkpoints()
            assert isinstance(store, ObjectStore)
            trial.delivery.flush()
            for path in store._filesystem.find(f"{store._path}/trial-00000/attempt-1/step-3"):
                store._filesystem.pipe_file(path, b"{}")
            raise SystemExit(1)
        return 1.0

    study = rtl.create_study(storage=storage, checkpoint_dir=memory)
    study.optimize(objective, n_trials=1, executor="inline")
    assert study.trials[0].state is rtl.TrialState.COMPLETE
    assert resumed == [3, 2]
    assert [attempt.outcome for attempt in study.attempts] == ["worker_crash", "checkpoint_corrupt", "complete"]


def test_logs_of_a_study_at_a_url_lie_on_this_machine(storage: str, memory: str, tmp_path: Path) -> None:
    def objective(trial: rtl.Trial) -> float:
        print("printed")
        return 1.0

    study = run(storage, memory, objective, trial_output="keep")
    assert Path(study.log_root).is_relative_to(tmp_path)
    result = CliRunner().invoke(cli, ["logs", "0", "--storage", storage, "--checkpoint-dir", memory])
    assert "printed" in result.output


def test_no_credentials_are_stored(storage: str, memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-that-nobody-may-see")
    monkeypatch.setenv("FSSPEC_MEMORY", '{"password": "another-secret"}')
    run(storage, memory).close()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"nobody-may-see" not in path.read_bytes()
            assert b"another-secret" not in path.read_bytes()


def test_an_asked_trial_is_told_when_its_checkpoint_is_published(storage: str, memory: str) -> None:
    study = rtl.create_study(storage=storage, checkpoint_dir=memory)
    trial = study.ask()
    save(trial, 1)
    study.tell(trial, 1.0)
    (number, ref), = study.checkpoints
    assert (number, ref.step) == (0, 1)
    study.close()


def test_the_commands_that_look_at_checkpoints_take_a_url(storage: str, memory: str) -> None:
    study = run(storage, memory)
    store = open_store(study.checkpoint_root)
    assert isinstance(store, ObjectStore)
    store._filesystem.pipe_file(f"{store._path}/trial-00000/attempt-9/step-1/half", b"x" * 200_000)
    study.close()
    where = ["--storage", storage, "--checkpoint-dir", memory]
    result = CliRunner().invoke(cli, ["check", "--files", *where])
    assert result.exit_code == 0, result.output
    assert "half a checkpoint trial-00000/attempt-9/step-1 (0.2 MB)" in result.output
    result = CliRunner().invoke(cli, ["doctor", *where])
    assert "memory://studies can be written, read and deleted" in result.output
    result = CliRunner().invoke(cli, ["doctor", "--storage", storage, "--checkpoint-dir", "s3://u:password@b/x"])
    assert "in the environment of every node" in result.output
    assert "u:password" not in result.output
    result = CliRunner().invoke(cli, ["delete", "s", "--yes", "--storage", storage])
    assert result.exit_code == 0, result.output
    run(storage, memory, lambda trial: 1.0).close()
