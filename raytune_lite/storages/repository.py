"""The store on SQL: one transaction a batch, fenced by the study's epoch. The only writer of a process.

Knows no clock: every time comes in from the caller. Every write of a running study needs its epoch, which ``acquire``
gives to one process at a time; a process whose epoch was superseded gets FencedError and has changed nothing.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..core.encoding import event_to_json
from ..core.messages import LogEntry, Row
from ..exceptions import FencedError, StorageError, StudyBusyError
from ..trial import StudyDirection
from . import ownership, readers, snapshots, studies
from . import schema as t
from .database import Database, LockedError, RolledBackError
from .holders import RDBStorage, storage_url
from .owned import OwnedStudy
from .reading import Reading, reads
from .records import Owner, Snapshot, StudyRecord
from .statements import Statements, upsert

__all__ = ["Repository", "StudyRecord"]

_TURNS = 5  # of a transaction that others made give way
_METRIC_NAMES = "study:metric_names"  # Optuna's key


class Repository(Reading):
    """The studies of one database. Open one with ``Repository.open``.

    One thread writes at a time (a lock sees to it); readers may be other threads and never wait for the writer.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._statements = Statements(database.dialect)
        self._owned: dict[int, OwnedStudy] = {}  # study_id -> what was acquired here
        self._digests: dict[int, snapshots.LogDigest] = {}
        self._lock = threading.RLock()

    @classmethod
    def open(cls, storage: str | RDBStorage, *, durable: bool = True) -> Repository:
        """Open a database; create its tables when they are absent.

        Args:
            storage: SQLAlchemy URL, such as ``sqlite:///study.db``, or a holder of one.
            durable: SQLite only. False: a commit survives the death of the process, not of the machine.

        Raises:
            StorageURLError: the URL cannot work here.
            SchemaVersionError: another version wrote the database. Nothing was written.
            StorageError: the path or server cannot be used.
        """
        return cls(Database(storage_url(storage), durable=durable))

    @property
    def url(self) -> str:
        """The URL, its password masked."""
        return self._database.url

    @property
    def storage(self) -> str:
        """A URL that leads another process to the same database, from any working directory. May hold a password."""
        return self._database.storage

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

    def try_writing(self) -> None:
        """Take the write lock and give it back; nothing is changed.

        Raises:
            StorageError: the database cannot be written.
        """
        with self._lock, self._database.write() as connection:
            same = t.rtl_version.c.version
            connection.execute(sa.update(t.rtl_version).values(version=same))

    def server_time(self) -> float:
        """Seconds since 1970 UTC by the database's clock; of SQLite this machine's."""
        with self._database.read() as connection:
            return self._database.now(connection)

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
            self._owned.pop(study_id, None)

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
        """See ``Store``. A process is provably dead where it ran on this host and runs no more."""
        try:
            with self._lock, self._database.write_if_free() as connection:
                epoch, previous = ownership.take(
                    connection, study, run=run, lease=lease, now=now, address=address, silent=silent
                )
                owned = self._new_owned(study, epoch, run).read(connection)
                owned.previous_owner = previous
        except LockedError:
            holder = "a process that holds its row locked in a transaction (it may be stopped, or cut off)"
            raise StudyBusyError(study.name, holder, lease) from None
        self._owned[study.study_id] = owned
        self._digests.pop(study.study_id, None)
        return epoch

    def previous_owner(self, study: StudyRecord) -> str | None:
        """See ``Store``."""
        owned = self._owned.get(study.study_id)
        return None if owned is None else owned.previous_owner

    owner = reads(ownership.owner)

    def release(self, study: StudyRecord, epoch: int) -> None:
        """See ``Store``."""
        with self._lock, self._database.write() as connection:
            ownership.give_back(connection, study, epoch)
        self._owned.pop(study.study_id, None)

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
                    self._commit(study, epoch, events, rows, lease_until, flush)
                    return
                except RolledBackError:  # a deadlock, or the server had closed an idle connection
                    if turn == _TURNS - 1:
                        raise

    def _commit(
        self,
        study: StudyRecord,
        epoch: int,
        events: Sequence[tuple[float, str]],
        rows: Sequence[Row],
        lease_until: float | None,
        flush: bool,
    ) -> None:
        owned = self._owned_study(study, epoch)
        try:
            with self._database.write_fast(flush=flush) as cursor:
                batch = owned.store(cursor, events, rows, lease_until)
        except FencedError:
            self._owned.pop(study.study_id, None)
            raise
        owned.committed(len(events), batch)

    def trial_id(self, study: StudyRecord, number: int) -> int:
        """See ``Store``."""
        owned = self._owned.get(study.study_id)
        return -1 if owned is None else owned.trial_id(number)

    def _owned_study(self, study: StudyRecord, epoch: int) -> OwnedStudy:
        owned = self._owned.get(study.study_id)
        if owned is None or owned.epoch != epoch:  # another Repository object of this owner has acquired it
            with self._database.read() as connection:
                run = ownership.run_of(connection, study, epoch)
                if run is None:
                    raise FencedError(study.name, epoch)
                owned = self._owned[study.study_id] = self._new_owned(study, epoch, run).read(connection)
        return owned

    def _new_owned(self, study: StudyRecord, epoch: int, run: str) -> OwnedStudy:
        return OwnedStudy(study, epoch, run, self._statements, is_local=self.is_local)

    # --- readers: each is one transaction ---

    last_run = reads(readers.last_run)

    def log(self, study: StudyRecord, after: int = 0) -> Iterator[LogEntry]:
        """See ``Store``."""
        with self._database.read() as connection:
            self._check_kept(connection, study, after)
            yield from readers.log(connection, study, after)

    def events(self, study: StudyRecord) -> list[LogEntry]:
        """See ``Store``."""
        return list(self.log(study))

    def kept_log(self, study: StudyRecord) -> tuple[int, Iterator[LogEntry]]:
        """How many of the first events were given up (see ``compact_study``), and the log behind them."""
        with self._database.read() as connection:
            base = snapshots.base_seq(connection, study)
        return base, self.log(study, base)

    @staticmethod
    def _check_kept(connection: Connection, study: StudyRecord, after: int) -> None:
        base = snapshots.base_seq(connection, study)
        if after < base:
            raise StorageError(
                f"study {study.name!r}: its log was compacted, so that its first {base} events are no longer there. "
                "All else of it can be read, and it can be continued."
            )

    # --- snapshots ---

    def log_digest(self, study: StudyRecord, upto: int) -> str:
        """See ``Store``."""
        with self._database.read() as connection:
            return self._digests.setdefault(study.study_id, snapshots.LogDigest()).upto(connection, study, upto)

    def snapshot(self, study: StudyRecord, kind: str) -> Snapshot | None:
        """See ``Store``."""
        with self._database.read() as connection:
            return snapshots.read(connection, study, kind)

    def put_snapshot(self, study: StudyRecord, epoch: int, snapshot: Snapshot) -> None:
        """See ``Store``."""
        with self._lock:
            owned = self._owned_study(study, epoch)
            with self._database.write_fast(flush=True) as cursor:
                owned.put_snapshot(cursor, snapshot)
            if snapshot.kind == "base":
                self._digests.pop(study.study_id, None)

    def file_size(self) -> int | None:
        """Bytes of the SQLite file, or None."""
        return None if self.path is None else os.path.getsize(self.path)

    def give_room_back(self) -> None:
        """Make the file of a SQLite database as small as its content; a server does that by itself."""
        with self._lock:
            self._database.vacuum()

    # --- study attributes: Optuna's two tables; not part of the log, and written without an epoch ---

    def set_user_attr(self, study: StudyRecord, key: str, value: Any) -> None:
        """Set one user attribute; ``value`` must be JSON-able (TypeError otherwise)."""
        self._set_attr(t.study_user_attributes, study, key, value)

    def set_system_attr(self, study: StudyRecord, key: str, value: Any) -> None:
        """The same of a system attribute, Optuna's and other libraries' own."""
        self._set_attr(t.study_system_attributes, study, key, value)

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
