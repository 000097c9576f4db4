"""Trials of several processes as Ray tasks in placement groups: placed, started when placed, ended together.

A slot is a group. Its processes start when Ray holds places for all of them, and only then rank 0 claims a trial; so a
group that waits holds no trial. One group of a run waits at a time: two that wait could each hold half of what one
needs. What became of a trial is decided by ``ranks.fate``.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import ray
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from ...core.messages import FailureKind
from ...exceptions import PlacementTimeoutError, RaytuneLiteError
from ..host import Host
from ..ports import DriverCalls, Lost, Prefetched, Returned, TasksThatClaim
from ..ranks.fate import RankEnd, RankLost, decide
from ..ranks.meeting import LEAVE, SILENT, met
from ..ranks.places import Member, arrange
from ..ranks.running import Group, new_key
from ..tokens import Ticket
from . import cluster, placing
from .board import RayBoard
from .dead_nodes import DeadNodes
from .placing import GroupRequest
from .tasks import CRASHES, MESSAGE, why_gone
from .worker_logs import TAIL, ExitInfo, ExitReader

LOOK = 0.1  # seconds between looks while a group waits for its places, or for its other ranks
StartRank = Callable[[Mapping[str, Any], Mapping[str, Any], Group, int], Any]


@dataclass(slots=True)
class _Running:
    """One group. ``placement``: None while others wait before it. ``refs``: its tasks that have not ended, by member.

    ``news_at``: when the first of them ended.
    """

    group: Group
    placement: Any = None
    refs: dict[Any, int] = field(default_factory=dict)
    ends: dict[int, RankEnd] = field(default_factory=dict)
    losses: list[RankLost] = field(default_factory=list)
    is_started: bool = False
    leaves: bool = False  # it was told that one of its nodes will soon be gone
    news_at: float | None = None


class GroupTasks(TasksThatClaim):
    """The groups of one run; see ports.Tasks.

    Args:
        start_rank: starts a rank's task: (its bundle, how it is scheduled, its group, which member) -> ref.
        request: what each trial asks for.
        prefix: with which the names of the groups begin.
        host: clock.
        secret: of the run, see ``tokens``.
    """

    prefetches = shares = False  # a trial is claimed when its group has its places

    def __init__(
        self, start_rank: StartRank, request: GroupRequest, prefix: str, host: Host, secret: bytes | None = None
    ) -> None:
        self._start_rank, self._request, self._prefix, self._host = start_rank, request, prefix, host
        self._secret = secret
        self._groups: dict[str, _Running] = {}  # by slot, oldest first
        self._count = 0
        self._broken: RaytuneLiteError | None = None  # why no group of this run can work
        self._has_returned = False
        self._waiting_since: float | None = None  # since when a group waits for places while none of this run has them
        self._dead = DeadNodes(host)
        self._exits = ExitReader(host.monotonic)
        self._unexplained: dict[str, Lost] = {}
        self._found: dict[str, ExitInfo] = {}
        self._asked: dict[str, dict[str, str]] = {}  # slot -> what is asked of the ExitReader, and which rank that is

    def submit(self, prefetched: Sequence[Prefetched] = ()) -> str:  # noqa: ARG002  (never prefetched)
        """Queue a group; its slot is its name.

        Raises:
            RaytuneLiteError: no group of this run can work, see ``wait``.
        """
        if self._broken is not None:
            raise self._broken
        self._count += 1
        name = f"{self._prefix}-{self._count}"
        seal = Ticket.of(self._secret, name).seal
        self._groups[name] = _Running(Group(name=name, size=len(self._request.bundles), key=new_key(), seal=seal))
        self._place_next()
        return name

    # --- from a queue to its places --------------------------------------------------------------------------------

    def _place_next(self) -> None:
        """Ask for the places of the oldest group that has none, unless one waits; start the ranks of one that has."""
        waiting = [running for running in self._groups.values() if not running.is_started]
        if not waiting:
            self._waiting_since = None
            return
        first = waiting[0]
        if first.placement is None:
            selector = self._dead.selector(self._request.selector, lambda nodes: placing.room(self._request, nodes) > 0)
            first.placement = placing.create(self._request, first.group.name, selector)
        if placing.is_placed(first.placement):
            self._start(first)
            self._waiting_since = None
        else:
            self._watch_the_wait()

    def _start(self, running: _Running) -> None:
        running.is_started = True
        for member, bundle in enumerate(self._request.bundles):
            strategy = PlacementGroupSchedulingStrategy(
                running.placement, placement_group_bundle_index=member, placement_group_capture_child_tasks=False
            )
            ref = self._start_rank(bundle, {"scheduling_strategy": strategy}, running.group, member)
            running.refs[ref] = member

    def _watch_the_wait(self) -> None:
        """Give up when no group of this run was placed for too long. While one runs, others wait for its end."""
        now = self._host.monotonic()
        if any(running.is_started for running in self._groups.values()) or self._waiting_since is None:
            self._waiting_since = now
        elif now - self._waiting_since > self._request.placement_timeout:
            self._broken = PlacementTimeoutError(self._request.placement_timeout, placing.missing(self._request))
            raise self._broken

    # --- from its places to its end --------------------------------------------------------------------------------

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:  # noqa: ARG002
        """See ports.Tasks.

        Raises:
            PlacementTimeoutError: no trial was placed for as long as the request allows.
            CheckpointError: the ranks of a trial are on several nodes, and one does not see the checkpoint directory.
            RaytuneLiteError: a worker could not load the objective, or the workers' environment cannot be set up.
        """
        until = self._host.monotonic() + timeout
        while True:
            if self._broken is not None:
                raise self._broken
            self._place_next()
            self._look()
            ended, lost = self._decided()
            left = until - self._host.monotonic()
            if ended or lost or left <= 0:
                return ended, lost
            refs = [ref for running in self._groups.values() for ref in running.refs]
            is_soon = any(not running.is_started or running.news_at is not None for running in self._groups.values())
            rest = min(left, LOOK) if is_soon else left
            if refs:
                ray.wait(refs, num_returns=1, timeout=rest, fetch_local=False)
            else:
                self._host.sleep(rest)

    def _look(self) -> None:
        """Note which tasks have ended."""
        refs = [ref for running in self._groups.values() for ref in running.refs]
        ready = ray.wait(refs, num_returns=len(refs), timeout=0, fetch_local=False)[0] if refs else []
        ended = set(ready)
        for running in list(self._groups.values()):
            for ref in [ref for ref in running.refs if ref in ended]:
                member = running.refs.pop(ref)
                if running.news_at is None:
                    running.news_at = self._host.monotonic()
                self._note(running, member, ref)

    def _note(self, running: _Running, member: int, ref: Any) -> None:
        try:
            running.ends[member] = RankEnd(*ray.get(ref))
            self._has_returned = True
            return
        except ray.exceptions.RayError as error:
            self._dead.note(error)
            kind, message, broken = why_gone(error, has_returned=self._has_returned)
        self._broken = self._broken or broken
        running.losses.append(RankLost(member, self._host.monotonic(), kind, message))

    def _decided(self) -> tuple[list[Returned], list[Lost]]:
        ended: list[Returned] = []
        lost: list[Lost] = []
        now = self._host.monotonic()
        for slot, running in list(self._groups.items()):
            if running.news_at is None:
                continue
            n, waited = running.group.size, now - running.news_at
            found = decide(slot, running.ends, running.losses, n, waited)
            if isinstance(found, Returned):
                ended.append(found)
            elif found is not None:
                lost.append(self._lost(slot, running, found))
            if found is not None:
                self._remove(slot)
        return ended, lost

    def _lost(self, slot: str, running: _Running, first: RankLost) -> Lost:
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

    def _remove(self, slot: str) -> None:
        """End what is left of a group, and give back its places."""
        running = self._groups.pop(slot)
        for ref in running.refs:
            has_ended, _ = ray.wait([ref], timeout=0, fetch_local=False)
            if not has_ended:
                ray.cancel(ref, force=True)
        if running.placement is not None:
            with contextlib.suppress(Exception):  # Ray may be gone, and its places with it
                placing.remove(running.placement)
        with contextlib.suppress(Exception):
            RayBoard(slot).clear()

    def cancel(self, task: str) -> None:
        """See ports.Tasks."""
        if task in self._groups:
            self._remove(task)

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

    def blocked(self) -> str:
        """See ports.Tasks."""
        return placing.missing(self._request) if self._waiting_since is not None else ""

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
