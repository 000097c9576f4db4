"""The driver actors of a script: started, called, kept between two runs, ended.

A process that has given its study back is kept for the next run of this script, of any study: to start one takes most
of a second. It ends with the script, with ``ray.shutdown``, or when no run came for IDLE_FOR seconds.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ray
from ray import cloudpickle
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...core import messages as m
from ...exceptions import DriverUnreachableError, RaytuneLiteError
from ..config import RunConfig
from ..handover import Handover, Plan
from ..hosting import NotHostedError
from ..worker_settings import WorkerSettings
from . import NAMESPACE
from .actor import DriverActor
from .environments import cannot_load, set_up_error

CONCURRENCY = 17  # actor calls at work or waiting for the commit under way, and `host`; more wait in Ray's queue
CLOSE_PATIENCE = 10.0  # seconds a driver has to give its study back
HOST_PATIENCE = 60.0  # seconds a restarted driver has to get its run again
HOST_REST = 0.05  # seconds until it is asked again
IDLE_FOR = 120.0  # seconds a process is kept without a run
KEPT_MOST = 2  # processes without a run

Ask = Callable[[m.Event], Any]
_Place = tuple[str, str, bool]  # job, node, and whether the driver may not move: what a process cannot change


class DriverProcess:
    """A driver actor as its script knows it. One run at a time. ``name``: Ray's, by which attempts find it."""

    def __init__(self, place: _Place, ip: str) -> None:
        _, node, pinned = self.place = place
        self.name = f"driver:{uuid.uuid4().hex}"
        options = {
            "name": self.name,
            "namespace": NAMESPACE,
            "num_cpus": 0,
            "max_concurrency": CONCURRENCY,
            "max_restarts": -1,
            "max_task_retries": -1,
            "scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=not pinned),
        }
        self._actor = ray.remote(DriverActor).options(**options).remote(node, ip)
        self._number, self._run, self._is_open = 0, "", False
        self._hosts: Any = None  # the call that is under way as long as its run

    def open(self, config: RunConfig) -> WorkerSettings:
        """Have it host a run, and wait until it owns the study; raises what stands in the way, see ``execute``."""
        self._number, self._run, self._is_open = self._number + 1, config.run, False
        # Pickled once, by us, as two calls carry it. Ray's control store gets the arguments of a constructor only.
        arguments = self._number, config.run, cloudpickle.dumps(config)
        self._hosts = self._actor.host.remote(*arguments)
        found: WorkerSettings = self._call("open", *arguments)
        self._is_open = True
        return found

    def call(self, method: str, *arguments: Any, timeout: float | None = None) -> Any:
        """The answer of a method of the run that it hosts."""
        return self._call(method, self._run, *arguments, timeout=timeout)

    def _call(self, method: str, *arguments: Any, timeout: float | None = None) -> Any:
        """The answer of a method; while the process was restarted and does not host its run yet, it is asked again."""
        give_up = time.monotonic() + HOST_PATIENCE
        while True:
            try:
                return _get(getattr(self._actor, method).remote(*arguments), timeout)
            except NotHostedError as error:
                if time.monotonic() > give_up:
                    raise DriverUnreachableError(f"the restarted driver did not get its run back: {error}") from None
                time.sleep(HOST_REST)

    def close(self) -> bool:
        """End the run, if it hosts one; whether the process may be kept."""
        if self._hosts is None:
            return True
        if not self._is_open:  # it may be waiting for the study
            return False
        is_clean: bool = ray.get(self._actor.close.remote(self._number), timeout=CLOSE_PATIENCE)
        if is_clean:
            self._actor.rest.remote()
        return is_clean

    def is_free(self) -> bool:
        """Whether it hosts nothing, as far as Ray knows: then no call of an earlier run is under way any more."""
        return self._hosts is None or bool(ray.wait([self._hosts], timeout=1.0, fetch_local=False)[0])

    def end(self) -> None:
        """Kill the process."""
        with contextlib.suppress(Exception):  # Ray has been shut down
            ray.kill(self._actor)


class _Kept:
    """The processes of this script that host no run. Threads may call at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[DriverProcess, float]] = []  # and since when
        self._watch: threading.Timer | None = None

    def take(self, place: _Place) -> DriverProcess | None:
        """One that was kept, if there is one in the same place; the newest."""
        with self._lock:
            # those of a Ray that was shut down are gone
            self._idle = [(process, since) for process, since in self._idle if process.place[:2] == place[:2]]
            for index in reversed(range(len(self._idle))):
                if self._idle[index][0].place == place:
                    return self._idle.pop(index)[0]
        return None

    def put(self, process: DriverProcess) -> None:
        """Keep one for a while; the oldest go when there are too many."""
        with self._lock:
            self._idle.append((process, time.monotonic()))
            while len(self._idle) > KEPT_MOST:
                self._idle.pop(0)[0].end()
            self._look_later()

    def _look_later(self) -> None:
        if self._watch is None and self._idle:
            self._watch = threading.Timer(IDLE_FOR / 4, self._look)
            self._watch.daemon = True
            self._watch.start()

    def _look(self) -> None:
        with self._lock:
            self._watch = None
            old = time.monotonic() - IDLE_FOR
            for process, _ in [item for item in self._idle if item[1] <= old]:
                process.end()
            self._idle = [item for item in self._idle if item[1] > old]
            self._look_later()


_kept = _Kept()


class RayDriverCalls:
    """The driver actor as its launcher calls it. Errors of ours come back as themselves, without Ray's traceback."""

    def __init__(self, process: DriverProcess) -> None:
        self._process = process

    def plan(self, handover: Handover, timeout: float | None = None) -> Plan:
        """See DriverCalls."""
        plan: Plan = self._process.call("plan", handover, timeout=timeout)
        return plan

    def locate(self, slots: Sequence[str]) -> list[tuple[str, int] | None]:
        """See DriverCalls."""
        found: list[tuple[str, int] | None] = self._process.call("locate", slots)
        return found

    def ask(self, event: m.Event) -> Any:
        """Send an event of the script, and return its answer; it is stored then."""
        return self._process.call("ask", event)


def _get(ref: Any, timeout: float | None = None) -> Any:
    try:
        return ray.get(ref, timeout=timeout)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, (NotHostedError, RaytuneLiteError, ValueError, TypeError)):
            raise error.cause from None
        raise cannot_load(str(error)) or error from None
    except ray.exceptions.GetTimeoutError:
        raise DriverUnreachableError(f"the driver did not answer within {timeout:.0f} s.") from None
    except ray.exceptions.RuntimeEnvSetupError as error:  # the whole job's
        raise set_up_error(error) from None
    except ray.exceptions.RayActorError as error:
        absent = cannot_load(str(error))
        if absent is not None:
            raise absent from None
        raise DriverUnreachableError(f"the driver actor is gone ({type(error).__name__}).") from error


def start(*, pinned: bool) -> DriverProcess:
    """A driver process without a run: one that was kept, else a new one, which starts while the caller goes on.

    It has 0 CPUs and is restarted for ever; calls in flight are sent again to the restarted actor.

    Args:
        pinned: it may not move to another node (SQLite and local checkpoints lie here).
    """
    context = ray.get_runtime_context()
    place = context.get_job_id(), context.get_node_id(), pinned
    while (process := _kept.take(place)) is not None:
        if process.is_free():
            return process
        process.end()
    return DriverProcess(place, ray.util.get_node_ip_address())


@contextlib.contextmanager
def driver_process(*, pinned: bool) -> Iterator[DriverProcess]:
    """A driver process for the length of a run: kept for the next one, or ended where something of this run is left.

    The study is given back at the end, whatever happened. See ``start``.
    """
    process, is_clean = start(pinned=pinned), False
    try:
        yield process
    finally:
        try:
            with contextlib.suppress(Exception):
                is_clean = process.close()
        finally:  # Ctrl-C while it closes
            if is_clean:
                _kept.put(process)
            else:
                process.end()


__all__ = ["Ask", "DriverProcess", "RayDriverCalls", "driver_process", "start"]
