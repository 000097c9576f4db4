"""Which pruner a seed draws, and the independent judge of its decisions."""

from __future__ import annotations

from ...core.protocols import Pruner
from ...pruners import (
    ASHAPruner,
    HyperbandPruner,
    MedianPruner,
    MOASHAPruner,
    NopPruner,
    OnObjective,
    PASHAPruner,
    PatientPruner,
    PBTPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
    WilcoxonPruner,
)
from ...trial import StudyDirection
from ..virtual.world import World
from .cap import CappedLadder
from .climbs import climb_of
from .forest import Population
from .fronts import FrontLadder
from .ladder import Ladder
from .patient import PatientLadder
from .referee import Referee, Violate
from .rules import rule_of
from .stopping import Stopping
from .timed_ladder import TimedLadder

STUDY_NAME = "simulated"
_LADDERS: dict[type, type[Ladder]] = {PASHAPruner: CappedLadder, MOASHAPruner: FrontLadder}
_COSTS = (None, "seconds", "steps")  # the last one is an attribute of some histories


def referee_of(pruner: Pruner, directions: tuple[StudyDirection, ...], violate: Violate) -> Referee:
    """An independent judge of the pruner's decisions."""
    inner, objective = (pruner.pruner, pruner.index) if isinstance(pruner, OnObjective) else (pruner, 0)
    if isinstance(inner, PatientPruner) and (climb := climb_of(inner.wrapped_pruner, STUDY_NAME)) is not None:
        return PatientLadder(violate, climb, directions[objective], inner)
    climb = climb_of(inner, STUDY_NAME)
    if isinstance(inner, ASHAPruner) and climb is not None and (inner.resource == "seconds" or inner.cost):
        return TimedLadder(violate, climb, directions[objective], inner)
    if climb is not None:
        ladder = _LADDERS.get(type(inner), Ladder)
        return ladder(violate, climb, directions[objective])
    if isinstance(inner, PBTPruner):
        return Population(violate, inner)
    rule = rule_of(inner)
    return Referee(violate) if rule is None else Stopping(violate, rule, directions, objective)


def draw_pruner(world: World) -> Pruner:
    """The pruner of a history; that of most promotes."""
    if world.draw("trains a population") < 0.1:
        population = draw_population(world)
        return OnObjective(0, population) if world.draw("on the first objective") < 0.1 else population
    kind = world.choice("pruner", ("other", "promote", "promote", "stop"))
    if kind != "other":
        pruner = _with_rungs(world, kind)
        if type(pruner) is ASHAPruner and pruner.mode == "promote" and pruner.resource == "steps" and not pruner.cost:
            pruner = _patiently(world, pruner) if world.draw("is patient at rungs") < 0.15 else pruner
        return OnObjective(0, pruner) if world.draw("on the first objective") < 0.1 else pruner
    if world.draw("has no pruner") < 0.4:
        return NopPruner()
    pruner = _stopping(world)
    if world.draw("is patient") < 0.25:
        pruner = _patiently(world, None if world.draw("patience alone") < 0.3 else pruner)
    return OnObjective(0, pruner) if world.draw("on the first objective") < 0.3 else pruner


def has_patience(pruner: Pruner) -> bool:
    """Whether a trial's own curve decides what becomes of it."""
    return isinstance(pruner.pruner if isinstance(pruner, OnObjective) else pruner, PatientPruner)


def _patiently(world: World, pruner: Pruner | None) -> Pruner:
    """Patience around a pruner, or alone."""
    return PatientPruner(pruner, world.integer("patience", 0, 2), world.choice("delta", (0, 0.2)))


def _stopping(world: World) -> Pruner:
    """A pruner that only stops."""
    kind = world.choice("rule", ("median", "percentile", "percentile", "threshold", "wilcoxon"))
    startup, least = world.integer("startup trials", 0, 2), world.integer("least trials at a step", 1, 2)
    warmup, interval = world.integer("warm-up steps", 0, 2), world.integer("interval", 1, 3)
    among = world.choice("among", ("completed", "reached"))
    if kind == "wilcoxon":
        sequential, threshold = world.choice("sequential", ("none", "anytime")), world.choice("threshold", (0.2, 0.6))
        return WilcoxonPruner(threshold, world.integer("startup steps", 0, 3), sequential=sequential)
    if kind == "median":
        return MedianPruner(startup, warmup, interval, n_min_trials=least, among=among)
    if kind == "percentile":
        share = world.choice("percentile", (0, 25, 40, 75))
        return PercentilePruner(share, startup, warmup, interval, n_min_trials=least, among=among)
    lower, upper = world.choice("lower", (None, -1.0, 0.3)), world.choice("upper", (0.5, 1.0))
    return ThresholdPruner(lower, upper, warmup, interval)


def _with_rungs(world: World, mode: str) -> Pruner:
    low, high = world.integer("min_resource", 1, 2), world.integer("max_resource", 4, 9)
    eta = world.integer("reduction_factor", 2, 3)
    family = world.choice("family", ("asha", "asha", "halving", "hyperband"))
    if family == "asha":
        if mode == "promote" and world.draw("is capped") < 0.3:
            return PASHAPruner(low, high, eta)
        if world.draw("ranks by fronts") < 0.2:
            return MOASHAPruner(low, high, eta, mode, tie=world.choice("tie", ("crowding", "epsnet")))
        resource, cost = "steps", None
        if world.draw("goes by time") < 0.3:
            resource, cost = world.choice("resource", ("steps", "seconds")), world.choice("cost", _COSTS)
        return ASHAPruner(low, high, eta, mode=mode, resource=resource, cost=cost)
    is_auto = world.draw("is auto") < 0.4
    bootstrap = 0 if is_auto else world.choice("bootstrap", (0, 0, 2))
    if family == "hyperband":
        return HyperbandPruner(low, "auto" if is_auto else high, eta, bootstrap, mode=mode)
    rate, end = world.integer("rate", 0, 1), high if mode == "promote" else None
    return SuccessiveHalvingPruner("auto" if is_auto else low, eta, rate, bootstrap, mode=mode, max_resource=end)


def draw_population(world: World) -> PBTPruner:
    """A small population, of which many members lose."""
    return PBTPruner(
        world.integer("ready points every", 1, 2),
        world.integer("max_resource", 4, 9),
        world.integer("members", 2, 6),
        burn_in_period=world.integer("burn-in", 0, 2),
        quantile_fraction=world.choice("share of the worst", (0.25, 0.34, 0.5)),
        seed=world.integer("seed of the draws", 0, 99),
    )


__all__ = ["STUDY_NAME", "draw_population", "draw_pruner", "has_patience", "referee_of"]
