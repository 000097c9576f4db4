"""``constraints_func`` of a sampler: called when a trial has a result, and its numbers are stored with the trial."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..base_trial import CONSTRAINTS
from ..core.bounds import check_constraint
from ..core.messages import Progress
from ..exceptions import is_pruned
from ..runtime.attempt import check_values
from ..runtime.failures import InvalidResult
from ..runtime.trial import Trial
from ..trial import FrozenTrial, TrialState


def with_constraints(objective: Callable[..., Any], sampler: Any) -> Callable[..., Any]:
    """The objective, or one around it where the sampler has a ``constraints_func``."""
    found = _function_of(sampler)
    return objective if found is None or isinstance(objective, WithConstraints) else WithConstraints(objective, found)


class WithConstraints:
    """An objective; its trials get the constraints that a function finds in what they have set and returned.

    Args:
        objective: the user's.
        constraints_func: takes a FrozenTrial with parameters, user attributes and, if it was not pruned, values;
            returns one number a constraint.
    """

    def __init__(self, objective: Callable[..., Any], constraints_func: Callable[[FrozenTrial], Any]) -> None:
        self.objective, self.constraints_func = objective, constraints_func
        self.__name__ = self.__qualname__ = getattr(objective, "__qualname__", "objective")

    def __call__(self, trial: Any) -> Any:
        """Call the objective, then the function; also for a trial that is pruned."""
        try:
            values = self.objective(trial)
        except Exception as error:
            if is_pruned(error):
                set_on(trial, _numbers(self.constraints_func, trial, TrialState.PRUNED, None))
            raise
        try:
            good = check_values(values, len(trial.study.directions))
        except InvalidResult:
            return values  # the trial fails
        set_on(trial, _numbers(self.constraints_func, trial, TrialState.COMPLETE, good))
        return values


def found_for(
    sampler: Any, trial: Trial | FrozenTrial, state: TrialState, values: tuple[float, ...] | None
) -> list[float]:
    """What the sampler's ``constraints_func`` finds in a trial with this result; [] of one that failed.

    Raises:
        TypeError, ValueError: not one number a constraint. What the function raises.
    """
    function = _function_of(sampler)
    return [] if function is None or state is TrialState.FAIL else _numbers(function, trial, state, values)


def set_on(trial: Trial, found: Sequence[float]) -> None:
    """Store them with a live trial."""
    for index, value in enumerate(found):
        trial.set_constraint(str(index), value)
    if found:
        trial._set_system_attr(CONSTRAINTS, list(found))  # where scripts of Optuna look for them


def noted(found: Sequence[float]) -> Progress:
    """The same, as what a record's result brings."""
    if not found:
        return Progress()
    constraints = tuple((str(index), value) for index, value in enumerate(found))
    return Progress(constraints=constraints, system_attrs=((CONSTRAINTS, json.dumps(list(found))),))


def _function_of(sampler: Any) -> Callable[[FrozenTrial], Any] | None:
    found: Callable[[FrozenTrial], Any] | None = getattr(sampler, "constraints_func", None)
    return found


def _numbers(
    function: Callable[[FrozenTrial], Any],
    trial: Trial | FrozenTrial,
    state: TrialState,
    values: tuple[float, ...] | None,
) -> list[float]:
    record = trial if isinstance(trial, FrozenTrial) else trial._frozen()
    found = [
        float(value)
        for value in function(replace(record, state=state, values=None if values is None else list(values)))
    ]
    for index, value in enumerate(found):
        check_constraint(str(index), value)
    return found


__all__ = ["WithConstraints", "found_for", "noted", "set_on", "with_constraints"]
