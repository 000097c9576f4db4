"""Fixed parameters have their values however they are asked for; the base sampler chooses the rest as ever."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import raytune_lite as rtl
from raytune_lite.core.view import StudyView
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.samplers import (
    CmaEsSampler,
    GridSampler,
    PartialFixedSampler,
    QMCSampler,
    RandomSampler,
    sampler_from_spec,
)
from raytune_lite.trial import FrozenTrial, StudyDirection, TrialState

VIEW = StudyView.of((StudyDirection.MINIMIZE,), [])
SPACE = {
    "x": FloatDistribution(0.0, 1.0),
    "lr": FloatDistribution(1e-5, 1.0, log=True),
    "n": IntDistribution(2, 10, step=2),
    "c": CategoricalDistribution(["a", None, True, 1]),
}
FIXED = {"n": 4, "c": None}


def test_fixed_values_are_given_ahead_and_on_demand_and_the_rest_is_the_bases():
    base, sampler = RandomSampler(3), PartialFixedSampler(FIXED, RandomSampler(3))
    space = sampler.search_space(VIEW, SPACE)
    assert list(space) == list(SPACE)
    for number in range(5):
        values = sampler.sample_relative(VIEW, number, space)
        assert values == {**base.sample_relative(VIEW, number, SPACE), "n": 4.0, "c": 1.0}
        for name, dist in SPACE.items():
            assert sampler.sample_independent(VIEW, number, name, dist) == values[name]


@pytest.mark.parametrize(
    ("fixed", "dist"),
    [
        ({"n": 5}, SPACE["n"]),
        ({"n": 12}, SPACE["n"]),
        ({"n": "4"}, FloatDistribution(5.0, 6.0)),
        ({"n": None}, SPACE["n"]),
        ({"n": float("nan")}, SPACE["x"]),
        ({"n": "adam"}, SPACE["x"]),
        ({"n": "z"}, SPACE["c"]),
    ],
)
def test_a_value_outside_its_distribution_is_refused_when_it_is_asked_for(fixed, dist):
    sampler = PartialFixedSampler(fixed, RandomSampler(0))
    assert "n" not in sampler.search_space(VIEW, {"n": dist, "x": SPACE["x"]})  # the next range may hold it
    for ask in (
        lambda: sampler.sample_independent(VIEW, 0, "n", dist),
        lambda: sampler.sample_relative(VIEW, 0, {"n": dist}),
    ):
        with pytest.raises(ValueError, match=r"fixed_params\['n'\] must be a value of .*, got .*widen") as caught:
            ask()
        assert repr(fixed["n"]) in str(caught.value)


def test_a_study_has_the_fixed_values_and_an_enqueued_one_wins():
    study = rtl.create_study(sampler=PartialFixedSampler({"n": 4}, QMCSampler(seed=0)))
    study.enqueue_trial({"n": 8})

    def objective(trial):
        trial.suggest_categorical("c", ["a", "b"])
        return trial.suggest_int("n", 2, 10, step=2) + trial.suggest_float("x", 0, 1)

    study.optimize(objective, n_trials=6, executor="inline")
    assert [trial.params["n"] for trial in study.trials] == [8, 4, 4, 4, 4, 4]
    assert len({trial.params["x"] for trial in study.trials}) == 6


def test_the_base_learns_in_the_space_that_is_left():
    """CMA-ES below: the fixed parameter is no dimension of it, so its trials come from its own generations."""
    space = {name: FloatDistribution(-1.0, 1.0) for name in "abz"}
    sampler, trials = PartialFixedSampler({"z": 0.9}, CmaEsSampler(seed=0)), []
    for number in range(200):
        view = StudyView.of((StudyDirection.MINIMIZE,), trials)
        values = sampler.sample_relative(view, number, sampler.search_space(view, space))
        assert values["z"] == 0.9
        loss = (values["a"] - 0.3) ** 2 + (values["b"] + 0.4) ** 2 + values["z"]
        trials.append(
            FrozenTrial(number=number, state=TrialState.COMPLETE, values=(loss,), params=values, distributions=space)
        )
    assert trials[-1].values[0] - 0.9 < 1e-6


def test_specs_nest_and_round_trip():
    base = CmaEsSampler(seed=4, independent_sampler=QMCSampler("halton", seed=5))
    sampler = PartialFixedSampler({"n": 4}, PartialFixedSampler({"c": None}, base))
    spec = json.loads(json.dumps(sampler.spec()))
    assert spec["base_sampler"]["base_sampler"]["independent_sampler"]["qmc_type"] == "halton"
    for again in (sampler_from_spec(spec), pickle.loads(pickle.dumps(sampler))):
        assert again == sampler
        assert hash(again) == hash(sampler)
        assert again.seed == 4
        assert again.sample_relative(VIEW, 3, SPACE) == sampler.sample_relative(VIEW, 3, SPACE)
    assert PartialFixedSampler({"n": 5}, base) != PartialFixedSampler({"n": 4}, base)
    assert sampler.grid is None
    assert [sampler.in_background, sampler.draws_globally, sampler.auto_seed] == [False] * 3


def test_the_grid_is_delegated_and_may_not_be_fixed():
    base = GridSampler({"x": [1, 2]}, seed=0)
    sampler = PartialFixedSampler({"n": np.int64(4)}, base)
    assert sampler.grid is base.grid
    assert type(sampler.fixed_params["n"]) is int
    assert sampler.search_space(VIEW, SPACE) == {"n": SPACE["n"]}
    study = rtl.create_study(sampler=sampler)
    study.optimize(lambda t: t.suggest_int("x", 1, 2) + t.suggest_int("n", 2, 10, step=2), executor="inline")
    assert sorted(trial.values[0] for trial in study.trials) == [5, 6]
    with pytest.raises(ValueError, match=r"base_sampler's grid, got \['x'\]"):
        PartialFixedSampler({"x": 1}, base)


@pytest.mark.parametrize("fixed", [None, [("n", 1)], {1: 2}, {"n": {1}}, {"n": object()}, {"n": 1j}])
def test_bad_fixed_params_are_refused(fixed):
    with pytest.raises(ValueError, match="fixed_params"):
        PartialFixedSampler(fixed, RandomSampler(0))


@pytest.mark.parametrize("base", [5, RandomSampler, {"name": "RandomSampler"}])
def test_a_bad_base_is_refused(base):
    with pytest.raises(ValueError, match="base_sampler must be a sampler or None, got "):
        PartialFixedSampler({"n": 1}, base)
