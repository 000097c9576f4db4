"""What stands best while no trial is COMPLETE: by rungs, by steps, with several objectives, with constraints."""

from __future__ import annotations

import math
import time

import pytest

import raytune_lite as rtl
from raytune_lite.runtime.standing import Standings
from raytune_lite.study.results import Results
from raytune_lite.trial import TrialState


@pytest.fixture(autouse=True)
def standings_agree(monkeypatch):
    """Whoever reads the database here gets what the driver says of its own state, and the other way round."""
    read = Results.best_trials_so_far.fget

    def both(study):
        found = read(study)
        session = study._session().driver
        standing = session.query(lambda session: Standings().read(session._state, session.now()))
        assert list(standing.best) == found
        assert standing.n_best == len(found)
        return found

    monkeypatch.setattr(Results, "best_trials_so_far", property(both))


def told(study, reports, state=None, constraint=None):
    """A trial that reports these values, by step, and ends in ``state``; None: it goes on running."""
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    for step, value in reports.items():
        trial.report(value, step)
        trial.should_prune()
    if constraint is not None:
        trial.set_constraint("c", constraint)
    if state is TrialState.COMPLETE:
        study.tell(trial, list(reports.values())[-1])
    elif state is not None:
        study.tell(trial, state=state)
    return trial


def test_a_study_without_reports_says_so():
    study = rtl.create_study()
    assert study.best_trials_so_far == []
    with pytest.raises(ValueError, match="no trial has reported"):
        _ = study.best_so_far
    study.ask()
    with pytest.raises(ValueError, match="no trial has reported"):
        _ = study.best_so_far


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_without_rungs_the_last_reports_at_the_highest_step_are_compared(direction):
    pruner = rtl.pruners.MedianPruner(n_startup_trials=99)  # asks at each report, so that none waits in a buffer
    study = rtl.create_study(direction=direction, pruner=pruner)
    sign = study.direction.sign
    told(study, {1: sign * -9.0, 2: sign * -9.0}, TrialState.PRUNED)  # better, but it did not come as far
    told(study, {1: sign * 5.0, 3: sign * 4.0}, TrialState.PRUNED)
    expected = told(study, {1: sign * 5.0, 3: sign * 3.0})
    told(study, {1: sign * 5.0, 3: sign * -8.0}, TrialState.FAIL)
    told(study, {2: sign * 1.0, 4: math.nan})  # its last value that counts is at step 2
    best = study.best_so_far
    assert (best.number, best.value, best.step, best.where) == (expected.number, sign * 3.0, 3, "step 3")
    assert best.state is TrialState.RUNNING
    assert best.params == expected.params
    with pytest.raises(ValueError, match=r"Best so far: -?3 at step 3 \(trial 2, RUNNING\); study.best_so_far"):
        _ = study.best_trial


def test_rungs_say_how_many_came_and_how_many_wait_there():
    study = rtl.create_study(direction="maximize", pruner=rtl.pruners.ASHAPruner(1, 9, 3, mode="promote"))
    for value in (1.0, 3.0, 2.0):
        told(study, {1: value}, TrialState.PRUNED)
    told(study, {3: 4.0}, TrialState.FAIL)  # the promoted one
    standing = study._session().driver.query(lambda session: Standings().read(session._state, session.now()))
    assert [(rung.level, rung.n, rung.paused, rung.best) for rung in standing.rungs] == [(1, 3, 2, 3.0), (3, 1, 0, 4.0)]
    assert standing.pauses


def test_a_standing_of_ten_thousand_trials_costs_the_driver_less_than_50_ms():
    study = rtl.create_study(pruner=rtl.pruners.ASHAPruner(1, 27, 3, mode="stop"))
    told(study, {1: 0.0}, TrialState.PRUNED)
    standings, state = Standings(), study._session().driver.query(lambda session: session._state)
    for number in range(1, 10_000):
        state.judge.report(number, 1, (1 + number / 7 % 1,))
    began = time.process_time()
    rungs = standings.read(state, 0.0).rungs
    assert time.process_time() - began < 0.05
    assert rungs[0].n == 10_000


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_with_rungs_the_highest_rung_counts_though_a_trial_is_on_its_way_to_the_next(direction):
    study = rtl.create_study(direction=direction, pruner=rtl.pruners.ASHAPruner(1, 27, 3, mode="stop"))
    sign = study.direction.sign
    good = told(study, {1: sign * 0.1, 3: sign * 0.1}, TrialState.PRUNED)
    told(study, {1: sign * 0.05, 3: sign * 0.5, 4: sign * 0.01})
    best = study.best_so_far
    assert (best.number, best.value, best.where, best.state) == (good.number, sign * 0.1, "rung 3", TrialState.PRUNED)


def test_the_end_of_a_run_of_promotion_asha_with_few_trials_has_a_best_so_far():
    study = rtl.create_study(pruner=rtl.pruners.ASHAPruner(1, 27, 3, mode="promote"))

    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        for step in range(1, 28):
            trial.report(x / step, step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return x

    study.optimize(objective, n_trials=7, executor="inline")
    assert not study.get_trials(states=(TrialState.COMPLETE,))
    top = max(rung.level for rung in study.rungs)
    expected = min((rung for rung in study.rungs if rung.level == top), key=lambda rung: rung.value)
    best = study.best_so_far
    assert (best.number, best.value, best.step, best.is_rung) == (expected.number, expected.value, top, True)
    assert best.params == study.trials[best.number].params


def test_the_best_trial_is_the_best_so_far_once_there_is_one():
    study = rtl.create_study()
    told(study, {9: -5.0}, TrialState.PRUNED)
    done = told(study, {1: 2.0}, TrialState.COMPLETE)
    best = study.best_so_far
    assert (best.number, best.value, best.state, best.where) == (done.number, 2.0, TrialState.COMPLETE, "")


def test_trials_that_miss_their_constraints_do_not_count_however_many_there_are():
    study = rtl.create_study()
    kept = told(study, {5: 7.0}, TrialState.PRUNED, constraint=-1.0)
    for _ in range(20):
        told(study, {5: 1.0}, TrialState.PRUNED, constraint=1.0)
    assert study.best_so_far.number == kept.number
    told(study, {5: 0.5}, TrialState.COMPLETE, constraint=1.0)
    with pytest.raises(ValueError, match="none of its COMPLETE trials meets its constraints"):
        _ = study.best_trial
    assert study.best_so_far.number == kept.number


def test_of_several_objectives_it_is_the_front_at_the_highest_step():
    study = rtl.create_study(directions=["minimize", "maximize"])
    with pytest.raises(RuntimeError, match="best_so_far needs a single objective"):
        _ = study.best_so_far
    points = {1: [(0.0, 9.0)], 2: [(1.0, 1.0), (2.0, 2.0), (3.0, 1.0)]}
    for step, some in points.items():
        for values in some:
            trial = study.ask()
            trial.report(values, step)
            study.tell(trial, state=TrialState.PRUNED)
    found = study.best_trials_so_far
    assert [(best.number, best.values, best.where) for best in found] == [
        (1, (1.0, 1.0), "step 2"),
        (2, (2.0, 2.0), "step 2"),
    ]


def test_of_several_objectives_rungs_hold_values_with_their_own_signs():
    pruner = rtl.pruners.MOASHAPruner(1, 9, 3)
    study = rtl.create_study(directions=["minimize", "maximize"], pruner=pruner)
    for values in [(1.0, 1.0), (2.0, 2.0), (3.0, 1.0)]:
        trial = study.ask()
        trial.report(values, 1)
        trial.should_prune()
        study.tell(trial, state=TrialState.PRUNED)
    found = study.best_trials_so_far
    assert [(best.number, best.values, best.where) for best in found] == [
        (0, (1.0, 1.0), "rung 1"),
        (1, (2.0, 2.0), "rung 1"),
    ]
