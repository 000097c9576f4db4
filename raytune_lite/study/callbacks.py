"""Who follows a run in the script's process: progress on the terminal, the user's callbacks, garbage collection."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence

from ..display.progress import LiveProgress
from ..runtime.ports import Plan
from ..trial import FrozenTrial, in_local_time


class AfterTrial:
    """Calls the callbacks after each finished trial, in their order, then collects garbage if that was asked for.

    Args:
        callbacks: each takes the finished trial; the study is bound already.
        collect: whether to collect garbage.
    """

    def __init__(self, callbacks: Sequence[Callable[[FrozenTrial], None]], collect: bool) -> None:
        self._callbacks, self._collect = tuple(callbacks), collect
        self.wanted = bool(callbacks) or collect

    def trials(self, finished: Iterable[FrozenTrial]) -> None:
        """These trials are finished; their dates are naive and in UTC."""
        for trial in finished:
            shown = in_local_time(trial)
            for callback in self._callbacks:
                callback(shown)
            if self._collect:
                gc.collect()


class RunObserver:
    """Who follows a run in this process: the progress display, and what follows finished trials. See ports.Observer."""

    def __init__(self, progress: LiveProgress, after: AfterTrial) -> None:
        self._progress, self._after = progress, after
        self.wants_trials = after.wanted

    def update(self, plan: Plan) -> None:
        """A new plan has come."""
        self._progress.update(plan)
        self._after.trials(plan.finished)

    def notice(self, text: str) -> None:
        """A line for people."""
        self._progress.notice(text)


__all__ = ["AfterTrial", "RunObserver"]
