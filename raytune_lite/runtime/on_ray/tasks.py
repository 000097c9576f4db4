"""Trials as Ray tasks: submitted, waited for, cancelled, and what Ray says of those that were lost."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import ray

from ...core.messages import FailureKind
from ...exceptions import RaytuneLiteError
from ..handover import Lost, Prefetched, Returned
from ..host import Host
from ..ports import DriverCalls, TasksThatClaim
from ..task import Result, returned
from ..tokens import Ticket
from . import cluster
from .dead_nodes import DeadNodes
from .environments import cannot_load, set_up_error
from .worker_logs import ExitInfo, ExitReader

MESSAGE = 500  # characters of a loss that are kept
ENDING = 1.0  # seconds that the tasks of a run in which none can work have to end by themselves
GROWTH = 256  # tasks queued at most where an autoscaler may add nodes: their requests are the demand that it sees
CRASHES = (FailureKind.WORKER_CRASH, FailureKind.OUT_OF_MEMORY)  # of which a worker's log may tell more
_LEASE_ADVICE = (
    "its process sent no message for a whole lease, and ended itself. An objective that holds the interpreter's lock "
    "for so long in one call needs a longer one: optimize(lease=...) or --lease, in seconds"
)


class RayTasks(TasksThatClaim):
    """The tasks of one run; see ports.Tasks.

    Args:
        task: the remote function, see ``objective.build_task``.
        request: what each trial asks for, see ``cluster.RESOURCE_OPTIONS``.
        host: clock.
        shares: a task may have several short trials; one with a GPU never has.
        secret: of the run, see ``tokens``.
    """

    prefetches = True

    def __init__(
        self, task: Any, request: Mapping[str, Any], host: Host, *, shares: bool = True, secret: bytes | None = None
    ) -> None:
        self._task, self._request, self._host, self._secret = task, request, host, secret
        self.shares = shares and not request.get("num_gpus")  # a process of its own frees the GPU's memory
        self._slots: dict[Any, tuple[str, ...]] = {}  # ref -> its slots; the first one is the task's name
        self._broken: RaytuneLiteError | None = None  # why no task of this run can work
        self._has_returned = False  # a task of this run could work
        self._dead = DeadNodes(host)
        self._exits = ExitReader(host.monotonic)
        self._unexplained: dict[str, list[Lost]] = {}  # task -> its losses, which are being looked into

    def submit(self, prefetched: Sequence[Prefetched] = ()) -> str:
        """Queue a task; it gets a name to claim with as its slot, unless slots were prefetched.

        Raises:
            RaytuneLiteError: no task of this run can work, see ``wait``.
        """
        self._refuse_if_broken()
        if prefetched:
            slots, ticket = tuple(item.slot for item in prefetched), None
        else:
            ticket = Ticket.of(self._secret, f"task-{secrets.token_hex(8)}")
            slots = (ticket.slot,)
        request, task = self._dead.without(self._request), self._task
        if request is not self._request:
            labels = ("label_selector", "fallback_strategy")
            task = task.options(**{name: request[name] for name in labels if name in request})
        ref = task.remote(ticket, *(item.assignment for item in prefetched))
        self._slots[ref] = slots
        return slots[0]

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:
        """See ports.Tasks.

        Raises:
            RuntimeEnvironmentError: the workers' environment cannot be set up, or lacks a module.
            RaytuneLiteError: a worker could not load the objective.
        """
        self._refuse_if_broken()
        refs = list(self._slots)
        ready, _ = ray.wait(refs, num_returns=1, timeout=timeout, fetch_local=False)
        if not ready:
            return [], []
        if gather:
            self._host.sleep(gather)
        if len(refs) > 1:
            ready, _ = ray.wait(refs, num_returns=len(refs), timeout=0, fetch_local=False)
        return self._collect(ready)

    def _refuse_if_broken(self) -> None:
        """Raise why no task of this run can work. Those under way fail too; it is better not to cancel them meanwhile.

        Ray 2.60 may abort this process when a task is cancelled while its end arrives ("Tried to complete task that was
        not pending").
        """
        if self._broken is None:
            return
        if refs := list(self._slots):
            ray.wait(refs, num_returns=len(refs), timeout=ENDING, fetch_local=False)
        raise self._broken

    def _collect(self, ready: list[Any]) -> tuple[list[Returned], list[Lost]]:
        try:
            results = ray.get(ready)  # one call for all, unless one of them was lost
        except ray.exceptions.RayError:
            return self._collect_singly(ready)
        ended = [self._returned(ref, result) for ref, result in zip(ready, results, strict=True)]
        return [item for items in ended for item in items], []

    def _collect_singly(self, ready: list[Any]) -> tuple[list[Returned], list[Lost]]:
        ended: list[Returned] = []
        lost: list[Lost] = []
        for ref in ready:
            try:
                ended += self._returned(ref, ray.get(ref))
            except ray.exceptions.RayError as error:
                self._dead.note(error)
                kind, message, broken = why_gone(error, has_returned=self._has_returned)
                self._broken = self._broken or broken
                lost += self._gone(ref, kind, message)
        return ended, lost

    def _gone(self, ref: Any, kind: FailureKind, message: str) -> list[Lost]:
        slots = self._slots.pop(ref)
        task = slots[0] if len(slots) > 1 else ""
        return [Lost(slot=slot, kind=kind, message=message, task=task) for slot in slots]

    def _returned(self, ref: Any, result: Result) -> list[Returned]:
        self._has_returned = True
        return returned(self._slots.pop(ref), result)

    def cancel(self, task: str) -> None:
        """See ports.Tasks."""
        for ref in [ref for ref, slots in self._slots.items() if slots[0] == task]:
            has_ended, _ = ray.wait([ref], timeout=0, fetch_local=False)
            if not has_ended:
                ray.cancel(ref, force=True)
            del self._slots[ref]

    def capacity(self) -> int:
        """See ports.Tasks."""
        return cluster.capacity(self._request, cluster.leaving())

    def leaving(self) -> dict[str, float | None]:
        """See ports.Tasks."""
        return cluster.leaving()

    def blocked(self) -> str:
        """See ports.Tasks."""
        return cluster.waiting(self._request, len(self._slots))

    def growth(self) -> int:
        """See ports.Tasks."""
        return 0 if cluster.may_grow() is False else GROWTH

    def explain(self, lost: list[Lost], calls: DriverCalls, *, at_once: bool = False) -> list[Lost]:
        """Losses with what their processes wrote last, and the exit code that can be read from it; see ports.Tasks."""
        for item in lost:
            self._unexplained.setdefault(_task_of(item), []).append(item)
        crashed = [item for item in lost if item.kind in CRASHES]
        if crashed:
            places: dict[str, tuple[str, int] | None] = {}
            for item, place in zip(crashed, calls.locate([item.slot for item in crashed]), strict=True):
                places[_task_of(item)] = places.get(_task_of(item)) or place
            self._exits.ask(places)
        found = self._exits.answered(at_once=at_once)
        found |= {_task_of(item): ExitInfo() for item in lost if item not in crashed}
        if at_once:
            found = {task: found.get(task, ExitInfo()) for task in self._unexplained}
        return [_explained(item, info) for task, info in found.items() for item in self._unexplained.pop(task)]


def _task_of(item: Lost) -> str:
    return item.task or item.slot


def _explained(item: Lost, found: ExitInfo) -> Lost:
    kind = found.kind(item.kind)
    message = _LEASE_ADVICE if kind is FailureKind.LEASE_EXPIRED and found.exit_code is not None else item.message
    return replace(item, kind=kind, message=message, exit_code=found.exit_code, stderr_tail=found.stderr_tail)


def why_gone(error: Any, *, has_returned: bool) -> tuple[FailureKind, str, RaytuneLiteError | None]:
    """Why a task has no result: the kind, a line, and why no task of its run can work, if that is so.

    Args:
        error: what Ray raised for it.
        has_returned: another task of the run could work.
    """
    if isinstance(error, ray.exceptions.RayTaskError):
        return FailureKind.WORKER_CRASH, _first_line(error), cannot_run(error)
    if isinstance(error, ray.exceptions.RuntimeEnvSetupError):
        found = set_up_error(error)
        # if it works elsewhere, this node is at fault
        return FailureKind.WORKER_CRASH, str(found)[:MESSAGE], None if has_returned else found
    return _loss_kind(error), _first_line(error), None


def _loss_kind(error: Exception) -> FailureKind:
    if isinstance(error, ray.exceptions.OutOfMemoryError):
        return FailureKind.OUT_OF_MEMORY
    if isinstance(error, (ray.exceptions.NodeDiedError, ray.exceptions.LocalRayletDiedError)):
        return FailureKind.NODE_LOST
    return FailureKind.WORKER_CRASH


def cannot_run(error: Any) -> RaytuneLiteError:
    """Why a task raised, which it never does for an objective: no task of its run can work."""
    cause = error.cause
    if isinstance(cause, RaytuneLiteError):  # its message says all: this node does not see the checkpoint directory
        return cause
    found = cannot_load(str(error)) or RaytuneLiteError(
        f"a worker could not run the objective at all: {type(cause).__name__}: {cause}"
    )
    found.__cause__ = error
    return found


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)[:MESSAGE]


__all__ = ["CRASHES", "RayTasks", "cannot_run", "why_gone"]
