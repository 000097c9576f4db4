"""The verbs and output formats of Optuna's command line, which is the oracle, on the same database."""

from __future__ import annotations

import contextlib
import importlib
import sqlite3
import warnings

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.samplers import RandomSampler

optuna = pytest.importorskip("optuna")
importlib.import_module("optuna.cli")

URL = "sqlite:///s.db"
FORMATS = ("value", "json", "table", "yaml")


def call(*args, code=0):
    result = CliRunner().invoke(cli, [*args, "--storage", URL])
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.stderr


def theirs(capsys, *args):
    parser, _ = optuna.cli._get_parser()
    found = parser.parse_args(optuna.cli._preprocess_argv(["optuna", *args, "--storage", URL]))
    del optuna.cli._Studies._study_list_header[4:]  # each call in one process adds the column of attributes once more
    capsys.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        assert found.handler(found) == 0
    return capsys.readouterr().out


def uneven(trial):
    x = trial.suggest_float("x", 0, 1)
    if trial.number == 2:
        raise ValueError("no")
    if trial.number % 2:
        trial.suggest_int("n", 1, 3)
    if trial.number == 3:
        trial.set_user_attr("k", ["a", {"b": None}])
    trial.report(x, 1)
    if trial.number == 4:
        raise rl.TrialPruned
    return x


def two(trial):
    return trial.suggest_float("x", 0, 1), trial.suggest_categorical("c", ["a", "b"]) == "a"


@pytest.fixture
def studies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one = rl.create_study(study_name="one", storage=URL, sampler=RandomSampler(1))
    one.optimize(uneven, n_trials=6, executor="inline", catch=ValueError, show_progress_bar=False)
    one.set_user_attr("owner", "ada")
    named = rl.create_study(study_name="named", storage=URL, directions=["minimize", "maximize"])
    named.optimize(two, n_trials=4, executor="inline", show_progress_bar=False)
    named.set_metric_names(["loss", "good"])
    plain = rl.create_study(study_name="two", storage=URL, directions=["maximize", "minimize"])
    plain.optimize(two, n_trials=3, executor="inline", show_progress_bar=False)
    rl.create_study(study_name="empty", storage=URL, direction="maximize")


@pytest.mark.parametrize(
    "verb",
    [
        ("trials", "--study-name", "one"),
        ("trials", "--study-name", "named"),
        ("trials", "--study-name", "two"),
        ("trials", "--study-name", "empty"),
        ("best-trial", "--study-name", "one"),
        ("best-trials", "--study-name", "named"),
        ("best-trials", "--study-name", "two"),
        ("studies",),
        ("study-names",),
    ],
    ids=" ".join,
)
def test_each_verb_prints_what_optunas_prints_in_each_format(studies, capsys, verb):
    for form in FORMATS:
        assert call(*verb, "-f", form) == theirs(capsys, *verb, "-f", form), form
        if verb[0] != "study-names":
            flat = (*verb, "--format", form, "--flatten")
            assert call(*flat) == theirs(capsys, *flat), form
    if verb[0] not in ("trials", "studies"):  # of these two the form without -f is our own
        assert call(*verb) == theirs(capsys, *verb)


def test_a_study_is_made_noted_on_and_deleted_as_by_optuna(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call("create-study", "--study-name", "a", "--directions", "minimize", "maximize") == "a\n"
    assert "exists in this storage already" in call("create-study", "--study-name", "a", code=2)
    assert call("create-study", "--study-name", "a", "--skip-if-exists") == "a\n"
    assert call("create-study", "--study-name", "b", "--direction", "maximize") == "b\n"
    assert call("create-study").startswith("no-name-")
    assert "write --direction minimize" in call("create-study", "minimize", code=2)
    assert call("study", "set-user-attr", "--study-name", "a", "-k", "owner", "--value", "ada") == ""
    found = optuna.load_study(study_name="a", storage=URL)
    assert [direction.name for direction in found.directions] == ["MINIMIZE", "MAXIMIZE"]
    assert found.user_attrs == {"owner": "ada"}
    assert call("delete-study", "--study-name", "a") == ""
    assert "no study named 'a'" in call("delete-study", "--study-name", "a", code=2)
    assert "b" in theirs(capsys, "study-names").splitlines()


def test_options_that_exclude_one_another_are_refused(studies):
    assert "give either --json or -f yaml" in call("trials", "--study", "one", "--json", "-f", "yaml", code=2)
    assert "--flatten goes with -f" in call("studies", "--flatten", code=2)
    assert call("trials", "--study", "one", "--state", "FAIL", "-f", "value").split()[0] == "2"


def test_a_control_character_does_not_reach_the_terminal(studies):
    rl.load_study(study_name="one", storage=URL).enqueue_trial({}, {"k\x1b[31m": "\x1b[2J"})
    for form in FORMATS:
        assert "\x1b" not in call("trials", "--study", "one", "-f", form)


def test_storage_upgrade_brings_an_older_optunas_tables_to_the_present(tmp_path, monkeypatch):
    from alembic import command

    monkeypatch.chdir(tmp_path)
    study = optuna.create_study(study_name="old", storage=URL)
    study.add_trial(optuna.trial.create_trial(value=1.0))
    with contextlib.closing(sqlite3.connect("s.db")) as database:  # the step back drops an index that only steps make
        database.execute("CREATE INDEX trials_study_id_key ON trials (study_id)")
    storage = optuna.storages.RDBStorage(URL)
    command.downgrade(storage._version_manager._create_alembic_config(), "v3.0.0.d")
    storage.engine.dispose()
    assert "raytune-lite storage upgrade" in call("studies", code=1)
    assert call("storage", "upgrade") == "upgraded Optuna's tables; ours are up to date; studies: 1.\n"
    assert call("storage", "upgrade") == "the tables are up to date; studies: 1.\n"
    assert rl.load_study(study_name="old", storage=URL).best_value == 1.0
