"""What TPE keeps of the finished trials for one search space, and the density of the many that are not among the best.

All of it grows by what a view has more: coordinates, the terms of their kernels, the order of the best, the cells that
are taken. Built again from any view of the study it is the same, bit for bit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.view import StudyView
from ...pareto import nondominated_ranks, select_hypervolume
from ...trial import FrozenTrial, TrialState
from ..history import History
from .feasible import MOST, Feasible, near_misses
from .parzen import Array, Frame, Ints, Kernels, Points, log_sum, summed

_TINY, _HUGE = 1e-12, 1e300
BROKEN, FAILED = 2.0, 3.0  # first key of a trial that breaks constraints, and of one that failed


class _Rows:
    """An array that grows at its first axis by blocks."""

    def __init__(self, width: tuple[int, ...] = (), dtype: Any = np.float64) -> None:
        self._n, self._held = 0, np.empty((64, *width), dtype)

    def extend(self, block: NDArray[Any]) -> None:
        end = self._n + len(block)
        if end > len(self._held):
            more = np.empty((2 * end, *self._held.shape[1:]), self._held.dtype)
            more[: self._n] = self.all()
            self._held = more
        self._held[self._n : end] = block
        self._n = end

    def clear(self) -> None:
        self._n = 0

    def all(self) -> NDArray[Any]:
        return self._held[: self._n]


class Record:
    """Trials of one study that have a value in the current range of every parameter of ``frame``, one a row.

    Trials rank by four keys, each smaller is better: what is known of them (a result, or reports until they were
    pruned, or that they break constraints), then the loss, or (-last step, last report), or the violation, then the
    number. Failed trials are rows too, behind all others: they are never among the best, and say where not to look.

    Args:
        frame: the space.
        n_objectives: of the study.
        n_best: how many of the best the record can name; for several objectives all.

    Attributes:
        n_ranked: rows that did not fail.
        n_broken: rows that break constraints.
    """

    def __init__(self, frame: Frame, n_objectives: int, n_best: int) -> None:
        self.frame, self.n_objectives, self._n_best = frame, n_objectives, n_best
        self.n_ranked = self.n_broken = 0
        self._seen = 0  # finished trials of the study that were looked at
        self._units, self._choices = _Rows((len(frame.numbers),)), _Rows((len(frame.nominal),), np.int64)
        self._features = _Rows((frame.features(frame.no_points()).shape[1],))
        self._kernels: Kernels | None = None  # those of the terms
        self._terms, self._total = _Rows((len(frame.numbers),)), _Rows()  # of each number's kernels, and their sums
        self._keys, self._losses = _Rows((4,)), _Rows((n_objectives,))
        self._best: Ints = np.empty(0, dtype=np.int64)
        self._fronts: tuple[tuple[int, int], Ints] = ((0, 0), self._best)
        self.taken: set[bytes] = set()  # cells of finished trials that varied these parameters and no other

    def __len__(self) -> int:
        return len(self._keys.all())

    @property
    def points(self) -> Points:
        """Coordinates of all rows."""
        return Points(self._units.all(), self._choices.all())

    def update(self, history: History, view: StudyView) -> Record:
        """Take in the trials that ended since; ``history`` is up to date with ``view``."""
        start, self._seen = self._seen, history.n
        if start == history.n:
            return self
        new = slice(start, history.n)
        values = np.array([history.column(name)[new] for name in self.frame.names]).T
        points, inside = self.frame.points(values)
        if self.frame.size is not None:
            whole = np.array([is_whole(trial, self.frame) for trial in view.finished[new]], dtype=bool)
            self.taken.update(self.frame.keys(points[whole[inside]]))
        states = history.states[new][inside]
        self.n_ranked += int((states != TrialState.FAIL).sum())
        self._append(points, history, start + np.flatnonzero(inside))
        return self

    def _append(self, points: Points, history: History, rows: Ints) -> None:
        if not len(rows):
            return
        losses = history.losses[rows]
        first = len(self)
        keys = rank_keys(
            history.states[rows],
            np.where(np.isnan(losses[:, 0]), math.inf, losses[:, 0]),
            history.last_steps[rows],
            history.last_losses[rows],
            history.violations[rows],
            history.numbers[rows],
        )
        self._keys.extend(keys)
        self.n_broken += int((keys[:, 0] == BROKEN).sum())
        self._losses.extend(losses)
        self._units.extend(points.units)
        self._choices.extend(points.choices)
        self._features.extend(self.frame.features(points))
        if self._kernels is not None:
            self._extend_terms(self._kernels, points.units)
        among = np.concatenate([self._best, np.arange(first, len(self))])
        self._best = among[_order(self._keys.all()[among])[: self._n_best]]

    def best(self, k: int, others: Array) -> tuple[Ints, Ints]:
        """The ``k`` best among the rows and ``others``, whose keys these are: (rows, positions in ``others``).

        ``k`` is at most ``n_ranked`` + len(others).
        """
        found = self._best if self.n_objectives == 1 else self._best_of_many(k)
        keys = np.concatenate([self._keys.all()[found], others])
        if self.n_objectives > 1:
            keys[: len(found)] = 0.0  # they stand in their order already
            keys[: len(found), 3] = np.arange(len(found)) - len(found)
        chosen = _order(keys)[:k]
        rows = found[chosen[chosen < len(found)]]
        return np.sort(rows), np.sort(chosen[chosen >= len(found)] - len(found))

    def best_at_rungs(self, k: int, others: Array, shares: Array) -> tuple[Ints, Ints]:
        """As ``best``, of one objective beside a pruner with rungs: who stands at one comes first, by its share.

        ``shares``: by trial number, see Standing. Trials that break constraints come after all others, as in ``best``.
        """
        keys = np.concatenate([self._keys.all(), others])
        numbers = keys[:, 3].astype(np.int64)
        share = np.full(len(keys), math.nan)
        known = (numbers < len(shares)) & (keys[:, 0] < BROKEN)
        share[known] = shares[numbers[known]]
        stands = np.flatnonzero(~np.isnan(share))
        if len(stands) > k:
            chosen = stands[np.argpartition(share[stands], k)[: k + 1]]
            chosen = stands[share[stands] <= share[chosen].max()]
        else:
            chosen = np.arange(len(keys))
        tiers = np.where(np.isnan(share[chosen]), keys[chosen, 0] + 1.0, 0.0)
        firsts = np.where(np.isnan(share[chosen]), keys[chosen, 1], share[chosen])
        order = chosen[_order(np.column_stack([tiers, firsts, keys[chosen, 2:]]))][:k]
        return np.sort(order[order < len(self)]), np.sort(order[order >= len(self)] - len(self))

    def under_constraints(self, best: Ints, k: int) -> tuple[Ints, Feasible | None]:
        """(``best`` with near misses instead of what breaks constraints, an estimate of feasibility).

        As they were, and None, with several objectives, and while no trial broke a constraint or none kept them all.
        """
        if not self.n_broken or self.n_objectives > 1:
            return best, None
        keys = self._keys.all()
        kept, broken = np.flatnonzero(keys[:, 0] == 0.0), np.flatnonzero(keys[:, 0] == BROKEN)
        if not len(kept):
            return best, None
        best = near_misses(keys[:, 0], self._losses.all()[:, 0], keys[:, 1], best, (k + 1) // 2)
        share = len(kept) / (len(kept) + len(broken))
        newest = np.concatenate([kept[-MOST:], broken[-MOST:]])
        features = self._features.all()[newest]
        return best, Feasible(self.points[newest], features, min(len(kept), MOST), share)

    def _best_of_many(self, k: int) -> Ints:
        """The ``k`` best rows for several objectives: by fronts, the last of them by hypervolume.

        Source: Ozaki et al. 2020 (MOTPE), section 3.2, with greedy hypervolume subset selection as in Guerreiro,
        Fonseca and Paquete 2016.
        """
        if self._fronts[0] == (len(self), k):
            return self._fronts[1]
        keys = self._keys.all()
        feasible = np.flatnonzero(keys[:, 0] == 0)
        losses = self._losses.all()[feasible]
        ranks = nondominated_ranks(losses, enough=k)
        counts = np.cumsum(np.bincount(ranks, minlength=1))
        last = int(np.searchsorted(counts, k))  # the front that does not fit as a whole, or fits exactly
        whole, front = feasible[ranks < last], feasible[ranks == last]
        if len(whole) + len(front) > k:
            torn = losses[ranks == last]
            front = front[select_hypervolume(torn, k - len(whole), _reference(torn))]
        rest = np.flatnonzero((keys[:, 0] > 0) & (keys[:, 0] < FAILED))
        rest = rest[_order(keys[rest])]
        found = np.concatenate([whole, front, rest])[:k]
        self._fronts = ((len(self), k), found)
        return found

    def log_densities(
        self, at: Points, kernels: Kernels, best: Ints, others: Points, weights: Array, prior_weight: float
    ) -> Array:
        """Log density, relative to the uniform one, of the mixture over all rows but ``best``, ``others``, the prior.

        A row has weight 1; ``weights``, shape (len(others),), are above 0. Shape of the result: (len(at),).
        """
        weight = len(self) - len(best) + weights.sum() + prior_weight
        logs = self._logs(at, kernels)
        logs[:, best] = -math.inf
        if len(others):
            beside = kernels.log_densities(at, others, self.frame.features(others), kernels.terms(others.units))
            logs = np.concatenate([logs, beside + np.log(weights)], axis=1)
        top, total = log_sum(logs, prior_weight)
        return np.asarray(top + np.log(total / weight))

    def _logs(self, at: Points, kernels: Kernels) -> Array:
        units, known = self._units.all(), self._kernels
        if known is None:
            self._extend_terms(kernels, units)
        else:
            changed = np.flatnonzero(known.bandwidths != kernels.bandwidths)
            if len(changed):
                terms = self._terms.all()
                terms[:, changed] = kernels.terms_of(changed, units[:, changed])
                self._total.clear()
                self._total.extend(summed(terms))
        self._kernels = kernels
        return kernels.log_densities(at, self.points, self._features.all(), self._total.all())

    def _extend_terms(self, kernels: Kernels, units: Array) -> None:
        terms = kernels.terms_of(np.arange(units.shape[1]), units)
        self._terms.extend(terms)
        self._total.extend(summed(terms))


def is_whole(trial: FrozenTrial, frame: Frame) -> bool:
    """Whether the trial, which has the parameters of ``frame``, had no other to vary."""
    return sum(not dist.single() for dist in trial.distributions.values()) <= len(frame.names)


def rank_keys(
    states: NDArray[np.integer[Any]],
    losses: Array,
    last_steps: Ints,
    last_losses: Array,
    violations: Array,
    numbers: Ints,
) -> Array:
    """The four keys by which trials rank, shape (n, 4); see Record. A trial without constraints is feasible.

    ``states``: values of TrialState; one that is neither COMPLETE nor FAIL counts by its reports.
    """
    complete, failed = states == TrialState.COMPLETE, states == TrialState.FAIL
    broken = (violations > 0) & ~failed
    steps = np.where(last_steps < 0, 1.0, -last_steps.astype(np.float64))  # without reports: last among the pruned
    reported = np.where(np.isnan(last_losses), math.inf, last_losses)
    tier = np.where(failed, FAILED, np.where(broken, BROKEN, np.where(complete, 0.0, 1.0)))
    first = np.where(failed, 0.0, np.where(broken, violations, np.where(complete, losses, steps)))
    second = np.where(broken | complete | failed, 0.0, reported)
    return np.stack([tier, first, second, numbers.astype(np.float64)], axis=1)


def _order(keys: Array) -> NDArray[np.intp]:
    return np.lexsort(keys.T[::-1])


def _reference(losses: Array) -> Array:
    """A point a little worse than the worst finite value of each objective: Optuna's rule."""
    finite = np.isfinite(losses)
    worst = np.clip(np.where(finite, losses, -math.inf).max(axis=0), -_HUGE, _HUGE)
    corner = np.where(finite.any(axis=0), np.maximum(1.1 * worst, 0.9 * worst), 1.0)
    return np.where(corner == 0, _TINY, corner)
