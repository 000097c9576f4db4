"""NSGA-II: generations that survive by non-dominated rank and crowding, for any number of objectives and workers.

A generation is a function of the trials that have ended, in the order of their end: the first ``population_size``
COMPLETE ones are the first parents, and each tenth of that number more is merged into the parents of the next
generation, whichever generation they were asked for. So a slow trial joins the next merge, no worker waits, and
the parents are a function of the recorded trials alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...arguments import integer, shown
from ...core.view import Block, StudyView
from ...distributions import CategoricalDistribution, Distribution, FloatDistribution
from ...pareto import nondominated_ranks
from ...trial import FrozenTrial, TrialState
from ..base import BaseSampler
from ..history import BlockCache, Bookmark, History, values_of
from ..keywords import optunas
from ..rng import rng_for
from .coordinates import moved, to_unit
from .crossover import CROSSOVERS, Crossover, as_spec, check_probability, crossover_from
from .mutation import MUTATIONS, Mutation, mutation_from
from .users import UsersCrossover, UsersMutation, users_crossover, users_mutation

Array = NDArray[np.float64]
_Tried = dict[tuple[float, ...], int]  # internal values -> the pending trial that has them; -1: several have
Ints = NDArray[np.int64]
Survival = Callable[[Array, Ints, int, int], Ints]

_DEFAULT_CROSSOVER = {"name": "sbx", "eta": 5.0}  # within 1000 trials better than the usual 20
_MERGES = 10  # into how many merges a generation is cut
_CHILDREN = 5  # made, each with more mutations, before random points are tried for one that is new
_STRANGERS = 15  # of these, before the first child is taken although it is not
_REDRAWS = 8  # children drawn outside the space before the last one is moved to its border


_OPTUNAS = (
    "constraints_func", "elite_population_selection_strategy", "child_generation_strategy", "after_trial_strategy",
)  # fmt: skip


class NSGAIISampler(BaseSampler):
    """Evolution of a population towards the Pareto front.

    The first ``population_size`` trials are random. Constraints (``Trial.set_constraint``) are handled by Deb's
    constrained domination. Parameters that a parent does not have (conditional ones) come from the other, or are drawn.
    A child that was tried already is mutated more until it is new, or is replaced by a random point.

    Args:
        seed: integer >= 0; None draws one from the operating system and keeps it in ``spec()``.
        population_size: trials of a generation, and parents of the next, >= 2.
        mutation: ``"polynomial"``, ``"uniform"``, ``{"name": "polynomial", "eta": 20.0}``, or an object of
            ``samplers.nsgaii``, or one of your own (UsersMutation). Choices of a categorical parameter are drawn again.
        mutation_prob: probability of a parameter to mutate; None: 1 / their number.
        crossover: of numbers: ``"uniform"``, ``"blxalpha"``, ``"spx"``, ``"sbx"``, ``"vsbx"`` or ``"undx"``, a dict of
            the name and the rule's arguments, an object of ``samplers.nsgaii``, or one of your own, written as for
            Optuna (UsersCrossover); None: SBX with eta 5. Categorical parameters are always swapped.
        crossover_prob: probability that a child has more than one parent.
        swapping_prob: probability that a swapped parameter is the second parent's.
        more: ``constraints_func``, see TPESampler. Optuna's strategies change nothing; a warning says so.

    Raises:
        TypeError: a keyword that is not Optuna's.
        ValueError: an argument is out of range.

    Source: Deb, Pratap, Agarwal and Meyarivan 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II".
    """

    _own: tuple[str, ...] = ()  # keywords that a subclass adds

    def __init__(
        self,
        seed: int | None = None,
        *,
        population_size: int = 50,
        mutation: Any = "polynomial",
        mutation_prob: float | None = None,
        crossover: Any = None,
        crossover_prob: float = 0.9,
        swapping_prob: float = 0.5,
        **more: Any,
    ) -> None:
        beside = {name: more.pop(name) for name in [*more] if name not in self._own}
        self.constraints_func = optunas(type(self).__name__, beside, *_OPTUNAS)
        mutation = users_mutation(as_spec("polynomial" if mutation is None else mutation, MUTATIONS))
        crossover = users_crossover(as_spec(crossover, CROSSOVERS))
        population_size = integer("population_size", population_size, 2, "50 is usual")
        check_probability("crossover_prob", crossover_prob)
        check_probability("swapping_prob", swapping_prob)
        if mutation_prob is not None:
            check_probability("mutation_prob", mutation_prob)
        self._crossover: Crossover = (
            crossover
            if isinstance(crossover, UsersCrossover)
            else crossover_from(_DEFAULT_CROSSOVER if crossover is None else crossover, swapping_prob)
        )
        self._mutation: Mutation = mutation if isinstance(mutation, UsersMutation) else mutation_from(mutation)
        if population_size < self._crossover.n_parents:
            raise ValueError(
                f"population_size must be at least {self._crossover.n_parents}, the parents of crossover "
                f"{shown(crossover)}, got {population_size}; 50 is usual."
            )
        super().__init__(
            seed,
            population_size=population_size,
            mutation=mutation,
            mutation_prob=mutation_prob,
            crossover=crossover,
            crossover_prob=crossover_prob,
            swapping_prob=swapping_prob,
            **more,
        )
        self._mutation_prob, self._crossover_prob, self._swapping_prob = mutation_prob, crossover_prob, swapping_prob
        self._lineage = _Lineage(population_size, max(1, population_size // _MERGES), self._survivors)
        self._genes: _Genes | None = None
        self._tried: tuple[tuple[str, ...], BlockCache[_Tried]] = (), BlockCache(lambda _: {})

    def sample_relative(
        self, view: StudyView, number: int, space: Mapping[str, Distribution]
    ) -> Mapping[str, float]:
        """A child of the newest generation's parents; uniform draws before there is one."""
        lineage = self._lineage.update(view)
        if lineage.generation == 0 or not space:
            return super().sample_relative(view, number, space)
        if self._genes is None or not self._genes.are_of(lineage, space):
            self._genes = _Genes(lineage, space)
        genes, rng = self._genes, rng_for(self.seed, number=number, purpose="nsga/child")
        tried = self._tried_in(view, tuple(space)) if genes.is_discrete else []
        first: dict[str, float] = {}
        with np.errstate(all="ignore"):
            for attempt in range(_CHILDREN + _STRANGERS):
                if attempt < _CHILDREN:
                    child = self._child(genes, rng, 2.0**attempt, len(view.directions) > 1)
                else:
                    child = {name: dist.from_unit(float(rng.random())) for name, dist in space.items()}
                point = tuple(child.values())
                if not lineage.has_seen(child) and not any(some.get(point, number) != number for some in tried):
                    return child
                first = first or child
        return first

    def _tried_in(self, view: StudyView, names: tuple[str, ...]) -> list[_Tried]:
        if self._tried[0] != names:
            self._tried = names, BlockCache(partial(_points, names))
        return self._tried[1].of(view)

    def _survivors(self, losses: Array, ranks: Ints, k: int, generation: int) -> Ints:  # noqa: ARG002
        """Indices of the ``k`` rows that become parents: by rank, within the last rank by crowding.

        Args:
            losses: shape (n, n_objectives), smaller is better.
            ranks: of the rows, 0 is best, shape (n,).
            k: < n.
            generation: number of the generation that they are the parents of.
        """
        last = int(np.sort(ranks)[k - 1])
        kept, border = np.flatnonzero(ranks < last), np.flatnonzero(ranks == last)
        return np.concatenate([kept, border[spread_out(losses[border], k - len(kept))]])

    # --- a child ---

    def _child(self, genes: _Genes, rng: np.random.Generator, more: float, is_multi: bool) -> dict[str, float]:
        """Internal values of all parameters; ``more``: how much more likely than usual each of them mutates."""
        parents = genes.choose(self._crossover.n_parents, rng)
        units = genes.units[parents]
        child = units[0].copy()
        if rng.random() < self._crossover_prob:
            swap = rng.random(len(child)) < self._swapping_prob
            child = np.where(genes.is_choice & swap, units[-1], child)
            shared = ~genes.is_choice & ~np.isnan(units).any(axis=0)
            if shared.any():
                child[shared] = self._cross(units[:, shared], rng, is_multi)
        for other in units[1:]:
            child = np.where(np.isnan(child), other, child)
        n_own = int((~np.isnan(units[0]) & ~genes.is_single).sum())
        usual = 1.0 / max(1, n_own) if self._mutation_prob is None else self._mutation_prob
        mutates = rng.random(len(child)) < usual * more
        mutates &= ~np.isnan(child)
        changed = np.where(genes.is_choice, rng.random(len(child)), child)
        numbers = mutates & ~genes.is_choice
        if numbers.any():
            changed[numbers] = self._mutation(child[numbers], rng)
        fresh = rng.random(len(child))  # what no parent has
        return genes.values(child, np.where(np.isnan(child), fresh, np.where(mutates, changed, child)), parents)

    def _cross(self, units: Array, rng: np.random.Generator, is_multi: bool) -> Array:
        for _ in range(_REDRAWS):
            child = self._crossover(units, rng, is_multi)
            if ((child >= 0.0) & (child <= 1.0)).all():
                return child
        return np.clip(child, 0.0, 1.0)


# --- generations ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Lineage:
    """The parents of the newest generation; a cache, which any view of the study builds again."""

    size: int
    merged: int  # trials at a time
    survivors: Survival
    history: History = field(default_factory=History)
    read: Bookmark = field(default_factory=Bookmark)
    waiting: list[int] = field(default_factory=list)  # rows of COMPLETE trials that are not merged yet
    generation: int = 0
    parents: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))  # rows of the history
    ranks: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    crowding: Array = field(default_factory=lambda: np.empty(0))
    seen: dict[tuple[str, ...], set[tuple[float, ...]]] = field(default_factory=dict)  # membership only

    def update(self, view: StudyView) -> _Lineage:
        """Merge what has ended since; another study or an earlier view starts it afresh."""
        rows = self.read.unread(view)
        if not rows.start:
            self.generation, self.waiting, self.seen = 0, [], {}
            self.parents = np.empty(0, dtype=np.int64)
        self.history.update(view)
        for row in rows:
            self._note(view.finished[row])
            if self.history.states[row] == TrialState.COMPLETE and not np.isnan(self.history.losses[row]).any():
                self.waiting.append(row)
            if len(self.waiting) == (self.merged if self.generation else self.size):
                self._merge()
        self.read.move(view)
        return self

    def _note(self, trial: FrozenTrial) -> None:
        names = tuple(sorted(trial.params))
        self.seen.setdefault(names, set()).add(tuple(values_of(trial, names)))

    def has_seen(self, child: Mapping[str, float]) -> bool:
        """Whether a finished trial had the same values in all parameters that it used."""
        return any(
            all(name in child for name in names) and tuple(child[name] for name in names) in values
            for names, values in self.seen.items()
        )

    def _merge(self) -> None:
        """Parents and children compete; Deb et al. 2002, section III-C."""
        pool = np.concatenate([self.parents, np.array(self.waiting, dtype=np.int64)])
        losses = self.history.losses[pool]
        ranks = constrained_ranks(losses, self.history.violations[pool])
        self.generation, self.waiting = self.generation + 1, []
        if len(pool) > self.size:
            with np.errstate(all="ignore"):
                kept = self.survivors(losses, ranks, self.size, self.generation)
            pool, losses, ranks = pool[kept], losses[kept], ranks[kept]
        self.parents, self.ranks, self.crowding = pool, ranks, np.zeros(len(pool))
        for rank in np.unique(ranks):
            self.crowding[ranks == rank] = crowding_distances(losses[ranks == rank])


def constrained_ranks(losses: Array, violations: Array) -> Ints:
    """Ranks by constrained domination, 0 is best, shape (n,).

    Feasible points come first, by domination; the others after them, by how much they violate. If some points have
    constraints, those without come last.

    Args:
        losses: shape (n, n_objectives), smaller is better.
        violations: shape (n,), 0 is feasible; NaN has no constraints.

    Raises:
        ValueError: losses has not two dimensions.

    Source: Deb et al. 2002, section VI, definition 1.
    """
    constrained = ~np.isnan(violations)
    if not constrained.any():
        return nondominated_ranks(losses)
    feasible = constrained & (violations <= 0)
    ranks = np.zeros(len(losses), dtype=np.int64)
    ranks[feasible] = nondominated_ranks(losses[feasible])
    worse = np.where(constrained, violations, np.inf)[~feasible]
    ranks[~feasible] = ranks[feasible].max(initial=-1) + 1 + np.unique(worse, return_inverse=True)[1].reshape(-1)
    return ranks


def crowding_distances(losses: Array) -> Array:
    """Sum over the objectives of the gap between a point's two neighbours, in ranges; shape (n,).

    The ends of an objective have inf; an objective in which all are equal counts nothing. An infinite loss lies one
    range beyond the finite ones.

    Args:
        losses: of one front, shape (n, n_objectives).

    Source: Deb et al. 2002, section III-B.
    """
    found = np.zeros(len(losses))
    with np.errstate(all="ignore"):
        for column in 0.5 * losses.T:  # halves: no difference overflows
            finite = column[np.isfinite(column)]
            low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
            margin = (high - low) or 1.0
            column = np.clip(column, low - margin, high + margin)
            order = np.argsort(column, kind="stable")
            values = column[order]
            if values[0] == values[-1]:
                continue
            found[order[1:-1]] += (values[2:] - values[:-2]) / (values[-1] - values[0])
            found[order[[0, -1]]] = np.inf
    return found


def spread_out(losses: Array, k: int) -> Ints:
    """Indices of ``k`` points of a front, in their order: the most crowded one leaves, again and again.

    The paper drops all at once, by the distances that they have at first, and so opens holes; leaving one by one with
    distances computed again is the remedy of Kukkonen and Deb 2006.
    """
    left = np.arange(len(losses))
    while len(left) > k:
        left = np.delete(left, np.argmin(crowding_distances(losses[left])))
    return left


def _points(names: tuple[str, ...], block: Block) -> _Tried:
    points: _Tried = {}
    for trial in block:
        point = tuple(values_of(trial, names))
        points[point] = -1 if point in points else trial.number
    return points


# --- parameters as coordinates ----------------------------------------------------------------------------------------


class _Genes:
    """The parents' parameters as coordinates of the unit cube: numbers on their scale, choices by their index."""

    def __init__(self, lineage: _Lineage, space: Mapping[str, Distribution]) -> None:
        self._space = dict(space)
        self._dists = list(space.values())
        self._order = list(zip(lineage.ranks.tolist(), (-lineage.crowding).tolist(), strict=True))
        self._parents = lineage.parents  # a new array after each merge
        self._internal = lineage.history.matrix(list(space))[lineage.parents]
        columns = [to_unit(dist, column) for dist, column in zip(self._dists, self._internal.T, strict=True)]
        self.units: Array = np.column_stack(columns)
        self.is_choice = np.array([isinstance(dist, CategoricalDistribution) for dist in self._dists])
        self.is_single = np.array([dist.single() for dist in self._dists])
        self.is_discrete = not any(
            isinstance(dist, FloatDistribution) and dist.step is None and not dist.single() for dist in self._dists
        )

    def are_of(self, lineage: _Lineage, space: Mapping[str, Distribution]) -> bool:
        """Whether these are still the genes to use; the order of the space matters, since draws follow it."""
        return self._parents is lineage.parents and list(self._space) == list(space) and self._space == space

    def choose(self, k: int, rng: np.random.Generator) -> Ints:
        """``k`` parents by binary tournaments, different where the population is large enough, shape (k,)."""
        drawn = np.resize(rng.permutation(len(self.units)), 2 * k).tolist()
        return np.array([min(drawn[i : i + 2], key=self._order.__getitem__) for i in range(0, 2 * k, 2)])

    def values(self, before: Array, child: Array, parents: Ints) -> dict[str, float]:
        """Internal values; ``before``: the coordinates before mutation, ``child``: after it.

        A coordinate that is still a parent's gives the parent's value to the last bit. A number on a grid that mutated
        and did not leave its point moves to the next one.
        """
        found: dict[str, float] = {}
        for i, (name, dist) in enumerate(self._space.items()):
            unit, old = float(child[i]), float(before[i])
            inherited = next((p for p in parents.tolist() if self.units[p, i] == unit), None)
            value = dist.from_unit(unit) if inherited is None else float(self._internal[inherited, i])
            if not dist.contains(value):  # the range has changed since
                value = dist.from_unit(unit)
            if unit != old and not math.isnan(old):
                value = moved(dist, value, dist.from_unit(old), 1 if unit > old else -1)
            found[name] = value
        return found
