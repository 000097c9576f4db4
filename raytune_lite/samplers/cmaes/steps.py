"""One generation of CMA-ES: the distribution that trials are drawn from, and the `cmaes` package that moves it on.

Knows no study and no trial: points of the unit box in, points out. Callers set numpy's errors to be ignored: what
breaks shows in the numbers, and is answered with a new run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cmaes
import numpy as np
from numpy.typing import NDArray

from .box import Array, Box

_CENTRED = 0.5  # of a late result: half the point itself, half its step repeated from the present mean
# cmaes' own state that does not depend on the population size
_KEPT = ("_mean", "_sigma", "_C", "_p_sigma", "_pc", "_g", "_tolx")
_KEPT_BY_RATES = ("_Emean", "_ESigma", "_Vmean", "_VSigma", "_eta_mean", "_eta_Sigma")


@dataclass(frozen=True, slots=True)
class Variant:
    """Which CMA-ES: at most one of the flags is set."""

    separable: bool = False
    margin: bool = False
    lr_adapt: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """N(mean, (sigma * root)(sigma * root)^T) in the unit box, from which the trials of one generation are drawn.

    ``scales``: square roots of C's eigenvalues, shape (d,); ``axes``: its eigenvectors as columns, shape (d, d), or
    None when C is diagonal. ``stretch``: CMA-ES with margin's A, shape (d,). ``run`` counts restarts from 0, ``index``
    all generations of all runs; ``first``: results that had come in when it began.
    """

    index: int
    run: int
    first: int
    mean: Array
    sigma: float
    scales: Array
    axes: Array | None
    root: Array | None
    stretch: Array | None

    def draw(self, z: Array, box: Box) -> tuple[Array, Array]:
        """The point for a standard normal ``z``, shape (d,): what to evaluate, and what to tell of it.

        They differ in dimensions with a margin alone. Outside the box a coordinate is set to the nearest one inside:
        drawing again, as cmaes and Optuna do, keeps away from optima at the bounds.
        """
        step = self.scales * z if self.root is None else self.root @ z
        told = self.mean + self.sigma * step
        if self.stretch is None:
            told = np.minimum(np.maximum(told, 0.0), 1.0)
            return told, told
        # Hamano et al. 2022, eq. 7: A widens the marginals of discrete dimensions, for the evaluation only
        shown = np.minimum(np.maximum(self.mean + (told - self.mean) * self.stretch, 0.0), 1.0)
        return shown, np.where(box.margins, told, shown)

    def unstretched(self, point: Array, box: Box) -> Array:
        """The point to tell the optimiser for a point that no generation drew."""
        if self.stretch is None:
            return point
        return np.where(box.margins, self.mean + (point - self.mean) / self.stretch, point)

    def length(self, step: Array) -> float:
        """Mahalanobis norm of ``step`` (in units of sigma) under C."""
        rotated = step if self.axes is None else step @ self.axes
        return float(np.linalg.norm(rotated / self.scales))


class Optimiser:
    """cmaes.CMA, SepCMA or CMAwM, with a population that may change between generations.

    Args:
        box: where it searches.
        variant: which of them.
        popsize: results in a generation, >= 4.
        mean, sigma, cov: of the first generation; cov None is the identity.
    """

    def __init__(
        self, box: Box, variant: Variant, popsize: int, mean: Array, sigma: float, cov: Array | None = None
    ) -> None:
        self._box, self._variant = box, variant
        self.popsize = popsize
        self._whole = self._made(popsize, mean, sigma, cov)

    def _made(self, popsize: int, mean: Array, sigma: float, cov: Array | None) -> Any:
        box, common = self._box, {"sigma": sigma, "seed": 0, "population_size": popsize}  # it never draws
        mean = np.minimum(np.maximum(mean, 0.0), 1.0)
        if self._variant.separable and box.d > 1:
            return cmaes.SepCMA(mean=mean, **common)
        if self._variant.margin and box.margins.any():
            bounds = np.tile([0.0, 1.0], (box.d, 1))
            return cmaes.CMAwM(mean=mean, bounds=bounds, steps=box.steps, cov=cov, **common)
        return cmaes.CMA(mean=mean, cov=cov, lr_adapt=self._variant.lr_adapt, **common)

    @property
    def _inner(self) -> Any:
        return self._whole._cma if isinstance(self._whole, cmaes.CMAwM) else self._whole

    def generation(self, index: int, run: int, first: int) -> Generation | None:
        """The distribution as it is now; None when it is no distribution any more."""
        inner = self._inner
        try:
            found = inner._eigen_decomposition()
        except np.linalg.LinAlgError:
            return None
        axes, scales = (None, found) if isinstance(inner, cmaes.SepCMA) else found
        mean, sigma = inner._mean.copy(), float(inner._sigma)
        stretch = self._whole._A.copy() if isinstance(self._whole, cmaes.CMAwM) else None
        parts = [mean, scales, np.array([sigma])] + ([] if stretch is None else [stretch])
        if not all(np.isfinite(part).all() for part in parts) or sigma <= 0 or scales.min() <= 0:
            return None
        root = None if axes is None else axes * scales
        return Generation(index, run, first, mean, sigma, scales, axes, root, stretch)

    def tell(self, points: Sequence[Array], losses: Sequence[float]) -> bool:
        """Move on by a generation. The best result comes first; False when numbers broke."""
        try:
            self._whole.tell(list(zip(points, losses, strict=True)))
        except (np.linalg.LinAlgError, AssertionError):  # cmaes asserts that points are not huge or NaN
            return False
        return True

    def has_converged(self) -> bool:
        """Any of the package's stopping criteria."""
        return bool(self._whole.should_stop())

    def resize(self, popsize: int) -> None:
        """Another population size from here on; what was learnt stays."""
        old, old_inner = self._whole, self._inner
        self._whole = self._made(popsize, old_inner._mean, old_inner._sigma, None)
        self.popsize = popsize
        names = _KEPT + (_KEPT_BY_RATES if self._variant.lr_adapt else ())
        for name in names:
            setattr(self._inner, name, getattr(old_inner, name))
        self._inner._funhist_values[:] = math.nan  # as long as they are not all new, they stop nothing
        if isinstance(old, cmaes.CMAwM):
            self._whole._A, self._whole.m_z_lim_low, self._whole.m_z_lim_up = old._A, old.m_z_lim_low, old.m_z_lim_up


def retold(told: Array, origin: Generation | None, now: Generation, box: Box) -> Array:
    """A result's point as a sample of the present generation.

    Unchanged when that is where it came from. Else, when its ``origin`` is known, it counts half as the point that it
    is and half as its step, in units of its own sigma, repeated from the present mean: the point alone pulls the mean
    back to where it was, the step alone overshoots. And no point lies further out than samples do.

    Source: Hansen 2011, "Injecting External Solutions Into CMA-ES", eqs. 1 to 3, for the clipping.
    """
    if origin is now:
        return told
    point = told
    if origin is not None:
        repeated = now.mean + now.sigma * (told - origin.mean) / origin.sigma
        point = _CENTRED * repeated + (1 - _CENTRED) * told
        point = np.where(box.margins, point, np.minimum(np.maximum(point, 0.0), 1.0))
    step = (point - now.mean) / now.sigma
    longest = math.sqrt(box.d) + 2 * box.d / (box.d + 2)
    length = now.length(step)
    if length > longest:
        point = now.mean + now.sigma * step * (longest / length)
    return point


def default_popsize(d: int) -> int:
    """Hansen 2016, eq. 48."""
    return 4 + math.floor(3 * math.log(d))


def warm_start(points: NDArray[np.float64], losses: Sequence[float]) -> tuple[Array, float, Array]:
    """(mean, sigma, C) of a first generation that starts where another task's best trials were.

    Args:
        points: of the other task in the unit box, shape (n, d), n >= 1.
        losses: theirs, n of them; smaller is better.

    Source: Nomura et al. 2021, "Warm Starting CMA-ES for Hyperparameter Optimization", eqs. 11 to 13, with
    gamma = alpha = 0.1.
    """
    n = max(1, math.floor(0.1 * len(points)))
    best = points[np.argsort(losses, kind="stable")[:n]]
    mean = best.mean(axis=0)
    spread = best - mean
    covariance = 0.1**2 * np.eye(points.shape[1]) + spread.T @ spread / n
    # cmaes takes the determinant itself, which underflows in some hundred dimensions
    sigma = math.exp(np.linalg.slogdet(covariance)[1] / (2 * points.shape[1]))
    return mean, sigma, covariance / sigma**2
