"""torch.distributed for a trial: the store at which its ranks meet, and the process group.

``Trial.init_process_group`` is what an objective calls.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist


def open_store(world_size: int) -> Any:
    """A store that listens at a port which the system chooses, ``.port``; it is open as long as the object lives."""
    return dist.TCPStore("0.0.0.0", 0, world_size, is_master=True, wait_for_workers=False)  # type: ignore[attr-defined]


def join(backend: str | None, timeout: float | None, device: int | None) -> None:
    """Make the default process group by the variables of torchrun.

    Args:
        backend: None: see ``default_backend``.
        timeout: seconds; None: torch's default.
        device: index of this rank's GPU among those that it sees; None: it has none.

    Raises:
        ValueError: there is a process group already.
    """
    if device is not None and torch.cuda.is_available():
        torch.cuda.set_device(device)
    dist.init_process_group(backend or default_backend(device), timeout=_delta(timeout))


def join_alone(backend: str | None, timeout: float | None) -> None:
    """Make a process group of this process alone, unless there is one."""
    if dist.is_initialized():
        return
    device = torch.cuda.current_device() if torch.cuda.is_available() else None
    store = dist.HashStore()  # type: ignore[attr-defined]
    backend = backend or default_backend(device)
    dist.init_process_group(backend, timeout=_delta(timeout), store=store, rank=0, world_size=1)


def default_backend(device: int | None) -> str:
    """gloo, with nccl beside it where the trial has a GPU."""
    return "cpu:gloo,cuda:nccl" if device is not None and torch.cuda.is_available() else "gloo"


def leave() -> None:
    """End the default process group, if there is one."""
    if dist.is_initialized():
        dist.destroy_process_group()


def of_all_ranks(item: Any) -> list[Any]:
    """What each rank of the default process group has given, by rank; all of them call it."""
    found: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(found, item)
    return found


def _delta(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


__all__ = ["default_backend", "join", "join_alone", "leave", "of_all_ranks", "open_store"]
