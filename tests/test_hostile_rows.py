"""Rows edited by hand: a StorageError that names the table, the row and what was found; the rest stays readable.

SQLite keeps any value in any column, so every column of every table gets some.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import shutil
import sqlite3

import pytest

import raytune_lite as rl
from raytune_lite.exceptions import RaytuneLiteError, StorageError
from raytune_lite.pruners import ASHAPruner
from raytune_lite.samplers import GridSampler
from raytune_lite.storages.repository import Repository
from raytune_lite.trial import TrialState

from .core_tools import brief, plain

OURS = ("rtl_events", "rtl_trials", "rtl_attempts", "rtl_checkpoints", "rtl_rungs", "rtl_grid_cells")
OPTUNAS = ("trials", "trial_params", "trial_values", "trial_intermediate_values", "trial_user_attributes",
           "trial_system_attributes", "study_directions", "study_user_attributes")  # fmt: skip
IDS = ("study_id", "trial_id", "uri_sha256")  # a row with another of these is another's row, or nobody's


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.set_user_attr("note", {"a": [1]})
    for step in (1, 3):
        trial.report(x, step)
        trial.save_checkpoint({"step": step}, step)
        if trial.number == 1:
            raise ValueError("no")
        if trial.should_prune():
            raise rl.TrialPruned
    return x


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A database file with one study of everything, and one more beside it."""
    path = tmp_path_factory.mktemp("rows") / "study.db"
    sampler, pruner = GridSampler({"x": [0.1, 0.5, 0.9]}, seed=0), ASHAPruner(1, 9, 3, mode="stop")
    study = rl.create_study(study_name="s", storage=f"sqlite:///{path}", sampler=sampler, pruner=pruner)
    study.set_user_attr("who", "me")
    study.optimize(objective, n_trials=3, catch=(ValueError,), executor="inline")
    study.close()
    other = rl.create_study(study_name="other", storage=f"sqlite:///{path}")
    other.optimize(lambda trial: trial.suggest_int("n", 1, 1), n_trials=1, executor="inline")
    other.close()
    return path


@pytest.fixture
def path(made, tmp_path):
    return shutil.copy(made, tmp_path / "study.db")


def read_all(path, name="s"):
    """All that readers give, and the fold of the log."""
    repository = Repository.open(f"sqlite:///{path}")
    try:
        study = repository.load_study(name)
        readers = (
            "trials", "attempts", "cells", "rungs", "checkpoints", "events", "last_run", "external_trials", "owner",
            "user_attrs",
        )  # fmt: skip
        return [plain(getattr(repository, reader)(study)) for reader in readers]
    finally:
        repository.close()


def edit(path, text, *values):
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA ignore_check_constraints=ON")
        changed = db.execute(text, values).rowcount
    assert changed, "the edit met no row"


def columns(path, table):
    with contextlib.closing(sqlite3.connect(path)) as db:
        return [row[1] for row in db.execute(f"PRAGMA table_info({table})") if not row[5] and row[1] not in IDS]


JUNK = ["abc", -(2**62), 2**62, 1e300, b"\xff\x80", "\0", "[" * 5000, "null"]


def named(error, table, *case):
    assert table in str(error), case


@pytest.mark.parametrize("table", OURS + OPTUNAS)
def test_any_value_in_any_column_is_read_or_refused_with_its_table(made, path, table):
    refused = 0
    for column in columns(path, table):
        for value in JUNK:
            shutil.copy(made, path)
            with contextlib.suppress(sqlite3.IntegrityError):  # a key or NOT NULL: the database itself refuses
                edit(path, f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT min(rowid) FROM {table})", value)
            try:
                read_all(path)
            except StorageError as error:
                refused += 1
                named(error, table, column, value)
                brief(error)
        assert read_all(path, "other")  # the row is of the first study: the other one is not disturbed
    assert refused > 0
    shutil.copy(made, path)
    assert read_all(path)


EDITS = [
    ("UPDATE trials SET state = 'DONE' WHERE number = 1", ["table trials, trial 1", "'DONE'", "COMPLETE"]),
    ("UPDATE trials SET number = 'x' WHERE number = 1", ["table trials", "'x'", "integer"]),
    ("UPDATE trials SET datetime_start = 'noon' WHERE number = 1", ["table trials, trial 1", "noon"]),
    ("UPDATE rtl_trials SET state = 'LOST' WHERE number = 0", ["rtl_trials, trial 0", "'LOST'"]),
    ("UPDATE rtl_trials SET attempt = 'two' WHERE number = 1", ["rtl_trials, trial 1", "attempt 'two'"]),
    ("UPDATE trial_params SET param_value = 'high'", ["table trial_params, trial 0", "'x'", "'high'"]),
    ("UPDATE trial_params SET distribution_json = '{}'", ["table trial_params, trial 0", "{}"]),
    ("UPDATE trial_values SET value = NULL", ["table trial_values", "None", "'FINITE'"]),
    ("UPDATE trial_values SET objective = 7", ["table trial_values", "[7]"]),
    (
        "UPDATE trial_intermediate_values SET step = 'first' WHERE trial_intermediate_value_id = 1",
        ["table trial_intermediate_values", "'first'"],
    ),
    ("UPDATE trial_user_attributes SET value_json = '{a'", ["table trial_user_attributes", "'note'", "'{a'"]),
    ("UPDATE trial_system_attributes SET value_json = NULL", ["table trial_system_attributes", "None"]),
    ("UPDATE rtl_events SET at = 'soon' WHERE seq = 2", ["rtl_events, study 's', seq 2", "'soon'", "finite number"]),
    ("UPDATE rtl_events SET at = 9e999 WHERE seq = 1", ["rtl_events, study 's', seq 1", "inf", "finite number"]),
    ("UPDATE rtl_attempts SET started = 'early'", ["table rtl_attempts, trial 0", "'early'"]),
    ("UPDATE rtl_rungs SET how = 'magic'", ["table rtl_rungs", "'magic'", "exact"]),
    ("UPDATE rtl_rungs SET promoted = 'yes'", ["table rtl_rungs", "'yes'"]),
    ("UPDATE rtl_grid_cells SET failures = -1", ["table rtl_grid_cells", "cell", "-1"]),
    ("UPDATE rtl_checkpoints SET step = 'x'", ["table rtl_checkpoints", "'x'"]),
    ("UPDATE rtl_events SET json = '{}' WHERE seq = 3", ["table rtl_events", "'s'", "seq 3", "'{}'"]),
    ("DELETE FROM rtl_events WHERE seq = 3", ["table rtl_events", "event 3 is missing"]),
    ("UPDATE study_directions SET direction = 'UP'", ["table study_directions", "'s'", "'UP'"]),
    ("UPDATE study_user_attributes SET value_json = 'me'", ["table study_user_attributes", "'who'", "'me'"]),
]


@pytest.mark.parametrize(("text", "parts"), EDITS, ids=[text for text, _ in EDITS])
def test_an_edited_row_is_named_with_what_was_found(path, text, parts):
    assert read_all(path)
    edit(path, text)
    with pytest.raises(StorageError) as caught:
        read_all(path)
    assert all(part in str(caught.value) for part in parts), str(caught.value)


def resume(path):
    study = rl.load_study(study_name="s", storage=f"sqlite:///{path}")
    try:
        study.optimize(objective, max_trials=3, catch=(ValueError,), executor="inline")
        return study.trials
    finally:
        study.close()


def seq_of(path, kind):
    with contextlib.closing(sqlite3.connect(path)) as db:
        query = "SELECT seq, json FROM rtl_events WHERE study_id = 1 AND json LIKE ? ORDER BY seq LIMIT 1"
        return db.execute(query, (f'{{"_":"{kind}"%',)).fetchone()


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("RunStarted", {"pruner": '{"name": "__import__"}'}),
        ("RunStarted", {"sampler": '{"name": "GridSampler", "search_space": []}'}),
        ("RunStarted", {"retries": '{"exception": -1}'}),
        ("RunStarted", {"retries": '{"os.system": 1}'}),
        ("RunStarted", {"pruner": "[]"}),
        ("Claimed", {"slot": ""}),
        ("Reported", {"number": 77}),
        ("Reported", {"attempt": 9}),
        ("AttemptEnded", {"number": 77}),
    ],
)
def test_a_log_that_cannot_have_happened_is_refused_and_continues_when_it_is_mended(path, kind, changes):
    seq, text = seq_of(path, kind)
    change = "UPDATE rtl_events SET json = ? WHERE study_id = 1 AND seq = ?"
    edit(path, change, json.dumps(json.loads(text) | changes, separators=(",", ":")), seq)
    with pytest.raises((RaytuneLiteError, ValueError)) as caught:
        resume(path)
    assert len(str(caught.value)) < 3000
    edit(path, change, text, seq)
    assert [trial.state for trial in resume(path)].count(TrialState.RUNNING) == 0


def test_an_impossible_event_is_named_by_its_seq(path):
    seq, text = seq_of(path, "Reported")
    changed = text.replace('"number":0', '"number":8')
    edit(path, "UPDATE rtl_events SET json = ? WHERE study_id = 1 AND seq = ?", changed, seq)
    with pytest.raises(StorageError, match=f"table rtl_events, study 's', seq {seq}: Reported cannot follow"):
        resume(path)


class Planted:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return open, (self.target, "w")


@pytest.mark.parametrize("table", OURS + OPTUNAS)
def test_a_pickle_in_a_column_is_never_run(made, path, tmp_path, table):
    target = tmp_path / "touched"
    planted = pickle.dumps(Planted(str(target)))
    pickle.loads(planted).close()
    assert target.exists(), "the pickle would act, if anything loaded it"
    target.unlink()
    for column in columns(path, table):
        for value in (planted, planted.decode("latin-1")):
            shutil.copy(made, path)
            with contextlib.suppress(sqlite3.IntegrityError):
                edit(path, f"UPDATE {table} SET {column} = ?", value)
            with contextlib.suppress(RaytuneLiteError):
                read_all(path)
    assert not target.exists()
