"""The raylet under one of a group of processes is killed; says when a group ran again, and when Ray knew.

    python -m tests.cluster.dead_group_script FOLDER RANK

Trials of two processes, one on each of two of three nodes. So one group runs, and the next one waits for its places
already when the raylet of the running group's RANK dies.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import ray

import raytune_lite as rtl

from ..chaos.processes import wait_for
from ..scripts import rows
from .raylets import cluster, is_known_dead, new_study, say


def objective(trial: rtl.Trial, folder: str) -> float:
    """Runs until it is told that all is over; each rank notes where it is."""
    node = ray.get_runtime_context().get_node_id()
    while not Path(folder, "over").exists():
        with open(f"{folder}/log", "a", encoding="utf-8") as file:
            file.write(json.dumps([trial.number, trial.attempt, node, time.time(), trial.rank]) + "\n")
        time.sleep(0.2)
    return 1.0


def newest(folder: Path) -> dict[int, Any]:
    """By rank, where the newest attempt is, once all of its ranks are at work."""
    recent = [row for row in rows(folder / "log")[-40:] if row[3] > time.time() - 1]
    found = {row[4]: row for row in recent if row[:2] == recent[-1][:2]}
    return found if len(found) == 2 else {}


def waits_for_places() -> bool:
    """Whether a group was asked for that Ray cannot place."""
    return any(group["state"] == "PENDING" for group in ray.util.placement_group_table().values())


def kill(nodes: list[Any], folder: Path, rank: int, found: dict[str, Any]) -> None:
    """Kill the raylet under a rank, and note when a group is whole again, and when Ray calls the node dead."""
    wait_for("a group at work and one that waits", lambda: newest(folder) and waits_for_places(), 120)
    time.sleep(3)  # until all raylets know what is free
    victim = next(node for node in nodes if node.node_id == newest(folder)[rank][2])
    at = time.time()
    victim.kill_raylet()
    while not {"again", "known"} <= found.keys() and time.time() < at + 60:
        time.sleep(0.05)
        places = [row[2] for row in newest(folder).values() if row[3] > at + 0.5]
        if "again" not in found and len(places) == 2 and victim.node_id not in places:
            found["again"] = time.time() - at
        if "known" not in found and is_known_dead(victim):
            found["known"] = time.time() - at
    (folder / "over").touch()


def main(folder: Path, rank: int) -> None:
    with cluster({"num_cpus": 0}, *[{"num_cpus": 1}] * 3) as (_, *nodes):
        study, found = new_study(folder), dict[str, Any]()
        killer = threading.Thread(target=kill, args=(nodes, folder, rank, found), daemon=True)
        killer.start()
        study.optimize(
            lambda trial: objective(trial, str(folder)), n_trials=2, max_concurrent=2, workers=2,
            resources={"num_cpus": 1, "strategy": "STRICT_SPREAD"}, show_progress_bar=False,
        )  # fmt: skip
        killer.join()
        say(study, **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
