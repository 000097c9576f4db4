"""UserSampler: a sampler of the user's, written for Optuna's methods with our classes, behind our protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..arguments import wrong_type
from ..frozen_study import FrozenStudy
from ..trial import FrozenTrial, StudyDirection, TrialState
from .around import AroundSampler, StudyCopy
from .for_studies import METHODS, StudySampler
from .generators import seed_of
from .rng import seed_or_fresh


class UserSampler(AroundSampler):
    """Asks a sampler that is written as one for Optuna; ``create_study(sampler=...)`` makes it by itself.

    The sampler has ``infer_relative_search_space(study, trial)``, ``sample_relative(study, trial, search_space)`` and
    ``sample_independent(study, trial, param_name, param_distribution)``, and may have ``before_trial(study, trial)``
    and ``after_trial(study, trial, state, values)``. It need not call ``super().__init__()``.

    It may not rely on this: the study is a FrozenStudy, which has no name, no user attributes and no methods that
    change it; trials that are PAUSED are shown as RUNNING. A copy of the sampler is asked, on Ray in another process.
    After a restart it is told of all trials again, in the order in which they ended. ``after_trial`` is called before
    the next suggestion. Its random generators, and the global ones of Python and numpy, are seeded before each call
    from ``seed`` and the trial's number.

    Args:
        sampler: the sampler; a copy of it is used.
        seed: integer >= 0; None takes one from the sampler's own generator, or draws one where it has none.

    Raises:
        TypeError: it lacks a method, or cannot be copied.
        ValueError: ``seed`` is neither None nor an integer >= 0.
    """

    def __init__(self, sampler: StudySampler, seed: int | None = None) -> None:
        missing = [name for name in METHODS if isinstance(sampler, type) or not callable(getattr(sampler, name, None))]
        if missing:
            rule = f"an object with {', '.join(METHODS)}"
            raise wrong_type("sampler", rule, sampler, f"it has no {', '.join(missing)}")
        super().__init__(sampler, seed_or_fresh(seed_of(sampler) if seed is None else seed))

    def _new_copy(self, directions: Sequence[StudyDirection]) -> StudyCopy[Any]:
        return _OurCopy(directions)


class _OurCopy(StudyCopy[FrozenTrial]):
    def made(self, number: int, trial: FrozenTrial | None, state: TrialState) -> FrozenTrial:
        known = FrozenTrial(number=number, state=state, trial_id=number) if trial is None else trial
        attrs = {**known.system_attrs, **self.of_trials.get(number, {})}
        return replace(known, state=state, trial_id=number, system_attrs=attrs)

    def noted(self, trial: FrozenTrial, key: str, value: Any) -> FrozenTrial:
        return replace(trial, system_attrs={**trial.system_attrs, key: value})

    def study(self, sampler: Any) -> FrozenStudy:
        study = FrozenStudy(self.our_directions, self._trials, self)
        study.sampler = sampler
        return study


__all__ = ["UserSampler"]
