"""Handlers: a trial that somebody works at outside of any run, and may tell the result of from any process.

``ask`` claims it as a slot does. With a lease it is held: runs that begin before the lease is over leave it alone, and
its attempt may be told until another one has begun.
"""

from __future__ import annotations

from ..exceptions import MessageError
from . import attempts, moves
from . import messages as m
from .bounds import check_name
from .record import StudyData
from .trials import Effects, TrialRecord


def held(s: StudyData, event: m.TrialHeld, at: float) -> Effects:
    """A live attempt is held for so long from now on; a later event says for how long instead.

    Raises:
        StaleAttemptError: the attempt is not live.
        MessageError: the time is no number of seconds above 0, or the progress cannot be true.
    """
    trial = moves.live(s, event.number, event.attempt)
    if not event.seconds > 0.0:
        raise MessageError(f"a trial is held for a number of seconds above 0, got {event.seconds}.")
    report = m.Reported(number=event.number, attempt=event.attempt, progress=event.progress)
    effects = attempts.reported(s, report, at)
    trial.held_until = at + event.seconds
    return Effects(effects.commands)


def is_held(trial: TrialRecord, at: float) -> bool:
    """Whether a run that begins at ``at`` must leave the trial alone."""
    return trial.held_until is not None and at < trial.held_until


def ended(s: StudyData, event: m.HeldEnded, at: float) -> Effects:
    """The result of a held attempt, from any process; the answer is the trial's state now. The first result stands.

    A re-sent request is known by its key, and answered again.

    Raises:
        MessageError: the study has no such trial; it has ended, or its attempt is not held; or the request has no key.
    """
    if event.key in s.requests:
        return Effects([m.Answer(value=s.requests[event.key])], changed=False)
    check_name("a request's key", event.key)
    if not event.key:
        raise MessageError("a request needs a key, by which it is known if it is sent again, got ''; use uuid4().hex.")
    trial = s.trials.get(event.number)
    why = _why_not(trial, event.attempt)
    if why is not None:
        raise MessageError(f"cannot tell trial {event.number}: {why}")
    end = m.AttemptEnded(
        number=event.number,
        attempt=event.attempt,
        outcome=event.outcome,
        progress=event.progress,
        values=event.values,
        failure=event.failure,
    )
    effects = attempts.attempt_ended(s, end, at)
    s.requests[event.key] = int(s.trials[event.number].state)
    return effects


def _why_not(trial: TrialRecord | None, attempt: int) -> str | None:
    """Why the attempt's result is not wanted, as a sentence; None: it is."""
    if trial is None:
        return "the study has no such trial."
    if trial.state.is_finished():
        return f"it is {trial.state.name}, and the first result stands."
    if trial.attempt != attempt:
        return f"its attempt {attempt} was given up, and attempt {trial.attempt} has begun."
    if trial.held_until is None or (trial.slot is None and not attempts.may_be_found(trial)):
        return (
            f"it is {trial.state.name}, and nobody holds it. From another process a trial can be told that was asked "
            "for with a lease: study.ask(lease=seconds), or `raytune-lite ask`."
        )
    return None


__all__ = ["ended", "held", "is_held"]
