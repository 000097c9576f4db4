"""NSGA-III: NSGA-II whose last front survives by niches around reference directions, for many objectives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...arguments import integer_or_none, shown
from ..rng import rng_for
from .nsgaii import NSGAIISampler

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_FAR = 3.0  # ranges beyond the finite losses where infinite ones are taken to lie


class NSGAIIISampler(NSGAIISampler):
    """Evolution of a population that keeps near reference directions; for three objectives and more.

    Args:
        seed: integer >= 0; None draws one from the operating system and keeps it in ``spec()``.
        population_size: trials of a generation, and parents of the next, >= 2.
        reference_points: directions, each a list of one number >= 0 an objective; None: Das and Dennis's.
        dividing_parameter: into how many parts Das and Dennis cut each objective; None: as many as give no more points
            than ``population_size``.
        options: mutation, mutation_prob, crossover, crossover_prob, swapping_prob and Optuna's keywords, as in
            NSGAIISampler.

    Raises:
        ValueError: an argument is out of range.

    Source: Deb and Jain 2014, "An Evolutionary Many-Objective Optimization Algorithm Using Reference-Point-Based
    Nondominated Sorting Approach, Part I". The ideal and the extreme points are those of the trials that compete, not
    of all before them.
    """

    _own = ("reference_points", "dividing_parameter")

    def __init__(
        self,
        seed: int | None = None,
        *,
        population_size: int = 50,
        reference_points: Sequence[Sequence[float]] | None = None,
        dividing_parameter: int | None = None,
        **options: Any,
    ) -> None:
        hint = "None takes the largest that fits population_size"
        dividing_parameter = integer_or_none("dividing_parameter", dividing_parameter, 1, hint)
        points = None if reference_points is None else _directions(reference_points)
        super().__init__(
            seed,
            population_size=population_size,
            reference_points=None if points is None else points.tolist(),
            dividing_parameter=dividing_parameter,
            **options,
        )
        self._given, self._parts, self._size = points, dividing_parameter, population_size

    def _survivors(self, losses: Array, ranks: Ints, k: int, generation: int) -> Ints:
        """By rank, within the last rank by niches; Deb and Jain 2014, algorithm 1."""
        last = int(np.sort(ranks)[k - 1])
        kept, border = np.flatnonzero(ranks < last), np.flatnonzero(ranks == last)
        if len(kept) + len(border) == k:
            return np.concatenate([kept, border])
        points = self._reference_points(losses.shape[1])
        niches, distances = associate(normalized(losses[np.concatenate([kept, border])]), points)
        rng = rng_for(self.seed, number=generation, purpose="nsga/niches")
        chosen = fill_niches(
            np.bincount(niches[: len(kept)], minlength=len(points)),
            niches[len(kept) :],
            distances[len(kept) :],
            k - len(kept),
            niche_order=rng.permutation(len(points)),
            order=rng.permutation(len(border)),
        )
        return np.concatenate([kept, border[chosen]])

    def _reference_points(self, m: int) -> Array:
        if self._given is None:
            parts = self._parts
            if parts is None:
                parts = max(1, next(p for p in range(self._size + 1) if math.comb(m + p, p + 1) > self._size or m == 1))
            return das_dennis(m, parts)
        if self._given.shape[1] != m:
            raise ValueError(
                f"reference_points must have one number an objective, got {self._given.shape[1]} for {m} objectives; "
                "leave them out for directions that fit."
            )
        return self._given


def _directions(reference_points: Any) -> Array:
    try:
        points = np.array(reference_points, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.empty(0)
    if points.ndim != 2 or not points.size or not (points >= 0).all() or not (points.sum(axis=1) > 0).all():
        points = np.full((1, 1), np.inf)
    if not np.isfinite(points).all():
        raise ValueError(
            "reference_points must be a list of directions, each of finite numbers >= 0 of which one is above 0, "
            f"got {shown(reference_points)}; leave them out for evenly spread ones."
        )
    return points


def das_dennis(m: int, parts: int) -> Array:
    """All points of ``m`` multiples of 1 / parts whose sum is 1, shape (comb(m + parts - 1, parts), m).

    Source: Das and Dennis 1998, section 5.
    """
    rows: list[list[int]] = [[]]
    for _ in range(m - 1):
        rows = [[*row, i] for row in rows for i in range(parts - sum(row) + 1)]
    return np.array([[*row, parts - sum(row)] for row in rows], dtype=np.float64) / parts


def normalized(losses: Array) -> Array:
    """Losses with the ideal point at 0 and the intercepts of the extreme points' hyperplane at 1, shape (n, m).

    Where these points make no hyperplane that meets every axis in the losses' range, the worst loss is at 1.

    Source: Deb and Jain 2014, algorithm 2; weights of the achievement function from section IV-C.
    """
    with np.errstate(all="ignore"):
        scaled = _finite(losses)
        m = scaled.shape[1]
        # eq. 4: the extreme point of an axis is least in max_i(f_i / w_i) with w = 1 on the axis and 1e-6 elsewhere
        weights = np.where(np.eye(m, dtype=bool), 1.0, 1e6)
        extremes = scaled[np.argmin((scaled[None] * weights[:, None]).max(axis=2), axis=1)]
        worst = scaled.max(axis=0)
        try:
            intercepts = 1.0 / np.linalg.solve(extremes, np.ones(m))
        except np.linalg.LinAlgError:
            intercepts = worst
        if not (np.isfinite(intercepts).all() and (intercepts > 1e-6).all() and (intercepts <= 1.0 + 1e-9).all()):
            intercepts = worst
        return scaled / np.where(intercepts > 0, intercepts, 1.0)


def _finite(losses: Array) -> Array:
    """Losses in [0, 1]: 0 is the least, 1 the greatest of each objective; infinite ones at some ranges beyond."""
    halves = 0.5 * losses  # their differences do not overflow
    finite = np.where(np.isfinite(halves), halves, np.nan)
    known = ~np.isnan(finite).all(axis=0)
    low = np.where(known, np.nanmin(np.where(known, finite, 0.0), axis=0), 0.0)
    high = np.where(known, np.nanmax(np.where(known, finite, 0.0), axis=0), 0.0)
    span = np.where(high > low, high - low, 1.0)
    clipped: Array = np.clip((halves - low) / span, -_FAR, 1.0 + _FAR)
    clipped -= clipped.min(axis=0)
    greatest = clipped.max(axis=0)
    clipped /= np.where(greatest > 0, greatest, 1.0)
    return clipped


def associate(points: Array, directions: Array) -> tuple[Ints, Array]:
    """The nearest direction of each point and the distance from its line, both of shape (n,).

    Source: Deb and Jain 2014, algorithm 3.
    """
    units = directions / np.sqrt((directions**2).sum(axis=1, keepdims=True))
    along = (points[:, None] * units).sum(axis=2)
    distances = np.sqrt(((points[:, None] - along[:, :, None] * units) ** 2).sum(axis=2))
    niches = np.argmin(distances, axis=1)
    return niches, distances[np.arange(len(points)), niches]


def fill_niches(counts: Ints, niches: Ints, distances: Array, k: int, *, niche_order: Ints, order: Ints) -> list[int]:
    """Indices of the ``k`` candidates that survive, those of the emptiest niches first.

    An empty niche takes its nearest candidate, another one any.

    Args:
        counts: survivors of better fronts in each niche, shape (n_niches,).
        niches: of the candidates, shape (n,).
        distances: of the candidates from their niche's line, shape (n,).
        k: <= n.
        niche_order: a random permutation of the niches, which decides between equals.
        order: a random permutation of the candidates, likewise.

    Source: Deb and Jain 2014, algorithm 4.
    """
    counts, chosen = counts.copy(), list[int]()
    free = np.ones(len(niches), dtype=bool)
    while len(chosen) < k:
        open_niches = np.unique(niches[free])
        niche = open_niches[np.lexsort((niche_order[open_niches], counts[open_niches]))[0]]
        members = np.flatnonzero(free & (niches == niche))
        keys = (order[members], distances[members]) if counts[niche] == 0 else (order[members],)
        best = int(members[np.lexsort(keys)[0]])
        chosen.append(best)
        free[best] = False
        counts[niche] += 1
    return chosen
