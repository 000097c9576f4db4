"""WilcoxonPruner: Optuna on shuffled instances, what Optuna once got wrong, and how often equal trials are stopped."""

from __future__ import annotations

import json
import math
import random
import warnings

import numpy as np
import optuna
import pytest

import raytune_lite as rtl
from raytune_lite.core.messages import Decision
from raytune_lite.pruners import WilcoxonPruner
from raytune_lite.pruners.wilcoxon import Bet
from raytune_lite.trial import TrialState

from ..core_tools import plain
from .world import MAXIMIZED, STUDY

NAN, INF = math.nan, math.inf
STOP = Decision.STOP


@pytest.mark.parametrize(
    ("arguments", "error", "parts"),
    [
        ({"p_threshold": -0.1}, ValueError, ("p_threshold", "between 0 and 1", "-0.1")),
        ({"p_threshold": NAN}, ValueError, ("p_threshold", "nan")),
        ({"p_threshold": "0.1"}, TypeError, ("p_threshold", "'0.1'")),
        ({"n_startup_steps": -1}, ValueError, ("n_startup_steps", ">= 0", "-1")),
        ({"sequential": "pocock"}, ValueError, ("sequential", "none", "anytime", "'pocock'")),
    ],
)
def test_a_bad_argument_is_refused_with_the_value_and_the_rule(arguments, error, parts):
    with pytest.raises(error, match=r".+") as caught:
        WilcoxonPruner(**arguments)
    assert all(part in str(caught.value) for part in parts)


def judge_of(best, *, result=0.0, pruner=None, study=STUDY):
    """A judge whose best trial reported this, by instance."""
    judge = (pruner or WilcoxonPruner()).judge(study)
    for instance, loss in best.items():
        judge.report(0, instance, (loss,))
    judge.end(0, (result,))
    return judge


def stops(judge, losses, number=9):
    return [i for i, loss in losses.items() if judge.report(number, i, (loss,)).decision is STOP]


@pytest.mark.parametrize("maximize", [False, True])
def test_on_instances_in_any_order_the_decisions_are_those_of_optuna_5_0(maximize):
    sign, n_stopped = -1.0 if maximize else 1.0, 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = optuna.pruners.WilcoxonPruner(p_threshold=0.2, n_startup_steps=3)
        study = optuna.create_study(pruner=peer, direction="maximize" if maximize else "minimize")
        judge = WilcoxonPruner(0.2, 3).judge(MAXIMIZED if maximize else STUDY)
        chance = random.Random(7)
        for number in range(25):
            quality, trial, losses = chance.gauss(0, 0.5), study.ask(), []
            for instance in chance.sample(range(20), 20):
                losses.append(instance + quality + chance.choice((0.0, chance.gauss(0, 0.5))))
                trial.report(sign * losses[-1], instance)
                stopped = judge.report(number, instance, (losses[-1],)).decision is STOP
                assert stopped == trial.should_prune(), (number, instance)
                if stopped:
                    study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                    judge.end(number, None)
                    n_stopped += 1
                    break
            else:
                result = sum(losses) / len(losses)
                study.tell(trial, sign * result)
                judge.end(number, (result,))
            again = WilcoxonPruner(0.2, 3).judge(judge and (MAXIMIZED if maximize else STUDY))
            again.load(json.loads(json.dumps(judge.dump())))
            assert plain(again) == plain(judge)
            judge = again
    assert 5 < n_stopped < 25


@pytest.mark.parametrize("sequential", ["none", "anytime"])
def test_what_cannot_be_compared_goes_on(sequential):
    """Optuna's issues 5354, 5370, 5366 and pull request 5256."""
    worse = dict.fromkeys(range(30), 5.0)
    good, pruner = dict.fromkeys(range(30), 0.0), WilcoxonPruner(sequential=sequential)
    assert stops(judge_of(good, pruner=pruner), worse)
    assert stops(pruner.judge(STUDY), worse) == []  # no trial is COMPLETE
    assert stops(judge_of({}, pruner=pruner), worse) == []  # the best one has reported nothing
    assert stops(judge_of({**good, 3: NAN}, pruner=pruner), worse) == []
    assert stops(judge_of({**good, 3: INF}, pruner=pruner), worse) == []
    assert stops(judge_of(good, pruner=pruner), {0: -INF, **dict.fromkeys(range(1, 30), 5.0)}) == []
    assert stops(judge_of({100 + i: 0.0 for i in range(30)}, pruner=pruner), worse) == []  # other instances
    few = judge_of(good, pruner=WilcoxonPruner(0.9, 12, sequential=sequential))
    assert min(stops(few, worse)) == 11
    # worse on each common instance, and yet of a better mean than the best
    best = {**dict.fromkeys(range(10), 0.0), 50: 1000.0}
    assert stops(judge_of(best, pruner=pruner), dict.fromkeys(range(10), 1.0)) == []


def test_the_best_trial_is_the_one_with_the_best_result_and_of_equal_ones_the_first():
    judge = judge_of({0: 1.0}, result=2.0)
    for number, result in ((1, 2.0), (2, NAN), (3, 1.0), (4, 1.5)):
        judge.report(number, 0, (float(number),))
        judge.end(number, (result,))
        assert judge.of_best.losses == {0: 3.0 if number >= 3 else 1.0}


def test_a_bet_is_a_bet_and_a_new_best_trial_begins_another():
    bet = Bet()
    for difference in (1.0, 0.0, 2.0, -1.0, 3.0):
        bet.see(difference)
    # stakes: 0 (nothing is known), 1 -> 0.5, 1 -> 0.5, then 1/3
    assert bet.wealth == pytest.approx(1.0 * 1.5 * 0.5 * (4 / 3))
    assert (bet.signs, bet.n, bet.pairs) == (2, 4, 5)
    judge = judge_of(dict.fromkeys(range(9), 0.0), result=1.0, pruner=WilcoxonPruner(sequential="anytime"))
    stops(judge, dict.fromkeys(range(4), 1.0))
    assert judge.reports[9].bet.signs == 4
    for instance in range(9):
        judge.report(5, instance, (2.0,))
    judge.end(5, (0.5,))
    stops(judge, {4: 1.0})
    assert judge.reports[9].bet.signs == -5


def test_equal_trials_are_stopped_as_often_as_the_threshold_says_and_the_plain_rule_stops_more():
    """The null law. False alarms: 3 standard errors, so one in 700 of such tests, had it not a seed."""
    p, n, runs = 0.1, 200, 20_000
    rng = np.random.default_rng(1)
    wealth, total, stopped = np.ones(runs), np.zeros(runs), np.zeros(runs, dtype=bool)
    one = Bet()
    for i in range(n):
        signs = rng.choice((-1.0, 1.0), size=runs)
        stake = np.clip(total / i, 0, 0.5) if i else 0.0
        wealth *= 1 + stake * signs
        total += signs
        stopped |= wealth >= 1 / p
        one.see(signs[0])
        assert one.wealth == pytest.approx(wealth[0])
    rate = stopped.mean()
    assert 0.01 < rate <= p + 3 * math.sqrt(p * (1 - p) / runs)

    def share(sequential, runs=60, n=40):
        hits = 0
        for _ in range(runs):
            judge = judge_of(dict(enumerate(rng.normal(size=n))), pruner=WilcoxonPruner(p, sequential=sequential))
            hits += bool(stops(judge, dict(enumerate(rng.normal(size=n)))))
        return hits / runs

    assert share("anytime") <= 0.2
    assert share("none") > 0.2


def test_a_study_of_instances_in_random_order_prunes_and_goes_on_after_a_restart(storage):
    def objective(trial):
        x = trial.suggest_float("x", 0.0, 1.0)
        chance, seen = random.Random(trial.number), []
        for instance in chance.sample(range(12), 12):
            seen.append(instance + 10 * x + chance.gauss(0, 0.1))
            trial.report(seen[-1], instance)
            if trial.should_prune():
                raise rtl.TrialPruned
        return sum(seen) / len(seen)

    study = rtl.create_study(study_name="s", storage=storage, pruner=WilcoxonPruner(0.1, sequential="anytime"),
                             sampler=rtl.samplers.RandomSampler(1))  # fmt: skip
    study.optimize(objective, n_trials=6, executor="inline")
    study.close()
    again = rtl.load_study(study_name="s", storage=storage)
    again.optimize(objective, n_trials=4, executor="inline")
    pruned = [trial for trial in again.trials if trial.state is TrialState.PRUNED]
    assert len(pruned) >= 3
    assert all(len(trial.intermediate_values) < 12 for trial in pruned)
    # a decision is due at each report, also of an instance with a lower number: it ends with the pair that decided
    assert any(list(trial.intermediate_values)[-1] != trial.last_step for trial in pruned)
    assert again.differences() == []
    again.close()


@pytest.mark.parametrize(
    ("best", "reports", "said"),
    [
        ({1: 1.0}, {1: 1.0, 2: 2.0, 3: 1.0}, "the best trial has not reported some instance"),
        ({}, {1: 1.0}, "the best trial has reported nothing"),
        ({1: NAN}, {1: 1.0}, "the best trial reported NaN or an infinity"),
        ({1: 1.0}, {1: INF}, "a trial reported NaN or an infinity"),
    ],
)
def test_what_cannot_be_compared_is_said_once(best, reports, said):
    judge = WilcoxonPruner().judge(STUDY)
    for step, loss in best.items():
        judge.report(0, step, (loss,))
    judge.end(0, (0.0,))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for step, loss in reports.items():
            assert judge.report(1, step, (loss,)).decision is Decision.CONTINUE
    assert [said in str(warning.message) for warning in caught] == [True]
