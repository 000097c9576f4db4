"""PercentilePruner, and MedianPruner among "reached": arguments, numpy as the oracle, arrival in any order."""

from __future__ import annotations

import json
import math
import random
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import raytune_lite as rtl
from raytune_lite.core.messages import Decision
from raytune_lite.pruners import MedianPruner, PercentilePruner, pruner_from_spec
from raytune_lite.pruners.percentile import percentile
from raytune_lite.trial import TrialState

from .conformance import CASES
from .test_conformance import curves_of, differential, relaxed
from .test_median import judge_of, stops
from .world import MAXIMIZED, STUDY

NAN, INF = math.nan, math.inf
STOP = Decision.STOP
numbers = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("arguments", "error", "parts"),
    [
        ({"percentile": -0.1}, ValueError, ("percentile", "between 0 and 100", "-0.1")),
        ({"percentile": 101}, ValueError, ("percentile", "101")),
        ({"percentile": NAN}, ValueError, ("percentile", "nan")),
        ({"percentile": "25"}, TypeError, ("percentile", "number", "'25'")),
        ({"percentile": 25, "n_min_trials": 0}, ValueError, ("n_min_trials", ">= 1", "0")),
        ({"percentile": 25, "among": "all"}, ValueError, ("among", "completed", "reached", "'all'")),
        ({"percentile": 25, "among": None}, ValueError, ("among", "None")),
    ],
)
def test_a_bad_argument_is_refused_with_the_value_and_the_rule(arguments, error, parts):
    with pytest.raises(error, match=r".+") as caught:
        PercentilePruner(**arguments)
    assert all(part in str(caught.value) for part in parts)


def test_the_median_is_the_case_of_50_and_its_older_specs_are_the_same_pruner():
    stored = {"name": "MedianPruner", "n_startup_trials": 3, "n_warmup_steps": 0, "interval_steps": 1,
              "n_min_trials": 1}  # fmt: skip
    assert pruner_from_spec(stored) == MedianPruner(3)
    assert json.dumps(MedianPruner(3).spec()) == json.dumps(stored)  # so a study goes on with it, spec for spec
    assert MedianPruner(3, among="reached").spec() == {**stored, "among": "reached"}
    half, median = PercentilePruner(50, 3, 1, 2).judge(STUDY), MedianPruner(3, 1, 2).judge(STUDY)
    assert half == median


@relaxed
@given(st.lists(numbers, min_size=1, max_size=9), st.sampled_from((0, 1, 25, 50, 99.9, 100)) | st.floats(0, 100))
def test_the_percentile_is_numpys_to_the_bit(values, share):
    values.sort()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, of an overflow between huge numbers
        want = float(np.percentile(values, share))
    assert repr(percentile(values.__getitem__, len(values), share)) == repr(want)


def test_beside_an_infinite_number_the_percentile_is_infinite_and_between_both_it_is_nan():
    def of(values, share):
        return percentile(values.__getitem__, len(values), share)

    assert of([1.0, INF], 0) == 1.0
    assert of([1.0, INF], 25) == INF
    assert of([-INF, 1.0, 2.0], 50) == 1.0
    assert of([-INF, 1.0], 99) == -INF
    assert math.isnan(of([-INF, INF], 50))


def test_the_best_quarter_goes_on():
    done = [[float(i)] for i in range(5)]  # the 25th percentile is 1.0, the 75th 3.0
    assert stops(judge_of(*done, pruner=PercentilePruner(25, 0)), 1.0) == []
    assert stops(judge_of(*done, pruner=PercentilePruner(25, 0)), 1.1) == [0]
    up = judge_of(*done, pruner=PercentilePruner(25, 0), study=MAXIMIZED)  # losses: smaller is better here too
    assert stops(up, 1.0) == []
    assert stops(up, 1.1, number=98) == [0]


infinite = curves_of(st.sampled_from((0.0, 1.0, 1.0, 2.0, 3.0, -1.0, math.nan, math.inf, -math.inf)))


@relaxed
@given(infinite, st.booleans())
def test_beside_an_infinite_value_optuna_stops_nothing_and_else_decides_alike(script, maximize):
    def expected(theirs, study, number, step):
        values = [t.intermediate_values[step] for t in study.trials
                  if t.state.name == "COMPLETE" and step in t.intermediate_values]  # fmt: skip
        values = [value for value in values if not math.isnan(value)]
        own = [value for value in study.trials[number].intermediate_values.values() if not math.isnan(value)]
        if theirs or not values or not own or all(map(math.isfinite, values)):
            return theirs
        values.sort()
        bar = percentile(values.__getitem__, len(values), 75 if maximize else 25)
        return max(own) < bar if maximize else min(own) > bar

    differential(next(case for case in CASES if case.name == "Percentile 25"), script, maximize, expected)


# --- among those that reached a step ---------------------------------------------------------------------------------


def test_trials_that_all_run_at_once_are_stopped_among_reached_and_never_among_completed():
    n, fired = 16, {}
    for among in ("completed", "reached"):
        judge = MedianPruner(among=among).judge(STUDY)
        live = dict.fromkeys(range(n))
        for step in range(4):
            for number in list(live):
                if judge.report(number, step, (float(number),)).decision is STOP:
                    del live[number]
                    judge.end(number, None)
        fired[among] = n - len(live)
    assert fired["completed"] == 0
    assert fired["reached"] >= n // 2 - 2


def naive(pruner, study, reported, number, step):
    """The verdict from all reports so far, anew: (trial -> its reports)."""

    def judged(losses):
        """Step -> best so far, at the first report of each interval."""
        found, previous, best = {}, -1, NAN
        for at in sorted(losses):
            best = np.fmin(best, losses[at])
            below = at - (at - pruner.n_warmup_steps) % pruner.interval_steps
            if at >= pruner.n_warmup_steps and previous < below:
                found[at] = float(best)
            previous = at
        return found

    own = judged(reported[number])
    others = [judged(losses) for n, losses in reported.items() if n != number]
    others = [found for found in others if found]
    if max(reported[number]) != step or step not in own or len(others) < max(1, pruner.n_startup_trials):
        return False
    there = [found[step] for found in others if step in found]
    values = [best for best in there if not math.isnan(best)]
    if math.isnan(own[step]):
        return True
    if len(there) < pruner.n_min_trials or not values:
        return False
    if study is MAXIMIZED:
        return bool(-own[step] < np.percentile([-value for value in values], 100 - pruner.percentile))
    return bool(own[step] > np.percentile(values, pruner.percentile))


@relaxed
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7), st.sampled_from((0.0, 0.5, 1.0, 1.5, 2.0, -1.0, NAN))),
             min_size=20, max_size=80),
    st.sampled_from((PercentilePruner(50, 0, among="reached"), PercentilePruner(30, 2, 1, 2, among="reached"),
                     PercentilePruner(75, 1, 2, 3, n_min_trials=2, among="reached"))),
    st.sampled_from((STUDY, MAXIMIZED)),
    st.integers(0, 99),
)  # fmt: skip
def test_among_reached_it_is_the_rule_on_all_reports_and_any_order_of_arrival_leads_to_the_same(
    script, pruner, study, seed
):
    judge, reported = pruner.judge(study), {}
    for number, step, loss in script:
        if step in reported.setdefault(number, {}):
            continue
        reported[number][step] = loss
        stopped = judge.report(number, step, (loss,)).decision is STOP
        assert stopped == naive(pruner, study, reported, number, step)
    again = pruner.judge(study)
    again.load(json.loads(json.dumps(judge.dump())))
    other = pruner.judge(study)
    calls = [(number, step, loss) for number, losses in reported.items() for step, loss in losses.items()]
    random.Random(seed).shuffle(calls)
    for number, step, loss in calls:
        other.report(number, step, (loss,))
    for found in (again, other):
        known = [{step: values for step, values in j.at_step.items() if values} for j in (judge, found)]
        assert known[0] == known[1]
        assert {k: v for k, v in judge.n_at_step.items() if v} == {k: v for k, v in found.n_at_step.items() if v}
        assert judge.n_known == found.n_known


def test_what_was_stopped_still_counts_and_what_has_ended_needs_no_memory_of_its_reports():
    judge = MedianPruner(1, among="reached").judge(STUDY)
    for number, loss in enumerate([1.0, 2.0, 3.0]):
        judge.report(number, 0, (loss,))
        judge.end(number, None)
    assert judge.curves == {}
    assert stops(judge, 2.5) == [0]
    assert stops(judge, 2.0, number=98) == []


def test_it_goes_on_after_a_restart_as_if_there_had_been_none(storage):
    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        for step in range(3):
            trial.report(x, step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return x

    pruner = PercentilePruner(50, 1, among="reached")

    def play(url, restarts):
        study = rtl.create_study(study_name="s", storage=url, pruner=pruner, sampler=rtl.samplers.RandomSampler(5))
        for _ in range(3):
            study.optimize(objective, n_trials=4, executor="inline")
            if restarts:
                study.close()
                study = rtl.load_study(study_name="s", storage=url)
        states = [trial.state for trial in study.trials]
        study.close()
        return states

    states = play(storage, restarts=True)
    assert states == play(None, restarts=False)
    assert {TrialState.PRUNED, TrialState.COMPLETE} == set(states)
