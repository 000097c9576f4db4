"""Reaching a cluster, and asking it for resources: what a trial may request, and whether anyone could ever grant it."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Mapping
from typing import Any

import ray

from ...exceptions import InfeasibleResourcesError, InvalidResourcesError

NAMESPACE = "raytune_lite"  # Ray's, of the driver actors

# Ray's own names. A value's kind is checked here because Ray says only "unexpected keyword" or waits for ever.
RESOURCE_OPTIONS = {
    "num_cpus": "a number >= 0",
    "num_gpus": "a number >= 0; below 1 a share of one GPU, else whole",
    "memory": "bytes",
    "resources": 'a dict of custom resources, {"name": amount}',
    "accelerator_type": "a str, for example 'A100'",
    "scheduling_strategy": "'DEFAULT', 'SPREAD' or a Ray scheduling strategy",
    "label_selector": "a dict of node labels",
    "runtime_env": "a dict, see Ray's runtime environments",
}


def connect() -> bool:
    """Start or join Ray if this process has not: RAY_ADDRESS when set, else a running local head, else a new one.

    Returns:
        True when a new local Ray was started, which ends with this process and never scales.

    Raises:
        InvalidResourcesError: RAY_ADDRESS is of Ray Client, which cannot own trials.
    """
    address = os.environ.get("RAY_ADDRESS", "")
    if address.startswith("ray://"):
        raise InvalidResourcesError(
            f"RAY_ADDRESS={address}: Ray Client cannot own trials that outlive a connection. Submit the script with "
            "`ray job submit -- python script.py`, or run it on the cluster."
        )
    if ray.is_initialized():
        return False
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray's default, said aloud: else it warns
    where = address or ("local" if _remembered_head_is_gone() else None)
    ray.init(where, logging_level="ERROR", log_to_driver=True, include_dashboard=None if address else False)
    node = getattr(ray._private.worker, "_global_node", None)  # no public call says whether it is new or joined
    return bool(getattr(node, "head", False))


def _remembered_head_is_gone() -> bool:
    """Whether the head that Ray remembers on this machine no longer listens.

    `ray start --head` leaves its address in a file; where it was killed, a bare ray.init() waits for it for minutes.
    """
    folder = os.path.join(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir(), "ray")
    try:
        with open(os.path.join(folder, "ray_current_cluster"), encoding="utf-8") as file:
            host, _, port = file.read().strip().rpartition(":")
        socket.create_connection((host, int(port)), timeout=3.0).close()
    except FileNotFoundError:
        return False  # none is remembered
    except (OSError, ValueError):
        return True
    return False


def check_request(request: Mapping[str, Any] | None) -> dict[str, Any]:
    """A trial's resource request with its defaults.

    Raises:
        InvalidResourcesError: an unknown name (the valid ones are listed), or an impossible value.
    """
    found = {"num_cpus": 1, **(request or {})}
    for name, value in found.items():
        if name not in RESOURCE_OPTIONS:
            valid = "\n".join(f"  {key}: {what}" for key, what in RESOURCE_OPTIONS.items())
            raise InvalidResourcesError(
                f"unknown resource {name!r} in resources={dict(request or {})!r}. Valid names are\n{valid}\n"
                f'A custom resource goes into resources={{"resources": {{{name!r}: 1}}}}.'
            )
        if name in ("num_cpus", "num_gpus", "memory"):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
                raise InvalidResourcesError(f"{name} must be {RESOURCE_OPTIONS[name]}, got {value!r}.")
            if name == "num_gpus" and value > 1 and value != int(value):
                raise InvalidResourcesError(f"num_gpus above 1 must be whole, got {value}; use {int(value) + 1}.")
    return found


def demand(request: Mapping[str, Any]) -> dict[str, float]:
    """The request in the names of a node's resource table."""
    wanted = {"CPU": request.get("num_cpus", 0), "GPU": request.get("num_gpus", 0), "memory": request.get("memory", 0)}
    wanted |= request.get("resources") or {}
    return {name: float(amount) for name, amount in wanted.items() if amount}


def capacity(request: Mapping[str, Any]) -> int:
    """How many trials the cluster, as it is now, could run at once."""
    wanted = demand(request)
    total = 0
    for node in ray.nodes():
        if node["Alive"]:
            have = node["Resources"]
            total += min((int(have.get(name, 0) / amount + 1e-9) for name, amount in wanted.items()), default=16)
    return total


def infeasible(request: Mapping[str, Any]) -> str:
    """Why no node of the cluster, as it is now, could ever run a trial; empty when one could."""
    if capacity(request) > 0:
        return ""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    have = "; ".join(
        ", ".join(f"{name}: {node[name]:g}" for name in sorted(node) if not name.startswith(("node:", "object_store")))
        for node in nodes
    )
    return (
        f"a trial asks for {_show(demand(request))}, which no node of this cluster has ({len(nodes)} node(s): {have}). "
        "Ask for less, or add such a node; with an autoscaler that can add one, the trials wait for it."
    )


def refuse_infeasible(request: Mapping[str, Any], *, own_local_ray: bool) -> str:
    """A warning for a cluster that may grow; on a local Ray of our own, which never will, an error.

    Raises:
        InfeasibleResourcesError: no node can ever grant the request.
    """
    reason = infeasible(request)
    if reason and own_local_ray:
        raise InfeasibleResourcesError(reason)
    return reason


def _show(amounts: Mapping[str, float]) -> str:
    return ", ".join(f"{name}: {amount:g}" for name, amount in sorted(amounts.items())) or "nothing"
