"""The core's decisions: the commands of each event, the table of transitions, refusals that change nothing."""

from __future__ import annotations

import json
import math

import pytest

from raytune_lite.core import encoding, moves
from raytune_lite.core import messages as m
from raytune_lite.core import state as core
from raytune_lite.core.messages import Answer, Decision
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.core.schedules import Levels
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.exceptions import IncompatibleDistributionError, MessageError, StaleAttemptError, StorageError
from raytune_lite.samplers import GridSampler
from raytune_lite.trial import TrialState

from .core_tools import MAXIMIZE, MINIMIZE, UNIT, Shell, asha, dump, ref

WAITING, RUNNING, PAUSED = TrialState.WAITING, TrialState.RUNNING, TrialState.PAUSED
COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL
GRID = GridSampler({"x": [1, 2], "y": ["a", "b"]}, seed=0)
X = m.ParamValue(name="x", value=0.5, distribution=UNIT)


def started(n_trials=None, *directions, **settings):
    shell = Shell(*directions)
    shell.run(n_trials, **settings)
    return shell


def paused(n=1, **settings):
    """A run under ASHA in which trials 0 .. n-1 were told to pause at step 1 (losses n, n-1, ... are too few)."""
    shell = started(pruner=asha(eta=9), **settings)
    for number in range(n):
        assert shell.claim().number == number
        assert shell.report(number, (1, float(number))) is Decision.PAUSE
        assert shell.end(number, "pruned") is PAUSED
    return shell


# --- commands of each event --------------------------------------------------------------------------------------


def test_a_claim_makes_a_trial_opens_its_attempt_and_asks_the_sampler():
    shell = started(1)
    assert shell.do(m.Claimed, slot="s", node="n") == [
        m.NewTrial(number=0, state=RUNNING, attempt=1, started=2.0),
        m.NewAttempt(number=0, attempt=1, slot="s", node="n", started=2.0, resumed_step=None),
        m.Suggest(number=0),
        Answer(value=m.Assignment(number=0, attempt=1, started=2.0)),
    ]


def test_a_claim_on_a_grid_leases_a_cell_and_asks_no_sampler():
    shell = started(sampler=GRID)
    commands = shell.do(m.Claimed, slot="s")
    cell = GRID.grid.cell_at(0)
    fixed = tuple((name, json.dumps(value)) for name, value in GRID.grid.params(cell).items())
    assert commands == [
        m.NewTrial(number=0, state=RUNNING, attempt=1, cell=cell, started=2.0),
        m.PutCell(number=0, cell=cell, state="leased", failures=0),
        m.NewAttempt(number=0, attempt=1, slot="s", node="", started=2.0, resumed_step=None),
        Answer(value=m.Assignment(number=0, attempt=1, fixed=fixed, started=2.0)),
    ]


def test_a_report_stores_what_is_new_and_answers_the_decision():
    shell = started(pruner=asha())
    shell.claim()
    progress = m.Progress(reports=((1, (0.5,)),), params=(X,), user_attrs=(("a", "1"),), checkpoint=ref(1))
    assert shell.do(m.Reported, number=0, attempt=1, progress=progress) == [
        m.PutParam(number=0, param=X),
        m.PutAttr(number=0, key="a", value_json="1"),
        m.PutCheckpoint(number=0, checkpoint=ref(1)),
        m.PutReport(number=0, step=1, values=(0.5,)),
        m.PutRung(number=0, level=1, losses=(0.5,), how="exact"),
        Answer(value=Decision.PAUSE),
    ]


def test_a_complete_attempt_closes_the_trial_and_keeps_the_best_checkpoint():
    shell = started(2)
    shell.claim()
    shell.report(0, checkpoint=ref(3))
    assert shell.do(m.AttemptEnded, number=0, attempt=1, outcome=m.Outcome.COMPLETE, values=(1.0,)) == [
        m.EndAttempt(number=0, attempt=1, outcome="complete", ended=4.0),
        m.PutValues(number=0, values=(1.0,)),
        m.SetState(number=0, state=COMPLETE, attempt=1, completed=4.0),
        Answer(value=COMPLETE),
    ]


def test_a_failed_attempt_stores_the_traceback_and_frees_its_cell():
    shell = started(sampler=GRID)
    cell = GRID.grid.cell_at(0)
    shell.claim()
    failure = m.Failure(error="KeyError: 'k'", traceback="Traceback ...")
    commands = shell.do(m.AttemptEnded, number=0, attempt=1, outcome=m.Outcome.FAIL, failure=failure)
    text = json.dumps({"error": "KeyError: 'k'", "traceback": "Traceback ..."})
    assert commands == [
        m.EndAttempt(number=0, attempt=1, outcome="exception", ended=3.0, message="Traceback ..."),
        m.PutAttr(number=0, key=core.FAILURE_KEY, value_json=text, system=True),
        m.PutCell(number=0, cell=cell, state="free", failures=1),
        m.SetState(number=0, state=FAIL, attempt=1, completed=3.0),
        Answer(value=FAIL),
    ]


def test_a_paused_attempt_keeps_its_checkpoint_and_a_promotion_resumes_from_it():
    shell = started(pruner=asha(eta=2))
    shell.claim()
    shell.report(0, (1, 0.5), checkpoint=ref(1))
    assert shell.do(m.AttemptEnded, number=0, attempt=1, outcome=m.Outcome.PRUNED) == [
        m.EndAttempt(number=0, attempt=1, outcome="paused", ended=4.0),
        m.SetState(number=0, state=PAUSED, attempt=1),
        Answer(value=PAUSED),
    ]
    assert shell.claim().number == 1
    assert shell.report(1, (1, 0.9)) is Decision.PAUSE
    assert shell.do(m.Claimed, slot="t", node="m") == [
        m.PromoteRung(number=0, level=1),
        m.SetState(number=0, state=RUNNING, attempt=2),
        m.NewAttempt(number=0, attempt=2, slot="t", node="m", started=7.0, resumed_step=1),
        Answer(
            value=m.Assignment(
                number=0, attempt=2, schedule=Levels((1, 2, 4, 8)), checkpoint=ref(1), last_step=1, started=2.0,
                    pauses=True,
            )
        ),
    ]
    assert shell.state.promotions == 1


def test_an_enqueued_trial_waits_and_a_claim_starts_it():
    shell = started(1)
    fixed = (("x", "0.25"),)
    given = {"user_attrs": (("a", '"b"'),), "system_attrs": (("constraints", "[1.0]"),)}
    assert shell.do(m.TrialEnqueued, params=fixed, **given) == [
        m.NewTrial(number=0, state=WAITING),
        m.PutAttr(number=0, key="a", value_json='"b"'),
        m.PutAttr(number=0, key="constraints", value_json="[1.0]", system=True),
        m.PutAttr(number=0, key="fixed_params", value_json='{"x": 0.25}', system=True),
        Answer(value=0),
    ]
    commands = shell.do(m.Claimed, slot="s")
    assert commands[0] == m.SetState(number=0, state=RUNNING, attempt=1, started=3.0)
    assert commands[-1].value.fixed == fixed
    assert commands[-1].value.constraints == (("0", 1.0),)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [(m.TrialEnqueued, {"params": ()}), (m.TrialAdded, {"number": None, "state": 1, "values": (1.0,)})],
)
def test_a_trial_that_is_asked_for_twice_under_one_key_is_made_once(kind, fields):
    shell = started(1)
    assert Answer(value=0) in shell.do(kind, key="k", **fields)
    assert shell.do(kind, key="k", **fields) == [Answer(value=0)]
    assert list(shell.state.trials) == [0]
    assert Answer(value=1) in shell.do(kind, key="another", **fields)


def test_a_parameter_that_was_not_suggested_is_asked_for_once_and_then_remembered():
    shell = started()
    shell.claim()
    asked = {"number": 0, "attempt": 1, "name": "x", "distribution": UNIT}
    assert shell.do(m.ParamAsked, **asked) == [m.SuggestOne(**asked)]
    assert shell.do(m.ParamSet, number=0, attempt=1, param=X) == [m.PutParam(number=0, param=X), Answer(value=X)]
    assert shell.do(m.ParamAsked, **asked) == [Answer(value=X)]
    other = m.ParamValue(name="x", value=0.9, distribution=UNIT)
    assert shell.do(m.ParamSet, number=0, attempt=1, param=other) == [Answer(value=X)]


def test_stop_requested_serves_no_claim_and_leaves_the_paused_alone():
    shell = paused(9)
    assert shell.do(m.StopRequested, reason="enough") == []
    assert shell.claim() is None
    assert shell.state.is_over()
    assert shell.do(m.RunFinished, run="run") == []
    assert shell.state.counts[PAUSED] == 9


def test_run_finished_prunes_what_is_paused_only_when_the_run_is_over():
    shell = paused(2, n_trials=3)
    assert shell.do(m.RunFinished, run="run") == []  # one configuration is left
    shell.claim("t")
    assert shell.do(m.RunFinished, run="run") == []  # it runs
    shell.end(2, "complete", 0.0)
    assert shell.do(m.RunFinished, run="another") == []
    commands = shell.do(m.RunFinished, run="run")
    assert commands == [
        m.PutValues(number=0, values=(0.0,)),
        m.SetState(number=0, state=PRUNED, attempt=1, completed=shell.at),
        m.PutValues(number=1, values=(1.0,)),
        m.SetState(number=1, state=PRUNED, attempt=1, completed=shell.at),
    ]
    assert shell.do(m.RunFinished, run="run") == []


# --- the table ---------------------------------------------------------------------------------------------------


def _walk():
    """Every move a small study can make, by hand."""
    shell = paused(9, n_trials=13, retries=RetryPolicy(exception=1))
    assert shell.claim("p").number == 0  # promoted: PAUSED -> RUNNING
    shell.end(0, "complete", 1.0)
    shell.claim("q")
    shell.end(9, "fail")
    shell.claim("r")
    shell.end(9, "fail")
    shell.claim("t")
    shell.end(10, "pruned")
    for slot in ("u", "v"):
        shell.end(shell.claim(slot).number, "complete", 2.0)
    shell.claim("w")
    shell.do(m.RunFinished, run="run")
    shell.do(m.TrialEnqueued, params=())
    while not shell.state.is_over():
        shell.end(shell.claim("w").number, "complete", 0.0)
    shell.do(m.RunFinished, run="run")
    for state in (COMPLETE, PRUNED, FAIL, RUNNING, WAITING):
        number = shell.state.next_number
        values = (1.0,) if state is COMPLETE else None
        shell.do(m.TrialAdded, number=number, state=int(state), values=values, imported=True)
    waiting = shell.state.next_number - 1
    shell.run(None, pruner=asha(eta=9), name="second")
    shell.do(m.TrialStopRequested, number=waiting, key="waiting")
    shell.do(m.TrialStopRequested, number=shell.claim("x").number, key="running")
    shell.end(shell.state.slots["x"], "interrupted")
    number = shell.claim("y").number
    assert shell.report(number, (1, 99.0)) is Decision.PAUSE
    shell.end(number, "pruned")
    shell.do(m.TrialStopRequested, number=number, key="paused")
    number = shell.claim("z").number
    shell.lose(number)
    shell.end(number, "complete", 1.0)
    return shell


def test_every_row_of_the_table_is_reachable_and_counted_and_nothing_else():
    shell = _walk()
    assert {*shell.state.transitions, (None, "born", WAITING)} == set(core.TRANSITIONS)  # pruners/test_pbt has this one
    assert sum(n for (before, _, _), n in shell.state.transitions.items() if before is None) == shell.state.next_number
    assert dump(shell.fold()) == dump(shell.state)


def test_a_move_outside_the_table_is_refused():
    shell = started(1)
    shell.claim()
    shell.end(0, "complete", 1.0)
    for how, state in (("claimed", RUNNING), ("completed", COMPLETE), ("pruned", PRUNED), ("failed", FAIL)):
        with pytest.raises(RuntimeError, match=f"trial 0: no transition COMPLETE --{how}--> {state.name}"):
            moves.move(shell.state, shell.state.trials[0], how, state)


# --- repeated and stale messages ---------------------------------------------------------------------------------


def unchanged(shell, act):
    before, n = dump(shell.state), len(shell.log)
    result = act()
    assert dump(shell.state) == before
    assert len(shell.log) == n
    return result


def test_a_claim_sent_again_by_the_same_slot_gets_the_same_assignment():
    for sampler in (None, GRID):
        shell = started(2, sampler=sampler)
        first = shell.claim()
        assert unchanged(shell, shell.claim) == first


def test_a_claim_whose_sampler_never_answered_asks_it_again():
    shell = started(1)
    shell.state.handle(m.Claimed(slot="s"), 2.0)
    assert shell.state.handle(m.Claimed(slot="s"), 3.0) == ([m.Suggest(number=0)], False)
    assert shell.state.handle(m.Suggested(number=0, params=(X,)), 3.0).changed
    again = shell.state.handle(m.Suggested(number=0, params=()), 3.0)
    assert again.changed is False
    assert again.commands[0].value.suggested == (X,)


def test_a_report_sent_again_reads_the_stored_decision_back():
    shell = started(pruner=asha(1, 9, 3))
    shell.claim()
    message = {"user_attrs": (("a", "1"),), "checkpoint": ref(0), "params": (X,)}
    assert shell.report(0, (0, 1.0), **message) is Decision.CONTINUE
    assert shell.report(0, (1, 1.0)) is Decision.PAUSE
    assert unchanged(shell, lambda: shell.report(0, (0, 1.0), **message)) is Decision.CONTINUE
    assert unchanged(shell, lambda: shell.report(0, (1, 1.0))) is Decision.PAUSE


def test_a_late_copy_of_an_old_report_does_not_bring_back_a_spent_checkpoint():
    shell = started()
    shell.claim()
    shell.report(0, (1, 1.0), checkpoint=ref(1))
    shell.report(0, (2, 1.0), checkpoint=ref(2))
    unchanged(shell, lambda: shell.report(0, (1, 1.0), checkpoint=ref(1)))
    assert shell.state.trials[0].checkpoints == [ref(2)]


def test_a_report_after_a_decision_is_told_the_decision_that_stands():
    shell = started(pruner=asha())
    shell.claim()
    assert shell.report(0, (1, 1.0), (2, 0.0)) is Decision.PAUSE
    assert shell.report(0, (3, 0.0)) is Decision.PAUSE
    assert shell.report(0) is Decision.PAUSE


def test_the_first_value_of_a_step_stands():
    shell = started()
    shell.claim()
    shell.report(0, (1, 1.0))
    unchanged(shell, lambda: shell.report(0, (1, 2.0)))


def test_an_end_told_twice_answers_the_same_state():
    for outcome, values, state in (("complete", (1.0,), COMPLETE), ("pruned", (), PRUNED), ("fail", (), FAIL)):
        shell = started()
        shell.claim()
        assert shell.end(0, outcome, *values) is state
        assert unchanged(shell, lambda s=shell, o=outcome, v=values: s.end(0, o, *v)) is state


def test_a_loss_after_the_end_changes_nothing():
    shell = started()
    shell.claim()
    shell.end(0, "complete", 1.0)
    assert unchanged(shell, lambda: shell.lose(0)) is None
    assert unchanged(shell, lambda: shell.lose(0, attempt=7)) is None
    assert unchanged(shell, lambda: shell.ask(m.AttemptLost, number=5, attempt=1, kind=m.FailureKind.NODE_LOST)) is None


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (m.Reported, {"progress": m.Progress(reports=((9, (0.0,)),), params=(X,), checkpoint=ref(9))}),
        (m.ParamAsked, {"name": "x", "distribution": UNIT}),
        (m.ParamSet, {"param": X}),
        (m.AttemptEnded, {"outcome": m.Outcome.COMPLETE, "values": (0.0,)}),
    ],
)
@pytest.mark.parametrize(("number", "attempt"), [(0, 1), (0, 3), (7, 1)])
def test_a_message_of_an_attempt_that_is_not_live_is_refused_and_changes_nothing(kind, fields, number, attempt):
    shell = started()
    shell.claim()
    shell.lose(0)
    assert shell.claim().attempt == 2
    before = dump(shell.state)
    with pytest.raises(StaleAttemptError, match=f"trial {number}, attempt {attempt} is not live"):
        shell.do(kind, number=number, attempt=attempt, **fields)
    assert dump(shell.state) == before


def test_an_attempt_of_a_trial_that_waits_may_not_report():
    shell = started()
    shell.claim()
    shell.lose(0)
    before = dump(shell.state)
    with pytest.raises(StaleAttemptError, match="the trial is WAITING"):
        shell.report(0, (1, 1.0), attempt=1)
    assert dump(shell.state) == before


# --- retries -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["worker_crash", "out_of_memory", "lease_expired", "node_lost"])
def test_each_kind_of_loss_has_its_own_budget(kind):
    shell = started(1, retries=RetryPolicy(**{kind: 2, **({} if kind == "worker_crash" else {"worker_crash": 1})}))
    for attempt in (1, 2):
        assert shell.claim().attempt == attempt
        assert shell.lose(0, kind) is WAITING
    if kind != "worker_crash":
        assert shell.claim().attempt == 3
        assert shell.lose(0, "worker_crash") is WAITING  # another budget
    shell.claim()
    assert shell.lose(0, kind) is FAIL


def test_exceptions_are_retried_as_often_as_the_policy_says_and_resume_from_the_checkpoint():
    shell = started(1, retries=RetryPolicy(exception=1))
    shell.claim()
    shell.report(0, (2, 1.0), checkpoint=ref(2))
    assert shell.end(0, "fail") is WAITING
    again = shell.claim()
    assert (again.attempt, again.checkpoint, again.last_step) == (2, ref(2), 2)
    assert shell.end(0, "fail") is FAIL


def test_no_bound_means_no_bound_and_zero_means_never():
    shell = started(2, retries=RetryPolicy(node_lost=None, worker_crash=0))
    for _ in range(20):
        shell.claim()
        assert shell.lose(0, "node_lost") is WAITING
    shell.claim()
    assert shell.lose(0, "worker_crash") is FAIL


def test_an_interruption_and_a_lost_driver_use_no_budget():
    shell = started(1, retries=RetryPolicy(**dict.fromkeys(RetryPolicy().spec(), 0) | {"abort_after": None}))
    shell.claim()
    assert shell.end(0, "interrupted") is WAITING
    shell.claim()
    assert shell.lose(0, "driver_lost") is WAITING
    assert shell.state.trials[0].retried == {}


def test_a_paused_attempt_that_is_lost_is_paused_and_a_stopped_one_pruned():
    shell = started(pruner=asha())
    shell.claim()
    assert shell.report(0, (1, 1.0)) is Decision.PAUSE
    assert shell.lose(0) is PAUSED
    shell.claim()
    assert shell.report(1, (1, math.nan)) is Decision.STOP
    assert shell.lose(1) is PRUNED
    shell.claim()
    assert shell.report(2, (1, 2.0)) is Decision.PAUSE
    assert shell.end(2, "interrupted") is PAUSED


def test_a_trial_whose_attempt_was_lost_keeps_its_cell_while_it_waits():
    shell = started(sampler=GRID)
    first = shell.claim()
    shell.lose(0)
    assert shell.state.ledger.counts()["leased"] == 1
    assert shell.claim().fixed == first.fixed


# --- who goes next -----------------------------------------------------------------------------------------------


def test_retries_go_before_promotions_before_enqueued_before_new():
    shell = paused(9)
    shell.do(m.TrialEnqueued, params=())  # trial 9
    shell.state.handle(m.Claimed(slot="x"), shell.at)  # promotes trial 0
    shell.lose(0)
    for number in range(10, 28):  # make room for a second promotion
        shell.do(m.TrialEnqueued, params=())
        assert number in shell.state.trials
    assert shell.claim("a").number == 0  # the retry
    shell.end(0, "complete", 0.0)
    assert [shell.claim(slot).number for slot in "bcd"] == [9, 10, 11]
    for number in range(9, 12):
        shell.report(number, (1, 0.5 + number))
        shell.end(number, "pruned")
    while len(shell.state.judge.ladder[0].numbers) < 18:
        number = shell.claim("e").number
        shell.report(number, (1, 50.0))
        shell.end(number, "pruned")
    assert shell.claim("f").number == 1  # a promotion, though some are enqueued
    assert shell.state.queue


def test_a_promotion_needs_no_budget():
    shell = paused(9, n_trials=9)
    assert shell.state.run.budget == 0
    assert shell.state.work() == 1
    assert shell.claim("p").number == 0
    assert shell.claim("q") is None


def test_n_trials_counts_configurations_and_not_attempts():
    shell = started(2)
    for slot in "abc":
        assert shell.claim(slot).number == 0
        shell.end(0, "interrupted")
    assert shell.claim("d").number == 0
    assert shell.claim("e").number == 1
    assert shell.claim("f") is None


def test_enqueued_trials_count_as_configurations():
    shell = started(2)
    for _ in range(3):
        shell.do(m.TrialEnqueued, params=())
    assert [shell.claim(s).number for s in "ab"] == [0, 1]
    assert shell.claim("c") is None
    assert shell.state.counts[WAITING] == 1


def test_max_trials_counts_the_studys_total():
    shell = started(max_trials=3)
    for slot in "ab":
        shell.end(shell.claim(slot).number, "complete", 1.0)
    shell.run(max_trials=3, name="second")
    assert shell.state.run.budget == 1
    shell.claim("c")  # and is lost with its run
    shell.run(max_trials=3, name="third")
    assert shell.state.run.budget == 0
    assert shell.claim("d").number == 2
    assert shell.claim("e") is None


def test_the_smaller_of_n_trials_and_max_trials_holds():
    assert started(5, max_trials=3).state.run.budget == 3
    assert started(2, max_trials=3).state.run.budget == 2
    assert started().state.run.budget is None


LOST = ["lease_expired", "node_lost", "worker_crash", "driver_lost", "timeout"]


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("outcome", ["complete", "pruned", "fail", "interrupted"])
def test_the_end_of_an_attempt_that_was_given_up_counts_while_no_other_has_begun(kind, outcome):
    """As if it had never been given up: the same trial, the same retries left."""
    ends = []
    for is_given_up in (True, False):
        shell = started(2, retries=RetryPolicy(exception=1, **dict.fromkeys(set(LOST) - {"driver_lost"}, 1)))
        shell.claim()
        shell.report(0, (1, 0.5))
        if is_given_up:
            assert shell.lose(0, kind) is WAITING
        values = (1.0,) if outcome == "complete" else ()
        failure = m.Failure(error="E: x") if outcome == "fail" else None
        shell.end(0, outcome, *values, failure=failure, progress=m.Progress(reports=((2, (0.25,)),)))
        trial = shell.state.trials[0]
        left = {name: n for name, n in trial.retried.items() if n}
        ends.append((trial.state, trial.values, dict(trial.reports), left, trial.failed, 0 in shell.state.retry))
        again = shell.end(0, outcome, *values, attempt=1, failure=failure)
        assert again is trial.state  # a repeated end is answered again, and changes nothing
        assert dump(shell.fold()) == dump(shell.state)
    assert ends[0] == ends[1]


def test_the_end_of_an_attempt_that_was_given_up_comes_too_late_when_another_has_begun():
    shell = started(2, retries=RetryPolicy(lease_expired=1))
    shell.claim()
    shell.lose(0, "lease_expired")
    assert shell.claim("t").attempt == 2
    with pytest.raises(StaleAttemptError):
        shell.end(0, "complete", 1.0, attempt=1)
    shell.end(0, "complete", 2.0)
    assert shell.state.trials[0].values == (2.0,)
    shell.claim("u")
    assert shell.lose(1, "lease_expired") is WAITING
    assert shell.claim("v").attempt == 2
    assert shell.lose(1, "lease_expired") is FAIL
    assert shell.end(1, "complete", 1.0) is FAIL  # a trial that has ended stays as it is
    assert shell.state.trials[1].values is None


def test_a_trial_that_somebody_holds_is_left_alone_by_the_next_run_and_may_be_told():
    shell = started(2)
    shell.claim("asked")
    shell.run(1, name="second", held=(0,))
    assert shell.claim("a").number == 1
    shell.end(1, "complete", 1.0)
    assert shell.claim("b") is None
    assert shell.state.is_over()
    assert shell.end(0, "complete", 0.5) is COMPLETE
    assert shell.state.trials[0].values == (0.5,)


def test_a_trial_whose_holder_is_gone_goes_on():
    shell = started(2)
    shell.claim("asked")
    for run, held in (("second", (0,)), ("third", (0,)), ("fourth", ())):
        shell.run(None, name=run, held=held)
        assert shell.state.trials[0].attempt == 1
    assert shell.claim("a").number == 0
    assert shell.state.trials[0].attempt == 2


def test_a_new_run_takes_the_running_trials_of_the_old_one_without_using_a_budget():
    shell = started(4, pruner=asha(), retries=RetryPolicy(worker_crash=0))
    for slot in "abc":
        shell.claim(slot)
    shell.report(1, (1, 0.1), checkpoint=ref(1, number=1))
    shell.report(2, (1, math.nan))
    commands = shell.run(0, pruner=asha(), name="second")
    assert [type(c) for c in commands if not isinstance(c, (m.EndAttempt, m.SetState))] == []
    assert {n: t.state for n, t in shell.state.trials.items()} == {0: WAITING, 1: PAUSED, 2: PRUNED}
    assert shell.state.trials[0].retried == {}
    assert shell.claim("d").attempt == 2
    with pytest.raises(StaleAttemptError):
        shell.report(0, (1, 0.0), attempt=1)


# --- values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [(math.nan,), (1.0, 2.0), None])
def test_a_final_value_that_is_no_result_fails_the_trial(values):
    shell = started(1)
    shell.claim()
    assert shell.end(0, "complete", *(values or ())) is FAIL
    assert "the objective returned" in json.loads(shell.state.trials[0].system_attrs[core.FAILURE_KEY])["error"]
    assert shell.state.best is None


@pytest.mark.parametrize("mode", ["promote", "stop"])
def test_a_nan_report_stops_the_trial_under_asha(mode):
    shell = started(pruner=asha(mode=mode))
    shell.claim()
    assert shell.report(0, (1, math.nan)) is Decision.STOP
    assert shell.end(0, "pruned") is PRUNED
    assert shell.state.trials[0].values is None  # Optuna: a pruned trial has its last value, unless it is NaN


def test_a_pruned_trial_has_the_value_of_its_last_step():
    shell = started()
    shell.claim()
    shell.report(0, (5, 0.5), (2, 0.2))
    assert shell.end(0, "pruned") is PRUNED
    assert shell.state.trials[0].values == (0.5,)


def test_maximising_ranks_the_largest_best():
    shell = started(None, MAXIMIZE, pruner=asha(eta=2))
    for value in (1.0, 3.0):
        number = shell.claim(f"{value}").number
        last = shell.report(number, (1, value))
    assert last is Decision.CONTINUE  # promoted in place
    shell.end(1, "complete", 3.0)
    shell.end(0, "complete", 2.0)
    assert shell.state.best == 1


def test_of_equal_values_the_lowest_number_is_best_as_in_study_best_trial():
    shell = started()
    for slot in "ab":
        shell.claim(slot)
    shell.report(0, checkpoint=ref(1, number=0))
    shell.report(1, checkpoint=ref(1, number=1))
    shell.end(1, "complete", 1.0)
    shell.end(0, "complete", 1.0)
    assert shell.state.best == 0
    assert [t.checkpoints for t in shell.state.trials.values()] == [[ref(1, number=0)], []]


# --- checkpoints -------------------------------------------------------------------------------------------------


def test_the_previous_checkpoint_is_dropped_with_the_new_row_and_not_before():
    shell = started()
    shell.claim()
    assert shell.report(0, (1, 0.5), checkpoint=ref(1)) is Decision.CONTINUE
    progress = m.Progress(reports=((2, (0.5,)),), checkpoint=ref(2))
    assert shell.do(m.Reported, number=0, attempt=1, progress=progress) == [
        m.PutCheckpoint(number=0, checkpoint=ref(2)),
        m.PutReport(number=0, step=2, values=(0.5,)),
        m.DropCheckpoint(number=0, uri=ref(1).uri),
        m.Discard(uri=ref(1).uri),
        Answer(value=Decision.CONTINUE),
    ]


@pytest.mark.parametrize("pruner", [None, asha()])
def test_a_checkpoint_saved_before_its_report_does_not_swallow_that_report(pruner):
    shell = started(pruner=pruner)
    shell.claim()
    shell.report(0, (0, 0.5), checkpoint=ref(0))
    shell.report(0, checkpoint=ref(1))
    shell.lose(0)  # between saving step 1 and reporting it
    commands = shell.do(m.Claimed, slot="t")
    assert m.Discard(uri=ref(1).uri) in commands
    assert commands[-1].value.checkpoint == ref(0)


def test_a_checkpoint_without_any_report_is_resumed_from_where_nobody_waits_for_reports():
    for pruner, expected in ((None, ref(1)), (asha(), None)):
        shell = started(pruner=pruner)
        shell.claim()
        shell.report(0, checkpoint=ref(1))
        shell.lose(0)
        assert shell.claim().checkpoint == expected


def awaiting_reports():
    shell = Shell()
    shell.do(m.RunStarted, run="r", awaits_reports=True, checkpoints_kept=2, retries=json.dumps(RetryPolicy().spec()))
    return shell


def test_without_a_pruner_too_a_trial_begins_anew_when_no_report_came_after_its_first_checkpoint():
    shell = awaiting_reports()
    shell.claim()
    shell.report(0, (0, 0.5))
    shell.report(0, checkpoint=ref(1))
    shell.lose(0)  # between saving step 1 and reporting it
    commands = shell.do(m.Claimed, slot="t")
    assert m.Discard(uri=ref(1).uri) in commands
    assert commands[-1].value.checkpoint is None
    shell.report(0, (0, 0.5), (1, 0.4), checkpoint=ref(1, attempt=2))
    shell.lose(0)
    assert shell.claim("u").checkpoint == ref(1, attempt=2)
    assert list(shell.state.trials[0].reports) == [0, 1]


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_trial_that_has_saved_twice_and_reported_nothing_never_reports_and_begins_anew_no_more(attempts):
    shell = awaiting_reports()
    shell.claim()
    shell.report(0, checkpoint=ref(1))
    if attempts == 2:
        shell.lose(0)
        assert shell.claim("t").checkpoint is None
    shell.report(0, checkpoint=ref(2, attempt=attempts))
    shell.lose(0)
    assert shell.claim("u").checkpoint == ref(2, attempt=attempts)


def test_a_repeated_claim_gets_the_checkpoint_of_the_first_answer():
    shell = awaiting_reports()
    shell.claim()
    shell.report(0, (1, 0.5), checkpoint=ref(1))
    shell.lose(0)
    first = shell.claim("t")
    shell.report(0, (2, 0.5), checkpoint=ref(2, attempt=2))
    assert shell.claim("t").checkpoint == first.checkpoint == ref(1)


def test_only_the_best_trial_keeps_its_checkpoint():
    shell = started()
    kept = {}
    for i, value in enumerate([2.0, 3.0, 1.0]):
        shell.claim(f"{i}")
        shell.report(i, checkpoint=ref(1, number=i))
        shell.end(i, "complete", value)
        kept[i] = [n for n, t in shell.state.trials.items() if t.checkpoints]
    assert kept == {0: [0], 1: [0], 2: [2]}
    for i, outcome in ((3, "fail"), (4, "pruned")):
        shell.claim(f"{i}")
        shell.report(i, checkpoint=ref(1, number=i))
        shell.end(i, outcome)
        assert shell.state.trials[i].checkpoints == []


def test_several_objectives_keep_every_complete_trials_checkpoint():
    shell = started(None, MINIMIZE, MAXIMIZE)
    for i in range(2):
        shell.claim(f"{i}")
        shell.report(i, checkpoint=ref(1, number=i))
        assert shell.end(i, "complete", float(i), float(i)) is COMPLETE
    assert all(t.checkpoints for t in shell.state.trials.values())
    assert shell.state.best is None
    shell.claim("z")
    assert shell.end(2, "complete", 1.0) is FAIL


# --- trials from elsewhere, cells, specs -------------------------------------------------------------------------


def on_grid(cell):
    params = GRID.grid.params(cell)
    dists = {"x": IntDistribution(1, 2), "y": CategoricalDistribution(["a", "b"])}
    return tuple(
        m.ParamValue(name=n, value=dists[n].to_internal_repr(v), distribution=dists[n]) for n, v in params.items()
    )


def test_enqueued_and_added_trials_claim_their_cell():
    shell = started(sampler=GRID)
    params = tuple((n, json.dumps(v)) for n, v in GRID.grid.params(2).items())
    shell.do(m.TrialEnqueued, params=params)
    shell.ask(m.TrialAdded, number=None, state=int(COMPLETE), values=(1.0,), params=on_grid(3))
    assert shell.claim("a").fixed == params
    assert shell.state.ledger.counts() == {"free": 2, "leased": 1, "done": 1, "dead": 0}
    cells = {shell.state.trials[shell.claim(s).number].cell for s in "bc"}
    assert cells == {0, 1}
    assert shell.claim("d") is None


def test_a_failed_trial_from_elsewhere_claims_no_cell():
    shell = started(sampler=GRID)
    shell.ask(m.TrialAdded, number=None, state=int(FAIL), params=on_grid(3))
    assert shell.state.ledger.counts()["free"] == 4


def test_a_study_that_becomes_a_grid_gives_each_old_trial_its_cell():
    shell = started()
    shell.ask(m.TrialAdded, number=None, state=int(COMPLETE), values=(1.0,), params=on_grid(1))
    shell.run(sampler=GRID, name="second")
    assert shell.state.ledger.counts() == {"free": 3, "leased": 0, "done": 1, "dead": 0}


def test_a_cell_whose_trials_keep_failing_is_dead_and_the_study_ends():
    sampler = GridSampler({"x": [1]}, seed=0, max_failures=2)
    shell = started(sampler=sampler)
    for slot in "ab":
        shell.claim(slot)
        shell.end(shell.state.next_number - 1, "fail")
    assert shell.state.ledger.counts()["dead"] == 1
    assert shell.claim("c") is None
    assert shell.state.is_over()


@pytest.mark.parametrize("new", [{"pruner": asha(eta=2)}, {"sampler": GridSampler({"x": [1, 2]}, seed=0)}])
def test_another_pruner_or_grid_is_refused_once_used_and_nothing_changes(new):
    shell = started(pruner=asha(), sampler=GRID)
    shell.claim()
    shell.report(0, (1, 1.0))
    before = dump(shell.state)
    with pytest.raises(ValueError, match=r"[Cc]ontinue.* with the same .*start another study"):
        shell.run(name="second", **{"pruner": asha(), "sampler": GRID, **new})
    assert dump(shell.state) == before


def test_a_grid_that_is_refused_does_not_leave_a_new_pruner_behind():
    shell = started(sampler=GRID)
    shell.claim()
    before = dump(shell.state)
    with pytest.raises(ValueError, match="cells of it are decided already"):
        shell.run(name="second", pruner=asha(), sampler=GridSampler({"x": [1]}, seed=0))
    assert dump(shell.state) == before


def test_an_unused_pruner_may_be_replaced_and_old_reports_fill_the_new_rungs():
    shell = started(2)
    shell.claim()
    shell.report(0, (1, 1.0), (2, 0.5))
    shell.end(0, "complete", 0.5)
    commands = shell.run(name="second", pruner=asha())
    assert m.PutRung(number=0, level=1, losses=(1.0,), how="exact") in commands
    assert shell.state.judge.schedule(0) == Levels((1, 3))


def test_an_imported_trial_is_adopted_under_its_number_once():
    shell = started()
    event = {"number": 3, "state": int(COMPLETE), "values": (1.0,), "params": (X,), "imported": True}
    assert shell.do(m.TrialAdded, **event) == [m.AdoptTrial(number=3, state=COMPLETE), Answer(value=3)]
    assert unchanged(shell, lambda: shell.ask(m.TrialAdded, **event)) == 3
    assert shell.claim().number == 4
    assert shell.state.best == 3


def test_a_foreign_running_row_takes_its_number_and_nothing_else_until_it_is_finished():
    shell = started()
    shell.ask(m.TrialAdded, number=0, state=int(RUNNING), imported=True)
    assert [t.number for t in shell.state.view().trials()] == []
    assert shell.claim().number == 1
    shell.run(name="second")
    assert shell.state.trials[0].state is RUNNING
    commands = shell.do(m.TrialAdded, number=0, state=int(COMPLETE), values=(0.0,), imported=True)
    assert commands == [m.AdoptTrial(number=0, state=COMPLETE), Answer(value=0)]
    assert shell.state.best == 0


def test_an_imported_waiting_trial_is_run_by_us_with_its_fixed_parameters():
    shell = started()
    attrs = (("fixed_params", '{"x": 0.5}'),)
    shell.ask(m.TrialAdded, number=0, state=int(WAITING), system_attrs=attrs, imported=True)
    assert shell.claim().fixed == (("x", "0.5"),)


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"params": (m.ParamValue(name="x", value=1.0, distribution=IntDistribution(0, 3)),)}, "'x' was Float"),
        ({"values": (math.nan,)}, "nan"),
        ({"values": (1.0, 2.0)}, "1 objective"),
        ({"values": None}, "None"),
    ],
)
def test_an_added_trial_that_cannot_be_is_refused_and_changes_nothing(fields, match):
    shell = started()
    shell.claim()
    shell.report(0, params=(X,))
    before = dump(shell.state)
    event = {"number": None, "state": int(COMPLETE), "values": (1.0,), **fields}
    with pytest.raises(ValueError, match=match):
        shell.ask(m.TrialAdded, **event)
    assert dump(shell.state) == before


def test_a_parameter_that_changes_its_kind_is_refused():
    shell = started()
    shell.claim()
    shell.report(0, params=(X,))
    shell.claim("t")
    before = dump(shell.state)
    for wrong in (IntDistribution(0, 1), FloatDistribution(0.1, 1, log=True), CategoricalDistribution(["a"])):
        with pytest.raises(IncompatibleDistributionError, match="use another parameter name"):
            shell.do(m.ParamAsked, number=1, attempt=1, name="x", distribution=wrong)
    assert dump(shell.state) == before
    assert shell.do(m.ParamAsked, number=1, attempt=1, name="x", distribution=FloatDistribution(0, 9))


def test_every_event_has_a_handler():
    kinds = {cls.__name__ for cls in m.Event.__subclasses__()}
    assert kinds == {cls.__name__ for cls in core.HANDLERS}


def test_text_that_is_no_event_is_refused():
    for text in ("{", "{}", "[1]", '{"_": "Nothing"}', '{"_": "Progress"}', '{"_": "Claimed"}'):
        with pytest.raises(StorageError, match=r"not an? (event|message)"):
            encoding.event_from_json(text)


# --- constraints -------------------------------------------------------------------------------------------------


def test_a_constraint_is_stored_once_under_optunas_key_and_the_best_trial_is_a_feasible_one():
    shell = started()
    for number, (missed, value) in enumerate([(1.0, 0.0), (0.0, 5.0), (-1.0, 4.0), (2.0, 1.0)]):
        assert shell.claim(f"slot-{number}").number == number
        rows = shell.do(m.Reported, number=number, attempt=1, progress=m.Progress(constraints=(("c", missed),)))
        assert m.PutAttr(number=number, key="constraints:c", value_json=str(missed), system=True) in rows
        again = m.Progress(constraints=(("c", 9.0),))  # the first one stands
        rows = shell.do(m.Reported, number=number, attempt=1, progress=again)
        assert not any(isinstance(row, m.PutAttr) for row in rows)
        shell.ask(m.AttemptEnded, number=number, attempt=1, outcome=m.Outcome.COMPLETE, values=(value,))
        assert shell.state.best == [0, 1, 2, 2][number]
    ended = shell.state.view().finished
    assert [trial.constraints["c"] for trial in ended] == [1.0, 0.0, -1.0, 2.0]
    assert [trial.is_feasible for trial in ended] == [False, True, True, False]


@pytest.mark.parametrize("told", [("c", math.nan), ("c" * 513, 1.0), ("a\0b", 1.0)])
def test_a_constraint_that_is_none_is_refused(told):
    shell = started()
    shell.claim()
    with pytest.raises(ValueError, match="constraint"):
        shell.ask(m.Reported, number=0, attempt=1, progress=m.Progress(constraints=(told,)))
    assert shell.state.trials[0].system_attrs == {}


# --- what samplers see -------------------------------------------------------------------------------------------


def test_a_view_holds_finished_trials_in_the_order_of_their_ends_and_those_under_way_with_all_that_is_known_of_them():
    shell = started()
    for number in range(4):
        shell.claim(f"slot-{number}")
    shell.ask(m.Reported, number=3, attempt=1, progress=m.Progress(params=(X,)))
    view = shell.state.view()
    for number in (2, 0):
        shell.ask(m.AttemptEnded, number=number, attempt=1, outcome=m.Outcome.COMPLETE, values=(1.0,))
    assert (len(view.finished), view.n_events) == (0, shell.state.n_events - 2)  # as it was
    later = shell.state.view()
    assert [trial.number for trial in later.finished] == [2, 0]
    assert later.finished.source is view.finished.source
    assert [(t.number, dict(t.params)) for t in later.pending(1)] == [(3, {"x": X.value})]
    assert [trial.number for trial in later.trials()] == [0, 1, 2, 3]
    assert [trial.number for trial in later.trials(COMPLETE)] == [0, 2]
    still = later.still()
    shell.ask(m.AttemptEnded, number=3, attempt=1, outcome=m.Outcome.COMPLETE, values=(1.0,))
    assert [trial.number for trial in still.pending(1)] == [3]
    assert [trial.number for trial in shell.state.view().pending(1)] == []


def test_a_late_copy_of_a_report_changes_no_attribute_back():
    shell = started()
    shell.claim()

    def deliver(n, text):
        shell.report(0, user_attrs=(("a", text),), order=n)
        return shell.state.trials[0].user_attrs["a"]

    assert [deliver(1, "1"), deliver(2, "2"), deliver(1, "1"), deliver(2, "2"), deliver(3, "1")] == list("12221")
    shell.lose(0)
    shell.claim("another")
    assert deliver(1, "4") == "4"  # the next attempt counts anew
    shell.report(0, user_attrs=(("a", "5"),))  # of a version before, which did not count
    assert shell.state.trials[0].user_attrs["a"] == "5"


def test_a_librarys_attribute_is_stored_with_its_trial_and_goes_to_the_next_attempt():
    shell = started()
    shell.claim()
    shell.report(0, system_attrs=(("lib:a", "1"),), order=1)
    shell.report(0, system_attrs=(("lib:a", "2"),), order=2)
    shell.report(0, system_attrs=(("lib:a", "1"),), order=1)  # a late copy
    assert shell.state.trials[0].system_attrs == {"lib:a": "2"}
    shell.lose(0)
    assert shell.claim("another").system_attrs == (("lib:a", "2"),)
    with pytest.raises(ValueError, match="this package's own"):
        shell.report(0, system_attrs=(("rtl:failure", "1"),), order=1)


def test_an_objective_that_stops_its_run_lets_nothing_new_begin():
    shell = started()
    shell.claim()
    shell.claim("other")
    shell.report(0, stops_run=True)
    assert shell.state.run.stopping == "trial 0: trial.study.stop()"
    n = len(shell.log)
    shell.report(0, stops_run=True)  # sent again: nothing changes, and it is not logged
    assert len(shell.log) == n
    assert shell.claim("third") is None
    shell.ask(m.AttemptEnded, number=1, attempt=1, outcome=m.Outcome.COMPLETE, values=(1.0,))  # goes on, and ends
    assert shell.state.trials[1].state is COMPLETE
    shell.do(m.RunStarted, run="next")
    assert not shell.state.run.stopping


# --- how long a trial has trained ------------------------------------------------------------------------------------


def test_the_seconds_of_a_trial_are_those_of_all_its_attempts_as_far_as_they_were_delivered():
    shell = started(1, retries=RetryPolicy(worker_crash=9))
    shell.claim()
    shell.report(0, (1, 0.5), trained=2.0)
    shell.report(0, trained=7.0)  # a heartbeat that brings nothing: it is not in the log, so it cannot count
    shell.report(0, (2, 0.5), trained=3.0)
    shell.report(0, (2, 0.5), trained=2.0)  # a late copy
    trial = shell.state.trials[0]
    assert trial.trained == 3.0
    shell.lose(0)
    shell.claim("b")
    assert (trial.trained, trial.trained_before) == (3.0, 3.0)
    shell.lose(0, "driver_lost")
    shell.claim("c")
    shell.report(0, (3, 0.5), trained=0.5, trained_at=((3, 0.25),))
    shell.end(0, "complete", 0.1, progress=m.Progress(trained=1.5))
    trial = shell.state.trials[0]
    assert (trial.trained, trial.trained_at) == (4.5, {3: 3.25})
    assert dump(shell.fold()) == dump(shell.state)
    assert '"trained":1.5' in shell.log[-1][1]


def test_the_end_of_an_attempt_that_was_given_up_brings_its_seconds():
    shell = started(1, retries=RetryPolicy(lease_expired=9))
    shell.claim()
    shell.lose(0, "lease_expired")
    shell.end(0, "complete", 0.1, attempt=1, progress=m.Progress(trained=8.0))
    assert shell.state.trials[0].trained == 8.0
    assert dump(shell.fold()) == dump(shell.state)


@pytest.mark.parametrize("seconds", [-1.0, math.nan, math.inf])
def test_seconds_that_cannot_be_are_refused(seconds):
    shell = started()
    shell.claim()
    before = dump(shell.state)
    for progress in ({"trained": seconds}, {"trained_at": ((1, 1.0), (2, seconds))}):
        with pytest.raises(MessageError, match=r"trained for some seconds >= 0, got"):
            shell.report(0, (1, 0.5), **progress)
    assert dump(shell.state) == before
