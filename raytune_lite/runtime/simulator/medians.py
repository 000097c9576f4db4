"""An independent judge of the median rule: plain lists, and everything computed anew at each report.

Source: Optuna 5.0, ``optuna/pruners/_percentile.py``, with the true median beside an infinite value.
"""

from __future__ import annotations

import math
import statistics

from ...core.messages import Decision
from ...pruners import MedianPruner
from ...trial import StudyDirection, TrialState
from .referee import Referee, Violate


class Medians(Referee):
    """All reports, and who is COMPLETE."""

    def __init__(self, violate: Violate, pruner: MedianPruner, direction: StudyDirection) -> None:
        super().__init__(violate)
        self.pruner, self.direction = pruner, direction
        self.losses: dict[int, dict[int, float]] = {}
        self.complete: list[int] = []
        # (trial, attempt) -> the step of the first report that had to stop it; None: too close to say
        self.stopped: dict[tuple[int, int], int | None] = {}

    def fresh(self) -> Medians:
        """One that has seen nothing."""
        return Medians(self._violate, self.pruner, self.direction)

    def gone(self, number: int, state: TrialState) -> None:
        """The trial has ended; a COMPLETE one counts from now on."""
        super().gone(number, state)
        if state is TrialState.COMPLETE:
            self.complete.append(number)

    def reported(self, number: int, step: int, values: tuple[float, ...]) -> None:
        """A report is stored; whether it must stop its trial."""
        own = self.losses.setdefault(number, {})
        before = max(own, default=-1)
        own[step] = self.direction.sign * values[0]
        attempt = number, self.attempt.get(number, 0)
        if number not in self.ended and attempt not in self.stopped and self._is_due(step, before):
            margin = self._margin(own, step)
            if abs(margin) < 1e-9:
                self.stopped[attempt] = None
            elif margin > 0:
                self.stopped[attempt] = step

    def _is_due(self, step: int, before: int) -> bool:
        rule = self.pruner
        if len(self.complete) < max(1, rule.n_startup_trials) or step < rule.n_warmup_steps:
            return False
        steps = step - rule.n_warmup_steps
        return before < step - steps % rule.interval_steps

    def _margin(self, own: dict[int, float], step: int) -> float:
        """By how much the trial's best is worse than the median; -inf: it goes on. Near 0, rounding decides."""
        numbers = [loss for loss in own.values() if not math.isnan(loss)]
        if not numbers:
            return math.inf
        there = [self.losses[n][step] for n in self.complete if step in self.losses.get(n, ())]
        others = [loss for loss in there if not math.isnan(loss)]
        if not others or len(there) < self.pruner.n_min_trials:
            return -math.inf
        margin = min(numbers) - statistics.median(others)
        return -math.inf if margin == 0.0 and len(others) % 2 else margin  # of an odd number the median is one of them

    def answered(self, number: int, attempt: int, last: int, answer: Decision) -> None:
        """See Referee; a repeated message from before the trial was stopped may be answered either way."""
        stopped = self.stopped.get((number, attempt), math.inf)
        if stopped is None:
            return
        if last >= stopped:
            self.check(answer is Decision.STOP, f"trial {number}: stopped at step {stopped}, answered {answer.value}")
        elif stopped == math.inf:
            self.check(answer is Decision.CONTINUE, f"trial {number}: never stopped, answered {answer.value}")


__all__ = ["Medians"]
