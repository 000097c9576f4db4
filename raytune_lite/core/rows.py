"""What an event leads to: commands (what to do), and rows (what one transaction stores beside its events)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..distributions import Distribution
from ..trial import TrialState
from .values import CheckpointRef, ParamValue

# --- commands ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Reply to whoever sent the event: an Assignment, a Decision, a ParamValue or None."""

    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggest:
    """Ask the sampler for the parameters that it expects a new trial to use; the result comes back as Suggested."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestOne:
    """Ask the sampler for one parameter that was not suggested; the result comes back as ParamSet."""

    number: int
    attempt: int
    name: str
    distribution: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """Delete a dropped checkpoint, after the commit."""

    uri: str


# --- rows --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A change to one table, stored in the same transaction as the event that implies it."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTrial(Row):
    """First row of a trial. ``cell``: its grid cell. ``started``/``completed``: seconds, or None.

    ``external``: it runs elsewhere, so only Optuna's table has it, as one that another program has made there.
    """

    state: TrialState
    attempt: int = 0
    cell: int | None = None
    started: float | None = None
    completed: float | None = None
    external: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetState(Row):
    """A trial's state and attempt count now. ``started``/``completed``: set when not None."""

    state: TrialState
    attempt: int
    started: float | None = None
    completed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptTrial(Row):
    """Our own row for a trial whose Optuna rows exist already (written by another program)."""

    state: TrialState
    cell: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutParam(Row):
    """A parameter the objective used."""

    param: ParamValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PutReport(Row):
    """A report, one value an objective; written once a (trial, step)."""

    step: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PutValues(Row):
    """The objective values."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAttr(Row):
    """A trial attribute as JSON text; the last write wins."""

    key: str
    value_json: str
    system: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttempt(Row):
    """An attempt was given to a slot. ``resumed_step``: the checkpoint it starts from, or None.

    ``num_gpus``: what it has of a GPU, where the run decides it.
    """

    attempt: int
    slot: str
    node: str
    started: float
    resumed_step: int | None
    num_gpus: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginAttempt(Row):
    """The task of an attempt that was claimed before it has begun, on this node."""

    attempt: int
    node: str
    started: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAttempt(Row):
    """An attempt is over: ``outcome`` is an Outcome, a FailureKind or "paused"; ``message`` a traceback's text.

    ``exit_code``: of its process, where known. ``stderr_tail``: the end of its stderr, where it ended and did not
    say how. ``gpu_peak``: bytes of its GPU that it took at most, where that was measured.
    """

    attempt: int
    outcome: str
    ended: float
    message: str = ""
    exit_code: int | None = None
    stderr_tail: str | None = None
    gpu_peak: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutCheckpoint(Row):
    """The trial's newest checkpoint."""

    checkpoint: CheckpointRef


@dataclass(frozen=True, slots=True, kw_only=True)
class DropCheckpoint(Row):
    """A checkpoint that may be deleted."""

    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutRung(Row):
    """What a trial had at a rung, for ever. ``level``: resource; ``losses``: one an objective, smaller is better.

    ``how``: "exact", "late", "final" or "failed". A trial stands in one bracket only.
    """

    level: int
    losses: tuple[float, ...]
    how: str
    bracket: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteRung(Row):
    """The trial was promoted from the rung at ``level`` of its bracket."""

    level: int
    bracket: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PutCell(Row):
    """A grid cell's state now; ``number`` is the trial that holds or decided it, ``failures`` counts failed ones."""

    cell: int
    state: str
    failures: int


Command = Answer | Suggest | SuggestOne | Discard | Row
