"""Raylets that Ray takes for the best place of a task are killed, one after another; prints when trials ran again.

    python -m tests.cluster.dead_raylet_script FOLDER [KILLS]

Each has one trial, and CPUs that became free just before. The one other node with room is more than half in use.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import ray
from ray.cluster_utils import Cluster
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

import raytune_lite as rtl

SMALL = {"object_store_memory": 80 << 20}


def objective(trial: rtl.Trial, folder: str) -> float:
    """Runs until it is told that all is over."""
    node = ray.get_runtime_context().get_node_id()
    while not Path(folder, "over").exists():
        with open(f"{folder}/log", "a", encoding="utf-8") as file:
            file.write(json.dumps([trial.number, trial.attempt, node, time.time()]) + "\n")
        time.sleep(0.2)
    return 1.0


@ray.remote(max_retries=0)
def hold(path: str) -> None:
    """Hold CPUs until there is such a file."""
    Path(f"{path}-is-held").touch()
    while not Path(path).exists():
        time.sleep(0.1)


def holding(folder: Path, node: Any, cpus: int, name: str) -> Path:
    """Other work on a node; it ends when the file is there that this returns."""
    strategy = NodeAffinitySchedulingStrategy(node.node_id, soft=False)
    hold.options(num_cpus=cpus, scheduling_strategy=strategy).remote(str(folder / name))
    return folder / name


def rows(folder: Path) -> list[Any]:
    """(trial, attempt, node, time)."""
    log = folder / "log"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def kill_all(cluster: Cluster, victims: dict[Any, Path], folder: Path, found: list[dict[str, Any]]) -> None:
    """Kill one raylet after another, each when its trial of the one before runs again."""
    while len({number for number, *_ in rows(folder)}) < len(victims):
        time.sleep(0.05)
    (folder / "room").touch()
    for victim, held in victims.items():
        held.touch()
        time.sleep(3)  # until all raylets know what is free there
        number, attempt, *_ = next(row for row in rows(folder) if row[2] == victim.node_id)
        at = time.time()
        cluster.remove_node(victim, allow_graceful=False)
        again: list[Any] = []
        while not again and time.time() < at + 40:
            time.sleep(0.05)
            again = [row for row in rows(folder) if row[0] == number and row[1] > attempt]
        is_known = not any(node["Alive"] for node in ray.nodes() if node["NodeID"] == victim.node_id)
        found.append({"again": again[0][3] - at if again else None, "is_known": is_known})
        while any(node["Alive"] for node in ray.nodes() if node["NodeID"] == victim.node_id):
            time.sleep(0.1)
        found[-1]["known"] = time.time() - at
    (folder / "over").touch()


def main(folder: Path, n: int) -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **SMALL})
    other = cluster.add_node(num_cpus=20, **SMALL)
    nodes = [cluster.add_node(num_cpus=8, **SMALL) for _ in range(n)]
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False)
    holding(folder, other, 12, "over")
    held = [holding(folder, other, 8, "room")]
    victims = {node: holding(folder, node, 7, f"free-{i}") for i, node in enumerate(nodes)}
    while not all(Path(f"{path}-is-held").exists() for path in [*held, *victims.values()]):
        time.sleep(0.1)
    time.sleep(2)
    study, found = rtl.create_study(storage=f"sqlite:///{folder}/study.db"), list[dict[str, Any]]()
    killer = threading.Thread(target=kill_all, args=(cluster, victims, folder, found), daemon=True)
    killer.start()
    study.optimize(lambda trial: objective(trial, str(folder)), n_trials=n, show_progress_bar=False)
    killer.join()
    states = [trial.state.name for trial in study.trials]
    print("RESULT " + json.dumps({"kills": found, "states": states}), flush=True)
    ray.shutdown()
    cluster.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int((*sys.argv, "2")[2]))
