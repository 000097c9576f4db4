"""The simulated database and checkpoint disk: what outlives every process, and fails in every way.

``FaultyRepository`` stands before a MemoryStore, or before the true Repository on a SQLite file: commits that fail,
that take their time, that succeed and are never heard of; and a process that dies at each of these points. The Auditor
sees each commit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ...checkpoints import layout
from ...checkpoints.directories import DirectoryStore
from ...core.messages import CheckpointRef, LogEntry, Row, RunStarted, TrialAdded
from ...exceptions import CheckpointCorruptedError, CheckpointDiskError, CheckpointError, StorageError
from ...storages.memory import MemoryDatabase
from ...storages.records import Owner, Snapshot, StudyRecord
from ...storages.store import Store
from ..virtual.world import Process, World
from .audit import Auditor


class FaultyRepository:
    """A store as a process sees it that may die at any moment, over a network that may fail."""

    def __init__(self, inner: Store, process: Process, auditor: Auditor) -> None:
        self.inner, self.process, self.auditor, self.world = inner, process, auditor, process.world

    def _alive(self) -> None:
        if not self.process.alive:
            self.process.kill("acts after its death")

    def _crash(self, fault: str) -> None:
        self._alive()
        if self.world.strikes(fault, self.process.name):
            self.process.kill(fault)

    @property
    def path(self) -> str | None:
        """The file."""
        return self.inner.path

    def close(self) -> None:
        """Close the connection; a dead process closes nothing in good order, but leaves nothing open either."""
        self.inner.close()

    def load_study(self, name: str, *, now: float | None = None) -> StudyRecord:
        """See Store."""
        self._alive()
        if self.world.strikes("database is down", self.process.name):
            raise StorageError("the database cannot be reached (simulated)")
        return self.inner.load_study(name, now=now)

    def acquire(
        self,
        study: StudyRecord,
        *,
        run: str,
        lease: float,
        now: float,
        address: str | None = None,
        silent: Owner | None = None,
    ) -> int:
        """See Store."""
        self._alive()
        epoch = self.inner.acquire(study, run=run, lease=lease, now=now, address=address, silent=silent)
        self.auditor.acquired(epoch, run, self.process)
        self.world.note("own", self.process.name, f"epoch {epoch}")
        self._crash("driver dies at recovery")
        return epoch

    def previous_owner(self, study: StudyRecord) -> str | None:
        """See Store."""
        return self.inner.previous_owner(study)

    def owner(self, study: StudyRecord) -> Owner | None:
        """See Store."""
        return self.inner.owner(study)

    def release(self, study: StudyRecord, epoch: int) -> None:
        """See Store."""
        self._alive()
        self.inner.release(study, epoch)
        self.auditor.owners.released(epoch)

    def trial_id(self, study: StudyRecord, number: int) -> int:
        """See Store."""
        return self.inner.trial_id(study, number)

    def commit(
        self,
        study: StudyRecord,
        epoch: int,
        entries: Sequence[LogEntry],
        rows: Sequence[Row],
        *,
        lease_until: float | None = None,
        flush: bool = True,
    ) -> None:
        """See Store; with faults before, inside and after."""
        if not entries:
            self._alive()
            self.inner.commit(study, epoch, entries, rows, lease_until=lease_until, flush=flush)
            self.auditor.owners.renewed(epoch)
            return
        world, decided_at = self.world, self.world.now
        self._crash("driver dies before a commit")
        if world.strikes("commit is slow", self.process.name):
            world.sleep(world.between("slow commit", 0.05, 6.0))
            self._alive()
        if world.strikes("database hangs", self.process.name):
            world.sleep(world.between("hanging database", 10.0, 60.0))
            self._alive()
        if world.strikes("commit fails", self.process.name):
            raise StorageError("nothing was stored (simulated)")
        self.inner.commit(study, epoch, entries, rows, lease_until=lease_until, flush=flush)
        self.auditor.owners.renewed(epoch)
        events = [entry.event for entry in entries]
        self.auditor.committed(epoch, events, rows, flush=flush, decided_at=decided_at)
        self._crash("driver dies after a commit")
        if world.strikes("commit succeeds unheard", self.process.name):
            raise StorageError("the connection broke during the commit (simulated)")

    def events(self, study: StudyRecord) -> list[LogEntry]:
        """See Store."""
        self._alive()
        return self.inner.events(study)

    def log(self, study: StudyRecord, after: int = 0) -> Iterator[LogEntry]:
        """See Store."""
        self._alive()
        return self.inner.log(study, after)

    def last_run(self, study: StudyRecord) -> RunStarted | None:
        """See Store."""
        return self.inner.last_run(study)

    def log_digest(self, study: StudyRecord, upto: int) -> str:
        """See Store."""
        return self.inner.log_digest(study, upto)

    def snapshot(self, study: StudyRecord, kind: str) -> Snapshot | None:
        """See Store."""
        return self.inner.snapshot(study, kind)

    def put_snapshot(self, study: StudyRecord, epoch: int, snapshot: Snapshot) -> None:
        """See Store; with faults before and after."""
        self._crash("driver dies before a snapshot")
        if self.world.strikes("snapshot fails", self.process.name):
            raise StorageError("no snapshot was stored (simulated)")
        self.inner.put_snapshot(study, epoch, snapshot)
        # it waits for the disk, and takes all before it along
        self.auditor.committed(epoch, [], [], flush=True, decided_at=self.world.now)
        self._crash("driver dies after a snapshot")

    def external_trials(self, study: StudyRecord) -> list[TrialAdded]:
        """See Store."""
        return self.inner.external_trials(study)


# --- checkpoints -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Writing:
    """A checkpoint that is being written. ``died_at``: when its process died, or None."""

    number: int
    attempt: int
    content: Any = None
    died_at: float | None = None


class Disk:
    """All checkpoints of a study: published ones by uri, and what is being written by a temporary name.

    ``now``: the time. ``full_until``: when it has room again. ``swept_at``: when the last run in good order cleaned it.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.published: dict[str, Any] = {}
        self.damaged: set[str] = set()  # membership only
        self.writing: dict[str, Writing] = {}
        self.names = 0
        self.full_until = 0.0
        self.swept_at = 0.0

    def store(self, process: Process, auditor: Auditor, die: Callable[[str], None] | None = None) -> DiskStore:
        """What a process has of it."""
        return DiskStore(self, process, auditor, die)

    def has(self, uri: str) -> bool:
        """Whether a checkpoint is there."""
        return uri in self.published

    def uris(self) -> list[str]:
        """The checkpoints that are there."""
        return list(self.published)

    def damage(self, uri: str) -> None:
        """A bit of a checkpoint is another one."""
        self.damaged.add(uri)

    def swept(self, began: float) -> None:  # noqa: ARG002
        """What ended attempts left has been deleted."""
        self.swept_at = self._now()

    def left(self) -> list[str]:
        """What was half-written before the disk was cleaned, by processes that were dead by then."""
        dead = [(name, item.died_at) for name, item in self.writing.items() if item.died_at is not None]
        return [name for name, died_at in dead if died_at < self.swept_at]


class DiskStore(DirectoryStore):
    """The checkpoint store of one process, on the simulated disk; named and kept as the true one does."""

    def __init__(
        self, disk: Disk, process: Process, auditor: Auditor, die: Callable[[str], None] | None = None
    ) -> None:
        super().__init__("/simulated")
        self.disk, self.process, self.auditor = disk, process, auditor
        self.die = die or (lambda _: None)  # a point at which the process may be killed
        self._used: dict[str, int] = {}

    def begin(self, number: int, attempt: int, step: int) -> Path:  # noqa: ARG002  (its parent is not simulated)
        """See CheckpointStore."""
        self._take()
        self.disk.names += 1
        name, item = f"writing-{self.disk.names}", Writing(number, attempt)
        self.disk.writing[name] = item

        def died() -> None:
            item.died_at = self.process.world.now

        self.process.on_death.append(died)
        return Path(name)

    def write(self, directory: Path, content: Any) -> None:
        """What stands for the files of a checkpoint.

        Raises:
            FileNotFoundError: the directory was swept: the writer is a ghost.
        """
        if str(directory) not in self.disk.writing:  # a ghost's, whose successor has begun
            raise FileNotFoundError(f"No such file or directory: {directory} (simulated)")
        self.disk.writing[str(directory)].content = content

    def content(self, directory: Path) -> Any:
        """What was written there."""
        return self.disk.published[str(directory)]

    def publish(self, temporary: Path, number: int, attempt: int, step: int) -> CheckpointRef:
        """See CheckpointStore; its writer may die half-way, or at the moment it is whole."""
        self.die("worker dies while it writes a checkpoint")
        try:
            self._take()
        except CheckpointDiskError:
            self.abandon(temporary)
            raise
        name = layout.place(number, attempt, step)
        count = self._used.get(name, 0)
        while (uri := layout.place(number, attempt, step, count)) in self.disk.published:
            count += 1
        self._used[name] = count + 1
        written = self.disk.writing.pop(str(temporary), None)
        if written is None:
            raise CheckpointError(f"No such file or directory: {temporary} (simulated)")
        content = self.disk.published[uri] = written.content
        self.die("worker dies between publishing and reporting")
        digest = blake2b(repr(content).encode(), digest_size=8).hexdigest()
        return CheckpointRef(step=step, attempt=attempt, uri=uri, digest=digest, size=1)

    def abandon(self, temporary: Path) -> None:
        """See CheckpointStore."""
        self.disk.writing.pop(str(temporary), None)

    def verify(self, ref: CheckpointRef) -> Path:
        """See CheckpointStore."""
        self._fail()
        if ref.uri in self.disk.damaged or ref.uri not in self.disk.published:
            self.auditor.damage_found(ref.uri, self.process, is_there=ref.uri in self.disk.published)
            raise CheckpointCorruptedError(ref.uri, ref.digest, "something else")
        return Path(ref.uri)

    def discard(self, uri: str) -> None:
        """See CheckpointStore; the driver may die before it, and the disk may refuse."""
        if not self.process.alive:
            self.process.kill("acts after its death")
        if self.process.world.strikes("driver dies before it deletes", self.process.name):
            self.process.kill("driver dies before it deletes")
        if self.process.world.strikes("deleting fails", self.process.name):
            raise CheckpointError("the disk refused (simulated)")
        self._delete_uri(uri)

    def sweep(self, keep: Collection[str], ended: Mapping[int, int] | None = None) -> list[str]:
        """See CheckpointStore."""
        def is_over(number: int, attempt: int) -> bool:
            return ended is None or attempt <= ended.get(number, -1)

        for name in [name for name, item in self.disk.writing.items() if is_over(item.number, item.attempt)]:
            del self.disk.writing[name]
        gone = [uri for uri in self.disk.published if uri not in keep and is_over(*_attempt_of(uri))]
        for uri in gone:
            self._delete_uri(uri)
        return sorted(gone)

    def _take(self) -> None:
        """The disk must take something now."""
        self._fail()
        if self.disk.full_until > self.process.world.now:
            raise CheckpointDiskError("No space left on device (simulated)")

    def _fail(self) -> None:
        if self.process.world.strikes("checkpoint disk fails", self.process.name):
            raise CheckpointDiskError("Input/output error (simulated)")

    def _delete_uri(self, uri: str) -> None:
        if self.disk.published.pop(uri, None) is not None:
            self.auditor.deleted(uri)


def _attempt_of(uri: str) -> tuple[int, int]:
    trial, attempt, _ = uri.split("/")
    return int(trial.rpartition("-")[2]), int(attempt.rpartition("-")[2])


def lose_power(world: World, database: MemoryDatabase, auditor: Auditor) -> None:
    """The machine of the database stops: commits that did not wait for the disk are gone."""
    world.note("notice", "power", f"is cut; {database.lose_power()} events were not on the disk yet")
    auditor.power_was_cut()
