"""Our objects in Optuna's classes, and Optuna's distributions in ours. Imports Optuna, changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import optuna
from optuna.trial import FrozenTrial as OptunaTrial
from optuna.trial import TrialState as OptunaState

from ...distributions import DISTRIBUTIONS, Distribution, as_distribution, distribution_to_json
from ...trial import FrozenTrial, StudyDirection, TrialState

_NO_DATE = datetime(2000, 1, 1)  # Optuna's trials need dates; a trial that was added has none


def translated(distribution: Distribution) -> optuna.distributions.BaseDistribution:
    """The same distribution in Optuna's class; the two libraries write the same JSON."""
    return _read(distribution_to_json(distribution))


@lru_cache(maxsize=4096)  # by text: choices (0, 1) and (False, True) are equal, and would have one entry
def _read(text: str) -> optuna.distributions.BaseDistribution:
    return optuna.distributions.json_to_distribution(text)


def their_state(state: TrialState) -> OptunaState:
    """The state by Optuna's names; PAUSED, which Optuna lacks, is RUNNING, as in the database."""
    return OptunaState.RUNNING if state is TrialState.PAUSED else OptunaState[state.name]


def their_direction(direction: StudyDirection) -> optuna.study.StudyDirection:
    """The direction in Optuna's class."""
    return optuna.study.StudyDirection[direction.name]


def their_trial(trial: FrozenTrial) -> OptunaTrial:
    """A record of ours in Optuna's class."""
    state = their_state(trial.state)
    has_begun, has_ended = state is not OptunaState.WAITING, state.is_finished()
    start = trial.datetime_start or (trial.datetime_complete or _NO_DATE if has_begun else None)
    return OptunaTrial(
        number=trial.number,
        state=state,
        value=None,
        values=None if trial.values is None or state is OptunaState.FAIL else list(trial.values),
        datetime_start=start,
        datetime_complete=trial.datetime_complete or (start if has_ended else None),
        params=dict(trial.params),
        distributions={name: translated(distribution) for name, distribution in trial.distributions.items()},
        user_attrs=dict(trial.user_attrs),
        system_attrs=dict(trial.system_attrs),
        intermediate_values=dict(trial.intermediate_values),
        trial_id=trial.trial_id,
    )


def ours(found: Any) -> Any:
    """What a function of Optuna's returned: distributions, and dicts of them, become ours; all else stays."""
    theirs = optuna.distributions.BaseDistribution
    if type(found) is dict and any(isinstance(value, theirs) for value in found.values()):
        return {key: as_distribution(value) for key, value in found.items()}
    return as_distribution(found)


def theirs_of_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """A dict in which our distributions are Optuna's."""
    return {key: translated(value) if isinstance(value, DISTRIBUTIONS) else value for key, value in given.items()}


__all__ = ["ours", "their_direction", "their_state", "their_trial", "theirs_of_values", "translated"]
