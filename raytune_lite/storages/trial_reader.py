"""Reading trials: one query a table, whatever their number. Writes nothing, unpickles nothing.

A row that cannot be understood (edited by hand, or written by a broken program) raises StorageError naming its table
and trial.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..arguments import shown
from ..core.bounds import MAX_STEP
from ..core.messages import ParamValue, TrialAdded
from ..distributions import Distribution, json_to_distribution
from ..exceptions import InvalidDistributionError, StorageError
from ..trial import FrozenTrial, TrialState
from . import schema as t
from . import stored
from .records import StudyRecord
from .stored import in_row, real_date, real_float

_NUMBER, _ATTEMPT, _OBJECTIVE, _STEP = (stored.whole(*bounds) for bounds in ((0, MAX_STEP), (), (), (-(2**63),)))


@dataclass(slots=True)
class _Trial:
    """The rows of one trial, gathered. ``own_state`` and ``attempt`` come from our table, where there is a row."""

    trial_id: int
    number: int
    state: TrialState
    own_state: TrialState | None
    attempt: int
    start: datetime | None
    complete: datetime | None
    params: dict[str, ParamValue] = field(default_factory=dict)
    values: dict[int, float] = field(default_factory=dict)
    reports: dict[int, float] = field(default_factory=dict)
    vectors: dict[int, tuple[float, ...]] = field(default_factory=dict)
    user_attrs: dict[str, str] = field(default_factory=dict)
    system_attrs: dict[str, str] = field(default_factory=dict)

    def true_state(self) -> TrialState:
        """Ours, unless the trial is one that we never ran and another program has finished."""
        if self.own_state is None or (self.attempt == 0 and self.state.is_finished()):
            return self.state
        return self.own_state


# --- what a store offers -------------------------------------------------------------------------------------------


def trials(connection: Connection, study: StudyRecord) -> list[FrozenTrial]:
    """All trials in number order, as ``optuna.load_study(...).trials`` shows them, with our truer states."""
    return [frozen(trial) for trial in load(connection, study)]


def trial(connection: Connection, study: StudyRecord, number: int) -> FrozenTrial | None:
    """One trial as ``trials`` shows it, or None when there is none of this number. Reads only its rows."""
    own, theirs = t.rtl_trials.c, t.trials.c
    if not 0 <= number <= MAX_STEP:
        return None
    # ours has an index for it; a trial of another program's, which has no row of ours yet, is looked for
    for table in (own, theirs):
        query = sa.select(table.trial_id).where(table.study_id == study.study_id, table.number == number).limit(1)
        trial_id = connection.execute(query).scalar()
        if trial_id is not None:
            return frozen(load(connection, study, only=theirs.trial_id == trial_id)[0])
    return None


def external_trials(connection: Connection, study: StudyRecord) -> list[TrialAdded]:
    """The trials that another program (Optuna) wrote and no AdoptTrial has taken in, in number order.

    ``imported`` is True.

    Raises:
        StorageError: two trials have the same number.
    """
    found = load(connection, study, only=t.rtl_trials.c.trial_id.is_(None))
    for before, after in pairwise(found):
        if before.number == after.number:
            raise StorageError(f"table trials: study {study.name!r} has two trials {after.number}; delete one.")
    return [_added(trial) for trial in found]


# --- rows ----------------------------------------------------------------------------------------------------------


def raw(column: sa.Column[Any]) -> Any:
    """The column without SQLAlchemy's conversion, so that nonsense in it reaches our own check."""
    return sa.type_coerce(column, sa.String)


def load(connection: Connection, study: StudyRecord, only: Any = None) -> list[_Trial]:
    """All trials of a study in number order, or those for which the condition ``only`` holds.

    Raises:
        StorageError: a row that cannot be understood; the ValueError of its value is the cause.
    """
    own = t.rtl_trials
    columns = (t.trials.c.trial_id, t.trials.c.number, raw(t.trials.c.state),
               raw(own.c.number), raw(own.c.state), raw(own.c.attempt),
               raw(t.trials.c.datetime_start), raw(t.trials.c.datetime_complete))  # fmt: skip
    chosen = t.trials.c.study_id == study.study_id
    if only is not None:
        chosen = sa.and_(chosen, only)
    source = t.trials.outerjoin(own, own.c.trial_id == t.trials.c.trial_id)
    found: dict[int, _Trial] = {}
    for trial_id, number, state, own_number, own_state, attempt, start, complete in connection.execute(
        sa.select(*columns).select_from(source).where(chosen).order_by(t.trials.c.trial_id)
    ):
        with in_row("trials", number):
            _NUMBER("number", number)
            with in_row("rtl_trials", number):
                mine = None if own_state is None else stored.state("state", own_state)
                runs = 0 if attempt is None else _ATTEMPT("attempt", attempt)
                if own_number not in (None, number):
                    raise ValueError(f"number {shown(own_number)} is another one there")
            theirs = stored.state("state", state)
            found[trial_id] = _Trial(trial_id, number, theirs, mine, runs, real_date(start), real_date(complete))
    if found:
        trial_ids = sa.select(t.trials.c.trial_id).select_from(source).where(chosen)
        _load_children(connection, trial_ids, found, with_vectors=len(study.directions) > 1)
    return sorted(found.values(), key=lambda trial: trial.number)


def _load_children(
    connection: Connection, trial_ids: sa.Select[Any], found: dict[int, _Trial], *, with_vectors: bool
) -> None:
    """Fill in the rows of the child tables, in the order they were written; ``with_vectors``: of rtl_reports too."""

    def rows(table: sa.Table, *columns: Any) -> Iterable[tuple[_Trial, Any, Any, Any]]:
        query = sa.select(table.c.trial_id, *columns).where(table.c.trial_id.in_(trial_ids))
        for row in connection.execute(query.order_by(*table.primary_key.columns)):
            trial = found.get(row[0])
            if trial is not None:  # else: it was added after our first query (servers without snapshots)
                yield trial, row[1], row[2], row[3] if len(row) > 3 else None

    parse = _distribution_cache()
    p, v, i = t.trial_params.c, t.trial_values.c, t.trial_intermediate_values.c
    for trial, name, value, text in rows(t.trial_params, p.param_name, p.param_value, p.distribution_json):
        with in_row("trial_params", trial.number):
            value = stored.number(f"the value of parameter {shown(name)},", value)
            distribution = parse(stored.text("distribution_json", text))
            trial.params[name] = ParamValue(name=stored.text("name", name), value=value, distribution=distribution)
    for trial, objective, value, kind in rows(t.trial_values, v.objective, v.value, raw(v.value_type)):
        with in_row("trial_values", trial.number):
            trial.values[_OBJECTIVE("objective", objective)] = real_float(value, kind)
    value_type = raw(i.intermediate_value_type)
    for trial, step, value, kind in rows(t.trial_intermediate_values, i.step, i.intermediate_value, value_type):
        with in_row("trial_intermediate_values", trial.number):
            trial.reports[_STEP("step", step)] = real_float(value, kind)
    r = t.rtl_reports.c
    for trial, step, text, _ in rows(t.rtl_reports, r.step, r.values_json) if with_vectors else ():
        with in_row("rtl_reports", trial.number):
            trial.vectors[_STEP("step", step)] = stored.real_floats("values_json", text)
    for trial, key, text, _ in rows(t.trial_user_attributes, *key_and_json(t.trial_user_attributes)):
        with in_row("trial_user_attributes", trial.number):
            trial.user_attrs[stored.text("key", key)] = stored.text("value_json", text)
    for trial, key, text, _ in rows(t.trial_system_attributes, *key_and_json(t.trial_system_attributes)):
        with in_row("trial_system_attributes", trial.number):
            trial.system_attrs[stored.text("key", key)] = stored.text("value_json", text)


def key_and_json(table: sa.Table) -> tuple[Any, Any]:
    """The two columns of a table of attributes."""
    return raw(table.c["key"]), raw(table.c.value_json)


def _distribution_cache() -> Callable[[str], Distribution]:
    """json_to_distribution with a memory: a study has few distributions and many trials."""
    known: dict[str, Distribution] = {}

    def parse(text: str) -> Distribution:
        if text not in known:
            try:
                known[text] = json_to_distribution(text)
            except InvalidDistributionError as error:
                raise ValueError(str(error)) from None
        return known[text]

    return parse


# --- records -------------------------------------------------------------------------------------------------------


def _external(param: ParamValue) -> Any:
    if hasattr(param.distribution, "choices") and not param.distribution.contains(param.value):
        raise ValueError(f"parameter {param.name!r}: no choice has the index {param.value}")
    return param.distribution.to_external_repr(param.value)


def _objectives(trial: _Trial) -> tuple[float, ...] | None:
    if trial.values and trial.values.keys() != set(range(len(trial.values))):
        raise ValueError(f"the objectives {sorted(trial.values)} are not 0, 1, 2, ...")
    return tuple(trial.values[k] for k in range(len(trial.values))) or None


def parse_json(pairs: dict[str, str]) -> dict[str, Any]:
    """The values of attributes; raises ValueError for one that is not JSON."""
    found = {}
    for key, text in pairs.items():
        try:
            found[key] = json.loads(text)
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"attribute {shown(key, 60)} is not JSON: {shown(text, 60)} ({error})") from None
    return found


def _local(value: datetime | None) -> datetime | None:
    """Naive local time, as Optuna shows it."""
    return None if value is None else value.astimezone().replace(tzinfo=None)


def frozen(trial: _Trial) -> FrozenTrial:
    """The trial as its reader sees it."""
    with in_row("trial_params", trial.number):
        params = {name: _external(param) for name, param in trial.params.items()}
    with in_row("trial_values", trial.number):
        values = _objectives(trial)
    with in_row("trial_user_attributes", trial.number):
        user_attrs = parse_json(trial.user_attrs)
    with in_row("trial_system_attributes", trial.number):
        system_attrs = parse_json(trial.system_attrs)
    with in_row("trials", trial.number):
        start, complete = _local(trial.start), _local(trial.complete)
    return FrozenTrial(
        number=trial.number,
        state=trial.true_state(),
        values=values,
        datetime_start=start,
        datetime_complete=complete,
        params=params,
        distributions={name: param.distribution for name, param in trial.params.items()},
        user_attrs=user_attrs,
        system_attrs=system_attrs,
        intermediate_values=trial.reports,
        intermediate_vectors=trial.vectors,
        trial_id=trial.trial_id,
        attempt=trial.attempt,
    )


def _added(trial: _Trial) -> TrialAdded:
    checked = frozen(trial)  # the same checks
    return TrialAdded(
        number=trial.number,
        state=int(trial.state),
        values=None if checked.values is None else tuple(checked.values),
        params=tuple(trial.params.values()),
        reports=tuple((step, (value,)) for step, value in trial.reports.items()),
        user_attrs=tuple(trial.user_attrs.items()),
        system_attrs=tuple(trial.system_attrs.items()),
        imported=True,
    )
