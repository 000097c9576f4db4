"""Messages between simulated processes: late, lost, doubled, out of order; and the call that waits for its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..virtual.world import Process, Signal, World

BROKEN = object()  # the answer to a call whose other end is no longer there


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is an error, to be raised by the caller."""

    error: Exception


def transmit(world: World, what: str, deliver: Callable[..., Any], *arguments: Any) -> None:
    """Have a message delivered some time later, once; or never, or twice, in whatever order."""
    if world.strikes("message is lost", what):
        return
    for _ in range(2 if world.strikes("message is doubled", what) else 1):
        seconds = world.between("latency", 0.001, 0.02)
        if world.strikes("message is late", what):
            seconds += world.between("lateness", 0.5, 45.0)
        world.after(seconds, deliver, *arguments)


class Server:
    """The listening side of a process: each call that arrives is handled in a thread of its own."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._waiting: dict[int, Callable[[Any], None]] = {}  # calls that have no answer yet
        self._calls = 0
        process.on_death.append(self._hang_up)

    def receive(self, answer: Callable[[Any], None], body: Callable[[], Any]) -> None:
        """A call has arrived: run ``body`` in a thread of this process and answer what it returns or raises."""
        if not self.process.alive:
            answer(BROKEN)
            return
        self._calls += 1
        call = self._calls
        self._waiting[call] = answer

        def handle() -> None:
            try:
                found = body()
            except Exception as error:  # noqa: BLE001  (it travels back to the caller)
                found = Refused(error)
            if self._waiting.pop(call, None) is not None:
                answer(found)

        self.process.start(handle)

    def _hang_up(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer(BROKEN)


def call(server: Server, what: str, body: Callable[[], Any], timeout: float) -> Any:
    """Have ``body`` run at the other end and wait: what it returned, or BROKEN when no answer came in time.

    Raises whatever ``body`` raised there.
    """
    world = server.process.world
    world.check_alive()
    answered = Signal(world)

    def answer(value: Any) -> None:
        transmit(world, f"answer to {what}", answered.set, value)

    transmit(world, what, server.receive, answer, body)
    found = answered.value if answered.wait(timeout) else BROKEN
    if isinstance(found, Refused):
        raise found.error
    return found
