"""What only a server has: other clients, lost connections, deadlocks, collations, passwords. On real ones.

What every store does is in test_promises and test_rows; see also test_repository, test_optuna, test_migrations.
"""

from __future__ import annotations

import math
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa

import raytune_lite
from raytune_lite.core import messages as m
from raytune_lite.distributions import FloatDistribution
from raytune_lite.exceptions import StorageError, StudyBusyError, StudyNotFoundError
from raytune_lite.pruners import ASHAPruner
from raytune_lite.runtime.config import RunConfig
from raytune_lite.samplers import GridSampler, RandomSampler
from raytune_lite.storages import Repository, database
from raytune_lite.storages import server as limits
from raytune_lite.trial import StudyDirection, TrialState
from tests.servers import PASSWORD

optuna = pytest.importorskip("optuna")
optuna.logging.set_verbosity(optuna.logging.ERROR)
MINIMIZE = [StudyDirection.MINIMIZE]
RUNNING = TrialState.RUNNING


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request):
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def url(server):
    return server.url()


@pytest.fixture
def repository(url):
    opened = Repository.open(url)
    yield opened
    opened.close()


def begun(repository, name="s"):
    study = repository.create_study(name, MINIMIZE, now=1.0)
    return study, repository.acquire(study, run="r", lease=1e9, now=1.0)


def new(number, **more):
    return m.NewTrial(number=number, state=RUNNING, attempt=1, started=0.0, **more)


def event(i=0):
    return m.LogEntry(float(i), m.RunFinished(run="r"))


# --- whole studies, on every database ------------------------------------------------------------------------------


def test_a_study_with_asha_runs_and_goes_on_and_optuna_reads_it(any_storage):
    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        kind = trial.suggest_categorical("kind", ["a", None, "ü🚀'\"%s"])
        trial.set_user_attr("kind 🚀", kind)
        if trial.number == 3:
            raise ValueError(f"no\0 {kind} \ud800")
        for step in range(1, 10):
            trial.report(math.inf if trial.number == 4 and step == 1 else x + 1 / step, step=step)
            trial.save_checkpoint({"step": step}, step=step)
            if trial.should_prune():
                raise raytune_lite.TrialPruned
        return x

    for _ in range(2):
        study = raytune_lite.create_study(
            storage=any_storage, study_name="asha", load_if_exists=True, sampler=RandomSampler(1),
            pruner=ASHAPruner(1, 9, 3),
        )  # fmt: skip
        study.optimize(objective, n_trials=9, executor="inline", catch=(ValueError,))
        study.close()
    ours = raytune_lite.load_study(study_name="asha", storage=any_storage)
    assert len(ours.trials) == 18
    assert all(trial.state.is_finished() for trial in ours.trials)
    theirs = optuna.load_study(study_name="asha", storage=any_storage)
    for mine, its in zip(ours.trials, theirs.trials, strict=True):
        assert (mine.state.name, dict(mine.params)) == (its.state.name, its.params)
        assert repr(dict(mine.intermediate_values)) == repr(its.intermediate_values)
        assert (mine.user_attrs, mine.system_attrs) == (its.user_attrs, its.system_attrs)
    assert ours.best_value == theirs.best_value
    ours.close()


def test_a_grid_has_one_result_a_cell(any_storage):
    def objective(trial):
        value = trial.suggest_categorical("x", [1, 2, 3]) * trial.suggest_categorical("y", [1, -1])
        if trial.number % 3 == 0:
            raise ValueError("odd")
        return value

    study = raytune_lite.create_study(storage=any_storage, sampler=GridSampler({"x": [1, 2, 3], "y": [1, -1]}, 0))
    study.optimize(objective, executor="inline", catch=(ValueError,))
    done = [tuple(trial.params.values()) for trial in study.trials if trial.state is TrialState.COMPLETE]
    assert sorted(done) == [(x, y) for x in (1, 2, 3) for y in (-1, 1)]
    study.close()


# --- doubled rows --------------------------------------------------------------------------------------------------

DOUBLED = {
    "a trial's number": "INSERT INTO rtl_trials (trial_id, study_id, number, state, attempt) "
                        "SELECT 2, study_id, number, state, attempt FROM rtl_trials WHERE trial_id = 1",
    "an event": "INSERT INTO rtl_events SELECT * FROM rtl_events",
    "an attempt": "INSERT INTO rtl_attempts SELECT * FROM rtl_attempts",
    "a trial's live attempt": "INSERT INTO rtl_slots SELECT study_id, 'other', trial_id, 2 FROM rtl_slots",
    "a slot's live attempt": "INSERT INTO rtl_slots SELECT study_id, slot_sha256, 2, 1 FROM rtl_slots",
    "a rung entry": "INSERT INTO rtl_rungs SELECT * FROM rtl_rungs",
    "a cell": "INSERT INTO rtl_grid_cells SELECT study_id, cell, state, 1, failures FROM rtl_grid_cells",
    "a trial's cell": "INSERT INTO rtl_grid_cells SELECT study_id, 8, state, number, failures FROM rtl_grid_cells",
    "a cell's result": "UPDATE rtl_trials SET cell = 7, state = 'COMPLETE' WHERE number = 1",
    "an orphan": "INSERT INTO rtl_rungs (trial_id, level, value, value_type, how, promoted, bracket) "
                 "SELECT 99, level, value, value_type, how, promoted, bracket FROM rtl_rungs",
}  # fmt: skip


@pytest.mark.parametrize("what", DOUBLED)
def test_the_database_itself_refuses_what_there_can_be_only_once(any_storage, what):
    repository = Repository.open(any_storage)
    study, epoch = begun(repository)
    rows = [new(0, cell=7), new(1), m.PutRung(number=0, level=1, losses=(1.0,), how="exact"),
            m.NewAttempt(number=0, attempt=1, slot="s", node="", started=0.0, resumed_step=None),
            m.PutCell(number=0, cell=7, state="leased", failures=0)]  # fmt: skip
    repository.commit(study, epoch, [event()], rows)
    with pytest.raises(StorageError, match=r"(?i)unique|duplicate|foreign key"), repository._database.write() as raw:
        raw.exec_driver_sql(DOUBLED[what])
    repository.close()


# --- names and values ----------------------------------------------------------------------------------------------


def test_names_that_differ_in_case_accents_or_a_space_are_different_names(any_storage):
    repository = Repository.open(any_storage)
    names = ["a", "A", "ä", "a ", "a\u0301", "🚀", "🛰"]
    for name in names:
        repository.create_study(name, MINIMIZE, now=1.0)
    assert [repository.load_study(name).name for name in names] == names
    with pytest.raises(StudyNotFoundError):
        repository.load_study("Ä")
    study = repository.load_study("a")
    epoch = repository.acquire(study, run="r", lease=60, now=1.0)
    unit = FloatDistribution(0, 1)
    rows = [m.PutParam(number=0, param=m.ParamValue(name=name, value=i / 10, distribution=unit))
            for i, name in enumerate(names)]  # fmt: skip
    rows += [m.PutAttr(number=0, key=name, value_json=str(i)) for i, name in enumerate(names)]
    repository.commit(study, epoch, [], [new(0), *rows])
    (trial,) = repository.trials(study)
    assert trial.params == {name: i / 10 for i, name in enumerate(names)}
    assert trial.user_attrs == {name: i for i, name in enumerate(names)}
    repository.close()


def test_in_tables_that_optuna_made_a_name_is_never_taken_for_another(url):
    optuna.create_study(storage=url, study_name="Name")
    repository = Repository.open(url)
    assert repository.load_study("Name").name == "Name"
    with pytest.raises(StudyNotFoundError, match="it holds: 'Name'"):
        repository.load_study("name")  # MySQL's own comparison would have found it
    repository.close()


def test_every_float_and_large_texts_and_integers_come_back_as_they_were(any_storage):
    repository = Repository.open(any_storage)
    study, epoch = begun(repository)
    values = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 0.0, 2.0**53 + 2, math.inf, -math.inf, math.nan]
    rows = [m.PutReport(number=0, step=step, values=(value,)) for step, value in enumerate(values)]
    big = m.CheckpointRef(step=2**31 - 1, attempt=1, uri="u", digest="d", size=2**62)
    lost = m.AttemptLost(number=0, attempt=1, kind=m.FailureKind.WORKER_CRASH, message="x🚀" * 1_000_000)
    long = m.LogEntry(1 / 3, lost)
    rows += [m.PutCheckpoint(number=0, checkpoint=big), m.PutReport(number=0, step=2**31 - 1, values=(1.0,))]
    repository.commit(study, epoch, [long], [new(0), *rows])
    assert repr(list(repository.trials(study)[0].intermediate_values.values())) == repr([*values, 1.0])
    assert repository.checkpoints(study) == [(0, big)]
    assert repository.events(study) == [long]
    repository.close()


def test_a_value_that_this_database_does_not_hold_is_refused_and_the_next_commit_works(any_storage):
    repository = Repository.open(any_storage)
    study, epoch = begun(repository)
    repository.commit(study, epoch, [], [new(0)])
    for bad in ("\ud800", "x" * 600 if not repository.is_local else "\udfff"):
        with pytest.raises(StorageError):
            repository.commit(study, epoch, [event()], [m.PutAttr(number=0, key=bad, value_json="1")])
    if "postgresql" in any_storage:
        with pytest.raises(StorageError, match="NUL"):
            repository.commit(study, epoch, [], [m.PutAttr(number=0, key="a\0b", value_json="1")])
    repository.commit(study, epoch, [event(1)], [m.PutAttr(number=0, key="k", value_json="1")])
    assert repository.events(study) == [event(1)]
    repository.close()


# --- lost connections, other clients -------------------------------------------------------------------------------


def test_a_connection_that_the_server_closed_while_idle_is_no_error_and_nothing_is_stored_twice(
    server, repository
):
    study, epoch = begun(repository)
    repository.commit(study, epoch, [event(0)], [new(0)])
    for i, lose in enumerate((server.restart, lambda: (server.kill(), server.start())), start=1):
        lose()
        repository.commit(study, epoch, [event(i)], [new(i)])
    assert repository.events(study) == [event(0), event(1), event(2)]
    assert [trial.number for trial in repository.trials(study)] == [0, 1, 2]


def test_while_the_server_is_down_a_commit_fails_and_afterwards_it_works(server, repository):
    study, epoch = begun(repository)
    repository.commit(study, epoch, [event(0)], [new(0)])
    server.stop()
    try:
        with pytest.raises(StorageError, match="check that the server runs") as error:
            repository.commit(study, epoch, [event(1)], [])
        assert PASSWORD not in str(error.value)
    finally:
        server.start()
    repository.commit(study, epoch, [event(2)], [])
    assert repository.events(study) == [event(0), event(2)]


class AnswerLost:
    """A connection whose COMMIT arrives, and whose answer does not. ``_database`` holds it in place of the true one."""

    def __init__(self, fast):
        self.fast, self.true = fast, fast.driver_connection
        self.driver_connection = self

    def commit(self):
        self.true.commit()
        raise sys.modules[type(self.true).__module__.split(".")[0]].OperationalError(
            2013, "server closed the connection unexpectedly"
        )

    def __getattr__(self, name):
        return getattr(self.fast if name == "invalidate" else self.true, name)


def test_a_commit_whose_answer_was_lost_is_told_as_an_error_and_read_back_not_done_twice(server, repository):
    study, epoch = begun(repository)
    repository.commit(study, epoch, [event(0)], [new(0)])
    repository._database._fast = AnswerLost(repository._database._fast)
    with pytest.raises(StorageError, match=r"closed the connection.* not known whether the transaction was stored"):
        repository.commit(study, epoch, [event(1)], [new(1)])
    with pytest.raises(StorageError):  # it does not know of event 1, and the database refuses a second one
        repository.commit(study, epoch, [event(2)], [])
    later = repository.acquire(study, run="r", lease=60, now=2.0)
    repository.commit(study, later, [event(3)], [new(2)])
    assert repository.events(study) == [event(0), event(1), event(3)]
    assert [trial.number for trial in repository.trials(study)] == [0, 1, 2]


def test_a_commit_that_gives_way_in_a_deadlock_is_done_again(server, url, repository, monkeypatch):
    study, epoch = begun(repository)
    tries, commit_once = [], repository._commit
    monkeypatch.setattr(repository, "_commit", lambda *arguments: (tries.append(1), commit_once(*arguments)))
    database = url.rsplit("/", 1)[1]
    connection = server.connect(database)
    connection.autocommit(False) if server.driver == "pymysql" else setattr(connection, "autocommit", False)
    cursor = connection.cursor()
    # MySQL lets the smaller transaction give way, so the other one is made large
    cursor.execute("INSERT INTO study_user_attributes (study_id, value_json) VALUES " + ", ".join(["(NULL, '1')"] * 50))
    cursor.execute("SELECT * FROM studies FOR UPDATE")
    commit = threading.Thread(target=repository.commit, args=(study, epoch, [event(0)], [new(0)]))
    commit.start()
    time.sleep(0.3)  # it holds the epoch's row now, and waits for the study's
    cursor.execute("UPDATE rtl_epochs SET lease_until = 5")  # and we for the epoch's
    connection.commit()
    commit.join(30)
    connection.close()
    assert not commit.is_alive()
    assert len(tries) == 2
    assert repository.events(study) == [event(0)]
    assert [trial.number for trial in repository.trials(study)] == [0]


def test_of_two_drivers_that_take_a_study_at_once_one_gets_it(url, repository):
    study = repository.create_study("s", MINIMIZE, now=1.0)
    outcomes, ready = [], threading.Barrier(4)

    def take(run):
        own = Repository.open(url)
        ready.wait()
        try:
            outcomes.append(own.acquire(study, run=run, lease=1e6, now=2.0))
        except StudyBusyError as error:
            outcomes.append(str(error))
        own.close()

    threads = [threading.Thread(target=take, args=(f"run-{i}",)) for i in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [1]
    assert len(outcomes) == 4


def test_a_lock_that_somebody_holds_makes_the_study_busy_instead_of_waiting_for_ever(server, url, repository):
    study, epoch = begun(repository)
    connection = server.connect(url.rsplit("/", 1)[1])
    connection.autocommit(False) if server.driver == "pymysql" else setattr(connection, "autocommit", False)
    cursor = connection.cursor()
    cursor.execute("SELECT * FROM rtl_epochs FOR UPDATE")
    other, began = Repository.open(url), time.monotonic()
    with pytest.raises(StudyBusyError, match="holds its row locked"):
        other.acquire(study, run="other", lease=60, now=2.0, silent=other.owner(study))
    assert time.monotonic() - began < limits.LOCK_PATIENCE + 5
    connection.rollback()
    connection.close()
    repository.commit(study, epoch, [event(0)], [])
    later = other.acquire(study, run="other", lease=60, now=2.0, silent=other.owner(study))
    other.commit(study, later, [event(1)], [])
    other.close()


def test_the_server_ends_the_transaction_of_a_process_that_was_stopped_in_it(url, repository, monkeypatch):
    study, _ = begun(repository)
    short = {
        name: tuple(text.replace("'15s'", "'1s'").replace("timeout = 15", "timeout = 1") for text in texts)
        for name, texts in limits._LIMITS.items()
    }
    assert short != limits._LIMITS
    monkeypatch.setattr(limits, "_LIMITS", short)
    stopped, other = Repository.open(url), Repository.open(url)


    def hang():
        with stopped._database.write() as connection:
            connection.exec_driver_sql("SELECT * FROM rtl_epochs FOR UPDATE").fetchall()
            other.acquire(study, run="other", lease=60, now=2.0, silent=other.owner(study))
            connection.exec_driver_sql("SELECT 1").fetchall()

    with pytest.raises(StorageError):
        hang()
    stopped.close()
    other.close()


def test_optuna_and_we_may_add_trials_to_one_study_at_the_same_time_and_no_number_is_used_twice(url, repository):
    study, epoch = begun(repository)
    theirs = optuna.load_study(study_name="s", storage=url)
    adding = threading.Thread(target=lambda: [theirs.ask() for _ in range(25)])
    adding.start()
    number = 0
    for _ in range(25):
        while True:
            try:
                repository.commit(study, epoch, [], [new(number)])
                break
            except StorageError as error:  # what the session would have learnt from foreign()
                if "made by another program" not in str(error):
                    raise
                number += 1
        number += 1
    adding.join()
    numbers = [trial.number for trial in repository.trials(study)]
    assert numbers == list(range(50))


def test_many_programs_may_open_a_new_database_at_once(url):
    code = "import sys; from raytune_lite.storages import Repository as R; R.open(sys.argv[1]).close()"
    processes = [
        subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE) for _ in range(4)
    ]
    assert [process.communicate()[1] for process in processes] == [b""] * 4


def test_a_new_database_may_get_its_tables_while_another_program_looks(url, monkeypatch):
    real, others = database._check_versions, []

    def check(connection, shown):
        if not others:
            sa.inspect(connection).get_table_names()
            # its transaction begins, and sees no table of ours
            connection.exec_driver_sql("SELECT 1 FROM early").all()
            others.append(None)
            others[0] = Repository.open(url)
            connection.execute(sa.select(database.schema.rtl_version.c.version))
        return real(connection, shown)

    monkeypatch.setattr(database, "_check_versions", check)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE early (x INTEGER)")
    engine.dispose()
    Repository.open(url).close()
    others[0].close()


def test_a_study_may_be_deleted_while_its_driver_writes(url, repository):
    study, epoch = begun(repository)
    repository.commit(study, epoch, [], [new(0)])
    other, errors, stop = Repository.open(url), [], threading.Event()

    def write():
        try:
            for i in range(1, 100_000):
                repository.commit(study, epoch, [event(i)], [m.PutReport(number=0, step=i, values=(1.0,))])
                if stop.is_set():
                    return
        except raytune_lite.exceptions.RaytuneLiteError as error:
            errors.append(type(error).__name__)

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.2)
    other.delete_study("s")
    writer.join(10)
    stop.set()
    assert errors == ["FencedError"]
    assert other.study_names() == []
    other.close()


# --- secrets -------------------------------------------------------------------------------------------------------


def test_no_error_and_no_repr_shows_the_password(server, url, repository):
    wrong = url.replace(PASSWORD, "wr0ng-" + PASSWORD)
    shown = []
    for bad in (wrong, url.replace(f":{server.port}", ":1"), url.rsplit("/", 1)[0] + "/no_such_database"):
        with pytest.raises(StorageError) as error:
            Repository.open(bad)
        shown += [str(error.value), repr(error.value)]
        assert error.value.__cause__ is None
        assert error.value.__suppress_context__
    study, _ = begun(repository)
    with pytest.raises(StudyBusyError) as busy:
        Repository.open(url).acquire(study, run="other", lease=1, now=2.0)
    config = RunConfig(storage=url, study_name="s", run="r")
    ours = raytune_lite.load_study(study_name="s", storage=url)
    shown += [str(busy.value), repr(config), str(config), repository.url, repr(ours), str(ours.storage)]
    ours.close()
    assert PASSWORD not in "".join(shown)
    assert any("password authentication failed" in text or "Access denied" in text for text in shown)


def test_the_command_line_shows_no_password(server, url):
    Repository.open(url).close()
    wrong = url.replace(PASSWORD, "wr0ng-" + PASSWORD)
    for command, address, works in (
        (["studies"], url, True),
        (["status", "--study", "none"], url, False),
        (["trials"], wrong, False),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "raytune_lite", *command, "--storage", address],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert PASSWORD not in done.stdout + done.stderr
        assert (done.returncode == 0) == works, done.stderr
