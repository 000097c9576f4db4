"""What a session asks of the place where its study is kept. ``Repository`` (SQL) and ``MemoryStore`` both do this.

The promises of every store:

* *One writer.* ``acquire`` gives a study to one process at a time, under an epoch that only rises. A commit of another
  epoch raises FencedError and changes nothing.
* *All or nothing.* A commit stores its entries and its rows, or neither.
* *An order.* The log is read back in the order in which it was committed, without a gap.
* *What there can be only once* is refused the second time: a trial's number, an attempt, the live attempt of a slot and
  of a trial, a cell's trial that has not failed, a trial's cell. Of a parameter, a report and a rung entry the first
  value stands; of an objective value, an attribute, a checkpoint and a cell the last one does.
* *Waiting for the disk.* A commit with ``flush`` survives a power cut, and so do all before it.

No method reads a clock: times come from the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from ..core.messages import LogEntry, Row, RunStarted, TrialAdded
from .records import Owner, Snapshot, StudyRecord

__all__ = ["Store"]


class Store(Protocol):
    """The studies of one database, as one process sees them."""

    @property
    def path(self) -> str | None:
        """Absolute path of the database's file, or None where there is none."""

    def close(self) -> None:
        """Close all connections. What was committed stays."""

    def load_study(self, name: str, *, now: float | None = None) -> StudyRecord:
        """The study of this name. One that another program (Optuna) made gets our rows beside it.

        Args:
            name: the study's name.
            now: seconds since 1970 UTC, for a study of another program that has no trial yet. None: the database's
                clock.

        Raises:
            StudyNotFoundError: there is none; the message lists those there are.
        """

    # --- ownership ---

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
        """Take the study and return the new epoch; whoever had it is fenced from here on.

        Args:
            study: the study.
            run: unique name of the run; the same run may always take its study again (its driver was restarted).
            lease: seconds for which this process may be silent before it counts as dead.
            now: seconds since 1970 UTC.
            address: JSON text by which other processes reach this one; ``owner`` gives it to them.
            silent: an owner that this process has watched for a whole lease, and that has not renewed it. The study is
                taken from it, if it is still the owner and has still not renewed it.

        Raises:
            StudyBusyError: another run owns the study, and its process is neither provably dead nor ``silent``; or its
                row is locked.
            StudyNotFoundError: the study was deleted.
        """

    def previous_owner(self, study: StudyRecord) -> str | None:
        """The owner before this process, and why it could be replaced, as a text; None when there was none."""

    def owner(self, study: StudyRecord) -> Owner | None:
        """Who owns the study, whether or not its lease has ended; None when it was given back, or never taken."""

    def release(self, study: StudyRecord, epoch: int) -> None:
        """Give the study back: anyone may acquire it, and this epoch can write no more. No error if it was taken."""

    # --- the log, and the rows that follow from it ---

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
        """Store entries of the log and the rows they imply, all or nothing.

        Args:
            study: the study.
            epoch: what ``acquire`` gave.
            entries: appended to the log in this order; those that bring their text are stored with it, unchanged.
            rows: changes, in the order they were decided.
            lease_until: seconds since 1970 UTC; renews the lease. None: the lease stays.
            flush: wait for the disk. False where a power cut may take the batch back without harm.

        Raises:
            FencedError: the epoch was superseded or released. Nothing was changed.
            StorageError: the database refused. Nothing was changed; if the connection broke during the commit itself
                that cannot be known from here, and the study must be acquired again, which reads the truth back.
        """

    def trial_id(self, study: StudyRecord, number: int) -> int:
        """The id of a trial's row, of a study that this process has acquired; -1: it is not known here."""

    def events(self, study: StudyRecord) -> list[LogEntry]:
        """The study's whole log, in order.

        Raises:
            StorageError: an event is missing or is not of this version.
        """

    def log(self, study: StudyRecord, after: int = 0) -> Iterator[LogEntry]:
        """The log behind its first ``after`` events, read as it is used.

        Raises:
            StorageError: as for ``events``; or those events were given up, see ``Snapshot``.
        """

    def last_run(self, study: StudyRecord) -> RunStarted | None:
        """The start of the latest run, or None.

        Raises:
            StorageError: the event was changed by hand.
        """

    def log_digest(self, study: StudyRecord, upto: int) -> str:
        """A digest of the log's first ``upto`` events, of which the base has some."""

    def snapshot(self, study: StudyRecord, kind: str) -> Snapshot | None:
        """The snapshot of this kind, whole and unchanged; or None.

        Raises:
            StorageError: the base was changed by hand: without it nothing is known of the events before it.
        """

    def put_snapshot(self, study: StudyRecord, epoch: int, snapshot: Snapshot) -> None:
        """Store a snapshot in the place of the one of its kind, all or nothing. A base takes the place of its log, too.

        Raises:
            FencedError: the epoch was superseded or released. Nothing was changed.
            StorageError: the database refused. Nothing was changed.
        """

    def external_trials(self, study: StudyRecord) -> list[TrialAdded]:
        """The trials that another program (Optuna) wrote and no AdoptTrial has taken in, in number order.

        ``imported`` is True.
        """
