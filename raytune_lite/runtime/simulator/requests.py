"""What the simulated user asked of the running study, and what must follow: the auditor's tables of control.

Which of a commit's attempts began before one of its requests and which after, its rows do not say; where that matters,
the tables from before the commit count.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...core import messages as m

CONTROL = (m.TrialStopRequested, m.StudyPaused, m.StudyUnpaused, m.RunExtended, m.SlotsResized)

_ORDERS = (m.TrialStopRequested, m.StudyPaused, m.SlotsResized)


class Requests:
    """The requests of one run, and the trials that were stopped in any.

    Args:
        check: fails the history when its condition does not hold.
    """

    def __init__(self, check: Callable[[bool, str], None]) -> None:
        self._check = check
        self.stopped: frozenset[int] = frozenset()  # trials
        self._ordered: set[tuple[int, int]] = set()  # attempts that were perhaps ordered to end; membership only
        self._paused = False
        self._slots = math.inf
        self._leaving: frozenset[str] = frozenset()  # nodes
        self._nodes: dict[tuple[int, int], str] = {}  # attempt -> node
        self._before = (self.stopped, self._slots, self._leaving)
        self._now: tuple[m.Event, ...] = ()  # of this commit, those that tell attempts to end

    def begins(self, events: Sequence[m.Event], rows: Sequence[m.Row], live: Mapping[int, int]) -> None:
        """A commit is about to be taken in. ``live``: trial -> its live attempt."""
        if any(isinstance(row, m.NewAttempt) for row in rows):
            unpaused = any(isinstance(event, (m.StudyUnpaused, m.RunStarted)) for event in events)
            self._check(not self._paused or unpaused, "an attempt begins in a paused study")
        self._before = (self.stopped, self._slots, self._leaving)
        self._now = tuple(event for event in events if isinstance(event, _ORDERS))
        for event in events:
            if isinstance(event, m.RunStarted):
                self._paused, self._slots, self._leaving = False, math.inf, frozenset()
            elif isinstance(event, m.NodesLeaving):
                self._leaving = frozenset(node for node, _ in event.nodes)
                there = [key for key in live.items() if self._nodes.get(key) in self._leaving]
                self._ordered.update(there)
            elif isinstance(event, CONTROL):
                self._take(event, live)

    def _take(self, event: Any, live: Mapping[int, int]) -> None:
        if isinstance(event, m.TrialStopRequested):
            self.stopped |= {event.number}
            self._ordered.add((event.number, live.get(event.number, 0)))
        elif isinstance(event, (m.StudyPaused, m.StudyUnpaused)):
            self._paused = isinstance(event, m.StudyPaused)
        elif isinstance(event, m.SlotsResized):
            self._slots = event.n_slots
        if isinstance(event, (m.StudyPaused, m.SlotsResized)):
            self._ordered.update(live.items())

    def attempt_begins(self, row: m.NewAttempt, n_live: int) -> None:
        """An attempt begins; with it ``n_live`` are live."""
        number, attempt, node = row.number, row.attempt, row.node
        stopped, slots, leaving = self._before
        self._nodes[number, attempt] = node
        is_left = node in leaving and node in self._leaving
        self._check(not is_left, f"attempt {attempt} of trial {number} begins on {node}, which leaves")
        if any(getattr(event, "number", number) == number for event in self._now):
            self._ordered.add((number, attempt))
        self._check(number not in stopped, f"trial {number} was stopped, and begins again")
        self._check(n_live <= max(slots, self._slots), f"{n_live} attempts at once, {slots} are allowed")

    def placed(self, row: m.BeginAttempt) -> None:
        """The task of an attempt that was claimed before begins; if its node leaves, it is told to end."""
        self._nodes[row.number, row.attempt] = row.node
        if row.node in self._leaving | self._before[2]:
            self._ordered.add((row.number, row.attempt))

    def excuse(self, number: int, attempt: int) -> bool:
        """Whether the attempt was perhaps ordered to end: that it is lost costs no retry then."""
        return (number, attempt) in self._ordered


__all__ = ["CONTROL", "Requests"]
