"""Mutations: how a coordinate of a child in the unit cube changes by chance. Pure functions of (points, generator)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .crossover import check_not_negative, rule_from

Array = NDArray[np.float64]


class Mutation(Protocol):
    """A rule for changed coordinates."""

    def __call__(self, points: Array, rng: np.random.Generator) -> Array:
        """Each coordinate changed; in and out are of shape (n,), in [0, 1]."""


@dataclass(frozen=True, slots=True)
class UniformMutation:
    """A coordinate is drawn again."""

    def __call__(self, points: Array, rng: np.random.Generator) -> Array:
        """See Mutation."""
        return rng.random(len(points))


@dataclass(frozen=True, slots=True)
class PolynomialMutation:
    """A step of random size, mostly small, that never leaves the cube.

    Args:
        eta: distribution index; steps are of the order 1 / eta of the range.

    Raises:
        ValueError: eta is not a number >= 0.

    Source: Deb and Agrawal 1999, "A niched-penalty approach for constraint handling in genetic algorithms"; bounded as
    in the authors' NSGA-II code, revision 1.1.6.
    """

    eta: float = 20.0

    def __post_init__(self) -> None:
        check_not_negative("eta", self.eta, "20 makes steps of a few percent")

    def __call__(self, points: Array, rng: np.random.Generator) -> Array:
        """See Mutation."""
        u, power = rng.random(len(points)), self.eta + 1.0
        down = u <= 0.5
        # the share of the range on the side that the step goes to, which bounds it
        rest = np.clip(np.where(down, 1.0 - points, points), 0.0, 1.0)
        tail = np.where(down, 2.0 * u, 2.0 * (1.0 - u))
        size = 1.0 - (tail + (1.0 - tail) * rest**power) ** (1.0 / power)
        return np.clip(points + np.where(down, -size, size), 0.0, 1.0)


MUTATIONS: dict[str, type[Any]] = {"uniform": UniformMutation, "polynomial": PolynomialMutation}


def mutation_from(spec: Any) -> Mutation:
    """The mutation with this name, or with this spec: ``{"name": ..., **arguments}``.

    Raises:
        ValueError: no such mutation, or arguments that are not its own.
    """
    found: Mutation = rule_from("mutation", spec, MUTATIONS, {})
    return found
