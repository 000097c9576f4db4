"""The host port: time, threads, locks and the end of the process, as the shell asks for them.

Driver, launcher, channel, heartbeat and Trial take a Host and use nothing else of the machine. So the same code runs on
``RealHost`` (threads, the monotonic clock) and on the simulator's host (greenlets, virtual time). A Host is handed down
from whoever starts a process; it is never global.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import time as clock
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn, Protocol

_STDERR = 2
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Lock(AbstractContextManager[Any], Protocol):
    """A reentrant lock between the threads of one process."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; False when it was not free within ``timeout`` seconds (-1: wait on)."""

    def release(self) -> None:
        """Give the lock back."""


class Event(Protocol):
    """Something that happens once, or until it is cleared; threads wait for it."""

    def set(self) -> None:
        """Wake all threads that wait."""

    def clear(self) -> None:
        """Later waits wait for the next ``set``."""

    def is_set(self) -> bool:
        """Whether it has happened."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set; False when ``timeout`` seconds pass first."""


class Host(Protocol):
    """One process on one machine."""

    def time(self) -> float:
        """Seconds since 1970, UTC. May jump, and may differ between machines."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back. Stands still while the machine is suspended, where it can."""

    def elapsed(self) -> float:
        """Seconds since some moment; never goes back, and goes on while the machine is suspended."""

    def machine(self) -> str:
        """A name of this boot of this machine, whose processes share the clock of ``elapsed``; "": not known."""

    def sleep(self, seconds: float) -> None:
        """Let other threads run for so long."""

    def lock(self) -> Lock:
        """A new lock. On the real host it is threading.RLock itself, so it costs nothing extra."""

    def event(self) -> Event:
        """A new event that is not set."""

    def start(self, body: Callable[[], None], name: str) -> None:
        """Run ``body`` in a new thread of this process, which ends with the process."""

    def arm(self, seconds: float) -> None:
        """Set the dead man's switch: the process ends in so many seconds, unless it is set again or disarmed before.

        It works where no thread of the process can run: in C code that holds the interpreter's lock, or when a stopped
        process wakes up.
        """

    def disarm(self) -> None:
        """Take the switch back: this process may take any time."""

    def die(self, code: int, why: str) -> NoReturn:
        """End this process at once, with an exit code. ``why``: a line for stderr."""


def _elapsed() -> float:
    return clock.clock_gettime(clock.CLOCK_BOOTTIME)


def _machine() -> str:
    try:  # a container may have a boot time of its own
        return f"{_BOOT.read_text().strip()} {os.readlink('/proc/self/ns/time')}"
    except OSError:
        return ""


class RealHost:
    """This process: threads and the machine's clocks."""

    time = staticmethod(clock.time)
    monotonic = staticmethod(clock.monotonic)
    # without CLOCK_BOOTTIME (not Linux) a suspended machine's time is missing in the dates of events, and nowhere else
    elapsed = staticmethod(_elapsed if hasattr(clock, "CLOCK_BOOTTIME") else clock.monotonic)
    machine = staticmethod(_machine)
    sleep = staticmethod(clock.sleep)
    lock = staticmethod(threading.RLock)
    event = staticmethod(threading.Event)

    def start(self, body: Callable[[], None], name: str) -> None:
        """See Host."""
        threading.Thread(target=body, name=f"raytune_lite-{name}", daemon=True).start()

    def arm(self, seconds: float) -> None:
        """See Host. A thread in C, which also writes to stderr where each thread was."""
        faulthandler.dump_traceback_later(seconds, exit=True, file=_STDERR)

    def disarm(self) -> None:
        """See Host."""
        faulthandler.cancel_dump_traceback_later()

    def die(self, code: int, why: str) -> NoReturn:
        """See Host."""
        print(why, file=sys.stderr, flush=True)  # noqa: T201  (all that is left to write to)
        os._exit(code)


__all__ = ["Event", "Host", "Lock", "RealHost"]
