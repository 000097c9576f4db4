"""A trial at work in Optuna's class, for functions of Optuna's that an objective calls: artifacts, terminator."""

from __future__ import annotations

from typing import Any, Protocol

import optuna


class OurTrial(Protocol):
    """What is used of a Trial."""

    number: int

    @property
    def study(self) -> Any:
        """See Trial."""

    @property
    def storage(self) -> Any:
        """See Trial."""


_GIVEN = (
    "suggest_float", "suggest_int", "suggest_categorical", "report", "should_prune", "set_user_attr", "set_constraint",
)  # fmt: skip
_READ = (
    "params", "distributions", "user_attrs", "system_attrs", "constraints", "datetime_start", "relative_params",
    "number",
)  # fmt: skip


class LiveTrial(optuna.trial.Trial):
    """Optuna's Trial on one of ours: what it is asked for, ours answers."""

    def __init__(self, trial: OurTrial) -> None:
        self._ours = trial
        self.study, self.storage = trial.study, trial.storage
        self._trial_id: int = trial._trial_id  # type: ignore[attr-defined]

    def __getattribute__(self, name: str) -> Any:
        if name in _GIVEN or name in _READ:
            return getattr(super().__getattribute__("_ours"), name)
        return super().__getattribute__(name)


__all__ = ["LiveTrial", "OurTrial"]
