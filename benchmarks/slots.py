"""How busy a driver keeps many slots: the true driver and launcher, with simulated trials on real sockets, and no Ray.

    python benchmarks/slots.py [--slots 1000] [--seconds 10] [--reports 10] [--rounds 2] [--processes 2] [--force]

The driver runs in a process of its own (SQLite with fsync), the launcher in this one. The slots are held by a few
processes, since a thousand Ray workers do not fit on one machine. Each slot has a connection of its own and speaks the
channel's protocol: it claims, or begins what was claimed for it, reports now and then, waits for each decision, and
ends. A trial works for ``--seconds``; all else of a slot's time, from its first trial's begin to its last one's end,
is lost to waiting.
"""

from __future__ import annotations

import argparse
import gc
import heapq
import json
import multiprocessing
import os
import secrets
import selectors
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import _load

from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_to_json, from_json
from raytune_lite.pruners import MedianPruner
from raytune_lite.runtime.answers import BUSY
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.driver import BUSY_AFTER, Driver
from raytune_lite.runtime.handover import Handover, Lost, Plan, Prefetched, Returned
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.launcher import Launcher
from raytune_lite.runtime.ports import DriverCalls, TasksHere
from raytune_lite.runtime.socket_server import SocketServer
from raytune_lite.runtime.sockets import SocketClient, framed
from raytune_lite.runtime.tokens import with_token
from raytune_lite.samplers import RandomSampler
from raytune_lite.storages import Repository
from raytune_lite.trial import StudyDirection

GOALS = {10.0: 0.95, 1.0: 0.60}  # busy share, by the seconds of a trial, with 1,000 slots
CONTEXT = multiprocessing.get_context("spawn")


# --- the driver's process --------------------------------------------------------------------------------------------


def drive(pipe: Connection, config: RunConfig) -> None:
    gc.set_threshold(50_000, 20, 50)  # as the driver actor has it
    sys.setswitchinterval(0.0005)
    driver, key = Driver(config, RealHost(), print), secrets.token_bytes(32)
    driver.settings()
    server = SocketServer("127.0.0.1", key, driver.receive_many, busy=BUSY, patience=BUSY_AFTER)
    pipe.send((server.address, key, resident(), time.process_time()))
    while True:
        call = pipe.recv()
        if isinstance(call, Handover):
            pipe.send(driver.plan(call))
        elif call == "numbers":
            pipe.send((resident(), time.process_time()))
        else:
            server.close()
            driver.close()
            return


def resident() -> float:
    """Memory of this process now, MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


# --- the slots' processes --------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Slot:
    """One slot: its connection, and the trial at which it works."""

    client: SocketClient
    task: str = ""
    assignment: Any = None
    step: int = 0
    begun: float = 0.0
    first_begun: float = 0.0
    last_end: float = 0.0
    worked: float = 0.0
    unread: bytes = b""


class Slots:
    """Many slots in one process, on one clock."""

    def __init__(self, pipe: Connection, given: dict[str, Any]) -> None:
        self._pipe, self._given = pipe, given
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Slot]] = []
        self._count = self.lost = 0
        self._free: deque[Slot] = deque()
        self._all: list[Slot] = []
        for _ in range(given["slots"]):
            client = SocketClient(tuple(given["address"]), given["key"])
            slot = Slot(client)
            self._all.append(slot)
            self._free.append(slot)
            self._selector.register(client._socket, selectors.EVENT_READ, slot)
            client._socket.setblocking(False)
        self._selector.register(pipe, selectors.EVENT_READ)
        pipe.send("ready")

    def run(self) -> None:
        while True:
            until = self._timers[0][0] - time.monotonic() if self._timers else 1.0
            for key, _ in self._selector.select(max(0.0, until)):
                if key.data is not None:
                    self._hear(key.data)
                elif not self._take_orders():
                    return
            while self._timers and self._timers[0][0] <= time.monotonic():
                self._tick(heapq.heappop(self._timers)[2])

    def _take_orders(self) -> bool:
        while self._pipe.poll():
            order = self._pipe.recv()
            if order is None:
                slots = [(s.first_begun, s.last_end, s.worked) for s in self._all if s.worked]
                self._pipe.send((slots, self.lost))
                return False
            slot = self._free.popleft()
            slot.task, prefetched = order
            if prefetched is not None:
                self._begin(slot, from_json(prefetched))
            else:
                self._say(slot, m.Claimed(slot=slot.task, node="node", pid=os.getpid()), None)
        return True

    def _say(self, slot: Slot, event: m.Event, token: str | None) -> None:
        frame = framed(with_token(token, event_to_json(event).encode()))
        slot.unread = b""
        if slot.client._socket.send(frame) != len(frame):
            raise RuntimeError("a short message did not fit into the socket")

    def _hear(self, slot: Slot) -> None:
        try:
            part = slot.client._socket.recv(1 << 16)
        except OSError:
            part = b""
        if not part:
            self.lost += 1
            self._selector.unregister(slot.client._socket)
            return
        slot.unread += part
        if len(slot.unread) < 4 or len(slot.unread) < 4 + int.from_bytes(slot.unread[:4], "big"):
            return
        reply = slot.unread[4:]
        if reply == BUSY:
            raise RuntimeError("the driver was busy for 3 s")
        answer = from_json(reply)[0]
        if isinstance(answer, m.Assignment):
            self._begin(slot, answer)
        elif answer is None:
            self._pipe.send((slot.task, None))
            self._free.append(slot)
        else:
            slot.step += 1
            self._schedule(slot)

    def _begin(self, slot: Slot, assignment: m.Assignment) -> None:
        slot.assignment, slot.step, slot.begun = assignment, 0, time.monotonic()
        slot.first_begun = slot.first_begun or slot.begun
        self._schedule(slot)

    def _schedule(self, slot: Slot) -> None:
        """The next thing a trial does, after its next piece of work: a report, or its end after the last one."""
        self._count += 1
        piece = self._given["seconds"] / (self._given["reports"] or 1)
        delay = 0.0 if slot.step >= self._given["reports"] > 0 else piece
        heapq.heappush(self._timers, (time.monotonic() + delay, self._count, slot))

    def _tick(self, slot: Slot) -> None:
        a = slot.assignment
        if slot.step < self._given["reports"]:
            progress = m.Progress(reports=((slot.step, (1.0,)),))
            self._say(slot, m.Reported(number=a.number, attempt=a.attempt, progress=progress), a.token)
            return
        slot.last_end = time.monotonic()
        slot.worked += self._given["seconds"]
        end = m.AttemptEnded(number=a.number, attempt=a.attempt, outcome=m.Outcome.COMPLETE, values=(0.5,))
        self._free.append(slot)
        self._pipe.send((slot.task, event_to_json(end).encode()))


def hold(pipe: Connection, given: dict[str, Any]) -> None:
    Slots(pipe, given).run()


# --- the launcher's process ------------------------------------------------------------------------------------------


@dataclass
class Calls(DriverCalls):
    """The driver's process as its launcher calls it."""

    pipe: Connection

    def plan(self, handover: Handover, timeout: float | None = None) -> Plan:  # noqa: ARG002
        self.pipe.send(handover)
        plan: Plan = self.pipe.recv()
        return plan

    def locate(self, slots: Any) -> list[tuple[str, int] | None]:
        return [None for _ in slots]


@dataclass
class Tasks(TasksHere):
    """The slots' processes as a launcher's tasks."""

    pipes: list[Connection]
    n_slots: int
    seconds: float
    prefetches: bool = True
    shares: bool = False
    waiting: deque[tuple[str, bytes | None]] = field(default_factory=deque)
    running: dict[str, Connection] = field(default_factory=dict)
    room: dict[Connection, int] = field(default_factory=dict)
    submitted: int = 0

    def submit(self, prefetched: Sequence[Prefetched] = ()) -> str:
        self.submitted += 1
        task: tuple[str, bytes | None] = (f"task-{self.submitted}", None)
        if prefetched:
            task = (prefetched[0].slot, prefetched[0].assignment)
        self.waiting.append(task)
        self._place()
        return task[0]

    def _place(self) -> None:
        """As Ray does: a task waits until there is room."""
        for pipe in self.pipes:
            while self.room[pipe] and self.waiting:
                task = self.waiting.popleft()
                self.running[task[0]] = pipe
                self.room[pipe] -= 1
                pipe.send(task)

    def wait(self, timeout: float, gather: float = 0.0) -> tuple[list[Returned], list[Lost]]:
        ready: list[Any] = wait(self.pipes, timeout)
        if ready and gather:
            time.sleep(gather)
            ready = wait(self.pipes, 0)
        ended = []
        for pipe in ready:
            while pipe.poll():
                slot, message = pipe.recv()
                self.room[self.running.pop(slot)] += 1
                ended.append(Returned(slot=slot, message=message, seconds=self.seconds))
        self._place()
        return ended, []

    def cancel(self, slot: str) -> None:
        self.waiting = deque(task for task in self.waiting if task[0] != slot)

    def capacity(self) -> int:
        return self.n_slots


@dataclass
class Watcher:
    """Looks at the driver's memory while all slots are at work."""

    n_slots: int
    pipe: Connection
    wants_trials: bool = False
    wants_standing: bool = False
    memory: float = 0.0
    seen: int = 0

    def update(self, plan: Plan) -> None:
        running = plan.counts.get("RUNNING", 0)
        if running > self.seen:
            self.seen = running
            if running >= self.n_slots:
                self.pipe.send("numbers")
                self.memory = self.pipe.recv()[0]

    def notice(self, text: str) -> None:
        print(text)


def measure(args: argparse.Namespace, folder: str) -> dict[str, float]:
    url = f"sqlite:///{folder}/slots.db"
    repository = Repository.open(url)
    repository.create_study("slots", [StudyDirection.MINIMIZE])
    repository.close()
    config = RunConfig(
        storage=url, study_name="slots", run="run", sampler=RandomSampler(0), secret=secrets.token_bytes(32),
        pruner=MedianPruner(n_startup_trials=2**31),  # a decision at every step, always CONTINUE
        n_trials=args.slots * args.rounds,
    )  # fmt: skip
    here, there = CONTEXT.Pipe()
    processes = [CONTEXT.Process(target=drive, args=(there, config))]
    processes[0].start()
    address, key, before, cpu_before = here.recv()
    pipes = []
    for i in range(args.processes):
        mine, theirs = CONTEXT.Pipe()
        n = args.slots // args.processes + (i < args.slots % args.processes)
        given = {"address": address, "key": key, "slots": n, "seconds": args.seconds, "reports": args.reports}
        processes.append(CONTEXT.Process(target=hold, args=(theirs, given)))
        processes[-1].start()
        pipes.append((mine, n))
    for pipe, _ in pipes:
        pipe.recv()
    tasks = Tasks([pipe for pipe, _ in pipes], args.slots, args.seconds, room=dict(pipes))
    watcher = Watcher(args.slots, here)
    start = time.perf_counter()
    Launcher(Calls(here), tasks, RealHost(), watcher, study_name="slots").run()
    wall = time.perf_counter() - start
    here.send("numbers")
    after, cpu = here.recv()
    found, lost = [], 0
    for pipe, _ in pipes:
        pipe.send(None)
        slots, n_lost = pipe.recv()
        found += slots
        lost += n_lost
    here.send("end")
    for process in processes:
        process.join()
    n_trials = args.slots * args.rounds
    return {
        "busy share": sum(worked for *_, worked in found) / sum(last - first for first, last, _ in found),
        "busy share, start and end of the run included": n_trials * args.seconds / (args.slots * wall),
        "median slot": statistics.median(worked / (last - first) for first, last, worked in found),
        "trials/s": n_trials / wall,
        "decided reports/s": n_trials * args.reports / wall,
        "driver, us of CPU a trial": 1e6 * (cpu - cpu_before) / n_trials,
        "driver's memory before, MiB": before,
        "driver's memory with all slots at work, MiB": watcher.memory,
        "driver's memory at the end, MiB": after,
        "connections lost": lost,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0, help="of work, a trial")
    parser.add_argument("--reports", type=int, default=10, help="a trial, each with a decision")
    parser.add_argument("--rounds", type=int, default=2, help="trials a slot")
    parser.add_argument("--processes", type=int, default=2, help="that hold the slots")
    _load.add_force(parser)
    args = parser.parse_args()
    loads, meter = [_load.before()], _load.Meter()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(args, folder)
    loads.append(meter.read())
    print(f"{args.slots} slots, trials of {args.seconds:g} s with {args.reports} reports, {args.rounds} a slot")
    for name, value in found.items():
        print(f"  {name:48s} {value:10.5g}")
    goal = GOALS.get(args.seconds)
    if goal is not None and args.slots >= 1000:
        share = found["busy share"]
        text = f"{share:.2f}  (goal {goal}: {'met' if share >= goal else 'NOT MET'})"
        print(f"busy share = {_load.ratio(text, loads, args.force)}")
    print(json.dumps({"load": str(loads[-1])}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
