"""Raylets that Ray takes for the best place of a task are killed, one after another; says when trials ran again.

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
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

import raytune_lite as rtl

from ..chaos.processes import wait_for
from ..scripts import rows
from .raylets import cluster, is_known_dead, kill, new_study, say


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


def kill_all(victims: dict[Any, Path], folder: Path, found: list[dict[str, Any]]) -> None:
    """Kill one raylet after another, each when its trial of the one before runs again."""
    log = folder / "log"
    wait_for("a trial on each", lambda: len({number for number, *_ in rows(log)}) == len(victims), 120)
    (folder / "room").touch()
    for victim, held in victims.items():
        held.touch()
        time.sleep(3)  # until all raylets know what is free there
        number, attempt, *_ = next(row for row in rows(log) if row[2] == victim.node_id)
        at = time.time()
        kill(victim)
        again: list[Any] = []
        while not again and time.time() < at + 40:
            time.sleep(0.05)
            again = [row for row in rows(log) if row[0] == number and row[1] > attempt]
        found.append({"again": again[0][3] - at if again else None, "is_known": is_known_dead(victim)})
        wait_for("Ray to call the node dead", lambda victim=victim: is_known_dead(victim))  # type: ignore[misc]
        found[-1]["known"] = time.time() - at
    (folder / "over").touch()


def main(folder: Path, n: int) -> None:
    with cluster({"num_cpus": 0}, {"num_cpus": 20}, *[{"num_cpus": 8}] * n) as (_, other, *nodes):
        holding(folder, other, 12, "over")
        held = [holding(folder, other, 8, "room")]
        victims = {node: holding(folder, node, 7, f"free-{i}") for i, node in enumerate(nodes)}
        for path in [*held, *victims.values()]:
            wait_for(f"{path} to be held", Path(f"{path}-is-held").exists)
        time.sleep(2)
        study, found = new_study(folder), list[dict[str, Any]]()
        killer = threading.Thread(target=kill_all, args=(victims, folder, found), daemon=True)
        killer.start()
        study.optimize(lambda trial: objective(trial, str(folder)), n_trials=n, show_progress_bar=False)
        killer.join()
        say(study, kills=found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int((*sys.argv, "2")[2]))
