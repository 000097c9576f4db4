"""What follows a finished trial in the script's process: the user's callbacks, and garbage collection."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence

from ..trial import FrozenTrial, TrialState


class AfterTrial:
    """Calls the callbacks after each finished trial, in their order, then collects garbage if that was asked for.

    Args:
        callbacks: each takes the finished trial; the study is bound already.
        read: reads one trial by its number.
        collect: whether to collect garbage.
    """

    def __init__(
        self, callbacks: Sequence[Callable[[FrozenTrial], None]], read: Callable[[int], FrozenTrial], collect: bool
    ) -> None:
        self._callbacks, self._read, self._collect = tuple(callbacks), read, collect
        self.wanted = bool(callbacks) or collect

    def number(self, number: int, state: TrialState) -> None:
        """Trial ``number`` is now in ``state``; it is read only if it is finished and something follows."""
        if self.wanted and state.is_finished():
            self.trials([self._read(number)])

    def trials(self, finished: Iterable[FrozenTrial]) -> None:
        """These trials are finished."""
        for trial in finished:
            for callback in self._callbacks:
                callback(trial)
            if self._collect:
                gc.collect()


__all__ = ["AfterTrial"]
