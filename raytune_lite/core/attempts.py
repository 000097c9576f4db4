"""Handlers: an attempt asks for a parameter, reports, ends, or is lost."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from ..base_trial import CONSTRAINT_PREFIX
from ..distributions import check_compatibility
from ..exceptions import MessageError
from . import gpu_shares, judging, leaving, lineage, moves, retention
from . import messages as m
from .bounds import MAX_ERROR, MAX_REASON, MAX_TRACEBACK, check_distribution, check_progress, clip
from .messages import Command, Decision, FailureKind, Outcome, ParamValue, Row
from .record import Run, StudyData
from .trials import COMPLETE, FAIL, FAILURE_KEY, PRUNED, WAITING, Effects, TrialRecord

# the driver detects these; their retries may have no bound, so an attempt may not report them of itself
_DETECTED = (FailureKind.NODE_LOST, FailureKind.LEASE_EXPIRED, FailureKind.DRIVER_LOST, FailureKind.STOPPED)
_NOBODYS_FAULT = (FailureKind.DRIVER_LOST, FailureKind.STOPPED)  # the trial goes on, and no retry is counted

# --- parameters ----------------------------------------------------------------------------------------------------


def param_asked(s: StudyData, event: m.ParamAsked, _at: float) -> Effects:
    """A parameter that was not suggested: its value if it is known, else a question to the sampler.

    Raises:
        StaleAttemptError: the attempt is not live.
        MessageError: the name or the distribution cannot be stored, or the parameter is fixed.
        IncompatibleDistributionError: the parameter changed its kind.
    """
    trial = moves.live(s, event.number, event.attempt)
    known = trial.params.get(event.name)
    if known is not None:
        return Effects([m.Answer(value=known)], changed=False)
    check_distribution(event.name, event.distribution)
    if any(name == event.name for name, _ in trial.fixed):
        raise MessageError(f"parameter {event.name!r} of trial {trial.number} is fixed; it was not sampled.")
    if event.name in s.space:
        check_compatibility(event.name, s.space[event.name], event.distribution)
    ask = m.SuggestOne(number=event.number, attempt=event.attempt, name=event.name, distribution=event.distribution)
    return Effects([ask], changed=False)


def param_set(s: StudyData, event: m.ParamSet, _at: float) -> Effects:
    """The sampler's value for it; the first one stands."""
    trial = moves.live(s, event.number, event.attempt)
    rows = _use_params(s, trial, (event.param,))
    return Effects([*rows, m.Answer(value=trial.params[event.param.name])], changed=bool(rows))


def _use_params(s: StudyData, trial: TrialRecord, params: Sequence[ParamValue]) -> list[Row]:
    rows: list[Row] = []
    for param in params:
        if param.name not in trial.params:
            trial.params[param.name] = param
            s.space[param.name] = param.distribution
            rows.append(m.PutParam(number=trial.number, param=param))
            if s.ledger is not None:
                s.ledger.asked(trial.number, param.name, param.distribution, param.value)
    return rows


# --- reports -------------------------------------------------------------------------------------------------------


def reported(s: StudyData, event: m.Reported, _at: float) -> Effects:
    """Progress of an attempt; the answer is the decision that stands."""
    trial = moves.live(s, event.number, event.attempt)
    check_progress(trial, event.progress, s.space, len(s.directions))
    before = trial.last_step
    commands = _note_progress(s, trial, event.progress)
    stops = _stop_if_asked(s, trial, event.progress)
    changed = bool(commands) or stops  # else the event is not logged: a heartbeat that brings nothing
    if changed:
        _note_trained(trial, event.progress)
        leaving.move(s, trial, before)
    commands.append(m.Answer(value=decision_for(trial, event.progress)))
    return Effects(commands, changed)


def _stop_if_asked(s: StudyData, trial: TrialRecord, progress: m.Progress) -> bool:
    """Have the run start nothing new, if the objective has asked for that; whether this is new."""
    if not progress.stops_run or s.run.stopping:
        return False
    s.run.stopping = f"trial {trial.number}: trial.study.stop()"
    return True


def decision_for(trial: TrialRecord, progress: m.Progress) -> Decision:
    """The decision stored for the last step reported, so that a re-sent report reads the same answer."""
    if not progress.reports:
        return trial.pending
    attempt, decision = trial.verdicts.get(progress.reports[-1][0], (trial.attempt, Decision.CONTINUE))
    # a verdict for an earlier attempt stands no longer: the trial has been promoted past it since
    return decision if attempt == trial.attempt else trial.pending


def _note_progress(s: StudyData, trial: TrialRecord, progress: m.Progress) -> list[Command]:
    """Everything that is new in it: parameters, attributes, constraints, the checkpoint, reports, in this order."""
    commands: list[Command] = [*_use_params(s, trial, progress.params)] if progress.params else []
    if progress.user_attrs or progress.constraints or progress.system_attrs:
        commands += _note_attrs(trial, progress)
    new = progress.checkpoint
    # a late copy of an old message must not bring back a checkpoint whose files are deleted
    if new is not None and new not in trial.checkpoints and new.uri not in trial.dropped:
        trial.checkpoints.append(new)
        commands.append(m.PutCheckpoint(number=trial.number, checkpoint=new))
        _note_saved(s, trial, new.step)
    trained_at = dict(progress.trained_at) if progress.trained_at else {}
    first = 0 if trial.parent is None else trial.parent.checkpoint.step + 1
    for step, values in progress.reports:
        if step not in trial.reports and step >= first:  # the first report of a step stands, also that of a parent
            trial.reports[step] = values
            if step in trained_at:
                trial.trained_at[step] = trial.trained_before + trained_at[step]
            trial.last_step = max(trial.last_step, step)
            commands.append(m.PutReport(number=trial.number, step=step, values=values))
            commands += judging.report(s, trial, step, values)
    if trial.last_step > trial.furthest:
        _get_further(s, trial, trial.last_step)
    if trial.checkpoints:
        commands += retention.drop_superseded(s, trial)
    return commands


def _note_trained(trial: TrialRecord, progress: m.Progress) -> None:
    """How long the attempt says that it has trained. A late copy of an old message takes nothing back."""
    trial.trained = max(trial.trained, trial.trained_before + progress.trained)


def _note_saved(s: StudyData, trial: TrialRecord, step: int) -> None:
    """The disk took a checkpoint: it works."""
    s.run.disk_failures, s.run.has_saved = 0, True
    if trial.retried:
        trial.retried.pop(FailureKind.CHECKPOINT_DISK, None)
    if step > trial.furthest:
        _get_further(s, trial, step)


def _get_further(s: StudyData, trial: TrialRecord, step: int) -> None:
    """A trial that gets further than before has its whole budget again for damaged checkpoints."""
    trial.furthest = step
    # older logs knew no bound, and fold as before
    if trial.retried and s.run.retries.is_bounded(FailureKind.CHECKPOINT_CORRUPT):
        trial.retried.pop(FailureKind.CHECKPOINT_CORRUPT, None)


def _note_attrs(trial: TrialRecord, progress: m.Progress) -> list[Row]:
    rows: list[Row] = []
    is_copy = 0 < progress.order <= trial.attrs_order  # a late one must not change back what came after it
    for key, text in () if is_copy else progress.user_attrs:
        if trial.user_attrs.get(key) != text:
            trial.user_attrs[key], trial.attrs_order = text, progress.order
            rows.append(m.PutAttr(number=trial.number, key=key, value_json=text))
    for key, text in () if is_copy else progress.system_attrs:
        if trial.system_attrs.get(key) != text:
            trial.system_attrs[key], trial.attrs_order = text, progress.order
            rows.append(m.PutAttr(number=trial.number, key=key, value_json=text, system=True))
    for key, value in progress.constraints:
        name = f"{CONSTRAINT_PREFIX}{key}"
        if name not in trial.system_attrs:  # the first one stands, as in Optuna
            trial.system_attrs[name] = json.dumps(value)
            rows.append(m.PutAttr(number=trial.number, key=name, value_json=json.dumps(value), system=True))
    return rows


# --- ends ----------------------------------------------------------------------------------------------------------


def attempt_ended(s: StudyData, event: m.AttemptEnded, at: float) -> Effects:
    """An attempt says how it ended; the answer is the trial's state now. A repeated end is answered again.

    The end of an attempt that was given up counts as long as the trial waits for its next one: finished work is not
    done again.

    Raises:
        StaleAttemptError: the attempt is not live.
        MessageError: the report with it cannot be true, or the kind of failure is one that the driver detects.
    """
    trial = s.trials.get(event.number)
    is_newest = trial is not None and trial.attempt == event.attempt
    if trial is None or not is_newest or trial.slot is not None:
        trial = moves.live(s, event.number, event.attempt)
    elif not may_be_found(trial):
        return Effects([m.Answer(value=trial.state)], changed=False)
    check_progress(trial, event.progress, s.space, len(s.directions))
    if event.failure is not None and event.failure.kind in _DETECTED:
        raise MessageError(f"an attempt cannot report of itself that it ended by {event.failure.kind.value}.")
    if trial.slot is None:
        moves.find(s, trial, at)
    commands = _note_progress(s, trial, event.progress)
    _stop_if_asked(s, trial, event.progress)
    _note_trained(trial, event.progress)
    if trial.gpu_share:
        gpu_shares.ended(s.gpu_use, trial, event.progress.gpu_memory, event.failure.kind if event.failure else None)
    if event.outcome is Outcome.COMPLETE and event.values is not None and s.is_result(event.values):
        commands += moves.end_attempt(s, trial, at, Outcome.COMPLETE.value)
        trial.values = event.values
        commands += moves.finish(s, trial, "completed", COMPLETE, at)
    elif event.outcome is Outcome.PRUNED and trial.pending is Decision.CONTINUE:
        commands += moves.end_attempt(s, trial, at, Outcome.PRUNED.value)
        trial.values = _estimate(s, event)
        commands += moves.finish(s, trial, "pruned", PRUNED, at)
    elif event.outcome in (Outcome.PRUNED, Outcome.INTERRUPTED) or trial.heir is not None:
        trial.values = _estimate(s, event) if trial.pending is Decision.STOP else None  # it ends now
        why = trial.stop.reason if trial.stop is not None and trial.stop.waits_for_save else ""
        why = why or clip(event.reason, MAX_REASON)
        commands += moves.leave(s, trial, at, event.outcome.value, why)
    else:
        commands += _fail(s, trial, at, event.failure or _no_result(event.values))
    return Effects([*commands, m.Answer(value=trial.state)])


def _estimate(s: StudyData, event: m.AttemptEnded) -> tuple[float, ...] | None:
    """What a pruned trial would have come to, if its objective says so."""
    has_one = event.outcome is Outcome.PRUNED and event.values is not None and s.is_result(event.values)
    return event.values if has_one else None


def may_be_found(trial: TrialRecord) -> bool:
    """Whether the last attempt was given up, and no other has begun since."""
    return trial.lost_slot is not None and trial.state is WAITING


def _no_result(values: tuple[float, ...] | None) -> m.Failure:
    kind = FailureKind.NON_FINITE if any(map(math.isnan, values or ())) else FailureKind.EXCEPTION
    return m.Failure(error=f"ValueError: the objective returned {values}", kind=kind)


def attempt_lost(s: StudyData, event: m.AttemptLost, at: float) -> Effects:
    """An attempt ended and did not say how; the answer is the trial's state now, None when it was over before."""
    trial = s.trials.get(event.number)
    if trial is None or trial.attempt != event.attempt or trial.slot is None:
        return Effects([m.Answer(value=None)], changed=False)
    slot, before = trial.slot, dict(trial.retried)
    order = trial.stop
    is_ordered = order is not None and order.excuses(event.kind)
    if trial.pending is not Decision.CONTINUE or is_ordered or event.kind in _NOBODYS_FAULT:
        why = (event.kind.value, event.message, event.exit_code, event.stderr_tail)
        commands = moves.leave(s, trial, at, *why)
    else:
        error = f"attempt {event.attempt} lost ({event.kind.value}): {event.message}"
        failure = m.Failure(error=error, kind=event.kind, exit_code=event.exit_code)
        commands = _fail(s, trial, at, failure, event.stderr_tail)
    trial.lost_slot, trial.lost_kind = slot, event.kind if trial.retried != before else None
    trial.lost_at = at if s.run.price or trial.price else None
    return Effects([*commands, m.Answer(value=trial.state)])


def _fail(
    s: StudyData, trial: TrialRecord, at: float, failure: m.Failure, stderr_tail: str | None = None
) -> list[Command]:
    """The attempt gave no result: the trial is tried again, or is FAIL."""
    kind, message = failure.kind, failure.traceback or failure.error
    is_stopped = trial.stop is not None and trial.stop.is_final
    commands: list[Command] = [
        *moves.end_attempt(s, trial, at, kind.value, message, failure.exit_code, stderr_tail)
    ]
    trial.failed = kind
    if kind is FailureKind.CHECKPOINT_CORRUPT:
        commands += lineage.drop_damaged(s, trial)
    due = None if is_stopped else retry_at(s, trial, kind, at)
    if due is not None:
        if not gpu_shares.was_too_small(trial, kind):
            trial.retried[kind] = trial.retried.get(kind, 0) + 1
        if kind is FailureKind.CHECKPOINT_DISK:
            _note_disk_failure(s, failure)
        moves.move(s, trial, "retried", WAITING)
        s.retry[trial.number] = due
        return [*commands, m.SetState(number=trial.number, state=WAITING, attempt=trial.attempt)]
    _note_common_failure(s, failure)
    if kind is FailureKind.INVALID and trial.charged_to_run == s.run.name and s.run.budget is not None:
        s.run.budget += 1  # another trial takes its place
    error, trace = clip(failure.error, MAX_ERROR), clip(failure.traceback, MAX_TRACEBACK)
    text = json.dumps({"error": error, "traceback": trace})
    trial.system_attrs[FAILURE_KEY] = text
    commands.append(m.PutAttr(number=trial.number, key=FAILURE_KEY, value_json=text, system=True))
    return commands + moves.finish(s, trial, "failed", FAIL, at)


def retry_at(s: StudyData, trial: TrialRecord, kind: FailureKind, at: float) -> float | None:
    """When the trial may be tried again, or None when it may not."""
    if kind is FailureKind.CHECKPOINT_CORRUPT and (
        # goes back to the checkpoint before; without one, starting from zero would be a silent loss
        trial.resumed is None or judging.resume_from(s, trial) is None
    ):
        return None
    if gpu_shares.was_too_small(trial, kind):
        return at
    retries, before = s.run.retries, trial.retried.get(kind, 0)
    return at + retries.delay(kind, before) if retries.allows(kind, before) else None


def _note_disk_failure(s: StudyData, failure: m.Failure) -> None:
    """Give the run up when so many attempts could not save, and none could: the disk will not come back by itself."""
    run = s.run
    run.disk_failures += 1
    if not run.has_saved and run.disk_failures == run.retries.abort_after:
        _abort(run, f"its first {run.disk_failures} attempts that used the checkpoints' disk failed on it", failure)


def _note_common_failure(s: StudyData, failure: m.Failure) -> None:
    """Give the run up when each of its first trials failed, all in the same way: nothing better will come."""
    run = s.run
    if run.common_failure is None or failure.is_listed:  # the user has said that the run goes on after it
        return
    way = failure.kind.value
    if failure.kind in (FailureKind.EXCEPTION, FailureKind.INVALID):
        way += f", {failure.error.partition(':')[0]}"
    before, n = run.common_failure
    run.common_failure = (way, n + 1) if before in ("", way) else None
    if run.common_failure is not None and n + 1 == run.retries.abort_after:
        _abort(run, f"each of its first {n + 1} trials failed in the same way ({way})", failure)


def _abort(run: Run, why: str, failure: m.Failure) -> None:
    last = failure.error.partition("\n")[0][:300]
    run.aborted = f"{why}; the last: {last}"
    run.stopping = run.stopping or run.aborted
