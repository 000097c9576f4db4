"""Histories in which trials share GPUs; and bugs that are put in are found."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("greenlet", reason="the simulated processes are greenlets: pip install greenlet")

from raytune_lite.core import gpu_shares
from raytune_lite.core.gpu_shares import WHOLE, GpuUse
from raytune_lite.core.messages import FailureKind
from raytune_lite.runtime.simulator.gpus import GPU_SEEDS, GpuOfProcess
from raytune_lite.runtime.simulator.hunt import hunt
from raytune_lite.runtime.simulator.simulation import Simulation, play

SEEDS = range(GPU_SEEDS, GPU_SEEDS + 40)


def test_every_invariant_holds_where_trials_share_gpus():
    tally = hunt(SEEDS, jobs=2)
    assert not tally.failed, f"python -m raytune_lite.runtime.simulator --seed {tally.failed[0][0]} --trace"


def test_histories_share_gpus_and_fill_them():
    """What the invariants are about does happen."""
    shares, full, whole = set(), 0, 0
    for seed in SEEDS[:12]:
        simulation = Simulation(seed, sql=False)
        assert not simulation.run().failure
        for facts in simulation.auditor.trials.values():
            n = sum(outcome == FailureKind.GPU_OUT_OF_MEMORY.value for outcome in facts.outcomes.values())
            full += n > 0
            whole += facts.failures[FailureKind.GPU_OUT_OF_MEMORY.value] > 1
        shares |= set(simulation.auditor._shares.values())
    assert len(shares) > 5
    assert full > 5
    assert whole


def test_a_seed_that_shares_gpus_is_one_history_also_on_sql():
    seed = SEEDS[3]
    one = play(seed, trace=True, sql=True)
    assert one == play(seed, trace=True, sql=True)
    assert not one.failure
    assert any("num_gpus" in line or "gpu" in line for line in one.lines)


def nobody_is_limited(patch):
    limit = GpuOfProcess.limit

    def unlimited(self, share, base):
        limit(self, share, base)
        self.most = 2 * 10**6

    patch.setattr(GpuOfProcess, "limit", unlimited)


def the_share_does_not_grow(patch):
    ended = gpu_shares.ended

    def forgets(use, trial, found, failed):
        ended(use, trial, found, failed)
        trial.gpu_least = 0

    patch.setattr(gpu_shares, "ended", forgets)


def a_share_too_small_costs_a_retry(patch):
    patch.setattr(gpu_shares, "was_too_small", lambda trial, failed: False)


def a_full_gpu_is_tried_for_ever(patch):
    patch.setattr(gpu_shares, "was_too_small", lambda trial, failed: failed is FailureKind.GPU_OUT_OF_MEMORY)


def shares_are_too_small(patch):
    patch.setattr(GpuUse, "share", lambda self: WHOLE // 10 if self.peaks else WHOLE)


@pytest.mark.parametrize(
    ("bug", "says"),
    [
        (nobody_is_limited, "a neighbour has taken more"),
        (the_share_does_not_grow, "and begins with"),
        (a_share_too_small_costs_a_retry, "failed in a share of a GPU"),
        (a_full_gpu_is_tried_for_ever, "attempts on a whole GPU, which was full"),
        (shares_are_too_small, r"shares a GPU before any was measured|peaks \d+ fit"),
    ],
)
def test_the_hunt_finds_a_bug_of_shares_that_was_put_in(bug, says, monkeypatch, record_property):
    bug(monkeypatch)
    for n, seed in enumerate(range(GPU_SEEDS, GPU_SEEDS + 120), start=1):
        failure = play(seed, sql=False).failure
        if failure:
            record_property("seeds", n)
            assert re.search(says, failure), failure
            return
    raise AssertionError("not found in 120 seeds")
