"""Tracebacks without the frames between the user's call and the user's objective.

``RTL_TRACEBACK=full`` in the environment keeps all frames. Knows nothing of the rest of the package.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar

VARIABLE = "RTL_TRACEBACK"
_OURS = __name__.partition(".")[0]
# what our code calls, and what calls the user's code for it
_CARRIERS = {
    _OURS, "concurrent", "contextlib", "fsspec", "functools", "greenlet", "importlib", "psycopg2", "pymysql", "ray",
    "sqlalchemy", "sqlite3", "threading",
}  # fmt: skip

P = ParamSpec("P")
T = TypeVar("T")


def folding(function: Callable[P, T]) -> Callable[P, T]:
    """A function of ours whose errors show its caller, and then only frames that are not ours."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True  # pytest's word
        try:
            return function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  (raised again)
            kept = folded(error.__traceback__) or _last(error.__traceback__)
            raise error.with_traceback(kept)  # noqa: B904  (RTL_TRACEBACK=full shows what is left out here)

    return call


def folded(frames: TracebackType | None) -> TracebackType | None:
    """The frames of the user's code and of what it has called, as far as they are not ours; None: there are none."""
    if os.environ.get(VARIABLE) == "full":
        return frames
    kept, is_inside = list[TracebackType](), True
    while frames is not None:
        root = str(frames.tb_frame.f_globals.get("__name__")).partition(".")[0]
        is_ours, is_carried = root == _OURS, root in _CARRIERS or frames.tb_frame.f_code.co_filename.startswith("<")
        is_inside = is_ours or (is_inside and is_carried)
        if not is_inside:
            kept.append(frames)
        frames = frames.tb_next
    found: TracebackType | None = None
    for frame in reversed(kept):
        found = TracebackType(found, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return found


def _last(frames: TracebackType | None) -> TracebackType | None:
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    return frames


__all__ = ["VARIABLE", "folded", "folding"]
