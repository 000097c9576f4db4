"""What stands at a pruner's rungs, as rows of one process over (parameters, level)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from ...core.view import Rung
from ..rng import rng_for
from .kernel import Array, Ints

MOST_HIGHER, MOST_LOWEST = 60, 50  # rows of all levels but the lowest, and of that one
_LEAST_SPREAD = 0.3  # of the values at a level, in deviations of the lowest level's


@dataclass(frozen=True, slots=True)
class Entries:
    """Results at levels: all entries of a study's rungs, and at the top level the trials that completed.

    Attributes:
        levels: the levels, ascending, shape (l,).
        numbers: trial of each entry, level by level, shape (n,).
        places: index of its level, shape (n,).
        values: what a process learns, smaller is better, shape (n,); see ``values_of``.
    """

    levels: tuple[int, ...]
    numbers: Ints
    places: Ints
    values: Array

    @property
    def n(self) -> int:
        """Number of entries."""
        return len(self.numbers)

    @property
    def heights(self) -> Array:
        """ln(level) in units of the least step between two levels, 0 at the lowest, shape (l,)."""
        logs = np.log(np.maximum(self.levels, 1.0))
        steps = np.diff(logs)
        steps = steps[steps > 0.0]
        found: Array = (logs - logs[0]) / (steps.min() if len(steps) else 1.0)
        return found

    def counts(self) -> list[tuple[int, int]]:
        """(level, its number of entries), highest first."""
        found = np.bincount(self.places, minlength=len(self.levels))
        return [(level, int(n)) for level, n in zip(self.levels, found, strict=True)][::-1]


@dataclass(frozen=True, slots=True)
class RungRows:
    """The rows of a process over (parameters, level).

    Attributes:
        entries: all that stands at the rungs.
        n_trials: how many trials that have all parameters stand there.
        rows: which entries are rows, shape (n,).
        units: their points, shape (n, d).
    """

    entries: Entries
    n_trials: int
    rows: Ints
    units: Array

    def same(self, other: RungRows) -> bool:
        """Whether a process learns the same from ``other``."""
        return all(
            np.array_equal(mine, its)
            for mine, its in (
                (self.units, other.units), (self.values, other.values), (self.heights, other.heights)
            )
        )

    @property
    def values(self) -> Array:
        """Values of the rows, smaller better, shape (n,)."""
        found: Array = self.entries.values[self.rows]
        return found

    @property
    def heights(self) -> Array:
        """Heights of the rows' levels below the top level, <= 0, shape (n,)."""
        heights = self.entries.heights
        found: Array = (heights - heights[-1])[self.entries.places[self.rows]]
        return found


def entries_of(rungs: Sequence[Rung], numbers: Ints, losses: Array, last_steps: Ints) -> Entries | None:
    """The entries of these rungs and of COMPLETE trials; None where there is no rung.

    Rungs of several brackets at one level are one. The top level is the last step of the trials that completed, or one
    step between levels above the highest rung where that is not between the two: no trial has completed yet, or levels
    are no steps but seconds.

    Args:
        rungs: as StudyView gives them.
        numbers: the COMPLETE trials, shape (k,).
        losses: theirs, shape (k,).
        last_steps: their last reported steps, -1 without one, shape (k,).
    """
    levels = sorted({rung.level for rung in rungs})
    if not levels:
        return None
    steps = np.diff(np.log(np.maximum(levels, 1.0)))
    eta = math.exp(steps.min()) if len(steps) else 3.0
    most = max(levels[-1] + 1, round(levels[-1] * eta))
    top = max(last_steps.tolist(), default=-1)
    top = top if levels[-1] < top < most else most
    parts: list[tuple[Ints, Array]] = []
    for level in levels:
        here = [rung for rung in rungs if rung.level == level]
        parts.append(
            (
                np.array([number for rung in here for number in rung.numbers], np.int64),
                np.array([loss[0] for rung in here for loss in rung.losses], np.float64),
            )
        )
    parts.append((numbers, losses))
    places = np.repeat(np.arange(len(parts)), [len(part) for part, _ in parts])
    return Entries((*levels, top), np.concatenate([part for part, _ in parts]), places, values_of(parts))


def values_of(parts: Sequence[tuple[Ints, Array]]) -> Array:
    """Values of entries, level by level: normal scores, comparable between the levels.

    Args:
        parts: (numbers, losses) of each level, lowest first. What is not finite ranks worst.

    At the lowest level a value is the normal score of the loss. Who stands at a higher level was chosen for its results
    below. So a normal score z there becomes m + max(0.3, s) z, where m and s are the mean and the deviation of the
    values that the same trials have at the lowest level where they stand.
    """
    first: dict[int, float] = {}
    found = []
    for numbers, losses in parts:
        if not len(numbers):
            continue
        ranks = rankdata(np.where(np.isfinite(losses), losses, math.inf))
        values = ndtri((ranks - 0.5) / len(losses))
        known = np.array([first[number] for number in numbers.tolist() if number in first])
        if len(known):
            values = known.mean() + max(_LEAST_SPREAD, float(known.std())) * values
        for number, value in zip(numbers.tolist(), values.tolist(), strict=True):
            first.setdefault(number, value)
        found.append(values)
    return np.concatenate(found) if found else np.empty(0)


def chosen(entries: Entries, usable: Ints, seed: int, number: int) -> Ints:
    """Which of the ``usable`` entries (k,) become rows, ascending: most of the higher levels, a sample of the lowest.

    Above the lowest level all of them or, of more, the best half and the newest others; the sample is addressed by
    (seed, "rungs", number).
    """
    places = entries.places[usable]
    higher, lowest = usable[places > places.min()], usable[places == places.min()]
    if len(higher) > MOST_HIGHER:
        order = higher[np.lexsort([-entries.numbers[higher], entries.values[higher]])]
        half = MOST_HIGHER // 2
        rest = order[half:]
        newest = rest[np.argsort(-entries.numbers[rest], kind="stable")][: MOST_HIGHER - half]
        higher = np.concatenate([order[:half], newest])
    if len(lowest) > MOST_LOWEST:
        rng = rng_for(seed, number=number, purpose="rungs")
        lowest = rng.choice(lowest, MOST_LOWEST, replace=False)
    return np.sort(np.concatenate([higher, lowest]))
