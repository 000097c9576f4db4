"""An independent judge of ASHA by seconds or by cost: hears from the log what attempts say, and adds it up itself."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from fractions import Fraction

from ...core import messages as m
from ...core.messages import Decision, PromoteRung, PutRung
from ...pruners import ASHAPruner
from ...trial import StudyDirection, TrialState
from .climbs import Climb
from .ladder import Ladder
from .referee import Violate


class TimedLadder(Ladder):
    """A Ladder that knows when each report was made, in seconds of training, and what each trial has cost."""

    def __init__(self, violate: Violate, climb: Climb, direction: StudyDirection, pruner: ASHAPruner) -> None:
        super().__init__(violate, climb, direction)
        self.pruner = pruner
        self._by_seconds = pruner.resource == "seconds"
        self._said: dict[int, dict[int, float]] = {}  # trial -> attempt -> seconds that it has said at most
        self._stamps: dict[tuple[int, int], float] = {}  # (trial, step) -> seconds of all attempts at its first report
        self._attrs: dict[tuple[int, str], str] = {}
        self._last_step: dict[int, int] = {}  # trial -> step of its newest report
        self._costs: dict[tuple[int, int], Fraction] = {}  # (level, trial) -> cost; 0: nobody knows
        self._halted: set[int] = set()  # told PAUSE or STOP, and not promoted since; membership only
        self._owes: dict[int, int] = {}  # trial -> a level that it has crossed in this commit

    def fresh(self) -> TimedLadder:
        """One that has seen nothing."""
        return TimedLadder(self._violate, self.climb, self.direction, self.pruner)

    def hear(self, events: Sequence[m.Event]) -> None:
        """These are stored."""
        for event in events:
            if isinstance(event, (m.Reported, m.AttemptEnded)):
                said = self._said.setdefault(event.number, {})
                before = sum(seconds for attempt, seconds in said.items() if attempt < event.attempt)
                for step, seconds in event.progress.trained_at:
                    self._stamps.setdefault((event.number, step), before + seconds)
                said[event.attempt] = max(said.get(event.attempt, 0.0), event.progress.trained)

    def attribute(self, row: m.PutAttr) -> None:
        """An attribute is stored."""
        self._attrs[row.number, row.key] = row.value_json

    def reported(self, number: int, step: int, values: tuple[float, ...]) -> None:
        """A report is stored."""
        super().reported(number, step, values)
        self._last_step[number] = step
        higher = [level for level in self.pruner.levels if level > max(self.stands.get(number, ()), default=0)]
        has_crossed = bool(higher) and self._stamps.get((number, step), 0.0) >= higher[0]
        if self._by_seconds and has_crossed and number not in self._halted and number not in self.ended:
            self._owes.setdefault(number, higher[0])

    def put(self, row: PutRung) -> None:
        """A trial is recorded at a rung."""
        is_reached = row.how in ("exact", "late")
        seconds = sum(self._said.get(row.number, {}).values())
        if is_reached:
            seconds = self._stamps.get((row.number, self._last_step[row.number]), 0.0)
        if self._by_seconds and is_reached:
            early = seconds < row.level
            self.check(not early, f"trial {row.number} is recorded at {row.level} s, and has trained {seconds} s")
        self._costs[row.level, row.number] = self._cost(row.number, seconds)
        if self._owes.get(row.number) == row.level:
            del self._owes[row.number]
        super().put(row)
        if is_reached and self._due[row.number][1] is not Decision.CONTINUE:
            self._halted.add(row.number)

    def _cost(self, number: int, seconds: float) -> Fraction:
        if self.pruner.cost == "seconds":
            return Fraction(seconds)
        value = json.loads(self._attrs.get((number, self.pruner.cost or ""), "0"))
        return Fraction(max(0, value)) if isinstance(value, (int, float)) and math.isfinite(value) else Fraction(0)

    def promote(self, row: PromoteRung) -> None:
        """A trial is promoted."""
        self._halted.discard(row.number)
        super().promote(row)

    def gone(self, number: int, state: TrialState) -> None:
        """The trial has ended."""
        super().gone(number, state)
        self._owes.pop(number, None)

    def settle(self) -> None:
        """A commit is over."""
        self.check(not self._owes, f"not recorded at the level that they have crossed: {self._owes}")
        super().settle()

    def _step_at(self, number: int, level: int) -> int:
        """The step at which a trial that is recorded now has reached the level, or an earlier one."""
        return self._last_step[number] if self._by_seconds else super()._step_at(number, level)

    def _best(self, level: int, rung: list[tuple[float, int]]) -> Sequence[int]:
        """Who is on top of a rung, best first, by arrival."""
        if self.pruner.cost is None:
            return super()._best(level, rung)
        order = sorted(range(len(rung)), key=lambda i: rung[i][0])  # stable: ties to the earliest
        costs = [self._costs[level, rung[i][1]] for i in order]
        known = [cost for cost in costs if cost]
        mean = sum(known, Fraction(0)) / len(known) if known else Fraction(1)
        costs = [cost or mean for cost in costs]
        k = max(k for k in range(len(costs) + 1) if sum(costs[:k]) * self.pruner.reduction_factor <= sum(costs))
        k = max(k, 1) if self.pruner.mode == "stop" else k
        return [i for i in order[:k] if math.isfinite(rung[i][0])]


__all__ = ["TimedLadder"]
