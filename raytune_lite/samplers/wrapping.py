"""What samplers that wrap another one share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ..arguments import shown
from ..core.protocols import Sampler
from .for_studies import ForStudies, is_for_studies
from .user import UserSampler


class Wrapping(ForStudies):
    """What is the base sampler's: its seed, and how it wants to be called."""

    __slots__ = ()
    base_sampler: Sampler

    @property
    def seed(self) -> int:
        """The base sampler's."""
        return self.base_sampler.seed

    @property
    def auto_seed(self) -> bool:
        """Whether the base sampler drew its seed itself."""
        return bool(getattr(self.base_sampler, "auto_seed", False))

    @property
    def can_be_rebuilt(self) -> bool:
        """Whether the base sampler can, from its ``spec()``."""
        return bool(getattr(self.base_sampler, "can_be_rebuilt", True))

    @property
    def in_background(self) -> bool:
        """The base sampler's."""
        return self.base_sampler.in_background

    @property
    def draws_globally(self) -> bool:
        """The base sampler's."""
        return self.base_sampler.draws_globally

    @property
    def constraints_func(self) -> Callable[[Any], Any] | None:
        """The base sampler's, which the study calls."""
        return cast("Callable[[Any], Any] | None", getattr(self.base_sampler, "constraints_func", None))


def inner_sampler(name: str, sampler: Any, example: str) -> Sampler:
    """A sampler that an argument ``name`` takes into another one; one with Optuna's methods in a UserSampler.

    Raises:
        TypeError: one with Optuna's methods that cannot be copied.
        ValueError: it is no sampler.
    """
    if not isinstance(sampler, type) and is_for_studies(sampler):
        return UserSampler(sampler)
    if isinstance(sampler, type) or not all(hasattr(sampler, part) for part in ("sample_independent", "grid", "spec")):
        raise ValueError(f"{name} must be a sampler or None, got {shown(sampler)}; for example {example}.")
    return cast(Sampler, sampler)


def independent_sampler(sampler: Any) -> Sampler | None:
    """What chooses the parameters outside of a joint space; None chooses them uniformly.

    Raises:
        TypeError, ValueError: see ``inner_sampler``; it has a grid, whose cells are handed out whole.
    """
    if sampler is None:
        return None
    found = inner_sampler("independent_sampler", sampler, "RandomSampler(seed=0)")
    if found.grid is not None:
        raise ValueError(
            f"independent_sampler must draw from ranges, got {shown(sampler)}; a grid's cells are handed out whole, so "
            "it can only be the sampler of the study."
        )
    return found


__all__ = ["Wrapping", "independent_sampler", "inner_sampler"]
