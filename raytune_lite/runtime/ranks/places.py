"""Where the ranks of a group are: who is which rank, and the environment by which training libraries learn it.

Ranks are numbered node by node, and on a node by the lowest GPU, as torchrun numbers them: so LOCAL_RANK selects a GPU.
Knows no process but this one.

Source: the variables are those of torchrun (docs of torch.distributed.run).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What one process of a group says of itself.

    ``node``: the id of its node, ``ip`` the address, ``host`` a name for people. ``gpus``: the ids of its GPUs there.
    ``sees_checkpoints``: whether it sees the study's checkpoint directory.
    """

    node: str
    ip: str
    pid: int
    host: str = ""
    gpus: tuple[str, ...] = ()
    sees_checkpoints: bool = True

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Member:
        """What ``to_json`` wrote."""
        found = json.loads(text)
        return cls(**{**found, "gpus": tuple(found["gpus"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class RankPlace:
    """One rank of a group, and where it runs.

    ``member``: the index of its process among those of the group, which is its bundle. ``device``: the index of its
    first GPU among ``devices``, the GPUs of the group on its node; None: it has none.
    """

    rank: int
    world_size: int
    local_rank: int
    local_world_size: int
    node_rank: int
    n_nodes: int
    member: int
    devices: tuple[str, ...]
    device: int | None
    here: Member
    leader: Member


def arrange(members: Sequence[Member]) -> tuple[RankPlace, ...]:
    """The ranks of a group, in their order.

    Nodes come in the order of the first member on each, the members of a node by their lowest GPU.
    """
    nodes: dict[str, list[int]] = {}
    for index, member in enumerate(members):
        nodes.setdefault(member.node, []).append(index)
    for there in nodes.values():
        there.sort(key=lambda index: (_lowest(members[index].gpus), index))
    order = [index for there in nodes.values() for index in there]
    found: list[RankPlace] = []
    for node_rank, there in enumerate(nodes.values()):
        devices = tuple(sorted({gpu for index in there for gpu in members[index].gpus}, key=_order))
        for local_rank, index in enumerate(there):
            own = sorted(members[index].gpus, key=_order)
            place = RankPlace(
                rank=len(found),
                world_size=len(members),
                local_rank=local_rank,
                local_world_size=len(there),
                node_rank=node_rank,
                n_nodes=len(nodes),
                member=index,
                devices=devices,
                device=devices.index(own[0]) if own else None,
                here=members[index],
                leader=members[order[0]],
            )
            found.append(place)
    return tuple(found)


def _order(gpu: str) -> tuple[int, str]:
    """GPUs by number; those that have a name by name, after them."""
    return (int(gpu), "") if gpu.isdigit() else (1 << 30, gpu)


def _lowest(gpus: Sequence[str]) -> tuple[int, str]:
    return min(map(_order, gpus), default=(1 << 31, ""))


def environment(place: RankPlace, group: str, port: int, *, holds_store: bool) -> dict[str, str]:
    """The variables of one rank.

    Args:
        place: the rank.
        group: a name of the group.
        port: MASTER_PORT, on rank 0's node.
        holds_store: rank 0 holds torch's store at that port already, so that nobody has to open it.
    """
    found = {
        "RANK": place.rank,
        "LOCAL_RANK": place.local_rank,
        "NODE_RANK": place.node_rank,
        "GROUP_RANK": place.node_rank,
        "WORLD_SIZE": place.world_size,
        "LOCAL_WORLD_SIZE": place.local_world_size,
        "MASTER_ADDR": place.leader.ip,
        "MASTER_PORT": port,
        "TORCHELASTIC_RUN_ID": group,
        "TORCHELASTIC_RESTART_COUNT": 0,
        "TORCHELASTIC_USE_AGENT_STORE": holds_store,
        "TORCH_NCCL_ASYNC_ERROR_HANDLING": 1,
    }
    if place.devices:
        found["CUDA_VISIBLE_DEVICES"] = ",".join(place.devices)
        found["ACCELERATE_TORCH_DEVICE"] = f"cuda:{place.device}"
    return {name: str(value) for name, value in found.items()}


def unshared_checkpoints(members: Sequence[Member], root: str) -> str:
    """Why these processes could not save a checkpoint together; empty when they can.

    Ranks on one node have one disk. On several nodes each of them must see the study's directory.
    """
    nodes: Mapping[str, str] = {member.node: member.host or member.node for member in members}
    blind = sorted({nodes[member.node] for member in members if not member.sees_checkpoints})
    if len(nodes) < 2 or not blind:
        return ""
    return (
        f"the ranks of a trial run on {len(nodes)} nodes ({', '.join(sorted(nodes.values()))}), and {', '.join(blind)} "
        f"does not see the checkpoint directory {root}: all ranks write into one directory. Pass checkpoint_dir= a "
        'path that all nodes mount, or keep the ranks on one node: resources={"strategy": "STRICT_PACK", ...}.'
    )


__all__ = ["Member", "RankPlace", "arrange", "environment", "unshared_checkpoints"]
