"""The Keras callback on real trainings: an interrupted training equals an uninterrupted one, bit for bit."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import raytune_lite as rtl
from raytune_lite.core.messages import Leave
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.exceptions import CheckpointError, TrialFailedError
from raytune_lite.pruners import ASHAPruner, NopPruner
from raytune_lite.runtime.trial import Trial
from raytune_lite.trial import TrialState

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")
from raytune_lite.integrations.keras import RaytuneLiteCallback  # noqa: E402

from ..rank_tools import optimize as optimize_ranks  # noqa: E402
from .crashes import begun_by_another_hand, crash_at  # noqa: E402

COMPLETE, PRUNED = TrialState.COMPLETE, TrialState.PRUNED
EPOCHS, BATCHES = 4, 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(8 * BATCHES + 8, 4)).astype("float32")
Y = X.sum(1, keepdims=True) + 0.1 * RNG.normal(size=(len(X), 1)).astype("float32")
TRAIN, VALID = (X[8:], Y[8:]), (X[:8], Y[:8])


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Noise(keras.layers.Layer):
    """Draws without a seed of its own, from Keras's generator for all."""

    def call(self, inputs, training=False):
        return inputs + 0.1 * keras.random.normal(keras.ops.shape(inputs)) if training else inputs


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return BATCHES

    def __getitem__(self, index):
        part = slice(8 * index, 8 * index + 8)
        return TRAIN[0][part] + np.random.normal(size=(8, 4)).astype("float32"), TRAIN[1][part]


def dense(*between, optimizer=keras.optimizers.Adam, **settings):
    """Dropout, batch normalization and a shuffle: each lost piece of state changes the weights."""
    layers = keras.layers
    net = [layers.Dense(8, "relu"), *(one() for one in between), layers.BatchNormalization(), layers.Dropout(0.3)]
    model = keras.Sequential([layers.Input((4,)), *net, layers.Dense(1)])
    model.compile(optimizer(**{"learning_rate": 0.02, **settings}), "mse", metrics=["mae"])
    return model


class Runs:
    """An objective, and what its attempts left: models, final weights and the epochs that they resumed from."""

    def __init__(self, build=dense, *, callbacks=(), lr=lambda number: 0.02, report=None, data=TRAIN, **fit):
        self.build, self.callbacks, self.lr, self.report = build, callbacks, lr, report or {}
        self.data, self.fit = data, {"validation_data": VALID, "batch_size": 8, **fit}
        self.weights, self.resumed, self.trained = {}, [], []

    def __call__(self, trial):
        keras.utils.set_random_seed(trial.number)
        self.resumed.append(trial.resumed_from_step)
        model = self.build()
        model.optimizer.learning_rate = self.lr(trial.number)
        callback = RaytuneLiteCallback(trial, **self.report)
        made = [one if isinstance(one, keras.callbacks.Callback) else one() for one in self.callbacks]
        data = {"x": self.data[0], "y": self.data[1]} if isinstance(self.data, tuple) else {"x": self.data()}
        fit = {**self.fit, **data, **callback.resume(EPOCHS, made)}
        self.trained.append(model.fit(verbose=0, **fit).epoch)
        variables = [*model.variables, *model.optimizer.variables]
        self.weights[trial.number] = [keras.ops.convert_to_numpy(one).copy() for one in variables]
        return callback.value


class Crash(keras.callbacks.Callback):
    """Raises in the middle of each epoch, once; after that the epoch goes through."""

    def __init__(self):
        super().__init__()
        self.at, self.crashed = 0, []

    def on_epoch_begin(self, epoch, logs=None):
        self.at = epoch

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1 and self.at not in self.crashed:
            self.crashed.append(self.at)
            raise OSError("crash")


def optimize(runs, *, n_trials=1, pruner=None, **settings):
    study = rtl.create_study(sampler=rtl.samplers.RandomSampler(0), pruner=pruner or NopPruner())
    study.optimize(runs, n_trials=n_trials, executor="inline", **settings)
    return study


def hopeless_but_0(number):
    return 0.02 if number == 0 else 9.0


def assert_same(one, other, number=0):
    assert len(one.weights[number]) == len(other.weights[number]) > 10
    for mine, its in zip(one.weights[number], other.weights[number], strict=True):
        np.testing.assert_array_equal(mine, its)


# --- resuming -----------------------------------------------------------------------------------------------------

decay = keras.optimizers.schedules.ExponentialDecay
WAYS = {
    "dropout": {},
    "an average of the weights": {"build": lambda: dense(use_ema=True, ema_overwrite_frequency=3)},
    "accumulation with a rest": {"build": lambda: dense(gradient_accumulation_steps=3)},
    "momentum": {"build": lambda: dense(optimizer=keras.optimizers.SGD, momentum=0.9, clipnorm=0.5)},
    "noise without a seed": {"build": lambda: dense(Noise)},
    "batches in random order": {"data": Batches, "batch_size": None},
    "rows shuffled in their batches": {"shuffle": "batch"},
    "a part of the data validates": {"validation_data": None, "validation_split": 0.25},
    "plateaus": {"callbacks": [lambda: keras.callbacks.ReduceLROnPlateau(patience=0, factor=0.3, min_delta=0.9)]},
    "the best weights": {"callbacks": [lambda: keras.callbacks.EarlyStopping(patience=9, restore_best_weights=True)],
                         "lr": lambda _: 0.5},
    "a schedule of epochs": {"callbacks": [lambda: keras.callbacks.LearningRateScheduler(lambda n, _: 0.1 / (n + 1))]},
}  # fmt: skip


def broken_equals_straight(way):
    crash, ways = Crash(), {"callbacks": [], **WAYS[way]}
    straight, broken = Runs(**ways), Runs(**{**ways, "callbacks": [*ways["callbacks"], crash]})
    whole = optimize(straight).trials[0]
    pieces = optimize(broken, retries=RetryPolicy(exception=99)).trials[0]
    assert crash.crashed == list(range(EPOCHS))
    assert broken.resumed == [None, None, 1, 2, 3]
    assert pieces.state is COMPLETE
    assert list(whole.intermediate_values) == [1, 2, 3, 4]
    assert pieces.intermediate_values == whole.intermediate_values
    assert pieces.value == whole.value
    assert_same(broken, straight)


@pytest.mark.parametrize("way", WAYS)
def test_a_training_that_crashes_in_every_epoch_equals_one_that_does_not(way):
    broken_equals_straight(way)


def test_it_does_with_jax_too():
    pytest.importorskip("jax")
    code = (
        "from tests.integrations import test_keras as t\n"
        "assert t.keras.backend.backend() == 'jax'\n"
        "t.broken_equals_straight('dropout')\n"
        "print('same')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "same\n", done.stderr[-3000:]


def test_a_promoted_trial_equals_one_that_was_never_paused():
    # the first trial is the best; rungs at 1 and 2: with four trials it is paused at both and promoted from both
    straight, paused = Runs(lr=hopeless_but_0), Runs(lr=hopeless_but_0)
    whole = optimize(straight).trials[0]
    study = optimize(paused, n_trials=4, pruner=ASHAPruner(1, EPOCHS, 2))
    assert [trial.state for trial in study.trials] == [COMPLETE, PRUNED, PRUNED, PRUNED]
    assert study.trials[0].attempt == 3
    assert study.trials[0].intermediate_values == whole.intermediate_values
    assert_same(paused, straight)


def test_mode_stop_prunes_and_needs_no_checkpoint(monkeypatch):
    monkeypatch.setattr(Trial, "checkpoint_dir", lambda *_: pytest.fail("a checkpoint was saved"))
    runs = Runs(lr=hopeless_but_0, report={"save": False})
    study = optimize(runs, n_trials=3, pruner=ASHAPruner(1, EPOCHS, 2, mode="stop"))
    reported = [(trial.state, len(trial.intermediate_values)) for trial in study.trials]
    assert reported == [(COMPLETE, EPOCHS), (PRUNED, 1), (PRUNED, 1)]


def test_a_crash_between_checkpoint_and_report_repeats_the_epoch_and_leaves_no_hole(monkeypatch):
    straight, broken = Runs(), Runs()
    whole = optimize(straight).trials[0]
    reported = crash_at(monkeypatch, [1, 2])
    pieces = optimize(broken, retries=RetryPolicy(exception=1), pruner=ASHAPruner(9, 10, 2)).trials[0]
    assert reported == [1, 2, 2, 3, 4]
    assert pieces.intermediate_values == whole.intermediate_values
    assert_same(broken, straight)


class Notice(keras.callbacks.Callback):
    """A node that leaves, once, while this epoch is trained."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch, self.trial = epoch, None

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            self.epoch = None
            self.trial.delivery.leave(Leave(reason="its node leaves", seconds=0.0))


class Told(Runs):
    def __call__(self, trial):
        self.callbacks[0].trial = trial
        return super().__call__(trial)


@pytest.mark.parametrize(
    ("epoch", "fit", "trained", "steps"),
    [(1, {}, [2, 3], [1, 2, 3, 4]), (2, {"validation_freq": 2}, [3], [2, 4])],  # the second leaves an unvalidated epoch
)
def test_where_the_node_leaves_it_saves_after_the_epoch_and_goes_on_from_there(epoch, fit, trained, steps):
    straight, told = Runs(**fit), Told(callbacks=[Notice(epoch)], **fit)
    optimize(straight)
    study = optimize(told)
    assert told.trained == [trained]
    assert [attempt.outcome for attempt in study.attempts] == ["interrupted", "complete"]
    assert list(study.trials[0].intermediate_values) == steps
    assert_same(told, straight)


def test_a_training_that_stopped_early_is_over_when_it_is_promoted():
    stopping = [lambda: keras.callbacks.EarlyStopping("loss", patience=1, min_delta=99.0, restore_best_weights=True)]
    straight, paused = (Runs(callbacks=stopping, lr=hopeless_but_0) for _ in range(2))
    whole = optimize(straight).trials[0]
    assert straight.trained == [[0, 1]]
    promoted = optimize(paused, n_trials=2, pruner=ASHAPruner(2, EPOCHS, 2)).trials[0]
    assert (paused.resumed, paused.trained) == ([None, None, 2], [[]])  # what was paused trains no further
    assert (promoted.state, promoted.value) == (COMPLETE, whole.value)
    assert_same(paused, straight)


def test_callbacks_know_the_epochs_before():
    histories, counted = [], []

    class Counts(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.count = 0

        def on_epoch_end(self, epoch, logs=None):
            self.count += 1
            counted.append((epoch, self.count))

        def state_dict(self):
            return {"count": self.count}

        def load_state_dict(self, state):
            self.count = state["count"]

    def history():
        histories.append(keras.callbacks.History())
        return histories[-1]

    study = optimize(Runs(callbacks=[history, Counts, Crash(), Counts]), retries=RetryPolicy(exception=99))
    assert counted == [(epoch, epoch + 1) for epoch in range(EPOCHS) for _ in range(2)]
    assert histories[-1].epoch == [0, 1, 2, 3]
    assert histories[-1].history["val_loss"] == list(study.trials[0].intermediate_values.values())


# --- what is refused ----------------------------------------------------------------------------------------------


def test_a_resumed_attempt_that_forgot_its_checkpoint_is_refused():
    class Forgets(Runs):
        def __call__(self, trial):
            model = self.build()
            model.fit(*TRAIN, 8, verbose=0, epochs=3, validation_data=VALID,
                      callbacks=[RaytuneLiteCallback(trial), *self.callbacks])  # fmt: skip

    with pytest.raises(CheckpointError, match=r"goes on from step 1, .* \*\*callback\.resume\(epochs\)\)"):
        optimize(Forgets(callbacks=[Crash()]), retries=RetryPolicy(exception=2))


def with_two_optimizers(is_built):
    model = dense()
    model.second = keras.optimizers.Adam()
    if is_built:
        model.second.build(model.trainable_variables)
    return model


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (dense, lambda: dense(lambda: keras.layers.Dense(8))),
        (dense, lambda: dense(optimizer=keras.optimizers.SGD)),
        (dense, lambda: dense(lambda: keras.layers.Dropout(0.1))),
        (lambda: with_two_optimizers(True), lambda: with_two_optimizers(False)),
    ],
)
def test_another_model_or_optimizer_than_the_one_that_was_saved_is_refused(first, other):
    class Changes(Runs):
        def __call__(self, trial):
            self.build = first if trial.resumed_from_step is None else other
            return super().__call__(trial)

    with pytest.raises(CheckpointError, match="trial 0: the model is not the one that was saved"):
        optimize(Changes(callbacks=[Crash()]), retries=RetryPolicy(exception=2))


def test_a_checkpoint_of_another_hand_is_refused():
    objective = begun_by_another_hand(lambda trial: RaytuneLiteCallback(trial).value)
    with pytest.raises(CheckpointError, match=r"holds no keras\.weights\.h5: trial 0's checkpoint was not saved by"):
        optimize(objective, retries=RetryPolicy(exception=1))


def test_a_misspelt_monitor_names_the_metrics_that_were_logged():
    with pytest.raises(ValueError, match=r"monitor='accuracy' is not among .*: 'loss', 'mae', 'val_loss', 'val_mae'"):
        optimize(Runs(report={"monitor": "accuracy"}))
    with pytest.raises(ValueError, match=r"monitor='val_loss' is not among .*: 'loss', 'mae'\. .* validation_data="):
        optimize(Runs(validation_data=None))
    with pytest.raises(ValueError, match="epochs must be an integer >= 1, got 0; it counts the epochs of the whole"):
        optimize(lambda trial: RaytuneLiteCallback(trial).resume(0))
    with pytest.raises(RuntimeError, match="trial 0: no epoch is over yet, so there is no value"):
        optimize(lambda trial: RaytuneLiteCallback(trial).value)


def test_a_trial_of_several_processes_is_refused(tmp_path):
    study = rtl.create_study(storage=f"sqlite:///{tmp_path}/ranks.db")
    with pytest.raises(TrialFailedError, match=r"the training has world_size=2.*fit trains a model of its own in each"):
        optimize_ranks(study, lambda trial: RaytuneLiteCallback(trial).value, 2, n_trials=1)
