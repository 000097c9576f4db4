"""The words of the core: events (what happened), commands and rows (what to do and store). Their JSON is ``encoding``.

Every record is frozen, slotted and keyword-built, and holds only scalars, tuples and other records, so the event log
is plain JSON and an event read back equals the event written. An event carries no time: its sender's clock does not
count. The session that takes it in notes when (LogEntry). Values the user chose (attributes, specs) travel as JSON
text: data, never structure.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..distributions import Distribution
from ..trial import TrialState


class Decision(str, enum.Enum):
    """The pruner's answer to a report: go on, wait at this rung with the checkpoint kept, or end for good."""

    CONTINUE = "continue"
    PAUSE = "pause"
    STOP = "stop"


class Outcome(str, enum.Enum):
    """How an attempt ended by itself. INTERRUPTED: told to stop from outside; the trial goes on later."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    FAIL = "fail"
    INTERRUPTED = "interrupted"


class FailureKind(str, enum.Enum):
    """Why an attempt gave no result. Each kind has its own retry budget and delay (RetryPolicy).

    The driver detects NODE_LOST, LEASE_EXPIRED and DRIVER_LOST; an attempt reports the rest.
    """

    EXCEPTION = "exception"  # the objective raised
    INVALID = "invalid"  # it raised TrialInvalid: these parameters cannot be evaluated, another trial replaces it
    NON_FINITE = "non_finite"  # it returned NaN
    GPU_OUT_OF_MEMORY = "gpu_out_of_memory"
    CHECKPOINT_CORRUPT = "checkpoint_corrupt"  # what it was to resume from is damaged
    TIMEOUT = "timeout"  # trial_timeout is over; the attempt says so, or was killed
    WORKER_CRASH = "worker_crash"
    OUT_OF_MEMORY = "out_of_memory"  # of the host: Ray's memory guard, or MemoryError
    NODE_LOST = "node_lost"  # died or was preempted
    LEASE_EXPIRED = "lease_expired"
    DRIVER_LOST = "driver_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamValue:
    """One parameter of one trial: ``value`` is the internal float (a choice is its index)."""

    name: str
    value: float
    distribution: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRef:
    """A published checkpoint: a directory at ``uri`` whose content has ``digest`` (sha256) and ``size`` bytes."""

    step: int
    attempt: int
    uri: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What an attempt has to tell: reports (step, value), parameters it used, attributes, its newest checkpoint.

    ``user_attrs`` are (key, JSON text) pairs; ``constraints`` (key, value), feasible when not above 0.
    """

    reports: tuple[tuple[int, float], ...] = ()
    params: tuple[ParamValue, ...] = ()
    user_attrs: tuple[tuple[str, str], ...] = ()
    constraints: tuple[tuple[str, float], ...] = ()
    checkpoint: CheckpointRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong, as text: ``error`` is "Type: message"."""

    error: str
    traceback: str = ""
    kind: FailureKind = FailureKind.EXCEPTION
    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The answer to a claim: which attempt of which trial this slot runs, and all it needs to start.

    ``fixed`` are parameters that must be used (a grid cell, an enqueued trial) as (name, JSON text of the external
    value), and ``used`` the distributions that this study has for some of their names already; ``foreseen`` are the
    sampler's values for the names it expects. ``milestones`` are the steps where a
    decision is due: None means every step, () means never. ``last_step`` is the largest step reported so far, or None.
    """

    number: int
    attempt: int
    fixed: tuple[tuple[str, str], ...] = ()
    used: tuple[tuple[str, Distribution], ...] = ()
    params: tuple[ParamValue, ...] = ()
    foreseen: tuple[ParamValue, ...] = ()
    user_attrs: tuple[tuple[str, str], ...] = ()
    constraints: tuple[tuple[str, float], ...] = ()
    milestones: tuple[int, ...] | None = ()
    checkpoint: CheckpointRef | None = None
    last_step: int | None = None
    started: float = 0.0


# --- events ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a study."""


class LogEntry(NamedTuple):
    """One entry of a study's log: an event, and when it was taken in.

    ``at``: seconds since the study was created. ``text``: the event's JSON as its sender wrote it, which is stored
    unchanged; None when nobody encoded it yet, and in entries that were read back.
    """

    at: float
    event: Event
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A driver began a run of the study. Attempts of earlier runs are lost; the budget is set anew.

    ``n_trials``: configurations this run may start (None: no bound). ``max_trials``: bound on the study's total.
    ``pruner``, ``sampler``, ``retries``: JSON text of their specs. ``checkpoints_kept``: reported ones of a trial that
    may be resumed from, at least 1; more, to go back to when one is damaged.
    """

    run: str
    n_trials: int | None = None
    max_trials: int | None = None
    pruner: str = "{}"
    sampler: str = "{}"
    retries: str = "{}"
    checkpoints_kept: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """The run's budget is spent and nothing is promotable: what is still paused becomes PRUNED."""

    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested(Event):
    """Nothing starts in this run any more, new, promoted or retried; what is paused stays paused."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEnqueued(Event):
    """The user asked for a configuration: ``params`` are (name, JSON text of the external value).

    ``key``: a name of this request; a re-sent one is answered again and adds nothing. None: it is never sent again.
    """

    params: tuple[tuple[str, str], ...]
    user_attrs: tuple[tuple[str, str], ...] = ()
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialAdded(Event):
    """A trial that ran elsewhere. ``imported``: its rows are in Optuna's tables already, under ``number``.

    ``key``: as for TrialEnqueued.
    """

    number: int | None
    state: int
    values: tuple[float, ...] | None = None
    params: tuple[ParamValue, ...] = ()
    reports: tuple[tuple[int, float], ...] = ()
    user_attrs: tuple[tuple[str, str], ...] = ()
    system_attrs: tuple[tuple[str, str], ...] = ()
    imported: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed(Event):
    """A slot (one task, named once for all) asks for its trial.

    ``node``, ``pid``: where its process runs; None when that is not known. ``prefetched``: the claim was made before
    the slot's task runs.
    """

    slot: str
    node: str | None = None
    pid: int | None = None
    prefetched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested(Event):
    """The sampler's values for the parameters it foresees for this trial.

    ``seen``: the number of events whose outcome it knew, so that the same values can be derived again from the log
    (None: all before this one). ``note``: how it chose, for people.
    """

    number: int
    params: tuple[ParamValue, ...]
    seen: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamAsked(Event):
    """An attempt met a parameter that nobody foresaw. Not logged: ParamSet is, once the value is known."""

    number: int
    attempt: int
    name: str
    distribution: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamSet(Event):
    """The sampler's value for one unforeseen parameter. ``seen``: as for Suggested."""

    number: int
    attempt: int
    param: ParamValue
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported(Event):
    """An attempt told its progress; the answer is the decision at its last step."""

    number: int
    attempt: int
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnded(Event):
    """An attempt returned. ``values`` are the objective's, ``failure`` the exception's text when it raised."""

    number: int
    attempt: int
    outcome: Outcome
    progress: Progress = Progress()
    values: tuple[float, ...] | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLost(Event):
    """An attempt ended without a word; ``message`` is for people, ``last_words`` the tail of its stderr."""

    number: int
    attempt: int
    kind: FailureKind
    message: str = ""
    exit_code: int | None = None
    last_words: str = ""


# --- commands ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Reply to whoever sent the event: an Assignment, a Decision, a ParamValue or None."""

    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggest:
    """Ask the sampler which values it foresees for a new trial; the result comes back as Suggested."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestOne:
    """Ask the sampler for one unforeseen parameter; the result comes back as ParamSet."""

    number: int
    attempt: int
    name: str
    distribution: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """Delete a spent checkpoint, after the commit."""

    uri: str


# --- rows: what a transaction stores beside its events -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A change to one table, stored in the same transaction as the event that implies it."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTrial(Row):
    """First row of a trial. ``cell``: its grid cell. ``started``/``completed``: seconds, or None."""

    state: TrialState
    attempt: int = 0
    cell: int | None = None
    started: float | None = None
    completed: float | None = None


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
    """An intermediate value; written once a (trial, step)."""

    step: int
    value: float


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
    """An attempt was given to a slot. ``resumed_step``: the checkpoint it starts from, or None."""

    attempt: int
    slot: str
    node: str
    started: float
    resumed_step: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAttempt(Row):
    """An attempt is over: ``outcome`` is an Outcome, a FailureKind or "paused"; ``message`` a traceback's text.

    ``exit_code``: of its process, where known. ``last_words``: the tail of its stderr, where it ended without a word.
    """

    attempt: int
    outcome: str
    ended: float
    message: str = ""
    exit_code: int | None = None
    last_words: str = ""


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
    """A trial's frozen value at a rung. ``level``: resource; ``how``: "exact", "late", "final" or "failed"."""

    level: int
    value: float
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteRung(Row):
    """The trial was promoted from the rung at ``level``."""

    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PutCell(Row):
    """A grid cell's state now; ``number`` is the trial that holds or decided it, ``failures`` counts failed ones."""

    cell: int
    state: str
    failures: int


Command = Answer | Suggest | SuggestOne | Discard | Row
