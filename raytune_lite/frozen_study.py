"""FrozenStudy: a study at one moment, for samplers and pruners that are written for Optuna and are given a study.

It has the half of a Study that reads, as ``trial.study`` in an objective has it, and keeps what a sampler or a pruner
notes in system attributes. It knows no database: whoever makes it gives it the trials.
"""

from __future__ import annotations

import copy
from collections.abc import Container, Sequence
from typing import Any

from .best import front
from .trial import FrozenTrial, StudyDirection, TrialState

_HAS = (
    "study_name", "direction", "directions", "trials", "get_trials", "best_trial", "best_trials", "best_value",
    "best_values", "best_params", "user_attrs", "system_attrs", "stop",
)  # fmt: skip


class StudyReader:
    """The half of a Study that reads its trials, whoever has them.

    Attributes:
        study_name: "" where it is not known.
        directions: one an objective.
    """

    study_name: str
    directions: list[StudyDirection]

    def _known(self) -> Sequence[FrozenTrial]:
        """The trials in the order of their numbers; they are not changed."""
        raise NotImplementedError

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials, as copies."""
        return self.get_trials()

    @property
    def direction(self) -> StudyDirection:
        """The direction of the only objective.

        Raises:
            RuntimeError: there are several.
        """
        self._check_single("direction", "directions")
        return self.directions[0]

    @property
    def best_trial(self) -> FrozenTrial:
        """A copy of the best feasible COMPLETE trial; the first of equal ones.

        Raises:
            RuntimeError: there are several objectives.
            ValueError: there is none.
        """
        self._check_single("best_trial", "best_trials")
        found = self._with_losses()
        if not found:
            raise ValueError("no trial is COMPLETE yet; look at trials first.")
        return copy.deepcopy(min(found, key=lambda item: item[1])[0])

    @property
    def best_trials(self) -> list[FrozenTrial]:
        """The Pareto front of the feasible COMPLETE trials, as copies."""
        return copy.deepcopy(front(self._with_losses()))

    @property
    def best_value(self) -> float:
        """That of the best trial.

        Raises:
            RuntimeError, ValueError: see ``best_trial``.
        """
        return self.best_values[0]

    @property
    def best_values(self) -> list[float]:
        """Those of the best trial.

        Raises:
            RuntimeError, ValueError: see ``best_trial``.
        """
        return list(self.best_trial.values or ())

    @property
    def best_params(self) -> dict[str, Any]:
        """Those of the best trial.

        Raises:
            RuntimeError, ValueError: see ``best_trial``.
        """
        return dict(self.best_trial.params)

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """The trials by number.

        Args:
            deepcopy: whether the caller may change them.
            states: only those of these states; None: all.
        """
        found = [trial for trial in self._known() if states is None or trial.state in states]
        return copy.deepcopy(found) if deepcopy else found

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False  # noqa: ARG002
    ) -> list[FrozenTrial]:
        """Optuna's private name, which samplers of OptunaHub use."""
        return self.get_trials(deepcopy, states)

    @property
    def _directions(self) -> list[StudyDirection]:
        return self.directions

    def _is_multi_objective(self) -> bool:
        return len(self.directions) > 1

    def _with_losses(self) -> list[tuple[FrozenTrial, list[float]]]:
        signs = [direction.sign for direction in self.directions]
        good = [t for t in self._known() if t.state is TrialState.COMPLETE and t.values is not None and t.is_feasible]
        return [(t, [s * v for s, v in zip(signs, t.values or (), strict=True)]) for t in good]

    def _check_single(self, name: str, other: str) -> None:
        if len(self.directions) > 1:
            raise RuntimeError(f"{name} is for one objective, this study has {len(self.directions)}; use {other}.")


class FrozenStudy(StudyReader):
    """A study's trials at one moment, with the names of Study that read them.

    Args:
        directions: one an objective.
        trials: in the order of their numbers. PAUSED trials are RUNNING here, as in Optuna's tables.
        notes: where attributes are kept that a sampler or a pruner writes; None keeps them for this object alone.
        study_name: "" where it is not known.

    Attributes:
        has_stopped: whether ``stop`` was called. It does not end the study.
    """

    study_id = 0
    _study_id = 0
    metric_names = None  # not known here
    sampler: Any = None  # whose turn it is
    pruner: Any = None

    def __init__(
        self,
        directions: Sequence[StudyDirection],
        trials: Sequence[FrozenTrial],
        notes: Notes | None = None,
        study_name: str = "",
    ) -> None:
        self.directions = list(directions)
        self.study_name = study_name
        self.has_stopped = False
        self.user_attrs: dict[str, Any] = {}
        self._trials = trials
        self._notes = Notes() if notes is None else notes
        self._storage = SeenStorage(self, self._notes)

    @property
    def system_attrs(self) -> dict[str, Any]:
        """What samplers and pruners noted on the study."""
        return dict(self._notes.of_study)

    def _known(self) -> Sequence[FrozenTrial]:
        return self._trials

    def stop(self) -> None:
        """Note that a sampler wants to end the study; whoever made this object says what follows."""
        self.has_stopped = True

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"the study that a sampler or a pruner is given has no attribute {name!r}; it may be read through "
            f"{', '.join(_HAS)}."
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenStudy, (self.directions, self._trials, self._notes, self.study_name)


class Notes:
    """System attributes that samplers and pruners write, under the names of Optuna's storage.

    Attributes:
        of_study: attributes by key.
        of_trials: attributes by key, by a trial's number.
    """

    def __init__(self) -> None:
        self.of_study: dict[str, Any] = {}
        self.of_trials: dict[int, dict[str, Any]] = {}

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:  # noqa: ARG002
        """Keep an attribute of the study."""
        self.of_study = {**self.of_study, key: value}

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Keep an attribute of a trial, whose id is its number."""
        self.of_trials = {**self.of_trials, trial_id: {**self.of_trials.get(trial_id, {}), key: value}}

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:  # noqa: ARG002
        """Those of the study."""
        return dict(self.of_study)


class SeenStorage:
    """A FrozenStudy under the names of Optuna's storage by which samplers and pruners read and note; it has one study.

    Args:
        study: whose trials and directions are read.
        notes: takes and gives what is noted.
    """

    def __init__(self, study: FrozenStudy, notes: Notes) -> None:
        self._study = study
        self.get_study_system_attrs = notes.get_study_system_attrs
        self.set_study_system_attr = notes.set_study_system_attr
        self.set_trial_system_attr = notes.set_trial_system_attr

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:  # noqa: ARG002
        """One direction an objective."""
        return list(self._study.directions)

    def get_study_name_from_id(self, study_id: int) -> str:  # noqa: ARG002
        """The study's name, "" where it is not known."""
        return self._study.study_name

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:  # noqa: ARG002
        """Empty: samplers and pruners do not get the study's user attributes."""
        return dict(self._study.user_attrs)

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None  # noqa: ARG002
    ) -> list[FrozenTrial]:
        """See FrozenStudy.get_trials."""
        return self._study.get_trials(deepcopy, states)

    def get_n_trials(self, study_id: int, state: Container[TrialState] | TrialState | None = None) -> int:
        """How many trials there are, in one of these states."""
        states = (state,) if isinstance(state, TrialState) else state
        return len(self.get_all_trials(study_id, deepcopy=False, states=states))

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """The trial with this id, not a copy.

        Raises:
            KeyError: there is none.
        """
        found = [trial for trial in self._study._trials if trial._trial_id == trial_id]
        if not found:
            raise KeyError(f"the study has no trial with the id {trial_id}.")
        return found[0]

    def get_trial_params(self, trial_id: int) -> dict[str, Any]:
        """Parameters of a trial."""
        return dict(self.get_trial(trial_id).params)

    def get_trial_user_attrs(self, trial_id: int) -> dict[str, Any]:
        """User attributes of a trial."""
        return dict(self.get_trial(trial_id).user_attrs)

    def get_trial_system_attrs(self, trial_id: int) -> dict[str, Any]:
        """What samplers noted on a trial."""
        return dict(self.get_trial(trial_id).system_attrs)


__all__ = ["FrozenStudy", "Notes", "SeenStorage", "StudyReader"]
