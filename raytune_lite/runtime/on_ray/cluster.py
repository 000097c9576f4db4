"""A cluster's resources: what a trial may request, whether any node could ever grant it, and why none does now."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Container, Mapping
from typing import Any

import ray
from ray._common.ray_option_utils import task_options
from ray.autoscaler.v2.sdk import get_cluster_status
from ray.autoscaler.v2.utils import is_autoscaler_v2
from ray.experimental.internal_kv import _internal_kv_get

from ...arguments import shown
from ...exceptions import InfeasibleResourcesError, InvalidResourcesError
from ..by_step import FROM_STEP, RULE
from ..room import places
from .environments import check_runtime_env

AUTOSCALER_PATIENCE = 10.0  # seconds a head that has just been started has to say whether it has an autoscaler
_ACCELERATOR = "accelerator_type:"  # Ray's prefix of the resource that stands for a kind of accelerator
_GROUP = "ray.io/node-group"  # Ray's label: the group of nodes in an autoscaler's configuration

# Ray's own names. A value's kind is checked here because Ray says only "unexpected keyword" or waits for ever.
RESOURCE_OPTIONS = {
    "num_cpus": "a number >= 0",
    "num_gpus": "a number >= 0; below 1 a share of one GPU, else whole; or 'auto' for all trials of a run",
    "memory": "bytes",
    "resources": 'a dict of custom resources, {"name": amount}',
    "accelerator_type": "a str, for example 'A100'",
    "scheduling_strategy": "'DEFAULT', 'SPREAD' or a Ray scheduling strategy",
    "label_selector": "a dict of node labels",
    "fallback_strategy": 'a list of {"label_selector": {...}}, tried in order where the first labels have no node',
    "runtime_env": "a dict, see Ray's runtime environments",
}


def check_request(request: Mapping[str, Any] | None) -> dict[str, Any]:
    """A trial's resource request with its defaults.

    Raises:
        InvalidResourcesError: an unknown name (the valid ones are listed), or an impossible value.
    """
    found = {"num_cpus": 1, **(request or {})}
    for name, value in found.items():
        if name not in RESOURCE_OPTIONS:
            valid = "\n".join(f"  {key}: {what}" for key, what in {**RESOURCE_OPTIONS, FROM_STEP: RULE}.items())
            raise InvalidResourcesError(
                f"unknown resource {name!r} in resources={dict(request or {})!r}. Valid names are\n{valid}\n"
                f'A custom resource goes into resources={{"resources": {{{name!r}: 1}}}}.'
            )
        if name in ("num_cpus", "num_gpus", "memory"):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
                raise InvalidResourcesError(f"{name} must be {RESOURCE_OPTIONS[name]}, got {value!r}.")
            if name == "num_gpus" and value > 1 and value != int(value):
                raise InvalidResourcesError(f"num_gpus above 1 must be whole, got {value}; use {int(value) + 1}.")
    if found.get("runtime_env") is not None:
        check_runtime_env(found["runtime_env"])
    _check_amounts(found.get("resources"))
    _check_labels(found.get("label_selector"))
    _check_fallbacks(found.get("fallback_strategy"))
    return found


def _check_fallbacks(fallbacks: Any) -> None:
    if fallbacks is None:
        return
    if "fallback_strategy" not in task_options:
        raise InvalidResourcesError(f"Ray {ray.__version__} has no fallback_strategy; use a newer one, or none.")
    is_list = isinstance(fallbacks, (list, tuple)) and fallbacks
    if not is_list or not all(isinstance(one, Mapping) and set(one) == {"label_selector"} for one in fallbacks):
        raise InvalidResourcesError(
            f"fallback_strategy must be {RESOURCE_OPTIONS['fallback_strategy']}, got {shown(fallbacks)}."
        )
    for one in fallbacks:
        _check_labels(one["label_selector"])


def _check_amounts(custom: Any) -> None:
    good = custom is None or (
        isinstance(custom, Mapping)
        and all(isinstance(name, str) and isinstance(n, (int, float)) and n >= 0 for name, n in custom.items())
    )
    if not good:
        raise InvalidResourcesError(f"resources must be {RESOURCE_OPTIONS['resources']}, got {shown(custom)}.")


def _check_labels(selector: Any) -> None:
    pairs = selector.items() if isinstance(selector, Mapping) else None
    if selector is not None and not (pairs and all(isinstance(text, str) for pair in pairs for text in pair)):
        raise InvalidResourcesError(
            f"label_selector must be {RESOURCE_OPTIONS['label_selector']}, such as "
            f'{{"ray.io/accelerator-type": "A100"}}, got {shown(selector)}.'
        )


def demand(request: Mapping[str, Any]) -> dict[str, float]:
    """The request in the names of a node's resource table."""
    wanted = {"CPU": request.get("num_cpus", 0), "GPU": request.get("num_gpus", 0), "memory": request.get("memory", 0)}
    wanted |= request.get("resources") or {}
    if request.get("accelerator_type"):
        wanted[f"{_ACCELERATOR}{request['accelerator_type']}"] = 0.001  # so much of it Ray asks for
    return {name: float(amount) for name, amount in wanted.items() if amount}


def capacity(request: Mapping[str, Any], without: Container[str] = ()) -> int:
    """How many trials the cluster, as it is now, could run at once; ``without``: nodes that take none any more."""
    wanted = demand(request)
    nodes = [node for node in living_nodes() if node["NodeID"] not in without and may_be_on(node, request)]
    return sum(places(node["Resources"], wanted) for node in nodes)


def leaving() -> dict[str, float | None]:
    """The nodes that are being drained -> seconds until they are gone, None where Ray was given no deadline.

    No public call of Ray says it. A Ray without this one has no such nodes, as far as can be known.
    """
    with contextlib.suppress(Exception):
        found = ray._private.state.state.get_draining_nodes()  # deadlines in ms since 1970, 0: none
        return {node: max(0.0, at / 1000 - time.time()) if at else None for node, at in found.items()}
    return {}


def living_nodes(selector: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The nodes that live and have the labels."""
    return [node for node in ray.nodes() if node["Alive"] and has_labels(node, selector)]


def has_labels(node: Mapping[str, Any], selector: Mapping[str, str] | None) -> bool:
    """Whether a node meets all conditions of a selector."""
    return all(_matches(node, key, value) for key, value in (selector or {}).items())


def may_be_on(node: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Whether a node has the labels that a request asks for, first or as a fallback."""
    fallbacks = request.get("fallback_strategy") or ()
    selectors = [request.get("label_selector"), *(one["label_selector"] for one in fallbacks)]
    return any(has_labels(node, selector) for selector in selectors)


def _matches(node: Mapping[str, Any], key: str, condition: str) -> bool:
    """Whether a node's label meets one condition of a selector: ``a``, ``!a``, ``in(a,b)`` or ``!in(a,b)``."""
    plain = condition.removeprefix("!")
    values = plain[3:-1].split(",") if plain.startswith("in(") and plain.endswith(")") else [plain]
    is_one = (node.get("Labels") or {}).get(key) in [value.strip() for value in values]
    return is_one is not condition.startswith("!")


def infeasible(request: Mapping[str, Any]) -> str:
    """Why no node of the cluster, as it is now, could ever run a trial; empty when one could."""
    if capacity(request) > 0:
        return ""
    selector, nodes = request.get("label_selector") or {}, living_nodes()
    good = [node for node in nodes if may_be_on(node, request)]
    if selector and not good:
        lacking = [key for key, value in selector.items() if not any(_matches(node, key, value) for node in nodes)]
        here = sorted({f"{key}={value}" for node in nodes for key, value in (node.get("Labels") or {}).items()})
        wanted = ", ".join(f"{key}: {selector[key]}" for key in lacking or selector)
        n = len(request.get("fallback_strategy") or ())
        also = f" and none has those of its {n} fallback(s)" if n else ""
        return (
            f"a trial asks for a node with the labels {{{wanted}}}, which no node of this cluster has{also} "
            f"({len(nodes)} node(s); labels here: {', '.join(_public(here)) or 'none'}). Correct label_selector, or "
            "add such a node."
        )
    have = "; ".join(show_node(node["Resources"]) for node in nodes)
    where = " with its labels" if selector else ""
    return (
        f"a trial asks for {show(demand(request))}, which no node{where} of this cluster has ({len(nodes)} node(s): "
        f"{have}). Ask for less, or add such a node."
    )


def refuse_infeasible(request: Mapping[str, Any]) -> str:
    """A warning for a cluster that may grow; for one that never will, an error.

    Raises:
        InfeasibleResourcesError: no node can ever grant the request.
    """
    return refuse_unless_it_grows(infeasible(request))


def refuse_unless_it_grows(reason: str) -> str:
    """A warning for a cluster that may grow; for one that never will, an error. ``reason``: empty where all is well.

    Raises:
        InfeasibleResourcesError: no node can ever grant the request.
    """
    until = time.monotonic() + AUTOSCALER_PATIENCE
    if not reason:
        return ""
    while (grows := may_grow()) is None and time.monotonic() < until:
        time.sleep(0.25)
    if grows is False:
        raise InfeasibleResourcesError(f"{reason} This Ray has no autoscaler, so the trials would wait for ever.")
    return f"{reason} The trials wait until an autoscaler adds one."


def may_grow() -> bool | None:
    """Whether an autoscaler may add nodes; None when it cannot be known, or not yet.

    A Ray that ``ray.init()`` started in this process has none. Nodes of KubeRay carry the name of their group as a
    label. Version 2 knows each node by its machine's id; without an autoscaler a node has none. Version 1 writes the
    types of its nodes to Ray's key-value store; without an autoscaler each node has a type of its own there.
    """
    if getattr(getattr(ray._private.worker, "_global_node", None), "head", False):
        return False
    with contextlib.suppress(Exception):  # none of this is public; not knowing is no reason to refuse
        if any(_GROUP in (node.get("Labels") or {}) for node in living_nodes()):
            return True
        if is_autoscaler_v2(fetch_from_server=True):
            status = get_cluster_status(ray.get_runtime_context().gcs_address)
            nodes = [*status.active_nodes, *status.idle_nodes]
            return any(node.instance_id not in ("", node.node_id) for node in nodes) if nodes else None
        report = json.loads(_internal_kv_get("__autoscaling_status") or "{}").get("autoscaler_report")
        types = (report or {}).get("active_nodes")
        return any(not name.startswith("node_") for name in types) if types else None
    return None


def free_by_node() -> dict[str, dict[str, float]]:
    """What is free on each node, by its id; empty where it cannot be known."""
    free: dict[str, dict[str, float]] = {}
    with contextlib.suppress(Exception):  # no public call says it
        free = ray._private.state.available_resources_per_node()
    return free


def waiting(request: Mapping[str, Any], queued: int) -> str:
    """Why no trial has begun, in one line, where tasks wait and none runs.

    Args:
        request: of each task.
        queued: tasks that wait.
    """
    reason = infeasible(request)
    if reason:
        return reason
    wanted = demand(request)
    free = free_by_node()
    nodes = [node for node in living_nodes() if may_be_on(node, request) and places(node["Resources"], wanted)]
    if free and not any(places(free.get(node["NodeID"], {}), wanted) for node in nodes):
        left = {name: sum(free.get(node["NodeID"], {}).get(name, 0) for node in nodes) for name in wanted}
        used = {name: sum(node["Resources"].get(name, 0) for node in nodes) - left[name] for name in wanted}
        if any(used[name] > queued * amount + 1e-6 for name, amount in wanted.items()):  # not by these tasks alone
            return (
                f"a trial asks for {show(wanted)}, and other work on this cluster holds it (free on the {len(nodes)} "
                f"node(s) that could run one: {_show_all(left)}). The trials begin when it ends; `ray status` shows it."
            )
    return (
        "there is room for them, but none has begun. Their processes may still set up the runtime_env (pip), import "
        "the objective's modules, or wait for the sampler; or they cannot start: see the newest files in "
        f"{_logs()} (runtime_env_setup-*.log, raylet.err, worker-*.err)."
    )


def _logs() -> str:
    with contextlib.suppress(Exception):
        return str(ray._private.worker._global_node.get_logs_dir_path())
    return os.path.join("/tmp", "ray", "session_latest", "logs")


def show_node(resources: Mapping[str, float]) -> str:
    """The resources of a node, for people."""
    hidden = ("node:", "object_store")  # and what placement groups hold
    shown = [name for name in resources if not name.startswith(hidden) and "_group_" not in name]
    return _show_all({name: resources[name] for name in shown})


def _public(labels: list[str]) -> list[str]:
    return [label for label in labels if not label.startswith("ray.io/node-id=")]


def show(amounts: Mapping[str, float]) -> str:
    """A demand, for people."""
    shown = [_show_one(name, amount) for name, amount in sorted(amounts.items())]
    return ", ".join(shown) or "nothing"


def _show_one(name: str, amount: float) -> str:
    kind = name.removeprefix(_ACCELERATOR)
    return f"{name}: {amount:g}" if kind == name else f"accelerator_type {kind}"


def _show_all(amounts: Mapping[str, float]) -> str:
    return ", ".join(f"{name}: {amount:g}" for name, amount in sorted(amounts.items()))
