"""What a user asks of a running study: stop one trial, pause and unpause, extend, resize. Exactly once, and folded."""

from __future__ import annotations

import json
import math

import pytest

from raytune_lite.core import encoding
from raytune_lite.core import messages as m
from raytune_lite.core.messages import Decision, FailureKind, Outcome
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.exceptions import MessageError
from raytune_lite.samplers import GridSampler
from raytune_lite.trial import TrialState

from .core_tools import MAXIMIZE, MINIMIZE, Shell, asha, brief, dump, ref

WAITING, RUNNING, PAUSED = TrialState.WAITING, TrialState.RUNNING, TrialState.PAUSED
COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL


class Controlled(Shell):
    """A shell whose user may ask; whatever was asked is asked again, and must change nothing."""

    def __init__(self, *directions):
        super().__init__(*directions)
        self.asked = []

    def please(self, kind, key=None, **fields):
        event = {"key": key or f"key-{len(self.asked)}", **fields}
        answer = self.ask(kind, **event)
        self.asked.append((kind, event, answer))
        return answer

    def stop(self, number, **fields):
        return self.please(m.TrialStopRequested, number=number, **fields)

    def pause(self, **fields):
        return self.please(m.StudyPaused, **fields)

    def unpause(self):
        return self.please(m.StudyUnpaused)

    def resize(self, n, **fields):
        return self.please(m.SlotsResized, n_slots=n, **fields)

    def extend(self, **fields):
        return self.please(m.RunExtended, **fields)

    def told(self, number):
        return self.state.should_stop(number, self.state.trials[number].attempt)

    def states(self):
        return {number: trial.state for number, trial in self.state.trials.items()}

    def verify(self):
        """The log folds to the state; every request sent again is answered as before and changes nothing."""
        before, n = dump(self.state), len(self.log)
        for kind, event, answer in self.asked:
            assert self.ask(kind, **event) == answer
        assert (dump(self.state), len(self.log)) == (before, n)
        assert dump(self.fold()) == before


@pytest.fixture
def shell():
    """A run without a bound; at the end it is verified."""
    made = Controlled()
    made.run(retries=RetryPolicy(worker_crash=1))
    yield made
    made.verify()


def refused(shell, kind, match, **fields):
    before, n = dump(shell.state), len(shell.log)
    with pytest.raises(MessageError, match=match) as error:
        shell.ask(kind, **fields)
    brief(error.value)
    assert (dump(shell.state), len(shell.log)) == (before, n)


# --- one trial is stopped --------------------------------------------------------------------------------------------


def test_an_enqueued_trial_that_is_stopped_never_runs(shell):
    shell.do(m.TrialEnqueued, params=())
    shell.do(m.TrialEnqueued, params=())
    assert shell.stop(0) == PRUNED
    assert shell.claim("a").number == 1
    assert shell.states() == {0: PRUNED, 1: RUNNING}
    assert [trial.number for trial in shell.state.finished] == [0]


def test_the_rows_of_a_waiting_trial_that_is_stopped():
    shell = Shell()
    shell.run()
    shell.claim("a")
    shell.report(0, (1, 0.25), checkpoint=ref(1))
    shell.lose(0)
    assert shell.do(m.TrialStopRequested, number=0, key="k") == [
        m.PutValues(number=0, values=(0.25,)),
        m.DropCheckpoint(number=0, uri=ref(1).uri),
        m.Discard(uri=ref(1).uri),
        m.SetState(number=0, state=PRUNED, attempt=1, completed=5.0),
        m.Answer(value=int(PRUNED)),
    ]
    assert shell.state.retry == {}


def test_a_stopped_trial_keeps_its_grid_cell_decided():
    shell = Controlled()
    shell.run(sampler=GridSampler({"x": [1, 2]}, seed=0))
    shell.claim("a")
    shell.lose(0)
    shell.stop(0)
    assert shell.state.ledger.counts() == {"free": 1, "leased": 0, "done": 1, "dead": 0}
    shell.claim("b")
    shell.stop(1)
    assert shell.end(1, "interrupted") is PRUNED
    assert shell.state.ledger.counts()["done"] == 2
    assert shell.state.is_over()
    shell.verify()


def test_a_paused_trial_that_is_stopped_has_its_last_value_and_is_not_promoted():
    shell = Controlled()
    shell.run(pruner=asha(eta=2))
    for number in range(2):
        shell.claim(f"{number}")
        shell.report(number, (1, float(number)))
        shell.end(number, "pruned")
    assert list(shell.state.promotable()) == [0]
    assert shell.stop(0) == PRUNED
    assert shell.state.trials[0].values == (0.0,)
    assert shell.claim("x").number == 2
    shell.verify()


def test_a_live_attempt_is_told_to_end_by_its_next_answer(shell):
    shell.claim("a")
    assert shell.report(0, (1, 0.5)) is Decision.CONTINUE
    assert shell.told(0) is None
    assert shell.stop(0) == RUNNING
    assert shell.told(0) == "this trial was stopped"
    assert shell.state.should_stop(0, 2) is None  # another attempt was not told
    assert shell.state.should_stop(7, 1) is None
    assert shell.report(0) is Decision.STOP
    assert shell.report(0, (1, 0.5)) is Decision.CONTINUE  # answered before, so answered again
    assert shell.report(0, (2, 0.25)) is Decision.STOP


@pytest.mark.parametrize("end", ["interrupted", "pruned", "worker_crash", "stopped", "lease_expired", "driver_lost"])
def test_a_stopped_attempt_ends_its_trial_as_pruned_however_it_ends(shell, end):
    shell.claim("a")
    shell.report(0, (1, 0.5), (2, 0.25))
    shell.stop(0)
    ended = shell.end(0, end) if end in ("interrupted", "pruned") else shell.lose(0, end)
    assert ended is PRUNED
    assert (shell.state.trials[0].values, shell.state.trials[0].stop) == ((0.25,), None)
    assert shell.state.retry == {}
    assert shell.state.transitions[RUNNING, "stopped", PRUNED] == 1


def test_a_stop_that_comes_after_the_pruners_pause_is_final():
    shell = Controlled()
    shell.run(pruner=asha())
    shell.claim("a")
    assert shell.report(0, (1, 0.5)) is Decision.PAUSE
    shell.stop(0)
    assert shell.end(0, "pruned") is PRUNED
    shell.verify()


def test_what_became_of_a_trial_before_it_heard_of_the_stop_stands():
    shell = Controlled()
    shell.run(retries=RetryPolicy(exception=2))
    shell.claim("a")
    shell.claim("b")
    assert (shell.stop(0), shell.stop(1)) == (RUNNING, RUNNING)
    assert shell.end(0, "complete", 1.0) is COMPLETE
    assert shell.end(1, "fail") is FAIL, "it is not tried again"
    assert (shell.stop(0), shell.stop(1)) == (COMPLETE, FAIL)
    shell.verify()


def test_a_stopped_trial_is_no_failure_that_gives_the_run_up():
    shell = Controlled()
    shell.run(retries=RetryPolicy(abort_after=2))
    for slot in "ab":
        shell.claim(slot)
    shell.stop(0)
    shell.lose(0, "stopped")
    shell.end(1, "fail")
    assert shell.state.run.aborted is None
    shell.verify()


def test_a_stop_of_what_is_not_there_or_not_ours_is_refused(shell):
    shell.do(m.TrialAdded, number=0, state=int(RUNNING), imported=True)
    refused(shell, m.TrialStopRequested, "trial 0 runs elsewhere", number=0, key="k")
    refused(shell, m.TrialStopRequested, "no trial 4; it has 1", number=4, key="k")


# --- the study is paused ---------------------------------------------------------------------------------------------


def test_a_paused_study_starts_nothing_is_not_over_and_holds_no_slot_once_its_attempts_have_ended(shell):
    for slot in "ab":
        shell.claim(slot)
    assert shell.pause(grace=10.0) == 2
    assert (shell.told(0), shell.told(1)) == ("the study was paused", "the study was paused")
    assert shell.report(0, (1, 0.5), checkpoint=ref(1)) is Decision.CONTINUE  # it may save, and goes on later
    assert shell.end(0, "interrupted") is WAITING
    assert shell.end(1, "complete", 1.0) is COMPLETE
    assert (shell.claim("c"), shell.state.work(), shell.state.slots) == (None, 0, {})
    assert not shell.state.is_over()
    assert shell.do(m.RunFinished, run="run") == []
    assert shell.unpause() == 0
    again = shell.claim("c")
    assert (again.number, again.attempt, again.checkpoint) == (0, 2, ref(1))
    assert shell.told(0) is None


def test_attempts_that_were_interrupted_go_on_before_everything_else_in_the_order_of_their_ends():
    shell = Controlled()
    shell.run(pruner=asha(eta=2), retries=RetryPolicy(worker_crash=5))
    for number in range(5):
        shell.claim(f"{number}")
    shell.lose(4)  # to be tried again
    for number in (0, 1):
        shell.report(number, (1, float(number)))
        shell.end(number, "pruned")  # trial 0 is promotable
    shell.do(m.TrialEnqueued, params=())
    shell.pause()
    for number in (3, 2):
        shell.end(number, "interrupted")
    assert list(shell.state.retry) == [3, 2, 4]
    shell.unpause()
    assert [shell.claim(slot).number for slot in "abcdef"] == [3, 2, 4, 0, 5, 6]
    assert not any(trial.goes_first for trial in shell.state.trials.values())
    shell.verify()


@pytest.mark.parametrize("kind", ["stopped", "worker_crash", "node_lost", "lease_expired", "timeout"])
def test_an_attempt_that_is_lost_while_it_was_to_end_costs_no_retry(kind):
    shell = Controlled()
    shell.run(retries=RetryPolicy(worker_crash=0, lease_expired=0, timeout=0, node_lost=0))
    shell.claim("a")
    shell.pause(grace=5.0)
    at = shell.at
    assert shell.state.overdue(at + 4.9) == []
    assert shell.state.overdue(at + 5.0) == [(0, 1)]
    assert shell.lose(0, kind) is WAITING
    assert shell.state.trials[0].retried == {}
    assert shell.state.overdue(at + 99.0) == []
    shell.verify()


def test_an_exception_is_the_objectives_own_also_in_a_paused_study(shell):
    shell.claim("a")
    shell.pause()
    assert shell.end(0, "fail") is FAIL


def test_a_trial_that_was_interrupted_can_be_stopped_before_it_goes_on(shell):
    for slot in "ab":
        shell.claim(slot)
    shell.pause()
    for number in (0, 1):
        shell.end(number, "interrupted")
    assert shell.stop(0) == PRUNED
    shell.unpause()
    assert [shell.claim(slot).number for slot in "cd"] == [1, 2]


def test_an_attempt_that_the_pruner_paused_stays_paused_in_a_paused_study():
    shell = Controlled()
    shell.run(pruner=asha())
    shell.claim("a")
    assert shell.report(0, (1, 0.5)) is Decision.PAUSE
    shell.pause()
    assert shell.end(0, "interrupted") is PAUSED
    shell.unpause()
    assert shell.claim("b").number == 1
    shell.verify()


def test_a_pause_ends_with_its_run_and_a_run_that_ends_cannot_be_paused(shell):
    shell.claim("a")
    shell.pause()
    shell.run(name="second")
    assert (shell.state.run.paused, shell.states()) == (False, {0: WAITING})
    assert shell.claim("b").attempt == 2
    shell.do(m.StopRequested, reason="enough")
    refused(shell, m.StudyPaused, r"cannot be paused, because it ends \(enough\)", key="late")
    refused(shell, m.SlotsResized, "cannot be resized", key="late", n_slots=1)
    refused(shell, m.RunExtended, "cannot be extended", key="late", n_trials=1)


def test_a_run_that_is_stopped_while_it_is_paused_ends(shell):
    shell.claim("a")
    shell.pause()
    shell.end(0, "interrupted")
    shell.do(m.StopRequested, reason="enough")
    assert shell.state.is_over()


def test_what_was_never_begun_cannot_be_paused():
    refused(Controlled(), m.StudyPaused, "no run has begun", key="k")


# --- the run is extended ---------------------------------------------------------------------------------------------


def test_a_run_is_extended_by_so_many_trials_or_to_a_total():
    shell = Controlled()
    shell.run(2)
    for slot in "ab":
        shell.claim(slot)
    assert shell.claim("c") is None
    assert shell.extend(n_trials=1) == 1
    assert shell.claim("c").number == 2
    assert shell.extend(max_trials=5) == 2
    assert shell.extend(max_trials=3) == 2, "it never takes back what was granted"
    assert shell.extend(n_trials=0) == 2
    assert [shell.claim(slot) is None for slot in "def"] == [False, False, True]
    shell.verify()


def test_a_run_without_a_bound_stays_without(shell):
    assert shell.extend(n_trials=3) is None
    assert shell.state.work() is None


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({}, "one of them"),
        ({"n_trials": 1, "max_trials": 2}, "one of them"),
        ({"n_trials": -1}, "n_trials must be an integer >= 0, got -1"),
        ({"max_trials": -5}, "max_trials must be an integer >= 0, got -5"),
    ],
)
def test_an_extension_that_says_nothing_is_refused(shell, fields, match):
    refused(shell, m.RunExtended, match, key="k", **fields)


# --- the number of slots ---------------------------------------------------------------------------------------------


def test_a_run_with_fewer_slots_starts_no_more_than_they_hold(shell):
    assert shell.resize(2) == 0
    assert [shell.claim(slot) is None for slot in "abc"] == [False, False, True]
    assert shell.state.work() == 0
    assert shell.resize(3) == 0
    assert shell.state.work() == 1
    assert shell.claim("c").number == 2
    assert shell.claim("d") is None


def test_the_victims_of_a_shrink_are_on_the_lowest_rung_then_have_least_to_lose_then_are_the_youngest():
    shell = Controlled()
    shell.run(pruner=asha(1, 81, 3, mode="stop"))
    for number in range(7):
        shell.claim(f"{number}")

    def go(number, last, saved=None):
        checkpoint = None if saved is None else ref(saved, number=number)
        shell.report(number, *((step, 0.0) for step in range(1, last + 1)), checkpoint=checkpoint)

    go(0, 9, 9)  # rung 9: stays
    go(1, 4, 3)  # rung 3, one step unsaved
    go(2, 5, 5)  # rung 3, nothing unsaved: after those on rung 1 the first
    go(3, 2, 2)  # rung 1, nothing unsaved, older than 4
    go(4, 2, 2)  # rung 1, nothing unsaved
    go(5, 2)  # rung 1, all of it unsaved
    # 6 has reported nothing: below the lowest rung
    order = []
    for n in range(6, 0, -1):
        assert shell.resize(n) == 1
        order += [number for number in shell.state.slots.values() if shell.told(number) and number not in order]
    assert order == [6, 4, 3, 5, 2, 1]
    assert shell.told(1) == "the study was given fewer slots"
    shell.verify()


def test_a_shrink_counts_those_that_are_leaving_already_and_they_go_on_when_there_is_room(shell):
    for slot in "abcd":
        shell.claim(slot)
    assert shell.resize(3) == 1
    assert shell.resize(2) == 1
    victims = [number for number in shell.state.slots.values() if shell.told(number)]
    assert victims == [2, 3]  # all alike: the youngest
    assert shell.claim("e") is None, "they hold their slots until they have ended"
    for number in victims:
        assert shell.end(number, "interrupted") is WAITING
    assert shell.claim("e") is None
    shell.end(0, "complete", 1.0)
    assert shell.claim("e").number == 2
    assert shell.resize(9) == 0
    assert [shell.claim(slot).number for slot in "fg"] == [3, 4]


def test_a_study_needs_a_slot(shell):
    refused(shell, m.SlotsResized, r"n_slots must be an integer >= 1, got 0; study.pause\(\)", n_slots=0, key="k")


# --- several orders --------------------------------------------------------------------------------------------------


def test_a_stop_makes_a_pause_final_and_the_earlier_deadline_holds(shell):
    shell.claim("a")
    shell.claim("b")
    shell.pause(grace=20.0)
    at = shell.at
    shell.stop(0, grace=0.0)
    shell.stop(1, grace=50.0)
    assert shell.told(0) == "this trial was stopped"
    assert shell.state.overdue(at + 1.0) == [(0, 1)]
    assert shell.state.overdue(at + 20.0) == [(0, 1), (1, 1)]
    shell.pause(grace=0.0)  # it cannot make a stop less final
    assert shell.state.overdue(shell.at) == [(0, 1), (1, 1)]
    assert shell.lose(0, "stopped") is PRUNED
    assert shell.end(1, "interrupted") is PRUNED


def test_a_driver_that_died_has_no_effect_on_what_was_ordered(shell):
    shell.claim("a")
    shell.claim("b")
    shell.stop(0)
    shell.pause()
    shell.state = shell.fold()
    assert (shell.told(0), shell.told(1)) == ("this trial was stopped", "the study was paused")
    shell.run(name="second")
    assert shell.states() == {0: PRUNED, 1: WAITING}


# --- hostile requests ------------------------------------------------------------------------------------------------

REQUESTS = [
    m.TrialStopRequested(number=0, key="k", grace=1.5),
    m.StudyPaused(key="k"),
    m.StudyUnpaused(key="k"),
    m.RunExtended(key="k", n_trials=3),
    m.SlotsResized(n_slots=2, key="k"),
]


@pytest.mark.parametrize("event", REQUESTS, ids=lambda event: type(event).__name__)
def test_a_request_needs_a_key_that_can_be_known_again(shell, event):
    shell.claim("a")
    for key, match in (("", "needs a key"), ("x" * 513, "at most 512"), ("a\0b", "without NUL")):
        data = json.loads(encoding.event_to_json(event)) | {"key": key}
        before = dump(shell.state)
        with pytest.raises(ValueError, match=match) as error:
            shell.state.handle(encoding.event_from_json(json.dumps(data)), shell.at)
        brief(error.value)
        assert dump(shell.state) == before


@pytest.mark.parametrize("grace", [-1.0, math.nan, math.inf, -math.inf, "30", None, True, [1]])
def test_a_grace_that_is_no_time_is_refused(shell, grace):
    shell.claim("a")
    for event in REQUESTS[:2]:
        data = json.loads(encoding.event_to_json(event)) | {"grace": grace}
        before = dump(shell.state)
        with pytest.raises(MessageError, match="grace"):
            shell.state.handle(encoding.event_from_json(json.dumps(data)), shell.at)
        assert dump(shell.state) == before


@pytest.mark.parametrize("event", REQUESTS, ids=lambda event: type(event).__name__)
def test_an_attempt_may_not_ask_for_it(event):
    line = encoding.event_to_json(event)
    assert encoding.event_from_json(line) == event
    with pytest.raises(MessageError, match="an attempt may send"):
        encoding.message_from_json(line.encode(), m.Claimed, m.ParamAsked, m.Reported)


def test_an_attempt_cannot_report_of_itself_that_it_was_killed(shell):
    shell.claim("a")
    shell.pause()
    failure = m.Failure(error="x", kind=FailureKind.STOPPED)
    refused(
        shell, m.AttemptEnded, "cannot report of itself", number=0, attempt=1, outcome=Outcome.FAIL, failure=failure
    )


@pytest.mark.parametrize("directions", [(MINIMIZE,), (MAXIMIZE,), (MINIMIZE, MAXIMIZE)])
def test_a_stopped_trial_is_never_the_best(directions):
    shell = Controlled(*directions)
    shell.run()
    shell.claim("a")
    shell.stop(0)
    shell.lose(0, "stopped")
    assert shell.state.best is None
    shell.verify()
