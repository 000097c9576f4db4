"""Finding and killing processes by what /proc says of them. Only ever those of one World: known by their session.

Everything that a World starts (scripts, Ray's hosts) is a session leader of its own, and what those start stays in
their session, whatever process group, title or parent it has later.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

STOP, CONTINUE = signal.SIGSTOP, signal.SIGCONT
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    session: int
    command: str
    state: str


def process(pid: int) -> Process | None:
    """What /proc says of a process now, or None when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2 :].split()
    return Process(pid, int(fields[1]), int(fields[3]), command, fields[0])


def table(sessions: Collection[int]) -> list[Process]:
    """The living processes of these sessions (no zombies)."""
    found = [process(int(name)) for name in os.listdir("/proc") if name.isdigit()]
    return [one for one in found if one is not None and one.session in sessions and one.state not in "ZX"]


def family(root: int, among: Iterable[Process]) -> list[int]:
    """A process and all that descend from it."""
    among, found = list(among), [root]
    for pid in found:
        found += [one.pid for one in among if one.parent == pid]
    return found


def is_alive(pid: int) -> bool:
    one = process(pid)
    return one is not None and one.state not in "ZX"


def kill(*pids: int, how: int = signal.SIGKILL) -> int:
    """Signal processes that may be gone already; how many there were."""
    hit = 0
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
            hit += 1
    return hit


def wait_for(what: str, condition: Callable[[], _T], seconds: float = 60.0, every: float = 0.05) -> _T:
    """What ``condition`` returns as soon as it is true; fails the test after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(every)
    return found
