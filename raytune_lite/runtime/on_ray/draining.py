"""A machine that is about to be taken tells Ray so: its attempts save and go on elsewhere (see decision 0046)."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import ray

from ...exceptions import RayUnavailableError
from . import cluster
from .joining import connect, ends_with_this_process

LOOK = 1.0  # seconds between two looks at whether its tasks are gone
_REASON = ("--reason", "DRAIN_NODE_REASON_PREEMPTION", "--reason-message", "its machine is about to be taken")


def drain_this_node(seconds: float, say: Callable[[str], None]) -> bool:
    """Drain the node on which this process runs, and wait until nothing runs on it.

    Args:
        seconds: until the machine is taken.
        say: prints a line for people.

    Returns:
        Whether it is free; False: the time is over.

    Raises:
        RayUnavailableError: there is no Ray here, or it does not accept this.
    """
    until = time.monotonic() + seconds
    if ends_with_this_process():
        raise RayUnavailableError(
            "no Ray runs on this machine, so there is no node to drain. Run it in the pod, or on the machine, that is "
            "to be taken; RAY_ADDRESS names the cluster."
        )
    connect(say)
    context = ray.get_runtime_context()
    node = context.get_node_id()
    command = [
        *(sys.executable, "-m", "ray.scripts.scripts", "drain-node", "--address", context.gcs_address),
        *("--node-id", node, *_REASON, "--deadline-remaining-seconds", str(max(1, round(seconds)))),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RayUnavailableError(f"Ray does not drain node {node}: {done.stdout.strip() or 'it did not say why'}")
    say(f"node {node[:8]} is drained: its trials save, and go on elsewhere; {seconds:g} s at most.")
    while time.monotonic() < until:
        if _is_free(node):
            return True
        time.sleep(min(LOOK, max(0.0, until - time.monotonic())))
    return False


def _is_free(node: str) -> bool:
    """Whether no task or actor holds anything of a node, or the node is gone."""
    there = next((one["Resources"] for one in cluster.living_nodes() if one["NodeID"] == node), None)
    if there is None:
        return True
    free = cluster.free_by_node().get(node)
    return free is not None and all(free.get(name, 0.0) >= there[name] for name in ("CPU", "GPU") if name in there)


__all__ = ["drain_this_node"]
