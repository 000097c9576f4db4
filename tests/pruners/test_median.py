"""MedianPruner: its arguments, its rule by hand, and where it says that it differs from Optuna's."""

from __future__ import annotations

import math
import statistics
import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raytune_lite.core.messages import Decision
from raytune_lite.core.protocols import HasRungs, Promoter
from raytune_lite.core.schedules import Every
from raytune_lite.pruners import MedianPruner

from .conformance import CASES
from .test_conformance import curves, curves_of, differential, relaxed
from .world import MAXIMIZED, STUDY

NAN, INF = math.nan, math.inf
CONTINUE, STOP = Decision.CONTINUE, Decision.STOP


def judge_of(*curves, pruner=None, study=STUDY):
    """A judge that knows finished trials with these losses at steps 0, 1, 2, ..."""
    judge = (pruner or MedianPruner(0)).judge(study)
    for number, losses in enumerate(curves):
        for step, loss in enumerate(losses):
            judge.report(number, step, (loss,))
        judge.end(number, (0.0,))
    return judge


def stops(judge, *losses, number=99):
    """At which steps a trial with these losses is told to stop."""
    return [step for step, loss in enumerate(losses) if judge.report(number, step, (loss,)).decision is STOP]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ({"n_startup_trials": -1}, ("n_startup_trials", ">= 0", "-1")),
        ({"n_warmup_steps": -1}, ("n_warmup_steps", ">= 0", "-1")),
        ({"interval_steps": 0}, ("interval_steps", ">= 1", "0")),
        ({"n_min_trials": 0}, ("n_min_trials", ">= 1", "0")),
        ({"n_startup_trials": 2.0}, ("n_startup_trials", "integer", "2.0")),
        ({"interval_steps": True}, ("interval_steps", "True")),
        ({"n_min_trials": None}, ("n_min_trials", "None")),
    ],
)
def test_a_bad_argument_is_refused_with_the_value_and_the_rule(arguments, parts):
    with pytest.raises(ValueError, match=r".+") as caught:
        MedianPruner(**arguments)
    assert all(part in str(caught.value) for part in parts)


def test_the_arguments_are_optunas_and_numpys_integers_are_integers():
    pruner = MedianPruner(np.int64(3), 2, interval_steps=4, n_min_trials=np.int32(5))
    assert pruner.spec() == {"name": "MedianPruner", "n_startup_trials": 3, "n_warmup_steps": 2, "interval_steps": 4,
                             "n_min_trials": 5}  # fmt: skip
    assert {type(value) for value in pruner.spec().values()} == {str, int}
    assert MedianPruner() == MedianPruner(5, 0, 1, n_min_trials=1)
    with pytest.raises(TypeError):
        MedianPruner(5, 0, 1, 1)


def test_it_pauses_nothing_and_has_no_rungs():
    judge = MedianPruner(5, 2, 3).judge(STUDY)
    assert not isinstance(judge, (Promoter, HasRungs))
    assert judge.schedule(0) == Every(2, 3)


def test_worse_than_the_median_at_its_step_stops_and_equal_goes_on():
    judge = judge_of([1.0, 5.0], [2.0, 6.0], [3.0, 7.0])
    assert stops(judge, 2.0, 2.0) == []
    assert stops(judge, 2.5, number=98) == [0]
    assert stops(judge, 9.0, 6.0, number=97) == [0]  # at step 1 its best is the median


def test_the_best_so_far_counts_and_nan_does_not():
    judge = judge_of([1.0, 1.0, 1.0], [1.0, 1.0, 1.0])
    assert stops(judge, 0.5, 9.0, NAN) == []
    assert stops(judge, NAN, NAN, 0.5, number=98) == [0, 1]


def test_nan_of_finished_trials_is_left_out_of_the_median_and_counts_for_n_min_trials():
    two = MedianPruner(0, n_min_trials=2)
    assert stops(judge_of([1.0], [NAN], pruner=two), 2.0) == [0]
    assert stops(judge_of([1.0], [], pruner=two), 2.0) == []
    assert stops(judge_of([NAN], [NAN], pruner=two), 2.0) == []


def test_nothing_stops_before_enough_trials_are_complete_and_others_do_not_count():
    judge = MedianPruner(2).judge(STUDY)
    for number, result in enumerate([(1.0,), None, None, (1.0,)]):
        judge.report(number, 0, (1.0,))
        assert stops(judge, 2.0, number=50 + number) == []
        judge.end(number, result)
    assert stops(judge, 2.0) == [0]


def test_a_check_that_no_report_meets_is_made_at_the_next_report_and_once():
    judge = judge_of([0.0] * 12, pruner=MedianPruner(0, 2, 4))
    told = {step: judge.report(99, step, (1.0,)).decision for step in (0, 1, 3, 4, 5, 7, 11)}
    assert [step for step, decision in told.items() if decision is STOP] == [3, 7, 11]  # for 2, 6 and 10


def test_steps_that_nobody_finished_at_decide_nothing():
    judge = judge_of([0.0, 0.0])
    assert stops(judge, 1.0, 1.0, 1.0) == [0, 1]


@pytest.mark.parametrize("study", [STUDY, MAXIMIZED])
def test_between_two_values_it_is_the_middle(study):
    judge = judge_of([1.0], [3.0], study=study)
    assert stops(judge, 2.0) == []
    assert stops(judge, 2.0 + 1e-9, number=98) == [0]


def test_a_judge_forgets_the_curves_of_trials_that_have_ended():
    judge = judge_of(*[[float(i)] for i in range(20)])
    judge.report(50, 0, (1.0,))
    judge.end(50, None)
    assert judge.curves == {}
    assert judge.at_step == {0: [float(i) for i in range(20)]}


infinite = curves_of(st.sampled_from((0.0, 1.0, 1.0, 2.0, 3.0, -1.0, math.nan, math.inf, -math.inf)))


@relaxed
@given(infinite, st.booleans())
def test_beside_an_infinite_value_the_median_is_the_true_one_and_else_optunas(script, maximize):
    """Optuna takes numpy's percentile, which is NaN beside an infinite value; then it keeps every trial."""

    def expected(theirs, study, number, step):
        values = [t.intermediate_values[step] for t in study.trials
                  if t.state.name == "COMPLETE" and step in t.intermediate_values]  # fmt: skip
        numbers = [value for value in values if not math.isnan(value)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if theirs or not numbers or not math.isnan(np.nanpercentile(values, 50)):
                return theirs
        own = [value for value in study.trials[number].intermediate_values.values() if not math.isnan(value)]
        median = statistics.median(numbers)
        return bool(own) and (max(own) < median if maximize else min(own) > median)

    differential(next(case for case in CASES if case.name == "Median, at once"), script, maximize, expected)


def test_the_comparison_with_optuna_meets_stops_and_goes_on():
    """Else it would compare nothing."""
    told = Counter()
    case = next(case for case in CASES if case.name == "Median, sparse")

    @settings(relaxed, max_examples=100, database=None, derandomize=True)
    @given(curves, st.booleans())
    def play(script, maximize):
        told.update(differential(case, script, maximize))

    play()
    assert min(told[CONTINUE], told[STOP]) > 10
