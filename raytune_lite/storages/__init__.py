"""Where studies are kept: one SQL database that Optuna can read, with our own tables beside Optuna's.

The names are loaded on first use, so that importing this package does not import SQLAlchemy.
"""

from __future__ import annotations

from ..lazy import names_of

_HOMES = {
    "Repository": "repository",
    "AttemptRecord": "records",
    "InMemoryStorage": "holders",
    "RDBStorage": "holders",
    "get_storage": "holders",
    "CellRecord": "records",
    "RungRecord": "records",
    "StudyRecord": "records",
    "mask": "url",
    "normalize_url": "url",
}

__all__ = [
    "AttemptRecord",
    "CellRecord",
    "InMemoryStorage",
    "RDBStorage",
    "Repository",
    "RungRecord",
    "StudyRecord",
    "get_storage",
    "mask",
    "normalize_url",
]

__getattr__ = names_of(__name__, _HOMES, __all__)


def __dir__() -> list[str]:
    return sorted(__all__)
