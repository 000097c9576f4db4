"""A copy of our study in Optuna's classes, for Optuna's samplers to read.

The storage is a list of trials by number. Optuna's samplers read it and may write attributes, which are kept. The
trials themselves are written by OptunaSampler only.
"""

from __future__ import annotations

import copy
from collections.abc import Container, Sequence
from datetime import datetime
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial as OptunaTrial
from optuna.trial import TrialState as OptunaState

from ...samplers.around import StudyCopy
from ...trial import FrozenTrial, StudyDirection, TrialState
from .translation import hashable_values, their_direction, translated

_NAME = "mirror"
_SOME_TIME = datetime(2000, 1, 1)  # Optuna's trials need a date; no sampler uses it


class MirrorStudy(optuna.study.Study):
    """Optuna's view of the study. ``stop`` is noted, and does not end our study."""

    has_stopped = False

    def stop(self) -> None:
        """Note that a sampler wants to end the study."""
        self.has_stopped = True


class Mirror(StudyCopy[OptunaTrial], BaseStorage):
    """The storage of one study; a trial's id is its number."""

    def __init__(self, directions: Sequence[StudyDirection]) -> None:
        super().__init__(directions)
        self.directions = [their_direction(direction) for direction in directions]

    # --- written by OptunaSampler -------------------------------------------------------------------------------------

    def study(self, sampler: optuna.samplers.BaseSampler) -> MirrorStudy:
        """A new study object on this storage, with empty caches."""
        return MirrorStudy(_NAME, self, sampler, optuna.pruners.NopPruner())

    def made(self, number: int, trial: FrozenTrial | None, state: TrialState) -> OptunaTrial:
        """A record of ours in Optuna's class, in this state."""
        known = FrozenTrial(number=number, state=TrialState.WAITING) if trial is None else trial
        has_values = known.values is not None and known.state is not TrialState.FAIL
        return OptunaTrial(
            number=number,
            trial_id=number,
            state=OptunaState[state.name],
            value=None,
            values=list(known.values or ()) if has_values else None,
            datetime_start=None if state is TrialState.WAITING else _SOME_TIME,
            datetime_complete=_SOME_TIME if state.is_finished() else None,
            params=hashable_values(known.params),
            distributions={name: translated(dist) for name, dist in known.distributions.items()},
            user_attrs=dict(known.user_attrs),
            system_attrs={**known.system_attrs, **self.of_trials.get(number, {})},
            intermediate_values=dict(known.intermediate_values),
        )

    def noted(self, trial: OptunaTrial, key: str, value: Any) -> OptunaTrial:
        """A copy of a trial with one more system attribute."""
        changed = copy.copy(trial)
        changed.system_attrs = {**trial.system_attrs, key: value}
        return changed

    # --- Optuna's storage interface: what samplers use ----------------------------------------------------------------

    def get_study_id_from_name(self, study_name: str) -> int:  # noqa: ARG002
        """0: there is one study only."""
        return 0

    def get_study_name_from_id(self, study_id: int) -> str:  # noqa: ARG002
        """The name of the only study."""
        return _NAME

    def get_study_directions(self, study_id: int) -> list[optuna.study.StudyDirection]:  # noqa: ARG002
        """One direction an objective."""
        return self.directions

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:  # noqa: ARG002
        """Empty: attributes of our study are not copied."""
        return {}

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:  # noqa: ARG002
        """The attributes that samplers wrote."""
        return dict(self.of_study)

    def get_trial(self, trial_id: int) -> OptunaTrial:
        """A trial by its number."""
        return self._trials[trial_id]

    def get_all_trials(
        self,
        study_id: int,  # noqa: ARG002
        deepcopy: bool = True,
        states: Container[OptunaState] | None = None,
    ) -> list[OptunaTrial]:
        """Trials in number order."""
        found = [trial for trial in self._trials if states is None or trial.state in states]
        return copy.deepcopy(found) if deepcopy else found

    # --- what no sampler needs ----------------------------------------------------------------------------------------

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            "samplers may only read this copy of a study; make and change trials with raytune_lite."
        )

    create_new_study = delete_study = set_study_user_attr = get_all_studies = create_new_trial = _refuse
    set_trial_param = set_trial_state_values = set_trial_intermediate_value = set_trial_user_attr = _refuse


__all__ = ["Mirror", "MirrorStudy"]
