"""Trials of several processes on the simulated cluster: the true ``ranks.groups``, places that are held for all of a
group, ranks that die one by one; and a judge of the groups of one launcher.

Seeds from ``GROUP_SEEDS`` on have such trials; histories of other seeds draw nothing for them. Rank 0 is the true task.
The others are processes that live as long as it does, and die or raise meanwhile: how ranks follow rank 0's calls needs
true sockets, and is tested with them (tests/test_ranks.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...core.encoding import event_from_json, event_to_json
from ...core.messages import AttemptEnded, Failure, FailureKind, Outcome
from ...exceptions import RaytuneLiteError
from ..handover import Lost, Returned
from ..ports import DriverCalls
from ..ranks.fate import RankEnd, RankLost
from ..ranks.groups import Gone, Groups, Running
from ..ranks.running import Group
from ..task import Result
from ..virtual.host import SimulatedHost
from ..virtual.world import Process, Signal
from .cluster import Cluster, Places, Task
from .tasks import LateLogs
from .turns import Turns

GROUP_SEEDS = 3_000_000
PLACEMENT_TIMEOUT = 600.0  # seconds
BEAT = 0.5  # seconds between looks of a rank at rank 0
PATIENCE = 6.0  # seconds after the first loss of a rank until its group is over, while its launcher looks
Lead = Callable[[Process, str, str, Sequence[bytes]], Result]  # the task of rank 0: (process, slot, node, nothing)


class SimulatedPlaces:
    """The simulated cluster as what runs groups; see GroupCluster.

    Args:
        cluster: where they run.
        owner: the script's process.
        lead: what rank 0 does.
        size: ranks of a trial.
    """

    placement_timeout = PLACEMENT_TIMEOUT

    def __init__(self, cluster: Cluster, owner: Process, lead: Lead, size: int) -> None:
        self._cluster, self._owner, self._lead, self.size = cluster, owner, lead, size
        self._results: dict[Task, Any] = {}  # of tasks that have ended
        self._killed: dict[Task, None] = {}
        self._news = Signal(cluster.world)
        self.raised: dict[str, float] = {}  # group -> when it was first noticed that a rank raised
        self.held: dict[str, Places] = {}  # asked for and not given back, by group
        owner.on_death.append(self._orphan)

    def _orphan(self) -> None:
        """Ray takes back the places of a dead owner, not quite at once."""
        for places in self.held.values():
            self._cluster.world.after(self._cluster.world.between("orphan", 0.01, 3.0), self._cluster.release, places)

    def tasks(self) -> list[Task]:
        """Those that have been started, and not ended or been killed."""
        every = [task for places in self.held.values() for task in places.tasks]
        return [task for task in every if task.process is not None and not task.over and task not in self._killed]

    def ask(self, name: str) -> Places:
        """See GroupCluster. Two groups of one run that wait could each hold half of what one needs."""
        waiting = [places.name for places in self.held.values() if not places.placed]
        self._cluster.auditor.check(not waiting, f"{name} asks for its places, and {waiting[:1]} waits for its own")
        tasks: list[Task] = []
        for member in range(self.size):
            task = Task(f"{name}/{member}", lambda *_: None, lambda _: None, held=True)
            task.returned = lambda result, task=task: self._note(task, result)  # type: ignore[misc]
            tasks.append(task)
        found = self.held[name] = Places(name, tasks)
        self._cluster.ask(found)
        return found

    def _note(self, task: Task, result: Any) -> None:
        self._results[task] = result
        self._news.set()

    def is_placed(self, places: Places) -> bool:
        """See GroupCluster."""
        return places.placed

    def start(self, places: Places, group: Group, member: int) -> Task:
        """See GroupCluster."""
        self._cluster.auditor.check(places.placed, f"rank {member} of {group.name} is started, and has no place")
        task, leader = places.tasks[member], places.tasks[0]

        def body(process: Process, node: str) -> RankEnd:
            if member:
                return self._follow(process, leader, group.name, member)
            (end,) = self._lead(process, group.name, node, ())
            return RankEnd(0, SimulatedHost(process).time(), end)

        task.body = body
        self._cluster.start(task)
        return task

    def _follow(self, process: Process, leader: Task, name: str, rank: int) -> RankEnd:
        world, host, auditor = process.world, SimulatedHost(process), self._cluster.auditor
        gone_for = 0.0
        while not leader.over and gone_for < self._cluster.scenario.lease:  # as a Follower that hears nothing
            world.sleep(BEAT)
            is_dead = leader.process is not None and not leader.process.alive
            gone_for += BEAT if is_dead else -gone_for
            if world.strikes("another rank dies", name):
                process.kill("another rank dies")
            attempt = None if leader.process is None else auditor.workers.attempt_of(leader.process)
            if attempt is not None and not is_dead and world.strikes("another rank raises", name):
                auditor.raised.add(attempt)
                failure = Failure(kind=FailureKind.EXCEPTION, error=f"simulated (in rank {rank})", traceback="")
                event = AttemptEnded(number=attempt[0], attempt=attempt[1], outcome=Outcome.FAIL, failure=failure)
                end = (event_to_json(event).encode(), True, self._cluster.scenario.catch, 0.0, None, "")
                return RankEnd(rank, host.time(), end)
        return RankEnd(rank, host.time(), None)

    def ended(self, refs: Sequence[Task], timeout: float) -> list[Task]:
        """See GroupCluster."""
        found = [task for task in refs if task in self._results]
        if not found and timeout:
            self._news.clear()
            self._news.wait(timeout)
            found = [task for task in refs if task in self._results]
        return found

    def result(self, ref: Task) -> RankEnd | Gone:
        """See GroupCluster."""
        found = self._results.pop(ref)
        if isinstance(found, FailureKind):
            return Gone(found, "its task is gone")
        if isinstance(found, Exception):
            broken = RaytuneLiteError(f"a worker could not run the objective at all: {found!r}")
            return Gone(FailureKind.WORKER_CRASH, repr(found), broken)
        assert isinstance(found, RankEnd)
        if found.rank and found.end is not None:
            self.raised.setdefault(ref.slot.rpartition("/")[0], SimulatedHost(self._owner).monotonic())
        return found

    def kill(self, ref: Task) -> None:
        """See GroupCluster."""
        self._killed[ref] = None
        self._cluster.cancel(ref)

    def release(self, places: Places) -> None:
        """See GroupCluster."""
        left = [task.slot for task in self.tasks() if task in places.tasks]
        self._cluster.auditor.check(not left, f"the places of {places.name} are given back, and {left[:2]} goes on")
        del self.held[places.name]
        self._cluster.release(places)

    def forget(self, name: str) -> None:
        """See GroupCluster."""

    def missing(self) -> str:
        """See GroupCluster."""
        return "no room (simulated)"


class SimulatedGroups(Groups):
    """The groups of one run; see ports.Tasks. Arguments as of SimulatedTasks; ``body``: of rank 0."""

    def __init__(self, cluster: Cluster, owner: Process, body: Lead, name: str) -> None:
        self._sim, self._owner, self._clock = cluster, owner, SimulatedHost(owner)
        self._places = SimulatedPlaces(cluster, owner, body, cluster.scenario.ranks)
        super().__init__(self._places, f"{name}/group", self._clock)
        self._logs = LateLogs(cluster.world)
        self.turns = Turns(self._clock.monotonic, lambda *_: False, False, cluster.auditor.check)  # nothing is bound

    @property
    def running(self) -> dict[str, Task]:
        """Processes that neither ended nor were killed."""
        return {task.slot: task for task in self._places.tasks()}

    def check_the_end(self) -> None:
        """The run is over: it holds no place."""
        left = list(self._places.held)
        self._sim.auditor.check(not left, f"{self._owner.name} is over, and the places of {left[:2]} are held")

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:
        """See ports.Tasks. No group outlives the death of a rank."""
        ended, lost = super().wait(timeout, gather)
        for item in ended:
            event = None if item.message is None else event_from_json(item.message)
            if isinstance(event, AttemptEnded):
                self._sim.auditor.results.returned(self._owner, event)
            is_heard = item.failed or item.slot not in self._places.raised
            self._sim.auditor.check(is_heard, f"a rank of {item.slot} has raised, and its trial has not failed")
        for slot, running in self._groups.items():
            first = min((loss.seen_at for loss in running.losses), default=self._places.raised.get(slot, 1e12))
            seconds = self._clock.monotonic() - first
            self._sim.auditor.check(seconds < PATIENCE, f"a rank of {slot} died {seconds:.0f} s ago, and it goes on")
        return ended, lost

    def _lost(self, slot: str, running: Running, first: RankLost) -> Lost:
        """See Groups. The first failure that was noticed is the cause of the others."""
        losses, explains = running.losses, (FailureKind.NODE_LOST, FailureKind.OUT_OF_MEMORY)
        at = min(loss.seen_at for loss in losses)
        kinds = [loss.kind for loss in losses if loss.seen_at == at]
        cause = next((kind for kind in kinds if kind in explains), kinds[0])
        self._sim.auditor.check(first.kind is cause, f"{slot} is lost by {first.kind.value}, first was {cause.value}")
        return super()._lost(slot, running, first)

    def capacity(self) -> int:
        """See ports.Tasks."""
        nodes = [node for node in self._sim.nodes if node.back_at <= self._sim.world.now and not node.leaves]
        return sum(node.places for node in nodes) // self._places.size

    def leaving(self) -> dict[str, float | None]:
        """See ports.Tasks."""
        return self._sim.leaving()

    def growth(self) -> int:
        """See ports.Tasks."""
        return 0

    def explain(self, lost: list[Lost], calls: DriverCalls, *, at_once: bool = False) -> list[Lost]:  # noqa: ARG002
        """See ports.Tasks."""
        return self._logs.explain(lost, at_once=at_once)


__all__ = ["GROUP_SEEDS", "SimulatedGroups", "SimulatedPlaces"]
