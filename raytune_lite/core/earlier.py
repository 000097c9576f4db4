"""Records as earlier versions wrote them, made into today's. Their logs are read for ever.

Each function takes a record's JSON object and changes it in place, before its fields are read. Version 0.1.0 stored an
event's time in the event too, wrote "", 0 or -1 for what is absent, had other names for some fields, and a report was a
single number.
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


def _reports(data: dict[str, Any]) -> None:
    """A report was (step, value). All reports of a record are of one version, so the first one shows which."""
    reports = data.get("reports")
    if not (type(reports) is list and reports and type(reports[0]) is list and len(reports[0]) == 2):
        return  # none, or nonsense that the field's reader refuses
    if type(reports[0][1]) is not list:
        pairs = [(pair, type(pair) is list and len(pair) == 2) for pair in reports]
        data["reports"] = [[pair[0], [pair[1]]] if is_pair else pair for pair, is_pair in pairs]


def _trial_added(data: dict[str, Any]) -> None:
    _reports(data)
    data.pop("at", None)


_UPGRADES: dict[type, Upgrade] = {
    m.Claimed: _claimed, m.Suggested: _seen, m.ParamSet: _seen, m.AttemptLost: _attempt_lost, m.Progress: _reports,
    m.TrialAdded: _trial_added,
}  # fmt: skip


def upgrade_for(cls: type) -> Upgrade | None:
    """What makes a record of an earlier version one of this kind; None: it never changed."""
    return _UPGRADES.get(cls, _without_time if issubclass(cls, m.Event) else None)


__all__ = ["upgrade_for"]
