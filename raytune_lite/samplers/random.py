"""Random search: every parameter of every trial has its own address in the stream of random numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.protocols import StudyView
from ..distributions import Distribution
from ._rng import rng_for, seed_or_fresh


@dataclass(frozen=True, slots=True)
class RandomSampler:
    """Independent uniform draws, on the scale of each distribution.

    A value depends on (seed, trial number, parameter name, distribution) alone: not on the order of
    ``suggest_*`` calls, on other trials, on the number of workers, or on whether it was drawn ahead.

    Args:
        seed: integer >= 0; None draws one from the operating system and keeps it in ``spec()``.

    Source: Bergstra and Bengio 2012.
    """

    seed: int
    auto_seed: bool = field(compare=False)  # nobody wished for this seed: a continued study goes on with its own

    def __init__(self, seed: int | None = None) -> None:
        object.__setattr__(self, "seed", seed_or_fresh(seed))
        object.__setattr__(self, "auto_seed", seed is None)

    @property
    def grid(self) -> None:
        """None: there are no cells."""
        return

    def spec(self) -> dict[str, Any]:
        """``{"name": "RandomSampler", "seed": ...}``."""
        return {"name": "RandomSampler", "seed": self.seed}

    def search_space(
        self,
        view: StudyView,  # noqa: ARG002
        known: Mapping[str, Distribution],
    ) -> Mapping[str, Distribution]:
        """All of ``known``: drawing ahead saves the worker a round trip and changes no value."""
        return known

    def sample_relative(
        self, view: StudyView, number: int, space: Mapping[str, Distribution]
    ) -> Mapping[str, float]:
        """One independent internal value a name."""
        return {name: self.sample_independent(view, number, name, dist) for name, dist in space.items()}

    def sample_independent(
        self,
        view: StudyView,  # noqa: ARG002
        number: int,
        name: str,
        distribution: Distribution,
    ) -> float:
        """The internal value of (number, name)."""
        rng = rng_for(self.seed, number=number, purpose=f"random/{name}")
        return distribution.from_unit(float(rng.random()))
