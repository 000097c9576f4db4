"""The state of one study, what the shell may ask of it, and the small rules that every handler shares.

StudyState is three floors: this one, ``admission`` (runs begin and end, trials come from elsewhere) and ``state``
(slots claim, attempts talk and end). Only the handlers of the two upper ones change anything.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from ..distributions import Distribution
from ..exceptions import StaleAttemptError
from ..trial import FrozenTrial, StudyDirection, TrialState
from . import messages as m
from .ledger import Ledger
from .messages import Command, Decision, FailureKind, ParamValue, Row
from .protocols import Branches, Finished, Grid, Pruner, StudyView
from .retries import RetryPolicy
from .tree import Tree
from .trials import COMPLETE, FAIL, PAUSED, PRUNED, TRANSITIONS, WAITING, Ended, TrialRecord


class Book:
    """What a study is, after the events so far."""

    def __init__(
        self,
        directions: Sequence[StudyDirection],
        pruner_for: Callable[[str], Pruner],
        grid_for: Callable[[str], Grid | Branches | None],
    ) -> None:
        self.directions = tuple(directions)
        self._pruner_for, self._grid_for = pruner_for, grid_for
        self.trials: dict[int, TrialRecord] = {}
        self.space: dict[str, Distribution] = {}  # every parameter seen, with its newest distribution
        self.slots: dict[str, int] = {}  # slot -> trial number, while its attempt is live
        self.retry: dict[int, float] = {}  # trial to be tried again -> since when it may be, oldest first
        self.queue: deque[int] = deque()
        self.requests: dict[str, int] = {}  # key of a request to enqueue or add -> the trial it made
        self.next_number = 0
        self.ended = Ended()
        self.paused: dict[int, None] = {}  # numbers of PAUSED trials, oldest first
        self.n_events = 0
        self.run, self.run_at = "", 0.0
        self.budget: int | None = 0  # configurations this run may still start
        self.stopping = ""
        self.aborted = ""  # why the run was given up, when it was
        self.alike: tuple[str, int] | None = ("", 0)  # how this run's trials failed, and how many; None: not all alike
        self.retries = RetryPolicy()
        self.checkpoints_kept = 1
        self.pruner_spec = self.sampler_spec = ""
        self.rungs = pruner_for("{}").rungs()
        self.milestones: tuple[int, ...] | None = ()
        self.ledger: Ledger | Tree | None = None
        self.best: int | None = None  # single objective: number of the best COMPLETE trial
        self.promotions = 0
        self.counts = dict.fromkeys(TrialState, 0)

    # --- what the shell may ask ---

    def work(self, at: float = math.inf) -> int | None:
        """How many claims would be served at ``at``, retries whose delay is over by then included; None: no bound."""
        if self.stopping:
            return 0
        old = sum(due <= at for due in self.retry.values()) + sum(1 for _ in self.rungs.promotable(self._is_paused))
        new: int | None = self.budget
        if self.ledger is not None:
            free = self.ledger.free() if self.ledger.available() else 0
            new = free + len(self.queue) if new is None else min(new, free + len(self.queue))
        return None if new is None else old + new

    def live(self) -> list[tuple[int, int]]:
        """(number, attempt) of every running attempt."""
        return [(number, self.trials[number].attempt) for number in self.slots.values()]

    def is_over(self) -> bool:
        """Nothing runs and nothing is left to start, not later either."""
        return not self.slots and self.work() == 0

    def view(self) -> StudyView:
        """The study as samplers see it now."""
        return StudyView(self.directions, self.n_events, Finished(self.ended, len(self.ended)), self._pending)

    def _pending(self) -> list[FrozenTrial]:
        """Trials under way: with a slot, paused, or to be tried again. Rows of other programs are nobody's concern."""
        numbers = sorted({*self.slots.values(), *self.paused, *self.retry})
        return [self.trials[number].freeze(self._ahead(self.trials[number])) for number in numbers]

    def _ahead(self, trial: TrialRecord) -> dict[str, ParamValue]:
        """The parameters that a trial is going to use, as far as that is known: foreseen or fixed."""
        ahead = {param.name: param for param in trial.foreseen or ()}
        for name, text in trial.fixed:
            dist = self.space.get(name)
            if dist is not None and name not in trial.params:
                with contextlib.suppress(ValueError):  # fixed to what this parameter cannot be: its attempt will fail
                    value = dist.to_internal_repr(json.loads(text))
                    ahead[name] = ParamValue(name=name, value=value, distribution=dist)
        return ahead

    # --- small rules ---

    def _new_trial(self, state: TrialState, number: int | None = None) -> TrialRecord:
        number = self.next_number if number is None else number
        self.next_number = max(self.next_number, number + 1)
        if number in self.trials:
            self.counts[self.trials[number].state] -= 1
        trial = self.trials[number] = TrialRecord(number=number, state=state)
        self.counts[state] += 1
        return trial

    def _move(self, trial: TrialRecord, how: str, state: TrialState) -> None:
        if (trial.state, how, state) not in TRANSITIONS:
            raise RuntimeError(f"trial {trial.number}: no transition {trial.state.name} --{how}--> {state.name}.")
        self.counts[trial.state] -= 1
        self.counts[state] += 1
        if trial.state is PAUSED:
            del self.paused[trial.number]
        if state is PAUSED:
            self.paused[trial.number] = None
        trial.state = state

    def _live(self, number: int, attempt: int) -> TrialRecord:
        trial = self.trials.get(number)
        if trial is None:
            raise StaleAttemptError(number, attempt, "the study has no such trial")
        if trial.attempt != attempt or trial.slot == "":
            live = f"attempt {trial.attempt} is" if trial.slot else f"the trial is {trial.state.name}"
            raise StaleAttemptError(number, attempt, live)
        return trial

    def _is_paused(self, number: int) -> bool:
        return self.trials[number].state is PAUSED

    def _spend(self, trial: TrialRecord) -> None:
        trial.paid_by = self.run
        self.budget = None if self.budget is None else self.budget - 1

    def _loss(self, value: float) -> float:
        return -value if self.directions[0] is StudyDirection.MAXIMIZE else value

    def _valid(self, values: tuple[float, ...]) -> bool:
        return len(values) == len(self.directions) and not any(math.isnan(value) for value in values)

    def _note_best(self, trial: TrialRecord) -> None:
        if trial.state is not COMPLETE or not trial.values or len(self.directions) > 1:
            return
        best = self.trials[self.best] if self.best is not None else None
        if best is None or self._rank(trial) < self._rank(best):
            self.best = trial.number

    def _rank(self, trial: TrialRecord) -> tuple[bool, float, int]:
        """By which the best trial is the least: feasible first; of equals the lowest number, not the first to end."""
        is_infeasible = any(value > 0 for _, value in trial.constraints())
        return is_infeasible, self._loss(trial.values[0]) if trial.values else math.inf, trial.number

    # --- the end of an attempt, and of a trial ---

    def _end_attempt(self, trial: TrialRecord, at: float, outcome: str, message: str = "", **words: Any) -> list[Row]:
        """``words``: exit_code and last_words, where known."""
        del self.slots[trial.slot]
        trial.slot = ""
        number, attempt = trial.number, trial.attempt
        return [m.EndAttempt(number=number, attempt=attempt, outcome=outcome, ended=at, message=message, **words)]

    def _leave(self, trial: TrialRecord, at: float, how: str, message: str, **words: Any) -> list[Command]:
        """The attempt is over but the trial is not: paused or stopped as decided before, else to be retried."""
        if trial.pending is Decision.STOP:
            ended = self._end_attempt(trial, at, how, message, **words)
            return [*ended, *self._finish(trial, "pruned", PRUNED, at)]
        paused = trial.pending is Decision.PAUSE
        commands: list[Command] = [*self._end_attempt(trial, at, "paused" if paused else how, message, **words)]
        self._move(trial, "paused" if paused else "retried", PAUSED if paused else WAITING)
        if paused:
            self.alike = None
        else:
            self.retry[trial.number] = at
        return [*commands, m.SetState(number=trial.number, state=trial.state, attempt=trial.attempt)]

    def _finish(self, trial: TrialRecord, how: str, state: TrialState, at: float) -> list[Command]:
        self._move(trial, how, state)
        trial.completed = at
        if state is not FAIL:
            self.alike = None
        commands: list[Command] = []
        if state is PRUNED:
            self.rungs.retire(trial.number)
            last = trial.reports.get(trial.last_step, math.nan)
            trial.values = None if math.isnan(last) else (last,)  # Optuna's rule for a pruned trial
        else:
            loss = self._loss(trial.values[0]) if trial.values and len(self.directions) == 1 else None
            commands += self.rungs.end(trial.number, loss)
        if self.ledger is not None:
            is_final = trial.failed is FailureKind.INVALID
            commands += self.ledger.failed(trial.number, is_final) if state is FAIL else self.ledger.done(trial.number)
        if trial.values is not None:
            commands.append(m.PutValues(number=trial.number, values=trial.values))
        commands += self._retain_checkpoint(trial)
        self.ended.append(trial)
        return [*commands, m.SetState(number=trial.number, state=state, attempt=trial.attempt, completed=at)]

    def _retain_checkpoint(self, trial: TrialRecord) -> list[Command]:
        """Keep the best trial's last checkpoint (several objectives: every COMPLETE trial's); drop spent ones."""
        former = self.best
        self._note_best(trial)
        if trial.state is COMPLETE and (len(self.directions) > 1 or self.best == trial.number):
            commands = trial.drop(trial.checkpoints[:-1])
            if former is not None and former != self.best:
                commands += self.trials[former].drop(self.trials[former].checkpoints)
            return commands
        return trial.drop(trial.checkpoints)
