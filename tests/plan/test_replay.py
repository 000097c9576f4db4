"""replay: a study's own curves under another rule, by the true scheduler in virtual time."""

from __future__ import annotations

import heapq
import json
import math

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.core import messages as m
from raytune_lite.exceptions import NotEnoughDataError
from raytune_lite.plan import replay
from raytune_lite.plan.curves import _ends, _Times, read
from raytune_lite.plan.replaying import of_record
from raytune_lite.plan.rules import named, pruner_of
from raytune_lite.plan.words import lines, verdict
from raytune_lite.pruners import ASHAPruner, HyperbandPruner, MedianPruner, NopPruner, PBTPruner, ThresholdPruner
from raytune_lite.report.html.document import document
from raytune_lite.report.html.page import page
from raytune_lite.report.html.pruning import card
from raytune_lite.storages.records import AttemptRecord
from raytune_lite.trial import TrialState

from .made import curve, random_curves, record, study


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("replay")


@pytest.fixture(scope="module")
def full(folder):
    """Every trial ran to its end."""
    return study(folder, "full")


@pytest.fixture(scope="module")
def asha(folder):
    return study(folder, "asha", pruner=ASHAPruner(1, 27, 3))


# --- the records ---------------------------------------------------------------------------------------------------


def attempt(number, attempt, *, started=0.0, ended=10.0, resumed=None):
    return AttemptRecord(
        number=number, attempt=attempt, slot="s", node="n", started=started, ended=ended, outcome="complete",
        message="", resumed_step=resumed,
    )  # fmt: skip


def test_reports_between_two_deliveries_are_evenly_spaced_in_time():
    times = _Times(marks={(0, 1): [(2, 4.0), (6, 16.0)]}, trained={(0, 1): 17.5})
    ends, trained = _ends([1, 2, 3, 4, 5, 6], [attempt(0, 1)], times)
    assert ends == [2.0, 4.0, 7.0, 10.0, 13.0, 16.0]
    assert trained == 17.5


def test_what_was_trained_twice_counts_once():
    # the first attempt came to step 4 and saved step 2; the second went on from there
    times = _Times(marks={(0, 1): [(2, 4.0), (4, 8.0)], (0, 2): [(6, 20.0)]}, trained={(0, 1): 9.0, (0, 2): 20.0})
    ends, trained = _ends([1, 2, 3, 4, 5, 6], [attempt(0, 1), attempt(0, 2, resumed=2)], times)
    assert ends == [2.0, 4.0, 9.0, 14.0, 19.0, 24.0]
    assert trained == 24.0


def test_an_attempt_that_begins_anew_forgets_what_was_before():
    times = _Times(marks={(0, 1): [(3, 30.0)], (0, 2): [(3, 6.0)]}, trained={(0, 1): 30.0, (0, 2): 6.0})
    ends, _ = _ends([1, 2, 3], [attempt(0, 1), attempt(0, 2)], times)
    assert ends == [2.0, 4.0, 6.0]


def test_a_log_that_was_given_up_leaves_the_length_of_the_attempt():
    ends, trained = _ends([1, 2], [attempt(0, 1, ended=8.0)], _Times())
    assert ends == [4.0, 8.0]
    assert trained == 8.0


def test_an_attempt_of_a_dead_run_took_no_time_after_it():
    """What is stored is when the next run, a day later, found it dead."""
    lost, done = attempt(0, 1, started=1.0, ended=90_000.0), attempt(0, 2, started=90_001.0, ended=90_005.0)
    progress = m.Progress(reports=((1, (0.5,)),), trained=5.0)
    times = _Times()
    log = [
        m.LogEntry(0.0, m.RunStarted(run="a")),
        m.LogEntry(7.0, m.Reported(number=0, attempt=1, progress=progress)),
        m.LogEntry(90_000.0, m.RunStarted(run="b")),
        m.LogEntry(90_005.0, m.AttemptEnded(number=0, attempt=2, outcome=m.Outcome.COMPLETE, values=(0.1,))),
    ]
    times.read(log, {0: [lost, done]})
    assert [times.span(each) for each in (lost, done)] == [(1.0, 7.0), (90_001.0, 90_005.0)]


def test_curves_are_what_the_trials_reported(asha):
    found = read(asha)
    trials = {trial.number: trial for trial in asha.trials}
    assert [curve.number for curve in found.curves] == sorted(trials)
    for each in found.curves:
        trial = trials[each.number]
        assert dict(zip(each.steps, each.losses, strict=True)) == trial.intermediate_values
        assert all(a <= b for a, b in zip(each.ends, each.ends[1:], strict=False))
        assert each.loss == (trial.value if trial.state is TrialState.COMPLETE else None)
    # each report but those of one delivery has a time of its own, and no more than the attempts have is trained
    worked = sum(each.worked for each in found.curves)
    assert 0.5 * found.worked < worked <= 1.01 * found.worked
    assert found.checkpoint_bytes > 0


def test_a_maximised_study_has_losses(folder):
    made = rl.create_study(storage=f"sqlite:///{folder}/max.db", study_name="max", direction="maximize")

    def objective(trial):
        for step in range(1, 5):
            trial.report(trial.number + step, step)
        return trial.number + 4.0

    made.optimize(objective, n_trials=3, executor="inline", show_progress_bar=False)
    assert [each.losses[-1] for each in read(made).curves] == [-4.0, -5.0, -6.0]
    assert replay(made, "none").best_value == 6.0


# --- the replay ----------------------------------------------------------------------------------------------------


def test_a_study_replayed_by_its_own_rule_is_itself(asha):
    found = replay(asha, ASHAPruner(1, 27, 3))
    assert found.cut == found.dropped == ()
    assert found.share == pytest.approx(1.0, rel=1e-6)
    assert found.found == found.best == asha.best_trial.number


def test_no_rule_costs_what_was_recorded(full):
    found = replay(full, "none")
    assert found.share == pytest.approx(1.0)
    assert found.keeps_best
    assert found.n_trials == 40


def first_above(each, upper):
    """Seconds of a curve until its first report above a limit, or all of them: written out naively."""
    for k, loss in enumerate(each.losses[:-1]):
        if loss > upper:
            return each.start_up + each.ends[k]
    return each.start_up + each.trained


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), upper=st.floats(0.2, 2.0), workers=st.integers(1, 5))
def test_a_threshold_costs_what_a_naive_sum_says(seed, upper, workers):
    curves = random_curves(6, seed)
    found = of_record(record(curves), "made", 1, ThresholdPruner(upper=upper), workers)
    expected = [first_above(each, upper) for each in curves]
    assert found.replayed == pytest.approx(sum(expected))
    free = [0.0] * workers  # the next trial takes the worker that is free first
    for seconds in expected:
        heapq.heappush(free, heapq.heappop(free) + seconds)
    assert found.wall == pytest.approx(max(free))
    stay = [k for k, each in enumerate(curves) if first_above(each, upper) == each.start_up + each.trained]
    best = min(stay, key=lambda k: curves[k].losses[-1], default=None)
    if best is not None:
        assert found.found == best
        better = {k for k in range(6) if k not in stay and curves[k].losses[-1] < curves[best].losses[-1]}
        assert set(found.dropped) == better


def test_a_trial_that_stood_worse_and_came_back_is_named():
    curves = [curve(k, [1.0 + k, 1.0 + k, 1.0 + k]) for k in range(6)]
    late = curve(6, [9.0, 9.0, 0.1])
    found = of_record(record([*curves, late]), "made", 1, ASHAPruner(1, 3, 3))
    assert (found.best, found.found, found.dropped) == (6, 0, (6,))
    assert "instead of trial 6 with 0.1" in verdict(found)
    assert any("ended too early: #6" in line for line in lines(found))


def test_a_trial_whose_record_ends_before_the_rule_is_in_neither_sum():
    whole = [curve(k, [1.0] * 9) for k in range(3)]
    short = curve(3, [0.5], state=TrialState.PRUNED)
    found = of_record(record([*whole, short]), "made", 1, NopPruner())
    assert found.cut == (3,)
    assert found.recorded == found.replayed == 27.0
    assert found.n_covered == 3
    assert any("left out: 1 trials (#3)" in line for line in lines(found))


def test_a_rule_that_ends_a_trial_where_its_record_ends_covers_it():
    whole = [curve(k, [0.1] * 9) for k in range(3)]
    short = curve(3, [0.9], state=TrialState.PRUNED)
    found = of_record(record([*whole, short]), "made", 1, ASHAPruner(1, 9, 3))
    assert found.cut == ()


def test_a_trial_that_failed_costs_what_it_cost_and_is_no_result():
    failed = curve(0, [0.01, 0.01], state=TrialState.FAIL, tail=3.0)
    found = of_record(record([failed, *(curve(k, [1.0 * k] * 4) for k in range(1, 4))]), "made", 1, "none")
    assert found.replayed == 5.0 + 12.0
    assert found.best == found.found == 1


def test_nan_is_never_the_best():
    curves = [curve(0, [1.0, math.nan, math.nan]), curve(1, [2.0, 2.0, 2.0])]
    found = of_record(record(curves), "made", 1, "none")
    assert found.best == found.found == 1


def test_more_workers_need_less_time_and_promise_the_same_best():
    curves = random_curves(40, 1)
    one, four = (of_record(record(curves), "made", 1, NopPruner(), n) for n in (1, 4))
    assert four.wall < 0.3 * one.wall
    assert four.best == one.best


# --- what is refused -----------------------------------------------------------------------------------------------


def test_a_study_without_reports_is_refused_with_the_way_out(folder):
    made = rl.create_study(storage=f"sqlite:///{folder}/silent.db", study_name="silent")
    made.optimize(lambda trial: 1.0, n_trials=2, executor="inline", show_progress_bar=False)
    with pytest.raises(NotEnoughDataError, match=r"no trial that reported .* trial\.report"):
        replay(made)


def test_what_cannot_be_replayed_is_refused(full, folder):
    with pytest.raises(ValueError, match="leave parameters as they are, got PBTPruner"):
        replay(full, PBTPruner(max_resource=27))
    with pytest.raises(ValueError, match="did you mean 'asha'"):
        replay(full, "ahsa")
    with pytest.raises(ValueError, match=r"NAME=VALUE, got 'eta'"):
        replay(full, "asha(eta)")
    with pytest.raises(ValueError, match="its arguments are min_resource"):
        replay(full, "asha(etta=3)")
    with pytest.raises(ValueError, match="workers must be an integer >= 1"):
        replay(full, workers=0)
    two = rl.create_study(storage=f"sqlite:///{folder}/two.db", study_name="two", directions=["minimize", "maximize"])
    with pytest.raises(ValueError, match="has 2 objectives"):
        replay(two)


def test_a_pruner_as_text():
    assert pruner_of("asha(eta=4, min=2)", last=81) == ASHAPruner(2, 81, 4)
    assert pruner_of("hyperband(eta=3)", last=27) == HyperbandPruner(1, 27, 3)
    assert pruner_of("median(n_startup_trials=3)", last=9).spec() == MedianPruner(3).spec()
    assert named(pruner_of('asha(mode="stop")', first=2, last=9)) == "ASHA(min=2, max=9, eta=3, mode=stop)"
    assert named(NopPruner()) == "Nop"


# --- the command and the report ------------------------------------------------------------------------------------


def test_the_command_says_it_in_words_and_as_json(full, folder):
    storage = ["--storage", f"sqlite:///{folder}/study.db"]
    shown = CliRunner().invoke(cli, ["replay", "full", *storage, "--workers", "4"])
    assert shown.exit_code == 0
    assert "With ASHA(min=1, max=27, eta=3) and 4 workers you would have spent" in shown.output
    found = json.loads(CliRunner().invoke(cli, ["replay", "full", *storage, "--json"]).output)
    assert found["share"] == pytest.approx(replay(full).share)
    wrong = CliRunner().invoke(cli, ["replay", "full", *storage, "--pruner", "mediam"])
    assert wrong.exit_code == 2
    assert "did you mean 'median'" in wrong.output


def test_the_report_of_a_study_that_did_not_prune_has_the_line(full, asha):
    found = document(full)
    assert found["replay"]["text"] == verdict(replay(full))
    assert '<p id="replay-words">With ASHA(min=1, max=27, eta=3)' in page(found)
    assert [each["text"] for each in found["health"] if each["name"].startswith("Bad trials")] == [
        verdict(replay(full))
    ]
    assert document(asha)["replay"] is None
    assert "replay-words" not in page(document(asha))


@pytest.mark.parametrize(
    ("share", "keeps_best", "status"),
    [(0.4, True, "WARN"), (0.8, True, "PASS"), (0.4, False, "PASS"), (None, 1, "PASS")],
)
def test_the_check_warns_of_what_would_have_been_saved(share, keeps_best, status):
    found = card({"text": "t", "share": share, "keeps_best": keeps_best, "pruner": "ASHA(eta=3)", "workers": 4})
    assert found.status == status
    assert ("ASHA(eta=3) would have saved 60 %" in found.advice) == (status == "WARN")


def test_nothing_is_changed(full):
    before = [entry.event for entry in full.kept_log()[1]]
    replay(full)
    assert [entry.event for entry in full.kept_log()[1]] == before
