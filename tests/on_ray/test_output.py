"""What a script prints that runs trials on a Ray of its own; and whether Ray still has the names that we rely on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from raytune_lite.checkpoints.layout import log_place

from ..scripts import run

pytestmark = pytest.mark.ray

SCRIPT = """
import os, sys
import raytune_lite as rtl

def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    print("the same line in each trial")
    os.system("echo from another process")
    if trial.number == 1 and trial.attempt == 1:
        sys.stdout.flush()
        os._exit(3)
    return x

study = rtl.create_study(study_name="loud", storage="sqlite:///loud.db", sampler=rtl.samplers.RandomSampler(seed=1))
study.optimize(objective, n_trials=4, resources={"num_cpus": 1}, one_trial_per_task=True)
print("the script goes on")
"""


def test_lines_of_trials_bear_their_numbers_and_a_dead_worker_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(SCRIPT)
    done = run("loud.py", folder=tmp_path)
    for number in range(4):
        assert f"[trial {number}] the same line in each trial" in done.stdout
        assert f"[trial {number}] from another process" in done.stdout
    assert "\nthe script goes on\n" in done.stdout  # on a busy machine the last trial's lines come later
    both = done.stdout + done.stderr
    assert "pid=" not in both
    assert "A worker died" not in both
    assert "starting Ray ...\n" in done.stderr
    assert "an attempt was lost (worker_crash" in done.stderr
    assert re.search(r"study loud:\n  best: [\d.e-]+ \(trial \d, the smallest\)\n", done.stderr)
    assert "  4 trials: 4 complete\n  the run ended after " in done.stderr
    (folder,) = (tmp_path / "loud.db.checkpoints").iterdir()
    line = "the same line in each trial\n"
    assert (folder / log_place(1)).read_text() == f"--- attempt 1\n{line}--- attempt 2\n{line}"
