"""A study's sampler and pruner: what the user passed, and what a run gets for it."""

from __future__ import annotations

from typing import Any

from ..core.protocols import Sampler
from ..integrations.optuna.accepting import as_given, as_sampler
from .libraries import ForLibraries


class Chosen(ForLibraries):
    """The part of a Study that has its sampler and its pruner."""

    _sampler: Sampler | None = None

    @property
    def sampler(self) -> Any:
        """What was passed as ``sampler``, or set since; the next run is made with it.

        Raises:
            TypeError: what is set is no sampler.
        """
        return as_given(self._sampler)

    @sampler.setter
    def sampler(self, given: Any) -> None:
        self._sampler = as_sampler(given)


__all__ = ["Chosen"]
