"""What survives a power cut: what the code asked the disk to keep, no more. Broken variants of the code are found."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from raytune_lite.checkpoints import directories as stores
from raytune_lite.checkpoints import disk, manifest
from raytune_lite.checkpoints.directories import DirectoryStore
from raytune_lite.checkpoints.state_files import load_state, save_state
from raytune_lite.core import messages as m
from raytune_lite.core.messages import LogEntry
from raytune_lite.exceptions import StorageError
from raytune_lite.runtime import session
from raytune_lite.runtime.simulator.simulation import play
from raytune_lite.storages import Repository
from raytune_lite.trial import StudyDirection

# --- the driver: acknowledgements in the simulator -----------------------------------------------------------------

SEEDS = range(100, 106)


def failures():
    return [result.failure for result in map(play, SEEDS) if result.failure]


@pytest.mark.parametrize("event", [m.AttemptEnded, m.Reported, m.TrialEnqueued])
def test_a_driver_that_does_not_flush_what_it_acknowledges_is_found(monkeypatch, event):
    monkeypatch.setattr(session, "_REPEATABLE", (*session._REPEATABLE, event))
    found = failures()
    assert any("is acknowledged, and a power cut would take it back" in failure for failure in found), found


def test_the_driver_as_it_is_keeps_its_acknowledgements():
    assert failures() == []


# --- SQLite: what each commit waits for ----------------------------------------------------------------------------


class Commits:
    """Commits of one study, and the value of PRAGMA synchronous under which each was made."""

    def __init__(self, storage, *, durable=True):
        self.repository = Repository.open(storage, durable=durable)
        self.study = self.repository.create_study("s", [StudyDirection.MINIMIZE], now=0.0)
        self.epoch = self.repository.acquire(self.study, run="r", lease=60.0, now=0.0)
        self.n = 0

    def __call__(self, *, flush, rows=()):
        """Commit; answers OFF, NORMAL or FULL."""
        self.n += 1
        entry = LogEntry(float(self.n), m.StopRequested(reason=str(self.n)))
        self.repository.commit(self.study, self.epoch, [entry], rows, flush=flush)
        connection = self.repository._database._fast.driver_connection
        return ("OFF", "NORMAL", "FULL")[connection.execute("PRAGMA synchronous").fetchone()[0]]


def test_a_commit_waits_for_the_disk_whenever_it_shall_also_after_one_that_need_not(storage):
    commit = Commits(storage)
    wanted = [True, False, True, False, False, True, True, False, True]
    assert [commit(flush=flush) for flush in wanted] == ["FULL" if flush else "NORMAL" for flush in wanted]
    commit.repository.close()


@pytest.mark.parametrize("flush", [True, False])
def test_a_commit_after_one_that_failed_waits_as_it_shall(storage, flush):
    commit = Commits(storage)
    assert commit(flush=False) == "NORMAL"
    with pytest.raises(StorageError):
        commit(flush=False, rows=[m.PutValues(number=7, values=(1.0,))])  # there is no such trial
    assert commit(flush=flush) == ("FULL" if flush else "NORMAL")
    commit.repository.close()


def test_a_temporary_study_never_waits(storage):
    commit = Commits(storage, durable=False)
    assert [commit(flush=flush) for flush in (True, False, True)] == ["OFF"] * 3
    commit.repository.close()


# --- checkpoints: a disk that loses what nobody synced -------------------------------------------------------------


class Disk:
    """Watches fsync, and knows what a power cut would leave below ``base``, which was there before.

    A file keeps what it held at its last fsync, a directory the names that it had at its own.
    """

    def __init__(self, base, monkeypatch):
        self.base = base
        self.files, self.names = {}, {}  # inode -> content; inode -> name -> inode
        self._note(os.stat(base), base)
        real = os.fsync

        def fsync(descriptor):
            real(descriptor)
            self._note(os.fstat(descriptor), f"/proc/self/fd/{descriptor}")

        monkeypatch.setattr(os, "fsync", fsync)

    def _note(self, status, path):
        if stat.S_ISDIR(status.st_mode):
            with os.scandir(path) as entries:
                self.names[status.st_ino] = {entry.name: entry.inode() for entry in entries}
        else:
            self.files[status.st_ino] = Path(path).read_bytes()

    def left_by_a_power_cut(self, place):
        """Write what survives into the new directory ``place``."""
        self._write(os.stat(self.base).st_ino, place)
        return place

    def _write(self, inode, place):
        if inode in self.files:
            place.write_bytes(self.files[inode])
        else:
            place.mkdir()
            for name, inner in self.names.get(inode, {}).items():
                self._write(inner, place / name)


STATE = {"step": 3, "weights": [0.5, 1.5], "name": "x" * 1000}


def publish(store, step):
    directory = store.begin(0, 1, step)
    save_state(directory, {**STATE, "step": step})
    (directory / "more").mkdir()
    (directory / "more" / "log.txt").write_text("kept")
    return store.publish(directory, 0, 1, step)


def survives(tmp_path, monkeypatch):
    """Whether two checkpoints that were published are whole after a power cut."""
    base = tmp_path / "disk"
    base.mkdir()
    with monkeypatch.context() as patch:
        watched = Disk(base, patch)
        refs = [publish(DirectoryStore(base / "study" / "checkpoints"), step) for step in (3, 4)]
    after = DirectoryStore(watched.left_by_a_power_cut(tmp_path / "after") / "study" / "checkpoints")
    try:
        return [load_state(after.verify(ref))["step"] for ref in refs] == [3, 4]
    except Exception:  # noqa: BLE001  (whatever is missing)
        return False


def test_a_published_checkpoint_survives_a_power_cut(tmp_path, monkeypatch):
    assert survives(tmp_path, monkeypatch)


def nothing(*arguments):
    pass


def unsynced_entry(real):
    return lambda path, name, *, sync=False: real(path, name, sync=False)


def unsynced_write(path, content):
    path.write_bytes(content)


BROKEN = {
    "the files": (manifest, "_entry", unsynced_entry(manifest._entry)),
    "the manifest": (manifest, "write_synced", unsynced_write),
    "the checkpoint's own directories": (stores, "sync_directories", nothing),
    "the final name": (stores, "sync", nothing),
    "the directories above": (disk, "sync", nothing),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_store_that_does_not_sync_is_found(tmp_path, monkeypatch, what):
    monkeypatch.setattr(*BROKEN[what])
    assert not survives(tmp_path, monkeypatch)
