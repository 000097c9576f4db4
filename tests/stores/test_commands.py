"""Each command that reads a study does so on all three databases: the same answers, and no password in them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import raytune_lite as rtl
from raytune_lite.cli import cli

from ..servers import PASSWORD

READING = [
    ["status"], ["status", "--json"], ["best"], ["trials"], ["trials", "--json"], ["attempts"], ["rungs"], ["explain"],
    ["explain", "0"], ["show", "0"], ["watch", "--once", "--ascii"], ["check"], ["studies"],
    ["export", "--table", "trials", "--format", "csv"], ["replay", "--pruner", "asha(eta=2)"],
]  # fmt: skip


def objective(trial):
    x = trial.suggest_float("x", 0.0, 1.0)
    state = trial.load_checkpoint() or {"step": 0}
    for step in range(state["step"] + 1, 10):
        trial.report(x + 1.0 / step, step)
        trial.save_checkpoint({"step": step}, step)
        if trial.should_prune():
            raise rtl.TrialPruned
    return x


@pytest.fixture
def study(any_storage, tmp_path):
    pruner, sampler = rtl.pruners.ASHAPruner(1, 9, 3), rtl.samplers.RandomSampler(7)
    made = rtl.create_study(
        storage=any_storage, study_name="s", pruner=pruner, sampler=sampler, checkpoint_dir=str(tmp_path)
    )
    made.optimize(objective, n_trials=24, executor="inline", show_progress_bar=False)
    return made


def test_what_is_read_on_the_command_line_is_the_study_on_each_database(study, any_storage, tmp_path):
    said = {}
    for command in READING:
        chosen = [] if command == ["studies"] else ["--study", "s"]
        done = CliRunner().invoke(cli, [*command, *chosen, "--storage", any_storage])
        assert done.exit_code == 0, (command, done.output, done.exception)
        assert PASSWORD not in done.output
        said[" ".join(command)] = done.stdout
    rows = json.loads(said["trials --json"])
    assert [row["number"] for row in rows] == list(range(24))
    assert [row["state"] for row in rows] == [trial.state.name for trial in study.trials]
    assert f"{study.best_value:.6g}"[:6] in said["best"]
    page = tmp_path / "report.html"
    done = CliRunner().invoke(cli, ["report", "s", "--storage", any_storage, "--out", str(page)])
    assert done.exit_code == 0, done.output
    assert PASSWORD not in page.read_text() + done.output
