"""The simulated cluster: nodes, the queue of tasks, and what outlives every process. It plays Ray."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...core.messages import FailureKind
from ..virtual.world import Process, World
from .actor import Actor
from .audit import Auditor
from .bucket import Bucket
from .gpus import Gpu
from .scenario import Scenario
from .storage import Disk
from .turns import Turns


@dataclass(slots=True)
class Node:
    """A machine with places for tasks. ``back_at``: when it is there again. ``leaves``: it was announced that it will
    be gone at ``gone_at``; None there: not when.
    """

    name: str
    places: int
    back_at: float = 0.0
    leaves: bool = False
    gone_at: float | None = None
    running: list[Task] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Task:
    """A remote task. ``returned``: called once with what it returned, or with the kind of its loss."""

    slot: str
    body: Callable[[Process, str], Any]
    returned: Callable[[Any], None]
    process: Process | None = None
    node: Node | None = None
    over: bool = False
    size: int = 1  # of a node's places
    turns: Turns | None = None  # of its launcher
    kind: FailureKind = FailureKind.WORKER_CRASH
    held: bool = False  # its place, also when it does not run: a group's


@dataclass(slots=True, eq=False)
class Places:
    """Those of a group, a task each. ``placed``: the cluster holds all of them."""

    name: str
    tasks: list[Task]
    placed: bool = False


class Cluster:
    """Where tasks run."""

    def __init__(self, world: World, scenario: Scenario, auditor: Auditor) -> None:
        self.world, self.scenario, self.auditor = world, scenario, auditor
        self.disk = Bucket(world, auditor) if scenario.uploads else Disk(lambda: world.now)
        self.nodes = [Node(f"node-{i}", scenario.places) for i in range(scenario.nodes)]
        self.gpus = {node.name: Gpu(world) for node in self.nodes}
        self.out_of_reach: set[int] = set()  # numbers of processes that cannot be killed at once
        self.kept: list[Actor] = []  # driver processes between two runs
        self.actors: dict[str, Actor] = {}  # all that there ever were, by name
        self._queue: list[Task] = []
        self._asked: list[Places] = []  # that wait
        self._tasks = 0

    def submit(self, task: Task) -> None:
        """Queue a task."""
        self._queue.append(task)
        self.world.after(self.world.between("scheduling", 0.005, 0.2), self._dispatch)

    def ask(self, places: Places) -> None:
        """Queue a group."""
        self._asked.append(places)
        self.world.after(self.world.between("scheduling", 0.005, 0.2), self._dispatch)

    def start(self, task: Task) -> None:
        """Begin a task of a group at the place that is held for it; its node may be gone."""
        if task.node is not None and task in task.node.running:
            self._begin(task, task.node)
        else:
            task.kind = FailureKind.NODE_LOST
            self._died(task)

    def release(self, places: Places) -> None:
        """Places are held no more."""
        if places in self._asked:
            self._asked.remove(places)
        for task in places.tasks:
            task.held = False
            if task.process is None or not task.process.alive:  # one that cannot be killed keeps its place
                self._leave(task)

    def cancel(self, task: Task) -> None:
        """ray.cancel(force=True): its process is killed, and nobody is told."""
        task.over = True
        if task in self._queue:
            self._queue.remove(task)
        if task.process is not None and task.process.alive:
            is_out_of_reach = task.process.number in self.out_of_reach
            if is_out_of_reach or self.world.strikes("killing does not work", task.process.name):
                # its node is cut off: the process ends itself when its lease is over, or goes on as a ghost for a while
                self.world.after(self.world.between("killed after", 5.0, 120.0), task.process.kill, "cancelled, late")
                return
            task.process.kill("cancelled")

    def preempt(self, node: Node, notice: float, *, is_told: bool) -> None:
        """A node will be lost after some seconds, and gets no tasks meanwhile. ``is_told``: the cluster says when."""
        node.leaves, node.gone_at = True, self.world.now + notice if is_told else None
        self.world.note("notice", node.name, f"leaves in {notice:.0f} s")
        self.world.after(notice, self.lose_node, node)

    def leaving(self) -> dict[str, float | None]:
        """See ports.Tasks."""
        now = self.world.now
        leaving = [node for node in self.nodes if node.leaves]
        return {node.name: None if node.gone_at is None else max(0.0, node.gone_at - now) for node in leaving}

    def lose_node(self, node: Node) -> None:
        """Everything on a node dies at once; it comes back later, with nothing announced."""
        node.leaves, node.gone_at = False, None
        node.back_at = self.world.now + self.world.between("node away", 1.0, 30.0)
        for task in list(node.running):
            task.kind = FailureKind.NODE_LOST
            if task.process is not None:
                task.process.kill(f"{node.name} is lost")
            task.held = False
            self._leave(task)
        self.world.at(node.back_at, self._dispatch)

    def _place(self, places: Places) -> None:
        """Hold places for all of a group, or for none."""
        nodes = [node for node in self.nodes if not node.leaves and node.back_at <= self.world.now]
        free = [node for node in nodes for _ in range(node.places - sum(task.size for task in node.running))]
        if len(free) < len(places.tasks):
            return
        for task, node in zip(places.tasks, free, strict=False):
            task.node = node
            node.running.append(task)
        places.placed = True
        self._asked.remove(places)

    def _dispatch(self) -> None:
        for places in list(self._asked):
            self._place(places)
        for node in self.nodes:
            if node.leaves and not self.world.strikes("node that leaves takes a task", node.name):
                continue
            if node.back_at > self.world.now:
                continue
            for task in list(self._queue):  # a smaller one overtakes one that finds no room, as in Ray
                if sum(other.size for other in node.running) + task.size <= node.places:
                    if task.turns is not None:
                        task.turns.begins(task.slot, [one.slot for one in self._queue[: self._queue.index(task)]])
                    self._queue.remove(task)
                    self._begin(task, node)

    def _begin(self, task: Task, node: Node) -> None:
        self._tasks += 1
        process = task.process = Process(self.world, f"worker-{self._tasks}")
        if not task.held:
            task.node = node
            node.running.append(task)
        process.on_death.append(lambda: self._died(task))

        def main() -> None:
            try:
                result = task.body(process, node.name)
            except Exception as error:  # noqa: BLE001  (Ray hands a task's exception to its owner)
                result = error
            self._leave(task)
            if not task.over:
                task.over = True
                seconds = self.world.between("return", 0.002, 0.2)
                if self.world.strikes("end is late", task.slot):
                    seconds += self.world.between("late end", 2.0, 40.0)
                self.world.after(seconds, task.returned, result)
            process.exit()

        process.start(main)

    def _died(self, task: Task) -> None:
        self._leave(task)
        if not task.over:
            task.over = True
            seconds = self.world.between("notice", 0.05, 1.0)
            if self.world.strikes("loss is noticed late", task.slot):
                seconds += self.world.between("late notice", 2.0, 90.0)
            self.world.after(seconds, task.returned, task.kind)

    def _leave(self, task: Task) -> None:
        if not task.held and task.node is not None and task in task.node.running:
            task.node.running.remove(task)
            self.world.after(0.01, self._dispatch)
