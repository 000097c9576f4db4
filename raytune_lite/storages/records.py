"""What readers of the database get: frozen records of studies, attempts, grid cells and rungs. Data only."""

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
class AttemptRecord:
    """One run of one trial. ``started``/``ended``: seconds since the study was created.

    ``outcome`` is an Outcome, a FailureKind or "paused", and None while the attempt runs. ``exit_code``: of its
    process, negative for a signal, None where not known. ``last_words``: the tail of its stderr, if it ended without
    a word.
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
    last_words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRecord:
    """One grid cell that was ever handed out; ``number`` is the trial that holds or decided it."""

    cell: int
    state: str
    number: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RungRecord:
    """A trial's frozen value at the rung ``level`` (resource), and whether it was promoted from there."""

    number: int
    level: int
    value: float
    how: str
    promoted: bool
