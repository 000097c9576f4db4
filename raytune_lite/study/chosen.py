"""A study's sampler and pruner: what the user passed, what a run gets for it, and what a copy of the study gets."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..core.protocols import Pruner, Sampler
from ..integrations.optuna.accepting import as_given, as_pruner, as_sampler
from ..sharing import stays_here
from .libraries import ForLibraries


class Chosen(ForLibraries):
    """The part of a Study that has its sampler and its pruner."""

    _sampler: Sampler | None = None
    _pruner: Pruner | None = None
    _checkpoint_dir: str | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, or a pickle: of a study in memory its trials too, of another one its URL (with the password)."""
        stays_here("a study", "in an objective, trial.study has its name, user_attrs, finished trials and stop()")
        opened = partial(type(self), checkpoint_dir=self._checkpoint_dir)  # type: ignore[call-arg]  # Study's
        return opened, (self.study_name, self._holder, self.sampler, self.pruner)

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

    @property
    def pruner(self) -> Any:
        """What was passed as ``pruner``, or set since; of Optuna's own ones ours of the same name.

        Raises:
            TypeError, ValueError: what is set is no pruner of such a study.
        """
        return as_given(self._pruner)

    @pruner.setter
    def pruner(self, given: Any) -> None:
        self._pruner = as_pruner(given, len(self.directions))


__all__ = ["Chosen"]
