"""What each row of the core changes in the tables. The one place that says so: SQL and memory both carry it out.

A change is a tuple (verb, table, key, values) of one row of one table. The verbs:

=========  ==========================================================
"insert"   a row that must not be there yet
"once"     insert it, or leave the one that is there
"put"      insert it, or replace the one that is there
"update"   change some columns of the one that is there
"delete"   remove the one that is there
=========  ==========================================================

The key is the trial's number and then the key columns of the table's shape; for a grid cell it is the cell alone. The
values are column -> value. A row's fields are stored in the columns of the same names, unless a function here says
otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Literal

from ..core import messages as m
from ..distributions import Distribution, distribution_to_json
from ..exceptions import StorageError
from .shapes import SHAPES, Values
from .stored import optuna_state, stored_float, stored_floats, text_key

Verb = Literal["insert", "once", "put", "update", "delete"]
Key = tuple[Any, ...]
Change = tuple[Verb, str, Key, Values]  # plain tuples: a commit makes dozens of them


def changes(row: m.Row) -> Sequence[Change]:
    """What ``row`` changes, in order.

    Raises:
        StorageError: a row of an unknown type, or with a value that no table can hold.
    """
    try:
        made = _CHANGES[type(row)]
    except KeyError:
        raise StorageError(f"no table is known for a row of type {type(row).__name__}.") from None
    return made(row)


def _same_names(record: Any, table: str) -> Callable[[Any], Values]:
    """A function from a record to the values of those columns of ``table`` that are fields of the record, too."""
    shape = SHAPES[table]
    names = tuple(name for name in shape.values if name in record.__dataclass_fields__)
    writes = [(name, write) for name in names if (write := shape.table.c[name].info.get("write")) is not None]
    fields: Callable[[Any], Any] = attrgetter(*names)

    def values(row: Any) -> Values:
        found = dict(zip(names, fields(row), strict=True))
        for name, write in writes:
            found[name] = write(found[name])
        return found

    return values


_of_new_trial = _same_names(m.NewTrial, "rtl_trials")
_of_set_state = _same_names(m.SetState, "rtl_trials")
_of_adopted = _same_names(m.AdoptTrial, "rtl_trials")
_of_new_attempt = _same_names(m.NewAttempt, "rtl_attempts")
_of_begin_attempt = _same_names(m.BeginAttempt, "rtl_attempts")
_of_end_attempt = _same_names(m.EndAttempt, "rtl_attempts")
_of_checkpoint = _same_names(m.CheckpointRef, "rtl_checkpoints")
_of_cell = _same_names(m.PutCell, "rtl_grid_cells")


def _new_trial(row: m.NewTrial) -> Sequence[Change]:
    key, state = (row.number,), optuna_state(row.state, row.attempt)
    optuna = {"state": state, "datetime_start": row.started, "datetime_complete": row.completed}
    first: Change = ("insert", "trials", key, optuna)
    return (first,) if row.external else (first, ("insert", "rtl_trials", key, _of_new_trial(row)))


def _adopt(row: m.AdoptTrial) -> Sequence[Change]:
    return (("insert", "rtl_trials", (row.number,), _of_adopted(row)),)


def _set_state(row: m.SetState) -> Sequence[Change]:
    key = (row.number,)
    optuna: Values = {"state": optuna_state(row.state, row.attempt)}
    if row.started is not None:
        optuna["datetime_start"] = row.started
    if row.completed is not None:
        optuna["datetime_complete"] = row.completed
    return ("update", "trials", key, optuna), ("update", "rtl_trials", key, _of_set_state(row))


_texts: dict[int, tuple[Distribution, str]] = {}  # id -> the distribution and its JSON: a study has few of them
_MOST_TEXTS = 1000


def _text_of(distribution: Distribution) -> str:
    """distribution_to_json with a memory, by identity: True, 1 and 1.0 are equal, and different choices."""
    found = _texts.get(id(distribution))
    if found is None:
        if len(_texts) >= _MOST_TEXTS:
            _texts.clear()
        found = _texts[id(distribution)] = distribution, distribution_to_json(distribution)
    return found[1]


def _param(row: m.PutParam) -> Sequence[Change]:
    values = {"param_value": float(row.param.value), "distribution_json": _text_of(row.param.distribution)}
    return (("once", "trial_params", (row.number, row.param.name), values),)


def _report(row: m.PutReport) -> Sequence[Change]:
    key = row.number, int(row.step)
    value, kind = stored_float(row.values[0])  # for which alone Optuna has room
    first = {"intermediate_value": value, "intermediate_value_type": kind}
    found: Change = ("once", "trial_intermediate_values", key, first)
    if len(row.values) == 1:
        return (found,)
    return found, ("once", "rtl_reports", key, {"values_json": stored_floats(row.values)})


def _values(row: m.PutValues) -> Sequence[Change]:
    found: list[Change] = []
    for objective, each in enumerate(row.values):
        value, kind = stored_float(each)
        if kind == "NAN":  # Optuna's table cannot say it, and SQLite would keep a NULL that Optuna cannot read
            raise StorageError(f"trial {row.number}: objective value {objective} is NaN; such a trial is FAIL.")
        found.append(("put", "trial_values", (row.number, objective), {"value": value, "value_type": kind}))
    return found


def _attr(row: m.PutAttr) -> Sequence[Change]:
    table = "trial_system_attributes" if row.system else "trial_user_attributes"
    return (("put", table, (row.number, row.key), {"value_json": row.value_json}),)


def _new_attempt(row: m.NewAttempt) -> Sequence[Change]:
    slot = {"slot_sha256": text_key(row.slot), "attempt": row.attempt}
    return (
        ("insert", "rtl_attempts", (row.number, row.attempt), _of_new_attempt(row)),
        ("insert", "rtl_slots", (row.number,), slot),
    )


def _begin_attempt(row: m.BeginAttempt) -> Sequence[Change]:
    return (("update", "rtl_attempts", (row.number, row.attempt), _of_begin_attempt(row)),)


def _end_attempt(row: m.EndAttempt) -> Sequence[Change]:
    end = _of_end_attempt(row)
    return ("update", "rtl_attempts", (row.number, row.attempt), end), ("delete", "rtl_slots", (row.number,), {})


def _put_checkpoint(row: m.PutCheckpoint) -> Sequence[Change]:
    ref = row.checkpoint
    return (("put", "rtl_checkpoints", (row.number, ref.uri), _of_checkpoint(ref)),)


def _drop_checkpoint(row: m.DropCheckpoint) -> Sequence[Change]:
    return (("delete", "rtl_checkpoints", (row.number, row.uri), {}),)


def _rung(row: m.PutRung) -> Sequence[Change]:
    value, kind = stored_float(row.losses[0])
    values: Values = {"value": value, "value_type": kind, "how": row.how, "bracket": row.bracket}
    if len(row.losses) > 1:
        values["losses_json"] = stored_floats(row.losses)
    return (("once", "rtl_rungs", (row.number, int(row.level)), values),)


def _promote(row: m.PromoteRung) -> Sequence[Change]:
    return (("update", "rtl_rungs", (row.number, int(row.level)), {"promoted": True}),)


def _cell(row: m.PutCell) -> Sequence[Change]:
    return (("put", "rtl_grid_cells", (row.cell,), _of_cell(row)),)


_CHANGES: dict[type[m.Row], Callable[[Any], Sequence[Change]]] = {
    m.NewTrial: _new_trial,
    m.AdoptTrial: _adopt,
    m.SetState: _set_state,
    m.PutParam: _param,
    m.PutReport: _report,
    m.PutValues: _values,
    m.PutAttr: _attr,
    m.NewAttempt: _new_attempt,
    m.BeginAttempt: _begin_attempt,
    m.EndAttempt: _end_attempt,
    m.PutCheckpoint: _put_checkpoint,
    m.DropCheckpoint: _drop_checkpoint,
    m.PutRung: _rung,
    m.PromoteRung: _promote,
    m.PutCell: _cell,
}
