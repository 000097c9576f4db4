"""One rule for integer arguments: Python's and numpy's integers are taken, bools, floats and texts are refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from raytune_lite import RetryPolicy, create_study, pruners, samplers
from raytune_lite.arguments import as_integer, integer, integer_or_none, shown
from raytune_lite.training.loader import ResumableLoader
from raytune_lite.training.precision import Precision
from raytune_lite.training.transforms import apply_if_finite


def sampler(name):
    """Makes one; with a seed, since a fresh one would make two differ."""
    return lambda **given: getattr(samplers, name)(**{"seed": 0, **given})


def grid(**given):
    return samplers.GridSampler({"x": [1, 2]}, **{"seed": 0, **given})


def asha(**given):
    return pruners.ASHAPruner(**{"max_resource": 9, **given})


# what is made, the argument, and a value that it takes
PLACES = [
    (sampler("AutoSampler"), "n_gp_trials", 5),
    (sampler("AutoSampler"), "seed", 5),
    (sampler("BruteForceSampler"), "max_failures", 2),
    (sampler("CmaEsSampler"), "n_startup_trials", 3),
    (sampler("CmaEsSampler"), "popsize", 8),
    (sampler("CmaEsSampler"), "inc_popsize", 2),
    (sampler("GPSampler"), "n_startup_trials", 3),
    (sampler("NSGAIISampler"), "population_size", 10),
    (sampler("NSGAIIISampler"), "population_size", 10),
    (sampler("NSGAIIISampler"), "dividing_parameter", 3),
    (lambda **given: samplers.PilotSampler(samplers.RandomSampler(0), **given), "until", 3),
    (sampler("QMCSampler"), "seed", 3),
    (sampler("RandomSampler"), "seed", 3),
    (sampler("TPESampler"), "n_startup_trials", 3),
    (sampler("TPESampler"), "n_ei_candidates", 3),
    (grid, "max_failures", 3),
    (grid, "seed", 3),
    (asha, "min_resource", 2),
    (asha, "max_resource", 2),
    (asha, "reduction_factor", 2),
    (asha, "min_early_stopping_rate", 1),
    (lambda **given: pruners.MOASHAPruner(max_resource=9, **given), "reduction_factor", 2),
    (pruners.MedianPruner, "n_startup_trials", 2),
    (pruners.MedianPruner, "n_warmup_steps", 2),
    (pruners.MedianPruner, "interval_steps", 2),
    (pruners.MedianPruner, "n_min_trials", 2),
    (pruners.WilcoxonPruner, "n_startup_steps", 2),
    (lambda **given: pruners.PBTPruner(2, 9, **given), "population_size", 5),
    (pruners.SuccessiveHalvingPruner, "reduction_factor", 3),
    (pruners.HyperbandPruner, "reduction_factor", 3),
    (lambda **given: pruners.PASHAPruner(**{"max_resource": 9, **given}), "reduction_factor", 3),
    (lambda **given: pruners.PercentilePruner(25, **given), "interval_steps", 2),
    (lambda **given: pruners.ThresholdPruner(0.0, **given), "n_warmup_steps", 2),
    (lambda **given: pruners.PatientPruner(None, **given), "patience", 2),
    (lambda **given: pruners.OnObjective(pruner=pruners.NopPruner(), **given), "index", 1),
    (RetryPolicy, "exception", 2),
    (RetryPolicy, "abort_after", 2),
    (lambda **given: RetryPolicy(worker_crash=(given["retries"], 1.5)), "retries", 2),
]
NAMES = [f"{name}-{n}" for n, (_, name, _) in enumerate(PLACES)]


@pytest.mark.parametrize("kind", [int, np.int64, np.uint8, np.int32])
@pytest.mark.parametrize(("make", "name", "value"), PLACES, ids=NAMES)
def test_every_integer_may_be_numpys_and_is_kept_as_pythons(make, name, value, kind):
    made = make(**{name: kind(value)})
    assert made == make(**{name: value})
    assert json.dumps(made.spec()) == json.dumps(make(**{name: value}).spec())


@pytest.mark.parametrize("wrong", [True, np.True_, 2.0, np.float64(2.0), "2", -1, np.int64(-1)])
@pytest.mark.parametrize(("make", "name", "value"), PLACES, ids=NAMES)
def test_no_integer_may_be_a_bool_a_float_or_a_text(make, name, value, wrong):
    if name == "inc_popsize" and type(wrong) is int:
        assert make(inc_popsize=wrong) == make()  # Optuna's default
        return
    with pytest.raises(ValueError, match=r"must be an integer >= \d( or None)?, got .+; .+\.$"):
        make(**{name: wrong})


@pytest.mark.parametrize("name", ["n_trials", "max_trials", "max_concurrent", "n_jobs"])
def test_optimize_takes_numpys_integers(name):
    study = create_study()
    budget = {name: np.int64(2)} if name in ("n_trials", "max_trials") else {"n_trials": 2, name: np.int64(2)}
    study.optimize(lambda trial: 0.0, executor="inline", **budget)
    assert len(study.trials) == 2
    study.close()


@pytest.mark.parametrize("wrong", [True, 1.5, "1"])
def test_optimize_refuses_n_jobs_that_is_no_integer(wrong):
    study = create_study()
    with pytest.raises(ValueError, match="n_jobs must be an integer >= -1"):
        study.optimize(lambda trial: 0.0, executor="inline", n_trials=1, n_jobs=wrong)
    study.close()


def test_tell_takes_numpys_integers_and_refuses_what_names_no_trial():
    study = create_study()
    number = study.ask().number
    for wrong in ("0", 0.0, True, None):
        with pytest.raises(TypeError, match=r"trial must be what ask\(\) returned, or its number; got "):
            study.tell(wrong, 1.0)
    assert study.tell(np.int64(number), 1.0).value == 1.0
    study.close()


def test_training_takes_numpys_integers():
    loader = ResumableLoader([1.0, 2.0, 3.0], batch_size=np.int64(2), seed=np.int64(3))
    assert len(loader) == 2
    json.dumps(loader.state_dict())
    assert apply_if_finite(np.int64(3)).max_consecutive == 3
    with pytest.raises(ValueError, match=r"growth_interval must be an integer >= 1, got 2\.5"):
        Precision(growth_interval=2.5)


def test_the_check_says_the_value_the_rule_and_the_hint():
    assert integer("k", np.int8(3), 1, "3 is usual") == 3
    assert type(integer("k", np.int8(3), 1, "3 is usual")) is int
    assert integer_or_none("k", None, 1, "None sets no bound") is None
    with pytest.raises(ValueError, match=r"^k must be an integer >= 1, got 0; 3 is usual\.$"):
        integer("k", 0, 1, "3 is usual")
    with pytest.raises(ValueError, match=r"^k must be an integer >= 1, got None; 3 is usual\.$"):
        integer("k", None, 1, "3 is usual")
    with pytest.raises(ValueError, match=r"^k must be an integer >= 1 or None, got 1\.5; None sets no bound\.$"):
        integer_or_none("k", 1.5, 1, "None sets no bound")


def test_an_integer_is_whatever_python_takes_as_an_index():
    class Index:
        def __index__(self):
            return 7

    assert [as_integer(v) for v in (3, np.uint64(2**63), Index())] == [3, 2**63, 7]
    assert [as_integer(v) for v in (True, np.True_, 3.0, "3", None, [3])] == [None] * 6


def test_a_value_that_cannot_be_shown_says_so():
    class Broken:
        def __repr__(self):
            raise RuntimeError

    assert shown(Broken()) == "a Broken that cannot be shown (RuntimeError)"
    assert shown("x" * 10**7, 5) == "'xxxxx'"
    assert shown(list(range(1000)), 9) == "[0, 1, 2,..."


def test_every_built_in_is_in_the_table():
    made = {type(make(**{name: value})).__name__ for make, name, value in PLACES}
    without = {"PartialFixedSampler", "NopPruner"}  # they have no integer argument
    assert set(samplers._HOMES) | set(pruners._HOMES) <= made | without
