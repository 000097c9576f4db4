"""Whether trials that are placed by what they need get their turns: a judge of the rules of decision 0049.

A task that waits for room may be overtaken by smaller ones. Nothing that its launcher asks for later than STALL after
it was submitted may overtake it; where an autoscaler may add nodes, only what is among the first BEHIND that were
submitted after it. So what may ever come before it is known STALL seconds after it was submitted, and ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

STALL = 2.0  # seconds, by the launcher's clock
BEHIND = 8  # tasks
FORGOTTEN = 600.0  # seconds after which a task that seems to have room counts as lost
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A task that has not begun. ``nth``: as which one of its launcher it was submitted."""

    number: int
    attempt: int
    at: float
    nth: int


class Turns:
    """The turns of one launcher's tasks.

    Args:
        now: its monotonic clock.
        is_live: whether an attempt of a trial is live, as the committed rows say: (number, attempt).
        grows: whether an autoscaler may add nodes.
        check: fails the history when its condition does not hold.
    """

    def __init__(
        self,
        now: Callable[[], float],
        is_live: Callable[[int, int], bool],
        grows: bool,
        check: Callable[[bool, str], None],
    ) -> None:
        self._now, self._is_live, self._grows, self._check = now, is_live, grows, check
        self._asked_at: dict[str, float] = {}  # by slot
        self._waiting: dict[str, _Waiting] = {}  # by slot
        self._n_submitted = 0

    def asked(self, slots: Sequence[str]) -> None:
        """The launcher asks for trials for these slots; for some of them again."""
        for slot in slots:
            self._asked_at.setdefault(slot, self._now())

    def submitted(self, slot: str, number: int, attempt: int) -> None:
        """The task of a slot is queued."""
        self._waiting[slot] = _Waiting(number, attempt, self._now(), self._n_submitted)
        self._n_submitted += 1

    def begins(self, slot: str, before: Sequence[str]) -> None:
        """A task begins. ``before``: slots whose tasks were queued earlier, by anybody, and wait on."""
        own = self._waiting.pop(slot, None)
        if own is None:
            return
        asked_at = self._asked_at.pop(slot)
        for other in before:
            waiting = self._waiting.get(other)
            if waiting is None or not self._is_live(waiting.number, waiting.attempt):
                continue  # another launcher's, or one that was given up
            late = asked_at - waiting.at
            if late <= STALL + _ROUNDING or self._now() - waiting.at > FORGOTTEN:
                continue
            behind = own.nth - waiting.nth
            what = f"{slot} begins before {other}, which had waited for {late:.1f} s when it was asked for"
            self._check(self._grows and behind <= BEHIND, f"{what}, and is number {behind} behind it")


__all__ = ["Turns"]
