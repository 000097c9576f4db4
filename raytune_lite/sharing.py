"""Data that an objective needs and that is too large to be copied to each of its processes. Knows no Ray."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Put = Callable[[Any], Callable[[], Any]]

_put: ContextVar[Put | None] = ContextVar("raytune_lite_put", default=None)
_to_cluster: ContextVar[bool] = ContextVar("raytune_lite_to_cluster", default=False)


class Shared(Generic[T]):
    """Data for all trials of a run: one copy a node, and none with each task. Made by ``shared``.

    Args:
        value: the data.
        fetch: gets the data where they are needed first, instead of ``value``.
    """

    __slots__ = ("_fetch", "_has_value", "_value")

    def __init__(self, value: T | None = None, *, fetch: Callable[[], T] | None = None) -> None:
        self._value, self._has_value, self._fetch = value, fetch is None, fetch

    def get(self) -> T:
        """The data. On Ray it is read in place from the node's memory, so NumPy arrays in it are read-only there."""
        if not self._has_value:
            assert self._fetch is not None
            self._value, self._has_value = self._fetch(), True
        return self._value  # type: ignore[return-value]  # it is there now; None may be the value itself

    def __reduce__(self) -> tuple[Any, ...]:
        put = _put.get()
        if put is None:  # copied, or sent to a process that is no worker: by value
            return Shared, (self.get(),)
        return _arrived, (self._fetch or put(self._value),)

    def __repr__(self) -> str:
        return f"shared({type(self._value).__name__})" if self._has_value else "shared(...)"


def _arrived(fetch: Callable[[], Any]) -> Shared[Any]:
    return Shared(fetch=fetch)


def shared(obj: T) -> Shared[T]:
    """Share a large object with all trials of a run; the objective calls ``get()`` on what is returned.

    On Ray the object is put into Ray's object store once a run; the trials of a node read it in place. With
    ``executor="inline"`` it is the object itself. Do not change it in the objective: other trials see it, or it is
    read-only.

    Args:
        obj: anything that can be pickled: a NumPy array, a data frame, a dataset.

    Example:
        >>> import raytune_lite as rtl
        >>> data = rtl.shared(list(range(1000)))
        >>> sum(data.get())
        499500
    """
    return Shared(obj)


@contextmanager
def putting(put: Put) -> Iterator[None]:
    """While this lasts, pickling a Shared puts its data elsewhere.

    Args:
        put: takes the data; returns what fetches it, which is pickled in its place.
    """
    token = _put.set(put)
    try:
        yield
    finally:
        _put.reset(token)


@contextmanager
def to_cluster() -> Iterator[None]:
    """While this lasts, what is pickled goes to processes of the cluster; see ``stays_here``."""
    token = _to_cluster.set(True)
    try:
        yield
    finally:
        _to_cluster.reset(token)


def stays_here(what: str, way_out: str) -> None:
    """To be called where an object is pickled that its script may keep in a file, and no other process may have.

    Raises:
        TypeError: it is pickled for a process of the cluster.
    """
    if _to_cluster.get():
        raise TypeError(f"{what} stays with its script; {way_out}")


__all__ = ["Shared", "putting", "shared", "stays_here", "to_cluster"]
