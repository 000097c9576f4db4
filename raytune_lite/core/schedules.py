"""When a decision is due in a trial: a value that a judge gives, and that travels to the worker with the assignment.

A decision is due at the first report whose step reaches ``next_after`` of the largest step decided so far (-1: none).
So a report past a due step counts for it, and a step reported out of order, below an earlier one, is not due; under
``Each`` it is.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Levels:
    """Due at each of ``levels``: the rungs of a trial's bracket.

    Args:
        levels: steps, ascending.

    Raises:
        ValueError: a level that is no integer >= 0, or not above the one before it.
    """

    levels: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        before = -1
        for level in self.levels:
            if not _is_step(level) or level <= before:
                raise ValueError(f"levels must be ascending integers >= 0, got {self.levels!r:.200}; sort them.")
            before = level

    def next_after(self, step: int) -> int | None:
        """The next due step past ``step``, or None when there is none."""
        index = bisect_right(self.levels, step)
        return self.levels[index] if index < len(self.levels) else None

    def passed(self, step: int) -> int:
        """How many due steps are at or below ``step``."""
        return bisect_right(self.levels, step)


@dataclass(frozen=True, slots=True)
class Every:
    """Due at ``first``, ``first + interval``, ``first + 2 * interval``, ...: a warm-up and an interval.

    Args:
        first: the first due step, at least 0.
        interval: steps between two due ones, at least 1.

    Raises:
        ValueError: an argument that is no integer in its range.
    """

    first: int = 0
    interval: int = 1

    def __post_init__(self) -> None:
        if not _is_step(self.first) or not _is_step(self.interval) or self.interval < 1:
            raise ValueError(
                f"first must be an integer >= 0 and interval one >= 1, got first={self.first!r}, "
                f"interval={self.interval!r}."
            )

    def next_after(self, step: int) -> int:
        """The next due step past ``step``."""
        if step < self.first:
            return self.first
        return step + self.interval - (step - self.first) % self.interval

    def passed(self, step: int) -> int:
        """How many due steps are at or below ``step``."""
        return 0 if step < self.first else 1 + (step - self.first) // self.interval


@dataclass(frozen=True, slots=True)
class Never:
    """No decision is ever due."""

    def next_after(self, step: int) -> None:
        """None: there is no due step."""

    def passed(self, step: int) -> int:  # noqa: ARG002
        """0: there is no due step."""
        return 0


@dataclass(frozen=True, slots=True)
class Each:
    """A decision is due at each report, in whatever order the steps come: for steps that are numbers of instances."""

    def next_after(self, step: int) -> int:  # noqa: ARG002
        """0: whatever step is reported next, it is due."""
        return 0

    def passed(self, step: int) -> int:  # noqa: ARG002
        """0: no step is further than another."""
        return 0


Schedule = Levels | Every | Never | Each


def _is_step(value: Any) -> bool:
    return type(value) is int and value >= 0
