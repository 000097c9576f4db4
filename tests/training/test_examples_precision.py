"""The example of mixed precision runs as a user runs it, here in one process; again, it continues its study."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import raytune_lite as rtl
from raytune_lite.trial import TrialState

pytest.importorskip("torch")
pytest.importorskip("sklearn")
EXAMPLE = Path(__file__).parents[2] / "examples" / "mixed_precision.py"


def test_the_example_learns_and_its_promoted_trials_report_what_an_uninterrupted_run_does(tmp_path):
    for max_trials in (6, 7):
        command = [sys.executable, str(EXAMPLE), "--executor", "inline", "--max-trials", str(max_trials)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=150, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
    study = rtl.load_study(study_name="mixed-precision", storage=f"sqlite:///{tmp_path}/mixed_precision.db")
    assert len(study.trials) == 7
    assert study.best_value < 0.1  # a guess is wrong in 0.9
    assert {trial.params["precision"] for trial in study.trials} == {"32-true", "bf16-mixed", "16-mixed"}
    promoted = [trial for trial in study.get_trials(states=[TrialState.COMPLETE]) if trial.attempt > 1]
    assert promoted

    spec = importlib.util.spec_from_file_location("mixed_precision_example", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    alone = rtl.create_study(storage=f"sqlite:///{tmp_path}/alone.db")

    def uninterrupted(trial):
        return example.objective(Renumbered(trial, promoted[0].number))

    alone.enqueue_trial(promoted[0].params)
    alone.optimize(uninterrupted, n_trials=1, executor="inline")
    assert dict(alone.trials[0].intermediate_values) == dict(promoted[0].intermediate_values)


class Renumbered:
    """A trial under another one's number, which its objective takes for its seed."""

    def __init__(self, trial, number):
        self.trial, self.number = trial, number

    def __getattr__(self, name):
        return getattr(self.trial, name)
