"""What attempts leave on the checkpoint disk when they are killed, and its end. Only the study's owner deletes.

An attempt may die while it writes a checkpoint, or after that and before its report. What it left is deleted when the
trial's next attempt begins, at the run's end, and when a run begins.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping

from ..checkpoints.store import CheckpointStore
from ..core.state import StudyState
from ..exceptions import CheckpointError, RaytuneLiteError


def sweep(store: CheckpointStore, state: StudyState, ended: Mapping[int, int] | None = None) -> None:
    """Delete what no row knows. A path that is not there or not ours to clean is no reason to stop.

    Args:
        store: the study's checkpoints.
        state: the study as it is stored.
        ended: only what these attempts left, see CheckpointStore.sweep.
    """
    trials = state.trials
    found = (trials.peek(number) for number in (trials if ended is None else ended) if not trials.is_closed(number))
    keep = [ref.uri for trial in found for ref in (*trial.checkpoints, *trial.lent)]
    with contextlib.suppress(CheckpointError):
        store.sweep(keep, ended)


def ended_before(state: StudyState, slot: str) -> dict[int, int]:
    """The attempt before the one that a slot runs, by its trial's number; empty when there is none."""
    number = state.slots.get(slot)
    attempt = 0 if number is None else state.trials[number].attempt
    return {number: attempt - 1} if number is not None and attempt > 1 else {}


def all_ended(state: StudyState) -> Mapping[int, int]:
    """The newest attempt that has ended, by its trial's number: looked up when it is asked for."""
    return _AllEnded(state)


class _AllEnded(Mapping[int, int]):
    def __init__(self, state: StudyState) -> None:
        self._trials = state.trials

    def __getitem__(self, number: int) -> int:
        trial = self._trials.peek(number)
        return trial.attempt - (trial.slot is not None) if trial.attempt else -1

    def __iter__(self) -> Iterator[int]:
        return iter(self._trials)

    def __len__(self) -> int:
        return len(self._trials)


def discard(store: CheckpointStore, uris: Iterable[str]) -> None:
    """Delete checkpoints that the stored study does not need any more."""
    for uri in uris:
        with contextlib.suppress(RaytuneLiteError, OSError):  # an orphan: a later sweep deletes it
            store.discard(uri)


__all__ = ["all_ended", "discard", "ended_before", "sweep"]
