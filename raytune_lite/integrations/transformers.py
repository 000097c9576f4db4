"""A Hugging Face ``TrainerCallback``: reports an evaluation metric, prunes or pauses, and lets the Trainer resume.

    report = RaytuneLiteCallback(trial, monitor="eval_loss")
    args = TrainingArguments(output_dir=a_directory_of_this_trial, eval_strategy="epoch", save_strategy="no")
    trainer = Trainer(model, args, train_dataset=train, eval_dataset=valid, callbacks=[report])
    trainer.train(resume_from_checkpoint=report.resume_from_checkpoint)
    return trainer.evaluate()["eval_loss"]

Owns the order of one evaluation: evaluate, save, report, decide. The saving is the Trainer's own (model, optimizer,
scheduler, random numbers, its place in the data), which it resumes from exactly, in the middle of an epoch too.
"""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .base import ReportingCallback

if TYPE_CHECKING:
    from ..runtime.trial import Trial

try:
    from transformers import TrainerCallback
    from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.transformers needs Hugging Face transformers, which cannot be imported ({error}). "
        "Install it: pip install 'raytune-lite[transformers]'."
    ) from error

STATE_FILE = "trainer_state.json"


class RaytuneLiteCallback(ReportingCallback, TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """Reports ``monitor`` after each evaluation, and ends training when the pruner says so.

    After an evaluation it has the Trainer save, takes the checkpoint for the trial's, and then reports. On PAUSE or
    STOP the Trainer stops as at its end (other callbacks close what they opened), and TrialPruned leaves
    ``trainer.train()``. That needs ``resume_from_checkpoint=callback.resume_from_checkpoint``; without it a resumed
    attempt is refused.

    Where the node is drained or preempted, the attempt saves after the step and ends, from its first report on.

    Args:
        trial: the objective's trial.
        monitor: a key of the metrics that the Trainer evaluates: "eval_loss", "eval_accuracy".
        unit: what ``report`` counts, in the pruner's ``min_resource``. "epoch": whole epochs, one report for each.
            "step": ``state.global_step``, one report for each evaluation.
        save: False takes no checkpoints, for pruners that never pause; a lost attempt then starts from the beginning.

    ``output_dir`` must be the trial's alone: trials that share one overwrite each other's checkpoints. With
    ``save_strategy="no"`` nothing stays in it; with another the Trainer's checkpoints stay and are copied.

    Several processes train where the trial has them, ``optimize(workers=n)``: each with a Trainer and this callback,
    and with the same ``output_dir``, which all nodes see.

    Raises:
        ValueError: monitor is no metric that was evaluated; an unknown unit; arguments of the Trainer that never
            evaluate, or save what cannot be resumed from.
        NotImplementedError: other processes than the trial's.
        CheckpointError: the attempt has a checkpoint and was started without it.
    """

    def __init__(self, trial: Trial, monitor: str = "eval_loss", *, unit: str = "epoch", save: bool = True) -> None:
        super().__init__(trial, monitor, unit=unit, save=save)
        self._metrics: dict[str, float] = {}  # evaluated and not reported yet
        self._is_training = False
        self._must_end = False  # the pruner has decided so

    @property
    def resume_from_checkpoint(self) -> str | None:
        """The verified directory to resume from, for ``trainer.train``; None on a first attempt.

        Raises:
            CheckpointCorruptedError: its content is not what was recorded.
            CheckpointError: the trial's checkpoint was not saved by this callback.
        """
        directory = self._checkpoint_with(STATE_FILE)
        return None if directory is None else str(directory)

    # --- the Trainer's hooks, in the order in which it calls them ----------------------------------------------------

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Refuse arguments that would silently lose a report or a checkpoint.

        Raises:
            CheckpointError: the attempt has a checkpoint and was started without it.
            NotImplementedError: other processes train than the trial's.
            ValueError: the arguments never evaluate, or save what cannot be resumed from.
        """
        way_out = "Start no launcher of your own (torchrun, accelerate launch)."
        self._refuse_other_processes("Trainer", args.world_size, way_out)
        if args.eval_strategy == "no":
            raise ValueError("eval_strategy='no' never evaluates, so nothing is reported; use 'epoch' or 'steps'.")
        if self.save and args.save_only_model:
            raise ValueError(
                "save_only_model=True leaves the optimizer out, and a paused trial goes on with it; leave it False, or "
                "pass save=False to the callback."
            )
        if self.save and args.save_strategy == "best":
            raise ValueError(
                "save_strategy='best' skips evaluations, and each report needs its checkpoint; use 'no' (the callback "
                "asks for each), or pass save=False to the callback."
            )
        way_out = "trainer.train(resume_from_checkpoint=callback.resume_from_checkpoint)"
        self._refuse_a_start_without_checkpoint(bool(state.global_step), way_out)
        self._reported = self._step(state)
        self._is_training = True

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """The last evaluation is complete, for all its data sets: its metrics must be reported by now."""
        self._finish_evaluation(state, control)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Have the Trainer save where the node will soon be gone; not before an evaluation that an epoch ends with."""
        if not float(state.epoch or 0).is_integer() and self._saves_to_leave():
            control.should_save = True

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], **_: Any) -> None:  # noqa: ARG002
        """Keep the metrics until they are saved. Called once for each data set."""
        if not self._is_training or self._must_end or self._step(state) <= self._reported:
            return
        self._metrics.update(metrics)
        if self.save:
            control.should_save = True  # the Trainer does it next
        elif self.monitor in self._metrics:
            self._report_metrics(state, control)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The Trainer has saved: publish that as the trial's checkpoint, then report.

        Without new metrics it is one to leave with, and belongs to the last report.
        """
        is_new = self.monitor in self._metrics
        if not is_new and not self._saves_to_leave():
            return
        saved = Path(args.output_dir) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"
        if args.world_size > 1:
            args.distributed_state.wait_for_everyone()  # each has saved its part
        with self.trial.checkpoint_dir(self._step(state) if is_new else self._reported) as directory:
            if self.trial.rank == 0:
                _hand_over(saved, directory, moves=args.save_strategy == "no")
        self._report_metrics(state, control)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Training has ended; raises TrialPruned if that was the pruner's decision."""
        self._finish_evaluation(state, control)
        self._is_training = False
        if self._must_end:
            raise self._pruned()

    # -----------------------------------------------------------------------------------------------------------------

    def _saves_to_leave(self) -> bool:
        is_at_work = self._is_training and not self._must_end
        return bool(self.save and is_at_work and self._reported and self.trial.should_checkpoint())

    def _step(self, state: Any) -> int:
        # the epoch is a float, exact at its end: e + n / n
        return int(state.global_step) if self.unit == "step" else math.floor(state.epoch or 0)

    def _report_metrics(self, state: Any, control: Any) -> None:
        way_out = "return it from compute_metrics; the Trainer puts 'eval_' before each name."
        value = self._monitored(self._metrics, "evaluated", way_out)
        self._metrics = {}
        if self._report(value, self._step(state)):
            self._must_end = control.should_training_stop = True

    def _finish_evaluation(self, state: Any, control: Any) -> None:
        if self._metrics:  # another callback has cancelled the saving, or the monitored metric is missing
            self._report_metrics(state, control)


def _hand_over(saved: Path, directory: Path, *, moves: bool) -> None:
    """Put what the Trainer has saved into the trial's checkpoint; with ``moves`` it was saved for us alone."""
    if not moves:
        shutil.copytree(saved, directory, dirs_exist_ok=True)
        return
    for path in saved.iterdir():
        shutil.move(path, directory)
    saved.rmdir()
