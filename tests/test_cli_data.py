"""The command line for programs and for cleaning up: --json, cells, export, delete, RTL_STORAGE."""

from __future__ import annotations

import csv
import io
import json
import sys

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.pruners import ASHAPruner
from raytune_lite.samplers import GridSampler, RandomSampler

URL = "sqlite:///s.db"


def call(*args, code=0, **more):
    result = CliRunner().invoke(cli, list(args), **more)
    assert result.exit_code == code, result.output
    return result


def data(*args, code=0):
    return json.loads(call(*args, code=code).stdout)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RTL_STORAGE", URL)
    return tmp_path


def climbs(trial):
    x = trial.suggest_float("x", 0, 1)
    n = trial.suggest_int("n", 1, 3)
    trial.set_user_attr("kind", ["a", n])
    for step in range(1, 10):
        trial.report(x + 1 / step, step)
        if trial.should_prune():
            raise rl.TrialPruned
    return x


@pytest.fixture
def study(folder):
    study = rl.create_study(study_name="train", storage=URL, sampler=RandomSampler(0), pruner=ASHAPruner(1, 9, 3))
    study.optimize(climbs, max_trials=12, executor="inline")
    return study


@pytest.fixture
def grid(folder):
    def cell(trial):
        a = trial.suggest_categorical("a", [1, 2, 3])
        if a == 2:
            raise ValueError("two")
        return float(a)

    study = rl.create_study(study_name="grid", storage=URL, sampler=GridSampler({"a": [1, 2, 3]}, 0, max_failures=1))
    study.optimize(cell, executor="inline", catch=ValueError)
    return study


def test_rtl_storage_is_read_where_no_option_names_a_database(study, monkeypatch):
    assert call("studies").stdout == "train\n"
    rl.create_study(study_name="other", storage="sqlite:///other.db")
    assert call("studies", "--storage", "sqlite:///other.db").stdout == "other\n"
    monkeypatch.setenv("ELSEWHERE", "sqlite:///other.db")
    assert call("studies", "--storage-env", "ELSEWHERE").stdout == "other\n"
    monkeypatch.setenv("RTL_STORAGE", "sqlite:///typo.db")
    assert "check the URL in $RTL_STORAGE" in call("studies", code=2).stderr
    monkeypatch.setenv("RTL_STORAGE", "")
    assert "there is no database sqlite:///raytune_lite.db" in call("studies", code=2).stderr


def test_status_as_json_has_the_figures_of_the_study(study):
    found = data("status", "--json")
    assert found["study"] == "train"
    assert found["directions"] == ["minimize"]
    assert [best["number"] for best in found["best"]] == [study.best_trial.number]
    assert [best["values"] for best in found["best_so_far"]] == [[study.best_value]]
    assert sum(found["trials"].values()) == 12
    assert found["promotions"] == sum(rung.promoted for rung in study.rungs) > 0
    assert found["steps"] == sum(len(trial.intermediate_values) for trial in study.trials)
    assert (found["owner"], found["grid"], found["failed"]) == (None, None, [])


def test_status_as_json_has_a_grid_and_failures(grid):
    found = data("status", "--json")
    assert found["grid"] == {"cells": 3, "done": 2, "free": 0, "dead": 1}
    assert [failed["error"] for failed in found["failed"]] == ["ValueError: two"]
    assert found["attempts_without_result"] == {"exception": 1}


def test_a_study_without_results_has_no_best_trial(folder):
    rl.create_study(study_name="empty", storage=URL)
    assert data("status", "--json")["best"] == []


def test_studies_as_json_count_their_trials(study, grid):
    first, second = data("studies", "--json")
    assert first["name"] == "train"
    assert sum(first["trials"].values()) == 12
    assert second == {"name": "grid", "directions": ["minimize"], "trials": {"COMPLETE": 2, "FAIL": 1}}


def test_check_as_json_says_what_differs_and_still_exits_1(study):
    assert data("check", "--json", "--files") == {
        "study": "train", "intact": True, "files": True, "differences": [], "without_a_row": [], "half_written": [],
    }  # fmt: skip
    import sqlite3

    with sqlite3.connect("s.db") as connection:
        connection.execute("UPDATE rtl_rungs SET promoted = 1 - promoted")
    found = data("check", "--json", code=1)
    assert not found["intact"]
    assert found["differences"]


def test_cells_show_each_cell_with_its_trial_and_value(grid):
    found = data("cells", "--json")
    assert found["counts"] == {"cells": 3, "done": 2, "free": 0, "dead": 1}
    values = {cell["params"]["a"]: (cell["state"], cell["values"]) for cell in found["handed_out"]}
    assert values == {1: ("done", [1.0]), 2: ("dead", None), 3: ("done", [3.0])}
    lines = call("cells", "--state", "dead").stdout.splitlines()
    assert lines[0] == "3 cells, 2 done, 0 free, 1 dead"
    assert lines[2].split()[-1] == "a=2"
    assert len(lines) == 3


def test_cells_of_a_study_without_a_grid_are_refused(study):
    assert "has no grid" in call("cells", code=2).stderr


def test_export_writes_the_same_trials_in_each_format(study):
    pq = pytest.importorskip("pyarrow.parquet")
    rows = list(csv.DictReader(io.StringIO(call("export", "--format", "csv").stdout)))
    records = data("export", "--format", "json")
    call("export", "--format", "parquet", "-o", "t.parquet")
    table = pq.read_table("t.parquet").to_pylist()
    assert [int(row["number"]) for row in rows] == [r["number"] for r in records] == [r["number"] for r in table]
    for row, record, cells, trial in zip(rows, records, table, study.trials, strict=True):
        x = trial.params["x"]
        assert float(row["params_x"]) == record["params"]["x"] == cells["params_x"] == x
        assert int(row["params_n"]) == cells["params_n"] == trial.params["n"]
        assert json.loads(row["user_attrs_kind"]) == json.loads(cells["user_attrs_kind"]) == trial.user_attrs["kind"]
        assert cells["datetime_start"] == trial.datetime_start
        assert row["state"] == cells["state"] == trial.state.name


def test_export_writes_curves_attempts_and_rungs(study):
    pq = pytest.importorskip("pyarrow.parquet")
    curves = data("export", "--format", "json", "--table", "reports")
    assert {(row["number"], row["step"]): row["value"] for row in curves} == {
        (trial.number, step): value for trial in study.trials for step, value in trial.intermediate_values.items()
    }
    for table, n in (("reports", len(curves)), ("attempts", len(study.attempts)), ("rungs", len(study.rungs))):
        said = call("export", "--format", "parquet", "--table", table, "-o", f"{table}.parquet").stderr
        assert f"{n} row(s)" in said
        written = pq.read_table(f"{table}.parquet")
        assert written.num_rows == n
        assert len(list(csv.DictReader(io.StringIO(call("export", "--format", "csv", "--table", table).stdout)))) == n
        assert list(written.column_names) == call("export", "--format", "csv", "--table", table).stdout.split()[
            0
        ].split(",")


def test_a_parquet_column_of_several_types_holds_json(folder):
    pq = pytest.importorskip("pyarrow.parquet")
    study = rl.create_study(study_name="mixed", storage=URL, sampler=RandomSampler(0))
    study.optimize(lambda t: float(t.suggest_categorical("c", [1, "one", 2.5, True]) == 1), 12, executor="inline")
    call("export", "--format", "parquet", "-o", "m.parquet")
    found = pq.read_table("m.parquet")["params_c"].to_pylist()
    assert [json.loads(text) for text in found] == [trial.params["c"] for trial in study.trials]


def test_parquet_says_what_is_missing(study, monkeypatch):
    assert "add -o trials.parquet" in call("export", "--format", "parquet", code=2).stderr
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    said = call("export", "--format", "parquet", "-o", "t.parquet", code=2).stderr
    assert 'pip install "raytune-lite[parquet]"' in said


def test_delete_asks_first(study):
    assert "with 12 trial(s)? This cannot be undone." in call("delete", "train", input="n\n", code=1).stderr
    assert call("studies").stdout == "train\n"
    assert call("delete", "train", input="y\n").stdout == "train: deleted, with 12 trial(s).\n"
    assert call("studies").stdout == ""
    assert "'train'" in call("delete", "train", "--yes", code=2).stderr


def test_delete_names_the_directory_of_the_checkpoints_that_stay(folder):
    def saves(trial):
        trial.save_checkpoint({"x": 1}, step=1)
        return 1.0

    study = rl.create_study(study_name="saved", storage=URL)
    study.optimize(saves, 1, executor="inline")
    root = study.checkpoint_root
    assert len(study.checkpoints) == 1
    found = data("delete", "saved", "--yes", "--json")
    assert found == {"study": "saved", "done": "delete", "trials": 1, "checkpoint_directory": root}


# --- explain, show, rungs, doctor ----------------------------------------------------------------------------------


def test_show_has_all_that_is_stored_of_a_trial(study):
    promoted = next(rung.number for rung in study.rungs if rung.promoted)
    found = data("show", str(promoted), "--json")
    trial = study.trials[promoted]
    assert (found["number"], found["state"], found["params"]) == (promoted, trial.state.name, trial.params)
    assert [attempt["attempt"] for attempt in found["attempts"]] == list(range(1, trial.attempt + 1))
    rungs = [(rung.level, rung.promoted) for rung in study.rungs if rung.number == promoted]
    assert [(rung["level"], rung["promoted"]) for rung in found["rungs"]] == rungs
    decided = [note for note in found["history"] if note["kind"] in ("promoted", "passed")]
    assert [note["step"] for note in decided] == [level for level, is_promoted in rungs if is_promoted]
    assert all(note["holds"] and note["numbers"]["rank"] <= note["numbers"]["quota"] for note in decided)
    text = call("show", str(promoted)).stdout
    for word in (f"trial {promoted}: ", "attempts:", "reports: ", "what happened:", "parameters:", "  x = "):
        assert word in text


def test_show_of_a_pruner_of_the_users_own_shows_the_tables(folder):
    class Mine:
        judges_several = True

        def spec(self):
            return {"name": "Mine"}

        def judge(self, study):
            return rl.pruners.NopPruner().judge(study)

    rl.create_study(study_name="m", storage=URL, pruner=Mine()).optimize(climbs, 1, executor="inline")
    text = call("show", "0").stdout
    assert "its decisions cannot be explained: pruner must be one of" in text
    assert "attempts:" in text
    assert "a pruner of your own cannot be rebuilt" in call("explain", "0", code=2).stderr
    assert data("show", "0", "--json")["history"] is None


def test_rungs_are_those_of_the_study(study):
    found = data("rungs", "--json")
    counted = {(rung["level"], entry["number"], entry["promoted"]) for rung in found for entry in rung["entries"]}
    assert counted == {(rung.level, rung.number, rung.promoted) for rung in study.rungs}
    assert [rung["level"] for rung in found] == sorted({rung.level for rung in study.rungs}, reverse=True)
    lowest = found[-1]
    losses = sorted(entry["losses"][0] for entry in lowest["entries"])
    assert lowest["quota"] == 4
    assert lowest["bar"] == losses[3]
    assert lowest["best"]["value"] == losses[0]
    lines = call("rungs").stdout.splitlines()
    assert lines[-1].split()[:3] == ["1", "12", str(lowest["promoted"])]


def test_a_study_without_rungs_says_so(grid):
    result = call("rungs")
    assert result.stdout == ""
    assert "no trial has reached a rung" in result.stderr


def test_explain_as_json_has_the_numbers(study):
    found = data("explain", "0", "--json")
    assert found["subject"] == "trial 0"
    assert found["why"]
    assert any(note["numbers"] and "rank" in note["numbers"] for note in found["history"])
    assert data("explain", "--json")["subject"] == "study train"
    assert "no trial 12" in call("show", "12", code=2).stderr
    assert "no trial 12" in call("explain", "12", code=2).stderr


def test_doctor_finds_a_fit_machine_fit(study, tmp_path):
    found = {finding["what"]: finding for finding in data("doctor", "--json")}
    assert found["storage"]["text"].startswith("sqlite:///s.db can be written")
    assert "studies: 1" in found["storage"]["text"]
    assert {found[what]["level"] for what in ("versions", "packages", "storage", "checkpoints")} == {"ok"}
    assert sorted(path.name for path in tmp_path.iterdir() if "doctor" in path.name) == []
    assert "does not exist yet, and can be made" in call("doctor", "--storage", "sqlite:///new.db").stdout
    assert not (tmp_path / "new.db").exists()


def test_doctor_says_what_fails_and_exits_1(study, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    lines = call("doctor", code=1).stdout.splitlines()
    assert any(line.startswith("fail  ray ") and "no Ray answers there" in line for line in lines)
    monkeypatch.delenv("RAY_ADDRESS")
    assert "fail  storage" in call("doctor", "--storage", "sqlite:////nowhere/at/all.db", code=1).stdout
    (study_file := tmp_path / "file").write_text("x")
    assert "fail  checkpoints" in call("doctor", "--checkpoint-dir", f"{study_file}/below", code=1).stdout
    assert "fail  storage" in call("doctor", "--storage", "oracle://h/db", code=1).stdout
