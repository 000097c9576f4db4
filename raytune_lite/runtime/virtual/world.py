"""Virtual time, simulated processes, and chance: all that the simulated cluster is made of. Knows no study.

Time is a heap of (time, counter, what); only its entries move it. A process is a set of greenlets, so code that
blocks (``session.process`` in a slow commit, an objective in ``should_prune``) is run as it is: whoever waits switches
back to the heap's loop. One greenlet runs at a time and only a wait lets another one run, so a seed is one history.

Chance is addressed, not consumed: the n-th draw of a name is a hash of (seed, name, n). Faults are drawn in the same
way and recorded as (name, n), so a run can be played again with some of its faults left out (``only``).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NoReturn, TypeVar

from greenlet import getcurrent, greenlet

from .trace import line

_T = TypeVar("_T")
Strike = tuple[str, int]  # a fault that struck: its name, and which of its occasions


class Killed(BaseException):
    """Thrown into the threads of a process that is dead: nothing they do after it can be seen."""


class Violation(BaseException):
    """An invariant does not hold."""


class World:
    """One history.

    Args:
        seed: all chance.
        rates: probability of each fault, at each of its occasions.
        only: the faults that may strike; None: all that are drawn.
        trace: keep a line an event.
    """

    def __init__(
        self,
        seed: int,
        rates: Mapping[str, float],
        *,
        only: Collection[Strike] | None = None,
        trace: bool = False,
    ) -> None:
        self.seed, self.rates = seed, dict(rates)
        self.calm_after = float("inf")  # seconds of virtual time after which no fault strikes any more
        self.only = None if only is None else frozenset(only)
        self.now = 0.0
        self.events = 0
        self.struck: list[Strike] = []
        self.lines: list[str] | None = [] if trace else None
        self.current: Thread | None = None
        self._heap: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
        self._count = self._processes = 0
        self._drawn: dict[str, int] = {}
        self._hub = getcurrent()
        self._threads: dict[Thread, None] = {}  # those that have not ended

    # --- chance ------------------------------------------------------------------------------------------------------

    def _next(self, name: str) -> tuple[int, float]:
        n = self._drawn[name] = self._drawn.get(name, -1) + 1
        key = f"{self.seed}/{name}/{n}".encode()
        return n, int.from_bytes(blake2b(key, digest_size=7).digest(), "big") / (1 << 56)

    def draw(self, name: str) -> float:
        """A uniform number in [0, 1)."""
        return self._next(name)[1]

    def between(self, name: str, low: float, high: float) -> float:
        """A uniform number in [low, high)."""
        return low + (high - low) * self.draw(name)

    def integer(self, name: str, low: int, high: int) -> int:
        """A uniform integer in [low, high]."""
        return low + int(self.draw(name) * (high - low + 1))

    def choice(self, name: str, items: Sequence[_T]) -> _T:
        """One of the items."""
        return items[int(self.draw(name) * len(items))]

    def count(self, name: str) -> int:
        """How often this name has been drawn."""
        return self._drawn.get(name, -1) + 1

    def strikes(self, fault: str, where: str = "") -> bool:
        """Whether the fault strikes at this occasion; it is recorded if it does."""
        rate = self.rates.get(fault, 0.0)
        if not rate:
            return False
        n, x = self._next(f"fault {fault}")
        if x >= rate or self.now >= self.calm_after or (self.only is not None and (fault, n) not in self.only):
            return False
        self.struck.append((fault, n))
        self.note("FAULT", where, f"{fault} #{n}")
        return True

    # --- time --------------------------------------------------------------------------------------------------------

    def at(self, time: float, what: Callable[..., Any], *arguments: Any) -> None:
        """Call ``what`` at a time; of equal times the first asked for is the first called."""
        self._count += 1
        heapq.heappush(self._heap, (time, self._count, what, arguments))

    def after(self, seconds: float, what: Callable[..., Any], *arguments: Any) -> None:
        """Call ``what`` after some seconds."""
        self.at(self.now + seconds, what, *arguments)

    def run(self, until: Callable[[], bool], *, max_events: int, max_time: float) -> bool:
        """Move time until ``until`` holds; False when the bounds came first, or nothing was left to happen."""
        while self._heap and self.events < max_events:
            time, _, what, arguments = heapq.heappop(self._heap)
            if time > max_time:
                return False
            self.now = max(self.now, time)
            self.events += 1
            what(*arguments)
            if until():
                return True
        return False

    def close(self) -> None:
        """End every greenlet, so that none keeps this world in memory."""
        for thread in self._threads:
            thread.process.alive = False
        for thread in list(self._threads):
            if thread.greenlet and not thread.greenlet.dead:
                self._switch(thread, Killed())
        self._heap.clear()

    # --- threads -----------------------------------------------------------------------------------------------------

    def sleep(self, seconds: float) -> None:
        """The running thread waits."""
        thread = self._running()
        thread.token += 1
        self.at(self.now + seconds, self.wake, thread, thread.token, None)
        self._hub.switch()

    def park(self, timeout: float | None = None) -> Any:
        """The running thread waits for ``wake`` with its token; answers what it was woken with, None at the timeout."""
        thread = self._running()
        if timeout is not None:
            self.at(self.now + timeout, self.wake, thread, thread.token, None)
        return self._hub.switch()

    def ticket(self) -> tuple[Thread, int]:
        """(the running thread, token) to be woken with: only the newest token wakes a thread."""
        thread = self._running()
        thread.token += 1
        return thread, thread.token

    def wake(self, thread: Thread, token: int, value: Any) -> None:
        """Let a waiting thread go on. Called by the heap's loop only."""
        if thread.token != token or not thread.process.alive:
            return
        if thread.process.paused_until > self.now:
            if thread.process.paused_until == math.inf:
                return
            self.at(thread.process.paused_until, self.wake, thread, token, value)
            return
        self._switch(thread, value)

    def start(self, process: Process, body: Callable[[], Any]) -> Thread:
        """A new thread of a process; it begins when the heap's loop comes to it."""
        thread = Thread(process, body)
        process.threads[thread] = None
        self._threads[thread] = None
        self.at(self.now, self.wake, thread, 0, None)
        return thread

    def ended(self, thread: Thread) -> None:
        """A thread's body has returned."""
        self._threads.pop(thread, None)
        thread.process.threads.pop(thread, None)

    def interrupt(self, thread: Thread, error: BaseException) -> None:
        """Raise ``error`` in a waiting thread, wherever it waits (a signal). Called by the heap's loop only."""
        if thread in self._threads and thread.process.alive and thread.greenlet:
            thread.token += 1  # what it waited for wakes it no more
            self._switch(thread, error)

    def reap(self, process: Process) -> None:
        """Throw Killed into a dead process's threads, for their finally clauses. Called by the heap's loop only."""
        for thread in list(process.threads):
            if thread.greenlet and not thread.greenlet.dead:
                self._switch(thread, Killed())

    def _switch(self, thread: Thread, value: Any) -> None:
        self.current = thread
        try:
            if isinstance(value, BaseException):
                thread.greenlet.throw(value)
            else:
                thread.greenlet.switch(value)
        except Killed:
            pass
        finally:
            self.current = None

    def check_alive(self) -> None:
        """Called where the running thread would do what others can see: a dead process does nothing."""
        self._running()

    def _running(self) -> Thread:
        thread = self.current
        if thread is None:
            raise RuntimeError("only a simulated thread can wait.")
        if not thread.process.alive:
            raise Killed
        return thread

    def next_process(self) -> int:
        """A number that no other process has."""
        self._processes += 1
        return self._processes

    # --- words -------------------------------------------------------------------------------------------------------

    def note(self, kind: str, who: str, what: str) -> None:
        """A line of the trace; see ``trace``."""
        if self.lines is not None:
            self.lines.append(line(self.now, kind, who, what))

    def violate(self, what: str) -> NoReturn:
        """End the history: an invariant does not hold."""
        self.note("VIOLATION", "", what)
        raise Violation(what)


class Process:
    """A simulated process.

    ``paused_until``: it is stopped (SIGSTOP) till then. ``suspended``: seconds that its machine has been suspended.
    """

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name, self.number = world, name, world.next_process()
        self.alive, self.paused_until, self.suspended = True, 0.0, 0.0
        self.threads: dict[Thread, None] = {}  # those that have not ended
        self.on_death: list[Callable[[], None]] = []

    def __str__(self) -> str:
        return self.name

    def start(self, body: Callable[[], Any]) -> Thread:
        """Begin a thread."""
        return self.world.start(self, body)

    def kill(self, why: str) -> None:
        """kill -9. Returns if the caller is another process; a process that kills itself ends here."""
        if self.alive:
            self.alive = False
            self.world.note("die", self.name, why)
            self.world.at(self.world.now, self.world.reap, self)
            for call in self.on_death:
                call()
        if self.world.current is not None and self.world.current.process is self:
            raise Killed

    def exit(self) -> None:
        """End without a fault: its threads go no further."""
        if self.alive:
            self.alive = False
            self.world.at(self.world.now, self.world.reap, self)

    def pause(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after some seconds."""
        self.paused_until = max(self.paused_until, self.world.now + seconds)

    def suspend(self, seconds: float) -> None:
        """Its machine sleeps for some seconds, which its monotonic clock does not count."""
        self.pause(seconds)
        self.suspended += seconds


class Thread:
    """One greenlet of a process."""

    __slots__ = ("greenlet", "process", "token")

    def __init__(self, process: Process, body: Callable[[], Any]) -> None:
        self.process, self.token = process, 0

        def run(*_: Any) -> None:
            try:
                body()
            except Killed:
                return
            finally:
                process.world.ended(self)

        self.greenlet = greenlet(run, parent=process.world._hub)


class Signal:
    """Something to wait for, as threading.Event has it: ``set`` wakes those who wait, now and later."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: list[tuple[Thread, int]] = []
        self._is_set, self.value = False, None

    def is_set(self) -> bool:
        """Whether it has been set."""
        return self._is_set

    def set(self, value: Any = None) -> None:
        """Wake everybody; the first value stands."""
        if not self._is_set:
            self._is_set, self.value = True, value
        for thread, token in self._waiting:
            self._world.at(self._world.now, self._world.wake, thread, token, True)
        self._waiting.clear()

    def clear(self) -> None:
        """Those who wait from now on wait for the next ``set``."""
        self._is_set, self.value = False, None

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it was set in time."""
        if not self._is_set:
            self._waiting.append(self._world.ticket())
            self._world.park(timeout)
        return self._is_set


class Lock:
    """A lock between greenlets, which a threading lock cannot see: they share one thread. Reentrant."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._owner: Thread | None = None
        self._depth = 0
        self._free = Signal(world)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it; False when it is not free within ``timeout`` seconds (-1: wait on)."""
        me, give_up = self._world.current, self._world.now + timeout
        while self._owner is not None and self._owner is not me:
            left = give_up - self._world.now
            if not blocking or (timeout >= 0 and left <= 0):
                return False
            self._free.clear()
            self._free.wait(left if timeout >= 0 else None)
        self._owner = me
        self._depth += 1
        return True

    def release(self) -> None:
        """Give it back."""
        self._depth -= 1
        if not self._depth:
            self._owner = None
            self._free.set()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()
