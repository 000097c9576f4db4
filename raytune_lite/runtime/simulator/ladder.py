"""An independent judge of rungs: replays the stored rung rows against the rule, by sorting everything.

What a pruner promises of its rungs is in ``climbs``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...core.messages import Decision, PromoteRung, PutRung
from ...core.state import StudyState
from ...trial import StudyDirection, TrialState
from .climbs import Climb
from .referee import Referee, Violate

_Rung = tuple[int, int]  # (bracket, or 0 where brackets share rungs; level)


class Ladder(Referee):
    """What every rung holds, in the order of arrival, and who was promoted from it."""

    def __init__(self, violate: Violate, climb: Climb, direction: StudyDirection) -> None:
        super().__init__(violate)
        self.climb, self.direction = climb, direction
        self.first: int | None = None  # the last step of the first COMPLETE trial that reported
        self.reached: dict[int, int] = {}  # trial -> its largest step
        self.skipped: dict[int, int] = {}  # trial -> how far it was when the rungs were decided
        self.stopped: set[int] = set()  # membership only
        self.rungs: dict[_Rung, list[tuple[float, int]]] = {}
        self.stands: dict[int, list[int]] = {}  # trial -> the levels where it is recorded
        self.promoted: set[tuple[int, int]] = set()  # (level, trial); membership only
        self._due: dict[int, tuple[int, Decision]] = {}  # trial -> (level, what its last record must be answered)
        self._due_from: dict[int, int] = {}  # trial -> the step from which on it is answered so
        self._due_to: dict[int, int] = {}  # trial -> the attempt that is to be answered so
        self._recorded: dict[tuple[int, int], tuple[int, Decision]] = {}  # (trial, attempt) -> the same, once settled

    def fresh(self) -> Ladder:
        """One that has seen nothing."""
        return Ladder(self._violate, self.climb, self.direction)

    # --- what decides the rungs --------------------------------------------------------------------------------------

    def reported(self, number: int, step: int, values: tuple[float, ...]) -> None:
        """A report is stored; NaN that reaches a rung may end the trial without a record."""
        self.reached[number] = max(step, self.reached.get(number, -1))
        loss = self.direction.sign * values[0]
        if not (self.climb.is_optunas and self.climb.has_lost(loss)) or number in self.stopped:
            return
        after = max([*self.stands.get(number, ()), self.skipped.get(number, -1)])
        due = [level for level in self.climb.levels(number, self.first) if after < level <= step]
        if due and number not in self.ended:
            self._must(number, step, Decision.STOP)

    def gone(self, number: int, state: TrialState) -> None:
        """The trial has ended; the first COMPLETE one may decide where the rungs are."""
        super().gone(number, state)
        if state is TrialState.COMPLETE and self.first is None and number in self.reached:
            self.first = self.reached[number]
            if self.climb.waits_for_first:
                self.skipped = {other: step for other, step in self.reached.items() if other not in self.ended}

    # --- rungs -------------------------------------------------------------------------------------------------------

    def put(self, row: PutRung) -> None:
        """A trial is recorded at a rung."""
        levels, stands = self.climb.levels(row.number, self.first), self.stands.setdefault(row.number, [])
        self.check(row.level in levels, f"trial {row.number} is recorded at {row.level}, which is no rung of it")
        self.check(row.level not in stands, f"trial {row.number} is twice at {row.level}")
        self.check(row.level > max(stands, default=-1), f"trial {row.number}: at {row.level} after a higher rung")
        skipped = self.skipped.get(row.number, -1)
        self.check(row.level > skipped, f"trial {row.number} had passed {row.level} before there were rungs")
        bracket = self.climb.bracket(row.number, self.first)
        self.check(row.bracket == bracket, f"trial {row.number} is of bracket {bracket}, recorded in {row.bracket}")
        stands.append(row.level)
        loss, rung = row.losses[0], self._rung(row)
        rung.append((math.inf if self.climb.has_lost(loss) else loss, row.number))
        if row.how in ("exact", "late"):
            self._must(row.number, row.level, self._verdict(row, rung))
        else:
            self.check(not self.climb.is_optunas, f"trial {row.number} is recorded as {row.how}, which Optuna does not")

    def _rung(self, row: PutRung | PromoteRung) -> list[tuple[float, int]]:
        return self.rungs.setdefault((0 if self.climb.shares_rungs else row.bracket, row.level), [])

    def _must(self, number: int, level: int, decision: Decision) -> None:
        """The answer to a report at or past ``level``."""
        if decision is Decision.STOP:
            self.stopped.add(number)
        self._due[number] = (level, decision)
        self._due_from[number] = self._step_at(number, level)
        self._due_to[number] = self.attempt.get(number, 1)  # its next one may begin in this very commit

    def _step_at(self, number: int, level: int) -> int:  # noqa: ARG002
        """The step at which a trial that is recorded now has reached the level, or an earlier one."""
        return level

    def _best(self, level: int, rung: list[tuple[float, int]]) -> Sequence[int]:  # noqa: ARG002
        """Who is on top of a rung, best first, by arrival."""
        return self.climb.on_top([loss for loss, _ in rung])

    def _verdict(self, row: PutRung, rung: list[tuple[float, int]]) -> Decision:
        if self.climb.has_lost(row.losses[0]):
            return Decision.STOP
        if not self.climb.stops:
            return Decision.PAUSE  # unless a promotion follows in the same commit
        is_on_top = len(rung) - 1 in self._best(row.level, rung)
        return Decision.CONTINUE if is_on_top else Decision.STOP

    def promote(self, row: PromoteRung) -> None:
        """A trial is promoted: it must be the one the paper's get_job would return, or promoted in place."""
        key = (row.level, row.number)
        self.check(key not in self.promoted, f"trial {row.number} is promoted twice from {row.level}")
        self.check(row.number in self._top(row.level), f"trial {row.number} is not on top of rung {row.level}")
        bracket = self.climb.bracket(row.number, self.first)
        self.check(row.bracket == bracket, f"trial {row.number} is of bracket {bracket}, promoted in {row.bracket}")
        self.promoted.add(key)
        if self._due.get(row.number, (None, None))[0] == row.level:
            self._due[row.number] = (row.level, Decision.CONTINUE)

    def _top(self, level: int) -> list[int]:
        """Those who wait and are on top at a level, best first."""
        rung = self.rungs.get((0, level), [])
        best = [rung[i][1] for i in self._best(level, rung)]
        return [number for number in best if (level, number) not in self.promoted and number not in self.ended]

    def settle(self) -> None:
        """A commit is over: what was recorded in it must be answered so."""
        for number, due in self._due.items():
            self._recorded[number, self._due_to[number]] = self._due_from[number], due[1]
        self._due.clear()

    def answered(self, number: int, attempt: int, last: int, answer: Decision) -> None:
        """The decision for a batch of reports, the last at step ``last``: that of the rung decided in this attempt."""
        level, due = self._recorded.get((number, attempt), (math.inf, Decision.CONTINUE))
        if last >= level:
            self.check(answer is due, f"trial {number}: the rung at {level} says {due.value}, answered {answer.value}")

    def entries(self) -> list[tuple[int, int, bool]]:
        """(trial, level, whether it was promoted from there) of every record, sorted."""
        found = [(number, level) for (_, level), rung in self.rungs.items() for _, number in rung]
        return sorted((number, level, (level, number) in self.promoted) for number, level in found)

    def compare(self, state: StudyState) -> None:
        """The promotable trials of the state are those of the rows."""
        if self.climb.stops:
            return
        assert state.promoter is not None
        theirs = list(state.promoter.promotable(lambda _: True))
        ours = [number for _, level in sorted(self.rungs, reverse=True) for number in self._top(level)]
        self.check(theirs == ours, f"promotable by the state {theirs}, by the rows {ours}")
