"""An independent judge of PASHA: how many rungs are open, computed anew from all reports at each arrival.

Source: Bohdal et al. 2022, arXiv:2207.06940; Syne Tune 0.13, ``hyperband_pasha.py``.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from ...core.messages import PutRung
from ...trial import StudyDirection
from .climbs import Climb
from .ladder import Ladder
from .referee import Violate


class CappedLadder(Ladder):
    """A ladder of which the lowest rungs are open."""

    def __init__(self, violate: Violate, climb: Climb, direction: StudyDirection) -> None:
        super().__init__(violate, climb, direction)
        self.levels = climb.levels(0, None)
        self.n_open = 2
        self.epsilon = 0.0
        self.curves: dict[int, dict[int, float]] = {}  # of reports while the trial was not told to pause
        self.at: dict[int, list[tuple[float, int]]] = {level: [] for level in self.levels}  # came by a report

    def fresh(self) -> CappedLadder:
        """See Referee."""
        return CappedLadder(self._violate, self.climb, self.direction)

    def reported(self, number: int, step: int, values: tuple[float, ...]) -> None:
        """See Referee."""
        super().reported(number, step, values)
        stands = self.stands.get(number, [])
        pauses = bool(stands) and (stands[-1], number) not in self.promoted
        if not pauses and number not in self.stopped:
            loss = self.direction.sign * values[0]
            self.curves.setdefault(number, {})[step] = loss if math.isfinite(loss) else math.inf

    def put(self, row: PutRung) -> None:
        """See Referee."""
        super().put(row)
        if row.how not in ("exact", "late"):
            return
        loss = row.losses[0]
        self.at[row.level].append((loss if math.isfinite(loss) else math.inf, row.number))
        if self.n_open <= len(self.levels) and row.level == self.levels[self.n_open - 1] and self._has_changed():
            self.n_open += 1

    def _has_changed(self) -> bool:
        """Whether the orders at the two highest open rungs differ by more than noise."""
        above, below = (self.at[self.levels[self.n_open - i]] for i in (1, 2))
        came = [number for _, number in above]
        noise = [d for one, other in itertools.combinations(came, 2) if (d := self._noise(one, other)) is not None]
        if noise:
            self.epsilon = float(np.percentile(noise, 90))
        ranked = [number for _, number in sorted(above, key=lambda entry: entry[0])]
        losses = {number: loss for loss, number in below if number in came}
        order = sorted(losses.values())
        return len(came) > 1 and any(
            losses[number] != there and not abs(losses[number] - there) <= self.epsilon + 1e-12
            for number, there in zip(ranked, order, strict=True)
        )

    def _noise(self, one: int, other: int) -> float | None:
        steps = sorted(self.curves[one].keys() & self.curves[other].keys())
        apart = [(self.curves[one][step], self.curves[other][step]) for step in steps]
        apart = [(a, b) for a, b in apart if a != b]
        order = [a > b for a, b in apart]
        blocks = len([1 for a, b in itertools.pairwise(order) if a != b])
        distance = abs(apart[-1][0] - apart[-1][1]) if apart else math.inf
        return distance if blocks >= 2 and math.isfinite(distance) else None

    def _top(self, level: int) -> list[int]:
        return super()._top(level) if level in self.levels[: self.n_open - 1] else []


__all__ = ["CappedLadder"]
