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
from typing import TYPE_CHECKING, Any

import numpy as np

from .base import ReportingCallback

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

    from ..training.processes import of_all_ranks
    from ..training.rng import capture_rng, restore_rng
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.lightning needs Lightning, which cannot be imported ({error}). "
        "Install it: pip install 'raytune-lite[lightning]'."
    ) from error

CHECKPOINT_FILE = "lightning.ckpt"

_BETWEEN, _WITHIN = "between epochs", "within an epoch"
_OWN = ("rng", "metrics", "loaders")  # what each rank has for itself


class RaytuneLiteCallback(ReportingCallback, Callback):  # type: ignore[misc]  # Lightning is not followed by mypy
    """Reports ``monitor`` to the trial, and raises TrialPruned when the pruner says so.

    Before a report the trainer's checkpoint is saved as the trial's, so a paused trial goes on from that very step.
    ``trainer.fit`` needs ``ckpt_path=callback.ckpt_path``; without it a resumed attempt is refused.

    Where the node is drained or preempted, the attempt ends at the end of its epoch. If half of the time that the node
    had left is over before that, it saves and ends after the batch, from the second epoch on.

    Args:
        trial: the objective's trial.
        monitor: name of a metric that the module logs with ``self.log``.
        unit: what ``report`` counts, in the pruner's ``min_resource``. "epoch": epochs done, one report for each that
            was validated (each, where there is no validation), with the last value. "step": ``trainer.global_step``,
            one report for each validation.
        save: False saves nothing, for pruners that never pause; a lost attempt then starts from the beginning.

    A checkpoint in the middle of an epoch ("step", with several validations an epoch) resumes as Lightning does: the
    rest of the epoch is drawn from a new shuffle unless the loader has ``state_dict``, and gradients that were being
    accumulated are lost.

    Several processes train where the trial has them: ``optimize(workers=n)``, with as many ``devices`` times
    ``num_nodes`` of the trainer. Each has the callback. Rank 0's metric is reported: log it with ``sync_dist=True``.

    Raises:
        ValueError: monitor is no metric that was logged; an unknown unit.
        NotImplementedError: other processes than the trial's, or checkpoints that are written in the background.
        CheckpointError: the attempt has a checkpoint and was started without it.
    """

    def __init__(self, trial: Trial, monitor: str = "val_loss", *, unit: str = "epoch", save: bool = True) -> None:
        super().__init__(trial, monitor, unit=unit, save=save)
        self._is_validated = False  # since the last report
        self._saving: str | None = None  # where in the loop, while this callback saves
        self._is_resumed = False
        self._metrics: dict[str, Any] = {}  # of the attempt before, when resumed
        self._to_continue: dict[str, Any] | None = None  # what was loaded and is not in force yet
        self._sigint: Any = signal.default_int_handler

    @property
    def ckpt_path(self) -> str | None:
        """The verified file to resume from, for ``trainer.fit(..., ckpt_path=)``; None on a first attempt.

        Raises:
            CheckpointCorruptedError: its content is not what was recorded.
            CheckpointError: the trial's checkpoint was not saved by this callback.
        """
        directory = self._checkpoint_with(CHECKPOINT_FILE)
        return None if directory is None else str(directory / CHECKPOINT_FILE)

    # --- Lightning's hooks, in the order in which it calls them ------------------------------------------------------

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:  # noqa: ARG002
        """Refuse a trainer that would silently lose a report or a checkpoint; put the callbacks in order.

        Raises:
            NotImplementedError: other processes train than the trial's, or checkpoints are written in the background.
        """
        if stage != "fit":
            return
        way_out = "Give the trainer as many devices times num_nodes; devices=1 where the trial has one process."
        self._refuse_other_processes("trainer", trainer.world_size, way_out)
        if self.save and isinstance(trainer.strategy.checkpoint_io, AsyncCheckpointIO):
            raise NotImplementedError(
                "AsyncCheckpointIO writes in the background, but a checkpoint must be complete when it is published. "
                "Remove the plugin, or pass save=False."
            )
        # An epoch is saved before any callback has begun the next one (weight averaging counts there), a validation
        # when all have seen it (early stopping counts there).
        others = [callback for callback in trainer.callbacks if callback is not self and type(callback) is not _First]
        trainer.callbacks = [_First(self), *others, self]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Called by Lightning with what ``state_dict`` gave."""
        self._is_resumed = True
        ranks = state_dict.get("ranks", ())
        if self.trial.rank < len(ranks):
            state_dict = {**state_dict, **ranks[self.trial.rank]}
        self._to_continue = state_dict
        self._reported, self._metrics = state_dict["told"], state_dict["metrics"]

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Keep the handler of Ctrl-C; when resumed within an epoch, continue the random numbers."""
        self._sigint = signal.getsignal(signal.SIGINT) or signal.default_int_handler
        if self._to_continue is not None and self._to_continue["place"] == _WITHIN:
            restore_rng(self._to_continue["rng"])  # before the loader shuffles, or it begins with the same batches
            self._to_continue = None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Refuse to train a resumed trial from its beginning; bring back the metrics, which schedulers may read.

        Raises:
            CheckpointError: the attempt has a checkpoint and was started without it.
        """
        way_out = "trainer.fit(..., ckpt_path=callback.ckpt_path)"
        self._refuse_a_start_without_checkpoint(self._is_resumed, way_out)
        trainer.callback_metrics.update(self._metrics)

    def _before_epoch(self, trainer: Any) -> None:
        """The last epoch has ended for all callbacks: report it. When resumed, continue: the checkpoint is of here."""
        if self._to_continue is not None:
            self._continue(trainer, self._to_continue)
            self._to_continue = None
        self._end_epoch(trainer, save=self.save)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """There is a new value. Within an epoch it is reported here if the unit is "step"."""
        if trainer.sanity_checking or trainer.state.fn != "fit":
            return
        self._is_validated = True
        if self.unit == "step" and not trainer.is_last_batch:
            self._save_and_report(trainer, _WITHIN, save=self.save)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:  # noqa: ARG002
        """Save within the epoch where the node will be gone before its end. What was reported last stays so."""
        if not (self.save and self._reported and self.trial.should_checkpoint() and self.trial.delivery.must_hurry):
            return
        done = (batch_idx + 1, trainer.fit_loop.epoch_loop.total_batch_idx + 1)
        is_validated_next = trainer.is_last_batch or any(n % trainer.val_check_batch == 0 for n in done)
        if not is_validated_next and not trainer.fit_loop._should_accumulate():
            self._save(trainer, _WITHIN, self._reported)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Report the last epoch. It is not saved: a fit that resumed at its own end would log no metric to return."""
        self._end_epoch(trainer, save=False)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:  # noqa: ARG002
        """Raise Ctrl-C again. Lightning would make it SystemExit, a failed trial, and leave Ctrl-C switched off."""
        if isinstance(exception, KeyboardInterrupt):
            signal.signal(signal.SIGINT, self._sigint)
            raise exception

    # --- reports -----------------------------------------------------------------------------------------------------

    def _end_epoch(self, trainer: Any, *, save: bool) -> None:
        if self._is_validated or not trainer.enable_validation:
            self._save_and_report(trainer, _BETWEEN, save=save)

    def _save_and_report(self, trainer: Any, place: str, *, save: bool) -> None:
        """Save, then report: if the answer is PAUSE, the trial goes on from exactly this step."""
        step = trainer.current_epoch if self.unit == "epoch" else trainer.global_step
        if step <= self._reported:  # the start of the first epoch, or of the one that a resumed attempt begins with
            return
        way_out = "log it in the module: self.log(name, value), in training_step with on_epoch=True."
        value = self._monitored(trainer.callback_metrics, "logged", way_out)
        self._reported, self._is_validated = step, False  # the checkpoint holds it
        if save:
            self._save(trainer, place, step)
        if self._report(value, step):
            raise self._pruned()

    def _save(self, trainer: Any, place: str, step: int) -> None:
        self._saving = place
        try:
            with self.trial.checkpoint_dir(step) as directory:
                trainer.save_checkpoint(directory / CHECKPOINT_FILE, weights_only=False)
        finally:
            self._saving = None

    # --- checkpoints -------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """What this callback adds to a checkpoint that it saves itself; to any other checkpoint it adds nothing."""
        if self._saving is None:
            return {}
        return {"told": self._reported, "place": self._saving, "rng": _plain(capture_rng())}

    def on_save_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]) -> None:  # noqa: ARG002
        """Add what only the trainer knows. Between epochs, uncount the next one: Lightning has counted it already."""
        if self._saving is None:
            return
        mine = checkpoint["callbacks"][self.state_key]
        mine["metrics"] = {name: value.cpu() for name, value in trainer.callback_metrics.items()}
        if self._saving == _BETWEEN:
            mine["loaders"] = [get() for get, _ in _loader_states(trainer)]
            for progress in checkpoint["loops"]["fit_loop"]["epoch_progress"].values():
                progress["ready"] = progress["started"]
        if trainer.world_size > 1:  # rank 0 writes for all
            mine["ranks"] = of_all_ranks({name: mine[name] for name in _OWN if name in mine})

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
    """Is called before all other callbacks, and calls RaytuneLiteCallback, which is the last, when an epoch begins."""

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
