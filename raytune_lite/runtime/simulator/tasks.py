"""Trials as simulated tasks: the launcher's port to the simulated cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core.encoding import event_from_json
from ...core.messages import AttemptEnded, FailureKind
from ...exceptions import RaytuneLiteError
from ..ports import DriverCalls, Lost, Returned
from .cluster import Cluster, Task
from .world import Process, Signal

Body = Callable[[Process, str, str, "bytes | None"], Any]  # (process, slot, node, prefetched) -> task.Result


class SimulatedTasks:
    """The tasks of one run; see ports.Tasks. They die with the script that owns them.

    Args:
        cluster: where they run.
        owner: the script's process.
        body: what a task does.
    """

    prefetches = True

    def __init__(self, cluster: Cluster, owner: Process, body: Body) -> None:
        self._cluster, self._owner, self._body = cluster, owner, body
        self.running: dict[str, Task] = {}  # that neither ended nor were cancelled
        self._ended: list[Returned] = []
        self._lost: list[Lost] = []
        self._broken: Exception | None = None
        self._news = Signal(cluster.world)
        self._submitted = 0

    def submit(self, prefetched: tuple[str, bytes] | None = None) -> str:
        """See ports.Tasks."""
        self._submitted += 1
        slot, bound = prefetched or (f"{self._owner.name}/task-{self._submitted}", None)

        def body(process: Process, node: str) -> Any:
            return self._body(process, slot, node, bound)

        task = self.running[slot] = Task(slot, body, lambda result: self._note(slot, result))
        self._cluster.submit(task)
        return slot

    def _note(self, slot: str, result: Any) -> None:
        if self.running.pop(slot, None) is None:
            return
        if isinstance(result, FailureKind):
            self._lost.append(Lost(slot=slot, kind=result, message="its task is gone"))
        elif isinstance(result, Exception):
            self._broken = self._broken or RaytuneLiteError(f"a worker could not run the objective at all: {result!r}")
            self._lost.append(Lost(slot=slot, kind=FailureKind.WORKER_CRASH, message=repr(result)))
        elif result is None:
            self._ended.append(Returned(slot=slot))
        else:
            message, failed, caught = result
            event = event_from_json(message)
            assert isinstance(event, AttemptEnded)
            self._cluster.auditor.results.returned(self._owner, event)
            self._ended.append(Returned(slot=slot, message=message, failed=failed, caught=caught))
        self._news.set()

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

    def cancel(self, slot: str) -> None:
        """See ports.Tasks."""
        self._ended = [item for item in self._ended if item.slot != slot]
        self._lost = [item for item in self._lost if item.slot != slot]
        task = self.running.pop(slot, None)
        if task is not None:
            self._cluster.cancel(task)
        self._ended = [ended for ended in self._ended if ended.slot != slot]  # it had just ended by itself
        self._lost = [lost for lost in self._lost if lost.slot != slot]

    def capacity(self) -> int:
        """See ports.Tasks."""
        return self._cluster.scenario.nodes * self._cluster.scenario.slots

    def growth(self) -> int:
        """See ports.Tasks."""
        return 0

    def explain(self, lost: list[Lost], calls: DriverCalls) -> list[Lost]:  # noqa: ARG002
        """See ports.Tasks. A simulated process writes no log."""
        return lost

    def blocked(self) -> str:
        """See ports.Tasks."""
        return ""
