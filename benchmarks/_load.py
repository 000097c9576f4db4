"""Whether the machine was quiet enough for a measurement to mean anything.

Other processes are all that do not descend from this one: Ray's processes and the tasks that a benchmark starts are
its own. A ratio of two figures is printed only if the others took less than ``LIMIT`` of all cores, just before the run
and in each part of it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LIMIT = 0.15  # of all cores
INTERVAL = 0.5  # seconds between looks at our processes
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Load:
    """What the machine did while something was measured.

    ``average``: the load average of the last minute. ``others``: the share of all cores that other processes took;
    None where the system does not tell (it has no /proc).
    """

    average: float
    others: float | None

    @property
    def busy(self) -> bool:
        return self.others is not None and self.others > LIMIT

    def __str__(self) -> str:
        share = "unknown" if self.others is None else f"{100 * self.others:.0f} % of {os.cpu_count()} cores"
        return f"load average {self.average:.2f}, other processes {share}"


class Meter:
    """Measures the load from its start to each ``read``."""

    def __init__(self, look: Callable[[], tuple[float, float] | None] | None = None) -> None:
        self._look = look or _own().seconds
        self._start, self._before = time.perf_counter(), self._look()

    def read(self) -> Load:
        """The load since the start, or since the last read."""
        now, after = time.perf_counter(), self._look()
        wall, self._start = now - self._start, now
        before, self._before = self._before, after
        if before is None or after is None:
            return Load(os.getloadavg()[0], None)
        others = (after[0] - before[0]) - (after[1] - before[1])
        return Load(os.getloadavg()[0], min(1.0, max(0.0, others / (wall * (os.cpu_count() or 1)))))


class OwnProcesses:
    """The CPU time of this process and its descendants, beside that of the whole machine. Looks twice a second.

    Ray has the system reap its workers, so that nobody is told what they took: what was seen last of them counts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[int, int], Process] = {}  # ours that lived at the last look; the oldest is this one
        self._gone = 0  # ticks of ours that have ended, and that no parent has counted
        with contextlib.suppress(KeyError, OSError):
            me = _processes()[os.getpid()]
            self._known[me.pid, me.begun] = me
            threading.Thread(target=self._watch, name="load", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(INTERVAL)
            self.seconds()

    def seconds(self) -> tuple[float, float] | None:
        """CPU seconds of the machine and of our processes since some moment; None without /proc."""
        with self._lock:
            try:
                fields = [int(field) for field in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:]]
            except OSError:
                return None
            ours = self._look()
        user, nice, system, _, _, _, _, stolen = fields[:8]  # interrupts are left out: our sockets cause them too
        tick = os.sysconf("SC_CLK_TCK")
        return (user + nice + system + stolen) / tick, ours / tick

    def _look(self) -> int:
        found = _processes()
        # whoever loses its parent stays ours
        ours = {pid for pid, one in found.items() if (pid, one.begun) in self._known}
        more = ours
        while more:
            more = {pid for pid, one in found.items() if one.parent in more} - ours
            ours |= more
        living = {(pid, found[pid].begun): found[pid] for pid in ours}
        waited = {key[0]: one.children - self._known[key].children for key, one in living.items() if key in self._known}
        for key, one in self._known.items():
            if key not in living:
                ticks = one.own + one.children
                # its parent has waited for it, and counts it now
                if one.parent in waited and waited[one.parent] >= ticks:
                    waited[one.parent] -= ticks
                else:
                    self._gone += ticks
        self._known = living
        return self._gone + sum(one.own + one.children for one in living.values())


@dataclass(frozen=True, slots=True)
class Process:
    """One process. ``begun``, ``own``, ``children``: ticks; the last of children that it has waited for."""

    pid: int
    parent: int
    begun: int
    own: int
    children: int


def _processes() -> dict[int, Process]:
    found = {}
    for path in PROC.glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue  # it has ended
        pid, rest = int(path.parent.name), text[text.rindex(")") + 2 :].split()
        user, system, children_user, children_system = map(int, rest[11:15])
        found[pid] = Process(pid, int(rest[1]), int(rest[19]), user + system, children_user + children_system)
    return found


@lru_cache(maxsize=1)
def _own() -> OwnProcesses:
    return OwnProcesses()


def before(seconds: float = 1.0) -> Load:
    """The load while this process does nothing, for ``seconds``; printed."""
    meter = Meter()
    time.sleep(seconds)
    load = meter.read()
    print(f"before: {load}{'; no ratio will be printed' if load.busy else ''}", flush=True)
    return load


def add_force(parser: argparse.ArgumentParser) -> None:
    """The flag ``--force``."""
    parser.add_argument("--force", action="store_true", help="print ratios though other processes took the cores")


def ratio(text: str, loads: Sequence[Load], force: bool = False) -> str:
    """``text`` if every part of the measurement was quiet; else why not, or ``text`` marked as forced."""
    busy = [load.others for load in loads if load.others is not None and load.busy]
    if not busy:
        return text
    took = f"other processes took {100 * max(busy):.0f} % of {os.cpu_count()} cores"
    if force:
        return f"{text} [FORCED: {took}]"
    return f"not printed: {took}, the limit is {100 * LIMIT:.0f} %; run it on a quiet machine, or with --force"
