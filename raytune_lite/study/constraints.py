"""``constraints_func`` of a sampler: an objective that calls it when a trial has a result, and stores its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..exceptions import is_pruned
from ..trial import FrozenTrial, TrialState


def with_constraints(objective: Callable[..., Any], sampler: Any) -> Callable[..., Any]:
    """The objective, or one around it where the sampler has a ``constraints_func``."""
    found = getattr(sampler, "constraints_func", None)
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
                self._note(trial, TrialState.PRUNED, None)
            raise
        self._note(trial, TrialState.COMPLETE, values)
        return values

    def _note(self, trial: Any, state: TrialState, values: Any) -> None:
        many = values if isinstance(values, (tuple, list)) or values is None else (values,)
        frozen = FrozenTrial(
            number=trial.number,
            state=state,
            values=many,
            params=trial.params,
            distributions=trial.distributions,
            user_attrs=trial.user_attrs,
        )
        found = [float(value) for value in self.constraints_func(frozen)]
        for index, value in enumerate(found):
            trial.set_constraint(str(index), value)
        trial._set_system_attr("constraints", found)  # where scripts of Optuna look for them


__all__ = ["WithConstraints", "with_constraints"]
