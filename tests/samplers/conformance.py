"""What the conformance suite asks: every sampler of the package, and which spaces each serves.

Run as a program it prints what every sampler suggests, for a comparison between processes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from raytune_lite import samplers
from raytune_lite.core.protocols import Sampler
from raytune_lite.samplers import GridSampler, RandomSampler

from .world import DISCRETE, OBJECTIVES, Objective, World, history

ALL = tuple(name for name in OBJECTIVES if name != "conditional, discrete")


@dataclass(frozen=True, slots=True)
class Case:
    """One sampler, and what may be asked of it.

    ``spaces``: names of OBJECTIVES that it serves, its home first. ``objectives``: the most it can optimise.
    ``ignores_history``: the same values whatever the trials before did. ``heeds_constraints``: they change its choice.
    """

    name: str
    make: Callable[[int], Sampler]
    spaces: tuple[str, ...] = ALL
    objectives: int = 1
    ignores_history: bool = False
    heeds_constraints: bool = False

    @property
    def home(self) -> Objective:
        """The objective of the tests that need only one."""
        return OBJECTIVES[self.spaces[0]]


def _grid(seed: int) -> Sampler:
    axes = {name: sorted({dist.to_external_repr(dist.from_unit(i / 200)) for i in range(200)}, key=repr)
            for name, dist in DISCRETE.items()}  # fmt: skip
    return GridSampler(axes, seed)


FIXED = {"choice": None, "int": 4}
_MANY, _PARTLY = 99, ("discrete", "mixed", "conditional")
_LEARNS: dict[str, Any] = {"objectives": _MANY, "heeds_constraints": True}

CASES = (
    Case("Random", lambda seed: RandomSampler(seed), objectives=_MANY, ignores_history=True),
    Case("Grid", _grid, ("discrete",), _MANY, ignores_history=True),
    Case("BruteForce", lambda seed: samplers.BruteForceSampler(seed=seed), ("discrete", "conditional, discrete"), _MANY,
         ignores_history=True),
    Case("QMC sobol", lambda seed: samplers.QMCSampler(seed=seed), objectives=_MANY, ignores_history=True),
    Case("QMC halton", lambda seed: samplers.QMCSampler("halton", seed=seed), objectives=_MANY, ignores_history=True),
    Case("TPE", lambda seed: samplers.TPESampler(seed=seed), **_LEARNS),
    Case("TPE univariate", lambda seed: samplers.TPESampler(seed=seed, multivariate=False), **_LEARNS),
    Case("TPE group", lambda seed: samplers.TPESampler(seed=seed, group=True), **_LEARNS),
    Case("GP", lambda seed: samplers.GPSampler(seed=seed), **_LEARNS),
    Case("CMA-ES", lambda seed: samplers.CmaEsSampler(seed=seed)),
    Case("CMA-ES separable", lambda seed: samplers.CmaEsSampler(seed=seed, use_separable_cma=True)),
    Case("CMA-ES lr_adapt", lambda seed: samplers.CmaEsSampler(seed=seed, lr_adapt=True)),
    Case("NSGA-II", lambda seed: samplers.NSGAIISampler(seed=seed, population_size=8), **_LEARNS),
    Case("NSGA-III", lambda seed: samplers.NSGAIIISampler(seed=seed, population_size=8), **_LEARNS),
    Case("PartialFixed random", lambda seed: samplers.PartialFixedSampler(FIXED, RandomSampler(seed)), _PARTLY, _MANY,
         ignores_history=True),
    Case("PartialFixed TPE", lambda seed: samplers.PartialFixedSampler(FIXED, samplers.TPESampler(seed=seed)), _PARTLY,
         **_LEARNS),
    Case("Pilot", lambda seed: samplers.PilotSampler(samplers.TPESampler(seed=seed), 10**6), objectives=_MANY,
         ignores_history=True),
    Case("Pilot, over", lambda seed: samplers.PilotSampler(samplers.TPESampler(seed=seed), 5), **_LEARNS),
    Case("Auto", lambda seed: samplers.AutoSampler(seed=seed), **_LEARNS),
)  # fmt: skip


def suggestions(case: Case) -> dict[str, str]:
    """What fresh samplers suggest in some studies, exactly: internal values as hexadecimal text."""
    found = {}
    for space in case.spaces[:2]:
        for name, world in (("start", World()), ("later", history(OBJECTIVES[space], 25))):
            for number in (25, 31):
                played = world.play(case.make(5), number, OBJECTIVES[space])
                found[f"{space}, {name}, {number}"] = " ".join(f"{n}={v.hex()}" for n, v in played.values.items())
    return found


def main() -> None:
    """Print the suggestions of every sampler as JSON; a sampler that raises has its error instead."""
    found: dict[str, Any] = {}
    for case in CASES:
        try:
            found[case.name] = suggestions(case)
        except Exception as error:  # noqa: BLE001  (the test shows it)
            found[case.name] = repr(error)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
