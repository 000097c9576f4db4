"""Whether a paused trial that lost its checkpoints because nothing can promote it is indeed not promoted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...core import messages as m
from ...trial import TrialState
from .facts import TrialFacts

# after them more trials may come
_MORE_TRIALS = (m.RunStarted, m.RunExtended, m.TrialAdded, m.TrialEnqueued, m.TrialStopRequested)


class Reach:
    """Who can be promoted no more, as the rows say."""

    def __init__(self, check: Callable[[bool, str], None]) -> None:
        self._check = check
        self._has_limit = False  # of bytes: then a checkpoint says nothing of its trial
        self._freed: set[int] = set()  # membership only

    def take(self, events: Sequence[m.Event], rows: Sequence[m.Row], trials: Mapping[int, TrialFacts]) -> None:
        """A transaction is in the database, and ``trials`` are as it leaves them."""
        more = any(isinstance(event, _MORE_TRIALS) for event in events)
        if more:
            self._freed.clear()
        for row in rows:
            if isinstance(row, m.PromoteRung):
                self._check(row.number not in self._freed, f"trial {row.number} was out of reach and is promoted")
            elif isinstance(row, m.DropCheckpoint) and not self._has_limit:
                facts = trials[row.number]
                if not more and facts.state is TrialState.PAUSED and not facts.checkpoints:
                    self._freed.add(row.number)
        for event in events:
            if isinstance(event, m.RunStarted):
                self._has_limit = event.max_checkpoint_bytes is not None


__all__ = ["Reach"]
