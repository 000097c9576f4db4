"""Handlers: a slot asks for its trial. Retries first, then promotions, then enqueued trials, then new ones.

Under a Breeder new ones go before promotions, and of those that go on the one with the lowest step is first.
"""

from __future__ import annotations

import json

from ..base_trial import CONSTRAINT_PREFIX
from ..exceptions import MessageError
from . import adoption, gpu_shares, judging, leaving, lineage, moves
from . import messages as m
from .bounds import check_name, check_price
from .messages import Command, Decision
from .record import StudyData
from .trials import RUNNING, Effects, TrialRecord

_Next = tuple[TrialRecord, list[Command]]  # the trial that starts, and the rows that say why it may


def claimed(s: StudyData, event: m.Claimed, at: float) -> Effects:
    """The next trial, as an Assignment; None when there is nothing to start there. A re-sent claim is answered again.

    Raises:
        MessageError: the claim names no slot, or a name cannot be stored.
    """
    if event.slot in s.slots:
        trial = s.trials[s.slots[event.slot]]
        again: Command = m.Suggest(number=trial.number) if trial.suggested is None else assignment(s, trial)
        return Effects([again], changed=False)
    if not event.slot:
        raise MessageError("a claim must name its slot, got ''; a trial without a slot is one that does not run.")
    check_name("a slot's name", event.slot)
    if event.node is not None:
        check_name("a node's name", event.node)
    found = _next(s, at) if s.may_start(at) and event.node not in s.run.leaving else None
    if found is None:
        return Effects([m.Answer(value=None)], changed=False)
    return Effects(_start(s, *found, event, at))


def _next(s: StudyData, at: float) -> _Next | None:
    found = _next_retry(s, at)
    if found is None and s.breeder is None:
        found = _next_promotion(s)
    if found is None and not s.waits_for_disk(at) and (s.breeder is None or s.n_new() != 0):
        found = _next_enqueued(s) or _next_new(s, at)
    if found is None and s.breeder is not None:
        found = _next_child(s) or _next_promotion(s)
    return found


def _next_retry(s: StudyData, at: float) -> _Next | None:
    number = next((number for number, due in s.retry.items() if due <= at), None)
    if number is None:
        return None
    del s.retry[number]
    return s.trials[number], []


def _next_promotion(s: StudyData) -> _Next | None:
    number = next(iter(s.promotable()), None)
    if number is None or s.promoter is None:
        return None
    s.promotions += 1
    return s.trials[number], list(s.promoter.promote(number))


def _next_child(s: StudyData) -> _Next | None:
    """The child with the lowest step, unless a paused trial has a lower one."""
    number = min(s.lineage.waiting, key=lambda number: s.trials[number].last_step, default=None)
    paused = next(iter(s.promotable()), None)
    if number is None or (paused is not None and s.trials[paused].last_step < s.trials[number].last_step):
        return None
    del s.lineage.waiting[number]
    return s.trials[number], []


def _next_enqueued(s: StudyData) -> _Next | None:
    if not s.queue or s.run.budget == 0:
        return None
    trial = s.trials[s.queue.popleft()]
    moves.charge(s, trial)
    rows = adoption.adopt_cell(s.ledger, trial, starts=True)
    if s.ledger is not None:  # a tree leads a trial on where its own parameters end
        own, given = trial.chosen(), s.ledger.params(trial.number)
        trial.fixed += tuple((name, json.dumps(value)) for name, value in given.items() if name not in own)
    return trial, list(rows)


def _next_new(s: StudyData, at: float) -> _Next | None:
    if s.run.budget == 0:
        return None
    cell = row = None
    if s.ledger is not None:
        held = s.ledger.claim(s.next_number)
        if held is None:
            return None
        cell, row = held
    trial = moves.create(s, "claimed", RUNNING)
    moves.charge(s, trial)
    if s.ledger is not None:
        trial.cell, trial.suggested = cell, ()
        trial.fixed = tuple((name, json.dumps(value)) for name, value in s.ledger.params(trial.number).items())
    new = m.NewTrial(number=trial.number, state=RUNNING, attempt=1, cell=cell, started=at)
    return trial, [new] if row is None else [new, row]


def _start(s: StudyData, trial: TrialRecord, commands: list[Command], event: m.Claimed, at: float) -> list[Command]:
    """Begin the trial's next attempt in this slot."""
    is_new = trial.state is RUNNING
    if not is_new:
        moves.move(s, trial, "claimed", RUNNING)
    trial.attempt += 1
    trial.attrs_order = 0
    trial.pending, trial.slot, trial.goes_first = Decision.CONTINUE, event.slot, False
    trial.lost_slot = trial.lost_kind = trial.lost_at = trial.held_until = None
    s.slots[event.slot] = trial.number
    if s.run.price:
        s.run.begun_at += at
    if not is_new:
        first = at if trial.started_at is None else None
        commands.append(m.SetState(number=trial.number, state=RUNNING, attempt=trial.attempt, started=first))
    trial.started_at = at if trial.started_at is None else trial.started_at
    trial.attempt_at, trial.node, trial.pid = at, event.node, event.pid
    trial.trained_before = trial.trained
    trial.gpu_peak = trial.price = None
    trial.gpu_share = gpu_shares.begins(s.gpu_use, trial) if s.run.shares_gpus else 0
    trial.resumed = resumed = judging.resume_from(s, trial)
    newest = trial.checkpoints.index(resumed) + 1 if resumed in trial.checkpoints else 0
    kept = trial.checkpoints[max(0, newest - s.run.checkpoints_kept) : newest]
    commands += lineage.drop(s, trial, [ref for ref in trial.checkpoints if ref not in kept])
    commands += lineage.outgrow(s, trial)
    begun = m.NewAttempt(
        number=trial.number,
        attempt=trial.attempt,
        slot=event.slot,
        node=event.node or "",
        started=at,
        resumed_step=resumed.step if resumed else None,
        num_gpus=trial.gpu_share / gpu_shares.WHOLE if trial.gpu_share else None,
    )
    answer = m.Suggest(number=trial.number) if trial.suggested is None else assignment(s, trial)
    return [*commands, begun, answer]


def attempt_began(s: StudyData, event: m.AttemptBegan, at: float) -> Effects:
    """The task of a trial that was claimed for it begins; a repeated message changes nothing.

    Raises:
        StaleAttemptError: the attempt is not live, and must not begin.
        MessageError: the node's name cannot be stored, or the price is no amount of money.
    """
    trial = moves.live(s, event.number, event.attempt)
    if event.node is None or trial.node is not None:
        return Effects([m.Answer(value=None)], changed=False)
    check_name("a node's name", event.node)
    if event.price is not None:
        check_price(event.price)
        moves.set_price(s, trial, event.price, at)
    if s.run.price:  # it waited until now, and held nothing
        s.run.begun_at += at - trial.attempt_at
    trial.attempt_at, trial.node, trial.pid = at, event.node, event.pid
    if event.node in s.run.leaving and trial.stop is None:  # its task was on its way there
        leaving.order(trial, s.run.leaving[event.node], at)
    begun = m.BeginAttempt(number=trial.number, attempt=trial.attempt, node=event.node, started=at)
    return Effects([begun, m.Answer(value=None)])


def suggested(s: StudyData, event: m.Suggested, _at: float) -> Effects:
    """The sampler has chosen a trial's parameters; the claim can be answered.

    Raises:
        MessageError: the study has no such trial.
    """
    trial = s.trials.get(event.number)
    if trial is None:
        raise MessageError(f"parameters were suggested for trial {event.number}, which the study does not have.")
    if trial.suggested is not None or trial.state.is_finished():  # asked twice: the first answer stands
        return Effects([assignment(s, trial)], changed=False)
    trial.suggested = event.params
    return Effects([assignment(s, trial)])


def assignment(s: StudyData, trial: TrialRecord) -> m.Answer:
    """What an attempt needs to start."""
    return m.Answer(
        value=m.Assignment(
            number=trial.number,
            attempt=trial.attempt,
            fixed=trial.fixed,
            used=tuple((name, s.space[name]) for name, _ in trial.fixed if name in s.space),
            params=tuple(trial.params.values()),
            suggested=trial.suggested or (),
            user_attrs=tuple(trial.user_attrs.items()),
            constraints=trial.constraints(),
            schedule=s.judge.schedule(trial.number),
            checkpoint=trial.resumed,
            last_step=trial.last_step if trial.last_step >= 0 else None,
            started=trial.started_at or 0.0,
            is_timed=s.timed is not None,
            parent=trial.parent,
            pauses=s.promoter is not None,
            waits=s.waits is not None and s.waits.waits(trial.number),
            system_attrs=tuple((k, v) for k, v in trial.system_attrs.items() if not k.startswith(CONSTRAINT_PREFIX)),
            gpu_share=trial.gpu_share,
            gpu_base=s.gpu_use.base if trial.gpu_share else 0,
        )
    )
