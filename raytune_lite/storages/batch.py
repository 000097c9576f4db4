"""The SQL of one transaction's rows: changes are gathered by statement, and run in one fixed order.

Parents come first. What makes room for a unique key (a trial that failed gives up its cell, an attempt that ended its
slot) comes before what takes it. Several changes of one row become one, as far as SQL would need an order for them: a
trial that is made and moved, an attempt that begins and ends, a checkpoint that is recorded and dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..core import messages as m
from ..exceptions import StorageError
from .changes import Change, Key, Verb, changes
from .records import StudyRecord
from .shapes import SHAPES, Shape, Values
from .statements import Cursor, Statements
from .stored import text_key

_STEPS: tuple[tuple[str, Verb], ...] = (
    ("trials", "insert"), ("trials", "update"), ("rtl_trials", "update"), ("rtl_trials", "insert"),
    ("rtl_attempts", "update"), ("rtl_slots", "delete"), ("rtl_attempts", "insert"), ("rtl_slots", "insert"),
    ("trial_params", "once"), ("trial_intermediate_values", "once"), ("rtl_reports", "once"), ("trial_values", "put"),
    ("trial_user_attributes", "put"), ("trial_system_attributes", "put"),
    ("rtl_checkpoints", "put"), ("rtl_checkpoints", "delete"), ("rtl_rungs", "once"), ("rtl_rungs", "update"),
    ("rtl_grid_cells", "put"),
)  # fmt: skip
_ORDER = {step: turn for turn, step in enumerate(_STEPS)}
_NOTHING: dict[Key, Values] = {}
_DATES = ("datetime_start", "datetime_complete")  # changes have seconds since the study was created


class Batch:
    """The rows of one transaction.

    ``trial_ids``: number to trial_id of the trials that exist in Optuna's tables. Trials made by this batch are
    in ``created`` and join it only when the transaction has committed.
    """

    def __init__(self, study: StudyRecord, statements: Statements, trial_ids: Mapping[int, int]) -> None:
        self._study, self._statements, self._trial_ids = study, statements, trial_ids
        self.created: dict[int, int] = {}
        self._pending: dict[tuple[str, Verb], dict[Key, Values]] = {}

    def run(self, cursor: Cursor, rows: Iterable[m.Row]) -> None:
        """Store ``rows`` in the open transaction.

        Raises:
            StorageError: a row of a trial that does not exist, or a value that the schema cannot hold.
        """
        for row in rows:
            for change in changes(row):
                self._gather(change)
        for table, verb in sorted(self._pending, key=_ORDER.__getitem__):
            pending = self._pending[table, verb]
            if not pending:
                continue
            if table == "trials" and verb == "insert":
                self._insert_trials(cursor, pending)
            else:
                self._run(cursor, table, verb, pending)

    def _gather(self, change: Change) -> None:
        verb, table, key, values = change
        pending = self._pending
        rows = pending.get((table, verb))
        if rows is None:
            rows = pending[table, verb] = {}
        if verb == "once":
            rows.setdefault(key, values)
        elif verb == "update":
            inserted = pending.get((table, "insert"), _NOTHING).get(key)
            (rows.setdefault(key, {}) if inserted is None else inserted).update(values)
        elif verb == "insert":
            if key in rows:
                raise StorageError(
                    f"study {self._study.name!r}: one batch makes the row {', '.join(map(str, key))} of {table} twice."
                )
            rows[key] = values
        elif verb == "put":
            pending.get((table, "delete"), {}).pop(key, None)
            rows[key] = values
        elif pending.get((table, "insert"), {}).pop(key, None) is None:
            rows[key] = values

    def _run(self, cursor: Cursor, table: str, verb: Verb, pending: Mapping[Key, Values]) -> None:
        shape = SHAPES[table]
        if verb == "update":
            self._update(cursor, shape, pending)
            return
        rows: list[tuple[Any, ...]]
        if verb == "delete":
            rows = [self._sql_key(shape, key) for key in pending]
        elif shape.is_plain:  # as below, without the calls: reports are most of what is stored
            ids, take = {number: self._trial_id(number) for number in {key[0] for key in pending}}, shape.take
            rows = [(ids[key[0]], *key[1:], *take(values)) for key, values in pending.items()]
        else:
            take, initial = shape.take, shape.initial
            rows = [(*self._head(shape, key), *take({**initial, **values})) for key, values in pending.items()]
        self._statements.change(table, verb).run_many(cursor, rows)

    def _update(self, cursor: Cursor, shape: Shape, pending: Mapping[Key, Values]) -> None:
        """One statement for all rows of which the same columns change."""
        groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for key, values in pending.items():
            if shape.name == "trials":
                self._to_dates(values)
            groups.setdefault(tuple(values), []).append((*values.values(), *self._sql_key(shape, key)))
        for columns, rows in groups.items():
            self._statements.change(shape.name, "update", columns).run_many(cursor, rows)

    def _sql_key(self, shape: Shape, key: Key) -> tuple[Any, ...]:
        """The values of ``shape.sql_key``."""
        if shape.owner == "study_id":
            return (self._study.study_id, *key)
        return (self._trial_id(key[0]), *(map(text_key, key[1:]) if shape.is_digested else key[1:]))

    def _head(self, shape: Shape, key: Key) -> tuple[Any, ...]:
        """The values of the columns of an INSERT that come before ``shape.values``."""
        head = self._sql_key(shape, key)
        if shape.is_digested:
            return (*head, *key[1:])
        if shape.copies:
            copies = {"study_id": self._study.study_id, "number": key[0]}
            return (*head, *[copies[name] for name in shape.copies])
        return head

    def _insert_trials(self, cursor: Cursor, pending: Mapping[Key, Values]) -> None:
        """One by one: each gets its trial_id from the database."""
        for (number,), values in pending.items():
            if number in self._trial_ids:
                raise StorageError(
                    f"study {self._study.name!r} has a trial {number} already, made by another program while this "
                    "run was going. Stop that program and start this run again: its trials are then taken in."
                )
            row = {"study_id": self._study.study_id, "number": number, **values}
            self._to_dates(row)
            self.created[number] = self._statements.insert_trial(cursor, row)

    def _to_dates(self, row: Values) -> None:
        for name in _DATES:
            at = row.get(name)
            if at is not None:
                row[name] = self._statements.date(self._study.created + at)

    def _trial_id(self, number: int) -> int:
        found = self.created.get(number)
        if found is None:
            found = self._trial_ids.get(number)
        if found is None:
            raise StorageError(f"study {self._study.name!r} has no trial {number} to write to.")
        return found


__all__ = ["Batch"]
