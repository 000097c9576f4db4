"""A study copied into another database, or under another name."""

from __future__ import annotations

from ..storages.holders import RDBStorage
from ..trial import FrozenTrial, TrialState
from .studies import create_study, load_study
from .study import Study

_FIXED = "fixed_params"  # Optuna's key: the parameters of an enqueued trial


def copy_study(
    *,
    from_study_name: str,
    from_storage: str | RDBStorage,
    to_storage: str | RDBStorage,
    to_study_name: str | None = None,
) -> None:
    """Copy a study: its directions, attributes, finished trials, and the configurations that wait.

    Trials under way and paused ones are not copied: their attempts, checkpoints and rungs belong to their own study.
    The copy has no log of its own past; its sampler and pruner are those that its runs are given.

    Args:
        from_study_name: its name.
        from_storage: a database URL.
        to_storage: a database URL, which may be the same.
        to_study_name: None: the same name.

    Raises:
        DuplicatedStudyError: ``to_storage`` has a study of this name.
        StudyNotFoundError: no study of this name.
        StorageURLError, SchemaVersionError, StorageError: a storage cannot be used.
    """
    source = load_study(study_name=from_study_name, storage=from_storage)
    target: Study | None = None
    try:
        name = from_study_name if to_study_name is None else to_study_name
        target = create_study(study_name=name, storage=to_storage, directions=source.directions)
        for key, value in source.system_attrs.items():
            target.set_system_attr(key, value)
        for key, value in source.user_attrs.items():
            target.set_user_attr(key, value)
        for trial in source.get_trials(deepcopy=False):
            _copy(trial, target)
    finally:
        source.close()
        if target is not None:
            target.close()


def _copy(trial: FrozenTrial, target: Study) -> None:
    if trial.state.is_finished():
        target.add_trial(trial)
    elif trial.state is TrialState.WAITING and _FIXED in trial.system_attrs:
        target.enqueue_trial(trial.system_attrs[_FIXED], trial.user_attrs)


__all__ = ["copy_study"]
