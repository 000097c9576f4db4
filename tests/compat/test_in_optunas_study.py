"""Our samplers in a study of Optuna's, and inside Optuna's samplers that wrap another one."""

from __future__ import annotations

import pytest

import raytune_lite as ours
from raytune_lite import samplers

optuna = pytest.importorskip("optuna")

ALONE = {
    "Auto": samplers.AutoSampler,
    "CmaEs": samplers.CmaEsSampler,
    "GP": samplers.GPSampler,
    "NSGAII": samplers.NSGAIISampler,
    "NSGAIII": samplers.NSGAIIISampler,
    "QMC": samplers.QMCSampler,
    "Random": samplers.RandomSampler,
    "TPE": samplers.TPESampler,
}


def objective(trial):
    x = trial.suggest_float("x", -4, 4)
    n = trial.suggest_int("n", 1, 64, log=True)
    c = trial.suggest_categorical("c", ["a", None, 1.5])
    if trial.number % 4 == 3:
        x += trial.suggest_float("z", 0, 1, step=0.25)
    return (x - 1) ** 2 + n / 64 + (c == "a")


@pytest.mark.parametrize("name", ALONE)
def test_a_sampler_of_ours_chooses_in_optunas_study(name):
    def best(seed):
        study = optuna.create_study(sampler=ALONE[name](seed=seed))
        study.optimize(objective, n_trials=24)
        assert [t.state.name for t in study.trials] == ["COMPLETE"] * 24
        assert all(type(t.params["n"]) is int for t in study.trials)
        return [t.params for t in study.trials]

    assert best(3) == best(3) != best(4)


@pytest.mark.parametrize("name", ["GP", "TPE", "CmaEs"])
def test_it_chooses_the_same_in_both_studies(name):
    """One after another, and without parameters that only some trials have: then both ask for the same."""

    def simple(trial):
        return (trial.suggest_float("x", -4, 4) - 1) ** 2 + trial.suggest_float("y", -1, 1)

    theirs = optuna.create_study(sampler=ALONE[name](seed=3))
    theirs.optimize(simple, n_trials=20)
    here = ours.create_study(sampler=ALONE[name](seed=3))
    here.optimize(simple, n_trials=20, n_jobs=1, executor="inline", show_progress_bar=False)
    assert [t.params for t in here.trials] == [t.params for t in theirs.trials]


def test_several_objectives_and_pruned_and_failed_trials():
    def two(trial):
        x = trial.suggest_float("x", 0, 1)
        if trial.number % 5 == 1:
            raise ValueError
        if trial.number % 5 == 2:
            raise optuna.TrialPruned
        trial.set_constraint("c", x - 0.5)
        return x, 1 - x

    study = optuna.create_study(directions=["minimize", "maximize"], sampler=samplers.NSGAIISampler(seed=1))
    study.optimize(two, n_trials=40, catch=ValueError)
    assert len(study.trials) == 40
    assert study.best_trials[0].params["x"] < 0.2


def test_a_trial_to_which_another_thread_adds_a_parameter():
    """Optuna's in-memory storage sets a value before its distribution."""
    study = optuna.create_study()
    first, second = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)}), study.ask()
    study.tell(first, 1.0)
    study.get_trials(deepcopy=False)[1].params["x"] = 0.5
    frozen = study.get_trials(deepcopy=False)[1]
    assert "x" in frozen.params
    assert not frozen.distributions
    space = {"x": optuna.distributions.FloatDistribution(0, 1)}
    sampler = samplers.TPESampler(seed=0, n_startup_trials=0)
    assert 0 <= sampler.sample_relative(study, study.trials[second.number], space)["x"] <= 1


def test_equal_choices_of_other_types_are_kept_apart():
    for choices in ([0, 1], [False, True], [0.0, 1.0]):
        study = optuna.create_study(sampler=samplers.TPESampler(seed=0))
        study.optimize(lambda t, found=choices: t.suggest_categorical("c", found), n_trials=12)
        assert {type(t.params["c"]) for t in study.trials} == {type(choices[0])}


def test_inside_optunas_partial_fixed_sampler():
    study = optuna.create_study(sampler=optuna.samplers.PartialFixedSampler({"n": 8}, samplers.TPESampler(seed=1)))
    study.optimize(objective, n_trials=20)
    assert {t.params["n"] for t in study.trials} == {8}
    assert len({t.params["x"] for t in study.trials}) == 20
    here = ours.create_study(sampler=study.sampler)
    here.optimize(objective, n_trials=20, executor="inline", show_progress_bar=False)
    assert {t.params["n"] for t in here.trials} == {8}


def test_our_partial_fixed_sampler():
    sampler = samplers.PartialFixedSampler({"n": 8}, samplers.TPESampler(seed=1, n_startup_trials=3))
    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=12)
    assert {t.params["n"] for t in study.trials} == {8}
    assert len({t.params["x"] for t in study.trials}) == 12
    assert set(sampler.infer_relative_search_space(study, study.trials[-1])) == {"c", "n", "x"}


def grid_objective(trial):
    x = trial.suggest_int("x", 0, 9)
    trial.suggest_categorical("c", ["a", "b"])
    if trial.number % 3 == 1:
        raise ValueError
    return float(x)


def test_our_grid_runs_each_cell_once_and_ends_the_study():
    study = optuna.create_study(sampler=samplers.GridSampler({"x": [1, 2, 5], "c": ["a", "b"]}, seed=4))
    study.optimize(grid_objective, catch=ValueError)
    good = [(t.params["x"], t.params["c"]) for t in study.trials if t.state.name == "COMPLETE"]
    assert sorted(good) == [(x, c) for x in (1, 2, 5) for c in "ab"]
    assert good != sorted(good)
    assert study.sampler.is_exhausted(study)
    assert len(study.trials) == 9  # numbers 1, 4 and 7 have failed, and their cells were run again


def test_our_grid_gives_up_a_cell_that_always_fails():
    def failing(trial):
        if trial.suggest_int("x", 0, 9) == 2:
            raise ValueError
        return 0.0

    study = optuna.create_study(sampler=samplers.GridSampler({"x": [1, 2]}, seed=0, max_failures=3))
    study.optimize(failing, catch=ValueError)
    assert sorted(t.state.name for t in study.trials) == ["COMPLETE", "FAIL", "FAIL", "FAIL"]


def test_our_grid_with_trials_under_way_and_with_a_given_configuration():
    study = optuna.create_study(sampler=samplers.GridSampler({"x": [1, 2]}, seed=0))
    cells = [study.ask().suggest_int("x", 0, 9) for _ in range(3)]
    assert sorted(cells[:2]) == [1, 2]
    assert cells[2] in (1, 2)
    study.enqueue_trial({"x": 7})
    assert study.ask().suggest_int("x", 0, 9) == 7
    with pytest.raises(ours.exceptions.SamplerRefusedError, match="'y' is not in the grid"):
        study.ask().suggest_int("y", 0, 9)
