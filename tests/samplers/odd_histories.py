"""Studies with histories that samplers may stumble over, by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from raytune_lite.base_trial import CONSTRAINT_PREFIX
from raytune_lite.distributions import FloatDistribution
from raytune_lite.samplers import RandomSampler
from raytune_lite.trial import FrozenTrial, TrialState

from .world import COMPLETE, FAIL, PAUSED, PRUNED, RUNNING, WAITING, Objective, World, flat, history

INF, NAN = math.inf, math.nan
N_ODD = 25  # more trials than the start-up of any sampler


def _told(value: Callable[[int, float], float]) -> Callable[[Objective], World]:
    return lambda objective: history(objective, N_ODD, told=lambda i, loss: {"values": (value(i, loss),)})


def _states(state: TrialState, *, reports: bool = True, known: int = 0) -> Callable[[Objective], World]:
    """``known`` complete trials, then as many of ``state``, with two reports each or none."""

    def told(i: int, loss: float) -> dict[str, Any]:
        curve = {1: loss + 1.0, 2 + i % 3: loss} if reports else {}
        ended = state is PRUNED and reports
        return {"intermediate_values": curve, "values": (loss,) if ended else None}

    return lambda objective: history(objective, N_ODD, state=state, told=told, world=history(objective, known))


def _bare(known: int) -> Callable[[Objective], World]:
    """Running trials of which no parameter is known, after ``known`` complete ones."""

    def build(objective: Objective) -> World:
        world = history(objective, known)
        for number in range(known, known + N_ODD):
            world.put(FrozenTrial(number=number, state=RUNNING))
        return world

    return build


def _nan_reports(objective: Objective) -> World:
    def told(i: int, loss: float) -> dict[str, Any]:
        curve = {1: NAN, 2: INF if i % 4 == 1 else NAN, 3: -INF if i % 4 == 2 else NAN}
        return {"state": (COMPLETE, PRUNED, FAIL, PAUSED)[i % 4], "intermediate_values": curve,
                "values": (loss,) if i % 4 == 0 else None}  # fmt: skip

    return history(objective, N_ODD, told=told)


def _all_states(objective: Objective) -> World:
    def told(i: int, loss: float) -> dict[str, Any]:
        state = (COMPLETE, COMPLETE, PRUNED, FAIL, RUNNING, PAUSED, WAITING)[i % 7]
        values = (loss,) if state in (COMPLETE, PRUNED) else None
        return {"state": state, "values": values, "intermediate_values": {1: loss} if i % 2 else {}}

    return history(objective, 35, told=told)


def _one_point(objective: Objective) -> World:
    world = World()
    played = world.play(RandomSampler(7), 0, objective)
    for number in range(N_ODD):
        world.put(played.trial(number, COMPLETE, values=(float(number % 5),)))
    return world


def _strangers(objective: Objective) -> World:
    """Trials of the same study that have none of the parameters asked for."""
    return history(flat({"stranger": FloatDistribution(0.0, 1.0)}), N_ODD)


def _feasible(some: bool) -> Callable[[Objective], World]:
    def told(i: int, loss: float) -> dict[str, Any]:
        attrs = {f"{CONSTRAINT_PREFIX}a": 0.2 - loss if some else 1.0 + loss, f"{CONSTRAINT_PREFIX}b": -1.0}
        return {"values": (loss,), "system_attrs": {} if i % 5 == 4 else attrs}  # some told nothing

    return lambda objective: history(objective, N_ODD, told=told)


ODD: dict[str, Callable[[Objective], World]] = {
    "no trial": lambda objective: World(),
    "one trial": lambda objective: history(objective, 1),
    "two trials": lambda objective: history(objective, 2),
    "only failed": _states(FAIL),
    "only pruned": _states(PRUNED),
    "only pruned, nothing reported": _states(PRUNED, reports=False),
    "only running": _states(RUNNING, reports=False),
    "only running, nothing known": _bare(0),
    "only paused": _states(PAUSED),
    "many running": _states(RUNNING, known=15),
    "many paused": _states(PAUSED, known=15),
    "many pruned": _states(PRUNED, known=5),
    "running, nothing known": _bare(15),
    "to be tried again": _states(WAITING, reports=False, known=15),
    "all states": _all_states,
    "NaN reports": _nan_reports,
    "equal values": _told(lambda i, loss: 0.5),
    "infinities": _told(lambda i, loss: (loss, INF, -INF)[i % 3]),
    "some inf": _told(lambda i, loss: INF if i % 3 else loss),
    "all inf": _told(lambda i, loss: INF),
    "all -inf": _told(lambda i, loss: -INF),
    "huge values": _told(lambda i, loss: (1e300, -1e300, 1.7e308, -1.7e308, loss)[i % 5]),
    "far from 0": _told(lambda i, loss: 1e15 + loss),
    "tiny values": _told(lambda i, loss: loss * 1e-310),
    "one outlier": _told(lambda i, loss: 1e30 if i == 3 else loss),
    "one point": _one_point,
    "other parameters": _strangers,
    "constraints": _feasible(True),
    "constraints never met": _feasible(False),
}
