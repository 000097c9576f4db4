"""Optuna's suite for authors of samplers, run with our samplers in our studies."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from raytune_lite import samplers
from tests.compat.optunas_suites import new_trial, suite

cases = suite("pytest_samplers")
cases._create_new_trial = new_trial

ALL = {
    "Auto": samplers.AutoSampler,
    "BruteForce": samplers.BruteForceSampler,
    "CmaEs": lambda: samplers.CmaEsSampler(n_startup_trials=0),
    "GP": lambda: samplers.GPSampler(n_startup_trials=0),
    "Grid": lambda: samplers.GridSampler({"x": [1, 2], "y": [1, 2]}),
    "NSGAII": samplers.NSGAIISampler,
    "NSGAIII": samplers.NSGAIIISampler,
    "PartialFixed": lambda: samplers.PartialFixedSampler({"fixed": 1}, samplers.TPESampler(n_startup_trials=0)),
    "QMC": samplers.QMCSampler,
    "Random": samplers.RandomSampler,
    "separable-CmaEs": lambda: samplers.CmaEsSampler(n_startup_trials=0, use_separable_cma=True),
    "TPE": lambda: samplers.TPESampler(n_startup_trials=0),
    "univariate-TPE": lambda: samplers.TPESampler(n_startup_trials=0, multivariate=False),
}
# The suite asks for parameters outside of a grid, and for more trials than a space of few points has, or for ranges
# without a step. Optuna's own tests leave these two samplers out; here they run what is left.
OF_FEW_POINTS = {
    "BruteForce": ("test_int", "test_categorical", "test_conditional_sample_independent"),
    "Grid": ("test_combination_of_different_distributions_objective",),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each sampler runs one case of a test, in turn: all of them would take minutes."""
    test = metafunc.function.__name__
    if "sampler" not in metafunc.fixturenames:
        return
    names, every = metafunc.cls.cases[test]
    table = {
        f"{name}-{i % len(every)}" if names else name: (ALL[name], *every[i % len(every)])
        for i, name in enumerate(metafunc.cls.samplers)
        if test in OF_FEW_POINTS.get(name, (test,))
    }
    metafunc.parametrize(("sampler", *names), list(table.values()), ids=list(table))


def taken(suite: type) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Take the cases off the tests of a class of the suite: names of arguments, and their values."""
    found = {}
    for name, method in vars(suite).items():
        if name.startswith("test_"):
            marks = [mark.args[:2] for mark in getattr(method, "pytestmark", ())]
            method.pytestmark = []
            if len(marks) == 1 and "," in marks[0][0]:
                found[name] = marks[0][0].split(","), marks[0][1]
            else:
                found[name] = [given for given, _ in marks], list(itertools.product(*(values for _, values in marks)))
    return found


class TestBasic(cases.BasicSamplerTestCase):
    samplers, cases = tuple(ALL), taken(cases.BasicSamplerTestCase)


class TestRelative(cases.RelativeSamplerTestCase):
    samplers = ("CmaEs", "GP", "NSGAII", "NSGAIII", "QMC", "separable-CmaEs", "TPE")
    cases = taken(cases.RelativeSamplerTestCase)

    @pytest.mark.skip("looks at Optuna's private Trial._relative_params")
    def test_trial_relative_params(self) -> None: ...


class TestSeveralObjectives(cases.MultiObjectiveSamplerTestCase):
    samplers = ("Auto", "GP", "NSGAII", "NSGAIII", "PartialFixed", "QMC", "Random", "TPE")
    cases = taken(cases.MultiObjectiveSamplerTestCase)


class TestOneObjectiveOnly(cases.SingleOnlySamplerTestCase):
    samplers, cases = ("CmaEs", "separable-CmaEs"), taken(cases.SingleOnlySamplerTestCase)
