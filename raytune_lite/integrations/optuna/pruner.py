"""Optuna's pruner objects: ours of the same name for its own, an adapter for all that derive from its BasePruner."""

from __future__ import annotations

from typing import Any, cast

import optuna

from ... import pruners as ours
from ...core.protocols import Pruner
from ...frozen_study import FrozenStudy
from ...pruners.user import UserPruner
from ...trial import FrozenTrial
from .reading import ReadStudy, StudyStorage
from .translation import their_trial

_PERCENTILE = ("n_startup_trials", "n_warmup_steps", "interval_steps", "n_min_trials")
# The arguments of each, which it keeps under the same name with an underscore
_SAME = {
    "HyperbandPruner": ("min_resource", "max_resource", "reduction_factor", "bootstrap_count"),
    "MedianPruner": _PERCENTILE,
    "NopPruner": (),
    "PatientPruner": ("wrapped_pruner", "patience", "min_delta"),
    "PercentilePruner": ("percentile", *_PERCENTILE),
    "SuccessiveHalvingPruner": ("min_resource", "reduction_factor", "min_early_stopping_rate", "bootstrap_count"),
    "ThresholdPruner": ("lower", "upper", "n_warmup_steps", "interval_steps"),
    "WilcoxonPruner": ("p_threshold", "n_startup_steps"),
}


class OptunaPruner(UserPruner):
    """Asks a pruner that derives from Optuna's BasePruner. See UserPruner for what it may not rely on.

    Args:
        pruner: the pruner; a copy of it is used.

    Raises:
        TypeError: it has no ``prune``, or cannot be copied.
    """

    def asked(self, pruner: Any, study: FrozenStudy, trial: FrozenTrial) -> bool:
        """What the pruner says of ``trial``, given Optuna's classes for ``study`` and for it."""
        return bool(pruner.prune(_PrunerStudy(study), their_trial(trial)))


class _PrunerStorage(StudyStorage):
    """Keeps what a pruner notes on a trial, as successive halving does with rungs."""

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        cast(FrozenStudy, self._study)._storage.set_trial_system_attr(trial_id, key, value)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        cast(FrozenStudy, self._study)._storage.set_study_system_attr(study_id, key, value)


class _PrunerStudy(ReadStudy):
    def __init__(self, study: FrozenStudy) -> None:
        super().__init__(cast(Any, study))
        self._storage = _PrunerStorage(cast(Any, study))


def pruner_for(given: optuna.pruners.BasePruner) -> Pruner:
    """Our pruner for one of Optuna's: of its own ones that of the same name, which decides alike.

    Raises:
        TypeError: it cannot be copied.
        ValueError, TypeError: ours refuses an argument, or a pruner inside.
    """
    kind = type(given)
    names = _SAME.get(kind.__name__)
    if not kind.__module__.startswith("optuna.pruners.") or names is None:
        return OptunaPruner(given)
    arguments = {name: getattr(given, f"_{name}") for name in names}
    if kind.__name__ == "SuccessiveHalvingPruner" and arguments["min_resource"] is None:
        arguments["min_resource"] = "auto"  # None until it has seen a trial
    inside = arguments.get("wrapped_pruner")
    if isinstance(inside, optuna.pruners.BasePruner):
        arguments["wrapped_pruner"] = pruner_for(inside)
    made: Pruner = getattr(ours, kind.__name__)(**arguments)
    return made


__all__ = ["OptunaPruner", "pruner_for"]
