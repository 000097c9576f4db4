"""A search space as the unit cube: what a point is to the kernel, and which of its moves are steps on a grid.

Each parameter with more than one value is one *dimension*. A number lies in [0, 1] of its scale, rounded to its grid;
a choice is its index. The kernel sees *features*: numbers as they are, a choice as a row of zeros and one 1/sqrt(2), so
that two choices differ by a squared distance of 1 whichever they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ...distributions import CategoricalDistribution, Distribution, FloatDistribution, IntDistribution
from .kernel import Array, Ints

_MOST_LEVELS = 24  # numbers with more levels are searched as if continuous, then rounded
_FAR = 4.0  # widths outside of today's range at which an old value still counts as different


class Dimension:
    """One parameter: internal values to the unit scale and back."""

    def __init__(self, name: str, dist: Distribution) -> None:
        self.name, self.dist = name, dist
        self.is_choice = isinstance(dist, CategoricalDistribution)
        self.levels = 0  # number of values; 0: a continuum, or more levels than a float can tell apart
        if isinstance(dist, CategoricalDistribution):
            self.levels, self.low, self.high = len(dist.choices), 0.0, 1.0
            return
        low, high, margin = float(dist.low), float(dist.high), 0.0
        if isinstance(dist, IntDistribution) or dist.step is not None:
            step = float(dist.step or 1.0)
            margin = 0.5 * step
            self.levels = round((high - low) / step) + 1
        if dist.log:
            low, high = math.log(low - margin), math.log(high + margin)
        else:
            low, high = low - margin, high + margin
        self.low, self.high = low, high

    @property
    def exhaustive(self) -> bool:
        """Whether a local search tries every value."""
        return self.is_choice or 0 < self.levels <= _MOST_LEVELS

    def to_unit(self, internal: Array) -> Array:
        """Unit positions (choices: indices) of internal values; outside of [0, 1] when they lie outside the range."""
        if self.is_choice:
            return internal
        scaled = np.log(internal) if self.dist.log else internal  # type: ignore[union-attr]
        # halves: high - low may be infinite
        width = 0.5 * self.high - 0.5 * self.low
        if width <= 0.0:  # low and high differ by less than halves can tell
            return np.full(internal.shape, 0.5)
        return np.clip((0.5 * scaled - 0.5 * self.low) / width, -_FAR, 1.0 + _FAR)

    def to_internal(self, unit: Array) -> Array:
        """Internal values of unit positions, on the grid and in the range."""
        dist = self.dist
        if isinstance(dist, CategoricalDistribution):
            return np.clip(np.rint(unit), 0, self.levels - 1)
        unit = np.clip(unit, 0.0, 1.0)
        value = (1.0 - unit) * self.low + unit * self.high
        if dist.log:
            value = np.exp(value)
        low, high = float(dist.low), float(dist.high)
        if isinstance(dist, FloatDistribution) and dist.step is None:
            return np.clip(value, low, high)
        step = float(dist.step or 1.0)
        return np.clip(low + np.clip(np.rint((value - low) / step), 0, self.levels - 1) * step, low, high)

    def snap(self, unit: Array) -> Array:
        """The nearest unit positions that are values of the parameter."""
        if self.is_choice:
            return np.clip(np.rint(unit), 0, self.levels - 1)
        unit = np.clip(unit, 0.0, 1.0)
        return unit if not self.levels else self.to_unit(self.to_internal(unit))

    def grid(self) -> Array:
        """All unit positions of a parameter with few values."""
        if self.is_choice:
            return np.arange(self.levels, dtype=np.float64)
        assert isinstance(self.dist, (FloatDistribution, IntDistribution))
        steps = np.arange(self.levels, dtype=np.float64) * float(self.dist.step or 1.0)
        return self.to_unit(np.clip(float(self.dist.low) + steps, float(self.dist.low), float(self.dist.high)))


class Space:
    """The dimensions of a joint search space, in the order of their names; single-point parameters stand aside.

    Attributes:
        dims: the dimensions.
        constants: the internal values of parameters with one value.
        owner: for each column of the features the dimension that it belongs to, shape (n_features,).
        numeric: the dimensions that are numbers; their features are the first columns, in this order.
        relaxed: the dimensions that gradients may move.
        stepped: the dimensions whose values are tried one by one.
        size: number of points when all dimensions have levels, else 0.
    """

    def __init__(self, space: Mapping[str, Distribution]) -> None:
        self.names = sorted(space)
        self.constants = {name: _only(space[name]) for name in self.names if space[name].single()}
        self.dims = [Dimension(name, space[name]) for name in self.names if name not in self.constants]
        self.d = len(self.dims)
        choice = [i for i, dim in enumerate(self.dims) if dim.is_choice]
        self.numeric: Ints = np.array([i for i, dim in enumerate(self.dims) if not dim.is_choice], np.int64)
        self.choices: Ints = np.array(choice, np.int64)
        self.relaxed: Ints = np.array([i for i, dim in enumerate(self.dims) if not dim.exhaustive], np.int64)
        self.stepped: Ints = np.array([i for i, dim in enumerate(self.dims) if dim.exhaustive], np.int64)
        self._gridded = [i for i in self.relaxed if self.dims[i].levels]
        sizes = [self.dims[i].levels for i in choice]
        self.owner: Ints = np.concatenate([self.numeric, np.repeat(self.choices, np.array(sizes, np.int64))])
        self._starts = len(self.numeric) + np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        self.grids = {int(i): self.dims[i].grid() for i in self.stepped}
        levels = [dim.levels for dim in self.dims]
        self.size = math.prod(levels) if levels and all(levels) else 0
        self.key = tuple((name, space[name]) for name in self.names)

    @property
    def free_names(self) -> list[str]:
        """Names of the dimensions."""
        return [dim.name for dim in self.dims]

    def corners(self) -> tuple[Array, Array]:
        """(low, high), each (d,): the whole space, choices as indices."""
        high = np.ones(self.d)
        high[self.choices] = [self.dims[i].levels - 1 for i in self.choices]
        return np.zeros(self.d), high

    def encode(self, internal: Array) -> Array:
        """Unit points of internal values, both of shape (n, d)."""
        columns = [dim.to_unit(internal[:, i]) for i, dim in enumerate(self.dims)]
        return np.column_stack(columns) if columns else np.empty((len(internal), 0))

    def decode(self, unit: Array) -> dict[str, float]:
        """Internal values of one unit point, shape (d,), and of the constants, by name."""
        found = {dim.name: float(dim.to_internal(unit[i : i + 1])[0]) for i, dim in enumerate(self.dims)}
        return {**self.constants, **found}

    def snap(self, units: Array, only_relaxed: bool = False) -> Array:
        """The nearest points that can be suggested, shape (n, d); ``only_relaxed``: the other dimensions are right."""
        units = units.copy()
        if not only_relaxed:
            for i in self.stepped:
                units[:, i] = self.dims[i].snap(units[:, i])
            units[:, self.relaxed] = np.clip(units[:, self.relaxed], 0.0, 1.0)
        for i in self._gridded:
            units[:, i] = self.dims[i].snap(units[:, i])
        return units

    def from_cube(self, cube: Array) -> Array:
        """Points of [0, 1)^d, shape (n, d), as points that can be suggested: each value has its share of [0, 1)."""
        units = cube.copy()
        for i in self.stepped:
            grid = self.grids[int(i)]
            if self.dims[i].is_choice or not self.dims[i].dist.log:
                units[:, i] = grid[np.minimum((cube[:, i] * len(grid)).astype(np.int64), len(grid) - 1)]
        return self.snap(units)

    def features(self, units: Array) -> Array:
        """What the kernel sees of unit points, shape (n, n_features)."""
        n = len(units)
        found = np.zeros((n, len(self.owner)))
        found[:, : len(self.numeric)] = units[:, self.numeric]
        if len(self.choices):
            rows = np.arange(n)[:, None]
            found[rows, self._starts + units[:, self.choices].astype(np.int64)] = math.sqrt(0.5)
        return found


def _only(dist: Distribution) -> float:
    """The one internal value of a single-point distribution."""
    return 0.0 if isinstance(dist, CategoricalDistribution) else float(dist.low)
