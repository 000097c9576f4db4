"""Optuna's names for retries after a heartbeat has stopped. Here a lost trial is tried again without them.

It keeps its number, and its next attempt goes on from its checkpoint; how often is said by ``optimize(retries=)``.
"""

from __future__ import annotations

from typing import Any


class RetryHeartbeatStaleTrialCallback:
    """Taken by RDBStorage for scripts of Optuna's, and never called.

    Args:
        max_retry: ignored; ``optimize(retries=RetryPolicy(...))`` has the bounds.
        inherit_intermediate_values: ignored; a trial that is tried again keeps its reports.
    """

    def __init__(self, max_retry: int | None = None, inherit_intermediate_values: bool = False) -> None:
        self._max_retry, self._inherits = max_retry, inherit_intermediate_values

    def __repr__(self) -> str:
        return f"{type(self).__name__}(max_retry={self._max_retry}, inherit_intermediate_values={self._inherits})"

    def __call__(self, study: Any, trial: Any) -> None:
        """Do nothing: the trial is tried again already."""

    @staticmethod
    def retried_trial_number(trial: Any) -> int | None:
        """The trial of another number that this one repeats: that of a study that Optuna ran, else None."""
        number: int | None = trial.system_attrs.get("failed_trial")
        return number

    @staticmethod
    def retry_history(trial: Any) -> list[int]:
        """The trials of other numbers that this one repeats: those of a study that Optuna ran, else none."""
        return list(trial.system_attrs.get("retry_history", ()))


class RetryFailedTrialCallback(RetryHeartbeatStaleTrialCallback):
    """Optuna's older name for RetryHeartbeatStaleTrialCallback."""


def fail_stale_trials(study: Any) -> None:
    """Nothing: the next run of ``study`` goes on with trials whose process is dead."""


__all__ = ["RetryFailedTrialCallback", "RetryHeartbeatStaleTrialCallback", "fail_stale_trials"]
