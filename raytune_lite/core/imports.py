"""Handlers: trials that no slot claimed. Enqueued or added by the user, written by another program, or told of one."""

from __future__ import annotations

import json
import math

from ..base_trial import CONSTRAINTS
from ..distributions import check_compatibility
from ..exceptions import MessageError
from ..trial import FIXED_KEY, TrialState
from . import adoption, judging, moves, retention
from . import messages as m
from .bounds import check_attrs, check_distribution, check_json, check_name, check_reports
from .messages import Command
from .record import StudyData
from .trials import COMPLETE, RUNNING, WAITING, Effects, TrialRecord


def trial_enqueued(s: StudyData, event: m.TrialEnqueued, _at: float) -> Effects:
    """The user asked for a configuration; the answer is the trial's number."""
    if event.key in s.requests:
        return Effects([m.Answer(value=s.requests[event.key])], changed=False)
    for name, _ in event.params:
        check_name("a parameter's name", name)
    check_attrs((*event.user_attrs, *event.system_attrs))
    fixed = json.dumps({name: json.loads(text) for name, text in event.params})
    check_json("all parameters of an enqueued trial", fixed)
    trial = moves.create(s, "enqueued", WAITING)
    _note_request(s, event.key, trial)
    trial.fixed, trial.user_attrs = event.params, dict(event.user_attrs)
    trial.system_attrs = dict(event.system_attrs) | {FIXED_KEY: fixed}
    s.queue.append(trial.number)
    rows: list[Command] = [m.NewTrial(number=trial.number, state=WAITING)]
    rows += [m.PutAttr(number=trial.number, key=k, value_json=v) for k, v in event.user_attrs]
    rows += [m.PutAttr(number=trial.number, key=k, value_json=v, system=True) for k, v in trial.system_attrs.items()]
    return Effects([*rows, m.Answer(value=trial.number)])


def trial_added(s: StudyData, event: m.TrialAdded, at: float) -> Effects:
    """A trial that ran elsewhere, or runs there; the answer is its number.

    Raises:
        ValueError: it is COMPLETE without a result, or has nonsense in it.
        MessageError: a user tells the end of a trial that has ended, or does not run elsewhere.
    """
    state = TrialState(event.state)
    if event.key in s.requests:
        return Effects([m.Answer(value=s.requests[event.key])], changed=False)
    known = None if event.number is None else s.trials.get(event.number)
    if known is not None and not known.external:
        if event.key:
            why = f"it is {known.state.name}, and the first result stands"
            raise MessageError(f"cannot tell trial {event.number}: {why}.")
        return Effects([m.Answer(value=event.number)], changed=False)
    if not event.imported:
        _check_added(s, state, event)
    elif event.key:
        _check_result(s, state, event)
    trial = moves.create(s, "added", state, event.number)
    _note_request(s, event.key, trial)
    trial.external = state is RUNNING
    _fill(s, trial, event)
    rows = _rows_of_added(trial, event, at)
    if state.is_finished():
        rows += judging.history(s, trial)
        rows += adoption.adopt_cell(s.ledger, trial)
        retention.note_best(s, trial)
        s.finished.append(trial.number)
        s.trials.loosen(trial.number)
    return Effects([*rows, m.Answer(value=trial.number)])


def _note_request(s: StudyData, key: str | None, trial: TrialRecord) -> None:
    if key:
        s.requests[key] = trial.number


def _fill(s: StudyData, trial: TrialRecord, event: m.TrialAdded) -> None:
    # of one that runs elsewhere, what Optuna's table has room for: it alone has such a trial
    reports = {step: values[:1] for step, values in event.reports} if trial.external else dict(event.reports)
    trial.values, trial.reports = event.values, reports
    trial.last_step = max(trial.reports, default=-1)
    trial.user_attrs, trial.system_attrs = dict(event.user_attrs), dict(event.system_attrs)
    trial.params = {param.name: param for param in event.params}
    for param in event.params:
        s.space.setdefault(param.name, param.distribution)
    if trial.state is WAITING:
        fixed = json.loads(trial.system_attrs.get(FIXED_KEY, "{}"))
        trial.fixed = tuple((name, json.dumps(value)) for name, value in fixed.items())
        s.queue.append(trial.number)


def _check_result(s: StudyData, state: TrialState, event: m.TrialAdded) -> None:
    if state is COMPLETE and (event.values is None or not s.is_result(event.values)):
        raise ValueError(
            f"a COMPLETE trial of this study needs a value that is a number for each of its "
            f"{len(s.directions)} objective(s), got {event.values}; add it with state=FAIL instead."
        )
    if any(math.isnan(value) for value in event.values or ()):
        raise ValueError(f"a {state.name} trial may have no values or numbers, got {event.values}; leave them out.")


def _check_added(s: StudyData, state: TrialState, event: m.TrialAdded) -> None:
    _check_result(s, state, event)
    if not all(math.isfinite(date) for date in (event.started or 0.0, event.completed or 0.0)):
        raise ValueError(f"the dates of a trial must be numbers of seconds, got {event.started} and {event.completed}.")
    check_attrs((*event.user_attrs, *event.system_attrs))
    check_reports(event.reports, (1, len(s.directions)))  # up to 0.1.0 there was one value always
    for param in event.params:
        check_distribution(param.name, param.distribution)
        if param.name in s.space:
            check_compatibility(param.name, s.space[param.name], param.distribution)


def _rows_of_added(trial: TrialRecord, event: m.TrialAdded, at: float) -> list[Command]:
    number, state = trial.number, trial.state
    started, completed = (at if given is None else given for given in (event.started, event.completed))
    if event.imported:
        if trial.external:
            return []
        adopted: list[Command] = [m.AdoptTrial(number=number, state=state)]
        if event.key:
            adopted.append(m.SetState(number=number, state=state, attempt=0, completed=completed))
            adopted += [] if event.values is None else [m.PutValues(number=number, values=event.values)]
            found = [(k, v) for k, v in event.system_attrs if k.startswith(CONSTRAINTS)]
            adopted += [m.PutAttr(number=number, key=k, value_json=v, system=True) for k, v in found]
        return adopted
    until = completed if state.is_finished() else None
    rows: list[Command] = [
        m.NewTrial(number=number, state=state, started=started, completed=until, external=trial.external)
    ]
    rows += [m.PutParam(number=number, param=param) for param in event.params]
    rows += [m.PutReport(number=number, step=step, values=values) for step, values in trial.reports.items()]
    rows += [m.PutAttr(number=number, key=k, value_json=v) for k, v in event.user_attrs]
    rows += [m.PutAttr(number=number, key=k, value_json=v, system=True) for k, v in event.system_attrs]
    return rows + ([m.PutValues(number=number, values=event.values)] if event.values is not None else [])
