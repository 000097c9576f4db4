"""A run's sampler and pruner: the given ones or the recorded ones; and the states that a log folds to with them."""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..core import messages as m
from ..core.bounds import clip
from ..core.protocols import Branches, Grid, Pruner, Sampler
from ..core.state import StudyState
from ..exceptions import MessageError
from ..pruners import NopPruner, pruner_from_spec
from ..samplers import AutoSampler, grid_from_spec, sampler_from_spec
from ..storages.records import StudyRecord
from .config import CHECKPOINTS_KEPT, RunConfig
from .study_time import Mark

Watch = Callable[[m.Event], None]  # called with each event of a log, just before the state takes it in


class Algorithms:
    """What a study is run and folded with.

    Args:
        study: the study.
        last_run: the start of its latest run, which says which sampler and pruner are recorded; None: there was none.
        sampler: the given one, or None.
        pruner: the given one, or None.
    """

    def __init__(
        self, study: StudyRecord, last_run: m.RunStarted | None, sampler: Sampler | None, pruner: Pruner | None
    ) -> None:
        self._study, self._last_run = study, last_run
        recorded_pruner = None if last_run is None else json.loads(last_run.pruner)
        recorded_sampler = None if last_run is None else json.loads(last_run.sampler)
        self.sampler: Sampler = _resolve(sampler, recorded_sampler, sampler_from_spec) or AutoSampler()
        self.pruner: Pruner = _resolve(pruner, recorded_pruner, pruner_from_spec) or NopPruner()

    def mark_of(self, run: str) -> Mark | None:
        """Where the first driver of ``run`` began, if that is the newest run."""
        last = self._last_run
        return (last.machine, last.zero) if last is not None and last.run == run else None

    def run_started(self, config: RunConfig, mark: Mark, last: float, owned_until: float | None) -> m.RunStarted:
        """The event that begins a run with them.

        Args:
            config: the run.
            mark: where it begins.
            last: time of the last event before, in seconds since the study was created.
            owned_until: see takeover.take. The clock that it comes from may be wrong, so it moves nothing but the end
                of attempts that the run before has left, in sums for people.
        """
        return m.RunStarted(
            run=config.run,
            n_trials=config.n_trials,
            max_trials=config.max_trials,
            pruner=json.dumps(self.pruner.spec()),
            sampler=json.dumps(self.sampler.spec()),
            retries=json.dumps(config.retries.spec()),
            checkpoints_kept=CHECKPOINTS_KEPT,
            keeps_resumed=True,
            frees_paused=True,
            awaits_reports=True,
            max_checkpoint_bytes=config.max_checkpoint_bytes,
            machine=mark[0],
            zero=mark[1],
            held=config.held,
            surroundings=config.surroundings,
            price=config.price,
            prices=config.prices,
            max_cost=config.max_cost,
            moves_at=config.moves_at,
            shares_gpus=config.shares_gpus,
            before_until=max(last, (owned_until or 0.0) - self._study.created),
        )

    def new_state(self) -> StudyState:
        """The study before its first event."""
        return StudyState(self._study.directions, self._pruner_for, self._grid_for, self._study.name)

    def fold(
        self, log: Iterable[m.LogEntry], state: StudyState | None = None, watch: Watch | None = None, after: int = 0
    ) -> StudyState:
        """The state that a log leads to; replaying it always gives the same. ``after``: events that it has seen.

        Raises:
            MessageError: the log was changed by hand.
        """
        state = self.new_state() if state is None else state
        for seq, (at, event, _) in enumerate(log, start=after + 1):
            try:
                if watch is not None:
                    watch(event)
                state.handle(event, at)
            except Exception as error:  # the log was edited: whatever a handler meets, it is the log that is wrong
                raise MessageError(
                    f"table rtl_events, study {self._study.name!r}, seq {seq}: {type(event).__name__} cannot follow "
                    f"the events before it ({clip(repr(error), 500)}). The log was changed by hand; restore a copy of "
                    "the database."
                ) from error
        return state

    def _pruner_for(self, spec: str) -> Pruner:
        if spec == json.dumps(self.pruner.spec()):
            return self.pruner
        return NopPruner() if spec == "{}" else pruner_from_spec(json.loads(spec))

    def _grid_for(self, spec: str) -> Grid | Branches | None:
        own = spec == json.dumps(self.sampler.spec())
        return self.sampler.grid if own else grid_from_spec(json.loads(spec))


def _resolve(given: Any, recorded: dict[str, Any] | None, from_spec: Callable[[dict[str, Any]], Any]) -> Any:
    """The algorithm to run with: the given one, or the recorded one when none was given.

    A seed that was drawn because the user gave none is not a wish: the recorded seed goes on.
    """
    if given is None:
        return from_spec(recorded) if recorded else None
    if recorded and getattr(given, "auto_seed", False) and getattr(given, "can_be_rebuilt", True):
        spec = json.loads(json.dumps(given.spec()))
        if {**spec, "seed": 0} == {**recorded, "seed": 0}:
            return from_spec(recorded)
    return given


@contextlib.contextmanager
def no_collector() -> Iterator[None]:
    """A long log is a million new objects and no garbage: looking for some again and again doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


__all__ = ["Algorithms", "no_collector"]
