"""What a preempted spot node costs, in the simulator: attempts that are told to leave, and those that are not.

    python benchmarks/preemption.py [--seeds 40]

Each seed is a study of 24 trials of 120 steps on four nodes of two slots; a step takes 2 s, a checkpoint is saved every
30 steps. Nodes are taken after an exponential time with a mean of 10 minutes, with a notice of 30 s, and are replaced
within 30 s. The same seed is played twice: the objective saves when its node leaves (``trial.should_checkpoint()``), or
at its usual steps only. Printed are the slot-seconds that were trained twice, a preempted attempt; virtual time, so the
load of the machine does not matter.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections import Counter
from dataclasses import dataclass

import _load

from raytune_lite.core.retries import RetryPolicy
from raytune_lite.pruners import NopPruner
from raytune_lite.runtime.simulator.cluster import Node
from raytune_lite.runtime.simulator.scenario import Scenario
from raytune_lite.runtime.simulator.simulation import Simulation
from raytune_lite.samplers import RandomSampler
from raytune_lite.trial import StudyDirection

TRIALS, STEPS, STEP, SAVE_EVERY = 24, 120, 2.0, 30
NODES, SLOTS = 4, 2
LIFE, NOTICE = 600.0, 30.0  # seconds: the mean life of a node, and how long before its end it is announced


@dataclass(frozen=True, slots=True)
class Cost:
    """``preempted``: attempts that ended with their node or left it; ``lost``: slot-seconds trained twice; ``took``:
    seconds of the study.
    """

    preempted: int
    lost: float
    took: float


def scenario(seed: int, *, heeds: bool) -> Scenario:
    return Scenario(
        sampler=RandomSampler(seed), pruner=NopPruner(), directions=(StudyDirection.MINIMIZE,),
        retries=RetryPolicy(node_lost=None, abort_after=None), n_trials=TRIALS, max_trials=TRIALS, lease=20.0,
        max_step=STEPS, step_seconds=STEP, save_every=SAVE_EVERY, saves_first=False, saves_twice=0.0, heeds_nodes=heeds,
        sets_attrs=False, nan_share=0.0, bumps=False, conditional=False, catch=False, nodes=NODES, slots=SLOTS,
        claims_ahead=False, task_seconds=1.0, wishes=0, external=0, trial_timeout=None, timeout=None, patience=10.0,
        provable=True, as_json=False, max_checkpoint_bytes=None, sql=False,
    )  # fmt: skip


def play(seed: int, *, heeds: bool) -> Cost:
    """One study.

    Raises:
        AssertionError: an invariant of the simulator did not hold.
    """
    simulation = Simulation(seed, scenario=scenario(seed, heeds=heeds))
    world, cluster = simulation.world, simulation.cluster

    def live(node: Node) -> None:
        life = -LIFE * math.log(1.0 - world.draw(f"life of {node.name}"))
        world.after(max(NOTICE, life) - NOTICE, leave, node)

    def leave(node: Node) -> None:
        cluster.preempt(node, NOTICE, is_told=True)
        world.after(NOTICE + 30.0, live, node)

    for node in cluster.nodes:
        live(node)
    found = simulation.run()
    assert not found.failure, f"seed {seed}: {found.failure}"
    outcomes = Counter(how for facts in simulation.auditor.trials.values() for how in facts.outcomes.values())
    repeated = world.count("step takes") - TRIALS * STEPS
    return Cost(outcomes["interrupted"] + outcomes["node_lost"], repeated * STEP, found.seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=40)
    seeds = range(parser.parse_args().seeds)
    for heeds, what in ((True, "saves when its node leaves"), (False, "saves at its usual steps")):
        meter, costs = _load.Meter(), [play(seed, heeds=heeds) for seed in seeds]
        preempted, lost = sum(cost.preempted for cost in costs), sum(cost.lost for cost in costs)
        used = TRIALS * STEPS * STEP * len(costs)
        print(
            f"{what}: {preempted} attempts preempted in {len(costs)} studies, {lost / max(1, preempted):.2f} "
            f"slot-seconds lost each, {100 * lost / (used + lost):.2f} % of all; a study took "
            f"{statistics.median(cost.took for cost in costs):.0f} s of its time (median); {meter.read()}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
