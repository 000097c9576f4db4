"""Handlers: how a study's runs begin and end."""

from __future__ import annotations

import json
import math

from . import adoption, held, lineage, moves
from . import messages as m
from .messages import Command, FailureKind
from .record import Run, StudyData
from .retries import RetryPolicy
from .trials import PRUNED, Effects

_NO_LIMITS = dict.fromkeys(("abort_after", "checkpoint_corrupt"))  # of a run that was logged before there were these


def run_started(s: StudyData, event: m.RunStarted, at: float) -> Effects:
    """A new run: its specs are adopted, attempts of the previous run are lost, the budget is the new one."""
    retries, commands = RetryPolicy(**{**_NO_LIMITS, **json.loads(event.retries)}), list[Command]()
    pruner = adoption.check_pruner(s, event.pruner) if event.pruner != s.pruner_spec else None
    if event.sampler != s.sampler_spec:  # the last refusal: from here on everything is allowed
        commands += adoption.adopt_sampler(s, event.sampler)
    if pruner is not None:
        commands += adoption.adopt_pruner(s, event.pruner, pruner)
    s.run.retries, s.run.checkpoints_kept = retries, event.checkpoints_kept
    for number in s.retry:  # whoever held one of these before is gone, unless he is named again or has a lease
        if s.retry[number] == math.inf and not (number in event.held or held.is_held(s.trials[number], at)):
            s.retry[number] = at
    for number, _ in s.live():  # the run that owned these attempts is dead
        slot, trial = s.trials[number].slot, s.trials[number]
        moves.charge_for(s, trial, -_dead_for(event, trial.attempt_at, at))
        commands += moves.leave(s, trial, at, FailureKind.DRIVER_LOST.value, "its run ended")
        if trial.held_until is not None or number in event.held:
            trial.lost_slot = slot  # its result still counts, until another attempt begins
        if (number in event.held or held.is_held(trial, at)) and number in s.retry:
            s.retry[number] = math.inf
    _forget_disk_failures(s, at)
    s.run = Run(
        name=event.run,
        began_at=at,
        budget=_budget(s, event),
        retries=retries,
        checkpoints_kept=event.checkpoints_kept,
        keeps_resumed=event.keeps_resumed,
        frees_paused=event.frees_paused,
        awaits_reports=event.awaits_reports,
        max_checkpoint_bytes=event.max_checkpoint_bytes,
        price=event.price,
        max_cost=event.max_cost,
        moves_at=event.moves_at,
        shares_gpus=event.shares_gpus,
    )
    return Effects(commands)


def _dead_for(event: m.RunStarted, began: float, at: float) -> float:
    """Seconds between the end of the run before and this one, of an attempt that the former left."""
    return 0.0 if event.before_until is None else max(0.0, at - max(began, event.before_until))


def _forget_disk_failures(s: StudyData, at: float) -> None:
    """Who starts the study again has mended the disk, or wants to see that it fails."""
    for number, due in s.retry.items():
        trial = s.trials[number]
        if trial.failed is FailureKind.CHECKPOINT_DISK and at < due < math.inf:
            trial.retried.pop(FailureKind.CHECKPOINT_DISK, None)
            s.retry[number] = at


def _budget(s: StudyData, event: m.RunStarted) -> int | None:
    bounds = [event.n_trials, None if event.max_trials is None else max(0, event.max_trials - s.n_started())]
    return min((bound for bound in bounds if bound is not None), default=None)


def run_finished(s: StudyData, event: m.RunFinished, at: float) -> Effects:
    """The run is over: what is still paused becomes PRUNED."""
    if event.run != s.run.name or s.run.stopping or not s.is_over():
        return Effects([], changed=False)
    commands: list[Command] = []
    for number in [number for number in s.trials if number in s.paused]:
        commands += moves.finish(s, s.trials[number], "pruned", PRUNED, at)
    commands += lineage.close(s)
    return Effects(commands, changed=bool(commands))


def stop_requested(s: StudyData, event: m.StopRequested, _at: float) -> Effects:
    """Nothing starts in this run any more."""
    changed = not s.run.stopping
    s.run.stopping = s.run.stopping or event.reason
    return Effects([], changed)
