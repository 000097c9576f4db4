"""Hyperparameters as a function of the history: fitted at fixed counts of rows, each fit from the one before.

The counts are every row while there are few, then growth by some percent. A fit starts from the fit before it, except
at every few counts, where the chain is cut and begins from fixed starts: so a process that sees the history for the
first time makes a few fits, and has the same bits as one that made them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .fit import JITTERS, Objective, Prior, fit
from .kernel import Array, Ints, squared_distances
from .posterior import Posterior
from .space import Space

MOST_ROWS = 500  # of one process; of more, those nearest to the best
WARP_FROM = 30  # rows from which on inputs are warped: with fewer the warp fits noise
_DENSE = 50  # every count up to here has its fit
_GROWTH = 0.05
_LINK = 6  # fits from one cut of the chain to the next


def counts_upto(n: int) -> list[int]:
    """The counts of rows at which hyperparameters are fitted, from 1 to n."""
    counts = list(range(1, min(n, _DENSE) + 1))
    while counts and counts[-1] >= _DENSE and (more := counts[-1] + int(_GROWTH * counts[-1])) <= n:
        counts.append(more)
    return counts


def fitted(space: Space, prior: Prior, units: Array, values: Array, start: Array | None = None) -> tuple[Array, bool]:
    """(hyperparameters, whether the fit failed and these are the prior's mode).

    It begins from ``start`` or, without one, from the prior's starts; a fit that fails is tried again with more jitter.
    """
    z = space.features(units)
    prior = replace(prior, warps=len(space.numeric) if len(units) >= WARP_FROM else 0)
    # the first fit with warped inputs goes on from one without
    starts = prior.starts if start is None else [np.concatenate([start, prior.centre[len(start) :]])]
    for jitter in JITTERS:
        found = fit(Objective(z, space.owner, values, prior, jitter), prior, starts)
        if found is not None:
            return found[0], False
        starts = prior.starts
    return prior.centre, True


class Chain:
    """One output's hyperparameters and posterior, for a growing list of rows; all of it a cache.

    Args:
        space: the rows' space.
        prior: of the hyperparameters.
    """

    def __init__(self, space: Space, prior: Prior) -> None:
        self._space, self._prior = space, prior
        self._fits: dict[int, tuple[Array, bool]] = {}
        self._posterior: Posterior | None = None
        self._count = 0  # that the posterior began from
        self._first: Ints = np.empty(0, np.int64)  # its rows of these

    def at(
        self, units: Array, warped: Callable[[int], Array], anchors: Callable[[int], Array]
    ) -> tuple[Posterior, Ints, bool]:
        """The process given all rows.

        Args:
            units: shape (n, d), n >= 1.
            warped: count -> the values of the first so many rows, warped, shape (count,).
            anchors: count -> the best points of the first so many rows: what a subset lies around, shape (k, d).

        Returns:
            (posterior, the rows that it contains, in its order, whether its fit failed).
        """
        counts = counts_upto(len(units))
        count = counts[-1]
        theta, failed = self._fit(counts, len(counts) - 1, units, warped, anchors)
        if self._posterior is None or self._count != count or len(self._first) + len(units) - count < self._posterior.n:
            self._count, self._first = count, _nearest(self._space, units[:count], anchors)
            self._posterior = Posterior(self._space, theta, units[self._first])
        known = count + self._posterior.n - len(self._first)
        self._posterior = self._posterior.append(units[known:])
        return self._posterior, np.concatenate([self._first, np.arange(count, len(units))]), failed

    def _fit(
        self, counts: list[int], i: int, units: Array, warped: Callable[[int], Array], anchors: Callable[[int], Array]
    ) -> tuple[Array, bool]:
        count = counts[i]
        if count not in self._fits:
            start = self._fit(counts, i - 1, units, warped, anchors)[0] if i % _LINK else None
            rows = _nearest(self._space, units[:count], anchors)
            self._fits[count] = fitted(self._space, self._prior, units[rows], warped(count)[rows], start)
        return self._fits[count]


def _nearest(space: Space, units: Array, anchors: Callable[[int], Array]) -> Ints:
    """The rows to keep, in order: all, or those nearest to the anchors."""
    n = len(units)
    if n <= MOST_ROWS:
        return np.arange(n)
    away = squared_distances(space.features(units), space.features(anchors(n))).min(axis=1)
    return np.sort(np.argsort(away, kind="stable")[:MOST_ROWS])
