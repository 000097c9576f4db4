"""A pilot: random configurations that stay in the study, whose own sampler goes on afterwards."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.exceptions import NotEnoughDataError
from raytune_lite.plan import measure
from raytune_lite.plan.piloting import lines
from raytune_lite.pruners import ASHAPruner
from raytune_lite.samplers import GridSampler, PilotSampler, RandomSampler, TPESampler, sampler_from_spec

from .made import train

OBJECTIVE = """
import raytune_lite as rl


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in range(1, 10):
        trial.report(x + 1 / step, step)
        if trial.should_prune():
            raise rl.TrialPruned
    return x
"""


def new(folder, **options):
    return rl.create_study(storage=f"sqlite:///{folder}/pilot.db", study_name="p", load_if_exists=True, **options)


def run(study, **options):
    study.optimize(train, executor="inline", catch=ValueError, show_progress_bar=False, **options)
    return study


def test_a_pilots_trials_are_those_of_random_search_and_the_sampler_goes_on(tmp_path):
    study = run(new(tmp_path, sampler=TPESampler(seed=4), pruner=ASHAPruner(1, 27, 3)), pilot=14)
    (tmp_path / "other").mkdir()
    random = run(new(tmp_path / "other", sampler=RandomSampler(4), pruner=ASHAPruner(1, 27, 3)), n_trials=14)
    assert [trial.params for trial in study.trials] == [trial.params for trial in random.trials]
    study.close()
    again = run(new(tmp_path), n_trials=6)  # another script, which names no sampler
    assert len(again.trials) == 20
    made = PilotSampler(TPESampler(seed=4), 14)
    assert sampler_from_spec(made.spec()) == made
    assert '"name": "TPESampler"' in again.last_run.sampler
    last = again.trials[-1]
    assert last.params["lr"] != RandomSampler(4).sample_independent(None, 19, "lr", last.distributions["lr"])


def test_a_second_pilot_is_random_too_and_wraps_nothing_twice(tmp_path):
    study = run(new(tmp_path, sampler=TPESampler(seed=4)), pilot=3)
    run(study, pilot=2)
    assert study.last_run.sampler.count("PilotSampler") == 1
    assert '"until": 5' in study.last_run.sampler
    assert len(study.trials) == 5


def test_what_a_pilot_cannot_be_is_refused_before_anything_starts(tmp_path):
    study = new(tmp_path)
    with pytest.raises(ValueError, match=r"either pilot .* or n_trials .* pilot=3 and n_trials=4"):
        run(study, pilot=3, n_trials=4)
    with pytest.raises(ValueError, match="pilot must be an integer >= 1"):
        run(study, pilot=0)
    study.sampler = GridSampler({"lr": [0.1, 0.2]})
    with pytest.raises(ValueError, match="a pilot is its first trials: use n_trials"):
        run(study, pilot=2)
    assert study.last_run is None


def test_what_a_pilot_measures(tmp_path):
    study = run(new(tmp_path, pruner=ASHAPruner(1, 27, 3)), pilot=30)
    found = measure(study)
    assert found.n_curves == 30
    assert found.longest >= 9
    low, middle, high = found.step_seconds
    assert 0.0 < low <= middle <= high
    assert found.checkpoint_bytes > 0
    assert set(found.losses) <= {"exception"}
    assert found.why_no_plan == ""
    assert lines(found)[-1] == "  next: raytune-lite plan p"


def test_a_small_pilot_says_what_is_missing_for_a_plan(tmp_path):
    assert "has 2 trials with reports" in lines(measure(run(new(tmp_path), pilot=2)))[-1]


def test_the_command_makes_a_pilot_and_says_what_it_took(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.py").write_text(OBJECTIVE)
    command = ["run", "job.py:objective", "--executor", "inline", "--pruner", "asha", "--max-resource", "9"]
    shown = CliRunner().invoke(cli, [*command, "--pilot", "5"])
    assert shown.exit_code == 0, shown.output
    assert "pilot job: 5 trials with reports" in shown.output
    assert "a plan needs at least 16" in shown.output
    both = CliRunner().invoke(cli, [*command, "--pilot", "5", "--n-trials", "4"])
    assert both.exit_code == 2
    assert "give either pilot" in both.output


def test_a_study_without_reports_measures_nothing(tmp_path):
    study = new(tmp_path)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), pilot=2, executor="inline", show_progress_bar=False)
    with pytest.raises(NotEnoughDataError, match=r"call trial\.report"):
        measure(study)
