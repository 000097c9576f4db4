"""How older tables of ours become those of this version: one step a version, in order. Knows no study, no event.

Each step asks what is there before it changes anything: MySQL commits every change of a table at once, so a step that
was killed half way is simply run again. Where the database can (SQLite, PostgreSQL) all steps are one transaction.
The caller holds a lock against a second program that does the same, and writes the new version last.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateColumn

from ..exceptions import StorageError
from . import schema as t
from .batch import text_key
from .holder import Holder

__all__ = ["upgrade"]


def upgrade(connection: Connection, version: int, now: float) -> None:
    """Run the steps from ``version`` to this one. Tables that are absent were made before, in their newest form.

    Raises:
        StorageError: an older program runs a study of this database now (``now``: seconds since 1970 UTC); its
            statements do not fit the new tables.
    """
    e, s = t.rtl_epochs.c, t.studies.c
    held = sa.select(s.study_name, e.holder, e.host, e.pid, e.pid_started).where(e.run != "", e.lease_until > now)
    for name, holder, host, pid, started in connection.execute(held.where(e.study_id == s.study_id)):
        if version < t.OUR_SCHEMA and not Holder(host=host, pid=pid, pid_started=started).is_dead():
            raise StorageError(
                f"study {name!r} is being run by {holder}, with an older version of raytune-lite. Its tables cannot be "
                "brought to this version meanwhile, and nothing was changed: wait until it has ended, or stop it."
            )
    for step in _STEPS[version - 1 :]:
        step(connection)


def _one_to_two(connection: Connection) -> None:
    """Exit codes and last words of attempts; doubled live attempts and cells become impossible."""
    tables = t.tables_for(connection.dialect).tables
    _add_column(connection, tables["rtl_attempts"].c.exit_code)
    _add_column(connection, tables["rtl_attempts"].c.last_words)
    _add_column(connection, tables["rtl_trials"].c.held_cell)
    _add_indexes(connection, tables["rtl_trials"])
    _add_indexes(connection, tables["rtl_grid_cells"])
    if connection.execute(sa.select(t.rtl_slots.c.trial_id).limit(1)).first() is None:
        _fill_slots(connection)


def _fill_slots(connection: Connection) -> None:
    a, r = t.rtl_attempts.c, t.rtl_trials.c
    live = sa.select(r.study_id, a.slot, a.trial_id, a.attempt).where(a.ended.is_(None))
    live = live.join_from(t.rtl_attempts, t.rtl_trials, a.trial_id == r.trial_id).order_by(a.trial_id, a.attempt)
    rows = {
        row.trial_id: {
            "study_id": row.study_id, "slot_sha256": text_key(row.slot), "trial_id": row.trial_id,
            "attempt": row.attempt,
        }
        for row in connection.execute(live)
    }  # fmt: skip
    if rows:
        connection.execute(sa.insert(t.rtl_slots), list(rows.values()))


_STEPS: tuple[Callable[[Connection], None], ...] = (_one_to_two,)


def _add_column(connection: Connection, column: sa.Column[object]) -> None:
    table = column.table
    assert isinstance(table, sa.Table)
    if column.name not in {found["name"] for found in sa.inspect(connection).get_columns(table.name)}:
        words = CreateColumn(column).compile(dialect=connection.dialect)
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {words}")


def _add_indexes(connection: Connection, table: sa.Table) -> None:
    present = {found["name"] for found in sa.inspect(connection).get_indexes(table.name)}
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        if index.name not in present:
            index.create(connection)
