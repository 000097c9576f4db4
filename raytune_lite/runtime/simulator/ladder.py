"""An independent judge of ASHA's rungs: replays the stored rung rows against the rule, by sorting everything.

Source: Li et al. 2018, "A System for Massively Parallel Hyperparameter Tuning", arXiv:1810.05934, Algorithm 2.
"""

from __future__ import annotations

import math

from ...core.messages import Decision, PromoteRung, PutRung
from ...core.state import StudyState
from ...pruners import ASHAPruner
from .referee import Referee, Violate


class Ladder(Referee):
    """What every rung holds, in the order of arrival, and who was promoted from it."""

    def __init__(self, violate: Violate, pruner: ASHAPruner) -> None:
        super().__init__(violate)
        self.pruner, self.levels = pruner, pruner.levels
        self.rungs: dict[int, list[tuple[float, int]]] = {level: [] for level in self.levels}
        self.promoted: set[tuple[int, int]] = set()  # (level, trial); membership only
        self._due: dict[int, tuple[int, Decision]] = {}  # trial -> (level, what its last record must be answered)
        self._due_to: dict[int, int] = {}  # trial -> the attempt that is to be answered so
        self._recorded: dict[tuple[int, int], tuple[int, Decision]] = {}  # (trial, attempt) -> the same, once settled

    def fresh(self) -> Ladder:
        """One that has seen nothing."""
        return Ladder(self._violate, self.pruner)

    def put(self, row: PutRung) -> None:
        """A trial is recorded at a rung."""
        self.check(row.level in self.rungs, f"trial {row.number} is recorded at {row.level}, which is no rung")
        rung = self.rungs[row.level]
        self.check(all(number != row.number for _, number in rung), f"trial {row.number} is twice at {row.level}")
        above = [level for level in self.levels if level > row.level]
        low = any(number == row.number for level in above for _, number in self.rungs[level])
        self.check(not low, f"trial {row.number} is recorded at {row.level} after a higher rung")
        loss = row.losses[0]
        rung.append((loss if math.isfinite(loss) else math.inf, row.number))
        if row.how in ("exact", "late"):
            self._due[row.number] = (row.level, self._verdict(row))
            self._due_to[row.number] = self.attempt.get(row.number, 1)  # its next one may begin in this very commit

    def _verdict(self, row: PutRung) -> Decision:
        rung = self.rungs[row.level]
        if not math.isfinite(row.losses[0]):
            return Decision.STOP
        order = sorted(range(len(rung)), key=lambda i: rung[i][0])  # stable: ties to the earliest
        rank, quota = order.index(len(rung) - 1), len(rung) // self.pruner.reduction_factor
        if self.pruner.mode == "stop":
            return Decision.CONTINUE if rank < max(1, quota) else Decision.STOP
        return Decision.PAUSE  # unless a promotion follows in the same commit

    def promote(self, row: PromoteRung) -> None:
        """A trial is promoted: it must be the one the paper's get_job would return, or promoted in place."""
        key = (row.level, row.number)
        self.check(key not in self.promoted, f"trial {row.number} is promoted twice from {row.level}")
        self.check(row.number in self._top(row.level), f"trial {row.number} is not on top of rung {row.level}")
        self.promoted.add(key)
        if self._due.get(row.number, (None, None))[0] == row.level:
            self._due[row.number] = (row.level, Decision.CONTINUE)

    def _top(self, level: int) -> list[int]:
        rung = self.rungs[level]
        best = sorted(rung, key=lambda entry: entry[0])[: len(rung) // self.pruner.reduction_factor]
        return [
            number
            for loss, number in best
            if math.isfinite(loss) and (level, number) not in self.promoted and number not in self.ended
        ]

    def settle(self) -> None:
        """A commit is over: what was recorded in it must be answered so."""
        for number, due in self._due.items():
            self._recorded[number, self._due_to[number]] = due
        self._due.clear()

    def answered(self, number: int, attempt: int, last: int, answer: Decision) -> None:
        """The decision for a batch of reports, the last at step ``last``: that of the rung decided in this attempt."""
        level, due = self._recorded.get((number, attempt), (math.inf, Decision.CONTINUE))
        if last >= level:
            self.check(answer is due, f"trial {number}: the rung at {level} says {due.value}, answered {answer.value}")

    def entries(self) -> list[tuple[int, int, bool]]:
        """(trial, level, whether it was promoted from there) of every record, sorted."""
        found = [(number, level) for level, rung in self.rungs.items() for _, number in rung]
        return sorted((number, level, (level, number) in self.promoted) for number, level in found)

    def compare(self, state: StudyState) -> None:
        """The promotable trials of the state are those of the rows."""
        if self.pruner.mode == "stop":
            return
        assert state.promoter is not None
        theirs = list(state.promoter.promotable(lambda _: True))
        ours = [number for level in reversed(self.levels) for number in self._top(level)]
        self.check(sorted(theirs) == sorted(ours), f"promotable by the state {theirs}, by the rows {ours}")
