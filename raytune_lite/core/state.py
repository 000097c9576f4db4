"""The decision core: a study is the fold of ``StudyState.handle`` over its events.

Owns every rule about what a trial may do next. Knows no clock (time comes in on events), no database (rows go out as
commands) and no Ray. Two rules keep it exact: a handler refuses before it changes anything, and everything it
changes follows from the event and the state alone, so replaying the log gives the same state.

What a trial may become is the table in ``trials``; the floors below this one are ``admission`` and ``book``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..distributions import check_distribution_compatibility
from ..exceptions import MessageError
from ..trial import CONSTRAINT_PREFIX
from . import messages as m
from .admission import Admission
from .bounds import MAX_ERROR, MAX_TRACEBACK, check_distribution, check_name, check_progress, clip
from .messages import Command, Decision, FailureKind, Outcome, ParamValue, Row
from .trials import COMPLETE, FAIL, FAILURE_KEY, PRUNED, RUNNING, TRANSITIONS, WAITING, Effects, TrialRecord

# nobody tells these of themselves: they are noticed
_NOTICED = (FailureKind.NODE_LOST, FailureKind.LEASE_EXPIRED, FailureKind.DRIVER_LOST)


class StudyState(Admission):
    """One study. ``handle`` is the only door through which it changes."""

    def handle(self, event: m.Event, at: float) -> Effects:
        """Decide what an event leads to, and become the state after it.

        Args:
            event: what happened.
            at: when it was taken in, seconds since the study was created.

        Raises:
            StaleAttemptError: the event is of an attempt that is not live; nothing was changed.
            IncompatibleDistributionError: a parameter changed its kind; nothing was changed.
            ValueError: the event asks for what cannot be; nothing was changed.
        """
        effects: Effects = self._HANDLERS[type(event)](self, event, at)
        self.n_events += effects.changed
        return effects

    # --- a slot asks for its trial ---

    def _claimed(self, event: m.Claimed, at: float) -> Effects:
        if event.slot in self.slots:  # a re-sent claim gets the answer it was given
            trial = self.trials[self.slots[event.slot]]
            again: Command = m.Suggest(number=trial.number) if trial.foreseen is None else self._assignment(trial)
            return Effects([again], changed=False)
        if not event.slot:
            raise MessageError("a claim must name its slot, got ''; a trial without a slot is one that does not run.")
        check_name("a slot's name", event.slot)
        if event.node is not None:
            check_name("a node's name", event.node)
        if self.stopping:
            return Effects([m.Answer(value=None)], changed=False)
        for find in (self._next_retry, self._next_promotion, self._next_enqueued, self._next_new):
            found = find(at)
            if found is not None:
                return Effects(self._start(*found, event, at))
        return Effects([m.Answer(value=None)], changed=False)

    def _next_retry(self, at: float) -> tuple[TrialRecord, list[Command]] | None:
        number = next((number for number, due in self.retry.items() if due <= at), None)
        if number is None:
            return None
        del self.retry[number]
        return self.trials[number], []

    def _next_promotion(self, _at: float) -> tuple[TrialRecord, list[Command]] | None:
        for number in self.rungs.promotable(self._is_paused):
            self.promotions += 1
            return self.trials[number], list(self.rungs.promote(number))
        return None

    def _next_enqueued(self, _at: float) -> tuple[TrialRecord, list[Command]] | None:
        if not self.queue or self.budget == 0:
            return None
        trial = self.trials[self.queue.popleft()]
        self._spend(trial)
        rows = self._adopt_cell(self.ledger, trial, starts=True)
        if self.ledger is not None:  # a tree leads a trial on where its own parameters end
            own, given = trial.chosen(), self.ledger.params(trial.number)
            trial.fixed += tuple((name, json.dumps(value)) for name, value in given.items() if name not in own)
        return trial, list(rows)

    def _next_new(self, at: float) -> tuple[TrialRecord, list[Command]] | None:
        if self.budget == 0:
            return None
        if self.ledger is None:
            trial = self._new_trial(WAITING)
            self._spend(trial)
            return trial, [m.NewTrial(number=trial.number, state=RUNNING, attempt=1, started=at)]
        claimed = self.ledger.claim(self.next_number)
        if claimed is None:
            return None
        trial = self._new_trial(WAITING)
        self._spend(trial)
        trial.cell, row = claimed
        trial.fixed = tuple((name, json.dumps(value)) for name, value in self.ledger.params(trial.number).items())
        trial.foreseen = ()
        new = m.NewTrial(number=trial.number, state=RUNNING, attempt=1, cell=trial.cell, started=at)
        return trial, [new] if row is None else [new, row]

    def _start(self, trial: TrialRecord, commands: list[Command], event: m.Claimed, at: float) -> list[Command]:
        fresh = bool(commands) and isinstance(commands[0], m.NewTrial)
        self._move(trial, "claimed", RUNNING)
        trial.attempt += 1
        trial.pending, trial.slot = Decision.CONTINUE, event.slot
        self.slots[event.slot] = trial.number
        if not fresh:
            first = at if trial.started is None else None
            commands.append(m.SetState(number=trial.number, state=RUNNING, attempt=trial.attempt, started=first))
        trial.started = at if trial.started is None else trial.started
        trial.attempt_at, trial.node, trial.pid = at, event.node, event.pid
        trial.resumed = resumed = trial.resume_from(self.milestones)
        newest = trial.checkpoints.index(resumed) + 1 if resumed else 0
        kept = trial.checkpoints[max(0, newest - self.checkpoints_kept) : newest]
        commands += trial.drop([ref for ref in trial.checkpoints if ref not in kept])
        commands.append(
            m.NewAttempt(
                number=trial.number,
                attempt=trial.attempt,
                slot=event.slot,
                node=event.node or "",
                started=at,
                resumed_step=resumed.step if resumed else None,
            )
        )
        commands.append(m.Suggest(number=trial.number) if trial.foreseen is None else self._assignment(trial))
        return commands

    def _suggested(self, event: m.Suggested, _at: float) -> Effects:
        trial = self.trials.get(event.number)
        if trial is None:
            raise MessageError(f"parameters were suggested for trial {event.number}, which the study does not have.")
        if trial.foreseen is not None or trial.state.is_finished():  # asked twice: the first answer stands
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
                constraints=trial.constraints(),
                milestones=self.milestones,
                checkpoint=trial.resume_from(self.milestones),
                last_step=trial.last_step if trial.last_step >= 0 else None,
                started=trial.started or 0.0,
            )
        )

    # --- an attempt talks ---

    def _param_asked(self, event: m.ParamAsked, _at: float) -> Effects:
        trial = self._live(event.number, event.attempt)
        known = trial.params.get(event.name)
        if known is not None:
            return Effects([m.Answer(value=known)], changed=False)
        check_distribution(event.name, event.distribution)
        if any(name == event.name for name, _ in trial.fixed):
            raise MessageError(f"parameter {event.name!r} of trial {trial.number} is fixed; it was not sampled.")
        if event.name in self.space:
            check_distribution_compatibility(event.name, self.space[event.name], event.distribution)
        ask = m.SuggestOne(
            number=event.number, attempt=event.attempt, name=event.name, distribution=event.distribution
        )
        return Effects([ask], changed=False)

    def _param_set(self, event: m.ParamSet, _at: float) -> Effects:
        trial = self._live(event.number, event.attempt)
        rows = self._use_params(trial, (event.param,))
        return Effects([*rows, m.Answer(value=trial.params[event.param.name])], changed=bool(rows))

    def _reported(self, event: m.Reported, _at: float) -> Effects:
        trial = self._live(event.number, event.attempt)
        check_progress(trial, event.progress, self.space, len(self.directions))
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
        for key, value in progress.constraints:
            name = f"{CONSTRAINT_PREFIX}{key}"
            if name not in trial.system_attrs:  # the first one stands, as in Optuna
                trial.system_attrs[name] = json.dumps(value)
                commands.append(m.PutAttr(number=trial.number, key=name, value_json=json.dumps(value), system=True))
        new = progress.checkpoint
        # a late copy of an old message must not bring back a checkpoint whose files are deleted
        if new is not None and new not in trial.checkpoints and new.uri not in trial.spent:
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
                if verdict.rows:
                    commands += verdict.rows
                    self.promotions += sum(isinstance(row, m.PromoteRung) for row in verdict.rows)
                trial.pending = verdict.decision
            if trial.pending is not Decision.CONTINUE:
                trial.verdicts[step] = (trial.attempt, trial.pending)
        return commands + trial.drop(trial.superseded(self.checkpoints_kept)) if trial.checkpoints else commands

    def _use_params(self, trial: TrialRecord, params: Sequence[ParamValue]) -> list[Row]:
        rows: list[Row] = []
        for param in params:
            if param.name not in trial.params:
                trial.params[param.name] = param
                self.space[param.name] = param.distribution
                rows.append(m.PutParam(number=trial.number, param=param))
                if self.ledger is not None:
                    self.ledger.asked(trial.number, param.name, param.distribution, param.value)
        return rows

    # --- an attempt is over ---

    def _attempt_ended(self, event: m.AttemptEnded, at: float) -> Effects:
        trial = self.trials.get(event.number)
        if trial is not None and trial.attempt == event.attempt and trial.slot == "":
            return Effects([m.Answer(value=trial.state)], changed=False)  # told twice
        trial = self._live(event.number, event.attempt)
        check_progress(trial, event.progress, self.space, len(self.directions))
        if event.failure is not None and event.failure.kind in _NOTICED:  # their retries may have no bound
            raise MessageError(f"an attempt cannot tell of itself that it ended by {event.failure.kind.value}.")
        commands = self._note_progress(trial, event.progress)
        if event.outcome is Outcome.COMPLETE and event.values is not None and self._valid(event.values):
            commands += self._end_attempt(trial, at, Outcome.COMPLETE.value)
            trial.values = event.values
            commands += self._finish(trial, "completed", COMPLETE, at)
        elif event.outcome is Outcome.PRUNED and trial.pending is not Decision.PAUSE:
            commands += self._end_attempt(trial, at, Outcome.PRUNED.value)
            commands += self._finish(trial, "pruned", PRUNED, at)
        elif event.outcome in (Outcome.PRUNED, Outcome.INTERRUPTED):
            commands += self._leave(trial, at, event.outcome.value, "")
        else:
            nan = FailureKind.NON_FINITE if any(map(math.isnan, event.values or ())) else FailureKind.EXCEPTION
            wrong = m.Failure(error=f"ValueError: the objective returned {event.values}", kind=nan)
            commands += self._fail(trial, at, event.failure or wrong)
        return Effects([*commands, m.Answer(value=trial.state)])

    def _attempt_lost(self, event: m.AttemptLost, at: float) -> Effects:
        trial = self.trials.get(event.number)
        if trial is None or trial.attempt != event.attempt or trial.slot == "":
            return Effects([m.Answer(value=None)], changed=False)
        if trial.pending is not Decision.CONTINUE or event.kind is FailureKind.DRIVER_LOST:
            words = {"exit_code": event.exit_code, "last_words": event.last_words}
            commands = self._leave(trial, at, event.kind.value, event.message, **words)
        else:
            error = f"attempt {event.attempt} lost ({event.kind.value}): {event.message}"
            failure = m.Failure(error=error, kind=event.kind, exit_code=event.exit_code)
            commands = self._fail(trial, at, failure, event.last_words)
        return Effects([*commands, m.Answer(value=trial.state)])

    def _fail(self, trial: TrialRecord, at: float, failure: m.Failure, last_words: str = "") -> list[Command]:
        kind, message = failure.kind, failure.traceback or failure.error
        words = {"exit_code": failure.exit_code, "last_words": last_words}
        commands: list[Command] = [*self._end_attempt(trial, at, kind.value, message, **words)]
        trial.failed = kind
        if kind is FailureKind.CHECKPOINT_CORRUPT:
            commands += trial.drop([ref for ref in trial.checkpoints if ref == trial.resumed])
        due = self._retry_at(trial, kind, at)
        if due is not None:
            trial.retried[kind] = trial.retried.get(kind, 0) + 1
            self._move(trial, "retried", WAITING)
            self.retry[trial.number] = due
            return [*commands, m.SetState(number=trial.number, state=WAITING, attempt=trial.attempt)]
        self._note_alike(failure)
        if kind is FailureKind.INVALID and trial.paid_by == self.run and self.budget is not None:
            self.budget += 1  # another trial takes its place
        error, trace = clip(failure.error, MAX_ERROR), clip(failure.traceback, MAX_TRACEBACK)
        text = json.dumps({"error": error, "traceback": trace})
        trial.system_attrs[FAILURE_KEY] = text
        commands.append(m.PutAttr(number=trial.number, key=FAILURE_KEY, value_json=text, system=True))
        return commands + self._finish(trial, "failed", FAIL, at)

    def _retry_at(self, trial: TrialRecord, kind: FailureKind, at: float) -> float | None:
        """When the trial may be tried again, or None when it may not."""
        if kind is FailureKind.CHECKPOINT_CORRUPT and trial.resumed is not None:
            # gone back to the checkpoint before; without one, starting from zero would be a silent loss
            return None if trial.resume_from(self.milestones) is None else at
        before = trial.retried.get(kind, 0)
        return at + self.retries.delay(kind, before) if self.retries.allows(kind, before) else None

    def _note_alike(self, failure: m.Failure) -> None:
        """Give the run up when each of its first trials failed, all in the same way: nothing better will come."""
        if self.alike is None:
            return
        way = failure.kind.value
        if failure.kind in (FailureKind.EXCEPTION, FailureKind.INVALID):
            way += f", {failure.error.partition(':')[0]}"
        before, n = self.alike
        self.alike = (way, n + 1) if before in ("", way) else None
        if self.alike is not None and n + 1 == self.retries.abort_after:
            last = failure.error.partition("\n")[0][:300]
            self.aborted = f"each of its first {n + 1} trials failed in the same way ({way}); the last: {last}"
            self.stopping = self.stopping or self.aborted

    _HANDLERS: Mapping[type, Callable[[Any, Any, float], Effects]] = {
        m.RunStarted: Admission._run_started,
        m.RunFinished: Admission._run_finished,
        m.StopRequested: Admission._stop_requested,
        m.TrialEnqueued: Admission._trial_enqueued,
        m.TrialAdded: Admission._trial_added,
        m.Claimed: _claimed,
        m.Suggested: _suggested,
        m.ParamAsked: _param_asked,
        m.ParamSet: _param_set,
        m.Reported: _reported,
        m.AttemptEnded: _attempt_ended,
        m.AttemptLost: _attempt_lost,
    }


__all__ = ["FAILURE_KEY", "TRANSITIONS", "Effects", "StudyState", "TrialRecord"]
