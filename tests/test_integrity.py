"""The integrity check: silent on every kind of whole study, and it names each row that somebody has changed."""

from __future__ import annotations

import contextlib
import math
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

import raytune_lite as rtl
from raytune_lite.cli import cli
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.report.check import damages, orphans
from raytune_lite.samplers import GridSampler, RandomSampler
from raytune_lite.storages import checking

from .core_tools import asha

optuna = pytest.importorskip("optuna")
optuna.logging.set_verbosity(optuna.logging.ERROR)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(autouse=True, params=["all at once", "some at a time"])
def _in_parts(request, monkeypatch):
    """Trials are compared as soon as they have ended, or all at the end: no difference may depend on it."""
    if request.param == "some at a time":
        monkeypatch.setattr(checking, "_ROWS", 1)
        monkeypatch.setattr(checking, "_TRIALS", 2)


def train(trial):
    """Epochs with checkpoints, attributes and a conditional parameter; now and then an exception."""
    x = trial.suggest_float("x", 0, 1)
    if trial.suggest_categorical("kind", ["a", "b"]) == "b":
        trial.suggest_int("n", 1, 9)
    trial.set_user_attr("note", {"é": trial.number})
    state = trial.load_checkpoint() or {"step": 0}
    for step in range(state["step"] + 1, 10):
        trial.report(math.inf if trial.number == 3 and step == 1 else x + 1 / step, step)
        trial.save_checkpoint({"step": step}, step)
        if trial.number % 4 == 1 and trial.attempt == 1 and step == 1:
            raise RuntimeError("once \0 \ud800")
        if trial.should_prune():
            raise rtl.TrialPruned
    return math.nan if trial.number == 2 else x


def run(study, objective=train, n_trials=12):
    study.optimize(
        objective, n_trials=n_trials, executor="inline", catch=(RuntimeError,), retries=RetryPolicy(exception=1)
    )
    return study


def whole_asha(storage):
    study = rtl.create_study(storage=storage, study_name="s", sampler=RandomSampler(1), pruner=asha())
    study.enqueue_trial({"x": 0.5})
    space = {"x": rtl.distributions.FloatDistribution(0, 1)}
    reports, attrs = {1: 0.3}, {"k": [1]}
    study.add_trial(
        rtl.create_trial(
            value=5.0, params={"x": 0.25}, distributions=space, intermediate_values=reports, user_attrs=attrs
        )
    )
    return run(study)


def whole_grid(storage):
    def fragile(trial):
        if trial.number % 3 == 0:
            raise RuntimeError("no")
        return trial.suggest_int("x", 1, 4) * trial.suggest_int("y", 1, 3)

    sampler = GridSampler({"x": [1, 2, 3, 4], "y": [1, 2, 3]}, seed=1, max_failures=3)
    study = rtl.create_study(storage=storage, study_name="s", sampler=sampler)
    study.enqueue_trial({"x": 2, "y": 2})
    return run(study, fragile, None)


def whole_of_optuna(storage):
    """Begun by Optuna, gone on with by us, and added to by Optuna again."""
    theirs = optuna.create_study(study_name="s", storage=storage)

    def objective(trial):
        trial.report(0.5, 1)
        trial.set_user_attr("who", "optuna")
        if trial.number == 1:
            raise optuna.TrialPruned
        return trial.suggest_float("x", 0, 1)

    theirs.optimize(objective, n_trials=3)
    theirs.ask()  # a zombie
    study = rtl.load_study(study_name="s", storage=storage)
    run(study, lambda trial: trial.suggest_float("x", 0, 1), 3)
    theirs.optimize(objective, n_trials=1)
    return study


def whole_of_two_objectives(storage):
    study = rtl.create_study(storage=storage, study_name="s", directions=["minimize", "maximize"])
    return run(study, lambda trial: (trial.suggest_float("x", 0, 1), math.inf))


@pytest.mark.parametrize("make", [whole_asha, whole_grid, whole_of_optuna, whole_of_two_objectives])
def test_a_whole_study_has_no_damage(make, any_storage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with contextlib.closing(make(any_storage)) as study:
        assert list(damages(study, files=True)) == []
        assert orphans(study) == []


def change(study, storage, edit):
    """Close the study, and change its file behind its back."""
    study.close()
    with contextlib.closing(sqlite3.connect(storage.removeprefix("sqlite:///"))) as raw:
        assert raw.execute(edit).rowcount > 0
        raw.commit()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The file of a whole study, for tests that change a copy."""
    path = tmp_path_factory.mktemp("recorded") / "study.db"
    whole_asha(f"sqlite:///{path}").close()
    return path


EDITS = [
    ("rtl_events", "UPDATE rtl_events SET json = replace(json, '\"number\":0', '\"number\":7') WHERE seq = 6"),
    ("trials", "UPDATE trials SET state = 'FAIL' WHERE number = 0"),
    ("trials", "DELETE FROM trials WHERE number = 4"),
    ("rtl_trials", "UPDATE rtl_trials SET attempt = 9 WHERE number = 2"),
    ("trial_params", "UPDATE trial_params SET param_value = 0.125 WHERE param_id = 1"),
    ("trial_params", "UPDATE trial_params SET distribution_json = '{' WHERE param_id = 1"),
    ("trial_intermediate_values", "UPDATE trial_intermediate_values SET intermediate_value = 1e9 WHERE step = 3"),
    ("trial_intermediate_values", "DELETE FROM trial_intermediate_values WHERE step = 2"),
    ("trial_values", "UPDATE trial_values SET value = value + 1"),
    ("trial_user_attributes", "UPDATE trial_user_attributes SET value_json = '1'"),
    ("trial_system_attributes", "DELETE FROM trial_system_attributes"),
    ("rtl_attempts", "UPDATE rtl_attempts SET outcome = 'complete' WHERE outcome = 'exception'"),
    ("rtl_attempts", "UPDATE rtl_attempts SET exit_code = 1 WHERE attempt = 1"),
    ("rtl_slots", "INSERT INTO rtl_slots SELECT study_id, 'x', trial_id, 1 FROM rtl_trials WHERE number = 2"),
    ("rtl_checkpoints", "UPDATE rtl_checkpoints SET digest = 'x'"),
    ("rtl_rungs", "UPDATE rtl_rungs SET promoted = NOT promoted"),
    ("rtl_rungs", "DELETE FROM rtl_rungs WHERE level = 1"),
]


@pytest.mark.parametrize(("table", "edit"), EDITS, ids=[f"{table}-{n}" for n, (table, _) in enumerate(EDITS)])
def test_one_changed_row_is_named(table, edit, recorded, tmp_path):
    storage = f"sqlite:///{shutil.copy(recorded, tmp_path / 'changed.db')}"
    study = rtl.load_study(study_name="s", storage=storage)
    change(study, storage, edit)
    found = study.differences()
    assert table in {difference.table for difference in found}
    done = CliRunner().invoke(cli, ["check", "--storage", storage, "--study", "s"])
    assert done.exit_code == 1, done.output
    assert f"{table}, " in done.output


def test_a_changed_cell_is_named(storage):
    study = whole_grid(storage)
    change(study, storage, "UPDATE rtl_grid_cells SET state = 'free' WHERE cell = 5")
    [found] = study.differences()
    assert (found.table, found.key, found.found) == ("rtl_grid_cells", ("cell 5",), {"state": "free"})


def test_a_missing_event_is_named(storage):
    study = whole_asha(storage)
    change(study, storage, "DELETE FROM rtl_events WHERE seq = 9")
    done = CliRunner().invoke(cli, ["check", "--storage", storage])
    assert done.exit_code != 0
    assert "event 9 is missing" in done.output


def test_damaged_and_orphaned_checkpoints_are_found(storage, tmp_path):
    study = whole_asha(storage)
    kept = [ref.uri for _, ref in study.checkpoints]
    assert kept
    root = Path(study.checkpoint_root)
    assert root.is_dir()
    victim = next(path for path in (root / kept[0]).rglob("*") if path.is_file() and path.name != "manifest.json")
    victim.write_bytes(victim.read_bytes()[:-1])
    (root / "trial-00099" / "attempt-1" / "step-1").mkdir(parents=True)
    study.close()
    command = ["check", "--storage", storage, "--study", "s"]
    assert CliRunner().invoke(cli, command).exit_code == 0, "without --files nobody looks"
    done = CliRunner().invoke(cli, [*command, "--files"])
    assert done.exit_code == 1
    assert "is damaged" in done.output
    assert "trial-00099/attempt-1/step-1" in done.output


def test_a_whole_study_is_said_to_be_whole(storage):
    whole_asha(storage).close()
    done = CliRunner().invoke(cli, ["check", "--storage", storage, "--study", "s", "--files"])
    assert done.exit_code == 0, done.output
    assert "every row is what the log implies" in done.output


def test_few_rows_are_in_memory_at_once(storage, monkeypatch):
    study = rtl.create_study(storage=storage, study_name="s", sampler=RandomSampler(0))
    with contextlib.closing(run(study, curve, 40)):
        monkeypatch.setattr(checking, "_ROWS", 50)
        held = []
        apply = checking.Tables.apply

        def watched(self, rows):
            held.append(sum(map(len, self.tables.values())))
            return apply(self, rows)

        monkeypatch.setattr(checking.Tables, "apply", watched)
        assert rtl.load_study(study_name="s", storage=storage).differences() == []
        assert max(held) < 150 < 40 * 20


def curve(trial):
    for step in range(20):
        trial.report(trial.suggest_float("x", 0, 1), step)
    return 0.0


def test_trials_that_a_later_pruner_judges_again_are_compared_again(storage):
    study = rtl.create_study(storage=storage, study_name="s", sampler=RandomSampler(0))
    for value in (1.0, 2.0, 3.0):
        study.add_trial(rtl.create_trial(value=value, intermediate_values={1: value}))
    run(study, lambda trial: trial.suggest_float("x", 0, 1), 1)
    study.close()
    study = rtl.load_study(study_name="s", storage=storage, pruner=asha())
    run(study, lambda trial: trial.suggest_float("x", 0, 1), 1)
    assert study.rungs
    assert study.differences() == []
    study.close()
