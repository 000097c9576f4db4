"""The decision core: a study is the fold of ``StudyState.handle`` over its events.

Owns every rule about what a trial may do next. Knows no clock (time comes in on events), no database (rows go out as
commands) and no Ray. Two rules keep it exact: a handler refuses before it changes anything, and everything it
changes follows from the event and the state alone, so replaying the log gives the same state.

States of a trial, and what moves it (rows of TRANSITIONS):

    (none)  --claimed-->   RUNNING      a slot starts a new configuration
    (none)  --enqueued-->  WAITING      the user asked for one; a claim starts it
    RUNNING --paused-->    PAUSED       the pruner said PAUSE and the attempt is over
    RUNNING --retried-->   WAITING      the attempt was lost, failed or interrupted, with retries left
    PAUSED, WAITING --claimed--> RUNNING   promoted or retried: the next attempt
    RUNNING --completed--> COMPLETE, --pruned--> PRUNED, --failed--> FAIL
    PAUSED  --pruned-->    PRUNED       the run is over and nothing promoted it
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..distributions import Distribution, check_distribution_compatibility
from ..exceptions import StaleAttemptError
from ..trial import FrozenTrial, StudyDirection, TrialState
from . import messages as m
from .ledger import Ledger
from .messages import Command, Decision, LossKind, Outcome, ParamValue, Row
from .protocols import Grid, Pruner, Rungs, StudyView
from .retries import RetryPolicy

WAITING, RUNNING, PAUSED = TrialState.WAITING, TrialState.RUNNING, TrialState.PAUSED
COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL

TRANSITIONS: frozenset[tuple[TrialState, str, TrialState]] = frozenset(
    {
        (WAITING, "claimed", RUNNING),
        (PAUSED, "claimed", RUNNING),
        (RUNNING, "paused", PAUSED),
        (RUNNING, "retried", WAITING),
        (RUNNING, "completed", COMPLETE),
        (RUNNING, "pruned", PRUNED),
        (RUNNING, "failed", FAIL),
        (PAUSED, "pruned", PRUNED),
    }
)

FAILURE_KEY = "rtl:failure"  # system attribute: JSON of {"error", "traceback"}


class Effects(NamedTuple):
    """What an event leads to. ``changed``: it must be logged (a repeated message changes nothing)."""

    commands: list[Command]
    changed: bool = True


@dataclass(slots=True)
class TrialRecord:
    """All that the core knows of one trial. Changed by StudyState only."""

    number: int
    state: TrialState
    attempt: int = 0
    slot: str = ""
    cell: int | None = None
    fixed: tuple[tuple[str, str], ...] = ()
    foreseen: tuple[ParamValue, ...] | None = None  # None: the sampler has not been asked yet
    params: dict[str, ParamValue] = field(default_factory=dict)
    reports: dict[int, float] = field(default_factory=dict)
    last_step: int = -1  # the largest reported
    verdicts: dict[int, tuple[int, Decision]] = field(default_factory=dict)  # step -> (attempt, PAUSE or STOP)
    pending: Decision = Decision.CONTINUE  # the standing decision of the live attempt
    values: tuple[float, ...] | None = None
    user_attrs: dict[str, str] = field(default_factory=dict)
    system_attrs: dict[str, str] = field(default_factory=dict)
    checkpoints: list[m.CheckpointRef] = field(default_factory=list)  # the newest last; see StudyState._resume_from
    spent: set[str] = field(default_factory=set)  # uris of dropped checkpoints; membership only, never iterated
    retried: dict[str, int] = field(default_factory=dict)
    started: float | None = None
    foreign: bool = False  # a RUNNING row of another program: its number is taken, nothing else



class StudyState:
    """One study. ``handle`` is the only door through which it changes."""

    def __init__(
        self,
        directions: Sequence[StudyDirection],
        pruner_for: Callable[[str], Pruner],
        grid_for: Callable[[str], Grid | None],
    ) -> None:
        self.directions = tuple(directions)
        self._pruner_for, self._grid_for = pruner_for, grid_for
        self.trials: dict[int, TrialRecord] = {}
        self.space: dict[str, Distribution] = {}  # every parameter seen, with its newest distribution
        self.slots: dict[str, int] = {}  # slot -> trial number, while its attempt is live
        self.retry: deque[int] = deque()
        self.queue: deque[int] = deque()
        self.next_number = 0
        self.n_events = 0
        self.run = ""
        self.budget: int | None = 0  # configurations this run may still start
        self.stopping = ""
        self.retries = RetryPolicy()
        self.pruner_spec = self.sampler_spec = ""
        self.rungs = pruner_for("{}").rungs()
        self.milestones: tuple[int, ...] | None = ()
        self.ledger: Ledger | None = None
        self.best: int | None = None  # single objective: number of the best COMPLETE trial
        self.promotions = 0
        self.counts = dict.fromkeys(TrialState, 0)

    # --- the door ------------------------------------------------------------------------------------------------

    def handle(self, event: m.Event) -> Effects:
        """Decide what an event leads to, and become the state after it.

        Raises:
            StaleAttemptError: the event is of an attempt that is not live; nothing was changed.
            IncompatibleDistributionError: a parameter changed its kind; nothing was changed.
            ValueError: the event asks for what cannot be; nothing was changed.
        """
        effects: Effects = self._HANDLERS[type(event)](self, event)
        self.n_events += effects.changed
        return effects

    # --- what the shell may ask ------------------------------------------------------------------------------------

    def work(self) -> int | None:
        """How many claims would be served now; None: without bound."""
        if self.stopping:
            return 0
        old = len(self.retry) + sum(1 for _ in self.rungs.promotable(self._is_paused))
        new: int | None = self.budget
        if self.ledger is not None:
            free = self.ledger.free() if self.ledger.available() else 0
            new = free + len(self.queue) if new is None else min(new, free + len(self.queue))
        return None if new is None else old + new

    def live(self) -> list[tuple[int, int]]:
        """(number, attempt) of every running attempt."""
        return [(number, self.trials[number].attempt) for number in self.slots.values()]

    def is_over(self) -> bool:
        """Nothing runs and nothing is left to start."""
        return not self.slots and self.work() == 0

    def view(self) -> StudyView:
        """The study as samplers see it now."""
        return StudyView(self.directions, self.n_events, self._frozen)

    def _frozen(self) -> list[FrozenTrial]:
        return [self.freeze(trial) for trial in self.trials.values() if not trial.foreign]

    def freeze(self, trial: TrialRecord) -> FrozenTrial:
        """A trial's record for readers (without wall-clock dates, which the database adds)."""
        return FrozenTrial(
            number=trial.number,
            state=trial.state,
            values=trial.values,
            params={n: p.distribution.to_external_repr(p.value) for n, p in trial.params.items()},
            distributions={n: p.distribution for n, p in trial.params.items()},
            user_attrs={key: json.loads(text) for key, text in trial.user_attrs.items()},
            system_attrs={key: json.loads(text) for key, text in trial.system_attrs.items()},
            intermediate_values=dict(trial.reports),
            attempt=trial.attempt,
        )

    # --- runs ------------------------------------------------------------------------------------------------------

    def _run_started(self, event: m.RunStarted) -> Effects:
        retries, commands = RetryPolicy(**json.loads(event.retries)), list[Command]()
        pruner = self._new_pruner(event.pruner) if event.pruner != self.pruner_spec else None
        if event.sampler != self.sampler_spec:  # the last refusal: from here on everything is allowed
            commands += self._adopt_sampler(event.sampler)
        if pruner is not None:
            commands += self._adopt_pruner(event.pruner, pruner)
        self.retries = retries
        for number, attempt in self.live():  # the run that owned these attempts is dead
            commands += self._lose(self.trials[number], attempt, event.at, LossKind.DRIVER_LOST, "its run ended")
        self.run, self.stopping = event.run, ""
        started = sum(t.attempt > 0 or t.state.is_finished() for t in self.trials.values())
        bounds = [event.n_trials, None if event.max_trials is None else max(0, event.max_trials - started)]
        self.budget = min((bound for bound in bounds if bound is not None), default=None)
        return Effects(commands)

    def _new_pruner(self, spec: str) -> Pruner:
        pruner = self._pruner_for(spec)
        if self.milestones != () and any(t.reports for t in self.trials.values() if t.attempt):
            raise ValueError(
                f"this study's trials were judged by {self.pruner_spec}; they cannot be judged again by {spec}. "
                "Continue it with the same pruner (load_study() without pruner= does), or start another study."
            )
        return pruner

    def _adopt_pruner(self, spec: str, pruner: Pruner) -> list[Command]:
        rungs, commands = pruner.rungs(), list[Command]()
        for trial in self.trials.values():
            for step, value in trial.reports.items():
                commands += rungs.report(trial.number, step, self._loss(value)).rows
            commands += self._close_rungs(rungs, trial)
        self.pruner_spec, self.milestones, self.rungs = spec, pruner.milestones, rungs
        return commands

    def _close_rungs(self, rungs: Rungs, trial: TrialRecord) -> Sequence[Row]:
        """A finished trial is never promoted; a COMPLETE one stands at the rungs it did not report at, too."""
        if trial.state is COMPLETE and trial.values and len(self.directions) == 1:
            return rungs.end(trial.number, self._loss(trial.values[0]))
        if trial.state.is_finished():
            rungs.retire(trial.number)
        return ()

    def _adopt_sampler(self, spec: str) -> list[Command]:
        grid, commands = self._grid_for(spec), list[Command]()
        if self.ledger is not None and self.ledger.cells:
            raise ValueError(
                f"this study's grid is {self.sampler_spec}; cells of it are decided already, so it cannot become "
                f"{spec}. Continue with the same GridSampler, or start another study."
            )
        ledger = Ledger(grid) if grid is not None else None
        for trial in self.trials.values() if ledger is not None else ():
            commands += self._adopt_cell(ledger, trial)
        self.sampler_spec, self.ledger = spec, ledger
        return commands

    def _adopt_cell(self, ledger: Ledger | None, trial: TrialRecord) -> Sequence[Row]:
        """Let a trial that chose its parameters elsewhere own its cell, so that no other trial runs it again."""
        if ledger is None or trial.foreign or trial.state is FAIL:
            return ()
        params = {n: p.distribution.to_external_repr(p.value) for n, p in trial.params.items()}
        params |= {name: json.loads(text) for name, text in trial.fixed}
        claimed = ledger.claim_params(trial.number, params)
        if claimed is None:
            return ()
        trial.cell = claimed[0]
        return (claimed[1], *(ledger.done(trial.number) if trial.state.is_finished() else ()))

    def _run_finished(self, event: m.RunFinished) -> Effects:
        if event.run != self.run or self.stopping or not self.is_over():
            return Effects([], changed=False)
        commands: list[Command] = []
        for trial in self.trials.values():
            if trial.state is PAUSED:
                commands += self._finish(trial, "pruned", PRUNED, event.at)
        return Effects(commands, changed=bool(commands))

    def _stop_requested(self, event: m.StopRequested) -> Effects:
        changed, self.stopping = not self.stopping, self.stopping or event.reason
        return Effects([], changed)

    # --- trials that do not come from a claim ------------------------------------------------------------------------

    def _trial_enqueued(self, event: m.TrialEnqueued) -> Effects:
        trial = self._new_trial(WAITING)
        trial.fixed, trial.user_attrs = event.params, dict(event.user_attrs)
        self.queue.append(trial.number)
        rows: list[Command] = [m.NewTrial(number=trial.number, state=WAITING)]
        rows += [m.PutAttr(number=trial.number, key=k, value_json=v) for k, v in event.user_attrs]
        fixed = json.dumps({name: json.loads(text) for name, text in event.params})
        trial.system_attrs["fixed_params"] = fixed  # Optuna's key
        rows.append(m.PutAttr(number=trial.number, key="fixed_params", value_json=fixed, system=True))
        return Effects([*rows, m.Answer(value=trial.number)])

    def _trial_added(self, event: m.TrialAdded) -> Effects:
        state = TrialState(event.state)
        if event.number is not None and event.number in self.trials and not self.trials[event.number].foreign:
            return Effects([m.Answer(value=event.number)], changed=False)
        if not event.imported:
            self._check_added(state, event)
        trial = self._new_trial(state, event.number)
        trial.foreign = event.imported and state is RUNNING
        trial.values, trial.reports = event.values, dict(event.reports)
        trial.last_step = max(trial.reports, default=-1)
        trial.user_attrs, trial.system_attrs = dict(event.user_attrs), dict(event.system_attrs)
        trial.params = {param.name: param for param in event.params}
        for param in event.params:
            self.space.setdefault(param.name, param.distribution)
        if state is WAITING:
            fixed = json.loads(trial.system_attrs.get("fixed_params", "{}"))
            trial.fixed = tuple((name, json.dumps(value)) for name, value in fixed.items())
            self.queue.append(trial.number)
        rows = self._rows_of_added(trial, event)
        if state.is_finished():
            for step, value in event.reports:
                rows += self.rungs.report(trial.number, step, self._loss(value)).rows
            rows += self._close_rungs(self.rungs, trial)
            rows += self._adopt_cell(self.ledger, trial)
            self._note_best(trial)
        return Effects([*rows, m.Answer(value=trial.number)])

    def _check_added(self, state: TrialState, event: m.TrialAdded) -> None:
        if state is COMPLETE and (event.values is None or not self._valid(event.values)):
            raise ValueError(
                f"a COMPLETE trial of this study needs a value that is a number for each of its "
                f"{len(self.directions)} objective(s), got {event.values}; add it with state=FAIL instead."
            )
        if any(math.isnan(value) for value in event.values or ()):
            raise ValueError(f"a {state.name} trial may have no values or numbers, got {event.values}; leave them out.")
        for param in event.params:
            if param.name in self.space:
                check_distribution_compatibility(param.name, self.space[param.name], param.distribution)

    def _rows_of_added(self, trial: TrialRecord, event: m.TrialAdded) -> list[Command]:
        number = trial.number
        if event.imported:
            return [] if trial.foreign else [m.AdoptTrial(number=number, state=trial.state)]
        rows: list[Command] = [m.NewTrial(number=number, state=trial.state, started=event.at, completed=event.at)]
        rows += [m.PutParam(number=number, param=param) for param in event.params]
        rows += [m.PutReport(number=number, step=step, value=value) for step, value in event.reports]
        rows += [m.PutAttr(number=number, key=k, value_json=v) for k, v in event.user_attrs]
        rows += [m.PutAttr(number=number, key=k, value_json=v, system=True) for k, v in event.system_attrs]
        return rows + ([m.PutValues(number=number, values=event.values)] if event.values is not None else [])

    # --- a slot asks for its trial -----------------------------------------------------------------------------------

    def _claimed(self, event: m.Claimed) -> Effects:
        if event.slot in self.slots:  # a re-sent claim gets the answer it was given
            trial = self.trials[self.slots[event.slot]]
            again: Command = m.Suggest(number=trial.number) if trial.foreseen is None else self._assignment(trial)
            return Effects([again], changed=False)
        if self.stopping:
            return Effects([m.Answer(value=None)], changed=False)
        for find in (self._next_retry, self._next_promotion, self._next_enqueued, self._next_new):
            found = find(event)
            if found is not None:
                return Effects(self._start(*found, event))
        return Effects([m.Answer(value=None)], changed=False)

    def _next_retry(self, _: m.Claimed) -> tuple[TrialRecord, list[Command]] | None:
        return (self.trials[self.retry.popleft()], []) if self.retry else None

    def _next_promotion(self, _: m.Claimed) -> tuple[TrialRecord, list[Command]] | None:
        for number in self.rungs.promotable(self._is_paused):
            self.promotions += 1
            return self.trials[number], list(self.rungs.promote(number))
        return None

    def _next_enqueued(self, _: m.Claimed) -> tuple[TrialRecord, list[Command]] | None:
        if not self.queue or self.budget == 0:
            return None
        trial = self.trials[self.queue.popleft()]
        self._spend()
        return trial, list(self._adopt_cell(self.ledger, trial))

    def _next_new(self, event: m.Claimed) -> tuple[TrialRecord, list[Command]] | None:
        if self.budget == 0:
            return None
        if self.ledger is None:
            self._spend()
            trial = self._new_trial(WAITING)
            return trial, [m.NewTrial(number=trial.number, state=RUNNING, attempt=1, started=event.at)]
        claimed = self.ledger.claim(self.next_number)
        if claimed is None:
            return None
        self._spend()
        trial = self._new_trial(WAITING)
        trial.cell, row = claimed
        trial.fixed = tuple((name, json.dumps(value)) for name, value in self.ledger.grid.params(trial.cell).items())
        trial.foreseen = ()
        new = m.NewTrial(number=trial.number, state=RUNNING, attempt=1, cell=trial.cell, started=event.at)
        return trial, [new, row]

    def _start(self, trial: TrialRecord, commands: list[Command], event: m.Claimed) -> list[Command]:
        fresh = bool(commands) and isinstance(commands[0], m.NewTrial)
        self._move(trial, "claimed", RUNNING)
        trial.attempt += 1
        trial.pending, trial.slot = Decision.CONTINUE, event.slot
        self.slots[event.slot] = trial.number
        if not fresh:
            first = event.at if trial.started is None else None
            commands.append(m.SetState(number=trial.number, state=RUNNING, attempt=trial.attempt, started=first))
        trial.started = event.at if trial.started is None else trial.started
        resumed = self._resume_from(trial)
        for newer in [ref for ref in trial.checkpoints if ref != resumed]:
            commands += self._drop_checkpoint(trial, newer)
        commands.append(
            m.NewAttempt(
                number=trial.number,
                attempt=trial.attempt,
                slot=event.slot,
                node=event.node,
                started=event.at,
                resumed_step=resumed.step if resumed else None,
            )
        )
        commands.append(m.Suggest(number=trial.number) if trial.foreseen is None else self._assignment(trial))
        return commands

    def _suggested(self, event: m.Suggested) -> Effects:
        trial = self.trials[event.number]
        if trial.foreseen is not None:  # asked twice: the first answer stands
            return Effects([self._assignment(trial)], changed=False)
        trial.foreseen = event.params
        return Effects([self._assignment(trial)])

    def _assignment(self, trial: TrialRecord) -> m.Answer:
        return m.Answer(
            value=m.Assignment(
                number=trial.number,
                attempt=trial.attempt,
                fixed=trial.fixed,
                used=tuple((name, self.space[name]) for name, _ in trial.fixed if name in self.space),
                params=tuple(trial.params.values()),
                foreseen=trial.foreseen or (),
                user_attrs=tuple(trial.user_attrs.items()),
                milestones=self.milestones,
                checkpoint=self._resume_from(trial),
                last_step=trial.last_step,
                started=trial.started or 0.0,
            )
        )

    # --- an attempt talks --------------------------------------------------------------------------------------------

    def _param_asked(self, event: m.ParamAsked) -> Effects:
        trial = self._live(event.number, event.attempt)
        known = trial.params.get(event.name)
        if known is not None:
            return Effects([m.Answer(value=known)], changed=False)
        if event.name in self.space:
            check_distribution_compatibility(event.name, self.space[event.name], event.distribution)
        ask = m.SuggestOne(
            number=event.number, attempt=event.attempt, name=event.name, distribution=event.distribution
        )
        return Effects([ask], changed=False)

    def _param_set(self, event: m.ParamSet) -> Effects:
        trial = self._live(event.number, event.attempt)
        rows = self._use_params(trial, (event.param,))
        return Effects([*rows, m.Answer(value=trial.params[event.param.name])], changed=bool(rows))

    def _reported(self, event: m.Reported) -> Effects:
        trial = self._live(event.number, event.attempt)
        commands = self._note_progress(trial, event.progress)
        return Effects([*commands, m.Answer(value=self._answer(trial, event.progress))], changed=bool(commands))

    def _answer(self, trial: TrialRecord, progress: m.Progress) -> Decision:
        """The decision stored for the last step told, so that a re-sent report reads the same answer."""
        if not progress.reports:
            return trial.pending
        attempt, decision = trial.verdicts.get(progress.reports[-1][0], (trial.attempt, Decision.CONTINUE))
        # a verdict of an earlier attempt is spent: the trial has been promoted past it since
        return decision if attempt == trial.attempt else trial.pending

    def _note_progress(self, trial: TrialRecord, progress: m.Progress) -> list[Command]:
        commands: list[Command] = list(self._use_params(trial, progress.params))
        for key, text in progress.user_attrs:
            if trial.user_attrs.get(key) != text:
                trial.user_attrs[key] = text
                commands.append(m.PutAttr(number=trial.number, key=key, value_json=text))
        new = progress.checkpoint
        # a late copy of an old message must not bring back a checkpoint whose files are deleted
        if new is not None and new not in trial.checkpoints and new.uri not in trial.spent:
            for old in trial.checkpoints[:-1]:
                commands += self._drop_checkpoint(trial, old)
            trial.checkpoints.append(new)
            commands.append(m.PutCheckpoint(number=trial.number, checkpoint=new))
        for step, value in progress.reports:
            if step in trial.reports:
                continue  # the first report of a step stands
            trial.reports[step] = value
            trial.last_step = max(trial.last_step, step)
            commands.append(m.PutReport(number=trial.number, step=step, value=value))
            if trial.pending is Decision.CONTINUE:
                verdict = self.rungs.report(trial.number, step, self._loss(value))
                commands += verdict.rows
                self.promotions += sum(isinstance(row, m.PromoteRung) for row in verdict.rows)
                trial.pending = verdict.decision
            if trial.pending is not Decision.CONTINUE:
                trial.verdicts[step] = (trial.attempt, trial.pending)
        if trial.checkpoints and trial.checkpoints[-1].step <= trial.last_step:
            for old in trial.checkpoints[:-1]:
                commands += self._drop_checkpoint(trial, old)
        return commands

    def _use_params(self, trial: TrialRecord, params: Sequence[ParamValue]) -> list[Row]:
        rows: list[Row] = []
        for param in params:
            if param.name not in trial.params:
                trial.params[param.name] = param
                self.space[param.name] = param.distribution
                rows.append(m.PutParam(number=trial.number, param=param))
        return rows

    def _resume_from(self, trial: TrialRecord) -> m.CheckpointRef | None:
        """The newest checkpoint, unless that would lose a report.

        An objective that saves step s and then reports it may die between the two. Resumed from s it would never
        report s again, so until that report is stored the checkpoint before it is kept, and resumed from. An
        objective that saves without reporting resumes from its newest.
        """
        told = [ref for ref in trial.checkpoints if ref.step <= trial.last_step]
        reports_come = self.milestones != () and len(trial.checkpoints) == 1  # none yet, but the pruner lives on them
        return told[-1] if told else trial.checkpoints[-1] if trial.checkpoints and not reports_come else None

    def _drop_checkpoint(self, trial: TrialRecord, old: m.CheckpointRef) -> list[Command]:
        trial.checkpoints.remove(old)
        trial.spent.add(old.uri)
        return [m.DropCheckpoint(number=trial.number, uri=old.uri), m.Discard(uri=old.uri)]

    def _drop_all_checkpoints(self, trial: TrialRecord) -> list[Command]:
        return [command for ref in list(trial.checkpoints) for command in self._drop_checkpoint(trial, ref)]

    # --- an attempt is over ------------------------------------------------------------------------------------------

    def _attempt_ended(self, event: m.AttemptEnded) -> Effects:
        trial = self.trials.get(event.number)
        if trial is not None and trial.attempt == event.attempt and trial.slot == "":
            return Effects([m.Answer(value=trial.state)], changed=False)  # told twice
        trial = self._live(event.number, event.attempt)
        commands = self._note_progress(trial, event.progress)
        if event.outcome is Outcome.COMPLETE and event.values is not None and self._valid(event.values):
            commands += self._end_attempt(trial, event.at, Outcome.COMPLETE.value)
            trial.values = event.values
            commands += self._finish(trial, "completed", COMPLETE, event.at)
        elif event.outcome is Outcome.PRUNED and trial.pending is not Decision.PAUSE:
            commands += self._end_attempt(trial, event.at, Outcome.PRUNED.value)
            commands += self._finish(trial, "pruned", PRUNED, event.at)
        elif event.outcome in (Outcome.PRUNED, Outcome.INTERRUPTED):
            commands += self._leave(trial, event.at, event.outcome.value, "")
        else:
            failure = event.failure or m.Failure(error=f"ValueError: the objective returned {event.values}")
            commands += self._fail(trial, event.at, "exception", failure)
        return Effects([*commands, m.Answer(value=trial.state)])

    def _attempt_lost(self, event: m.AttemptLost) -> Effects:
        trial = self.trials.get(event.number)
        if trial is None or trial.attempt != event.attempt or trial.slot == "":
            return Effects([m.Answer(value=None)], changed=False)
        commands = self._lose(trial, event.attempt, event.at, event.kind, event.message)
        return Effects([*commands, m.Answer(value=trial.state)])

    def _lose(self, trial: TrialRecord, attempt: int, at: float, kind: LossKind, message: str) -> list[Command]:
        if trial.pending is not Decision.CONTINUE or kind is LossKind.DRIVER_LOST:
            return self._leave(trial, at, kind.value, message)
        return self._fail(trial, at, kind.value, m.Failure(error=f"attempt {attempt} lost ({kind.value}): {message}"))

    def _leave(self, trial: TrialRecord, at: float, how: str, message: str) -> list[Command]:
        """The attempt is over but the trial is not: paused or stopped as decided before, else to be retried."""
        if trial.pending is Decision.STOP:
            return [*self._end_attempt(trial, at, how, message), *self._finish(trial, "pruned", PRUNED, at)]
        paused = trial.pending is Decision.PAUSE
        commands: list[Command] = [*self._end_attempt(trial, at, "paused" if paused else how, message)]
        self._move(trial, "paused" if paused else "retried", PAUSED if paused else WAITING)
        if not paused:
            self.retry.append(trial.number)
        return [*commands, m.SetState(number=trial.number, state=trial.state, attempt=trial.attempt)]

    def _fail(self, trial: TrialRecord, at: float, kind: str, failure: m.Failure) -> list[Command]:
        commands: list[Command] = [*self._end_attempt(trial, at, kind, failure.traceback or failure.error)]
        before = trial.retried.get(kind, 0)
        if self.retries.allows(kind, before):
            trial.retried[kind] = before + 1
            self._move(trial, "retried", WAITING)
            self.retry.append(trial.number)
            return [*commands, m.SetState(number=trial.number, state=WAITING, attempt=trial.attempt)]
        text = json.dumps({"error": failure.error, "traceback": failure.traceback})
        trial.system_attrs[FAILURE_KEY] = text
        commands.append(m.PutAttr(number=trial.number, key=FAILURE_KEY, value_json=text, system=True))
        return commands + self._finish(trial, "failed", FAIL, at)

    def _end_attempt(self, trial: TrialRecord, at: float, outcome: str, message: str = "") -> list[Row]:
        del self.slots[trial.slot]
        trial.slot = ""
        return [
            m.EndAttempt(number=trial.number, attempt=trial.attempt, outcome=outcome, ended=at, message=message)
        ]

    def _finish(self, trial: TrialRecord, how: str, state: TrialState, at: float) -> list[Command]:
        self._move(trial, how, state)
        commands: list[Command] = []
        if state is PRUNED:
            self.rungs.retire(trial.number)
            last = trial.reports.get(trial.last_step, math.nan)
            trial.values = None if math.isnan(last) else (last,)  # Optuna's rule for a pruned trial
        else:
            loss = self._loss(trial.values[0]) if trial.values and len(self.directions) == 1 else None
            commands += self.rungs.end(trial.number, loss)
        if self.ledger is not None:
            commands += self.ledger.failed(trial.number) if state is FAIL else self.ledger.done(trial.number)
        if trial.values is not None:
            commands.append(m.PutValues(number=trial.number, values=trial.values))
        commands += self._retain_checkpoint(trial)
        return [*commands, m.SetState(number=trial.number, state=state, attempt=trial.attempt, completed=at)]

    def _retain_checkpoint(self, trial: TrialRecord) -> list[Command]:
        """Keep the best trial's last checkpoint (several objectives: every COMPLETE trial's); drop spent ones."""
        former = self.best
        self._note_best(trial)
        if trial.state is COMPLETE and (len(self.directions) > 1 or self.best == trial.number):
            commands = [c for old in trial.checkpoints[:-1] for c in self._drop_checkpoint(trial, old)]
            beaten = former is not None and former != self.best
            return commands + (self._drop_all_checkpoints(self.trials[former]) if beaten and former is not None else [])
        return self._drop_all_checkpoints(trial)

    # --- small rules -------------------------------------------------------------------------------------------------

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

    def _spend(self) -> None:
        self.budget = None if self.budget is None else self.budget - 1

    def _loss(self, value: float) -> float:
        return -value if self.directions[0] is StudyDirection.MAXIMIZE else value

    def _valid(self, values: tuple[float, ...]) -> bool:
        return len(values) == len(self.directions) and not any(math.isnan(value) for value in values)

    def _note_best(self, trial: TrialRecord) -> None:
        if trial.state is not COMPLETE or not trial.values or len(self.directions) > 1:
            return
        best = self.trials[self.best] if self.best is not None else None
        rank = (self._loss(trial.values[0]), trial.number)  # of equals the lowest number, whoever was first to end
        if best is None or not best.values or rank < (self._loss(best.values[0]), best.number):
            self.best = trial.number

    _HANDLERS: Mapping[type, Callable[[Any, Any], Effects]] = {
        m.RunStarted: _run_started,
        m.RunFinished: _run_finished,
        m.StopRequested: _stop_requested,
        m.TrialEnqueued: _trial_enqueued,
        m.TrialAdded: _trial_added,
        m.Claimed: _claimed,
        m.Suggested: _suggested,
        m.ParamAsked: _param_asked,
        m.ParamSet: _param_set,
        m.Reported: _reported,
        m.AttemptEnded: _attempt_ended,
        m.AttemptLost: _attempt_lost,
    }
