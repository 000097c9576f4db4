"""The examples of other libraries run as a user runs them, here in one process."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import raytune_lite as rtl

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(script, *arguments, folder):
    command = [sys.executable, str(EXAMPLES / script), "--executor", "inline", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize(
    ("script", "library", "study", "good"),
    [
        ("xgboost_cancer.py", "xgboost", "xgboost-cancer", 0.3),  # log loss; a guess has 0.66
        ("lightning_digits.py", "lightning", "lightning-digits", 0.15),  # errors; a guess has 0.9
        ("jax_optax.py", "jax", "jax-optax", 0.15),
    ],
)
def test_an_example_learns_and_promotes(script, library, study, good, tmp_path):
    pytest.importorskip(library)
    run(script, "--max-trials", "6", folder=tmp_path)
    found = rtl.load_study(study_name=study, storage=f"sqlite:///{tmp_path / script.removesuffix('.py')}.db")
    assert len(found.trials) == 6
    assert found.best_so_far.values[0] < good
    reached = sorted(trial.last_step for trial in found.trials)
    assert reached[0] < reached[-1]  # some are paused, the best goes on
    found.close()


def test_the_example_of_scikit_learn_finds_good_estimators(tmp_path):
    out = run("sklearn_search.py", "--n-trials", "9", folder=tmp_path)
    trained = [int(n) for n in re.findall(r"(\d+) of 9 candidates were trained to the end", out)]
    assert len(trained) == 2
    assert max(trained) < 9  # both prune
    assert min(float(n) for n in re.findall(r"on new data ([\d.]+)", out)) > 0.85
