"""What a script prints that runs trials on a Ray of its own; and whether Ray still has the names that we rely on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from raytune_lite.checkpoints.layout import log_place

from ..chaos.processes import wait_for

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
print("the script goes on", flush=True)
sys.stdin.read()
"""


def test_lines_of_trials_bear_their_numbers_and_a_dead_worker_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(SCRIPT)
    out, err = tmp_path / "out", tmp_path / "err"
    texts = ("the same line in each trial", "from another process")
    lines = [f"[trial {number}] {text}" for number in range(4) for text in texts]
    with out.open("wb") as stdout, err.open("wb") as stderr:
        script = subprocess.Popen(
            [sys.executable, "loud.py"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr
        )
    try:  # on a busy machine the last trial's lines come late, and at a script's end Ray waits for them for 0.5 s only
        wait_for("all lines", lambda: all(line in out.read_text() for line in [*lines, "\nthe script goes on\n"]), 120)
        script.communicate(timeout=60)
    finally:
        script.kill()
    assert script.returncode == 0, err.read_text()[-3000:]
    said = err.read_text()
    both = out.read_text() + said
    assert "pid=" not in both
    assert "A worker died" not in both
    assert "starting Ray ...\n" in said
    assert "an attempt was lost (worker_crash" in said
    assert re.search(r"study loud:\n  best: [\d.e-]+ \(trial \d, the smallest\)\n", said)
    assert "  4 trials: 4 complete\n  the run ended after " in said
    (folder,) = (tmp_path / "loud.db.checkpoints").iterdir()
    line = "the same line in each trial\n"
    assert (folder / log_place(1)).read_text() == f"--- attempt 1\n{line}--- attempt 2\n{line}"
