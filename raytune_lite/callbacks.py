"""Callbacks of a study: ``study.optimize(..., callbacks=[MaxTrialsCallback(100)])``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .arguments import integer
from .trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    from .study import Study


class MaxTrialsCallback:
    """Stop the study once it has so many trials in one of ``states``, those of earlier runs included.

    Several trials may run at once: those that run when it stops end by themselves and are stored, too.
    ``optimize(max_trials=)`` bounds the study exactly, with any number of workers; it counts all states.

    Args:
        n_trials: how many.
        states: which states count; None: all.

    Raises:
        ValueError: ``n_trials`` is no integer >= 1.
    """

    def __init__(self, n_trials: int, states: Iterable[TrialState] | None = (TrialState.COMPLETE,)) -> None:
        self.n_trials = integer("n_trials", n_trials, 1, "it counts trials of the study")
        self.states = None if states is None else tuple(states)

    def __call__(self, study: Study, trial: FrozenTrial) -> None:  # noqa: ARG002
        """Called after each finished trial."""
        counts = study.state_counts()
        if sum(n for state, n in counts.items() if self.states is None or state in self.states) >= self.n_trials:
            study.stop()


__all__ = ["MaxTrialsCallback"]
