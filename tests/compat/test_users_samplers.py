"""A sampler that is written for Optuna, of Optuna's or with our names in its place, is an argument like any other."""

from __future__ import annotations

import random
import threading

import numpy as np
import pytest
from ray import cloudpickle

import raytune_lite as ours
from raytune_lite.distributions import FloatDistribution, IntDistribution
from raytune_lite.exceptions import SamplerFailedError
from raytune_lite.frozen_study import FrozenStudy
from raytune_lite.samplers import BaseSampler, RandomSampler, TPESampler, UserSampler
from raytune_lite.trial import TrialState

optuna = pytest.importorskip("optuna")


def objective(trial):
    x = trial.suggest_float("x", -10, 10)
    return x**2 + trial.suggest_int("n", 1, 9)


def run(sampler, n_trials=8, func=objective, **given):
    study = ours.create_study(sampler=sampler, **given)
    study.optimize(func, n_trials=n_trials, executor="inline", show_progress_bar=False)
    return study


class Annealing(BaseSampler):
    """As in Optuna's examples: no call of super().__init__, a state, another sampler for the rest."""

    def __init__(self, temperature=100, seed=None):
        self.rng = np.random.RandomState(seed)
        self.temperature = temperature
        self.current = None
        self.calls = []

    def infer_relative_search_space(self, study, trial):
        return ours.search_space.intersection_search_space(study.get_trials(deepcopy=False))

    def sample_relative(self, study, trial, search_space):
        if not search_space:
            return {}
        previous = study.get_trials(deepcopy=False)[-2]
        if self.current is None or previous.value <= self.current.value:
            self.current = previous
        self.temperature *= 0.9
        low, high = search_space["x"].low, search_space["x"].high
        near = self.current.params["x"] + self.rng.uniform(-1, 1)
        return {"x": min(max(near, low), high), "n": self.current.params["n"]}

    def sample_independent(self, study, trial, param_name, param_distribution):
        return ours.samplers.RandomSampler(seed=7).sample_independent(study, trial, param_name, param_distribution)


def test_a_users_sampler_chooses_from_the_second_trial_on():
    given = Annealing(seed=3)
    study = run(given, 12)
    assert study.sampler is given
    assert given.current is None  # a copy of it was asked
    trials = study.trials
    first = RandomSampler(7)
    assert trials[0].params["x"] == first.sample_independent(None, 0, "x", FloatDistribution(-10, 10))
    best = trials[0]
    for trial in trials[1:]:
        assert abs(trial.params["x"] - best.params["x"]) <= 1
        assert trial.params["n"] == trials[0].params["n"]
        best = trial if trial.value <= best.value else best
    assert [t.params for t in run(Annealing(seed=3), 12).trials] == [t.params for t in trials]
    assert [t.params for t in run(Annealing(seed=4), 12).trials] != [t.params for t in trials]


class Recorder(BaseSampler):
    """Fixes its space before the first trial, and writes down how it is called."""

    def __init__(self, log):
        self.log = log

    def __deepcopy__(self, memo):
        return Recorder(self.log)

    def infer_relative_search_space(self, study, trial):
        self.log.append(("infer", trial.number, trial.state.name))
        return {"x": FloatDistribution(-10, 10)}

    def sample_relative(self, study, trial, search_space):
        self.log.append(("relative", trial.number, [*search_space]))
        return {"x": float(trial.number)}

    def sample_independent(self, study, trial, param_name, param_distribution):
        self.log.append(("independent", trial.number, param_name, dict(trial.params), param_distribution))
        return 4

    def before_trial(self, study, trial):
        self.log.append(("before", trial.number, len(study.trials)))

    def after_trial(self, study, trial, state, values):
        self.log.append(("after", trial.number, trial.state.name, state, values))


def test_the_methods_are_called_once_a_trial_and_in_optunas_order():
    log = []
    study = run(Recorder(log), 3)
    assert [t.params for t in study.trials] == [{"x": float(n), "n": 4} for n in range(3)]
    assert log[:5] == [
        ("before", 0, 1),
        ("infer", 0, "RUNNING"),
        ("relative", 0, ["x"]),
        ("independent", 0, "n", {"x": 0.0}, IntDistribution(1, 9)),
        ("after", 0, "RUNNING", TrialState.COMPLETE, [4.0]),
    ]
    for what in ("before", "relative", "independent"):
        assert [entry[1] for entry in log if entry[0] == what] == [0, 1, 2]


def test_a_study_that_goes_on_tells_the_sampler_of_all_trials_again(tmp_path):
    url = f"sqlite:///{tmp_path}/s.db"
    run(Recorder([]), 3, storage=url, study_name="s").close()
    log = []
    study = run(Recorder(log), 1, storage=url, study_name="s", load_if_exists=True)
    assert [entry[1] for entry in log if entry[0] == "after"] == [0, 1, 2]
    assert study.trials[3].params == {"x": 3.0, "n": 4}


def test_a_sampler_of_the_global_generators_does_not_repeat_itself_and_leaves_them_alone():
    class Global(BaseSampler):
        def infer_relative_search_space(self, study, trial):
            return {}

        def sample_relative(self, study, trial, search_space):
            return {}

        def sample_independent(self, study, trial, param_name, param_distribution):
            return random.uniform(-10, 10) if param_name == "x" else int(np.random.randint(1, 10))

    random.seed(5)
    expected = random.random()
    random.seed(5)
    study = run(Global(), 6)
    assert random.random() == expected
    assert len({t.params["x"] for t in study.trials}) == 6


def test_a_sampler_that_changes_one_of_ours_in_optunas_way():
    class Halved(TPESampler):
        def sample_independent(self, study, trial, param_name, param_distribution):
            found = super().sample_independent(study, trial, param_name, param_distribution)
            return found / 2 if param_name == "x" else found

        def infer_relative_search_space(self, study, trial):
            found = super().infer_relative_search_space(study, trial)
            return {name: dist for name, dist in found.items() if name == "n"}

    given = Halved(seed=2, n_startup_trials=3)
    assert cloudpickle.loads(cloudpickle.dumps(given)).seed == 2
    study = run(given, 10)
    assert all(abs(t.params["x"]) <= 5 for t in study.trials)
    assert len({t.params["n"] for t in study.trials}) > 1


def test_our_samplers_answer_in_optunas_way():
    study = run(TPESampler(seed=1), 15)
    trial = study.trials[-1]
    for kind in (RandomSampler, TPESampler, ours.samplers.CmaEsSampler, ours.samplers.GPSampler):
        sampler = kind(seed=1)
        space = sampler.infer_relative_search_space(study, trial)
        assert space == dict(trial.distributions)
        found = sampler.sample_relative(study, trial, space)
        assert -10 <= found["x"] <= 10
        assert found["n"] in range(1, 10)
        assert type(found["n"]) is int
        assert sampler.sample_independent(study, trial, "n", IntDistribution(1, 9)) in range(1, 10)


@pytest.mark.parametrize("kind", ["TPESampler", "RandomSampler", "CmaEsSampler", "QMCSampler", "NSGAIISampler"])
def test_a_sampler_of_optunas_follows_its_own_seed(kind):
    def make(seed):
        return getattr(optuna.samplers, kind)(seed=seed, **({"scramble": True} if kind == "QMCSampler" else {}))

    given = make(1)
    study = run(given, 5)
    assert study.sampler is given
    values = [t.params for t in study.trials]
    assert [t.params for t in run(make(1), 5).trials] == values
    if kind != "QMCSampler":  # its seed is in no generator
        assert [t.params for t in run(make(2), 5).trials] != values
        assert [t.params for t in run(make(None), 5).trials] != values


@pytest.mark.parametrize("name", ["TPESampler", "GPSampler", "NSGAIISampler", "NSGAIIISampler"])
def test_constraints_func_of_an_optuna_sampler_is_asked_once_a_trial_and_stored(name):
    seen = []

    def constraints(trial):
        seen.append(trial.number)
        return (trial.params["x"],)

    with pytest.warns(FutureWarning, match="constraints_func"):
        sampler = getattr(optuna.samplers, name)(seed=1, constraints_func=constraints)
    study = run(sampler, 6)
    assert seen == [0, 1, 2, 3, 4, 5]
    assert [t.constraints for t in study.trials] == [{"0": t.params["x"]} for t in study.trials]
    assert all(t.params["x"] <= 0 for t in study.best_trials)
    study.tell(study.ask({"x": ours.distributions.FloatDistribution(-5, 5)}), 1.0)
    assert seen[6:] == [6]


def test_what_the_study_that_a_sampler_gets_has_and_has_not():
    made = run(RandomSampler(1), 5)
    study = FrozenStudy(made.directions, made.trials)
    assert study.best_value == made.best_value
    assert study.best_params == made.best_params
    assert study.best_trials == [study.best_trial] == made.best_trials
    assert study.direction is ours.StudyDirection.MINIMIZE
    assert [t.number for t in study.get_trials(states=(TrialState.COMPLETE,))] == [0, 1, 2, 3, 4]
    assert ours.search_space.intersection_search_space(study.trials) == dict(made.best_trial.distributions)
    with pytest.raises(AttributeError, match=r"no attribute 'optimize'; it may be read through .*get_trials"):
        study.optimize(objective)
    two = FrozenStudy([ours.StudyDirection.MINIMIZE] * 2, [])
    with pytest.raises(RuntimeError, match="best_trials"):
        _ = two.best_trial
    with pytest.raises(ValueError, match="no trial is COMPLETE"):
        _ = FrozenStudy([ours.StudyDirection.MINIMIZE], []).best_trial


class Reader(ours.samplers.BaseSampler):
    """Reads through the private names that samplers written for Optuna use, and notes on its trials."""

    def infer_relative_search_space(self, study, trial):
        return {}

    def sample_relative(self, study, trial, search_space):
        study._storage.set_trial_system_attr(trial._trial_id, "reader:n", study._storage.get_n_trials(study._study_id))
        study._storage.set_study_system_attr(study._study_id, "reader:last", trial.number)
        return {}

    def sample_independent(self, study, trial, param_name, param_distribution):
        storage, key = study._storage, study._study_id
        assert storage.get_trial(trial._trial_id).number == trial.number
        assert storage.get_trial_system_attrs(trial._trial_id)["reader:n"] == trial.number + 1
        assert storage.get_study_system_attrs(key) == study.system_attrs == {"reader:last": trial.number}
        assert storage.get_study_directions(key) == study._directions == study.directions
        assert study.metric_names is None
        done = storage.get_all_trials(key, deepcopy=False, states=(TrialState.COMPLETE,))
        assert len(done) == storage.get_n_trials(key, TrialState.COMPLETE) == trial.number
        assert [storage.get_trial_params(t._trial_id) for t in done] == [t.params for t in study.trials[: trial.number]]
        return param_distribution.low + trial.number


def test_a_sampler_that_reads_the_storage():
    study = ours.create_study(sampler=Reader())
    study.optimize(lambda t: float(t.suggest_int("n", 0, 9)), n_trials=4, executor="inline", show_progress_bar=False)
    assert [t.params["n"] for t in study.trials] == [0, 1, 2, 3]


class Duck:
    def infer_relative_search_space(self, study, trial):
        return {}

    def sample_relative(self, study, trial, search_space):
        return {}

    def sample_independent(self, study, trial, param_name, param_distribution):
        return 100.0 if param_name == "x" else 1


def test_what_a_users_sampler_does_wrong_is_named():
    with pytest.raises(SamplerFailedError, match=r"Duck gave 100\.0 for parameter 'x' of trial 0"):
        run(Duck(), 1)
    with pytest.raises(TypeError, match=r"make an object of the class: Annealing\(\)"):
        ours.create_study(sampler=Annealing)

    class Locked(Duck):
        def __init__(self):
            self.lock = threading.Lock()

    with pytest.raises(TypeError, match=r"one that can be copied.*Open files, locks"):
        ours.create_study(sampler=Locked())
    assert UserSampler(Duck(), seed=1).spec()["can_be_rebuilt"] is False
