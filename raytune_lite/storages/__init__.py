"""Where studies are kept: one SQL database that Optuna can read, with our own tables beside Optuna's.

The names are loaded on first use, so that importing this package does not import SQLAlchemy.
"""

from __future__ import annotations

from ..lazy import names_of

_HOMES = {
    "AttemptRecord": "records",
    "BaseJournalLogStorage": "journal",
    "BaseStorage": "journal",
    "CellRecord": "records",
    "GrpcStorageProxy": "journal",
    "InMemoryStorage": "holders",
    "JournalFileOpenLock": "journal",
    "JournalFileStorage": "journal",
    "JournalFileSymlinkLock": "journal",
    "JournalRedisStorage": "journal",
    "JournalStorage": "journal",
    "RDBStorage": "holders",
    "Repository": "repository",
    "RetryFailedTrialCallback": "heartbeat",
    "RetryHeartbeatStaleTrialCallback": "heartbeat",
    "RungRecord": "records",
    "StudyRecord": "records",
    "fail_stale_trials": "heartbeat",
    "get_storage": "holders",
    "mask": "url",
    "normalize_url": "url",
    "run_grpc_proxy_server": "journal",
}

__all__ = [
    "AttemptRecord",
    "CellRecord",
    "InMemoryStorage",
    "JournalStorage",
    "RDBStorage",
    "Repository",
    "RetryFailedTrialCallback",
    "RetryHeartbeatStaleTrialCallback",
    "RungRecord",
    "StudyRecord",
    "fail_stale_trials",
    "get_storage",
    "mask",
    "normalize_url",
]

__getattr__ = names_of(__name__, _HOMES, __all__)


def __dir__() -> list[str]:
    return sorted(__all__)
