"""Optuna's journals, and its storages that are no database: they are Optuna's own, to be copied from.

``copy_study(from_storage=JournalStorage(...), to_storage=url)`` reads them; a study of ours lives in a database.
"""

from __future__ import annotations

from ..integrations.optuna.lending import lender

_JOURNALS = (
    "BaseJournalBackend", "JournalFileBackend", "JournalFileOpenLock", "JournalFileSymlinkLock", "JournalRedisBackend",
    "JournalStorage",
)  # fmt: skip
_OLDER = (
    "BaseJournalLogStorage", "BaseStorage", "GrpcStorageProxy", "JournalFileStorage", "JournalRedisStorage",
    "run_grpc_proxy_server",
)  # fmt: skip
__all__ = [*_JOURNALS]

_journal = lender(__name__, "optuna.storages.journal", _JOURNALS, classes=False)
_older = lender(__name__, "optuna.storages", _OLDER, classes=False)


def __getattr__(name: str) -> object:
    return _older(name) if name in _OLDER else _journal(name)


def __dir__() -> list[str]:
    return sorted(__all__)
