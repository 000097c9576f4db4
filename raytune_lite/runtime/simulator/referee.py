"""Independent judges of the pruner's decisions: they see the committed rows and the answers, and no code of a pruner.

``Referee`` is the one of a study without a pruner; ``Ladder`` knows ASHA's, ``Stopping`` those of ``rules``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...core.messages import Decision, Event, PromoteRung, PutAttr, PutRung
from ...core.state import StudyState
from ...trial import TrialState

Violate = Callable[[str], Any]


class Referee:
    """Nothing is ever stopped, paused or recorded at a rung."""

    def __init__(self, violate: Violate) -> None:
        self._violate = violate
        self.ended: set[int] = set()  # trials; membership only
        self.attempt: dict[int, int] = {}  # trial -> its latest attempt

    def fresh(self) -> Referee:
        """One that has seen nothing."""
        return Referee(self._violate)

    def check(self, holds: bool, what: str) -> None:
        """An invariant."""
        if not holds:
            self._violate(what)

    # --- rows ----------------------------------------------------------------------------------------------------

    def hear(self, events: Sequence[Event]) -> None:
        """These are stored, and so are the rows that follow."""

    def attribute(self, row: PutAttr) -> None:
        """An attribute is stored."""

    def begins(self, number: int) -> None:
        """The trial's next attempt."""
        self.attempt[number] = self.attempt.get(number, 0) + 1

    def reported(self, number: int, step: int, values: tuple[float, ...]) -> None:
        """A report is stored."""

    def put(self, row: PutRung) -> None:
        """A trial is recorded at a rung."""
        self._violate(f"trial {row.number} is recorded at {row.level}, and there are no rungs")

    def promote(self, row: PromoteRung) -> None:
        """A trial is promoted."""
        self._violate(f"trial {row.number} is promoted, and there are no rungs")

    def replaces(self, child: int, loser: int, parent: int) -> None:
        """A new trial takes the place of one, and goes on from another."""
        self._violate(f"trial {loser} is replaced by {child} from {parent}, and nothing is replaced")

    def gone(self, number: int, state: TrialState) -> None:  # noqa: ARG002
        """The trial has ended."""
        self.ended.add(number)

    def valued(self, number: int, values: tuple[float, ...] | None) -> None:
        """A result is stored; None: there is none."""

    def settle(self) -> None:
        """A commit is over."""

    # --- answers, and the state --------------------------------------------------------------------------------------

    def answered(self, number: int, attempt: int, last: int, answer: Decision) -> None:  # noqa: ARG002
        """The decision that answers a batch of reports, the last of them at step ``last``."""
        self.check(answer is Decision.CONTINUE, f"trial {number}: answered {answer.value}, and nothing is pruned")

    def entries(self) -> list[tuple[int, int, bool]]:
        """(trial, level, whether it was promoted from there) of every record, sorted."""
        return []

    def compare(self, state: StudyState) -> None:
        """What the state knows against what the rows say."""


__all__ = ["Referee", "Violate"]
