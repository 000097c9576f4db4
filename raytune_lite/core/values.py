"""What messages are made of: decisions, outcomes, kinds of failure, parameters, progress, assignments.

Every record is frozen, slotted and keyword-built, and holds only scalars, tuples and other records, so it is plain JSON
(``encoding``) and what is read back equals what was written.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from ..distributions import Distribution
from .schedules import Never, Schedule


class Decision(str, enum.Enum):
    """The pruner's answer to a report: go on, wait at this rung with the checkpoint kept, or end for good."""

    CONTINUE = "continue"
    PAUSE = "pause"
    STOP = "stop"


class Outcome(str, enum.Enum):
    """How an attempt ended by itself. INTERRUPTED: it was asked to stop; the trial goes on later."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    FAIL = "fail"
    INTERRUPTED = "interrupted"


class StopCause(str, enum.Enum):
    """Why a live attempt must end. TRIAL_STOPPED: for good; the others: the trial goes on later.

    NODE_LEAVING, PLACE_CHANGES: it saves before it ends, and is not killed: it runs on until then.
    """

    TRIAL_STOPPED = "trial_stopped"
    STUDY_PAUSED = "study_paused"
    SLOTS_RESIZED = "slots_resized"
    NODE_LEAVING = "node_leaving"
    PLACE_CHANGES = "place_changes"


class FailureKind(str, enum.Enum):
    """Why an attempt gave no result. Each kind has its own retry budget and delay (RetryPolicy).

    The driver detects NODE_LOST, LEASE_EXPIRED, DRIVER_LOST and STOPPED; an attempt reports the rest.
    """

    EXCEPTION = "exception"  # the objective raised
    INVALID = "invalid"  # it raised TrialInvalid: these parameters cannot be evaluated, another trial replaces it
    NON_FINITE = "non_finite"  # it returned NaN
    GPU_OUT_OF_MEMORY = "gpu_out_of_memory"
    CHECKPOINT_CORRUPT = "checkpoint_corrupt"  # what it was to resume from is damaged
    CHECKPOINT_DISK = "checkpoint_disk"  # the disk of the checkpoints is full, or fails
    TIMEOUT = "timeout"  # trial_timeout is over; the attempt says so, or was killed
    WORKER_CRASH = "worker_crash"
    OUT_OF_MEMORY = "out_of_memory"  # of the host: Ray's memory guard, or MemoryError
    NODE_LOST = "node_lost"  # died or was preempted
    LEASE_EXPIRED = "lease_expired"
    DRIVER_LOST = "driver_lost"
    STOPPED = "stopped"  # it got a stop order, had not ended at the deadline, and was killed


FAILURE_KINDS = frozenset(kind.value for kind in FailureKind)  # as outcomes of attempts


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
class Parent:
    """From where a new trial goes on: a checkpoint of trial ``number``. Its own first step is the one after that."""

    number: int
    checkpoint: CheckpointRef


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuMemory:
    """What an attempt took of its GPU's memory, in bytes.

    ``peak``: the most at one time, all in all. ``base``: how much of it is the process's own, beside what its library
    hands out; 0: not known. ``total``: what the GPU has.
    """

    peak: int
    base: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What an attempt delivers: reports, parameters it used, attributes, its newest checkpoint.

    ``reports`` are (step, values) pairs, one value an objective; ``user_attrs`` (key, JSON text) pairs; ``constraints``
    (key, value) pairs, feasible when not above 0. ``order``: counts those deliveries of one attempt that have
    ``user_attrs`` or ``system_attrs``, from 1, so that a late copy of an old one changes none of them back; 0: it is
    not known. ``system_attrs``: as ``user_attrs``, of libraries. ``stops_run``: its objective has called
    ``trial.study.stop()``.

    ``trained``: seconds for which this attempt has trained so far, by its own clock, since its objective began and
    without its waits for the driver; older logs have none. ``trained_at``: (step, the same at that report), in a study
    whose judge goes by time, of reports at which a decision was due.

    For people, who see where the time went; the core reads neither: ``saving``: seconds of ``trained`` that went into
    writing and reading checkpoints. ``gpus``: the ids of the attempt's GPUs on its node, "0,1".

    ``gpu_memory``: with an attempt's end, where the run measures it.
    """

    reports: tuple[tuple[int, tuple[float, ...]], ...] = ()
    params: tuple[ParamValue, ...] = ()
    user_attrs: tuple[tuple[str, str], ...] = ()
    constraints: tuple[tuple[str, float], ...] = ()
    checkpoint: CheckpointRef | None = None
    order: int = 0
    trained: float = 0.0
    trained_at: tuple[tuple[int, float], ...] = ()
    saving: float = 0.0
    gpus: str = ""
    system_attrs: tuple[tuple[str, str], ...] = ()
    stops_run: bool = False
    gpu_memory: GpuMemory | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """What a live attempt hears whose node leaves: save and end, the trial goes on elsewhere.

    ``reason``: for people. ``seconds``: until the node is gone; None: it is not known.
    """

    reason: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong, as text: ``error`` is "Type: message". ``is_listed``: ``catch`` lists the exception."""

    error: str
    traceback: str = ""
    kind: FailureKind = FailureKind.EXCEPTION
    exit_code: int | None = None
    is_listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialsAsked:
    """A live attempt asks for the study's finished trials. No event: it changes nothing, and no log holds it.

    ``seen``: how many of them it knows, in the order of their ends.
    """

    number: int
    attempt: int
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The answer to a claim: which attempt of which trial this slot runs, and all it needs to start.

    ``fixed`` are parameters that must be used (a grid cell, an enqueued trial) as (name, JSON text of the external
    value), and ``used`` the distributions that this study has for some of their names already; ``suggested`` are the
    sampler's values for the names it expects. ``schedule`` says at which steps a decision is due. ``last_step``: the
    largest step reported so far, or None. ``started``: when the first attempt began, seconds since the study was
    created. ``is_timed``: the judge goes by time, see Progress.trained_at. ``parent``: from where the trial goes on, if
    it is another trial's. ``token``: what the attempt's messages must carry, if anything. ``pauses``: a decision may be
    PAUSE, after which the trial goes on from its newest checkpoint. ``waits``: it is PAUSE at the first step past
    ``last_step``, as an earlier attempt was told. ``system_attrs``: without the constraints.
    ``trial_id``: of its row, which the core does not know; -1: not known. ``gpu_share``: what the attempt has of a GPU,
    in ten-thousandths; 0: the run does not say. ``gpu_base``: bytes that a process takes there beside what its library
    hands out, as far as it is known.
    """

    number: int
    attempt: int
    fixed: tuple[tuple[str, str], ...] = ()
    used: tuple[tuple[str, Distribution], ...] = ()
    params: tuple[ParamValue, ...] = ()
    suggested: tuple[ParamValue, ...] = ()
    user_attrs: tuple[tuple[str, str], ...] = ()
    constraints: tuple[tuple[str, float], ...] = ()
    schedule: Schedule = Never()
    checkpoint: CheckpointRef | None = None
    last_step: int | None = None
    started: float = 0.0
    is_timed: bool = False
    parent: Parent | None = None
    token: str | None = field(default=None, repr=False)
    pauses: bool = False
    waits: bool = False
    system_attrs: tuple[tuple[str, str], ...] = ()
    trial_id: int = -1
    gpu_share: int = 0
    gpu_base: int = 0
