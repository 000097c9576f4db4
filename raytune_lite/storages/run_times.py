"""When runs and their attempts were at work, as the log of a study tells."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..core import messages as m
from .records import AttemptRecord


@dataclass(slots=True)
class RunTimes:
    """The runs of a study, in one pass over its log. All times are seconds since the study was created.

    ``runs``: when each run began, and its start; ``run_ends``: the time of its last event. ``last_at``: time of the
    last event.
    """

    runs: list[tuple[float, m.RunStarted]] = field(default_factory=list)
    run_ends: list[float] = field(default_factory=list)
    last_at: float = 0.0

    def note(self, at: float, event: m.Event) -> None:
        """The next event of the log."""
        if isinstance(event, m.RunStarted):
            if self.runs and event.before_until is not None:  # its owner lived on, and logged nothing
                self.run_ends[-1] = max(self.run_ends[-1], min(at, event.before_until))
            self.runs.append((at, event))
            self.run_ends.append(at)
        self.last_at = max(self.last_at, at)
        if self.run_ends:
            self.run_ends[-1] = self.last_at

    def run_of(self, at: float) -> int:
        """The index of the latest run that had begun at this time; -1: none."""
        return bisect_right(self.runs, at, key=lambda run: run[0]) - 1

    def end_of(self, attempt: AttemptRecord) -> float:
        """When an attempt ended, as far as is known: of one that its run's death ended, the run's last event."""
        ended, run = self.last_at if attempt.ended is None else attempt.ended, self.run_of(attempt.started)
        if 0 <= run < len(self.run_ends) - 1:  # the next run may have begun days later, and found it dead
            ended = min(ended, self.run_ends[run])
        return max(attempt.started, ended)


def at_once(spans: Iterable[tuple[float, float]]) -> tuple[int, float]:
    """The most spans at one time (at least 1), and for how long there was one."""
    changes: list[tuple[float, int]] = []
    for start, end in spans:
        changes += [(start, 1), (end, -1)]  # of equal times the end comes first: one makes room for the next
    now = most = 0
    busy = since = 0.0
    for at, change in sorted(changes):
        if now == 0:
            since = at
        now += change
        most = max(most, now)
        if now == 0:
            busy += at - since
    return max(1, most), busy


__all__ = ["RunTimes", "at_once"]
