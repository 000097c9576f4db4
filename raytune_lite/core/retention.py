"""Which checkpoints of a study are kept: those that a trial may still be resumed from, and the best trial's last one.

A study keeps at most the newest two of a trial that may go on. Of a paused trial it keeps none once no future of the
run can promote it, and none while the run's limit of bytes is passed and better trials wait. Such a trial stays PAUSED.
If it is promoted after all (a run is extended, or there is room again), it begins anew at its first step: nothing that
it reported counts twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from . import lineage
from . import messages as m
from .ledger import Ledger
from .messages import Command
from .record import StudyData
from .trials import COMPLETE, TrialRecord


def drop_superseded(s: StudyData, trial: TrialRecord) -> list[Command]:
    """Delete the checkpoints of a trial that nothing can need any more."""
    if len(trial.checkpoints) < 2 and not trial.borrows:
        return []  # it has nothing, or its only one
    refs = trial.superseded(s.run.checkpoints_kept, keeps_resumed=s.run.keeps_resumed)
    return lineage.drop(s, trial, refs) + lineage.outgrow(s, trial)


def of_finished(s: StudyData, trial: TrialRecord) -> list[Command]:
    """Keep the best trial's last checkpoint (several objectives: every COMPLETE trial's); drop the others."""
    former = s.best
    note_best(s, trial)
    if trial.state is COMPLETE and (len(s.directions) > 1 or s.best == trial.number):
        commands = lineage.drop(s, trial, trial.checkpoints[:-1])
        if former is not None and former != s.best:
            commands += lineage.drop(s, s.trials[former], s.trials[former].checkpoints)
        return commands
    return lineage.drop(s, trial, trial.checkpoints)


def note_best(s: StudyData, trial: TrialRecord) -> None:
    """Compare a trial that has ended with the best so far."""
    if trial.state is not COMPLETE or not trial.values or len(s.directions) > 1:
        return
    best = s.trials[s.best] if s.best is not None else None
    if best is None or _rank(s, trial) < _rank(s, best):
        if best is not None:
            s.trials.loosen(best.number)
        s.best = trial.number


def _rank(s: StudyData, trial: TrialRecord) -> tuple[bool, float, int]:
    """By which the best trial is the least: feasible first; of equals the lowest number, not the first to end."""
    is_infeasible = any(value > 0 for _, value in trial.constraints())
    return is_infeasible, s.losses(trial.values)[0] if trial.values else math.inf, trial.number


# --- paused trials ---------------------------------------------------------------------------------------------------


def of_paused(s: StudyData, done: Sequence[Command]) -> list[Command]:
    """Drop what paused trials need no more, after an event with the commands ``done``. Most often that is nothing."""
    if not s.paused or not s.run.frees_paused or s.breeder is not None:  # under a breeder all of them go on
        return []
    commands = [command for trial in _out_of_reach(s) for command in trial.drop(trial.checkpoints)]
    limit = s.run.max_checkpoint_bytes
    if limit is not None and any(isinstance(command, (m.PutCheckpoint, m.SetState)) for command in done):
        excess = s.trials.checkpoint_bytes() - limit
        for trial in _least_promising(s) if excess > 0 else ():
            excess -= sum(ref.size for ref in trial.checkpoints)
            commands += trial.drop(trial.checkpoints)
            if excess <= 0:
                break
    return commands


def _out_of_reach(s: StudyData) -> Iterator[TrialRecord]:
    """The paused trials with checkpoints of which it has become clear that this run cannot promote them."""
    judge = s.forecaster
    n_trials = None if judge is None else _most_trials(s)
    if judge is None or n_trials is None:
        return
    found = judge.out_of_reach(n_trials, len(s.slots) + len(s.retry))
    newest = next(reversed(s.paused))  # it may have been on its way out when that became clear
    if judge.is_out_of_reach(newest):
        found = [*found, newest]
    yield from _holding(s, found)


def _most_trials(s: StudyData) -> int | None:
    """How many trials the study can have at the end of this run; None: there is no bound."""
    more = None if s.run.budget is None else max(0, s.run.budget - len(s.queue))  # the queue's have their numbers
    if isinstance(s.ledger, Ledger):
        more = s.ledger.free() if more is None else min(more, s.ledger.free())
    return None if more is None else s.next_number + more


def _least_promising(s: StudyData) -> Iterator[TrialRecord]:
    """The paused trials that have checkpoints: the lowest rung first, there the worst first."""
    return _holding(s, list(s.paused) if s.forecaster is None else s.forecaster.least_promising())


def _holding(s: StudyData, numbers: Sequence[int]) -> Iterator[TrialRecord]:
    """Those of these trials that are PAUSED and have checkpoints."""
    return (s.trials[number] for number in numbers if number in s.paused and s.trials.has_checkpoints(number))


__all__ = ["drop_superseded", "note_best", "of_finished", "of_paused"]
