"""The body of a task: claim a trial, run the objective, return how it ended.

The claim is made when the task starts, not when it is queued (late binding), unless trials are so short that the
launcher made it a moment before. How the attempt ended travels as the task's return value, through the launcher, so a
short trial costs one round trip or none. Knows no Ray.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..checkpoints.store import CheckpointStore
from ..core.encoding import event_to_json, from_json
from ..core.messages import Assignment
from ..exceptions import SamplerFailedError, SamplerRefusedError
from .attempt import run_trial
from .delivery import Channel
from .failures import DriverGone
from .heartbeat import Heartbeat
from .host import Host
from .ports import WorkerSettings
from .trial import Trial

# What a task returns: its AttemptEnded event as JSON, whether it failed, whether ``catch`` lists the exception.
# A plain tuple: Ray's pickling of it is cheap, and a short trial pays for it.
Result = tuple[bytes, bool, bool] | None


class TaskChannel(Channel, Protocol):
    """A Channel that can ask for a trial, too."""

    def claim(self, slot: str, node: str | None = None, pid: int | None = None) -> Assignment | None:
        """The trial to work at, or None when there is nothing to do. Raises DriverGone when there is no answer."""

    def begin(self, assignment: Assignment) -> None:
        """The messages that follow are of this attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a task runs. ``slot``: its name. ``store``: makes the attempt's checkpoint store."""

    slot: str
    node: str
    pid: int
    host: Host
    heartbeat: Heartbeat
    channel: TaskChannel
    store: Callable[[], CheckpointStore]


def run_task(
    objective: Callable[[Trial], Any],
    catch: tuple[type[Exception], ...],
    settings: WorkerSettings,
    place: Place,
    prefetched: bytes | None,
) -> Result:
    """Run one attempt. ``prefetched``: the Assignment that was claimed for this task, as JSON; None: claim one now."""
    assignment: Assignment | None
    try:
        if prefetched is None:
            assignment = place.channel.claim(place.slot, place.node, place.pid)
        else:
            assignment = from_json(prefetched)
    except (DriverGone, SamplerFailedError, SamplerRefusedError):
        return None  # a trial that was given to this slot, unheard, is not to blame; a failed sampler ends the run
    if assignment is None:
        return None
    place.channel.begin(assignment)
    limit = math.inf if settings.trial_timeout is None else settings.trial_timeout
    trial = Trial(assignment, place.channel, place.store, settings.n_objectives, limit, place.host)
    place.heartbeat.watch(trial, is_short=prefetched is not None)
    try:
        result = run_trial(objective, trial, catch=catch, n_objectives=settings.n_objectives)
    finally:
        place.heartbeat.leave()
    return event_to_json(result.event()).encode(), result.failure is not None, result.caught


__all__ = ["Place", "Result", "TaskChannel", "run_task"]
