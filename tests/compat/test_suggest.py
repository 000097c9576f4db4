"""Corner cases of suggest_* and of values from numpy, as in Optuna."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import raytune_lite as ours
from raytune_lite.distributions import IntDistribution
from raytune_lite.exceptions import InvalidDistributionError

optuna = pytest.importorskip("optuna")

GRIDS = [(0, 1, 0.3), (0, 1, 0.1), (-1, 1, 0.7), (0.1, 0.35, 0.1), (0, 1e-3, 3e-4), (1e8, 1e8 + 1, 0.3), (0, 0.5, 2)]


@pytest.mark.parametrize("grid", GRIDS)
def test_a_step_that_does_not_divide_lowers_high_with_a_warning(grid):
    low, high, step = grid
    found = []
    for library in (ours, optuna):
        if library is optuna:
            optuna.logging.set_verbosity(optuna.logging.ERROR)
        trial = library.create_study().ask()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            value = trial.suggest_float("x", low, high, step=step)
        dist = trial.distributions["x"]
        n = sum(issubclass(one.category, UserWarning) and "divi" in str(one.message) for one in caught)
        assert low <= value <= dist.high
        found.append((dist.low, dist.high, dist.step, n))
    assert found[0] == found[1]


def test_integers_too():
    trial = ours.create_study().ask()
    with pytest.warns(UserWarning, match=r"'n': step=3 does not divide \[0, 10\]; the range is \[0, 9\]"):
        value = trial.suggest_int("n", 0, 10, step=3)
    assert value in (0, 3, 6, 9)
    assert trial.distributions == {"n": IntDistribution(0, 9, step=3)}
    with pytest.raises(InvalidDistributionError, match="step must be > 0"):
        trial.suggest_int("m", 0, 10, step=0)


@pytest.mark.parametrize("grid", [*GRIDS, (1, 10, 2), (0, 10, 4)])
def test_a_distribution_lowers_high_as_optunas(grid):
    low, high, step = grid
    kind = "IntDistribution" if all(isinstance(value, int) for value in grid) and step > 1 else "FloatDistribution"
    found = []
    for library in (ours, optuna):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            dist = getattr(library.distributions, kind)(low, high, step=step)
        found.append((dist._asdict(), len(caught), dist._contains(low), dist._contains(dist.high + step)))
    assert found[0] == found[1]


def test_a_parameter_suggested_with_another_range_keeps_its_value_with_a_warning():
    for library in (ours, optuna):
        trial = library.create_study().ask()
        first = trial.suggest_float("x", 0, 1)
        with pytest.warns(RuntimeWarning, match="x"):
            assert trial.suggest_float("x", 0, 2) == first


@pytest.mark.parametrize("value", [np.int64(3), np.float32(0.5), np.bool_(True), np.array(7), {"a": [np.int8(1), 2]}])
def test_numpys_scalars_are_numbers(value):
    study = ours.create_study()
    plain = {"a": [1, 2]} if isinstance(value, dict) else value.item()
    study.set_user_attr("v", value)
    trial = study.ask()
    trial.set_user_attr("v", value)
    trial.storage.set_trial_system_attr(trial._trial_id, "v", value)
    told = study.tell(trial, 1.0)
    for found in (study.user_attrs, trial.user_attrs, told.user_attrs, told.system_attrs):
        assert found["v"] == plain
        assert type(found["v"]) is type(plain)
    study.enqueue_trial({"x": value} if not isinstance(value, dict) else {"x": np.int64(1)}, {"v": value})
    assert study.trials[1].user_attrs == {"v": plain}
