"""A Lightning callback: reports a logged metric, prunes or pauses, saves checkpoints and resumes from them.

    report = RaytuneLiteCallback(trial, monitor="val_loss")
    trainer = Trainer(max_epochs=27, callbacks=[report], logger=False, enable_checkpointing=False)
    trainer.fit(model, train_loader, val_loader, ckpt_path=report.ckpt_path)
    return trainer.callback_metrics["val_loss"].item()

Owns where in Lightning's loop an epoch is over. An epoch is reported when the next one begins (or training ends), not
at the end of its validation: only then have schedulers, early stopping and the module's own hooks seen it. A checkpoint
of that moment, with the random number generators in it, continues on a CPU as if nothing had happened, bit for bit.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import shown
from ..exceptions import CheckpointError, TrialPruned

if TYPE_CHECKING:
    from ..runtime.trial import Trial

try:
    try:
        from lightning.pytorch import Callback
        from lightning.pytorch.plugins.io import AsyncCheckpointIO
        from lightning.pytorch.utilities import CombinedLoader
    except ModuleNotFoundError:  # the same code under its older name
        from pytorch_lightning import Callback
        from pytorch_lightning.plugins.io import AsyncCheckpointIO
        from pytorch_lightning.utilities import CombinedLoader

    from ..training.rng import capture_rng, restore_rng
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.lightning needs Lightning, which cannot be imported ({error}). "
        "Install it: pip install 'raytune-lite[lightning]'."
    ) from error

CHECKPOINT_FILE = "lightning.ckpt"

_UNITS = ("epoch", "step")
_BETWEEN, _WITHIN = "between epochs", "within an epoch"


class RaytuneLiteCallback(Callback):  # type: ignore[misc]  # Lightning is not followed by mypy
    """Reports ``monitor`` to the trial, and raises TrialPruned when the pruner says so.

    Before a report the trainer's checkpoint is saved as the trial's, so a paused trial goes on from that very step.
    ``trainer.fit`` needs ``ckpt_path=callback.ckpt_path``; without it a resumed attempt is refused.

    Args:
        trial: the objective's trial.
        monitor: name of a metric that the module logs with ``self.log``.
        unit: what ``report`` counts, in the pruner's ``min_resource``. "epoch": epochs done, one report for each that
            was validated (each, where there is no validation), with the last value. "step": ``trainer.global_step``,
            one report for each validation.
        save: False saves nothing, for pruners that never pause; a lost attempt then starts from the beginning.

    A checkpoint in the middle of an epoch ("step", with several validations an epoch) resumes as Lightning does: the
    rest of the epoch is drawn from a new shuffle unless the loader has ``state_dict``, and gradients that were being
    accumulated are lost. One process trains; the strategies of several are refused.

    Raises:
        ValueError: monitor is no metric that was logged; an unknown unit.
        NotImplementedError: several processes, or checkpoints that are written in the background.
        CheckpointError: the attempt has a checkpoint and was started without it.
    """

    def __init__(self, trial: Trial, monitor: str = "val_loss", *, unit: str = "epoch", save: bool = True) -> None:
        if unit not in _UNITS:
            raise ValueError(f"unit must be one of {list(_UNITS)}, got {shown(unit)}; it is what report() counts.")
        self.trial, self.monitor, self.unit, self.save = trial, monitor, unit, save
        self._told = 0  # the last step that was reported
        self._is_validated = False  # since then
        self._saving: str | None = None  # where in the loop, while it is we who save
        self._is_resumed = False
        self._metrics: dict[str, Any] = {}  # of before, where resumed
        self._to_continue: dict[str, Any] | None = None  # what was loaded and is not in force yet
        self._sigint: Any = signal.default_int_handler

    @property
    def ckpt_path(self) -> str | None:
        """What ``trainer.fit(..., ckpt_path=)`` needs: the file to resume from, verified; None on a first attempt.

        Raises:
            CheckpointCorruptedError: its content is not what was recorded.
            CheckpointError: the trial's checkpoint was not saved by this callback.
        """
        directory = self.trial.load_checkpoint_dir()
        if directory is None:
            return None
        path = Path(directory) / CHECKPOINT_FILE
        if not path.exists():
            raise CheckpointError(
                f"{directory} holds no {CHECKPOINT_FILE}: trial {self.trial.number}'s checkpoint was not saved by "
                "RaytuneLiteCallback. Use trial.load_checkpoint(), or fail this trial."
            )
        return str(path)

    # --- Lightning's hooks, in the order in which it calls them ------------------------------------------------------

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:  # noqa: ARG002
        """Refuse what would lose a report or a checkpoint without a word."""
        if stage != "fit":
            return
        if trainer.world_size > 1:
            raise NotImplementedError(
                f"trial {self.trial.number}: the trainer has world_size={trainer.world_size}, and a trial is reported "
                "by one process. Use Trainer(devices=1), and num_gpus= of optimize() for a GPU each."
            )
        if self.save and isinstance(trainer.strategy.checkpoint_io, AsyncCheckpointIO):
            raise NotImplementedError(
                "AsyncCheckpointIO writes in the background, and a checkpoint is published when it is whole. Take the "
                "plugin away, or pass save=False."
            )
        # An epoch is saved before any callback has begun the next one (weight averaging counts there), a validation
        # when all have seen it (early stopping counts there).
        others = [callback for callback in trainer.callbacks if callback is not self and type(callback) is not _First]
        trainer.callbacks = [_First(self), *others, self]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Called by Lightning with what ``state_dict`` gave."""
        self._is_resumed = True
        self._to_continue = state_dict
        self._told, self._metrics = state_dict["told"], state_dict["metrics"]

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Note who hears Ctrl-C; within an epoch, continue the random numbers."""
        self._sigint = signal.getsignal(signal.SIGINT) or signal.default_int_handler
        if self._to_continue is not None and self._to_continue["place"] == _WITHIN:
            restore_rng(self._to_continue["rng"])  # before the loader shuffles, or it begins with the same batches
            self._to_continue = None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Refuse to train a resumed trial from its beginning; bring back the metrics, which schedulers may read."""
        if self.trial.resumed_from_step is not None and not self._is_resumed:
            raise CheckpointError(
                f"trial {self.trial.number} goes on from step {self.trial.resumed_from_step}, but its checkpoint was "
                "not loaded. Pass it on: trainer.fit(..., ckpt_path=callback.ckpt_path)."
            )
        trainer.callback_metrics.update(self._metrics)

    def _before_epoch(self, trainer: Any) -> None:
        """The epoch before is over for everybody: report it; or continue here, where that checkpoint was saved."""
        if self._to_continue is not None:
            self._continue(trainer, self._to_continue)
            self._to_continue = None
        self._end_epoch(trainer, save=self.save)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Note that there is a value; within an epoch, report it if the unit is steps."""
        if trainer.sanity_checking or trainer.state.fn != "fit":
            return
        self._is_validated = True
        if self.unit == "step" and not trainer.is_last_batch:
            self._tell(trainer, _WITHIN, save=self.save)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Report the last epoch. It is not saved: a fit that resumed at its own end would log no metric to return."""
        self._end_epoch(trainer, save=False)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:  # noqa: ARG002
        """Let Ctrl-C out: Lightning makes it SystemExit, which is a failed trial, and leaves Ctrl-C switched off."""
        if isinstance(exception, KeyboardInterrupt):
            signal.signal(signal.SIGINT, self._sigint)
            raise exception

    # --- reports -----------------------------------------------------------------------------------------------------

    def _end_epoch(self, trainer: Any, *, save: bool) -> None:
        if self._is_validated or not trainer.enable_validation:
            self._tell(trainer, _BETWEEN, save=save)

    def _tell(self, trainer: Any, place: str, *, save: bool) -> None:
        """Save, then report: a PAUSE that answers the report keeps this very step."""
        step = trainer.current_epoch if self.unit == "epoch" else trainer.global_step
        if step <= self._told:  # the start of the first epoch, or of the one that a resumed attempt begins with
            return
        value = self._monitored(trainer)
        self._told, self._is_validated = step, False
        if save:
            self._saving = place
            try:
                with self.trial.checkpoint_dir(step) as directory:
                    trainer.save_checkpoint(directory / CHECKPOINT_FILE, weights_only=False)
            finally:
                self._saving = None
        self.trial.report(value, step)
        if self.trial.should_prune():
            raise TrialPruned(f"trial {self.trial.number}: pruned or paused at {self.unit} {step}")

    def _monitored(self, trainer: Any) -> float:
        metrics = trainer.callback_metrics
        if self.monitor not in metrics:
            raise ValueError(
                f"monitor={shown(self.monitor)} is not among the metrics that were logged: "
                f"{', '.join(repr(name) for name in sorted(metrics)) or 'none'}. Choose one of them, or log it in the "
                "module: self.log(name, value), in training_step with on_epoch=True."
            )
        return float(metrics[self.monitor])

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """What this callback adds to the checkpoint that it saves; nothing to those of others."""
        if self._saving is None:
            return {}
        return {"told": self._told, "place": self._saving, "rng": _plain(capture_rng())}

    def on_save_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]) -> None:  # noqa: ARG002
        """Add what only the trainer knows; between epochs, take back the next one, which Lightning counts already."""
        if self._saving is None:
            return
        mine = checkpoint["callbacks"][self.state_key]
        mine["metrics"] = dict(trainer.callback_metrics)
        if self._saving == _BETWEEN:
            mine["loaders"] = [get() for get, _ in _loader_states(trainer)]
            for progress in checkpoint["loops"]["fit_loop"]["epoch_progress"].values():
                progress["ready"] = progress["started"]

    @staticmethod
    def _continue(trainer: Any, loaded: dict[str, Any]) -> None:
        """Begin the epoch as after any other one: Lightning makes a new iterator, now with the same random numbers."""
        loop = trainer.fit_loop
        loop._restarting = loop._resuming_from_checkpoint = False
        loop.epoch_loop.restarting = False  # with max_steps it would take the epoch for done
        for (_, put), state in zip(_loader_states(trainer), loaded["loaders"], strict=True):
            put(state)
        restore_rng(loaded["rng"])


class _First(Callback):  # type: ignore[misc]
    """Stands before all other callbacks and tells the one at the end when an epoch begins."""

    def __init__(self, last: RaytuneLiteCallback) -> None:
        self.last = last

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Called by Lightning."""
        self.last._before_epoch(trainer)


def _loader_states(trainer: Any) -> list[tuple[Callable[[], Any], Callable[[Any], Any]]]:
    """(get, set) of each state in the training loaders: a loader's own, and the torch.Generators it draws from."""
    found: dict[int, Any] = {}
    for loader in CombinedLoader(trainer.train_dataloader, "sequential").flattened:
        if hasattr(loader, "load_state_dict"):
            found[id(loader)] = (loader.state_dict, loader.load_state_dict)
        for owner in (loader, getattr(loader, "sampler", None), getattr(loader, "batch_sampler", None)):
            generator = getattr(owner, "generator", None)
            if generator is not None and hasattr(generator, "get_state"):
                found[id(generator)] = (generator.get_state, generator.set_state)
    return list(found.values())


def _plain(state: Any) -> Any:
    """A state without numpy's arrays, so that ``torch.load(weights_only=True)`` takes it."""
    if isinstance(state, dict):
        return {name: _plain(value) for name, value in state.items()}
    return state.tolist() if isinstance(state, np.ndarray) else state
