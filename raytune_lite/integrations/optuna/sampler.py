"""OptunaSampler: an Optuna sampler behind our sampler protocol.

Optuna's sampler reads a copy of the study in Optuna's classes (mirror.py). Trials keep their numbers. Running trials
are RUNNING in the copy, with all parameters that are known so far; a sampler with a constant liar uses them.
"""

from __future__ import annotations

from collections.abc import Sequence

import optuna
from optuna.samplers import BaseSampler, BruteForceSampler, GPSampler, RandomSampler, TPESampler

from ...arguments import shown
from ...distributions import Distribution
from ...samplers.around import AroundSampler
from ...trial import StudyDirection, TrialState
from .mirror import Mirror
from .translation import translated

# The choices of these depend on the trials and on their generators alone; all else that they keep is a cache.
_PURE = (BruteForceSampler, GPSampler, RandomSampler, TPESampler)


class OptunaSampler(AroundSampler):
    """Asks an Optuna sampler for the parameters of each trial.

    Before each suggestion every random generator in the sampler is seeded from (``seed``, trial number), so the
    sampler's own seed has no effect. For Optuna's RandomSampler, TPESampler, GPSampler and BruteForceSampler a
    suggestion is then a function of the recorded trials, as for our own samplers. Other samplers keep a state, in the
    sampler or in attributes of Optuna's trials (CmaEsSampler its optimizer, the NSGA samplers their generations,
    QMCSampler a counter). Within a run they work as with Optuna. After a restart their state is built again by asking
    once for each trial, in the order in which trials ended. The suggestions then go on from the same results, but may
    differ from those of a run without a restart.

    A suggestion may take long, so it is made in a thread beside the driver's loop. Constraints are the values of
    ``trial.set_constraint``, or what the sampler's ``constraints_func`` finds when a trial ends. A sampler cannot end
    the study: when Optuna's sampler stops its study, a warning says so.

    Args:
        sampler: an ``optuna.samplers.BaseSampler``; a copy of it is used.
        seed: integer >= 0. It is in ``spec()``, so a study is continued with the same one.

    Raises:
        TypeError: not an Optuna sampler.
        ValueError: ``seed`` is not an integer >= 0.
    """

    _whose = "Optuna's "

    def __init__(self, sampler: BaseSampler, seed: int = 0) -> None:
        if not isinstance(sampler, BaseSampler):
            raise TypeError(
                f"sampler must be an optuna.samplers.BaseSampler, got {shown(sampler)}; "
                "samplers of this package are passed as they are."
            )
        super().__init__(sampler, seed, is_pure=type(sampler) in _PURE)

    def _new_copy(self, directions: Sequence[StudyDirection]) -> Mirror:
        return Mirror(directions)

    def _translated(self, distribution: Distribution) -> optuna.distributions.BaseDistribution:
        return translated(distribution)

    def _state(self, state: TrialState) -> optuna.trial.TrialState:
        return optuna.trial.TrialState[state.name]


__all__ = ["OptunaSampler"]
