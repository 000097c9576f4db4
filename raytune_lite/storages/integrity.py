"""The integrity check: every table against what the log of events implies. Reads only.

The log is folded as a driver folds it, the rows that each event implies are gathered into a picture, and the picture is
compared with the tables. Rows of trials that another program runs are its own and are left out, as are trials that it
has added and no driver of ours has seen yet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..core import messages as m
from ..core.protocols import Branches, Grid, Pruner
from ..core.state import StudyState
from ..distributions import distribution_to_json
from ..exceptions import RaytuneLiteError
from ..pruners import NopPruner, pruner_from_spec
from ..samplers import grid_from_spec
from ..trial import TrialState
from . import readers
from . import schema as t
from .batch import for_people, optuna_state, stored_float, text_key
from .records import StudyRecord

Key = tuple[Any, ...]
_ABSENT = "no row"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not what the log implies. ``key``: the row's key, a trial by its number."""

    table: str
    key: Key
    expected: Any
    found: Any

    def __str__(self) -> str:
        key = ", ".join(str(part) for part in self.key)
        return f"{self.table}, {key}: expected {_short(self.expected)}, found {_short(self.found)}"


def differences(connection: Connection, study: StudyRecord) -> Iterator[Difference]:
    """Every difference between a study's log and its tables, table by table.

    Raises:
        StorageError: the log itself has a gap, or an event that cannot be read.
    """
    log = readers.events(connection, study)
    picture = _Picture()
    state = StudyState(study.directions, _pruner_for, _grid_for, study.name)
    for seq, (at, event, _) in enumerate(log, start=1):
        try:
            picture.take(event, state.handle(event, at).commands)
        except RaytuneLiteError as error:
            yield Difference("rtl_events", (f"seq {seq}",), f"what may follow event {seq - 1}", str(error))
            return
        except (ValueError, TypeError, KeyError, RuntimeError) as error:
            yield Difference("rtl_events", (f"seq {seq}",), f"what may follow event {seq - 1}", repr(error))
            return
    foreign = {number for number, trial in state.trials.items() if trial.external}
    for table, read in _TABLES.items():
        expected = picture.tables[table]
        found = {key: row for key, row in read(connection, study) if key[0] not in foreign}
        if table == "trials":  # those that another program has added since are news to the next driver
            found = {key: row for key, row in found.items() if key in expected}
        elif table.startswith("trial_"):
            found = {key: row for key, row in found.items() if (key[0],) in picture.tables["trials"]}
        yield from _compare(table, expected, found)


def _compare(table: str, expected: dict[Key, Any], found: dict[Key, Any]) -> Iterator[Difference]:
    for key in sorted({*expected, *found}, key=repr):
        want, have = expected.get(key, _ABSENT), found.get(key, _ABSENT)
        if want != have:
            yield Difference(table, key, want, have)


def _pruner_for(spec: str) -> Pruner:
    return NopPruner() if spec == "{}" else pruner_from_spec(json.loads(spec))


def _grid_for(spec: str) -> Grid | Branches | None:
    return grid_from_spec(json.loads(spec))


class _Picture:
    """The tables that the rows of a log lead to: table -> key -> row."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[Key, Any]] = {table: {} for table in _TABLES}

    def take(self, event: m.Event, commands: Iterable[Any]) -> None:
        for command in commands:
            if isinstance(command, m.Row):
                _TAKE[type(command)](self, command)
        if isinstance(event, m.TrialAdded) and event.imported and event.number is not None:
            self._imported(event, event.number)

    def _imported(self, event: m.TrialAdded, number: int) -> None:
        """A trial of Optuna's: its rows were there before, as the event tells them."""
        if event.state == TrialState.RUNNING:
            return
        self._of("trials")[number,] = TrialState(event.state).name
        for param in event.params:
            self._param(m.PutParam(number=number, param=param))
        for step, values in event.reports:
            self._report(m.PutReport(number=number, step=step, values=values))
        for objective, value in enumerate(event.values or ()):
            self._of("trial_values")[number, objective] = stored_float(value)
        for system, pairs in ((False, event.user_attrs), (True, event.system_attrs)):
            for key, text in pairs:
                self._attr(m.PutAttr(number=number, key=key, value_json=text, system=system))

    def _of(self, table: str) -> dict[Key, Any]:
        return self.tables[table]

    def _new_trial(self, row: m.NewTrial) -> None:
        self._of("trials")[row.number,] = optuna_state(row.state, row.attempt)
        self._of("rtl_trials")[row.number,] = (row.state.name, row.attempt, row.cell)

    def _adopt(self, row: m.AdoptTrial) -> None:
        self._of("rtl_trials")[row.number,] = (row.state.name, 0, row.cell)

    def _set_state(self, row: m.SetState) -> None:
        cell = self._of("rtl_trials")[row.number,][2]
        self._of("trials")[row.number,] = optuna_state(row.state, row.attempt)
        self._of("rtl_trials")[row.number,] = (row.state.name, row.attempt, cell)

    def _param(self, row: m.PutParam) -> None:
        value = (float(row.param.value), json.loads(distribution_to_json(row.param.distribution)))
        self._of("trial_params").setdefault((row.number, row.param.name), value)

    def _report(self, row: m.PutReport) -> None:
        self._of("trial_intermediate_values").setdefault((row.number, row.step), stored_float(row.values[0]))

    def _values(self, row: m.PutValues) -> None:
        for objective, value in enumerate(row.values):
            self._of("trial_values")[row.number, objective] = stored_float(value)

    def _attr(self, row: m.PutAttr) -> None:
        table = "trial_system_attributes" if row.system else "trial_user_attributes"
        self._of(table)[row.number, row.key] = row.value_json

    def _new_attempt(self, row: m.NewAttempt) -> None:
        begun = (row.slot, row.node, row.started, row.resumed_step)
        self._of("rtl_attempts")[row.number, row.attempt] = (*begun, None, None, "", None, None)
        self._of("rtl_slots")[row.number,] = (text_key(row.slot), row.attempt)

    def _end_attempt(self, row: m.EndAttempt) -> None:
        key = (row.number, row.attempt)
        words = for_people(row.stderr_tail or "") or None
        end = (row.ended, row.outcome, for_people(row.message), row.exit_code, words)
        self._of("rtl_attempts")[key] = (*self._of("rtl_attempts")[key][:4], *end)
        self._of("rtl_slots").pop((row.number,), None)

    def _checkpoint(self, row: m.PutCheckpoint) -> None:
        ref = row.checkpoint
        self._of("rtl_checkpoints")[row.number, ref.uri] = (ref.attempt, ref.step, ref.digest, ref.size)

    def _drop(self, row: m.DropCheckpoint) -> None:
        self._of("rtl_checkpoints").pop((row.number, row.uri), None)

    def _rung(self, row: m.PutRung) -> None:
        value = (*stored_float(row.losses[0]), row.how, False)
        self._of("rtl_rungs").setdefault((row.number, row.level), value)

    def _promote(self, row: m.PromoteRung) -> None:
        key = (row.number, row.level)
        self._of("rtl_rungs")[key] = (*self._of("rtl_rungs")[key][:3], True)

    def _cell(self, row: m.PutCell) -> None:
        self._of("rtl_grid_cells")[f"cell {row.cell}",] = (row.state, row.number, row.failures)


_TAKE: dict[type[m.Row], Callable[[_Picture, Any], None]] = {
    m.NewTrial: _Picture._new_trial,
    m.AdoptTrial: _Picture._adopt,
    m.SetState: _Picture._set_state,
    m.PutParam: _Picture._param,
    m.PutReport: _Picture._report,
    m.PutValues: _Picture._values,
    m.PutAttr: _Picture._attr,
    m.NewAttempt: _Picture._new_attempt,
    m.EndAttempt: _Picture._end_attempt,
    m.PutCheckpoint: _Picture._checkpoint,
    m.DropCheckpoint: _Picture._drop,
    m.PutRung: _Picture._rung,
    m.PromoteRung: _Picture._promote,
    m.PutCell: _Picture._cell,
}

# --- the tables as they are ----------------------------------------------------------------------------------------

_Rows = Iterator[tuple[Key, Any]]


def _raw(column: sa.Column[Any]) -> Any:
    return sa.type_coerce(column, sa.String)  # what is there, not what SQLAlchemy makes of it


def _of_trials(table: sa.Table, keys: tuple[str, ...], values: tuple[str, ...]) -> Callable[..., _Rows]:
    """A reader of one table whose rows belong to trials: ((number, *keys), values)."""

    def read(connection: Connection, study: StudyRecord) -> _Rows:
        columns = [_raw(table.c[name]) for name in (*keys, *values)]
        query = sa.select(t.trials.c.number, *columns).where(t.trials.c.study_id == study.study_id)
        if table is not t.trials:
            query = query.join_from(table, t.trials, table.c.trial_id == t.trials.c.trial_id)
        for row in connection.execute(query):
            key, found = tuple(row)[: 1 + len(keys)], tuple(row)[1 + len(keys) :]
            yield key, found[0] if len(found) == 1 else found

    return read


def _params(connection: Connection, study: StudyRecord) -> _Rows:
    read = _of_trials(t.trial_params, ("param_name",), ("param_value", "distribution_json"))
    for key, (value, text) in read(connection, study):
        try:
            yield key, (value, json.loads(text))
        except (ValueError, TypeError):
            yield key, (value, text)


def _rungs(connection: Connection, study: StudyRecord) -> _Rows:
    read = _of_trials(t.rtl_rungs, ("level",), ("value", "value_type", "how", "promoted"))
    for key, (value, kind, how, promoted) in read(connection, study):
        yield key, (value, kind, how, bool(promoted))


def _cells(connection: Connection, study: StudyRecord) -> _Rows:
    c = t.rtl_grid_cells.c
    query = sa.select(c.cell, c.state, c.number, c.failures).where(c.study_id == study.study_id)
    for cell, state, number, failures in connection.execute(query):
        yield (f"cell {cell}",), (state, number, failures)


_ATTEMPT = ("slot", "node", "started", "resumed_step", "ended", "outcome", "message", "exit_code", "last_words")
_REPORT = ("intermediate_value", "intermediate_value_type")

_TABLES: dict[str, Callable[[Connection, StudyRecord], _Rows]] = {
    "trials": _of_trials(t.trials, (), ("state",)),
    "rtl_trials": _of_trials(t.rtl_trials, (), ("state", "attempt", "cell")),
    "trial_params": _params,
    "trial_intermediate_values": _of_trials(t.trial_intermediate_values, ("step",), _REPORT),
    "trial_values": _of_trials(t.trial_values, ("objective",), ("value", "value_type")),
    "trial_user_attributes": _of_trials(t.trial_user_attributes, ("key",), ("value_json",)),
    "trial_system_attributes": _of_trials(t.trial_system_attributes, ("key",), ("value_json",)),
    "rtl_attempts": _of_trials(t.rtl_attempts, ("attempt",), _ATTEMPT),
    "rtl_slots": _of_trials(t.rtl_slots, (), ("slot_sha256", "attempt")),
    "rtl_checkpoints": _of_trials(t.rtl_checkpoints, ("uri",), ("attempt", "step", "digest", "size")),
    "rtl_rungs": _rungs,
    "rtl_grid_cells": _cells,
}


def _short(value: Any) -> str:
    text = value if value is _ABSENT else repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


__all__ = ["Difference", "differences"]
