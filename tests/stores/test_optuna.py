"""Oracle: optuna 5.0.0 itself, reading and writing the same database."""

from __future__ import annotations

import math
import sqlite3
import time

import pytest

from raytune_lite.core import messages as m
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.exceptions import StorageError, StudyNotFoundError
from raytune_lite.storages import Repository
from raytune_lite.storages import schema as t
from raytune_lite.trial import StudyDirection, TrialState

optuna = pytest.importorskip("optuna")
optuna.logging.set_verbosity(optuna.logging.ERROR)
MINIMIZE = [StudyDirection.MINIMIZE]

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


@pytest.fixture
def url(any_storage):
    return any_storage


@pytest.fixture
def repository(url):
    opened = Repository.open(url)
    yield opened
    opened.close()


def assert_same(ours, theirs, states=None):
    """Every field that Optuna's FrozenTrial has; repr, since NaN differs from itself."""
    assert len(ours) == len(theirs)
    for mine, its in zip(ours, theirs, strict=True):
        assert mine.number == its.number
        assert mine.trial_id == its._trial_id
        expected = (states or {}).get(its.number, its.state.name)
        assert mine.state.name == expected
        assert repr(None if mine.values is None else list(mine.values)) == repr(its.values)
        assert repr(dict(mine.params)) == repr(its.params)
        assert repr(sorted(mine.intermediate_values.items())) == repr(sorted(its.intermediate_values.items()))
        assert mine.user_attrs == its.user_attrs
        assert mine.system_attrs == its.system_attrs
        assert (mine.datetime_start, mine.datetime_complete) == (its.datetime_start, its.datetime_complete)
        assert {k: repr(d) for k, d in mine.distributions.items()}.keys() == its.distributions.keys()
        for name, dist in mine.distributions.items():
            assert type(dist).__name__ == type(its.distributions[name]).__name__
            for key, value in its.distributions[name]._asdict().items():
                assert getattr(dist, key) == value


def rows_left(repository, names):
    with repository._database.read() as connection:
        return [(name, *row) for name in names for row in connection.exec_driver_sql(f"SELECT * FROM {name}")]


def sql_schema(path, tables):
    """Columns, unique indexes, plain indexes and foreign keys, as SQLite reports them."""
    found = {}
    with sqlite3.connect(path) as connection:
        for name in tables:
            indexes = []
            for _, index, unique, origin, _ in connection.execute(f"PRAGMA index_list({name})"):
                columns = tuple(row[2] for row in connection.execute(f"PRAGMA index_info({index})"))
                indexes.append((index if origin == "c" else "", unique, origin, columns))
            found[name] = (
                connection.execute(f"PRAGMA table_info({name})").fetchall(),
                sorted(indexes),
                [row[2:] for row in connection.execute(f"PRAGMA foreign_key_list({name})")],
            )
    return found


# --- the tables --------------------------------------------------------------------------------------------------


def test_our_tables_of_optunas_are_optunas(tmp_path):
    repository = Repository.open(f"sqlite:///{tmp_path}/study.db")
    optuna.create_study(storage=f"sqlite:///{tmp_path}/theirs.db")
    with sqlite3.connect(tmp_path / "theirs.db") as theirs, sqlite3.connect(repository.path) as ours:
        names = {r[0] for r in theirs.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert names == set(t.OPTUNA_TABLES)
        for name in ("version_info", "alembic_version"):
            query = f"SELECT * FROM {name}"
            assert theirs.execute(query).fetchall() == ours.execute(query).fetchall()
    assert sql_schema(repository.path, names) == sql_schema(tmp_path / "theirs.db", names)


def test_the_enums_of_servers_have_optunas_names_and_values():
    from optuna.storages._rdb import models

    theirs = models.BaseModel.metadata.tables
    for name, table in t.metadata.tables.items():
        for column in table.columns:
            if hasattr(column.type, "enums"):
                assert column.type.name == theirs[name].c[column.name].type.name
                assert column.type.enums == theirs[name].c[column.name].type.enums


# --- Optuna reads ours -------------------------------------------------------------------------------------------


def test_optuna_reads_what_we_wrote(repository, url):
    study = repository.create_study("ours", MINIMIZE, now=time.time())
    epoch = repository.acquire(study, run="r", lease=60, now=time.time())
    lr = m.ParamValue(name="lr", value=0.25, distribution=FloatDistribution(1e-3, 1.0, log=True))
    kind = m.ParamValue(name="kind", value=1.0, distribution=CategoricalDistribution(["a", None, 2]))
    n = m.ParamValue(name="n", value=4.0, distribution=IntDistribution(0, 8, step=2))
    q = m.ParamValue(name="q", value=0.5, distribution=FloatDistribution(0, 1, step=0.25))
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING, TrialState.PAUSED]
    rows = []
    for number, state in enumerate(states):
        rows += [m.NewTrial(number=number, state=TrialState.RUNNING, attempt=1, started=number + 0.125)]
        rows += [m.PutParam(number=number, param=p) for p in (lr, kind, n, q)[: number + 1]]
        reports = enumerate([1.5, math.inf, -math.inf, math.nan])
        rows += [m.PutReport(number=number, step=step, values=(value,)) for step, value in reports]
        rows += [m.PutAttr(number=number, key="note", value_json='"x"')]
        done = 10.5 if state.is_finished() else None
        rows += [m.SetState(number=number, state=state, attempt=1, completed=done)]
    rows += [m.PutValues(number=0, values=(math.inf,)), m.PutValues(number=1, values=(0.1,))]
    rows += [m.NewTrial(number=5, state=TrialState.WAITING)]
    rows += [m.PutAttr(number=5, key="fixed_params", value_json='{"lr": 0.5}', system=True)]
    rows += [m.NewTrial(number=6, state=TrialState.WAITING, attempt=1, started=1.0)]  # waits for a retry
    repository.commit(study, epoch, [], rows)

    theirs = optuna.load_study(study_name="ours", storage=url)
    names = [trial.state.name for trial in theirs.trials]
    assert names == ["COMPLETE", "PRUNED", "FAIL", "RUNNING", "RUNNING", "WAITING", "RUNNING"]
    assert_same(repository.trials(study), theirs.trials, {4: "PAUSED", 6: "WAITING"})
    exact = 1.01 if url.startswith("mysql") else 1e-5  # Optuna's column holds whole seconds there
    assert abs(theirs.trials[0].datetime_start.timestamp() - study.created - 0.125) < exact
    assert theirs.directions == [optuna.study.StudyDirection.MINIMIZE]
    repository.set_metric_names(study, ["loss"])
    repository.set_user_attr(study, "k", [1])
    theirs = optuna.load_study(study_name="ours", storage=url)
    assert (theirs.metric_names, theirs.user_attrs) == (["loss"], {"k": [1]})


def test_optuna_goes_on_in_our_study_and_we_go_on_after_it(repository, url):
    study = repository.create_study("ours", MINIMIZE, now=time.time())
    epoch = repository.acquire(study, run="r", lease=60, now=time.time())
    x = m.ParamValue(name="x", value=0.5, distribution=FloatDistribution(0, 1))
    complete = TrialState.COMPLETE
    rows = [m.NewTrial(number=0, state=complete, attempt=1, started=0.0, completed=1.0)]
    repository.commit(study, epoch, [], [*rows, m.PutParam(number=0, param=x), m.PutValues(number=0, values=(0.5,))])
    theirs = optuna.load_study(study_name="ours", storage=url, sampler=optuna.samplers.TPESampler(seed=0))
    theirs.optimize(lambda trial: trial.suggest_float("x", 0, 1) ** 2, n_trials=3)
    assert [trial.number for trial in theirs.trials] == [0, 1, 2, 3]
    assert [event.number for event in repository.external_trials(study)] == [1, 2, 3]

    with pytest.raises(StorageError, match="trial 1 already, made by another program"):
        repository.commit(study, epoch, [], [m.NewTrial(number=1, state=complete)])
    adopted = [m.AdoptTrial(number=event.number, state=complete) for event in repository.external_trials(study)]
    news = [m.LogEntry(0.0, event) for event in repository.external_trials(study)]
    repository.commit(study, epoch, news, [*adopted, m.NewTrial(number=4, state=complete)])
    assert repository.external_trials(study) == []
    theirs.optimize(lambda trial: trial.suggest_float("x", 0, 1) ** 2, n_trials=1)
    assert [trial.number for trial in theirs.trials] == [0, 1, 2, 3, 4, 5]
    assert_same(repository.trials(study), theirs.trials)


# --- we read Optuna's --------------------------------------------------------------------------------------------


def objective(trial):
    kind = trial.suggest_categorical("kind", ["a", None, 1.5, True])
    trial.set_user_attr("kind is", {"value": kind})
    if kind is None:
        depth = trial.suggest_int("depth", 1, 9, step=2)
    else:
        depth = trial.suggest_float("lr", 1e-5, 1e-1, log=True) + trial.suggest_int("wide", 1, 1000, log=True)
    for step, value in enumerate([0.5, math.nan, math.inf, -math.inf]):
        trial.report(value, step * 2)
    if trial.number % 5 == 1:
        raise optuna.TrialPruned
    if trial.number % 5 == 2:
        raise ValueError("failed")
    return math.inf if trial.number % 5 == 3 else depth


def make_theirs(url):
    study = optuna.create_study(storage=url, study_name="theirs", direction="maximize")
    study.optimize(objective, n_trials=12, catch=(ValueError,))
    study.ask()  # stays RUNNING
    study.enqueue_trial({"kind": "a", "lr": 0.01}, user_attrs={"hand": 1})
    study.set_user_attr("who", "them")
    return study


def test_a_study_of_optunas_is_read_as_optuna_reads_it(url):
    theirs = make_theirs(url)
    repository = Repository.open(url)
    study = repository.load_study("theirs")
    assert study.directions == (StudyDirection.MAXIMIZE,)
    # Optuna's own object remembers microseconds that MySQL's column does not keep
    theirs = optuna.load_study(study_name="theirs", storage=url)
    assert abs(study.created - theirs.trials[0].datetime_start.timestamp()) < 1e-5
    assert_same(repository.trials(study), theirs.trials)
    assert repository.user_attrs(study) == {"who": "them"}
    assert repository.load_study("theirs") == study

    foreign = repository.external_trials(study)
    assert [event.number for event in foreign] == list(range(14))
    assert all(event.imported for event in foreign)
    for event, its in zip(foreign, theirs.trials, strict=True):
        assert TrialState(event.state).name == its.state.name
        assert {p.name: p.distribution.to_external_repr(p.value) for p in event.params} == its.params
        assert repr({step: value for step, (value,) in event.reports}) == repr(its.intermediate_values)
    assert dict(foreign[13].system_attrs) == {"fixed_params": '{"kind": "a", "lr": 0.01}'}
    assert dict(foreign[13].user_attrs) == {"hand": "1"}
    repository.close()


def test_a_trial_of_optunas_that_was_running_is_foreign_until_it_is_adopted(url):
    theirs = make_theirs(url)
    repository = Repository.open(url)
    study = repository.load_study("theirs")
    epoch = repository.acquire(study, run="r", lease=60, now=time.time())
    finished = [event for event in repository.external_trials(study) if event.state != TrialState.RUNNING]
    rows = [m.AdoptTrial(number=event.number, state=TrialState(event.state)) for event in finished]
    repository.commit(study, epoch, [m.LogEntry(1.5, event) for event in finished], rows)
    assert repr(repository.events(study)) == repr([m.LogEntry(1.5, event) for event in finished])
    assert [event.number for event in repository.external_trials(study)] == [12]
    theirs.tell(12, 1.0)
    assert [(event.number, event.state) for event in repository.external_trials(study)] == [(12, TrialState.COMPLETE)]
    theirs.optimize(lambda trial: trial.suggest_float("lr", 1e-5, 1e-1, log=True), n_trials=1)  # runs the enqueued 13
    assert_same(repository.trials(study), theirs.trials)
    repository.close()


def test_several_objectives_and_an_empty_study(url):
    theirs = optuna.create_study(storage=url, study_name="two", directions=["minimize", "maximize"])
    repository = Repository.open(url)
    study = repository.load_study("two", now=5.0)
    assert study.created == 5.0
    assert study.directions == (StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE)
    theirs.optimize(lambda trial: (trial.suggest_float("x", 0, 1), -math.inf), n_trials=2)
    assert_same(repository.trials(study), theirs.trials)
    assert repository.external_trials(study)[0].values[1] == -math.inf
    repository.close()


def test_two_trials_of_one_number_are_reported(url):
    make_theirs(url)
    repository = Repository.open(url)
    study = repository.load_study("theirs")
    with repository._database.write() as connection:
        connection.exec_driver_sql("UPDATE trials SET number = 3 WHERE number = 4")
    with pytest.raises(StorageError, match="two trials 3"):
        repository.external_trials(study)
    repository.close()


def test_a_study_that_optuna_deletes_leaves_none_of_our_rows_for_the_next_one(repository, url):
    study = repository.create_study("s", MINIMIZE, now=0.0)
    epoch = repository.acquire(study, run="r", lease=60, now=0.0)
    rows = [m.NewTrial(number=0, state=TrialState.RUNNING), m.PutRung(number=0, level=1, losses=(1.0,), how="exact")]
    repository.commit(study, epoch, [m.LogEntry(0.0, m.RunFinished(run="r"))], rows)
    optuna.delete_study(study_name="s", storage=url)
    assert rows_left(repository, set(t.OUR_TABLES) - {"rtl_version"}) == []
    with pytest.raises(StudyNotFoundError):
        repository.acquire(study, run="r", lease=60, now=0.0)


def test_a_study_that_we_delete_is_gone_for_optuna(url):
    make_theirs(url)
    repository = Repository.open(url)
    repository.load_study("theirs")
    repository.delete_study("theirs")
    assert optuna.get_all_study_names(url) == []
    assert rows_left(repository, set(t.metadata.tables) - {"rtl_version", "version_info", "alembic_version"}) == []
    repository.close()
