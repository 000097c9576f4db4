"""What a benchmark minimises: a search space, an objective on it, and how good a run's results are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from raytune_lite.distributions import Distribution
from raytune_lite.pareto import hypervolume

Params = dict[str, Any]
Suggest = Callable[[str, Distribution], Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What one trial comes to.

    Args:
        values: one an objective, smaller better; None: the trial failed.
        truth: the values without noise.
        constraints: met at 0 or below.
    """

    values: tuple[float, ...] | None
    truth: tuple[float, ...] = ()
    constraints: tuple[float, ...] = ()

    @classmethod
    def of(cls, value: float) -> Result:
        """One objective, without noise."""
        return cls((value,), (value,))

    @property
    def counts(self) -> bool:
        """Whether there is a value, and all constraints are met."""
        return self.values is not None and all(value <= 0.0 for value in self.constraints)


@dataclass(frozen=True, slots=True)
class Problem:
    """A function of a search space.

    Args:
        space: every parameter that there can be.
        evaluate: of the parameters of a trial, and which evaluation of the run it is: noise is a function of that.
        optimum: the smallest value of ``best``.
        reference: what a run without success comes to; None: the best of the initial points.
        define: asks for the parameters of one trial, where that depends on their values; None: for all of ``space``.
        worst: with several objectives, the corner that bounds the hypervolume, in every objective alike.
        n_objectives: their number.
    """

    space: dict[str, Distribution]
    evaluate: Callable[[Params, int], Result]
    optimum: float
    reference: float | None = None
    define: Callable[[Suggest], Params] | None = None
    worst: float = 2.0
    n_objectives: int = 1

    def best(self, results: Sequence[Result]) -> float:
        """How good the results are, smaller better; inf where no trial counts.

        One objective: the true value of the trial that looks best. Several: the hypervolume that is missing.
        """
        counted = [result for result in results if result.counts]
        if self.n_objectives > 1:
            front = np.array([result.truth for result in counted]).reshape(-1, self.n_objectives)
            front = front[(front < self.worst).all(axis=1)]
            filled = hypervolume(front, np.full(self.n_objectives, self.worst)) if len(front) else 0.0
            assert self.reference is not None
            return self.reference - filled
        if not counted:
            return math.inf
        return min(counted, key=lambda result: result.values or ()).truth[0]
