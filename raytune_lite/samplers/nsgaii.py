"""Crossovers and mutations by Optuna's names, for ``NSGAIISampler(crossover=..., mutation=...)``."""

from __future__ import annotations

from typing import Any

from .nsga import crossover as _crossover
from .nsga.mutation import PolynomialMutation

BLXAlphaCrossover = _crossover.BLXAlpha
SBXCrossover = _crossover.SBX
SPXCrossover = _crossover.SPX
UNDXCrossover = _crossover.UNDX
UniformCrossover = _crossover.Uniform
VSBXCrossover = _crossover.VSBX


class BaseCrossover:
    """Base of your own crossovers, written as for Optuna; see UsersCrossover for what one is given.

    A subclass has ``n_parents``, an integer >= 1, and the method.
    """

    n_parents = 2

    def crossover(self, parents_params: Any, rng: Any, study: Any, search_space_bounds: Any) -> Any:
        """One child, shape (n_params,), of parents of shape (n_parents, n_params)."""
        raise NotImplementedError(f"{type(self).__name__} must have crossover(...), see UsersCrossover.")


class BaseMutation:
    """Base of your own mutations, written as for Optuna; see UsersMutation for what one is given."""

    def mutation(self, param: float, rng: Any, study: Any, search_space_bounds: Any) -> float:
        """Another value of a parameter."""
        raise NotImplementedError(f"{type(self).__name__} must have mutation(...), see UsersMutation.")


__all__ = [
    "BLXAlphaCrossover",
    "BaseCrossover",
    "BaseMutation",
    "PolynomialMutation",
    "SBXCrossover",
    "SPXCrossover",
    "UNDXCrossover",
    "UniformCrossover",
    "VSBXCrossover",
]
