"""What the process learns from, as arrays: finished trials, their constraints, and the trials without a result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...core.view import Block, StudyView
from ...pareto import pareto_mask
from ...trial import StudyDirection, TrialState
from ..history import BlockCache, History, values_of
from .kernel import Array
from .space import Space

if TYPE_CHECKING:
    from .rungs import RungRows

_MOST_LOST = 32  # the newest of the pruned and of the failed; around older ones trials may be made again


@dataclass(frozen=True, slots=True)
class Data:
    """Rows are COMPLETE trials with all parameters of the joint space, in the order in which they ended.

    With one objective, trials that were pruned after a report are rows too, and last come trials that are paused at
    one; those may go on, so a row of theirs is no row for ever. A paused trial is never pending: nothing runs.

    Attributes:
        units: shape (n, d).
        losses: smaller better, shape (n, m); may be infinite; NaN where a trial was stopped.
        steps: last step of a stopped trial, shape (n,).
        reports: the report there, smaller better, shape (n,).
        n_paused: how many rows, the last ones, are of paused trials.
        constraints: key -> (rows that have it, their values).
        feasible: shape (n,); all True without constraints.
        pending: points that are being tried, shape (p, d).
        pruned: points of the newest pruned trials that are no rows, shape (s, d).
        failed: points of the newest failed trials, shape (f, d).
        taken: all points tried or being tried, shape (k, d).
    """

    units: Array
    losses: Array
    steps: Array
    reports: Array
    n_paused: int
    constraints: dict[str, tuple[NDArray[np.int64], Array]]
    feasible: NDArray[np.bool_]
    pending: Array
    pruned: Array
    failed: Array
    taken: Array

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.units)

    @property
    def d(self) -> int:
        """Number of dimensions."""
        return int(self.units.shape[1])

    def warped(self, count: int, j: int = 0) -> Array:
        """Objective ``j`` of the first ``count`` rows as values for a process, shape (count,)."""
        from .warping import warp, warp_stopped  # with scipy, which no trial of the initial design waits for

        losses = self.losses[:count]
        if np.isnan(losses).any():
            return warp_stopped(losses[:, j], self.steps[:count], self.reports[:count])
        return warp(losses[:, j], None if losses.shape[1] == 1 else self._best(count))

    def anchors(self, count: int) -> Array:
        """The best points of the first ``count`` rows: the best feasible one, or the Pareto front, shape (k, d)."""
        found: Array = self.units[self._best(count)]
        return found

    def _best(self, count: int) -> NDArray[np.int64]:
        losses, feasible = np.nan_to_num(self.losses[:count], nan=np.inf), self.feasible[:count]
        rows = np.flatnonzero(feasible) if feasible.any() else np.arange(count)
        if losses.shape[1] == 1:
            return rows[[int(losses[rows, 0].argmin())]]
        return rows[pareto_mask(losses[rows])]


class Reader:
    """Reads views of one study after another; what it keeps between them is a cache."""

    def __init__(self) -> None:
        self._history = History()
        self._key: tuple[list[str], tuple[StudyDirection, ...]] = [], ()
        self._waiting = BlockCache(partial(_waiting, [], None))  # for this key

    def history(self, view: StudyView) -> History:
        """The finished trials of ``view``."""
        return self._history.update(view)

    def read(self, view: StudyView, number: int, space: Space) -> Data:
        """The data of trial ``number``'s suggestion."""
        history, names = self.history(view), space.free_names
        have = history.with_all(names)
        done = have & history.of_state(TrialState.COMPLETE)
        is_single = len(view.directions) == 1
        if is_single:
            done = done | (have & history.of_state(TrialState.PRUNED) & (history.last_steps >= 0))
        points = history.matrix(names)
        paused, pending = self._under_way(view, number, names)
        k = len(paused.points)
        units = space.encode(np.vstack([points[done], paused.points]))
        constraints, feasible = _constraints(history, np.flatnonzero(done))
        waiting = space.encode(pending.points)
        pruned = space.encode(points[have & ~done & history.of_state(TrialState.PRUNED)])
        failed = space.encode(points[have & history.of_state(TrialState.FAIL)])
        losses = history.losses[done]
        losses = np.where(history.of_state(TrialState.COMPLETE)[done][:, None], losses, np.nan)
        return Data(
            units=units,
            losses=np.vstack([losses, np.full((k, losses.shape[1]), np.nan)]),
            steps=np.concatenate([history.last_steps[done], paused.steps]),
            reports=np.concatenate([history.last_losses[done], paused.reports]),
            n_paused=k,
            constraints=constraints,
            feasible=np.concatenate([feasible, np.full(k, not constraints)]),
            pending=waiting,
            pruned=pruned[-_MOST_LOST:],
            failed=failed[-_MOST_LOST:],
            taken=np.vstack([units, waiting, pruned, failed]),
        )

    def rungs(self, view: StudyView, number: int, space: Space, seed: int) -> RungRows | None:
        """What stands at the pruner's rungs, for trial ``number``; None without rungs, or with several objectives."""
        rungs = view.rungs() if len(view.directions) == 1 else ()
        if not rungs:
            return None
        from .rungs import RungRows, chosen, entries_of

        history, names = self.history(view), space.free_names
        have = history.with_all(names)
        done = have & history.of_state(TrialState.COMPLETE)
        found = entries_of(rungs, history.numbers[done], history.losses[done, 0], history.last_steps[done])
        if found is None or not found.n:
            return None
        paused, pending = self._under_way(view, number, names)
        numbers = np.concatenate([history.numbers[have], paused.numbers, pending.numbers])
        points = np.vstack([history.matrix(names)[have], paused.points, pending.points])
        order = np.argsort(numbers)
        where = np.searchsorted(numbers[order], found.numbers)
        usable = np.flatnonzero(numbers[order][np.minimum(where, len(numbers) - 1)] == found.numbers)
        if not len(usable):
            return None
        rows = chosen(found, usable, seed, number)
        units = space.encode(points[order[where[rows]]])
        return RungRows(found, len(np.unique(found.numbers[usable])), rows, units)

    def _under_way(self, view: StudyView, number: int, names: list[str]) -> tuple[_Waiting, _Waiting]:
        """The points of all trials under way but the one that asks: those stopped at a report, and the others."""
        if self._key != (names, view.directions):
            sign = view.directions[0].sign if len(view.directions) == 1 else None
            self._key, self._waiting = (names, view.directions), BlockCache(partial(_waiting, names, sign))
        found = _joined(self._waiting.of(view) or [_waiting(names, None, ())])
        found = found[found.numbers != number]
        return found[found.stopped], found[~found.stopped]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Trials under way with a value of every parameter.

    Args:
        numbers: of the trials.
        points: internal values.
        stopped: which are paused at a report that a process can learn from.
        steps, reports: the last report, smaller is better; -1 and NaN where there is none.
    """

    numbers: NDArray[np.int64]
    points: Array
    stopped: NDArray[np.bool_]
    steps: NDArray[np.int64]
    reports: Array

    def __getitem__(self, rows: NDArray[np.bool_]) -> _Waiting:
        return _Waiting(self.numbers[rows], self.points[rows], self.stopped[rows], self.steps[rows], self.reports[rows])


def _joined(parts: list[_Waiting]) -> _Waiting:
    return _Waiting(
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.stopped for part in parts]),
        np.concatenate([part.steps for part in parts]),
        np.concatenate([part.reports for part in parts]),
    )


def _waiting(names: list[str], sign: int | None, block: Block) -> _Waiting:
    """Those of one block. ``sign``: of the only objective; None: there are several, and no report stops a trial."""
    found = [(values_of(trial, names), trial) for trial in block]
    found = [(point, trial) for point, trial in found if not any(map(math.isnan, point))]
    trials = [trial for _, trial in found]
    stopped = [sign is not None and t.state is TrialState.PAUSED and len(t.intermediate_values) > 0 for t in trials]
    steps = [max(trial.intermediate_values, default=-1) for trial in trials]
    reports = [(sign or 1) * t.intermediate_values.get(step, math.nan) for t, step in zip(trials, steps, strict=True)]
    return _Waiting(
        np.array([trial.number for trial in trials], np.int64),
        np.array([point for point, _ in found], np.float64).reshape(-1, len(names)),
        np.array(stopped, np.bool_),
        np.array(steps, np.int64),
        np.array(reports, np.float64),
    )


def _constraints(
    history: History, rows: NDArray[np.int64]
) -> tuple[dict[str, tuple[NDArray[np.int64], Array]], NDArray[np.bool_]]:
    """Constraints of these rows, key -> (rows that have it, their values); and which rows are known to be feasible."""
    violations = history.violations[rows]
    if np.isnan(violations).all():
        return {}, np.ones(len(rows), dtype=np.bool_)
    keys = sorted({key for i in rows for key in history.constraints[i]})
    found = {}
    for key in keys:
        values = np.array([history.constraints[i].get(key, np.nan) for i in rows])
        has = ~np.isnan(values)
        if has.any():
            found[key] = np.flatnonzero(has), values[has]
    return found, violations == 0.0
