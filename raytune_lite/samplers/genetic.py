"""BaseGASampler: generations and their parents, for samplers of users that are genetic algorithms.

Owns which generation a trial belongs to. What it knows stands in attributes of trials and of the study, under Optuna's
keys. A subclass is written for Optuna's methods; UserSampler says what it may not rely on.

Source: the rules as they stand in Optuna 5.0, ``optuna/samplers/_ga/_base.py``.
"""

from __future__ import annotations

from typing import Any

from ..arguments import integer_or_none
from ..trial import FrozenTrial, TrialState
from .base import BaseSampler

_WAY_OUT = "it is how many COMPLETE trials make a generation"


class BaseGASampler(BaseSampler):
    """Base of genetic algorithms: a subclass chooses parents, and has Optuna's three methods of a sampler.

    A generation is full with ``population_size`` COMPLETE trials; the trial after it begins the next one. Trials that
    run at once may make a generation larger.

    Args:
        population_size: integer >= 1; None: a subclass sets it before the first trial.

    Raises:
        ValueError: ``population_size`` is neither None nor an integer >= 1.
    """

    def __init__(self, population_size: int | None) -> None:
        self.population_size = population_size

    @property
    def population_size(self) -> int | None:
        """COMPLETE trials of a full generation."""
        return self._population_size

    @population_size.setter
    def population_size(self, value: int | None) -> None:
        self._population_size = integer_or_none("population_size", value, 1, _WAY_OUT)

    def select_parent(self, study: Any, generation: int) -> list[FrozenTrial]:
        """The trials from which generation ``generation`` descends; asked once for each generation.

        Args:
            study: the FrozenStudy that the sampler is given.
            generation: from 1 on.
        """
        raise NotImplementedError(f"{type(self).__name__} must have select_parent(study, generation).")

    def get_trial_generation(self, study: Any, trial: FrozenTrial) -> int:
        """The generation of a trial of ``study``, from 0 on. A trial that has none yet gets the present one.

        Raises:
            ValueError: ``population_size`` is None.
        """
        key = self._get_generation_key()
        if key in trial.system_attrs:
            return int(trial.system_attrs[key])
        if self.population_size is None:
            raise ValueError(f"population_size must be set before the first trial, got None; {_WAY_OUT}.")
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        generations = [int(other.system_attrs.get(key, -1)) for other in complete]
        newest = max([0, *generations])
        found = newest if generations.count(newest) < self.population_size else newest + 1
        study._storage.set_trial_system_attr(trial._trial_id, key, found)
        return found

    def get_population(self, study: Any, generation: int) -> list[FrozenTrial]:
        """The COMPLETE trials of a generation of ``study``, by number."""
        key = self._get_generation_key()
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return [trial for trial in complete if trial.system_attrs.get(key) == generation]

    def get_parent_population(self, study: Any, generation: int) -> list[FrozenTrial]:
        """What ``select_parent`` chose in ``study`` for a generation; [] for generation 0."""
        if generation == 0:
            return []
        key = f"{self._get_parent_cache_key_prefix()}{generation}"
        known = study._storage.get_study_system_attrs(study._study_id).get(key)
        if known is None:
            chosen = self.select_parent(study, generation)
            study._storage.set_study_system_attr(study._study_id, key, [trial._trial_id for trial in chosen])
            return chosen
        return [trial for trial in study.get_trials(deepcopy=False) if trial._trial_id in known]

    @classmethod
    def _get_generation_key(cls) -> str:
        return f"{cls.__name__}:generation"

    @classmethod
    def _get_parent_cache_key_prefix(cls) -> str:
        return f"{cls.__name__}:parent:"


__all__ = ["BaseGASampler"]
