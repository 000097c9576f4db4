"""Records as earlier versions wrote them, made into today's. Their logs are read for ever.

Each function takes a record's JSON object and changes it in place, before its fields are read. Version 0.1.0 stored an
event's time in the event too, wrote "", 0 or -1 for what is absent, and had other names for some fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import messages as m

Upgrade = Callable[[dict[str, Any]], None]


def _without_time(data: dict[str, Any]) -> None:
    data.pop("at", None)


def _claimed(data: dict[str, Any]) -> None:
    if "prefetched" not in data:
        data["prefetched"] = not data.get("node")  # such a claim was known by its missing node
        data["node"], data["pid"] = data.get("node") or None, data.get("pid") or None
    data.pop("at", None)


def _seen(data: dict[str, Any]) -> None:
    if data.get("seen") == -1:
        data["seen"] = None
    data.pop("at", None)


def _attempt_lost(data: dict[str, Any]) -> None:
    if "last_words" in data:
        data["stderr_tail"] = data.pop("last_words") or None
    data.pop("at", None)


_UPGRADES: dict[type, Upgrade] = {
    m.Claimed: _claimed, m.Suggested: _seen, m.ParamSet: _seen, m.AttemptLost: _attempt_lost,
}  # fmt: skip


def upgrade_for(cls: type) -> Upgrade | None:
    """What makes a record of an earlier version one of this kind; None: it never changed."""
    return _UPGRADES.get(cls, _without_time if issubclass(cls, m.Event) else None)


__all__ = ["upgrade_for"]
