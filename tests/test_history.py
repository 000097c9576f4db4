"""How a driver takes in a study's history: snapshots count only where they are of this code and of this log."""

from __future__ import annotations

import dataclasses
import sqlite3

import pytest

from raytune_lite.core import messages as m
from raytune_lite.core.encoding import event_to_json
from raytune_lite.exceptions import FencedError, MessageError, StorageError
from raytune_lite.pruners import ASHAPruner
from raytune_lite.runtime import history
from raytune_lite.runtime.config import RunConfig
from raytune_lite.samplers import RandomSampler
from raytune_lite.storages import Repository
from raytune_lite.trial import StudyDirection

from .core_tools import T0, Clock, OpenSession, dump, reports

EVERY = 10  # events between two snapshots


@pytest.fixture
def config(storage):
    repository = Repository.open(storage)
    repository.create_study("s", [StudyDirection.MINIMIZE], now=T0)
    repository.close()
    return RunConfig(
        storage=storage, study_name="s", run="run-1", sampler=RandomSampler(0), pruner=ASHAPruner(1, 9, 3),
        durable=False,
    )  # fmt: skip


def opened(config, run="run-1", every=EVERY):
    return OpenSession(dataclasses.replace(config, run=run), host=Clock(), snapshot_every=every)


def play(session, first, n):
    """Trials that report twice; every third one ends, the others pause or live on."""
    for i in range(first, first + n):
        given = session.call(m.Claimed(slot=f"slot-{i}", node="n", prefetched=i % 2 == 0))
        if given is None:
            return
        told = m.Progress(reports=reports((1, float(i % 5))), user_attrs=(("i", str(i)),))
        session.call(m.Reported(number=given.number, attempt=given.attempt, progress=told))
        if i % 3 == 0:
            end = {"outcome": m.Outcome.COMPLETE, "values": (float(i),)}
            session.call(m.AttemptEnded(number=given.number, attempt=given.attempt, **end))


def handled(monkeypatch):
    """The events that are folded from here on."""
    seen = []
    fold = history.History.rest

    def rest(self):
        for entry in fold(self):
            seen.append(entry.event)
            yield entry

    monkeypatch.setattr(history.History, "rest", rest)
    return seen


def whole(session):
    """What the whole log folds to."""
    return session.fold(session.repository.events(session.study))


def edit(config, statement, *values):
    with sqlite3.connect(config.storage.removeprefix("sqlite:///")) as raw:
        raw.execute(statement, values)


def test_a_driver_folds_only_what_came_after_the_newest_snapshot(config, monkeypatch):
    session = opened(config)
    play(session, 0, 30)
    n_events, served = session.state.n_events, session.slots.dump()
    session.close()
    seen = handled(monkeypatch)
    for run in ("run-1", "run-2"):  # the driver of this run again, then another run
        session = opened(config, run)
        assert len(seen) < max(EVERY, n_events / history.SHARE) < n_events
        assert dump(session.state) == dump(whole(session))
        if run == "run-1":
            assert session.slots.dump() == served
            play(session, 30, 5)
        session.close()
        seen.clear()


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE rtl_snapshots SET code = 'another version'",
        "UPDATE rtl_snapshots SET log_digest = 'of another log'",
        "UPDATE rtl_snapshot_parts SET data = X'00'",
        "DELETE FROM rtl_snapshot_parts",
        "UPDATE rtl_events SET at = at + 0.25 WHERE seq = 2",
    ],
)
def test_a_snapshot_of_other_code_or_of_another_log_is_left_alone(config, monkeypatch, spoil):
    session = opened(config)
    play(session, 0, 20)
    n_events = session.state.n_events
    session.close()
    edit(config, spoil)
    seen = handled(monkeypatch)
    session = opened(config)
    assert len(seen) == n_events
    assert dump(session.state) == dump(whole(session))
    session.close()


def test_a_run_that_takes_the_study_again_knows_its_slots_from_the_snapshot_of_another_run(config):
    """A driver whose database failed opens the study again, while the next run of the same command had it."""
    for run in ("run-1", "run-2"):
        session = opened(config, run)
        play(session, 0 if run == "run-1" else 100, 6)
        session.close()
    again = opened(config)
    assert again._history.begun_at > 0
    assert again.call(m.Claimed(slot="slot-0", node="n")) is None  # a late copy
    assert again.call(m.Claimed(slot="slot-100", node="n")) is not None  # another run's
    again.close()


def test_a_snapshot_does_not_hide_a_log_that_was_changed(config):
    session = opened(config)
    play(session, 0, 20)
    session.close()
    edit(config, "DELETE FROM rtl_events WHERE seq = 4")
    with pytest.raises(StorageError, match="event 4 is missing"):
        opened(config)
    lost = event_to_json(m.Reported(number=99, attempt=1, progress=m.Progress()))
    edit(config, "INSERT INTO rtl_events SELECT study_id, 4, epoch, at, ? FROM rtl_events WHERE seq = 5", lost)
    with pytest.raises(MessageError, match="The log was changed by hand"):
        opened(config)


def test_whoever_lost_the_study_stores_no_snapshot(config):
    first = opened(config, every=10**9)
    play(first, 0, 10)
    second = opened(config, every=10**9)  # the same run takes its study again
    with pytest.raises(FencedError):
        first._history.put(first.epoch, first.state, first.slots)
    assert second.repository.snapshot(second.study, "cache") is None
    second.close()


def test_a_snapshot_that_cannot_be_stored_disturbs_nobody(config, monkeypatch):
    def fail(*_):
        raise StorageError("the disk is full")

    session = opened(config)
    monkeypatch.setattr(session.repository, "put_snapshot", fail)
    play(session, 0, 20)
    assert session.failure is None
    assert dump(session.state) == dump(whole(session))
    session.close()


def test_a_judge_that_cannot_be_dumped_is_folded(config, monkeypatch):
    monkeypatch.setattr(history.snapshot, "can_dump", lambda _: False)
    session = opened(config)
    play(session, 0, 20)
    assert session.repository.snapshot(session.study, "cache") is None
    session.close()


def test_snapshots_of_a_study_that_grows_cost_the_same_for_each_event(config, monkeypatch):
    sizes = []
    put = history.History.put
    monkeypatch.setattr(
        history.History, "put", lambda self, *given: (sizes.append(self.seq), put(self, *given))[1]
    )
    session = opened(config, every=1)
    play(session, 0, 120)
    n_events = session.state.n_events
    assert sum(sizes) < (history.SHARE + 2) * n_events
    assert n_events - sizes[-1] <= n_events / history.SHARE
    session.close()
