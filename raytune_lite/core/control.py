"""Handlers: what a user asks of a running study from any process. Stop one trial, pause and unpause, extend, resize.

Every request carries a key, by which a re-sent one is known: it is answered as before and changes nothing. A request
for live attempts gives them a stop order. The attempt gets it with its next answer, finishes its step, saves and
ends; past the order's deadline its task is killed. An attempt that is lost under an order costs its trial no retry.

All but a trial's end belongs to the run: the next run starts unpaused, with its own budget and its own number of slots.
"""

from __future__ import annotations

import math

from ..exceptions import MessageError
from . import messages as m
from . import moves
from .bounds import check_name
from .messages import Decision, StopCause
from .record import StudyData
from .trials import PRUNED, RUNNING, Effects, StopOrder, TrialRecord

_WHY = {
    StopCause.TRIAL_STOPPED: "this trial was stopped",
    StopCause.STUDY_PAUSED: "the study was paused",
    StopCause.SLOTS_RESIZED: "the study was given fewer slots",
}


def trial_stop_requested(s: StudyData, event: m.TrialStopRequested, at: float) -> Effects:
    """Stop one trial for good; the answer is its state now.

    It becomes PRUNED, not FAIL: that it ends early is a decision about a trial, as a pruner's STOP is. Its value is its
    last report, its grid cell is decided, and it is no failure that counts for ``abort_after`` or is tried again. A
    live one that completes, or fails by itself, before it gets the order keeps that end.

    Raises:
        MessageError: the study has no such trial, another program runs it, or the request has no key or a wrong grace.
    """
    if (known := _answered(s, event.key)) is not None:
        return known
    _check(event.key, event.grace)
    trial = s.trials.get(event.number)
    if trial is None:
        raise MessageError(f"the study has no trial {event.number}; it has {len(s.trials)}, numbered from 0.")
    if trial.external:
        raise MessageError(f"trial {event.number} runs elsewhere; stop it there, or tell its end: study.tell(number).")
    commands: list[m.Command] = []
    if trial.state is RUNNING:
        _order(trial, StopCause.TRIAL_STOPPED, at + event.grace)
        trial.pending = Decision.STOP
    elif not trial.state.is_finished():
        s.retry.pop(trial.number, None)
        trial.goes_first = False
        s.lineage.waiting.pop(trial.number, None)
        if trial.number in s.queue:
            s.queue.remove(trial.number)
        commands += moves.finish(s, trial, "stopped", PRUNED, at)
    return _done(s, event.key, commands, int(trial.state))


def study_paused(s: StudyData, event: m.StudyPaused, at: float) -> Effects:
    """Nothing starts until StudyUnpaused; live attempts end and go on first then. Answers how many were live.

    Raises:
        MessageError: the run has ended or is stopping, or the request has no key or a wrong grace.
    """
    if (known := _answered(s, event.key)) is not None:
        return known
    _check(event.key, event.grace)
    _check_goes_on(s, "paused")
    s.run.paused = True
    for number in s.slots.values():
        _order(s.trials[number], StopCause.STUDY_PAUSED, at + event.grace)
    return _done(s, event.key, [], len(s.slots))


def study_unpaused(s: StudyData, event: m.StudyUnpaused, _at: float) -> Effects:
    """Trials start again; the answer is how many attempts are live still, because they have not ended yet."""
    if (known := _answered(s, event.key)) is not None:
        return known
    _check(event.key)
    s.run.paused = False
    return _done(s, event.key, [], len(s.slots))


def run_extended(s: StudyData, event: m.RunExtended, _at: float) -> Effects:
    """The run may start more configurations; the answer is how many now, None: no bound.

    Raises:
        MessageError: the run has ended or is stopping, or the request is not exactly one number >= 0.
    """
    if (known := _answered(s, event.key)) is not None:
        return known
    _check(event.key)
    _check_goes_on(s, "extended")
    if (event.n_trials is None) == (event.max_trials is None):
        raise MessageError("extend needs n_trials (how many more) or max_trials (the study's new total), one of them.")
    for name, value in (("n_trials", event.n_trials), ("max_trials", event.max_trials)):
        if value is not None and value < 0:
            raise MessageError(f"{name} must be an integer >= 0, got {value}; a run is ended with study.stop().")
    if s.run.budget is not None:
        if event.n_trials is not None:
            s.run.budget += event.n_trials
        elif event.max_trials is not None:
            s.run.budget = max(s.run.budget, event.max_trials - s.n_started())
    return _done(s, event.key, [], s.run.budget)


def slots_resized(s: StudyData, event: m.SlotsResized, at: float) -> Effects:
    """At most so many attempts at once; the answer is how many live ones must end for that.

    The victims: those whose nodes leave, then the lowest rung first, then the least work since the last checkpoint,
    then the youngest. They go on first when there is room.

    Raises:
        MessageError: the run has ended or is stopping, or ``n_slots`` is below 1.
    """
    if (known := _answered(s, event.key)) is not None:
        return known
    _check(event.key, event.grace)
    _check_goes_on(s, "resized")
    if event.n_slots < 1:
        raise MessageError(f"n_slots must be an integer >= 1, got {event.n_slots}; study.pause() frees all slots.")
    s.run.slot_limit = event.n_slots
    live = [s.trials[number] for number in s.slots.values()]
    staying = [trial for trial in live if trial.stop is None or trial.stop.waits_for_save]
    victims = sorted(staying, key=lambda trial: _worth(s, trial))[: max(0, len(staying) - event.n_slots)]
    for trial in victims:
        _order(trial, StopCause.SLOTS_RESIZED, at + event.grace)
    return _done(s, event.key, [], len(victims))


def _worth(s: StudyData, trial: TrialRecord) -> tuple[bool, int, int, float, int]:
    """By which the attempts that are to end first are the least: their nodes stay, rung, steps that no checkpoint has,
    then age.
    """
    passed = s.judge.schedule(trial.number).passed(trial.last_step)
    saved = trial.checkpoints[-1].step if trial.checkpoints else -1
    return trial.stop is None, passed, max(0, trial.last_step - saved), -trial.attempt_at, -trial.number


def _order(trial: TrialRecord, cause: StopCause, deadline: float) -> None:
    """Give a live attempt an order, or make the one it has stricter: an earlier deadline, an end for good.

    One that waits for the next checkpoint gives way to any other: its deadline is the node's, not the user's.
    """
    before = trial.stop
    if before is not None and not before.waits_for_save:
        cause = before.cause if cause is not StopCause.TRIAL_STOPPED else cause
        deadline = min(deadline, before.deadline)
    trial.stop = StopOrder(cause=cause, reason=_WHY[cause], deadline=deadline)


# --- requests --------------------------------------------------------------------------------------------------------


def _answered(s: StudyData, key: str) -> Effects | None:
    """The answer that this request was given before."""
    return Effects([m.Answer(value=s.requests[key])], changed=False) if key in s.requests else None


def _done(s: StudyData, key: str, commands: list[m.Command], answer: int | None) -> Effects:
    s.requests[key] = answer
    return Effects([*commands, m.Answer(value=answer)])


def _check(key: str, grace: float = 0.0) -> None:
    check_name("a request's key", key)
    if not key:
        raise MessageError("a request needs a key, by which it is known if it is sent again, got ''; use uuid4().hex.")
    if not 0.0 <= grace < math.inf:
        raise MessageError(f"grace must be a number of seconds >= 0, got {grace}; 0 kills the task at once.")


def _check_goes_on(s: StudyData, what: str) -> None:
    if s.run.name is None or s.run.stopping:
        why = s.run.stopping or "no run has begun"
        raise MessageError(f"the run cannot be {what}, because it ends ({why}); start another run.")


