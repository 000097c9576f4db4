"""Random configurations first, then another sampler: so a study goes on after a pilot as it would have without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..arguments import integer, shown
from ..core.bounds import MAX_STEP
from ..core.protocols import Branches, Grid, Sampler
from ..core.view import StudyView
from ..distributions import Distribution
from .base import uniform
from .wrapping import Wrapping


@dataclass(frozen=True, slots=True)
class PilotSampler(Wrapping):
    """Draws the parameters of the trials before number ``until`` at random, and leaves the others to ``base_sampler``.

    ``study.optimize(pilot=32)`` uses it: the pilot's trials say what the space is like, for ``raytune_lite.plan``.

    Args:
        base_sampler: chooses the parameters of the other trials. It learns from the random ones, too.
        until: the first trial that it chooses for.

    Raises:
        ValueError: ``base_sampler`` is no sampler, or has a grid; ``until`` is no integer >= 0.
    """

    base_sampler: Sampler
    until: int

    def __post_init__(self) -> None:
        base = self.base_sampler
        if isinstance(base, type) or not all(hasattr(base, part) for part in ("sample_relative", "grid", "spec")):
            raise ValueError(f"base_sampler must be a sampler, got {shown(base)}; for example TPESampler().")
        if base.grid is not None:
            raise ValueError(
                f"base_sampler must draw from ranges, got {shown(base)}; a grid's cells are handed out in a random "
                "order anyway, so a pilot is its first trials: use n_trials."
            )
        until = integer("until", self.until, 0, "it is the number of a trial", MAX_STEP + 1)
        object.__setattr__(self, "until", until)

    @property
    def grid(self) -> Grid | Branches | None:
        """None: a base sampler with a grid is refused."""
        return None

    def spec(self) -> dict[str, Any]:
        """``{"name": "PilotSampler", "base_sampler": the base sampler's spec, "until": ...}``."""
        return {"name": "PilotSampler", "base_sampler": self.base_sampler.spec(), "until": self.until}

    def explain(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> str:
        """That it is random, or what the base sampler says."""
        return "chance: a pilot" if number < self.until else self.base_sampler.explain(view, number, space)

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:
        """The base sampler's: which trial asks is not known here. A random one asks for the rest by itself."""
        return self.base_sampler.search_space(view, known)

    def sample_relative(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> Mapping[str, float]:
        """Uniform draws, or the base sampler's choice."""
        if number < self.until:
            return {name: uniform(self.seed, number, name, dist) for name, dist in space.items()}
        return self.base_sampler.sample_relative(view, number, space)

    def sample_independent(self, view: StudyView, number: int, name: str, distribution: Distribution) -> float:
        """A uniform draw, or the base sampler's choice."""
        if number < self.until:
            return uniform(self.seed, number, name, distribution)
        return self.base_sampler.sample_independent(view, number, name, distribution)

    def __hash__(self) -> int:
        return hash(("PilotSampler", self.until, self.base_sampler))


__all__ = ["PilotSampler"]
