"""One cell of a plan: so many workers under one rule, simulated until the target is reached. Knows no study.

All cells see the same draws: simulation s of one cell has the curves, and their order, that it has in every other. So
the cells differ by what they are, and not by luck.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..core.protocols import Pruner
from ..pruners import ASHAPruner, NopPruner
from .completing import Completer, ranks, value_at
from .curves import Curve
from .training import simulate

PURPOSE = 42  # of the draws: a number that no other generator of this package has
COHORTS = 40  # simulations of a whole study, for what happens at rungs
PACE = 2.0  # of Silverman's bandwidth: the standard deviation by which the logarithm of a trial's pace is moved
LEVEL = 1.0  # of the distance to its neighbours: the standard deviation by which a trial's level is moved
WEIGHT = 1.0  # of each trial in the Dirichlet distribution of how likely it is; less is more doubt
LOW, HIGH = 0.1, 0.9  # the ends of an 80 % interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a cell trains. ``mode``: "promote", "stop" (both ASHA), or "full": every trial to its end."""

    mode: str
    eta: int | None = None
    min_resource: int | None = None

    def pruner(self, horizon: int) -> Pruner:
        """The pruner, for curves of so many steps."""
        if self.mode == "full":
            return NopPruner()
        return ASHAPruner(self.min_resource or 1, horizon, self.eta or 3, mode=self.mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What was simulated of one number of workers and one rule.

    Args:
        workers: trials at a time.
        rule: how they are trained.
        times: seconds to the target, a simulation each; inf where it was not reached.
        busy: the share of the slots' time that worked.
        promotions: the median.
        checkpoints: the most at one time, the median; 0 where the rule needs none.
    """

    workers: int
    rule: Rule
    times: tuple[float, ...]
    busy: float
    promotions: float
    checkpoints: float

    @property
    def reached(self) -> float:
        """The share of the simulations that reached the target."""
        return sum(math.isfinite(each) for each in self.times) / len(self.times)

    def quantile(self, q: float) -> float:
        """Of the seconds to the target; inf where too few reached it."""
        ordered = sorted(self.times)
        place = q * (len(ordered) - 1)
        low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
        return high if math.isinf(high) else low + (place - math.floor(place)) * (high - low)

    @property
    def median(self) -> float:
        """Of the seconds to the target."""
        return self.quantile(0.5)

    def within(self, seconds: float) -> float:
        """The share of the simulations that reached the target in this time."""
        return sum(each <= seconds for each in self.times) / len(self.times)

    def score(self, other_worst: float) -> float:
        """The mean logarithm of the times, by which cells are compared; ``other_worst`` stands for inf."""
        return sum(math.log(max(1e-9, min(each, other_worst))) for each in self.times) / len(self.times)


class Draws:
    """The trials of each simulation: curves, completed anew, in an order drawn anew.

    The study's trials are drawn with replacement, and how likely each is, too (Rubin 1981, "The Bayesian bootstrap"):
    of how many configurations are good, the study knows no more than what its own few say. A drawn trial is like the
    recorded one, not the same: its pace and its level are moved a little (a smoothed bootstrap; Silverman and Young
    1987, "The bootstrap: to smooth or not to smooth?"), the pace by twice Silverman's bandwidth, the level by the
    distance to its neighbours. How much was chosen in benchmarks/plan.py, on the tables of its tune half.

    Args:
        completer: of the study's curves.
        others: whole curves that reported nothing: trials that failed at once.
        n_trials: in each simulation.
        seed: of all draws.
    """

    def __init__(self, completer: Completer, others: Sequence[Curve], n_trials: int, seed: int) -> None:
        self.completer, self.others, self.n_trials, self.seed = completer, list(others), n_trials, seed
        self._kept: dict[int, list[Curve]] = {}
        paces = [curve.pace for curve in completer.curves]
        self._bandwidth = PACE * _bandwidth([math.log(pace) for pace in paces if pace > 0.0])

    def trials(self, simulation: int) -> list[Curve]:
        """The trials of a simulation, in the order in which they begin."""
        if simulation not in self._kept:
            seeds = np.random.SeedSequence(self.seed, spawn_key=(PURPOSE, simulation))
            rng = np.random.Generator(np.random.Philox(seeds))
            curves = self.completer.draw(rng)
            n = len(curves) + len(self.others)
            drawn = rng.choice(n, size=self.n_trials, p=rng.dirichlet(np.full(n, WEIGHT)))
            gaps = _gaps([min(curve.losses) for curve in curves])
            moves = rng.standard_normal((self.n_trials, 2)) * [self._bandwidth, LEVEL]
            self._kept[simulation] = [
                _moved(curves[k], math.exp(pace), gaps[k] * level) if k < len(curves) else self.others[k - len(curves)]
                for k, (pace, level) in zip(drawn.tolist(), moves.tolist(), strict=True)
            ]
        return self._kept[simulation]


def _bandwidth(values: Sequence[float]) -> float:
    """Silverman's rule for a Gaussian kernel."""
    return float(0.9 * np.std(values) * len(values) ** -0.2)


def _gaps(values: Sequence[float]) -> list[float]:
    """For each value half the distance between its neighbours, at both ends that to the only one; 0 if not finite."""
    found, order = [0.0] * len(values), [k for k in np.argsort(values).tolist() if math.isfinite(values[k])]
    for i, k in enumerate(order):
        low, high = values[order[max(0, i - 1)]], values[order[min(len(order) - 1, i + 1)]]
        found[k] = (high - low) / (2.0 if 0 < i < len(order) - 1 else 1.0)
    return found


def _moved(curve: Curve, pace: float, level: float) -> Curve:
    """A curve at another pace, a little higher or lower."""
    return replace(
        curve,
        losses=tuple([loss + level for loss in curve.losses]),
        ends=tuple([pace * end for end in curve.ends]),
        tail=pace * curve.tail,
        loss=None if curve.loss is None else curve.loss + level,
    )


def cell(draws: Draws, workers: int, rule: Rule, target: float, simulations: int) -> Cell:
    """Simulate one cell.

    Args:
        draws: the trials.
        workers: trials at a time.
        rule: how they are trained.
        target: the loss that ends a simulation.
        simulations: how many.
    """
    pruner = rule.pruner(draws.completer.horizon)
    times, busy, promotions, checkpoints = [], [], [], []
    for s in range(simulations):
        training, cluster = simulate(draws.trials(s), pruner, workers, target=target)
        now = float(cluster.world.now)
        times.append(now if cluster.stopped else math.inf)
        busy.append(min(1.0, sum(training.seconds) / (workers * now)) if now > 0.0 else 1.0)
        promotions.append(cluster.state.promotions)
        checkpoints.append(cluster.checkpoints.most)
    return Cell(
        workers=workers,
        rule=rule,
        times=tuple(times),
        busy=float(np.mean(busy)),
        promotions=float(np.median(promotions)),
        checkpoints=float(np.median(checkpoints)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RungChance:
    """What a rung does to the trial that would be the best in the end.

    Args:
        level: its step.
        dropped: the chance that the eventual best goes no further than here.
        correlation: Spearman's rank correlation of what trials have here with what they have at the end.
    """

    level: int
    dropped: float
    correlation: float


def rungs(draws: Draws, rule: Rule, workers: int, n_trials: int, cohorts: int = COHORTS) -> list[RungChance]:
    """What happens at each rung in a study of ``n_trials`` that runs to its end, by ``cohorts`` simulations.

    The eventual best is the trial with the smallest loss at the end of its curve. Of equals (the same trial drawn
    twice) the one that comes furthest counts.
    """
    pruner = rule.pruner(draws.completer.horizon)
    levels = list(getattr(pruner, "levels", ()))
    dropped = dict.fromkeys(levels, 0)
    correlations: dict[int, list[float]] = {level: [] for level in levels}
    for s in range(cohorts):
        curves = draws.trials(s)[:n_trials]
        _, cluster = simulate(curves, pruner, workers)
        ends = [curve.loss if curve.loss is not None else math.inf for curve in curves]
        best = min(ends)
        furthest = max(cluster.state.trials[k].last_step for k, end in enumerate(ends) if end == best)
        at = [level for level in levels if level <= furthest]
        whole = max((c.steps[-1] for c, end in zip(curves, ends, strict=True) if end == best and c.steps), default=0)
        if at and furthest < whole:
            dropped[at[-1]] += 1
        for level in levels:
            correlations[level].append(_correlation(curves, level))
    return [
        RungChance(level=level, dropped=dropped[level] / cohorts, correlation=float(np.mean(correlations[level])))
        for level in levels
    ]


def _correlation(curves: Sequence[Curve], level: int) -> float:
    known = [curve for curve in curves if curve.steps and curve.steps[-1] >= level and curve.loss is not None]
    if len(known) < 3:
        return 0.0
    x = ranks([value_at(curve, level) for curve in known])
    y = ranks([curve.loss if curve.loss is not None else math.inf for curve in known])
    return float(np.corrcoef(x, y)[0, 1]) if np.ptp(x) > 0 and np.ptp(y) > 0 else 0.0


__all__ = ["COHORTS", "HIGH", "LOW", "Cell", "Draws", "Rule", "RungChance", "cell", "rungs"]
