"""The Lightning callback on real trainers: an interrupted training equals an uninterrupted one, bit for bit."""

from __future__ import annotations

import logging
import signal
import warnings
from types import SimpleNamespace

import pytest

import raytune_lite as rtl
from raytune_lite.core.messages import Leave
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.exceptions import CheckpointError
from raytune_lite.pruners import ASHAPruner, NopPruner
from raytune_lite.runtime.trial import Trial
from raytune_lite.trial import TrialState

torch = pytest.importorskip("torch")
L = pytest.importorskip("lightning")
from lightning.pytorch.callbacks import EarlyStopping, StochasticWeightAveraging  # noqa: E402
from lightning.pytorch.plugins.io import AsyncCheckpointIO  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from raytune_lite.integrations.lightning import RaytuneLiteCallback  # noqa: E402

from .crashes import begun_by_another_hand, crash_at  # noqa: E402

COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL
EPOCHS, BATCHES = 4, 4
SMALL = {
    "max_epochs": EPOCHS,
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Net(L.LightningModule):
    """Dropout, a shuffled loader and a schedule: each lost piece of state changes the weights."""

    has_loader = False

    def __init__(self, lr=0.02):
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1))

    def loss(self, batch):
        return ((self.net(batch[0]) - batch[1]) ** 2).mean()

    def training_step(self, batch, _):
        loss = self.loss(batch)
        self.log("train_loss", loss, on_epoch=True, on_step=False)
        return loss

    def validation_step(self, batch, _):
        self.log("val_loss", self.loss(batch))

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=self.lr)
        return {"optimizer": optimizer, "lr_scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.7)}


class Manual(Net):
    """Manual optimisation with accumulation of its own, over two batches."""

    def __init__(self, lr=0.02):
        super().__init__(lr)
        self.automatic_optimization = False

    def training_step(self, batch, index):
        self.manual_backward(self.loss(batch) / 2)
        if index % 2:
            self.optimizers().step()
            self.optimizers().zero_grad()
        if self.trainer.is_last_batch:
            self.lr_schedulers().step()


class Plateau(Net):
    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=self.lr)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.3, threshold=0.5)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": plateau, "monitor": "val_loss", "strict": False}}


class OwnLoader(Net):
    """A loader with a generator of its own, made in a hook that uses up random numbers."""

    has_loader = True

    def train_dataloader(self):
        torch.rand(7)
        return DataLoader(tensors()[0], 8, shuffle=True, generator=torch.Generator().manual_seed(3))


class Numbered:
    """Batches in an order that only its own count of epochs decides."""

    def __init__(self):
        self.begun, self.given = 0, 0

    def __len__(self):
        return BATCHES

    def __iter__(self):
        first, self.given = self.given % BATCHES, self.given % BATCHES
        self.begun += not first
        train, _ = tensors()
        order = torch.randperm(len(train), generator=torch.Generator().manual_seed(self.begun)).split(8)
        for indices in order[first:]:
            self.given += 1
            yield train[indices]

    def state_dict(self):
        return {"begun": self.begun, "given": self.given}

    def load_state_dict(self, state):
        self.begun, self.given = state["begun"], state["given"]


class StatefulLoader(OwnLoader):
    def train_dataloader(self):
        return Numbered()


def tensors():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(8 * BATCHES + 8, 4, generator=generator)
    y = x.sum(1, keepdim=True) + 0.1 * torch.randn(len(x), 1, generator=generator)
    return TensorDataset(x[8:], y[8:]), TensorDataset(x[:8], y[:8])


class Runs:
    """An objective, and what its attempts left: trainers, final weights and the steps that they resumed from."""

    def __init__(self, module=Net, *, callbacks=(), lr=lambda number: 0.02, report=None, before=None, **trainer):
        self.module, self.callbacks, self.lr, self.before = module, callbacks, lr, before
        self.report, self.trainer = report or {}, {**SMALL, **trainer}
        self.weights, self.resumed, self.trainers, self.schedules, self.loops = {}, [], [], {}, {}

    def __call__(self, trial):
        torch.set_num_threads(1)
        L.seed_everything(trial.number, verbose=False)
        self.resumed.append((trial.number, trial.resumed_from_step))
        train, valid = tensors()
        module = self.module(self.lr(trial.number))
        callback = RaytuneLiteCallback(trial, **self.report)
        made = [item if isinstance(item, L.Callback) else item() for item in self.callbacks]
        trainer = L.Trainer(callbacks=[callback, *made], **self.trainer)
        self.trainers.append(trainer)
        if self.before:
            self.before(trainer, module, DataLoader(valid, 8))
        loaders = [] if module.has_loader else [DataLoader(train, 8, shuffle=True)]
        trainer.fit(module, *loaders, val_dataloaders=DataLoader(valid, 8), ckpt_path=callback.ckpt_path)
        self.weights[trial.number] = [value.clone() for value in module.state_dict().values()]
        self.loops[trial.number] = trainer.fit_loop.state_dict()  # Lightning's own counters
        self.schedules[trial.number] = [group["lr"] for group in trainer.optimizers[0].param_groups]
        return trainer.callback_metrics["val_loss"].item()


class Crash(L.Callback):
    """Raises in the middle of each epoch, once; after that the epoch goes through."""

    def __init__(self):
        self.crashed = []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if batch_idx == 1 and trainer.current_epoch not in self.crashed:
            self.crashed.append(trainer.current_epoch)
            raise OSError("crash")


class Counter(L.Callback):
    """Counts epochs begun and validations seen, as callbacks with a state do; its counts must survive."""

    def __init__(self):
        self.counts = {"begun": 0, "validated": 0}

    def on_train_epoch_start(self, trainer, pl_module):
        self.counts["begun"] += 1

    def on_validation_end(self, trainer, pl_module):
        self.counts["validated"] += not trainer.sanity_checking

    def state_dict(self):
        return dict(self.counts)

    def load_state_dict(self, state_dict):
        self.counts = dict(state_dict)


def study_of(pruner=None):
    return rtl.create_study(sampler=rtl.samplers.RandomSampler(0), pruner=pruner or NopPruner())


def optimize(runs, *, n_trials=1, pruner=None, **settings):
    study = study_of(pruner)
    study.optimize(runs, n_trials=n_trials, executor="inline", **settings)
    return study


def assert_same(one, other, number=0):
    assert len(one.weights[number]) == len(other.weights[number]) > 0
    assert all(torch.equal(a, b) for a, b in zip(one.weights[number], other.weights[number], strict=True))
    assert one.schedules[number] == other.schedules[number]
    assert one.loops[number] == other.loops[number]


# --- resuming -----------------------------------------------------------------------------------------------------

WAYS = {
    "automatic": {},
    "manual": {"module": Manual},
    "bf16-mixed": {"precision": "bf16-mixed"},
    "accumulation with a rest": {"accumulate_grad_batches": 3},
    "a plateau schedule, and epochs that are not validated": {"module": Plateau, "check_val_every_n_epoch": 2},
    "a loader with its own generator": {"module": OwnLoader},
    "a loader with a state": {"module": StatefulLoader},
    "bounded by steps": {"max_epochs": -1, "max_steps": EPOCHS * BATCHES},
    "no sanity check": {"num_sanity_val_steps": 0},
    "several validations an epoch": {"val_check_interval": 0.5},
    "weight averaging": {"callbacks": [lambda: StochasticWeightAveraging(0.01, swa_epoch_start=1)]},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_training_that_crashes_in_every_epoch_equals_one_that_does_not(way):
    crash, ways = Crash(), {"callbacks": [], **WAYS[way]}
    straight = Runs(**ways)
    broken = Runs(**{**ways, "callbacks": [*ways["callbacks"], crash]})
    whole = optimize(straight).trials[0]
    pieces = optimize(broken, retries=RetryPolicy(exception=99)).trials[0]
    assert crash.crashed == list(range(EPOCHS))
    assert len(broken.resumed) == EPOCHS + 1
    assert broken.resumed[-1] == (0, max(step for step in whole.intermediate_values if step < EPOCHS))
    assert pieces.state is COMPLETE
    assert pieces.intermediate_values == whole.intermediate_values
    assert pieces.value == whole.value
    assert_same(broken, straight)


def test_a_promoted_trial_equals_one_that_was_never_paused():
    # the first trial is the best; rungs at 1 and 2: with four trials it is paused at both and promoted from both
    rates = {"lr": lambda number: 0.02 if number == 0 else 1e-7}
    straight, paused = Runs(**rates), Runs(**rates)
    whole = optimize(straight).trials[0]
    study = optimize(paused, n_trials=4, pruner=ASHAPruner(1, EPOCHS, 2))
    assert [step for number, step in paused.resumed if number == 0] == [None, 1, 2]
    assert [trial.state for trial in study.trials] == [COMPLETE, PRUNED, PRUNED, PRUNED]
    assert study.trials[0].intermediate_values == whole.intermediate_values
    assert study.trials[0].attempt == 3
    assert_same(paused, straight)
    assert all(trainer.state.status == "interrupted" for trainer in paused.trainers[:2])


def test_mode_stop_prunes_and_needs_no_checkpoint(monkeypatch):
    monkeypatch.setattr(Trial, "checkpoint_dir", lambda *_: pytest.fail("a checkpoint was saved"))
    runs = Runs(lr=lambda number: 0.02 if number == 0 else 1e-7, report={"save": False})
    study = optimize(runs, n_trials=3, pruner=ASHAPruner(1, EPOCHS, 2, mode="stop"))
    assert [(trial.state, len(trial.intermediate_values)) for trial in study.trials] == [
        (COMPLETE, EPOCHS),
        (PRUNED, 1),
        (PRUNED, 1),
    ]


def test_a_crash_between_checkpoint_and_report_repeats_the_epoch_and_leaves_no_hole(monkeypatch):
    straight, broken = Runs(), Runs()
    whole = optimize(straight).trials[0]
    reported = crash_at(monkeypatch, [1, 2])
    pieces = optimize(broken, retries=RetryPolicy(exception=1), pruner=ASHAPruner(9, 10, 2)).trials[0]
    assert broken.resumed == [(0, None), (0, 1)]
    assert reported == [1, 2, 2, 3, 4]
    assert pieces.intermediate_values == whole.intermediate_values
    assert_same(broken, straight)


def test_callbacks_with_a_state_count_each_epoch_and_each_validation_once():
    counters = []

    def counter():
        counters.append(Counter())
        return counters[-1]

    optimize(Runs(callbacks=[counter, Crash()], val_check_interval=0.5), retries=RetryPolicy(exception=99))
    assert len(counters) == EPOCHS + 1
    assert counters[-1].counts == {"begun": EPOCHS, "validated": 2 * EPOCHS}


class Notice(L.Callback):
    """A node that leaves, once, in the middle of the second epoch."""

    def __init__(self, seconds):
        self.seconds, self.trial, self.is_told = seconds, None, False

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if (trainer.current_epoch, batch_idx, self.is_told) == (1, 1, False):
            self.is_told = True
            self.trial.delivery.leave(Leave(reason="its node leaves", seconds=self.seconds))


class Told(Runs):
    def __call__(self, trial):
        self.callbacks[0].trial = trial
        return super().__call__(trial)


@pytest.mark.parametrize(("seconds", "resumed"), [(600.0, 2), (0.0, 1), (None, 2)])
def test_where_the_node_leaves_it_ends_with_its_epoch_or_within_it_if_there_is_no_time(seconds, resumed):
    straight, told = Runs(StatefulLoader), Told(StatefulLoader, callbacks=[Notice(seconds)])
    optimize(straight)
    study = optimize(told)
    assert [step for _, step in told.resumed] == [None, resumed]
    assert [attempt.outcome for attempt in study.attempts] == ["interrupted", "complete"]
    assert list(study.trials[0].intermediate_values) == [1, 2, 3, 4]
    assert_same(told, straight)


def test_an_attempt_that_leaves_just_before_a_validation_reports_it():
    told = Told(StatefulLoader, callbacks=[Notice(0.0)], val_check_interval=0.5, report={"unit": "step"})
    study = optimize(told)  # it is told before the batch that a validation follows
    assert list(study.trials[0].intermediate_values) == [2, 4, 6, 8, 10, 12, 14, 16]
    assert [attempt.outcome for attempt in study.attempts] == ["interrupted", "complete"]


def test_a_resumed_attempt_that_forgot_its_checkpoint_is_refused():
    class Forgetful(Runs):
        def __call__(self, trial):
            trial.load_checkpoint_dir = lambda: None
            return super().__call__(trial)

    with pytest.raises(CheckpointError, match=r"goes on from step 1, .* ckpt_path=callback\.ckpt_path"):
        optimize(Forgetful(callbacks=[Crash()]), retries=RetryPolicy(exception=99))


def test_a_checkpoint_of_another_hand_is_refused_and_ours_loads_without_running_code():
    paths = []

    objective = begun_by_another_hand(lambda trial: RaytuneLiteCallback(trial).ckpt_path)
    with pytest.raises(CheckpointError, match=r"holds no lightning\.ckpt: trial 0's checkpoint was not saved by"):
        optimize(objective, retries=RetryPolicy(exception=1))

    class Keeps(Runs):
        def __call__(self, trial):
            path = RaytuneLiteCallback(trial).ckpt_path
            paths.append(path and torch.load(path, weights_only=True)["callbacks"]["RaytuneLiteCallback"]["told"])
            return super().__call__(trial)

    optimize(Keeps(callbacks=[Crash()]), retries=RetryPolicy(exception=99))
    assert paths == [None, None, 1, 2, 3]


# --- reports --------------------------------------------------------------------------------------------------------


def test_the_sanity_check_is_not_reported():
    with_check, without = Runs(num_sanity_val_steps=2), Runs(num_sanity_val_steps=0)
    one, other = optimize(with_check).trials[0], optimize(without).trials[0]
    assert list(one.intermediate_values) == [1, 2, 3, 4]
    assert one.intermediate_values == other.intermediate_values
    with pytest.raises(OSError, match="crash"):  # the sanity check alone, and training ends in its first epoch
        optimize(crashed := Runs(callbacks=[Crash()]))
    assert crashed.trainers[0].global_step == 2


def test_only_epochs_that_were_validated_are_reported():
    trial = optimize(Runs(check_val_every_n_epoch=3, max_epochs=7)).trials[0]
    assert list(trial.intermediate_values) == [3, 6]


def test_without_validation_each_epoch_is_saved_and_reported_once(monkeypatch):
    calls, report, save = [], Trial.report, Trial.checkpoint_dir
    monkeypatch.setattr(Trial, "report", lambda self, value, step: calls.append(step) or report(self, value, step))
    monkeypatch.setattr(Trial, "checkpoint_dir", lambda self, step: calls.append(f"save {step}") or save(self, step))
    runs = Runs(limit_val_batches=0, report={"monitor": "train_loss"}, callbacks=[Crash()])
    with pytest.raises(KeyError):  # the objective's own: it returns val_loss
        optimize(runs, retries=RetryPolicy(exception=EPOCHS))
    # the end is not saved: resumed there, a training would do nothing and have no metric to return
    assert calls == ["save 1", 1, "save 2", 2, "save 3", 3, 4]


@pytest.mark.parametrize("unit", ["epoch", "step"])
def test_several_validations_an_epoch(unit):
    trial = optimize(Runs(val_check_interval=0.5, report={"unit": unit})).trials[0]
    want = [1, 2, 3, 4] if unit == "epoch" else [2, 4, 6, 8, 10, 12, 14, 16]
    assert list(trial.intermediate_values) == want


def test_a_trial_paused_within_an_epoch_goes_on_from_there():
    batches, stopping = [], []

    class Count(L.Callback):
        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            batches.append((trainer.current_epoch, batch_idx))

    def early():
        stopping.append(EarlyStopping("val_loss", patience=99, min_delta=1e9))
        return stopping[-1]

    runs = Runs(
        lr=lambda number: 0.02 if number == 0 else 1e-7,
        callbacks=[Count(), early],
        val_check_interval=0.5,
        report={"unit": "step"},
    )
    study = optimize(runs, n_trials=2, pruner=ASHAPruner(2, 16, 2))
    assert [step for number, step in runs.resumed if number == 0] == [None, 2]
    # trial 0 pauses at step 4 too; no one promotes it there
    assert list(study.trials[0].intermediate_values) == [2, 4]
    assert batches == [(0, 0), (0, 1), (0, 0), (0, 1), (0, 2), (0, 3)]  # trial 0, trial 1, trial 0 again
    assert stopping[-1].wait_count == 1  # of the validations at 2 (the first is the best) and 4


def test_within_an_epoch_a_loader_with_a_state_resumes_bit_for_bit():
    common = {"module": StatefulLoader, "val_check_interval": 0.5, "report": {"unit": "step"}}
    straight, paused = Runs(**common), Runs(lr=lambda number: 0.02 if number == 0 else 1e-7, **common)
    optimize(straight)
    study = optimize(paused, n_trials=4, pruner=ASHAPruner(6, 16, 2))  # 6 and 12: after an epoch and a half, and three
    assert [step for number, step in paused.resumed if number == 0] == [None, 6, 12]
    assert study.trials[0].intermediate_values.keys() == {*range(2, 17, 2)}
    assert_same(paused, straight)


@pytest.mark.parametrize("unit", ["epoch", "step"])
def test_a_misspelt_monitor_names_the_metrics_that_were_logged(unit):
    study = study_of()
    runs = Runs(report={"monitor": "valid_loss", "unit": unit}, val_check_interval=0.5)
    with pytest.raises(ValueError, match=r"monitor='valid_loss' is not among the metrics .*: .*'val_loss'"):
        study.optimize(runs, n_trials=1, executor="inline")
    assert study.trials[0].state is FAIL


def test_an_unknown_unit_names_the_known_ones():
    with pytest.raises(ValueError, match=r"unit must be one of \['epoch', 'step'\], got 'epochs'"):
        RaytuneLiteCallback(SimpleNamespace(), unit="epochs")


# --- the trainer's surroundings ----------------------------------------------------------------------------------


def test_ctrl_c_interrupts_the_study_and_the_trial_goes_on_later():
    class Interrupt(L.Callback):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            if trainer.current_epoch == 2 and not interrupted:
                interrupted.append(True)
                raise KeyboardInterrupt

    interrupted, before = [], signal.getsignal(signal.SIGINT)
    straight, runs, study = Runs(), Runs(callbacks=[Interrupt()]), study_of()
    with pytest.raises(KeyboardInterrupt):
        study.optimize(runs, n_trials=1, executor="inline")
    assert signal.getsignal(signal.SIGINT) is before
    study.optimize(runs, max_trials=1, executor="inline")
    assert runs.resumed == [(0, None), (0, 2)]
    optimize(straight)
    assert_same(runs, straight)


def test_other_processes_than_the_trials_and_background_checkpoints_are_refused():
    callback = RaytuneLiteCallback(SimpleNamespace(number=7, world_size=1))
    with pytest.raises(NotImplementedError, match=r"the trainer has world_size=2, but .* world_size=1"):
        callback.setup(SimpleNamespace(world_size=2), None, "fit")
    with pytest.raises(NotImplementedError, match="AsyncCheckpointIO writes in the background"):
        optimize(Runs(plugins=[AsyncCheckpointIO()]))


def test_a_validation_outside_of_fit_is_not_reported():
    def validate(trainer, module, loader):
        trainer.validate(module, loader, verbose=False)

    trial = optimize(Runs(before=validate, check_val_every_n_epoch=2)).trials[0]
    assert list(trial.intermediate_values) == [2, 4]


def test_a_trainer_of_pytorch_lightning_takes_the_callback():
    pl = pytest.importorskip("pytorch_lightning")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)

    class Module(pl.LightningModule):
        def __init__(self, lr):
            super().__init__()
            self.lr, self.net = lr, nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.Linear(8, 1))

        loss, training_step, validation_step = Net.loss, Net.training_step, Net.validation_step
        configure_optimizers = Net.configure_optimizers

    class Crashes(pl.Callback):
        crashed = ()
        on_train_batch_end = Crash.on_train_batch_end

    weights = []
    for crashed in ([0, 1, 2, 3], []):

        def objective(trial, crashed=crashed):
            L.seed_everything(0, verbose=False)
            callback, crash, module = RaytuneLiteCallback(trial), Crashes(), Module(0.02)
            crash.crashed = crashed
            trainer = pl.Trainer(callbacks=[callback, crash], **SMALL)
            train, valid = tensors()
            loaders = DataLoader(train, 8, shuffle=True), DataLoader(valid, 8)
            trainer.fit(module, *loaders, ckpt_path=callback.ckpt_path)
            weights.append([value.clone() for value in module.state_dict().values()])
            return trainer.callback_metrics["val_loss"].item()

        trial = optimize(objective, retries=RetryPolicy(exception=99)).trials[0]
        assert (trial.state, list(trial.intermediate_values)) == (COMPLETE, [1, 2, 3, 4])
    assert all(torch.equal(a, b) for a, b in zip(*weights, strict=True))
