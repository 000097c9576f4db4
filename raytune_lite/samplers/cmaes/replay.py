"""A study's results, given to CMA-ES one generation after the other.

The generation that a trial was drawn from is not recorded: a generation always draws the same point for the same trial
number, so the point itself shows its generation. Hence the state is a function of the finished trials, in the order in
which they ended, and any process that reads them computes the same state.

Every result counts when it arrives, in whichever generation: its point is converted to the present one (``retold``).
Only results of an earlier run, or more than MAX_AGE generations late, are left out. When results come that late,
because many trials run at once, generations grow.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.view import Finished, StudyView
from ...distributions import CategoricalDistribution, Distribution
from ...exceptions import SamplerRefusedError
from ...trial import FrozenTrial, StudyDirection, TrialState
from ..history import Bookmark
from ..rng import rng_for
from .box import Array, Axis, Box
from .steps import Generation, Optimiser, Variant, default_popsize, retold, warm_start

MAX_AGE = 6  # generations
_GROWTH = 0.3  # results in a generation, of those that arrive while a trial runs
_SAME = 1e-10  # of a standard deviation: two points this close are one, drawn by another machine's arithmetic
_MEMORY = 4096  # normal vectors kept at most
_TRACED = 24  # generations back in which a result's origin is looked for
_NONE = CategoricalDistribution([None])  # stands for a parameter that a trial does not have


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The sampler's arguments, as far as they decide generations. ``sources``: [params, value] of another study."""

    seed: int
    x0: Mapping[str, float] | None
    sigma0: float
    n_startup: int
    with_pruned: bool
    restart: str | None
    popsize: int | None
    inc_popsize: int
    variant: Variant
    sources: Sequence[Sequence[Any]] | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One result as the optimiser is told it.

    Attributes:
        number: the trial's.
        rank: (violation, loss); feasible trials come first.
        told: the point in the box that the optimiser learns, shape (d,).
        origin: the generation that drew the trial; None when no generation here did.
    """

    number: int
    rank: tuple[float, float]
    told: Array
    origin: Generation | None


class Replay:
    """The optimiser of one study; ``follow`` brings it up to date.

    Attributes:
        box: the search space, None before the first result or when no numerical parameter is in all trials.
        ready: whether ``n_startup`` results are there, so that generations have begun.
        generations: the present one last, and those that trials under way may have come from.
        n_results, n_left_out: results so far after start-up, and those of them that were left out.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._read = Bookmark()
        self._forget((), None)

    def _forget(self, directions: tuple[StudyDirection, ...], allowed: frozenset[str] | None) -> None:
        self._allowed = allowed
        self._sign = directions[0].sign if directions else 1
        self._common: list[str] | None = None  # numerical parameters of all usable trials, sorted
        self._needed: frozenset[str] = frozenset()
        self._axes: dict[str, Axis] = {}
        self._last: Mapping[str, Distribution] = {}  # of the newest usable trial
        self._restart_from_nothing()

    def _restart_from_nothing(self) -> None:
        self.box: Box | None = None
        self._row = self._startup = 0
        self._results: list[Evaluation] = []
        self._lags: list[float] = []
        self._normals: dict[int, Array] = {}
        self.generations: list[Generation] = []
        self.n_results = self.n_left_out = 0
        self.ready = False

    # --- reading the record -------------------------------------------------------------------------------------------

    def follow(self, view: StudyView, allowed: frozenset[str]) -> Replay:
        """Take in what ``view`` has more; another study, an earlier view or other ``allowed`` names start it afresh."""
        finished, rows = view.finished, self._read.unread(view)
        if not rows.start or allowed != self._allowed:
            self._forget(view.directions, allowed)
            rows = range(len(finished))
        changed = self._scan(finished, rows)
        self._read.move(view)
        if changed:
            # a dimension was lost or is wider: replay the whole history in the new box
            self._restart_from_nothing()
        if self.box is None:
            names = [n for n in self._common or () if n in allowed and not self._axes[n].single()]
            if not names:
                return self
            self.box = Box(names, [self._axes[n] for n in names], self._rules.variant.margin)
        for row in range(self._row, len(finished)):
            rank = self._rank(finished[row])
            if rank is not None:
                self._take(finished[row], rank)
        self._row = len(finished)
        return self

    def _scan(self, finished: Finished, rows: range) -> bool:
        """Which parameters all usable trials share, and how far they reach; whether that is another box now."""
        changed = False
        for row in rows:
            trial = finished[row]
            if self._rank(trial) is None:
                continue
            distributions = trial.distributions
            if distributions == self._last:
                continue
            self._last = distributions
            if self._common is None or not distributions.keys() >= self._needed:
                kept = sorted(distributions) if self._common is None else self._common
                numerical = [n for n in kept if not isinstance(distributions.get(n, _NONE), CategoricalDistribution)]
                self._common, self._needed, changed = numerical, frozenset(numerical), True
            for name in self._common:
                dist, axis = distributions[name], self._axes.get(name)
                if (axis is not None and dist is axis.kind) or isinstance(dist, CategoricalDistribution):
                    continue
                wider = Axis.of(dist) if axis is None else axis.widened(dist)
                if wider is not axis:
                    self._axes[name], changed = wider, True
        return changed

    def _rank(self, trial: FrozenTrial) -> tuple[float, float] | None:
        """(violation, loss) with smaller better; None for a trial without a usable result."""
        value: float | None = None
        if trial.state is TrialState.COMPLETE:
            value = trial.values[0] if trial.values else None
        elif trial.state is TrialState.PRUNED and self._rules.with_pruned and trial.intermediate_values:
            value = trial.intermediate_values[max(trial.intermediate_values)]
        if value is None:
            return None
        constraints = trial.constraints if trial.system_attrs else None
        violation = sum(max(0.0, v) for v in constraints.values()) if constraints else 0.0
        loss = self._sign * value
        return (math.inf if violation != violation else violation), (math.inf if loss != loss else loss)

    # --- giving results to the optimiser ------------------------------------------------------------------------------

    def _take(self, trial: FrozenTrial, rank: tuple[float, float]) -> None:
        assert self.box is not None
        params = trial.params
        point = self.box.unit(np.array([float(params[name]) for name in self.box.names]))
        if not self.ready:
            if self._startup < self._rules.n_startup:
                self._startup += 1
            if self._startup < self._rules.n_startup:
                return
            self._begin_first()
            if self._rules.n_startup:
                return
        self.n_results += 1
        result = self._traced(trial.number, rank, point)
        now = self.generations[-1]
        origin = result.origin
        if origin is not None:
            self._lags.append(self._lag(origin))
            if origin.run != now.run or now.index - origin.index > MAX_AGE:
                self.n_left_out += 1
                return
        self._results.append(result)
        if len(self._results) >= self._optimiser.popsize:
            self._next_generation()

    def _traced(self, number: int, rank: tuple[float, float], point: Array) -> Evaluation:
        """The result with the generation it came from: the latest one that draws its point for its number."""
        box = self.box
        assert box is not None
        z = self.normal(number)
        for generation in reversed(self.generations):
            shown, told = generation.draw(z, box)
            near = np.abs(box.snapped(shown) - point) <= _SAME * min(1.0, generation.sigma) + box.resolution
            if near.all():
                return Evaluation(number, rank, np.where(box.margins, told, point), generation)
        inside = np.minimum(np.maximum(point, 0.0), 1.0)
        return Evaluation(number, rank, self.generations[-1].unstretched(inside, box), None)

    def _lag(self, origin: Generation) -> float:
        """About how many results came in between the drawing of a trial and its own."""
        if origin is self.generations[-1]:
            return 0.0
        after = self.generations[self.generations.index(origin) + 1]
        return self.n_results - (origin.first + after.first) / 2

    def _next_generation(self) -> None:
        box, now, optimiser = self.box, self.generations[-1], self._optimiser
        assert box is not None
        ranked = sorted(self._results, key=lambda result: result.rank)  # stable: of equals the first to end
        points = [retold(result.told, result.origin, now, box) for result in ranked]
        # infeasible ones rank last, by their violation; cmaes reads more from a loss than its rank only to stop
        losses = [result.rank[1] if result.rank[0] <= 0 else math.inf for result in ranked]
        self._used += len(ranked)
        ok = optimiser.tell(points, losses)
        lag = statistics.median(self._lags) if self._lags else 0.0
        self._results, self._lags = [], []
        if ok and self._rules.popsize is None:
            wanted = max(self._base, math.ceil(_GROWTH * lag))
            # at most twice or half as many at once: one odd lag is no trend
            wanted = max(self._base, min(2 * optimiser.popsize, max(optimiser.popsize // 2, wanted)))
            if wanted != optimiser.popsize:
                optimiser.resize(wanted)
        if not (ok and self._enter(now.run)) or (self._rules.restart is not None and optimiser.has_converged()):
            self._begin_again()

    def _enter(self, run: int) -> bool:
        index = self.generations[-1].index + 1 if self.generations else 0
        generation = self._optimiser.generation(index, run, self.n_results)
        if generation is None:
            return False
        self.generations = [*self.generations[-_TRACED:], generation]
        return True

    # --- runs ---------------------------------------------------------------------------------------------------------

    def _begin_first(self) -> None:
        rules, box = self._rules, self.box
        assert box is not None
        self._base = self._small = rules.popsize or default_popsize(box.d)
        self._spent = [0, 0]  # results of large and of small runs
        self._large, self._n_large = True, 0
        mean, sigma, cov = self._start(box)
        self._begin(0, self._base, mean, sigma, cov)
        self.ready = True

    def _start(self, box: Box) -> tuple[Array, float, Array | None]:
        rules = self._rules
        if rules.sources is not None:
            known = [
                (params, value)
                for params, value in rules.sources
                if all(type(params.get(name)) in (int, float) for name in box.names)
            ]
            if not known:
                raise SamplerRefusedError(
                    f"source_trials must have trials with all of the parameters {list(box.names)}, got none of "
                    f"{len(rules.sources)}; leave source_trials out."
                )
            values = np.array([[float(params[name]) for name in box.names] for params, _ in known])
            points = np.clip(np.nan_to_num(box.unit(values), nan=0.5), 0.0, 1.0)
            return warm_start(points, [self._sign * value for _, value in known])
        mean = np.full(box.d, 0.5)
        if rules.x0 is not None:
            given = np.array([name in rules.x0 for name in box.names])
            values = np.array([rules.x0.get(name, axis.low) for name, axis in zip(box.names, box.axes, strict=True)])
            mean = np.where(given, np.clip(np.nan_to_num(box.unit(values), nan=0.5), 0.0, 1.0), mean)
        return mean, rules.sigma0, None

    def _begin(self, run: int, popsize: int, mean: Array, sigma: float, cov: Array | None) -> None:
        assert self.box is not None
        self._optimiser = Optimiser(self.box, self._rules.variant, popsize, mean, sigma, cov)
        self._results, self._lags, self._used = [], [], 0
        self._enter(run)

    def _begin_again(self) -> None:
        """Another run, from a random mean: IPOP (Auger and Hansen 2005) or BIPOP (Hansen 2009)."""
        rules, box = self._rules, self.box
        assert box is not None
        run = self.generations[-1].run + 1
        rng = rng_for(rules.seed, number=run, purpose="cmaes/restart")
        mean, sigma, popsize = rng.random(box.d), rules.sigma0, self._base
        self._spent[0 if self._large else 1] += self._used
        if rules.restart is not None:
            # Hansen 2009, section 2: the small regime has its turn while it has used less
            self._large = rules.restart == "ipop" or self._n_large == 0 or self._spent[0] <= self._spent[1]
            if self._large:
                self._n_large += 1
                popsize = self._small * rules.inc_popsize**self._n_large
            else:
                u = rng.random()
                ratio = 0.5 * rules.inc_popsize**self._n_large
                popsize = max(4, math.floor(self._small * ratio ** (u * u)))
                sigma = rules.sigma0 * 10 ** (-2 * rng.random())
        self._base = popsize
        self._begin(run, popsize, mean, sigma, None)

    @property
    def popsize(self) -> int:
        """Results in the present generation, once there is one."""
        return self._optimiser.popsize

    # --- drawing ------------------------------------------------------------------------------------------------------

    def normal(self, number: int) -> Array:
        """The standard normal vector of a trial, shape (d,): the same for every generation that draws it."""
        assert self.box is not None
        found = self._normals.get(number)
        if found is None:
            if len(self._normals) >= _MEMORY:
                self._normals.clear()
            rng = rng_for(self._rules.seed, number=number, purpose="cmaes/point")
            found = self._normals[number] = rng.standard_normal(self.box.d)
        return found

