"""PASHA: ASHA that trains no trial further than needed to tell the best apart.

Owns how many rungs are open, and what decides it: the order of trials at the two highest of them. The rest is ASHA's.

Source: Bohdal et al. 2022, "PASHA: Efficient HPO and NAS with Progressive Resource Allocation", arXiv:2207.06940; the
soft ranking and its epsilon as in Syne Tune 0.13, ``hyperband_pasha.py``.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ..core.messages import PutRung, Row
from ..core.protocols import Verdict
from ..core.reasons import Reason, Show
from ..core.view import Losses, StudyIdentity
from .asha import ASHAPruner
from .base import BasePruner
from .ladder import LadderJudge
from .ranking import Key, RankedRung, TopShare
from .reach import ForecastingJudge


@dataclass(frozen=True, slots=True)
class PASHAPruner(BasePruner):
    """ASHA by promotion, whose upper rungs open only when the order of the trials is still changing.

    At first the two lowest rungs are open: trials pause at the second, and none is promoted from there. When a trial
    comes to the highest open rung, those who are there are ranked there and one rung below. If the two orders differ
    by more than noise, the next rung opens, at last the way to ``max_resource``. Trials may change places when their
    losses one rung below differ by at most epsilon: the 90th percentile of the distances, at their latest common step,
    of pairs at this rung whose order flipped and flipped back on the way there; at first 0.

    **No trial may ever be COMPLETE**: where the order does not change, no rung above the second is opened. Read the
    best from ``study.rungs``, and train it in a study of its own.

    A loss that is not finite ranks worst. With one rung, or none, this is ASHAPruner. What differs from Syne Tune's:
    ranks and epsilon are computed when a trial comes to the highest open rung, from the reports of those who are there;
    Syne Tune computes them at each report of any trial, so that they depend on how fast reports are delivered.

    Args:
        min_resource: step of the lowest rung.
        max_resource: step at which a full training ends; it is no rung.
        reduction_factor: eta; the top 1/eta of a rung goes on, to eta times the resource.

    Raises:
        ValueError: an argument out of its range; the message says the range.

    Source: Bohdal et al. 2022, algorithm 1 and section 4.2.
    """

    min_resource: int = 1
    max_resource: int | None = None
    reduction_factor: int = 3

    def __post_init__(self) -> None:
        asha = ASHAPruner(self.min_resource, self.max_resource, self.reduction_factor)
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, getattr(asha, name))

    @property
    def judges_several(self) -> bool:
        """False: a rung has one order."""
        return False

    @property
    def levels(self) -> tuple[int, ...]:
        """The rung levels, ascending; () when none is below max_resource."""
        return ASHAPruner(self.min_resource, self.max_resource, self.reduction_factor).levels

    def spec(self) -> dict[str, Any]:
        """``{"name": "PASHAPruner", **arguments}``."""
        return {"name": "PASHAPruner", **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    def judge(self, study: StudyIdentity) -> PASHAJudge:  # noqa: ARG002
        """Empty rungs for one study, of which two are open."""
        return PASHAJudge.of_levels(TopShare(self.reduction_factor), False, self.levels)


@dataclass(slots=True)
class PASHAJudge(ForecastingJudge):
    """The rungs of a study, of which the lowest ``n_open`` are open; one more than there are: max_resource is open too.

    ``below`` and ``top``: who came to the two highest open rungs by a report, with the keys there. ``top_order`` and
    ``below_order``: those of ``top``, ranked at the one and at the other. Whom another pruner let pass a rung before it
    was open (PatientPruner does) is in neither: it has no key below.
    """

    n_open: int = 2
    epsilon: float = 0.0
    distances: list[float] = field(default_factory=list)  # of pairs in top whose order is noise, sorted
    curves: dict[int, dict[int, float]] = field(default_factory=dict)  # trial -> step -> loss, until it pauses or ends
    below: dict[int, Key] = field(default_factory=dict)
    top: dict[int, Key] = field(default_factory=dict)
    top_order: list[tuple[Key, int]] = field(default_factory=list, compare=False)
    below_order: list[float] = field(default_factory=list, compare=False)

    # --- reports -----------------------------------------------------------------------------------------------------

    def report(self, number: int, step: float, losses: Losses) -> Verdict:
        """See Judge."""
        if number not in self.waiting and number not in self.retired and self.n_open <= len(self.ladder):
            self.curves.setdefault(number, {})[int(step)] = losses[0] if math.isfinite(losses[0]) else math.inf
        return LadderJudge.report(self, number, step, losses)

    def _record(
        self, number: int, rung: RankedRung, losses: Losses, how: str, *, waits: bool
    ) -> tuple[Key, PutRung]:
        key, row = LadderJudge._record(self, number, rung, losses, how, waits=waits)
        if how in ("exact", "late") and 1 < self.n_open <= len(self.ladder):
            if rung is self.ladder[self.n_open - 2]:
                self.below[number] = key
            elif rung is self.ladder[self.n_open - 1] and number in self.below:
                self._arrive(number, key)
        return key, row

    def _arrive(self, number: int, key: Key) -> None:
        """A trial has come to the highest open rung."""
        self._measure_noise(number)
        self._rank(number, key)
        if len(self.top) > 1 and not self._is_same_order():
            self._open()

    def _measure_noise(self, number: int) -> None:
        """The pairs of this trial with each one who is there already. O(n / eta) for each of its reports."""
        own = sorted(self.curves[number].items(), reverse=True)
        for other in self.top:
            distance = _noise(own, self.curves[other])
            if distance is not None:
                insort(self.distances, distance)
        if self.distances:
            self.epsilon = _percentile_90(self.distances)

    def _rank(self, number: int, key: Key) -> None:
        self.top[number] = key
        insort(self.top_order, (key, number))
        insort(self.below_order, self.below[number][0])

    def _is_same_order(self) -> bool:
        """Whether each one in the order above is within epsilon of the one at this place below."""
        ranked = (self.below[number][0] for _, number in self.top_order)
        pairs = zip(ranked, self.below_order, strict=True)
        return all(one == other or abs(one - other) <= self.epsilon for one, other in pairs)  # equal: also infinite

    def _open(self) -> None:
        """One more rung."""
        self.n_open += 1
        self.below, self.top = self.top, {}
        for found in (self.top_order, self.below_order, self.distances):
            found.clear()
        if self.n_open > len(self.ladder):
            self.below, self.curves = {}, {}  # nothing is left to decide
        for number in [number for number in self.curves if number in self.retired]:
            del self.curves[number]

    def reason(self, number: int, step: int, losses: Losses, show: Show) -> Reason | None:
        """See Explains: nobody leaves the highest open rung."""
        found = ForecastingJudge.reason(self, number, step, losses, show)
        index = self.following.get(number, 0)
        if found is None or index != self.n_open or self.n_open > len(self.ladder):
            return found
        place = self.level_text(number, self.ladder[index - 1].level)
        missing = f"{place} is the highest open rung; the next opens when the order of the trials changes there"
        return replace(found, holds=False, text=f"{found.text}; {place} is the highest open rung, and nobody leaves it",
                       missing=missing if number in self.waiting else "")  # fmt: skip

    # --- promotion and ends ------------------------------------------------------------------------------------------

    def _from_the_top(self) -> Iterator[RankedRung]:
        """See LadderJudge: not the highest open rung, unless all is open."""
        return reversed(self.ladder[: self.n_open - 1])

    def retire(self, number: int) -> None:
        """See Promoter. Those at the highest open rung still count in its order."""
        ForecastingJudge.retire(self, number)
        if number not in self.top:
            self.curves.pop(number, None)

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        """See Judge."""
        rows = LadderJudge.end(self, number, losses)
        if number not in self.top:
            self.curves.pop(number, None)
        return rows

    def dump(self) -> Any:
        """See ``Dumps``."""
        curves = [[number, list(curve.items())] for number, curve in self.curves.items()]
        above = [list(self.below.items()), list(self.top.items())]
        return [ForecastingJudge.dump(self), self.n_open, self.epsilon, self.distances, curves, above]

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        own, self.n_open, self.epsilon, self.distances, curves, (below, top) = data
        ForecastingJudge.load(self, own)
        self.curves = {number: dict(map(tuple, curve)) for number, curve in curves}
        self.below = {number: (loss, arrival) for number, (loss, arrival) in below}
        for number, (loss, arrival) in top:
            self._rank(number, (loss, arrival))


def _noise(own: list[tuple[int, float]], other: dict[int, float]) -> float | None:
    """How far two curves are apart at their latest common step, if their order flipped and flipped back; else None.

    Args:
        own: (step, loss), the latest step first.
        other: loss by step.
    """
    latest, distance, has_flipped = 0, math.inf, False
    for step, loss in own:
        if step not in other or loss == other[step]:
            continue
        order = 1 if loss > other[step] else -1
        if not latest:
            latest, distance = order, abs(loss - other[step])
        elif order != latest:
            has_flipped = True
        elif has_flipped:
            return distance if math.isfinite(distance) else None
    return None


def _percentile_90(values: list[float]) -> float:
    """The 90th percentile of sorted values, linear between two."""
    place = 0.9 * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


__all__ = ["PASHAPruner"]
