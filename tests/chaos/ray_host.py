"""A Ray cluster of several raylets on this machine, in a process of its own, so that it outlives the scripts on it.

    python ray_host.py CPUS_OF_HEAD CPUS_OF_NODE...

Prints one line of JSON for each node (address of the cluster, node id, pid of the raylet); then, for each line "CPUS"
on its standard input, adds a node and prints its line.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ray.cluster_utils import Cluster


def main() -> None:
    cluster = Cluster(shutdown_at_exit=False)

    def add(cpus: str) -> None:
        options: dict[str, Any] = {"num_cpus": int(cpus), "object_store_memory": 80 << 20, "include_dashboard": False}
        node = cluster.add_node(**options)
        raylet = node.all_processes["raylet"][0].process.pid
        line = {"address": cluster.address, "node": node.node_id, "raylet": raylet}
        print(json.dumps(line), flush=True)

    for cpus in sys.argv[1:]:
        add(cpus)
    for line in sys.stdin:
        add(line)


if __name__ == "__main__":
    main()
