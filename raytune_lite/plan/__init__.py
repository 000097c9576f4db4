"""Plan before paying: what a study would have cost under another rule, and what it will cost on how many workers.

``replay`` trains the recorded curves again in virtual time, ``plan`` draws from them on any number of workers.
Everything here reads a study and changes none.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .forecasting import Plan, plan
    from .piloting import Measures, measure
    from .replaying import Replay, replay

_HOMES = {
    "Measures": "piloting",
    "Plan": "forecasting",
    "Replay": "replaying",
    "measure": "piloting",
    "plan": "forecasting",
    "replay": "replaying",
}

__all__ = ["Measures", "Plan", "Replay", "measure", "plan", "replay"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}.")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
