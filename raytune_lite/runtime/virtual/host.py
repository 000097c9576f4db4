"""The host port on virtual time: what the shell's code gets instead of threads and clocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from .world import Killed, Lock, Process, Signal

HEAD = "head"  # where the script runs
ELSEWHERE_SINCE = 5e5  # seconds for which another machine has been up when virtual time begins
T0 = 1_700_000_000.0  # seconds since 1970 at which virtual time begins


class SimulatedHost:
    """One simulated process as its code sees it.

    ``skew``: seconds by which its wall clock is ahead; it may be set. ``node``: its machine, each of which has a
    monotonic clock of its own.
    """

    def __init__(self, process: Process, skew: float = 0.0, node: str = HEAD) -> None:
        self.process, self.world, self.skew, self._node = process, process.world, skew, node
        self._armed, self._fires_at = 0, 0.0  # how often the dead man's switch was set; until when, last

    def time(self) -> float:
        """See Host."""
        return T0 + self.world.now + self.skew

    def monotonic(self) -> float:
        """See Host."""
        return self.world.now - self.process.suspended

    def elapsed(self) -> float:
        """See Host."""
        return self.world.now + (0.0 if self._node == HEAD else ELSEWHERE_SINCE)

    def machine(self) -> str:
        """See Host."""
        return self._node

    def sleep(self, seconds: float) -> None:
        """See Host."""
        self.world.sleep(seconds)

    def lock(self) -> Lock:
        """See Host. A threading lock cannot tell greenlets apart: they share one thread."""
        return Lock(self.world)

    def event(self) -> Signal:
        """See Host."""
        return Signal(self.world)

    def start(self, body: Callable[[], None], name: str) -> None:  # noqa: ARG002
        """See Host."""
        self.process.start(body)

    def arm(self, seconds: float) -> None:
        """See Host."""
        self._armed += 1
        self._fires_at = self.monotonic() + seconds
        self.world.after(seconds, self._fire, self._armed)

    def disarm(self) -> None:
        """See Host."""
        self._armed += 1

    def _fire(self, armed: int) -> None:
        if armed != self._armed or not self.process.alive:
            return
        if self.process.paused_until > self.world.now:  # a stopped process ends when it wakes
            self.world.at(self.process.paused_until, self._fire, armed)
            return
        if self.monotonic() < self._fires_at - 1e-6:  # the machine was suspended, which its timers do not count
            self.world.after(self._fires_at - self.monotonic(), self._fire, armed)
            return
        self.process.kill("its dead man's switch")

    def die(self, code: int, why: str) -> NoReturn:
        """See Host."""
        self.process.kill(f"ends itself with code {code}: {why}")
        raise Killed
