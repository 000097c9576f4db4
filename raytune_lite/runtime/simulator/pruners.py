"""Which pruner a seed draws, and the independent judge of its decisions."""

from __future__ import annotations

from ...core.protocols import Pruner
from ...pruners import (
    ASHAPruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
)
from ...trial import StudyDirection
from .climbs import climb_of
from .ladder import Ladder
from .referee import Referee, Violate
from .rules import rule_of
from .stopping import Stopping
from .world import World

STUDY_NAME = "simulated"


def referee_of(pruner: Pruner, directions: tuple[StudyDirection, ...], violate: Violate) -> Referee:
    """An independent judge of the pruner's decisions."""
    climb = climb_of(pruner, STUDY_NAME)
    if climb is not None:
        return Ladder(violate, climb, directions[0])
    rule = rule_of(pruner)
    return Referee(violate) if rule is None else Stopping(violate, rule, directions)


def draw_pruner(world: World) -> Pruner:
    """The pruner of a history; that of most promotes."""
    kind = world.choice("pruner", ("other", "promote", "promote", "stop"))
    if kind != "other":
        return _with_rungs(world, kind)
    if world.draw("has no pruner") < 0.5:
        return NopPruner()
    startup, least = world.integer("startup trials", 0, 2), world.integer("least trials at a step", 1, 2)
    warmup, interval = world.integer("warm-up steps", 0, 2), world.integer("interval", 1, 3)
    among = world.choice("among", ("completed", "reached"))
    if world.draw("is the median") < 0.5:
        return MedianPruner(startup, warmup, interval, n_min_trials=least, among=among)
    share = world.choice("percentile", (0, 25, 40, 75))
    return PercentilePruner(share, startup, warmup, interval, n_min_trials=least, among=among)


def _with_rungs(world: World, mode: str) -> Pruner:
    low, high = world.integer("min_resource", 1, 2), world.integer("max_resource", 4, 9)
    eta = world.integer("reduction_factor", 2, 3)
    family = world.choice("family", ("asha", "asha", "halving", "hyperband"))
    if family == "asha":
        return ASHAPruner(low, high, eta, mode=mode)
    is_auto = world.draw("is auto") < 0.4
    bootstrap = 0 if is_auto else world.choice("bootstrap", (0, 0, 2))
    if family == "hyperband":
        return HyperbandPruner(low, "auto" if is_auto else high, eta, bootstrap, mode=mode)
    rate, end = world.integer("rate", 0, 1), high if mode == "promote" else None
    return SuccessiveHalvingPruner("auto" if is_auto else low, eta, rate, bootstrap, mode=mode, max_resource=end)


__all__ = ["STUDY_NAME", "draw_pruner", "referee_of"]
