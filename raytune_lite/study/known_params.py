"""Which parameters a study has trials of, for ``enqueue_trial(skip_if_exists=True)``: each trial is read once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..storages.records import StudyRecord
from ..storages.repository import Repository
from ..trial import FrozenTrial


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
        self._known: set[frozenset[tuple[str, Any]]] = set()
        self._odd: list[Mapping[str, Any]] = []  # with a value that cannot be hashed, such as a list

    def has(self, params: Mapping[str, Any]) -> bool:
        """Whether a trial has exactly ``params``. Reads the trials that are new, or were running, at the last call."""
        running = self._read()
        if any(dict(trial.params) == dict(params) for trial in running):
            return True
        key = _key(params)
        if key is None:
            return any(dict(each) == dict(params) for each in self._odd)
        return key in self._known

    def _read(self) -> list[FrozenTrial]:
        """Take in what is new; gives the trials whose parameters may become more."""
        running = []
        for trial in self._repository.trials_since(self._study, self._newest, self._open):
            self._newest = max(self._newest, trial.trial_id)
            fixed = trial.system_attrs.get("fixed_params")
            if fixed is None and not trial.state.is_finished():
                running.append(trial)
                continue
            params = trial.params if fixed is None else dict(fixed)
            key = _key(params)
            self._odd.append(params) if key is None else self._known.add(key)
        self._open = [trial.trial_id for trial in running]
        return running


def _key(params: Mapping[str, Any]) -> frozenset[tuple[str, Any]] | None:
    """Equal for equal mappings; None where a value cannot be hashed."""
    try:
        return frozenset(params.items())
    except TypeError:
        return None


__all__ = ["KnownParams"]
