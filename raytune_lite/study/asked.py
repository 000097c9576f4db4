"""The trials that this process has asked for and not told yet. Knows no session."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

from ..runtime.trial import Trial


class Asked:
    """Trials by their numbers; of some of them any process may tell the result."""

    def __init__(self) -> None:
        self._trials: dict[int, Trial] = {}
        self._leased = set[int]()

    def __iter__(self) -> Iterator[int]:
        return iter(self._trials)

    def add(self, study: object, trial: Trial, *, is_leased: bool) -> None:
        """A trial was asked for. Its attributes are stored when they are set, as in Optuna: a dashboard shows them.

        ``study``: whose ``ask`` gave it; it is not held. Where others may have the study meanwhile, nobody waits for
        them: a leased trial's attributes travel later.
        """
        trial.delivery.stores_attrs = not is_leased
        trial._asked_of = weakref.ref(study)
        self._trials[trial.number] = trial
        if is_leased:
            self._leased.add(trial.number)

    def get(self, number: int) -> Trial | None:
        """The trial; None: this process has not asked for it, or has told it."""
        return self._trials.get(number)

    def own(self, number: int) -> Trial | None:
        """The same, of trials that no other process may tell."""
        return None if number in self._leased else self._trials.get(number)

    def settled(self, number: int) -> None:
        """The trial's result is stored: whoever has the trial can do no more with it."""
        self._leased.discard(number)
        trial = self._trials.pop(number, None)
        if trial is not None:
            trial.delivery.close()

    def clear(self) -> None:
        """Nobody is to tell any of them any more from here."""
        self._trials.clear()
        self._leased.clear()


__all__ = ["Asked"]
