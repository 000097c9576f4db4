"""Trials of several processes as a launcher's tasks: placed, started when placed, ended together. Knows no Ray.

A slot is a group. Its processes start when the cluster holds places for all of them, and only then rank 0 claims a
trial; so a group that waits holds no trial. One group of a run waits at a time: two that wait could each hold half of
what one needs. What became of a trial is decided by ``fate``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from ...core.messages import FailureKind
from ...exceptions import PlacementTimeoutError, RaytuneLiteError
from ..handover import Lost, Prefetched, Returned
from ..host import Host
from ..ports import TasksThatClaim
from ..tokens import Ticket
from .fate import RankEnd, RankLost, decide
from .running import Group, new_key

ROUNDING = 1e-3  # seconds that are not worth a wait
LOOK = 0.1  # seconds between looks while a group waits for its places, or for its other ranks


class Gone(NamedTuple):
    """A rank's process is gone: why, for people, and why no group of this run can work, if that is so."""

    kind: FailureKind
    message: str
    broken: RaytuneLiteError | None = None


class GroupCluster(Protocol):
    """What holds places for groups and runs their processes."""

    size: int
    """Processes of a group."""
    placement_timeout: float
    """Seconds for which no group may be placed."""

    def ask(self, name: str) -> Any:
        """Ask for the places of a group. They belong to this process, and go with it."""

    def is_placed(self, places: Any) -> bool:
        """Whether the cluster holds them."""

    def start(self, places: Any, group: Group, member: int) -> Any:
        """Start one process of a group there; a reference to its task."""

    def ended(self, refs: Sequence[Any], timeout: float) -> list[Any]:
        """Those of these tasks that have ended. While none has, it waits for one, for so many seconds at most."""

    def result(self, ref: Any) -> RankEnd | Gone:
        """What became of a task that has ended."""

    def kill(self, ref: Any) -> None:
        """Kill a task, if it can be reached."""

    def release(self, places: Any) -> None:
        """Give places back, or ask for them no more."""

    def forget(self, name: str) -> None:
        """A group is over: its entries on the board go."""

    def missing(self) -> str:
        """What a group that is not placed waits for, for people."""


@dataclass(slots=True)
class Running:
    """One group. ``places``: None while others wait before it. ``refs``: its tasks that have not ended, by member.

    ``news_at``: when the first of them ended.
    """

    group: Group
    places: Any = None
    refs: dict[Any, int] = field(default_factory=dict)
    ends: dict[int, RankEnd] = field(default_factory=dict)
    losses: list[RankLost] = field(default_factory=list)
    is_started: bool = False
    leaves: bool = False  # it was told that one of its nodes will soon be gone
    news_at: float | None = None


class Groups(TasksThatClaim):
    """The groups of one run, as far as every cluster has them; see ports.Tasks.

    Args:
        cluster: holds their places and runs their processes.
        prefix: with which the names of the groups begin.
        host: clock.
        secret: of the run, see ``tokens``.
    """

    prefetches = shares = False  # a trial is claimed when its group has its places

    def __init__(self, cluster: GroupCluster, prefix: str, host: Host, secret: bytes | None = None) -> None:
        self._cluster, self._prefix, self._host, self._secret = cluster, prefix, host, secret
        self._groups: dict[str, Running] = {}  # by slot, oldest first
        self._count = 0
        self._broken: RaytuneLiteError | None = None  # why no group of this run can work
        self._waiting_since: float | None = None  # since when a group waits for places while none of this run has them

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
        self._groups[name] = Running(Group(name=name, size=self._cluster.size, key=new_key(), seal=seal))
        self._place_next()
        return name

    # --- from a queue to its places ----------------------------------------------------------------------------------

    def _place_next(self) -> None:
        """Ask for the places of the oldest group that has none, unless one waits; start the ranks of one that has."""
        waiting = [running for running in self._groups.values() if not running.is_started]
        if not waiting:
            self._waiting_since = None
            return
        first = waiting[0]
        if first.places is None:
            first.places = self._cluster.ask(first.group.name)
        if self._cluster.is_placed(first.places):
            first.is_started = True
            for member in range(self._cluster.size):
                first.refs[self._cluster.start(first.places, first.group, member)] = member
            self._waiting_since = None
        else:
            self._watch_the_wait()

    def _watch_the_wait(self) -> None:
        """Give up when no group of this run was placed for too long. While one runs, others wait for its end."""
        now = self._host.monotonic()
        if any(running.is_started for running in self._groups.values()) or self._waiting_since is None:
            self._waiting_since = now
        elif now - self._waiting_since > self._cluster.placement_timeout:
            self._broken = PlacementTimeoutError(self._cluster.placement_timeout, self._cluster.missing())
            raise self._broken

    # --- from its places to its end ----------------------------------------------------------------------------------

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
            self._look(0.0)
            ended, lost = self._decided()
            left = until - self._host.monotonic()
            if ended or lost or left < ROUNDING:
                return ended, lost
            is_soon = any(not running.is_started or running.news_at is not None for running in self._groups.values())
            self._look(min(left, LOOK) if is_soon else left)

    def _look(self, timeout: float) -> None:
        """Note which tasks have ended; while none has, wait for so long."""
        refs = [ref for running in self._groups.values() for ref in running.refs]
        if not refs:
            if timeout:
                self._host.sleep(timeout)
            return
        ended = dict.fromkeys(self._cluster.ended(refs, timeout))
        for running in list(self._groups.values()):
            for ref in [ref for ref in running.refs if ref in ended]:
                member = running.refs.pop(ref)
                now = self._host.monotonic()
                if running.news_at is None:
                    running.news_at = now
                found = self._cluster.result(ref)
                if isinstance(found, RankEnd):
                    running.ends[member] = found
                else:
                    self._broken = self._broken or found.broken
                    running.losses.append(RankLost(member, now, found.kind, found.message))

    def _decided(self) -> tuple[list[Returned], list[Lost]]:
        ended: list[Returned] = []
        lost: list[Lost] = []
        now = self._host.monotonic()
        for slot, running in list(self._groups.items()):
            if running.news_at is None:
                continue
            found = decide(slot, running.ends, running.losses, running.group.size, now - running.news_at)
            if isinstance(found, Returned):
                ended.append(found)
            elif found is not None:
                lost.append(self._lost(slot, running, found))
            if found is not None:
                self._remove(slot)
        return ended, lost

    def _lost(self, slot: str, running: Running, first: RankLost) -> Lost:  # noqa: ARG002
        """The loss of a group, by the first loss among its ranks."""
        return Lost(slot=slot, kind=first.kind, message=first.message)

    def _remove(self, slot: str) -> None:
        """End what is left of a group, and give back its places."""
        running = self._groups.pop(slot)
        ended = self._cluster.ended(list(running.refs), 0.0) if running.refs else []
        for ref in [ref for ref in running.refs if ref not in ended]:
            self._cluster.kill(ref)
        if running.places is not None:
            with contextlib.suppress(Exception):  # Ray may be gone, and its places with it
                self._cluster.release(running.places)
        with contextlib.suppress(Exception):
            self._cluster.forget(slot)

    def cancel(self, task: str) -> None:
        """See ports.Tasks."""
        if task in self._groups:
            self._remove(task)

    def blocked(self) -> str:
        """See ports.Tasks."""
        return self._cluster.missing() if self._waiting_since is not None else ""


__all__ = ["LOOK", "Gone", "GroupCluster", "Groups", "Running"]
