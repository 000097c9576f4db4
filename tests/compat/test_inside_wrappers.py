"""What users write for Optuna, and Optuna's own objects, inside our samplers and pruners that wrap another one."""

from __future__ import annotations

import pickle
import random

import pytest

import raytune_lite as ours
from raytune_lite.integrations.optuna.pruner import OptunaPruner
from raytune_lite.integrations.optuna.sampler import OptunaSampler
from raytune_lite.pruners import HyperbandPruner, MedianPruner, NopPruner, OnObjective, PatientPruner, UserPruner
from raytune_lite.report.check import damages
from raytune_lite.samplers import (
    BaseSampler,
    BruteForceSampler,
    CmaEsSampler,
    GPSampler,
    GridSampler,
    NSGAIISampler,
    PartialFixedSampler,
    TPESampler,
    UserSampler,
)

optuna = pytest.importorskip("optuna")


class Constant:
    """Chooses each parameter's lowest value, by Optuna's methods."""

    def infer_relative_search_space(self, study, trial):
        return {}

    def sample_relative(self, study, trial, search_space):
        return {}

    def sample_independent(self, study, trial, param_name, param_distribution):
        found = param_distribution
        return found.choices[0] if hasattr(found, "choices") else found.low


class OursConstant(Constant, BaseSampler): ...


class TheirConstant(Constant, optuna.samplers.BaseSampler):
    def sample_independent(self, study, trial, param_name, param_distribution):
        assert isinstance(study, optuna.Study)
        assert isinstance(trial, optuna.trial.FrozenTrial)
        assert isinstance(param_distribution, optuna.distributions.BaseDistribution)
        return super().sample_independent(study, trial, param_name, param_distribution)


def objective(trial):
    x = trial.suggest_float("x", -1, 1)
    return x**2 + trial.suggest_float("y", 2, 3) + len(trial.suggest_categorical("c", ["a", "bb"]))


def run(n_trials=6, func=objective, **given):
    study = ours.create_study(**given)
    study.optimize(func, n_trials=n_trials, executor="inline", show_progress_bar=False)
    return study


def wrapped(kind):
    return {
        "PartialFixed": lambda inner: PartialFixedSampler({"x": 0.5}, inner),
        "PartialFixed of GP": lambda inner: PartialFixedSampler({"x": 0.5}, GPSampler(independent_sampler=inner)),
        "PartialFixed twice": lambda inner: PartialFixedSampler({"y": 2.5}, PartialFixedSampler({"x": 0.5}, inner)),
    }[kind]


@pytest.mark.parametrize("inner", [Constant, OursConstant, TheirConstant])
@pytest.mark.parametrize("kind", ["PartialFixed", "PartialFixed of GP", "PartialFixed twice"])
def test_a_users_sampler_is_asked_for_what_is_not_fixed(kind, inner):
    given = wrapped(kind)(inner())
    y = 2.5 if kind == "PartialFixed twice" else 2
    for trial in run(1, sampler=given).trials:
        assert trial.params == {"x": 0.5, "y": y, "c": "a"}


@pytest.mark.parametrize("make", [CmaEsSampler, GPSampler])
@pytest.mark.parametrize("inner", [Constant, OursConstant, TheirConstant])
def test_a_users_sampler_chooses_what_is_outside_of_the_joint_space(make, inner):
    def late(trial):
        if trial.number % 2:
            assert trial.suggest_float("sometimes", 4, 5) == 4
        return trial.suggest_float("x", -1, 1) + trial.suggest_float("z", -1, 1)

    given = make(seed=0, independent_sampler=inner())
    study = run(8, late, sampler=given)
    assert [t.state.name for t in study.trials] == ["COMPLETE"] * 8
    assert len({t.params["x"] for t in study.trials}) > 4
    copied = pickle.loads(pickle.dumps(given))
    assert copied.spec() == given.spec()
    assert given.spec()["independent_sampler"]["can_be_rebuilt"] is False
    study.optimize(late, n_trials=2, executor="inline", show_progress_bar=False)
    assert len(study.trials) == 10


def test_optunas_sampler_inside_ours_is_seeded_as_it_is_alone():
    fixed = PartialFixedSampler({"c": "bb"}, optuna.samplers.TPESampler(seed=3, n_startup_trials=3))
    study = run(10, sampler=fixed)
    assert isinstance(study.sampler.base_sampler, OptunaSampler)
    assert {t.params["c"] for t in study.trials} == {"bb"}
    alone = ours.create_study(sampler=optuna.samplers.TPESampler(seed=3, n_startup_trials=3))
    for _ in range(10):
        alone.enqueue_trial({"c": "bb"})
    alone.optimize(objective, n_trials=10, executor="inline", show_progress_bar=False)
    assert [t.params for t in study.trials[:3]] == [t.params for t in alone.trials[:3]]
    passed = study.sampler
    study.sampler = passed
    assert study.sampler is passed


def test_the_base_samplers_constraints_count():
    calls = []

    def constraints(trial):
        calls.append(trial.number)
        return (trial.params["x"],)

    study = run(4, sampler=PartialFixedSampler({"x": 0.5}, NSGAIISampler(seed=0, constraints_func=constraints)))
    assert calls == [0, 1, 2, 3]
    assert [t.constraints for t in study.trials] == [{"0": 0.5}] * 4


def test_a_random_generator_of_the_process_stays_as_it_was():
    class Global(Constant):
        def sample_independent(self, study, trial, param_name, param_distribution):
            return param_distribution.choices[0] if hasattr(param_distribution, "choices") else random.uniform(2, 3)

    random.seed(5)
    expected = random.random()
    random.seed(5)
    study = run(3, lambda t: t.suggest_float("y", 2, 3), sampler=GPSampler(seed=1, independent_sampler=Global()))
    assert random.random() == expected
    assert len({t.params["y"] for t in study.trials}) == 3


def test_the_sampler_of_a_study_that_was_given_none_is_the_default_one():
    study = run(2)
    study.sampler = PartialFixedSampler({"x": 0.25}, study.sampler)  # as in Optuna's documentation
    study.optimize(objective, n_trials=2, executor="inline", show_progress_bar=False)
    assert [t.params["x"] for t in study.trials[2:]] == [0.25] * 2


@pytest.mark.parametrize("library", [ours, optuna])
def test_a_grid_is_exhausted_when_its_cells_have_results(library):
    grid = library.samplers.GridSampler({"x": [1, 2], "y": [3]})
    study = library.create_study(sampler=grid)
    found = []

    def cell(trial):
        found.append(grid.is_exhausted(study))
        return trial.suggest_float("x", 0, 5) + trial.suggest_float("y", 0, 5)

    study.optimize(cell, n_trials=2, **({"executor": "inline"} if library is ours else {}))
    assert [*found, grid.is_exhausted(study)] == [False, False, True]


@pytest.mark.parametrize("inner", [BruteForceSampler(), GridSampler({"x": [1]})])
def test_a_sampler_with_cells_cannot_choose_single_parameters(inner):
    with pytest.raises(ValueError, match=r"independent_sampler must draw from ranges, got .*sampler of the study"):
        GPSampler(independent_sampler=inner)


@pytest.mark.parametrize("inner", [Constant, optuna.samplers.TPESampler, 5, "TPE"])
def test_what_is_no_sampler_is_refused_with_the_way_out(inner):
    for make in (lambda: PartialFixedSampler({}, inner), lambda: CmaEsSampler(independent_sampler=inner)):
        with pytest.raises(ValueError, match=r"_sampler must be a sampler or None, got .*; for example \w+\("):
            make()


def test_a_study_with_a_users_sampler_inside_is_read_without_it(storage):
    run(2, sampler=PartialFixedSampler({"x": 0.5}, Constant()), storage=storage, study_name="s").close()
    study = ours.load_study(study_name="s", storage=storage)
    assert list(damages(study)) == []
    with pytest.raises(ValueError, match="cannot be rebuilt from its spec: pass the object as sampler="):
        study.optimize(objective, n_trials=1, executor="inline")
    study.close()


# --- pruners ---------------------------------------------------------------------------------------------------------


class Above:
    """Ends a trial whose last report is above a limit."""

    def __init__(self, limit):
        self.limit = limit

    def prune(self, study, trial):
        return trial.intermediate_values[trial.last_step] > self.limit


class TheirAbove(Above, optuna.pruners.BasePruner):
    def prune(self, study, trial):
        assert isinstance(study, optuna.Study)
        assert isinstance(trial, optuna.trial.FrozenTrial)
        return super().prune(study, trial)


CURVES = ([1, 9, 2, 3, 4, 5], [9, 8, 7, 6, 5, 4], [1, 2, 3, 9, 9, 9], [5, 6, 5, 6, 5, 6])


def follows(trial):
    for step, value in enumerate(CURVES[trial.number]):
        trial.report(value, step)
        if trial.should_prune():
            raise ours.TrialPruned
    return 0.0


def as_optuna_does(pruner):
    study = optuna.create_study(pruner=pruner)
    for curve in CURVES:
        trial = study.ask()
        for step, value in enumerate(curve):
            trial.report(value, step)
            if trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                break
        else:
            study.tell(trial, 0.0)
    return [list(t.intermediate_values.values()) for t in study.trials]


@pytest.mark.parametrize("kind", [Above, TheirAbove])
def test_a_users_pruner_inside_patience_decides_as_it_does_with_optuna(kind):
    study = run(4, follows, pruner=PatientPruner(kind(4), patience=1))
    assert type(study.pruner.wrapped_pruner) is (UserPruner if kind is Above else OptunaPruner)
    found = [list(t.intermediate_values.values()) for t in study.trials]
    assert found == as_optuna_does(optuna.pruners.PatientPruner(TheirAbove(4), patience=1))
    assert [len(values) for values in found] == [6, 6, 4, 6]


def test_optunas_own_pruner_inside_ours_becomes_ours():
    inner = optuna.pruners.MedianPruner(n_startup_trials=1)
    study = run(4, follows, pruner=PatientPruner(inner, patience=1))
    assert study.pruner == PatientPruner(MedianPruner(n_startup_trials=1), patience=1)
    found = [list(t.intermediate_values.values()) for t in study.trials]
    assert found == as_optuna_does(optuna.pruners.PatientPruner(inner, patience=1))
    several = ours.create_study(directions=["minimize"] * 2, pruner=OnObjective(1, PatientPruner(inner, 1)))
    assert several.pruner == OnObjective(1, PatientPruner(MedianPruner(n_startup_trials=1), 1))


def test_our_pruner_inside_optunas():
    study = ours.create_study(pruner=optuna.pruners.PatientPruner(HyperbandPruner(max_resource=9), patience=2))
    assert study.pruner == PatientPruner(HyperbandPruner(max_resource=9), patience=2)


@pytest.mark.parametrize("kind", [Above, TheirAbove])
def test_a_users_pruner_judges_one_objective_of_several(kind):
    def two(trial):
        for step, value in enumerate(CURVES[trial.number]):
            trial.report((100, value), step)
            if trial.should_prune():
                raise ours.TrialPruned
        return 0.0, 0.0

    study = run(4, two, directions=["minimize"] * 2, pruner=OnObjective(1, kind(8)))
    assert [len(t.reports) for t in study.trials] == [2, 1, 4, 6]


def test_a_study_with_a_users_pruner_inside_goes_on_with_the_same_object_and_reads_without_it(storage):
    given = PatientPruner(Above(4), patience=1)
    run(2, follows, pruner=given, storage=storage, study_name="s").close()
    study = ours.load_study(study_name="s", storage=storage)
    assert list(damages(study)) == []
    with pytest.raises(ValueError, match=r"Above, which cannot be rebuilt.*pass the same object as pruner="):
        study.optimize(follows, n_trials=1, executor="inline")
    study.close()
    study = ours.load_study(study_name="s", storage=storage, pruner=given)
    study.optimize(follows, n_trials=2, executor="inline", show_progress_bar=False)
    assert len(study.trials) == 4
    study.close()


@pytest.mark.parametrize("inner", [Above, optuna.pruners.NopPruner, 5, "median"])
def test_what_is_no_pruner_is_refused_with_the_way_out(inner):
    for make in (lambda: PatientPruner(inner, 1), lambda: OnObjective(0, inner)):
        with pytest.raises(TypeError, match=r"pruner must be a pruner.*, got .*pruners are in raytune_lite.pruners"):
            make()


def test_what_cannot_be_copied_is_refused_when_the_wrapper_is_made():
    import threading

    class Locked(Above):
        def __init__(self):
            self.lock = threading.Lock()

    with pytest.raises(TypeError, match=r"pruner must be one that can be copied.*not in __init__"):
        PatientPruner(Locked(), 1)
    assert PatientPruner(NopPruner(), 1).spec()["wrapped_pruner"] == {"name": "NopPruner"}
    assert isinstance(PartialFixedSampler({}, Constant()).base_sampler, UserSampler)
    assert isinstance(PartialFixedSampler({}, TPESampler()).base_sampler, TPESampler)
