"""The decision core: a study is the fold of ``StudyState.handle`` over its events.

Owns every rule about what a trial may do next. Knows no clock (time comes in on events), no database (rows go out as
commands) and no Ray. Two rules keep it exact: a handler refuses before it changes anything, and everything it
changes follows from the event and the state alone, so replaying the log gives the same state.

What a trial may become is the table in ``trials``; the floors below this one are ``admission`` and ``book``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..distributions import check_distribution_compatibility
from . import messages as m
from .admission import Admission
from .messages import Command, Decision, LossKind, Outcome, ParamValue, Row
from .trials import COMPLETE, FAIL, FAILURE_KEY, PRUNED, RUNNING, TRANSITIONS, WAITING, Effects, TrialRecord


class StudyState(Admission):
    """One study. ``handle`` is the only door through which it changes."""

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

    # --- a slot asks for its trial ---

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
        resumed = trial.resume_from(self.milestones)
        commands += trial.drop([ref for ref in trial.checkpoints if ref != resumed])
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
                checkpoint=trial.resume_from(self.milestones),
                last_step=trial.last_step,
                started=trial.started or 0.0,
            )
        )

    # --- an attempt talks ---

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
            commands += trial.drop(trial.checkpoints[:-1])
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
            commands += trial.drop(trial.checkpoints[:-1])
        return commands

    def _use_params(self, trial: TrialRecord, params: Sequence[ParamValue]) -> list[Row]:
        rows: list[Row] = []
        for param in params:
            if param.name not in trial.params:
                trial.params[param.name] = param
                self.space[param.name] = param.distribution
                rows.append(m.PutParam(number=trial.number, param=param))
        return rows

    # --- an attempt is over ---

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

    _HANDLERS: Mapping[type, Callable[[Any, Any], Effects]] = {
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
