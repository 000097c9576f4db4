"""Matern-5/2 with one lengthscale a parameter, in matrix products: no n x n x d array is ever made."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # of float64 unless said otherwise
Ints = NDArray[np.int64]

_ROOT5 = math.sqrt(5.0)


def squared_distances(a: Array, b: Array) -> Array:
    """Squared Euclidean distances of the rows, shape (len(a), len(b)), never below 0.

    As |a|^2 + |b|^2 - 2 a.b about a common centre, so that rounding stays near 1e-16 of the spread of the points.
    """
    centre = b.mean(axis=0) if len(b) else 0.0
    a, b = a - centre, b - centre
    found: Array = a @ (-2.0 * b.T)
    found += np.einsum("ij,ij->i", a, a)[:, None]
    found += np.einsum("ij,ij->i", b, b)
    return np.maximum(found, 0.0, out=found)


def matern52(squared: Array) -> Array:
    """Correlation (1 + t + t^2 / 3) exp(-t) at t = sqrt(5 r^2), in place of ``squared``.

    Source: Rasmussen and Williams 2006, eq. 4.17.
    """
    t = np.multiply(squared, 5.0, out=squared)
    t = np.sqrt(t, out=t)
    decay = np.exp(-t)
    t += t * t * (1.0 / 3.0)
    t += 1.0
    t *= decay
    return t


def matern52_and_slope(squared: Array) -> tuple[Array, Array]:
    """(correlation, its derivative by r^2), the first in place of ``squared``.

    d/d(r^2) [(1 + t + t^2/3) exp(-t)] = -5/6 (1 + t) exp(-t): finite at r = 0, where t itself has no derivative.
    """
    t = np.multiply(squared, 5.0, out=squared)
    t = np.sqrt(t, out=t)
    slope = np.exp(-t)
    square = t * t
    square *= 1.0 / 3.0
    t += 1.0
    square += t
    square *= slope
    slope *= t
    slope *= -5.0 / 6.0
    return square, slope
