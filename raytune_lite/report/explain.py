"""Why nothing runs, and why a trial is where it is: the rule, the numbers that it saw, and what is missing.

Reads the study alone. Decisions are explained by the judge that made them: see ``following``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..arguments import integer
from ..core.bounds import MAX_STEP
from ..core.state import StudyState
from ..core.trials import TrialRecord
from ..display.tables import duration
from ..display.text import printable
from ..runtime import control
from ..runtime.host import RealHost
from ..trial import TrialState
from .following import Following
from .narrative import Note, pruner_name, retry_text

if TYPE_CHECKING:
    from ..study.results import Results

_LISTED = 8  # trials of one kind that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why something is as it is.

    Args:
        subject: "trial 17", or "study train".
        state: of the trial, or of the study: "running", "paused", "waiting", "stopping", "over" or "not running".
        why: sentences, the most important first.
        missing: what must come for it to go on; [] where nothing is needed or nothing can come.
        history: what happened to the trial, the oldest first; of a study [].
    """

    subject: str
    state: str
    why: list[str]
    missing: list[str]
    history: list[Note]


def explain(study: Results, number: int | None = None) -> Explanation:
    """Why nothing runs, or why a trial waits, was paused, pruned, retried, resumed or failed.

    The study's log of events is folded again, by the rule that judged it: with a trial from its beginning, which takes
    about a second for 20,000 events. A pruner of the user's own is explained where the study was loaded with it.

    Args:
        study: the study; it may be running.
        number: the trial; None: the study.

    Raises:
        ValueError: the study has no such trial, ``number`` is no integer >= 0; or its pruner cannot be made from its
            spec.
        MessageError: the log was changed by hand.
    """
    if number is None:
        owner = study.find_owner()
        asked = control.status(study._repository, study._record) if owner is not None and owner[1] else None
        return explain_study(Following(study, n_notes=0), _now(study), owner, asked)
    number = integer("number", number, 0, "trials are numbered from 0", MAX_STEP)
    following = Following(study, whole=True, only=number)
    if number not in following.state.trials:
        n = following.state.next_number
        has = f"it has {n}, from 0 on" if n else "it has none yet"
        raise ValueError(f"study {study.study_name!r} has no trial {number}; {has}.")
    return explain_trial(following, number, _now(study), study.find_owner())


def _now(study: Results) -> float:
    """Seconds since the study was created, by this machine's clock."""
    return RealHost().time() - study._record.created


# --- a trial -------------------------------------------------------------------------------------------------------


def explain_trial(following: Following, number: int, now: float, owner: tuple[str, bool] | None) -> Explanation:
    """See ``explain``.

    Args:
        following: the study, with the notes of this trial.
        number: the trial.
        now: seconds since the study was created.
        owner: who owns the study, and whether it lives; None: nobody.
    """
    state, trial = following.state, following.state.trials.peek(number)
    notes = [note for note in following.notes if note.number == number]
    say = {
        TrialState.RUNNING: _running, TrialState.PAUSED: _paused, TrialState.WAITING: _waiting,
        TrialState.COMPLETE: _ended, TrialState.PRUNED: _ended, TrialState.FAIL: _ended,
    }[trial.state]  # fmt: skip
    why, missing = say(following, trial, notes, now)
    if not trial.state.is_finished() and (owner is None or not owner[1]):
        run = "none is under way" if owner is None else f"{printable(owner[0])} gives no sign of life"
        missing = [*missing, f"a run: {run}"]
    if following.is_partial:
        why = [*why, "the log before its compaction is gone, so what happened then is not known"]
    return Explanation(subject=f"trial {number}", state=state.trials.peek(number).state.name, why=why,
                       missing=missing, history=notes)  # fmt: skip


_Said = tuple[list[str], list[str]]


def _last(notes: list[Note], *kinds: str) -> Note | None:
    return next((note for note in reversed(notes) if note.kind in kinds), None)


def _paused(following: Following, trial: TrialRecord, notes: list[Note], now: float) -> _Said:
    state, found = following.state, _last(notes, "paused")
    why = [found.text] if found is not None else [f"it waits at a rung of {pruner_name(state)}"]
    reason = following.why(trial.number)
    if reason is not None and (found is None or found.reason is None or found.reason.text != reason.text):
        why.append(f"now it is {reason.text}")
    if state.forecaster is not None and state.forecaster.is_out_of_reach(trial.number):
        why.append("even with all the trials that the run may still start it would not be promoted")
        return why, ["a larger bound on trials: raytune-lite extend, or the next run's"]
    missing = [reason.missing] if reason is not None and reason.missing else []
    return why, missing + _held_up(state, now)


def _waiting(following: Following, trial: TrialRecord, notes: list[Note], now: float) -> _Said:
    state, number = following.state, trial.number
    if number in state.retry:
        found = _last(notes, "retried")
        due = state.retry[number]
        why = [found.text if found is not None else retry_text(state, number, due)]
        if due == math.inf:
            return ["it was asked for by ask(), outside of any run"], ["its result: study.tell, or raytune-lite tell"]
        later = due - now
        missing = [f"{duration(later)} until its retry is due"] if 0 < later < math.inf else ["a free slot"]
        return why, missing + _held_up(state, now)
    if number in state.queue:
        place = list(state.queue).index(number)
        ahead = f"{place} enqueued trial(s) go first, and" if place else "it is the next enqueued trial;"
        why = [f"it was enqueued and has not begun: {ahead} retries and promotions go before"]
        budget = ["the run's budget of new trials is used up: extend it"] if state.run.budget == 0 else ["a free slot"]
        return why, budget + _held_up(state, now)
    if number in state.lineage.waiting:
        return ["it takes the place of a trial that the pruner stopped"], ["a free slot", *_held_up(state, now)]
    return ["another program has it"], []


def _running(following: Following, trial: TrialRecord, notes: list[Note], now: float) -> _Said:
    state = following.state
    if trial.slot is None:
        return ["another program runs it"], []
    if trial.node is None and trial.last_step < 0 and not trial.params:
        waited = duration(max(0.0, now - trial.attempt_at))
        return [f"attempt {trial.attempt} was claimed {waited} ago, and its task has not begun"], [
            "room for what it asks for, on a node that has the labels it asks for"
        ]
    where = f" on node {printable(trial.node[:8])}" if trial.node else ""
    why = [f"attempt {trial.attempt} runs{where} for {duration(max(0.0, now - trial.attempt_at))}"]
    if trial.attempt > 1:
        why += [note.text for note in (_last(notes, "retried"), _last(notes, "promoted", "passed")) if note is not None]
    if trial.last_step >= 0:
        at = following.reported.get(trial.number)
        ago = f", {duration(max(0.0, now - at[0]))} ago" if at is not None else ""
        why.append(f"its latest report is of step {trial.last_step}{ago}")
    if trial.stop is not None:
        why.append(f"it is to end: {printable(trial.stop.reason)}")
    due = state.judge.schedule(trial.number).next_after(trial.last_step)
    return why, [] if due is None else [f"a report at step {due}, where {pruner_name(state)} decides next"]


def _ended(following: Following, trial: TrialRecord, notes: list[Note], now: float) -> _Said:  # noqa: ARG001
    state = following.state
    found, decided = _last(notes, "complete", "pruned", "closed", "failed", "added"), _last(notes, "stopped", "paused")
    why = [] if found is None else [found.text]
    if trial.state is TrialState.PRUNED and decided is not None:
        why.append(decided.text)
        why += _at_the_end(following, trial, decided)
    elif trial.state is TrialState.PRUNED and found is not None and found.text == "pruned":
        why.append("the objective raised TrialPruned, and no pruner had asked for it")
    if trial.state is TrialState.FAIL and trial.failed is not None:
        budget = state.run.retries._of(trial.failed)[0]
        used = trial.retried.get(trial.failed, 0)
        allowed = f"{used} of {budget} retries were used" if budget else "no retries are allowed"
        why.append(f"{allowed} for {trial.failed.value} (RetryPolicy)")
    return why or [f"it is {trial.state.name}; its log has no more of it"], []


def _at_the_end(following: Following, trial: TrialRecord, decided: Note) -> list[str]:
    """Of a trial that waited until its run was over: where it stood then."""
    if decided.kind != "paused":
        return []
    reason = following.why(trial.number)
    return [] if reason is None or reason.holds else [f"at the end it was {reason.text}"]


# --- the study -----------------------------------------------------------------------------------------------------


def explain_study(
    following: Following, now: float, owner: tuple[str, bool] | None, asked: control.Status | None = None
) -> Explanation:
    """See ``explain``. ``asked``: what the owner says; for the other arguments see ``explain_trial``."""
    state = following.state
    name = printable(following.study.study_name)
    why, missing = list(_ownership(state, owner)), _held_up(state, now)
    n = len(state.slots)
    if n:
        why.append(f"{n} attempt(s) run: {_listed(list(state.slots.values()))}")
    if owner is None or not owner[1]:
        is_over = state.is_over() and state.run.name is not None and not state.run.stopping
        why += ["its latest run started all that it could"] if is_over else []
        missing = ["a run with a larger bound on trials"] if is_over else ["a run: start the same command again"]
        return Explanation(subject=f"study {name}", state="over" if is_over else "not running", why=why,
                           missing=missing, history=[])  # fmt: skip
    work = state.work(now)
    if work != 0:
        could = "as many trials as there is room for" if work is None else f"{work} trial(s)"
        why.append(f"{could} could begin now, and no slot has asked for one")
        why += [] if asked is None else [f"{asked.n_tasks} task(s) are queued or running"]
        if asked is not None and asked.blocked:
            why.append(f"none of them begins: {printable(asked.blocked)}")
        missing = ["a free slot"]
    else:
        why += _nothing_to_start(state, now)
    kind = "paused" if state.run.paused else "stopping" if state.run.stopping else "running" if n or work else "waiting"
    return Explanation(subject=f"study {name}", state=kind, why=why, missing=missing, history=[])


def _ownership(state: StudyState, owner: tuple[str, bool] | None) -> Iterator[str]:
    if owner is None:
        yield "no run is under way" if state.run.name is not None else "the study was never run"
        if state.run.stopping:
            yield f"the latest run was stopped: {printable(state.run.stopping)}"
    elif not owner[1]:
        yield f"its owner, {printable(owner[0])}, gives no sign of life"


def _held_up(state: StudyState, now: float) -> list[str]:
    """What must come before anything starts in this run."""
    run = state.run
    found = [f"a new run: this one is stopping ({printable(run.stopping)})"] if run.stopping else []
    found += ["the study to go on: it is paused (raytune-lite unpause)"] if run.paused else []
    if run.slot_limit is not None and len(state.slots) >= run.slot_limit:
        found.append(f"a slot: all {run.slot_limit} that the user allows are taken (raytune-lite resize)")
    if state.waits_for_disk(now):
        found.append("room on the checkpoints' disk: trials wait for it, and nothing new begins meanwhile")
    return found


def _nothing_to_start(state: StudyState, now: float) -> Iterator[str]:
    """Why no claim would be served, while nothing forbids it."""
    if state.run.stopping or state.run.paused:
        return
    if state.run.budget == 0:
        yield "the run has started all the new trials that it may"
    elif state.ledger is not None and not state.ledger.free() and not state.queue:
        yield "each cell of the grid is done, or is held by a trial"
    elif state.breeder is not None and state.n_new() == 0:
        yield f"the population of {state.breeder.population} is complete"
    later = sorted(due for due in state.retry.values() if now < due < math.inf)
    if later:
        yield f"{len(later)} trial(s) wait for their retries, the first is due in {duration(later[0] - now)}"
    held = sum(due == math.inf for due in state.retry.values())
    if held:
        yield f"{held} trial(s) were asked for by ask(), and wait for their results: raytune-lite tell"
    if state.paused:
        n = len(state.paused)
        yield f"{n} paused trial(s) wait for more results at their rungs: {_listed(list(state.paused))}"


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, sorted(numbers)[:_LISTED]))
    return f"{shown}, ..." if len(numbers) > _LISTED else shown


# --- how it is shown -----------------------------------------------------------------------------------------------


def lines(found: Explanation) -> Iterator[str]:
    """An explanation as text."""
    yield f"{found.subject}: {found.state}"
    for sentence in found.why:
        yield f"  {sentence}"
    for i, what in enumerate(found.missing):
        yield f"  {'needs' if not i else 'and'}: {what}"


def record(found: Explanation) -> dict[str, Any]:
    """An explanation as JSON-able data."""
    return {
        "subject": found.subject,
        "state": found.state,
        "why": found.why,
        "missing": found.missing,
        "history": [note_record(note) for note in found.history],
    }


def note_record(note: Note) -> dict[str, Any]:
    """A note as JSON-able data; ``at`` in seconds since the study was created."""
    reason = note.reason
    numbers = None if reason is None else dict(reason.numbers)
    return {"at": note.at, "number": note.number, "kind": note.kind, "step": note.step, "text": note.text,
            "numbers": numbers, "holds": None if reason is None else reason.holds}  # fmt: skip




__all__ = ["Explanation", "explain", "explain_study", "explain_trial", "lines", "note_record", "record"]
