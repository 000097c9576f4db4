"""Messages between simulated processes: late, lost, doubled, out of order; and the call that waits for its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .world import Signal, World

BROKEN = object()  # the answer to a call whose other end is no longer there


def transmit(world: World, what: str, deliver: Callable[..., Any], *arguments: Any) -> None:
    """Have a message delivered some time later, once; or never, or twice, in whatever order."""
    if world.strikes("message is lost", what):
        return
    for _ in range(2 if world.strikes("message is doubled", what) else 1):
        seconds = world.between("latency", 0.001, 0.02)
        if world.strikes("message is late", what):
            seconds += world.between("lateness", 0.5, 45.0)
        world.after(seconds, deliver, *arguments)


def ask(world: World, what: str, receive: Callable[[Callable[[Any], None]], None], timeout: float) -> Any:
    """Send a request and wait: the answer, or BROKEN when there is none in time.

    ``receive`` is called at the other end, with the function that takes its answer.
    """
    answered = Signal(world)

    def answer(value: Any) -> None:
        transmit(world, f"answer to {what}", answered.set, value)

    transmit(world, what, receive, answer)
    return answered.value if answered.wait(timeout) else BROKEN
