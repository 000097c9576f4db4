"""Every write of the hot path as SQL text, compiled once for the dialect. Knows tables, not events or rows.

Executing through a SQLAlchemy Connection costs several times what SQLite itself needs for such a statement, and a
commit runs five to ten of them. So SQLAlchemy writes the SQL once, in the dialect's own words and parameter style, and
it is then run as text with plain tuples on the driver's cursor: twice the commits a second. Which columns a statement
has follows from the schema: see ``shapes``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor as Cursor

from . import schema as t
from .changes import Verb
from .shapes import SHAPES, Shape

__all__ = ["Cursor", "Prepared", "Statements", "insert_once", "upsert"]

_EPOCH = datetime(1970, 1, 1)  # naive UTC, as Optuna's columns are
_DATETIME = sa.DateTime()


class Prepared:
    """One statement. ``run`` takes a tuple or a list of tuples, values in the order of ``names``."""

    __slots__ = ("_named", "_order", "sql")

    def __init__(self, clause: sa.sql.ClauseElement, names: tuple[str, ...], dialect: sa.Dialect) -> None:
        compiled: Any = clause.compile(dialect=dialect)
        self.sql = str(compiled)
        self._named = None if compiled.positional else names
        order = [names.index(name) for name in compiled.positiontup or ()]
        self._order = None if order == list(range(len(names))) else order

    def _bind(self, row: tuple[Any, ...]) -> Any:
        if self._named is not None:
            return dict(zip(self._named, row, strict=True))
        return row if self._order is None else tuple([row[i] for i in self._order])

    def run(self, cursor: Cursor, row: tuple[Any, ...]) -> None:
        """Execute once."""
        cursor.execute(self.sql, self._bind(row))

    def run_many(self, cursor: Cursor, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute for each row, in order."""
        if len(rows) == 1:
            self.run(cursor, rows[0])
        else:
            cursor.executemany(self.sql, [self._bind(row) for row in rows])


# --- clauses -------------------------------------------------------------------------------------------------------


def _insert_of(dialect: str) -> Any:
    """The INSERT of a dialect that knows ON CONFLICT."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # 30 ms, which a study in a file need not wait for

        return postgresql.insert
    return sqlite.insert


def insert_once(dialect: str, table: sa.Table, columns: Sequence[str], keys: Sequence[str]) -> Any:
    """An INSERT that leaves an existing row of the same ``keys`` as it is: the first write wins."""
    values = {name: sa.bindparam(name, type_=table.c[name].type) for name in columns}
    if dialect in ("mysql", "mariadb"):
        # Not INSERT IGNORE: that would also swallow a missing parent and cut a text that is too long.
        return mysql.insert(table).values(values).inline().on_duplicate_key_update({keys[0]: table.c[keys[0]]})
    return _insert_of(dialect)(table).values(values).inline().on_conflict_do_nothing(index_elements=list(keys))


def upsert(dialect: str, table: sa.Table, columns: Sequence[str], keys: Sequence[str]) -> Any:
    """An INSERT that replaces the other columns of an existing row of the same ``keys``: the last write wins."""
    values = {name: sa.bindparam(name, type_=table.c[name].type) for name in columns}
    changed = [name for name in columns if name not in keys]
    if dialect in ("mysql", "mariadb"):
        new = mysql.insert(table).values(values).inline()
        updates: dict[str, Any] = {name: new.inserted[name] for name in changed}
        if any(index.unique for index in table.indexes):
            # MySQL takes a conflict on any unique key for one on ours; then a NOT NULL column refuses the row
            same = sa.and_(*(table.c[key] == new.inserted[key] for key in keys))
            updates[changed[-1]] = sa.case((same, new.inserted[changed[-1]]), else_=sa.null())
        return new.on_duplicate_key_update(updates)
    new = _insert_of(dialect)(table).values(values).inline()
    return new.on_conflict_do_update(index_elements=list(keys), set_={name: new.excluded[name] for name in changed})


def _insert(table: sa.Table, columns: Sequence[str]) -> Any:
    values = {name: sa.bindparam(name, type_=table.c[name].type) for name in columns}
    return sa.insert(table).values(values).inline()  # inline: no RETURNING of a key that is not needed


def _b(column: sa.Column[Any]) -> Any:
    """A bound parameter of a column's type; the prefix keeps it apart from names that UPDATE makes up itself."""
    return sa.bindparam(f"b_{column.name}", type_=column.type)


def _clause(dialect: str, shape: Shape, verb: Verb, columns: tuple[str, ...]) -> Any:
    table = shape.table
    if verb == "insert":
        return _insert(table, shape.columns)
    if verb in ("once", "put"):
        return (insert_once if verb == "once" else upsert)(dialect, table, shape.columns, shape.sql_key)
    this = sa.and_(*(table.c[name] == _b(table.c[name]) for name in shape.sql_key))
    if verb == "delete":
        return sa.delete(table).where(this)
    return sa.update(table).values({name: _b(table.c[name]) for name in columns}).where(this)


def _delete_kind(table: sa.Table) -> Any:
    """Of the tables of snapshots."""
    return sa.delete(table).where(table.c.study_id == _b(table.c.study_id), table.c.kind == _b(table.c.kind))


def _others() -> dict[str, tuple[Any, tuple[str, ...]]]:
    """The statements that store no row of the core, with the order of their parameters."""
    e, tr, ev = t.rtl_epochs, t.trials, t.rtl_events
    owned = sa.and_(
        e.c.study_id == _b(e.c.study_id), e.c.epoch == _b(e.c.epoch), e.c.run == _b(e.c.run)
    )
    log = ("study_id", "seq", "epoch", "at", "json")
    sn, parts = t.rtl_snapshots, t.rtl_snapshot_parts
    snapshot, part = tuple(column.name for column in sn.c), tuple(column.name for column in parts.c)
    return {
        **{name: (_delete_kind(table), ("b_study_id", "b_kind"))
           for name, table in (("drop_snapshot", sn), ("drop_snapshot_parts", parts))},
        "drop_events": (
            sa.delete(ev).where(ev.c.study_id == _b(ev.c.study_id), ev.c.seq <= _b(ev.c.seq), sa.not_(t.IS_RUN_START)),
            ("b_study_id", "b_seq"),
        ),
        "snapshot": (_insert(sn, snapshot), snapshot),
        "snapshot_part": (_insert(parts, part), part),
        # MySQL counts changed rows only, but SQLAlchemy's drivers ask it for matched ones (CLIENT.FOUND_ROWS)
        "guard": (sa.update(e).values(epoch=e.c.epoch).where(owned), ("b_study_id", "b_epoch", "b_run")),
        "guard_and_renew": (
            sa.update(e).values(lease_until=_b(e.c.lease_until)).where(owned),
            ("b_lease_until", "b_study_id", "b_epoch", "b_run"),
        ),
        "event": (_insert(ev, log), log),
        "trials_since": (
            sa.select(tr.c.trial_id, tr.c.number)
            .where(tr.c.study_id == _b(tr.c.study_id), tr.c.trial_id > _b(tr.c.trial_id)).order_by(tr.c.trial_id),
            ("b_study_id", "b_trial_id"),
        ),
        # Optuna locks this row to add a trial; SQLite knows no FOR UPDATE and needs none, its file is locked
        "lock_study": (
            sa.select(t.studies.c.study_id).where(t.studies.c.study_id == _b(t.studies.c.study_id)).with_for_update(),
            ("b_study_id",),
        ),
    }  # fmt: skip


# --- compiled ------------------------------------------------------------------------------------------------------


class Statements:
    """The compiled writes of one dialect, and the dialect's form of a date."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self._dialect = dialect
        self._others = {name: Prepared(clause, names, dialect) for name, (clause, names) in _others().items()}
        self._changes: dict[tuple[str, Verb, tuple[str, ...]], Prepared] = {}
        self._returns_id = dialect.name == "postgresql"
        self._new_trial = tuple(name for name in SHAPES["trials"].columns if name != "trial_id")
        insert = _insert(t.trials, self._new_trial)
        self._insert_trial = Prepared(
            insert.returning(t.trials.c.trial_id) if self._returns_id else insert, self._new_trial, dialect
        )
        self._to_stored = _DATETIME.dialect_impl(dialect).bind_processor(dialect)

    def __getitem__(self, name: str) -> Prepared:
        return self._others[name]

    def change(self, table: str, verb: Verb, columns: tuple[str, ...] = ()) -> Prepared:
        """The statement that carries out a change. ``columns``: what an update changes; else ().

        It takes the values of ``Shape.columns``; for an update and a delete those of ``columns`` and ``Shape.sql_key``.
        """
        found = self._changes.get((table, verb, columns))
        if found is None:
            shape, names = SHAPES[table], SHAPES[table].columns
            if verb in ("update", "delete"):
                names = tuple(f"b_{name}" for name in (*columns, *shape.sql_key))
            clause = _clause(self._dialect.name, shape, verb, columns)
            found = self._changes[table, verb, columns] = Prepared(clause, names, self._dialect)
        return found

    def insert_trial(self, cursor: Cursor, row: Mapping[str, Any]) -> int:
        """Insert a row of Optuna's ``trials`` and return its trial_id."""
        self._insert_trial.run(cursor, tuple([row[name] for name in self._new_trial]))
        return int(cursor.fetchall()[0][0] if self._returns_id else cursor.lastrowid)

    def date(self, seconds: float) -> Any:
        """Seconds since 1970 UTC as the naive UTC date that Optuna stores, in the driver's form."""
        value = _EPOCH + timedelta(seconds=seconds)
        return value if self._to_stored is None else self._to_stored(value)
