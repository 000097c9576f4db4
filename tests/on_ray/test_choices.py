"""Choices that are tuples and dicts, in workers of a real local Ray and in a second run on the same database."""

from __future__ import annotations

import pytest

import raytune_lite as rtl
from raytune_lite.samplers import TPESampler

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster"), pytest.mark.filterwarnings("ignore:choices")]

LAYERS = [(64,), (64, 64)]
OPTIONS = [{"_": "Claimed", "m": [0.9]}, {"attributes": {}, "m": [0.5]}]


def objective(trial: rtl.Trial) -> float:
    layers = trial.suggest_categorical("layers", LAYERS)
    option = trial.suggest_categorical("option", OPTIONS)
    if type(layers) is not tuple or layers not in LAYERS or option not in OPTIONS:
        raise TypeError(f"not what was given: {layers!r}, {option!r}")
    found = len(layers) + option["m"][0]
    option["m"].append(9)
    return float(found)


def test_workers_see_tuples_and_a_second_run_goes_on(storage: str) -> None:
    study = rtl.create_study(study_name="s", storage=storage, sampler=TPESampler(seed=1, n_startup_trials=3))
    study.enqueue_trial({"layers": (64, 64), "option": OPTIONS[1]})
    study.optimize(objective, n_trials=5)
    again = rtl.load_study(study_name="s", storage=storage)
    again.optimize(objective, n_trials=3)
    assert again.trials[0].params == {"layers": [64, 64], "option": OPTIONS[1]}
    assert [trial.state.name for trial in again.trials] == ["COMPLETE"] * 8
    for trial in again.trials:
        assert trial.params["layers"] in ([64], [64, 64])
        assert trial.params["option"] in OPTIONS
        assert trial.distributions["option"].choices == tuple(OPTIONS)
