"""The driver in this process: its inbox, its patience with a database, what it answers and when. No Ray."""

from __future__ import annotations

import threading
import time

import pytest

import raytune_lite as rl
from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_to_json, from_json
from raytune_lite.distributions import FloatDistribution
from raytune_lite.exceptions import (
    DamagedStudyError,
    FencedError,
    MessageError,
    SchemaVersionError,
    StorageError,
)
from raytune_lite.runtime import driver as drivers
from raytune_lite.runtime.answers import BUSY, is_superseded, read
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.driver import Driver
from raytune_lite.runtime.handover import Handover, Lost, Returned
from raytune_lite.runtime.host import RealHost
from raytune_lite.samplers import RandomSampler
from raytune_lite.trial import TrialState

from .core_tools import OpenSession

X = m.ParamValue(name="x", value=0.5, distribution=FloatDistribution(0.0, 1.0))


class Bench:
    """A driver on SQLite, whose database fails when the test says so."""

    def __init__(self, storage, **settings):
        rl.create_study(study_name="s", storage=storage, load_if_exists=True).close()
        self.storage, self.notices, self.opened = storage, [], 0
        self.failures = []  # raised by the next commits, in this order
        settings = {"sampler": RandomSampler(0), "n_trials": 5, "run": "run", **settings}
        config = RunConfig(storage=storage, study_name="s", durable=False, **settings)

        def open_session(later):
            self.opened += 1
            session = OpenSession(config, later=later)
            commit = session.repository.commit

            def failing(*arguments, **options):
                if self.failures and arguments[2]:  # not a mere renewal of the hold
                    raise self.failures.pop(0)
                return commit(*arguments, **options)

            session.repository.commit = failing
            return session

        self.driver = Driver(config, RealHost(), self.notices.append, open_session=open_session)
        self.driver.settings()

    def send(self, event):
        return self.driver.receive(event_to_json(event).encode())

    def claim(self, slot):
        return read(self.send(m.Claimed(slot=slot, node="n", pid=7)))[0]

    def states(self):
        return [trial.state for trial in rl.load_study(study_name="s", storage=self.storage).trials]


@pytest.fixture
def bench(storage):
    made = Bench(storage)
    yield made
    made.driver.close()


def end(slot, number, value=1.0):
    event = m.AttemptEnded(number=number, attempt=1, outcome=m.Outcome.COMPLETE, values=(value,))
    return Returned(slot=slot, message=event_to_json(event).encode())


# --- what it answers -------------------------------------------------------------------------------------------------


def test_a_claim_sent_twice_gets_one_trial(bench):
    first, again = bench.send(m.Claimed(slot="a", node="n")), bench.send(m.Claimed(slot="a", node="n"))
    assert first == again
    assert len(bench.states()) == 1


def test_what_an_attempt_wrote_is_what_the_log_keeps(bench):
    bench.claim("a")
    text = event_to_json(m.Reported(number=0, attempt=1, progress=m.Progress(reports=((1, (0.5,)),), params=(X,))))
    spaced = text.replace('"step"', '"step"').replace(",", ", ")
    assert read(bench.driver.receive(spaced.encode()))[0] == "continue"
    session = bench.driver._session
    with session.repository._database.read() as connection:
        stored = connection.exec_driver_sql("SELECT json FROM rtl_events ORDER BY seq DESC LIMIT 1").scalar()
    assert stored == spaced


def test_a_refusal_is_an_answer_and_the_next_message_is_handled(bench):
    bench.claim("a")
    with pytest.raises(MessageError, match="an attempt may send"):
        read(bench.send(m.RunFinished(run="run")))
    with pytest.raises(MessageError):
        read(bench.driver.receive(b"not a message"))
    assert read(bench.send(m.Reported(number=0, attempt=1, progress=m.Progress())))[0] == "continue"


def test_whoever_waits_too_long_is_told_that_the_driver_is_busy_and_nothing_is_kept_for_it(bench, monkeypatch):
    monkeypatch.setattr(drivers, "BUSY_AFTER", 0.1)
    with bench.driver._lock:
        answers = []
        sender = threading.Thread(target=lambda: answers.append(bench.send(m.Claimed(slot="a", node="n"))))
        sender.start()
        sender.join()
    assert answers == [BUSY]
    assert bench.states() == []
    assert bench.claim("a").number == 0


def test_many_callers_are_answered_from_few_commits(bench):
    bench.claim("a")
    before, n = bench.driver._session.commits.n, 24
    start, wrong = threading.Barrier(n), []

    def report(step):
        start.wait()
        event = m.Reported(number=0, attempt=1, progress=m.Progress(reports=((step, (1.0,)),)))
        if read(bench.send(event))[0] != "continue":
            wrong.append(step)

    with bench.driver._lock:
        threads = [threading.Thread(target=report, args=(step,)) for step in range(n)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)  # all of them are in the inbox
    for thread in threads:
        thread.join()
    assert not wrong
    assert bench.driver._session.commits.n - before < n / 3
    assert len(rl.load_study(study_name="s", storage=bench.storage).trials[0].intermediate_values) == n


# --- plans -----------------------------------------------------------------------------------------------------------


def test_a_plan_takes_ends_in_and_gives_trials_that_are_claimed_ahead(bench):
    bench.claim("a")
    plan = bench.driver.plan(Handover(ended=(end("a", 0),), prefetch=("ahead-1",), seen=0))
    assert [trial.number for trial in plan.finished] == [0]
    assert plan.finished[0].datetime_start is not None
    assert plan.finished[0].datetime_complete is not None
    assert plan.n_finished == 1
    [given] = plan.prefetched
    assert (given.slot, from_json(given.assignment).number, given.is_alone) == ("ahead-1", 1, False)
    assert bench.driver.locate(["a", "ahead-1"]) == [None, None]


def test_of_several_trials_of_a_lost_task_none_is_blamed_and_the_next_attempts_are_alone(storage):
    bench = Bench(storage, retries=rl.RetryPolicy(worker_crash=0))
    slots = ("ahead-1", "ahead-2", "ahead-3")
    bench.driver.plan(Handover(prefetch=slots))
    crash = {"kind": m.FailureKind.WORKER_CRASH, "message": "gone"}
    lost = tuple(Lost(slot=slot, task="ahead-1", **crash) for slot in slots)
    bench.driver.plan(Handover(ended=(end("ahead-2", 1),)))
    bench.driver.plan(Handover(lost=lost))
    assert bench.states() == [TrialState.WAITING, TrialState.COMPLETE, TrialState.WAITING]
    [record] = [record for record in rl.load_study(study_name="s", storage=storage).attempts if record.number == 2]
    assert "worker_crash; its task held 2 trials" in record.message

    bench.driver.plan(Handover(lost=lost))  # the answer was lost: nothing is counted twice
    plan = bench.driver.plan(Handover(prefetch=("ahead-4", "ahead-5", "ahead-6")))
    given = {from_json(item.assignment).number: item.is_alone for item in plan.prefetched}
    assert given == {0: True, 2: True, 3: False}
    [alone] = [item.slot for item in plan.prefetched if from_json(item.assignment).number == 0]
    bench.driver.plan(Handover(lost=(Lost(slot=alone, **crash),)))  # now it is known who was at work
    assert bench.states()[:3] == [TrialState.FAIL, TrialState.COMPLETE, TrialState.RUNNING]
    bench.driver.close()


def test_what_ran_for_a_launcher_that_is_dead_is_lost_at_no_cost_when_the_next_one_begins(storage):
    bench = Bench(storage, retries=rl.RetryPolicy(worker_crash=0))
    bench.claim("a")
    bench.driver.plan(Handover(prefetch=("ahead-1",)))
    assert bench.states() == [TrialState.RUNNING] * 2
    for _ in range(2):  # Ray sends a call again whose answer was lost
        assert bench.driver.plan(Handover(begins=True)).counts == {"WAITING": 2}
    assert {record.outcome for record in rl.load_study(study_name="s", storage=storage).attempts} == {"driver_lost"}
    assert bench.claim("b").number == 0
    assert bench.driver.plan(Handover()).counts == {"RUNNING": 1, "WAITING": 1}
    bench.driver.close()


def test_the_one_trial_that_is_left_of_a_lost_task_is_blamed(storage):
    bench = Bench(storage, retries=rl.RetryPolicy(worker_crash=0))
    bench.driver.plan(Handover(prefetch=("ahead-1", "ahead-2")))
    given_back = m.AttemptEnded(number=1, attempt=1, outcome=m.Outcome.INTERRUPTED)
    assert read(bench.send(given_back))[0] == TrialState.WAITING
    assert read(bench.send(given_back))[0] == TrialState.WAITING  # a late copy
    crash = {"kind": m.FailureKind.WORKER_CRASH, "message": "gone"}
    bench.driver.plan(Handover(lost=tuple(Lost(slot=f"ahead-{i}", task="ahead-1", **crash) for i in (1, 2))))
    assert bench.states() == [TrialState.FAIL, TrialState.WAITING]
    bench.driver.close()


def test_an_end_that_comes_early_and_again_with_its_task_counts_once(bench):
    bench.driver.plan(Handover(prefetch=("ahead-1",)))
    first = end("ahead-1", 0)
    assert read(bench.driver.receive(first.message))[0] == TrialState.COMPLETE
    plan = bench.driver.plan(Handover(ended=(first,), seen=0))
    assert [trial.number for trial in plan.finished] == [0]
    assert bench.states() == [TrialState.COMPLETE]


def test_every_trial_that_ends_is_in_one_plan_also_one_that_was_lost(storage):
    bench = Bench(storage, retries=rl.RetryPolicy(worker_crash=0))
    for slot in ("a", "b"):
        bench.claim(slot)
    assert bench.driver.locate(["a"]) == [("n", 7)]
    lost = Lost(slot="b", kind=m.FailureKind.WORKER_CRASH, message="gone")
    first = bench.driver.plan(Handover(lost=(lost,), seen=0))
    second = bench.driver.plan(Handover(ended=(end("a", 0),), seen=first.n_finished))
    assert [(t.number, t.state) for t in first.finished] == [(1, TrialState.FAIL)]
    assert [(t.number, t.state) for t in second.finished] == [(0, TrialState.COMPLETE)]
    assert bench.driver.plan(Handover(seen=second.n_finished)).finished == ()
    bench.driver.close()


def test_a_task_that_could_not_hear_its_trial_gives_it_back_at_once(bench):
    bench.claim("a")
    bench.driver.plan(Handover(ended=(Returned(slot="a"),)))
    assert bench.states() == [TrialState.WAITING]
    assert bench.claim("a") is None  # its task is over: a late copy of its claim begins nothing
    assert bench.claim("b").attempt == 2


def test_while_the_script_is_stopped_attempts_are_told_to_end_and_nothing_begins(bench):
    bench.claim("a")
    assert not bench.driver.plan(Handover(draining=True)).over
    assert read(bench.send(m.Claimed(slot="b", node="n"))) == (None, drivers.INTERRUPTED)
    assert read(bench.send(m.Reported(number=0, attempt=1, progress=m.Progress())))[1] == drivers.INTERRUPTED
    assert bench.driver.plan(Handover(draining=True, prefetch=("ahead-1",))).prefetched == ()
    gone = Lost(slot="a", kind=m.FailureKind.DRIVER_LOST, message="interrupted")
    assert bench.driver.plan(Handover(lost=(gone,), draining=True)).over
    assert bench.states() == [TrialState.WAITING]


def test_a_runs_timeout_stops_it_at_the_next_plan(storage):
    bench = Bench(storage, timeout=0.2)
    bench.claim("a")
    time.sleep(0.25)
    assert bench.driver.plan(Handover()).wanted == 1  # what runs may end
    assert bench.claim("b") is None
    assert bench.driver.plan(Handover(ended=(end("a", 0),))).over
    bench.driver.close()


# --- a database that fails -------------------------------------------------------------------------------------------


def test_a_commit_that_failed_is_made_again_on_what_was_stored(bench, monkeypatch):
    monkeypatch.setattr(drivers, "STORAGE_REST", 0.01)
    bench.claim("a")
    bench.failures += [StorageError("gone"), StorageError("still gone")]
    event = m.Reported(number=0, attempt=1, progress=m.Progress(reports=((1, (0.5,)),)))
    assert read(bench.send(event))[0] == "continue"
    assert bench.opened == 3
    assert rl.load_study(study_name="s", storage=bench.storage).trials[0].intermediate_values == {1: 0.5}
    assert "the database fails; trying again for 120 s" in bench.notices[0]
    assert "works again" in bench.notices[1]
    assert len(bench.notices) == 2


def test_a_database_that_fails_for_too_long_pauses_the_run_and_every_caller_hears_of_it(storage, monkeypatch):
    monkeypatch.setattr(drivers, "STORAGE_REST", 0.01)
    bench = Bench(storage, storage_patience=0.05)
    bench.failures += [StorageError("gone")] * 1000
    for _ in range(2):
        reply = bench.send(m.Claimed(slot="a", node="n"))
        assert is_superseded(reply)
        assert b"the run is paused" in reply
    with pytest.raises(StorageError, match="the run is paused"):
        bench.driver.plan(Handover())


@pytest.mark.parametrize(
    "error",
    [SchemaVersionError("of 2030"), DamagedStudyError("by hand"), FencedError("s", 1), ZeroDivisionError("a bug")],
)
def test_what_will_not_go_away_is_not_tried_again(bench, error):
    bench.failures.append(error)
    reply = bench.send(m.Claimed(slot="a", node="n"))
    assert is_superseded(reply) == isinstance(error, (StorageError, FencedError))
    assert bench.opened == 1
    assert bench.driver.fatal is error
    with pytest.raises(type(error)):
        bench.driver.plan(Handover())


def test_a_closed_driver_gives_its_study_back_and_refuses(storage):
    bench = Bench(storage)
    bench.driver.close()
    assert is_superseded(bench.send(m.Claimed(slot="a", node="n")))
    other = Bench(storage, run="another")
    assert other.claim("a").number == 0
    other.driver.close()
