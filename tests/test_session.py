"""Decide, persist, perform, against a real SQLite file: order, refusals, crashes, leases."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_from_json
from raytune_lite.core.messages import Decision
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.distributions import FloatDistribution, IntDistribution
from raytune_lite.exceptions import (
    FencedError,
    MessageError,
    SamplerFailedError,
    StaleAttemptError,
    StorageError,
    StudyBusyError,
)
from raytune_lite.pruners import ASHAPruner
from raytune_lite.runtime.batch import Request
from raytune_lite.runtime.config import OWNER_LEASE
from raytune_lite.runtime.handover import Handover, Lost, Returned
from raytune_lite.runtime.study_time import StudyTime
from raytune_lite.samplers import GridSampler, RandomSampler
from raytune_lite.storages import Repository
from raytune_lite.trial import StudyDirection, TrialState

from .core_tools import T0, Clock, OpenSession, dump, reports, study_config

UNIT = FloatDistribution(0.0, 1.0)


@pytest.fixture
def config(storage):
    return study_config(storage)


def with_(config, **changes):
    import dataclasses

    return dataclasses.replace(config, **changes)


@pytest.fixture
def session(config, clock):
    opened = OpenSession(config, host=clock)
    yield opened
    opened.close()


def claim(session, slot="a"):
    return session.call(m.Claimed(slot=slot, node="n"))


def report(session, number, *pairs, attempt=1, **fields):
    progress = m.Progress(reports=reports(*pairs), **fields)
    return session.call(m.Reported(number=number, attempt=attempt, progress=progress))


def end(session, number, outcome="complete", *values, attempt=1, **fields):
    fields |= {"outcome": m.Outcome(outcome), "values": values or None}
    return session.call(m.AttemptEnded(number=number, attempt=attempt, **fields))


def stored(session):
    return {t.number: (t.state, t.attempt) for t in session.repository.trials(session.study)}


def request(event, heard):
    return Request(event, lambda v: heard.append(("answer", v)), lambda e: heard.append(("refused", e)))


# --- the order ---------------------------------------------------------------------------------------------------


def test_nobody_is_answered_before_the_commit(session, monkeypatch):
    heard, order = [], []
    commit = session.repository.commit
    monkeypatch.setattr(session.repository, "commit", lambda *a, **k: (order.append(list(heard)), commit(*a, **k)))
    session.process([
        request(m.Claimed(slot="a", node="n"), heard),
        request(m.Claimed(slot="b"), heard),
    ])  # fmt: skip
    assert [value.number for _, value in heard] == [0, 1]
    assert order == [[]]  # one transaction, while nobody had heard anything
    assert [kind for kind, _ in heard] == ["answer", "answer"]


def test_a_failed_commit_answers_nobody_discards_nothing_and_poisons_the_session(config, session, clock, monkeypatch):
    claim(session)
    directory = session.checkpoints.begin(0, 1, 1)
    (directory / "x").write_text("x")
    first = session.checkpoints.publish(directory, 0, 1, 1)
    report(session, 0, (1, 0.5), checkpoint=first)
    events = session.repository.events(session.study)

    def refuse(*_, **__):
        raise StorageError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(session.repository, "commit", refuse)
        heard = []
        with pytest.raises(StorageError, match="disk full"):
            session.process([
                request(m.AttemptEnded(number=0, attempt=1, outcome=m.Outcome.FAIL), heard),
                request(m.Claimed(slot="b"), heard),
            ])  # fmt: skip
        assert heard == []
    assert session.checkpoints.verify(first).is_dir()
    # the state in memory is ahead of the database: telling it to anybody would acknowledge what is not stored
    with pytest.raises(StorageError, match="disk full"):
        end(session, 0, "fail")
    assert session.repository.events(session.study) == events
    session.close()
    again = OpenSession(config, host=clock)
    assert dump(again.state) == dump(again.fold(events))
    assert again.state.trials[0].state is TrialState.RUNNING
    assert end(again, 0, "fail") is TrialState.FAIL
    assert not session.checkpoints.root.joinpath(first.uri).exists()
    again.close()


def test_what_a_sender_wrote_stands_in_the_log_unchanged_and_without_its_time(session):
    texts = [
        '{"_":"Claimed","slot":"a","node":"n"}',
        '{"_": "Reported", "at": 99.5, "number": 0, "attempt": 1, "progress": {"_":"Progress","reports":[[1,0.5]]}}',
        '{"_":"TrialEnqueued","params":[["x","\\"é\\""]],"key":"k"}',  # not every database holds every character
    ]
    heard = []
    for text in texts:
        session.process([Request(event_from_json(text), heard.append, heard.append, text=text)])
    with session.repository._database.read() as connection:
        rows = connection.exec_driver_sql("SELECT json FROM rtl_events ORDER BY seq").scalars().all()
    assert [row for row in rows if "RunStarted" not in row and "Suggested" not in row][:2] == texts[:2]
    assert rows[-1].isascii()
    assert event_from_json(rows[-1]) == event_from_json(texts[2])
    assert all('"at"' not in row for row in rows if row not in texts)
    log = session.repository.events(session.study)
    assert all(entry.at < 99.0 for entry in log)
    assert dump(session.fold(log)) == dump(session.state)


def test_a_refused_request_does_not_disturb_the_others(session):
    claim(session)
    heard = []
    session.process([
        request(m.Reported(number=0, attempt=1, progress=m.Progress(reports=((1, (0.5,)),))), heard),
        request(m.Reported(number=0, attempt=9, progress=m.Progress(reports=((2, (0.5,)),))), heard),
        request(m.Claimed(slot="b"), heard),
    ])  # fmt: skip
    assert sorted(kind for kind, _ in heard) == ["answer", "answer", "refused"]
    assert [type(value) for kind, value in heard if kind == "refused"] == [StaleAttemptError]
    assert session.state.trials[0].reports == {1: (0.5,)}
    assert dump(session.fold(session.repository.events(session.study))) == dump(session.state)


class Broken(RandomSampler):
    """A sampler of the user's that fails, in whatever way."""

    broken = True

    def spec(self):
        return {"name": "Broken", "seed": self.seed}

    def sample_independent(self, *arguments):
        if Broken.broken:
            raise KeyError("no such thing")
        return super().sample_independent(*arguments)

    sample_relative = sample_independent

    def search_space(self, view, known):
        return {"x": UNIT} if Broken.broken else {}


def test_a_sampler_that_raises_refuses_its_request_only_and_the_claim_can_be_sent_again(config, clock, monkeypatch):
    monkeypatch.setattr(Broken, "broken", True)
    session = OpenSession(with_(config, sampler=Broken(0), lease=10.0), host=clock)
    heard = []
    session.process([
        request(m.Claimed(slot="a", node="n"), heard),
        request(m.TrialEnqueued(params=()), heard),
    ])  # fmt: skip
    assert [kind for kind, _ in heard] == ["answer", "refused"]
    assert isinstance(heard[1][1], SamplerFailedError)
    assert dump(session.fold(session.repository.events(session.study))) == dump(session.state)
    Broken.broken = False
    assert claim(session).number == 0
    Broken.broken = True
    with pytest.raises(SamplerFailedError, match="the sampler Broken failed for trial 1: KeyError: 'no such thing'"):
        claim(session, "b")
    clock.now += 11
    session.tick()  # both attempts are silent; the one whose sampler failed has a lease too
    assert set(stored(session).values()) == {(TrialState.WAITING, 1)}
    session.close()


def test_what_is_answered_is_stored(session):
    assignment = claim(session)
    param = session.call(m.ParamAsked(number=0, attempt=1, name="x", distribution=UNIT))
    assert report(session, 0, (1, math.nan), user_attrs=(("a", "[1]"),)) is Decision.CONTINUE
    trial = session.repository.trials(session.study)[0]
    assert (assignment.number, trial.params, trial.user_attrs) == (0, {"x": param.value}, {"a": [1]})
    assert repr(trial.intermediate_values) == "{1: nan}"
    assert session.repository.attempts(session.study)[0].slot == "a"


def test_a_message_that_changes_nothing_costs_no_transaction(session):
    claim(session)
    report(session, 0, (1, 0.5))
    commits = session.commits.n
    claim(session)
    report(session, 0, (1, 0.5))
    session.call(m.AttemptLost(number=0, attempt=9, kind=m.FailureKind.NODE_LOST))
    assert session.commits.n == commits


def test_the_same_seed_and_history_give_the_same_suggestion_whatever_happened_in_between(config, clock, storage):
    values = []
    for name in ("p", "q"):
        Repository.open(storage).create_study(name, [StudyDirection.MINIMIZE])
        session = OpenSession(with_(config, study_name=name), host=clock)
        if name == "q":
            claim(session, "other")
        while (number := claim(session, f"z{session.state.next_number}").number) < 1:
            end(session, number, "fail")
        found = session.call(m.ParamAsked(number=number, attempt=1, name="x", distribution=UNIT))
        values.append(found.value)
        session.close()
    assert values[0] == values[1]


# --- crashes -----------------------------------------------------------------------------------------------------

CRASH = """
import os, sys
from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_from_json
from raytune_lite.pruners import ASHAPruner
from raytune_lite.runtime.config import RunConfig
from raytune_lite.runtime.session import Session
from raytune_lite.samplers import RandomSampler
session = Session(RunConfig(storage=sys.argv[1], study_name="s", run="dead", sampler=RandomSampler(0),
                            pruner=ASHAPruner(1, 9, 3), durable=False))
for slot in "abc":
    session.call(m.Claimed(slot=slot, node="n"))
for number in (0, 1):
    session.call(m.Reported(number=number, attempt=1, progress=m.Progress(reports=((1, (float(number),)),))))
session.call(m.AttemptEnded(number=0, attempt=1, outcome=m.Outcome.PRUNED))
session.call(m.Claimed(slot="d"))
session.call(m.AttemptEnded(number=2, attempt=1, outcome=m.Outcome.COMPLETE, values=(5.0,)))
session.call(m.Reported(number=3, attempt=1, progress=m.Progress(reports=((0, (1.0,)),))))
os._exit(9)
"""


def test_after_kill_9_finished_stays_running_returns_and_paused_keeps_its_rung(config, storage):
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(CRASH), storage], check=False).returncode == 9
    # at once: the holder is provably dead
    session = OpenSession(with_(config, pruner=ASHAPruner(1, 9, 3), n_trials=1))
    P, W, C = TrialState.PAUSED, TrialState.WAITING, TrialState.COMPLETE
    # trial 1 had been told to pause; its end was never heard, the decision stands
    assert stored(session) == {0: (P, 1), 1: (P, 1), 2: (C, 1), 3: (W, 1)}
    rungs = [(r.number, r.level, r.value) for r in session.repository.rungs(session.study)]
    assert rungs == [(0, 1, 0.0), (1, 1, 1.0), (2, 1, 5.0), (2, 3, 5.0)]
    again = claim(session, "x")
    assert (again.number, again.attempt, again.last_step) == (3, 2, 0)
    with pytest.raises(StaleAttemptError):
        report(session, 3, (1, 0.0), attempt=1)
    assert claim(session, "y").number == 0  # promoted: best of three
    outcomes = [(a.number, a.attempt, a.outcome) for a in session.repository.attempts(session.study)]
    assert (3, 1, "driver_lost") in outcomes
    assert (1, 1, "paused") in outcomes
    assert dump(session.fold(session.repository.events(session.study))) == dump(session.state)
    session.close()


def test_the_same_run_takes_its_study_again_and_its_attempts_live_on(config, session, clock):
    claim(session)
    again = OpenSession(config, host=clock)  # a restarted driver of the same run
    assert report(again, 0, (1, 0.5)) is Decision.CONTINUE
    with pytest.raises(FencedError):
        report(session, 0, (2, 0.5))
    with pytest.raises(FencedError):  # and again: it never acknowledges what it could not store
        report(session, 0, (2, 0.5))
    clock.now += 1000
    assert again.state.live() == [(0, 1)]
    again.tick()  # it was granted a new lease when the study was opened, and let it run out
    assert stored(again)[0] == (TrialState.WAITING, 1)
    again.close()


@pytest.mark.parametrize("ahead", [-1e6, -30.0, 0.0, 30.0, 1e6])
def test_a_study_whose_owner_lives_is_refused_whatever_the_clocks_say(config, session, clock, ahead):
    claim(session)
    other = Clock()
    other.ahead = ahead

    def owner_goes_on():
        clock.now += 0.25
        session.keep()

    other.on_sleep = owner_goes_on
    with pytest.raises(StudyBusyError, match=r"It lives"):
        OpenSession(with_(config, run="run-2"), host=other)
    assert other.now - T0 < 1.0
    report(session, 0, (1, 0.5))


@pytest.mark.parametrize("ahead", [-86_400.0, 0.0, 86_400.0])
def test_a_study_whose_owner_is_silent_is_taken_after_its_lease_whatever_its_clock_said(config, session, clock, ahead):
    clock.ahead = ahead
    claim(session)
    session.keep()
    now, notices = Clock(), []
    other = OpenSession(with_(config, run="run-2"), host=now, notice=notices.append)
    assert OWNER_LEASE <= now.now - T0 <= OWNER_LEASE + 1
    assert len(notices) == 1
    assert "looking whether it lives" in notices[0]
    with pytest.raises(FencedError):
        session.keep()
    assert stored(other)[0] == (TrialState.WAITING, 1)
    other.close()


# --- time --------------------------------------------------------------------------------------------------------


def test_an_attempt_that_falls_silent_is_lost_when_its_lease_runs_out(config, clock):
    session = OpenSession(with_(config, lease=30.0, retries=RetryPolicy(lease_expired=0)), host=clock)
    for slot in "abc":
        claim(session, slot)
    clock.now += 20
    report(session, 1)  # a heartbeat: an empty report
    end(session, 2, "complete", 1.0)
    clock.now += 11
    session.tick()
    assert stored(session) == {0: (TrialState.FAIL, 1), 1: (TrialState.RUNNING, 1), 2: (TrialState.COMPLETE, 1)}
    [attempt] = [a for a in session.repository.attempts(session.study) if a.number == 0]
    assert attempt.outcome == "lease_expired"
    clock.now += 20
    session.tick()
    assert stored(session)[1] == (TrialState.FAIL, 1)
    session.close()


@pytest.mark.parametrize("step", [-86_400.0, -40.0, 40.0, 86_400.0])
def test_no_step_of_the_wall_clock_moves_the_time_of_a_study(config, clock, step):
    session = OpenSession(with_(config, lease=30.0, timeout=600.0, trial_timeout=100.0), host=clock)
    clock.now += 50
    claim(session)
    clock.ahead += step
    session.tick()
    assert session.now() == 50.0
    assert session.state.live() == [(0, 1)]
    assert not session.state.run.stopping
    clock.now += 31
    session.tick()  # and time does not stand still either
    assert session.state.live() == []
    assert claim(session, "b").attempt == 2
    session.close()


WRONG = [-86_400.0, -40.0, 40.0, 86_400.0]  # seconds by which a wall clock is ahead when a driver begins again


@pytest.mark.parametrize("ahead", WRONG)
def test_a_driver_that_begins_again_under_a_wrong_clock_moves_no_deadline_and_no_delay(config, clock, ahead):
    config = with_(config, lease=1e6, retries=RetryPolicy(worker_crash=(1, 30.0)))
    first = OpenSession(config, host=clock)
    claim(first)
    claim(first, "b")
    clock.now += 100.0  # nothing is logged meanwhile
    first.apply([first.slots.lose(Lost(slot="a", kind=m.FailureKind.WORKER_CRASH, message="gone"))])
    first.call(m.TrialStopRequested(number=1, key="k", grace=20.0))
    clock.now += 15.0
    clock.ahead = ahead
    again = OpenSession(config, host=clock)
    assert again.now() == 115.0
    clock.now += 4.0
    again.tick()
    assert [number for number, _ in again.state.live()] == [1]
    clock.now += 2.0
    again.tick()
    assert again.state.live() == []
    assert claim(again, "c").number == 2
    clock.now += 10.0
    assert claim(again, "d").number == 0
    again.close()


@pytest.mark.parametrize("ahead", WRONG)
@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_the_launcher_knows_for_how_long_its_run_goes_on(config, clock, ahead, is_elsewhere, monkeypatch):
    """A driver that begins again on another machine cannot know it, and believes no wall clock."""
    config = with_(config, timeout=600.0)
    OpenSession(config, host=clock)
    clock.now += 300.0
    clock.ahead = ahead
    if is_elsewhere:
        monkeypatch.setattr(clock, "machine", lambda: "another")
    again = OpenSession(config, host=clock)
    again.tick()
    assert not again.state.run.stopping
    again.plan(Handover(running=310.0))
    clock.now += 289.0
    again.tick()
    assert not again.state.run.stopping
    clock.now += 2.0  # also while the script says nothing
    again.tick()
    assert again.state.run.stopping == "timeout"
    again.close()


def test_a_double_that_has_begun_the_run_says_what_time_it_is(clock):
    """Seed 30235 with a population: the first driver's commit failed, and its double began the run."""
    time = StudyTime(clock)
    time.start(T0, 0.0)
    clock.now, clock.ahead = T0 + 10.0, -4.0
    double = StudyTime(clock)
    double.start(T0, 0.0)
    time.start(T0, 6.0, double.mark)
    assert time.now() == double.now() == 6.0


def test_another_machine_does_not_share_the_clock_of_the_first(config, clock, monkeypatch):
    OpenSession(config, host=clock)
    clock.now += 50.0
    monkeypatch.setattr(clock, "machine", lambda: "another")
    monkeypatch.setattr(clock, "elapsed", lambda: clock.now - T0 - 43.0)
    clock.ahead = 86_400.0
    again = OpenSession(config, host=clock)
    assert again.now() == 0.0  # of the last event: nothing better is known, and no wall clock is believed
    clock.now += 1.0
    assert again.now() == 0.0
    again.plan(Handover(running=51.0))
    assert again.now() == 51.0
    clock.now += 1.0
    assert again.now() == 52.0
    again.close()


def test_a_study_that_a_clock_ahead_has_made_goes_on_at_once(config, clock):
    """The first run's clock is a day ahead, the second's is right; then the database's clock that made the study."""
    clock.ahead = 86_400.0
    first = OpenSession(with_(config, retries=RetryPolicy(worker_crash=(1, 5.0))), host=clock)
    claim(first)
    first.close()
    clock.ahead = 0.0
    retries = RetryPolicy(worker_crash=(1, 5.0))
    second = OpenSession(with_(config, run="run-2", retries=retries), host=clock)
    began = second.now()
    claim(second)
    second.apply([second.slots.lose(Lost(slot="a", kind=m.FailureKind.WORKER_CRASH, message="gone"))])
    clock.now += 6
    assert second.now() == began + 6
    assert claim(second, "b").attempt == 3
    second.close()
    clock.now = T0 - 45.0
    third = OpenSession(with_(config, run="run-3"), host=clock)
    began = third.now()
    clock.now += 1
    assert third.now() == began + 1
    third.close()


def test_a_machine_that_was_suspended_has_lost_nothing(config, clock):
    session = OpenSession(with_(config, lease=30.0, trial_timeout=60.0), host=clock)
    claim(session)
    clock.now += 10
    clock.asleep += 7200
    session.tick()
    assert session.state.live() == [(0, 1)]
    assert session.now() == 7210.0  # dates go on
    clock.now += 21
    session.tick()
    assert session.state.live() == []
    session.close()


def test_a_restarted_driver_counts_no_step_of_the_clock_as_the_time_of_an_attempt(config, clock):
    first = OpenSession(with_(config, trial_timeout=60.0), host=clock)
    claim(first)
    clock.now += 50
    report(first, 0, (1, 0.5))
    clock.ahead += 86_400.0
    again = OpenSession(with_(config, trial_timeout=60.0), host=clock)
    again.tick()
    assert again.state.live() == [(0, 1)]
    for step in range(2, 5):  # a new driver waits as long as for a new attempt; until then each ends itself
        clock.now += 29
        report(again, 0, (step, 0.5))
        again.tick()
        assert again.state.live() == [(0, 1)]
    clock.now += 4
    again.tick()
    assert [a.outcome for a in again.repository.attempts(again.study)] == ["timeout"]
    again.close()


# --- ends that come late ---------------------------------------------------------------------------------------------


def test_an_attempt_is_given_up_only_when_the_launcher_has_seen_that_its_task_has_not_ended(config, clock):
    session = OpenSession(with_(config, lease=30.0), host=clock)
    claim(session)
    claim(session, "b")
    clock.now += 31
    for _ in range(3):
        session.tick(ask_launcher=True)  # the script is held up: it may have their ends in hand
        clock.now += 100
    assert len(session.state.live()) == 2
    plan = session.plan(Handover())
    assert sorted(plan.silent) == ["a", "b"]
    end(session, 0, "complete", 1.0)
    plan = session.plan(Handover(ended=(Returned(slot="a", message=b"x"),), checked=plan.silent))
    assert plan.silent == ()
    session.tick(ask_launcher=True)
    assert stored(session) == {0: (TrialState.COMPLETE, 1), 1: (TrialState.WAITING, 1)}
    assert session.plan(Handover()).cancel == ("b",)
    session.close()


def test_an_attempt_that_speaks_again_is_not_given_up(config, clock):
    session = OpenSession(with_(config, lease=30.0), host=clock)
    claim(session)
    clock.now += 31
    session.tick(ask_launcher=True)
    plan = session.plan(Handover())
    report(session, 0, (1, 0.5))
    session.plan(Handover(checked=plan.silent))
    session.tick(ask_launcher=True)
    assert session.state.live() == [(0, 1)]
    session.close()


def test_only_the_slot_of_an_attempt_that_was_given_up_may_report_its_end(session):
    claim(session)
    session.apply([session.slots.lose(Lost(slot="a", kind=m.FailureKind.LEASE_EXPIRED, message="silent"))])
    event = m.AttemptEnded(number=0, attempt=1, outcome=m.Outcome.COMPLETE, values=(1.0,))
    heard = []
    for slot in ("b", "a"):
        session.process([Request(event, heard.append, heard.append, slot=slot)])
    assert isinstance(heard[0], MessageError)
    assert heard[1] is TrialState.COMPLETE
    assert stored(session) == {0: (TrialState.COMPLETE, 1)}
    assert [a.outcome for a in session.repository.attempts(session.study)] == ["complete"]
    assert dump(session.fold(session.repository.events(session.study))) == dump(session.state)


def test_a_claim_of_a_slot_whose_task_has_ended_gets_nothing(session):
    claim(session, "a")
    [state] = session.apply([session.slots.lose(Lost(slot="a", kind=m.FailureKind.WORKER_CRASH, message="gone"))])
    assert state is TrialState.WAITING
    assert claim(session, "a") is None
    assert session.slots.lose(Lost(slot="never", kind=m.FailureKind.WORKER_CRASH, message="")) is None
    assert claim(session, "never") is None
    assert claim(session, "b").attempt == 2


# --- continuing --------------------------------------------------------------------------------------------------


def recorded(session):
    events = [entry.event for entry in session.repository.events(session.study)]
    return [json.loads(event.sampler) for event in events if isinstance(event, m.RunStarted)]


@pytest.mark.parametrize("make", [RandomSampler, lambda: GridSampler({"x": [1, 2, 3, 4, 5, 6, 7, 8]})])
def test_a_drawn_seed_is_adopted_on_continuing(config, clock, make):
    if not hasattr(make(), "auto_seed"):
        pytest.skip("this sampler does not tell drawn seeds yet")
    for run in ("one", "two", "three"):
        session = OpenSession(with_(config, run=run, sampler=None if run == "three" else make()), host=clock)
        claim(session, run)
        specs = recorded(session)
        session.close()
    assert len(specs) == 3
    assert specs[0] == specs[1] == specs[2]


def test_a_seed_that_was_asked_for_is_obeyed(config, clock):
    for run, seed in (("one", 1), ("two", 2)):
        session = OpenSession(with_(config, run=run, sampler=RandomSampler(seed)), host=clock)
        specs = recorded(session)
        session.close()
    assert [spec["seed"] for spec in specs] == [1, 2]


def test_a_refused_pruner_leaves_the_study_as_it_was_and_free(config, clock):
    session = OpenSession(with_(config, pruner=ASHAPruner(1, 9, 3)), host=clock)
    claim(session)
    report(session, 0, (1, 1.0))
    session.close()
    with pytest.raises(ValueError, match="Continue it with the same pruner"):
        OpenSession(with_(config, run="two", pruner=ASHAPruner(1, 9, 4)), host=clock)
    session = OpenSession(with_(config, run="three"), host=clock)
    assert session.pruner == ASHAPruner(1, 9, 3)
    session.close()


def test_a_parameter_of_another_kind_is_refused_also_when_it_is_fixed(session):
    from raytune_lite.runtime.trial import Trial

    claim(session)
    report(session, 0, params=(m.ParamValue(name="x", value=0.5, distribution=UNIT),))
    session.call(m.TrialEnqueued(params=(("x", "1"),)))
    trial = Trial(claim(session, "b"), None, lambda: None)
    with pytest.raises(ValueError, match="'x' was FloatDistribution in this study and is IntDistribution now"):
        trial._suggest("x", IntDistribution(0, 3))


def test_checkpoints_lie_beside_the_file_and_the_name_of_the_study_is_no_path(session, config):
    path = Path(config.storage.removeprefix("sqlite:///"))
    name = f"study-{session.study.study_id}-{int(session.study.created * 1e6):x}"
    assert session.checkpoints.root == Path(f"{path}.checkpoints") / name
