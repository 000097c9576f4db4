"""Crossovers and mutations that are written for Optuna, a user's or its own, as rules for points of the unit cube."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from ...arguments import as_integer, shown
from ...frozen_study import FrozenStudy
from ...trial import StudyDirection

Array = NDArray[np.float64]


class _OfUser:
    def __init__(self, rule: Any) -> None:
        self.rule = rule

    def spec(self) -> dict[str, Any]:
        """Its class, for the record. It cannot be rebuilt from it."""
        kind = type(self.rule)
        return {"name": f"{kind.__module__}.{kind.__qualname__}", "can_be_rebuilt": False}

    def __repr__(self) -> str:
        return repr(self.rule)

    def _numbers(self, found: Any, like: Array) -> Array:
        """What the rule gave, where it has the shape of ``like`` and is finite."""
        try:
            numbers = np.asarray(found, dtype=np.float64)
        except (TypeError, ValueError):
            numbers = np.array(np.nan)
        if numbers.shape != like.shape or not np.isfinite(numbers).all():
            raise ValueError(
                f"{type(self.rule).__name__} must give finite numbers of shape {like.shape}, got {shown(found)}."
            )
        return numbers


class UsersCrossover(_OfUser):
    """A crossover with Optuna's ``n_parents`` and ``crossover(parents_params, rng, study, search_space_bounds)``.

    Parameters are given on [0, 1], on their scale, and so the bounds are. ``study`` is a FrozenStudy that has as many
    objectives as the study, or two where it has several, all to be minimized, and no trials.

    Raises:
        ValueError: ``n_parents`` is not an integer >= 1.
    """

    def __init__(self, rule: Any) -> None:
        super().__init__(rule)
        found = as_integer(rule.n_parents)
        if found is None or found < 1:
            raise ValueError(f"n_parents of a crossover must be an integer >= 1, got {shown(rule.n_parents)}.")
        self.n_parents = found

    def __call__(self, parents: Array, rng: np.random.Generator, is_multi: bool) -> Array:
        """See Crossover.

        Raises:
            ValueError: the rule's child is not one finite number a parameter.
        """
        bounds = np.tile([0.0, 1.0], (parents.shape[1], 1))
        return self._numbers(self.rule.crossover(parents.copy(), _seeded(rng), _study(is_multi), bounds), parents[0])


class UsersMutation(_OfUser):
    """A mutation with Optuna's ``mutation(param, rng, study, search_space_bounds)``, asked for each number alone.

    See UsersCrossover for what it is given; the study has one objective.
    """

    def __call__(self, points: Array, rng: np.random.Generator) -> Array:
        """See Mutation; a value outside of [0, 1] is moved to its end.

        Raises:
            ValueError: the rule gave no finite number.
        """
        bounds, study, draws = np.array([0.0, 1.0]), _study(False), _seeded(rng)
        found = [self.rule.mutation(float(point), draws, study, bounds) for point in points]
        return np.clip(self._numbers(found, points), 0.0, 1.0)


def users_crossover(given: Any) -> Any:
    """One that is written for Optuna, as a rule of ours; all else as it is.

    Raises:
        ValueError: see UsersCrossover.
    """
    is_one = not isinstance(given, type) and callable(getattr(given, "crossover", None)) and hasattr(given, "n_parents")
    return UsersCrossover(given) if is_one else given


def users_mutation(given: Any) -> Any:
    """The same of a mutation."""
    is_one = not isinstance(given, type) and callable(getattr(given, "mutation", None))
    return UsersMutation(given) if is_one else given


def _seeded(rng: np.random.Generator) -> RandomState:
    return RandomState(int(rng.integers(2**32)))


def _study(is_multi: bool) -> FrozenStudy:
    return FrozenStudy([StudyDirection.MINIMIZE] * (2 if is_multi else 1), [])


__all__ = ["UsersCrossover", "UsersMutation", "users_crossover", "users_mutation"]
