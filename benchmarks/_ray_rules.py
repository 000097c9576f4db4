"""Ray Tune 2.60's stopping rules as pruners, for comparison: written anew from what they do, NaN included.

Left out of the median rule: Ray pauses a trial for others that wait when there are too few to compare with, which only
orders them otherwise. Ray's HyperBandScheduler, which waits for whole brackets, is not here.
"""

from __future__ import annotations

import math
from bisect import insort
from dataclasses import dataclass, field
from itertools import accumulate, repeat
from typing import Any

from raytune_lite.core.messages import Decision
from raytune_lite.core.protocols import Verdict
from raytune_lite.core.schedules import Every, Levels
from raytune_lite.core.view import Losses, StudyIdentity

_GO_ON, _STOP = Verdict(Decision.CONTINUE), Verdict(Decision.STOP)


@dataclass(frozen=True)
class RayASHA:
    """AsyncHyperBandScheduler with one bracket: a trial ends at a rung if it is worse than the quantile of the others
    there (numpy's nanpercentile, own value not among them). NaN is never worse, so such a trial goes on.
    """

    grace_period: int
    max_t: int
    reduction_factor: int
    judges_several = False

    def spec(self) -> dict[str, Any]:
        return {"name": "RayASHA", **self.__dict__}

    def judge(self, study: StudyIdentity) -> _RayASHAJudge:  # noqa: ARG002
        rungs = int(math.log(self.max_t / self.grace_period) / math.log(self.reduction_factor) + 1)
        levels = tuple(accumulate(repeat(self.reduction_factor, rungs - 1), lambda a, b: a * b, initial=1))
        return _RayASHAJudge(self.reduction_factor, Levels(tuple(self.grace_period * level for level in levels)))


@dataclass
class _RayASHAJudge:
    eta: int
    levels: Levels
    rungs: dict[int, list[float]] = field(default_factory=dict)  # sorted, without NaN

    def schedule(self, number: int) -> Levels:  # noqa: ARG002
        return self.levels

    def report(self, number: int, step: int, losses: Losses) -> Verdict:  # noqa: ARG002
        if step not in self.levels.levels:
            return _GO_ON
        rung, own = self.rungs.setdefault(step, []), losses[0]
        ends = bool(rung) and own > _quantile(rung, 1 / self.eta)
        if not math.isnan(own):
            insort(rung, own)
        return _STOP if ends else _GO_ON

    def end(self, number: int, losses: Losses | None) -> tuple[()]:  # noqa: ARG002
        return ()


@dataclass(frozen=True)
class RayMedian:
    """MedianStoppingRule with hard_stop: a trial ends if its best loss so far is worse than the median of the running
    means of the others that came as far, if there are at least three with a finite one. Best and mean are Python's, so
    a NaN among the reports makes the mean NaN, and the best one if it was the first.
    """

    grace_period: int = 1
    min_samples_required: int = 3
    judges_several = False

    def spec(self) -> dict[str, Any]:
        return {"name": "RayMedian", **self.__dict__}

    def judge(self, study: StudyIdentity) -> _RayMedianJudge:  # noqa: ARG002
        return _RayMedianJudge(self)


@dataclass
class _RayMedianJudge:
    rule: RayMedian
    sums: dict[int, tuple[int, float, float]] = field(default_factory=dict)  # by trial: reports, their sum, the best
    means: dict[int, list[float]] = field(default_factory=dict)  # by step, sorted: finite running means

    def schedule(self, number: int) -> Every:  # noqa: ARG002
        return Every(self.rule.grace_period, 1)

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        own = losses[0]
        n, total, best = self.sums.get(number, (0, 0.0, own))
        self.sums[number] = n + 1, total + own, min(best, own)
        n, total, best = self.sums[number]
        others = self.means.setdefault(step, [])
        middle = _quantile(others, 0.5) if len(others) >= self.rule.min_samples_required else math.inf
        ends = math.isfinite(middle) and min(middle, best) != best
        if math.isfinite(total):
            insort(others, total / n)
        return _STOP if ends else _GO_ON

    def end(self, number: int, losses: Losses | None) -> tuple[()]:  # noqa: ARG002
        self.sums.pop(number, None)
        return ()


def _quantile(ordered: list[float], share: float) -> float:
    """Of sorted numbers, as numpy has it: linear between neighbours."""
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    above = ordered[min(low + 1, len(ordered) - 1)]
    return ordered[low] if above == ordered[low] else ordered[low] + (at - low) * (above - ordered[low])
