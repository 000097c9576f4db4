"""Trials under way as rows of TPE's search space. What was made of a trial is kept until the trial changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...core.view import Block, StudyView
from ...trial import FrozenTrial, TrialState
from ..history import BlockCache, values_of
from .parzen import Array, Frame, Ints, Points
from .record import is_whole, rank_keys

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """Trials that have a value in range of every parameter of a frame, one a row, by number.

    Args:
        numbers: of the trials.
        points: their coordinates.
        keys: as for pruned trials, see ``record.rank_keys``.
        paused: which wait with reports, so that they are ranked by them.
        cells: in a finite space: points of trials that vary these parameters and no other, in parts.
    """

    numbers: Ints
    points: Points
    keys: Array
    paused: Flags
    cells: tuple[frozenset[bytes], ...]

    def __len__(self) -> int:
        return len(self.numbers)

    def ranked(self, shares: Array | None) -> Flags:
        """Which are ranked: those that are paused and, beside a pruner with rungs, those that stand at one.

        ``shares``: by trial number, NaN for a trial that stands nowhere.
        """
        if shares is None:
            return self.paused
        known = self.numbers < len(shares)
        found: Flags = self.paused.copy()
        found[known] |= ~np.isnan(shares[self.numbers[known]])
        return found


class PendingRows:
    """The rows of the trials under way, in one view after another.

    Args:
        frame: the space.
        sign: of the first objective.
    """

    def __init__(self, frame: Frame, sign: float) -> None:
        self.frame, self._sign = frame, sign
        self._cache = BlockCache(partial(_rows_of, frame, sign))

    def of(self, view: StudyView, number: int) -> Rows:
        """All rows but that of trial ``number``, which asks."""
        blocks, found = view.pending_blocks(), self._cache.of(view)
        for i, rows in enumerate(found):
            if number in rows.numbers:
                others = tuple([trial for trial in blocks[i] if trial.number != number])
                found[i] = _rows_of(self.frame, self._sign, others)
        if not found:
            return _rows_of(self.frame, self._sign, ())
        return Rows(
            np.concatenate([rows.numbers for rows in found]),
            Points.joined(*[rows.points for rows in found]),
            np.concatenate([rows.keys for rows in found]),
            np.concatenate([rows.paused for rows in found]),
            tuple([cells for rows in found for cells in rows.cells]),
        )


def _rows_of(frame: Frame, sign: float, block: Block) -> Rows:
    """The rows of one block."""
    found = [trial for trial in block if all(name in trial.params for name in frame.names)]
    if not found:
        nothing = np.empty(0, dtype=np.int64)
        return Rows(nothing, frame.no_points(), np.empty((0, 4)), np.empty(0, dtype=bool), ())
    found.sort(key=lambda trial: trial.number)
    values = np.array([values_of(trial, frame.names) for trial in found]).reshape(-1, len(frame.names))
    points, inside = frame.points(values)
    found = [trial for trial, good in zip(found, inside.tolist(), strict=True) if good]
    lasts = [-1 if not t.intermediate_values else max(t.intermediate_values) for t in found]
    reports = [sign * t.intermediate_values.get(step, math.nan) for t, step in zip(found, lasts, strict=True)]
    n, numbers = len(found), np.array([t.number for t in found], dtype=np.int64)
    keys = rank_keys(
        np.array([t.state for t in found], dtype=np.int64),
        np.zeros(n),
        np.array(lasts, dtype=np.int64),
        np.array(reports, dtype=np.float64),
        np.zeros(n),
        numbers,
    )
    paused = [t.state is TrialState.PAUSED and step >= 0 for t, step in zip(found, lasts, strict=True)]
    return Rows(numbers, points, keys, np.array(paused, dtype=bool), _cells(frame, points, found))


def _cells(frame: Frame, points: Points, trials: Sequence[FrozenTrial]) -> tuple[frozenset[bytes], ...]:
    whole = np.array([is_whole(trial, frame) for trial in trials], dtype=bool)
    return (frozenset(frame.keys(points[whole])),) if frame.size is not None and whole.any() else ()


__all__ = ["PendingRows", "Rows"]
