"""A Keras 3 callback: reports a logged metric at the end of each epoch, prunes or pauses, saves and goes on from there.

    report = RaytuneLiteCallback(trial, monitor="val_loss")
    model.fit(x, y, validation_data=valid, verbose=0, **report.resume(epochs=27))
    return report.value

Owns what ``save_weights`` leaves out: the seeds that layers draw from, the generators that shuffle, the number of the
epoch, and what other callbacks remember. With those a training that goes on has the bits of one that never stopped.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import integer
from ..checkpoints.state_files import load_state, save_state
from ..exceptions import CheckpointError
from .base import ReportingCallback

if TYPE_CHECKING:
    from ..runtime.trial import Trial

try:
    from keras import ops
    from keras.callbacks import Callback, EarlyStopping, History, ModelCheckpoint, ReduceLROnPlateau
    from keras.src.backend.common import global_state
    from keras.src.random import seed_generator

    from ..training.rng import capture_rng, restore_rng
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.keras needs Keras 3, which cannot be imported ({error}). Install it: "
        "pip install 'raytune-lite[keras]'. Its backend is TensorFlow unless the environment says KERAS_BACKEND=torch "
        "or jax before the first import."
    ) from error

_ONE_PROCESS = (
    "Keras's fit trains a model of its own in each process. Give the GPUs to one (resources={'num_gpus': n}; with JAX "
    "keras.distribution.DataParallel uses all), or write the loop of training with torch's DDP and report from it."
)
WEIGHTS_FILE = "keras.weights.h5"  # of the checkpoint: what model.save_weights writes, optimizers too

_REMEMBERED = {  # attributes of Keras's callbacks that a training changes
    EarlyStopping: ("best", "best_epoch", "best_weights", "stopped_epoch", "wait"),
    History: ("epoch", "history"),
    ModelCheckpoint: ("best",),
    ReduceLROnPlateau: ("best", "cooldown_counter", "wait"),
}


class RaytuneLiteCallback(ReportingCallback, Callback):  # type: ignore[misc]  # Keras is not followed by mypy
    """Reports ``monitor`` after each epoch, and raises TrialPruned when the pruner says so.

    The step is the number of epochs done. Before each report the training is saved: the model's and the optimizer's
    variables, seeds, generators of random numbers, and what the other callbacks have counted. A resumed attempt builds
    and compiles the same model again and goes on: pass ``**callback.resume(epochs)`` to ``fit``, and the other
    callbacks to ``resume``. An attempt that does not is refused.

    On a CPU a resumed training equals one that was never interrupted, bit for bit, with the backends torch and JAX,
    where the data are arrays, or a ``PyDataset`` without a state of its own. A generator, or ``steps_per_epoch``,
    begins at the start of the data again. TensorFlow keeps generators that cannot be read: it shuffles anew.

    Where the node is drained or preempted, the attempt ends at the end of its epoch.

    Args:
        trial: the objective's trial.
        monitor: name of a metric in the logs of an epoch: "val_loss", "accuracy". One of the validation is reported in
            epochs that are validated.
        save: False saves nothing, for pruners that never pause; a lost attempt then starts from the beginning.

    Raises:
        ValueError: monitor is no metric that was logged.
        CheckpointError: the attempt has a checkpoint and was started without it, or with another model.
        NotImplementedError: the trial has several processes.
    """

    def __init__(self, trial: Trial, monitor: str = "val_loss", *, save: bool = True) -> None:
        Callback.__init__(self)
        super().__init__(trial, monitor, unit="epoch", units=("epoch",), save=save)
        self._refuse_several_processes("training", 1, _ONE_PROCESS)
        self._others: list[Any] = []
        self._loaded: dict[str, Any] | None = None  # what the checkpoint holds and is not in force yet
        self._directory = self._checkpoint_with(WEIGHTS_FILE)
        if self._directory is not None:
            self._loaded = load_state(self._directory)
            self._reported, self._value = self._loaded["reported"], self._loaded["value"]

    def resume(self, epochs: int, callbacks: Iterable[Any] = ()) -> dict[str, Any]:
        """The arguments of ``fit`` with which a training begins, or goes on: epochs, the first of them, callbacks.

        Args:
            epochs: of the whole trial.
            callbacks: Keras's and your own. ``EarlyStopping``, ``ReduceLROnPlateau``, ``ModelCheckpoint`` and
                ``History`` know the epochs before, and so does a callback that has ``state_dict()`` and
                ``load_state_dict(state)``, as torch's classes have them.

        Raises:
            ValueError: epochs is no integer >= 1.
        """
        total = integer("epochs", epochs, 1, "it counts the epochs of the whole trial")
        self._others = list(callbacks)
        done = 0
        if self._loaded is not None:
            done = total if self._loaded["has_ended"] else self._loaded["epoch"]
        # the last one: a checkpoint holds what all others have done after the epoch
        return {"epochs": total, "initial_epoch": min(done, total), "callbacks": [*self._others, self]}

    # --- Keras's hooks, in the order in which it calls them -----------------------------------------------------------

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """Load the checkpoint into the model, which Keras has built by now.

        Raises:
            CheckpointError: the model is not the one that was saved.
        """
        if self._loaded is None or self._directory is None:
            return
        self._load(self._directory, self._loaded)
        for name, one in _named(self._others):
            if name in self._loaded["callbacks"]:
                _put_memory(one, self._loaded["callbacks"][name])

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
        """At the first one, continue the random numbers: the data are shuffled next.

        Raises:
            CheckpointError: the attempt has a checkpoint and was started without it.
        """
        if self._loaded is None:
            return
        is_resumed = epoch == self._loaded["epoch"]
        self._refuse_a_start_without_checkpoint(is_resumed, "model.fit(..., **callback.resume(epochs))")
        if self._loaded["seed"] is not None:
            seed_generator.global_seed_generator().state.assign(self._loaded["seed"])
        restore_rng(self._loaded["rng"])
        self._loaded = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Save, report, decide.

        Raises:
            TrialPruned: the trial is pruned or paused.
            ValueError: monitor is no metric that was logged.
        """
        found, done = logs or {}, epoch + 1
        if self.monitor.startswith("val_") and not any(name.startswith("val_") for name in found):
            if self.save and self._reported and self.trial.should_checkpoint():
                self._save(self._reported, done)  # an epoch that is not validated, on a node that leaves
            return
        value = self._monitored(found, "logged", "add it to compile(metrics=); 'val_' needs validation data.")
        self._reported, self._value = done, value  # the checkpoint holds them
        if self.save:
            self._save(done, done)
        if self._report(value, done):
            raise self._pruned()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Refuse a training that has reported nothing.

        Raises:
            ValueError: monitor is no metric that was logged.
        """
        if self._value is None:
            self._monitored(logs or {}, "logged", "pass validation_data= to fit.")

    # --- checkpoints --------------------------------------------------------------------------------------------------

    def _save(self, step: int, done: int) -> None:
        seed = global_state.get_global_attribute(seed_generator.GLOBAL_SEED_GENERATOR)
        state = {
            "epoch": done,
            "has_ended": bool(self.model.stop_training),
            "reported": self._reported,
            "value": self._value,
            "seeds": [ops.convert_to_numpy(variable) for variable in _seeds(self.model)],
            "seed": None if seed is None else ops.convert_to_numpy(seed.state),
            "rng": capture_rng(),
            "callbacks": {name: _memory(one) for name, one in _named(self._others)},
        }
        with self.trial.checkpoint_dir(step) as directory:
            self.model.save_weights(directory / WEIGHTS_FILE)
            save_state(directory, state)

    def _load(self, directory: Path, state: Mapping[str, Any]) -> None:
        optimizer = self.model.optimizer
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        try:
            with warnings.catch_warnings():  # Keras goes on without an optimizer's state, and warns
                warnings.filterwarnings("error", message="Skipping variable loading")
                self.model.load_weights(directory / WEIGHTS_FILE)
            for variable, value in zip(_seeds(self.model), state["seeds"], strict=True):
                variable.assign(value)
        except (ValueError, UserWarning) as error:
            raise CheckpointError(
                f"trial {self.trial.number}: the model is not the one that was saved: {error} Build and compile the "
                "same model in each attempt of a trial."
            ) from error


def _seeds(model: Any) -> list[Any]:
    """The states of the model's seed generators, which are none of its weights."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _named(callbacks: Iterable[Any]) -> list[tuple[str, Any]]:
    """Each callback with a name that it also has in the next attempt: its class, and its place among those."""
    seen: Counter[str] = Counter()
    found = []
    for one in callbacks:
        name = type(one).__name__
        found.append((f"{name}-{seen[name]}", one))
        seen[name] += 1
    return found


def _memory(callback: Any) -> dict[str, Any]:
    if hasattr(callback, "load_state_dict"):
        found: dict[str, Any] = callback.state_dict()
        return found
    names = [name for kind, given in _REMEMBERED.items() if isinstance(callback, kind) for name in given]
    return {name: getattr(callback, name) for name in names}


def _put_memory(callback: Any, state: Mapping[str, Any]) -> None:
    if hasattr(callback, "load_state_dict"):
        callback.load_state_dict(state)
    else:
        vars(callback).update(state)


__all__ = ["RaytuneLiteCallback"]
