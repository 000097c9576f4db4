"""What the process learns from, as arrays: finished trials, their constraints, and the trials without a result."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.protocols import StudyView
from ...trial import FrozenTrial, TrialState
from ..history import History, values_of
from ..pareto import pareto_mask
from .kernel import Array
from .space import Space
from .warping import warp, warp_stopped

_Point = tuple[list[float], FrozenTrial]  # internal values, and whose they are
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
        paused: list[_Point] = []
        pending: list[_Point] = []
        for trial in view.pending(number):
            point = values_of(trial, names)
            if any(map(math.isnan, point)):
                continue
            stopped = is_single and trial.state is TrialState.PAUSED and len(trial.intermediate_values) > 0
            (paused if stopped else pending).append((point, trial))
        sign = view.directions[0].sign
        steps = [max(trial.intermediate_values) for _, trial in paused]
        reports = [sign * trial.intermediate_values[step] for (_, trial), step in zip(paused, steps, strict=True)]
        k = len(paused)
        units = space.encode(np.vstack([points[done], _matrix(paused, space.d)]))
        constraints, feasible = _constraints(history, np.flatnonzero(done))
        waiting = space.encode(_matrix(pending, space.d))
        pruned = space.encode(points[have & ~done & history.of_state(TrialState.PRUNED)])
        failed = space.encode(points[have & history.of_state(TrialState.FAIL)])
        losses = history.losses[done]
        losses = np.where(history.of_state(TrialState.COMPLETE)[done][:, None], losses, np.nan)
        return Data(
            units=units,
            losses=np.vstack([losses, np.full((k, losses.shape[1]), np.nan)]),
            steps=np.concatenate([history.last_steps[done], np.array(steps, np.int64)]),
            reports=np.concatenate([history.last_losses[done], np.array(reports, np.float64)]),
            n_paused=k,
            constraints=constraints,
            feasible=np.concatenate([feasible, np.full(k, not constraints)]),
            pending=waiting,
            pruned=pruned[-_MOST_LOST:],
            failed=failed[-_MOST_LOST:],
            taken=np.vstack([units, waiting, pruned, failed]),
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


def _matrix(points: list[_Point], d: int) -> Array:
    return np.array([point for point, _ in points], dtype=np.float64).reshape(-1, d)
