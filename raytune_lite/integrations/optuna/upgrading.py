"""Tables of an older Optuna brought to its present schema, by Optuna itself."""

from __future__ import annotations


def upgrade(url: str) -> bool:
    """Upgrade Optuna's tables, if they are there and older; whether anything was done.

    Args:
        url: of a database.

    Raises:
        ImportError: Optuna is not installed.
    """
    from optuna.storages import RDBStorage

    storage = RDBStorage(url, skip_compatibility_check=True, skip_table_creation=True)
    try:
        version = storage.get_current_version()
        if version == storage.get_head_version() or version not in storage.get_all_versions():
            return False
        storage.upgrade()
        return True
    finally:
        storage.engine.dispose()


__all__ = ["upgrade"]
