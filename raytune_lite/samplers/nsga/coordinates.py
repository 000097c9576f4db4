"""Parameters as coordinates of the unit cube, and how a mutation moves a number on a grid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...distributions import CategoricalDistribution, Distribution, FloatDistribution

Array = NDArray[np.float64]


def moved(dist: Distribution, value: float, before: float, sign: int) -> float:
    """``value``, or where a grid has rounded a mutation away, the point next to ``before``."""
    step = getattr(dist, "step", 1)
    if value != before or step is None:
        return value
    for neighbour in (before + sign * step, before - sign * step):
        if dist.contains(neighbour):
            return float(neighbour)
    return value


def to_unit(dist: Distribution, column: Array) -> Array:
    """Coordinates in [0, 1] of internal values, each at the middle of what ``dist.from_unit`` maps to it.

    Values outside the range go to its ends, NaN stays.
    """
    with np.errstate(all="ignore"):
        if isinstance(dist, CategoricalDistribution):
            unit = (column + 0.5) / len(dist.choices)
        elif dist.log:
            half = 0.0 if isinstance(dist, FloatDistribution) else 0.5
            low, high = math.log(dist.low - half), math.log(dist.high + half)
            unit = (np.log(column) - low) / ((high - low) or 1.0)
        elif dist.step is None:
            half_range = 0.5 * dist.high - 0.5 * dist.low  # halves: the range may be wider than a float
            unit = (0.5 * column - 0.5 * dist.low) / (half_range or 1.0)
        else:
            n = round((dist.high - dist.low) / dist.step) + 1
            unit = (np.round((column - dist.low) / dist.step) + 0.5) / n
        return np.clip(unit, 0.0, 1.0)


__all__ = ["moved", "to_unit"]
