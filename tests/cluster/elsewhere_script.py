"""A trial whose checkpoints lie in an object store goes on elsewhere when its raylet and that one's disk are gone.

    python -m tests.cluster.elsewhere_script FOLDER URL
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import ray
from ray.cluster_utils import Cluster

import raytune_lite as rtl

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
            file.write(json.dumps([trial.number, trial.attempt, step, node, tempfile.gettempdir()]) + "\n")
    return 1 / STEPS


def rows(log: Path) -> list[Any]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def main(folder: str, url: str) -> None:
    log, found = Path(folder, "log"), dict[str, str]()
    small = {"object_store_memory": 80 << 20}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **small})
    disks = [Path(tempfile.mkdtemp(prefix=f"rtl-disk{i}-", dir="/tmp")) for i in (1, 2)]  # short: sockets lie there
    nodes = [
        cluster.add_node(num_cpus=1, temp_dir=str(disk / "ray"), env_vars={"TMPDIR": str(disk)}, **small)
        for disk in disks
    ]
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False)
    study = rtl.create_study(storage=f"sqlite:///{folder}/study.db", checkpoint_dir=url)

    def kill() -> None:
        while not any(step >= KILL_AT and node == nodes[0].node_id for _, _, step, node, _ in rows(log)):
            time.sleep(0.05)
        found["killed"] = nodes[0].node_id
        cluster.remove_node(nodes[0], allow_graceful=False)
        shutil.rmtree(disks[0], ignore_errors=True)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    study.optimize(lambda trial: objective(trial, str(log)), n_trials=2, show_progress_bar=False)
    thread.join()
    attempts = [[a.number, a.attempt, a.node, a.outcome, a.resumed_step] for a in study.attempts]
    print("RESULT " + json.dumps({
        **found, "disks": [str(disk) for disk in disks], "nodes": [node.node_id for node in nodes],
        "attempts": attempts, "reports": [len(trial.intermediate_values) for trial in study.trials],
        "states": [trial.state.name for trial in study.trials],
        "differences": [str(one) for one in study.differences()],
    }), flush=True)  # fmt: skip
    ray.shutdown()
    cluster.shutdown()
    shutil.rmtree(disks[1], ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
