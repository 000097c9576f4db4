"""Opening: URLs, paths, versions, SQL of every dialect, and what importing costs."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.schema import CreateTable

from raytune_lite.exceptions import SchemaVersionError, StorageError, StorageURLError
from raytune_lite.storages import Repository, mask, normalize_url
from raytune_lite.storages import schema as t
from raytune_lite.storages.batch import _STEPS
from raytune_lite.storages.shapes import SHAPES
from raytune_lite.storages.statements import Statements
from raytune_lite.storages.url import secrets
from raytune_lite.trial import StudyDirection

SECRET = "s3cr3t"
DIALECTS = [sqlite.dialect(), postgresql.dialect(), mysql.dialect()]


# --- URLs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "storage",
    [
        f"postgresql://me:{SECRET}@host/db",
        f"postgresql://host/db?password={SECRET}&sslmode=require",
        f"mysql+nodriver://me:{SECRET}@host/db",
        f"nosql://me:{SECRET}@host:99/db",
        f"nosql://me:{SECRET}@host:port/db",
        f"postgres//me:{SECRET}@host",
        f"postgresql://me:{SECRET}@@[::1/db",
        f"sqlite://me:{SECRET}@host/f.db",
    ],
)
def test_no_password_is_ever_shown(storage):
    shown = mask(storage)
    with contextlib.suppress(StorageURLError):
        normalize_url(storage)  # works where the driver is installed
        storage = "sqlite://" + storage
    with pytest.raises(StorageURLError) as error:
        normalize_url(storage)
    assert SECRET not in shown + str(error.value)


@pytest.mark.parametrize(
    ("storage", "way_out"),
    [
        ("study.db", "did you mean sqlite:///study.db?"),
        ("", "did you mean sqlite:///"),
        ("sqlite:/study.db", "did you mean sqlite:///NAME.db?"),
        ("sqlite://study.db", "Did you mean sqlite:///study.db?"),
        ("sqlite://dir/study.db", "Did you mean sqlite:///dir/study.db?"),
        ("sqlite://", "storage=None"),
        ("sqlite:///:memory:", "storage=None"),
        ("sqlite:///file:x?mode=memory&uri=true", "storage=None"),
        ("sqlite+aiosqlite:///x.db", "sqlite:///PATH"),
        ("redis://host", "it takes sqlite, postgresql and mysql"),
        ("oracle://host", "it takes sqlite, postgresql and mysql"),
        ("mysql+nodriver://host/db", "it takes sqlite, postgresql and mysql"),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_the_way_out(storage, way_out):
    with pytest.raises(StorageURLError) as error:
        normalize_url(storage)
    assert way_out in str(error.value)
    assert repr(storage)[1:-1] in str(error.value)


@pytest.mark.parametrize(
    "storage",
    [
        f"postgresql://me@host/db?options=-c%20my.password%3D{SECRET}",
        f"postgresql://me@host/db?api_key={SECRET}",
        f"mysql://me@host/db?odbc_connect=DRIVER%3Dx%3BPWD%3D{SECRET}",
        f"postgresql://{SECRET}{'x' * 40}@host/db",  # a token in the user's place
        f"postgresql//host/db?api_key={SECRET}",
    ],
)
def test_what_may_hold_a_password_is_shown_nowhere(storage):
    assert SECRET not in mask(storage)
    assert "***" in mask(storage)
    with contextlib.suppress(StorageURLError):
        assert SECRET in " ".join(secrets(normalize_url(storage)))  # so no message of a driver shows it either
    assert mask("postgresql://me@host/db") == "postgresql://me@host/db"


def test_a_url_must_be_text(tmp_path):
    with pytest.raises(StorageURLError, match="must be a URL as text, got PosixPath"):
        normalize_url(tmp_path)


@pytest.mark.parametrize(
    ("storage", "package", "extra"),
    [
        ("postgresql://me:pw@host/db", "psycopg2-binary", "postgresql"),
        ("postgres://me:pw@host/db", "psycopg2-binary", "postgresql"),
        ("postgresql+psycopg://host/db", "psycopg", "postgresql"),
        ("mysql://me:pw@host/db", "pymysql", "mysql"),
        ("mariadb://me:pw@host/db", "pymysql", "mysql"),
    ],
)
def test_a_missing_driver_is_named_with_its_package_and_our_extra(storage, package, extra, monkeypatch):
    for driver in ("psycopg2", "psycopg", "pymysql"):
        monkeypatch.setitem(sys.modules, driver, None)  # as if it were not installed
    with pytest.raises(StorageURLError) as error:
        Repository.open(storage)
    assert f'pip install "raytune-lite[{extra}]" (or: pip install {package})' in str(error.value)
    assert ":pw@" not in str(error.value)


# --- paths -------------------------------------------------------------------------------------------------------


def test_a_relative_path_becomes_absolute_and_the_file_is_in_wal_mode(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    repository = Repository.open("sqlite:///study.db")
    assert repository.path == str(tmp_path / "study.db")
    assert repository.url == f"sqlite:///{tmp_path}/study.db"
    assert repository.is_local
    with repository._database.write() as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {n}").scalar() for n in ("journal_mode", "synchronous")]
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert pragmas == ["wal", 2]  # 2: FULL
    repository.close()
    fast = Repository.open("sqlite:///study.db", durable=False)
    with fast._database.write() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 0
    fast.close()


@pytest.mark.parametrize("name", ["two words.db", "ünï🚀.db", "a:b'c.db", "no-ending"])
def test_a_path_is_taken_and_shown_as_it_was_given_and_optuna_takes_the_same(tmp_path, name):
    optuna = pytest.importorskip("optuna")
    repository = Repository.open(f"sqlite:///{tmp_path}/{name}")
    assert repository.url == f"sqlite:///{tmp_path}/{name}"
    assert (tmp_path / name).exists()
    repository.create_study("s", [StudyDirection.MINIMIZE])
    assert optuna.get_all_study_names(repository.url) == ["s"]
    repository.close()


needs_quoting = pytest.mark.skipif(
    sa.__version__ < "2.1", reason="SQLAlchemy 2.0 has no URL for a path with '?', and takes %XX as it is"
)


@needs_quoting
@pytest.mark.parametrize("folder", ["what?", "50%25", "a b%20c", "x?y=z"])
def test_a_working_directory_of_any_name_leads_every_process_to_the_same_file(tmp_path, monkeypatch, folder):
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / folder)
    repository = Repository.open("sqlite:///study.db")
    monkeypatch.chdir(tmp_path)  # as the driver actor's may be
    again = Repository.open(repository.storage)
    shown = Repository.open(repository.url)
    assert repository.path == again.path == shown.path == str(tmp_path / folder / "study.db")
    for each in (repository, again, shown):
        each.close()


@needs_quoting
def test_a_study_in_a_directory_of_an_odd_name_runs_there(tmp_path, monkeypatch):
    import raytune_lite as rtl

    (tmp_path / "50%25?").mkdir()
    monkeypatch.chdir(tmp_path / "50%25?")
    for storage in ("sqlite:///study.db", "sqlite:///what%3F.db", None):
        study = rtl.create_study(study_name="s", storage=storage)
        study.optimize(lambda trial: 1.0, n_trials=2, executor="inline")
        assert len(study.trials) == 2
        study.close()
    assert {path.name for path in (tmp_path / "50%25?").glob("*.db")} == {"study.db", "what?.db"}
    assert [path.name for path in tmp_path.iterdir()] == ["50%25?"]


@pytest.mark.parametrize("name", ["what?.db", "a?b=c.db"])
def test_a_question_mark_that_would_lead_to_another_file_is_refused(tmp_path, name):
    with pytest.raises(StorageURLError, match=r"leads to the file .*For a '\?' in the path write %3F"):
        Repository.open(f"sqlite:///{tmp_path}/{name}")
    assert list(tmp_path.iterdir()) == []
    Repository.open(f"sqlite:///{tmp_path}/study.db?timeout=5").close()


def test_a_file_in_the_copy_of_a_submitted_job_is_refused_with_the_way_out(tmp_path, monkeypatch):
    copy = tmp_path / "runtime_resources" / "working_dir_files" / "_ray_pkg_1a2b"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    for storage in ("sqlite:///study.db", f"sqlite:///{copy}/study.db"):
        with pytest.raises(StorageURLError, match=r"(?s)copy that Ray made.*after any edit.*absolute path"):
            Repository.open(storage)
    assert list(copy.iterdir()) == []
    Repository.open(f"sqlite:///{tmp_path}/study.db").close()


def test_a_path_that_cannot_be_used_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(StorageError, match=r"is a directory; add a file name"):
        Repository.open(f"sqlite:///{tmp_path}")
    with pytest.raises(StorageError, match=r"there is no directory .*/no; make it"):
        Repository.open(f"sqlite:///{tmp_path}/no/study.db")
    (tmp_path / "notes.txt").write_text("not a database, " * 100)
    with pytest.raises(StorageError, match=r"notes.txt: file is not a database: choose another file name"):
        Repository.open(f"sqlite:///{tmp_path}/notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "not a database, " * 100


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_path_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="cannot be written"):
        Repository.open(f"sqlite:///{tmp_path}/study.db")


def test_a_database_with_a_strange_table_of_optunas_names_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "x.db") as raw:
        raw.execute("CREATE TABLE trials (mine INTEGER)")
        raw.execute("INSERT INTO trials VALUES (1)")
    before = (tmp_path / "x.db").read_bytes()
    with pytest.raises(StorageError, match="a table 'trials' that Optuna did not make"):
        Repository.open(f"sqlite:///{tmp_path}/x.db")
    assert (tmp_path / "x.db").read_bytes() == before


# --- versions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "found", "way_out"),
    [
        ("UPDATE version_info SET schema_version = 13", "schema 13", "update raytune-lite"),
        ("UPDATE alembic_version SET version_num = 'v9.9.0.a'", "v9.9.0.a", "update raytune-lite"),
        ("UPDATE rtl_version SET version = 99", "rtl_\\* of version 99", "update raytune-lite"),
        ("UPDATE version_info SET schema_version = 11", "older schema 11", "lite storage upgrade --storage sqlite"),
        ("UPDATE alembic_version SET version_num = 'v3.0.0.d'", "v3.0.0.d", "lite storage upgrade --storage sqlite"),
    ],
)
def test_another_schema_is_refused_and_not_a_byte_is_written(tmp_path, edit, found, way_out):
    path = tmp_path / "study.db"
    Repository.open(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
        raw.execute(edit)
    raw.close()
    before = path.read_bytes()
    with pytest.raises(SchemaVersionError, match=found) as error:
        Repository.open(f"sqlite:///{path}")
    assert way_out in str(error.value)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["study.db"]


def test_opening_a_newer_optuna_database_without_our_tables_adds_none(tmp_path):
    path = tmp_path / "study.db"
    Repository.open(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as raw:
        for name in reversed(t.OUR_TABLES):
            raw.execute(f"DROP TABLE {name}")
        raw.execute("UPDATE version_info SET schema_version = 99")
    raw.close()
    with pytest.raises(SchemaVersionError):
        Repository.open(f"sqlite:///{path}")
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT name FROM sqlite_master WHERE name LIKE 'rtl_%' AND type='table'").fetchall() == []


def test_many_processes_may_open_a_new_database_at_once(tmp_path):
    code = "import sys; from raytune_lite.storages import Repository as R; R.open(sys.argv[1]).close()"
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/study.db"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(6)]
    assert [process.communicate()[1] for process in processes] == [b""] * 6
    repository = Repository.open(f"sqlite:///{tmp_path}/study.db")
    repository.create_study("s", [StudyDirection.MINIMIZE])
    repository.close()


# --- every dialect, MySQL's own too: compiled (test_servers.py runs them) --------------------------------


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_statement_and_table_compiles_for_every_dialect(dialect):
    statements = Statements(dialect)
    words = {"once": "DO NOTHING", "put": "DO UPDATE SET", "insert": "INSERT", "update": "UPDATE", "delete": "DELETE"}
    if dialect.name == "mysql":
        words.update(once="ON DUPLICATE KEY", put="ON DUPLICATE KEY")
    for table, verb in _STEPS:
        if (table, verb) != ("trials", "insert"):
            sql = statements.change(table, verb, SHAPES[table].values if verb == "update" else ()).sql
            assert words[verb] in sql
            assert "RETURNING" not in sql
    assert ("RETURNING" in statements._insert_trial.sql) == (dialect.name == "postgresql")
    assert ("FOR UPDATE" in statements["lock_study"].sql) == (dialect.name != "sqlite")
    ddl = {name: str(CreateTable(table).compile(dialect=dialect)) for name, table in t.metadata.tables.items()}
    if dialect.name == "mysql":
        assert "json LONGTEXT" in ddl["rtl_events"]
        assert "message LONGTEXT" in ddl["rtl_attempts"]


def test_mysql_indexes_stay_below_its_3072_bytes():
    for table in t.metadata.tables.values():
        uniques = [c for c in table.constraints if isinstance(c, (sa.UniqueConstraint, sa.PrimaryKeyConstraint))]
        for constraint in [*uniques, *table.indexes]:
            for column in constraint.columns:
                assert not isinstance(column.type, sa.Text), f"{table.name}.{column.name}"
            widths = [4 * (getattr(column.type, "length", None) or 2) for column in constraint.columns]
            assert sum(widths) <= 3072, table.name


# --- imports -----------------------------------------------------------------------------------------------------


def test_importing_the_package_of_storages_does_not_import_sqlalchemy():
    code = "import sys, raytune_lite.storages as s; assert 'sqlalchemy' not in sys.modules; s.Repository; print(dir(s))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Repository" in done.stdout


def test_an_unknown_name_lists_the_known_ones():
    import raytune_lite.storages

    with pytest.raises(AttributeError, match="it has AttemptRecord"):
        raytune_lite.storages.Nothing  # noqa: B018
