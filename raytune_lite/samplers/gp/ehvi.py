"""log expected hypervolume improvement of independent processes, exact over a box decomposition; ParEGO beyond that."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import log_ndtr

from ...pareto import box_decomposition, pareto_mask, select_hypervolume
from .acquisition import Feasibility, log_h
from .kernel import Array
from .posterior import Posterior

MOST_OBJECTIVES = 3  # exact EHVI up to here: the number of boxes grows as n^(m/2)
_MOST_POINTS = 48  # of a front, those with the largest hypervolume
_TINY = 1e-7


class LogEHVI:
    """ln of the expected hypervolume that a point adds to ``front``.

    Below the reference and outside of what the front dominates lie disjoint boxes; in a box the expected gain is a
    product of one-dimensional integrals, EI(upper) - EI(lower) in each objective.

    Args:
        posteriors: one process an objective, smaller better.
        alphas: their weights, each (n, 1).
        front: values of the Pareto front, shape (k, m).
        reference: shape (m,).
        constraints: feasibilities, whose logarithms are added.

    Raises:
        ValueError: the shapes of front and reference do not fit.

    Source: Daulton, Balandat and Bakshy 2020, eq. 1 and section 3.2; logarithms as in Ament et al. 2023, section 4.3.
    """

    def __init__(
        self,
        posteriors: Sequence[Posterior],
        alphas: Sequence[Array],
        front: Array,
        reference: Array,
        constraints: Sequence[Feasibility] = (),
    ) -> None:
        self._posteriors, self._alphas, self._constraints = posteriors, alphas, constraints
        if len(front) > _MOST_POINTS:
            front = front[np.sort(select_hypervolume(front, _MOST_POINTS, reference))]
        lower, upper = box_decomposition(front, reference)
        # few different edges, many boxes: the integrals are computed once an edge
        self._edges: list[tuple[Array, Array, Array]] = []
        for j in range(len(posteriors)):
            edges, where = np.unique(np.concatenate([lower[:, j], upper[:, j]]), return_inverse=True)
            self._edges.append((edges, where[: len(lower)], where[len(lower) :]))

    def value(self, units: Array) -> Array:
        """See Acquisition."""
        logs = np.zeros(1)
        for posterior, alpha, edges in zip(self._posteriors, self._alphas, self._edges, strict=True):
            mean, variance = posterior.at(units, alpha)
            logs = logs + _log_gain(mean[:, 0], np.sqrt(variance), edges)[0]
        found = _log_sum_exp(logs)[0]
        for constraint in self._constraints:
            found = found + constraint.value(units)
        return found

    def with_gradient(self, units: Array) -> tuple[Array, Array]:
        """See Acquisition."""
        parts, logs = [], np.zeros(1)
        for posterior, alpha, edges in zip(self._posteriors, self._alphas, self._edges, strict=True):
            mean, variance, mean_slope, variance_slope = posterior.with_gradients(units, alpha)
            deviation = np.sqrt(variance)
            log_gain, z = _log_gain(mean[:, 0], deviation, edges)
            logs = logs + log_gain
            parts.append((edges, log_gain, z, deviation, mean_slope[:, 0], variance_slope))
        value, share = _log_sum_exp(logs)
        gradient = np.zeros((len(units), len(self._posteriors[0].space.relaxed)))
        for (_, low, high), log_gain, z, deviation, mean_slope, variance_slope in parts:
            # d EI(e) / d mean = -Phi(z), d EI(e) / d deviation = phi(z); over the gain, all in logarithms
            log_cdf, log_pdf = log_ndtr(z), -0.5 * z * z - 0.5 * math.log(2.0 * math.pi)
            by_mean = -(np.exp(log_cdf[:, high] - log_gain) - np.exp(log_cdf[:, low] - log_gain))
            by_deviation = np.exp(log_pdf[:, high] - log_gain) - np.exp(log_pdf[:, low] - log_gain)
            gradient += np.einsum("mk,mk->m", share, by_mean)[:, None] * mean_slope
            weight = np.einsum("mk,mk->m", share, by_deviation) / (2.0 * deviation)
            gradient += weight[:, None] * variance_slope
        for constraint in self._constraints:
            more, more_gradient = constraint.with_gradient(units)
            value, gradient = value + more, gradient + more_gradient
        return value, gradient


def _log_gain(mean: Array, deviation: Array, edges: tuple[Array, Array, Array]) -> tuple[Array, Array]:
    """ln(EI(upper) - EI(lower)) for each point and box, (m, k), and z at the edges, (m, e)."""
    places, low, high = edges
    z = (places - mean[:, None]) / deviation[:, None]
    finite = np.where(np.isfinite(z), z, -1.0)
    log_ei = np.where(np.isfinite(z), log_h(finite)[0] + np.log(deviation)[:, None], -np.inf)
    top, ratio = log_ei[:, high], log_ei[:, low] - log_ei[:, high]
    # a thin box: width times the chance to lie below its middle
    middle = 0.5 * (z[:, high] + z[:, low])
    width = places[high] - places[low]
    thin = ratio > -_TINY
    gain = top + np.log1p(-np.exp(np.minimum(ratio, -_TINY)))
    return np.where(thin, np.log(width) + log_ndtr(np.where(thin, middle, 0.0)), gain), z


def _log_sum_exp(logs: Array) -> tuple[Array, Array]:
    top = logs.max(axis=1, keepdims=True)
    parts = np.exp(logs - top)
    total = parts.sum(axis=1, keepdims=True)
    return (top + np.log(total))[:, 0], parts / total


def reference_point(front: Array) -> Array:
    """A little worse than the worst of the front in each objective, and no better than the average trial.

    A tenth of the front's range beyond its nadir, as Ishibuchi et al. 2011 advise; while the front is narrow, 0, the
    mean of the warped values, lies beyond that and leaves something to gain at its ends.
    """
    low, high = front.min(axis=0), front.max(axis=0)
    found: Array = np.maximum(high + 0.1 * np.maximum(high - low, 0.1), 0.0)
    return found


def front_of(values: Array) -> Array:
    """The rows of values (n, m) that no other row dominates, shape (k, m).

    Raises:
        ValueError: values has not two dimensions.
    """
    found: Array = values[pareto_mask(values)]
    return found


def chebyshev(values: Array, weights: Array) -> Array:
    """Augmented Chebyshev scalarisation of values (n, m), each over its range. Source: Knowles 2006, eq. 2."""
    low, span = values.min(axis=0), np.ptp(values, axis=0)
    scaled = (values - low) / np.where(span > 0.0, span, 1.0) * weights
    found: Array = scaled.max(axis=1) + 0.05 * scaled.sum(axis=1)
    return found
