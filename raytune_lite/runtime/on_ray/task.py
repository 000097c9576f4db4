"""The Ray task of one attempt: claim a trial, run the objective, return how it ended.

Runs in a Ray worker process. The claim is made when the task starts, not when it is queued (law 9), unless trials are
so short that the launcher makes it a moment before. How it ended travels as the task's return value, through the
launcher, so a short trial costs one round trip or none.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import lru_cache
from typing import Any

import ray
from ray.exceptions import RayActorError

from ...checkpoints.store import CheckpointStore
from ...core import messages as m
from ...core.encoding import event_to_json, from_json
from ...distributions import Distribution
from ...exceptions import CheckpointError, StaleAttemptError
from ..attempt import run_trial
from ..failures import DriverGone
from ..heart import Heart
from ..trial import Trial
from .terms import BUSY, Terms, is_deposed, raise_refusal
from .wire import BROKEN, Wire

NAMESPACE = "raytune_lite"
BUSY_REST = 0.3  # seconds until a driver that is busy is asked again
WIRE_REST = 30.0  # seconds between attempts to connect a wire that failed; actor calls carry everything meanwhile

# What a task returns: its AttemptEnded event as JSON, whether it failed, whether ``catch`` lists the exception.
Result = tuple[bytes, bool, bool] | None

_lines: dict[str, Line] = {}  # by driver name: this process's wire
_hearts: list[Heart] = []  # this process's heart, once it has begun to beat


class RayChannel:
    """Events to the driver: on the wire, and as an actor call when that fails; sent again until the lease is over."""

    def __init__(self, driver_name: str, terms: Terms) -> None:
        self.driver_name, self.terms = driver_name, terms
        self.answered = time.monotonic()

    def claim(self, slot: str) -> m.Assignment | None:
        """The trial to work at, or None when there is nothing to do."""
        return self._tell(m.Claimed(slot=slot, node=_node_id(), pid=os.getpid()))[0]  # type: ignore[no-any-return]

    def suggest(self, number: int, attempt: int, name: str, distribution: Distribution) -> m.ParamValue:
        """See Channel."""
        event = m.ParamAsked(number=number, attempt=attempt, name=name, distribution=distribution)
        return self._tell(event)[0]  # type: ignore[no-any-return]

    def report(self, number: int, attempt: int, progress: m.Progress) -> tuple[m.Decision, str | None]:
        """See Channel."""
        decision, stop = self._tell(m.Reported(number=number, attempt=attempt, progress=progress))
        return m.Decision(decision), "the study was interrupted" if stop else None

    def _tell(self, event: m.Event) -> Any:
        message = event_to_json(event).encode()
        line = _line(self.driver_name, self.terms)
        while True:
            answer = line.call(message)
            if answer is not None and is_deposed(answer):
                line.hang_up()
                answer, line.broken = None, True
            if answer is None:  # Ray knows which process is the driver now
                answer = self._by_actor(message, line)
            self.answered = time.monotonic()
            for heart in _hearts:
                heart.heard()
            if answer != BUSY:
                break
            time.sleep(BUSY_REST)
        if is_deposed(answer):
            raise DriverGone(f"the driver has lost the study: {answer.decode()}")
        reply = from_json(answer)
        raise_refusal(reply)
        return reply

    def _by_actor(self, message: bytes, line: Line) -> bytes:
        """The way round: Ray finds the actor wherever it was restarted. Ends with the lease."""
        while True:
            try:
                driver = ray.get_actor(self.driver_name, namespace=NAMESPACE)
                # not ray.get(): while a task waits in it, Ray gives its CPUs to the next task, and then both run
                reply: bytes = driver.tell.remote(message).future().result(timeout=self.terms.rpc_timeout)
                if line.broken and not is_deposed(reply):
                    # perhaps because the driver is a new process, with a socket of its own
                    line.move(driver.ready.remote().future().result(timeout=self.terms.rpc_timeout))
                return reply
            except (TimeoutError, FutureTimeoutError, RayActorError, ValueError) as error:
                # ValueError: the name is not there (yet again); an unavailable actor is being restarted
                if isinstance(error, ValueError) and not _is_missing_actor(error):
                    raise
                if time.monotonic() > self.answered + self.terms.lease:
                    raise DriverGone(f"no answer for {self.terms.lease:.0f} s: {error!r}") from error
                time.sleep(0.2)


class Line:
    """This process's wire to a driver, connected when it is first used, given a rest when it cannot be."""

    def __init__(self, terms: Terms) -> None:
        self.broken = False  # since the driver was last asked where it listens
        self._terms = terms
        self._wire: Wire | None = None
        self._rest_until = 0.0
        self._lock = threading.Lock()  # the heartbeat thread talks too

    def call(self, message: bytes) -> bytes | None:
        """The reply, or None when there is no working wire."""
        if time.monotonic() < self._rest_until:
            return None
        try:
            with self._lock:
                if self._wire is None:
                    self._wire = Wire(self._terms.address, self._terms.key)
                wire = self._wire
            return wire.call(message, self._terms.rpc_timeout)
        except BROKEN:
            self.hang_up()
            self.broken, self._rest_until = True, time.monotonic() + WIRE_REST
            return None

    def move(self, terms: Terms) -> None:
        """Try again at once where the driver listens now, if that is another process."""
        self.broken = False
        if terms.key != self._terms.key:
            self._terms, self._rest_until = terms, 0.0

    def hang_up(self) -> None:
        """Close the connection."""
        with self._lock:
            wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()


def _line(driver_name: str, terms: Terms) -> Line:
    """The process's line to this driver; those of runs that are over hang up."""
    if driver_name not in _lines:
        for old in list(_lines):
            _lines.pop(old).hang_up()
        _lines[driver_name] = Line(terms)
    return _lines[driver_name]


@lru_cache(maxsize=1)
def _node_id() -> str:
    return str(ray.get_runtime_context().get_node_id())


def _is_missing_actor(error: ValueError) -> bool:
    return "Failed to look up actor" in str(error)


def run_attempt(
    objective: Callable[[Trial], Any],
    catch: tuple[type[Exception], ...],
    driver_name: str,
    terms: Terms,
    bound: bytes | None,
) -> Result:
    """The task's body. ``bound``: the Assignment that was claimed for it, as JSON; None: claim one now."""
    channel = RayChannel(driver_name, terms)
    assignment: m.Assignment | None
    try:
        assignment = channel.claim(ray.get_runtime_context().get_task_id()) if bound is None else from_json(bound)
    except DriverGone:
        return None  # a trial that was given to this slot, unheard, is lost with its lease
    if assignment is None:
        return None
    limit = math.inf if terms.trial_timeout is None else terms.trial_timeout
    store = lru_cache(lambda: _store(terms))  # one an attempt: it knows which names the attempt has used
    trial = Trial(assignment, channel, store, terms.n_objectives, limit)
    heart = _heart(terms.lease)
    heart.watch(trial)
    try:
        ended = run_trial(objective, trial, catch=catch, n_objectives=terms.n_objectives)
    except StaleAttemptError:
        return None  # given away while it ran: its successor tells the end
    finally:
        heart.watch(None)
    return event_to_json(ended.event()).encode(), ended.failure is not None, ended.caught


def _heart(lease: float) -> Heart:
    if not _hearts:
        _hearts.append(Heart(lease))
        _hearts[0].start()
    _hearts[0].lease = lease
    return _hearts[0]


def _store(terms: Terms) -> CheckpointStore:
    here = _node_id()
    if here != terms.node and not is_shared(terms.checkpoint_root) and not _same_host(terms.node, here):
        raise CheckpointError(
            f"checkpoint path {terms.checkpoint_root} lies on the driver's node, but this trial runs on another one, "
            "where nobody could resume from it. Pass checkpoint_dir= a path on a file system that all nodes mount "
            "(NFS, Lustre, a ReadWriteMany volume)."
        )
    return CheckpointStore(terms.checkpoint_root)


def is_shared(path: str) -> bool:
    """Whether a path lies on a network file system (Linux: by /proc/mounts); RTL_SHARED_PATHS=1 vouches for all."""
    if os.environ.get("RTL_SHARED_PATHS") == "1":
        return True
    try:
        with open("/proc/mounts", encoding="utf-8") as mounts:
            rows = [line.split()[1:3] for line in mounts]
    except OSError:
        return False
    found = [(point, kind) for point, kind in rows if os.path.commonpath([point, path]) == point]
    kind = max(found, key=lambda row: len(row[0]), default=("/", "none"))[1]
    return kind.startswith(("nfs", "cifs", "lustre", "ceph", "gpfs", "beegfs", "glusterfs", "fuse", "9p", "virtiofs"))


@lru_cache(maxsize=16)
def _same_host(one: str, other: str) -> bool:
    """Several raylets on one machine share its disk. Ray's head is asked once, not for every checkpoint."""
    hosts = {node["NodeID"]: node["NodeManagerHostname"] for node in ray.nodes()}
    return hosts.get(one) == hosts.get(other) and one in hosts


__all__ = ["NAMESPACE", "Result", "run_attempt"]
