"""From data to an acquisition: which processes are fitted, what is improved on, and how pending trials count."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.special import ndtri

from .acquisition import Acquisition, Exploration, Feasibility, LogEI, LogFeasible
from .chain import Chain, fitted
from .data import Data
from .ehvi import MOST_OBJECTIVES, LogEHVI, chebyshev, front_of, reference_point
from .fit import Prior
from .kernel import Array, Ints
from .levels import RungProcess
from .optimize import sobol
from .posterior import Posterior
from .rungs import RungRows
from .space import Space
from .warping import standardise, warp_constraint

_EXPLORE_FEW, _EXPLORE_MANY = 0.15, 0.5  # share of explorations beside few and many pending trials
_BEST_THIRD = -0.43  # where it ends, of values with mean 0 and variance 1 that are about normal
_FEWEST_TIED = 10  # values before ties mean steps
_MOST_FRESH = 250  # rows of a process that is fitted anew for each suggestion


@dataclass(frozen=True, slots=True)
class Goal:
    """What one suggestion maximises.

    Attributes:
        acquisition: see Acquisition.
        incumbents: good points, best first, shape (k, d).
        scales: lengthscales, shape (d,).
        failures: how many fits failed and fell back on the prior.
    """

    acquisition: Acquisition
    incumbents: Array
    scales: Array
    failures: int


class Builder:
    """Builds the goal of each suggestion of one study in one space; holds the fits, a cache."""

    def __init__(self, space: Space, deterministic: bool) -> None:
        self._space = space
        self._prior = Prior(space.d, deterministic=deterministic)
        self._chains: dict[object, Chain] = {}
        self._newest: tuple[RungRows, RungProcess] | None = None

    def goal(self, data: Data, rng: np.random.Generator, rungs: RungRows | None = None) -> Goal:
        """The goal for ``data``, which has at least one row, or for ``rungs``; ``rng`` draws fantasies and weights."""
        if rungs is not None:
            process = self._process(rungs)
            n = process.posterior.n
            data = replace(data, units=rungs.units, feasible=np.ones(n, np.bool_))
            return self._improvement(data, process.posterior, np.arange(n), process.y, [], process.failures, rng)
        failures, constraints = 0, []
        for key in data.constraints:
            constraint, failed = self._constraint(key, data)
            constraints.append(constraint)
            failures += failed
        m = data.losses.shape[1]
        if m == 1 and not data.n_paused:
            posterior, kept, failed = self._chain(0).at(data.units, data.warped, data.anchors)
            y = data.warped(data.n)[kept]
            if np.isnan(data.losses).any():
                return self._improvement(data, posterior, kept, y, constraints, failures + failed, rng)
            noise = 0.0 if len(data.failed) else self._surplus(posterior)
            margin = _half_step(y[data.feasible[kept]])
            return self._improvement(data, posterior, kept, y, constraints, failures + failed, rng, noise, margin)
        if 1 < m <= MOST_OBJECTIVES:
            return self._hypervolume(data, constraints, failures)
        # rows that change from one suggestion to the next: nothing to build on, so the fit is new, and of fewer rows
        scalar = data.warped(data.n)
        if m > 1:
            weights = rng.dirichlet(np.ones(m))
            scalar = chebyshev(np.column_stack([data.warped(data.n, j) for j in range(m)]), weights)
        kept = _fresh_rows(np.lexsort([scalar, ~data.feasible]), spread=m == 1)
        y = standardise(scalar)[kept]
        theta, failed = fitted(self._space, self._prior, data.units[kept], y)
        posterior = Posterior(self._space, theta, data.units[kept])
        return self._improvement(data, posterior, kept, y, constraints, failures + failed, rng)

    def reach(self, rungs: RungRows) -> float:
        """Over how many levels results at ``rungs`` stay alike."""
        return self._process(rungs).reach

    def _surplus(self, posterior: Posterior) -> float:
        """Variance of the noise above what the prior expects without data: what the results themselves say."""
        return max(0.0, posterior.noise - math.exp(self._prior.noise_mode))

    def _process(self, rungs: RungRows) -> RungProcess:
        if self._newest is None or not self._newest[0].same(rungs):
            self._newest = rungs, RungProcess.of(self._space, self._prior, rungs)
        return self._newest[1]

    def _chain(self, key: object) -> Chain:
        if key not in self._chains:
            self._chains[key] = Chain(self._space, self._prior)
        return self._chains[key]

    def _constraint(self, key: str, data: Data) -> tuple[Feasibility, bool]:
        rows, values = data.constraints[key]
        posterior, kept, failed = self._chain(key).at(
            data.units[rows],
            lambda count: warp_constraint(values[:count])[0],
            lambda count: data.anchors(int(rows[count - 1]) + 1),
        )
        warped, limit = warp_constraint(values)
        y = warped[kept]
        return Feasibility(*_believing(posterior, y, posterior.solve(y)[:, None], data), limit), failed

    def _improvement(
        self,
        data: Data,
        posterior: Posterior,
        kept: Ints,
        y: Array,
        constraints: list[Feasibility],
        failures: int,
        rng: np.random.Generator,
        noise: float = 0.0,
        margin: float = 0.0,
    ) -> Goal:
        alpha = posterior.solve(y)[:, None]
        units, feasible = data.units[kept], data.feasible[kept]
        mean = posterior.mean(units, alpha)[:, 0]
        scales = np.exp(posterior.theta[: self._space.d])
        # feasible ones first
        order = np.lexsort([mean, ~feasible])[:5]
        if not feasible.any():
            return Goal(LogFeasible(constraints), units[order], scales, failures)
        best = float(mean[feasible].min()) - margin
        # the more trials are pending, the less is a step towards the best known worth, and the more a look elsewhere
        share = 0.0 if not len(data.pending) else _EXPLORE_FEW if len(data.pending) <= 2 * data.d else _EXPLORE_MANY
        acquisition: Acquisition
        if rng.random() < share:
            level = _level(posterior, alpha, np.vstack([units[feasible], data.pending]))
            acquisition = Exploration(*_believing(posterior, y, alpha, data), level, constraints)
        else:
            acquisition = LogEI(*_with_fantasies(posterior, y, alpha, best, data, rng), constraints, noise)
        return Goal(acquisition, units[order], scales, failures)

    def _hypervolume(self, data: Data, constraints: list[Feasibility], failures: int) -> Goal:
        posteriors, alphas, values, believed = [], [], [], []
        for j in range(data.losses.shape[1]):
            posterior, kept, failed = self._chain(j).at(data.units, partial(data.warped, j=j), data.anchors)
            failures += failed
            y = data.warped(data.n, j)
            alpha = posterior.solve(y[kept])[:, None]
            values.append(y)
            believed.append(posterior.mean(data.pending, alpha)[:, 0])
            posterior, alpha = _believing(posterior, y[kept], alpha, data)
            posteriors.append(posterior)
            alphas.append(alpha)
        every = np.column_stack(values)
        scales = np.exp(np.mean([p.theta[: self._space.d] for p in posteriors], axis=0))
        if not data.feasible.any():
            return Goal(LogFeasible(constraints), data.units[-5:], scales, failures)
        front = front_of(every[data.feasible])
        reference = reference_point(front)
        on_front = np.flatnonzero(data.feasible & (every[:, None] == front).all(axis=-1).any(axis=1))
        front = front_of(np.vstack([front, np.column_stack(believed)]))
        acquisition = LogEHVI(posteriors, alphas, front, reference, constraints)
        return Goal(acquisition, data.units[on_front[-8:]], scales, failures)


def _half_step(y: Array) -> float:
    """By how much the best of values (n,) must be undercut to round to a better one: 0 unless trials share it.

    Error rates and other counts rise in steps. A step is the least difference between two values of the better half.
    """
    ordered = np.sort(y)
    if len(ordered) < _FEWEST_TIED or ordered[1] > ordered[0]:
        return 0.0
    better = np.unique(ordered[: len(ordered) // 2])
    return 0.5 * float(np.diff(better).min()) if len(better) > 1 else 0.0


def _fresh_rows(order: Ints, *, spread: bool) -> Ints:
    """The rows of a process that is fitted anew, in their order; ``order``: all rows, best first.

    ``spread``: half of them are the best, and the others lie at even distances among the rest. Of hundreds of stopped
    trials the bad ones say where not to look.
    """
    if len(order) <= _MOST_FRESH or not spread:
        return np.sort(order[:_MOST_FRESH])
    half = _MOST_FRESH // 2
    others = np.linspace(half, len(order) - 1, _MOST_FRESH - half).astype(np.int64)
    return np.sort(np.concatenate([order[:half], order[others]]))


def _believing(posterior: Posterior, y: Array, alpha: Array, data: Data) -> tuple[Posterior, Array]:
    """(posterior, weights) where points without a value have the one expected of them."""
    waiting, believed = _expected(posterior, alpha, data)
    more = posterior.with_block(waiting)
    return more, more.solve(np.concatenate([y, believed]))[:, None]


def _expected(posterior: Posterior, alpha: Array, data: Data) -> tuple[Array, Array]:
    """Pending, pruned and failed points (k, d) and the values expected there (k,).

    A failed point is believed to be no better than the average, and a pruned one to be outside of the best third:
    their values are unknown, and their neighbourhoods must not be tried for ever.
    """
    waiting = np.vstack([data.pending, data.pruned, data.failed])
    least = np.repeat([-np.inf, _BEST_THIRD, 0.0], [len(data.pending), len(data.pruned), len(data.failed)])
    return waiting, np.maximum(posterior.mean(waiting, alpha)[:, 0], least)


def _with_fantasies(
    posterior: Posterior, y: Array, alpha: Array, best: float, data: Data, rng: np.random.Generator
) -> tuple[Posterior, Array, Array]:
    """(posterior given points without a value, its weights for each fantasy (n, s), the best value of each (s,)).

    A fantasy is a joint draw of the values at the pending points.
    """
    p = len(data.pending)
    waiting, believed = _expected(posterior, alpha, data)
    if not len(waiting):
        return posterior, alpha, np.array([best])
    drawn = believed[:, None]
    if p:
        size, vectors = np.linalg.eigh(posterior.covariance(data.pending))
        base = ndtri((sobol(p, 4)[:, :p] + rng.random(p)) % 1.0 * (1.0 - 1e-9) + 5e-10)  # (s, p)
        drawn = np.repeat(drawn, len(base), axis=1)
        drawn[:p] += vectors @ (np.sqrt(np.maximum(size, 0.0))[:, None] * base.T)
    more = posterior.with_block(waiting)
    weights = more.solve(np.vstack([np.repeat(y[:, None], drawn.shape[1], axis=1), drawn]))
    bests = np.minimum(best, drawn[:p].min(axis=0)) if p else np.array([best])
    return more, weights, bests


def _level(posterior: Posterior, alpha: Array, units: Array) -> float:
    """The mean where mean - 1.8 deviations is least: what a point must be able to reach to be worth exploring."""
    mean, variance = posterior.at(units, alpha)
    return float(mean[(mean[:, 0] - 1.8 * np.sqrt(variance)).argmin(), 0])
