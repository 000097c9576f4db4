"""What the simulated study has cost, added up attempt by attempt; nothing may begin once that is what it may cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core import messages as m

EPSILON = 1e-6  # of money, for sums in another order


class Costs:
    """The attempts of one study, each with its cost.

    Args:
        check: fails the history when its condition does not hold.
    """

    def __init__(self, check: Callable[[bool, str], None]) -> None:
        self._check = check
        self._price, self._most = 0.0, float("inf")  # money per second of a slot; what the study may cost
        self._prices: dict[tuple[int, int], float] = {}  # the same of an attempt that has said its own
        self._began: dict[tuple[int, int], float] = {}  # (trial, attempt) -> when
        self._live: dict[tuple[int, int], float] = {}  # the same of those that run
        self._ended: dict[tuple[int, int], float] = {}  # what each cost

    def take(self, events: Sequence[m.Event], rows: Sequence[m.Row]) -> None:
        """Events of one transaction, and their rows."""
        started = next((event for event in events if isinstance(event, m.RunStarted)), None)
        for event in events:
            if isinstance(event, m.AttemptBegan) and event.node is not None and event.price is not None:
                self._prices.setdefault((event.number, event.attempt), event.price / 3600.0)
        for row in rows:
            if isinstance(row, m.EndAttempt):
                self._end(row, started)
        if started is not None:
            self._price = started.price / 3600.0
            self._most = float("inf") if started.max_cost is None else started.max_cost
        for row in rows:
            if isinstance(row, m.NewAttempt):
                used = self.at(row.started, {row.number})
                what = f"attempt {row.attempt} of trial {row.number} begins when {used:.6f} of {self._most} are used"
                self._check(used < self._most + EPSILON, what)
            if isinstance(row, m.BeginAttempt):
                has_one = self._price > 0.0 or (row.number, row.attempt) in self._prices
                self._check(has_one, f"attempt {row.attempt} of trial {row.number} begins without a price")
            if isinstance(row, (m.NewAttempt, m.BeginAttempt)):
                self._began[row.number, row.attempt] = self._live[row.number, row.attempt] = row.started

    def _end(self, row: m.EndAttempt, started: m.RunStarted | None) -> None:
        key, until = (row.number, row.attempt), row.ended
        began = self._began.get(key)
        if began is None:
            return  # it begins and ends in this transaction
        is_left = key in self._live and row.outcome == m.FailureKind.DRIVER_LOST.value
        if started is not None and started.before_until is not None and is_left:  # nobody worked after that
            until = min(until, max(began, started.before_until))
        self._live.pop(key, None)
        self._ended[key] = self._prices.get(key, self._price) * (until - began)

    def at(self, time: float, without: set[int]) -> float:
        """The cost at a time, without the live attempts of some trials: they begin in the same transaction."""
        live = [(key, began) for key, began in self._live.items() if key[0] not in without]
        return sum(self._ended.values()) + sum(self._prices.get(key, self._price) * (time - at) for key, at in live)


__all__ = ["Costs"]
