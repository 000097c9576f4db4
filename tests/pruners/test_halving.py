"""SuccessiveHalvingPruner: arguments, its rule by hand, "auto", and mode "promote" against ASHAPruner."""

from __future__ import annotations

import json
import math

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raytune_lite.core.messages import Decision, PutRung
from raytune_lite.core.schedules import Every
from raytune_lite.pruners import ASHAPruner, HyperbandPruner, SuccessiveHalvingPruner

from ..core_tools import plain
from .world import LONG, MAXIMIZED, STUDY, Play, scripts

CONTINUE, PAUSE, STOP = Decision.CONTINUE, Decision.PAUSE, Decision.STOP
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("given_", "parts"),
    [
        ({"min_resource": 0}, ("min_resource", ">= 1", "0")),
        ({"min_resource": "lowest"}, ("min_resource", "'auto'", "'lowest'")),
        ({"min_resource": None}, ("min_resource", "None", "'auto'")),
        ({"reduction_factor": 1}, ("reduction_factor", ">= 2", "1")),
        ({"min_early_stopping_rate": -1}, ("min_early_stopping_rate", "-1")),
        ({"bootstrap_count": -1}, ("bootstrap_count", "-1")),
        ({"bootstrap_count": 1}, ("bootstrap_count", "min_resource", "'auto'")),
        ({"mode": "pause"}, ("mode", "'stop'", "'promote'", "'pause'")),
        ({"mode": "promote"}, ("max_resource must be given", "promote")),
        ({"min_resource": 9, "max_resource": 3}, ("min_resource=9", "max_resource=3", "swap")),
        ({"max_resource": 2**40}, ("max_resource", "2147483647")),
    ],
)
def test_a_bad_argument_is_refused_with_the_value_and_the_rule(given_, parts):
    with pytest.raises(ValueError, match=r".+") as caught:
        SuccessiveHalvingPruner(**given_)
    assert all(part in str(caught.value) for part in parts)


def test_the_arguments_are_optunas():
    assert SuccessiveHalvingPruner(1, 2, 3, 4) == SuccessiveHalvingPruner(
        min_resource=1, reduction_factor=2, min_early_stopping_rate=3, bootstrap_count=4
    )
    with pytest.raises(TypeError):
        SuccessiveHalvingPruner(1, 2, 3, 4, "stop")


def told(judge, step, *losses, start=0):
    return [judge.report(start + i, step, (loss,)).decision for i, loss in enumerate(losses)]


@pytest.mark.parametrize(
    ("losses", "goes_on"),
    [
        ([3.0, 2.0, 1.0], "+++"),  # the best so far, where n is below eta
        ([1.0, 2.0, 3.0, 4.0], "+---"),
        ([4.0, 3.0, 2.0, 3.0, 3.0, 3.0], "+++--+"),  # of six two go on, and the second best is a 3
        ([4.0, 3.0, 3.0, 3.0, 3.0, 3.0], "++++++"),  # equal to the last on top goes on
        ([1.0, NAN, 2.0, 3.0], "+---"),  # NaN does not count in n: of three one goes on
        ([INF, INF, 1.0, -INF, -INF], "+++++"),  # infinities are losses like others
        ([2.0, 1.5, 1.0, 1.2, 1.3, 1.1], "+++--+"),
    ],
)
def test_who_goes_on_at_a_rung(losses, goes_on):
    judge = SuccessiveHalvingPruner(1, 3).judge(STUDY)
    assert told(judge, 1, *losses) == [CONTINUE if sign == "+" else STOP for sign in goes_on]


def test_bootstrap_ends_all_until_there_are_enough():
    judge = SuccessiveHalvingPruner(1, 2, 0, 3).judge(STUDY)
    assert told(judge, 1, 1.0, 2.0, 3.0, 0.5, 9.0) == [STOP, STOP, STOP, CONTINUE, STOP]
    with_pause = SuccessiveHalvingPruner(1, 2, 0, 3, mode="promote", max_resource=9).judge(STUDY)
    assert told(with_pause, 1, 1.0, 2.0, 3.0) == [PAUSE] * 3
    assert list(with_pause.promotable(lambda _: True)) == []
    assert told(with_pause, 1, 9.0, start=3) == [PAUSE]
    assert list(with_pause.promotable(lambda _: True)) == [0, 1]


def test_a_report_past_several_rungs_counts_at_each_until_it_ends_the_trial():
    judge = SuccessiveHalvingPruner(1, 2, 1).judge(STUDY)  # 2, 4, 8, ...
    assert [row.level for row in judge.report(0, 9, (1.0,)).rows] == [2, 4, 8]
    assert judge.report(1, 9, (2.0,)).rows == (PutRung(number=1, level=2, losses=(2.0,), how="late"),)
    assert judge.report(1, 30, (0.0,)).rows == ()  # its decision stands
    assert judge.end(0, (0.5,)) == judge.end(2, None) == ()  # ends are recorded nowhere
    assert judge.schedule(0).next_after(8) == 16
    assert max(judge.schedule(0).levels) == 2**30
    assert [(rung.level, list(rung.numbers)) for rung in judge.rungs()] == [(2, [0, 1]), (4, [0]), (8, [0])]


def test_with_max_resource_there_is_no_rung_at_a_trials_end():
    assert SuccessiveHalvingPruner(1, 3, max_resource=27).judge(STUDY).schedule(0).levels == (1, 3, 9)


@settings(max_examples=40, deadline=None)
@given(scripts)
def test_mode_promote_is_ashas(script):
    ours = Play(SuccessiveHalvingPruner(1, 2, mode="promote", max_resource=9).judge(STUDY), script)
    ashas = Play(ASHAPruner(1, 9, 2).judge(STUDY), script)
    assert repr(ours.calls) == repr(ashas.calls)
    assert plain(ours.judge) == plain(ashas.judge)


# --- auto ------------------------------------------------------------------------------------------------------------


def test_auto_is_decided_by_the_first_complete_trial_that_reported():
    judge = SuccessiveHalvingPruner().judge(STUDY)
    assert judge.schedule(0) == Every()  # every report is an occasion until then
    assert told(judge, 250, 1.0, 9.0, 9.0, 9.0) == [CONTINUE] * 4
    judge.report(4, 700, (1.0,))
    judge.end(4, None)  # it failed
    judge.end(5, (0.0,))  # it never reported
    assert (judge.schedule(1), judge.rungs()) == (Every(), ())
    assert judge.end(0, (1.0,)) == ()
    assert judge.schedule(6).levels[:4] == (2, 8, 32, 128)
    judge.report(7, 900, (0.0,)), judge.end(7, (0.0,))
    assert judge.schedule(6).levels[:4] == (2, 8, 32, 128)  # once for the study
    # 1 passed the lower rungs before they were known, and is recorded at none of them
    assert [row.level for row in judge.report(1, 512, (9.0,)).rows] == [512]
    assert told(judge, 2, 1.0, 2.0, start=10) == [STOP, STOP]  # 7, at 0.0, is at all of them
    assert judge.report(2, 300, (9.0,)).decision is CONTINUE


@pytest.mark.parametrize("make", [SuccessiveHalvingPruner, HyperbandPruner, lambda: HyperbandPruner(mode="promote")])
def test_a_judge_that_is_stored_before_and_after_auto_is_decided_judges_alike(make):
    play = Play(make().judge(STUDY))
    decided = 0
    for op, x in LONG[:300]:
        getattr(play, op)(x)
        stored = make().judge(STUDY)
        stored.load(json.loads(json.dumps(play.judge.dump())))
        assert plain(stored) == plain(play.judge)
        assert repr(stored.rungs()) == repr(play.judge.rungs()) or decided
        decided += play.judge.judge is not None
        play.judge = stored
    assert 0 < decided < 300
    unbroken = Play(make().judge(STUDY), LONG[:300])
    assert repr([call.result for call in play.calls]) == repr([call.result for call in unbroken.calls])


# --- one trial after another, as Optuna ------------------------------------------------------------------------------

curves = st.lists(
    st.tuples(
        st.lists(st.sampled_from((0.0, 1.0, 1.0, 2.0, 3.0, INF, -INF, NAN)), min_size=1, max_size=12),
        st.sampled_from(("complete", "complete", "fail")),
    ),
    min_size=1, max_size=16,
)  # fmt: skip


def sequential(judge, pruner, trials, *, maximize=False, first=1):
    """Play whole trials one after another, with a report at every step; answers how many were stopped."""
    direction, sign = ("maximize", -1.0) if maximize else ("minimize", 1.0)
    study = optuna.create_study(pruner=pruner, direction=direction, study_name=STUDY.name)
    stopped = 0
    for losses, how in trials:
        trial = study.ask()
        for step, loss in enumerate(losses, start=first):
            trial.report(loss, step)
            decision = judge.report(trial.number, step, (sign * loss,)).decision
            assert (decision is STOP) == trial.should_prune()
            if decision is STOP:
                break
        if decision is STOP:
            stopped += 1
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            judge.retire(trial.number)
            judge.end(trial.number, None)
        elif how == "fail":
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            judge.end(trial.number, None)
        else:
            study.tell(trial, 1.0)
            judge.end(trial.number, (sign,))
    return stopped


@settings(max_examples=60, deadline=None)
@given(curves, st.booleans(), st.integers(2, 4), st.integers(0, 1))
def test_auto_is_optunas_where_trials_run_one_after_another(trials, maximize, eta, first):
    study = MAXIMIZED if maximize else STUDY
    judge = SuccessiveHalvingPruner(reduction_factor=eta).judge(study)
    peer = optuna.pruners.SuccessiveHalvingPruner(reduction_factor=eta)
    sequential(judge, peer, trials, maximize=maximize, first=first)


def test_the_comparison_meets_stops():
    trials = [([float(n % 7)] * 20, "complete") for n in range(30)]
    peer = optuna.pruners.SuccessiveHalvingPruner()
    assert 5 < sequential(SuccessiveHalvingPruner().judge(STUDY), peer, trials) < 29
