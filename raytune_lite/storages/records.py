"""What readers of the database get: frozen records of studies, attempts, grid cells and rungs. Data only.

A field that has a column of its own has the column's name: see ``schema``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..trial import StudyDirection


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
    without reporting why.
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
