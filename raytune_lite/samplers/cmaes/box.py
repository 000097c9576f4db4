"""The unit box in which CMA-ES works, and the way there and back from a parameter's internal values.

A dimension spans all ranges that the parameter had, so a range that moves inside them moves no point. Scales are those
of ``Distribution.from_unit``: logarithms, and equal shares for the points of a grid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...distributions import CategoricalDistribution, Distribution, FloatDistribution, IntDistribution

Array = NDArray[np.float64]
Numerical = FloatDistribution | IntDistribution

_MANY_POINTS = 10_000  # a grid of more is continuous for the margin: no study visits its points one by one
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Axis:
    """All that one parameter's distributions span; ``kind`` is the one among them with the finest grid."""

    low: float
    high: float
    kind: Numerical

    @classmethod
    def of(cls, dist: Numerical) -> Axis:
        """The axis of one distribution."""
        return cls(float(dist.low), float(dist.high), dist)

    def widened(self, dist: Numerical) -> Axis:
        """This axis, or another one where ``dist`` reaches beyond it, or has a finer grid."""
        finer = _step(dist) < _step(self.kind)
        low, high = min(self.low, float(dist.low)), max(self.high, float(dist.high))
        if (low, high) == (self.low, self.high) and not finer:
            return self
        return Axis(low, high, dist if finer else self.kind)

    @property
    def step(self) -> float:
        """Distance of two grid points; 0 where there is no grid, or one of integers on a log scale."""
        return 0.0 if self.kind.log else _step(self.kind)

    def single(self) -> bool:
        """True when all ranges held the same one value."""
        return self.low == self.high


def _step(dist: Numerical) -> float:
    return float(dist.step or 0.0)


class Box:
    """``d`` axes as one unit box.

    Args:
        names: of the parameters, in the order of the dimensions.
        axes: one a name, none of them a single point.
        with_margin: keep grid points (not of log scales) apart for CMA-ES with margin, which rounds by itself: there
            the first and the last grid point lie at 0 and 1. Without it each point owns an equal share of [0, 1].

    Attributes:
        margins: dimensions that are under CMA-ES with margin, shape (d,), bool.
        steps: their grid's step in the unit box, shape (d,); 0 elsewhere.
        resolution: what rounding of the values alone does to a point, shape (d,).
    """

    def __init__(self, names: Sequence[str], axes: Sequence[Axis], with_margin: bool) -> None:
        self.names, self.axes = tuple(names), tuple(axes)
        self._low, self._high = np.array([a.low for a in axes]), np.array([a.high for a in axes])
        self._step = np.array([a.step for a in axes])
        self._log = np.array([a.kind.log for a in axes])
        self._log_int = np.array([a.kind.log and isinstance(a.kind, IntDistribution) for a in axes])
        self._grid = self._step > 0
        last = np.array([round((a.high - a.low) / a.step) if a.step else 0.0 for a in axes])
        self.margins = self._grid & (last < _MANY_POINTS) if with_margin else np.zeros(len(axes), bool)
        spread = np.where(self._grid & ~self.margins, 0.5, 0.0)
        # ends of the scale: grid index, logarithm, or half the value (high - low may be infinite)
        logs = np.array([_log_ends(a) if a.kind.log else (0.0, 1.0) for a in axes]).reshape(-1, 2)
        self._a = np.where(self._grid, -spread, np.where(self._log, logs[:, 0], self._low / 2))
        b = np.where(self._grid, last + spread, np.where(self._log, logs[:, 1], self._high / 2))
        self._last, self._width = last, b - self._a
        self.steps = np.where(self.margins, 1.0 / self._width, 0.0)
        largest = np.maximum(np.abs(self._low), np.abs(self._high))
        of_value = np.spacing(largest) / np.where(self._grid, self._step, 2.0) / self._width
        of_log = 2.0**-52 * np.maximum(np.abs(self._a), np.abs(b)) / self._width
        self.resolution = 2.0**-50 + 4 * np.where(self._log, of_log, of_value)
        self._any_grid, self._any_log = bool(self._grid.any()), bool(self._log.any())
        self._rounds = bool((self._grid | self._log_int).any())
        # a space, and what of it needs ``fitted``
        self._fits: tuple[Mapping[str, Distribution], dict[str, Numerical]] = {}, {}

    @property
    def d(self) -> int:
        """Number of dimensions."""
        return len(self.names)

    def unit(self, values: Array) -> Array:
        """Internal values, shape (..., d), as points of the box; values outside the axes lie outside of it."""
        t = values / 2
        if self._any_log:
            t = np.where(self._log, np.log(np.where(self._log, values, 1.0)), t)
        if self._any_grid:
            offset = np.where(self._grid, values, 0.0) - np.where(self._grid, self._low, 0.0)
            t = np.where(self._grid, offset / np.where(self._grid, self._step, 1.0), t)
        found: Array = (t - self._a) / self._width
        return found

    def values(self, points: Array) -> Array:
        """Inverse of ``unit`` up to rounding; points of the closed box, shape (..., d)."""
        t = self._a + points * self._width
        found: Array = 2 * t
        if self._any_log:
            found = np.where(self._log, np.exp(np.where(self._log, t, 0.0)), found)
        if self._rounds:
            found = np.where(self._log_int, np.rint(found), found)
            index = np.minimum(np.maximum(np.rint(t), 0.0), self._last)
            found = np.where(self._grid, self._low + index * self._step, found)
        inside: Array = np.minimum(np.maximum(found, self._low), self._high)
        return inside

    def snapped(self, points: Array) -> Array:
        """The points of the box that ``unit(values(points))`` gives, at less cost where nothing is rounded."""
        return self.unit(self.values(points)) if self._rounds else points

    def suggestion(self, point: Array, space: Mapping[str, Distribution]) -> dict[str, float]:
        """A point as internal values of the distributions of ``space``, by name."""
        found = dict(zip(self.names, self.values(point).tolist(), strict=True))
        if space != self._fits[0]:
            dists = [(name, space[name], axis) for name, axis in zip(self.names, self.axes, strict=True)]
            numerical = [(n, d, axis) for n, d, axis in dists if not isinstance(d, CategoricalDistribution)]
            self._fits = dict(space), {name: dist for name, dist, axis in numerical if not _spans(dist, axis)}
        for name, dist in self._fits[1].items():
            found[name] = fitted(dist, found[name])
        return found


def _spans(dist: Numerical, axis: Axis) -> bool:
    """Whether values on the axis are values of the distribution as they are."""
    return dist == axis.kind and (dist.low, dist.high) == (axis.low, axis.high) and max(-axis.low, axis.high) < _EXACT


def _log_ends(axis: Axis) -> tuple[float, float]:
    half = 0.5 if isinstance(axis.kind, IntDistribution) else 0.0  # each integer owns [k - 0.5, k + 0.5)
    return math.log(axis.low - half), math.log(axis.high + half)


def fitted(dist: Numerical, value: float) -> float:
    """The value of the distribution that is next to ``value``."""
    value = min(max(value, float(dist.low)), float(dist.high))
    if isinstance(dist, FloatDistribution):
        if dist.step is None:
            return value
        last = round((dist.high - dist.low) / dist.step)
        return min(dist.low + min(round((value - dist.low) / dist.step), last) * dist.step, dist.high)
    step, last = dist.step, (dist.high - dist.low) // dist.step
    found = float(dist.low + min(max(round((value - dist.low) / step), 0), last) * step)
    # beyond 2**53 not every int is a float, and the nearest one may lie outside
    if found > dist.high:
        return math.nextafter(found, -math.inf)
    return math.nextafter(found, math.inf) if found < dist.low else found
