"""MO-ASHA: ASHA for several objectives. Owns the order of a rung by fronts; its judge is in ``ladder``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import shown
from ..core.messages import Row
from ..core.view import Losses, StudyIdentity
from ..pareto import nondominated_ranks
from .asha import ASHAPruner
from .base import BasePruner
from .ladder import LadderJudge
from .ranking import Key

Array = NDArray[np.float64]


def crowding_order(losses: Array) -> list[int]:
    """The rows of one front, shape (n, m), from the loneliest to the most crowded; equals in their order.

    A row like an earlier one is the most crowded of all: it adds nothing.

    Source: Deb et al. 2002, section III-B, on the different rows.
    """
    found, first = np.zeros(len(losses)), _first_of_each(losses)
    rows = 0.5 * losses[first]  # halves: the difference of two huge numbers stays finite
    distances = np.zeros(len(rows))
    for column in rows.T:
        order = np.argsort(column, kind="stable")
        width = column[order[-1]] - column[order[0]]
        distances[order[[0, -1]]] = np.inf
        if width > 0:
            distances[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / width
    found[first] = distances
    return [int(i) for i in np.argsort(-found, kind="stable")]


def net_order(losses: Array) -> list[int]:
    """The rows of one front, shape (n, m): the least of objective 0, then always the farthest from those before it.

    Objectives are scaled to the front's range; equals go in their order.

    Source: Salinas et al. 2021, "A Multi-objective Perspective on Jointly Tuning Hardware and Hyperparameters".
    """
    low, high = 0.5 * losses.min(axis=0), 0.5 * losses.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    rows = (0.5 * losses - low) / width
    order, far = [int(np.argmin(losses[:, 0]))], np.full(len(rows), np.inf)
    far[order[0]] = -1.0
    while len(order) < len(rows):
        gaps = rows - rows[order[-1]]
        distance = np.zeros(len(rows))
        for gap in gaps.T:  # one after another: a sum over an axis may round as the memory lies
            distance += gap * gap
        far = np.where(far < 0, far, np.minimum(far, distance))
        order.append(int(np.argmax(far)))
        far[order[-1]] = -1.0
    return order


def _first_of_each(losses: Array) -> list[int]:
    """The indices of the different rows, each of its first."""
    seen: dict[tuple[float, ...], int] = {}
    for i, row in enumerate((losses + 0.0).tolist()):  # -0.0 and 0.0 are one loss
        seen.setdefault(tuple(row), i)
    return list(seen.values())


_TIES: dict[str, Callable[[Array], list[int]]] = {"crowding": crowding_order, "epsnet": net_order}


@dataclass(frozen=True, slots=True)
class MOASHAPruner(BasePruner):
    """ASHA for several objectives: on top of a rung are its best floor(n / reduction_factor) by fronts.

    A rung is ordered by front (0: dominated by no other), within a front by ``tie``, and then by arrival. A trial of
    which any value is not finite ranks worst and ends. With one objective this is ASHAPruner, decision by decision.
    What was promoted stays promoted. Everything else, and the arguments that are not here, are ASHAPruner's.

    Args:
        min_resource: step of the lowest rung.
        max_resource: step at which a full training ends; it is no rung.
        reduction_factor: eta; the best 1/eta of a rung go on.
        mode: "promote" or "stop".
        min_early_stopping_rate: s; the lowest rung is at ``min_resource * eta**s``.
        tie: "crowding": the loneliest of a front first, by the crowding distance of NSGA-II among different points.
            "epsnet": the best in the first objective, then always the farthest from those before it, each objective
            scaled to the front's range.

    Raises:
        ValueError: an argument out of its range; the message says the range.

    Source: Schmucker et al. 2021, "Multi-objective Asynchronous Successive Halving", arXiv:2106.12639.
    """

    min_resource: int = 1
    max_resource: int | None = None
    reduction_factor: int = 3
    mode: str = "promote"
    min_early_stopping_rate: int = 0
    tie: str = "crowding"

    def __post_init__(self) -> None:
        asha = self._asha()
        for name in self.__dataclass_fields__:
            if name != "tie":
                object.__setattr__(self, name, getattr(asha, name))
        if not isinstance(self.tie, str) or self.tie not in _TIES:
            rule = f"tie must be one of {list(_TIES)}, got {shown(self.tie)}"
            raise ValueError(f"{rule}; it orders the trials of a front.")

    def _asha(self) -> ASHAPruner:
        return ASHAPruner(
            self.min_resource,
            self.max_resource,
            self.reduction_factor,
            mode=self.mode,
            min_early_stopping_rate=self.min_early_stopping_rate,
        )

    @property
    def judges_several(self) -> bool:
        """True: fronts order any number of objectives."""
        return True

    @property
    def levels(self) -> tuple[int, ...]:
        """The rung levels, ascending; () when none is below max_resource."""
        return self._asha().levels

    def spec(self) -> dict[str, Any]:
        """``{"name": "MOASHAPruner", **arguments}``."""
        return {"name": "MOASHAPruner", **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    def judge(self, study: StudyIdentity) -> LadderJudge:
        """Empty rungs for one study."""
        stops = self.mode == "stop"
        rule = FrontShare(self.reduction_factor, 1 if stops else 0, self.tie)
        return FrontJudge.of_levels(rule, stops, self.levels, n_objectives=len(study.directions))


@dataclass(frozen=True, slots=True)
class FrontShare:
    """The best floor(n / eta) of n by front, ``tie`` and arrival. ``at_least``: as in TopShare."""

    eta: int
    at_least: int
    tie: str

    @property
    def counts_ends(self) -> bool:
        """As in ASHA."""
        return True

    def has_lost(self, losses: Losses) -> bool:
        """See RankingRule."""
        return not all(map(math.isfinite, losses))

    def rung(self, level: int, bracket: int = 0) -> FrontRung:
        """See RankingRule."""
        return FrontRung(level, bracket, self)


@dataclass(slots=True)
class FrontRung:
    """A rung under FrontShare. A key's order is that of arrival.

    ``best``: the arrivals on top, best first, as they were when ``n_ranked`` had come. Who is on top may change with
    each arrival, so the fronts are computed when somebody asks, once for each: O(n log n) with two objectives.
    """

    level: int
    bracket: int
    rule: FrontShare
    numbers: list[int] = field(default_factory=list)
    losses: list[Losses] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)  # arrivals that may be promoted; membership only
    best: list[int] = field(default_factory=list, compare=False)
    n_ranked: int = field(default=0, compare=False)

    def record(self, number: int, losses: Losses, *, waits: bool) -> Key:
        """See RankedRung."""
        arrival = len(self.numbers)
        self.numbers.append(number)
        self.losses.append(losses)
        if waits:
            self.waiting.add(arrival)
        return self.key(arrival)

    def key(self, arrival: int) -> Key:
        """See RankedRung."""
        return 0.0, arrival

    def _on_top(self) -> list[int]:
        n = len(self.numbers)
        if self.n_ranked != n:
            self.n_ranked = n
            self.best = self._ranked(max(self.rule.at_least, n // self.rule.eta))
        return self.best

    def _ranked(self, quota: int) -> list[int]:
        """The best ``quota`` arrivals."""
        if quota == 0:
            return []
        worst = (math.inf,) * len(self.losses[0])
        rows = np.array([worst if self.rule.has_lost(losses) else losses for losses in self.losses])
        ranks = nondominated_ranks(rows, enough=quota)
        found: list[int] = []
        rank = 0
        while len(found) < quota:
            front = np.flatnonzero(ranks == rank)
            is_finite = bool(np.isfinite(rows[front[0]]).all())  # those that have lost are the last front, all equal
            order = _TIES[self.rule.tie](rows[front]) if is_finite else range(len(front))
            found += [int(front[i]) for i in order]
            rank += 1
        return found[:quota]

    def is_on_top(self, key: Key) -> bool:
        """See RankedRung."""
        return key[1] in self._on_top()

    def candidates(self) -> Iterator[int]:
        """See RankedRung."""
        return (self.numbers[arrival] for arrival in self._on_top() if arrival in self.waiting)

    def take(self, key: Key) -> None:
        """See RankedRung."""
        self.waiting.remove(key[1])

    def dump(self) -> Any:
        """See RankedRung."""
        return [self.numbers, self.losses, sorted(self.waiting)]

    def load(self, data: Any) -> None:
        """See RankedRung."""
        self.numbers, losses, waiting = data
        self.losses, self.waiting = [tuple(each) for each in losses], set(waiting)


@dataclass(slots=True)
class FrontJudge(LadderJudge):
    """A judge of rungs of vectors."""  # slots: no bare super()

    n_objectives: int = 1

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        """See LadderJudge. A failed trial is worst in each objective."""
        return LadderJudge.end(self, number, (math.inf,) * self.n_objectives if losses is None else losses)


__all__ = ["FrontJudge", "FrontRung", "FrontShare", "MOASHAPruner", "crowding_order", "net_order"]
