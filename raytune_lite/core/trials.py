"""What the core knows of one trial, and the table of what may become of it.

States of a trial, and what moves it (the rows of TRANSITIONS):

    (none)  --claimed-->   RUNNING      a slot starts a new configuration
    (none)  --enqueued-->  WAITING      the user asked for one; a claim starts it
    (none)  --added-->     any but PAUSED   it ran, runs or waits elsewhere
    (none)  --born-->      WAITING      it takes the place of a trial that the pruner stopped (Breeder)
    RUNNING --paused-->    PAUSED       the pruner said PAUSE and the attempt is over
    RUNNING --retried-->   WAITING      the attempt was lost, failed or interrupted, with retries left
    PAUSED, WAITING --claimed--> RUNNING   promoted or retried: the next attempt
    WAITING --found-->     RUNNING      the attempt was given up, and its own end has come after all
    RUNNING --completed--> COMPLETE, --pruned--> PRUNED, --failed--> FAIL
    PAUSED  --pruned-->    PRUNED       the run is over and nothing promoted it
    RUNNING, WAITING, PAUSED --stopped--> PRUNED   the user stopped the trial
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..base_trial import CONSTRAINTS, constraints_in
from ..trial import FrozenTrial, TrialState
from . import messages as m
from .messages import Command, Decision, FailureKind, ParamValue, StopCause

WAITING, RUNNING, PAUSED = TrialState.WAITING, TrialState.RUNNING, TrialState.PAUSED
COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL

Transition = tuple[TrialState | None, str, TrialState]  # None: there was no such trial

TRANSITIONS: tuple[Transition, ...] = (
    (None, "claimed", RUNNING),
    (None, "enqueued", WAITING),
    (None, "born", WAITING),
    (None, "added", WAITING),
    (None, "added", RUNNING),
    (None, "added", COMPLETE),
    (None, "added", PRUNED),
    (None, "added", FAIL),
    (WAITING, "claimed", RUNNING),
    (WAITING, "found", RUNNING),
    (WAITING, "stopped", PRUNED),
    (RUNNING, "retried", WAITING),
    (RUNNING, "paused", PAUSED),
    (RUNNING, "completed", COMPLETE),
    (RUNNING, "pruned", PRUNED),
    (RUNNING, "failed", FAIL),
    (RUNNING, "stopped", PRUNED),
    (PAUSED, "claimed", RUNNING),
    (PAUSED, "pruned", PRUNED),
    (PAUSED, "stopped", PRUNED),
)



def written(row: Transition) -> str:
    """A row of the table as text: ``RUNNING --paused--> PAUSED``."""
    before, how, after = row
    return f"{'(none)' if before is None else before.name} --{how}--> {after.name}"


FAILURE_KEY = "rtl:failure"  # system attribute: JSON of {"error", "traceback"}


class Effects(NamedTuple):
    """What an event leads to. ``changed``: it must be logged (a repeated message changes nothing)."""

    commands: list[Command]
    changed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StopOrder:
    """A live attempt must end. ``reason``: for people. ``deadline``: seconds since the study was created."""

    cause: StopCause
    reason: str
    deadline: float

    @property
    def is_final(self) -> bool:
        """Whether the trial ends with the attempt."""
        return self.cause is StopCause.TRIAL_STOPPED

    @property
    def waits_for_save(self) -> bool:
        """Whether the attempt ends when it has saved next, and is not killed at the deadline."""
        return self.cause in (StopCause.NODE_LEAVING, StopCause.PLACE_CHANGES)


    def excuses(self, kind: FailureKind) -> bool:
        """Whether the attempt's loss is the order's doing, and costs no retry."""
        is_its_own = kind in (FailureKind.TIMEOUT, FailureKind.OUT_OF_MEMORY)  # also on a node that leaves
        return self.cause is not StopCause.PLACE_CHANGES and not (self.waits_for_save and is_its_own)


@dataclass(slots=True)
class TrialRecord:
    """All that the core knows of one trial. Only handlers change it."""

    number: int
    state: TrialState
    external: bool = False  # it runs elsewhere: another program, or who added it, will say how it ends

    # the last attempt
    attempt: int = 0
    slot: str | None = None  # while it is live
    started_at: float | None = None  # seconds since the study was created: when the first attempt began
    attempt_at: float = 0.0  # when the last one began
    completed_at: float | None = None  # when the trial ended for good
    node: str | None = None  # where, as the claim said
    pid: int | None = None  # of its process there
    resumed: m.CheckpointRef | None = None  # what the last attempt started from
    pending: Decision = Decision.CONTINUE  # the decision that stands for the live attempt
    stop: StopOrder | None = None  # the order that stands for it
    goes_first: bool = False  # the attempt ended by an order, and the trial goes on before others
    lost_slot: str | None = None  # of the last attempt, when it was given up: its own end still counts
    lost_kind: FailureKind | None = None  # how it was counted as a retry, if it was
    lost_at: float | None = None  # when that was
    price: float | None = None  # of the last attempt, an hour, where it has said one; None: that of the run's slots
    gpu_share: int = 0  # what it has, or had, of a GPU, in ten-thousandths; 0: the run did not say
    gpu_peak: int | None = None  # bytes that it took of its memory at most, where that was measured
    gpu_least: int = 0  # what the next one needs at least, by what became of those before
    held_until: float | None = None  # by somebody outside of any run, who may tell the result of the last attempt

    # parameters
    cell: int | None = None
    fixed: tuple[tuple[str, str], ...] = ()
    suggested: tuple[ParamValue, ...] | None = None  # None: the sampler has not been asked yet
    params: dict[str, ParamValue] = field(default_factory=dict)

    # what was reported
    reports: dict[int, tuple[float, ...]] = field(default_factory=dict)  # step -> one value an objective
    last_step: int = -1  # the largest reported
    verdicts: dict[int, tuple[int, Decision]] = field(default_factory=dict)  # step -> (attempt, PAUSE or STOP)
    user_attrs: dict[str, str] = field(default_factory=dict)
    attrs_order: int = 0  # of the newest delivery of the last attempt that had some
    system_attrs: dict[str, str] = field(default_factory=dict)
    trained: float = 0.0  # seconds, all attempts together, as far as they have delivered it
    trained_before: float = 0.0  # the same when the last attempt began
    trained_at: dict[int, float] = field(default_factory=dict)  # step -> the same at that report; see Progress
    furthest: int = -1  # the largest step reported or saved, also of checkpoints that are gone
    checkpoints: list[m.CheckpointRef] = field(default_factory=list)  # the newest last; see resume_from, superseded
    dropped: set[str] = field(default_factory=set)  # uris that it has given up; membership only, never iterated

    # other trials; see ``lineage``
    parent: m.Parent | None = None  # from where it goes on
    borrows: bool = False  # it may still read that checkpoint
    heir: m.Parent | None = None  # from where the trial will go on that takes its place
    lent: list[m.CheckpointRef] = field(default_factory=list)  # given up, and kept because other trials may read them

    # ends
    values: tuple[float, ...] | None = None
    retried: dict[FailureKind, int] = field(default_factory=dict)
    failed: FailureKind | None = None  # of the last attempt that failed
    charged_to_run: str | None = None  # the run whose budget it counts for

    def chosen(self) -> dict[str, Any]:
        """External values of the parameters that are used or fixed, by name."""
        used = {name: p.distribution.to_external_repr(p.value) for name, p in self.params.items()}
        return used | {name: json.loads(text) for name, text in self.fixed}

    def constraints(self) -> tuple[tuple[str, float], ...]:
        """(key, value) of each constraint reported so far."""
        if not self.system_attrs:
            return ()
        found = {key: json.loads(text) for key, text in self.system_attrs.items() if key.startswith(CONSTRAINTS)}
        return tuple(constraints_in(found).items())

    def resume_from(self, awaits_report: bool) -> m.CheckpointRef | None:
        """The newest checkpoint, unless that would lose a report. ``awaits_report``: also that of an only checkpoint.

        An objective that saves step s and then reports it may die between the two. Resumed from s it would never
        report s again, so until that report is stored the checkpoint before it is kept, and resumed from. An
        objective that saves without reporting resumes from its newest.
        """
        covered = [ref for ref in self.checkpoints if ref.step <= self.last_step]
        if self.parent is not None and self.borrows:  # that one lacks no report
            covered.insert(0, self.parent.checkpoint)
        if covered or not self.checkpoints:
            return covered[-1] if covered else None
        return None if awaits_report and len(self.checkpoints) == 1 else self.checkpoints[-1]

    def superseded(self, kept: int, *, keeps_resumed: bool) -> list[m.CheckpointRef]:
        """The checkpoints that nothing can need any more.

        Kept are the one to resume from and ``kept - 1`` before it, in case it turns out damaged; a newer one whose
        report has not come yet; and with ``keeps_resumed`` the one that the live attempt began from.
        """
        covered = [ref for ref in self.checkpoints if ref.step <= self.last_step]
        newer = [ref for ref in self.checkpoints if ref.step > self.last_step]
        found = covered[:-kept] + newer[: -1 if covered or self.borrows else -2]
        is_read = keeps_resumed and self.slot is not None
        return [ref for ref in found if ref != self.resumed] if is_read else found

    def drop(self, refs: Sequence[m.CheckpointRef]) -> list[Command]:
        """Forget checkpoints and have their files deleted after the commit."""
        commands: list[Command] = []
        for ref in list(refs):
            self.checkpoints.remove(ref)
            self.dropped.add(ref.uri)
            commands += [m.DropCheckpoint(number=self.number, uri=ref.uri), m.Discard(uri=ref.uri)]
        return commands

    def freeze(self, expected: Mapping[str, ParamValue] | None = None) -> FrozenTrial:
        """The record for readers (without wall-clock dates, which the database adds). User attributes are parsed late.

        ``expected``: parameters that the trial will most likely use, and may not have used yet.
        """
        params = {**expected, **self.params} if expected else self.params
        return FrozenTrial(
            number=self.number,
            state=self.state,
            values=self.values,
            params={n: p.distribution.to_external_repr(p.value) for n, p in params.items()},
            distributions={n: p.distribution for n, p in params.items()},
            user_attrs=JsonValues(self.user_attrs),
            system_attrs={key: json.loads(text) for key, text in self.system_attrs.items()},
            intermediate_values={step: values[0] for step, values in self.reports.items()},
            intermediate_vectors=self._vectors(),
            attempt=self.attempt,
        )

    def _vectors(self) -> dict[int, tuple[float, ...]]:
        is_single = len(next(iter(self.reports.values()), ())) < 2
        return {} if is_single else dict(self.reports)


class JsonValues(Mapping[str, Any]):
    """Values by name, given as JSON texts; each is parsed when it is first looked at. They may be long."""

    __slots__ = ("_texts", "_values")

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts, self._values = dict(texts), dict[str, Any]()

    def __getitem__(self, key: str) -> Any:
        if key not in self._values:
            self._values[key] = json.loads(self._texts[key])
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __repr__(self) -> str:
        return repr(dict(self))
