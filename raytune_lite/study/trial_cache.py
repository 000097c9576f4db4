"""The trials of a study that were read and have ended: they never change, so each is read once.

So a callback may look at all trials after each of them: what it costs is a copy of those that are known.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..storages.records import StudyRecord
from ..storages.repository import Repository
from ..trial import FrozenTrial

MOST_KEPT = 20_000  # finished trials, some 40 MB; a longer study is read anew each time
MOST_OPEN = 500  # trials that have not ended, which are read each time; of more, all trials are

_PLAIN = (str, int, float, bool, type(None))


class TrialCache:
    """The trials of one study. Any thread may read.

    Args:
        repository: where the study is.
        study: the study.
    """

    def __init__(self, repository: Repository, study: StudyRecord) -> None:
        self._repository, self._study = repository, study
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._finished: dict[int, FrozenTrial] = {}  # by trial_id
        self._newest = -1  # the greatest trial_id that was read
        self._open: list[int] = []  # ids of trials that had not ended

    @property
    def is_warm(self) -> bool:
        """Whether most trials are known already."""
        return bool(self._finished)

    def read(self) -> list[FrozenTrial]:
        """All trials in number order, as they are stored now. The finished ones are shared: not to be changed."""
        with self._lock:
            new = self._read()
            self._newest = max([self._newest, *(trial.trial_id for trial in new)])
            self._open = [trial.trial_id for trial in new if not trial.state.is_finished()]
            self._finished |= {trial.trial_id: trial for trial in new if trial.state.is_finished()}
            opened = [trial for trial in new if not trial.state.is_finished()]
            found = sorted((*self._finished.values(), *opened), key=lambda trial: trial.number)
            if len(self._finished) > MOST_KEPT or len(self._open) > MOST_OPEN:
                self._forget()
            return found

    def _read(self) -> list[FrozenTrial]:
        """The trials that are not known to have ended."""
        if self._newest >= 0:
            known = len(self._finished) + len(self._open)
            new = self._repository.trials_beside(self._study, self._newest, self._open, known)
            if new is not None:
                return new
            self._forget()  # trials were deleted, or the whole study, and another one has its id
        return self._repository.trials(self._study)


def copied(trial: FrozenTrial) -> FrozenTrial:
    """A record of which the caller may change everything."""
    return replace(
        trial,
        params=_values(trial.params),
        distributions=dict(trial.distributions),
        user_attrs=_values(trial.user_attrs),
        system_attrs=_values(trial.system_attrs),
        intermediate_values=dict(trial.intermediate_values),
        intermediate_vectors=dict(trial.intermediate_vectors),
    )


def _values(pairs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, _PLAIN) else copy.deepcopy(value) for key, value in pairs.items()}


__all__ = ["MOST_KEPT", "MOST_OPEN", "TrialCache", "copied"]
