"""BruteForceSampler: a value like any sampler; which path a trial runs is the tree's business (tests/test_tree.py)."""

from __future__ import annotations

import json
import pickle
from collections import Counter

import pytest
from scipy import stats

from raytune_lite.core.view import StudyView
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.samplers import BruteForceSampler, sampler_from_spec
from raytune_lite.trial import StudyDirection

VIEW = StudyView.of((StudyDirection.MINIMIZE,), [])
FALSE_ALARM = 1e-6


@pytest.mark.parametrize(
    "distribution",
    [
        IntDistribution(0, 9),
        FloatDistribution(0, 1, step=0.25),
        CategoricalDistribution(["a", "b", "c"]),
        IntDistribution(1, 10**12, log=True),
        FloatDistribution(0.5, 0.5),
    ],
)
def test_a_value_below_the_prefix_is_any_of_the_distribution(distribution):
    values = [BruteForceSampler(1).sample_independent(VIEW, number, "x", distribution) for number in range(50)]
    assert all(distribution.contains(value) for value in values)
    assert len(set(values)) > 1 or distribution.single()


@pytest.mark.parametrize("distribution", [FloatDistribution(0, 1), FloatDistribution(1, 2, log=True)])
def test_a_continuous_parameter_is_refused_with_the_way_out(distribution):
    with pytest.raises(ValueError, match=r"'lr' has no end of values.*give it a step"):
        BruteForceSampler(0).sample_independent(VIEW, 0, "lr", distribution)


def test_nothing_is_foreseen():
    sampler = BruteForceSampler(0)
    assert sampler.search_space(VIEW, {"x": IntDistribution(0, 3)}) == {}


def test_it_is_rebuilt_from_its_spec():
    sampler = BruteForceSampler(3, max_failures=2)
    for other in (sampler_from_spec(json.loads(json.dumps(sampler.spec()))), pickle.loads(pickle.dumps(sampler))):
        assert other == sampler
        assert other.grid == sampler.grid
        assert other.grid.order(b"here", 100)(7) == sampler.grid.order(b"here", 100)(7)


def test_orders_are_permutations_of_their_own_at_each_address():
    grid = BruteForceSampler(5).grid
    orders = [[grid.order(address, 30)(i) for i in range(30)] for address in (b"", b"a", b"b")]
    assert all(sorted(order) == list(range(30)) for order in orders)
    assert orders[0] != orders[1] != orders[2]
    assert orders[0] != [BruteForceSampler(6).grid.order(b"", 30)(i) for i in range(30)]
    assert grid.order(b"", 1)(0) == 0


def test_ways_are_picked_evenly():
    picks = Counter(BruteForceSampler(seed).grid.pick(b"x", number, 7) for seed in range(70) for number in range(100))
    assert sorted(picks) == list(range(7))
    assert stats.chisquare(list(picks.values())).pvalue > FALSE_ALARM


@pytest.mark.parametrize("value", [0, -1, 1.5, True, None, "4"])
def test_bad_arguments_are_refused(value):
    with pytest.raises(ValueError, match="max_failures must be an integer >= 1"):
        BruteForceSampler(0, max_failures=value)
