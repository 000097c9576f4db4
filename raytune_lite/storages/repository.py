"""The study store: one transaction a batch, fenced by the study's epoch. The only writer of a process.

Knows no clock: every time comes in from the caller. A write of a study's course needs its epoch, which ``acquire``
gives to one process at a time; a process whose epoch was superseded gets FencedError and has changed nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..core.encoding import event_to_json
from ..core.messages import AdoptTrial, CheckpointRef, LogEntry, NewTrial, Row, RunStarted, TrialAdded
from ..exceptions import FencedError, StorageError, StudyBusyError
from ..trial import FrozenTrial, StudyDirection
from . import readers, studies
from . import schema as t
from .batch import Batch
from .database import Database, RolledBackError
from .holder import Holder
from .integrity import Difference, differences
from .records import AttemptRecord, CellRecord, RungRecord, StudyRecord
from .statements import Cursor, Statements, upsert

__all__ = ["Repository", "StudyRecord"]

_T = TypeVar("_T")
_TURNS = 5  # of a transaction that others made give way
_METRIC_NAMES = "study:metric_names"  # Optuna's key


@dataclass(slots=True)
class _Tenure:
    """What the owner of a study keeps in memory between commits, all of it read back at ``acquire``."""

    epoch: int
    run: str
    next_seq: int
    previous_owner: str = ""
    trial_ids: dict[int, int] = field(default_factory=dict)  # number -> trial_id, of all trials in Optuna's table
    last_trial_id: int = 0


class Repository:
    """The studies of one database. Open one with ``Repository.open``.

    One thread writes at a time (a lock sees to it); readers may be other threads and never wait for the writer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._statements = Statements(database.dialect)
        self._tenures: dict[int, _Tenure] = {}
        self._lock = threading.RLock()

    @classmethod
    def open(cls, storage: str, *, durable: bool = True) -> Repository:
        """Open a database; create its tables when they are absent.

        Args:
            storage: SQLAlchemy URL, such as ``sqlite:///study.db``.
            durable: SQLite only. False: a commit survives the death of the process, not of the machine.

        Raises:
            StorageURLError: the URL cannot work here.
            SchemaVersionError: another version wrote the database. Nothing was written.
            StorageError: the path or server cannot be used.
        """
        return cls(Database(storage, durable=durable))

    @property
    def url(self) -> str:
        """The URL, its password masked."""
        return self._database.url

    @property
    def is_local(self) -> bool:
        """True for SQLite: the study lives on one machine."""
        return self._database.is_local

    @property
    def path(self) -> str | None:
        """Absolute path of the SQLite file, or None."""
        return self._database.path

    def close(self) -> None:
        """Close all connections. What was committed stays."""
        self._database.close()

    # --- studies ---

    def create_study(
        self, name: str, directions: Sequence[StudyDirection], *, now: float | None = None
    ) -> StudyRecord:
        """Create a study.

        Args:
            name: at most 512 characters; any characters.
            directions: one an objective.
            now: seconds since 1970 UTC, the zero of the study's times. None: the database's clock.

        Raises:
            DuplicatedStudyError: the name is taken.
        """
        if len(name) > t.NAME_LENGTH:
            raise StorageError(f"a study name has at most {t.NAME_LENGTH} characters, got {len(name)}; shorten it.")
        if not directions:
            raise StorageError("a study needs at least one direction, got none; pass ['minimize'].")
        with self._lock, self._database.write() as connection:
            return studies.create(connection, name, directions, self._now(connection, now))

    def load_study(self, name: str, *, now: float | None = None) -> StudyRecord:
        """The study of this name. One that Optuna made gets our rows beside it.

        Args:
            name: the study's name.
            now: seconds since 1970 UTC, for a study of Optuna's that has no trial yet. None: the database's clock.

        Raises:
            StudyNotFoundError: there is none; the message lists those there are.
        """
        with self._database.read() as connection:
            record = self._find_study(connection, name)[1]
        if record is not None:
            return record
        with self._lock, self._database.write() as connection:
            study_id, record = self._find_study(connection, name)
            if record is None:
                first = readers.first_start(connection, study_id)
                studies.adopt(connection, study_id, self._now(connection, now) if first is None else first)
                record = self._find_study(connection, name)[1]
                assert record is not None
        return record

    @staticmethod
    def _find_study(connection: Connection, name: str) -> tuple[int, StudyRecord | None]:
        study_id = studies.find(connection, name)
        if study_id is None:
            raise studies.not_found(connection, name)
        return study_id, studies.read(connection, study_id, name)

    def _now(self, connection: Connection, now: float | None) -> float:
        return self._database.now(connection) if now is None else now

    def study_names(self) -> list[str]:
        """Names of all studies, oldest first."""
        with self._database.read() as connection:
            return studies.names(connection)

    def delete_study(self, name: str) -> None:
        """Remove a study and all its rows from every table. A driver that runs it is fenced.

        Raises:
            StudyNotFoundError: there is no such study.
        """
        with self._lock, self._database.write() as connection:
            study_id = studies.find(connection, name)
            if study_id is None:
                raise studies.not_found(connection, name)
            studies.delete(connection, study_id)
            self._tenures.pop(study_id, None)

    # --- ownership ---

    def acquire(self, study: StudyRecord, *, run: str, lease: float, now: float) -> int:
        """Take the study and return the new epoch; whoever had it is fenced from here on.

        Args:
            study: the study.
            run: unique name of the run; the same run may always take its study again (its driver was restarted).
            lease: seconds until another run may take the study, unless a commit renews it.
            now: seconds since 1970 UTC.

        Raises:
            StudyBusyError: another run's lease has not ended and its process is not provably dead.
            StudyNotFoundError: the study was deleted.
        """
        if not run:
            raise StorageError("run must be a name that no other run has, got ''; pass uuid4().hex.")
        me, e = Holder.current(), t.rtl_epochs
        with self._lock, self._database.write() as connection:
            query = sa.select(e).where(e.c.study_id == study.study_id).with_for_update()
            row = connection.execute(query).one_or_none()
            if row is None:
                raise studies.not_found(connection, study.name)
            other = Holder(host=row.host, pid=row.pid, pid_started=row.pid_started)
            if row.run not in ("", run) and row.lease_until > now and not other.is_dead():
                raise StudyBusyError(study.name, row.holder, row.lease_until - now)
            previous_owner = "" if row.run in ("", run) else f"{row.holder}, {_why(other, now - row.lease_until)}"
            values = {"epoch": row.epoch + 1, "run": run, "holder": f"{me} (run {run})", "host": me.host,
                      "pid": me.pid, "pid_started": me.pid_started, "lease_until": now + lease}  # fmt: skip
            won = connection.execute(
                sa.update(e).values(values).where(e.c.study_id == study.study_id, e.c.epoch == row.epoch)
            )
            if won.rowcount != 1:
                raise StudyBusyError(study.name, "a driver that took it at this moment", lease)
            tenure = self._read_tenure(connection, study, row.epoch + 1, run)
            tenure.previous_owner = previous_owner
        self._tenures[study.study_id] = tenure
        return tenure.epoch

    def previous_owner(self, study: StudyRecord) -> str:
        """Who held the study before this process took it, and why it was not asked; empty when nobody did."""
        tenure = self._tenures.get(study.study_id)
        return "" if tenure is None else tenure.previous_owner

    def release(self, study: StudyRecord, epoch: int) -> None:
        """Give the study back: anyone may acquire it, and this epoch can write no more. No error if it was taken."""
        e = t.rtl_epochs
        with self._lock, self._database.write() as connection:
            owned = sa.and_(e.c.study_id == study.study_id, e.c.epoch == epoch)
            connection.execute(sa.update(e).values(run="", lease_until=0.0).where(owned))
        self._tenures.pop(study.study_id, None)

    # --- the hot path ---

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
        events = [(at, event_to_json(event) if text is None else text) for at, event, text in entries]
        with self._lock:
            for turn in range(_TURNS):
                try:
                    self._commit(study, self._tenure(study, epoch), events, rows, lease_until, flush)
                    return
                except RolledBackError:  # a deadlock, or the server had closed an idle connection
                    if turn == _TURNS - 1:
                        raise

    def _commit(
        self,
        study: StudyRecord,
        tenure: _Tenure,
        events: Sequence[tuple[float, str]],
        rows: Sequence[Row],
        lease_until: float | None,
        flush: bool,
    ) -> None:
        batch = Batch(study, self._statements, tenure.trial_ids)
        with self._database.write_fast(flush=flush) as cursor:
            self._guard(cursor, study, tenure, lease_until)
            if any(isinstance(row, (NewTrial, AdoptTrial)) for row in rows):
                self._look_for_others(cursor, study, tenure)
            if events:
                self._statements["event"].run_many(cursor, [
                    (study.study_id, tenure.next_seq + i, tenure.epoch, at, text)
                    for i, (at, text) in enumerate(events)
                ])  # fmt: skip
            batch.run(cursor, rows)
        # only now is it true
        tenure.next_seq += len(events)
        if batch.created:
            tenure.trial_ids.update(batch.created)
            tenure.last_trial_id = max(tenure.last_trial_id, *batch.created.values())

    def _tenure(self, study: StudyRecord, epoch: int) -> _Tenure:
        tenure = self._tenures.get(study.study_id)
        if tenure is None or tenure.epoch != epoch:
            with self._database.read() as connection:
                tenure = self._tenures[study.study_id] = self._find_tenure(connection, study, epoch)
        return tenure

    def _guard(self, cursor: Cursor, study: StudyRecord, tenure: _Tenure, lease_until: float | None) -> None:
        """Check, and lock, that this epoch owns the study.

        The run is part of the check: a study deleted and made again may have the same id and epoch.
        """
        owner = (study.study_id, tenure.epoch, tenure.run)
        if lease_until is None:
            self._statements["guard"].run(cursor, owner)
        else:
            self._statements["guard_and_renew"].run(cursor, (lease_until, *owner))
        if cursor.rowcount != 1:
            self._tenures.pop(study.study_id, None)
            raise FencedError(study.name, tenure.epoch)

    def _find_tenure(self, connection: Connection, study: StudyRecord, epoch: int) -> _Tenure:
        """The tenure of an epoch that another Repository object of this owner acquired."""
        e = t.rtl_epochs.c
        run = connection.execute(sa.select(e.run).where(e.study_id == study.study_id, e.epoch == epoch)).scalar()
        if not run:
            raise FencedError(study.name, epoch)
        return self._read_tenure(connection, study, epoch, run)

    def _read_tenure(self, connection: Connection, study: StudyRecord, epoch: int, run: str) -> _Tenure:
        e = t.rtl_events.c
        last = connection.execute(sa.select(sa.func.max(e.seq)).where(e.study_id == study.study_id)).scalar()
        tenure = _Tenure(epoch, run, (last or 0) + 1)
        with closing(connection.connection.cursor()) as cursor:
            self._look_for_others(cursor, study, tenure)
        return tenure

    def _look_for_others(self, cursor: Cursor, study: StudyRecord, tenure: _Tenure) -> None:
        """Take in the trials that another program has added since we looked last.

        Optuna's table has no unique key on numbers; seeing its new trials in the transaction that adds ours keeps
        the numbers unique: Optuna takes the same lock to add a trial.
        """
        if not self.is_local:
            self._statements["lock_study"].run(cursor, (study.study_id,))
            cursor.fetchall()
        self._statements["trials_since"].run(cursor, (study.study_id, tenure.last_trial_id))
        for trial_id, number in cursor.fetchall():
            tenure.trial_ids.setdefault(number, trial_id)
            tenure.last_trial_id = trial_id

    # --- readers ---

    def _read(self, reader: Callable[[Connection, StudyRecord], _T], study: StudyRecord) -> _T:
        with self._database.read() as connection:
            return reader(connection, study)

    def events(self, study: StudyRecord) -> list[LogEntry]:
        """The study's whole log, in order.

        Raises:
            StorageError: an event is missing or is not of this version.
        """
        return self._read(readers.events, study)

    def last_run(self, study: StudyRecord) -> RunStarted | None:
        """The start of the latest run, or None."""
        return self._read(readers.last_run, study)

    def differences(self, study: StudyRecord) -> list[Difference]:
        """Where the tables are not what the log of events implies; see ``integrity``."""
        return self._read(lambda connection, record: list(differences(connection, record)), study)

    def foreign(self, study: StudyRecord) -> list[TrialAdded]:
        """Trials that another program (Optuna) wrote and no AdoptTrial has taken in, in number order.

        ``imported`` is True.
        """
        return self._read(readers.foreign, study)

    def trials(self, study: StudyRecord) -> list[FrozenTrial]:
        """All trials in number order, as ``optuna.load_study(...).trials`` shows them, with our truer states."""
        return self._read(readers.trials, study)

    def trial(self, study: StudyRecord, number: int) -> FrozenTrial | None:
        """One trial as ``trials`` shows it, or None when there is none of this number. Reads only this one's rows."""
        with self._database.read() as connection:
            return readers.trial(connection, study, number)

    def attempts(self, study: StudyRecord) -> list[AttemptRecord]:
        """All attempts, by trial number and attempt."""
        return self._read(readers.attempts, study)

    def cells(self, study: StudyRecord) -> list[CellRecord]:
        """The grid cells that were ever handed out, by index."""
        return self._read(readers.cells, study)

    def cell_counts(self, study: StudyRecord) -> dict[str, int]:
        """Number of those cells by state."""
        return self._read(readers.cell_counts, study)

    def rungs(self, study: StudyRecord) -> list[RungRecord]:
        """All rung records, by level and trial number."""
        return self._read(readers.rungs, study)

    def checkpoints(self, study: StudyRecord) -> list[tuple[int, CheckpointRef]]:
        """(trial number, checkpoint) of every checkpoint that is kept, by number and step."""
        return self._read(readers.checkpoints, study)

    # --- study attributes: Optuna's two tables; not part of the log, and written without an epoch ---

    def user_attrs(self, study: StudyRecord) -> dict[str, Any]:
        """The study's user attributes."""
        with self._database.read() as connection:
            return readers.attributes(connection, t.study_user_attributes, study)

    def system_attrs(self, study: StudyRecord) -> dict[str, Any]:
        """The study's system attributes (Optuna's and ours)."""
        with self._database.read() as connection:
            return readers.attributes(connection, t.study_system_attributes, study)

    def set_user_attr(self, study: StudyRecord, key: str, value: Any) -> None:
        """Set one user attribute; ``value`` must be JSON-able (TypeError otherwise)."""
        self._set_attr(t.study_user_attributes, study, key, value)

    def metric_names(self, study: StudyRecord) -> list[str] | None:
        """Names of the objectives, or None when they were not named."""
        names = self.system_attrs(study).get(_METRIC_NAMES)
        return None if names is None else [str(name) for name in names]

    def set_metric_names(self, study: StudyRecord, names: Sequence[str]) -> None:
        """Name the objectives, in the order of the directions, where Optuna keeps the names.

        Raises:
            ValueError: the number of names is not the number of directions.
        """
        if len(names) != len(study.directions):
            raise ValueError(
                f"metric_names must have one name for each of the {len(study.directions)} objective(s), got "
                f"{len(names)}: {list(names)}."
            )
        self._set_attr(t.study_system_attributes, study, _METRIC_NAMES, list(names))

    def _set_attr(self, table: sa.Table, study: StudyRecord, key: str, value: Any) -> None:
        text = json.dumps(value)
        clause = upsert(self._database.dialect.name, table, ("study_id", "key", "value_json"), ("study_id", "key"))
        with self._lock, self._database.write() as connection:
            connection.execute(clause, {"study_id": study.study_id, "key": key, "value_json": text})


def _why(holder: Holder, late: float) -> str:
    return "whose process is dead" if holder.is_dead() else f"whose hold ended {late:.0f} s ago"
