"""Which pruner a seed draws, and the independent judge of its decisions."""

from __future__ import annotations

from ...core.protocols import Pruner
from ...pruners import ASHAPruner, MedianPruner, NopPruner, PercentilePruner
from ...trial import StudyDirection
from .ladder import Ladder
from .referee import Referee, Violate
from .rules import rule_of
from .stopping import Stopping
from .world import World


def referee_of(pruner: Pruner, directions: tuple[StudyDirection, ...], violate: Violate) -> Referee:
    """An independent judge of the pruner's decisions."""
    if isinstance(pruner, ASHAPruner):
        return Ladder(violate, pruner)
    rule = rule_of(pruner)
    return Referee(violate) if rule is None else Stopping(violate, rule, directions)


def draw_pruner(world: World) -> Pruner:
    """The pruner of a history; that of most promotes."""
    kind = world.choice("pruner", ("other", "promote", "promote", "stop"))
    if kind != "other":
        low, high = world.integer("min_resource", 1, 2), world.integer("max_resource", 4, 9)
        return ASHAPruner(low, high, world.integer("reduction_factor", 2, 3), mode=kind)
    if world.draw("has no pruner") < 0.5:
        return NopPruner()
    startup, least = world.integer("startup trials", 0, 2), world.integer("least trials at a step", 1, 2)
    warmup, interval = world.integer("warm-up steps", 0, 2), world.integer("interval", 1, 3)
    among = world.choice("among", ("completed", "reached"))
    if world.draw("is the median") < 0.5:
        return MedianPruner(startup, warmup, interval, n_min_trials=least, among=among)
    share = world.choice("percentile", (0, 25, 40, 75))
    return PercentilePruner(share, startup, warmup, interval, n_min_trials=least, among=among)


__all__ = ["draw_pruner", "referee_of"]
