"""What a user passes to a study, as events of the core: enqueued, added and held trials.

Knows no database and no session.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ..arguments import as_integer, items, json_text, mapping, shown
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


def enqueued(params: Any, user_attrs: Any) -> m.TrialEnqueued:
    """The event of a configuration to run, under a new key: a request that is sent twice counts once.

    Raises:
        TypeError: no dict of names, or a value that JSON cannot hold.
    """
    values = _json_pairs(named("params", params))
    attrs = () if user_attrs is None else _json_pairs(named("user_attrs", user_attrs))
    return m.TrialEnqueued(params=values, user_attrs=attrs, key=uuid.uuid4().hex)


def listed_trials(given: Any) -> list[Any]:
    """The trials that ``add_trials`` is given.

    Raises:
        TypeError: it is no list.
    """
    return items("trials", given, "for example other_study.trials")


def added(trial: Any, n_objectives: int) -> m.TrialAdded | m.TrialEnqueued:
    """The event of a trial that ran elsewhere, or waits to be run, under a new key; also of Optuna's FrozenTrial.

    Raises:
        TypeError: no FrozenTrial, or a field of it of the wrong type; an attribute that JSON cannot hold.
        ValueError: the trial is under way, or has or reported another number of values than the study has
            objectives.
    """
    if type(trial).__module__.partition(".")[0] == "optuna" and type(trial).__name__ == "FrozenTrial":
        trial = our_trial(trial)
    check_frozen(trial)
    if trial.state is TrialState.WAITING:
        return enqueued({**trial.params, **trial.system_attrs.get(FIXED_KEY, {})}, trial.user_attrs)
    if not trial.state.is_finished():
        raise ValueError(
            f"a trial that is added must be finished or WAITING, got {trial.state.name}: nobody would end it."
        )
    if (trial.state is TrialState.COMPLETE or trial.values is not None) and len(trial.values or ()) != n_objectives:
        raise ValueError(
            f"the trial has {len(trial.values or ())} values, the study {n_objectives} objective(s); they must agree."
        )
    params = tuple(
        m.ParamValue(
            name=name, value=dist.to_internal_repr(trial.params[name]), distribution=dist.as_recorded()
        )
        for name, dist in trial.distributions.items()
    )
    return m.TrialAdded(
        number=None,
        state=int(trial.state),
        values=None if trial.values is None else tuple(map(float, trial.values)),
        params=params,
        reports=_plain_reports(trial, n_objectives),
        user_attrs=_json_pairs(trial.user_attrs),
        system_attrs=_json_pairs(trial.system_attrs),
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


__all__ = ["added", "enqueued", "held", "listed_trials", "named", "number_of"]
