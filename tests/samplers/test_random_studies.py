"""Studies drawn at random, for every sampler: spaces, branches, slots, failures, pauses, constraints, ranges that move.

Nothing is known of such a study but what must hold: values are valid, and a sampler that followed it from the start
suggests what a new one does.
"""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from raytune_lite.base_trial import CONSTRAINT_PREFIX
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from .conformance import CASES
from .world import COMPLETE, FAIL, MAXIMIZE, MINIMIZE, PAUSED, PRUNED, RUNNING, Played, World, loss_of

SEEDS = 6


def a_distribution(draw):
    """Any kind, often with an odd range."""
    low, n = draw.choice([0, 1, -3, 10**6]), draw.choice([0, 1, 5, 1000])
    kinds = (
        lambda: CategoricalDistribution(draw.sample(["a", "b", None, True, 1.5, 3, "x"], draw.randint(1, 6))),
        lambda: FloatDistribution(low, low + draw.choice([0, 1e-9, 1, 1e6])),
        lambda: FloatDistribution(2.0**-900, 2.0 ** draw.choice([-900, -880, 0, 900]), log=True),
        lambda: FloatDistribution(low, low + 0.25 * n, step=0.25),
        lambda: IntDistribution(low, low + n * draw.choice([1, 10**9])),
        lambda: IntDistribution(low, low + 3 * n, step=3),
        lambda: IntDistribution(abs(low) + 1, (abs(low) + 1) * draw.choice([1, 2, 1000, 10**8]), log=True),
    )
    return draw.choice(kinds)()


class RandomStudy:
    """One study's rules; ``draw`` is its only chance."""

    def __init__(self, draw, most_objectives):
        self.draw = draw
        m = draw.choice([1, 1, 1, 2, 3]) if most_objectives > 1 else 1
        self.world = World(*(draw.choice([MINIMIZE, MAXIMIZE]) for _ in range(m)))
        self.space = {f"p{i}": a_distribution(draw) for i in range(draw.choice([1, 2, 3, 5, 8, 15]))}
        self.branches, self.constrained = draw.random() < 0.4, draw.random() < 0.3
        self.slots, self.scale = draw.choice([1, 1, 3, 20]), draw.choice([1, 1e-6, 1e12, 1e300])
        self.mode = draw.choice(["smooth", "equal", "few", "infinite", "noise"])

    def objective(self, suggest):
        """Asks for every parameter, or for some by the value of the first."""
        for i, (name, dist) in enumerate(self.space.items()):
            if not (self.branches and i % 3 == 2 and len(str(suggest("p0", self.space["p0"]))) % 2):
                suggest(name, dist)

    def value(self, loss):
        """An objective's value."""
        draw, modes = self.draw, {"smooth": loss, "equal": 1.0, "few": float(int(loss * 3))}
        modes |= {"infinite": draw.choice([loss, math.inf, -math.inf]), "noise": draw.gauss(0, 1)}
        return modes[self.mode] * self.scale

    def end_one(self):
        """Some trial under way ends, in some way."""
        draw, world = self.draw, self.world
        trial = world.pending[draw.choice(sorted(world.pending))]
        dists = dict(trial.distributions)
        played = Played({name: dist.to_internal_repr(trial.params[name]) for name, dist in dists.items()}, dists)
        loss, fields = loss_of(played), {}
        state = draw.choice([COMPLETE] * 7 + [FAIL, PRUNED, PAUSED])
        if state is COMPLETE:
            fields["values"] = tuple(self.value(loss) for _ in world.directions)
        elif state is not FAIL and draw.random() < 0.8:
            curve = {step: draw.choice([self.value(loss), loss, math.nan]) for step in range(1, draw.randint(2, 5))}
            last = curve[max(curve)]
            fields["intermediate_values"] = curve
            if state is PRUNED and len(world.directions) == 1 and not math.isnan(last):
                fields["values"] = (last,)
        if self.constrained and draw.random() < 0.9:
            fields["system_attrs"] = {f"{CONSTRAINT_PREFIX}c": draw.choice([loss - 0.2, 1.0, -1.0, 0.0, math.inf])}
        world.put(played.trial(trial.number, state, **fields))

    def move_a_range(self):
        """Some numeric parameter without a grid has a wider range from now on."""
        name = self.draw.choice(list(self.space))
        dist = self.space[name]
        if isinstance(dist, FloatDistribution) and dist.step is None and not dist.log:
            self.space[name] = FloatDistribution(dist.low - 1, dist.high + self.draw.choice([0, 5]))


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("case", [case for case in CASES if "moving" in case.spaces], ids=lambda case: case.name)
def test_any_study_gets_valid_values_that_a_new_sampler_would_suggest_too(case, seed):
    draw = random.Random(seed)
    study, sampler = RandomStudy(draw, case.objectives), case.make(seed)
    n = draw.choice([15, 20, 40])
    for number in range(min(n, 20) if sampler.in_background else n):
        if len(study.world.pending) >= study.slots:
            study.end_one()
        if draw.random() < 0.05:
            study.move_a_range()
        with np.errstate(all="raise" if number % 2 else "warn"):
            played = study.world.play(sampler, number, study.objective)
        if number % 7 == 0:
            cold = study.world.copy().play(case.make(seed), number, study.objective)
            assert cold.values == played.values
        study.world.put(played.trial(number, RUNNING))
