"""The Hugging Face callback on a tiny Trainer without any download: paused and crashed runs equal straight ones."""

from __future__ import annotations

import warnings
from pathlib import Path
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
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")
from transformers import BertConfig, BertForSequenceClassification, TrainerCallback, TrainingArguments  # noqa: E402

from raytune_lite.integrations.transformers import RaytuneLiteCallback  # noqa: E402

from .crashes import begun_by_another_hand, crash_at  # noqa: E402

COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL
EPOCHS, BATCHES = 3, 4


@pytest.fixture(autouse=True)
def quiet():
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    transformers.utils.logging.enable_progress_bar()


def sentences(n, seed):
    """Eight tokens each; the label says whether the first is in the upper half of the vocabulary."""
    tokens = torch.randint(2, 32, (n, 8), generator=torch.Generator().manual_seed(seed))
    return [{"input_ids": row, "labels": (row[0] > 16).long()} for row in tokens]


TRAIN, VALID = sentences(8 * BATCHES, 0), sentences(16, 1)


def tiny_bert():
    config = BertConfig(
        vocab_size=32,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=8,
    )
    return BertForSequenceClassification(config)


class Runs:
    """An objective, and what its attempts left: output directories, final weights, steps that they resumed from."""

    def __init__(self, folder, *, callbacks=(), lr=lambda number: 1e-2, report=None, valid=VALID, **arguments):
        self.folder, self.callbacks, self.lr, self.report, self.valid = folder, callbacks, lr, report or {}, valid
        self.arguments = {
            "num_train_epochs": EPOCHS,
            "per_device_train_batch_size": 8,
            "eval_strategy": "epoch",
            "save_strategy": "no",
            "logging_strategy": "no",
            "use_cpu": True,
            "report_to": [],
            "disable_tqdm": True,
            "dataloader_pin_memory": False,
            **arguments,
        }
        self.weights, self.resumed, self.trainers = {}, [], []

    def __call__(self, trial):
        torch.set_num_threads(1)
        transformers.set_seed(trial.number)
        self.resumed.append((trial.number, trial.resumed_from_step))
        callback = RaytuneLiteCallback(trial, **self.report)
        output = self.folder / str(trial.number)
        arguments = TrainingArguments(str(output), learning_rate=self.lr(trial.number), **self.arguments)
        data = {"train_dataset": TRAIN, "eval_dataset": self.valid}
        trainer = transformers.Trainer(tiny_bert(), arguments, callbacks=[*self.callbacks, callback], **data)
        self.trainers.append(trainer)
        trainer.train(resume_from_checkpoint=callback.resume_from_checkpoint)
        self.weights[trial.number] = [value.clone() for value in trainer.model.state_dict().values()]
        return trainer.evaluate(VALID)["eval_loss"]


class Crash(TrainerCallback):
    """Raises once at each of these steps."""

    def __init__(self, *steps):
        self.steps = list(steps)

    def on_step_end(self, args, state, control, **_):
        if state.global_step in self.steps:
            self.steps.remove(state.global_step)
            raise OSError("crash")


def optimize(runs, *, n_trials=1, pruner=None, **settings):
    study = rtl.create_study(sampler=rtl.samplers.RandomSampler(0), pruner=pruner or NopPruner())
    study.optimize(runs, n_trials=n_trials, executor="inline", **settings)
    return study


def assert_same(one, other, number=0):
    assert len(one.weights[number]) == len(other.weights[number]) > 0
    assert all(torch.equal(a, b) for a, b in zip(one.weights[number], other.weights[number], strict=True))


# --- resuming -----------------------------------------------------------------------------------------------------

WAYS = {
    "each epoch": ({}, {}),
    "bf16, accumulation with a rest": ({"bf16": True, "gradient_accumulation_steps": 3}, {}),
    "within an epoch": ({"eval_strategy": "steps", "eval_steps": 3}, {"unit": "step"}),
}


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=[] if "accumulation" in way else pytest.mark.long) for way in WAYS]
)
def test_a_training_that_crashes_again_and_again_equals_one_that_does_not(way, tmp_path):
    arguments, report = WAYS[way]
    last = EPOCHS * 2 if "accumulation" in way else EPOCHS * BATCHES
    crash = Crash(1, last // 2, last)
    straight = Runs(tmp_path / "a", report=report, **arguments)
    broken = Runs(tmp_path / "b", report=report, callbacks=[crash], **arguments)
    whole = optimize(straight).trials[0]
    pieces = optimize(broken, retries=RetryPolicy(exception=3)).trials[0]
    assert crash.steps == []
    assert len(broken.resumed) == 4
    assert broken.resumed[-1][1] == sorted(whole.intermediate_values)[-2]
    assert (pieces.intermediate_values, pieces.value) == (whole.intermediate_values, whole.value)
    assert_same(broken, straight)


def test_a_promoted_trial_equals_one_that_was_never_paused(tmp_path):
    # the first trial learns, the others diverge; with four trials it is paused at both rungs and promoted from both
    rates = {"lr": lambda number: 1e-2 if number == 0 else 1.0}
    straight, paused = Runs(tmp_path / "a", **rates), Runs(tmp_path / "b", **rates)
    whole = optimize(straight).trials[0]
    study = optimize(paused, n_trials=4, pruner=ASHAPruner(1, EPOCHS, 2))
    assert [step for number, step in paused.resumed if number == 0] == [None, 1, 2]
    assert [trial.state for trial in study.trials] == [COMPLETE, PRUNED, PRUNED, PRUNED]
    assert study.trials[0].intermediate_values == whole.intermediate_values
    assert_same(paused, straight)
    assert list((tmp_path / "b").rglob("checkpoint-*")) == []  # they became the trials'


def test_mode_stop_prunes_and_takes_no_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(Trial, "checkpoint_dir", lambda *_: pytest.fail("a checkpoint was taken"))
    runs = Runs(tmp_path, lr=lambda number: 1e-2 if number == 0 else 1.0, report={"save": False})
    study = optimize(runs, n_trials=2, pruner=ASHAPruner(1, EPOCHS, 2, mode="stop"))
    assert [(t.state, len(t.intermediate_values)) for t in study.trials] == [(COMPLETE, EPOCHS), (PRUNED, 1)]


def test_a_pruned_training_ends_as_trainings_end(tmp_path):
    ended = []

    class Ends(TrainerCallback):
        def on_train_end(self, args, state, control, **_):
            ended.append(state.global_step)

    runs = Runs(tmp_path, callbacks=[Ends()])
    assert optimize(runs, pruner=ASHAPruner(1, EPOCHS, 2)).trials[0].state is PRUNED
    assert ended == [BATCHES]


def test_a_crash_between_checkpoint_and_report_repeats_the_epoch_and_leaves_no_hole(tmp_path, monkeypatch):
    straight, broken = Runs(tmp_path / "a"), Runs(tmp_path / "b")
    whole = optimize(straight).trials[0]
    reported = crash_at(monkeypatch, [1, 2])
    pieces = optimize(broken, retries=RetryPolicy(exception=1), pruner=ASHAPruner(9, 10, 2)).trials[0]
    assert broken.resumed == [(0, None), (0, 1)]
    assert reported == [1, 2, 2, 3]
    assert pieces.intermediate_values == whole.intermediate_values
    assert_same(broken, straight)


class Notice(TrainerCallback):
    """A node that leaves, once, while this step is trained."""

    def __init__(self, step):
        self.step, self.trial = step, None

    def on_step_begin(self, args, state, control, **_):
        if state.global_step == self.step - 1:
            self.step = -1
            self.trial.delivery.leave(Leave(reason="its node leaves", seconds=60.0))


class Told(Runs):
    def __call__(self, trial):
        self.callbacks[0].trial = trial
        return super().__call__(trial)


@pytest.mark.parametrize(("step", "resumed"), [(BATCHES + 2, 1), (2 * BATCHES, 2)])
def test_where_the_node_leaves_it_saves_after_the_step_and_goes_on_from_there_bit_for_bit(tmp_path, step, resumed):
    straight, told = Runs(tmp_path / "a"), Told(tmp_path / "b", callbacks=[Notice(step)])
    optimize(straight)
    study = optimize(told)
    assert [step for _, step in told.resumed] == [None, resumed]
    assert [attempt.outcome for attempt in study.attempts] == ["interrupted", "complete"]
    assert list(study.trials[0].intermediate_values) == [1, 2, 3]
    assert_same(told, straight)
    assert told.trainers[1].state.global_step == straight.trainers[0].state.global_step


def test_the_trainers_own_checkpoints_stay(tmp_path):
    optimize(Runs(tmp_path, save_strategy="epoch"))
    assert sorted(path.name for path in (tmp_path / "0").iterdir()) == ["checkpoint-12", "checkpoint-4", "checkpoint-8"]
    assert Path(tmp_path / "0/checkpoint-8/optimizer.pt").exists()


def test_a_resumed_attempt_that_forgot_its_checkpoint_is_refused(tmp_path):
    class Forgetful(Runs):
        def __call__(self, trial):
            trial.load_checkpoint_dir = lambda: None
            return super().__call__(trial)

    match = r"goes on from step 1, .*\(resume_from_checkpoint=callback\.resume_from_checkpoint\)"
    with pytest.raises(CheckpointError, match=match):
        optimize(Forgetful(tmp_path, callbacks=[Crash(5)]), retries=RetryPolicy(exception=1))


def test_a_checkpoint_of_another_hand_is_refused():
    objective = begun_by_another_hand(lambda trial: RaytuneLiteCallback(trial).resume_from_checkpoint)
    with pytest.raises(CheckpointError, match=r"holds no trainer_state\.json: trial 0's checkpoint was not saved by"):
        optimize(objective, retries=RetryPolicy(exception=1))


# --- reports --------------------------------------------------------------------------------------------------------


def test_evaluations_before_and_outside_of_training_are_not_reported(tmp_path):
    trial = optimize(Runs(tmp_path, eval_on_start=True)).trials[0]
    assert list(trial.intermediate_values) == [1, 2, 3]


def test_several_evaluations_an_epoch_report_whole_epochs_or_steps(tmp_path):
    often = {"eval_strategy": "steps", "eval_steps": 2, "num_train_epochs": 2}
    assert list(optimize(Runs(tmp_path / "a", **often)).trials[0].intermediate_values) == [1, 2]
    runs = Runs(tmp_path / "b", report={"unit": "step"}, **often)
    assert list(optimize(runs).trials[0].intermediate_values) == [2, 4, 6, 8]


@pytest.mark.parametrize("save", [True, False])
def test_several_data_sets_are_one_evaluation(tmp_path, save):
    valid = {"near": VALID, "far": sentences(16, 2)}
    runs = Runs(tmp_path, valid=valid, report={"monitor": "eval_near_loss", "save": save}, num_train_epochs=2)
    assert list(optimize(runs).trials[0].intermediate_values) == [1, 2]


@pytest.mark.parametrize("save", [True, False])
def test_a_misspelt_monitor_names_the_metrics_that_were_evaluated(tmp_path, save):
    study = rtl.create_study()
    runs = Runs(tmp_path, report={"monitor": "loss", "save": save})
    with pytest.raises(ValueError, match=r"monitor='loss' is not among the metrics .*: 'epoch', 'eval_loss'"):
        study.optimize(runs, n_trials=1, executor="inline")
    assert study.trials[0].state is FAIL
    assert runs.trainers[0].state.global_step == BATCHES  # at the first evaluation, not at the end


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"eval_strategy": "no"}, "eval_strategy='no' never evaluates"),
        ({"save_only_model": True}, "save_only_model=True leaves the optimizer out"),
        ({"save_strategy": "best", "metric_for_best_model": "loss"}, "save_strategy='best' skips evaluations"),
    ],
)
def test_arguments_that_would_lose_reports_or_checkpoints_are_refused(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        optimize(Runs(tmp_path, **arguments))


def test_other_processes_than_the_trials_are_refused():
    callback = RaytuneLiteCallback(SimpleNamespace(number=7, world_size=1))
    with pytest.raises(NotImplementedError, match=r"the Trainer has world_size=2, but .* world_size=1"):
        callback.on_train_begin(SimpleNamespace(world_size=2), None, None)


def test_an_unknown_unit_names_the_known_ones():
    with pytest.raises(ValueError, match=r"unit must be one of \['epoch', 'step'\], got 'steps'"):
        RaytuneLiteCallback(SimpleNamespace(), unit="steps")
