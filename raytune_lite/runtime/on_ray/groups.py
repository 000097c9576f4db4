"""Trials of several processes on Ray: a placement group each, a task for each rank; ``ranks.groups`` drives them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ray
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from ...core.messages import FailureKind
from ..handover import Lost
from ..host import Host
from ..ports import DriverCalls
from ..ranks.fate import RankEnd, RankLost
from ..ranks.groups import Gone, Groups, Running
from ..ranks.meeting import LEAVE, SILENT, met
from ..ranks.places import Member, arrange
from ..ranks.running import Group
from . import cluster, placing
from .board import RayBoard
from .dead_nodes import DeadNodes
from .placing import GroupRequest
from .tasks import CRASHES, MESSAGE, why_gone
from .worker_logs import TAIL, ExitInfo, ExitReader

StartRank = Callable[[Mapping[str, Any], Mapping[str, Any], Group, int], Any]


class RayGroups:
    """Ray as what runs groups; see GroupCluster. Arguments as of GroupTasks."""

    def __init__(self, start_rank: StartRank, request: GroupRequest, host: Host) -> None:
        self._start_rank, self._request = start_rank, request
        self.size, self.placement_timeout = len(request.bundles), request.placement_timeout
        self._dead = DeadNodes(host)
        self._has_returned = False

    def ask(self, name: str) -> Any:
        """See GroupCluster."""
        selector = self._dead.selector(self._request.selector, lambda nodes: placing.room(self._request, nodes) > 0)
        return placing.create(self._request, name, selector)

    def is_placed(self, places: Any) -> bool:
        """See GroupCluster."""
        return placing.is_placed(places)

    def start(self, places: Any, group: Group, member: int) -> Any:
        """See GroupCluster."""
        strategy = PlacementGroupSchedulingStrategy(
            places, placement_group_bundle_index=member, placement_group_capture_child_tasks=False
        )
        return self._start_rank(self._request.bundles[member], {"scheduling_strategy": strategy}, group, member)

    def ended(self, refs: Sequence[Any], timeout: float) -> list[Any]:
        """See GroupCluster."""
        if timeout:
            ray.wait(list(refs), num_returns=1, timeout=timeout, fetch_local=False)
        return list(ray.wait(list(refs), num_returns=len(refs), timeout=0, fetch_local=False)[0])

    def result(self, ref: Any) -> RankEnd | Gone:
        """See GroupCluster."""
        try:
            found = RankEnd(*ray.get(ref))
        except ray.exceptions.RayError as error:
            self._dead.note(error)
            return Gone(*why_gone(error, has_returned=self._has_returned))
        self._has_returned = True
        return found

    def kill(self, ref: Any) -> None:
        """See GroupCluster."""
        ray.cancel(ref, force=True)

    def release(self, places: Any) -> None:
        """See GroupCluster."""
        placing.remove(places)

    def forget(self, name: str) -> None:
        """See GroupCluster."""
        RayBoard(name).clear()

    def missing(self) -> str:
        """See GroupCluster."""
        return placing.missing(self._request)


class GroupTasks(Groups):
    """The groups of one run; see ports.Tasks.

    Args:
        start_rank: starts a rank's task: (its bundle, how it is scheduled, its group, which member) -> ref.
        request: what each trial asks for.
        prefix: with which the names of the groups begin.
        host: clock.
        secret: of the run, see ``tokens``.
    """

    def __init__(
        self, start_rank: StartRank, request: GroupRequest, prefix: str, host: Host, secret: bytes | None = None
    ) -> None:
        super().__init__(RayGroups(start_rank, request, host), prefix, host, secret)
        self._request = request
        self._exits = ExitReader(host.monotonic)
        self._unexplained: dict[str, Lost] = {}
        self._found: dict[str, ExitInfo] = {}
        self._asked: dict[str, dict[str, str]] = {}  # slot -> what is asked of the ExitReader, and which rank that is

    def _lost(self, slot: str, running: Running, first: RankLost) -> Lost:
        """The loss of a group, by the first loss among its ranks."""
        n, places = running.group.size, dict[int, Member]()
        with contextlib.suppress(Exception):  # where its processes ran, for people; Ray's store may be gone
            board = RayBoard(slot)
            places = met(board, n)
            if silent := board.get(SILENT):
                return Lost(slot=slot, kind=FailureKind.LEASE_EXPIRED, message=silent.decode())
        names = _names(places, n)
        crashed = [loss.member for loss in (first, *running.losses) if loss.kind in CRASHES and loss.member in places]
        self._asked[slot] = {f"{slot}/{member}": names[member] for member in crashed}
        self._exits.ask({f"{slot}/{member}": (places[member].node, places[member].pid) for member in crashed})
        where = f" on node {places[first.member].host}" if first.member in places else ""
        which = f"{names[first.member]} of {n}{where}: " if first.member in names else ""
        return Lost(slot=slot, kind=first.kind, message=f"{which}{first.message}"[:MESSAGE])

    # --- how much room there is ------------------------------------------------------------------------------------

    def capacity(self) -> int:
        """See ports.Tasks."""
        return placing.room(self._request, cluster.leaving())

    def leaving(self) -> dict[str, float | None]:
        """See ports.Tasks. The driver knows the node of rank 0; groups with another rank there learn it here."""
        found = cluster.leaving()
        for slot, running in self._groups.items():
            if found and running.is_started and not running.leaves:
                board = RayBoard(slot)
                with contextlib.suppress(Exception):  # Ray's store is out of reach: the next look tells them
                    nodes = [place.node for place in met(board, running.group.size).values() if place.node in found]
                    if nodes:
                        seconds = [left for node in nodes if (left := found[node]) is not None]
                        board.put(LEAVE, json.dumps(min(seconds, default=None)).encode())
                        running.leaves = True
        return found

    def growth(self) -> int:
        """See ports.Tasks. One group waits at a time, so an autoscaler sees the demand of one."""
        running = sum(group.is_started for group in self._groups.values())
        return 0 if cluster.may_grow() is False else running + 1

    # --- why they were lost ----------------------------------------------------------------------------------------

    def explain(self, lost: list[Lost], calls: DriverCalls, *, at_once: bool = False) -> list[Lost]:  # noqa: ARG002
        """Losses with what their processes wrote last, each rank's by itself; see ports.Tasks."""
        for item in lost:
            self._unexplained[item.slot] = item
        self._found |= self._exits.answered(at_once=at_once)
        is_known = self._found.keys()
        known = [slot for slot in self._unexplained if at_once or self._asked.get(slot, {}).keys() <= is_known]
        return [self._explained(self._unexplained.pop(slot)) for slot in known]

    def _explained(self, item: Lost) -> Lost:
        asked = self._asked.pop(item.slot, {})
        exits = {name: self._found.pop(key, ExitInfo()) for key, name in asked.items()}
        if not exits:
            return item
        lines = [f"[{name}] {line}" for name, info in exits.items() for line in info.stderr_tail.splitlines()]
        first = next(iter(exits.values()))
        tail = "\n".join(lines)[-TAIL:]
        return replace(item, kind=first.kind(item.kind), exit_code=first.exit_code, stderr_tail=tail)


def _names(places: Mapping[int, Member], n: int) -> dict[int, str]:
    """How people know each process: by its rank, once all have met."""
    if len(places) < n:
        return {member: f"process {member + 1}" for member in range(n)}
    return {place.member: f"rank {place.rank}" for place in arrange([places[member] for member in range(n)])}


__all__ = ["GroupTasks"]
