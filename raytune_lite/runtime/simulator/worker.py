"""The simulated worker process of one task: the true task body, channel and heartbeat, over transports that fail.

Why greenlets: the true Trial blocks inside ``should_prune`` and ``save_checkpoint`` while virtual time passes. A model
of it, message by message, would have to copy its buffer, its order and its locks, and would miss the bugs in them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...core import messages as m
from ...core.encoding import from_json
from ...distributions import Distribution
from ...trial import FrozenTrial
from ..answers import BUSY
from ..channel import DriverChannel, FastLine
from ..finished import KnownTrials
from ..heartbeat import Heartbeat
from ..ports import TransportError
from ..task import Place, Result, run_task
from ..tokens import Ticket
from ..virtual.host import SimulatedHost
from ..virtual.world import Process
from ..worker_settings import WorkerSettings
from .actor import Actor, ActorTransport, HostedRun
from .audit import Auditor
from .cluster import Cluster
from .gpus import GpuOfProcess
from .objective import Objective

BEAT = 2.0  # seconds between heartbeats
FAST_REST = 10.0  # seconds until a socket that failed is tried again


class Actors:
    """The processes of one run's driver actor. ``now``: the one that Ray knows, or None while it is restarted."""

    def __init__(self) -> None:
        self.now: Actor | None = None
        self.by_key: dict[bytes, Actor] = {}

    def current(self) -> Actor | None:
        """The one that Ray knows now."""
        return self.now


class Worker:
    """One task at work in a process of its own."""

    def __init__(
        self, cluster: Cluster, actors: Actors, settings: WorkerSettings, process: Process, slot: str, node: str
    ) -> None:
        self._cluster, self._actors, self._settings = cluster, actors, settings
        self._process, self._slot, self._node = process, slot, node
        self._world = process.world
        self._host = SimulatedHost(process)
        self._cut_off_until, self._cut_off_until_given_up = 0.0, False

    def run(self, prefetched: Sequence[bytes]) -> Result:
        """The task's body: what it returns to the launcher."""
        host, scenario, auditor = self._host, self._cluster.scenario, self._cluster.auditor
        is_bound = scenario.binds_first
        if prefetched and not is_bound:
            first = from_json(prefetched[0])
            auditor.workers.begins(self._process, first.number, first.attempt, is_prefetched=True)
            # only such a task has a lease already: one that stops before it asks for a trial waits as if it were queued
            if self._world.strikes("worker is stopped as it begins", self._slot):
                self._process.pause(math.inf)
                self._world.sleep(0.0)
        heartbeat = Heartbeat(host, self._settings.lease, BEAT)
        heartbeat.start()
        sure = ActorTransport(self._settings.run, self._actors.current, host, self._is_cut_off, self._arrived)
        fast = FastLine(self._settings, self._connect, host, FAST_REST)

        seal = Ticket.of(self._settings.run.encode(), self._slot).seal  # see script: that is the run's secret
        known = KnownTrials(self._settings.study.created)

        def channel() -> AuditedChannel:
            one = DriverChannel(self._settings, fast, sure, host, heartbeat.acknowledged, seal, known)
            return AuditedChannel(one, auditor, self._process)

        bound = from_json(prefetched[0]) if is_bound else None
        size = 0 if bound is None else scenario.size(bound)
        gpu = GpuOfProcess(self._cluster.gpus[self._node], self._process, size)
        store = self._cluster.disk.store(self._process, auditor, self._die)
        place = Place(
            slot=self._slot,
            node=self._node,
            pid=self._process.number,
            host=host,
            heartbeat=heartbeat,
            channel=channel,
            store=lambda: store,
            gpu_probe=lambda: gpu,
            price=None if bound is None else scenario.price(size),
        )
        objective = Objective(scenario, self._process, store, self._cut_off, gpu if scenario.shares_gpus else None)
        catch = (Exception,) if scenario.catch else ()
        result = run_task(objective, catch, self._settings, place, prefetched, is_bound=is_bound)
        gpu.free()
        auditor.workers.leaves(self._process)
        if any(result) and self._world.strikes("worker dies before its end is delivered", self._slot):
            self._process.kill("before its end is delivered")
        return result

    def _connect(self, settings: WorkerSettings) -> ActorTransport:
        actor = self._actors.by_key.get(settings.key)
        if actor is None or self._is_cut_off():
            raise TransportError("nobody listens there (simulated)")
        return ActorTransport(
            settings.run, lambda: actor, self._host, self._is_cut_off, self._arrived, HostedRun.receive_on_socket
        )

    def _is_cut_off(self) -> bool:
        if self._cut_off_until_given_up and self._cluster.auditor.workers.is_given_up(self._process):
            return False
        return self._cut_off_until > self._world.now

    def _cut_off(self, seconds: float, *, until_given_up: bool = False) -> None:
        self._cut_off_until = self._world.now + seconds
        self._cut_off_until_given_up = until_given_up
        if until_given_up:  # the driver is a little faster than the network, and than who kills
            self._cluster.out_of_reach.add(self._process.number)

    def _arrived(self, reply: bytes, sender: Actor) -> None:
        if reply == BUSY or reply.startswith(b"["):
            auditor = self._cluster.auditor
            auditor.workers.answered(self._process, from_owner=sender.process.name == auditor.owner)

    def _die(self, fault: str) -> None:
        if self._world.strikes(fault, self._process.name):
            self._process.kill(fault)


class AuditedChannel:
    """The true channel; the auditor hears what the worker takes for acknowledged."""

    def __init__(self, channel: DriverChannel, auditor: Auditor, process: Process) -> None:
        self._channel, self._auditor, self._process = channel, auditor, process

    def claim(self, slot: str, node: str | None = None, pid: int | None = None) -> m.Assignment | None:
        """See task.TaskChannel."""
        assignment = self._channel.claim(slot, node, pid)
        if assignment is not None:
            workers = self._auditor.workers
            workers.begins(self._process, assignment.number, assignment.attempt, is_prefetched=False)
        return assignment

    def began(self, assignment: m.Assignment, node: str, pid: int, price: float | None) -> bool:
        """See task.TaskChannel."""
        may_begin = self._channel.began(assignment, node, pid, price)
        if may_begin:
            workers = self._auditor.workers
            workers.begins(self._process, assignment.number, assignment.attempt, is_prefetched=False)
        return may_begin

    def begin(self, assignment: m.Assignment) -> None:
        """See hand.EndChannel."""
        self._channel.begin(assignment)

    def end(self, event: m.AttemptEnded) -> None:
        """See hand.EndChannel."""
        self._channel.end(event)

    def suggest(self, number: int, attempt: int, name: str, distribution: Distribution) -> m.ParamValue:
        """See delivery.Channel."""
        return self._channel.suggest(number, attempt, name, distribution)

    def report(self, number: int, attempt: int, progress: m.Progress) -> tuple[m.Decision, str | m.Leave | None]:
        """See delivery.Channel."""
        found = self._channel.report(number, attempt, progress)
        self._auditor.acknowledged(number, progress)
        return found

    def finished(self, number: int, attempt: int) -> list[FrozenTrial]:
        """See delivery.Channel."""
        found = self._channel.finished(number, attempt)
        self._auditor.readings.read(self._process, (number, attempt), found, self._auditor.trials)
        return found

