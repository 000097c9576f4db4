"""An independent judge of patience around ASHA by promotion: who still improves is promoted from any rank."""

from __future__ import annotations

import math

from ...core.messages import Decision, PromoteRung, PutRung
from ...pruners import PatientPruner
from ...trial import StudyDirection
from .climbs import Climb
from .ladder import Ladder
from .referee import Violate


class PatientLadder(Ladder):
    """The rungs, and every trial's curve."""

    def __init__(self, violate: Violate, climb: Climb, direction: StudyDirection, rule: PatientPruner) -> None:
        super().__init__(violate, climb, direction)
        self._rule = rule
        self._curves: dict[int, dict[int, float]] = {}  # trial -> step -> loss
        self._improves: set[tuple[int, int]] = set()  # (level, trial) that was recorded and improved; membership only
        self._lost: set[int] = set()  # recorded at no further rung; membership only

    def fresh(self) -> PatientLadder:
        """One that has seen nothing."""
        return PatientLadder(self._violate, self.climb, self.direction, self._rule)

    def reported(self, number: int, step: int, values: tuple[float, ...]) -> None:
        """A report is stored."""
        super().reported(number, step, values)
        self._curves.setdefault(number, {})[step] = self.direction.sign * values[0]

    def _is_stalled(self, number: int) -> bool:
        losses = [loss for _, loss in sorted(self._curves[number].items())]
        n = self._rule.patience + 1
        before, last = ([loss for loss in part if not math.isnan(loss)] for part in (losses[:-n], losses[-n:]))
        return bool(before and last) and min(before) + self._rule.min_delta < min(last)

    def _verdict(self, row: PutRung, rung: list[tuple[float, int]]) -> Decision:
        has_lost = self.climb.has_lost(row.losses[0])
        if has_lost:
            self._lost.add(row.number)
        if self._is_stalled(row.number):
            return super()._verdict(row, rung)
        if not has_lost:  # it must be promoted at once
            self._improves.add((row.level, row.number))
        return Decision.CONTINUE

    def _top(self, level: int) -> list[int]:
        """Those who wait and are on top at a level, best first."""
        return [number for number in super()._top(level) if (level, number) not in self._improves]

    def promote(self, row: PromoteRung) -> None:
        """A trial is promoted: from the top, or because it improved when it came there."""
        key = (row.level, row.number)
        if key not in self._improves:
            super().promote(row)
            return
        self.check(key not in self.promoted, f"trial {row.number} is promoted twice from {row.level}")
        self.promoted.add(key)

    def settle(self) -> None:
        """A commit is over: who came to a rung in it and improved is promoted from there."""
        for level, number in self._improves - self.promoted:
            self.check(False, f"trial {number} still improved at {level}, and was not promoted")
        super().settle()

    def answered(self, number: int, attempt: int, last: int, answer: Decision) -> None:
        """As of the ladder; a trial that has lost ends when it improves no more."""
        if number not in self._lost:
            super().answered(number, attempt, last, answer)


__all__ = ["PatientLadder"]
