"""The posterior of a Gaussian process: means, variances and gradients at many points; rows are appended."""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtri

from .fit import JITTERS, MEAN_VARIANCE
from .kernel import Array, matern52, matern52_and_slope, squared_distances
from .space import Space
from .warping import kumaraswamy

_CHUNK = 256  # points evaluated at once: their covariances stay in the processor's cache


class Posterior:
    """A Gaussian process with fixed hyperparameters, conditioned on rows that may be appended to.

    Keeps the inverse Cholesky factor ``root`` (root @ K @ root.T = I): one matrix product gives many variances, and a
    row more costs n^2. Rows are always appended one by one after the first block, so that a factor grown over many
    suggestions has the same bits as one made at once.

    Args:
        space: the rows' space.
        theta: hyperparameters, see fit.py.
        units: the first block of rows, shape (n, d).
        ties: what correlations among these rows are multiplied by, shape (n, n); None: 1.
        reach: the same for a row and any point that is asked for or appended, shape (n,); None: 1.

    Raises:
        np.linalg.LinAlgError: the covariance of the first block has no Cholesky factor with any jitter.
    """

    def __init__(
        self, space: Space, theta: Array, units: Array, ties: Array | None = None, reach: Array | None = None
    ) -> None:
        self.space, self.theta, d = space, theta, space.d
        self._reach = reach
        self._inverse_length = np.exp(-theta[:d])[space.owner]
        self.scale, self.noise = math.exp(theta[d]), math.exp(theta[d + 1])
        self._warp = theta[d + 2 :].reshape(2, -1)
        self._z = self._features(units)
        self._centre = self._z.mean(axis=0)
        self._z -= self._centre
        n = len(units)
        covariance = self._kernel(self._z, self._z, ties)
        for jitter in JITTERS:
            attempt = covariance.copy()
            attempt.ravel()[:: n + 1] += self.noise + jitter
            factor, info = dpotrf(attempt.T, lower=1, clean=1, overwrite_a=1)
            if not info:
                break
        else:
            raise np.linalg.LinAlgError(f"no Cholesky factor of a covariance of {n} rows, even with jitter {jitter}")
        self.noise += jitter
        self.root: Array = np.ascontiguousarray(dtrtri(factor, lower=1)[0])

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self._z)

    @property
    def prior_variance(self) -> float:
        """Variance of the latent function before any data."""
        return self.scale + MEAN_VARIANCE

    def _kernel(self, a: Array, b: Array, ties: Array | None = None) -> Array:
        found = matern52(squared_distances(a, b))
        if ties is not None:
            found *= ties
        found *= self.scale
        found += MEAN_VARIANCE
        return found

    def _cross(self, scaled: Array) -> Array:
        return self._kernel(scaled, self._z, self._reach)

    def _reach_with(self, k: int) -> Array | None:
        return None if self._reach is None else np.concatenate([self._reach, np.ones(k)])

    def _scaled(self, units: Array) -> Array:
        found: Array = self._features(units) - self._centre
        return found

    def _features(self, units: Array) -> Array:
        found, k = self.space.features(units), self._warp.shape[1]
        if k:
            found[:, :k] = kumaraswamy(found[:, :k], *self._warp)[0]
        return found * self._inverse_length

    def append(self, units: Array) -> Posterior:
        """This posterior with rows ``units`` (k, d) more; this one is left as it is."""
        if not len(units):
            return self
        more = object.__new__(Posterior)
        vars(more).update(vars(self))
        n, k = self.n, len(units)
        more._z = np.vstack([self._z, self._scaled(units)])
        more._reach = self._reach_with(k)
        more.root = np.zeros((n + k, n + k))
        more.root[:n, :n] = self.root
        for i in range(n, n + k):
            more._append_row(i)
        return more

    def _append_row(self, i: int) -> None:
        # chol([[K, k], [k', c]]) = [[L, 0], [l', s]] with l = L^-1 k and s^2 = c - l'l;
        # the last row of its inverse is [-l' L^-1 / s, 1 / s]
        root = np.ascontiguousarray(self.root[:i, :i])
        cross = self._kernel(self._z[i : i + 1], self._z[:i], None if self._reach is None else self._reach[:i])[0]
        row = root @ cross
        # below the noise only by rounding: a copy of another row
        rest = max(self.prior_variance + self.noise - float(row @ row), self.noise)
        last = 1.0 / math.sqrt(rest)
        self.root[i, :i] = (row @ root) * -last
        self.root[i, i] = last

    def with_block(self, units: Array) -> Posterior:
        """As ``append`` up to rounding, and faster for many rows; not for rows that stay.

        Raises:
            LinAlgError: the covariance has no Cholesky factor, even with jitter.
        """
        if not len(units):
            return self
        more = object.__new__(Posterior)
        vars(more).update(vars(self))
        n, k = self.n, len(units)
        scaled = self._scaled(units)
        more._z = np.vstack([self._z, scaled])
        more._reach = self._reach_with(k)
        lower = self._cross(scaled) @ self.root.T
        rest = self._kernel(scaled, scaled) - lower @ lower.T
        for jitter in JITTERS:
            attempt = rest.copy()
            attempt.ravel()[:: k + 1] += self.noise + jitter
            factor, info = dpotrf(attempt.T, lower=1, clean=1, overwrite_a=1)
            if not info:
                break
        else:
            raise np.linalg.LinAlgError(f"no Cholesky factor of a covariance of {n} + {k} rows")
        corner = dtrtri(factor, lower=1)[0]
        more.root = np.zeros((n + k, n + k))
        more.root[:n, :n] = self.root
        more.root[n:, :n] = -corner @ (lower @ self.root)
        more.root[n:, n:] = corner
        return more

    def solve(self, y: Array) -> Array:
        """K^-1 y for values of shape (n,) or (n, s)."""
        found: Array = self.root.T @ (self.root @ y)
        return found

    def at(self, units: Array, alpha: Array) -> tuple[Array, Array]:
        """(means, variances) of the latent function at ``units`` (m, d): (m,) or (m, s) as ``alpha``, and (m,)."""
        means, variances = np.empty((len(units), *alpha.shape[1:])), np.empty(len(units))
        for start in range(0, len(units), _CHUNK):
            part = slice(start, start + _CHUNK)
            cross = self._cross(self._scaled(units[part]))
            means[part], variances[part] = cross @ alpha, self._variance(cross @ self.root.T)
        return means, variances

    def mean(self, units: Array, alpha: Array) -> Array:
        """Means alone."""
        found: Array = self._cross(self._scaled(units)) @ alpha
        return found

    def _variance(self, half: Array) -> Array:
        found: Array = np.maximum(self.prior_variance - np.einsum("ij,ij->i", half, half), 1e-12)
        return found

    def covariance(self, a: Array) -> Array:
        """Joint covariance of the latent function at ``a`` (m, d)."""
        scaled = self._scaled(a)
        half = self._cross(scaled) @ self.root.T
        found: Array = self._kernel(scaled, scaled) - half @ half.T
        return found

    def with_gradients(self, units: Array, alpha: Array) -> tuple[Array, Array, Array, Array]:
        """Means (m, s), variances (m,) and their gradients by the relaxed dimensions, (m, s, r) and (m, r).

        ``alpha`` has shape (n, s).
        """
        space = self.space
        scaled = self._scaled(units)
        cross, slope = matern52_and_slope(squared_distances(scaled, self._z))
        if self._reach is not None:
            cross *= self._reach
            slope *= self._reach
        cross *= self.scale
        cross += MEAN_VARIANCE
        half = cross @ self.root.T
        variance = self._variance(half)
        whitened = half @ self.root
        # d r^2 / d x_c = 2 (z_c - z'_c) / l_c
        slope *= 2.0 * self.scale
        columns = np.searchsorted(space.numeric, space.relaxed)
        here, there, inner = scaled[:, columns], self._z[:, columns], self._inverse_length[columns]
        if self._warp.shape[1]:
            inner = inner * kumaraswamy(units[:, space.relaxed], *self._warp[:, columns])[1][:, None, :]
        else:
            inner = np.broadcast_to(inner, (len(units), 1, len(columns)))
        by_mean = slope[:, None, :] * alpha.T[None, :, :]  # (m, s, n)
        m, s, n = by_mean.shape
        flat = by_mean.reshape(m * s, n)
        mean_gradient = (flat.sum(axis=1).reshape(m, s, 1) * here[:, None, :] - (flat @ there).reshape(m, s, -1))
        slope *= whitened
        variance_gradient = -2.0 * (slope.sum(axis=1)[:, None] * here - slope @ there)
        return cross @ alpha, variance, mean_gradient * inner, variance_gradient * inner[:, 0]
