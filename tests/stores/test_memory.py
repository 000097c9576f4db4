"""What only the store in memory can do: lose what did not wait for the disk."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raytune_lite.core import messages as m
from raytune_lite.exceptions import DuplicatedStudyError, StorageError, StudyNotFoundError
from raytune_lite.storages.memory import MemoryDatabase, MemoryStore
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import T0
from .places import begin, new

MINIMIZE = [StudyDirection.MINIMIZE]


def opened():
    database = MemoryDatabase()
    study, store = database.create_study("s", MINIMIZE, now=T0), MemoryStore(database)
    return database, study, store, store.acquire(study, run="r", lease=60, now=T0)


def entry(n):
    return m.LogEntry(float(n), m.RunFinished(run=str(n)))


STEPS = st.lists(st.tuples(st.sampled_from(["begin", "end", "cell", "report", "drop", "power"]), st.booleans()))


@settings(deadline=None, max_examples=200)
@given(STEPS)
def test_a_power_cut_takes_back_exactly_what_did_not_wait_for_the_disk(steps):
    database, study, store, epoch = opened()
    durable, numbers = ([], copy.deepcopy(database.tables(study))), 0
    for n, (what, flush) in enumerate(steps):
        if what == "power":
            lost = len(store.events(study)) - len(durable[0])
            assert database.lose_power() == lost
            assert (store.events(study), database.tables(study)) == durable
            numbers = len(database.tables(study)["rtl_trials"])
            continue
        last = numbers - 1
        if what == "begin" or last < 0:
            rows, numbers = [new(numbers, cell=numbers), begin(numbers, slot=f"s{n}")], numbers + 1
        elif what == "end":
            rows = [m.EndAttempt(number=last, attempt=1, outcome="fail", ended=1.0)]
            rows += [m.SetState(number=last, state=TrialState.FAIL, attempt=1)]
        elif what == "cell":
            rows = [m.PutCell(number=last, cell=last, state=f"state {n}", failures=0)]
        elif what == "report":
            ref = m.CheckpointRef(step=n, attempt=1, uri="u", digest=str(n), size=1)
            rows = [m.PutReport(number=last, step=n, values=(0.5,)), m.PutCheckpoint(number=last, checkpoint=ref)]
        else:
            rows = [m.DropCheckpoint(number=last, uri="u")]
        store.commit(study, epoch, [entry(n)], rows, flush=flush)
        if flush:
            durable = store.events(study), copy.deepcopy(database.tables(study))


def test_a_cell_and_a_slot_that_a_power_cut_took_back_are_free_again():
    database, study, store, epoch = opened()
    rows = [new(0, cell=3), begin(0, slot="s"), m.PutCell(number=0, cell=3, state="leased", failures=0)]
    store.commit(study, epoch, [], rows, flush=False)
    database.lose_power()
    store.commit(study, epoch, [], rows)
    with pytest.raises(StorageError, match="two rows have the unique value"):
        store.commit(study, epoch, [], [new(1, cell=3)])


def test_who_owns_a_study_survives_a_power_cut():
    database, study, store, epoch = opened()
    database.lose_power()
    assert store.owner(study).epoch == epoch


def test_events_are_their_own_objects_unless_they_are_to_be_read_from_json():
    database, study, store, epoch = opened()
    event = m.TrialEnqueued(params=(("x", "1"),))
    MemoryStore(database, as_json=False).commit(study, epoch, [m.LogEntry(0.0, event)], [])
    store.commit(study, epoch, [m.LogEntry(1.0, event)], [])
    first, second = store.events(study)
    assert first.event is event
    assert second.event == event
    assert second.event is not event


def test_a_name_is_used_once_and_an_unknown_one_is_refused():
    database, *_ = opened()
    with pytest.raises(DuplicatedStudyError):
        database.create_study("s", MINIMIZE, now=T0)
    with pytest.raises(StudyNotFoundError, match="it holds: 's'"):
        MemoryStore(database).load_study("t")
