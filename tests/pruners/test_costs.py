"""ASHA by cost and by seconds: which trials go on, against brute force; levels that seconds cross."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raytune_lite.core import messages as m
from raytune_lite.core.messages import Decision
from raytune_lite.core.protocols import Cost
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.core.schedules import Every
from raytune_lite.pruners import ASHAPruner, pruner_from_spec
from raytune_lite.pruners.costs import CostShare

from ..core_tools import Shell, dump, plain
from .world import STUDY, Play, scripts

CONTINUE, PAUSE, STOP = Decision.CONTINUE, Decision.PAUSE, Decision.STOP
INF = math.inf
losses = st.sampled_from((0.0, 1.0, 1.0, 2.0, -1.0, math.nan, INF)) | st.floats(-5, 5)


def best_by_cost(entries, eta, at_least):
    """The numbers on top by the rule as it is written; ``entries``: (loss, arrival, cost), cost 0: not known."""
    known = [Fraction(cost) for _, _, cost in entries if cost > 0]
    mean = sum(known) / len(known) if known else Fraction(1)
    order = sorted(entries)
    costs = [Fraction(cost) if cost > 0 else mean for _, _, cost in order]
    k = max(k for k in range(len(order) + 1) if sum(costs[:k]) * eta <= sum(costs))
    return [arrival for _, arrival, _ in order[: max(at_least, k)]]


fewer = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
arrivals = st.tuples(losses, st.sampled_from((0.0, 0.5, 1.0, 1.0, 4.0, 64.0)), st.booleans(), st.integers(0, 9))


@fewer
@given(st.lists(arrivals, min_size=1, max_size=30), st.integers(2, 5), st.integers(0, 1))
def test_those_on_top_are_the_best_that_a_share_of_the_cost_pays(arrived, eta, at_least):
    rule = CostShare(eta, at_least=at_least)
    rung, entries, waiting = rule.rung(1), [], set()
    for number, (loss, cost, waits, taken) in enumerate(arrived):
        waits = waits and math.isfinite(loss)
        key = rung.record(number, (loss,), waits=waits, cost=cost)
        entries.append((loss if math.isfinite(loss) else INF, number, cost))
        waiting |= {number} if waits else set()
        top = best_by_cost(entries, eta, at_least)
        assert list(rung.candidates()) == [each for each in top if each in waiting]
        assert rung.is_on_top(key) == (number in top)
        if taken in waiting:
            waiting.remove(taken)
            rung.take(entries[taken][:2])
        again = rule.rung(1)
        again.load(json.loads(json.dumps(rung.dump())))
        assert plain(again) == plain(rung)
        rung = again if taken % 2 else rung


class EqualCosts(Play):
    """Each trial costs the same: so much, or nobody knows."""

    each = 0.1

    def cost(self, x, number):
        self.judge.note_cost(number, Cost(self.each, {}))


@pytest.mark.parametrize("each", [0.0, 0.1, 1e-30, 1e9 / 7])
@fewer
@given(script=scripts, eta=st.integers(2, 4), mode=st.sampled_from(("promote", "stop")))
def test_where_all_cost_the_same_it_is_the_papers_rule(each, script, eta, mode):
    EqualCosts.each = each
    plain_asha = Play(ASHAPruner(1, 9, eta, mode=mode).judge(STUDY), script)
    by_cost = EqualCosts(ASHAPruner(1, 9, eta, mode=mode, cost="seconds").judge(STUDY), script)
    assert repr(by_cost.calls) == repr(plain_asha.calls)


def test_where_the_best_are_cheap_more_of_them_go_on_and_where_they_are_dear_fewer():
    rungs = ASHAPruner(1, 9, 3, cost="price").judge(STUDY)
    for number, price in enumerate((1, 1, 1, 1, 12)):
        rungs.note_cost(number, Cost(0.0, {"price": str(price)}))
        rungs.report(number, 1, (float(number),))
    assert list(rungs.promotable(lambda _: True)) == [0, 1, 2, 3]  # C(5) / 3 = 5.3
    dear = ASHAPruner(1, 9, 3, cost="price").judge(STUDY)
    for number, price in enumerate((12, 1, 1, 1, 1)):
        dear.note_cost(number, Cost(0.0, {"price": str(price)}))
        assert dear.report(number, 1, (float(number),)).decision is PAUSE
    assert list(dear.promotable(lambda _: True)) == []


@pytest.mark.parametrize("text", ['"much"', "true", "null", "-1", "NaN", "Infinity", "1e300", "[1]", None])
def test_a_price_that_is_none_counts_like_the_mean_of_the_others(text):
    rungs = ASHAPruner(1, 9, 3, cost="price").judge(STUDY)
    prices = ["1", "3", text, "2", "2", "2"]
    for number, price in enumerate(prices):
        rungs.note_cost(number, Cost(9.0, {} if price is None else {"price": price}))
        rungs.report(number, 1, (float(number),))
    (rung, *_) = rungs.ladder
    assert (rung.n_unknown, rung.known) == (1, 10 << 40)
    # C(6) / 3 = 4: the first two, and the third one's mean of 2 is too much
    assert [rung.numbers[arrival] for arrival in sorted(-key[1] for key in rung.best)] == [0, 1]


# --- levels that are seconds -----------------------------------------------------------------------------------------


def test_a_level_is_crossed_by_the_first_report_at_or_past_it():
    rungs = ASHAPruner(2, 20, 3, resource="seconds").judge(STUDY)
    assert rungs.schedule(0) == Every(0, 1)
    told = []
    for step, seconds in enumerate((1.0, 1.999, 2.5, 3.0), start=1):
        rungs.note_cost(0, Cost(seconds, {}))
        told.append(rungs.report(0, step, (0.1 * step,)))
    assert [verdict.decision for verdict in told] == [CONTINUE, CONTINUE, PAUSE, PAUSE]
    (row,) = told[2].rows
    assert (row.level, row.losses, row.how) == (2, (0.1 * 3,), "late")


def test_a_report_without_seconds_crosses_nothing():
    rungs = ASHAPruner(1, 9, 3, resource="seconds").judge(STUDY)
    assert rungs.report(0, 100, (1.0,)).decision is CONTINUE
    rungs.note_cost(1, Cost(50.0, {}))
    assert rungs.report(0, 101, (1.0,)).rows == ()  # those were another trial's


class StepsAsSeconds(Play):
    """A trial takes a second a step."""

    def call(self, name, *arguments, due=True):
        if name == "report":
            number, step, _ = arguments
            self.judge.note_cost(number, Cost(float(step), {}))
        return super().call(name, *arguments, due=due)

    def cost(self, x, number):
        pass


@fewer
@given(scripts, st.integers(2, 4), st.sampled_from(("promote", "stop")))
def test_at_a_second_a_step_seconds_decide_as_steps_do(script, eta, mode):
    by_steps = Play(ASHAPruner(1, 9, eta, mode=mode).judge(STUDY), script)
    by_seconds = StepsAsSeconds(ASHAPruner(1, 9, eta, mode=mode, resource="seconds").judge(STUDY), script)
    one, other = ([(call.name, call.arguments, call.result) for call in play.calls] for play in (by_steps, by_seconds))
    assert repr(one) == repr(other)


def started(pruner, at=0.0):
    shell = Shell()
    shell.at = at
    shell.run(pruner=pruner, retries=RetryPolicy(worker_crash=9))
    shell.claim()
    return shell


@pytest.mark.parametrize("at", [0.0, 1e6])
def test_seconds_are_those_of_all_attempts_and_no_date_of_an_event_counts(at):
    shell = started(ASHAPruner(10, 100, 3, resource="seconds"), at)
    assert shell.claim().is_timed
    shell.report(0, (1, 0.5), trained=6.0, trained_at=((1, 6.0),))
    shell.lose(0)
    shell.at += 1000.0
    shell.claim("b")
    assert shell.report(0, (2, 0.4), trained=3.9, trained_at=((2, 3.9),)) is CONTINUE
    assert shell.report(0, (3, 0.3), (4, 0.2), trained=9.0, trained_at=((3, 4.0), (4, 5.0))) is PAUSE
    (rung, *_) = shell.state.view().rungs()
    assert list(rung.losses) == [(0.3,)]
    assert dump(shell.fold()) == dump(shell.state)


def test_the_cost_of_a_trial_that_ends_before_a_rung_is_all_that_it_has_cost():
    shell = started(ASHAPruner(5, 9, 3, cost="seconds"))
    shell.end(0, "complete", 0.5, progress=m.Progress(trained=2.5))
    shell.claim("b")
    shell.end(1, "fail", progress=m.Progress(trained=7.0))
    assert shell.state.judge.ladder[0].costs == [5 << 39, 7 << 40]
    assert not Shell().state.timed
    assert dump(shell.fold()) == dump(shell.state)


# --- arguments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"resource": "epochs"}, r"resource must be one of \['steps', 'seconds'\], got 'epochs'"),
        ({"resource": None}, "got None"),
        ({"cost": 3}, "cost must be a str, got 3. It is None"),
        ({"cost": "a\0"}, "cost must be valid Unicode"),
        ({"cost": "gpu_seconds"}, "set a user attribute"),
    ],
)
def test_a_wrong_argument_is_refused_with_the_way_out(arguments, words):
    with pytest.raises((TypeError, ValueError), match=words):
        ASHAPruner(1, 9, 3, **arguments)


def test_the_spec_of_a_pruner_without_them_is_that_of_earlier_versions():
    assert set(ASHAPruner(1, 9).spec()) == {
        "name", "min_resource", "max_resource", "reduction_factor", "mode", "min_early_stopping_rate",
    }  # fmt: skip
    given = ASHAPruner(1, 9, resource="seconds", cost="price")
    assert pruner_from_spec(given.spec()) == given
