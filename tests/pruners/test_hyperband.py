"""HyperbandPruner: its brackets against Optuna's, its shared ladder, and whole runs one trial after another."""

from __future__ import annotations

import math
from collections import Counter

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raytune_lite.core.messages import Decision, PromoteRung
from raytune_lite.pruners import ASHAPruner, HyperbandPruner

from .test_halving import curves, sequential
from .world import LONG, MAXIMIZED, STUDY, Play, rows_of

CONTINUE, PAUSE, STOP = Decision.CONTINUE, Decision.PAUSE, Decision.STOP


def optunas(name, low, high, eta):
    """Optuna's brackets: the number of them, and a trial's."""
    pruner = optuna.pruners.HyperbandPruner(low, high, eta)
    study = optuna.create_study(study_name=name, pruner=pruner)
    pruner._try_initialization(study)

    class Trial:
        def __init__(self, number):
            self.number = number

    return pruner._n_brackets, lambda number: pruner._get_bracket_id(study, Trial(number))


@pytest.mark.parametrize(
    "given_", [(1, 27, 3), (1, 100, 3), (2, 9, 2), (3, 64, 4), (1, 1, 3), (5, 200, 2), (1, 81, 3), (7, 7, 2)]
)
@pytest.mark.parametrize("name", ["a study", "ü", ""])
def test_number_and_brackets_are_optunas(given_, name):
    if not name:
        name = "another-study-0"
    n, bracket_of = optunas(name, *given_)
    brackets = HyperbandPruner(*given_).brackets(name, given_[1])
    assert brackets.n == n
    assert [brackets.of_trial(i) for i in range(200)] == [bracket_of(i) for i in range(200)]


@pytest.mark.parametrize(("given_", "theirs", "ours"), [((1, 243, 3), 5, 6), ((1, 1000, 10), 3, 4)])
def test_optunas_logarithm_loses_a_bracket(given_, theirs, ours):
    assert optunas("s", *given_)[0] == theirs
    assert HyperbandPruner(*given_).brackets("s", given_[1]).n == ours


@pytest.mark.parametrize(
    ("given_", "parts"),
    [
        ({"min_resource": "auto"}, ("min_resource", "'auto'", "integer")),
        ({"max_resource": 0}, ("max_resource", ">= 1")),
        ({"max_resource": 9.5}, ("max_resource", "9.5", "'auto'")),
        ({"min_resource": 9, "max_resource": 3}, ("min_resource=9", "max_resource=3")),
        ({"reduction_factor": 1}, ("reduction_factor", ">= 2")),
        ({"bootstrap_count": 2}, ("bootstrap_count", "max_resource", "'auto'")),
        ({"mode": None}, ("mode", "None")),
    ],
)
def test_a_bad_argument_is_refused_with_the_value_and_the_rule(given_, parts):
    with pytest.raises(ValueError, match=r".+") as caught:
        HyperbandPruner(**given_)
    assert all(part in str(caught.value) for part in parts)


def test_each_bracket_begins_at_its_own_rung_and_is_judged_alone():
    judge = HyperbandPruner(1, 9, 3).judge(STUDY)
    by_bracket = {b: [n for n in range(60) if judge.bracket(n) == b] for b in range(3)}
    assert [judge.schedule(numbers[0]).levels[:3] for numbers in by_bracket.values()] == [
        (1, 3, 9), (3, 9, 27), (9, 27, 81)
    ]  # fmt: skip
    for bracket, numbers in by_bracket.items():
        rows = judge.report(numbers[0], 9, (float(bracket),)).rows
        assert {row.bracket for row in rows} == {bracket}
        assert len(rows) == 3 - bracket  # the first in its bracket goes on, though others are better
    assert [(rung.bracket, rung.level) for rung in judge.rungs()] == [(0, 1), (0, 3), (0, 9), (1, 3), (1, 9), (2, 9)]


def test_in_mode_promote_a_trial_only_starts_at_its_brackets_rung_and_meets_all_others_there():
    judge = HyperbandPruner(1, 9, 2, mode="promote").judge(STUDY)  # 1, 2, 4, 8
    low = next(n for n in range(50) if judge.bracket(n) == 0)
    high = [n for n in range(200) if judge.bracket(n) == 2][:3]
    assert judge.schedule(low).levels == (1, 2, 4, 8)
    assert judge.schedule(high[0]).levels == (4, 8)
    for number, loss in zip(high, (0.5, 0.6, 0.7), strict=True):
        assert judge.report(number, 3, (loss,)).rows == ()
        assert judge.report(number, 4, (loss,)).decision is PAUSE
    assert list(judge.promotable(lambda _: True)) == [high[0]]
    judge.promote(high[0])
    assert judge.report(low, 1, (0.1,)).decision is PAUSE
    assert [(rung.bracket, rung.level, list(rung.numbers)) for rung in judge.rungs()] == [(0, 1, [low]), (2, 4, high)]
    last = next(n for n in range(2000) if judge.bracket(n) == 3)
    assert judge.schedule(last).levels == (8,)


def test_with_one_bracket_the_shared_ladder_is_ashas():
    ours = Play(HyperbandPruner(3, 5, 2, mode="promote").judge(STUDY), LONG)
    asha = Play(ASHAPruner(3, 5, 2).judge(STUDY), LONG)
    assert repr(ours.calls) == repr(asha.calls)
    for one, other in zip(ours.judge.rungs(), asha.judge.rungs(), strict=True):
        assert repr((list(one.numbers), list(one.losses))) == repr((list(other.numbers), list(other.losses)))


def test_from_a_shared_rung_only_those_on_top_of_all_brackets_are_promoted():
    play = Play(HyperbandPruner(1, 9, 3, mode="promote").judge(STUDY), LONG)
    rungs, promoted = {}, Counter()
    rows = rows_of(play.calls)
    for row in rows:
        rung = rungs.setdefault(row.level, [])
        if isinstance(row, PromoteRung):
            best = sorted(rung)[: len(rung) // 3]
            assert row.number in [number for _, _, number in best]
            promoted[row.level, row.number] += 1
        else:
            loss = row.losses[0]
            rung.append((loss if math.isfinite(loss) else math.inf, len(rung), row.number))
    assert set(promoted.values()) == {1}
    assert len({row.bracket for row in rows}) > 1


@settings(max_examples=40, deadline=None)
@given(curves, st.booleans(), st.sampled_from([(1, 9, 3), (1, 8, 2), (2, 9, 2), (1, "auto", 2), (2, "auto", 3)]),
       st.integers(0, 1))  # fmt: skip
def test_one_trial_after_another_is_decided_as_by_optuna(trials, maximize, arguments, first):
    judge = HyperbandPruner(*arguments).judge(MAXIMIZED if maximize else STUDY)
    sequential(judge, optuna.pruners.HyperbandPruner(*arguments), trials, maximize=maximize, first=first)


def test_the_comparison_meets_stops():
    trials = [([float(n * 5 % 7)] * 12, "complete") for n in range(40)]
    peer = optuna.pruners.HyperbandPruner(1, 12, 3)
    assert 5 < sequential(HyperbandPruner(1, 12, 3).judge(STUDY), peer, trials) < 39
