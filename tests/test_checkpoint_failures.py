"""A disk that is full or fails, and a checkpoint that is read late: no trial fails, and no checkpoint is lost."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

import raytune_lite as rtl
from raytune_lite.checkpoints import disk
from raytune_lite.checkpoints.directories import DirectoryStore
from raytune_lite.checkpoints.state_files import load_state, save_state
from raytune_lite.core import messages as m
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.exceptions import CheckpointDiskError, CheckpointError, StudyAbortedError
from raytune_lite.runtime.failures import kind_of
from raytune_lite.trial import TrialState

from .core_tools import Shell, dump, ref

Kind = m.FailureKind
COMPLETE, FAIL, WAITING = TrialState.COMPLETE, TrialState.FAIL, TrialState.WAITING
DISK = m.Failure(error="CheckpointDiskError: No space left on device", kind=Kind.CHECKPOINT_DISK)
CORRUPT = m.Failure(error="CheckpointCorruptedError: x", kind=Kind.CHECKPOINT_CORRUPT)


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/disk")


def forbidden(*_: Any, **__: Any) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/disk")


# --- whose failure it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE, errno.ENOTCONN])
def test_the_disks_own_errors_are_a_kind_of_their_own(code: int, tmp_path: Path) -> None:
    with pytest.raises(CheckpointDiskError, match="no checkpoint") as caught, disk.os_errors("no checkpoint", tmp_path):
        raise OSError(code, os.strerror(code))
    assert kind_of(caught.value) is Kind.CHECKPOINT_DISK


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOTDIR, errno.EEXIST, errno.ENOENT, errno.ENAMETOOLONG])
def test_a_wrong_path_is_not_the_disks_failure(code: int, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught, disk.os_errors("no checkpoint", tmp_path):
        raise OSError(code, os.strerror(code))
    assert kind_of(caught.value) is Kind.EXCEPTION


def hidden(error: Exception) -> Exception:
    """A library's error, raised because of another one."""
    found = RuntimeError("unexpected pos 64 vs 0")  # torch's
    found.__context__ = error
    return found


@pytest.mark.parametrize(
    ("error", "is_disk"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError("Can't write data (errno = 28, error message = 'No space left on device')"), True),  # h5py
        (RuntimeError("I/O error: No space left on device (os error 28)"), True),  # safetensors
        (hidden(OSError(errno.EDQUOT, "Disk quota exceeded")), True),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), False),
        (KeyError("weights"), False),
    ],
    ids=repr,
)
def test_what_a_users_own_writing_raises_is_understood(error: Exception, is_disk: bool, tmp_path: Path) -> None:
    assert disk.is_failing(error, tmp_path) is is_disk


def test_an_error_that_says_nothing_is_the_disks_where_no_space_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = os.statvfs(tmp_path)
    assert not disk.is_failing(RuntimeError("file write failed"), tmp_path)
    fields = [*found]
    fields[4] = 0  # f_bavail
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(fields))
    assert disk.is_failing(RuntimeError("file write failed"), tmp_path)


def test_a_state_that_does_not_fit_is_the_disks_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from raytune_lite.checkpoints import state_files

    monkeypatch.setattr(state_files, "_write", full)
    with pytest.raises(CheckpointDiskError, match="Free space there"):
        save_state(tmp_path, {"a": 1})


def test_a_state_that_the_disk_does_not_give_back_is_the_disks_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    (tmp_path / "state.json").write_text("{}")
    monkeypatch.setattr(Path, "read_text", broken)
    with pytest.raises(CheckpointDiskError, match="Input/output error"):
        load_state(tmp_path)


def test_a_root_that_is_not_there_is_no_damaged_checkpoint(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "root")
    directory = store.begin(0, 1, 1)
    (directory / "w").write_text("x")
    found = store.publish(directory, 0, 1, 1)
    store.root.rename(tmp_path / "unmounted")
    with pytest.raises(CheckpointDiskError, match="Is it mounted on this node"):
        store.verify(found)
    (tmp_path / "unmounted").rename(store.root)
    store.verify(found)


@pytest.mark.parametrize(
    ("given", "way_out"),
    [
        ("file:///shared/x", r"Pass the path /shared/x\."), (Path("file:///shared/x"), r"Pass the path"),
        ("s3://", "name a bucket"), ("s4://b/x", "fsspec knows no s4://"), ("s3://me:secret@b/x", "in the environment"),
    ],
)  # fmt: skip
def test_a_url_that_leads_nowhere_is_refused_before_anything_is_made(
    given: str | Path, way_out: str, storage: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=way_out):
        rtl.create_study(storage=storage, study_name="s", checkpoint_dir=given)
    assert not list(tmp_path.glob("study.db")), "nothing was made"
    rtl.create_study(storage=storage, study_name="s").close()
    with pytest.raises(ValueError, match=way_out):
        rtl.load_study(storage=storage, study_name="s", checkpoint_dir=given)


@pytest.mark.parametrize("given", ["ckpt", "a:b/c", "./s3:/x", Path("deep/er")], ids=str)
def test_every_path_is_a_checkpoint_directory(given: str | Path, storage: str) -> None:
    study = rtl.create_study(storage=storage, checkpoint_dir=given)
    assert Path(study.checkpoint_root).parent == Path(given).absolute()
    study.close()


# --- what becomes of the trial ----------------------------------------------------------------------------------------


def started(n_trials: int | None = None, *, keeps_resumed: bool = True, **retries: Any) -> Shell:
    shell = Shell()
    shell.do(
        m.RunStarted, run="r", n_trials=n_trials, checkpoints_kept=2, keeps_resumed=keeps_resumed,
        retries=json.dumps(RetryPolicy(**retries).spec()),
    )  # fmt: skip
    return shell


def test_a_trial_whose_disk_fails_waits_with_its_checkpoints_and_goes_on_from_the_last() -> None:
    shell = started(1)
    shell.claim("a")
    shell.report(0, (2, 1.0), checkpoint=ref(2))
    shell.report(0, (3, 1.0), checkpoint=ref(3))
    for n in range(12):  # 10, 20, 40, ... 600 s
        assert shell.end(0, "fail", failure=DISK) is WAITING
        delay = shell.state.retry[0] - shell.at
        assert delay == min(10.0 * 2**n, 600.0)
        assert [kept.step for kept in shell.state.trials[0].checkpoints] == [2, 3]
        shell.at += delay
        again = shell.claim(f"again {n}")
        assert again.checkpoint is not None
        assert again.checkpoint.step == 3
    shell.report(0, (4, 1.0), checkpoint=ref(4, attempt=13))
    assert shell.end(0, "fail", failure=DISK) is WAITING
    assert shell.state.retry[0] == shell.at + 10.0, "it had saved again: the delays begin anew"
    assert dump(shell.fold()) == dump(shell.state)


def test_no_new_configuration_begins_while_the_disk_fails() -> None:
    shell = started()
    for slot in "ab":
        shell.claim(slot)
    assert shell.end(0, "fail", failure=DISK) is WAITING
    assert shell.state.work(shell.at) == 0
    assert shell.claim("c") is None
    shell.do(m.TrialEnqueued, params=(("x", "1"),))
    assert shell.claim("c") is None
    assert not shell.state.is_over()
    shell.report(1, (1, 0.5), checkpoint=ref(1, number=1))  # the other one could save
    assert shell.claim("d").number == 2
    assert dump(shell.fold()) == dump(shell.state)


def test_a_trial_that_waits_for_the_disk_goes_first_when_its_delay_is_over() -> None:
    shell = started()
    shell.claim("a")
    shell.end(0, "fail", failure=DISK)
    shell.at += 10.0
    assert shell.claim("b").number == 0
    assert shell.claim("c").number == 1, "nothing waits any more"


def test_a_new_run_tries_the_disk_at_once() -> None:
    shell = started(1)
    shell.claim("a")
    for n in range(5):
        shell.end(0, "fail", failure=DISK)
        shell.at = shell.state.retry[0]
        shell.claim(f"again {n}")
    shell.end(0, "fail", failure=DISK)
    assert shell.state.retry[0] > shell.at + 300
    shell.run(1, name="next")
    assert shell.claim("now").number == 0
    shell.end(0, "fail", failure=DISK)
    assert shell.state.retry[0] == shell.at + 10.0


def test_a_run_that_could_never_save_is_given_up_and_nothing_fails() -> None:
    shell = started(abort_after=3)
    for slot in "abcd":
        shell.claim(slot)
    for number in range(3):
        assert not shell.state.run.aborted
        shell.end(number, "fail", failure=DISK)
    assert shell.state.run.aborted == (
        "its first 3 attempts that used the checkpoints' disk failed on it; the last: "
        "CheckpointDiskError: No space left on device"
    )
    assert [trial.state for trial in shell.state.trials.values()] == [WAITING, WAITING, WAITING, TrialState.RUNNING]


def test_a_run_that_has_saved_is_not_given_up() -> None:
    shell = started(2, abort_after=3)
    shell.claim("a")
    shell.claim("b")
    shell.report(1, (1, 0.5), checkpoint=ref(1, number=1))
    for n in range(9):
        shell.end(0, "fail", failure=DISK)
        shell.at = shell.state.retry[0]
        shell.claim(f"again {n}")
    assert not shell.state.run.aborted


def test_a_bound_on_the_disks_failures_is_kept() -> None:
    shell = started(1, checkpoint_disk=1)
    shell.claim("a")
    assert shell.end(0, "fail", failure=DISK) is WAITING
    shell.claim("b")
    assert shell.end(0, "fail", failure=DISK) is FAIL


def test_a_study_whose_disk_is_full_for_a_while_loses_nothing(
    storage: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin, refusals = DirectoryStore.begin, list(range(3))

    def begin_on_a_full_disk(self: DirectoryStore, number: int, attempt: int, step: int) -> Path:
        if step == 3 and refusals:
            refusals.pop()
            with disk.os_errors("no checkpoint can be begun", self.root):
                full()
        return begin(self, number, attempt, step)

    resumed = []

    def objective(trial: rtl.Trial) -> float:
        resumed.append((trial.number, trial.resumed_from_step))
        state = trial.load_checkpoint() or {"step": 0}
        for step in range(state["step"] + 1, 5):
            trial.report(1.0, step)
            trial.save_checkpoint({"step": step}, step)
        return 1.0

    monkeypatch.setattr(DirectoryStore, "begin", begin_on_a_full_disk)
    study = rtl.create_study(storage=storage)
    study.optimize(objective, n_trials=2, executor="inline", retries=RetryPolicy(checkpoint_disk=(None, 0.05)))
    assert [trial.state for trial in study.trials] == [COMPLETE] * 2
    assert resumed == [(0, None), (0, 2), (0, 2), (0, 2), (1, None)]
    assert [a.outcome for a in study.attempts] == [*["checkpoint_disk"] * 3, "complete", "complete"]
    said = capsys.readouterr().err
    assert said.count("cannot use the checkpoints' disk") == 1, "one line for all that fail at once"
    assert "No space left on device" in said


@pytest.mark.parametrize("place", ["block", "publish"])
def test_a_full_disk_that_is_found_out_later_is_the_disks_failure_too(
    place: str, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def objective(trial: rtl.Trial) -> float:
        monkeypatch.setattr(os, "fsync", full if trial.attempt == 1 and place == "publish" else sync)
        with trial.checkpoint_dir(1) as directory:
            (directory / "w").write_text("x")
            if trial.attempt == 1 and place == "block":
                full()
        return 1.0

    study = rtl.create_study(storage=storage)
    retries = RetryPolicy(checkpoint_disk=(None, 0.0))
    study.optimize(objective, n_trials=1, executor="inline", retries=retries)
    assert [a.outcome for a in study.attempts] == ["checkpoint_disk", "complete"]
    assert not list(Path(study.checkpoint_root).rglob(".writing-*"))


def test_a_path_that_has_worked_before_is_not_a_wrong_one(storage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that was unmounted leaves an empty directory that nobody may write to."""
    begin = DirectoryStore.begin

    def begin_on_a_bare_mount_point(self: DirectoryStore, number: int, attempt: int, step: int) -> Path:
        if (attempt, step) in ((1, 1), (2, 2)) and number == attempt - 1:
            with disk.os_errors("no checkpoint can be begun", self.root):
                forbidden()
        return begin(self, number, attempt, step)

    monkeypatch.setattr(DirectoryStore, "begin", begin_on_a_bare_mount_point)

    def objective(trial: rtl.Trial) -> float:
        trial.load_checkpoint()
        if trial.number == 1 and trial.attempt == 1:
            trial.report(1.0, 1)
            trial.save_checkpoint({}, 1)
            raise SystemExit(1)
        trial.save_checkpoint({}, 1 if trial.number == 0 else 2)
        return 1.0

    study = rtl.create_study(storage=storage)
    retries = RetryPolicy(checkpoint_disk=(None, 0.0))
    study.optimize(objective, n_trials=2, executor="inline", catch=(Exception,), retries=retries)
    outcomes = [(a.number, a.outcome) for a in study.attempts]
    assert outcomes == [(0, "exception"), (1, "worker_crash"), (1, "checkpoint_disk"), (1, "complete")]


def test_the_message_of_an_aborted_run_fits_trials_that_wait() -> None:
    said = str(StudyAbortedError("s", "the disk is full"))
    assert "trials that wait go on in the next run" in said


# --- checkpoints that are read late -----------------------------------------------------------------------------------


def test_what_a_live_attempt_began_from_is_kept_until_it_ends() -> None:
    shell = started(1)
    shell.claim("a")
    shell.report(0, (1, 1.0), checkpoint=ref(1))
    shell.report(0, (2, 1.0), checkpoint=ref(2))
    shell.lose(0, "node_lost")
    assert shell.claim("b").checkpoint == ref(2)
    for step in (3, 4, 5, 6):
        shell.report(0, (step, 1.0), checkpoint=ref(step, attempt=2))
        assert ref(2) in shell.state.trials[0].checkpoints
    assert [kept.step for kept in shell.state.trials[0].checkpoints] == [2, 5, 6]
    shell.lose(0, "driver_lost")
    shell.claim("c")
    assert [kept.step for kept in shell.state.trials[0].checkpoints] == [5, 6]
    assert dump(shell.fold()) == dump(shell.state)


def test_a_run_of_an_older_log_folds_as_it_did() -> None:
    shell = started(1, keeps_resumed=False)
    shell.claim("a")
    shell.report(0, (2, 1.0), checkpoint=ref(2))
    shell.lose(0, "node_lost")
    shell.claim("b")
    for step in (3, 4, 5):
        shell.report(0, (step, 1.0), checkpoint=ref(step, attempt=2))
    assert [kept.step for kept in shell.state.trials[0].checkpoints] == [4, 5]


def test_an_objective_that_reads_its_checkpoint_late_completes(storage: str) -> None:
    def objective(trial: rtl.Trial) -> float:
        start = trial.resumed_from_step or 0
        lazily = trial.load_checkpoint_dir() if trial.attempt == 2 else None
        for step in range(start + 1, start + 5):
            trial.report(1.0, step)
            trial.save_checkpoint({"step": step}, step)
            if trial.attempt == 1 and step == 2:
                raise SystemExit(1)
        if trial.attempt > 1:
            assert lazily is not None
            assert any(lazily.iterdir()), "its files, read after four newer checkpoints"
            assert trial.load_checkpoint() == {"step": 2}
        return 1.0

    study = rtl.create_study(storage=storage)
    study.optimize(objective, n_trials=1, executor="inline")
    assert [a.outcome for a in study.attempts] == ["worker_crash", "complete"]


def test_a_third_damaged_checkpoint_in_a_row_without_progress_fails_the_trial() -> None:
    shell = started(1)
    shell.claim("a")
    shell.report(0, (9, 1.0), checkpoint=ref(9))
    shell.lose(0, "node_lost")
    for n in range(3):
        attempt = shell.claim(f"slot {n}").attempt
        # it trains steps again that it had reported, saves them again, and cannot read the first one
        for step in (7, 8, 9):
            shell.report(0, (step, 1.0), checkpoint=ref(step, attempt=attempt))
        assert shell.end(0, "fail", failure=CORRUPT) is (WAITING if n < 2 else FAIL), n


def test_progress_begins_the_count_of_damaged_checkpoints_anew() -> None:
    shell = started(1)
    shell.claim("a")
    shell.report(0, (1, 1.0), checkpoint=ref(1))
    shell.lose(0, "node_lost")
    for n in range(2, 12):
        attempt = shell.claim(f"slot {n}").attempt
        shell.report(0, (n, 1.0), checkpoint=ref(n, attempt=attempt))
        shell.report(0, checkpoint=ref(n - 1, attempt=attempt))
        assert shell.end(0, "fail", failure=CORRUPT) is WAITING, n
    assert dump(shell.fold()) == dump(shell.state)


@pytest.mark.parametrize("first", [1, 3])
def test_an_objective_without_a_pruner_that_fails_after_its_first_save_gives_every_report(first: int) -> None:
    failures = [True]

    def objective(trial: rtl.Trial) -> float:
        state = trial.load_checkpoint() or {"epoch": 0}
        for epoch in range(state["epoch"] + 1, 6):
            if epoch >= first:
                trial.save_checkpoint({"epoch": epoch}, step=epoch)
            if epoch == first and failures:
                failures.pop()
                raise RuntimeError("between the save and the report")
            trial.report(1 / epoch, epoch)
        return 0.0

    study = rtl.create_study()
    study.optimize(objective, n_trials=1, executor="inline", retries=RetryPolicy(exception=1))
    [trial] = study.trials
    assert (trial.attempt, list(trial.intermediate_values)) == (2, [1, 2, 3, 4, 5])
    study.close()
