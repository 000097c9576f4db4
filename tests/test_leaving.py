"""Nodes that leave: attempts there save and go on elsewhere, at no cost of retries; nothing begins on such a node."""

from __future__ import annotations

import math

import pytest

import raytune_lite as rtl
from raytune_lite import testing
from raytune_lite.checkpoints.directories import DirectoryStore
from raytune_lite.core import messages as m
from raytune_lite.core.messages import Decision, Outcome
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.core.schedules import Every
from raytune_lite.exceptions import MessageError
from raytune_lite.runtime.answers import answer, read
from raytune_lite.runtime.attempt import run_trial
from raytune_lite.runtime.failures import AttemptInterrupted
from raytune_lite.runtime.handover import Handover
from raytune_lite.trial import TrialState

from .core_tools import Clock, Shell, asha, dump, inside, open_driver, plain, ref, reopened, study_config
from .test_worker import FakeChannel, trial_on

WAITING, RUNNING, PAUSED, FAIL = TrialState.WAITING, TrialState.RUNNING, TrialState.PAUSED, TrialState.FAIL
NO_RETRIES = RetryPolicy(worker_crash=0, lease_expired=0, timeout=0, node_lost=0, out_of_memory=0)


class Cluster(Shell):
    """A shell whose nodes leave."""

    def leave(self, *nodes):
        return self.do(m.NodesLeaving, nodes=nodes)

    def claim_on(self, node, slot):
        return self.ask(m.Claimed, slot=slot, node=node)

    def told(self, number):
        return self.state.should_stop(number, self.state.trials[number].attempt, self.at)

    def verify(self):
        assert dump(self.fold()) == dump(self.state) == dump(reopened(self.state))


@pytest.fixture
def shell():
    """A run in which no loss may be retried; at the end its log folds to its state."""
    made = Cluster()
    made.run(retries=NO_RETRIES)
    yield made
    made.verify()


# --- the core --------------------------------------------------------------------------------------------------------


def test_attempts_on_a_node_that_leaves_are_told_to_save_and_go_on_first_elsewhere(shell):
    for slot, node in (("a", "n1"), ("b", "n2"), ("c", "n1")):
        shell.claim_on(node, slot)
    shell.leave(("n1", 60.0))
    assert [shell.told(n) for n in (0, 1)] == [m.Leave(reason="its node leaves, in 60 s", seconds=60.0), None]
    assert shell.report(0, (1, 0.5), checkpoint=ref(1)) is Decision.CONTINUE
    [end, *_] = shell.do(m.AttemptEnded, number=0, attempt=1, outcome=Outcome.INTERRUPTED)
    assert (end.outcome, end.message) == ("interrupted", "its node leaves, in 60 s")
    shell.do(m.TrialEnqueued, params=())
    again = shell.claim_on("n2", "d")
    assert (again.number, again.attempt, again.checkpoint) == (0, 2, ref(1))
    assert shell.told(0) is None
    assert shell.state.trials[0].retried == {}


def test_why_an_attempt_was_interrupted_is_shown(shell):
    for slot in "abc":
        shell.claim_on("n1", slot)
    why = "rank 1 of this trial: its process got SIGTERM"
    [end, *_] = shell.do(m.AttemptEnded, number=0, attempt=1, outcome=Outcome.INTERRUPTED, reason=why)
    assert end.message == why
    [end, *_] = shell.do(m.AttemptEnded, number=1, attempt=1, outcome=Outcome.INTERRUPTED, reason="x" * 10_000)
    assert len(end.message) <= 500
    shell.leave(("n1", 60.0))
    [end, *_] = shell.do(m.AttemptEnded, number=2, attempt=1, outcome=Outcome.INTERRUPTED, reason="its node leaves")
    assert end.message == "its node leaves, in 60 s", "the driver's words, which name the time"


def test_a_trial_that_comes_to_a_step_of_other_resources_goes_on_in_another_attempt_once_it_has_saved():
    shell = Cluster()
    shell.run(retries=NO_RETRIES, moves_at=(3, 9))
    for slot in "abc":
        shell.claim_on("n1", slot)
    shell.report(0, (2, 0.5))
    assert shell.told(0) is None
    shell.report(0, (3, 0.4))
    why = "from step 3 on its trial asks for other resources"
    assert shell.told(0) == m.Leave(reason=why, seconds=None)
    assert shell.told(1) is None
    shell.report(0, checkpoint=ref(3))
    shell.do(m.AttemptEnded, number=0, attempt=1, outcome=Outcome.INTERRUPTED)
    again = shell.claim_on("n2", "d")
    assert (again.number, again.attempt, again.last_step) == (0, 2, 3)
    shell.report(0, (4, 0.4), (8, 0.3))
    assert shell.told(0) is None
    assert shell.state.trials[0].retried == {}
    shell.report(1, (30, 0.4))  # it steps over both
    assert shell.told(1) is not None
    shell.do(m.AttemptLost, number=1, attempt=1, kind=m.FailureKind.WORKER_CRASH, message="died before it saved")
    assert shell.state.trials[1].state is FAIL, "its own death costs what it costs"
    shell.verify()


def test_no_trial_begins_on_a_node_that_leaves_and_a_claim_that_was_answered_is_answered_again(shell):
    first = shell.claim_on("n1", "a")
    shell.leave(("n1", None))
    assert shell.claim_on("n1", "a") == first
    assert shell.claim_on("n1", "b") is None
    assert shell.claim_on("n2", "c").number == 1
    assert shell.claim_on(None, "d").number == 2  # claimed ahead: nobody knows where it will run
    shell.leave()
    assert shell.claim_on("n1", "e").number == 3


@pytest.mark.parametrize("kind", ["node_lost", "worker_crash", "lease_expired"])
def test_an_attempt_that_did_not_save_in_time_is_lost_with_its_node_at_no_cost(shell, kind):
    shell.claim_on("n1", "a")
    shell.leave(("n1", 5.0))
    assert shell.state.overdue(shell.at + 1e6) == [], "nobody kills it"
    assert shell.lose(0, kind) is WAITING
    assert shell.state.trials[0].retried == {}


@pytest.mark.parametrize("kind", ["timeout", "out_of_memory"])
def test_what_an_attempt_does_to_itself_is_its_own_also_on_a_node_that_leaves(shell, kind):
    shell.claim_on("n1", "a")
    shell.leave(("n1", 5.0))
    assert shell.lose(0, kind) is FAIL


def test_what_is_known_already_changes_nothing_and_a_deadline_that_moves_counts(shell):
    shell.claim_on("n1", "a")
    shell.leave(("n1", 60.0))
    n = len(shell.log)
    shell.leave(("n1", 59.0 + 4.0))  # a second later, and told a little late
    assert len(shell.log) == n
    shell.leave(("n1", 20.0))
    assert (len(shell.log), shell.told(0).seconds) == (n + 1, 20.0)
    shell.leave(("n1", None))
    assert shell.told(0) == m.Leave(reason="its node leaves", seconds=None)


def test_what_the_user_asks_for_is_stronger_and_those_that_leave_are_its_first_victims(shell):
    for slot, node in (("a", "n1"), ("b", "n2")):
        shell.claim_on(node, slot)
    for number in (0, 1):
        shell.report(number, *((step, 1.0) for step in range(1, 9 if number == 0 else 2)))
    shell.leave(("n1", 1.0))
    assert shell.ask(m.SlotsResized, n_slots=1, key="k", grace=30.0) == 1  # trial 0: it loses its work anyway
    assert (shell.told(0), shell.told(1)) == ("the study was given fewer slots", None)
    at = shell.at
    assert (shell.state.overdue(at + 29.0), shell.state.overdue(at + 30.0)) == ([], [(0, 1)]), "the user's grace, whole"
    shell.leave(("n1", 1.0), ("n2", 1.0))
    assert shell.told(0) == "the study was given fewer slots"
    assert shell.ask(m.TrialStopRequested, number=1, key="s") == RUNNING
    assert shell.told(1) == "this trial was stopped"


def test_an_attempt_that_the_pruner_paused_stays_paused():
    shell = Cluster()
    shell.run(pruner=asha())
    shell.claim_on("n1", "a")
    shell.leave(("n1", 60.0))
    assert shell.report(0, (1, 0.5)) is Decision.PAUSE
    assert shell.end(0, "interrupted") is PAUSED
    shell.verify()


def test_the_next_run_knows_of_no_node_until_it_is_told(shell):
    shell.claim_on("n1", "a")
    shell.leave(("n1", 60.0))
    shell.run(name="second")
    assert shell.claim_on("n1", "b").attempt == 2


@pytest.mark.parametrize("seconds", [-1.0, math.inf, math.nan])
def test_a_time_that_is_none_is_refused_and_nothing_is_changed(shell, seconds):
    before = dump(shell.state)
    with pytest.raises(MessageError, match=r"node 'n1' must leave in a number of seconds >= 0, or None, got"):
        shell.leave(("n1", seconds))
    assert dump(shell.state) == before


# --- the attempt -----------------------------------------------------------------------------------------------------


@pytest.fixture
def channel():
    return FakeChannel()


@pytest.fixture
def store(tmp_path):
    return DirectoryStore(tmp_path / "checkpoints")


def trained(trial, *, steps=5, saves_first=False, heeds=True):
    """The steps that an objective got to begin before its attempt ended, and how it ended."""
    begun = []

    def objective(trial):
        for step in range(1, steps + 1):
            begun.append(step)
            saves = heeds and trial.should_checkpoint()
            if saves and saves_first:
                trial.save_checkpoint({"step": step}, step)
            trial.report(1.0, step)
            if saves and not saves_first:
                trial.save_checkpoint({"step": step}, step)
            trial.should_prune()
        return 1.0

    return begun, run_trial(objective, trial)


@pytest.mark.parametrize("saves_first", [True, False])
def test_an_attempt_that_is_told_saves_and_ends_with_that_steps_report(channel, store, saves_first):
    channel.stop = m.Leave(reason="its node leaves", seconds=60.0)
    trial = trial_on(channel, store, schedule=Every())
    assert not trial.should_checkpoint()
    begun, ended = trained(trial, saves_first=saves_first)  # it hears of it with the answer to its first report
    assert (begun, ended.outcome) == ([1, 2], Outcome.INTERRUPTED)
    told = [*channel.told, ended.progress]
    assert [step for progress in told for step, _ in progress.reports] == [1, 2]
    assert [progress.checkpoint.step for progress in told if progress.checkpoint] == [2]


def test_an_attempt_ends_with_its_usual_checkpoint_too_and_one_that_saves_nothing_runs_on(channel, store):
    channel.stop = m.Leave(reason="its node leaves")
    begun, ended = trained(trial_on(channel, store, schedule=Every()), heeds=False)
    assert (begun, ended.outcome) == ([1, 2, 3, 4, 5], Outcome.COMPLETE)

    def objective(trial):
        trial.report(1.0, 1)
        trial.should_prune()
        trial.save_checkpoint({}, 1)
        raise AssertionError("it goes on")

    ended = run_trial(objective, trial_on(channel, store, schedule=Every()))
    assert (ended.outcome, ended.event().reason) == (Outcome.INTERRUPTED, "its node leaves")


def test_the_pruners_decision_stands_beside_the_order(channel, store):
    channel.stop = m.Leave(reason="its node leaves")
    channel.decisions[1] = Decision.STOP
    trial = trial_on(channel, store, schedule=Every())
    trial.report(1.0, 1)
    assert trial.should_prune()
    assert trial.should_checkpoint()


def test_who_waits_for_a_better_place_to_save_waits_for_half_of_the_time(channel):
    clock = Clock()
    trial = trial_on(channel, host=clock)
    channel.stop = m.Leave(reason="its node leaves", seconds=60.0)
    trial.delivery.flush()
    clock.now += 29.0
    trial.delivery.flush()  # told again, which does not move it
    assert (trial.should_checkpoint(), trial.delivery.must_hurry) == (True, False)
    clock.now += 1.0
    assert trial.delivery.must_hurry


def test_a_stricter_order_ends_it_at_its_next_word(channel):
    trial = trial_on(channel)
    channel.stop = m.Leave(reason="its node leaves")
    trial.delivery.flush()
    channel.stop = "the study was paused"
    trial.delivery.flush()
    assert trial.should_checkpoint()  # which must not keep a report from being made
    with pytest.raises(AttemptInterrupted, match="paused"):
        trial.report(1.0, 1)
    assert trial.delivery.drain().reports == ((1, (1.0,)),)


@pytest.mark.parametrize("stop", [None, "paused", m.Leave(reason="its node leaves", seconds=2.5)])
def test_an_order_travels_as_it_is(stop):
    value, found = read(answer(Decision.PAUSE, stop))
    assert (value, plain(found)) == ("pause", plain(stop))


# --- the driver ------------------------------------------------------------------------------------------------------


def test_the_driver_stores_what_the_launcher_has_seen_once_and_tells_the_attempts(tmp_path):
    config = study_config(f"sqlite:///{tmp_path / 's.db'}")
    driver = open_driver(config)
    driver.ask(m.Claimed(slot="a", node="n1"))
    for seconds in (60.0, 58.0, 57.0):
        driver.plan(Handover(leaving=(("n1", seconds),)))
    found = driver.report(m.Reported(number=0, attempt=1, progress=m.Progress()))
    assert (found[0], type(found[1])) == (Decision.CONTINUE, m.Leave)
    assert found[1].seconds == pytest.approx(60.0, abs=5.0)
    driver.plan(Handover())
    session = inside(driver)
    log = [entry.event for entry in session.repository.events(session.study)]
    assert [len(event.nodes) for event in log if isinstance(event, m.NodesLeaving)] == [1, 0]
    driver.close()


def test_a_fake_trial_and_a_trial_in_this_process_are_told_nothing():
    assert not testing.FakeTrial().should_checkpoint()
    asked = []
    rtl.create_study().optimize(lambda trial: asked.append(trial.should_checkpoint()) or 0.0, 1, executor="inline")
    assert asked == [False]
