"""Which parameters a study has trials of, for ``enqueue_trial(skip_if_exists=True)``: each trial is read once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..distributions import equal_key, plain_value
from ..storages.records import StudyRecord
from ..storages.repository import Repository
from ..trial import FIXED_KEY, FrozenTrial


class KnownParams:
    """The parameters of a study's trials, as far as they were read. A trial counts with the parameters that it was
    enqueued with; one that was not enqueued with those that it ran with.

    Args:
        repository: where the study is.
        study: the study.
    """

    def __init__(self, repository: Repository, study: StudyRecord) -> None:
        self._repository, self._study = repository, study
        self._newest = -1  # the greatest trial_id that was read
        self._open: list[int] = []  # ids of trials whose parameters may become more
        self._known: set[frozenset[tuple[str, Any]] | None] = set()

    def has(self, params: Mapping[str, Any]) -> bool:
        """Whether a trial has exactly ``params``. Reads the trials that are new, or were running, at the last call."""
        running, key = self._read(), _key(params)
        return key is not None and (key in self._known or any(_key(trial.params) == key for trial in running))

    def _read(self) -> list[FrozenTrial]:
        """Take in what is new; gives the trials whose parameters may become more."""
        running = []
        for trial in self._repository.trials_since(self._study, self._newest, self._open):
            self._newest = max(self._newest, trial.trial_id)
            fixed = trial.system_attrs.get(FIXED_KEY)
            if fixed is None and not trial.state.is_finished():
                running.append(trial)
                continue
            self._known.add(_key(trial.params if fixed is None else fixed))
        self._open = [trial.trial_id for trial in running]
        return running


def _key(params: Mapping[str, Any]) -> frozenset[tuple[str, Any]] | None:
    """Equal for equal mappings, where a tuple is a list; None for a value that no record has."""
    try:
        return frozenset((name, equal_key(plain_value(value))) for name, value in params.items())
    except (TypeError, RecursionError):
        return None


__all__ = ["KnownParams"]
