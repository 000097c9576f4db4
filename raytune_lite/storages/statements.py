"""Every write of the hot path as SQL text, compiled once for the dialect. Knows tables, not events or rows.

Executing through a SQLAlchemy Connection costs several times what SQLite itself needs for such a statement, and a
commit runs five to ten of them. So SQLAlchemy writes the SQL once, in the dialect's own words and parameter style, and
it is then run as text with plain tuples on the driver's cursor: twice the commits a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor as Cursor

from . import schema as t

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


def insert_once(dialect: str, table: sa.Table, columns: Sequence[str], keys: Sequence[str]) -> Any:
    """An INSERT that leaves an existing row of the same ``keys`` as it is: the first write wins."""
    values = {name: sa.bindparam(name, type_=table.c[name].type) for name in columns}
    if dialect in ("mysql", "mariadb"):
        # Not INSERT IGNORE: that would also swallow a missing parent and cut a text that is too long.
        return mysql.insert(table).values(values).inline().on_duplicate_key_update({keys[0]: table.c[keys[0]]})
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).values(values).inline().on_conflict_do_nothing(index_elements=list(keys))


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
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = insert(table).values(values).inline()
    return new.on_conflict_do_update(index_elements=list(keys), set_={name: new.excluded[name] for name in changed})


def _insert(table: sa.Table, columns: Sequence[str]) -> Any:
    values = {name: sa.bindparam(name, type_=table.c[name].type) for name in columns}
    return sa.insert(table).values(values).inline()  # inline: no RETURNING of a key nobody reads


def _b(column: sa.Column[Any]) -> Any:
    """A bound parameter of a column's type; the prefix keeps it apart from names that UPDATE makes up itself."""
    return sa.bindparam(f"b_{column.name}", type_=column.type)


def _others() -> dict[str, tuple[Any, tuple[str, ...]]]:
    """The statements that are no INSERT, with the order of their parameters."""
    e, tr, r, a, s = t.rtl_epochs, t.trials, t.rtl_trials, t.rtl_attempts, t.rtl_slots
    c, g = t.rtl_checkpoints, t.rtl_rungs
    owned = sa.and_(
        e.c.study_id == _b(e.c.study_id), e.c.epoch == _b(e.c.epoch), e.c.run == _b(e.c.run)
    )
    return {
        # MySQL counts changed rows only, but SQLAlchemy's drivers ask it for matched ones (CLIENT.FOUND_ROWS)
        "guard": (sa.update(e).values(epoch=e.c.epoch).where(owned), ("b_study_id", "b_epoch", "b_run")),
        "guard_and_renew": (
            sa.update(e).values(lease_until=_b(e.c.lease_until)).where(owned),
            ("b_lease_until", "b_study_id", "b_epoch", "b_run"),
        ),
        "state": (
            sa.update(tr).values(
                state=_b(tr.c.state),
                datetime_start=sa.func.coalesce(_b(tr.c.datetime_start), tr.c.datetime_start),
                datetime_complete=sa.func.coalesce(_b(tr.c.datetime_complete), tr.c.datetime_complete),
            ).where(tr.c.trial_id == _b(tr.c.trial_id)),
            ("b_state", "b_datetime_start", "b_datetime_complete", "b_trial_id"),
        ),
        "own_state": (
            sa.update(r).values(state=_b(r.c.state), attempt=_b(r.c.attempt))
            .where(r.c.trial_id == _b(r.c.trial_id)),
            ("b_state", "b_attempt", "b_trial_id"),
        ),
        "end_attempt": (
            sa.update(a).values({name: _b(a.c[name]) for name in _END})
            .where(a.c.trial_id == _b(a.c.trial_id), a.c.attempt == _b(a.c.attempt)),
            (*(f"b_{name}" for name in _END), "b_trial_id", "b_attempt"),
        ),
        "free_slot": (
            sa.delete(s).where(s.c.trial_id == _b(s.c.trial_id), s.c.attempt == _b(s.c.attempt)),
            ("b_trial_id", "b_attempt"),
        ),
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
        "drop_checkpoint": (
            sa.delete(c).where(c.c.trial_id == _b(c.c.trial_id), c.c.uri_sha256 == _b(c.c.uri_sha256)),
            ("b_trial_id", "b_uri_sha256"),
        ),
        "promote": (
            sa.update(g).values(promoted=sa.true())
            .where(g.c.trial_id == _b(g.c.trial_id), g.c.level == _b(g.c.level)),
            ("b_trial_id", "b_level"),
        ),
    }  # fmt: skip


_OnConflict = Callable[[str, sa.Table, Sequence[str], Sequence[str]], Any]
_VALUE = ("trial_id", "objective", "value", "value_type")
_REPORT = ("trial_id", "step", "intermediate_value", "intermediate_value_type")
_ATTR = ("trial_id", "key", "value_json")
_END = ("ended", "outcome", "message", "exit_code", "last_words")

# name -> (table, what a second row of the same key does, columns, key columns)
_INSERTS: dict[str, tuple[sa.Table, _OnConflict | None, tuple[str, ...], tuple[str, ...]]] = {
    "event": (t.rtl_events, None, ("study_id", "seq", "epoch", "at", "json"), ()),
    "trial": (t.trials, None, ("study_id", "number", "state", "datetime_start", "datetime_complete"), ()),
    "own_trial": (t.rtl_trials, None, ("trial_id", "study_id", "number", "state", "attempt", "cell"), ()),
    "attempt": (
        t.rtl_attempts, None, ("trial_id", "attempt", "slot", "node", "started", "resumed_step", *_END), (),
    ),
    "take_slot": (t.rtl_slots, None, ("study_id", "slot_sha256", "trial_id", "attempt"), ()),
    "param": (
        t.trial_params, insert_once, ("trial_id", "param_name", "param_value", "distribution_json"),
        ("trial_id", "param_name"),
    ),
    "report": (t.trial_intermediate_values, insert_once, _REPORT, ("trial_id", "step")),
    "value": (t.trial_values, upsert, _VALUE, ("trial_id", "objective")),
    "user_attr": (t.trial_user_attributes, upsert, _ATTR, ("trial_id", "key")),
    "system_attr": (t.trial_system_attributes, upsert, _ATTR, ("trial_id", "key")),
    "checkpoint": (
        t.rtl_checkpoints, upsert, ("trial_id", "uri_sha256", "uri", "attempt", "step", "digest", "size"),
        ("trial_id", "uri_sha256"),
    ),
    "rung": (
        t.rtl_rungs, insert_once, ("trial_id", "level", "value", "value_type", "how", "promoted"),
        ("trial_id", "level"),
    ),
    "cell": (t.rtl_grid_cells, upsert, ("study_id", "cell", "state", "number", "failures"), ("study_id", "cell")),
}  # fmt: skip


class Statements:
    """The compiled writes of one dialect, by name, and the dialect's form of a date."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self._prepared: dict[str, Prepared] = {}
        for name, (table, on_conflict, columns, keys) in _INSERTS.items():
            clause = _insert(table, columns) if on_conflict is None else on_conflict(dialect.name, table, columns, keys)
            self._prepared[name] = Prepared(clause, columns, dialect)
        for name, (clause, names) in _others().items():
            self._prepared[name] = Prepared(clause, names, dialect)
        new_trial = _INSERTS["trial"]
        self._returns_id = dialect.name == "postgresql"
        if self._returns_id:
            clause = _insert(new_trial[0], new_trial[2]).returning(t.trials.c.trial_id)
            self._prepared["trial"] = Prepared(clause, new_trial[2], dialect)
        self._to_stored = _DATETIME.dialect_impl(dialect).bind_processor(dialect)

    def __getitem__(self, name: str) -> Prepared:
        return self._prepared[name]

    def insert_trial(self, cursor: Cursor, row: tuple[Any, ...]) -> int:
        """Insert a row of Optuna's ``trials`` and return its trial_id."""
        self._prepared["trial"].run(cursor, row)
        return int(cursor.fetchall()[0][0] if self._returns_id else cursor.lastrowid)

    def date(self, seconds: float | None) -> Any:
        """Seconds since 1970 UTC as the naive UTC date that Optuna stores, in the driver's form."""
        if seconds is None:
            return None
        value = _EPOCH + timedelta(seconds=seconds)
        return value if self._to_stored is None else self._to_stored(value)
