"""Who is on top of a rung: a ranking rule, as a value, and the rungs that it makes.

Owns the order of one rung and who of it may still be promoted. Knows no trial's way and no other rung: see ``ladder``.

Source: Li et al. 2018, arXiv:1810.05934, Algorithm 2 (``top_k``).
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush, heappushpop
from typing import Any, Protocol

from ..core.view import Losses

Key = tuple[float, int]  # (what is ranked, smaller is better; arrival at the rung): a total order


class RankedRung(Protocol):
    """Everyone recorded at one level, and those of them that may still be promoted."""

    level: int
    bracket: int
    numbers: list[int]  # in the order of arrival, as losses: what samplers see
    losses: list[Losses]

    def record(self, number: int, losses: Losses, *, waits: bool) -> Key:
        """One more. ``waits``: it may be promoted later."""

    def key(self, arrival: int) -> Key:
        """The key of an entry, as ``record`` gave it."""

    def is_on_top(self, key: Key) -> bool:
        """Whether this entry is on top now."""

    def candidates(self) -> Iterator[int]:
        """Trials that wait and are on top, best first. Nothing is recorded or taken while it is read."""

    def take(self, key: Key) -> None:
        """Nobody promotes this entry (any more); it still counts."""

    def dump(self) -> Any:
        """All that it knows, as JSON."""

    def load(self, data: Any) -> None:
        """Take in what ``dump`` gave."""


class RankingRule(Protocol):
    """Makes the rungs of one study, and so says what "on top" means."""

    @property
    def counts_ends(self) -> bool:
        """Whether trials count at rungs that they did not reach: those that lost, failed, or were complete before."""

    def has_lost(self, losses: Losses) -> bool:
        """Whether such a trial can never be on top, so that it ends."""

    def rung(self, level: int, bracket: int = 0) -> RankedRung:
        """A rung where nobody is recorded."""


@dataclass(frozen=True, slots=True)
class TopShare:
    """The best floor(n / eta) of n.

    Args:
        eta: at least 2.
        at_least: 1: the best is on top of any rung, also of one of less than eta.
        bootstrap: nobody is on top while n <= bootstrap.
        like_optuna: whoever equals the last one on top is on top, infinities are losses like others, and NaN is not
            recorded. Else equal losses go to the earliest, and what is not finite ranks worst and has lost.
    """

    eta: int
    at_least: int = 0
    bootstrap: int = 0
    like_optuna: bool = False

    @property
    def counts_ends(self) -> bool:
        """Optuna's rule counts reports alone."""
        return not self.like_optuna

    def quota(self, n: int) -> int:
        """How many of n are on top."""
        return max(self.at_least, n // self.eta) if n > self.bootstrap else 0

    def has_lost(self, losses: Losses) -> bool:
        """See RankingRule."""
        return math.isnan(losses[0]) if self.like_optuna else not math.isfinite(losses[0])

    def rung(self, level: int, bracket: int = 0) -> ShareRung:
        """See RankingRule."""
        return ShareRung(level, bracket, self)


@dataclass(slots=True)
class ShareRung:
    """A rung under TopShare. Recording and promoting cost O(log n); n may be a million.

    Two heaps meet at the quota: the best ``quota(n)`` with the worst of them first, and all others with the best of
    them first. They follow from the losses and are not compared.
    """

    level: int
    bracket: int
    rule: TopShare
    numbers: list[int] = field(default_factory=list)
    losses: list[Losses] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)  # arrivals that may be promoted; membership only
    on_top: list[Key] = field(default_factory=list)  # those of them that are on top, best first
    best: list[Key] = field(default_factory=list, compare=False)  # keys with both signs changed
    others: list[Key] = field(default_factory=list, compare=False)

    def record(self, number: int, losses: Losses, *, waits: bool) -> Key:
        """See RankedRung."""
        key = self._key(len(self.numbers), losses)
        self.numbers.append(number)
        self.losses.append(losses)
        if waits:
            self.waiting.add(key[1])
        if self.best and key < self._last_on_top():
            pushed_out = heappushpop(self.best, (-key[0], -key[1]))
            self._leave((-pushed_out[0], -pushed_out[1]))
            self._enter(key)
        else:
            heappush(self.others, key)
        quota = self.rule.quota(len(self.numbers))
        while len(self.best) < quota:
            next_best = heappop(self.others)
            heappush(self.best, (-next_best[0], -next_best[1]))
            self._enter(next_best)
        return key

    def _key(self, arrival: int, losses: Losses) -> Key:
        return (math.inf if self.rule.has_lost(losses) else losses[0], arrival)

    def key(self, arrival: int) -> Key:
        """See RankedRung."""
        return self._key(arrival, self.losses[arrival])

    def _last_on_top(self) -> Key:
        loss, arrival = self.best[0]
        return -loss, -arrival

    def _enter(self, key: Key) -> None:
        if key[1] in self.waiting:
            insort(self.on_top, key)

    def _leave(self, key: Key) -> None:
        heappush(self.others, key)
        if key[1] in self.waiting:
            del self.on_top[bisect_left(self.on_top, key)]

    def is_on_top(self, key: Key) -> bool:
        """See RankedRung."""
        if not self.best:
            return False
        last = self._last_on_top()
        return key <= last or (self.rule.like_optuna and key[0] == last[0])

    def candidates(self) -> Iterator[int]:
        """See RankedRung."""
        return (self.numbers[arrival] for _, arrival in self.on_top)

    def take(self, key: Key) -> None:
        """See RankedRung."""
        self.waiting.remove(key[1])
        place = bisect_left(self.on_top, key)
        if self.on_top[place : place + 1] == [key]:
            del self.on_top[place]

    def dump(self) -> Any:
        """See RankedRung: trials and losses in the order of arrival, then the arrivals that wait, best first."""
        losses = [losses[0] for losses in self.losses]
        return [self.numbers, losses, sorted(self.waiting, key=lambda arrival: (losses[arrival], arrival))]

    def load(self, data: Any) -> None:
        """See RankedRung."""
        numbers, losses, waiting = data
        self.numbers, self.losses, self.waiting = numbers, [(loss,) for loss in losses], set(waiting)
        keys = [self._key(arrival, losses) for arrival, losses in enumerate(self.losses)]
        order, quota = sorted(keys), self.rule.quota(len(keys))
        self.best, self.others = [(-loss, -arrival) for loss, arrival in reversed(order[:quota])], order[quota:]
        self.on_top = [key for key in order[:quota] if key[1] in self.waiting]


__all__ = ["Key", "RankedRung", "RankingRule", "ShareRung", "TopShare"]
