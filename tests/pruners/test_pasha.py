"""PASHAPruner: when rungs open, by hand; noise; and everything computed anew, by the simulator's judge."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raytune_lite.core.messages import Decision, PromoteRung, PutRung
from raytune_lite.pruners import ASHAPruner, PASHAPruner
from raytune_lite.pruners.pasha import _noise, _percentile_90
from raytune_lite.runtime.simulator.cap import CappedLadder
from raytune_lite.runtime.simulator.climbs import climb_of
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import plain
from .world import LONG, STUDY, Play

CONTINUE, PAUSE, STOP = Decision.CONTINUE, Decision.PAUSE, Decision.STOP


def climb(judge, curves, up_to):
    """Trials report at steps 1, 2, ... ``up_to``, one after another, as far as they are let; who paused where."""
    paused = {}
    for number, curve in enumerate(curves):
        for step in range(1, up_to + 1):
            if judge.report(number, step, (curve(step),)).decision is not CONTINUE:
                paused[number] = step
                break
    return paused


def finish(judge, curves, paused, up_to):
    """Promote whom the judge offers until it offers nobody."""
    while (number := next(judge.promotable(lambda _: True), None)) is not None:
        judge.promote(number)
        for step in range(paused[number] + 1, up_to + 1):
            if judge.report(number, step, (curves[number](step),)).decision is not CONTINUE:
                paused[number] = step
                break
    return paused


def run(curves, pruner=None, up_to=27):
    judge = (pruner or PASHAPruner(1, 27, 3)).judge(STUDY)
    paused = climb(judge, curves, up_to)
    return judge, finish(judge, curves, paused, up_to)


def test_where_the_order_does_not_change_only_two_rungs_are_open():
    judge, paused = run([lambda step, n=n: n + 1 / step for n in range(30)])
    assert judge.n_open == 2
    assert max(paused.values()) == 3
    assert [len(rung.numbers) for rung in judge.ladder] == [30, 10, 0]
    assert list(judge.promotable(lambda _: True)) == []  # three are on top there, and the rung above is not open


def test_where_the_best_changes_places_the_next_rung_opens_and_at_last_the_way_to_the_end():
    def crossing(step, n):
        return n + (step > 2) * (20 - 2 * n) + (step > 8) * 2 * n

    judge, paused = run([lambda step, n=n: crossing(step, n) for n in range(30)])
    assert judge.n_open == 4  # 1, 3 and 9, and max_resource
    assert max(paused.values()) == 9
    assert judge.curves == judge.below == judge.top == {}  # nothing is left to decide


def test_places_may_change_within_epsilon():
    judge = PASHAPruner(1, 27, 3).judge(STUDY)
    judge.epsilon = 0.05
    curves = [lambda step, n=n: 0.3 + 0.04 * (n if step < 3 else -n) for n in range(2)]
    curves += [lambda step: 9.0] * 6
    finish(judge, curves, climb(judge, curves, 27), 27)
    assert len(judge.top) == 2
    assert judge.n_open == 2
    strict = run(curves)[0]
    assert strict.n_open == 3


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ([1, 1, 1], [2, 2, 2], None),  # never flipped
        ([1, 3, 1], [2, 2, 2], 1),  # flipped and flipped back
        ([1, 3, 3], [2, 2, 2], None),  # flipped and stayed
        ([3, 1, 2, 3], [2, 2, 2, 2], 1),  # a tie has no order
        ([1, 3, 1, 2], [2, 2, 2, 2], 1),  # nor at the end
        ([1, math.inf, 1], [2, 2, 5], 4),
        ([3, 1, math.inf], [2, 2, 2], None),  # no distance
        ([1, 3, 1, 3, 1], [2, 2, 2, 2, 2], 1),
    ],
)
def test_noise_is_an_order_that_flipped_and_flipped_back(one, other, distance):
    own, others = list(enumerate(map(float, one), start=1)), dict(enumerate(map(float, other), start=1))
    assert _noise(own[::-1], others) == distance
    assert _noise(own[::-1], {step + 100: loss for step, loss in others.items()}) is None  # no common step


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30))
def test_the_percentile_is_numpys(values):
    assert _percentile_90(sorted(values)) == pytest.approx(np.percentile(values, 90), abs=1e-9)


@pytest.mark.parametrize("arguments", [(1, 3, 3), (1, 9, 9), (9, 9, 3)])
def test_with_one_rung_or_none_it_is_asha(arguments):
    ours, asha = Play(PASHAPruner(*arguments).judge(STUDY), LONG), Play(ASHAPruner(*arguments).judge(STUDY), LONG)
    assert repr(ours.calls) == repr(asha.calls)


def test_a_curve_that_diverges_ranks_worst_and_raises_nothing():
    curves = [lambda step, n=n: n / 10 for n in range(12)]
    curves[0] = lambda step: math.nan if step == 3 else 0.0
    judge, paused = run(curves)
    assert judge.report(0, 30, (0.0,)).decision is STOP
    assert (paused[0], judge.epsilon) == (3, 0.0)
    assert judge.n_open == 3  # the best below is the worst here


def test_the_arguments_are_ashas():
    for given_ in ({}, {"max_resource": 0}, {"max_resource": 3, "min_resource": 4}, {"max_resource": 9.5}):
        with pytest.raises(ValueError, match="resource"):
            PASHAPruner(**given_)
    with pytest.raises(ValueError, match="reduction_factor"):
        PASHAPruner(1, 9, 1)
    assert type(PASHAPruner(np.int64(1), 9).min_resource) is int


class Referees(Play):
    """Plays a script with the naive judge beside it, and a judge that is stored and read back at each call."""

    def __init__(self, pruner, script, losses):
        self.pruner, self.promoted = pruner, 0
        self.naive = CappedLadder(self.violate, climb_of(pruner, STUDY.name), StudyDirection.MINIMIZE)
        super().__init__(pruner.judge(STUDY), script, losses)

    def violate(self, what):
        raise AssertionError(what)

    def call(self, name, *arguments, due=True):
        if name == "report":
            self.naive.reported(arguments[0], arguments[1], arguments[2])
        result = super().call(name, *arguments, due=due)
        for row in result.rows if name == "report" else result or ():
            if isinstance(row, PutRung):
                self.naive.put(row)
            elif isinstance(row, PromoteRung):
                self.naive.promote(row)
                self.promoted += 1
        if name == "end":
            self.naive.gone(arguments[0], TrialState.COMPLETE if arguments[1] else TrialState.FAIL)
        elif name == "retire":
            self.naive.ended.add(arguments[0])
        assert self.naive.n_open == self.judge.n_open
        assert self.naive.epsilon == pytest.approx(self.judge.epsilon, abs=1e-9)
        ours = [n for _, level in sorted(self.naive.rungs, reverse=True) for n in self.naive._top(level)]
        assert list(self.judge.promotable(lambda _: True)) == ours
        return result


@pytest.mark.parametrize("arguments", [(1, 30, 2), (4, 60, 2)])
@pytest.mark.parametrize("seed", range(2))
def test_the_rungs_that_open_are_those_of_the_rule_computed_anew(arguments, seed):
    chance = random.Random(seed)
    ops = (*["report"] * 12, *["leave"] * 4, "claim", "claim", "complete", "fail")
    script = [(chance.choice(ops), chance.randrange(10**6)) for _ in range(2500)]
    losses = (*(1.0 + chance.randrange(8) / 8 for _ in range(97)), *(math.nan,) * (seed % 2))
    play = Referees(PASHAPruner(*arguments), script, losses)
    assert play.promoted > 10
    assert play.judge.n_open > 2
    assert arguments[0] == 1 or play.judge.epsilon > 0.0  # with one step below the second rung nothing can flip back
    stored = PASHAPruner(*arguments).judge(STUDY)
    stored.load(json.loads(json.dumps(play.judge.dump())))
    assert plain(stored) == plain(play.judge)
