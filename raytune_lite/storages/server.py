"""Connections to PostgreSQL, MySQL and MariaDB: how long either side believes in a silent one, and waits for a lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection

LOCK_PATIENCE = 5  # seconds that a process waits for the lock of a study that it wants to take
TABLE_CHANGED = 1412  # MySQL's code: a transaction reads a table that was made after it began
LOCKED = ("55P03", 1205)  # PostgreSQL's and MySQL's codes: a lock was not granted in time

# A connection that is silent for so long is lost. For comparison: an attempt's lease is 60 s, a study's 15 s.
_TIMEOUTS = {
    "psycopg2": {"connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
                 "tcp_user_timeout": 25_000},
    "psycopg": {"connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
                "tcp_user_timeout": 25_000},
    "pymysql": {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60},
}  # fmt: skip

# The same on the server. It ends the transaction of a process that was stopped or cut off in the middle, whose locks
# would keep every other process off the study. A transaction of ours never waits for anything but the database.
_IDLE_SECONDS = 15
_POSTGRESQL_LIMITS = {
    "idle_in_transaction_session_timeout": f"{_IDLE_SECONDS}s", "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3", "tcp_user_timeout": "25000",
}  # fmt: skip
_SET_POSTGRESQL = (  # those that this version of the server knows
    "SELECT set_config(ours.name, ours.value, false) FROM (VALUES "
    + ", ".join(f"('{name}', '{value}')" for name, value in _POSTGRESQL_LIMITS.items())
    + ") AS ours (name, value) JOIN pg_settings ON pg_settings.name = ours.name"
)
_SET_MYSQL = (  # the first that the server knows: MariaDB's, else MySQL's, which has no limit for transactions alone
    f"SET SESSION idle_transaction_timeout = {_IDLE_SECONDS}",
    f"SET SESSION wait_timeout = {4 * _IDLE_SECONDS}",
)
_LIMITS = {"postgresql": (_SET_POSTGRESQL,), "mysql": _SET_MYSQL, "mariadb": _SET_MYSQL}


def engine_for(address: URL) -> sa.Engine:
    """An engine whose connections have these limits, unless the URL sets others."""
    timeouts = _TIMEOUTS.get(address.get_driver_name(), {})
    arguments = {name: value for name, value in timeouts.items() if name not in address.query}
    # READ COMMITTED: after a writer has got a lock, it reads what the previous owner of the lock wrote; MySQL's default
    # level may show an older state. pre_ping: servers close idle connections (MySQL after wait_timeout).
    engine = sa.create_engine(address, connect_args=arguments, pool_pre_ping=True, isolation_level="READ COMMITTED")

    @event.listens_for(engine, "connect")
    def limit(connection: Any, _record: Any) -> None:
        for statement in _LIMITS.get(engine.dialect.name, ()):
            try:
                with closing(connection.cursor()) as cursor:
                    cursor.execute(statement)
                connection.commit()
                return
            except engine.dialect.loaded_dbapi.Error:
                connection.rollback()

    return engine


@contextmanager
def short_locks(connection: Connection) -> Iterator[None]:
    """In this transaction no statement waits longer than LOCK_PATIENCE for a lock. SQLite has no such locks."""
    name = connection.dialect.name
    if name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}s'")
        yield
    elif name in ("mysql", "mariadb"):
        connection.exec_driver_sql(f"SET SESSION innodb_lock_wait_timeout = {LOCK_PATIENCE}")
        try:
            yield
        finally:  # the connection goes on to other uses
            with suppress(sa.exc.DBAPIError):
                connection.exec_driver_sql("SET SESSION innodb_lock_wait_timeout = DEFAULT")
    else:
        yield


def codes_of(error: BaseException | None) -> tuple[Any, ...]:
    """The server's codes of an error: PostgreSQL's text; MySQL's number, and its SQL state, which says less."""
    number = next(iter(getattr(error, "args", ())), None)
    return getattr(error, "pgcode", None), getattr(error, "sqlstate", None), number
