"""Our objects in Optuna's classes, and Optuna's distributions in ours. Imports Optuna, changes nothing."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import optuna
from optuna.trial import FrozenTrial as OptunaTrial
from optuna.trial import TrialState as OptunaState

from ...distributions import (
    DISTRIBUTIONS,
    CategoricalDistribution,
    Distribution,
    as_distribution,
    distribution_to_json,
    equal_key,
    json_to_distribution,
)
from ...trial import FrozenTrial, StudyDirection, TrialState

_NO_DATE = datetime(2000, 1, 1)  # Optuna's trials need dates; a trial that was added has none


def translated(distribution: Distribution) -> optuna.distributions.BaseDistribution:
    """The same distribution in Optuna's class; the two libraries write the same JSON."""
    return _read(distribution_to_json(distribution))


@lru_cache(maxsize=4096)  # by text: choices (0, 1) and (False, True) are equal, and would have one entry
def _read(text: str) -> optuna.distributions.BaseDistribution:
    ours = json_to_distribution(text)
    if not isinstance(ours, CategoricalDistribution) or ours.are_simple:
        return optuna.distributions.json_to_distribution(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whoever made the distribution was warned
        return optuna.distributions.CategoricalDistribution(tuple(map(_hashable, ours.plain_choices)))


class _List(list):  # type: ignore[type-arg]
    """A choice that is a list: Optuna puts choices and distributions into dicts as keys."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(equal_key(self))


class _Dict(dict):  # type: ignore[type-arg]
    """A choice that is a dict, likewise."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(equal_key(self))


def _hashable(value: Any) -> Any:
    """A choice, or a parameter's value, that can be the key of a dict."""
    if isinstance(value, (list, tuple)):
        return _List(value)
    return _Dict(value) if isinstance(value, dict) else value


def hashable_values(params: Mapping[str, Any]) -> dict[str, Any]:
    """A trial's parameters, such that each value can be the key of a dict, as Optuna needs it."""
    return {name: _hashable(value) for name, value in params.items()}


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
        params=hashable_values(trial.params),
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


__all__ = ["hashable_values", "ours", "their_direction", "their_state", "their_trial", "theirs_of_values", "translated"]
