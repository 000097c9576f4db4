"""A pilot on Ray: the driver draws at random, and the study's own sampler is what is recorded beside it."""

from __future__ import annotations

import pytest

import raytune_lite as rl
from raytune_lite.plan import measure
from raytune_lite.samplers import RandomSampler, TPESampler


@pytest.mark.ray
def test_a_pilot_on_ray_is_random_and_measures(ray_cluster, tmp_path):
    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        for step in range(1, 4):
            trial.report(x / step, step)
        return x

    study = rl.create_study(storage=f"sqlite:///{tmp_path}/p.db", study_name="p", sampler=TPESampler(seed=7))
    study.optimize(objective, pilot=12, show_progress_bar=False)
    random = RandomSampler(7)
    for trial in study.trials:
        drawn = random.sample_independent(None, trial.number, "x", trial.distributions["x"])
        assert trial.params["x"] == drawn
    assert measure(study).n_curves == 12
