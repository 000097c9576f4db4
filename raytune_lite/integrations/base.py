"""What the callbacks of all training libraries share: their arguments, the checkpoint to resume from, the report.

Imports no training library. A callback adds the library's hooks, and decides when to save and when to report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import shown
from ..exceptions import CheckpointError, TrialPruned

if TYPE_CHECKING:
    from ..runtime.trial import Trial


def is_save_due(trial: Trial, step: int) -> bool:
    """Whether a checkpoint is due before the report of ``step``: the trial may be paused there, or its node leaves."""
    return trial.should_checkpoint() or (trial.delivery.pauses and step >= trial.delivery.next_due)


class ReportingCallback:
    """Base of the callbacks that report one metric of a training loop to a trial.

    Args:
        trial: the objective's trial.
        monitor: name of the metric to report.
        unit: what ``report`` counts: one of ``units``.
        save: whether the callback saves checkpoints.
        units: what it can count.

    Raises:
        ValueError: an unknown unit.
    """

    def __init__(
        self, trial: Trial, monitor: str, *, unit: str, save: bool, units: Sequence[str] = ("epoch", "step")
    ) -> None:
        if unit not in units:
            raise ValueError(f"unit must be one of {list(units)}, got {shown(unit)}; it is what report() counts.")
        self.trial, self.monitor, self.unit, self.save = trial, monitor, unit, save
        self._reported = 0  # the last step that was reported
        self._value: float | None = None  # and its value

    @property
    def value(self) -> float:
        """The last value that was reported: what an objective may return.

        Raises:
            RuntimeError: nothing was reported yet.
        """
        if self._value is None:
            raise RuntimeError(
                f"trial {self.trial.number}: no {self.unit} is over yet, so there is no value; train first."
            )
        return self._value

    def _checkpoint_with(self, file: str) -> Path | None:
        """The verified directory of the checkpoint to resume from, which holds ``file``; None on a first attempt."""
        directory = self.trial.load_checkpoint_dir()
        if directory is None:
            return None
        if not (Path(directory) / file).exists():
            raise CheckpointError(
                f"{directory} holds no {file}: trial {self.trial.number}'s checkpoint was not saved by "
                f"{type(self).__name__}. Use trial.load_checkpoint(), or fail this trial."
            )
        return Path(directory)

    def _refuse_several_processes(self, trainer: str, world_size: int, way_out: str) -> None:
        """Refuse processes of the library's own, and those of the trial: in each of them it would train for itself."""
        n = max(world_size, self.trial.world_size)
        if n > 1:
            raise NotImplementedError(
                f"trial {self.trial.number}: the {trainer} has world_size={n}, but only one process may report a "
                f"trial. {way_out}"
            )

    def _refuse_other_processes(self, trainer: str, world_size: int, way_out: str) -> None:
        """Refuse to train with other processes than the trial's own: each of these must make the same reports."""
        if world_size != self.trial.world_size:
            raise NotImplementedError(
                f"trial {self.trial.number}: the {trainer} has world_size={world_size}, but the trial has "
                f"world_size={self.trial.world_size}. optimize(workers=n) gives each trial n processes. {way_out}"
            )

    def _refuse_a_start_without_checkpoint(self, is_resumed: bool, way_out: str) -> None:
        if self.trial.resumed_from_step is not None and not is_resumed:
            raise CheckpointError(
                f"trial {self.trial.number} goes on from step {self.trial.resumed_from_step}, but its checkpoint was "
                f"not loaded. Pass it on: {way_out}."
            )

    def _monitored(self, metrics: Mapping[str, Any], source: str, way_out: str) -> float:
        """The value to report; ``source`` says in the message how metrics get there: "logged", "evaluated"."""
        if self.monitor not in metrics:
            raise ValueError(
                f"monitor={shown(self.monitor)} is not among the metrics that were {source}: "
                f"{', '.join(repr(name) for name in sorted(metrics)) or 'none'}. Choose one of them, or {way_out}"
            )
        return float(metrics[self.monitor])

    def _report(self, value: float, step: int) -> bool:
        """Report; returns whether the attempt has to end, pruned or paused."""
        self._reported, self._value = step, value
        self.trial.report(value, step)
        return self.trial.should_prune()

    def _pruned(self) -> TrialPruned:
        return TrialPruned(f"trial {self.trial.number}: pruned or paused at {self.unit} {self._reported}")


__all__ = ["ReportingCallback", "is_save_due"]
