"""What the store on SQL does beyond the promises of every store: readers, names, values, processes. On real servers."""

from __future__ import annotations

import math
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa

from raytune_lite.core import messages as m
from raytune_lite.exceptions import (
    DuplicatedStudyError,
    FencedError,
    StorageError,
    StudyBusyError,
    StudyNotFoundError,
)
from raytune_lite.storages import Repository
from raytune_lite.storages import schema as t
from raytune_lite.storages.records import Snapshot
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import T0
from .places import KIND, LR, REF, new
from .test_rows import ROWS

MINIMIZE = [StudyDirection.MINIMIZE]
LOG = [m.LogEntry(i / 3, m.RunFinished(run=str(i))) for i in range(4)]


@pytest.fixture
def url(any_storage):
    return any_storage


# SQLite keeps any value in any column; servers refuse nonsense themselves
SQLITE_ONLY = pytest.mark.parametrize("any_storage", ["sqlite"], indirect=True)


@pytest.fixture
def repository(url):
    opened = Repository.open(url)
    yield opened
    opened.close()


@pytest.fixture
def study(repository):
    return repository.create_study("s", MINIMIZE, now=T0)


@pytest.fixture
def epoch(repository, study):
    return repository.acquire(study, run="run-1", lease=60, now=T0)


def dump(repository):
    """All rows of all tables."""
    with repository._database.read() as connection:
        found = {name: connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in t.metadata.tables}
    return {name: sorted(repr([plain(value) for value in row]) for row in rows) for name, rows in found.items()}


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value  # PostgreSQL's driver has the latter


def assert_date(repository, moment, expected):
    """Optuna's column holds whole seconds in MySQL."""
    assert abs(moment.timestamp() - expected) < (1.01 if repository._database.dialect.name == "mysql" else 1e-5)


def edit_by_hand(repository, sql):
    with repository._database.write() as connection:
        connection.exec_driver_sql(sql)


# --- events ------------------------------------------------------------------------------------------------------


def test_an_event_is_stored_as_its_sender_wrote_it(repository, study, epoch):
    claimed, text = m.Claimed(slot="s", node="n"), '{"pid":null, "slot":"s","_":"Claimed","node":"n"}'
    repository.commit(study, epoch, [m.LogEntry(1.0, claimed, text), m.LogEntry(2.0, claimed)], [])
    with repository._database.read() as connection:
        rows = connection.exec_driver_sql("SELECT at, json FROM rtl_events ORDER BY seq").all()
    assert [tuple(row) for row in rows] == [
        (1.0, text), (2.0, '{"_":"Claimed","slot":"s","node":"n","pid":null,"prefetched":false}'),
    ]  # fmt: skip
    assert repository.events(study) == [m.LogEntry(1.0, claimed), m.LogEntry(2.0, claimed)]


def test_a_missing_or_unreadable_event_is_refused_by_name(repository, study, epoch):
    repository.commit(study, epoch, LOG[:3], [])
    edit_by_hand(repository, "DELETE FROM rtl_events WHERE seq = 2")
    with pytest.raises(StorageError, match="event 2 is missing"):
        repository.events(study)
    edit_by_hand(repository, "UPDATE rtl_events SET seq = 2, json = '{\"_\": \"Nonsense\"}' WHERE seq = 3")
    with pytest.raises(StorageError, match="rtl_events, study 's', seq 2"):
        repository.events(study)


# --- rows --------------------------------------------------------------------------------------------------------


def test_the_readers_show_every_row(repository):
    study = repository.create_study("two", [StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE], now=T0)
    epoch = repository.acquire(study, run="run-1", lease=60, now=T0)
    repository.commit(study, epoch, [], ROWS)
    (trial,) = repository.trials(study)
    assert (trial.number, trial.state, trial.attempt, trial.values) == (0, TrialState.PAUSED, 2, [math.inf, 0.1])
    assert trial.params == {"lr": 1e-3, "layers": 3, "kind": True}
    assert type(trial.params["layers"]) is int
    assert trial.params["kind"] is True
    assert trial.distributions["lr"] == LR.distribution
    assert str(trial.intermediate_values) == "{0: 0.5, 1: inf, 2: -inf, 3: nan, 9: nan}"
    assert repr(trial.intermediate_vectors) == "{9: (nan, 0.1)}"
    assert trial.user_attrs == {"k'\"\n": {"ü": [1, None]}}
    assert trial.system_attrs == {"sys": 1}
    assert_date(repository, trial.datetime_start, T0 + 1.25)
    assert_date(repository, trial.datetime_complete, T0 + 4.5)
    first, second = repository.attempts(study)
    assert (first.slot, first.node, first.started, first.ended, first.outcome) == ("slot", "n", 1.25, 2.5, "paused")
    assert (first.message, first.exit_code, first.stderr_tail) == ("bad \\x00 \\udcff", -9, "Zo\\udcff")
    assert (second.exit_code, second.stderr_tail) == (None, None)
    assert (second.attempt, second.ended, second.outcome, second.resumed_step) == (2, None, None, 4)
    assert repository.checkpoints(study) == [(0, REF)]
    low, high = repository.rungs(study)
    assert (low.level, low.bracket, low.value, low.losses, low.how, low.promoted) == (3, 2, 0.5, (0.5,), "exact", True)
    assert (high.bracket, repr(high.value), repr(high.losses)) == (0, "nan", f"(nan, {1 / 3})")
    assert not high.promoted
    (cell,) = repository.cells(study)
    assert (cell.cell, cell.state, cell.number, cell.failures) == (10**12, "LEASED", 0, 2)
    assert repository.cell_counts(study) == {"LEASED": 1}


@pytest.mark.parametrize(
    "bad",
    [
        m.PutReport(number=0, step=2**70, values=(1.0,)),
        m.PutAttr(number=0, key="\ud800", value_json="1"),
        m.SetState(number=0, state=TrialState.RUNNING, attempt=1, started=1e300),
    ],
    ids=lambda row: type(row).__name__,
)
def test_a_value_that_no_database_holds_rolls_the_whole_batch_back(repository, study, epoch, bad):
    repository.commit(study, epoch, LOG[:1], [new(0)])
    before = dump(repository)
    with pytest.raises(StorageError):
        repository.commit(study, epoch, LOG[1:3], [new(1), m.PutReport(number=0, step=1, values=(1.0,)), bad])
    assert dump(repository) == before
    repository.commit(study, epoch, LOG[1:2], [new(1)])
    assert repository.events(study) == LOG[:2]


def test_readers_in_other_threads_see_whole_batches_only(repository, study, epoch):
    repository.commit(study, epoch, [], [new(0)])
    seen, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            seen.append(len(repository.trials(study)[0].intermediate_values))

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(100):
        repository.commit(study, epoch, [], [m.PutReport(number=0, step=10 * i + k, values=(1.0,)) for k in range(10)])
    stop.set()
    reader.join()
    assert all(count % 10 == 0 for count in seen)


def statements(repository):
    """A list that grows by each statement SQLAlchemy runs from here on."""
    found = []

    def note(connection, cursor, statement, parameters, context, executemany):
        found.append((statement, parameters))

    sa.event.listen(repository._database._engine, "before_cursor_execute", note)
    return found


def test_one_trial_is_read_without_the_others(repository, study, epoch):
    rows = [row for n in range(30) for row in (new(n), m.PutParam(number=n, param=LR))]
    rows += [m.PutReport(number=7, step=1, values=(0.5,)), m.PutAttr(number=7, key="k", value_json="[1]")]
    repository.commit(study, epoch, [], rows)
    found = statements(repository)
    seven = repository.trial(study, 7)
    assert seven == repository.trials(study)[7]
    assert (seven.params, seven.intermediate_values, seven.user_attrs) == ({"lr": 1e-3}, {1: 0.5}, {"k": [1]})
    assert repository.trial(study, 30) is None
    if repository.is_local:
        with repository._database.read() as connection:
            for sql, values in found[:7]:
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
                of_all = [step for step in plan if step.startswith("SCAN") or step.endswith("(study_id=?)")]
                assert not of_all, (sql, plan)


def test_reading_takes_one_query_a_table_whatever_the_number_of_trials(repository, study, epoch):
    rows = [new(i, TrialState.COMPLETE) for i in range(300)]
    rows += [m.PutReport(number=i, step=s, values=(1.0,)) for i in range(300) for s in range(10)]
    repository.commit(study, epoch, [], rows)
    statements = []
    sa.event.listen(
        repository._database._engine, "before_cursor_execute", lambda *a: statements.append(a[2])
    )
    assert len(repository.trials(study)) == 300
    assert len(statements) == 6


# --- rows edited by hand -----------------------------------------------------------------------------------------


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("edit", "table"),
    [
        ("UPDATE trials SET state = 'DANCING'", "trials"),
        ("UPDATE trials SET number = NULL", "trials"),
        ("UPDATE trials SET datetime_start = 'soon'", "trials"),
        ("UPDATE rtl_trials SET state = ''", "rtl_trials"),
        ("UPDATE trial_params SET distribution_json = 'x'", "trial_params"),
        ("UPDATE trial_params SET distribution_json = '{\"name\": \"Odd\", \"attributes\": {}}'", "trial_params"),
        ("UPDATE trial_params SET distribution_json = NULL", "trial_params"),
        ("UPDATE trial_params SET param_value = 99 WHERE param_name = 'kind'", "trial_params"),
        ("UPDATE trial_params SET param_value = NULL", "trial_params"),
        ("UPDATE trial_values SET value_type = 'HUGE'", "trial_values"),
        ("UPDATE trial_values SET value = NULL", "trial_values"),
        ("UPDATE trial_values SET objective = 5", "trial_values"),
        ("UPDATE trial_intermediate_values SET intermediate_value = 'x'", "trial_intermediate_values"),
        ("UPDATE trial_user_attributes SET value_json = '{'", "trial_user_attributes"),
        ("UPDATE trial_system_attributes SET value_json = NULL", "trial_system_attributes"),
    ],
)
def test_nonsense_in_a_table_is_reported_with_table_and_trial(repository, study, epoch, edit, table):
    rows = [new(0), m.PutParam(number=0, param=KIND), m.PutReport(number=0, step=1, values=(1.0,))]
    rows += [m.PutValues(number=0, values=(1.0,)), m.PutAttr(number=0, key="k", value_json="1")]
    repository.commit(study, epoch, [], [*rows, m.PutAttr(number=0, key="k", value_json="1", system=True)])
    edit_by_hand(repository, edit)
    with pytest.raises(StorageError, match=rf"table {table}, trial (0|None): "):
        repository.trials(study)


# --- studies -----------------------------------------------------------------------------------------------------

NAMES = ["a'b\"c; DROP TABLE studies;--", "two\nlines\t", "ünïcödé 🚀", "x" * 500, "../../etc", "%s {0} ?", ""]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_any_name_is_data(repository, name):
    record = repository.create_study(name, [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE], now=T0)
    assert repository.load_study(name) == record
    assert repository.study_names() == [name]
    with pytest.raises(DuplicatedStudyError):
        repository.create_study(name, MINIMIZE)
    repository.delete_study(name)
    with pytest.raises(StudyNotFoundError):
        repository.load_study(name)


def test_a_name_that_is_too_long_is_refused_with_the_rule(repository):
    with pytest.raises(StorageError, match="512 characters, got 513"):
        repository.create_study("x" * 513, MINIMIZE)


def test_without_a_given_time_the_database_says_when_a_study_was_created(repository):
    import time

    assert abs(repository.create_study("now", MINIMIZE).created - time.time()) < 5


def test_attributes_are_kept(repository, study, url):
    repository.set_user_attr(study, "who", {"name": "Zoë"})
    repository.set_user_attr(study, "who", ["again"])
    repository.set_metric_names(study, ["accuracy"])
    with pytest.raises(ValueError, match="one name for each of the 1 objective"):
        repository.set_metric_names(study, ["a", "b"])
    other = Repository.open(url)
    assert other.load_study("s") == study
    assert other.user_attrs(study) == {"who": ["again"]}
    assert other.system_attrs(study) == {"study:metric_names": ["accuracy"]}
    assert other.metric_names(study) == ["accuracy"]
    other.close()


def test_deleting_a_study_leaves_nothing_of_it_and_everything_of_the_other(repository, study, epoch):
    def fill(record, own_epoch):
        rows = [new(0), m.PutParam(number=0, param=LR), m.PutReport(number=0, step=1, values=(1.0, 2.0))]
        rows += [m.PutValues(number=0, values=(1.0,)), m.PutAttr(number=0, key="k", value_json="1")]
        rows += [m.PutAttr(number=0, key="k", value_json="1", system=True), m.PutCheckpoint(number=0, checkpoint=REF)]
        rows += [m.NewAttempt(number=0, attempt=1, slot="", node="", started=0.0, resumed_step=None)]
        rows += [m.PutRung(number=0, level=1, losses=(1.0,), how="exact")]
        rows += [m.PutCell(number=0, cell=1, state="DONE", failures=0)]
        repository.commit(record, own_epoch, LOG[:1], rows)
        kept = Snapshot(kind="cache", seq=1, at=0.0, code="c", log_digest="d", data=(b"x",))
        repository.put_snapshot(record, own_epoch, kept)
        repository.set_user_attr(record, "k", 1)
        repository.set_metric_names(record, ["k"])

    fill(study, epoch)
    before = dump(repository)
    other = repository.create_study("other", MINIMIZE, now=T0)
    fill(other, repository.acquire(other, run="run-2", lease=60, now=T0))
    full = dump(repository)
    versions = {"version_info", "alembic_version", "rtl_version"}
    for name in t.metadata.tables:
        assert name in versions | {"trial_heartbeats"} or len(full[name]) == 2 * len(before[name]) > 0, name
    repository.delete_study("other")
    assert dump(repository) == before


# --- ownership ---------------------------------------------------------------------------------------------------


@pytest.fixture
def other(url, repository):
    opened = Repository.open(url)
    yield opened
    opened.close()


@pytest.mark.parametrize("renew", [None, T0 + 5])
def test_an_owner_of_a_deleted_study_is_fenced_from_the_next_study_of_the_same_id(
    repository, other, study, epoch, renew
):
    other.delete_study("s")
    again = other.create_study("s", MINIMIZE, now=T0)
    assert again.study_id == study.study_id or not repository.is_local  # servers give no id twice
    other.acquire(again, run="run-2", lease=60, now=T0)
    with pytest.raises(FencedError):
        repository.commit(study, epoch, LOG[:1], [], lease_until=renew)
    assert other.events(again) == []


OWNER = """
import sys
from raytune_lite.storages import Repository
repository = Repository.open(sys.argv[1])
repository.acquire(repository.load_study("s"), run="dead", lease=1e9, now=float(sys.argv[2]))
print("taken", flush=True)
if len(sys.argv) > 3:
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="process identities are read from /proc")
def test_the_study_of_a_process_that_died_is_taken_at_once_and_of_a_live_one_is_not(repository, study, url):
    command = [sys.executable, "-c", OWNER, url, str(T0), "wait"]
    owner = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert owner.stdout.readline() == b"taken\n"
    with pytest.raises(StudyBusyError, match=f"process {owner.pid} "):
        repository.acquire(study, run="next", lease=60, now=T0)
    owner.stdin.close()
    assert owner.stdout.read() == b""  # it has ended; nobody has waited for it yet, so it may be a zombie
    while True:
        try:
            taken = repository.acquire(study, run="next", lease=60, now=T0)
            break
        except StudyBusyError:
            continue  # between closing its output and its end
    assert taken == 2
    owner.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="process identities are read from /proc")
@pytest.mark.parametrize(
    ("column", "value", "free"), [("pid_started", "1", True), ("host", "elsewhere", False), ("pid", 2**22 + 7, True)]
)
def test_a_recycled_pid_is_not_the_owner_and_another_hosts_pid_proves_nothing(
    repository, other, study, epoch, column, value, free
):
    edit_by_hand(repository, f"UPDATE rtl_epochs SET {column} = '{value}'")
    if free:
        assert other.acquire(study, run="run-2", lease=60, now=T0) == 2
    else:
        with pytest.raises(StudyBusyError):
            other.acquire(study, run="run-2", lease=60, now=T0)


