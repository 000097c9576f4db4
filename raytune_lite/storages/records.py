"""What readers of the database get: frozen records of studies, attempts, grid cells and rungs. Data only.

A field that has a column of its own has the column's name: see ``schema``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..trial import FrozenTrial, StudyDirection, TrialState


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """A study. ``created``: seconds since 1970 UTC, the zero of all ``at``."""

    study_id: int
    name: str
    directions: tuple[StudyDirection, ...]
    created: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who owns a study, as a process may find it out that does not.

    ``run``: the name of its run. ``holder``: for people. ``lease_until``: seconds since 1970 UTC by the owner's clock,
    which may be wrong: that it changes says that the owner lives, and its value says nothing. ``address``: JSON text
    that says how to reach the owner, as it gave it; None: there is no way. ``is_dead``: its process is dead, and the
    one that asks can prove it.
    """

    epoch: int
    run: str
    holder: str
    lease_until: float
    address: str | None = None
    is_dead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One run of one trial. ``started``/``ended``: seconds since the study was created.

    ``outcome`` is an Outcome, a FailureKind or "paused", and None while the attempt runs. ``exit_code``: of its
    process, negative for a signal, None where not known. ``stderr_tail``: the end of its stderr, if the process ended
    without reporting why. ``num_gpus``: what it had of a GPU, where the run decided it (``num_gpus="auto"``);
    ``gpu_peak``: bytes of its memory that it took at most, where that was measured.
    """

    number: int
    attempt: int
    slot: str
    node: str
    started: float
    ended: float | None
    outcome: str | None
    message: str
    resumed_step: int | None
    exit_code: int | None = None
    stderr_tail: str | None = None
    num_gpus: float | None = None
    gpu_peak: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRecord:
    """One grid cell that was ever handed out; ``number`` is the trial that holds or decided it."""

    cell: int
    state: str
    number: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RungRecord:
    """A trial's result at the rung ``level`` (resource) of its bracket, and whether it was promoted from there.

    ``losses``: one an objective; ``value`` is the first. ``how``: "exact": reported at this level; "late": above it;
    "final": the trial ended below it; "failed".
    """

    number: int
    level: int
    value: float
    how: str
    promoted: bool
    bracket: int = 0
    losses: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the first ``seq`` events of a study's log fold to.

    ``kind``: "cache": the log is there, too; "base": the log before it was given up. ``at``: the time of the last
    event, seconds since the study was created. ``code``: by which code the log was folded. ``log_digest``: of those
    events, see ``Store.log_digest``. ``data``: compressed lines, cut into parts.
    """

    kind: str
    seq: int
    at: float
    code: str
    log_digest: str
    data: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Where a study stands, in figures.

    ``states``: trials by their states. ``outcomes``: attempts that ended, by their outcomes. ``n_steps``: distinct
    (trial, step) pairs that were reported; ``last_steps``: the sum of the trials' largest steps. Of the ``n_ended``
    attempts that ended: ``first_start``, ``last_end`` (seconds since the study was created), ``worked``: the sum of
    their times, ``busy``: for how long at least one of them ran. The lists hold the first few of as many as the figure
    beside them says: ``resumed``, the newest first; ``failed``; ``waiting_for_disk``: the last attempts of trials that
    wait for the checkpoints' disk. ``n_checkpoints``: kept ones, which take ``checkpoint_bytes``.
    """

    states: dict[TrialState, int]
    outcomes: dict[str, int]
    promotions: int
    n_steps: int
    last_steps: int
    n_ended: int
    first_start: float
    last_end: float
    worked: float
    busy: float
    n_resumed: int
    resumed: tuple[AttemptRecord, ...]
    failed: tuple[FrozenTrial, ...]
    n_waiting_for_disk: int
    waiting_for_disk: tuple[AttemptRecord, ...]
    n_checkpoints: int
    checkpoint_bytes: int
