"""MO-ASHA: its order against brute force; one objective against ASHA; a whole study of two objectives."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import raytune_lite as rtl
from raytune_lite.core.messages import Decision
from raytune_lite.core.view import StudyIdentity
from raytune_lite.pareto import nondominated_ranks
from raytune_lite.pruners import ASHAPruner, MOASHAPruner, pruner_from_spec
from raytune_lite.pruners.moasha import FrontShare, crowding_order, net_order
from raytune_lite.runtime.simulator.fronts import dominates, far_first, lonely_first
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import plain
from .world import STUDY, Play, scripts

INF, NAN = math.inf, math.nan
MINIMIZE = StudyDirection.MINIMIZE
TWO = StudyIdentity("s", (MINIMIZE, MINIMIZE))
FIVE = [(3.0, 3.0), (1.0, 2.0), (2.0, 1.0), (4.0, 4.0), (0.5, 5.0)]
relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
values = st.sampled_from((0.0, -0.0, 0.5, 1.0, 1.0, 2.0, -3.0, 1e308, -1e308)) | st.floats(-5, 5)
odd = values | st.sampled_from((NAN, INF, -INF))


def vectors(elements, least=1):
    return st.integers(1, 3).flatmap(
        lambda m: st.lists(st.tuples(*[elements] * m), min_size=least, max_size=25)
    )


def test_the_fronts_of_syne_tunes_five_points():
    """Its own ranking once put the point (4, 4) beside (3, 3)."""
    assert nondominated_ranks(FIVE).tolist() == [1, 0, 0, 2, 0]
    rung = FrontShare(2, 0, "crowding").rung(1)
    for number, losses in enumerate(FIVE):
        rung.record(number, losses, waits=True)
    assert set(rung._ranked(3)) == {1, 2, 4}
    assert rung._ranked(5)[3:] == [0, 3]


def brute(points, quota, tie):
    """The best ``quota`` by comparing everything with everything."""
    points = [point if all(map(math.isfinite, point)) else (INF,) * len(point) for point in points]
    left, order = list(range(len(points))), []
    while left and len(order) < quota:
        front = [i for i in left if not any(dominates(points[j], points[i]) for j in left)]
        left = [i for i in left if i not in front]
        is_lost = math.isinf(points[front[0]][0])
        order += front if is_lost else {"crowding": lonely_first, "epsnet": far_first}[tie](front, points)
    return order[:quota]


@pytest.mark.parametrize("tie", ["crowding", "epsnet"])
@relaxed
@given(arrived=vectors(odd), eta=st.integers(2, 4), at_least=st.integers(0, 1), taken=st.sets(st.integers(0, 24)))
def test_a_rung_is_what_comparing_everything_says(tie, arrived, eta, at_least, taken):
    rule = FrontShare(eta, at_least, tie)
    rung, waiting = rule.rung(1), []
    for number, losses in enumerate(arrived):
        waits = not rule.has_lost(losses)
        key = rung.record(10 + number, losses, waits=waits)
        waiting += [number] if waits else []
        top = brute(arrived[: number + 1], max(at_least, (number + 1) // eta), tie)
        assert list(rung.candidates()) == [10 + each for each in top if each in waiting]
        assert rung.is_on_top(key) == (number in top)
        if number in taken and waiting:
            rung.take((0.0, waiting.pop(0)))
        again = rule.rung(1)
        again.load(json.loads(json.dumps(rung.dump())))
        assert plain(again) == plain(rung)
        rung = again if number % 2 else rung


def test_the_loneliest_of_a_front_go_first_and_a_repeated_point_last():
    front = np.array([(0.0, 4.0), (1.0, 3.0), (1.0, 3.0), (1.5, 2.5), (3.0, 1.0), (4.0, 0.0)])
    assert crowding_order(front) == [0, 5, 4, 3, 1, 2]
    assert net_order(front) == [0, 5, 3, 4, 1, 2]


@pytest.mark.parametrize("mode", ["promote", "stop"])
@pytest.mark.parametrize("tie", ["crowding", "epsnet"])
@relaxed
@given(script=scripts, eta=st.integers(2, 4))
def test_with_one_objective_it_is_asha(mode, tie, script, eta):
    asha = Play(ASHAPruner(1, 9, eta, mode=mode).judge(STUDY), script)
    fronts = Play(MOASHAPruner(1, 9, eta, mode, tie=tie).judge(STUDY), script)
    assert repr(fronts.calls) == repr(asha.calls)


def test_what_is_not_finite_ends_and_a_failed_trial_is_worst_in_each_objective():
    rungs = MOASHAPruner(1, 9, 2).judge(TWO)
    assert rungs.report(0, 1, (0.0, NAN)).decision is Decision.STOP
    assert rungs.report(1, 1, (-INF, 0.0)).decision is Decision.STOP
    (row,) = rungs.end(2, None)
    assert row.losses == (INF, INF)
    assert rungs.report(3, 1, (5.0, 5.0)).decision is Decision.CONTINUE  # the best of four


def test_a_trial_that_was_promoted_stays_so_when_others_dominate_it():
    rungs = MOASHAPruner(1, 9, 2).judge(TWO)
    told = [rungs.report(n, 1, losses).decision for n, losses in enumerate([(3.0, 3.0), (4.0, 4.0)])]
    assert told == [Decision.PAUSE] * 2
    assert list(rungs.promotable(lambda _: True)) == [0]
    rungs.promote(0)
    assert rungs.report(2, 1, (1.0, 1.0)).decision is Decision.CONTINUE
    assert list(rungs.promotable(lambda _: True)) == []
    assert [row.level for row in rungs.report(0, 2, (2.0, 2.0)).rows] == [2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"tie": "lonely"}, r"tie must be one of \['crowding', 'epsnet'\], got 'lonely'"),
        ({"mode": "both"}, "mode must be one of"),
        ({"max_resource": None}, "max_resource must be given"),
    ],
)
def test_a_wrong_argument_is_refused_with_the_way_out(arguments, words):
    with pytest.raises(ValueError, match=words):
        MOASHAPruner(**{"min_resource": 1, "max_resource": 9} | arguments)


@pytest.mark.parametrize("mode", ["promote", "stop"])
def test_a_study_of_two_objectives_runs_under_it_and_goes_on(mode, tmp_path):
    url = f"sqlite:///{tmp_path}/study.db"

    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        for step in range(1 + (trial.load_checkpoint() or {"step": 0})["step"], 10):
            trial.report((x + 1 / step, 1 - x), step)
            trial.save_checkpoint({"step": step}, step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return x, 1 - x

    pruner = MOASHAPruner(1, 9, 3, mode)
    study = rtl.create_study(
        study_name="s", storage=url, directions=["minimize", "maximize"], pruner=pruner,
        sampler=rtl.samplers.RandomSampler(3),
    )  # fmt: skip
    study.optimize(objective, n_trials=12, executor="inline")
    study.close()
    again = rtl.load_study(study_name="s", storage=url)
    again.optimize(objective, n_trials=6, executor="inline")
    states = [trial.state for trial in again.trials]
    assert len(states) == 18
    assert {TrialState.COMPLETE, TrialState.PRUNED} == set(states)
    assert pruner_from_spec(json.loads(again.last_run.pruner)) == pruner
    assert again.differences() == []
    again.close()
