"""Optuna's own storages: of a database, and those that only Optuna reads: a journal file, Redis, a gRPC proxy."""

from __future__ import annotations

from typing import Any

from ...samplers.for_studies import our_trial
from ...trial import StudyDirection
from .lending import INSTALL


def storage_of(url: str) -> Any:
    """Optuna's RDBStorage of a database, by a URL that names its driver.

    Raises:
        ImportError: Optuna is not installed.
    """
    try:
        from optuna.storages import RDBStorage
    except ImportError as error:
        raise ImportError(f"this is Optuna's storage, which is not installed ({error}): {INSTALL}.") from None
    return RDBStorage(url)


def read_study(name: str, storage: Any) -> dict[str, Any]:
    """A study as ``study.copying`` takes it.

    Args:
        name: its name.
        storage: a storage of Optuna's, or the path of a journal file.

    Raises:
        ImportError: Optuna is not installed.
        KeyError: no study of this name.
    """
    try:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
    except ImportError as error:
        raise ImportError(f"{storage!r} is read by Optuna, which is not installed ({error}): {INSTALL}.") from None
    if isinstance(storage, str):
        storage = JournalStorage(JournalFileBackend(storage))
    known = optuna.get_all_study_names(storage)
    if name not in known:
        from ...exceptions import StudyNotFoundError

        raise StudyNotFoundError(name, tuple(known))
    study = optuna.load_study(study_name=name, storage=storage)
    return {
        "name": name,
        "directions": [StudyDirection[direction.name] for direction in study.directions],
        "user_attrs": study.user_attrs,
        "system_attrs": study._storage.get_study_system_attrs(study._study_id),
        "trials": [our_trial(trial) for trial in study.get_trials(deepcopy=False)],
    }


__all__ = ["read_study", "storage_of"]
