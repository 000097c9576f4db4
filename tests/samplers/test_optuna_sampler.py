"""Optuna's samplers behind ours: what they see, what they choose, and what is the same after a restart."""

from __future__ import annotations

import json
import pickle
import warnings

import pytest

import raytune_lite as rtl
from raytune_lite.base_trial import CONSTRAINT_PREFIX
from raytune_lite.distributions import FloatDistribution, IntDistribution
from raytune_lite.samplers import sampler_from_spec
from raytune_lite.samplers.rng import rng_for

from . import test_conformance as suite
from .conformance import Case
from .odd_histories import ODD
from .world import (
    COMPLETE,
    DISCRETE,
    FAIL,
    MAXIMIZE,
    MINIMIZE,
    PAUSED,
    PRUNED,
    RUNNING,
    Played,
    World,
    flat,
    history,
    loss_of,
)  # fmt: skip

optuna = pytest.importorskip("optuna")
from raytune_lite.integrations.optuna import OptunaSampler  # noqa: E402
from raytune_lite.samplers.generators import draws  # noqa: E402

S = optuna.samplers
STATES = optuna.trial.TrialState

MAKE = {
    "Random": S.RandomSampler,
    "TPE": S.TPESampler,
    "TPE univariate": lambda: S.TPESampler(multivariate=False),
    "TPE group": lambda: S.TPESampler(group=True),
    "GP": lambda: S.GPSampler(n_startup_trials=5),
    "BruteForce": S.BruteForceSampler,
    "CMA-ES": lambda: S.CmaEsSampler(warn_independent_sampling=False),
    "CMA-ES with margin": lambda: S.CmaEsSampler(with_margin=True, warn_independent_sampling=False),
    "NSGA-II": lambda: S.NSGAIISampler(population_size=6),
    "NSGA-III": lambda: S.NSGAIIISampler(population_size=6),
    "QMC": lambda: S.QMCSampler(warn_independent_sampling=False),
}
PURE = ("Random", "TPE", "TPE univariate", "TPE group", "GP", "BruteForce")
SLOW = {"GP": 12}  # trials at most
FLOATS = {"x": FloatDistribution(-5.0, 5.0), "y": FloatDistribution(1e-3, 1.0, log=True), "n": IntDistribution(1, 9)}

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def case_of(name: str) -> Case:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        original = MAKE[name]()
    spaces = ("discrete", "conditional, discrete") if name == "BruteForce" else ("mixed", "conditional", "single")
    return Case(name, lambda seed: OptunaSampler(original, seed), spaces, 99)


def space_of(name: str):
    return DISCRETE if name == "BruteForce" else FLOATS


@pytest.fixture(params=MAKE)
def name(request):
    return request.param


@pytest.fixture(params=[name for name in PURE if name != "GP"])  # a minute more; below it is tested with fewer trials
def pure(request):
    return case_of(request.param)


# --- the oracle: Optuna itself ---------------------------------------------------------------------------------------


class Addressed(S.BaseSampler):
    """An Optuna sampler whose generators are set before each question as OptunaSampler sets them."""

    def __init__(self, sampler, seed):
        self.sampler, self.seed = sampler, seed

    def _set(self, trial, what):
        rng = rng_for(self.seed, number=trial.number, purpose=f"optuna/{what}")
        for generator in draws(self.sampler):
            generator(int(rng.integers(2**32)))

    def before_trial(self, study, trial):
        self._set(trial, "relative")
        self.sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study, trial):
        return self.sampler.infer_relative_search_space(study, trial)

    def sample_relative(self, study, trial, search_space):
        self._set(trial, "relative")
        return self.sampler.sample_relative(study, trial, search_space)

    def sample_independent(self, study, trial, param_name, param_distribution):
        self._set(trial, param_name)
        return self.sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study, trial, state, values):
        self._set(trial, "after")
        self.sampler.after_trial(study, trial, state, values)


@pytest.mark.parametrize("name", [name for name in MAKE if name not in ("GP", "BruteForce")])
def test_a_study_one_by_one_is_the_study_that_optuna_itself_would_run(name):
    # GPSampler starts a fit where the last one ended, and BruteForceSampler's after_trial needs Optuna's own loop
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    theirs = optuna.create_study(sampler=Addressed(MAKE[name](), 5))
    world, sampler, objective = World(), OptunaSampler(MAKE[name](), 5), flat(FLOATS)
    for number in range(30):
        trial = theirs.ask()
        expected = {
            "x": trial.suggest_float("x", -5.0, 5.0),
            "y": trial.suggest_float("y", 1e-3, 1.0, log=True),
            "n": trial.suggest_int("n", 1, 9),
        }
        played = world.play(sampler, number, objective)
        assert played.external() == expected
        value = loss_of(played)
        theirs.tell(trial, value)
        world.put(played.trial(number, COMPLETE, values=(value,)))


# --- what a sampler sees ---------------------------------------------------------------------------------------------


class Probe(S.RandomSampler):
    """Random search that writes down what it is shown."""

    seen: list = []
    calls: list = []

    def __deepcopy__(self, memo):
        return self

    def before_trial(self, study, trial):
        self.calls.append(("before", trial.number))
        study._storage.set_trial_system_attr(trial._trial_id, "probe:note", trial.number)

    def sample_relative(self, study, trial, search_space):
        self.calls.append(("relative", trial.number))
        return {}

    def sample_independent(self, study, trial, param_name, param_distribution):
        self.calls.append(("independent", trial.number))
        self.seen.append((trial, study.get_trials(), study.directions))
        return super().sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study, trial, state, values):
        assert trial.state == STATES.RUNNING
        self.calls.append(("after", trial.number, state, values))


def test_the_sampler_sees_the_study_in_optunas_words():
    probe = Probe()
    probe.seen, probe.calls = [], []
    sampler, world = OptunaSampler(probe), World(MAXIMIZE)
    point = Played({"x": 1.0, "n": 3.0}, {"x": FLOATS["x"], "n": FLOATS["n"]})
    attrs = {"user_attrs": {"tag": "a"}, "system_attrs": {f"{CONSTRAINT_PREFIX}size": -1.0}}
    world.put(point.trial(2, COMPLETE, values=(0.5,), **attrs))
    world.put(point.trial(0, PRUNED, values=(2.0,), intermediate_values={1: 3.0, 2: 2.0}))
    world.put(point.trial(1, FAIL))
    world.put(Played({"x": 2.0}, {"x": FLOATS["x"]}).trial(4, RUNNING))
    world.put(point.trial(5, PAUSED, intermediate_values={1: 7.0}))
    world.play(sampler, 7, flat({"x": FLOATS["x"], "n": FLOATS["n"]}))
    asking, trials, directions = probe.seen[-1]
    assert [t.number for t in trials] == [0, 1, 2, 3, 4, 5, 6, 7]  # 3 and 6 wait: nobody knows of them
    wait, run = STATES.WAITING, STATES.RUNNING
    assert [t.state for t in trials] == [STATES.PRUNED, STATES.FAIL, STATES.COMPLETE, wait, run, run, wait, run]
    assert directions == [optuna.study.StudyDirection.MAXIMIZE]
    assert trials[2].value == 0.5
    assert trials[2].params == {"x": 1.0, "n": 3}
    assert trials[2].distributions["n"] == optuna.distributions.IntDistribution(1, 9)
    assert trials[2].user_attrs == {"tag": "a"}
    assert trials[2].constraints == {"size": -1.0}
    assert trials[0].intermediate_values == {1: 3.0, 2: 2.0}
    assert trials[1].value is None
    assert trials[4].params == {"x": 2.0}
    assert trials[5].intermediate_values == {1: 7.0}
    assert asking.number == 7
    assert asking.params.keys() == {"x"}  # it asks for n now
    assert trials[7].system_attrs["probe:note"] == 7
    world.put(point.trial(7, COMPLETE, values=(1.0,)))
    world.play(sampler, 8, flat({"x": FLOATS["x"]}))
    assert probe.seen[-1][1][7].system_attrs["probe:note"] == 7
    hooks = [call for call in probe.calls if call[0] in ("before", "after") and call[1] == 7]
    assert hooks == [("before", 7), ("after", 7, STATES.COMPLETE, [1.0])]


def test_a_trial_under_way_keeps_tpe_away_as_its_constant_liar():
    objective = flat({"n": IntDistribution(0, 999)})
    world, sampler = history(objective, 30), OptunaSampler(S.TPESampler(), 1)
    alone = [world.play(sampler, number, objective).values["n"] for number in range(30, 40)]
    told = []
    for number in range(30, 40):
        played = world.play(sampler, number, objective)
        world.put(played.trial(number, RUNNING))
        told.append(played.values["n"])
    assert told[0] == alone[0]
    assert told != alone  # the same generators: only what runs can make the difference


# --- every sampler ---------------------------------------------------------------------------------------------------


def test_a_study_runs_with_any_sampler_of_optuna(name):
    study = rtl.create_study(sampler=OptunaSampler(MAKE[name](), 3))

    def objective(trial):
        if name == "BruteForce":
            return trial.suggest_int("a", 0, 3) * trial.suggest_categorical("b", [1, 2, 3, 4])
        kind = trial.suggest_categorical("kind", ["p", "q"])
        x = trial.suggest_float("x", -5, 5)
        if trial.number == 4:
            raise ValueError("an unlucky one")
        return x**2 + (trial.suggest_int("n", 1, 64, log=True) if kind == "p" else 0)

    n = SLOW.get(name, 16)
    study.optimize(objective, n_trials=n, executor="inline", catch=(ValueError,))
    assert len(study.trials) == n
    states = [trial.state for trial in study.trials]
    assert states.count(FAIL) == (0 if name == "BruteForce" else 1)
    if name == "BruteForce":
        assert len({tuple(trial.params.values()) for trial in study.trials}) == 16
    for trial in study.trials:
        for key, dist in trial.distributions.items():
            assert dist.contains(dist.to_internal_repr(trial.params[key]))


@pytest.mark.parametrize("odd", ["no trial", "only failed", "only running", "all states", "infinities", "constraints"])
def test_odd_histories_are_survived_where_optuna_survives_them(name, odd):
    if name == "GP" and odd == "constraints":
        pytest.skip("Optuna's GPSampler wants the same constraints of all trials")
    case = case_of(name)
    world = ODD[odd](case.home)
    assert world.play(case.make(1), 1000, case.home).values


def test_the_record_of_a_study_one_by_one_is_all_that_is_needed(name):
    """Notes that a sampler keeps (optimizer, generation, counter) are made anew from the trials."""
    case, world = case_of(name), World()
    warm = case.make(5)
    objective = flat(space_of(name))
    for number in range(SLOW.get(name, 26)):
        played = world.play(warm, number, objective)
        if number % 5 == 4:
            assert world.copy().play(case.make(5), number, objective).values == played.values
        world.put(played.trial(number, COMPLETE, values=(loss_of(played),)))


def test_another_study_or_an_earlier_view_begins_anew(name):
    case = case_of(name)
    n = SLOW.get(name, 20)
    objective = flat(space_of(name))
    one, two, sampler = history(objective, n), history(objective, n - 1), case.make(5)
    for world, seen in ((one, None), (two, None), (one, None), (one, n // 2)):
        warm = world.play(sampler, 50, objective, n=seen).values
        assert warm == world.copy().play(case.make(5), 50, objective, n=seen).values


@pytest.mark.parametrize(
    "test",
    [
        suite.test_a_warm_cache_suggests_what_a_cold_one_does,
        suite.test_earlier_questions_change_no_answer,
        suite.test_what_only_runs_now_leaves_nothing_behind,
        suite.test_trials_may_end_in_any_order,
        suite.test_another_thread_suggests_the_same,
    ],
    ids=lambda test: test.__name__,
)
def test_those_that_keep_no_notes_are_functions_of_the_record(pure, test):
    test(pure)


def test_several_objectives_are_served_or_refused_as_optuna_does(name):
    case = case_of(name)
    world = history(case.home, SLOW.get(name, 20), MINIMIZE, MAXIMIZE)
    if name.startswith("CMA-ES"):
        with pytest.raises(ValueError, match="multi-objective"):
            world.play(case.make(1), 50, case.home)
    else:
        assert world.play(case.make(1), 50, case.home).values


# --- its place in a study --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["no_grad", "inference_mode"])
def test_optunas_gp_works_where_torch_would_not_let_it(mode):
    """Asked directly in these modes it raises; the executor steps out of them to ask."""
    import torch

    def run():
        study = rtl.create_study(sampler=OptunaSampler(S.GPSampler(n_startup_trials=4)))
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=7, executor="inline")
        return [trial.params for trial in study.trials]

    plain = run()
    world, objective = history(flat(FLOATS), 6), flat(FLOATS)
    with getattr(torch, mode)():
        assert run() == plain
        with pytest.raises(RuntimeError):
            world.play(case_of("GP").make(0), 6, objective)


def test_the_spec_says_that_no_sampler_can_be_made_from_it():
    sampler = OptunaSampler(S.TPESampler(n_startup_trials=3), 7)
    spec = json.loads(json.dumps(sampler.spec()))
    kind = "optuna.samplers.TPESampler"
    assert spec == {"name": "OptunaSampler", "sampler": kind, "seed": 7, "can_be_rebuilt": False}
    with pytest.raises(ValueError, match="pass the object as sampler="):
        sampler_from_spec(spec)
    again = pickle.loads(pickle.dumps(sampler))
    assert again == sampler
    assert again.in_background
    assert again.draws_globally
    world = history(flat(FLOATS), 12)
    assert world.play(again, 30, flat(FLOATS)).values == world.play(sampler, 30, flat(FLOATS)).values


@pytest.mark.parametrize("kind", ["TPE", "CMA-ES", "NSGA-II"])
def test_a_study_goes_on_in_another_process_with_the_same_sampler(storage, kind):
    def objective(trial):
        return (trial.suggest_float("x", -5, 5) - 1) ** 2 + (trial.suggest_float("y", -5, 5) - 2) ** 2

    whole = rtl.create_study(sampler=OptunaSampler(MAKE[kind](), 1))
    whole.optimize(objective, n_trials=24, executor="inline")
    for _ in range(2):
        sampler = OptunaSampler(MAKE[kind](), 1)
        study = rtl.create_study(storage=storage, study_name="s", sampler=sampler, load_if_exists=True)
        study.optimize(objective, n_trials=12, executor="inline")
    assert [trial.params for trial in study.trials] == [trial.params for trial in whole.trials]
    with pytest.raises(ValueError, match="pass the object as sampler="):
        rtl.load_study(storage=storage, study_name="s").optimize(objective, n_trials=1, executor="inline")


def test_the_users_own_sampler_object_stays_as_it_was():
    original = S.CmaEsSampler(seed=3)
    before = original._cma_rng.rng.get_state()[1].tolist()
    world = history(flat(FLOATS), 10)
    world.play(OptunaSampler(original), 10, flat(FLOATS))
    assert original._cma_rng.rng.get_state()[1].tolist() == before
    assert original._search_space._search_space is None


def test_a_sampler_that_would_end_the_study_is_heard_in_a_warning():
    sampler, world = OptunaSampler(S.GridSampler({"n": [1, 2]})), World()
    objective = flat({"n": FLOATS["n"]})
    for number in range(2):
        world.put(world.play(sampler, number, objective).trial(number, COMPLETE, values=(0.0,)))
    assert {trial.params["n"] for trial in world.finished} == {1, 2}
    with pytest.warns(UserWarning, match=r"GridSampler would end the study after trial 1.*n_trials"):
        world.play(sampler, 2, objective)


class OffTheGrid(S.RandomSampler):
    def sample_independent(self, study, trial, param_name, param_distribution):
        return 1.25


def test_what_is_no_sampler_and_what_is_no_value_is_refused():
    with pytest.raises(TypeError, match=r"optuna\.samplers\.BaseSampler, got .*RandomSampler"):
        OptunaSampler(rtl.samplers.RandomSampler(0))
    with pytest.raises(ValueError, match="seed must be an integer"):
        OptunaSampler(S.RandomSampler(), -1)
    step = flat({"x": FloatDistribution(0.0, 1.0)})
    with pytest.raises(ValueError, match=r"OffTheGrid gave 1.25 for parameter 'x' of trial 3"):
        World().play(OptunaSampler(OffTheGrid()), 3, step)


def test_generators_of_all_kinds_are_found():
    import numpy as np
    import torch

    class Hub(S.RandomSampler):
        def __init__(self):
            super().__init__(seed=1)
            self.modern = {"a": [np.random.default_rng()]}
            self.old = np.random.RandomState()
            self.torch = torch.Generator()
            self.inner = S.TPESampler()

    def numbers(hub):
        return (
            hub._rng.rng.random_sample(),
            hub.modern["a"][0].random(),
            hub.old.random_sample(),
            torch.rand(1, generator=hub.torch).item(),
            hub.inner._rng.rng.random_sample(),
            hub.inner._random_sampler._rng.rng.random_sample(),
        )

    one, two = Hub(), Hub()
    for hub in (one, two):
        found = draws(hub)
        assert len(found) == 6
        for i, generator in enumerate(found):
            generator(2**32 - 1 - i)
    first = numbers(one)
    assert numbers(two) == first
    assert len(set(first)) == 6
