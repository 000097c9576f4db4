"""Nodes that died a moment ago, and where tasks must not go meanwhile.

Whoever has a task on a node learns at once that the node died. Ray calls it dead about 13 s later, and until then it
takes what it last knew of the node to be free for free: a task that it sends there waits for those 13 s. So tasks that
are submitted meanwhile name such nodes as ones that they do not want.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import ray

from ..host import Host
from . import cluster

PATIENCE = 60.0  # seconds; a node that Ray calls alive for so long may be alive
LABEL = "ray.io/node-id"  # Ray gives it to each node
_NODE_ID = re.compile(r"node ID: ([0-9a-f]{56})")


class DeadNodes:
    """Of one run. ``host``: clock."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._until: dict[str, float] = {}

    def note(self, error: Exception) -> None:
        """Why a task has no result."""
        found = _NODE_ID.search(str(error)) if isinstance(error, ray.exceptions.NodeDiedError) else None
        if found is not None:
            self._until[found[1]] = self._host.monotonic() + PATIENCE

    def unknown(self) -> list[str]:
        """Those that Ray does not call dead yet."""
        if self._until:
            now, living = self._host.monotonic(), {node["NodeID"] for node in cluster.living_nodes()}
            self._until = {node: at for node, at in self._until.items() if node in living and now < at}
        return list(self._until)

    def without(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """A request that no such node is to grant, where another node could.

        Ray takes the node that it finds best, of those by the selector and by each fallback: so all of them say it. A
        request that chooses its node by a strategy of its own is left alone.
        """
        nodes = self.unknown()
        if not nodes or request.get("scheduling_strategy") or not cluster.capacity(request, nodes):
            return request
        found = {**request, "label_selector": elsewhere(request.get("label_selector"), nodes)}
        if request.get("fallback_strategy"):
            fallbacks = (one["label_selector"] for one in request["fallback_strategy"])
            found["fallback_strategy"] = [{"label_selector": elsewhere(one, nodes)} for one in fallbacks]
        return found

    def selector(
        self, given: Mapping[str, str] | None, has_room: Callable[[list[str]], bool]
    ) -> Mapping[str, str] | None:
        """The same for a group's nodes. ``has_room``: whether a group fits without these nodes."""
        nodes = self.unknown()
        return elsewhere(given, nodes) if nodes and has_room(nodes) else given


def elsewhere(selector: Mapping[str, str] | None, nodes: list[str]) -> dict[str, str]:
    """A selector that excludes nodes; one that names nodes itself stays as it is."""
    return {LABEL: f"!in({','.join(nodes)})", **(selector or {})}


__all__ = ["LABEL", "PATIENCE", "DeadNodes", "elsewhere"]
