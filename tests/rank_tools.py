"""Trials of several processes without Ray: each rank is a thread, the driver is the true one, the sockets are true."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from raytune_lite.checkpoints.store import open_store
from raytune_lite.core import messages as m
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.handover import Lost, Prefetched, Returned
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.inline import LocalStudy
from raytune_lite.runtime.launcher import Launcher
from raytune_lite.runtime.ports import TasksHere
from raytune_lite.runtime.ranks.fate import RankEnd, RankLost, decide
from raytune_lite.runtime.ranks.places import Member
from raytune_lite.runtime.ranks.running import Group, new_key, run_rank
from raytune_lite.runtime.task import Place
from raytune_lite.study import Study

NODE = "here"


class Killed(BaseException):
    """This rank's process is dead."""


class MemoryBoard:
    """A board between threads."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}

    def put(self, name: str, value: bytes) -> None:
        self.entries[name] = value

    def get(self, name: str) -> bytes | None:
        return self.entries.get(name)


class MortalHost(RealHost):
    """A process that can be killed: whatever waits in it then ends with Killed."""

    def __init__(self) -> None:
        self.is_dead = threading.Event()
        self.died: list[str] = []

    def _look(self) -> None:
        if self.is_dead.is_set():
            raise Killed

    def sleep(self, seconds: float) -> None:  # type: ignore[override]
        self._look()
        RealHost.sleep(min(seconds, 0.05))
        self._look()

    def event(self) -> Any:  # type: ignore[override]
        host, event = self, threading.Event()
        wait = event.wait

        def mortal(timeout: float | None = None) -> bool:
            host._look()
            return wait(0.05 if timeout is None else min(timeout, 0.05))

        event.wait = mortal  # type: ignore[method-assign]
        return event

    def die(self, code: int, why: str) -> Any:
        self.died.append(why)
        self.is_dead.set()
        raise Killed

    def start(self, body: Callable[[], None], name: str) -> None:
        def run() -> None:
            with contextlib.suppress(Killed):
                body()

        RealHost.start(self, run, name)


class NoHeartbeat:
    """Where nobody is silent for long, and no node leaves."""

    is_to_leave = False
    order = None

    def watch(self, trial: Any, *, is_short: bool = False) -> None: ...
    def leave(self) -> None: ...
    def acknowledged(self, since: float | None = None) -> None: ...


class LocalChannel:
    """The way from rank 0 to the driver in this process."""

    def __init__(self, local: LocalStudy) -> None:
        self._local = local
        self.suggest, self.report, self.finished = local.suggest, local.report, local.finished

    def claim(self, slot: str, node: str | None = None, pid: int | None = None) -> m.Assignment | None:
        found: m.Assignment | None = self._local.driver.ask(m.Claimed(slot=slot, node=node, pid=pid))
        return found

    def begin(self, assignment: m.Assignment) -> None: ...
    def end(self, event: m.AttemptEnded) -> None: ...


class ThreadGroups(TasksHere):
    """Groups of threads, one group after another; see ports.Tasks.

    ``nodes``: the node of each member; one on another node than the first does not share its disk if ``blind``.
    ``deaths``: what was said by ranks that ended their process.
    """

    prefetches = shares = False

    def __init__(
        self,
        local: LocalStudy,
        objective: Callable[[Any], Any],
        workers: int,
        *,
        catch: tuple[type[Exception], ...] = (),
        nodes: Sequence[str] = (),
        blind: Sequence[str] = (),
        lease: float = 5.0,
    ) -> None:
        self._local, self._objective, self._n, self._catch = local, objective, workers, catch
        self._nodes, self._blind = list(nodes) or [NODE] * workers, blind
        self._lease = lease
        self._queue: list[str] = []
        self._count = 0
        self.deaths: list[str] = []
        self.raised: list[BaseException] = []

    def submit(self, prefetched: Sequence[Prefetched] = ()) -> str:
        self._count += 1
        self._queue.append(f"group-{self._count}")
        return self._queue[-1]

    def capacity(self) -> int:
        return 1

    def cancel(self, task: str) -> None:
        self._queue.remove(task)

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:
        if self.raised:  # no group of this run can work
            raise self.raised[0]
        slot = self._queue[0]
        group, board = Group(name=slot, size=self._n, key=new_key()), MemoryBoard()
        hosts = [MortalHost() for _ in range(self._n)]
        ends: dict[int, RankEnd] = {}
        losses: list[RankLost] = []

        def rank(member: int) -> None:
            try:
                ends[member] = self._run(group, member, board, hosts[member])
            except BaseException as error:  # noqa: BLE001
                if not isinstance(error, Killed):
                    self.raised.append(error)
                losses.append(RankLost(member, RealHost.monotonic(), m.FailureKind.WORKER_CRASH, repr(error)))

        threads = [threading.Thread(target=rank, args=(member,)) for member in range(self._n)]
        for thread in threads:
            thread.start()
        began: float | None = None
        while True:
            RealHost.sleep(0.01)
            if ends or losses:
                began = RealHost.monotonic() if began is None else began
                found = decide(slot, ends, losses, self._n, RealHost.monotonic() - began)
                if found is not None:
                    break
        for host in hosts:
            host.is_dead.set()
        for thread in threads:
            thread.join(20)
        self.deaths += [why for host in hosts for why in host.died]
        if self.raised:
            raise self.raised[0]
        self._queue.pop(0)
        if isinstance(found, Returned):
            return [found], []
        return [], [Lost(slot=slot, kind=found.kind, message=found.message)]

    def _run(self, group: Group, member: int, board: MemoryBoard, host: MortalHost) -> RankEnd:
        settings = self._local.driver.settings()
        node = self._nodes[member]
        here = Member(node=node, ip="127.0.0.1", pid=member, host=node, sees_checkpoints=node not in self._blind)

        def place_of(rank: int) -> Place:
            return Place(
                slot="",
                node=node,
                pid=member,
                host=host,
                heartbeat=NoHeartbeat(),  # type: ignore[arg-type]
                channel=lambda: LocalChannel(self._local),
                store=lambda: open_store(settings.checkpoint_root),
            )

        settings = replace(settings, lease=self._lease)
        return run_rank(self._objective, self._catch, settings, place_of, group, member, here, board, host)


class Quiet:
    """An observer that keeps what it is told."""

    wants_trials = wants_standing = False

    def __init__(self) -> None:
        self.notices: list[str] = []

    def update(self, plan: Any) -> None: ...

    def notice(self, text: str) -> None:
        self.notices.append(text)


def optimize(
    study: Study, objective: Callable[[Any], Any], workers: int, **given: Any
) -> tuple[ThreadGroups, list[str]]:
    """Run a study's trials as groups of threads; the groups, and what the launcher said."""
    of_groups = {name: given.pop(name) for name in ("nodes", "blind", "catch", "lease") if name in given}
    config: RunConfig = study._config(None, given.pop("n_trials", None), None, None, given.pop("retries", None))
    local, observer = LocalStudy(config), Quiet()
    before = dict(os.environ)  # a rank's process has torchrun's variables to its end; this one goes on
    try:
        groups = ThreadGroups(local, objective, workers, **of_groups)
        Launcher(local.driver, groups, RealHost(), observer, study_name=study.study_name, max_concurrent=1).run()
    finally:
        local.close()
        os.environ.clear()
        os.environ.update(before)
    return groups, observer.notices
