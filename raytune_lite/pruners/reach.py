"""Which paused trials no future of a run can promote: what a judge of rungs says when the number of trials has a bound.

A rank at a rung never gets better, and in the end the best floor(n / eta) of n are on top. So with at most n trials to
come to a rung, whoever is behind the best floor(n / eta) is never promoted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, cast

from ..core.messages import Row
from .ladder import LadderJudge
from .ranking import Key, RankedRung, ShareRung


@dataclass(slots=True)
class _Limit:
    """The best ``quota`` of a rung: who of it can be on top at the end.

    ``near``: their keys with both signs changed, so that the worst comes first; ``n_seen``: arrivals that were looked
    at; ``n_waiting``: how many of the near ones wait.
    """

    quota: int
    n_seen: int = 0
    n_waiting: int = 0
    near: list[Key] = field(default_factory=list, compare=False)

    def look(self, rung: ShareRung, n: int) -> list[int]:
        """Take in the first ``n`` who have come; the trials that wait and are behind the quota now."""
        behind = []
        for arrival in range(self.n_seen, n):
            key = rung.key(arrival)
            self.n_waiting += arrival in rung.waiting
            heappush(self.near, (-key[0], -arrival))
        self.n_seen = n
        while len(self.near) > self.quota:
            arrival = -heappop(self.near)[1]
            if arrival in rung.waiting:
                self.n_waiting -= 1
                behind.append(rung.numbers[arrival])
        return behind

    def is_behind(self, key: Key) -> bool:
        """Whether an entry that was looked at cannot be on top."""
        return len(self.near) == self.quota and (not self.near or (-key[0], -key[1]) < self.near[0])


@dataclass(slots=True)
class ForecastingJudge(LadderJudge):
    """A judge of one bracket under ``TopShare`` that promotes, and follows Forecaster."""  # slots: no bare super()

    n_trials: int = -1
    limits: list[_Limit] = field(default_factory=list)

    @property
    def _shares(self) -> list[ShareRung]:
        """The ladder: its rungs are those of ``TopShare``."""
        return cast("list[ShareRung]", self.ladder)

    def out_of_reach(self, n_trials: int, n_active: int) -> list[int]:
        """See Forecaster."""
        if n_trials > self.n_trials:
            self.limits = []
        self.n_trials = n_trials
        found = []
        # who may still come to a rung: to the lowest one every trial that is not there; to each other one those who may
        # come to the rung below it, those who wait there within reach, and those who are on their way up
        to_come = max(0, n_trials - len(self._shares[0].numbers)) if self._shares else 0
        for i, rung in enumerate(self._shares):
            most = (len(rung.numbers) + to_come) // rung.rule.eta
            if i == len(self.limits):
                self.limits.append(_Limit(most))
            limit = self.limits[i]
            limit.quota = min(limit.quota, most)
            found += limit.look(rung, len(rung.numbers))
            to_come += limit.n_waiting + n_active
        return found

    def is_out_of_reach(self, number: int) -> bool:
        """See Forecaster."""
        return number in self.waiting and self._is_behind(*self.place(number))

    def _is_behind(self, rung: RankedRung, key: Key) -> bool:
        limits = zip(self._shares, self.limits, strict=False)
        return any(at is rung and limit.is_behind(key) for at, limit in limits)

    def least_promising(self) -> list[int]:
        """See Forecaster."""
        return [
            rung.numbers[arrival]
            for rung in self._shares
            for arrival in sorted(rung.waiting, key=rung.key, reverse=True)
        ]

    def retire(self, number: int) -> None:
        """See Promoter."""
        self._leave(number)
        LadderJudge.retire(self, number)

    def promote(self, number: int) -> tuple[Row, ...]:
        """See Promoter."""
        self._leave(number)
        return LadderJudge.promote(self, number)

    def _leave(self, number: int) -> None:
        """A trial is about to wait no more."""
        if number not in self.waiting:
            return
        rung, key = self.place(number)
        for at, limit in zip(self.ladder, self.limits, strict=False):
            if at is rung and key[1] < limit.n_seen and not limit.is_behind(key):
                limit.n_waiting -= 1

    def dump(self) -> Any:
        """See ``Dumps``."""
        return [LadderJudge.dump(self), self.n_trials, [[limit.quota, limit.n_seen] for limit in self.limits]]

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        # a compacted study may have a snapshot from before: the ladder alone
        own, self.n_trials, limits = data if len(data) == 3 else (data, -1, [])
        LadderJudge.load(self, own)
        self.limits = [_Limit(quota) for quota, _ in limits]
        for rung, limit, (_, n_seen) in zip(self._shares, self.limits, limits, strict=False):
            limit.look(rung, n_seen)


__all__ = ["ForecastingJudge"]
