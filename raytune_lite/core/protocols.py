"""What the core asks of algorithms: Sampler, Pruner, Grid; and StudyView, the immutable view they read.

Algorithms never see a Study, a database or a clock. They are values: two objects with the same ``spec()`` decide
alike, so a study's history can be folded again by any process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..distributions import Distribution
from ..trial import FrozenTrial, StudyDirection, TrialState
from .messages import Decision, Row


@dataclass(frozen=True, slots=True)
class StudyView:
    """What a sampler may know: directions, and the trials as they are after ``n_events`` events.

    ``load`` builds the trials when a sampler asks; random and grid samplers never do.
    """

    directions: tuple[StudyDirection, ...]
    n_events: int
    load: Callable[[], Sequence[FrozenTrial]]

    def trials(self, *states: TrialState) -> list[FrozenTrial]:
        """Trials in number order, of the given states or all."""
        return [trial for trial in self.load() if not states or trial.state in states]


class Grid(Protocol):
    """A finite search space as index arithmetic. Cells are integers in [0, size)."""

    @property
    def size(self) -> int:
        """Number of cells."""

    @property
    def max_failures(self) -> int:
        """Failed trials after which a cell is DEAD."""

    def cell_at(self, position: int) -> int:
        """The cell visited at ``position`` of the shuffled order: a bijection of [0, size)."""

    def params(self, cell: int) -> dict[str, Any]:
        """External parameter values of a cell."""

    def cell_of(self, params: Mapping[str, Any]) -> int | None:
        """The cell with exactly these values, or None when they are not on the grid."""


class Sampler(Protocol):
    """Chooses parameters from (view, trial number, seed) alone; holds no state that a restart would lose."""

    @property
    def seed(self) -> int:
        """All randomness derives from this seed and the trial number."""

    @property
    def grid(self) -> Grid | None:
        """The grid whose cells the ledger hands out, or None."""

    def spec(self) -> dict[str, Any]:
        """JSON-able: ``{"name": ..., **arguments}``."""

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:
        """Which of the parameters ``known`` in this study the sampler wants to choose ahead, together."""

    def sample_relative(
        self, view: StudyView, number: int, space: Mapping[str, Distribution]
    ) -> Mapping[str, float]:
        """Internal values for the whole of ``space``, chosen before the trial starts."""

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """Internal value for one parameter that was not foreseen."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A pruner's decision and the rows that record it."""

    decision: Decision
    rows: tuple[Row, ...] = ()


class Rungs(Protocol):
    """One study's pruning record. Only StudyState calls it; every call is a consequence of one logged event.

    Losses are already normalised (smaller is better); non-finite ones have lost.
    """

    def report(self, number: int, step: int, loss: float) -> Verdict:
        """A first report of (trial, step). Called in the order of arrival."""

    def end(self, number: int, loss: float | None) -> tuple[Row, ...]:
        """The trial will not run again: ``loss`` is its final value, or None when it failed."""

    def retire(self, number: int) -> None:
        """The trial was pruned or has ended: it is never promotable again. ``end`` implies it."""

    def promotable(self, ready: Callable[[int], bool]) -> Iterable[int]:
        """Trials that may be promoted now, best first from the highest rung; ``ready(number)``: it is paused."""

    def promote(self, number: int) -> tuple[Row, ...]:
        """The trial is promoted from the rung it waits at."""


class Pruner(Protocol):
    """A rule for ending or pausing trials by their reports."""

    @property
    def milestones(self) -> tuple[int, ...] | None:
        """Steps at (or first past) which a decision is due; None: every step; (): never."""

    def spec(self) -> dict[str, Any]:
        """JSON-able: ``{"name": ..., **arguments}``."""

    def rungs(self) -> Rungs:
        """A fresh record for one study."""
