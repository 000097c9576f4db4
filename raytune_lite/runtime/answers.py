"""What the driver answers to an attempt's message, as JSON: an answer, a refusal, or that it is busy.

An answer is [the core's answer, why the attempt shall stop or null]; a Leave there means: when it has saved. The
driver unpickles nothing that a worker sent, and a worker nothing that the driver sent.
"""

from __future__ import annotations

from typing import Any

from .. import exceptions
from ..core.encoding import from_json, to_json
from ..core.messages import Leave
from .failures import DriverGone

BUSY = b'"busy"'  # nothing is acknowledged, but the driver lives: send the same again


def answer(value: Any, stop: str | Leave | None) -> bytes:
    """An event was handled."""
    return to_json([value, stop]).encode()


def refusal(error: Exception) -> bytes:
    """An event was refused: the name and arguments of an error of ours, else the error's text."""
    ours = type(error).__module__ == exceptions.__name__
    name, arguments = (type(error).__name__, error.args) if ours else ("ValueError", (f"{error}",))
    return to_json({"error": name, "args": arguments}).encode()


_LOST = ("FencedError", "StorageError", "StudyBusyError", "DamagedStudyError", "SchemaVersionError")
_SUPERSEDED = tuple(f'{{"error":"{name}"'.encode() for name in _LOST)


def is_superseded(reply: bytes) -> bool:
    """Whether the sender of a reply drives the study no longer. Such a reply says nothing about the attempt."""
    return reply.startswith(_SUPERSEDED)


def read(reply: bytes) -> tuple[Any, str | Leave | None]:
    """The core's answer, and why the attempt shall stop.

    Raises:
        DriverGone: the sender drives the study no longer.
        RaytuneLiteError, ValueError: the event was refused with this error.
    """
    if is_superseded(reply):
        raise DriverGone(f"the driver has lost the study: {reply.decode()}")
    found = from_json(reply)
    if isinstance(found, dict):
        kind = ValueError if found["error"] == "ValueError" else getattr(exceptions, found["error"])
        raise kind(*found["args"])
    value, stop = found
    return value, stop


__all__ = ["BUSY", "answer", "is_superseded", "read", "refusal"]
