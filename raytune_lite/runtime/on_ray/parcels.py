"""Large objectives, and data that trials share, on their way to the workers: put once into Ray's object store.

Ray refuses a function of more than 100 MB, and sends one of less to each worker process through its control store.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import ray
from ray import cloudpickle

from ...sharing import putting
from ..ports import Notice
from .objective import captured, packed

LARGE = 1 << 20  # bytes of a pickled objective; more of them travel through the object store
NOTED = 10 << 20  # bytes of which the user is told


class _InStore:
    """A value in the object store. Unpickled, in a worker, it is what ``_open`` makes of it."""

    def __init__(self, value: Any) -> None:
        self._ref, self._n_pickled = ray.put(value), 0

    def __reduce__(self) -> tuple[Any, ...]:
        self._n_pickled += 1
        return type(self)._open, (self._ref,)

    @staticmethod
    def _open(ref: Any) -> Any:
        raise NotImplementedError

    def forget(self) -> None:
        """Let the store drop it. Ray keeps what it has pickled in a function for as long as the script runs."""
        with contextlib.suppress(Exception):  # not public; without it the data stay there until the script ends
            for _ in range(self._n_pickled):
                ray._private.worker.global_worker.core_worker.remove_object_ref_reference(self._ref)


class _Parcel(_InStore):
    """Stands for an objective in the script; in a worker it is the objective itself. ``value``: its pickle."""

    @staticmethod
    def _open(ref: Any) -> Any:
        return cloudpickle.loads(_got(ref))


class _Fetch(_InStore):
    """Stands for what fetches shared data in a worker from its node's memory, where one copy serves all processes."""

    @staticmethod
    def _open(ref: Any) -> Any:
        return _Fetched(ref)


class _Fetched:
    def __init__(self, ref: Any) -> None:
        self._ref = ref

    def __call__(self) -> Any:
        return _got(self._ref)


def _got(ref: Any) -> Any:
    # while a task waits for another node's copy, Ray gives its CPU to the next one; only the first on a node waits
    return ray.get(ref)


@contextlib.contextmanager
def travelling(objective: Callable[..., Any], notice: Notice) -> Iterator[Any]:
    """The objective as a task is to capture it, for the length of a run; then the object store forgets its data.

    Args:
        objective: the user's.
        notice: prints a line for people; a large objective is worth one.

    Raises:
        ObjectiveNotPicklableError: naming the variable at fault.
    """
    stored: list[_InStore] = []

    def put(value: Any) -> Any:
        stored.append(_Fetch(value))
        return stored[-1]

    try:
        with putting(put):
            content = packed(objective)
        if len(content) > NOTED:
            notice(_note(objective, len(content)))
        if stored or len(content) > LARGE:
            stored.append(_Parcel(np.frombuffer(content, np.uint8)))
            yield stored[-1]
        else:
            yield objective
    finally:
        for item in stored:
            item.forget()


def _note(objective: Callable[..., Any], size: int) -> str:
    sizes = {name: _size(value) for name, value in captured(objective).items()}
    name = max(sizes, key=lambda name: sizes[name], default="")
    what = f", {sizes[name] >> 20} MB of it in its variable {name!r}" if name and sizes[name] > size // 2 else ""
    way = f"rtl.shared({name.removeprefix('self.') if what else 'data'})"
    return (
        f"the objective is {size >> 20} MB large{what}: it goes to each node once, and each worker process makes a "
        f"copy. {way} keeps one copy a node."
    )


def _size(value: Any) -> int:
    with contextlib.suppress(Exception):
        return len(cloudpickle.dumps(value))
    return 0


__all__ = ["travelling"]
