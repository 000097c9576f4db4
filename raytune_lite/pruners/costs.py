"""ASHA by what trials cost: which share of a rung's cost is promoted, and levels that are seconds.

Owns the cost of each entry of a rung. Everything else of ASHA's judge is in ``ladder``. The judge follows ``Timed``: it
is told what a trial has cost just before each of its reports and before its end, and reads no clock.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from ..core.messages import PutRung
from ..core.protocols import Cost, Verdict
from ..core.schedules import Every, Schedule
from ..core.view import Losses
from .ladder import LadderJudge
from .ranking import Key, RankedRung, ShareRung, TopShare

_SCALE = 40  # binary places of a cost that count: sums of integers have no order, and equal costs are equal
_MOST = 1e200  # a cost above it counts as this


class CostShare(TopShare):
    """The best k of n, for the largest k with C(k) <= C(n) / eta, where C(k) is what the best k have cost together.

    Where all cost the same this is ``TopShare``: k = floor(n / eta). A trial of which nobody knows the cost (0, or no
    number) counts like the mean of those at the rung whose cost is known.

    Source: Syne Tune 0.13, ``hyperband_cost_promotion``.
    """

    def rung(self, level: int, bracket: int = 0) -> CostRung:
        """See RankingRule."""
        return CostRung(level, bracket, self)


@dataclass(slots=True)
class CostRung(ShareRung):
    """A rung under CostShare: the heaps of ShareRung, which meet where the share of the cost is used up.

    ``costs``: of each entry in the order of arrival, an integer; 0: nobody knows it.
    """

    costs: list[int] = field(default_factory=list)
    known: int = field(default=0, compare=False)  # sum of the costs, and of those on top
    known_on_top: int = field(default=0, compare=False)
    n_unknown: int = field(default=0, compare=False)
    n_unknown_on_top: int = field(default=0, compare=False)

    def record(self, number: int, losses: Losses, *, waits: bool, cost: float = 0.0) -> Key:
        """See RankedRung. ``cost``: what the trial has cost until here."""
        key = self._key(len(self.numbers), losses)
        self.numbers.append(number)
        self.losses.append(losses)
        self._add_cost(whole(cost))
        if waits:
            self.waiting.add(key[1])
        if self.best and key < self._last_on_top():
            self._put_on_top(key)
        else:
            heappush(self.others, key)
        while self.best and not self._fits():
            self._take_off()
        while self.others:
            self._put_on_top(heappop(self.others))
            if not self._fits():
                self._take_off()
                break
        return key

    def _add_cost(self, cost: int) -> None:
        self.costs.append(cost)
        self.known += cost
        self.n_unknown += not cost

    def _put_on_top(self, key: Key) -> None:
        heappush(self.best, (-key[0], -key[1]))
        self.known_on_top += self.costs[key[1]]
        self.n_unknown_on_top += not self.costs[key[1]]
        self._enter(key)

    def _take_off(self) -> None:
        loss, arrival = heappop(self.best)
        self.known_on_top -= self.costs[-arrival]
        self.n_unknown_on_top -= not self.costs[-arrival]
        self._leave((-loss, -arrival))

    def _fits(self) -> bool:
        """Whether those on top may be there together: C(k) <= C(n) / eta, in integers; m known costs sum up to K."""
        if len(self.best) <= self.rule.at_least:
            return True
        n, unknown = len(self.numbers), self.n_unknown
        if unknown == n:
            return len(self.best) * self.rule.eta <= n
        m = n - unknown
        on_top = m * self.known_on_top + self.n_unknown_on_top * self.known
        return self.rule.eta * on_top <= self.known * n

    def dump(self) -> Any:
        """See RankedRung: as of a ShareRung, then the costs."""
        return [*ShareRung.dump(self), self.costs]

    def load(self, data: Any) -> None:
        """See RankedRung."""
        self.numbers, losses, waiting, costs = data
        self.losses, self.waiting = [(loss,) for loss in losses], set(waiting)
        for cost in costs:
            self._add_cost(cost)
        keys = [self._key(arrival, losses) for arrival, losses in enumerate(self.losses)]
        self.others = sorted(keys)  # a sorted list is a heap
        while self.others:
            self._put_on_top(heappop(self.others))
            if not self._fits():
                self._take_off()
                break


def whole(cost: float) -> int:
    """A cost as an integer, in units that no clock has; 0 for what is no cost: not positive, or NaN."""
    return int(math.ldexp(min(cost, _MOST), _SCALE)) if cost > 0 else 0


@dataclass(slots=True)
class TimedJudge(LadderJudge):
    """A judge of rungs that hears what trials cost.

    Args:
        by_seconds: levels are seconds of training, and a trial crosses one with its first report at or past it.
        cost: of what a rung's share is counted: "seconds", a user attribute's name, or None: of trials.
    """

    by_seconds: bool = False
    cost: str | None = None
    # what was told last: (trial, seconds, cost); a report or an end follows at once, so it is no state
    told: tuple[int, float, float] = field(default=(-1, 0.0, 0.0), compare=False)

    def note_cost(self, number: int, cost: Cost) -> None:
        """See Timed."""
        self.told = (number, cost.seconds, self._cost_in(cost))

    def _cost_in(self, cost: Cost) -> float:
        if self.cost == "seconds":
            return cost.seconds
        text = cost.user_attrs.get(self.cost or "")
        value: Any = None if text is None else json.loads(text)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return float(value) if is_number and abs(value) < _MOST else 0.0

    def level_text(self, number: int, level: int) -> str:
        """A rung in words."""
        return f"{level} s of training" if self.by_seconds else LadderJudge.level_text(self, number, level)

    def schedule(self, number: int) -> Schedule:
        """The rungs; where they are seconds, each step: the worker does not know when one is crossed."""
        return Every(0, 1) if self.by_seconds else LadderJudge.schedule(self, number)

    def report(self, number: int, step: float, losses: Losses) -> Verdict:
        """See LadderJudge. Where levels are seconds, those of this report stand for its step."""
        told, seconds, _ = self.told
        reached = step if not self.by_seconds else seconds if told == number else 0.0
        return LadderJudge.report(self, number, reached, losses)

    def _note_overshot(self, number: int, step: float) -> None:
        if not self.by_seconds:  # else each step is due anyway
            LadderJudge._note_overshot(self, number, step)

    def _record(
        self, number: int, rung: RankedRung, losses: Losses, how: str, *, waits: bool
    ) -> tuple[Key, PutRung]:
        if not isinstance(rung, CostRung):
            return LadderJudge._record(self, number, rung, losses, how, waits=waits)
        told, _, cost = self.told
        key = rung.record(number, losses, waits=waits, cost=cost if told == number else 0.0)
        return key, PutRung(number=number, level=rung.level, losses=losses, how=how, bracket=self.bracket(number))


__all__ = ["CostRung", "CostShare", "TimedJudge", "whole"]
