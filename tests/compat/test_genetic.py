"""A genetic algorithm of the user's, derived from BaseGASampler: ours and Optuna's choose alike."""

from __future__ import annotations

import pytest

import raytune_lite as ours
from raytune_lite.trial import TrialState

optuna = pytest.importorskip("optuna")


class Halves:
    """Its children lie half-way between two of the three best; which ones, the trial's number says."""

    def __init__(self, population_size=4):
        super().__init__(population_size)
        self.log = []

    def select_parent(self, study, generation):
        self.log.append(generation)
        older = [*self.get_population(study, generation - 1), *self.get_parent_population(study, generation - 1)]
        return sorted(older, key=lambda trial: trial.value)[:3]

    def infer_relative_search_space(self, study, trial):
        return self.space(study.get_trials(deepcopy=False))

    def sample_relative(self, study, trial, search_space):
        generation = self.get_trial_generation(study, trial)
        assert self.get_trial_generation(study, study.get_trials(deepcopy=False)[trial.number]) == generation
        parents = sorted(self.get_parent_population(study, generation), key=lambda parent: parent.number)
        if not parents or not search_space:
            return {}
        one, two = parents[trial.number % len(parents)], parents[(trial.number + 1) % len(parents)]
        return {name: (one.params[name] + two.params[name]) / 2 for name in search_space}

    def sample_independent(self, study, trial, param_name, param_distribution):
        share = (trial.number * 0.618 + len(param_name) * 0.1) % 1
        return param_distribution.low + share * (param_distribution.high - param_distribution.low)


class OursHalves(Halves, ours.samplers.BaseGASampler):
    space = staticmethod(lambda trials: ours.search_space.intersection_search_space(trials))


class TheirHalves(Halves, optuna.samplers.BaseGASampler):
    space = staticmethod(lambda trials: optuna.search_space.intersection_search_space(trials))


def objective(trial):
    x, y = trial.suggest_float("x", -4, 4), trial.suggest_float("yy", -1, 3)
    if trial.number == 6:
        raise ValueError
    return (x - 1) ** 2 + y**2


def test_generations_and_children_are_optunas():
    theirs = optuna.create_study(sampler=TheirHalves())
    theirs.optimize(objective, n_trials=20, catch=ValueError)
    found = {}
    for kind in (OursHalves, TheirHalves):
        study = ours.create_study(sampler=kind())
        study.optimize(
            objective, n_trials=20, n_jobs=1, catch=ValueError, executor="inline", show_progress_bar=False
        )
        found[kind] = [(t.state.name, t.params, t.value) for t in study.trials]
    expected = [(t.state.name, t.params, t.value) for t in theirs.trials]
    assert found == {OursHalves: expected, TheirHalves: expected}
    assert theirs.sampler.log == [1, 2, 3, 4]
    assert expected[19][2] < expected[0][2]


def test_parents_are_chosen_once_for_a_generation():
    asked = []

    class Counted(OursHalves):
        def __deepcopy__(self, memo):
            return self

        def select_parent(self, study, generation):
            trials = self.get_population(study, generation - 1)
            assert all(trial.state is TrialState.COMPLETE for trial in trials)
            asked.append((generation, len(trials)))
            return super().select_parent(study, generation)

    study = ours.create_study(sampler=Counted(3))
    study.optimize(
        lambda t: t.suggest_float("x", 0, 1), n_trials=10, n_jobs=1, executor="inline", show_progress_bar=False
    )
    assert asked == [(1, 3), (2, 3), (3, 3)]


def test_what_is_missing_is_said():
    with pytest.raises(ValueError, match=r"population_size must be an integer >= 1 or None, got 0.*a generation"):
        OursHalves(0)
    sampler = OursHalves(None)
    study = ours.create_study(sampler=sampler)
    with pytest.raises(ours.exceptions.SamplerFailedError, match="population_size must be set before the first trial"):
        study.optimize(objective, n_trials=1, executor="inline")
    assert sampler.population_size is None

    class NoParents(ours.samplers.BaseGASampler):
        pass

    with pytest.raises(NotImplementedError, match=r"NoParents must have select_parent\(study, generation\)"):
        NoParents(2).select_parent(None, 1)
