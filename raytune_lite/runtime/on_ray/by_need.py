"""Trials whose tasks ask for what their parameters need, or for what suits how far they have come: a request each, made
in the script's process when the trial has been claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...arguments import shown
from ...core.encoding import event_to_json, from_json
from ...core.messages import Assignment, AttemptEnded, Outcome
from ...exceptions import InfeasibleResourcesError, InvalidResourcesError, TrialFailedError
from ...metrics.prices import attempt_price
from .. import by_step
from ..failures import failure_of, typed_failure
from ..handover import Lost, Prefetched, Returned
from ..host import Host
from ..ports import Notice
from ..room import arrange, largest
from ..scout import ParamsBefore, UnknownParam, params_before
from . import cluster
from .objective import BoundTasks
from .tasks import RayTasks

NODES_INTERVAL = 5.0  # seconds between two looks at the cluster's nodes
LATE_AHEAD = 8  # trials that may wait for the nodes of a later step, while those of earlier steps go on elsewhere
SCOUT = {"num_cpus": 1}  # what an attempt asks for that finds out a parameter, see ``runtime.scout``

Need = Callable[[dict[str, Any]], Mapping[str, Any]]


class TasksByNeed(RayTasks):
    """The tasks of such a run; see ports.Tasks.

    Args:
        tasks: the remote functions, see ``build_bound_tasks``.
        need: a trial's parameters -> what it asks for, see ``by_step`` for how far it has come.
        catch: exceptions that fail a trial but not the run.
        host: clock.
        notice: prints a line for people.
        first: a checked request, by which there is room for the first trials.
        prices: of resources, by which each attempt has a price of its own; None: nobody counts.
    """

    prefetches, binds_first = True, True
    n_recent = 16  # requests, by the largest of which the room for the next trials is estimated

    def __init__(
        self, tasks: BoundTasks, need: Need, catch: tuple[type[Exception], ...], host: Host, notice: Notice,
        first: Mapping[str, Any] = SCOUT, prices: Mapping[str, float] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(tasks.without, first, host, shares=False)
        self._tasks, self._need, self._catch, self._notice, self._prices = tasks, need, catch, notice, prices
        self._requests: dict[str, dict[str, Any]] = {}  # slot -> what its task asks for, oldest first
        self._late: dict[str, None] = {}  # slots of trials that ask for what a later step says
        self._recent: list[dict[str, Any]] = []  # what trials of early steps asked for
        self._refused: list[Returned] = []
        self._told: set[str] = set()  # what was said; membership only
        self._known_nodes: list[dict[str, Any]] = []
        self._nodes_until = -1.0
        self._waiting: dict[str, None] | None = None  # slots without room; None: not known

    def submit(self, prefetched: Sequence[Prefetched] = ()) -> str:
        """Queue the task of a trial, by what the trial needs; see ports.Tasks.

        Raises:
            InfeasibleResourcesError: no node can ever run the trial, and ``catch`` does not list this error.
            RaytuneLiteError: no task of this run can work, see ``wait``.
        """
        self._refuse_if_broken()
        (item,) = prefetched
        assignment: Assignment = from_json(item.assignment)
        params, missing = params_before(assignment), None
        try:
            try:
                request, is_late = self._request_of(assignment, params)
            except UnknownParam as unknown:
                request, is_late, missing = dict(SCOUT), False, unknown.name
            price = attempt_price(self._prices, request) if self._prices else None
        except InfeasibleResourcesError as error:
            if not isinstance(error, self._catch):
                raise
            self._refuse(item.slot, assignment, error)
            return item.slot
        except Exception as error:  # noqa: BLE001  (the function is the user's)
            self._refuse(item.slot, assignment, error)
            return item.slot
        ref = self._tasks.of(self._dead.without(request)).remote(item.assignment, missing, price)
        self._slots[ref] = (item.slot,)
        self._requests[item.slot] = request
        if is_late:
            self._late[item.slot] = None
        else:
            self._recent = [*self._recent, request][-self.n_recent :]
        self._waiting = None
        return item.slot

    def _request_of(self, assignment: Assignment, params: ParamsBefore) -> tuple[dict[str, Any], bool]:
        """What a trial asks for, and whether that is what a later step says.

        Raises:
            UnknownParam: that depends on a parameter which the trial does not have yet.
            InvalidResourcesError: the function gave no request.
            InfeasibleResourcesError: no node can ever grant it.
        """
        found, which = self._need(params), _named(assignment, params)
        if not isinstance(found, Mapping):
            raise InvalidResourcesError(
                f'resources= must give a dict such as {{"num_gpus": 1}} for {which}, got {shown(found)}.'
            )
        try:
            early, asked = (by_step.at(found, step) for step in (0, assignment.last_step or 0))
            request = cluster.check_request(asked)
        except InvalidResourcesError as error:
            raise InvalidResourcesError(f"resources= gave an impossible request for {which}: {error}") from None
        try:
            warning = cluster.refuse_infeasible(request)
        except InfeasibleResourcesError as error:
            raise InfeasibleResourcesError(
                f"{which} cannot be placed: {error} The trial is kept, and goes on when the same command finds such a "
                "node or another request; catch=(InfeasibleResourcesError,) fails such trials and goes on with others."
            ) from None
        if warning:
            self._tell_once(warning, f"{which}: {warning}")
        return request, asked != early

    def _tell_once(self, what: str, text: str) -> None:
        """Print a line for people, unless ``what`` it says has been said in this run."""
        if what not in self._told:
            self._told.add(what)
            self._notice(text)

    def _refuse(self, slot: str, assignment: Assignment, error: Exception) -> None:
        """The trial fails, as if its objective had raised this."""
        failure = replace(failure_of(error), is_listed=isinstance(error, self._catch))
        ours = isinstance(error, (InfeasibleResourcesError, InvalidResourcesError))
        if not ours:
            which = _named(assignment, params_before(assignment))
            where = f" (in resources=, for {which})"
            failure = replace(failure, error=failure.error + where, traceback=failure.traceback.rstrip() + where)
        event = AttemptEnded(
            number=assignment.number, attempt=assignment.attempt, outcome=Outcome.FAIL, failure=failure
        )
        failed = TrialFailedError(assignment.number, assignment.attempt, failure.error, failure.traceback)
        self._refused.append(Returned(
            slot=slot, message=event_to_json(event).encode(), failed=True, caught=isinstance(error, self._catch),
            exception=error if ours else typed_failure(failed, error),
        ))  # fmt: skip

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:
        """See ports.Tasks.

        Raises:
            RaytuneLiteError: see RayTasks.
        """
        refused, self._refused = self._refused, []
        if refused or not self._slots:
            if not refused:
                self._host.sleep(timeout)
            ended, lost = (super().wait(0.0)) if self._slots else ([], [])
        else:
            ended, lost = super().wait(timeout, gather)
        for slot in [*(item.slot for item in ended), *(item.slot for item in lost)]:
            self._forget(slot)
        return [*refused, *ended], lost

    def cancel(self, task: str) -> None:
        """See ports.Tasks."""
        self._refused = [item for item in self._refused if item.slot != task]
        super().cancel(task)
        self._forget(task)

    def _forget(self, slot: str) -> None:
        self._requests.pop(slot, None)
        self._late.pop(slot, None)
        self._waiting = None

    # --- room --------------------------------------------------------------------------------------------------------

    def _look(self) -> int:
        """Place the tasks of this run on the nodes; for how many more there is room, if they ask for the most that one
        of the last ones asked for. An estimate: Ray may place them otherwise, and other work is not counted.
        """
        now = self._host.monotonic()
        if now > self._nodes_until:
            gone = cluster.leaving()
            self._known_nodes = [node for node in cluster.living_nodes() if node["NodeID"] not in gone]
            self._nodes_until = now + NODES_INTERVAL
        nodes, requests = self._known_nodes, self._requests
        wanted = {slot: cluster.demand(request) for slot, request in requests.items()}
        left, self._waiting = arrange(
            wanted,
            [node["Resources"] for node in nodes],
            lambda slot, i: cluster.may_be_on(nodes[i], requests[slot]),
        )
        recent = self._recent or [dict(self._request)]
        most = largest([cluster.demand(request) for request in recent])
        has_one = [any(cluster.may_be_on(node, request) for request in recent) for node in nodes]
        return sum(free.places(most) for free, good in zip(left, has_one, strict=True) if good)

    def claimable(self) -> int:
        """See ports.Tasks."""
        free = self._look()
        waiting = self._waiting or {}
        is_full = any(slot not in self._late for slot in waiting) or len(waiting) >= LATE_AHEAD
        return int(self.growth() > 0) if is_full else 1 + free

    def holds_up(self, slot: str) -> bool:
        """See ports.Tasks."""
        return slot not in self._late

    def waits(self, slot: str) -> bool:
        """See ports.Tasks."""
        if self._waiting is None:
            self._look()
        return slot in (self._waiting or ())

    def capacity(self) -> int:
        """See ports.Tasks."""
        free = self._look()
        return len(self._requests) - len(self._waiting or ()) + free

    def blocked(self) -> str:
        """See ports.Tasks."""
        request = next(iter(self._requests.values()), None)
        return "" if request is None else cluster.waiting(request, 1)


def _named(assignment: Assignment, params: Mapping[str, Any]) -> str:
    return f"trial {assignment.number} with params {shown(dict(params))}"


__all__ = ["SCOUT", "Need", "TasksByNeed"]
