"""The board on which the processes of a group find one another: Ray's key-value store, which every process reaches."""

from __future__ import annotations

from ray.experimental import internal_kv

from . import NAMESPACE


class RayBoard:
    """Entries of one group; see meeting.Board.

    Args:
        group: its name.
    """

    def __init__(self, group: str) -> None:
        self._prefix = f"{group}/".encode()

    def put(self, name: str, value: bytes) -> None:
        """See Board."""
        internal_kv._internal_kv_put(self._prefix + name.encode(), value, namespace=NAMESPACE)

    def get(self, name: str) -> bytes | None:
        """See Board."""
        found: bytes | None = internal_kv._internal_kv_get(self._prefix + name.encode(), namespace=NAMESPACE)
        return found

    def clear(self) -> None:
        """Remove all entries: the group is over."""
        internal_kv._internal_kv_del(self._prefix, del_by_prefix=True, namespace=NAMESPACE)


__all__ = ["RayBoard"]
