"""Ctrl-C in a script and on the command line, which join the session's Ray by RAY_ADDRESS: two lines, exit code 130.

A shell shows 130 for a process that ended by SIGINT; ``subprocess`` has -2 for it.
"""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import ray

import raytune_lite as rtl
from raytune_lite.trial import TrialState

from ..chaos.processes import wait_for

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

SCRIPT = """
import os, sys, time
import raytune_lite as rtl

FOLDER = os.getcwd()

def objective(trial):
    for step in range(1, 600):
        trial.report(1.0, step)
        if trial.should_prune():
            raise rtl.TrialPruned
        open(f"{FOLDER}/{trial.number}.begun", "w").close()  # a report of it is stored
        time.sleep(0.1)
    return 1.0

if __name__ == "__main__":
    storage = sys.argv[1] if len(sys.argv) > 1 else None
    rtl.create_study(study_name="s", storage=storage).optimize(objective, n_trials=2)
"""


def interrupted(command: list[str], folder: Path, *, presses: int = 1) -> tuple[int, str]:
    """Exit code and stderr of a command that gets SIGINT once its trials run."""
    environment = {**os.environ, "RAY_ADDRESS": ray.get_runtime_context().gcs_address}
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # in the background a shell ignores it
    with subprocess.Popen(
        [sys.executable, *command], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=heard
    ) as process:
        try:
            wait_for("two trials", lambda: len(list(folder.glob("*.begun"))) == 2)
            for _ in range(presses):
                time.sleep(0.4)
                process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, said


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    return file


def test_a_script_ends_with_two_lines_the_result_so_far_and_by_the_signal(script: Path, storage: str) -> None:
    code, said = interrupted([str(script), storage], script.parent)
    assert code == -signal.SIGINT, said
    lines = [line for line in said.splitlines() if line.strip() and " | " not in line]  # without those of progress
    assert lines[0].startswith("joining Ray at ")
    assert "Interrupted" in lines[1]
    assert "Run the same command again" in lines[2]
    assert lines[3] == "study s:"
    assert lines[4].startswith("  best"), said  # so far
    assert lines[-2] == "  2 trials: 2 waiting", said
    assert lines[-1].startswith("  the run was interrupted after ")
    assert len(lines) <= 8, said
    trials = rtl.load_study(storage=storage).trials
    assert {trial.state for trial in trials} == {TrialState.WAITING}


def test_without_storage_nothing_is_promised_and_a_second_press_shows_no_traceback_either(script: Path) -> None:
    code, said = interrupted([str(script)], script.parent, presses=2)
    assert code == -signal.SIGINT, said
    assert "Traceback" not in said
    assert "same command" not in said
    assert "storage=None" in said


def test_the_command_line_exits_with_130(script: Path, storage: str) -> None:
    target = [f"{script}:objective", "--storage", storage, "--n-trials", "2"]
    code, said = interrupted(["-m", "raytune_lite", "run", *target], script.parent)
    assert code == 130, said
    assert "Traceback" not in said
    assert "KeyboardInterrupt" not in said
    assert said.count("Run the same command again") == 1
