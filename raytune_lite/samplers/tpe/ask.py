"""One suggestion of TPE: which trials are good, the two densities, and the best draw that was not tried before."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set

import numpy as np

from .parzen import Array, Frame, Kernels, Parzen, Points
from .pending import Rows
from .record import Record

# How these were chosen: see TPESampler.
_GOOD, MOST_GOOD, _MOST_GOOD_OF_MANY = 0.1, 25, 100  # share of trials that are good; at most so many
_FLOOR = 0.6  # least bandwidth of a number's good trials, in 1 / (n + 2) of its range
_CELL_FLOOR = 0.3  # and in cells of its grid
_GRID_RATIO = 0.5  # bandwidth of the other trials on grids, in that of the good ones
_WIDEST, _LEAST = 0.15, 0.01  # it is at most _WIDEST * n ** (-1 / (d + 4)), as in Scott's rule, and at least _LEAST
_LIAR = 0.1  # weight of a trial under way among the others, in finished trials
_BLOCK = 256  # cells looked at together when nearly all are taken
REDRAWS = 3  # more batches of candidates that are drawn when what was chosen was tried before


def n_good(n: int, n_objectives: int) -> int:
    """How many of ``n`` trials are good: a tenth, within bounds."""
    return min(math.ceil(_GOOD * n), MOST_GOOD if n_objectives == 1 else _MOST_GOOD_OF_MANY)


class Ask:
    """The two densities at one moment.

    Args:
        record: finished trials.
        pending: trials under way. One that is paused ranks among the pruned by its reports, and one that stands at a
            rung by its share. The others are no good, with a small weight, which keeps several workers from the same
            place.
        n_candidates, prior_weight, constant_liar: see TPESampler.
        shares: beside a pruner with rungs, see Standing.

    Attributes:
        best: rows of ``record`` that are good.
        others, weights: points of pending trials that are not, and what each counts.
        good: l. ``rest``: the kernels of g.
        cells: points that are taken already.

    Source: Bergstra et al. 2011, section 4.1: l(x) of the good trials, g(x) of all others; of draws from l the one with
    the largest l / g has the largest expected improvement (eq. 3 there).
    """

    def __init__(
        self,
        record: Record,
        pending: Rows,
        *,
        n_candidates: int,
        prior_weight: float,
        constant_liar: bool,
        shares: Array | None = None,
    ) -> None:
        self.record, self.frame = record, record.frame
        self._n_candidates, self._prior_weight = n_candidates, prior_weight
        points, paused = pending.points, pending.ranked(shares)
        k = n_good(record.n_ranked + int(paused.sum()), record.n_objectives)
        if shares is None:
            best, of_paused = record.best(k, pending.keys[paused])
        else:
            best, of_paused = record.best_at_rungs(k, pending.keys[paused], shares)
        self.best, self._feasible = record.under_constraints(best, k)
        good, self.others, self.weights = record.points[self.best], points, np.empty(0)
        if len(points):
            good_pending = np.flatnonzero(paused)[of_paused]
            good = Points.joined(good, points[good_pending])
            bad = np.ones(len(points), dtype=bool) if constant_liar else paused.copy()
            bad[good_pending] = False
            self.others, self.weights = points[bad], np.where(paused[bad], 1.0, _LIAR)
        self.cells = Cells(record, pending.cells)
        self.good = Parzen(self._kernels(good_bandwidths(self.frame, good.units), len(good)), good, prior_weight)
        n_others = len(record) - len(self.best) + len(self.others)
        narrow = other_bandwidths(self.frame, n_others, self.good.kernels.bandwidths)
        self.rest = self._kernels(narrow, n_others)

    def _kernels(self, bandwidths: Array, n: int) -> Kernels:
        smoothing = self._prior_weight / (n + 1) * self.frame.n_choices
        return Kernels(self.frame, bandwidths, smoothing / (1 + smoothing))

    def merits(self, at: Points) -> Array:
        """log l / g, under constraints with the probability of feasibility, shape (len(at),)."""
        found = self.good.log_pdf(at) - self.record.log_densities(
            at, self.rest, self.best, self.others, self.weights, self._prior_weight
        )
        if self._feasible is not None:
            found += self._feasible.log_probability(at, self.good.kernels)
        return found

    def candidate(self, rng: np.random.Generator) -> Points:
        """One point, as Points of length 1: of ``n_candidates`` draws the best that was not tried before."""
        at = self._ranked(self.good.sample(rng, self._n_candidates))
        best = at[[0]]
        if self.frame.size is None or not self.cells.taken(best):
            return best
        for _ in range(REDRAWS):
            new = self.cells.first_free(at)
            if new is not None:
                return new
            at = self._ranked(self.good.sample(rng, self._n_candidates))
        new = self.cells.first_free(self._ranked(self.frame.neighbours(best)))
        return new if new is not None else self.cells.next_free(best)

    def _ranked(self, at: Points) -> Points:
        return at[np.argsort(-self.merits(at), kind="stable")]


class Cells:
    """Which points of a finite space finished or pending trials have; with all of them taken, all are free again."""

    def __init__(self, record: Record, pending: Sequence[Set[bytes]]) -> None:
        self._frame, self._ended = record.frame, record.taken
        self._pending = pending
        size = self._frame.size
        most = len(self._ended) + sum(map(len, pending))
        if size is not None and most >= size and len(self._ended.union(*pending)) == size:
            self._ended, self._pending = set(), ()

    def taken(self, one: Points) -> bool:
        """Whether this point (one row) was tried."""
        return self.first_free(one) is None

    def first_free(self, at: Points) -> Points | None:
        """The first of these points that was not tried."""
        for i, key in enumerate(self._frame.keys(at)):
            if key not in self._ended and not any(key in some for some in self._pending):
                return at[[i]]
        return None

    def next_free(self, start: Points) -> Points:
        """The first point from ``start`` on that is free, in the order of the product; there is one."""
        index = self._frame.index_of(start)
        while True:
            new = self.first_free(self._frame.cells_at(range(index, index + _BLOCK)))
            if new is not None:
                return new
            index += _BLOCK


def good_bandwidths(frame: Frame, units: Array) -> Array:
    """Bandwidths of the good trials' kernels, shape (n_numbers,).

    The median over the trials of the larger distance to a neighbour, in each dimension by itself; at least a part of
    1 / (n + 2), and of a cell, and at most the whole range.

    Source: the distances to neighbours are Bergstra et al. 2013's; the median and the floors are ours.
    """
    n = len(units)
    if not n:
        return np.ones(units.shape[1])
    ordered = np.sort(units, axis=0)
    edge = np.zeros((1, units.shape[1]))
    gaps = np.diff(np.concatenate([edge, ordered, edge + 1]), axis=0)
    if n > 1:
        gaps[0] = gaps[-1] = 0.0  # the borders of the range are no neighbours
    farthest = np.sort(np.maximum(gaps[:-1], gaps[1:]), axis=0)
    found = (farthest[n // 2] + farthest[(n - 1) // 2]) / 2
    floor = np.maximum(_CELL_FLOOR * frame.cell_width, _FLOOR / (n + 2))
    return np.asarray(np.clip(found, np.minimum(floor, 1.0), 1.0))


def other_bandwidths(frame: Frame, n: int, good: Array) -> Array:
    """Bandwidths of the kernels of the ``n`` other trials, shape (n_numbers,): those of the good ones, or narrower.

    Where kernels of the others are wider than those of the good, l / g has a peak at the best point however often it
    was tried around, and the search stands still; on grids it does so sooner. The powers of two keep a bandwidth the
    same for many suggestions, so that what was computed of the kernels is seldom computed again.
    """
    widest = _WIDEST * max(n, 1) ** (-1 / (len(frame.numbers) + 4))
    h = np.clip(np.where(frame.cells > 0, _GRID_RATIO, 1.0) * good, _LEAST, max(widest, _LEAST))
    return np.asarray(2.0 ** (np.round(2 * np.log2(h)) / 2))
