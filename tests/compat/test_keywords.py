"""Optuna's keywords of samplers: each has its meaning, or a warning says that it has none; none is a TypeError."""

from __future__ import annotations

import inspect
import json
import math
import pickle
import warnings

import numpy as np
import pytest

import raytune_lite as ours
from raytune_lite import samplers
from raytune_lite.exceptions import SamplerFailedError, TrialPruned
from raytune_lite.samplers import nsgaii, sampler_from_spec
from raytune_lite.trial import TrialState

optuna = pytest.importorskip("optuna")

NAMES = [
    "BruteForceSampler", "CmaEsSampler", "GPSampler", "NSGAIIISampler", "NSGAIISampler", "QMCSampler", "RandomSampler",
    "TPESampler",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_keyword_of_optunas_is_taken_with_optunas_default(name):
    theirs, kind = getattr(optuna.samplers, name), getattr(samplers, name)
    given = {key: one.default for key, one in inspect.signature(theirs).parameters.items()}
    given["seed"] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = kind(**given)
    spec = json.loads(json.dumps(made.spec()))
    assert sampler_from_spec(spec).spec() == made.spec()
    with pytest.raises(TypeError, match="nonsense"):
        kind(nonsense=1)


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("TPESampler", {"gamma": lambda n: 3}, "gamma=.*changes nothing here: the share of good trials is fixed"),
        ("TPESampler", {"consider_endpoints": True}, r"optuna\.samplers\.TPESampler\(...\)"),
        ("QMCSampler", {"independent_sampler": samplers.RandomSampler(1)}, "all parameters are chosen together"),
        ("NSGAIISampler", {"after_trial_strategy": print}, r"trial\.set_constraint"),
    ],
)
def test_a_keyword_without_a_meaning_is_named(name, given, why):
    with pytest.warns(UserWarning, match=why):
        getattr(samplers, name)(**given)


def test_a_flag_must_be_one():
    with pytest.raises(TypeError, match="warn_independent_sampling"):
        samplers.TPESampler(warn_independent_sampling="yes")
    with pytest.raises(TypeError, match=r"constraints_func must be a function that takes \(trial\)"):
        samplers.NSGAIISampler(constraints_func=3)


@pytest.mark.parametrize("name", ["TPESampler", "GPSampler", "NSGAIISampler", "NSGAIIISampler"])
def test_constraints_func_finds_constraints_as_with_optuna(name):
    def objective(trial):
        x, y = trial.suggest_float("x", -15, 30), trial.suggest_float("y", -15, 30)
        trial.set_user_attr("constraint", (x - 5, y - 8))
        return (x, y) if len(trial.study.directions) > 1 else x - y

    def constraints(trial):
        assert set(trial.params) == {"x", "y"}
        assert trial.values is not None
        return trial.user_attrs["constraint"]

    directions = ["minimize"] * (2 if name.startswith("NSGA") else 1)
    sampler = getattr(samplers, name)(seed=1, constraints_func=constraints)
    study = ours.create_study(directions=directions, sampler=sampler)
    study.optimize(objective, n_trials=15, executor="inline", show_progress_bar=False)
    assert len(study.trials) == 15
    for trial in study.trials:
        x, y = trial.params.values()
        assert trial.constraints == {"0": x - 5, "1": y - 8}
        assert trial.system_attrs["constraints"] == [x - 5, y - 8]
    assert all(trial.is_feasible for trial in study.best_trials)


def test_constraints_func_is_asked_for_a_pruned_trial_and_not_for_a_failed_one():
    def objective(trial):
        trial.report(1.0, 0)
        if trial.number == 1:
            raise TrialPruned
        if trial.number == 2:
            raise ValueError
        return 0.0

    sampler = samplers.TPESampler(seed=1, constraints_func=lambda trial: [trial.number])
    study = ours.create_study(sampler=sampler)
    study.optimize(objective, n_trials=3, executor="inline", catch=ValueError, show_progress_bar=False)
    assert [t.state for t in study.trials] == [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL]
    assert [t.constraints for t in study.trials] == [{"0": 0.0}, {"0": 1.0}, {}]


def told(package, sampler):
    """Ask and tell, as a script of Optuna does; answers (state, values, constraints) of each trial."""
    study = package.create_study(sampler=sampler)
    errors = []
    for values, state in [(1.0, None), (2.0, None), (None, "PRUNED"), (None, "FAIL"), (math.nan, None), (3.0, None)]:
        trial = study.ask()
        trial.set_user_attr("limit", trial.suggest_float("x", 0, 1))
        state = None if state is None else package.trial.TrialState[state]
        try:
            study.tell(trial if len(errors) % 2 else trial.number, values, state)
            errors.append(None)
        except ValueError as error:
            errors.append(type(error))
    return errors, [(t.state.name, t.values, len(t.constraints)) for t in study.trials]


def test_tell_asks_constraints_func_as_with_optuna():
    def some(trial):
        assert trial.params["x"] == trial.user_attrs["limit"]
        return [trial.number - 1.0, 0.0]

    def failing(trial):
        return [math.nan] if trial.number == 1 else [float(trial.number)]

    for function in (some, failing):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            want = told(optuna, optuna.samplers.TPESampler(seed=1, constraints_func=function))
        found = told(ours, samplers.TPESampler(seed=1, constraints_func=function))
        assert found == want


def test_a_trial_that_another_process_asked_for_gets_its_constraints():
    study = ours.create_study(sampler=samplers.RandomSampler(seed=1))
    for _ in range(2):
        study.ask({"x": ours.distributions.FloatDistribution(0, 1)}, lease=60)
    study.close()
    sampler = samplers.RandomSampler(seed=1)
    sampler.constraints_func = lambda trial: [trial.params["x"] + sum(trial.values)]
    other = ours.load_study(study_name=study.study_name, storage=study._holder, sampler=sampler)
    first, second = (other.tell(number, value) for number, value in enumerate([2.0, -1.0]))
    assert first.constraints == {"0": 2.0 + first.params["x"]}
    assert first.system_attrs["constraints"] == [2.0 + first.params["x"]]
    assert second.is_feasible
    assert [t.number for t in other.best_trials] == [1]


def test_crossovers_and_mutations_by_optunas_names():
    theirs = [name for name in dir(optuna.samplers.nsgaii) if name[0].isupper()]
    assert [name for name in theirs if not hasattr(samplers.nsgaii, name)] == []
    for name in theirs:
        if name.startswith("Base"):
            continue
        kind = getattr(nsgaii, name)
        names = inspect.signature(getattr(optuna.samplers.nsgaii, name)).parameters
        assert {key: one.default for key, one in inspect.signature(kind).parameters.items()} == {
            key: one.default for key, one in names.items()
        }
        what = "mutation" if name == "PolynomialMutation" else "crossover"
        made = samplers.NSGAIISampler(1, **{what: kind()})
        assert made == sampler_from_spec(json.loads(json.dumps(made.spec())))
    assert samplers.NSGAIISampler(1, crossover=nsgaii.UniformCrossover(0.25)) == samplers.NSGAIISampler(
        1, crossover={"name": "uniform", "swapping_prob": 0.25}
    )


class Middle(nsgaii.BaseCrossover):
    """Between its parents, and a little beside."""

    n_parents = 3

    def crossover(self, parents_params, rng, study, search_space_bounds):
        assert parents_params.shape == (3, 2)
        assert np.array_equal(search_space_bounds, [[0, 1], [0, 1]])
        assert len(study.directions) == 2
        return parents_params.mean(axis=0) + rng.normal(0, 0.01, 2)


class Jump(nsgaii.BaseMutation):
    def mutation(self, param, rng, study, search_space_bounds):
        assert 0 <= param <= 1
        return param + rng.normal(0, 0.5)


def two_objectives(trial):
    x, y = trial.suggest_float("x", 1e-3, 1, log=True), trial.suggest_int("y", 1, 100)
    return x * (1 + (trial.suggest_categorical("c", ["a", "b"]) == "a")), (1 - x) ** 2 + y / 100


def evolved(sampler, study=None):
    study = study or ours.create_study(directions=["minimize"] * 2, sampler=sampler)
    study.optimize(two_objectives, n_trials=25, executor="inline", show_progress_bar=False)
    return study


def test_a_crossover_and_a_mutation_of_ones_own():
    def make(seed, **rules):
        return samplers.NSGAIISampler(seed, population_size=8, **rules)

    given = {"crossover": Middle(), "mutation": Jump()}
    study = evolved(make(1, **given))
    params = [t.params for t in study.trials]
    assert [t.params for t in evolved(pickle.loads(pickle.dumps(make(1, **given)))).trials] == params
    assert [t.params for t in evolved(make(1, crossover=Middle())).trials] != params
    assert [t.params for t in evolved(make(1)).trials] != params
    assert "can_be_rebuilt" in json.dumps(make(1, **given).spec())
    again = ours.load_study(study_name=study.study_name, storage=study._holder, sampler=make(1, **given))
    study.close()
    assert len(evolved(None, again).trials) == 50


def test_optunas_own_crossovers_in_our_sampler():
    for name in ("UniformCrossover", "BLXAlphaCrossover", "SPXCrossover", "UNDXCrossover", "SBXCrossover"):
        rule = getattr(optuna.samplers.nsgaii, name)()
        study = evolved(samplers.NSGAIISampler(1, population_size=8, crossover=rule))
        assert [t.state for t in study.trials] == [TrialState.COMPLETE] * 25


def test_wrong_rules_are_named():
    class Flat(Middle):
        def crossover(self, parents_params, rng, study, search_space_bounds):
            return parents_params

    with pytest.raises(SamplerFailedError, match=r"Flat must give finite numbers of shape \(2,\), got array"):
        evolved(samplers.NSGAIISampler(1, population_size=8, crossover=Flat()))

    class NoParents(Middle):
        n_parents = "2"

    with pytest.raises(ValueError, match="n_parents of a crossover must be an integer >= 1, got '2'"):
        samplers.NSGAIISampler(crossover=NoParents())
    with pytest.raises(ValueError, match="or one that derives from its BaseCrossover, got 3"):
        samplers.NSGAIISampler(crossover=3)
    with pytest.raises(ValueError, match="or one that derives from its BaseMutation"):
        samplers.NSGAIISampler(mutation=Jump)


def test_a_process_without_startup_trials():
    study = ours.create_study(sampler=samplers.GPSampler(seed=1, n_startup_trials=0))
    study.optimize(lambda trial: trial.suggest_float("x", -1, 1) ** 2, n_trials=3, executor="inline")
    assert len({trial.params["x"] for trial in study.trials}) == 3
