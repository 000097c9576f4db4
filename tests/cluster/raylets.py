"""What the scripts share that run studies on clusters of several raylets, and how tests run such a script.

A script makes its ``cluster``, runs a ``new_study`` on it and says in the end what became of it; a test reads that as
``results``. Each in a process of its own: Ray can join one cluster a process.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray.cluster_utils import Cluster
from ray.util.placement_group import placement_group_table

import raytune_lite as rtl

from ..scripts import run

MARK = "RESULT "


def results(script: str, *arguments: object, seconds: float = 180.0, **variables: str) -> list[dict[str, Any]]:
    """Run a script of this folder to a good end, with these environment variables too; all that it said."""
    done = run("-m", f"{__package__}.{script}", *arguments, env={**os.environ, **variables}, seconds=seconds)
    said = [json.loads(line.removeprefix(MARK)) for line in done.stdout.splitlines() if line.startswith(MARK)]
    assert said, done.stdout[-4000:] + done.stderr[-4000:]
    return said


def say(study: rtl.Study, **more: Any) -> None:
    """One line for the test: what became of a study, and more."""
    row = {
        "states": [trial.state.name for trial in study.trials],
        "params": [trial.params for trial in study.trials],
        "values": [trial.values for trial in study.trials],
        "reports": [trial.intermediate_values for trial in study.trials],
        "attrs": [trial.user_attrs for trial in study.trials],
        "outcomes": [attempt.outcome for attempt in study.attempts],
        "messages": [attempt.message for attempt in study.attempts],
        "groups_left": [p["name"] for p in placement_group_table().values() if p["state"] != "REMOVED"],
        **more,
    }
    sys.stdout.write(f"\n{MARK}{json.dumps(row, default=str)}\n")  # in one piece: lines of workers come in between
    sys.stdout.flush()


@contextmanager
def cluster(*nodes: dict[str, Any]) -> Iterator[list[Any]]:
    """A cluster of these raylets; the first one is the head, where the driver is."""
    found = Cluster()
    try:
        given: dict[str, Any] = {"object_store_memory": 80 << 20, "include_dashboard": False}
        raylets = [found.add_node(**given, **node) for node in nodes]
        found.wait_for_nodes()
        ray.init(address=found.address, log_to_driver=True)
        yield raylets
    finally:
        ray.shutdown()
        found.shutdown()


def kill(raylet: Any) -> None:
    """Its machine is gone: kill -9 of the raylet, its agents and its workers."""
    raylet.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)


def is_known_dead(raylet: Any) -> bool:
    """Whether Ray has noticed that it is gone."""
    return not any(node["Alive"] for node in ray.nodes() if node["NodeID"] == raylet.node_id)


def new_study(folder: Path, name: str = "s", **given: Any) -> rtl.Study:
    given = {"sampler": rtl.samplers.RandomSampler(seed=5), "checkpoint_dir": folder / "ckpt", **given}
    return rtl.create_study(study_name=name, storage=f"sqlite:///{folder}/{name}.db", **given)
