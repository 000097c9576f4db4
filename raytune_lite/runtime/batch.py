"""Requests on their way to the core, and what a batch of them comes to before it is committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core import messages as m
from ..core.state import StudyState
from ..metrics.meter import Meter
from .suggest import Key, SuggestRequest


@dataclass(slots=True)
class Request:
    """An event on its way to the core, and where its answer goes: a value, or the error that refused it.

    ``text``: the event's JSON as its sender wrote it, which is stored unchanged; None: it is encoded once, for the log.
    ``slot``: of an AttemptEnded: whose task ended, which must be the one that holds the attempt; None: no check.
    ``stop``: set with the answer: why the event's attempt shall stop, or None.
    """

    event: m.Event
    reply: Callable[[Any], None]
    refuse: Callable[[Exception], None]
    text: str | None = None
    slot: str | None = None
    stop: str | m.Leave | None = None


Later = Callable[[SuggestRequest, Sequence[Request]], None]


@dataclass(slots=True)
class Commits:
    """How the database keeps up: commits with events in them, and what they took, in seconds.

    ``meter``: is told of each; None: nobody is.
    """

    meter: Meter | None = None
    n: int = 0
    events: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    def note(self, batch: Batch, seconds: float) -> None:
        """Count one commit."""
        self.n, self.events, self.seconds = self.n + 1, self.events + len(batch.entries), self.seconds + seconds
        self.longest = max(self.longest, seconds)
        if self.meter is not None:
            self.meter.committed(batch.entries, batch.rows, seconds)

    def opened(self, state: StudyState, at: float, seconds: float) -> None:
        """The study is open; see Meter."""
        if self.meter is not None:
            self.meter.opened(state, at, seconds)

    def __str__(self) -> str:
        n = max(self.n, 1)
        each = f"{self.events / n:.1f} events and {1000 * self.seconds / n:.1f} ms each"
        return f"{self.n} commits, {each}, the longest {1000 * self.longest:.0f} ms"


@dataclass(slots=True)
class Batch:
    """What the events of one batch lead to.

    ``put_off_for``: requests that wait for a suggestion, by its key. ``ended``: the newest attempt that has ended, of
    each trial that begins another one.
    """

    entries: list[m.LogEntry] = field(default_factory=list)
    rows: list[m.Row] = field(default_factory=list)
    discards: list[str] = field(default_factory=list)
    ended: dict[int, int] = field(default_factory=dict)
    put_off_for: dict[Key, tuple[SuggestRequest, list[Request]]] = field(default_factory=dict)

    def put_off(self, asked: SuggestRequest, request: Request) -> None:
        """The request cannot be answered before the sampler has been asked."""
        if asked.key not in self.put_off_for:
            self.put_off_for[asked.key] = (asked.still(), [])
        self.put_off_for[asked.key][1].append(request)


def as_it_came(text: str | None) -> str | None:
    """The text to store: the sender's, unless it needs a character that some database does not hold."""
    return text if text is not None and text.isascii() else None


__all__ = ["Batch", "Commits", "Later", "Request", "as_it_came"]
