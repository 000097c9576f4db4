"""A study on a real cluster of several raylets, one of which is drained and then killed, as a spot instance is.

    python -m tests.cluster.preemption FOLDER [--ignores] [--raylets 3] [--command]

Says what the preemption cost. With ``--ignores`` the objective saves at its usual steps only. Else its attempts have
NOTICE seconds to leave, as on a busy machine they hear late; when they have left, the node is killed. With
``--command`` the node is drained by the command line's ``ray drain-node``, else by the call that this makes: on a busy
machine a process of its own takes seconds to start.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import ray
from ray.core.generated import autoscaler_pb2

import raytune_lite as rtl

from ..chaos.processes import wait_for
from ..scripts import rows
from .raylets import cluster, kill, new_study, results, say

STEP = 0.25  # seconds
STEPS = 60
SAVE_EVERY = 48
DRAIN_AFTER = 16  # steps of the attempts on the node that is drained
NOTICE, LEAST = 40.0, 6.0  # seconds from the drain to the kill: at most; where the node is empty or nobody leaves


def objective(trial: rtl.Trial, log: str, *, heeds: bool) -> float:
    """A loop that saves now and then, and, if it heeds it, when its node is to be gone."""
    node = ray.get_runtime_context().get_node_id()
    trial.load_checkpoint()
    start = (trial.resumed_from_step or 0) + 1
    for step in range(start, STEPS + 1):
        time.sleep(STEP)
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps([trial.number, trial.attempt, step, node, time.time()]) + "\n")
        trial.report(1.0 / step, step)
        if step % SAVE_EVERY == 0 or (heeds and trial.should_checkpoint()):
            trial.save_checkpoint({"step": step}, step)
    return 1.0


def drain(address: str, node: str, notice: float, *, by_command: bool) -> None:
    """What ``ray drain-node`` does."""
    reason = "DRAIN_NODE_REASON_PREEMPTION"
    if not by_command:
        until = time.time_ns() // 1_000_000 + int(1000 * notice)
        accepted, why = ray._raylet.GcsClient(address=address).drain_node(
            node, autoscaler_pb2.DrainNodeReason.Value(reason), "a test", until
        )
        assert accepted, why
        return
    command = [
        *(sys.executable, "-m", "ray.scripts.scripts", "drain-node", "--address", address, "--node-id", node),
        *("--reason", reason, "--reason-message", "a test", "--deadline-remaining-seconds", str(int(notice))),
    ]
    subprocess.run(command, check=True, capture_output=True)


def preempt(
    address: str, nodes: list[Any], log: Path, study: rtl.Study, found: dict[str, Any], *, heeds: bool, by_command: bool
) -> None:
    """Drain a node when its attempts have done some steps, and kill it when they have left, or do not leave."""
    wait_for("steps", lambda: any(row[2] >= DRAIN_AFTER for row in rows(log)), 120)
    busy = Counter(row[3] for row in rows(log))
    node = max(nodes, key=lambda node: busy[node.node_id])
    found["drained_at"], found["node"] = time.time(), node.node_id
    drain(address, node.node_id, NOTICE if heeds else LEAST, by_command=by_command)
    time.sleep(max(0.0, found["drained_at"] + LEAST - time.time()))
    while heeds and time.time() < found["drained_at"] + NOTICE and is_at_work(study, node.node_id):
        time.sleep(0.1)
    kill(node)


def is_at_work(study: rtl.Study, node: str) -> bool:
    return any(attempt.node == node and attempt.outcome is None for attempt in study.attempts)


def cost(study: rtl.Study, log: Path, found: dict[str, Any]) -> dict[str, Any]:
    """What the preemption cost: steps that were trained twice, and how its attempts ended."""
    # (trial, attempt, step, node, time) of each step that was trained
    trained, node, at = rows(log), found["node"], found["drained_at"]
    there = {(row[0], row[1]) for row in trained if row[3] == node}
    hit = {
        (attempt.number, attempt.attempt): attempt.outcome or ""
        for attempt in study.attempts
        if (attempt.number, attempt.attempt) in there and attempt.outcome != "complete"
    }
    # from the last step of an attempt there until the first one of its trial elsewhere
    ended = {key: max(row[4] for row in trained if (row[0], row[1]) == key) for key in hit}
    again = {key: min(row[4] for row in trained if row[0] == key[0] and row[1] > key[1]) for key in hit}
    repeated = sum(n - 1 for n in Counter((row[0], row[2]) for row in trained).values())
    return {
        "preempted": len(hit),
        "outcomes": sorted(hit.values()),
        "states": sorted(trial.state.name for trial in study.trials),
        "repeated_steps": repeated,
        "lost_seconds": repeated * STEP,
        "lost_seconds_each": repeated * STEP / max(1, len(hit)),
        "seconds_until_elsewhere": [round(again[key] - ended[key], 2) for key in hit],
        "begun_on_leaving": sum(row[3] == node and row[4] > at and (row[0], row[1]) not in there for row in trained),
        "reports": sorted(len(trial.intermediate_values) for trial in study.trials),
        "load": round(os.getloadavg()[0], 1),
    }


def run(folder: Path, *options: str) -> dict[str, Any]:
    """What ``main`` says, run in a process of its own."""
    folder.mkdir()
    (found,) = results("preemption", folder, *options)
    return found


def main() -> None:
    """Run it once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ignores", action="store_true")
    parser.add_argument("--raylets", type=int, default=3)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--command", action="store_true")
    options = parser.parse_args()
    log, found, heeds = options.folder / "log", dict[str, Any](), not options.ignores
    with cluster({"num_cpus": 0}, *[{"num_cpus": 2}] * options.raylets) as (head, *nodes):
        study = new_study(options.folder)
        given, how = (head.gcs_address, nodes, log, study, found), {"heeds": heeds, "by_command": options.command}
        killer = threading.Thread(target=preempt, args=given, kwargs=how, daemon=True)
        killer.start()
        study.optimize(
            lambda trial: objective(trial, str(log), heeds=heeds), n_trials=options.trials, show_progress_bar=False
        )
        killer.join()
        say(study, **cost(study, log, found))


if __name__ == "__main__":
    main()
