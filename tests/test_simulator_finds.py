"""What the simulator has found, each as the shortest history that shows it."""

from __future__ import annotations

import dataclasses
import json

import pytest

from raytune_lite.core import messages as m
from raytune_lite.core.messages import Decision, FailureKind, Outcome
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.core.schedules import Levels
from raytune_lite.exceptions import FencedError, StaleAttemptError, StorageError
from raytune_lite.runtime.answers import is_superseded, refusal
from raytune_lite.runtime.attempt import run_trial
from raytune_lite.runtime.delivery import Delivery
from raytune_lite.runtime.failures import DriverGone
from raytune_lite.runtime.handover import Lost
from raytune_lite.runtime.heartbeat import EXIT_CODE, Heartbeat
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.simulator.owners import Results
from raytune_lite.runtime.trial import Trial
from raytune_lite.runtime.virtual.world import Process, World
from raytune_lite.samplers import GridSampler
from raytune_lite.trial import TrialState

from .core_tools import OpenSession, Shell, asha, dump, reports, study_config


@pytest.fixture
def config(storage):
    return study_config(storage, run="r", lease=10.0, retries=RetryPolicy(lease_expired=0))


def test_a_claim_that_finds_no_cell_changes_nothing():
    """Seed 3069: it threw away a returned cell that an enqueued trial held; the log then folded to another grid."""
    grid = GridSampler({"x": [1, 2]}, seed=0, max_failures=9)
    shell = Shell()
    shell.run(sampler=grid, retries=RetryPolicy(abort_after=None))
    first, second = shell.claim("a"), shell.claim("b")
    x = json.loads(dict(first.fixed)["x"])
    shell.end(first.number, "fail")
    shell.do(m.TrialEnqueued, params=(("x", str(x)),))
    wished = shell.claim("c")
    assert dict(wished.fixed) == dict(first.fixed)
    before = dump(shell.state)
    assert shell.claim("d") is None  # both cells are held
    assert dump(shell.state) == before
    shell.end(second.number, "fail")
    shell.end(wished.number, "fail")
    assert shell.claim("e").fixed == second.fixed  # the one that came back first
    assert dump(shell.fold()) == dump(shell.state)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_late_copy_of_a_claim_begins_no_other_trial(config, clock, restarted):
    """Seed 58: nobody would have run that trial; one claimed ahead would have hung for ever."""
    session = OpenSession(config, host=clock)
    session.call(m.Claimed(slot="a", node="n"))
    session.call(m.AttemptEnded(number=0, attempt=1, outcome=Outcome.COMPLETE, values=(1.0,)))
    if restarted:
        session = OpenSession(config, host=clock)
    assert session.call(m.Claimed(slot="a", node="n")) is None
    assert session.call(m.Claimed(slot="b", node="n")).number == 1
    session.close()


@pytest.mark.parametrize("restarted", [False, True])
def test_a_slot_given_up_is_told_until_the_launcher_has_closed_it(config, clock, restarted):
    """Seed 58: told once, in an answer that got lost, the task of a stopped process kept its place for ever."""
    session = OpenSession(config, host=clock)
    session.call(m.Claimed(slot="a", node="n"))
    clock.now += 11
    session.tick()
    if restarted:
        session = OpenSession(config, host=clock)
    assert session.slots.given_up() == ("a",)
    assert session.slots.given_up() == ("a",)
    assert session.slots.lose(Lost(slot="a", kind=FailureKind.LEASE_EXPIRED, message="killed")) is None
    assert session.slots.given_up() == ()
    session.close()


def test_an_attempt_claimed_ahead_that_is_never_heard_is_given_up_and_costs_no_retry(config, clock):
    """Seed 115: without a lease, a process stopped before its first word held its trial for ever."""
    session = OpenSession(config, host=clock)
    session.call(m.Claimed(slot="a", prefetched=True))
    session.call(m.Claimed(slot="b", prefetched=True))
    session.call(m.Reported(number=1, attempt=1, progress=m.Progress()))
    clock.now += 11
    session.tick()
    states = [trial.state for trial in session.state.trials.values()]
    assert states == [TrialState.WAITING, TrialState.FAIL]  # the other one was heard: its silence counts
    outcomes = [record.outcome for record in session.repository.attempts(session.study)]
    assert outcomes == ["driver_lost", "lease_expired"]
    assert session.slots.given_up() == ("a", "b")
    session.close()


def test_a_driver_that_was_stopped_does_not_blame_those_whom_it_did_not_hear(config, clock):
    """Stopped for longer than a lease, it found every lease over, while reports waited at its door."""
    session = OpenSession(config, host=clock)
    session.call(m.Claimed(slot="a", node="n"))
    clock.now += 1000
    session.slots.renew()
    session.tick()
    assert session.state.live() == [(0, 1)]
    clock.now += 11
    session.tick()
    assert session.state.live() == []
    session.close()


def test_a_trial_cannot_begin_before_its_claim_is_stored(config, clock):
    """Seed 32036: the database took longer than trial_timeout to store a claim, and its attempt was given up."""
    session = OpenSession(dataclasses.replace(config, trial_timeout=5.0), host=clock)
    commit = session.repository.commit

    def slow(*arguments, **options):
        clock.now += 1000
        return commit(*arguments, **options)

    session.repository.commit = slow
    session.call(m.Claimed(slot="a", node="n"))
    session.repository.commit = commit
    session.slots.renew()
    session.tick()
    assert session.state.live() == [(0, 1)]
    clock.now += 40
    session.slots.renew()
    session.tick()
    assert session.state.live() == []
    session.close()


def test_a_slot_that_was_given_up_in_an_earlier_run_is_not_killed_in_the_next(config, clock):
    """Seed 30060: each launcher calls its slots ahead-1, ahead-2, ..."""
    session = OpenSession(config, host=clock)
    session.call(m.Claimed(slot="ahead-1", prefetched=True))
    clock.now += 11
    session.tick()
    assert session.slots.given_up() == ("ahead-1",)
    session.close()
    session = OpenSession(dataclasses.replace(config, run="next"), host=clock)
    session.call(m.Claimed(slot="ahead-1", prefetched=True))
    assert session.slots.given_up() == ()
    session.close()


def test_the_slots_of_a_run_that_takes_its_study_back_are_killed(config, clock):
    """Seed 42748: two tasks were stopped for good while another run had the study, and the run waited for them."""
    for run, slot in ((config.run, "a"), ("other", "b"), (config.run, "c")):
        session = OpenSession(dataclasses.replace(config, run=run), host=clock)
        given_up = session.slots.given_up()
        session.call(m.Claimed(slot=slot, node="n"))
        session.close()
    assert given_up == ("a",)


def test_a_driver_that_was_stopped_has_the_launcher_look_again(config, clock):
    """Seed 7086: the launcher had looked, the driver stood still, and the result came to the launcher meanwhile."""
    session = OpenSession(config, host=clock)
    session.call(m.Claimed(slot="a", node="n"))
    session.call(m.TrialStopRequested(number=0, key="k", grace=1.0))
    clock.now += 9
    session.tick(ask_launcher=True)
    assert session.slots.asked() == ("a",)
    session.slots.checked(["a"])
    clock.now += 1000
    session.slots.renew()
    session.tick(ask_launcher=True)
    assert session.slots.asked() == ("a",)
    assert session.state.live() == [(0, 1)]
    session.slots.checked(["a"])
    session.tick(ask_launcher=True)
    assert session.state.live() == []
    session.close()


@pytest.mark.parametrize("said", [0.0, 25.0])
def test_a_restarted_driver_whose_clock_was_wrong_blames_no_attempt_for_the_jump(config, clock, said):
    """Seed 70663: a driver 20 s ahead stamped events; the next one took that for time of the attempt, and a lost lease
    for a timeout, which has another retry budget."""
    config = dataclasses.replace(config, trial_timeout=30.0, retries=RetryPolicy(lease_expired=1, timeout=0))
    for ahead in (0.0, 20.0, 0.0):
        clock.ahead = ahead
        session = OpenSession(config, host=clock)
        session.call(m.Claimed(slot="a", node="n"))
        session.call(m.Claimed(slot=f"other {ahead}", node="n"))  # an event, with a date
        clock.now += 1.0
    clock.now += 8.0
    session.call(m.Reported(number=0, attempt=1, progress=m.Progress(trained=said)))  # a heartbeat: it is not logged
    clock.now += 11.0
    session.tick()
    outcome = session.repository.attempts(session.study)[0].outcome
    assert outcome == ("timeout" if said else "lease_expired")
    session.close()


def test_a_restarted_driver_knows_from_the_log_how_long_an_attempt_has_run(config, clock):
    config = dataclasses.replace(config, trial_timeout=30.0)
    session = OpenSession(config, host=clock)
    session.call(m.Claimed(slot="a", node="n"))
    progress = m.Progress(reports=((1, (0.5,)),), trained=29.0)
    session.call(m.Reported(number=0, attempt=1, progress=progress))
    session = OpenSession(config, host=clock)
    clock.now += 11.0
    session.tick()
    assert [attempt.outcome for attempt in session.repository.attempts(session.study)] == ["timeout"]
    session.close()


# --- a driver that has lost its study, or is not there ---------------------------------------------------------------


class DyingHost(RealHost):
    """Notes the end of the process instead of ending the tests."""

    def __init__(self):
        self.exits, self.armed = [], []

    def die(self, code, why):
        self.exits.append(code)

    def arm(self, seconds):
        self.armed.append(seconds)


class Gone:
    """A channel to nobody."""

    def report(self, number, attempt, progress):
        raise DriverGone("no answer for 60 s")

    def suggest(self, number, attempt, name, distribution):
        raise DriverGone("no answer for 60 s")


@pytest.mark.parametrize("say", [lambda trial: trial.delivery.flush(), lambda trial: trial.suggest_float("x", 0, 1)])
def test_a_trial_is_not_blamed_for_a_driver_that_is_gone(say):
    """Seed 220: the objective got the driver's FencedError (or a TimeoutError), and the trial was FAIL for good."""
    trial = Trial(m.Assignment(number=0, attempt=1, schedule=Levels((1,))), Gone(), lambda: None)
    trial.report(0.5, 1)
    ended = run_trial(say, trial)
    assert ended.outcome is Outcome.INTERRUPTED
    assert ended.progress.reports == ((1, (0.5,)),)


@pytest.mark.parametrize("late", [False, True])
def test_a_heartbeat_whose_driver_is_gone_ends_with_the_lease(late):
    trial = Trial(m.Assignment(number=0, attempt=1), Gone(), lambda: None)
    host = DyingHost()
    heartbeat = Heartbeat(host, lease=60.0)
    heartbeat._trial = trial
    trial.delivery.acknowledged_at -= 61.0 * late
    heartbeat.renew(trial)
    assert host.exits == [EXIT_CODE] * late


def test_only_a_driver_without_its_study_is_superseded():
    assert is_superseded(refusal(FencedError("s", 1)))
    assert is_superseded(refusal(StorageError("the database has failed")))
    assert not is_superseded(refusal(StaleAttemptError(0, 1, "gone")))
    assert not is_superseded(refusal(ValueError("x")))
    assert not is_superseded(b'["continue",false]')


class Violated(Exception):
    """What an auditor found."""


def fail_unless(holds, what):
    if not holds:
        raise Violated(what)


def test_a_retried_trial_asks_at_its_first_new_step_while_its_pause_stands():
    """Seed 2000305: PAUSE came at a step that was not due, and the report had not waited for what was being uploaded.

    The trial was paused without the checkpoint that its next attempt was to go on from.
    """
    shell = Shell()
    shell.run(pruner=asha(eta=2), retries=RetryPolicy(timeout=1))
    shell.claim("a")
    rung = m.Progress(reports=reports((1, 1.0)))
    failure = m.Failure(error="too late", kind=FailureKind.TIMEOUT)
    shell.end(0, "fail", progress=rung, failure=failure)  # the rung's report comes with the end, which is no pause
    assert shell.state.trials[0].state is TrialState.WAITING
    shell.at += 100.0
    again = shell.claim("b")
    assert (again.number, again.last_step, again.waits) == (0, 1, True)
    delivery = Delivery(again, None, RealHost())
    assert delivery.next_due == 2  # else the next rung
    delivery.hold(True)
    delivery.add_report((1.0,), 1)
    delivery.add_report((1.0,), 2)
    assert delivery.drain().reports == ((1, (1.0,)),)
    assert shell.report(0, (2, 1.0)) is Decision.PAUSE
    shell.end(0, "pruned")
    shell.claim("c")
    shell.report(1, (1, 2.0))
    promoted = shell.claim("d")
    assert (promoted.number, promoted.last_step, promoted.waits) == (0, 2, False)


@pytest.fixture
def results():
    """The auditor of results, the world, and a script that is to get the result of attempt 1 of trial 7."""
    world = World(0, {})
    return Results(fail_unless), world, Process(world, "run-1")


RESULT = m.AttemptEnded(number=7, attempt=1, outcome=Outcome.COMPLETE, values=(1.0,))


def test_an_attempt_may_be_given_up_before_its_result_comes_and_be_stored_after_it(results):
    """Seed 148 with a population: the commit of the loss hung, and the result came meanwhile."""
    audited, world, script = results
    world.now = 20.0
    audited.returned(script, RESULT)
    audited.given_up(7, 1, "lease_expired", "run-1", decided_at=15.0)
    audited.given_up(7, 1, "lease_expired", "run-1", decided_at=44.0)
    with pytest.raises(Violated, match="in the hands of run-1 for 26 s"):
        audited.given_up(7, 1, "lease_expired", "run-1", decided_at=46.0)


def test_a_script_has_no_result_in_hand_while_its_machine_sleeps(results):
    audited, world, script = results
    audited.suspended(10.0, 500.0)
    world.now = 47.0
    audited.returned(script, RESULT)
    audited.given_up(7, 1, "lease_expired", "run-1", decided_at=530.0)
    with pytest.raises(Violated, match="for 40 s"):
        audited.given_up(7, 1, "lease_expired", "run-1", decided_at=550.0)
