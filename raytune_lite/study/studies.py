"""Studies as a whole: create, load, list and delete them. What one study does is in ``study.py``."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ..arguments import flag
from ..core.protocols import Pruner, Sampler
from ..exceptions import DuplicatedStudyError
from ..integrations.optuna.accepting import as_pruner, as_sampler
from ..pruners.user import StudyPruner
from ..samplers.for_studies import StudySampler
from ..storages.holders import RDBStorage, get_storage
from ..storages.repository import Repository
from ..tracebacks import folding
from ..trial import StudyDirection
from . import checks
from .results import check_findable
from .study import Study

Direction = Literal["minimize", "maximize"] | StudyDirection


@folding
def create_study(
    *,
    storage: str | RDBStorage | None = None,
    sampler: Sampler | StudySampler | None = None,
    pruner: Pruner | StudyPruner | None = None,
    study_name: str | None = None,
    direction: Direction | None = None,
    load_if_exists: bool = False,
    directions: Sequence[Direction] | None = None,
    checkpoint_dir: str | Path | None = None,
) -> Study:
    """Make a study, or continue one.

    Args:
        storage: a database URL (``sqlite:///study.db``, ``postgresql://...``, ``mysql://...``); None keeps the study
            only as long as this object (in a temporary SQLite file, so that a crashed driver can still resume).
        sampler: None: the study's recorded one, else AutoSampler. Also one of Optuna's, or one of your own that is
            written as Optuna's are (see UserSampler).
        pruner: None: the study's recorded one, else NopPruner. Also one of Optuna's, or one of your own with Optuna's
            ``prune(study, trial)`` (see UserPruner).
        study_name: None: a unique name.
        direction: "minimize" (default) or "maximize". A study that is continued keeps its own.
        load_if_exists: continue a study of this name.
        directions: one an objective, instead of ``direction``.
        checkpoint_dir: where checkpoints are stored; on several nodes a path that all of them mount, or the URL of an
            object store (``s3://bucket/path``, or another one of fsspec's), whose credentials are in the environment.

    Raises:
        DuplicatedStudyError: the name is taken and load_if_exists is False.
        TypeError: the name is not a str, ``sampler`` is not a sampler, ``pruner`` is not a pruner, ``checkpoint_dir``
            is not a path.
        ValueError: both direction and directions; an unknown direction; no direction at all; a name that no database
            can hold; a pruner of a single objective for a study of several; a ``checkpoint_dir`` with a password, or
            whose package is not installed; a study to be continued has other directions than those that are given.
        StorageURLError, SchemaVersionError, StorageError: the storage cannot be used.
    """
    given = checks.directions(direction, directions)
    wanted = given or (StudyDirection.MINIMIZE,)
    chosen = as_sampler(sampler)
    judging = as_pruner(pruner, len(wanted))
    name = f"no-name-{uuid.uuid4()}" if study_name is None else checks.study_name(study_name)
    may_exist = flag("load_if_exists", load_if_exists)
    base = checks.checkpoint_directory(checkpoint_dir)
    holder = get_storage(storage)
    repository = Repository.open(holder)
    try:
        repository.create_study(name, wanted)
    except DuplicatedStudyError:
        if not may_exist:
            raise
        if given is not None:
            checks.same_directions(name, repository.load_study(name).directions, given)
    finally:
        repository.close()
    return Study(name, holder, chosen, judging, checkpoint_dir=base)


@folding
def load_study(
    *,
    study_name: str | None = None,
    storage: str | RDBStorage,
    sampler: Sampler | StudySampler | None = None,
    pruner: Pruner | StudyPruner | None = None,
    checkpoint_dir: str | Path | None = None,
) -> Study:
    """Open a study, also one made by Optuna.

    Args:
        study_name: None: the only study of the storage.
        storage: a database URL.
        sampler: None: the recorded one, else AutoSampler.
        pruner: None: the recorded one, else NopPruner.
        checkpoint_dir: see create_study.

    Raises:
        StudyNotFoundError: no study of this name.
        ValueError: no name was given and the storage does not hold exactly one study; the study has several objectives,
            and the pruner judges one.
        TypeError: the name is not a str, ``sampler`` is not a sampler, ``pruner`` is not a pruner, ``checkpoint_dir``
            is not a path.
    """
    if study_name is None:
        names = get_all_study_names(storage)
        if len(names) != 1:
            raise ValueError(f"study_name is needed: the storage holds {len(names)} studies ({names[:10]}).")
        study_name = names[0]
    return Study(study_name, storage, sampler, pruner, checkpoint_dir=checkpoint_dir)


@folding
def delete_study(*, study_name: str, storage: str | RDBStorage) -> None:
    """Remove a study and everything of it from the database. Its checkpoint files stay. A process
    that runs the study fails at its next write.

    Args:
        study_name: its name.
        storage: a database URL.

    Raises:
        StorageURLError, SchemaVersionError, StorageError: the storage cannot be used.
        StudyNotFoundError: no study of this name.
        TypeError: the name is not a str.
    """
    repository = Repository.open(storage)
    try:
        check_findable(repository, study_name)
        repository.delete_study(study_name)
    finally:
        repository.close()


@folding
def get_all_study_names(storage: str | RDBStorage) -> list[str]:
    """Names of all studies in a storage.

    Raises:
        StorageURLError, SchemaVersionError, StorageError: the storage cannot be used.
    """
    repository = Repository.open(storage)
    try:
        return repository.study_names()
    finally:
        repository.close()


__all__ = ["create_study", "delete_study", "get_all_study_names", "load_study"]
