"""How a trial comes to be, changes its state and ends: the rules that all handlers share.

Every change of a trial's state goes through ``create`` or ``move``, which know the table of transitions and nothing
else. The functions here change the record and return the rows that say so; they refuse nothing that a sender may do
wrong, because a handler refuses before it changes anything.
"""

from __future__ import annotations

from ..exceptions import StaleAttemptError
from ..trial import TrialState
from . import judging, lineage, retention
from . import messages as m
from .messages import Command, Decision, FailureKind, Row
from .record import StudyData
from .trials import FAIL, PAUSED, PRUNED, RUNNING, TRANSITIONS, WAITING, Transition, TrialRecord, written

_ALLOWED = frozenset(TRANSITIONS)


def create(s: StudyData, how: str, state: TrialState, number: int | None = None) -> TrialRecord:
    """A new trial, with the next number unless one is given.

    An external trial of that number is replaced: the program that runs it has stored its new state.
    """
    number = s.next_number if number is None else number
    _take(s, (None, how, state), number)
    s.next_number = max(s.next_number, number + 1)
    if number in s.trials:
        s.counts[s.trials[number].state] -= 1
    trial = s.trials[number] = TrialRecord(number=number, state=state)
    s.counts[state] += 1
    return trial


def move(s: StudyData, trial: TrialRecord, how: str, state: TrialState) -> None:
    """A trial takes one row of the table.

    Raises:
        RuntimeError: the table has no such row; nothing was changed.
    """
    _take(s, (trial.state, how, state), trial.number)
    s.counts[trial.state] -= 1
    s.counts[state] += 1
    if trial.state is PAUSED:
        del s.paused[trial.number]
    if state is PAUSED:
        s.paused[trial.number] = None
        s.trials.loosen(trial.number)
    trial.state = state


def _take(s: StudyData, row: Transition, number: int) -> None:
    if row not in _ALLOWED:
        raise RuntimeError(f"trial {number}: no transition {written(row)}.")
    s.transitions[row] = s.transitions.get(row, 0) + 1


def live(s: StudyData, number: int, attempt: int) -> TrialRecord:
    """The trial of a live attempt (fencing).

    Raises:
        StaleAttemptError: the attempt is not live.
    """
    trial = s.trials.get(number)
    if trial is None:
        raise StaleAttemptError(number, attempt, "the study has no such trial")
    if trial.attempt != attempt or trial.slot is None:
        instead = f"the trial is {trial.state.name}" if trial.slot is None else f"attempt {trial.attempt} is"
        raise StaleAttemptError(number, attempt, instead)
    return trial


def charge(s: StudyData, trial: TrialRecord) -> None:
    """A configuration begins: it counts for this run's budget."""
    trial.charged_to_run = s.run.name
    s.run.budget = None if s.run.budget is None else s.run.budget - 1


def charge_for(s: StudyData, trial: TrialRecord, seconds: float) -> None:
    """The last attempt of a trial took so long; see RunStarted.price. Below 0: less than was charged."""
    s.cost += (s.run.price if trial.price is None else trial.price) * seconds / 3600.0


def set_price(s: StudyData, trial: TrialRecord, price: float, at: float) -> None:
    """The live attempt, which begins at ``at``, says what it costs an hour."""
    trial.price = price
    s.run.surcharge += price - s.run.price
    s.run.surcharge_begun += (price - s.run.price) * at


def find(s: StudyData, trial: TrialRecord, at: float) -> None:
    """The last attempt, which was given up, has ended by itself after all: as if it had never been given up."""
    s.retry.pop(trial.number, None)
    if trial.lost_kind is not None:
        trial.retried[trial.lost_kind] -= 1
        trial.failed = None
    charge_for(s, trial, 0.0 if trial.lost_at is None else at - trial.lost_at)
    trial.lost_slot = trial.lost_kind = trial.lost_at = None
    trial.goes_first = False
    move(s, trial, "found", RUNNING)


# --- the end of an attempt, and of a trial ------------------------------------------------------------------------


def end_attempt(
    s: StudyData,
    trial: TrialRecord,
    at: float,
    outcome: str,
    message: str = "",
    exit_code: int | None = None,
    stderr_tail: str | None = None,
) -> list[Row]:
    """The live attempt of a trial is over, and its slot is free. ``outcome``, ``message``: see EndAttempt."""
    if trial.slot is not None:
        del s.slots[trial.slot]
        if s.run.price:
            s.run.begun_at = s.run.begun_at - trial.attempt_at if s.slots else 0.0
        if trial.price is not None:
            beside = trial.price - s.run.price
            s.run.surcharge = s.run.surcharge - beside if s.slots else 0.0
            s.run.surcharge_begun = s.run.surcharge_begun - beside * trial.attempt_at if s.slots else 0.0
        charge_for(s, trial, at - trial.attempt_at)
    trial.slot = trial.stop = None
    row = m.EndAttempt(
        number=trial.number,
        attempt=trial.attempt,
        outcome=outcome,
        ended=at,
        message=message,
        exit_code=exit_code,
        stderr_tail=stderr_tail,
        gpu_peak=trial.gpu_peak,
    )
    return [row]


def leave(
    s: StudyData,
    trial: TrialRecord,
    at: float,
    outcome: str,
    message: str = "",
    exit_code: int | None = None,
    stderr_tail: str | None = None,
) -> list[Command]:
    """The attempt is over but the trial is not: it is paused or stopped as was decided before, else tried again."""
    paused, order = trial.pending is Decision.PAUSE, trial.stop
    ended: list[Command] = [
        *end_attempt(s, trial, at, "paused" if paused else outcome, message, exit_code, stderr_tail)
    ]
    if paused and s.run.keeps_resumed:  # it may wait for long; else the next attempt drops what it does not need
        ended += retention.drop_superseded(s, trial)
    if trial.pending is Decision.STOP:
        return [*ended, *finish(s, trial, "stopped" if order is not None and order.is_final else "pruned", PRUNED, at)]
    if paused:
        move(s, trial, "paused", PAUSED)
        s.run.common_failure = None
    else:
        move(s, trial, "retried", WAITING)
        trial.goes_first = order is not None
        _wait(s, trial, at)
    return [*ended, m.SetState(number=trial.number, state=trial.state, attempt=trial.attempt)]


def _wait(s: StudyData, trial: TrialRecord, due: float) -> None:
    """The trial will be tried again; those that an order ended go before the others, in the order of their ends."""
    if not trial.goes_first:
        s.retry[trial.number] = due
        return
    first = {number: at for number, at in s.retry.items() if s.trials[number].goes_first}
    s.retry = {**first, trial.number: due, **{n: at for n, at in s.retry.items() if n not in first}}


def finish(s: StudyData, trial: TrialRecord, how: str, state: TrialState, at: float) -> list[Command]:
    """The trial has ended for good. Its values are set already, unless it is pruned."""
    move(s, trial, how, state)
    trial.completed_at, trial.held_until = at, None
    if state is not FAIL:
        s.run.common_failure = None
    s.n_invalid += state is FAIL and trial.failed is FailureKind.INVALID and trial.parent is None
    commands: list[Command] = []
    if state is PRUNED and trial.values is None:  # else it has an estimate
        last = trial.reports.get(trial.last_step, ())
        trial.values = last if last and s.is_result(last) else None  # Optuna's rule for a pruned trial
    commands += judging.end(s, trial)
    if s.ledger is not None:
        is_final = trial.failed is FailureKind.INVALID
        commands += s.ledger.failed(trial.number, is_final) if state is FAIL else s.ledger.done(trial.number)
    if trial.values is not None:
        commands.append(m.PutValues(number=trial.number, values=trial.values))
    commands += retention.of_finished(s, trial)
    s.finished.append(trial.number)
    s.trials.loosen(trial.number)
    commands.append(m.SetState(number=trial.number, state=state, attempt=trial.attempt, completed=at))
    if trial.heir is not None and how == "pruned":
        commands += lineage.born(s, trial, create(s, "born", WAITING))
    return commands + lineage.ended(s, trial)
