"""An independent judge of MO-ASHA: fronts by comparing all pairs, crowding and farthest points in plain loops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ...core.messages import PutRung
from ...trial import StudyDirection
from .climbs import Climb
from .ladder import Ladder
from .referee import Violate

_Point = tuple[float, ...]


class FrontLadder(Ladder):
    """A Ladder whose rungs hold vectors."""

    def __init__(self, violate: Violate, climb: Climb, direction: StudyDirection) -> None:
        super().__init__(violate, climb, direction)
        self._points: dict[int, list[_Point]] = {}  # level -> in the order of arrival

    def fresh(self) -> FrontLadder:
        """One that has seen nothing."""
        return FrontLadder(self._violate, self.climb, self.direction)

    def put(self, row: PutRung) -> None:
        """A trial is recorded at a rung."""
        has_lost = not all(math.isfinite(loss) for loss in row.losses)
        points = self._points.setdefault(row.level, [])
        points.append((math.inf,) * len(row.losses) if has_lost else row.losses)
        super().put(replace(row, losses=points[-1]))

    def _best(self, level: int, rung: list[tuple[float, int]]) -> Sequence[int]:
        """Who is on top of a rung, best first, by arrival."""
        points = self._points[level] if rung else []
        pruner = self.climb.pruner
        quota = max(len(points) // pruner.reduction_factor, 1 if pruner.mode == "stop" else 0)
        left, order = list(range(len(points))), list[int]()
        while left and len(order) < quota:
            front = [i for i in left if not any(dominates(points[j], points[i]) for j in left)]
            left = [i for i in left if i not in front]
            order += (lonely_first if pruner.tie == "crowding" else far_first)(front, points)
        return [i for i in order[:quota] if math.isfinite(points[i][0])]


def dominates(one: _Point, other: _Point) -> bool:
    """Whether a point is nowhere worse than another, and somewhere better."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def lonely_first(front: list[int], points: list[_Point]) -> list[int]:
    """By crowding distance among the different points, the largest first; a repeated point is the last of all."""
    first = [i for i in front if all(points[i] != points[j] for j in front if j < i)]
    distance = dict.fromkeys(front, 0.0)
    for k in range(len(points[front[0]])):
        order = sorted(first, key=lambda i: points[i][k])
        width = points[order[-1]][k] / 2 - points[order[0]][k] / 2
        distance[order[0]] = distance[order[-1]] = math.inf
        for before, i, after in zip(order, order[1:], order[2:], strict=False):
            distance[i] += (points[after][k] / 2 - points[before][k] / 2) / width if width else 0.0
    return sorted(front, key=lambda i: -distance[i])


def far_first(front: list[int], points: list[_Point]) -> list[int]:
    """The least in objective 0, then always the one that is farthest from those before it."""
    columns = list(zip(*(points[i] for i in front), strict=True))
    scale = [(min(column) / 2, (max(column) / 2 - min(column) / 2) or 1.0) for column in columns]
    at = {i: [(x / 2 - low) / width for x, (low, width) in zip(points[i], scale, strict=True)] for i in front}
    chosen = [min(front, key=lambda i: points[i][0])]
    while len(chosen) < len(front):
        def gap(i: int) -> float:
            return min(float(sum((a - b) * (a - b) for a, b in zip(at[i], at[j], strict=True))) for j in chosen)

        chosen.append(max((i for i in front if i not in chosen), key=gap))
    return chosen


__all__ = ["FrontLadder", "dominates", "far_first", "lonely_first"]
