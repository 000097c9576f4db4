"""What a user passes to a study, as events of the core: enqueued, added and held trials.

Knows no database and no session.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..arguments import as_integer, items, json_text, mapping, shown, wrong_type
from ..base_trial import CONSTRAINT_PREFIX
from ..core import messages as m
from ..runtime.trial import Trial
from ..samplers.for_studies import our_trial
from ..trial import FIXED_KEY, FrozenTrial, TrialState, check_frozen


def named(name: str, given: Any) -> dict[str, Any]:
    """Parameters or attributes by name. ``name``: the argument's.

    Raises:
        TypeError: no dict, or a key that is no str.
    """
    return mapping(name, given, 'for example {"x": 0.5}')


def enqueued(params: Any, user_attrs: Any, system_attrs: Mapping[str, Any] | None = None) -> m.TrialEnqueued:
    """The event of a configuration to run, under a new key: a request that is sent twice counts once.

    ``system_attrs``: of a trial that is added; its parameters are among them, and are taken from ``params``.

    Raises:
        TypeError: no dict of names, or a value that JSON cannot hold.
    """
    values = _json_pairs(named("params", params))
    attrs = () if user_attrs is None else _json_pairs(named("user_attrs", user_attrs))
    own = {key: value for key, value in (system_attrs or {}).items() if key != FIXED_KEY}
    return m.TrialEnqueued(params=values, user_attrs=attrs, system_attrs=_json_pairs(own), key=uuid.uuid4().hex)


def listed_trials(given: Any) -> list[Any]:
    """The trials that ``add_trials`` is given.

    Raises:
        TypeError: it is no list.
    """
    return items("trials", given, "for example other_study.trials")


def added(trial: Any, n_objectives: int, created: float) -> m.TrialAdded | m.TrialEnqueued:
    """The event of a trial that ran elsewhere, runs there, or waits to be run, under a new key.

    Args:
        trial: with naive local dates; also a FrozenTrial of Optuna's.
        n_objectives: of the study.
        created: when the study was created, seconds since 1970 UTC.

    Raises:
        TypeError: no FrozenTrial, or a field of it of the wrong type; an attribute that JSON cannot hold.
        ValueError: the trial is paused, or has or reported another number of values than the study has objectives.
    """
    if type(trial).__module__.partition(".")[0] == "optuna" and type(trial).__name__ == "FrozenTrial":
        trial = our_trial(trial)
    check_frozen(trial)
    if trial.state is TrialState.WAITING:
        params = {**trial.params, **trial.system_attrs.get(FIXED_KEY, {})}
        return enqueued(params, trial.user_attrs, trial.system_attrs)
    if trial.state is TrialState.PAUSED:
        raise ValueError(
            "a PAUSED trial cannot be added: its checkpoint and rung belong to its study; add it with state=WAITING."
        )
    if (trial.state is TrialState.COMPLETE or trial.values is not None) and len(trial.values or ()) != n_objectives:
        raise ValueError(
            f"the trial has {len(trial.values or ())} values, the study {n_objectives} objective(s); they must agree."
        )
    values = trial.values if trial.state.is_finished() else None
    return m.TrialAdded(
        number=None,
        state=int(trial.state),
        values=None if values is None else tuple(map(float, values)),
        params=_params(trial),
        reports=_plain_reports(trial, n_objectives),
        user_attrs=_json_pairs(trial.user_attrs),
        system_attrs=_json_pairs(trial.system_attrs),
        key=uuid.uuid4().hex,
        started=_seconds("datetime_start", trial.datetime_start, created),
        completed=_seconds("datetime_complete", trial.datetime_complete, created),
    )


def _seconds(name: str, date: Any, created: float) -> float | None:
    """A date as seconds since the study was created; below 0: before."""
    if date is None:
        return None
    if not isinstance(date, datetime):
        raise wrong_type(name, "a datetime or None", date, "for example datetime.now()")
    try:
        return date.timestamp() - created
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{name} must be a date that this machine's clock knows, got {date}; leave it out.") from None


def _params(trial: FrozenTrial) -> tuple[m.ParamValue, ...]:
    return tuple(
        m.ParamValue(name=name, value=dist.to_internal_repr(trial.params[name]), distribution=dist.as_recorded())
        for name, dist in trial.distributions.items()
    )


def end_elsewhere(
    trial: FrozenTrial,
    state: TrialState,
    values: tuple[float, ...] | None,
    constraints: Mapping[str, float],
    n_objectives: int,
) -> m.TrialAdded:
    """The event of the end of a trial that runs elsewhere, under a new key.

    Args:
        trial: as it is stored.
        state: COMPLETE, PRUNED or FAIL.
        values: of a COMPLETE one.
        constraints: by key, those that it has not yet.
        n_objectives: of the study. Optuna's tables have reports of the first one alone.
    """
    reports = trial.reports
    if state is TrialState.PRUNED and reports:
        last = tuple(map(float, reports[max(reports)]))  # Optuna's rule for a pruned trial
        values = None if len(last) != n_objectives or any(map(math.isnan, last)) else last
    attrs = {**trial.system_attrs, **{f"{CONSTRAINT_PREFIX}{key}": value for key, value in constraints.items()}}
    return m.TrialAdded(
        number=trial.number,
        state=int(state),
        values=values,
        params=_params(trial),
        reports=tuple((step, tuple(given)) for step, given in reports.items()),
        user_attrs=_json_pairs(trial.user_attrs),
        system_attrs=_json_pairs(attrs),
        imported=True,
        key=uuid.uuid4().hex,
    )


def _json_pairs(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((name, json_text(value)) for name, value in values.items())
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"values must be JSON-able (numbers, strings, lists), got {shown(values)}: {error}.") from None


def _plain_reports(trial: FrozenTrial, n_objectives: int) -> tuple[tuple[int, tuple[float, ...]], ...]:
    """(step, values) by step; numpy's numbers become Python's."""
    reports = trial.reports
    for step, values in reports.items():
        if len(values) != n_objectives:
            raise ValueError(
                f"the trial reported {shown(values)} at step {shown(step)}, the study has {n_objectives} objective(s); "
                "intermediate_values must have one number for each."
            )
    return tuple(sorted((int(step), tuple(map(float, values))) for step, values in reports.items()))


def number_of(trial: Any) -> int:
    """The number of a trial that is given as what ``ask`` returned, or as its number.

    Raises:
        TypeError: it is neither.
    """
    number = as_integer(getattr(trial, "number", trial))
    if number is None:
        raise TypeError(f"trial must be what ask() returned, or its number; got {shown(trial)}.")
    return number


def held(trial: Trial, seconds: float) -> m.TrialHeld:
    """The event by which any process may tell the result of a trial, with the parameters that it was given."""
    progress = trial.delivery.drain()
    return m.TrialHeld(number=trial.number, attempt=trial.attempt, seconds=seconds, progress=progress)


__all__ = ["added", "end_elsewhere", "enqueued", "held", "listed_trials", "named", "number_of"]
