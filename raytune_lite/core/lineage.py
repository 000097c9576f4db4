"""Trials that go on from checkpoints of other trials: heirs, children, and the files that they share.

A trial that a Breeder stops gets an *heir*: the checkpoint from which the trial goes on that takes its place. This
trial, the *child*, comes to be in the event in which the stopped one ends. Nothing is copied: a child reads its
parent's file, and each file counts its *readers*, who are heirs and children that may still read it. A file that its
own trial gives up stays, as ``lent``, until it has no reader.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from ..trial import PARENT_KEY, REPLACED_KEY
from . import messages as m
from .messages import CheckpointRef, Command, Decision, Parent, Row
from .record import StudyData
from .trials import COMPLETE, TrialRecord

# --- what a verdict leads to ---------------------------------------------------------------------------------------


def decide(s: StudyData, trial: TrialRecord, step: int, verdict: Decision) -> tuple[Decision, tuple[Row, ...]]:
    """What a Breeder's verdict of PAUSE or STOP at this step becomes, and the rows that it adds."""
    if verdict is Decision.STOP:
        if trial.heir is None:
            trial.heir = _heir(s, trial.number)
        if trial.heir is not None:
            return Decision.STOP, ()
    if s.promoter is None or _waits_behind(s, step):
        return Decision.PAUSE, ()
    return Decision.CONTINUE, s.promoter.promote(trial.number)


def _heir(s: StudyData, number: int) -> Parent | None:
    found = None if s.breeder is None else s.breeder.replace(number, lambda other: _saved(s, other))
    ref = None if found is None else donation(s, s.trials.peek(found))
    if found is None or ref is None:
        return None
    s.lineage.readers[ref.uri] = s.lineage.readers.get(ref.uri, 0) + 1
    return Parent(number=found, checkpoint=ref)


def _saved(s: StudyData, number: int) -> int | None:
    ref = donation(s, s.trials.peek(number)) if number in s.trials else None
    return None if ref is None else ref.step


def _waits_behind(s: StudyData, step: int) -> bool:
    """Whether a trial that is further back than ``step`` waits for a slot."""
    if s.run.stopping or s.run.paused:
        return False  # it waits for more than a slot
    if s.n_new() != 0:
        return True
    waiting = [*s.lineage.waiting, *s.paused, *(number for number, due in s.retry.items() if due < math.inf)]
    return any(s.trials.peek(number).last_step < step for number in waiting)


def donation(s: StudyData, trial: TrialRecord) -> CheckpointRef | None:
    """The checkpoint from which others may go on: the newest that does not lack a report, and is below the horizon."""
    breeder = s.breeder
    if breeder is None or not trial.checkpoints:
        return None
    if trial.state.is_finished() and not (trial.state is COMPLETE and breeder.donates(trial.number)):
        return None
    limit = min(trial.last_step, breeder.horizon - 1)
    fit = (ref for ref in reversed(trial.checkpoints) if ref.step <= limit and ref.uri not in s.lineage.damaged)
    return next(fit, None)


# --- a child comes to be ---------------------------------------------------------------------------------------------


def born(s: StudyData, loser: TrialRecord, child: TrialRecord) -> list[Command]:
    """``child`` takes the place of ``loser``, which ends: it waits for a slot, its parent and its parameters fixed.

    Raises:
        RuntimeError: the loser has no heir.
    """
    parent = loser.heir
    if parent is None or s.breeder is None:
        raise RuntimeError(f"trial {loser.number} has no heir.")
    loser.heir, child.parent, child.borrows = None, parent, True
    step = child.last_step = child.furthest = parent.checkpoint.step
    used = s.trials.peek(parent.number).params
    fixed = _fixed_by_sampler(s)
    varied = s.breeder.breed(child.number, step, tuple(p for name, p in used.items() if name not in fixed))
    new = {param.name: param for param in varied}
    child.suggested = tuple(new.get(name, param) for name, param in used.items())
    s.lineage.waiting[child.number] = None
    digest = parent.checkpoint.digest
    text = json.dumps({"trial": parent.number, "step": step, "digest": digest})
    child.system_attrs[PARENT_KEY] = text
    loser.system_attrs[REPLACED_KEY] = by = json.dumps(child.number)
    return [
        m.NewTrial(number=child.number, state=child.state),
        m.PutAttr(number=child.number, key=PARENT_KEY, value_json=text, system=True),
        m.PutAttr(number=loser.number, key=REPLACED_KEY, value_json=by, system=True),
    ]


def _fixed_by_sampler(s: StudyData) -> dict[str, None]:
    """The parameters that the user's PartialFixedSampler holds still."""
    names, spec = dict[str, None](), json.loads(s.sampler_spec or "{}")
    while isinstance(spec, dict):
        names.update(dict.fromkeys(spec.get("fixed_params", ())))
        spec = spec.get("base_sampler")
    return names


def ended(s: StudyData, trial: TrialRecord) -> list[Command]:
    """A trial has ended, and needs nothing of others any more; nor do others, perhaps, of those that ended before."""
    commands = list[Command]()
    if trial.parent is not None:
        s.lineage.n_ended += 1
        commands += _let_go(s, trial)
    if trial.heir is not None:
        commands += _release(s, trial.heir)
        trial.heir = None
    return commands + (trim(s, (trial,)) if s.breeder is not None else [])


# --- checkpoints -----------------------------------------------------------------------------------------------------


def drop(s: StudyData, trial: TrialRecord, refs: Sequence[CheckpointRef]) -> list[Command]:
    """The trial needs these no more: delete those that others do not need."""
    if not refs:
        return []
    spared = donation(s, trial)
    return _give_up(s, trial, [ref for ref in refs if ref != spared])


def drop_damaged(s: StudyData, trial: TrialRecord) -> list[Command]:
    """What the last attempt resumed from is damaged."""
    if trial.borrows and trial.parent is not None and trial.resumed == trial.parent.checkpoint:
        s.lineage.damaged[trial.resumed.uri] = None
        return _let_go(s, trial)
    return _give_up(s, trial, [ref for ref in trial.checkpoints if ref == trial.resumed])


def outgrow(s: StudyData, trial: TrialRecord) -> list[Command]:
    """A child with as many checkpoints of its own as are kept, to which it may go back, needs its parent's no more."""
    if not trial.borrows or trial.parent is None:
        return []
    own = sum(ref.step <= trial.last_step for ref in trial.checkpoints)
    is_read = s.run.keeps_resumed and trial.slot is not None and trial.resumed == trial.parent.checkpoint
    return [] if is_read or own < s.run.checkpoints_kept else _let_go(s, trial)


def trim(s: StudyData, ending: Sequence[TrialRecord] = (), *, is_over: bool = False) -> list[Command]:
    """Trials that are COMPLETE keep only what the best one keeps, and what others may still go on from.

    ``ending``: those that end in this event. The others that have checkpoints are few: those from which others go on.
    """
    commands: list[Command] = []
    for trial in (*s.trials.ended(), *ending):
        if trial.state is COMPLETE and trial.checkpoints:
            is_kept = trial.number == s.best or len(s.directions) > 1
            refs = trial.checkpoints[:-1] if is_kept else trial.checkpoints
            commands += _give_up(s, trial, refs) if is_over else drop(s, trial, refs)
            s.trials.loosen(trial.number)
    return commands


def close(s: StudyData) -> list[Command]:
    """The run is over, and nobody goes on from anything."""
    return trim(s, is_over=True) if s.breeder is not None else []


def _let_go(s: StudyData, child: TrialRecord) -> list[Command]:
    """A child reads its parent's checkpoint no more."""
    if not child.borrows or child.parent is None:
        return []
    child.borrows = False
    return _release(s, child.parent)


def _release(s: StudyData, parent: Parent) -> list[Command]:
    """A checkpoint has one reader less. Without any it is deleted, unless its own trial needs it."""
    uri, readers = parent.checkpoint.uri, s.lineage.readers
    readers[uri] -= 1
    if readers[uri]:
        return []
    del readers[uri]
    donor = s.trials[parent.number]
    if parent.checkpoint not in donor.lent:
        return []
    donor.lent.remove(parent.checkpoint)
    s.trials.loosen(donor.number)
    s.lineage.damaged.pop(uri, None)
    return [m.DropCheckpoint(number=donor.number, uri=uri), m.Discard(uri=uri)]


def _give_up(s: StudyData, trial: TrialRecord, refs: Sequence[CheckpointRef]) -> list[Command]:
    """The trial forgets its checkpoints; those that have readers stay on the disk."""
    if not s.lineage.readers and not s.lineage.damaged:
        return trial.drop(refs)
    lent = [ref for ref in refs if ref.uri in s.lineage.readers]
    gone = [ref for ref in refs if ref.uri not in s.lineage.readers]
    for ref in lent:
        trial.checkpoints.remove(ref)
        trial.dropped.add(ref.uri)
        trial.lent.append(ref)
    for ref in gone:
        s.lineage.damaged.pop(ref.uri, None)
    return trial.drop(gone)


__all__ = ["born", "close", "decide", "donation", "drop", "drop_damaged", "ended", "outgrow", "trim"]
