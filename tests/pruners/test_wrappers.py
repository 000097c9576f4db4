"""PatientPruner and OnObjective: arguments, specs inside specs, what the judge inside sees, several objectives."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import raytune_lite as rtl
from raytune_lite.core.encoding import event_from_json
from raytune_lite.core.messages import Decision, PromoteRung
from raytune_lite.core.protocols import Dumps, HasRungs, Promoter
from raytune_lite.core.view import StudyIdentity
from raytune_lite.pruners import (
    ASHAPruner,
    MedianPruner,
    NopPruner,
    OnObjective,
    PASHAPruner,
    PatientPruner,
    pruner_from_spec,
)
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import dump, plain
from .conformance import CASES
from .test_conformance import Study, curves_of, differential, few, relaxed, some
from .test_median import stops
from .world import LONG, STUDY, Play, scripts

NAN = math.nan
CONTINUE, PAUSE, STOP = Decision.CONTINUE, Decision.PAUSE, Decision.STOP
BOTH = (StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE)


@pytest.mark.parametrize(
    ("make", "error", "parts"),
    [
        (lambda: PatientPruner(3, 1), TypeError, ("wrapped_pruner", "a pruner or None", "got 3")),
        (lambda: PatientPruner(MedianPruner, 1), TypeError, ("wrapped_pruner", "MedianPruner")),
        (lambda: PatientPruner(None, -1), ValueError, ("patience", ">= 0", "-1")),
        (lambda: PatientPruner(None, 1, -0.5), ValueError, ("min_delta", ">= 0", "-0.5")),
        (lambda: PatientPruner(None, 1, NAN), ValueError, ("min_delta", "nan")),
        (lambda: PatientPruner(None, 1, "1"), TypeError, ("min_delta", "'1'")),
        (lambda: PatientPruner(OnObjective(1, NopPruner()), 1), ValueError, ("OnObjective(1, PatientPruner(...))",)),
        (lambda: OnObjective(-1, NopPruner()), ValueError, ("index", ">= 0", "-1")),
        (lambda: OnObjective(0, "median"), TypeError, ("pruner", "'median'")),
        (lambda: OnObjective(0, OnObjective(1, NopPruner())), ValueError, ("single objective", "leave the outer")),
    ],
)
def test_a_bad_argument_is_refused_with_the_value_and_the_rule(make, error, parts):
    with pytest.raises(error, match=r".+") as caught:
        make()
    assert all(part in str(caught.value) for part in parts)


def test_a_pruner_inside_a_pruner_is_stored_as_a_spec_inside_a_spec():
    pruner = OnObjective(1, PatientPruner(ASHAPruner(1, 9, 3), 2, 0.5))
    stored = json.dumps(pruner.spec())
    assert json.loads(stored)["pruner"]["wrapped_pruner"]["name"] == "ASHAPruner"
    assert pruner_from_spec(json.loads(stored)) == pruner
    wrong = {"name": "PatientPruner", "wrapped_pruner": {"name": "Own"}, "patience": 1}
    with pytest.raises(ValueError, match="'Own'; a pruner of your own cannot be rebuilt"):
        pruner_from_spec(wrong)


@pytest.mark.parametrize("wrap", [lambda p: PatientPruner(p, 1), lambda p: OnObjective(0, p)])
def test_a_wrappers_judge_can_do_what_the_one_inside_can(wrap):
    for inner in (ASHAPruner(1, 9), MedianPruner(), NopPruner()):
        alone, wrapped = inner.judge(STUDY), wrap(inner).judge(STUDY)
        for protocol in (Promoter, HasRungs, Dumps):
            assert isinstance(wrapped, protocol) == isinstance(alone, protocol)


# --- patience --------------------------------------------------------------------------------------------------------


def test_patience_counts_reports_without_an_improvement():
    assert stops(PatientPruner(None, 1).judge(STUDY), 3.0, 2.0, 2.5, 2.5, 1.0, 1.5, 1.0, 2.0, 2.0) == [3, 8]
    assert stops(PatientPruner(None, 0).judge(STUDY), 3.0, 3.0, 3.1, 3.0) == [2]
    assert stops(PatientPruner(None, 0, 0.5).judge(STUDY), 3.0, 3.25, 3.5, 3.6) == [3]
    assert stops(PatientPruner(None, 1).judge(STUDY), NAN, NAN, NAN, 2.0, NAN, NAN, NAN) == []


@relaxed
@given(curves_of(st.sampled_from((0.0, 0.5, 1.0, 2.0, math.nan, math.inf, -math.inf))), st.booleans())
def test_infinite_reports_too_are_judged_as_by_optuna(script, maximize):
    differential(next(case for case in CASES if case.name == "Patient alone"), script, maximize)


@relaxed
@given(scripts, st.integers(0, 3))
def test_the_judge_inside_sees_every_report_and_a_pause_that_does_not_pass_is_a_promotion(script, patience):
    """A pruner that saw only some of them would keep incomplete records: Optuna's does."""
    for case in CASES:
        if case.name.startswith("On an"):
            continue
        alone = case.make().judge(STUDY)
        play = Play(PatientPruner(case.make(), patience).judge(STUDY), script)
        for call in play.calls:
            want = getattr(alone, call.name)(*call.arguments)
            if call.name == "report" and want.decision is not call.result.decision:
                assert call.result.decision is CONTINUE
                promoted = alone.promote(call.arguments[0]) if want.decision is PAUSE else ()
                assert call.result.rows == (*want.rows, *promoted)
                if isinstance(alone, Promoter):
                    assert call.arguments[0] not in list(alone.promotable(lambda _: True))
            else:
                assert repr(call.result) == repr(want)
        assert plain(alone) == plain(play.judge.inner)


def test_patience_turns_pauses_into_promotions_and_lets_some_pass():
    """Else the law would hold of nothing."""
    calls = Play(PatientPruner(ASHAPruner(1, 9, 2), 0).judge(STUDY), LONG).calls
    verdicts = [call.result for call in calls if call.name == "report"]
    assert sum(v.decision is PAUSE for v in verdicts) > 3
    turned = [v for v in verdicts if v.decision is CONTINUE and any(isinstance(r, PromoteRung) for r in v.rows)]
    assert len(turned) > 3


def test_who_was_let_pass_a_rung_that_pasha_had_not_opened_takes_no_part_in_its_order():
    judge = PatientPruner(PASHAPruner(1, 81, 3), 100).judge(STUDY)
    for step in range(1, 27):
        assert judge.report(0, step, (1 / step,)).decision is CONTINUE  # patience lets it climb past all
    while judge.inner.n_open < 4:
        number = len(judge.inner.following)
        swapped = (0.01 * number, 0.5 - 0.01 * number)
        for step in range(1, 10):
            judge.report(number, step, (swapped[step > 1] if step < 9 else swapped[0],))
        assert number < 40, "the order never changed"
    for step in range(27, 81):
        assert judge.report(0, step, (1 / step,)).decision is CONTINUE


@relaxed
@given(scripts)
def test_a_wrappers_judge_that_was_stored_goes_on_as_before(script):
    for case in CASES:
        make = case.make
        if case.name.startswith(("Patient", "On")):
            play = Play(make().judge(STUDY), script[:60])
            again = make().judge(STUDY)
            again.load(json.loads(json.dumps(play.judge.dump())))
            assert plain(again) == plain(play.judge)


# --- one objective of several ----------------------------------------------------------------------------------------


@few
@given(scripts, some)
def test_the_second_objective_is_judged_as_if_it_were_alone(script, cases):
    for case in cases:
        if case.name.startswith("On an"):
            continue
        alone = Study(case.make(), StudyDirection.MINIMIZE)
        second = Study(OnObjective(1, case.make()), StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE)
        second.judged = 1
        assert second.play(script, objectives=2) == alone.play(script)
        state = second.fresh()
        for at, line in second.log:
            state.handle(event_from_json(line), at)
        assert dump(state) == dump(second.state)


def test_a_study_of_several_objectives_is_pruned_by_one_and_refuses_the_objective_that_it_has_not(storage):
    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        for step in range(3):
            trial.report((1.0, x), step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return 1.0, x

    def study(pruner, name="s"):
        return rtl.create_study(study_name=name, storage=storage, directions=["minimize", "maximize"], pruner=pruner,
                                sampler=rtl.samplers.RandomSampler(1))  # fmt: skip

    with pytest.raises(ValueError, match=r"judges objective 2, counted from 0, and this study has 2 objective\(s\)"):
        study(OnObjective(2, MedianPruner(1)))
    assert rtl.get_all_study_names(storage) == []
    made = study(OnObjective(1, MedianPruner(1)))
    made.optimize(objective, n_trials=8, executor="inline")
    made.close()
    again = rtl.load_study(study_name="s", storage=storage)
    again.optimize(objective, n_trials=4, executor="inline")
    complete = [t.params["x"] for t in again.trials if t.state is TrialState.COMPLETE]
    pruned = [t.params["x"] for t in again.trials if t.state is TrialState.PRUNED]
    assert len(complete) + len(pruned) == 12
    assert len(pruned) > 2
    assert max(pruned) < max(complete)  # the second objective is maximized
    assert again.differences() == []
    again.close()


def test_the_direction_is_that_of_the_objective():
    judge = OnObjective(1, MedianPruner(0)).judge(StudyIdentity("s", BOTH))
    assert judge.inner.maximizes
    assert not OnObjective(0, MedianPruner(0)).judge(StudyIdentity("s", BOTH)).inner.maximizes
