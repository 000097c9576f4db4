"""Writes a database with something of everything in it, by the code of the version that is checked out.

``python tests/data/make_database.py tests/data/schema_N.sql`` was run by the last commit of schema version N, so that
later versions can be tested on what that one stored. It uses the public names, and one private one to report a crash.
Only what names this machine is changed in the dump.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import socket
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

import optuna

import raytune_lite as rtl
from raytune_lite.core import messages as m
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.pruners import ASHAPruner
from raytune_lite.samplers import BruteForceSampler, GridSampler, RandomSampler


def train(trial: Any) -> float:
    """Nine epochs with checkpoints, and every way to end."""
    lr, depth = trial.suggest_float("lr", 1e-4, 1.0, log=True), trial.suggest_int("depth", 1, 4)
    if trial.suggest_categorical("kind", ["a", None, 2.5]) is None:
        trial.suggest_float("momentum", 0.0, 0.9, step=0.1)
    trial.set_user_attr("note", {"é 🚀": trial.number})
    if trial.attempt == 1:
        trial.set_constraint("memory", -1.0 if trial.number % 2 else 0.5)
    state = trial.load_checkpoint() or {"epoch": 0}
    if trial.number == 3:
        raise rtl.TrialInvalid("no such network")
    if trial.number == 4:
        raise ValueError("diverged ü 🚀")
    if trial.number == 5 and trial.attempt == 1:
        raise MemoryError
    if trial.number == 8:
        return math.nan
    if trial.number == 18:
        raise KeyboardInterrupt
    for epoch in range(state["epoch"] + 1, 10):
        value = math.inf if trial.number == 6 and epoch == 1 else math.nan if trial.number == 7 else lr + depth / epoch
        trial.report(value, step=epoch)
        trial.save_checkpoint({"epoch": epoch}, step=epoch)
        if trial.should_prune():
            raise rtl.TrialPruned
    return lr


def promoting(url: str) -> None:
    """Three runs: over, killed by Ctrl-C, and given up with a crashed, a live and an enqueued trial."""
    study = rtl.create_study(storage=url, study_name="train", sampler=RandomSampler(1), pruner=ASHAPruner(1, 9, 3))
    study.set_user_attr("who", ["me", 1, None])
    study.enqueue_trial({"lr": 0.5}, user_attrs={"why": "a guess"})
    space = {"lr": rtl.distributions.FloatDistribution(1e-4, 1.0, log=True)}
    reports = {1: 0.5}
    study.add_trial(rtl.create_trial(value=0.25, params={"lr": 0.25}, distributions=space, intermediate_values=reports))
    study.add_trial(rtl.create_trial(state=rtl.TrialState.FAIL))
    retries = RetryPolicy(exception=1, out_of_memory=2)
    study.optimize(train, n_trials=14, executor="inline", catch=(ValueError, rtl.TrialInvalid), retries=retries)
    study.enqueue_trial({"depth": 2})
    with contextlib.suppress(KeyboardInterrupt):
        study.optimize(train, n_trials=6, executor="inline", catch=(ValueError,), retries=retries)
    crashed, live = study.ask(), study.ask()
    stderr = 'Fatal Python error: Segmentation fault\n  File "train.py", line 9\n'
    kind = m.FailureKind.WORKER_CRASH
    lost = m.AttemptLost(number=crashed.number, attempt=crashed.attempt, kind=kind, exit_code=-11, stderr_tail=stderr)
    study._session().send(lost)
    live.suggest_float("lr", 1e-4, 1.0, log=True)
    live.report(0.125, 1)
    live.should_prune()
    study.enqueue_trial({"lr": 0.75, "depth": 3})
    study.close()


def stopping(url: str) -> None:
    """ASHA that stops and does not pause, maximising."""
    pruner = ASHAPruner(1, 9, 3, mode="stop")
    study = rtl.create_study(
        storage=url, study_name="stop", sampler=RandomSampler(2), pruner=pruner, direction="maximize"
    )

    def objective(trial: Any) -> float:
        x: float = trial.suggest_float("x", 0, 1)
        for step in range(1, 10):
            trial.report(x * step, step)
            if trial.should_prune():
                raise rtl.TrialPruned
        return x

    study.optimize(objective, n_trials=8, executor="inline")
    study.close()


def grid(url: str) -> None:
    """Cells that are done, dead after their retries, leased to an attempt that is live, and free."""
    sampler = GridSampler({"x": [1, 2, 3], "y": [1, -1]}, seed=0, max_failures=2)
    study = rtl.create_study(storage=url, study_name="grid", sampler=sampler)

    def cell(trial: Any) -> float:
        value: float = trial.suggest_int("x", 1, 3) * trial.suggest_categorical("y", [1, -1])
        if trial.number in (1, 2):
            raise ValueError("odd")
        return value

    study.optimize(cell, n_trials=4, executor="inline", catch=(ValueError,))
    live, failed = study.ask(), study.ask()
    live.suggest_int("x", 1, 3)
    study.tell(failed, state=rtl.TrialState.FAIL)
    study.close()


def tree(url: str) -> None:
    """Every path of a conditional space, half of them."""
    study = rtl.create_study(storage=url, study_name="tree", sampler=BruteForceSampler(seed=3))

    def leaf(trial: Any) -> float:
        n: int = trial.suggest_int("n", 1, 3)
        return float(n if n < 3 else trial.suggest_categorical("deep", ["a", "b"]) == "a")

    study.optimize(leaf, n_trials=2, executor="inline")
    study.close()


def objectives(url: str) -> None:
    """Two objectives with reports, one of them infinite, and an attempt that is live."""
    study = rtl.create_study(
        storage=url, study_name="two objectives", directions=["minimize", "maximize"], sampler=RandomSampler(4)
    )

    def objective(trial: Any) -> tuple[float, float]:
        for step in range(3):
            trial.report((1 / (step + 1), math.inf), step)
        return trial.suggest_float("x", 0, 1), math.inf

    study.optimize(objective, n_trials=2, executor="inline")
    study.ask().suggest_float("x", 0, 1)
    study.close()


def optunas(url: str) -> None:
    """Begun by Optuna, with a trial that it never ended; gone on with by us; added to by Optuna again."""
    theirs = optuna.create_study(study_name="optuna", storage=url, sampler=optuna.samplers.RandomSampler(5))

    def objective(trial: Any) -> float:
        trial.report(0.5, 1)
        trial.set_user_attr("who", "optuna")
        if trial.number == 1:
            raise optuna.TrialPruned
        return float(trial.suggest_float("x", 0, 1))

    theirs.optimize(objective, n_trials=3)
    theirs.ask().suggest_float("x", 0, 1)
    study = rtl.load_study(study_name="optuna", storage=url, sampler=RandomSampler(6))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2, executor="inline")
    study.close()
    theirs.optimize(objective, n_trials=1)


def dump(path: Path) -> str:
    """The database as SQL, with nothing of this machine in it."""
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    text = "\n".join(raw.iterdump()) + "\n"
    raw.close()
    text = re.sub(r"host [0-9a-f-]+ pid:\[\d+\]", "host boot pid:[1]", text)
    for place in (path.parent, Path(__file__).parent, *Path(rtl.__file__).parent.glob("**/")):
        text = text.replace(f"{place}/", "")  # of tracebacks
    return text


def main(target: str) -> None:
    """Make all studies in one file, and write its dump to ``target``."""
    socket.gethostname = lambda: "host"
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        path = Path(directory) / "old.db"
        for make in (promoting, stopping, grid, tree, objectives, optunas):
            make(f"sqlite:///{path}")
        rtl.compact_study(study_name="stop", storage=f"sqlite:///{path}")
        text = dump(path)
    Path(target).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
