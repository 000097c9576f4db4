"""How the ranks of a trial meet in torch.distributed, without a race for a port.

Rank 0 opens torch's store at a port that the system chooses and keeps it open; then everybody, rank 0 too, is a client
of it. torch calls such a store an agent's. Where torch is not loaded, another library may want MASTER_PORT: then it is
a port that was free a moment ago.

Source: torch.distributed.rendezvous, TORCHELASTIC_USE_AGENT_STORE.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

from .places import RankPlace, environment


class Rendezvous:
    """Of one rank.

    Args:
        group: a name of the group, for the environment.
        port: MASTER_PORT, as rank 0 has told; 0: this is rank 0, which chooses it.
        holds_store: rank 0 holds torch's store there.
    """

    def __init__(self, group: str, port: int = 0, *, holds_store: bool = False) -> None:
        self._group, self.port, self.holds_store = group, port, holds_store
        self._store: Any = None
        self._joined = False

    @classmethod
    def open(cls, group: str, world_size: int) -> Rendezvous:
        """Rank 0's: torch's store where torch is loaded already, else a free port."""
        found = cls(group)
        if "torch" in sys.modules:
            found.hold(world_size)
        else:
            found.port = _free_port()
        return found

    def hold(self, world_size: int) -> int:
        """Open torch's store, unless it is open; its port.

        Raises:
            ImportError: torch is not installed.
        """
        if self._store is None:
            from ...training.processes import open_store

            self._store = open_store(world_size)
            self.port, self.holds_store = int(self._store.port), True
        return self.port

    def follow(self, port: int) -> None:
        """Rank 0 holds the store at this port."""
        self.port, self.holds_store = port, True

    def set_environment(self, place: RankPlace) -> None:
        """Set the variables of this process."""
        os.environ.update(environment(place, self._group, self.port, holds_store=self.holds_store))

    def join(self, place: RankPlace, backend: str | None, timeout: float | None) -> None:
        """Make the process group; all ranks do so."""
        from ...training.processes import join

        self.set_environment(place)
        join(backend, timeout, place.device)
        self._joined = True

    def leave(self) -> None:
        """End the process group, if ``join`` made it and the objective has not ended it."""
        if self._joined:
            from ...training.processes import leave

            self._joined = False
            leave()


def _free_port() -> int:
    with socket.create_server(("", 0)) as server:
        port: int = server.getsockname()[1]
        return port


__all__ = ["Rendezvous"]
