"""What an event did to a study, in words. Knows events and rows, and no rule: reasons come from the judge."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core import messages as m
from ..core.messages import Command, Decision, FailureKind
from ..core.state import StudyState
from ..display.tables import duration
from ..display.text import printable
from ..trial import TrialState

if TYPE_CHECKING:
    from ..core.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that happened.

    Args:
        at: seconds since the study was created.
        number: the trial; None: it concerns the study.
        kind: "began", "paused", "stopped", "passed", "promoted", "ended", "complete", "pruned", "failed", "retried",
            "added", "closed" (it was paused when its run was over), or "study".
        text: what happened, in words, without the trial's number.
        step: where, if it is about a step.
        reason: of the judge, if it decided.
    """

    at: float
    number: int | None
    kind: str
    text: str
    step: int | None = None
    reason: Reason | None = None


def notes_of(
    state: StudyState, event: m.Event, at: float, commands: Sequence[Command], decided: Sequence[Any]
) -> Iterator[Note]:
    """What an event did.

    Args:
        state: the study after the event.
        event: what happened.
        at: when, seconds since the study was created.
        commands: what the core answered.
        decided: the judge's decisions in it, as ``following.Decided``.
    """
    about = _STUDY.get(type(event))
    if about is not None:
        n = sum(isinstance(row, m.SetState) for row in commands) if isinstance(event, m.RunFinished) else 0
        closed = f"; {n} paused trial(s) are pruned" if n else ""
        yield Note(at=at, number=None, kind="study", text=about(event) + closed)
    claim = next((row for row in commands if isinstance(row, m.NewAttempt)), None)
    for one in decided:
        yield _decision(state, at, one, is_claimed=claim is not None)
    if claim is not None:
        yield _begin(at, claim, is_promoted=bool(decided))
    if isinstance(event, m.TrialEnqueued):
        for row in commands:
            if isinstance(row, m.NewTrial):
                yield Note(at=at, number=row.number, kind="added", text="enqueued")
    if isinstance(event, m.TrialStopRequested):
        yield Note(at=at, number=event.number, kind="study", text="the user stops it")
    yield from _ends(state, event, at, commands)


# --- decisions and beginnings --------------------------------------------------------------------------------------


def _decision(state: StudyState, at: float, one: Any, *, is_claimed: bool) -> Note:
    why = "" if one.reason is None else f": {one.reason.text}"
    promoted = next((row for row in one.rows if isinstance(row, m.PromoteRung)), None)
    rung = next((row for row in one.rows if isinstance(row, m.PutRung)), None)
    step = one.step if one.step is not None else promoted.level if promoted is not None else None
    if is_claimed and promoted is not None:
        kind, text = "promoted", f"promoted from step {promoted.level}"
    elif one.decision is not Decision.CONTINUE:
        kind = "paused" if one.decision is Decision.PAUSE else "stopped"
        text = kind if f"step {step}" in why else f"{kind} at step {step}"
    else:
        kind, text = "passed", f"goes on past step {rung.level if rung is not None else step}"
    if one.reason is None and one.decision is not Decision.CONTINUE:
        why = f": {pruner_name(state)} decided so"
    return Note(at=at, number=one.number, kind=kind, text=text + why, step=step, reason=one.reason)


def pruner_name(state: StudyState) -> str:
    """The name of the pruner of the latest run, by its spec."""
    found = json.loads(state.pruner_spec or "{}")
    return printable(str(found.get("name", "the pruner"))) if isinstance(found, dict) else "the pruner"


def _begin(at: float, row: m.NewAttempt, *, is_promoted: bool) -> Note:
    again = "" if row.attempt == 1 else f"attempt {row.attempt} "
    where = f" on {printable(row.node[:8] if len(row.node) > 20 else row.node)}" if row.node else ""
    from_step = "" if row.resumed_step is None else f" from the checkpoint of step {row.resumed_step}"
    goes_on = " after its promotion" if is_promoted else ""
    return Note(at=at, number=row.number, kind="began", text=f"{again}began{where}{from_step}{goes_on}".strip())


# --- ends ----------------------------------------------------------------------------------------------------------


def _ends(state: StudyState, event: m.Event, at: float, commands: Sequence[Command]) -> Iterator[Note]:
    """Attempts and trials that ended: one note each, which says how and what follows."""
    ends = {row.number: row for row in commands if isinstance(row, m.EndAttempt)}
    states = {row.number: row.state for row in commands if isinstance(row, m.SetState)}
    for number in dict.fromkeys([*ends, *states]):
        end, now = ends.get(number), states.get(number)
        if now is TrialState.PAUSED or (end is None and now is TrialState.RUNNING):
            continue  # the decision was noted; a claim
        text, kind = _end_text(state, event, number, end, now)
        yield Note(at=at, number=number, kind=kind, text=text)


def _end_text(
    state: StudyState, event: m.Event, number: int, end: m.EndAttempt | None, now: TrialState | None
) -> tuple[str, str]:
    trial = state.trials.peek(number)
    if now is TrialState.COMPLETE:
        return f"complete: {_values(trial.values)}", "complete"
    if now is TrialState.PRUNED:
        return _pruned(event, end), "closed" if isinstance(event, m.RunFinished) else "pruned"
    lost = "" if end is None else failure_text(end.outcome, end.message)
    if now is TrialState.FAIL:
        return f"failed{lost}", "failed"
    if now is TrialState.WAITING:
        return f"attempt {trial.attempt} ended{lost}; {retry_text(state, number, state.retry.get(number))}", "retried"
    return f"attempt {trial.attempt} ended{lost}", "ended"


def _pruned(event: m.Event, end: m.EndAttempt | None) -> str:
    if isinstance(event, m.RunFinished):
        return "pruned: the run is over, and nothing promoted it"
    if isinstance(event, m.TrialStopRequested) or (end is not None and end.outcome == FailureKind.STOPPED.value):
        return "pruned: the user stopped it"
    return "pruned"


def failure_text(outcome: str, message: str) -> str:
    """How an attempt ended, in brackets, with the last line of its message; "" where it ended by a decision."""
    if outcome in ("complete", "pruned", "paused"):
        return ""
    last = message.strip().splitlines()[-1:] or [""]
    return f" ({outcome}{': ' if last[0] else ''}{printable(last[0])[:160]})"


def retry_text(state: StudyState, number: int, due: float | None) -> str:
    """When a trial that waits for its next attempt gets one, and which of how many retries that is."""
    trial = state.trials.peek(number)
    if due is None or due == math.inf:
        return "somebody in another process has it"
    if trial.goes_first:
        return "it goes on first when there is a slot"
    kind = trial.failed
    n = 0 if kind is None else trial.retried.get(kind, 0)
    if kind is None or not n:
        return "it goes on when there is a slot"
    budget = state.run.retries._of(kind)[0]
    wait = state.run.retries.delay(kind, n - 1)
    after = f" after {duration(wait)}" if wait else ""
    return f"it is tried again{after}: retry {n} of {'any number' if budget is None else budget} for {kind.value}"


def _values(values: tuple[float, ...] | None) -> str:
    return ", ".join(f"{value:.6g}" for value in values or ())


# --- the study -----------------------------------------------------------------------------------------------------


def _run_started(event: m.RunStarted) -> str:
    return f"a run began ({_bounds(event) or 'without a bound on trials'})"


def _bounds(event: m.RunStarted | m.RunExtended) -> str:
    new, most = event.n_trials, event.max_trials
    found = [] if new is None else [f"{new} more trials"]
    return " and ".join(found if most is None else [*found, f"{most} trials in all"])


_STUDY: Mapping[type[m.Event], Callable[[Any], str]] = {
    m.RunStarted: _run_started,
    m.RunFinished: lambda _: "the run is over: nothing runs and nothing can start",
    m.StopRequested: lambda event: f"nothing starts any more: {printable(event.reason)}",
    m.StudyPaused: lambda _: "the user paused the study",
    m.StudyUnpaused: lambda _: "the user let the study go on",
    m.RunExtended: lambda event: f"the user extended the run to {_bounds(event)}",
    m.SlotsResized: lambda event: f"the user set the slots to {event.n_slots}",
    m.NodesLeaving: lambda event: f"{len(event.nodes)} node(s) leave: trials there save and go on elsewhere",
}

__all__ = ["Note", "failure_text", "notes_of", "pruner_name", "retry_text"]
