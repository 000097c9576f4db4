"""Opening a database and its transactions: pragmas, version checks, and errors as StorageError. Knows no study."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import SQLAlchemyError

from ..exceptions import RaytuneLiteError, SchemaVersionError, StorageError
from . import migrations, schema, server
from .statements import Cursor
from .url import file_url, mask, normalize_url, refuse_uploaded_path, secrets

_LOCK_SECONDS = 60  # how long a SQLite writer waits for another program's transaction
_DDL_LOCK = 7_225_173_920  # any number, the same in all versions
_WAYS_OUT = (
    ("file is not a database", "choose another file name; this file was left as it is"),
    ("unable to open", "check that the path and its directory exist and are yours to write"),
    ("readonly", "make the file and its directory writable, or choose another path"),
    ("locked", f"another program wrote to it for more than {_LOCK_SECONDS} s; stop that one"),
    ("disk", "free some space; what was acknowledged is safe"),
    ("malformed", "the file is damaged; restore a copy (sqlite3 FILE .recover can save what is left)"),
    ("connect", "check that the server runs, and the host, port, user and password in the URL"),
)
# seconds since 1970 UTC by the database's clock, for callers that give no time
_NOW = {
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "SELECT EXTRACT(EPOCH FROM clock_timestamp())",
    "mysql": "SELECT UNIX_TIMESTAMP(NOW(6))",
    "mariadb": "SELECT UNIX_TIMESTAMP(NOW(6))",
}


# PostgreSQL's and MySQL's codes: this transaction was rolled back in favour of another one
_DEADLOCKS = ("40P01", "40001", 1213, 1205)
_IN_DOUBT = "It is not known whether the transaction was stored; the next driver reads from the database what was."


class RolledBackError(StorageError):
    """The transaction was certainly rolled back, and the same one may succeed at once."""


class LockedError(StorageError):
    """Another process has held a lock for too long. The transaction was rolled back."""


class Database:
    """One database, opened and checked.

    ``url`` is masked, for people. ``storage`` leads another process to the same database, from any working directory;
    it may hold a password. ``path`` is the absolute SQLite path, or None.
    """

    def __init__(self, storage: str, *, durable: bool = True) -> None:
        address = normalize_url(storage)
        self.is_local = address.get_backend_name() == "sqlite"
        if self.is_local:
            address = address.set(database=os.path.abspath(str(address.database)))
            refuse_uploaded_path(str(address.database))
        self.path = address.database if self.is_local else None
        self.url = mask(address)
        self.storage = storage if self.path is None else file_url(self.path, address.query)
        self._secrets = secrets(address)
        if self.path is not None:
            _check_path(self.path, self.url)
        self._engine = _local_engine(address, durable) if self.is_local else server.engine_for(address)
        self._durable, self._flushes, self._wal = durable, True, False
        self._fast: Any = None  # the hot path's connection
        self._driver_error: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        self._writer = self._engine.execution_options(rtl_write=True)
        # a reader's transaction sees one snapshot; in SQLite every transaction does
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
    def write_if_free(self) -> Iterator[Connection]:
        """As ``write``, but on a server no statement waits longer than ``server.LOCK_PATIENCE`` for a lock.

        Raises:
            LockedError: another process holds a lock.
        """
        with self.write() as connection:
            try:
                with server.short_locks(connection):
                    yield connection
            except sa.exc.DBAPIError as error:
                if any(code in server.LOCKED for code in server.codes_of(error.orig)):
                    raise LockedError(self._message(error)) from None
                raise

    @contextmanager
    def write_fast(self, *, flush: bool) -> Iterator[Cursor]:
        """The same for the hot path: a driver's cursor on one connection that stays open.

        SQLAlchemy's own begin and pool take longer than a small transaction of SQLite's.

        Args:
            flush: wait until the transaction is on the disk. False (SQLite only): it survives the death of any process,
                but a power cut may take it back until a later flushed one is on the disk.

        Raises:
            RolledBackError: the database rolled the transaction back (a deadlock, a lost connection); it may be run
                again.
            StorageError: the database failed.
        """
        with self._errors():
            if self._fast is None:
                self._fast = self._engine.raw_connection()
            raw: Any = self._fast.driver_connection
            committing = False
            try:
                with closing(raw.cursor()) as cursor:
                    if self.is_local:
                        if self._durable and self._wal and flush != self._flushes:
                            cursor.execute(f"PRAGMA synchronous={'FULL' if flush else 'NORMAL'}")
                            self._flushes = flush
                        cursor.execute("BEGIN IMMEDIATE")
                    yield cursor
                committing = True
                raw.commit()
            except BaseException as error:
                with suppress(Exception):
                    raw.rollback()
                self._close_fast()  # whatever failed, the next transaction needs a connection that works
                if isinstance(error, self._driver_error) and self._may_run_again(error, raw):
                    if not committing:
                        raise RolledBackError(self._message(error)) from None
                    raise StorageError(self._message(error, _IN_DOUBT)) from None
                raise

    def _may_run_again(self, error: Exception, raw: Any) -> bool:
        """Whether the same transaction may succeed at once: a deadlock, or a connection that was closed while idle."""
        if not self.is_local and any(code in _DEADLOCKS for code in server.codes_of(error)):
            return True
        return not self.is_local and self._engine.dialect.is_disconnect(error, raw, None)  # type: ignore[arg-type]

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

    def vacuum(self) -> None:
        """Give the free pages of a SQLite file back to the disk. Other programs that write make it wait, or fail."""
        if self.is_local:
            self._close_fast()
            with self._errors(), closing(self._engine.raw_connection()) as connection:
                raw: Any = connection.driver_connection
                raw.execute("VACUUM")
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

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
            try:
                complete = _check_versions(connection, self.url)
            except sa.exc.DBAPIError as error:
                if server.TABLE_CHANGED not in server.codes_of(error.orig):
                    raise
                complete = False  # another program is creating the tables
        if self.path is not None:
            self._use_wal()
        if complete:
            return
        with self.write() as connection, _table_lock(connection):
            # another program may have done it meanwhile
            if not _check_versions(connection, self.url):
                _create_or_migrate(connection, self.now(connection))

    def _use_wal(self) -> None:
        """Readers and the writer do not block each other in WAL mode. It is a property of the file."""
        # If the mode cannot change now, because another program has the file open, the old mode is slower and as safe.
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
        except RaytuneLiteError:  # some are ValueErrors too
            raise
        # lone surrogates; NUL (psycopg2); integers over 64 bits, dates over 9999
        except (UnicodeEncodeError, OverflowError, ValueError) as error:
            if type(error) is ValueError and "NUL" not in str(error):
                raise
            raise StorageError(f"{self.url}: a value cannot be stored: {error}. Nothing was changed.") from None
        except (SQLAlchemyError, self._driver_error) as error:
            raise StorageError(self._message(error)) from None

    def _message(self, error: Exception, end: str = "The transaction was rolled back.") -> str:
        text = str(getattr(error, "orig", None) or error).strip()
        for secret in self._secrets:
            text = text.replace(secret, "***")
        ways = [way for sign, way in _WAYS_OUT if sign in text.lower()]
        way_out = f": {ways[0]}" if ways else ""
        return f"{self.path or self.url}: {text}{way_out}. {end}"


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
        connection.isolation_level = None  # we send BEGIN ourselves; the module sqlite3 would send it too late
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA synchronous={synchronous}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # BEGIN IMMEDIATE waits for another writer; a transaction that becomes a writer later would fail at once.
        write = connection.get_execution_options().get("rtl_write", False)
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


@contextmanager
def _table_lock(connection: Connection) -> Iterator[None]:
    """One program at a time creates or changes tables. In SQLite there is only one writer at any time."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_DDL_LOCK})")  # until the transaction ends
        yield
        return
    if connection.dialect.name == "sqlite":
        yield
        return
    # MySQL's lock belongs to the connection, so it stays when DDL commits; its name is known to the whole server
    name = f"CONCAT('raytune_lite:', SUBSTRING(SHA1(COALESCE(DATABASE(), '')), 1, 32), '{_DDL_LOCK}')"
    if connection.exec_driver_sql(f"SELECT GET_LOCK({name}, {_LOCK_SECONDS})").scalar() != 1:
        raise StorageError(f"another program has been creating tables in this database for {_LOCK_SECONDS} s; stop it.")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"SELECT RELEASE_LOCK({name})")


def _create_or_migrate(connection: Connection, now: float) -> None:
    """Create the absent tables, migrate ours to this version, and write the version last."""
    ours = schema.rtl_version
    found = None
    if ours.name in sa.inspect(connection).get_table_names():
        found = connection.execute(sa.select(ours.c.version)).scalar()
    schema.tables_for(connection.dialect).create_all(connection)
    # no version: the database was empty, or a program of any version was killed while it created the tables
    migrations.upgrade(connection, found or 1, now)
    if connection.dialect.name == "sqlite":
        for statement in schema.SQLITE_TRIGGERS:
            connection.exec_driver_sql(statement)
    optuna = {"schema_version": schema.OPTUNA_SCHEMA, "library_version": schema.OPTUNA_VERSION}
    _set_once(connection, schema.version_info, {"version_info_id": 1, **optuna})
    _set_once(connection, schema.alembic_version, {"version_num": schema.OPTUNA_HEAD})
    _set_once(connection, ours, {"id": 1, "version": schema.OUR_SCHEMA})
    connection.execute(sa.update(ours).values(version=schema.OUR_SCHEMA))


def _set_once(connection: Connection, table: sa.Table, values: dict[str, Any]) -> None:
    if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0:
        connection.execute(table.insert().values(values))


def _check_versions(connection: Connection, shown: str) -> bool:
    """Whether the database has all tables of this version.

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
    command = f"raytune-lite storage upgrade --storage {shown}"
    upgrade = f"run `{command}` with Optuna {schema.OPTUNA_VERSION} installed, on a copy first"
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
    current = found is not None and head is not None and ours == schema.OUR_SCHEMA
    return current and present >= set(schema.metadata.tables)
