"""Optuna's storage objects as holders of a URL: ``RDBStorage(url)``, ``InMemoryStorage()``. They open nothing."""

from __future__ import annotations

import functools
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Mapping
from typing import Any

from ..arguments import shown, wrong_type
from ..exceptions import StorageURLError

_IN_MEMORY = ("sqlite://", "sqlite:///:memory:")
_NO_DATABASE = (
    "a journal, Redis or a gRPC proxy is no database: pass a URL (sqlite:///study.db, postgresql://user:password@host/db)"
    ", into which copy_study(from_storage=...) copies its studies"
)


class RDBStorage:
    """A database by its URL, for ``create_study(storage=...)``; the same as the URL itself.

    Args:
        url: ``sqlite:///study.db``, ``postgresql://...``, ``mysql://...``.
        engine_kwargs: Optuna's arguments for SQLAlchemy; ignored with a warning, as this package opens the database.
        skip_compatibility_check, heartbeat_interval, grace_period, heartbeat_stale_trial_callback,
            failed_trial_callback, skip_table_creation: ignored: a lost trial is tried again without them, see
            RetryPolicy.

    Raises:
        StorageURLError: ``url`` is no text.
    """

    def __init__(
        self,
        url: str,
        engine_kwargs: Mapping[str, Any] | None = None,
        skip_compatibility_check: bool = False,  # noqa: ARG002
        *,
        heartbeat_interval: int | None = None,  # noqa: ARG002
        grace_period: int | None = None,  # noqa: ARG002
        heartbeat_stale_trial_callback: Any = None,  # noqa: ARG002
        failed_trial_callback: Any = None,  # noqa: ARG002
        skip_table_creation: bool = False,  # noqa: ARG002
    ) -> None:
        if not isinstance(url, str):
            raise StorageURLError(f"url must be a storage URL as text, got {shown(url)}; for example sqlite:///study.db.")
        if engine_kwargs:
            warnings.warn(
                f"engine_kwargs={shown(dict(engine_kwargs))} is ignored: raytune_lite opens the database itself.",
                stacklevel=2,
            )
        self.url = url

    def __repr__(self) -> str:
        from .url import mask

        return f"{type(self).__name__}({mask(self.url)!r})"

    def as_optuna(self) -> Any:
        """Optuna's own storage of this database, for functions of Optuna's that take one.

        Raises:
            ImportError: Optuna is not installed.
            StorageURLError: see ``normalize_url``.
        """
        from ..integrations.optuna.external import storage_of
        from .url import normalize_url

        return storage_of(normalize_url(self.url).render_as_string(hide_password=False))

    @functools.cached_property
    def in_memory(self) -> InMemoryStorage:
        """What SQLite in memory is here: one database for as long as this object."""
        return InMemoryStorage()

    def remove_session(self) -> None:
        """Nothing: a holder has no session."""


class InMemoryStorage(RDBStorage):
    """A database for as long as this object: a temporary SQLite file, which several studies may share.

    A copy, or a pickle, has the data of that moment in a file of its own.
    """

    def __init__(self) -> None:
        from .url import file_url

        scratch = tempfile.mkdtemp(prefix="raytune_lite-")
        self.path = f"{scratch}/study.db"
        super().__init__(file_url(self.path))
        self._close = weakref.finalize(self, shutil.rmtree, scratch, ignore_errors=True)

    def __repr__(self) -> str:
        return "InMemoryStorage()"

    def __reduce__(self) -> tuple[Any, ...]:
        from .pickled import content_of

        return _in_memory, (content_of(self.path),)


def _in_memory(content: bytes) -> InMemoryStorage:
    from .pickled import write

    storage = InMemoryStorage()
    if content:
        write(content, storage.path)
    return storage


def storage_url(storage: Any) -> str:
    """The URL of what a user passes as ``storage``: a URL, a holder, or an RDBStorage of Optuna's.

    Raises:
        TypeError: another object, as an InMemoryStorage or a JournalStorage of Optuna's; it names the way out.
        StorageURLError: see ``normalize_url``.
    """
    if isinstance(storage, str):
        return storage
    storage = getattr(storage, "holder", storage)  # study._storage, by which libraries name a study's storage
    if isinstance(storage, RDBStorage):
        return storage.in_memory.url if storage.url in _IN_MEMORY else storage.url
    kind = type(storage)
    backend = getattr(storage, "_backend", storage)  # Optuna's cache around its RDBStorage
    if kind.__module__.partition(".")[0] == "optuna":
        if type(backend).__name__ == "RDBStorage" and isinstance(getattr(backend, "url", None), str):
            url: str = backend.url
            return url
        way_out = _NO_DATABASE
        if kind.__name__ == "InMemoryStorage":
            way_out = "pass storage=None, or raytune_lite.storages.InMemoryStorage()"
        raise wrong_type("storage", "a URL or an RDBStorage", storage, way_out)
    raise StorageURLError(
        f"storage must be a URL as text, or an RDBStorage of one, got {kind.__name__}; for example sqlite:///study.db."
    )


def get_storage(storage: Any) -> RDBStorage:
    """A holder of what a user passes as ``storage``; None, or SQLite in memory: a new InMemoryStorage.

    Raises:
        TypeError, StorageURLError: see ``storage_url``.
    """
    if storage is None:
        return InMemoryStorage()
    holder = getattr(storage, "holder", storage)
    if not isinstance(holder, RDBStorage):
        holder = RDBStorage(storage_url(storage))
    return holder.in_memory if holder.url in _IN_MEMORY else holder


__all__ = ["InMemoryStorage", "RDBStorage", "get_storage", "storage_url"]
