"""Why a judge decided as it did, in words and numbers. An optional protocol of judges, which decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from .view import Losses


class Show(Protocol):
    """A loss as the value that the objective gave, for people."""

    def __call__(self, loss: float, objective: int = 0) -> str:
        """``loss``: signed so that smaller is better. ``objective``: its index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a trial may go on, or may not.

    Args:
        text: the rule and the numbers that it saw, in words, such as "4th of 9 at step 9; the best 3 go on".
        holds: whether the rule lets the trial go on.
        numbers: the same numbers by name, as losses.
        missing: what must come before a trial that waits goes on; "" where it need not wait, or nothing can come.
    """

    text: str
    holds: bool
    numbers: Mapping[str, float] = field(default_factory=dict)
    missing: str = ""


@runtime_checkable
class Explains(Protocol):
    """A judge that says why. One that does not is shown by its pruner's name and its decision."""

    def reason(self, number: int, step: int, losses: Losses, show: Show) -> Reason | None:
        """Where a trial stands by what the judge knows now; changes nothing.

        Asked right after ``report`` and ``promote``, when what it knows is what it decided by; and later, while the
        trial waits.

        Args:
            number: the trial.
            step: of its latest report.
            losses: what it reported there.
            show: a loss for people.

        Returns:
            None: the judge has nothing to say about this trial.
        """


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th, ..."""
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


__all__ = ["Explains", "Reason", "Show", "ordinal"]
