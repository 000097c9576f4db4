"""A rank's task in its Ray worker process: where it runs, and its way to the other ranks.

What a rank does is ``runtime.ranks``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import ray

from .. import signals
from ..host import RealHost
from ..output import TrialOutput
from ..ranks.fate import RankEnd
from ..ranks.places import Member
from ..ranks.running import Group, run_rank
from ..task import Place
from ..tokens import Ticket
from ..trial import Trial
from ..worker_settings import WorkerSettings
from .board import RayBoard
from .task import gpus_of_process, heartbeat_of_process, place_of_process, refuse_blind_node, sees_checkpoints


def run_ray_rank(
    objective: Callable[[Trial], Any],
    catch: tuple[type[Exception], ...],
    driver_name: str,
    settings: WorkerSettings,
    output: TrialOutput,
    group: Group,
    member: int,
) -> RankEnd:
    """The body of the Ray task of one rank. ``member``: the index of its bundle."""
    node = str(ray.get_runtime_context().get_node_id())
    refuse_blind_node(node, settings)
    here = Member(
        node=node,
        ip=ray.util.get_node_ip_address(),
        host=socket.gethostname(),
        pid=os.getpid(),
        gpus=gpus_of_process(),
        sees_checkpoints=sees_checkpoints(settings),
    )

    def place_of(rank: int) -> Place:
        return place_of_process(driver_name, settings, output, Ticket(group.name, group.seal), rank=rank)

    with signals.announcing(heartbeat_of_process(settings.lease).tell_to_leave):
        return run_rank(objective, catch, settings, place_of, group, member, here, RayBoard(group.name), RealHost())


__all__ = ["run_ray_rank"]
