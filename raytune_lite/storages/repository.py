"""The store on SQL: one transaction a batch, fenced by the study's epoch. The only writer of a process.

Knows no clock: every time comes in from the caller. A write of a study's course needs its epoch, which ``acquire``
gives to one process at a time; a process whose epoch was superseded gets FencedError and has changed nothing.
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..core.encoding import event_to_json
from ..core.messages import AdoptTrial, LogEntry, NewTrial, Row
from ..exceptions import FencedError, StorageError
from ..trial import FrozenTrial, StudyDirection
from . import integrity, ownership, readers, studies, trial_reader
from . import schema as t
from .batch import Batch
from .database import Database, RolledBackError
from .records import StudyRecord
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
    previous_owner: str | None = None
    trial_ids: dict[int, int] = field(default_factory=dict)  # number -> trial_id, of all trials in Optuna's table
    last_trial_id: int = 0


def _reads(reader: Callable[[Connection, StudyRecord], _T]) -> Callable[[Repository, StudyRecord], _T]:
    """A method that runs ``reader`` in a transaction of its own, with the reader's docstring."""

    @functools.wraps(reader)
    def method(self: Repository, study: StudyRecord) -> _T:
        with self._database.read() as connection:
            return reader(connection, study)

    return method


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
        """See ``Store``."""
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
            StorageError: the name is too long, or there is no direction.
            DuplicatedStudyError: the name is taken.
        """
        if len(name) > t.NAME_LENGTH:
            raise StorageError(f"a study name has at most {t.NAME_LENGTH} characters, got {len(name)}; shorten it.")
        if not directions:
            raise StorageError("a study needs at least one direction, got none; pass ['minimize'].")
        with self._lock, self._database.write() as connection:
            return studies.create(connection, name, directions, self._now(connection, now))

    def load_study(self, name: str, *, now: float | None = None) -> StudyRecord:
        """See ``Store``."""
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

    def acquire(self, study: StudyRecord, *, run: str, lease: float, now: float, address: str | None = None) -> int:
        """See ``Store``. A process is provably dead where it ran on this host and runs no more."""
        with self._lock, self._database.write() as connection:
            epoch, previous = ownership.take(connection, study, run=run, lease=lease, now=now, address=address)
            tenure = self._read_tenure(connection, study, epoch, run)
            tenure.previous_owner = previous
        self._tenures[study.study_id] = tenure
        return epoch

    def previous_owner(self, study: StudyRecord) -> str | None:
        """See ``Store``."""
        tenure = self._tenures.get(study.study_id)
        return None if tenure is None else tenure.previous_owner

    owner = _reads(ownership.owner)

    def release(self, study: StudyRecord, epoch: int) -> None:
        """See ``Store``."""
        with self._lock, self._database.write() as connection:
            ownership.give_back(connection, study, epoch)
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
        """See ``Store``. A transaction that gave way to another one, and was rolled back, is run again."""
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
        run = ownership.run_of(connection, study, epoch)
        if run is None:
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

    # --- readers: each is one transaction ---

    events = _reads(readers.events)
    last_run = _reads(readers.last_run)
    external_trials = _reads(trial_reader.external_trials)
    trials = _reads(trial_reader.trials)
    attempts = _reads(readers.attempts)
    cells = _reads(readers.cells)
    cell_counts = _reads(readers.cell_counts)
    rungs = _reads(readers.rungs)
    checkpoints = _reads(readers.checkpoints)
    differences = _reads(integrity.differences)
    user_attrs = _reads(readers.user_attrs)
    system_attrs = _reads(readers.system_attrs)

    def trial(self, study: StudyRecord, number: int) -> FrozenTrial | None:
        """One trial as ``trials`` shows it, or None when there is none of this number. Reads only this one's rows."""
        with self._database.read() as connection:
            return trial_reader.trial(connection, study, number)

    # --- study attributes: Optuna's two tables; not part of the log, and written without an epoch ---

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
