"""Where trials stand at a pruner's rungs: which share of all trials is expected to be better than each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...core.view import Prefix, Rung, StudyView
from ...trial import TrialState
from ..history import History
from .parzen import Array, Ints

_ETA = 3.0  # where there is one level only


class Standing:
    """The standing of one study's trials, in one view after another; what it keeps is a cache.

    The r-th best of m that stand at the i-th level of a bracket (both from 0) is expected behind a share
    eta^-i (r + 1/2) / m of all trials: who stands there is the best eta^-i of those that began, where eta is the ratio
    of two levels. A trial counts by the highest level where it stands, and one that completed by its result, as if that
    were a level more.

    So a trial that is on its way to the next level keeps the place that its last report earned. If the farthest came
    first, fast trials would: beside many workers they arrive at a level long before the others report.
    """

    def __init__(self) -> None:
        self._levels: dict[tuple[int, int], _Level] = {}

    def shares(self, view: StudyView, history: History) -> Array | None:
        """By trial number; NaN for a trial that stands nowhere. None without rungs, or with several objectives.

        ``history`` is up to date with ``view``.
        """
        rungs = view.rungs() if len(view.directions) == 1 else ()
        if not rungs:
            return None
        done = np.flatnonzero(history.of_state(TrialState.COMPLETE))
        numbers, losses = history.numbers[done], history.losses[done, 0]
        brackets = sorted({rung.bracket for rung in rungs})
        of = np.zeros(len(done), np.int64)
        if len(brackets) > 1:
            of = np.array([view.bracket(number) for number in numbers.tolist()], np.int64)
        parts: list[tuple[Ints, Array]] = []
        for bracket in brackets:
            own = sorted((rung for rung in rungs if rung.bracket == bracket), key=lambda rung: rung.level)
            eta = _ratio([rung.level for rung in own])
            for i, rung in enumerate(own):
                level = self._levels.setdefault((bracket, rung.level), _Level())
                level.read(rung)
                parts.append((level.numbers, _share(eta, i) * level.places))
            here = of == bracket if len(brackets) > 1 else slice(None)
            parts.append((numbers[here], _share(eta, len(own)) * places(losses[here])))
        found = np.full(1 + max((int(part.max()) for part, _ in parts if len(part)), default=-1), math.nan)
        for part, share in parts:  # a higher level comes later
            found[part] = share
        return found


class _Level:
    """One rung as arrays. A rung only grows, so what is new is read, and nothing is while nothing is new.

    Attributes:
        numbers: who stands there.
        places: see ``places``.
    """

    def __init__(self) -> None:
        self._source: object = None
        self.numbers: Ints = np.empty(0, np.int64)
        self._losses = np.empty(0)
        self.places = np.empty(0)

    def read(self, rung: Rung) -> None:
        source = rung.numbers.source if isinstance(rung.numbers, Prefix) else None
        n = len(self.numbers) if source is not None and source is self._source else 0
        if n > len(rung.numbers):
            n = 0
        elif n == len(rung.numbers) and n:
            return
        self._source = source
        self.numbers = np.concatenate([self.numbers[:n], np.array(rung.numbers[n:], np.int64)])
        self._losses = np.concatenate([self._losses[:n], np.array([loss[0] for loss in rung.losses[n:]], np.float64)])
        self.places = places(self._losses)


def places(losses: Array) -> Array:
    """(r + 1/2) / m for the r-th best of m, shape (m,); of equal ones the first, and what is no number last."""
    n = len(losses)
    found = np.empty(n)
    found[np.argsort(np.where(np.isnan(losses), math.inf, losses), kind="stable")] = (np.arange(n) + 0.5) / max(n, 1)
    return found


def _share(eta: float, i: int) -> float:
    """Of all trials, those that come to level ``i``; a trace less the higher it is, so of equal trials the farthest
    comes first."""
    return float(eta**-i * (1.0 - 1e-9 * i))


def _ratio(levels: Sequence[int]) -> float:
    """Of two neighbouring levels, the least there is."""
    above = np.maximum(levels, 1.0)
    found = above[1:] / above[:-1]
    found = found[found > 1.0]
    return float(found.min()) if len(found) else _ETA
