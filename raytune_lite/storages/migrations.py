"""How older tables of ours become those of this version: one step a version, in order. Knows no study, no event.

Each step asks what is there before it changes anything: MySQL commits every change of a table at once, so a step that
was killed half way is simply run again. Where the database can (SQLite, PostgreSQL) all steps are one transaction.
The caller holds a lock against a second program that does the same, and writes the new version last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateColumn

from ..exceptions import StorageError
from . import schema as t
from .process import ProcessIdentity
from .stored import text_key

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
        if version < t.OUR_SCHEMA and not ProcessIdentity(host=host, pid=pid, pid_started=started).is_dead():
            raise StorageError(
                f"study {name!r} is being run by {holder}, with an older version of raytune-lite. Its tables cannot be "
                "brought to this version meanwhile, and nothing was changed: wait until it has ended, or stop it."
            )
    for step in _STEPS[version - 1 :]:
        step(connection)


def _one_to_two(connection: Connection) -> None:
    """Exit codes of attempts; two live attempts of a slot, and two trials on a cell, become impossible."""
    tables = t.tables_for(connection.dialect).tables
    _add_column(connection, tables["rtl_attempts"].c.exit_code)
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


def _two_to_three(connection: Connection) -> None:
    """Brackets and several objectives at rungs, the owner's address, and a plain name for the end of a stderr.

    ``rtl_reports``, which is new, was made before.
    """
    tables = t.tables_for(connection.dialect).tables
    _rename_column(connection, "last_words", tables["rtl_attempts"].c.stderr_tail)
    _add_column(connection, tables["rtl_attempts"].c.stderr_tail)  # version 1 had neither name
    _add_column(connection, tables["rtl_rungs"].c.bracket)
    _add_column(connection, tables["rtl_rungs"].c.losses_json)
    _add_column(connection, tables["rtl_epochs"].c.address)


def _three_to_four(_: Connection) -> None:
    """Snapshots: two new tables, which were made before."""


def _four_to_five(connection: Connection) -> None:
    """What an attempt had of a GPU, and took of its memory."""
    tables = t.tables_for(connection.dialect).tables
    _add_column(connection, tables["rtl_attempts"].c.num_gpus)
    _add_column(connection, tables["rtl_attempts"].c.gpu_peak)


_STEPS: tuple[Callable[[Connection], None], ...] = (_one_to_two, _two_to_three, _three_to_four, _four_to_five)


def _columns(connection: Connection, table: sa.Table) -> set[str]:
    return {found["name"] for found in sa.inspect(connection).get_columns(table.name)}


def _declared(connection: Connection, column: sa.Column[Any]) -> tuple[sa.Table, str]:
    assert isinstance(column.table, sa.Table)
    return column.table, str(CreateColumn(column).compile(dialect=connection.dialect))


def _add_column(connection: Connection, column: sa.Column[Any]) -> None:
    table, declaration = _declared(connection, column)
    if column.name not in _columns(connection, table):
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {declaration}")


def _rename_column(connection: Connection, old: str, column: sa.Column[Any]) -> None:
    table, declaration = _declared(connection, column)
    if old not in _columns(connection, table):
        return
    if connection.dialect.name in ("mysql", "mariadb"):  # MariaDB before 10.5 knows no RENAME COLUMN
        connection.exec_driver_sql(f"ALTER TABLE {table.name} CHANGE COLUMN {old} {declaration}")
    else:
        connection.exec_driver_sql(f"ALTER TABLE {table.name} RENAME COLUMN {old} TO {column.name}")


def _add_indexes(connection: Connection, table: sa.Table) -> None:
    present = {found["name"] for found in sa.inspect(connection).get_indexes(table.name)}
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        if index.name not in present:
            index.create(connection)
