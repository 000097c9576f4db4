"""A study of ours as Optuna's functions read it: visualization, importance, terminator, artifacts, callbacks.

Nothing is copied: a storage of Optuna's protocol asks our study whenever Optuna asks it. Attributes may be written, of
the study and of trials that this process has asked for; trials are made and changed with raytune_lite alone.
"""

from __future__ import annotations

import copy
from collections.abc import Container
from typing import Any, Protocol

import optuna
from optuna.storages import BaseStorage
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial as OptunaTrial
from optuna.trial import TrialState as OptunaState

from ...trial import FrozenTrial, StudyDirection
from .translation import their_direction, their_state, their_trial


class OurStudy(Protocol):
    """What is used of a Study."""

    study_name: str
    _holder: Any
    _asked: Any

    @property
    def study_id(self) -> int:
        """See Study."""

    @property
    def directions(self) -> list[StudyDirection]:
        """See Study."""

    @property
    def user_attrs(self) -> dict[str, Any]:
        """See Study."""

    @property
    def system_attrs(self) -> dict[str, Any]:
        """See Study."""

    def get_trials(self, deepcopy: bool = True) -> list[FrozenTrial]:
        """See Study."""

    def set_user_attr(self, key: str, value: Any) -> None:
        """See Study."""

    def set_system_attr(self, key: str, value: Any) -> None:
        """See Study."""

    def stop(self) -> None:
        """See Study."""


class StudyStorage(BaseStorage):
    """One study of ours as a storage of Optuna's. A trial's id is its row's in the database."""

    def __init__(self, study: OurStudy) -> None:
        self._study = study

    @property
    def holder(self) -> Any:
        """The storage of ours that the study is in: for whoever passes this one to our functions."""
        return self._study._holder

    def get_study_id_from_name(self, study_name: str) -> int:
        """The study's id.

        Raises:
            KeyError: another study's name.
        """
        if study_name != self._study.study_name:
            raise KeyError(f"this storage shows the study {self._study.study_name!r} alone, not {study_name!r}.")
        return self._study.study_id

    def get_study_name_from_id(self, study_id: int) -> str:  # noqa: ARG002
        """The study's name."""
        return self._study.study_name

    def get_study_directions(self, study_id: int) -> list[optuna.study.StudyDirection]:  # noqa: ARG002
        """One direction an objective."""
        return [their_direction(direction) for direction in self._study.directions]

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:  # noqa: ARG002
        """See Study.user_attrs."""
        return self._study.user_attrs

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:  # noqa: ARG002
        """See Study.system_attrs."""
        return self._study.system_attrs

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:  # noqa: ARG002
        """See Study.set_user_attr."""
        self._study.set_user_attr(key, value)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:  # noqa: ARG002
        """See Study.set_system_attr."""
        self._study.set_system_attr(key, value)

    def get_all_studies(self) -> list[FrozenStudy]:
        """This one."""
        study = self._study
        directions = self.get_study_directions(study.study_id)
        attrs = study.user_attrs, study.system_attrs
        return [FrozenStudy(study.study_name, None, *attrs, study.study_id, directions=directions)]

    def get_trial(self, trial_id: int) -> OptunaTrial:
        """A trial by the id of its row.

        Raises:
            KeyError: the study has no such trial.
        """
        for trial in self._study.get_trials(deepcopy=False):
            if trial.trial_id == trial_id:
                return their_trial(trial)
        raise KeyError(f"study {self._study.study_name!r} has no trial with the id {trial_id}.")

    def get_all_trials(
        self,
        study_id: int,  # noqa: ARG002
        deepcopy: bool = True,
        states: Container[OptunaState] | None = None,
    ) -> list[OptunaTrial]:
        """Trials in number order."""
        every = self._study.get_trials(deepcopy=False)
        found = [their_trial(trial) for trial in every if states is None or their_state(trial.state) in states]
        return copy.deepcopy(found) if deepcopy else found

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """See Trial.set_user_attr; of a trial that this process has asked for.

        Raises:
            UpdateFinishedTrialError: the trial is finished, as in Optuna.
            NotImplementedError: its objective has it, and writes its attributes.
        """
        self._asked(trial_id).set_trial_user_attr(trial_id, key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """The same of an attribute of a library."""
        self._asked(trial_id).set_trial_system_attr(trial_id, key, value)

    def _asked(self, trial_id: int) -> Any:
        trial = self.get_trial(trial_id)
        self.check_trial_is_updatable(trial_id, trial.state)
        asked = self._study._asked.get(trial.number)
        return self._refuse() if asked is None else asked.storage

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            "Optuna's functions may read a study of raytune_lite and write attributes; trials are made and changed "
            "with raytune_lite: study.optimize(), ask(), tell(), enqueue_trial(), add_trial()."
        )

    create_new_study = delete_study = create_new_trial = set_trial_param = _refuse
    set_trial_state_values = set_trial_intermediate_value = _refuse


class ReadStudy(optuna.study.Study):
    """Optuna's Study on one of ours. ``stop`` and what changes trials go to ours."""

    def __init__(self, study: OurStudy) -> None:
        sampler, pruner = optuna.samplers.RandomSampler(), optuna.pruners.NopPruner()
        super().__init__(study.study_name, StudyStorage(study), sampler, pruner)
        self._ours = study

    def stop(self) -> None:
        """See our Study.stop."""
        self._ours.stop()

    def _change(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("call this method of the raytune_lite study; Optuna's functions only read it.")

    optimize = ask = tell = enqueue_trial = add_trial = add_trials = _change


__all__ = ["OurStudy", "ReadStudy", "StudyStorage"]
