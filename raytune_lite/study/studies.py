"""Studies as a whole: create, load, list and delete them. What one study does is in ``study.py``."""

from __future__ import annotations

import shutil
import tempfile
import uuid
import weakref
from collections.abc import Sequence
from pathlib import Path

from ..checkpoints.layout import chosen_base
from ..core.bounds import check_name
from ..core.protocols import Pruner, Sampler
from ..exceptions import DuplicatedStudyError
from ..pruners import check_pruner
from ..storages.repository import Repository
from ..trial import StudyDirection, parse_direction
from .results import check_findable
from .study import Study

Direction = str | StudyDirection


def create_study(
    *,
    storage: str | None = None,
    sampler: Sampler | None = None,
    pruner: Pruner | None = None,
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
        sampler: None: the study's recorded one, else AutoSampler.
        pruner: None: the study's recorded one, else NopPruner.
        study_name: None: a unique name.
        direction: "minimize" (default) or "maximize".
        load_if_exists: continue a study of this name.
        directions: one an objective, instead of ``direction``.
        checkpoint_dir: where checkpoints are stored; on several nodes a path that all of them mount. No URL.

    Raises:
        DuplicatedStudyError: the name is taken and load_if_exists is False.
        TypeError: the name is not a str, or ``pruner`` is not a pruner.
        ValueError: both direction and directions; an unknown direction; no direction at all; a name that no database
            can hold; a pruner of a single objective for a study of several; a URL as ``checkpoint_dir``.
        StorageURLError, SchemaVersionError, StorageError: the storage cannot be used.
    """
    if direction is not None and directions is not None:
        raise ValueError("give either direction (one objective) or directions (several), not both.")
    one = "minimize" if direction is None else direction
    wanted = [parse_direction(d) for d in (directions if directions is not None else [one])]
    if not wanted:
        raise ValueError("directions must name at least one direction, got none.")
    if pruner is not None:
        check_pruner(pruner, len(wanted))  # before the study is made
    base = None if checkpoint_dir is None else chosen_base(checkpoint_dir)
    name = study_name if study_name is not None else f"no-name-{uuid.uuid4()}"
    check_name("a study's name", name)
    scratch = tempfile.mkdtemp(prefix="raytune_lite-") if storage is None else None
    url = storage if storage is not None else f"sqlite:///{scratch}/study.db"
    repository = Repository.open(url)
    try:
        repository.create_study(name, tuple(wanted))
    except DuplicatedStudyError:
        if not load_if_exists:
            raise
    finally:
        repository.close()
    study = Study(name, url, sampler, pruner, checkpoint_dir=base, durable=scratch is None)
    if scratch is not None:
        weakref.finalize(study, shutil.rmtree, scratch, ignore_errors=True)
    return study


def load_study(
    *,
    study_name: str | None = None,
    storage: str,
    sampler: Sampler | None = None,
    pruner: Pruner | None = None,
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
        TypeError: ``pruner`` is an object of another kind.
    """
    if study_name is None:
        names = get_all_study_names(storage)
        if len(names) != 1:
            raise ValueError(f"study_name is needed: the storage holds {len(names)} studies ({names[:10]}).")
        study_name = names[0]
    return Study(study_name, storage, sampler, pruner, checkpoint_dir=checkpoint_dir)


def delete_study(*, study_name: str, storage: str) -> None:
    """Remove a study and everything of it from the database. Its checkpoint files stay. A process
    that runs the study fails at its next write.

    Raises:
        StorageURLError, SchemaVersionError, StorageError: the storage cannot be used.
        StudyNotFoundError: no study of this name.
    """
    repository = Repository.open(storage)
    try:
        check_findable(repository, study_name)
        repository.delete_study(study_name)
    finally:
        repository.close()


def get_all_study_names(storage: str) -> list[str]:
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
