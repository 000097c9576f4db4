"""Opening a database and its transactions: pragmas, version checks, and errors as StorageError. Knows no study.

SQLite is tested in this repository. For PostgreSQL and MySQL the statements are compile-checked only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import SQLAlchemyError

from ..exceptions import SchemaVersionError, StorageError
from . import schema
from .statements import Cursor
from .url import mask, normalize_url

_LOCK_SECONDS = 60  # how long a SQLite writer waits for another program's transaction
_WAYS_OUT = (
    ("file is not a database", "choose another file name; this file was left as it is"),
    ("unable to open", "check that the path and its directory exist and are yours to write"),
    ("readonly", "make the file and its directory writable, or choose another path"),
    ("locked", f"another program wrote to it for more than {_LOCK_SECONDS} s; stop that one"),
    ("disk", "free some space; what was acknowledged is safe"),
    ("malformed", "the file is damaged; restore a copy (sqlite3 FILE .recover can save what is left)"),
    ("connect", "check that the server runs, and the host, port, user and password in the URL"),
)
# seconds since 1970 UTC by the database's own clock, for callers that bring none
_NOW = {
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "SELECT EXTRACT(EPOCH FROM clock_timestamp())",
    "mysql": "SELECT UNIX_TIMESTAMP(NOW(6))",
    "mariadb": "SELECT UNIX_TIMESTAMP(NOW(6))",
}


class Database:
    """One database, opened and checked. ``url`` is masked; ``path`` is the absolute SQLite path, or None."""

    def __init__(self, storage: str, *, durable: bool = True) -> None:
        address = normalize_url(storage)
        self.is_local = address.get_backend_name() == "sqlite"
        if self.is_local:
            address = address.set(database=os.path.abspath(str(address.database)))
        self.path = address.database if self.is_local else None
        self.url = mask(address)
        self._password = str(address.password or "")
        if self.path is not None:
            _check_path(self.path, self.url)
        self._engine = _local_engine(address, durable) if self.is_local else _server_engine(address)
        self._durable, self._flushes, self._wal = durable, True, False
        self._fast: Any = None  # the hot path's connection
        self._driver_error: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        self._writer = self._engine.execution_options(rtl_write=True)
        # one transaction of a reader is one snapshot; SQLite's are by nature
        isolation = {} if self.is_local else {"isolation_level": "REPEATABLE READ"}
        self._reader = self._engine.execution_options(**isolation)
        try:
            self._prepare()
        except BaseException:
            self._engine.dispose()
            raise

    @property
    def dialect(self) -> sa.Dialect:
        """The dialect, as the connection found it (version, MariaDB or MySQL)."""
        return self._engine.dialect

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start; rolled back by any exception."""
        with self._errors(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def write_fast(self, *, flush: bool) -> Iterator[Cursor]:
        """The same for the hot path: a driver's cursor on one connection that stays open.

        SQLAlchemy's own begin and pool take longer than a small transaction of SQLite's.

        Args:
            flush: wait until the transaction is on the disk. False (SQLite only): the death of any process leaves it
                whole, and the next flushed one takes it to the disk; a power cut may take back the last ones.
        """
        with self._errors():
            if self._fast is None:
                self._fast = self._engine.raw_connection()
            raw: Any = self._fast.driver_connection
            try:
                with closing(raw.cursor()) as cursor:
                    if self.is_local:
                        if self._durable and self._wal and flush != self._flushes:
                            cursor.execute(f"PRAGMA synchronous={'FULL' if flush else 'NORMAL'}")
                            self._flushes = flush
                        cursor.execute("BEGIN IMMEDIATE")
                    yield cursor
                raw.commit()
            except BaseException:
                with suppress(Exception):
                    raw.rollback()
                self._close_fast()  # whatever broke, the next one begins with a connection that works
                raise

    def _close_fast(self) -> None:
        fast, self._fast, self._flushes = self._fast, None, True
        if fast is not None:
            with suppress(Exception):
                fast.invalidate()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and waits for no writer."""
        with self._errors(), self._reader.connect() as connection:
            yield connection

    def now(self, connection: Connection) -> float:
        """Seconds since 1970 UTC by the database's clock (to about a millisecond)."""
        return float(connection.exec_driver_sql(_NOW[self.dialect.name]).scalar_one())

    def close(self) -> None:
        """Close all connections."""
        self._close_fast()
        self._engine.dispose()

    # --- opening ---

    def _prepare(self) -> None:
        """Check the versions before anything is written, then create what is absent."""
        with self.read() as connection:
            complete = _check_versions(connection, self.url)
        if self.path is not None:
            self._use_wal()
        if complete:
            return
        for attempt in range(3):
            try:
                with self.write() as connection:
                    # A program beside us may have made the tables since; on SQLite we hold the write lock now.
                    if not _check_versions(connection, self.url):
                        _create(connection)
                return
            except SchemaVersionError:
                raise
            except StorageError:  # servers have no lock for DDL: the one who came second looks again
                if attempt == 2 or self.is_local:
                    raise

    def _use_wal(self) -> None:
        """Readers and the writer do not block each other in WAL mode. It is a property of the file."""
        # Where the mode cannot change now (another program is in the file) the old mode is slower and as safe.
        with self._errors(), suppress(self._driver_error), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            if raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.rollback()  # not inside a transaction
                raw.execute("PRAGMA journal_mode=WAL")
            self._wal = raw.execute("PRAGMA journal_mode").fetchone()[0] == "wal"

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Every error of SQLAlchemy or the driver becomes a StorageError that shows no password."""
        try:
            yield
        except (UnicodeEncodeError, OverflowError) as error:  # lone surrogates; integers over 64 bits, dates over 9999
            raise StorageError(f"{self.url}: a value cannot be stored: {error}. Nothing was changed.") from None
        except (SQLAlchemyError, self._driver_error) as error:
            text = str(getattr(error, "orig", None) or error).strip()
            if self._password:
                text = text.replace(self._password, "***")
            ways = [way for sign, way in _WAYS_OUT if sign in text.lower()]
            way_out = f": {ways[0]}" if ways else ""
            raise StorageError(f"{self.path or self.url}: {text}{way_out}. The transaction was rolled back.") from None


def _check_path(path: str, shown: str) -> None:
    directory = os.path.dirname(path)
    if os.path.isdir(path):
        way_out = f"add a file name, as in {shown.rstrip('/')}/study.db"
        raise StorageError(f"storage {shown}: {path} is a directory; {way_out}.")
    if not os.path.isdir(directory):
        raise StorageError(f"storage {shown}: there is no directory {directory}; make it, or choose another path.")
    if not os.access(path if os.path.exists(path) else directory, os.W_OK) or not os.access(directory, os.W_OK):
        raise StorageError(
            f"storage {shown}: {path} cannot be written (SQLite also writes files beside it); make it and its "
            "directory writable, or choose another path."
        )


def _local_engine(address: URL, durable: bool) -> sa.Engine:
    engine = sa.create_engine(address, connect_args={"timeout": _LOCK_SECONDS})
    synchronous = "FULL" if durable else "OFF"

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we write BEGIN ourselves; sqlite3 would begin late and take no lock
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA synchronous={synchronous}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer that begins as a reader fails at once when another one writes meanwhile; IMMEDIATE waits.
        write = connection.get_execution_options().get("rtl_write", False)
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _server_engine(address: URL) -> sa.Engine:
    # Servers close idle connections (MySQL after wait_timeout): ask before use rather than fail in a commit.
    return sa.create_engine(address, pool_pre_ping=True)


def _create(connection: Connection) -> None:
    """Create the absent tables and write the version rows that are missing."""
    schema.metadata.create_all(connection)
    rows: list[tuple[sa.Table, dict[str, Any]]] = [
        (
            schema.version_info,
            {
                "version_info_id": 1,
                "schema_version": schema.OPTUNA_SCHEMA,
                "library_version": schema.OPTUNA_VERSION,
            },
        ),
        (schema.alembic_version, {"version_num": schema.OPTUNA_HEAD}),
        (schema.rtl_version, {"id": 1, "version": schema.OUR_SCHEMA}),
    ]
    for table, values in rows:
        if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0:
            connection.execute(table.insert().values(values))
    if connection.dialect.name == "sqlite":
        for statement in schema.SQLITE_TRIGGERS:
            connection.exec_driver_sql(statement)


def _check_versions(connection: Connection, shown: str) -> bool:
    """Whether the database is complete; raises when another schema than ours is in it.

    Raises:
        SchemaVersionError: written by a newer or an older schema.
        StorageError: it has tables of Optuna's names that Optuna did not make.
    """
    present = set(sa.inspect(connection).get_table_names())

    def value(column: sa.Column[Any]) -> Any:
        return connection.execute(sa.select(column)).scalar() if column.table.name in present else None

    found, head = value(schema.version_info.c.schema_version), value(schema.alembic_version.c.version_num)
    ours = value(schema.rtl_version.c.version)
    if found is None and "trials" in present and connection.execute(sa.select(sa.text("1 FROM trials"))).first():
        raise StorageError(
            f"storage {shown} has a table 'trials' that Optuna did not make (no version_info); use another database."
        )
    upgrade = f"run `optuna storage upgrade --storage {shown}` (Optuna {schema.OPTUNA_VERSION}) on a copy first"
    update = "update raytune-lite (pip install -U raytune-lite), or use another database"
    known = f"this version knows {schema.OPTUNA_SCHEMA} / {schema.OPTUNA_HEAD}. Nothing was written"
    if (found is not None and found > schema.OPTUNA_SCHEMA) or (
        head is not None and head != schema.OPTUNA_HEAD and head not in schema.OPTUNA_OLDER_HEADS
    ):
        raise SchemaVersionError(f"storage {shown} has Optuna's schema {found} / {head}; {known}: {update}.")
    if (found is not None and found < schema.OPTUNA_SCHEMA) or head in schema.OPTUNA_OLDER_HEADS:
        raise SchemaVersionError(f"storage {shown} has Optuna's older schema {found} / {head}; {known}: {upgrade}.")
    if ours is not None and ours > schema.OUR_SCHEMA:
        raise SchemaVersionError(
            f"storage {shown} has tables rtl_* of version {ours}, this version knows {schema.OUR_SCHEMA}. Nothing "
            f"was written: {update}."
        )
    return found is not None and head is not None and ours is not None and present >= set(schema.metadata.tables)
