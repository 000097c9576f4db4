"""Where studies are kept: one SQL database that Optuna can read, with our own tables beside Optuna's.

The names are loaded on first use, so that importing this package does not import SQLAlchemy.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "Repository": "repository",
    "AttemptRecord": "records",
    "CellRecord": "records",
    "RungRecord": "records",
    "StudyRecord": "records",
    "mask": "url",
    "normalize_url": "url",
}

__all__ = [
    "AttemptRecord",
    "CellRecord",
    "Repository",
    "RungRecord",
    "StudyRecord",
    "mask",
    "normalize_url",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}.")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
