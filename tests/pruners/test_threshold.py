"""ThresholdPruner: its arguments, and its limits by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raytune_lite.pruners import ThresholdPruner

from .conformance import CASES
from .test_conformance import curves_of, differential, relaxed
from .test_median import stops
from .world import MAXIMIZED, STUDY

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("arguments", "error", "parts"),
    [
        ({}, TypeError, ("lower or upper", "None for both")),
        ({"lower": "0"}, TypeError, ("lower", "number or None", "'0'")),
        ({"upper": NAN}, ValueError, ("upper", "nan")),
        ({"lower": 2.0, "upper": 1.0}, ValueError, ("lower <= upper", "2.0", "1.0", "swap")),
        ({"lower": 0.0, "interval_steps": 0}, ValueError, ("interval_steps", ">= 1", "0")),
        ({"lower": 0.0, "n_warmup_steps": -1}, ValueError, ("n_warmup_steps", ">= 0", "-1")),
    ],
)
def test_a_bad_argument_is_refused_with_the_value_and_the_rule(arguments, error, parts):
    with pytest.raises(error, match=r".+") as caught:
        ThresholdPruner(**arguments)
    assert all(part in str(caught.value) for part in parts)


def test_outside_of_the_limits_a_trial_stops_and_on_them_it_goes_on_whatever_the_direction():
    values = [0.0, 1.0, 1.1, -0.1, NAN, INF, 0.5]
    for study, sign in ((STUDY, 1.0), (MAXIMIZED, -1.0)):
        judge = ThresholdPruner(0.0, 1.0).judge(study)
        assert stops(judge, *(sign * value for value in values)) == [2, 3, 4, 5]


def test_the_latest_report_counts_where_a_decision_is_due():
    judge = ThresholdPruner(upper=1.0, n_warmup_steps=2, interval_steps=2).judge(STUDY)
    assert stops(judge, 9.0, 9.0, 0.0, 9.0, 9.0, 9.0, 0.0) == [4]
    judge.end(99, None)
    assert judge.last_step == {}


@relaxed
@given(curves_of(st.sampled_from((0.0, 1.0, -1.5, 2.0, math.nan, math.inf, -math.inf))), st.booleans())
def test_infinite_reports_too_are_judged_as_by_optuna(script, maximize):
    differential(next(case for case in CASES if case.name == "Threshold"), script, maximize)
