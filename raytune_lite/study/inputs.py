"""What a user passes to a study, as events of the core: enqueued and added trials, results of asked trials.

Knows no database and no session.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ..arguments import as_integer, items, json_text, mapping, shown, wrong_type
from ..core import messages as m
from ..runtime.attempt import AttemptResult, check_values
from ..runtime.failures import InvalidResult, kind_of
from ..runtime.trial import Trial
from ..trial import FIXED_KEY, FrozenTrial, TrialState, as_state, check_frozen


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


def added(trial: FrozenTrial, n_objectives: int) -> m.TrialAdded | m.TrialEnqueued:
    """The event of a trial that ran elsewhere, or waits to be run, under a new key.

    Raises:
        TypeError: no FrozenTrial, or a field of it of the wrong type; an attribute that JSON cannot hold.
        ValueError: the trial is under way, or has or reported another number of values than the study has
            objectives.
    """
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
        m.ParamValue(name=name, value=dist.to_internal_repr(trial.params[name]), distribution=dist)
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


def _state_of(state: Any) -> TrialState | None:
    """``state`` as a TrialState that may be told; Optuna's states are accepted, as they have the same numbers."""
    if state is None:
        return None
    hint = "for example state=TrialState.PRUNED"
    found = as_state(state)
    if found is None:
        raise wrong_type("state", "a TrialState or None", state, hint)
    if found not in _OUTCOMES:
        raise ValueError(f"state must be COMPLETE, PRUNED or FAIL, got {shown(state)}; {hint}.")
    return found


_OUTCOMES = {
    TrialState.COMPLETE: m.Outcome.COMPLETE,
    TrialState.PRUNED: m.Outcome.PRUNED,
    TrialState.FAIL: m.Outcome.FAIL,
}


def held(trial: Trial, seconds: float) -> m.TrialHeld:
    """The event by which any process may tell the result of a trial, with the parameters that it was given."""
    progress = trial.delivery.drain()
    return m.TrialHeld(number=trial.number, attempt=trial.attempt, seconds=seconds, progress=progress)


def held_end(trial: FrozenTrial | Trial, values: Any, state: TrialState | None, n_objectives: int) -> m.HeldEnded:
    """The event of a result that is told of a trial that any process may tell, under a new key.

    Args:
        trial: what this process has got from ``ask``; else the trial's record.
        values: as ``Study.tell`` is given them.
        state: likewise.
        n_objectives: of the study.

    Raises:
        InvalidResult, NonFiniteResult, ValueError: see ``result_of``.
    """
    if isinstance(trial, Trial):
        result = result_of(trial, values, state, n_objectives)
        outcome, found, failure, progress = result.outcome, result.values, result.failure, result.progress
    else:
        outcome, found, failure = _outcome_of(values, state, n_objectives)
        progress = m.Progress()
    return m.HeldEnded(
        number=trial.number,
        attempt=trial.attempt,
        outcome=outcome,
        progress=progress,
        values=found,
        failure=failure,
        key=uuid.uuid4().hex,
    )


def _outcome_of(
    values: Any, state: TrialState | None, n_objectives: int
) -> tuple[m.Outcome, tuple[float, ...] | None, m.Failure | None]:
    """How a trial ended, its values and its failure, from the arguments of ``Study.tell``, by Optuna's rules."""
    state = _state_of(state)
    if state in (TrialState.PRUNED, TrialState.FAIL) and values is not None:
        raise ValueError(f"values cannot be told with state={state.name}, got {shown(values)}; leave them out.")
    found: tuple[float, ...] | None = None
    failure: m.Failure | None = None
    if state in (None, TrialState.COMPLETE):
        try:
            found = check_values(values, n_objectives)
        except InvalidResult as error:
            if state is TrialState.COMPLETE:
                raise
            failure = m.Failure(error=f"ValueError: {error}", kind=kind_of(error))
    outcome = _OUTCOMES[state] if state else (m.Outcome.COMPLETE if failure is None else m.Outcome.FAIL)
    if outcome is m.Outcome.FAIL and failure is None:
        failure = m.Failure(error="told FAIL by the user")
    return outcome, found, failure


def result_of(trial: Trial, values: Any, state: TrialState | None, n_objectives: int) -> AttemptResult:
    """The result of a trial that this process has asked for.

    Raises:
        InvalidResult: COMPLETE without one number an objective; NonFiniteResult: COMPLETE with NaN.
        ValueError: another state than COMPLETE, PRUNED and FAIL; values with PRUNED or FAIL.
        CheckpointError: its newest checkpoint could not be uploaded. Told again, the result stands without it.
    """
    outcome, found, failure = _outcome_of(values, state, n_objectives)
    is_paused = outcome is m.Outcome.PRUNED and trial.delivery.decision is m.Decision.PAUSE
    trial.saving.settle(is_needed=outcome is m.Outcome.COMPLETE or is_paused)
    trial.saving.close()
    return AttemptResult(
        number=trial.number,
        attempt=trial.attempt,
        outcome=outcome,
        progress=trial.delivery.drain(),
        values=found,
        failure=failure,
    )


__all__ = ["added", "enqueued", "held", "held_end", "listed_trials", "named", "number_of", "result_of"]
