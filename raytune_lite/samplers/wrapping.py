"""What samplers that wrap another one share."""

from __future__ import annotations

from ..core.protocols import Sampler


class Wrapping:
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
    def in_background(self) -> bool:
        """The base sampler's."""
        return self.base_sampler.in_background

    @property
    def draws_globally(self) -> bool:
        """The base sampler's."""
        return self.base_sampler.draws_globally


__all__ = ["Wrapping"]
