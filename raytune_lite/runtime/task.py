"""The body of a task: claim a trial, run the objective, return how it ended.

The claim is made when the task starts, not when it is queued (late binding), unless trials are so short that the
launcher made it a moment before; then a task may have several trials. How an attempt ended travels as the task's return
value, through the launcher, so a short trial costs one round trip or none. Knows no Ray.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Protocol

from ..checkpoints.store import CheckpointStore
from ..core.encoding import from_json
from ..core.messages import Assignment
from ..exceptions import SamplerFailedError, SamplerRefusedError, StaleAttemptError
from .attempt import run_trial
from .delivery import Channel
from .failures import DriverGone
from .gpu_memory import GpuProbe, NoProbe, run_in_share
from .hand import End, EndChannel, Hand
from .handover import Returned
from .heartbeat import Heartbeat
from .host import Host
from .trial import Trial
from .worker_settings import WorkerSettings

# What a task returns: how each of its trials ended; None: that one was not there, or has not begun.
Result = tuple[End | None, ...]


class TaskChannel(Channel, EndChannel, Protocol):
    """A Channel that can ask for a trial, too."""

    def claim(self, slot: str, node: str | None = None, pid: int | None = None) -> Assignment | None:
        """The trial to work at, or None when there is nothing to do. Raises DriverGone when there is no answer."""

    def began(self, assignment: Assignment, node: str, pid: int, price: float | None) -> bool:
        """The task of a trial that was claimed before begins; whether the trial may begin. ``price``: see AttemptBegan.

        Raises DriverGone, and StaleAttemptError where the attempt was given up meanwhile.
        """


def _as_nothing(_: BaseException) -> None:
    return None


def _as_it_is(_: Assignment) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a task runs. ``slot``: its name. ``channel``, ``store``: make those of one attempt.

    ``gpus``: see Progress. ``output``: what is around an objective of this attempt while it runs; it takes what the
    objective prints. ``trial``: makes the objective's handle, with the arguments of Trial. ``packed``: an exception
    for the script's process, pickled; None: it cannot travel. ``price``: see AttemptBegan.
    """

    slot: str
    node: str
    pid: int
    host: Host
    heartbeat: Heartbeat
    channel: Callable[[], TaskChannel]
    store: Callable[[], CheckpointStore]
    gpus: str = ""
    output: Callable[[Assignment], contextlib.AbstractContextManager[None]] = _as_it_is
    trial: Callable[..., Trial] = Trial
    packed: Callable[[BaseException], bytes | None] = _as_nothing
    gpu_probe: Callable[[], GpuProbe] = NoProbe
    price: float | None = None


def run_task(
    objective: Callable[[Trial], Any],
    catch: tuple[type[Exception], ...],
    settings: WorkerSettings,
    place: Place,
    prefetched: Sequence[bytes] = (),
    *,
    is_bound: bool = False,
) -> Result:
    """Run one attempt of each trial.

    Args:
        objective: the user's.
        catch: exceptions that fail a trial but not the run.
        settings: of the run.
        place: where the task runs.
        prefetched: the Assignments that were claimed for this task, as JSON; none: claim one now.
        is_bound: the one that was claimed is not short, and its task may have waited for long.
    """

    def run(assignment: Assignment, channel: TaskChannel, hand: Hand) -> None:
        channel.begin(assignment)
        store = lru_cache(place.store)  # one an attempt: it knows which names the attempt has used
        limit = math.inf if settings.trial_timeout is None else settings.trial_timeout
        trial = place.trial(
            assignment, channel, store, settings.n_objectives, limit, place.host, place.gpus, settings.study
        )
        began = place.host.monotonic()
        place.heartbeat.watch(trial, is_short=bool(prefetched) and not is_bound)
        try:
            with place.output(assignment):
                call = partial(run_trial, objective, trial, catch=catch, n_objectives=settings.n_objectives)
                result = run_in_share(place.gpu_probe(), assignment, call) if assignment.gpu_share else call()
        finally:
            place.heartbeat.leave()
        ends_run = result.failure is not None and not result.caught and result.exception is not None
        exception = place.packed(result.exception) if ends_run and result.exception is not None else None
        hand.note(assignment, result, place.host.monotonic() - began, exception)
        if place.heartbeat.is_to_leave and not prefetched:  # it may be gone before the task's return is heard
            hand.deliver(place.channel)

    if is_bound or not prefetched:
        channel = place.channel()
        claimed = _begin(place, channel, from_json(prefetched[0])) if is_bound else _claim(place, channel)
        if claimed is None:
            return (None,)
        hand = Hand([claimed], place.host)
        run(claimed, channel, hand)
        return hand.ends()
    hand = Hand([from_json(text) for text in prefetched], place.host)
    place.heartbeat.hold(lambda: hand.settle(place.channel))
    try:
        while (assignment := hand.take()) is not None:
            run(assignment, place.channel(), hand)
    finally:
        place.heartbeat.hold(None)
    return hand.ends()


def returned(slots: Sequence[str], result: Result) -> list[Returned]:
    """What a task has returned, slot by slot, for the launcher."""
    found: list[Returned] = []
    for slot, end in zip(slots, result, strict=True):
        if end is None:
            found.append(Returned(slot=slot))
        else:
            message, failed, caught, seconds, packed, left = end
            found.append(Returned(
                slot=slot, message=message, failed=failed, caught=caught, seconds=seconds, packed=packed, left=left
            ))  # fmt: skip
    return found


def _claim(place: Place, channel: TaskChannel) -> Assignment | None:
    try:
        return channel.claim(place.slot, place.node, place.pid)
    except (DriverGone, SamplerFailedError, SamplerRefusedError):
        return None  # a trial that was given to this slot, unheard, is not to blame; a failed sampler ends the run


def _begin(place: Place, channel: TaskChannel, assignment: Assignment) -> Assignment | None:
    """The trial that was claimed for this task, unless it is not to begin any more."""
    channel.begin(assignment)
    try:
        return assignment if channel.began(assignment, place.node, place.pid, place.price) else None
    except (DriverGone, StaleAttemptError):
        return None


__all__ = ["Place", "Result", "TaskChannel", "returned", "run_task"]
