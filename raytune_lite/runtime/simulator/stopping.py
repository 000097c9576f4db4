"""An independent judge of a pruner that only stops trials: what its naive rule says is what must be answered."""

from __future__ import annotations

import math

from ...core.messages import Decision
from ...trial import StudyDirection, TrialState
from .referee import Referee, Violate
from .rules import Rule, Seen


class Stopping(Referee):
    """All reports, who is COMPLETE, and which attempts had to be stopped."""

    def __init__(
        self, violate: Violate, rule: Rule, directions: tuple[StudyDirection, ...], objective: int = 0
    ) -> None:
        super().__init__(violate)
        self.rule, self.seen = rule, Seen(directions, objective)
        # (trial, attempt) -> the step of the first report that had to stop it; None: too close to say
        self.stopped: dict[tuple[int, int], int | None] = {}

    def fresh(self) -> Stopping:
        """One that has seen nothing."""
        return Stopping(self._violate, self.rule, self.seen.directions, self.seen.objective)

    def gone(self, number: int, state: TrialState) -> None:
        """The trial has ended; a COMPLETE one counts from now on."""
        super().gone(number, state)
        if state is TrialState.COMPLETE:
            self.seen.complete.append(number)

    def valued(self, number: int, values: tuple[float, ...] | None) -> None:
        """A result is stored."""
        if values is not None:
            self.seen.results[number] = values

    def reported(self, number: int, step: int, values: tuple[float, ...]) -> None:
        """A report is stored; whether it must stop its trial."""
        own = self.seen.losses.setdefault(number, {})
        before = max(own, default=-1)
        own[step] = self.seen.directions[self.seen.objective].sign * values[self.seen.objective]
        attempt = number, self.attempt.get(number, 0)
        if number in self.ended or attempt in self.stopped:
            return
        margin = self.rule(self.seen, number, step, before)
        if abs(margin) < 1e-9:
            self.stopped[attempt] = None
        elif margin > 0:
            self.stopped[attempt] = step

    def answered(self, number: int, attempt: int, last: int, answer: Decision) -> None:
        """See Referee; a repeated message from before the trial was stopped may be answered either way."""
        stopped = self.stopped.get((number, attempt), math.inf)
        if stopped is None:
            return
        if last >= stopped:
            self.check(answer is Decision.STOP, f"trial {number}: stopped at step {stopped}, answered {answer.value}")
        elif stopped == math.inf:
            self.check(answer is Decision.CONTINUE, f"trial {number}: never stopped, answered {answer.value}")


__all__ = ["Stopping"]
