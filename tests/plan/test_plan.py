"""plan: curves that end early are continued, drawn, and trained in virtual time until the target is found."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from raytune_lite.cli import cli
from raytune_lite.exceptions import NotEnoughDataError
from raytune_lite.plan import plan
from raytune_lite.plan.cells import Cell, Draws, Rule, cell, rungs
from raytune_lite.plan.completing import Completer, ranks
from raytune_lite.plan.forecasting import Wishes, _recommended, _slowdown, _target, interruptions, of_record
from raytune_lite.plan.table import lines
from raytune_lite.plan.table import record as as_data
from raytune_lite.pruners import ASHAPruner
from raytune_lite.trial import TrialState

from .made import curve, random_curves, record, study

PRUNED = TrialState.PRUNED


def rng(seed=0):
    return np.random.Generator(np.random.Philox(seed))


def cut(each, n):
    """A curve of which the first n reports are known."""
    return replace(
        each, steps=each.steps[:n], losses=each.losses[:n], ends=each.ends[:n], tail=0.0, state=PRUNED, loss=None
    )


def wishes(**given):
    usual = {
        "target": None, "top": 0.05, "workers": (2, 4), "etas": (3,), "min_resources": (1,), "price": None,
        "deadline": None, "budget": None, "spot": None, "simulations": 12, "seed": 0,
    }  # fmt: skip
    return Wishes(**{**usual, **given})


def known(n=24, seed=0):
    """A study of which a third is whole."""
    return record([each if k % 3 == 0 else cut(each, (1, 3, 9)[k % 3]) for k, each in
                   enumerate(random_curves(n, seed))], slots=3)  # fmt: skip


# --- completing ---------------------------------------------------------------------------------------------------


def test_a_cut_curve_has_the_changes_of_one_that_went_on_and_its_own_pace():
    donor = curve(0, [5.0, 4.0, 2.0, 1.0], seconds=1.0)
    short = cut(curve(1, [6.0, 5.0], seconds=3.0), 2)
    found = Completer([donor, short]).draw(rng())
    assert found[0] == donor
    assert found[1].losses == (6.0, 5.0, 3.0, 2.0)
    assert found[1].ends == (3.0, 6.0, 9.0, 12.0)
    assert found[1].loss == 2.0
    assert found[1].state is TrialState.COMPLETE


def test_a_continuation_is_stretched_by_the_ranges_but_not_beyond_four_times():
    donor = curve(0, [5.0, 4.0, 3.0, 3.0])
    wide, flat = cut(curve(1, [9.0, 7.5]), 2), cut(curve(2, [6.0, 5.9]), 2)
    found = Completer([donor, wide, flat]).draw(rng())
    assert found[1].losses[2:] == (6.0, 6.0)  # the drop of 1, by 1.5
    assert found[2].losses[2:] == pytest.approx((5.65, 5.65))  # by .25, and not by .1


def test_a_curve_that_is_behind_does_not_overtake_the_one_that_continues_it():
    donor = curve(0, [5.0, 4.0, 3.0])
    behind, before = cut(curve(1, [9.0, 4.5]), 2), cut(curve(2, [6.9, 3.9]), 2)
    found = Completer([donor, behind, before]).draw(rng())
    assert found[1].losses[2:] == (3.0,)  # the drop of 1, by 4, would lead to .5
    assert found[2].losses[2:] == pytest.approx((0.9,))  # by 3: it is in front


def test_a_curve_is_continued_by_those_that_were_near_it():
    good = [curve(k, [1.0 + k / 100, 0.5, 0.1]) for k in range(6)]
    bad = [curve(10 + k, [9.0 + k / 100, 8.9, 8.8]) for k in range(6)]
    short = cut(curve(20, [9.03]), 1)
    for seed in range(20):
        assert Completer([*good, *bad, short]).draw(rng(seed))[-1].losses[-1] == pytest.approx(8.83, abs=0.06)


def test_nan_goes_on_as_nan():
    found = Completer([curve(0, [2.0, 1.0, 0.5]), cut(curve(1, [math.nan]), 1)]).draw(rng())
    assert all(math.isnan(each) for each in found[1].losses)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), lengths=st.lists(st.integers(1, 12), min_size=2, max_size=10))
def test_every_curve_is_completed_to_the_longest_and_keeps_what_is_known(seed, lengths):
    whole = random_curves(len(lengths), seed, steps=12)
    known = [cut(each, n) for each, n in zip(whole, lengths, strict=True)]
    for before, after in zip(known, Completer(known).draw(rng(seed)), strict=True):
        assert after.steps == tuple(range(1, max(lengths) + 1))
        assert after.losses[: len(before.losses)] == before.losses
        assert list(after.ends) == sorted(after.ends)
        assert after.ends[: len(before.ends)] == before.ends


def test_ranks_share_places_and_put_nan_last():
    assert ranks([3.0, 1.0, 3.0, math.nan]).tolist() == [0.5, 0.0, 0.5, 1.0]


# --- one cell -------------------------------------------------------------------------------------------------------


def test_equal_seeds_draw_equal_trials_whatever_is_simulated_between():
    one, two = (Draws(Completer(random_curves(8, 1)), [], 20, 5) for _ in range(2))
    two.trials(3)
    assert one.trials(0) == two.trials(0)
    assert one.trials(0) != one.trials(1)
    assert one.trials(0) != Draws(Completer(random_curves(8, 1)), [], 20, 6).trials(0)


def test_a_target_that_each_trial_reaches_takes_the_time_of_one():
    curves = [curve(k, [1.0, 0.5, 0.1], seconds=2.0, start_up=1.0) for k in range(20)]
    draws = Draws(Completer(curves), [], 30, 0)
    found = cell(draws, 4, Rule(mode="full"), 0.1, 5)
    assert found.times == (7.0,) * 5
    assert found.reached == 1.0


def test_a_rare_target_takes_as_many_trials_as_its_share_says():
    """One of four trials reaches it, after 1 s: the mean of 1/p under the Bayesian bootstrap is (n - 1)/(k - 1)."""
    curves = [curve(k, [0.0 if k % 4 == 0 else 1.0]) for k in range(40)]
    found = cell(Draws(Completer(curves), [], 200, 0), 1, Rule(mode="full"), 0.0, 200)
    assert np.mean(found.times) == pytest.approx(39 / 9, rel=0.25)


def test_a_target_out_of_reach_is_never_found():
    found = cell(Draws(Completer(random_curves(8, 2)), [], 10, 0), 2, Rule(mode="full"), -9.0, 4)
    assert found.reached == 0.0
    assert found.median == math.inf


def test_rungs_drop_the_best_where_the_order_turns_round_and_nowhere_else():
    straight = [curve(k, [k + 3.0, k + 2.0, k + 1.0]) for k in range(30)]
    turned = [curve(k, [30.0 - k, 20.0 - k, float(k)]) for k in range(30)]
    rule = Rule(mode="promote", eta=3, min_resource=1)
    for some, drops, sign in ((straight, 0.0, 1), (turned, 1.0, -1)):
        (found,) = rungs(Draws(Completer(some), [], 30, 0), rule, 1, 30, 8)
        assert found.level == 1
        assert found.dropped == drops
        assert sign * found.correlation > 0.95


# --- the plan -------------------------------------------------------------------------------------------------------


def test_a_plan_has_each_workers_best_rule_first_and_more_workers_are_faster():
    found = of_record(known(), "made", 1, wishes())
    assert [(c.workers, c.rule.mode) for c in found.cells if c.rule.mode == "full"] == [(2, "full"), (4, "full")]
    for workers in (2, 4):
        scores = [c.score(1e9) for c in found.cells if c.workers == workers]
        assert scores == sorted(scores)
    assert found.best_of(4).median < found.best_of(2).median
    assert found.recommended in found.cells
    assert found.n_cut == 16
    assert found.horizon == 27


def test_the_target_is_what_the_best_of_the_study_reached():
    source = known()
    best = sorted(min(each.losses) for each in source.curves)
    assert _target(source.curves, 1, wishes(top=0.125), "made") == (best[2], 3 / 24)
    assert _target(source.curves, 1, wishes(target=best[5]), "made") == (best[5], 6 / 24)
    assert _target(source.curves, -1, wishes(target=-best[5]), "made") == (best[5], 6 / 24)


def cells(*medians, start=1):
    rule = Rule(mode="full")
    return [
        Cell(workers=start * 2**k, rule=rule, times=(each,) * 10, busy=1.0, promotions=0.0, checkpoints=0.0)
        for k, each in enumerate(medians)
    ]


def test_more_workers_are_recommended_while_they_bring_half_of_the_ideal():
    assert _recommended(cells(80.0, 40.0, 20.0, 19.0), wishes(workers=(1, 2, 4, 8))).workers == 4
    assert _recommended(cells(80.0, 70.0, 10.0), wishes(workers=(1, 2, 4))).workers == 1
    assert _recommended(cells(math.inf), wishes(workers=(1,))) is None


def test_with_a_deadline_the_cheapest_in_time_is_recommended():
    some = cells(80.0, 40.0, 30.0)
    assert _recommended(some, wishes(workers=(1, 2, 4), deadline=50.0)).workers == 2
    assert _recommended(some, wishes(workers=(1, 2, 4), deadline=35.0)).workers == 4
    assert _recommended(some, wishes(workers=(1, 2, 4), deadline=5.0)) is None


def test_interruptions_make_training_longer():
    lost = replace(known(), losses={"node_lost": 2, "exception": 7}, worked=100.0)
    assert interruptions(lost) == 0.02
    found = of_record(lost, "made", 1, wishes(spot=10.0, workers=(2,)))
    assert found.interruptions == pytest.approx(3600 * 0.12)
    curves = [curve(0, [1.0, 1.0], seconds=10.0, start_up=1.0)]
    # each costs a start-up and half of the 10 s between two reports
    assert _slowdown(curves, 0.02) == pytest.approx(1.12)
    assert Completer(curves, 1.12).curves[0].ends == pytest.approx((11.2, 22.4))


def test_what_it_says():
    found = of_record(known(), "made", 1, wishes(price=2.0, deadline=3600.0))
    text = "\n".join(lines(found, every=True))
    for part in (
        "made: 24 curves, 16 of them end early, 2 a slot-hour", "<- recommended", "80 % intervals",
        "the fastest recorded trial took",
        "the eventual best is dropped at step 1", "rank correlation", "chance", "one more worker saves",
    ):  # fmt: skip
        assert part in text
    data = as_data(found)
    assert len(data["cells"]) == 4
    assert data["cells"][0]["cost"] == pytest.approx(2.0 * data["cells"][0]["slot_hours"])
    assert sum(each["recommended"] for each in data["cells"]) == 1


# --- what is refused --------------------------------------------------------------------------------------------------


def test_too_few_curves_are_refused_with_what_is_missing_and_the_way_out():
    with pytest.raises(NotEnoughDataError, match=r"has 15 trials .* at least 16\. .*--pilot 32"):
        of_record(known(15), "made", 1, wishes())
    short = record([cut(each, 1) for each in random_curves(30, 0)] + random_curves(4, 1))
    with pytest.raises(NotEnoughDataError, match=r"4 go on past step 1, where the others end; .* at least 5"):
        of_record(short, "made", 1, wishes())


def test_a_target_that_no_trial_has_reached_is_refused():
    with pytest.raises(NotEnoughDataError, match=r"no trial .* has reached the target -1\.0; the best value is"):
        of_record(known(), "made", 1, wishes(target=-1.0))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return study(tmp_path_factory.mktemp("plan"), "asha", n=48, prices={"CPU": 2.0}, pruner=ASHAPruner(1, 27, 3))


def test_the_command_plans_from_a_stored_study(stored):
    command = ["plan", "asha", "--storage", stored.storage, "--workers", "2,4", "--eta", "3", "--simulations", "10"]
    shown = CliRunner().invoke(cli, [*command, "--price", "3.5", "--all"])
    assert shown.exit_code == 0, shown.output
    assert "workers  eta  r_min  mode" in shown.output
    found = json.loads(CliRunner().invoke(cli, [*command, "--json", "--budget", "1"]).output)
    assert {each["workers"] for each in found["cells"]} == {2, 4}
    assert found["price"] == 2.0  # of the study's run
    assert "3.5 a slot-hour" in shown.output
    wrong = CliRunner().invoke(cli, [*command, "--deadline", "soon"])
    assert wrong.exit_code == 2
    assert "such as 8h, 90min or 600s, got 'soon'" in wrong.output
    beyond = CliRunner().invoke(cli, [*command, "--target", "-5"])
    assert beyond.exit_code == 2
    assert "no trial of study 'asha' has reached the target -5.0" in beyond.output


def test_arguments_are_refused_where_they_are_given(stored):
    for arguments, error, text in (
        ({"workers": []}, ValueError, "at least one number"),
        ({"workers": [0]}, ValueError, "each of workers must be an integer >= 1"),
        ({"workers": 8}, TypeError, "workers must be a list"),
        ({"etas": [1]}, ValueError, "each of etas must be an integer >= 2"),
        ({"top": 0.9}, ValueError, "at most 0.5"),
        ({"price": -1}, ValueError, "money a slot-hour above 0"),
        ({"deadline": "8h"}, TypeError, "deadline must be a number of seconds"),
        ({"simulations": 3}, ValueError, "simulations must be an integer >= 10"),
    ):
        with pytest.raises(error, match=text):
            plan(stored, **arguments)


def test_the_benchmark_counts_what_is_covered_and_how_good_the_choice_is(capsys, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    spec = importlib.util.spec_from_file_location(
        "plan_benchmark", Path(__file__).parents[2] / "benchmarks" / "plan.py"
    )
    benchmark = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "plan_benchmark", benchmark)
    spec.loader.exec_module(benchmark)

    def line(workers, eta, score, true):
        return {"workers": workers, "rule": ["promote", eta, 1], "low": 10.0, "median": 20.0, "high": 30.0,
                "score": score, "true": true}  # fmt: skip

    cells = [line(8, 2, 1.0, [5.0, 15.0, 25.0, 35.0]), line(8, 3, 2.0, [10.0, 10.0, 10.0, None])]
    cells += [line(32, 2, 2.0, [40.0] * 4), line(32, 3, 1.0, [20.0] * 4)]
    benchmark.summary([{"table": "lcbench_1", "seed": 0, "cells": cells}])
    shown = capsys.readouterr().out
    assert "| 8 | promote | 0.62 | 0.12 | 0.25 |" in shown
    assert "| all | all | 0.56 | 0.06 | 0.38 |" in shown
    assert "| 8 | 1 | 0 % | 2.00 | 2.00 | 100 % |" in shown
    assert "| both | 2 | 50 % | 1.50 | 2.00 | 100 % |" in shown
