"""All studies of a storage at a glance: what Optuna's get_all_study_summaries gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..arguments import flag
from ..storages.holders import RDBStorage
from ..storages.records import StudyRecord
from ..storages.repository import Repository
from ..trial import FrozenTrial, StudyDirection


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySummary:
    """One study of a storage.

    Attributes:
        study_name: its name.
        directions: one an objective.
        best_trial: of a study with one objective; None while no trial is COMPLETE, or when it was not asked for.
        user_attrs, system_attrs: of the study.
        n_trials: all of its trials.
        datetime_start: when its first trial began, in naive local time; None while none has.
        study_id: the id of its row in the database.
    """

    study_name: str
    directions: Sequence[StudyDirection]
    best_trial: FrozenTrial | None
    user_attrs: Mapping[str, Any]
    system_attrs: Mapping[str, Any]
    n_trials: int
    datetime_start: datetime | None
    study_id: int

    @property
    def direction(self) -> StudyDirection:
        """The direction of a study with one objective.

        Raises:
            RuntimeError: the study has several objectives.
        """
        if len(self.directions) > 1:
            raise RuntimeError(f"study {self.study_name!r} has {len(self.directions)} objectives; use .directions.")
        return self.directions[0]

    @property
    def _study_id(self) -> int:
        return self.study_id  # Optuna's name

    def __lt__(self, other: object) -> bool:
        return self.study_id < other.study_id if isinstance(other, StudySummary) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self.study_id <= other.study_id if isinstance(other, StudySummary) else NotImplemented


def get_all_study_summaries(storage: str | RDBStorage, include_best_trial: bool = True) -> list[StudySummary]:
    """A summary of each study of a storage, in the order in which they were made.

    Args:
        storage: a database URL.
        include_best_trial: read the best trials, too.

    Raises:
        StorageURLError, SchemaVersionError, StorageError: the storage cannot be used.
        TypeError: ``include_best_trial`` is no bool.
    """
    with_best = flag("include_best_trial", include_best_trial)
    repository = Repository.open(storage)
    try:
        records = [repository.load_study(name) for name in repository.study_names()]
        return sorted(_summary(repository, record, with_best) for record in records)
    finally:
        repository.close()


def _summary(repository: Repository, study: StudyRecord, with_best: bool) -> StudySummary:
    return StudySummary(
        study_name=study.name,
        directions=list(study.directions),
        best_trial=repository.best_trial(study) if with_best and len(study.directions) == 1 else None,
        user_attrs=repository.user_attrs(study),
        system_attrs=repository.system_attrs(study),
        n_trials=sum(repository.state_counts(study).values()),
        datetime_start=repository.first_start(study),
        study_id=study.study_id,
    )


__all__ = ["StudySummary", "get_all_study_summaries"]
