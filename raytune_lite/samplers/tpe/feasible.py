"""How likely a point keeps the constraints: kernels around the trials that keep them, among those around all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .parzen import Array, Kernels, Points, log_sum

MOST = 100  # trials of each kind that are looked at, the newest


class Feasible:
    """An estimate of the probability that a point is feasible.

    The trials that kept the constraints are a share p of all. At a point the estimate is (y + p) / (y + n + 1), where y
    and n are the sums of the kernels, relative to the uniform density, around those that kept them and those that did
    not: far from all of them it is p, as if one trial more were known there.

    Args:
        points: trials that kept the constraints, and then those that broke them; at least one each.
        features: of these points, see Frame.features.
        n_kept: how many kept them.
        share: p.

    Source: Nadaraya 1964 and Watson 1964 (regression by kernels); to multiply the acquisition by it: Gelbart, Snoek and
    Adams 2014, and for TPE Watanabe and Hutter 2023 (c-TPE), who have a ratio of densities for each constraint.
    """

    def __init__(self, points: Points, features: Array, n_kept: int, share: float) -> None:
        self._points, self._features, self._n_kept, self._share = points, features, n_kept, share

    def log_probability(self, at: Points, kernels: Kernels) -> Array:
        """Its logarithm at each of some points, shape (len(at),)."""
        points = self._points
        kernel = kernels.log_densities(at, points, self._features, kernels.terms(points.units))
        top, total = log_sum(kernel, 1.0)  # these are exp(kernel - top) from here on
        yes = kernel[:, : self._n_kept].sum(axis=1) + self._share * np.exp(-top)
        return np.asarray(np.log(yes / total))


def near_misses(tiers: Array, losses: Array, violations: Array, best: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """``best`` without what breaks constraints, and with up to ``k`` near misses, ascending.

    A near miss breaks constraints, with a loss no worse than that of the worst of ``best``. Half of those taken, or one
    more, break them least, and the others have the best losses. They say where the objective is good beyond the trials
    that are feasible: the optimum often lies at the border, and may lie in another feasible region.

    Args:
        tiers: what is known of each trial, see ``record.rank_keys``: 0 has a result and is feasible, 2 is infeasible.
        losses: smaller is better, shape (n,); NaN without a result.
        violations: by how much each breaks constraints, shape (n,), where its tier is 2.
        best: rows that are good.
        k: at most so many.
    """
    kept = best[tiers[best] < 2.0]
    known = losses[kept[tiers[kept] == 0.0]]
    if not len(known):
        return kept
    misses = np.flatnonzero((tiers == 2.0) & (losses <= known.max()))
    order = np.argsort(violations[misses], kind="stable")
    nearest, others = misses[order[: (k + 1) // 2]], misses[np.sort(order[(k + 1) // 2 :])]
    lowest = others[np.argsort(losses[others], kind="stable")[: k // 2]]
    return np.sort(np.concatenate([kept, nearest, lowest]))
