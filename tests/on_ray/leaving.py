"""A script that leaves its run in the cluster, and is killed with -9 right after."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from ..chaos.processes import wait_for
from .heads import Head

SCRIPT = """
import sys, time
import raytune_lite as rtl

storage, n, seconds, failing, marks = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), sys.argv[5]

def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in range(1, 5):
        time.sleep(seconds)
        trial.report(x / step, step)
    if trial.number >= failing:
        raise ValueError("the disk of dreams is full")
    return x

def mark(study, trial):
    with open(marks, "a") as file:
        print(study.study_name, trial.number, file=file)

if __name__ == "__main__":
    sampler = rtl.samplers.RandomSampler(seed=1)
    study = rtl.create_study(study_name="left", storage=storage, load_if_exists=True, sampler=sampler)
    study.optimize(objective, n_trials=n, callbacks=[mark], detach=True, show_progress_bar=False)
    print("left", flush=True)
    time.sleep(600)
"""


def leave(head: Head, storage: str, n: int, marks: Path, *, seconds: float = 0.1, failing: int = 9999) -> None:
    """Run SCRIPT until it has left its run in the cluster, then kill it with -9."""
    left_by(head, "-c", SCRIPT, storage, str(n), str(seconds), str(failing), str(marks))


def left_by(head: Head, *arguments: str) -> None:
    """Run a script of Python until it prints "left", then kill it with -9."""
    command = [sys.executable, *arguments]
    script = subprocess.Popen(
        command, env=head.joined(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert script.stdout is not None
    said = []
    for line in script.stdout:
        said.append(line)
        if line == "left\n":
            break
    script.send_signal(signal.SIGKILL)
    script.wait(10)
    assert said[-1:] == ["left\n"], "".join(said)


def nothing_is_left(head: Head) -> None:
    wait_for("the actors of the run to end", lambda: head.left() == ([], {}), 40.0, 0.5)
