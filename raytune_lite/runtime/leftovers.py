"""What attempts leave on the checkpoint disk when they are killed, and its end. Only the study's owner deletes.

An attempt may die while it writes a checkpoint, or after that and before its report. What it left is deleted when the
trial's next attempt begins, at the run's end, and when a run begins.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from ..checkpoints.store import CheckpointStore
from ..core.state import StudyState
from ..exceptions import CheckpointError, RaytuneLiteError
from .host import Host

_PATIENCE = 60.0  # seconds that the end of a run waits for what is being deleted; a later run deletes the rest


class Cleaner:
    """Deletes what the stored study does not need any more; at a URL beside the driver's other work, in a thread.

    Args:
        store: the study's checkpoints.
        host: threads and locks.
    """

    def __init__(self, store: CheckpointStore, host: Host) -> None:
        self._store, self._host = store, host
        self._lock, self._idle = host.lock(), host.event()
        self._idle.set()
        self._waiting: deque[Callable[[], None]] = deque()

    def discard(self, uris: Sequence[str]) -> None:
        """Delete checkpoints."""
        if uris:
            self._do(partial(discard, self._store, tuple(uris)))

    def sweep_attempt(self, state: StudyState, number: int, attempt: int) -> None:
        """Delete what an attempt left, and those before it. They have ended: what is kept of them is known."""
        self._do(partial(_sweep, self._store, _kept(state, [number]), {number: attempt}))

    def finish(self, state: StudyState) -> None:
        """Wait until all is deleted, or for a minute; then delete what ended attempts left."""
        self._idle.wait(_PATIENCE)
        sweep(self._store, state, all_ended(state))

    def _do(self, job: Callable[[], None]) -> None:
        if not self._store.publishes_beside:
            job()
            return
        with self._lock:
            self._waiting.append(job)
            starts = self._idle.is_set()
            self._idle.clear()
        if starts:
            self._host.start(self._run, "cleaner")

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._idle.set()
                    return
                job = self._waiting.popleft()
            job()


def sweep(store: CheckpointStore, state: StudyState, ended: Mapping[int, int] | None = None) -> None:
    """Delete what no row knows. A path that is not there or not ours to clean is no reason to stop.

    Args:
        store: the study's checkpoints.
        state: the study as it is stored.
        ended: only what these attempts left, see CheckpointStore.sweep.
    """
    _sweep(store, _kept(state, state.trials if ended is None else ended), ended)


def _kept(state: StudyState, numbers: Iterable[int]) -> list[str]:
    trials = state.trials
    found = (trials.peek(number) for number in numbers if not trials.is_closed(number))
    return [ref.uri for trial in found for ref in (*trial.checkpoints, *trial.lent)]


def _sweep(store: CheckpointStore, keep: Sequence[str], ended: Mapping[int, int] | None) -> None:
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


__all__ = ["Cleaner", "all_ended", "ended_before", "sweep"]
