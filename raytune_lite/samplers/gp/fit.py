"""Fitting a Gaussian process: the log posterior of its hyperparameters, its gradient, and L-BFGS-B over both.

Hyperparameters live as logarithms in one vector ``theta``: d lengthscales, the signal variance, the noise variance and,
where inputs are warped, a and b of each numeric dimension.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import dsymm
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs
from scipy.optimize import minimize

from .kernel import Array, Ints, matern52_and_slope, squared_distances
from .warping import kumaraswamy

MEAN_VARIANCE = 1.0  # prior variance of the constant mean, for values of about unit variance
JITTERS = (0.0, 1e-8, 1e-6, 1e-4)  # added to the noise, in turn, where a matrix has no Cholesky factor


@dataclass(frozen=True, slots=True)
class Prior:
    """Independent normal priors on the logarithms of the hyperparameters.

    The lengthscales' is BoTorch's LogNormal(sqrt(2) + ln(d) / 2, sqrt(3)): distances in the unit cube grow with
    sqrt(d), and so must lengthscales. As a penalty on ln(l) with the density's own 1/l taken in, its mode is
    sqrt(2) + ln(d)/2 - 3. Source: Hvarfner, Hellsten and Nardi 2024, eq. 7, with BoTorch's constants.
    """

    d: int
    warps: int = 0  # numeric dimensions with a Kumaraswamy warp
    noise_floor: float = 1e-6
    deterministic: bool = False  # the noise is the floor, and not fitted
    noise_mode: float = -6.0
    noise_width: float = 2.0
    scale_mode: float = 0.0
    scale_width: float = 1.0
    length_width: float = math.sqrt(3.0)
    warp_width: float = 0.5

    @property
    def centre(self) -> Array:
        """The mode, shape (d + 2 + 2 warps,)."""
        length = math.sqrt(2.0) - 3.0 + 0.5 * math.log(max(1, self.d))
        noise = math.log(self.noise_floor) if self.deterministic else self.noise_mode
        return np.array([*[length] * self.d, self.scale_mode, noise, *[0.0] * (2 * self.warps)])

    @property
    def starts(self) -> list[Array]:
        """Where a fit without a predecessor begins: the mode, and shorter lengthscales."""
        short = self.centre
        short[: self.d] -= 1.5
        return [self.centre, short]

    @property
    def width(self) -> Array:
        """Standard deviations, in the same shape."""
        warp = [self.warp_width] * (2 * self.warps)
        return np.array([*[self.length_width] * self.d, self.scale_width, self.noise_width, *warp])

    @property
    def bounds(self) -> list[tuple[float, float]]:
        """Where L-BFGS-B may look: beyond, the likelihood is flat or the matrix singular."""
        length = (math.log(0.01), math.log(100.0 * math.sqrt(max(1, self.d))))
        noise = (math.log(self.noise_floor), math.log(self.noise_floor) if self.deterministic else 0.0)
        return [*[length] * self.d, (math.log(1e-3), math.log(1e3)), noise, *[(-1.5, 1.5)] * (2 * self.warps)]


class Objective:
    """Minus the log posterior of theta, with its gradient.

    Given are features ``z`` (n, n_features), the numeric ones first, values ``y`` (n,), and ``ties`` (n, n), by which
    correlations are multiplied; None: 1.

    Source: Rasmussen and Williams 2006, eqs. 5.8 and 5.9.
    """

    def __init__(
        self, z: Array, owner: Ints, y: Array, prior: Prior, jitter: float = 0.0, ties: Array | None = None
    ) -> None:
        self._z, self._owner, self._y = z, owner, y
        self._prior, self._centre, self._width = prior, prior.centre, prior.width
        self._jitter, self._ties = jitter, ties

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """(value, gradient); (1e25, 0) where the covariance has no Cholesky factor."""
        d, n = self._prior.d, len(self._y)
        scale, noise = math.exp(theta[d]), math.exp(theta[d + 1])
        inverse_length = np.exp(-theta[:d])[self._owner]
        k, z = self._prior.warps, self._z
        if k:
            warped, _, by_a, by_b = kumaraswamy(z[:, :k], theta[d + 2 : d + 2 + k], theta[d + 2 + k :])
            z = np.column_stack([warped, z[:, k:]])
        scaled = (z - z.mean(axis=0)) * inverse_length
        correlation, slope = matern52_and_slope(squared_distances(scaled, scaled))
        if self._ties is not None:
            correlation *= self._ties
            slope *= self._ties
        signal = correlation * scale
        covariance = signal + MEAN_VARIANCE
        covariance.ravel()[:: n + 1] += noise + self._jitter
        # a symmetric matrix is its own transpose: Fortran's order is numpy's
        factor, info = dpotrf(covariance.T, lower=1, clean=1, overwrite_a=1)
        if info:
            return 1e25, np.zeros(len(theta))
        half_logdet = float(np.log(factor.diagonal()).sum())
        alpha = dpotrs(factor, self._y, lower=1)[0]
        inverse = dpotri(factor, lower=1, overwrite_c=1)[0]
        # W = alpha alpha^T - K^-1; only the lower triangle of the inverse is there
        inverse += inverse.T
        inverse.ravel(order="K")[:: n + 1] *= 0.5
        weight = np.multiply.outer(alpha, alpha)
        weight -= inverse.T
        gradient = np.empty(len(theta))
        gradient[d] = 0.5 * np.vdot(weight, signal)
        gradient[d + 1] = 0.5 * noise * float(np.trace(weight))
        weight *= slope
        # d r^2 / d ln l_j = -2 (x_j - x'_j)^2 / l_j^2, summed over all pairs by expanding the square
        pairs = dsymm(1.0, weight.T, scaled.T, side=1).T
        pull = weight.sum(axis=1)[:, None] * scaled - pairs
        by_column = np.einsum("ac,ac->c", scaled, pull)
        gradient[:d] = -2.0 * scale * np.bincount(self._owner, weights=by_column, minlength=d)
        if k:
            pull = 2.0 * scale * pull[:, :k] * inverse_length[:k]
            gradient[d + 2 : d + 2 + k] = np.einsum("ac,ac->c", pull, by_a)
            gradient[d + 2 + k :] = np.einsum("ac,ac->c", pull, by_b)
        value = 0.5 * float(self._y @ alpha) + half_logdet
        off = (theta - self._centre) / self._width
        return value + 0.5 * float(off @ off), off / self._width - gradient


def fit(
    objective: Objective, prior: Prior, starts: Sequence[Array], max_iterations: int = 60
) -> tuple[Array, float] | None:
    """The best of L-BFGS-B's ends from ``starts``: (theta, minus its log posterior), or None when all failed."""
    best: tuple[Array, float] | None = None
    low, high = np.array(prior.bounds).T
    for start in starts:
        start = np.clip(start, low, high)
        first, _ = objective(start)
        if not first < 1e24:
            continue
        options = {"maxiter": max_iterations, "gtol": 1e-2, "ftol": 1e-6, "maxls": 20}
        result = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=prior.bounds, options=options)
        theta, value = (result.x, float(result.fun)) if result.fun <= first else (start, first)
        if np.isfinite(theta).all() and np.isfinite(value) and (best is None or value < best[1]):
            best = np.array(theta), value
    return best
