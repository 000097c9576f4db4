"""What an attempt leaves behind in a worker process that is to run others after it: GPU memory, memory of the machine,
threads, child processes. More than there is a limit for is a leak. Knows no Ray, and no library.
"""

from __future__ import annotations

import contextlib
import gc
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .gpu_memory import GpuProbe, held_by
from .host import Host

GPU_PART = 0.1  # of what an attempt may have of its GPU: what a process may still hold of it after one ...
GPU_LEAST, GPU_MOST = 64 << 20, 1 << 30  # ... but no fewer, and no more bytes
MEMORY = 1 << 30  # bytes of the machine's by which a process may have grown since its first attempt, which has imported
THREADS = 16  # that a process may have more than before its first attempt: libraries keep some
PATIENCE = 1.0  # seconds that threads and child processes have to end
_STAY = (b"multiprocessing.resource_tracker", b"multiprocessing.forkserver")  # one a process, which ends with it
_SELF = Path("/proc/self")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a process holds. ``gpu``, ``memory``: bytes; None: not known here. ``gpu_most``: the limit of ``gpu``."""

    gpu: int | None = None
    gpu_most: int = GPU_MOST
    memory: int | None = None
    threads: int = 0
    children: tuple[int, ...] = ()


def look(probe: GpuProbe, share: float) -> Held:
    """What this process holds now.

    Args:
        probe: of its GPU.
        share: of that GPU what its attempts may have.
    """
    gpu, most = None, GPU_MOST
    with contextlib.suppress(Exception):  # a probe that fails knows nothing
        if (found := held_by(probe, share)) is not None:
            gpu, total = found
            most = min(GPU_MOST, max(GPU_LEAST, int(GPU_PART * share * total)))
    return Held(gpu=gpu, gpu_most=most, memory=_memory(), threads=threading.active_count(), children=_children())


class LeakGuard:
    """Compares what one process holds after each of its attempts.

    Args:
        host: clock.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._first: Held | None = None  # before the first attempt
        self._settled: Held | None = None  # after it
        self._last: Held | None = None

    def begin(self, look: Callable[[], Held]) -> None:
        """An attempt begins."""
        if self._first is None:
            gc.collect()
            self._first = self._last = look()

    def end(self, look: Callable[[], Held]) -> str:
        """What the attempt that has just ended leaves behind, for people; "": nothing that matters."""
        gc.collect()  # once: in a process with much memory it takes long
        until = self._host.monotonic() + PATIENCE
        while (found := self._compare(now := look())) and self._host.monotonic() < until:
            self._host.sleep(0.1)
        self._settled = self._settled or now
        self._last = now
        return found

    def _compare(self, now: Held) -> str:
        first, last = self._first or Held(), self._last or Held()
        found: list[str] = []
        if now.gpu is not None and now.gpu > now.gpu_most:
            added = now.gpu - (last.gpu or 0)
            found.append(f"{_size(now.gpu)} of GPU memory (limit {_size(now.gpu_most)}; {_size(added)} of it new)")
        if now.memory is not None and self._settled is not None and self._settled.memory is not None:
            grown = now.memory - self._settled.memory
            if grown > MEMORY:
                added = now.memory - (last.memory or 0)
                found.append(f"{_size(grown)} of memory (limit {_size(MEMORY)}; {_size(added)} of it new)")
        if now.threads - first.threads > THREADS:
            found.append(f"{now.threads - first.threads} threads (limit {THREADS})")
        if children := [pid for pid in now.children if pid not in first.children]:
            found.append(f"{len(children)} child process(es) (limit 0), pid {children[0]}")
        return ", ".join(found)


def _size(n: int) -> str:
    return f"{n / 1e9:.2f} GB"


def _memory() -> int | None:
    """Bytes that are resident, by Linux; None elsewhere."""
    try:
        return int((_SELF / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _children() -> tuple[int, ...]:
    """Processes that this one has started and that live, by Linux; none elsewhere."""
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError):
        for task in (_SELF / "task").iterdir():
            with contextlib.suppress(OSError):  # a thread that has just ended
                found += map(int, (task / "children").read_text().split())
    return tuple(sorted(pid for pid in found if _counts(pid)))


def _counts(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return bool(command) and not any(name in command for name in _STAY)  # a zombie has none


__all__ = ["Held", "LeakGuard", "look"]
