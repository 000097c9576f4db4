"""A trial whose checkpoints lie in an object store goes on elsewhere when its raylet and that one's disk are gone.

    python -m tests.cluster.elsewhere_script FOLDER URL
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import ray

import raytune_lite as rtl

from ..chaos.processes import is_alive, wait_for
from ..scripts import rows
from .raylets import cluster, kill, new_study, say

STEPS, KILL_AT = 30, 8


def weights(number: int, step: int) -> bytes:
    """What a checkpoint must hold, byte by byte."""
    return random.Random(f"{number}/{step}").randbytes(200_000)


def objective(trial: rtl.Trial, log: str) -> float:
    state = trial.load_checkpoint() or {"step": 0, "weights": weights(trial.number, 0)}
    assert state["weights"] == weights(trial.number, state["step"])
    node = ray.get_runtime_context().get_node_id()
    for step in range(state["step"] + 1, STEPS + 1):
        time.sleep(0.25)
        trial.save_checkpoint({"step": step, "weights": weights(trial.number, step)}, step)
        trial.report(1 / step, step)
        with open(log, "a", encoding="utf-8") as file:
            row = [trial.number, trial.attempt, step, os.getpid(), node, tempfile.gettempdir()]
            file.write(json.dumps(row) + "\n")
    return 1 / STEPS


def lose(raylet: Any, disk: Path, log: Path) -> None:
    """A raylet and its disk, once a trial there has come far enough."""
    wait_for("steps there", lambda: any(row[2] >= KILL_AT and row[4] == raylet.node_id for row in rows(log)), 120)
    kill(raylet)
    pids = {row[3] for row in rows(log) if row[4] == raylet.node_id}
    wait_for("its workers to end, so that none finds its disk gone", lambda: not any(map(is_alive, pids)))
    shutil.rmtree(disk, ignore_errors=True)


def main(folder: Path, url: str) -> None:
    log = folder / "log"
    disks = [Path(tempfile.mkdtemp(prefix=f"rtl-disk{i}-", dir="/tmp")) for i in (1, 2)]  # short: sockets lie there
    here = [{"num_cpus": 1, "temp_dir": str(disk / "ray"), "env_vars": {"TMPDIR": str(disk)}} for disk in disks]
    with cluster({"num_cpus": 0}, *here) as (_, *nodes):
        study = new_study(folder, checkpoint_dir=url)
        killer = threading.Thread(target=lose, args=(nodes[0], disks[0], log), daemon=True)
        killer.start()
        study.optimize(lambda trial: objective(trial, str(log)), n_trials=2, show_progress_bar=False)
        killer.join()
        say(
            study,
            disks=disks,
            nodes=[node.node_id for node in nodes],
            attempts=[[a.number, a.attempt, a.node, a.outcome, a.resumed_step] for a in study.attempts],
            differences=study.differences(),
        )
    shutil.rmtree(disks[1], ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
