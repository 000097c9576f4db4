"""The trials that one task was given ahead: the next to begin, how those before it ended, and what is to be given back.

Ends travel as the task's return value. When the task takes longer than it was to, because one of its trials is not as
short as those before, the heartbeat's thread delivers the ends that there are and gives back what has not begun: a
result does not wait for another trial, and neither does a trial that could run elsewhere. Knows no Ray.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from ..core.encoding import event_to_json
from ..core.messages import Assignment, AttemptEnded, Outcome
from ..exceptions import MessageError, StaleAttemptError
from .attempt import AttemptResult
from .failures import AttemptInterrupted
from .host import Host

HAND_SECONDS = 1.0  # after which a task begins no further trial, so that Ray can place others

# How a trial ended: its AttemptEnded as JSON, whether it failed, whether ``catch`` lists the exception, how many
# seconds it took, the exception that ends the run, pickled (None: there is none, or it cannot travel), and what it left
# behind in its process, for people.
# A plain tuple: Ray's pickling of it is cheap, and a short trial pays for it.
End = tuple[bytes, bool, bool, float, bytes | None, str]


class EndChannel(Protocol):
    """The way of one attempt's end to the driver, beside the task's return value."""

    def begin(self, assignment: Assignment) -> None:
        """The messages that follow are of this attempt."""

    def end(self, event: AttemptEnded) -> None:
        """Deliver an end; it is stored when this returns."""


class Hand:
    """The trials of one task, in the order in which they were claimed.

    Args:
        assignments: what was claimed.
        host: clock and lock. The heartbeat's thread calls ``settle``.
        seconds: after which no further trial begins.
    """

    def __init__(self, assignments: Sequence[Assignment], host: Host, seconds: float = HAND_SECONDS) -> None:
        self._host, self._until = host, host.monotonic() + seconds
        self._waiting = deque(assignments)
        self._ends: dict[int, End] = {}  # by trial
        self._numbers = [assignment.number for assignment in assignments]
        self._undelivered: deque[tuple[Assignment, AttemptEnded]] = deque()
        self._lock = host.lock()

    def take(self) -> Assignment | None:
        """The next trial to begin; None when there is none, or no time for one."""
        with self._lock:
            is_late = self._host.monotonic() > self._until
            return None if is_late or not self._waiting else self._waiting.popleft()

    def note(
        self, assignment: Assignment, result: AttemptResult, seconds: float, exception: bytes | None = None
    ) -> None:
        """A trial is over, after so many seconds. When the run may end because of it, no further one begins."""
        event = result.event()
        failed = result.failure is not None
        self._ends[event.number] = (event_to_json(event).encode(), failed, result.caught, seconds, exception, "")
        self._undelivered.append((assignment, event))
        if result.outcome is Outcome.INTERRUPTED or not result.caught:
            with self._lock:
                self._waiting.clear()

    def ends(self) -> tuple[End | None, ...]:
        """How each trial ended; None: it has not begun."""
        return tuple(self._ends.get(number) for number in self._numbers)

    def settle(self, open_channel: Callable[[], EndChannel]) -> None:
        """If the task takes too long, deliver what is over and give back what has not begun. Called again and again.

        What is delivered here is returned by the task, too; an end that is known changes nothing.
        """
        with self._lock:
            if self._host.monotonic() <= self._until:
                return
            # from now on they begin no more, whether or not the driver is heard to have taken them back
            self._undelivered.extend((assignment, _given_back(assignment)) for assignment in self._waiting)
            self._waiting.clear()
        self.deliver(open_channel)

    def deliver(self, open_channel: Callable[[], EndChannel]) -> None:
        """Deliver what is over now, beside the task's return; what nobody takes is delivered there only."""
        while self._undelivered:
            assignment, event = self._undelivered[0]
            channel = open_channel()
            channel.begin(assignment)
            try:
                channel.end(event)
            except (StaleAttemptError, MessageError):  # the driver says what counts; the task's return meets it again
                pass
            except (Exception, AttemptInterrupted):  # noqa: BLE001  (nobody answers: the next beat tries again)
                return
            self._undelivered.popleft()


def _given_back(assignment: Assignment) -> AttemptEnded:
    return AttemptEnded(number=assignment.number, attempt=assignment.attempt, outcome=Outcome.INTERRUPTED)


__all__ = ["HAND_SECONDS", "End", "EndChannel", "Hand"]
