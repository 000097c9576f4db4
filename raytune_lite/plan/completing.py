"""Curves that end early, continued: multiple imputation from the curves that went on. Knows no study and no rule.

A curve that was cut at step k is continued like one of the curves that went on past k, drawn from the few that were
nearest to it there; each draw is another guess, so that what is simulated with many draws shows how little is known.
Source of the idea: Rubin 1987, "Multiple imputation for nonresponse in surveys"; hot-deck imputation. The distance, the
scale and the horizon are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .curves import COMPLETE, Curve

Array = NDArray[np.float64]
NEAREST = 5  # curves that went on, of which one is drawn
SCALE = (0.25, 4.0)  # a continuation is stretched by at most so much; chosen in benchmarks/plan.py, on its tune half
SLOPE = 0.5  # weight of the slope's rank beside the value's rank


class Completer:
    """The curves of a study, to be completed again and again.

    Args:
        curves: of trials that reported something; whole ones are left as they are.
        slowdown: factor on all times, for what interruptions cost.

    ``horizon``: the largest recorded step; nothing is continued past it.
    """

    def __init__(self, curves: Sequence[Curve], slowdown: float = 1.0) -> None:
        self.curves = [_slower(curve, slowdown) for curve in curves]
        self.horizon = max(curve.steps[-1] for curve in curves)
        # the longest first, so that a curve is continued by one that is complete already
        self._order = sorted(range(len(curves)), key=lambda k: -self.curves[k].steps[-1])
        self._near = {k: self._nearest(k) for k in self._order if self._is_cut(k)}

    def _is_cut(self, k: int) -> bool:
        return not self.curves[k].is_whole and self.curves[k].steps[-1] < self.horizon

    def _nearest(self, k: int) -> list[int]:
        """The curves that went on past the end of curve k and were most like it there."""
        step = self.curves[k].steps[-1]
        at = [j for j, curve in enumerate(self.curves) if curve.steps[-1] >= step]
        beyond = [j for j in at if self.curves[j].steps[-1] > step]
        values = ranks([value_at(self.curves[j], step) for j in at])
        slopes = ranks([_slope_at(self.curves[j], step) for j in at])
        place = {j: (values[i], slopes[i]) for i, j in enumerate(at)}
        mine = place[k]

        def distance(j: int) -> float:
            return float(abs(place[j][0] - mine[0]) + SLOPE * abs(place[j][1] - mine[1]))

        return sorted(beyond, key=lambda j: (distance(j), j))[:NEAREST]

    def draw(self, rng: np.random.Generator) -> list[Curve]:
        """All curves, each to its end or to the horizon."""
        found = list(self.curves)
        for k in self._order:
            curve = found[k]
            if curve.is_whole:
                continue
            if k in self._near:
                near = self._near[k]
                curve = _continued(curve, found[near[int(rng.integers(len(near)))]])
            found[k] = replace(curve, state=COMPLETE, loss=curve.losses[-1])
        return found


def _slower(curve: Curve, factor: float) -> Curve:
    if factor == 1.0:
        return curve
    return replace(curve, ends=tuple(factor * end for end in curve.ends), tail=factor * curve.tail)


def _continued(curve: Curve, donor: Curve) -> Curve:
    """The curve, with the donor's changes from there on; its own pace goes on.

    A curve that is behind its donor there does not overtake it.
    """
    step, n = curve.steps[-1], len(curve.steps)
    first = next(i for i, each in enumerate(donor.steps) if each > step)
    steps = donor.steps[first:]
    scale = _scale(curve, donor, first)
    begin = donor.losses[first - 1] if first else donor.losses[0]
    here, is_behind = curve.losses[-1], curve.losses[-1] >= begin
    losses = [here + scale * (loss - begin) for loss in donor.losses[first:]]
    if is_behind:
        losses = [max(mine, loss) for mine, loss in zip(losses, donor.losses[first:], strict=True)]
    gap = step - curve.steps[0] if n > 1 else 0
    pace = (curve.ends[-1] - curve.ends[0]) / gap if gap else curve.ends[-1] / max(1, step)
    return replace(
        curve,
        steps=curve.steps + steps,
        losses=curve.losses + tuple(losses),
        ends=curve.ends + tuple(curve.ends[-1] + pace * (each - step) for each in steps),
    )


def _scale(curve: Curve, donor: Curve, n_donor: int) -> float:
    """The ratio of the ranges up to there; 1 where one of them is flat or not finite."""
    mine, others = np.ptp(curve.losses), np.ptp(donor.losses[: max(1, n_donor)])
    if not (np.isfinite(mine) and np.isfinite(others)) or mine <= 0.0 or others <= 0.0:
        return 1.0
    return float(np.clip(mine / others, *SCALE))


def value_at(curve: Curve, step: int) -> float:
    """The report at the largest step that is not above; the first one where all are above."""
    place = int(np.searchsorted(curve.steps, step, side="right")) - 1
    return curve.losses[max(0, place)]


def _slope_at(curve: Curve, step: int) -> float:
    """The change over the last third of the steps up to there."""
    return value_at(curve, step) - value_at(curve, step - max(1, step // 3))


def ranks(values: Sequence[float]) -> Array:
    """Places from 0 to 1, the smallest first; NaN is last, and equal values share their mean place."""
    found = np.where(np.isfinite(values), values, np.inf)
    _, where, counts = np.unique(found, return_inverse=True, return_counts=True)
    middle: Any = np.cumsum(counts) - (counts + 1) / 2
    places: Array = middle[where] / max(1, len(values) - 1)
    return places


__all__ = ["NEAREST", "Completer", "ranks", "value_at"]
