"""Where a group of processes fits in a cluster: how many groups at once, why none, and Ray's placement groups."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.util.placement_group import PlacementGroup, placement_group, placement_group_table, remove_placement_group

from ...storages.url import mask
from ..room import Amounts, Free
from . import cluster

MOST_ROOM = 64  # groups that are counted at most
CREATED, GONE = "CREATED", "REMOVED"  # states of a placement group
PREFIX = "rtl"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRequest:
    """What one trial asks for. ``bundles``: checked requests, one a process; ``shared``: options of all of them.

    ``placement_timeout``: seconds.
    """

    bundles: tuple[Mapping[str, Any], ...]
    strategy: str
    placement_timeout: float
    shared: Mapping[str, Any]

    @property
    def demands(self) -> list[dict[str, float]]:
        """The bundles in the names of a node's resource table."""
        return [cluster.demand(bundle) for bundle in self.bundles]

    @property
    def selector(self) -> Mapping[str, str] | None:
        """The labels of each node."""
        found: Mapping[str, str] | None = self.shared.get("label_selector")
        return found

    @property
    def has_gpus(self) -> bool:
        """Whether a process has a GPU."""
        return any(bundle.get("num_gpus") for bundle in self.bundles)


def check_group(request: Mapping[str, Any]) -> GroupRequest:
    """A request with ``bundles``, see ranks.request, checked.

    Raises:
        InvalidResourcesError: see cluster.check_request.
    """
    shared = {name: request[name] for name in ("runtime_env", "label_selector") if request.get(name) is not None}
    cluster.check_request(shared)
    return GroupRequest(
        bundles=tuple(cluster.check_request(bundle) for bundle in request["bundles"]),
        strategy=request["strategy"],
        placement_timeout=request["placement_timeout"],
        shared=shared,
    )


# --- what fits -------------------------------------------------------------------------------------------------------


def room(request: GroupRequest, without: Container[str] = ()) -> int:
    """How many groups the cluster, as it is now, could run at once; ``without``: nodes that take none any more."""
    there = [node for node in cluster.living_nodes(request.selector) if node["NodeID"] not in without]
    return fits([node["Resources"] for node in there], request.demands, request.strategy)


def fits(nodes: Sequence[Amounts], demands: Sequence[Amounts], strategy: str, most: int = MOST_ROOM) -> int:
    """How many groups of these bundles fit on these nodes, placed one after another."""
    if strategy == "STRICT_PACK" and len(nodes) > 1:
        return min(most, sum(fits([node], demands, strategy, most) for node in nodes))
    left, n = [Free(node) for node in nodes], 0
    while n < most and _place(left, demands, strategy):
        n += 1
    return n


def _place(left: Sequence[Free], demands: Sequence[Amounts], strategy: str) -> bool:
    """Take the room of one group; False where it does not fit: then some of the room is taken, and none fits later."""
    used = set[int]()
    for demand in sorted(demands, key=lambda one: -sum(one.values())):
        where = next((i for i, free in enumerate(left) if i not in used and free.places(demand)), None)
        if where is None:
            return False
        if strategy == "STRICT_SPREAD":
            used.add(where)
        left[where].take(demand)
    return True


def infeasible(request: GroupRequest) -> str:
    """Why the cluster, as it is now, could never run a group; empty when it could."""
    if room(request):
        return ""
    for bundle in request.bundles:
        if reason := cluster.infeasible({**bundle, "label_selector": request.selector}):
            return f"one process of a trial: {reason}"
    nodes = cluster.living_nodes(request.selector)
    where = {"STRICT_PACK": " on one node", "STRICT_SPREAD": " on a node each"}.get(request.strategy, "")
    help_out = {
        "STRICT_PACK": 'strategy "PACK" may use several nodes',
        "STRICT_SPREAD": 'strategy "SPREAD" may use one node for several',
    }.get(request.strategy, "ask for less in each")
    have = "; ".join(cluster.show_node(node["Resources"]) for node in nodes)
    return (
        f"a trial asks for {_show(request.demands)}{where}: each process fits, all of them together do not "
        f"({len(nodes)} node(s): {have}). Use fewer workers, or {help_out}, or add nodes."
    )


def refuse_infeasible(request: GroupRequest) -> str:
    """A warning for a cluster that may grow; for one that never will, an error.

    Raises:
        InfeasibleResourcesError: no trial can ever be placed.
    """
    return cluster.refuse_unless_it_grows(infeasible(request))


def _show(demands: Sequence[Mapping[str, float]]) -> str:
    kinds: dict[str, int] = {}
    for demand in demands:
        text = cluster.show(demand)
        kinds[text] = kinds.get(text, 0) + 1
    return " and ".join(f"{n} x ({text})" for text, n in kinds.items())


def missing(request: GroupRequest) -> str:
    """What a group that is not placed waits for."""
    if reason := infeasible(request):
        return reason
    free = cluster.free_by_node()
    nodes = cluster.living_nodes(request.selector)
    wanted = [name for demand in request.demands for name in demand]
    have = [{name: free.get(node["NodeID"], {}).get(name, 0.0) for name in wanted} for node in nodes]
    left = "; ".join(map(cluster.show, have))
    return (
        f"a trial asks for {_show(request.demands)} at once ({request.strategy}), and other work on this cluster holds "
        f"what it needs (free on the {len(nodes)} node(s): {left}). The trial begins when it ends; `ray status` and "
        "`ray list placement-groups` show it."
    )


# --- placement groups ------------------------------------------------------------------------------------------------


def group_prefix(storage: str, study_name: str) -> str:
    """With which the names of all groups of a study begin, on a cluster that may run studies of other databases."""
    digest = hashlib.sha256(f"{mask(storage)}\n{study_name}".encode()).hexdigest()[:8]
    return f"{PREFIX}-{re.sub(r'[^A-Za-z0-9]+', '-', study_name)[:24].strip('-')}-{digest}"


def create(request: GroupRequest, name: str, selector: Mapping[str, str] | None) -> PlacementGroup:
    """Ask Ray for the places of one group, on nodes with these labels. They belong to this process, and go with it."""
    more = {} if selector is None else {"bundle_label_selector": [dict(selector)] * len(request.bundles)}
    bundles = [demand or {"CPU": 0.001} for demand in request.demands]
    return placement_group(bundles, strategy=request.strategy, name=name, **more)


def is_placed(group: PlacementGroup) -> bool:
    """Whether Ray holds the places."""
    return bool(placement_group_table(group).get("state") == CREATED)


def remove(group: PlacementGroup) -> None:
    """Give the places back; what still runs there is killed."""
    remove_placement_group(group)


def remove_leftovers(prefix: str) -> int:
    """Remove the placement groups of earlier runs of a study: it has one owner, and that is this run. How many."""
    left = [
        one for one in placement_group_table().values() if one["name"].startswith(f"{prefix}-") and one["state"] != GONE
    ]
    for one in left:
        remove_placement_group(PlacementGroup(ray._raylet.PlacementGroupID.from_hex(one["placement_group_id"])))
    return len(left)


__all__ = [
    "GroupRequest",
    "check_group",
    "create",
    "group_prefix",
    "infeasible",
    "is_placed",
    "missing",
    "refuse_infeasible",
    "remove",
    "remove_leftovers",
    "room",
]  # fmt: skip
