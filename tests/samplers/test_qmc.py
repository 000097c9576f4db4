"""QMC: scipy's own points, one for each trial number; even; a parameter keeps its dimension."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.stats import qmc

from raytune_lite.core.view import Finished, StudyView
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.samplers import QMCSampler, RandomSampler
from raytune_lite.trial import FrozenTrial, StudyDirection, TrialState

EMPTY = StudyView.of((StudyDirection.MINIMIZE,), [])
UNIT = FloatDistribution(0.0, 1.0)
SPACE = {f"x{i}": UNIT for i in range(8)}
TYPES = ("sobol", "halton")
DIMS = 40


def points(sampler, n, space=SPACE, view=EMPTY):
    return np.array([list(sampler.sample_relative(view, number, space).values()) for number in range(n)])


def finished(*names_of_trials):
    return [
        FrozenTrial(
            number=i, state=TrialState.COMPLETE, values=(0.0,),
            params=dict.fromkeys(names, 0.5), distributions=dict.fromkeys(names, UNIT),
        )
        for i, names in enumerate(names_of_trials)
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "engine"), [("sobol", qmc.Sobol), ("halton", qmc.Halton)])
def test_without_scrambling_the_points_are_scipys(kind, engine):
    space = {f"x{i:02d}": UNIT for i in range(DIMS)}
    oracle = engine(DIMS, scramble=False).random(2048)
    sampler = QMCSampler(kind, scramble=False, seed=0)
    for number in (*range(64), 255, 256, 257, 1000, 2047):  # in any order: nothing is counted
        mine = list(sampler.sample_relative(EMPTY, number, space).values())
        np.testing.assert_allclose(mine, oracle[number], rtol=0, atol=2**-52)


@pytest.mark.parametrize("seed", range(5))
def test_scrambled_sobol_points_are_a_net(seed):
    """Of 2**m points every elementary interval of volume 2**-m of the first two dimensions holds exactly one."""
    found = points(QMCSampler(seed=seed), 256)[:, :2]
    for k in range(9):
        cells = np.floor(found * [2**k, 2 ** (8 - k)]).astype(int)
        assert len({tuple(cell) for cell in cells.tolist()}) == 256
    for column in points(QMCSampler(seed=seed), 256).T:  # and in each dimension alone
        assert sorted(np.floor(column * 256).astype(int)) == list(range(256))


@pytest.mark.parametrize("seed", range(5))
def test_scrambled_halton_points_are_stratified_in_each_base(seed):
    found = points(QMCSampler("halton", seed=seed), 343)
    for column, base in zip(found.T, (2, 3, 5, 7), strict=False):
        n = base ** int(np.log(343.5) / np.log(base))
        assert sorted(np.floor(column[:n] * n).astype(int)) == list(range(n))


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("n", [64, 200, 512])
def test_points_are_more_even_than_random_ones(kind, n):
    # scipy's centred discrepancy. Of 3000 random sets of 64 points (normal approximation of its logarithm) each has a
    # chance of 0.02 to come so near to Halton's, of the larger ones none below 1e-6; the seeds are fixed
    even = max(qmc.discrepancy(points(QMCSampler(kind, seed=seed), n)) for seed in range(5))
    random = min(qmc.discrepancy(points(RandomSampler(seed), n)) for seed in range(5))
    assert even < random / 2


@pytest.mark.parametrize("kind", TYPES)
def test_no_two_trials_share_a_point_and_seeds_differ(kind):
    found = points(QMCSampler(kind, seed=1), 1500)
    assert len(np.unique(found, axis=0)) == 1500
    assert not np.any(found == points(QMCSampler(kind, seed=2), 1500))
    far = [QMCSampler(kind, seed=1).sample_relative(EMPTY, 2**k, SPACE) for k in (20, 40, 70)]
    assert len({tuple(values.values()) for values in far}) == 3


@pytest.mark.parametrize("kind", TYPES)
def test_a_parameter_keeps_its_dimension_when_the_study_learns_more(kind):
    trials = finished(("b", "d"), ("b",), ("a", "b", "c", "d"), [f"e{i:03d}" for i in range(60)])
    sampler = QMCSampler(kind, seed=3)
    views = [StudyView((StudyDirection.MINIMIZE,), n, Finished(trials, n)) for n in (1, 2, 3, 4)]
    for number in (5, 600):
        first = sampler.sample_relative(views[0], number, {"b": UNIT, "d": UNIT})
        for view in views[1:]:
            # with 64 parameters the sequence has more dimensions, the first ones are as before
            known = {name: UNIT for trial in view.finished for name in sorted(trial.params, reverse=True)}
            later = sampler.sample_relative(view, number, known)
            assert {name: later[name] for name in "bd"} == first
            assert sampler.sample_independent(view, number, "d", UNIT) == first["d"]
    last = sampler.sample_relative(views[3], 5, known)
    assert len(set(last.values())) == len(last)  # no two parameters share a dimension


def test_before_any_trial_ended_known_parameters_have_sorted_dimensions():
    sampler = QMCSampler(seed=3)
    early = sampler.sample_relative(EMPTY, 7, {"d": UNIT, "b": UNIT})
    later = StudyView.of((StudyDirection.MINIMIZE,), finished(("d", "b")))
    assert sampler.sample_relative(later, 7, {"d": UNIT, "b": UNIT}) == early
    # a name that nobody has seen has no dimension
    assert sampler.sample_independent(later, 7, "new", UNIT) == RandomSampler(3).sample_independent(
        later, 7, "new", UNIT
    )


def test_choices_and_grids_get_equal_shares_exactly():
    space = {"c": CategoricalDistribution(["a", "b", "c", "d"]), "k": IntDistribution(0, 14, step=2),
             "s": FloatDistribution(0.0, 1.5, step=0.5)}  # fmt: skip
    found = points(QMCSampler(seed=0), 64, space)
    for column, n in zip(found.T, (4, 8, 4), strict=True):
        assert np.unique(column, return_counts=True)[1].tolist() == [64 // n] * n


@pytest.mark.parametrize("kind", TYPES)
def test_more_parameters_than_dimensions_are_drawn_uniformly(kind, monkeypatch):
    from raytune_lite.samplers import qmc as module

    monkeypatch.setattr(module, "_MAX_DIMS", 16)
    space = {f"x{i:02d}": UNIT for i in range(20)}
    sampler = QMCSampler(kind, seed=0)
    values = sampler.sample_relative(EMPTY, 3, space)
    uniform = RandomSampler(0).sample_relative(EMPTY, 3, space)
    same = [name for name in space if values[name] == uniform[name]]
    assert same == ["x16", "x17", "x18", "x19"]


@pytest.mark.parametrize("kind", TYPES)
def test_a_suggestion_takes_microseconds_wherever_the_study_is(kind):
    sampler, space = QMCSampler(kind, seed=0), {f"x{i}": UNIT for i in range(10)}
    took = []
    for number in (*range(300), *range(900_000, 900_300)):
        began = time.process_time_ns()
        sampler.sample_relative(EMPTY, number, space)
        took.append(time.process_time_ns() - began)
    assert np.median(took) < 500_000  # 10 microseconds on an idle core; a fast-forward from 0 would take 40 ms


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"sobol.*halton.*'lhs'"):
        QMCSampler("lhs")
    with pytest.raises(ValueError, match="scramble must be True or False, got 7"):
        QMCSampler(scramble=7)
