"""What every store promises (storages/store.py): one writer, all or nothing, an order, one of each, the disk."""

from __future__ import annotations

import math

import pytest

from raytune_lite.core import messages as m
from raytune_lite.exceptions import FencedError, StorageError, StudyBusyError, StudyNotFoundError
from raytune_lite.storages.records import Snapshot
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import T0
from .places import KIND, LAYERS, LR, REF, begin, new, subclasses

EVENTS = [
    m.RunStarted(run="r", n_trials=None, max_trials=9, pruner='{"name": "asha"}'),
    m.RunFinished(run="r"),
    m.StopRequested(reason="enough 'of' \"it\"\n\0 \ud800 ü"),
    m.TrialEnqueued(params=(("lr", "0.1"),), user_attrs=(("a", "[1, 2]"),)),
    m.TrialAdded(number=None, state=1, values=(math.inf, -1.0), params=(LR, KIND), reports=((1, (math.nan,)),)),
    m.TrialHeld(number=0, attempt=1, seconds=60.0, progress=m.Progress(params=(LR,))),
    m.HeldEnded(number=0, attempt=1, outcome=m.Outcome.COMPLETE, key="told", values=(1.0, 2.0)),
    m.TrialStopRequested(number=0, key="stop", grace=2.5),
    m.StudyPaused(key="pause"),
    m.StudyUnpaused(key="unpause"),
    m.RunExtended(key="more", max_trials=9),
    m.SlotsResized(n_slots=3, key="fewer"),
    m.NodesLeaving(nodes=(("n", 2.5), ("m", None))),
    m.Claimed(slot="s", node="n"),
    m.Suggested(number=0, params=(LR, LAYERS, KIND)),
    m.ParamSet(number=0, attempt=1, param=LAYERS),
    m.Reported(number=0, attempt=1, progress=m.Progress(reports=((1, (0.5,)),), params=(LR,), checkpoint=REF)),
    m.AttemptEnded(number=0, attempt=1, outcome=m.Outcome.FAIL, failure=m.Failure(error="E: x", traceback="t")),
    m.AttemptLost(number=0, attempt=1, kind=m.FailureKind.OUT_OF_MEMORY, message="x" * 100_000),
    m.AttemptBegan(number=0, attempt=1, node="n", pid=7),
]  # fmt: skip
LOG = [m.LogEntry(i / 3, event) for i, event in enumerate(EVENTS)]


# --- studies -------------------------------------------------------------------------------------------------------


def test_a_study_is_found_by_its_name(place, store, study):
    assert store.load_study("s") == study
    assert (study.name, study.directions, study.created) == ("s", (StudyDirection.MINIMIZE,), T0)
    with pytest.raises(StudyNotFoundError, match="it holds: 's'"):
        store.load_study("t")


def test_two_studies_know_nothing_of_each_other(place, store, study, epoch):
    second = place.create_study("second", [StudyDirection.MAXIMIZE], T0)
    assert second.study_id != study.study_id
    mine = store.acquire(second, run="run-2", lease=60, now=T0)
    store.commit(study, epoch, LOG[:2], [new(0, cell=1), begin(0, slot="x")])
    store.commit(second, mine, LOG[2:3], [new(0, cell=1), begin(0, slot="x")])
    assert (store.events(study), store.events(second)) == (LOG[:2], LOG[2:3])
    assert list(place.tables(second)["rtl_trials"]) == list(place.tables(study)["rtl_trials"]) == [(0,)]


# --- the log -------------------------------------------------------------------------------------------------------


def test_the_list_of_events_above_is_complete():
    assert subclasses(m.Event) - {m.ParamAsked} == {type(event) for event in EVENTS}  # ParamAsked is never logged


def test_every_event_is_read_back_in_order_by_this_process_and_by_another(place, store, study, epoch):
    for entry in LOG:
        store.commit(study, epoch, [entry], [])
    store.commit(study, epoch, LOG, [])
    assert repr(store.events(study)) == repr(LOG * 2)  # repr: NaN differs from itself
    assert repr(place.open("another").events(study)) == repr(LOG * 2)


def test_an_event_that_brings_its_text_is_read_back_without_it(store, study, epoch):
    claimed, text = m.Claimed(slot="s", node="n"), '{"pid":null, "slot":"s","_":"Claimed","node":"n"}'
    store.commit(study, epoch, [m.LogEntry(1.0, claimed, text), m.LogEntry(2.0, claimed)], [])
    assert store.events(study) == [m.LogEntry(1.0, claimed), m.LogEntry(2.0, claimed)]


def test_the_log_goes_on_where_it_stopped_after_a_restart(place, store, study, epoch):
    store.commit(study, epoch, LOG[:2], [new(0)])
    store.close()
    again = place.open("restarted")
    later = again.acquire(study, run="run-1", lease=60, now=T0)
    again.commit(study, later, LOG[2:4], [new(1)])
    assert again.events(study) == LOG[:4]
    assert list(place.tables(study)["rtl_trials"]) == [(0,), (1,)]


# --- all or nothing, and one of each -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        new(0),  # the number exists
        begin(0),  # the attempt exists
        begin(0, attempt=2),  # a trial has one live attempt
        begin(1, slot="slot-0"),  # a slot has one
        m.PutReport(number=7, step=1, values=(1.0,)),  # no such trial
        m.PutValues(number=0, values=(math.nan,)),
        m.AdoptTrial(number=0, state=TrialState.COMPLETE),  # it is ours already
        new(2, cell=5),  # the cell has a trial that has not failed
        m.PutCell(number=0, cell=8, state="leased", failures=0),  # the trial has a cell already
    ],
    ids=lambda row: type(row).__name__,
)
def test_a_row_that_may_not_be_takes_its_whole_batch_with_it_and_the_next_commit_works(place, store, study, epoch, bad):
    cell = m.PutCell(number=0, cell=5, state="leased", failures=0)
    store.commit(study, epoch, LOG[:1], [new(0, cell=5), begin(0), cell])
    before = place.tables(study)
    batch = [new(1), m.PutReport(number=0, step=1, values=(1.0,)), m.PutCheckpoint(number=0, checkpoint=REF)]
    with pytest.raises(StorageError):
        store.commit(study, epoch, LOG[1:3], [*batch, bad])
    assert place.tables(study) == before
    assert store.events(study) == LOG[:1]
    store.commit(study, epoch, LOG[1:2], batch)
    assert store.events(study) == LOG[:2]
    assert list(place.tables(study)["rtl_trials"]) == [(0,), (1,)]


@pytest.mark.parametrize("batches", [1, 2], ids=["in one batch", "one after another"])
def test_what_gives_up_a_cell_or_a_slot_makes_room_for_what_takes_it(place, store, study, epoch, batches):
    def taken(number):
        leased = m.PutCell(number=number, cell=7, state="leased", failures=number)
        return [new(number, cell=7), leased, begin(number, slot="s")]

    def given_up(number):
        ended = m.EndAttempt(number=number, attempt=1, outcome="exception", ended=1.0, exit_code=number)
        return [
            ended, m.SetState(number=number, state=TrialState.FAIL, attempt=1),
            m.PutCell(number=number, cell=7, state="free", failures=number + 1),
        ]  # fmt: skip

    store.commit(study, epoch, [], taken(0))
    rows = [*given_up(0), *taken(1), *given_up(1), *taken(2)]
    for part in [rows] if batches == 1 else [given_up(0), taken(1), given_up(1), taken(2)]:
        store.commit(study, epoch, [], part)
    tables = place.tables(study)
    ends = [(key, row["outcome"], row["exit_code"]) for key, row in sorted(tables["rtl_attempts"].items())]
    assert ends == [((0, 1), "exception", 0), ((1, 1), "exception", 1), ((2, 1), None, None)]
    assert tables["rtl_grid_cells"] == {(7,): {"state": "leased", "number": 2, "failures": 2}}
    assert list(tables["rtl_slots"]) == [(2,)]


# --- one writer ----------------------------------------------------------------------------------------------------


def test_epochs_only_rise_and_a_superseded_one_changes_nothing(place, store, other, study, epoch):
    store.commit(study, epoch, LOG[:1], [new(0)])
    later = other.acquire(study, run="run-2", lease=60, now=T0 + 61, silent=other.owner(study))
    assert later > epoch
    before = place.tables(study)
    for _ in range(2):
        with pytest.raises(FencedError, match=f"with a later epoch than {epoch}"):
            store.commit(study, epoch, LOG[1:2], [new(1)], lease_until=T0 + 999)
    assert place.tables(study) == before
    assert other.owner(study).lease_until == T0 + 121
    other.commit(study, later, LOG[1:2], [new(1)])
    assert other.events(study) == LOG[:2]


@pytest.mark.parametrize("now", [T0, T0 + 10, T0 + 1e6])
def test_a_study_with_an_owner_is_busy_whatever_the_clock_of_the_other_says(store, other, study, epoch, now):
    with pytest.raises(StudyBusyError, match=r"run-1.*takes over after 60 s"):
        other.acquire(study, run="run-2", lease=60, now=now)


def test_a_silent_owner_loses_its_study_unless_it_has_renewed_its_lease_meanwhile(store, other, study, epoch):
    silent = other.owner(study)
    store.commit(study, epoch, [], [], lease_until=T0 + 100)
    with pytest.raises(StudyBusyError):
        other.acquire(study, run="run-2", lease=60, now=T0 + 1e6, silent=silent)
    later = other.acquire(study, run="run-2", lease=60, now=T0, silent=other.owner(study))
    with pytest.raises(StudyBusyError):  # whoever saw the former owner silent must look again
        store.acquire(study, run="run-3", lease=60, now=T0 + 1e6, silent=silent)
    with pytest.raises(FencedError):
        store.commit(study, epoch, LOG[:1], [])
    other.commit(study, later, LOG[:1], [])


def test_a_refused_acquire_takes_nothing_from_the_owner(store, other, study, epoch):
    before = store.owner(study)
    with pytest.raises(StudyBusyError):
        other.acquire(study, run="run-2", lease=60, now=T0, address='"elsewhere"')
    assert other.owner(study) == before
    store.commit(study, epoch, LOG[:1], [])


def test_the_study_of_a_dead_process_is_taken_before_its_lease_ends(place, store, other, study, epoch):
    assert store.previous_owner(study) is None
    assert not other.owner(study).is_dead
    place.kill_owner(study)
    assert other.owner(study).is_dead
    assert other.acquire(study, run="run-2", lease=60, now=T0) == epoch + 1
    assert "run-1" in other.previous_owner(study)
    assert other.previous_owner(study).endswith("whose process is dead")


def test_the_previous_owner_that_was_silent_is_named(store, other, study, epoch):
    other.acquire(study, run="run-2", lease=60, now=T0 + 70, silent=other.owner(study))
    assert "run-1" in other.previous_owner(study)
    assert other.previous_owner(study).endswith("which had not renewed its lease")


def test_the_same_run_takes_its_study_again_and_fences_its_former_self(store, other, study, epoch):
    later = other.acquire(study, run="run-1", lease=60, now=T0)
    assert (later, other.previous_owner(study)) == (epoch + 1, None)
    with pytest.raises(FencedError):
        store.commit(study, epoch, [], [])


def test_a_released_study_is_free_and_its_former_owner_can_write_no_more(store, other, study, epoch):
    store.release(study, epoch)
    with pytest.raises(FencedError):
        store.commit(study, epoch, LOG[:1], [])
    later = other.acquire(study, run="run-2", lease=60, now=T0)
    assert other.previous_owner(study) is None
    store.release(study, epoch)  # too late: the new owner keeps it
    other.commit(study, later, [], [])
    assert store.events(study) == []


def test_a_run_needs_a_name(store, study):
    with pytest.raises(StorageError, match="run must be a name"):
        store.acquire(study, run="", lease=60, now=T0)


def test_any_process_finds_the_owner_of_a_study_and_its_address(place, store, other, study):
    assert store.owner(study) is None
    address = '{"namespace": "rtl", "actor": "driver: 🚀"}'
    epoch = store.acquire(study, run="run-1", lease=60, now=T0, address=address)
    found = place.open("a command").owner(study)
    assert (found.epoch, found.run, found.lease_until, found.address) == (epoch, "run-1", T0 + 60, address)
    assert "run-1" in found.holder
    store.commit(study, epoch, LOG[:1], [], lease_until=T0 + 100)
    assert other.owner(study).lease_until == T0 + 100
    assert other.owner(study).address == address
    later = other.acquire(study, run="run-2", lease=60, now=T0 + 101, silent=other.owner(study))  # it has no address
    assert (store.owner(study).run, store.owner(study).address) == ("run-2", None)
    store.release(study, epoch)  # no longer its own
    assert store.owner(study).run == "run-2"
    other.release(study, later)
    assert store.owner(study) is None


# --- another program -----------------------------------------------------------------------------------------------


def external(number, state, **fields):
    return m.TrialAdded(number=number, state=int(state), imported=True, **fields)


def test_trials_of_another_program_are_shown_until_they_are_adopted(place, store, study, epoch):
    done = external(
        0, TrialState.COMPLETE, values=(0.5,), params=(LR, KIND), reports=((1, (math.inf,)), (2, (0.25,))),
        user_attrs=(("k", "[1]"),), system_attrs=(("s", '"t"'),),
    )  # fmt: skip
    for event in (done, external(1, TrialState.RUNNING)):
        place.put_external(study, event)
    assert store.external_trials(study) == [done, external(1, TrialState.RUNNING)]
    before = place.tables(study)
    store.commit(study, epoch, [m.LogEntry(1.0, done)], [m.AdoptTrial(number=0, state=TrialState.COMPLETE)])
    assert store.external_trials(study) == [external(1, TrialState.RUNNING)]
    tables = place.tables(study)
    assert tables.pop("rtl_trials") == {(0,): {"state": "COMPLETE", "attempt": 0, "cell": None}}
    assert tables == {name: rows for name, rows in before.items() if name != "rtl_trials"}
    place.put_external(study, external(1, TrialState.COMPLETE, values=(1.0,)))
    assert store.external_trials(study) == [external(1, TrialState.COMPLETE, values=(1.0,))]


def test_a_number_that_another_program_has_used_is_not_used_again(place, store, study, epoch):
    place.put_external(study, external(0, TrialState.RUNNING))
    with pytest.raises(StorageError, match="trial 0 already"):
        store.commit(study, epoch, LOG[:1], [new(0)])
    assert store.events(study) == []
    store.commit(study, epoch, LOG[:1], [new(1)])
    assert list(place.tables(study)["rtl_trials"]) == [(1,)]


# --- snapshots -----------------------------------------------------------------------------------------------------


def snapshot(seq, *data, kind="cache", digest="d"):
    return Snapshot(kind=kind, seq=seq, at=seq / 3, code="c", log_digest=digest, data=data)


def test_a_snapshot_takes_the_place_of_the_one_of_its_kind(store, other, study, epoch):
    assert store.snapshot(study, "cache") is None
    large = snapshot(1, *(bytes([i]) * 2**18 for i in range(8)))
    for made in (snapshot(9, b"x"), large, snapshot(2, b"\0'\\%s\xff", kind="base")):
        store.put_snapshot(study, epoch, made)
        assert other.snapshot(study, made.kind) == made
    assert other.snapshot(study, "cache") is None  # a base takes the place of all that was of its log


def test_only_the_owner_stores_a_snapshot(store, other, study, epoch):
    later = other.acquire(study, run="run-1", lease=60, now=T0)
    with pytest.raises(FencedError):
        store.put_snapshot(study, epoch, snapshot(1, b"x"))
    assert other.snapshot(study, "cache") is None
    other.put_snapshot(study, later, snapshot(1, b"x"))


def test_the_log_is_read_from_any_place_and_its_digest_is_of_its_beginning(store, other, study, epoch):
    store.commit(study, epoch, LOG[:6], [])
    before = store.log_digest(study, 4), store.log_digest(study, 6)
    store.commit(study, epoch, LOG[6:9], [])
    assert repr(list(other.log(study, 5))) == repr(LOG[5:9])
    assert (other.log_digest(study, 4), other.log_digest(study, 6)) == before
    assert len({store.log_digest(study, upto) for upto in range(1, 10)}) == 9
    assert other.last_run(study) == EVENTS[0]
