"""Random sampling: in range, uniform on the right scale, addressed by (seed, number, name) alone."""

from __future__ import annotations

import math
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from raytune_lite.core.view import Finished, StudyView
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.samplers import GridSampler, RandomSampler, sampler_from_spec
from raytune_lite.samplers.rng import rng_for
from raytune_lite.trial import StudyDirection


class NoTrials:
    def __getitem__(self, index):
        raise AssertionError("a random or grid sampler reads no trials")


VIEW = StudyView((StudyDirection.MINIMIZE,), n_events=0, finished=Finished(NoTrials(), 3), load_pending=NoTrials())
SPACE = {
    "float": FloatDistribution(-2.0, 3.0),
    "log": FloatDistribution(1e-5, 1e-1, log=True),
    "step": FloatDistribution(0.1, 0.7, step=0.1),
    "int": IntDistribution(-3, 11),
    "log_int": IntDistribution(1, 1000, log=True),
    "step_int": IntDistribution(5, 50, step=5),
    "choice": CategoricalDistribution(["sgd", "adam", None, True, 1.5]),
    "one_float": FloatDistribution(0.3, 0.3),
    "one_int": IntDistribution(7, 7),
    "one_choice": CategoricalDistribution(["only"]),
}
N = 20_000
FALSE_ALARM = 1e-6  # of each statistical test, over the choice of its seed; the seeds are fixed


def draws(name, seed=0, n=N):
    sampler = RandomSampler(seed)
    return [sampler.sample_independent(VIEW, number, name, SPACE[name]) for number in range(n)]


@pytest.mark.parametrize("name", SPACE)
def test_values_are_in_range_and_on_the_grid(name):
    dist = SPACE[name]
    for value in draws(name, n=2000):
        assert type(value) is float
        assert dist.contains(value)
        assert dist.to_internal_repr(dist.to_external_repr(value)) == value


def test_floats_are_uniform_on_their_scale():
    # scipy kstest against the uniform and the log-uniform distribution
    low, high = SPACE["float"].low, SPACE["float"].high
    assert stats.kstest(draws("float"), stats.uniform(low, high - low).cdf).pvalue > FALSE_ALARM
    assert stats.kstest(draws("log"), stats.loguniform(1e-5, 1e-1).cdf).pvalue > FALSE_ALARM


@pytest.mark.parametrize("name", ["step", "int", "step_int", "choice"])
def test_discrete_values_are_equally_frequent(name):
    values, counts = np.unique(np.round(draws(name), 9), return_counts=True)
    expected = {"step": 7, "int": 15, "step_int": 10, "choice": 5}[name]
    assert len(values) == expected
    assert stats.chisquare(counts).pvalue > FALSE_ALARM


def test_log_ints_have_the_share_of_their_log_interval():
    values = np.array(draws("log_int"))
    edges = [0.5, 1.5, 2.5, 3.5, 5.5, 10.5, 31.5, 100.5, 316.5, 1000.5]
    counts, _ = np.histogram(values, edges)
    shares = np.diff(np.log(edges)) / (math.log(1000.5) - math.log(0.5))
    assert stats.chisquare(counts, shares * N).pvalue > FALSE_ALARM


def test_names_and_neighbouring_trials_are_uncorrelated():
    x, y = np.array(draws("float")), np.array(draws("log"))
    bound = stats.norm.isf(FALSE_ALARM / 2) / math.sqrt(N)  # normal approximation of a correlation of N pairs
    assert abs(np.corrcoef(x, np.log(y))[0, 1]) < bound
    assert abs(np.corrcoef(x[1:], x[:-1])[0, 1]) < bound
    assert abs(np.corrcoef(x, draws("float", seed=1))[0, 1]) < bound


@given(st.integers(0, 2**130), st.integers(0, 2**40))
def test_same_seed_same_value_and_different_numbers_differ(seed, number):
    def draw(s, n):
        return RandomSampler(s).sample_independent(VIEW, n, "float", SPACE["float"])

    assert draw(seed, number) == draw(seed, number)
    # 53 bits: a false alarm has probability 2**-53 a pair
    assert draw(seed, number) != draw(seed, number + 1)
    assert draw(seed, number) != draw(seed + 1, number)


@given(st.permutations(list(SPACE)), st.integers(0, 1000))
def test_the_order_of_suggest_calls_and_foresight_change_no_value(order, number):
    sampler = RandomSampler(3)
    ahead = sampler.sample_relative(VIEW, number, sampler.search_space(VIEW, SPACE))
    assert ahead.keys() == SPACE.keys()
    on_demand = {name: sampler.sample_independent(VIEW, number, name, SPACE[name]) for name in order}
    assert on_demand == ahead
    part = {name: SPACE[name] for name in order[:4]}
    assert sampler.sample_relative(VIEW, number, part) == {name: ahead[name] for name in part}


def test_no_global_random_state_is_read_or_touched():
    def sample():
        sampler = RandomSampler(5)
        grid = GridSampler({"a": [1, 2, 3]}, seed=5).grid
        return dict(sampler.sample_relative(VIEW, 1, SPACE)), [grid.cell_at(i) for i in range(3)]

    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()
    first = sample()
    after = random.getstate(), np.random.get_state()
    assert before[0] == after[0]
    assert all(np.array_equal(a, b) for a, b in zip(before[1], after[1], strict=True))
    random.seed(2)
    np.random.seed(2)
    assert sample() == first
    RandomSampler()
    GridSampler({"a": [1]})


def test_the_callers_floating_point_mode_changes_no_suggestion():
    first = RandomSampler(5).sample_relative(VIEW, 1, SPACE)
    with np.errstate(all="raise"):
        assert RandomSampler(5).sample_relative(VIEW, 1, SPACE) == first


def test_values_are_pinned_so_that_a_study_can_be_resumed_by_a_later_version():
    # numpy 2, computed once: Philox and SeedSequence are stable by numpy's compatibility policy (NEP 19)
    sampler = RandomSampler(2024)
    assert [sampler.sample_independent(VIEW, n, "x", FloatDistribution(0, 1)) for n in range(3)] == PINNED
    assert rng_for(7, number=1, purpose="a").random() != rng_for(7, number=1, purpose="b").random()


PINNED = [0.03828897640029982, 0.02542210693375979, 0.8050121918605277]


def test_a_seed_of_none_is_drawn_once_and_kept():
    sampler = RandomSampler()
    assert sampler.seed != RandomSampler().seed
    assert sampler.spec() == {"name": "RandomSampler", "seed": sampler.seed}
    assert 0 <= sampler.seed < 2**63
    again = sampler_from_spec(sampler.spec())
    assert again == sampler
    assert again.grid is None
    assert again.sample_relative(VIEW, 4, SPACE) == sampler.sample_relative(VIEW, 4, SPACE)
    assert pickle.loads(pickle.dumps(sampler)) == sampler
    assert RandomSampler(np.int64(3)) == RandomSampler(3)
    assert type(RandomSampler(np.int64(3)).seed) is int


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True, [1]])
def test_a_bad_seed_is_refused(seed):
    for make in (RandomSampler, lambda seed: GridSampler({"a": [1]}, seed)):
        with pytest.raises(ValueError, match=r"seed must be an integer >= 0 or None, got ") as caught:
            make(seed)
        assert repr(seed) in str(caught.value)


def test_an_unknown_spec_lists_the_known_names():
    with pytest.raises(ValueError, match=r"GridSampler.*RandomSampler.*'ParticleSwarm'"):
        sampler_from_spec({"name": "ParticleSwarm"})
    with pytest.raises(ValueError, match=r"RandomSampler.*width"):
        sampler_from_spec({"name": "RandomSampler", "width": 3})
    with pytest.raises(ValueError, match="None"):
        sampler_from_spec({})


CODE = """
import sys
from raytune_lite.core.view import StudyView
from raytune_lite.distributions import FloatDistribution
from raytune_lite.pruners import ASHAPruner
from raytune_lite.samplers import GridSampler, RandomSampler
sampler = RandomSampler(2024)
assert GridSampler({"a": [1, 2]}, 0).grid.params(1) == {"a": 2}
assert not {"numpy", "torch", "ray", "sqlalchemy"} & set(sys.modules)
print(repr([sampler.sample_independent(None, n, "x", FloatDistribution(0, 1)) for n in range(3)]))
"""


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_another_process_draws_the_same_and_imports_numpy_only_then(hash_seed):
    out = subprocess.run(
        [sys.executable, "-c", CODE],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ROOT},
        check=True,
        capture_output=True,
    )
    assert out.stdout.decode().strip() == repr(PINNED)


ROOT = __file__.rsplit("/", 2)[0]
