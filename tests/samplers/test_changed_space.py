"""A range that is widened, narrowed or moved and a parameter that is added, in a study that has begun.

What each sampler makes of the older trials is in docs/samplers.md.
"""

from __future__ import annotations

import pytest

import raytune_lite as rl
from raytune_lite import samplers
from raytune_lite.exceptions import IncompatibleDistributionError

N = 14  # trials under each space: more than the startup trials
SAMPLERS = {
    "tpe": lambda: samplers.TPESampler(seed=0),
    "tpe_independent": lambda: samplers.TPESampler(seed=0, multivariate=False),
    "gp": lambda: samplers.GPSampler(seed=0),
    "cmaes": lambda: samplers.CmaEsSampler(seed=0),
    "nsgaii": lambda: samplers.NSGAIISampler(seed=0, population_size=6),
    "qmc": lambda: samplers.QMCSampler(seed=0),
    "random": lambda: samplers.RandomSampler(seed=0),
    "auto": lambda: samplers.AutoSampler(seed=0),
}
LEARNS = ("tpe", "tpe_independent", "gp", "cmaes", "auto")


@pytest.fixture(params=SAMPLERS)
def name(request):
    return request.param


@pytest.fixture
def study(name):
    made = rl.create_study(sampler=SAMPLERS[name]())
    run(made, lambda t: (t.suggest_float("x", 0, 1) - 5) ** 2 + t.suggest_int("n", 1, 4))
    yield made
    made.close()


def run(study, objective):
    """The parameters of the new trials."""
    before = len(study.trials)
    study.optimize(objective, n_trials=N, executor="inline", show_progress_bar=False)
    return [trial.params for trial in study.trials[before:]]


def test_a_wider_range_is_used_and_older_trials_count(study, name):
    found = run(study, lambda t: (t.suggest_float("x", 0, 10) - 5) ** 2 + t.suggest_int("n", 1, 8))
    assert all(0 <= p["x"] <= 10 and 1 <= p["n"] <= 8 for p in found)
    assert sum(p["x"] > 1 for p in found) >= N // 3
    if name in LEARNS:  # the best older value was 16 or more
        assert study.best_value < 8


def test_a_narrower_range_and_one_beside_the_old_one_are_kept_to(study):
    for low, high in ((0.25, 0.5), (2.0, 3.0)):
        found = run(study, lambda t, low=low, high=high: t.suggest_float("x", low, high))
        assert all(low <= p["x"] <= high for p in found)
        assert len({p["x"] for p in found}) > 1


def test_a_parameter_is_added_and_gets_values_of_its_own(study):
    found = run(study, lambda t: t.suggest_float("x", 0, 1) + t.suggest_int("n", 1, 4) + t.suggest_float("y", 0, 1))
    assert all(0 <= p["y"] <= 1 and set(p) == {"x", "n", "y"} for p in found)
    assert len({p["y"] for p in found}) > N // 2
    found = run(study, lambda t: t.suggest_float("x", 0, 1) + t.suggest_int("n", 1, 4))  # and taken away again
    assert all(set(p) == {"x", "n"} for p in found)


def test_another_kind_or_other_choices_of_a_parameter_are_refused(study):
    run(study, lambda t: float(t.suggest_categorical("c", [1, 2])))
    for change in (lambda t: float(t.suggest_int("x", 0, 1)), lambda t: float(t.suggest_categorical("c", [1, 2, 3]))):
        with pytest.raises(IncompatibleDistributionError):
            study.optimize(change, n_trials=1, executor="inline", show_progress_bar=False)
