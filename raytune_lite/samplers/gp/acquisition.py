"""log expected improvement, alone or averaged over fantasies of pending trials, times the probability of feasibility.

All in logarithms: far from the data EI underflows, and its logarithm still has a slope to climb.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from .kernel import Array
from .posterior import Posterior

_LOG_ROOT_2PI = 0.5 * math.log(2.0 * math.pi)
_ROOT_HALF_PI = math.sqrt(0.5 * math.pi)


class Acquisition(Protocol):
    """What is maximised to find the next point."""

    def value(self, units: Array) -> Array:
        """Values at unit points (m, d), shape (m,)."""

    def with_gradient(self, units: Array) -> tuple[Array, Array]:
        """Values (m,) and gradients by the relaxed dimensions (m, r)."""


def log_h(z: Array) -> tuple[Array, Array]:
    """ln h(z) and its derivative, where h(z) = phi(z) + z Phi(z) is EI for one standard deviation.

    Left of -1 as ln phi + ln(1 + z M(z)), M = Phi / phi from erfcx; left of -1e3, where 1 + z M cancels, by its
    asymptotic series 1 / z^2. Source: Ament et al. 2023, eq. 9.
    """
    left = np.minimum(z, -1.0)
    mills = _ROOT_HALF_PI * erfcx(-left / math.sqrt(2.0))
    far = left < -1e3
    rest = np.where(far, 1.0 / (left * left), 1.0 + left * mills)
    log_left = -0.5 * left * left - _LOG_ROOT_2PI + np.log(rest)
    right = np.maximum(z, -1.0)
    cdf = ndtr(right)
    value = np.exp(-0.5 * right * right - _LOG_ROOT_2PI) + right * cdf
    on_left = z < -1.0
    return np.where(on_left, log_left, np.log(value)), np.where(on_left, mills / rest, cdf / value)


@dataclass(frozen=True, slots=True)
class Feasibility:
    """One constraint: the probability that its latent value is at most ``limit``."""

    posterior: Posterior
    alpha: Array  # (n, 1)
    limit: float

    def value(self, units: Array) -> Array:
        """ln Phi((limit - mean) / deviation), shape (m,)."""
        mean, variance = self.posterior.at(units, self.alpha)
        found: Array = log_ndtr((self.limit - mean[:, 0]) / np.sqrt(variance))
        return found

    def with_gradient(self, units: Array) -> tuple[Array, Array]:
        """The same, with its gradient (m, r)."""
        mean, variance, mean_slope, variance_slope = self.posterior.with_gradients(units, self.alpha)
        deviation = np.sqrt(variance)
        z = (self.limit - mean[:, 0]) / deviation
        value: Array = log_ndtr(z)
        hazard = np.exp(-0.5 * z * z - _LOG_ROOT_2PI - value)  # d ln Phi / dz
        slope = -mean_slope[:, 0] / deviation[:, None] - (0.5 * z / variance)[:, None] * variance_slope
        return value, hazard[:, None] * slope


class LogEI:
    """ln of EI below ``best``, averaged over fantasies.

    Args:
        posterior: conditioned on finished and pending trials.
        alpha: its weights for each fantasy, shape (n, s); one column without fantasies.
        best: the value to improve on in each fantasy, shape (s,).
        constraints: feasibilities, whose logarithms are added.
        noise: variance of one observation, >= 0. EI is multiplied by the share of a point's deviation that one
            observation there removes; 0: all of it. Without that, EI stays at the best point, where further
            observations tell little.

    Source: Jones, Schonlau and Welch 1998, eq. 15; fantasies: Snoek, Larochelle and Adams 2012, eq. 3; noise: Huang et
    al. 2006 (augmented EI).
    """

    def __init__(
        self,
        posterior: Posterior,
        alpha: Array,
        best: Array,
        constraints: Sequence[Feasibility] = (),
        noise: float = 0.0,
    ) -> None:
        self._posterior, self._alpha, self._best, self._constraints = posterior, alpha, best, constraints
        self._noise = noise

    def value(self, units: Array) -> Array:
        """See Acquisition."""
        mean, variance = self._posterior.at(units, self._alpha)
        deviation = np.sqrt(variance)
        log_ei, _ = log_h((self._best - mean) / deviation[:, None])
        found: Array = _log_mean_exp(log_ei)[0] + np.log(deviation)
        if self._noise:
            found += _log_removed(variance, self._noise)[0]
        for constraint in self._constraints:
            found = found + constraint.value(units)
        return found

    def with_gradient(self, units: Array) -> tuple[Array, Array]:
        """See Acquisition."""
        mean, variance, mean_slope, variance_slope = self._posterior.with_gradients(units, self._alpha)
        deviation = np.sqrt(variance)
        z = (self._best - mean) / deviation[:, None]
        log_ei, slope = log_h(z)
        value, share = _log_mean_exp(log_ei)
        value = value + np.log(deviation)
        # z = (best - mean) / s: dz = -dmean / s - z dv / (2 v); and d ln s = dv / (2 v)
        weight = share * slope
        gradient = -np.einsum("ms,msr->mr", weight, mean_slope) / deviation[:, None]
        gradient += (0.5 * (1.0 - np.einsum("ms,ms->m", weight, z)) / variance)[:, None] * variance_slope
        if self._noise:
            removed, slope_of_removed = _log_removed(variance, self._noise)
            value = value + removed
            gradient += slope_of_removed[:, None] * variance_slope
        for constraint in self._constraints:
            more, more_gradient = constraint.with_gradient(units)
            value, gradient = value + more, gradient + more_gradient
        return value, gradient


class Exploration:
    """The deviation given all trials, pending ones too, where the best may still be: half of UCB-PE.

    What lies above ``level`` even half a deviation below its mean is penalised by 10 times the excess.
    Source: Contal et al. 2013, Alg. 1, with the region and penalty of Song et al. 2024 (Vizier).
    """

    def __init__(
        self, posterior: Posterior, alpha: Array, level: float, constraints: Sequence[Feasibility] = ()
    ) -> None:
        self._posterior, self._alpha, self._level, self._constraints = posterior, alpha, level, constraints

    def value(self, units: Array) -> Array:
        """See Acquisition."""
        mean, variance = self._posterior.at(units, self._alpha)
        deviation = np.sqrt(variance)
        found: Array = deviation - 10.0 * np.maximum(mean[:, 0] - 0.5 * deviation - self._level, 0.0)
        for constraint in self._constraints:
            found = found + constraint.value(units)
        return found

    def with_gradient(self, units: Array) -> tuple[Array, Array]:
        """See Acquisition."""
        mean, variance, mean_slope, variance_slope = self._posterior.with_gradients(units, self._alpha)
        deviation = np.sqrt(variance)
        excess = mean[:, 0] - 0.5 * deviation - self._level
        outside = 10.0 * (excess > 0.0)
        value = deviation - outside * excess
        gradient = ((1.0 + 0.5 * outside) / (2.0 * deviation))[:, None] * variance_slope
        gradient -= outside[:, None] * mean_slope[:, 0]
        for constraint in self._constraints:
            more, more_gradient = constraint.with_gradient(units)
            value, gradient = value + more, gradient + more_gradient
        return value, gradient


class LogFeasible:
    """The probability of feasibility alone: before any trial was feasible."""

    def __init__(self, constraints: Sequence[Feasibility]) -> None:
        self._constraints = constraints

    def value(self, units: Array) -> Array:
        """See Acquisition."""
        found: Array = np.sum([constraint.value(units) for constraint in self._constraints], axis=0)
        return found

    def with_gradient(self, units: Array) -> tuple[Array, Array]:
        """See Acquisition."""
        found = [constraint.with_gradient(units) for constraint in self._constraints]
        return np.sum([value for value, _ in found], axis=0), np.sum([slope for _, slope in found], axis=0)


def _log_removed(variance: Array, noise: float) -> tuple[Array, Array]:
    """ln(1 - r) with r = sqrt(noise / (variance + noise)), and its derivative by the variance.

    As ln(1 - r^2) - ln(1 + r), which does not cancel where the variance is small.
    """
    total = variance + noise
    r = np.sqrt(noise / total)
    return np.log(variance / total) - np.log1p(r), 0.5 * r * (1.0 + r) / variance


def _log_mean_exp(logs: Array) -> tuple[Array, Array]:
    """ln of the mean of exp over the last axis, and each entry's share of it."""
    if logs.shape[1] == 1:
        return logs[:, 0], np.ones_like(logs)
    top = logs.max(axis=1, keepdims=True)
    parts = np.exp(logs - top)
    total = parts.sum(axis=1, keepdims=True)
    return (top + np.log(total))[:, 0] - math.log(logs.shape[1]), parts / total
