"""Databases of older versions become this one's: a stored file of each version, and servers' tables taken back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

import raytune_lite
from raytune_lite.core import messages as m
from raytune_lite.exceptions import SchemaVersionError, StorageError
from raytune_lite.storages import Repository, migrations
from raytune_lite.storages import schema as t
from raytune_lite.trial import StudyDirection, TrialState

# `sqlite3 FILE .dump` of what the code of each version wrote; only the host's name was changed. Version 1: ASHA with
# failures, checkpoints, an interrupted run; a grid whose cells fail; two objectives with an attempt that was still
# live. Versions 2 to 4: data/make_database.py says what is in it.
DATA = Path(__file__).parent.parent / "data"
VERSIONS = (1, 2, 3, 4)
STUDIES = {1: {"grid", "train", "two objectives"}, 2: {"grid", "optuna", "stop", "train", "tree", "two objectives"}}
STUDIES[3] = STUDIES[4] = STUDIES[2]

# the DDL of older versions, as the way back from the next one; "always" after the dialect's own
BACK = {
    4: {
        "always": [
            "ALTER TABLE rtl_attempts DROP COLUMN num_gpus",
            "ALTER TABLE rtl_attempts DROP COLUMN gpu_peak",
            "UPDATE rtl_version SET version = 4",
        ],
    },
    3: {
        "sqlite": [f"DROP TRIGGER rtl_{name}_deleted" for name in ("studies", "trials")],
        "always": [
            "DROP TABLE rtl_snapshot_parts",
            "DROP TABLE rtl_snapshots",
            "UPDATE rtl_version SET version = 3",
        ],
    },
    2: {
        "always": [
            "DROP TABLE rtl_reports",
            "ALTER TABLE rtl_attempts RENAME COLUMN stderr_tail TO last_words",
            "ALTER TABLE rtl_rungs DROP COLUMN bracket",
            "ALTER TABLE rtl_rungs DROP COLUMN losses_json",
            "ALTER TABLE rtl_epochs DROP COLUMN address",
            "UPDATE rtl_version SET version = 2",
        ],
    },
    1: {
        "sqlite": [f"DROP INDEX {name}" for name in ("rtl_trials_held_cell", "rtl_grid_cells_number")],
        "postgresql": ["DROP INDEX rtl_trials_held_cell", "DROP INDEX rtl_grid_cells_number"],
        "mysql": [
            "ALTER TABLE rtl_trials ADD INDEX (study_id), DROP INDEX rtl_trials_held_cell",
            "ALTER TABLE rtl_grid_cells DROP INDEX rtl_grid_cells_number",
        ],
        "always": [
            "ALTER TABLE rtl_trials DROP COLUMN held_cell",
            "DROP TABLE rtl_slots",
            "ALTER TABLE rtl_attempts DROP COLUMN exit_code",
            "ALTER TABLE rtl_attempts DROP COLUMN last_words",
            "UPDATE rtl_version SET version = 1",
        ],
    },
}
RENAMED = {"last_words": "stderr_tail"}  # columns, old -> now


def restored(version, path):
    """The stored database of a version, as a file at ``path``."""
    with sqlite3.connect(path) as raw:
        raw.executescript((DATA / f"schema_{version}.sql").read_text(encoding="utf-8"))
    raw.close()
    assert rows(path, "SELECT version FROM rtl_version") == [(version,)]
    return path


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def old_file(version, tmp_path):
    return restored(version, tmp_path / "old.db")


@pytest.fixture
def oldest_file(tmp_path):
    return restored(1, tmp_path / "old.db")


def rows(path, query):
    with sqlite3.connect(path) as raw:
        return raw.execute(query).fetchall()


def sql_of(path):
    """Columns and indexes of our tables, and the triggers."""
    found = {name: rows(path, f"PRAGMA table_xinfo({name})") for name in t.OUR_TABLES}
    indexes = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND name LIKE 'rtl%' ORDER BY 1"
    triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY 1"
    return ({name: sorted(column[1:] for column in columns) for name, columns in found.items()},
            rows(path, indexes), rows(path, triggers))  # fmt: skip


def test_a_stored_file_becomes_what_a_new_file_is_and_keeps_every_row(old_file, tmp_path):
    present = {name for (name,) in rows(old_file, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    columns = {name: ", ".join(c[1] for c in rows(old_file, f"PRAGMA table_info({name})")) for name in present}
    kept = {name: rows(old_file, f"SELECT {columns[name]} FROM {name}") for name in present}
    Repository.open(f"sqlite:///{old_file}").close()
    Repository.open(f"sqlite:///{tmp_path}/new.db").close()
    assert sql_of(old_file) == sql_of(tmp_path / "new.db")
    for name in present - {"rtl_version"}:
        now = ", ".join(RENAMED.get(column, column) for column in columns[name].split(", "))
        assert kept[name] == rows(old_file, f"SELECT {now} FROM {name}"), name
    assert rows(old_file, "SELECT version FROM rtl_version") == [(t.OUR_SCHEMA,)]
    assert rows(old_file, "SELECT trial_id, attempt FROM rtl_slots") == rows(
        old_file, "SELECT trial_id, attempt FROM rtl_attempts WHERE ended IS NULL"
    )


def test_attempts_of_version_1_have_no_exit_code(oldest_file):
    repository = Repository.open(f"sqlite:///{oldest_file}")
    study = repository.load_study("two objectives")
    assert [(a.number, a.attempt) for a in repository.attempts(study) if a.ended is None] == [(1, 1)]
    assert all((a.exit_code, a.stderr_tail) == (None, None) for a in repository.attempts(study))
    repository.close()


def test_the_exit_code_and_the_stderr_of_a_crash_are_kept(tmp_path):
    repository = Repository.open(f"sqlite:///{restored(2, tmp_path / 'old.db')}")
    [crash] = [a for a in repository.attempts(repository.load_study("train")) if a.outcome == "worker_crash"]
    assert (crash.exit_code, crash.stderr_tail.splitlines()[0]) == (-11, "Fatal Python error: Segmentation fault")
    repository.close()


def test_the_studies_of_an_old_file_go_on(old_file):
    url = f"sqlite:///{old_file}"
    study = raytune_lite.load_study(study_name="train", storage=url)
    before = {trial.number: trial.state for trial in study.trials}
    assert TrialState.WAITING in before.values()

    def objective(trial):
        lr, depth = trial.suggest_float("lr", 1e-4, 1.0, log=True), trial.suggest_int("depth", 1, 4)
        trial.suggest_categorical("kind", ["a", None, 2.5])
        for epoch in range(1, 10):
            trial.report(lr + depth / epoch, step=epoch)
            if trial.should_prune():
                raise raytune_lite.TrialPruned
        return lr

    study.optimize(objective, n_trials=3, executor="inline")
    after = {trial.number: trial.state for trial in study.trials}
    assert len(before) < len(after) <= len(before) + 3  # what was enqueued is among the three
    assert all(state.is_finished() for state in after.values())
    assert {n: after[n] for n, state in before.items() if state.is_finished()} == {
        n: state for n, state in before.items() if state.is_finished()
    }
    assert study.differences() == []
    study.close()
    grid = raytune_lite.load_study(study_name="grid", storage=url)
    done = [trial.number for trial in grid.trials if trial.state is TrialState.COMPLETE]
    grid.optimize(lambda trial: 0.5, executor="inline")
    cells = {cell.state for cell in grid.cells}
    assert cells <= {"done", "dead"}
    assert all(grid.trials[number].value != 0.5 for number in done)  # no cell has run again
    assert grid.differences() == []
    grid.close()


def test_many_programs_may_bring_one_file_up_to_date_at_once(oldest_file):
    code = "import sys; from raytune_lite.storages import Repository as R; R.open(sys.argv[1]).close()"
    command = [sys.executable, "-c", code, f"sqlite:///{oldest_file}"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[1] for process in processes] == [b""] * 4
    assert rows(oldest_file, "SELECT version FROM rtl_version") == [(t.OUR_SCHEMA,)]


def test_a_study_that_an_older_program_runs_now_is_left_as_it_is(oldest_file):
    with sqlite3.connect(oldest_file) as raw:
        raw.execute("UPDATE rtl_epochs SET run = 'r', host = 'elsewhere', lease_until = 1e12 WHERE study_id = 1")
    raw.close()
    with pytest.raises(StorageError, match=r"study 'train' is being run by process .* older version"):
        Repository.open(f"sqlite:///{oldest_file}")
    assert rows(oldest_file, "SELECT version FROM rtl_version") == [(1,)]
    assert "held_cell" not in [column[1] for column in rows(oldest_file, "PRAGMA table_xinfo(rtl_trials)")]
    with sqlite3.connect(oldest_file) as raw:
        raw.execute("UPDATE rtl_epochs SET lease_until = 1.0")  # its lease is over
    raw.close()
    Repository.open(f"sqlite:///{oldest_file}").close()


def test_the_script_that_makes_the_stored_databases_runs_on_this_version(tmp_path):
    dump = tmp_path / "now.sql"
    command = [sys.executable, str(DATA / "make_database.py"), str(dump)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "now.db"
    with sqlite3.connect(path) as raw:
        raw.executescript(dump.read_text(encoding="utf-8"))
    raw.close()
    assert rows(path, "SELECT version FROM rtl_version") == [(t.OUR_SCHEMA,)]
    assert {state for (state,) in rows(path, "SELECT state FROM rtl_trials")} == set(TrialState.__members__)
    assert all(rows(path, f"SELECT * FROM {name} LIMIT 1") for name in t.OUR_TABLES), "something of everything"
    for name in raytune_lite.get_all_study_names(f"sqlite:///{path}"):
        study = raytune_lite.load_study(study_name=name, storage=f"sqlite:///{path}")
        assert study.differences() == []
        study.close()


# --- every database ----------------------------------------------------------------------------------------------


def taken_back(url, version):
    """A database of an older version with a live attempt, rungs and a cell, and the study."""
    repository = Repository.open(url)
    study = repository.create_study("s", [StudyDirection.MINIMIZE], now=1.0)
    epoch = repository.acquire(study, run="r", lease=1, now=1.0)
    new = [m.NewTrial(number=i, state=TrialState.RUNNING, attempt=1, cell=i, started=0.0) for i in range(2)]
    begun = [m.NewAttempt(number=i, attempt=1, slot=f"s{i}", node="n", started=0.0, resumed_step=None) for i in (0, 1)]
    more = [m.PutCell(number=i, cell=i, state="leased", failures=0) for i in range(2)]
    more += [rung(number=0, level=1, loss=0.5, how="exact")]
    end = m.EndAttempt(number=0, attempt=1, outcome="complete", ended=1.0)
    repository.commit(study, epoch, [m.LogEntry(0.0, m.RunFinished(run="r"))], [*new, *begun, *more, end])
    repository.release(study, epoch)
    dialect = repository._database.dialect.name
    with repository._database.write() as connection:
        for older in (4, 3, 2, 1):
            if older >= version:
                for statement in [*BACK[older].get(dialect, []), *BACK[older]["always"]]:
                    connection.exec_driver_sql(statement)
    repository.close()
    return study


def rung(number, level, loss, how):
    return m.PutRung(number=number, level=level, losses=(loss,), how=how)


def shape(repository):
    """Columns and unique indexes of every table of ours."""
    with repository._database.read() as connection:
        inspector = sa.inspect(connection)
        return {
            name: (
                sorted((c["name"], str(c["type"]), c["nullable"], str(c.get("computed"))) for c in
                       inspector.get_columns(name)),
                sorted(str(i["column_names"]) for i in inspector.get_indexes(name) if i["unique"]),
            )
            for name in t.OUR_TABLES
        }  # fmt: skip


def test_an_older_version_becomes_this_one_on_every_database(any_storage, request, version):
    study = taken_back(any_storage, version)
    repository = Repository.open(any_storage)
    assert [(a.number, a.ended) for a in repository.attempts(study)] == [(0, 1.0), (1, None)]
    with repository._database.read() as connection:
        assert connection.execute(sa.select(t.rtl_slots.c.attempt)).fetchall() == [(1,)]
        assert connection.execute(sa.select(t.rtl_version.c.version)).scalar() == t.OUR_SCHEMA
    upgraded = shape(repository)
    epoch = repository.acquire(study, run="r2", lease=60, now=9.0)
    end = m.EndAttempt(number=1, attempt=1, outcome="worker_crash", ended=2.0, exit_code=-9, stderr_tail="killed")
    repository.commit(study, epoch, [], [end])
    assert [(a.exit_code, a.stderr_tail) for a in repository.attempts(study)] == [(None, None), (-9, "killed")]
    repository.close()
    if request.node.callspec.params["any_storage"] != "sqlite":
        fresh = Repository.open(request.getfixturevalue(f"{request.node.callspec.params['any_storage']}_server").url())
        assert shape(fresh) == upgraded
        fresh.close()


@pytest.mark.parametrize("killed_at", ["_add_indexes", "_fill_slots", "_rename_column"])
def test_an_upgrade_that_is_killed_half_way_is_finished_by_the_next_program(any_storage, monkeypatch, killed_at):
    study = taken_back(any_storage, 1)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(migrations, killed_at, killed)
        with pytest.raises(KeyboardInterrupt):
            Repository.open(any_storage)
    repository = Repository.open(any_storage)
    with repository._database.read() as connection:
        assert connection.execute(sa.select(t.rtl_slots.c.attempt)).fetchall() == [(1,)]
        assert connection.execute(sa.select(t.rtl_version.c.version)).scalar() == t.OUR_SCHEMA
    assert len(repository.attempts(study)) == 2
    assert shape(repository)["rtl_trials"][1]
    repository.close()


def test_a_newer_version_is_refused_and_nothing_is_changed(any_storage):
    repository = Repository.open(any_storage)
    with repository._database.write() as connection:
        connection.exec_driver_sql(f"UPDATE rtl_version SET version = {t.OUR_SCHEMA + 1}")
        connection.exec_driver_sql("DROP TABLE rtl_slots")
    with pytest.raises(SchemaVersionError, match=f"version {t.OUR_SCHEMA + 1}, this version knows {t.OUR_SCHEMA}"):
        Repository.open(any_storage)
    with repository._database.read() as connection:
        assert "rtl_slots" not in sa.inspect(connection).get_table_names()
    repository.close()


def test_the_logs_of_an_old_file_fold_to_the_tables_it_was_stored_with(old_file, version):
    """The rules of the fold have changed since; for runs that were logged before, they have not."""
    url = f"sqlite:///{old_file}"
    names = raytune_lite.get_all_study_names(url)
    assert set(names) == STUDIES[version]
    for name in names:
        study = raytune_lite.load_study(study_name=name, storage=url)
        assert study.differences() == []
        assert study.attempts
        study.close()
