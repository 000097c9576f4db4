"""Trials as simulated tasks: the launcher's port to the simulated cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...core.encoding import event_from_json, from_json
from ...core.messages import AttemptEnded, FailureKind
from ...exceptions import RaytuneLiteError
from ..handover import Lost, Prefetched, Returned
from ..ports import DriverCalls
from ..room import Free, arrange
from ..task import returned
from ..virtual.host import SimulatedHost
from ..virtual.world import Process, Signal, World
from .cluster import Cluster, Task
from .turns import Turns

GROWTH = 16  # tasks that are queued though there is no room, where an autoscaler may add nodes
Body = Callable[[Process, str, str, Sequence[bytes]], Any]  # (process, slot, node, prefetched) -> task.Result


class LateLogs:
    """Why processes died. A simulated one writes no log, but to find that out may take a while."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._unexplained: list[tuple[float, Lost]] = []  # until when their logs are read

    def explain(self, lost: list[Lost], *, at_once: bool) -> list[Lost]:
        """See ports.Tasks."""
        world = self._world
        until: dict[str, float] = {}  # by task
        for item in lost:
            task = item.task or item.slot
            if task not in until:
                is_late = world.strikes("log of a worker is read late", task)
                until[task] = world.now + (world.between("log", 0.1, 8.0) if is_late else 0.0)
            self._unexplained.append((until[task], item))
        found = [item for ready_at, item in self._unexplained if at_once or ready_at <= world.now]
        self._unexplained = [] if at_once else [pair for pair in self._unexplained if pair[0] > world.now]
        return found


class SimulatedTasks:
    """The tasks of one run; see ports.Tasks. They die with the script that owns them.

    Args:
        cluster: where they run.
        owner: the script's process.
        body: what a task does.
        name: begins the names of the tasks.
    """

    prefetches = True

    def __init__(self, cluster: Cluster, owner: Process, body: Body, name: str) -> None:
        self._cluster, self._owner, self._body, self._name = cluster, owner, body, name
        self.binds_first = cluster.scenario.binds_first
        self.shares = not self.binds_first
        self._sizes: list[int] = []  # of the last tasks
        auditor, clock = cluster.auditor, SimulatedHost(owner)
        self.turns = Turns(clock.monotonic, self._is_live, cluster.scenario.grows, auditor.check)
        self.running: dict[str, Task] = {}  # by their first slots: those that neither ended nor were cancelled
        self._slots_of: dict[str, list[str]] = {}  # by task
        self._ended: list[Returned] = []
        self._lost: list[Lost] = []
        self._logs = LateLogs(cluster.world)
        self._broken: Exception | None = None
        self._news = Signal(cluster.world)
        self._submitted = 0

    def check_the_end(self) -> None:
        """The run is over: what it has left runs, see ``running``."""

    def _is_live(self, number: int, attempt: int) -> bool:
        facts = self._cluster.auditor.trials.get(number)
        return facts is not None and facts.live == attempt

    def submit(self, prefetched: Sequence[Prefetched] = ()) -> str:
        """See ports.Tasks."""
        self._submitted += 1
        slots = [item.slot for item in prefetched] or [f"{self._name}/task-{self._submitted}"]
        bound = [item.assignment for item in prefetched]

        def body(process: Process, node: str) -> Any:
            return self._body(process, slots[0], node, bound)

        self._slots_of[slots[0]] = slots
        task = self.running[slots[0]] = Task(slots[0], body, lambda result: self._note(slots, result))
        if self.binds_first:
            assignment = from_json(bound[0])
            task.size, task.turns = self._cluster.scenario.size(assignment), self.turns
            self.turns.submitted(slots[0], assignment.number, assignment.attempt)
            self._sizes = [*self._sizes[-3:], task.size]
        self._cluster.submit(task)
        return slots[0]

    def _note(self, slots: Sequence[str], result: Any) -> None:
        if self.running.pop(slots[0], None) is None:
            return
        if isinstance(result, FailureKind):
            self._lose(slots, result, "its task is gone")
        elif isinstance(result, Exception):
            self._broken = self._broken or RaytuneLiteError(f"a worker could not run the objective at all: {result!r}")
            self._lose(slots, FailureKind.WORKER_CRASH, repr(result))
        else:
            for item in returned(slots, result):
                if item.message is not None:
                    event = event_from_json(item.message)
                    assert isinstance(event, AttemptEnded)
                    self._cluster.auditor.results.returned(self._owner, event)
                self._ended.append(item)
        self._news.set()

    def _lose(self, slots: Sequence[str], kind: FailureKind, message: str) -> None:
        task = slots[0] if len(slots) > 1 else ""
        self._lost += [Lost(slot=slot, kind=kind, message=message, task=task) for slot in slots]

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:
        """See ports.Tasks."""
        if self._broken is not None:
            raise self._broken
        if not (self._ended or self._lost):
            self._news.clear()
            self._news.wait(timeout)
        if gather and (self._ended or self._lost):
            self._cluster.world.sleep(gather)
        ended, lost, self._ended, self._lost = self._ended, self._lost, [], []
        return ended, lost

    def cancel(self, task: str) -> None:
        """See ports.Tasks. It may just have ended by itself."""
        slots = self._slots_of[task]
        self._ended = [item for item in self._ended if item.slot not in slots]
        self._lost = [item for item in self._lost if item.slot not in slots]
        running = self.running.pop(task, None)
        if running is not None:
            self._cluster.cancel(running)

    def capacity(self) -> int:
        """See ports.Tasks."""
        return self._cluster.scenario.nodes * self._cluster.scenario.slots

    def leaving(self) -> dict[str, float | None]:
        """See ports.Tasks."""
        return self._cluster.leaving()

    def growth(self) -> int:
        """See ports.Tasks."""
        return GROWTH if self._cluster.scenario.grows else 0

    def _look(self) -> tuple[list[Free], dict[str, None]]:
        wanted = {slot: {"places": float(task.size)} for slot, task in self.running.items()}
        scenario, now = self._cluster.scenario, self._cluster.world.now
        if scenario.nodes % 2 == 0:  # the estimate is wrong, as it may be on Ray: it knows of no nodes
            return arrange(wanted, [{"places": float(scenario.nodes * scenario.places)}])
        nodes = [node for node in self._cluster.nodes if node.back_at <= now]
        return arrange(wanted, [{"places": float(node.places)} for node in nodes])

    def claimable(self) -> int:
        """See ports.Tasks."""
        left, waiting = self._look()
        sizes = self._sizes[-1:] if self._cluster.scenario.shares_gpus else self._sizes  # as on Ray
        most = {"places": float(max(sizes, default=1))}
        return int(self.growth() > 0) if waiting else 1 + sum(free.places(most) for free in left)

    def waits(self, slot: str) -> bool:
        """See ports.Tasks."""
        return slot in self._look()[1]

    def holds_up(self, slot: str) -> bool:  # noqa: ARG002
        """See ports.Tasks. All trials want the same nodes."""
        return True

    def explain(self, lost: list[Lost], calls: DriverCalls, *, at_once: bool = False) -> list[Lost]:  # noqa: ARG002
        """See ports.Tasks."""
        return self._logs.explain(lost, at_once=at_once)

    def blocked(self) -> str:
        """See ports.Tasks."""
        return ""
