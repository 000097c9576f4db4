"""The integrity check: every table against what the log of events implies. Reads only.

The log is folded as a driver folds it, the rows that each event implies are carried out on tables in memory, and these
are compared with the stored ones. Trials that another program runs, or has added since a driver of ours looked last,
are left out.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..core import messages as m
from ..core.protocols import Branches, Grid, Pruner
from ..core.state import StudyState
from ..exceptions import RaytuneLiteError
from ..pruners import NopPruner, pruner_from_spec
from ..samplers import grid_from_spec
from ..trial import TrialState
from . import schema as t
from .changes import Key
from .memory import Tables
from .records import StudyRecord
from .shapes import SHAPES, Shape, Values
from .trial_reader import raw

BROKEN = (RaytuneLiteError, ValueError, TypeError, KeyError, RuntimeError)  # what a log that was changed leads to
_ABSENT = "no row"
_NOT_COMPARED = ("datetime_start", "datetime_complete")  # whole seconds in MySQL


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not what the log implies.

    ``key``: the row's key, a trial by its number. ``expected``, ``found``: the columns that differ, with their values;
    "no row" where there is none.
    """

    table: str
    key: Key
    expected: Any
    found: Any

    def __str__(self) -> str:
        key = ", ".join(str(part) for part in self.key)
        return f"{self.table}, {key}: expected {_short(self.expected)}, found {_short(self.found)}"


def differences_of(
    study: StudyRecord, log: Iterable[m.LogEntry], found: dict[str, dict[Key, Values]]
) -> list[Difference]:
    """Where tables are not what a log implies, table by table. See ``checking`` for studies of any size."""
    tables, state = Tables(), new_state(study)
    for seq, (at, event, _) in enumerate(log, start=1):
        try:
            commands = state.handle(event, at).commands
            if isinstance(event, m.TrialAdded) and event.imported and event.state != TrialState.RUNNING:
                tables.put_external(event)
            tables.apply([command for command in commands if isinstance(command, m.Row)])
        except BROKEN as error:
            what = str(error) if isinstance(error, RaytuneLiteError) else repr(error)
            return [Difference("rtl_events", (f"seq {seq}",), f"what may follow event {seq - 1}", what)]
    external = {number for number, trial in state.trials.items() if trial.external}
    tables.take(external)
    return [
        difference
        for name, shape in SHAPES.items()
        for difference in compare(shape, tables.tables, without(external, shape, tables, found[name]))
    ]


def new_state(study: StudyRecord) -> StudyState:
    """The study before its first event, with what its log says of its algorithms."""
    return StudyState(study.directions, _pruner_for, _grid_for, study.name)


def without(external: set[int], shape: Shape, expected: Tables, found: dict[Key, Values]) -> dict[Key, Values]:
    """``found``, without the rows of trials that another program runs, or has added since."""
    if shape.owner != "trial_id":
        return found
    ours = {key: row for key, row in found.items() if key[0] not in external}
    if shape.name.startswith("rtl_"):
        return ours
    return {key: row for key, row in ours.items() if key[:1] in expected.tables["trials"]}


def compare(shape: Shape, expected: dict[str, dict[Key, Values]], found: dict[Key, Values]) -> Iterator[Difference]:
    """The rows of one table that differ, or that only one side has."""
    wanted = expected[shape.name]
    for key in sorted({*wanted, *found}, key=repr):
        shown = key if shape.owner == "trial_id" else (f"{shape.key[0]} {key[0]}",)
        if key not in wanted or key not in found:
            row = wanted.get(key, found.get(key))
            yield Difference(shape.name, shown, *((row, _ABSENT) if key in wanted else (_ABSENT, row)))
            continue
        want, have = comparable(wanted[key]), comparable(found[key])
        differ = [name for name in want if want[name] != have[name]]
        if differ:
            yield Difference(shape.name, shown, *({name: row[name] for name in differ} for row in (want, have)))


def comparable(row: Values) -> Values:
    """A row as two that mean the same are equal."""
    plain = {name: value for name, value in row.items() if name not in _NOT_COMPARED}
    if "distribution_json" in plain:  # Optuna and we write the same JSON in other words
        with contextlib.suppress(ValueError, TypeError):
            plain["distribution_json"] = json.loads(plain["distribution_json"])
    return plain


def _pruner_for(spec: str) -> Pruner:
    return NopPruner() if spec == "{}" else pruner_from_spec(json.loads(spec))


def _grid_for(spec: str) -> Grid | Branches | None:
    return grid_from_spec(json.loads(spec))


# --- the tables as they are stored ---------------------------------------------------------------------------------


def stored_tables(connection: Connection, study: StudyRecord) -> dict[str, dict[Key, Values]]:
    """The study's tables as ``memory.Tables`` has them, with whatever is in the columns."""
    return {name: stored_rows(connection, study, shape) for name, shape in SHAPES.items()}


def stored_rows(
    connection: Connection, study: StudyRecord, shape: Shape, ids: Sequence[int] | None = None
) -> dict[Key, Values]:
    """The rows of a table; ``ids``: only those of these trials."""
    table, is_trials = shape.table, shape.owner == "trial_id"
    names = (*shape.key, *shape.values)
    columns = [raw(table.c[name]) for name in names]
    if is_trials:
        query = sa.select(t.trials.c.number, *columns).where(t.trials.c.study_id == study.study_id)
        if table is not t.trials:
            query = query.join_from(table, t.trials, table.c.trial_id == t.trials.c.trial_id)
    else:
        query = sa.select(*columns).where(table.c.study_id == study.study_id)
    query = query if ids is None else query.where(t.trials.c.trial_id.in_(ids))
    as_stored = _booleans(shape)
    found = {}
    for row in connection.execute(query):
        values = dict(zip(names, tuple(row)[is_trials:], strict=True))
        as_stored(values)
        key = (*((row[0],) if is_trials else ()), *(values.pop(name) for name in shape.key))
        found[key] = values
    return found


def _booleans(shape: Shape) -> Callable[[Values], None]:
    """Databases without booleans hold 1 and 0."""
    names = [name for name in shape.values if isinstance(shape.table.c[name].type, sa.Boolean)]

    def convert(row: Values) -> None:
        for name in names:
            if row[name] in (0, 1):
                row[name] = bool(row[name])

    return convert


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


__all__ = [
    "BROKEN", "Difference", "comparable", "compare", "differences_of", "new_state", "stored_rows", "stored_tables",
    "without",
]  # fmt: skip
