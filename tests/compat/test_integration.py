"""optuna-integration's own callbacks with our trials and studies, each with its real library."""

from __future__ import annotations

import json
import logging
import pickle
import sqlite3
import warnings
from contextlib import closing

import numpy as np
import pytest

import raytune_lite as optuna
from raytune_lite import integration
from raytune_lite.testing import inline_study
from raytune_lite.trial import TrialState

from ..integrations.wandb_files import history

pytest.importorskip("optuna_integration")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)
STEPS = 4


@pytest.fixture(autouse=True)
def quiet(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    for name in ("lightning.pytorch", "ignite"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def with_lightgbm(trial):
    lgb = pytest.importorskip("lightgbm")
    train = lgb.Dataset(X[:40], Y[:40])
    params = {"objective": "binary", "metric": "auc", "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5}
    lgb.train(params, train, STEPS, valid_sets=[train.create_valid(X[40:], Y[40:])],
              callbacks=[integration.LightGBMPruningCallback(trial, "auc")])  # fmt: skip


def with_xgboost(trial):
    xgb = pytest.importorskip("xgboost")
    params = {"objective": "binary:logistic", "eval_metric": "auc", "nthread": 1}
    xgb.train(params, xgb.DMatrix(X[:40], Y[:40]), STEPS, evals=[(xgb.DMatrix(X[40:], Y[40:]), "validation")],
              callbacks=[integration.XGBoostPruningCallback(trial, "validation-auc")], verbose_eval=False)  # fmt: skip


def with_lightning(trial):
    L = pytest.importorskip("lightning")
    import torch

    class Net(L.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = torch.nn.Linear(4, 1)

        def training_step(self, batch, _):
            return (self.net(batch[0]) ** 2).mean()

        def validation_step(self, batch, _):
            self.log("val", self.net(batch[0]).mean())

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.tensor(X)), 30)
    pruning = integration.PyTorchLightningPruningCallback(trial, "val")
    trainer = L.Trainer(max_epochs=STEPS, accelerator="cpu", logger=False, enable_checkpointing=False,
                        enable_progress_bar=False, enable_model_summary=False, callbacks=[pruning])  # fmt: skip
    trainer.fit(Net(), loader, loader)
    pruning.check_pruned()


def with_keras(trial):
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, Y, epochs=STEPS, batch_size=60, verbose=0, callbacks=[integration.KerasPruningCallback(trial, "loss")])


def with_skorch(trial):
    skorch = pytest.importorskip("skorch")
    import torch

    pruning = integration.SkorchPruningCallback(trial, "train_loss")
    net = skorch.NeuralNetClassifier(torch.nn.Linear(4, 2), criterion=torch.nn.CrossEntropyLoss, max_epochs=STEPS,
                                     verbose=0, callbacks=[pruning])  # fmt: skip
    net.fit(X, Y)


def with_ignite(trial):
    ignite = pytest.importorskip("ignite.engine")
    trainer, evaluator = ignite.Engine(lambda *_: 0.0), ignite.Engine(lambda *_: 0.0)

    @evaluator.on(ignite.Events.EPOCH_COMPLETED)
    def score(engine):
        engine.state.metrics["accuracy"] = 0.5

    handler = integration.PyTorchIgnitePruningHandler(trial, "accuracy", trainer)
    evaluator.add_event_handler(ignite.Events.COMPLETED, handler)
    trainer.add_event_handler(ignite.Events.EPOCH_COMPLETED, lambda _: evaluator.run([0]))
    trainer.run([0], max_epochs=STEPS)


def with_catboost(trial):
    import catboost

    pruning = integration.CatBoostPruningCallback(trial, "Logloss")
    model = catboost.CatBoostClassifier(iterations=STEPS, depth=2, thread_count=1, verbose=0, allow_writing_files=False)
    model.fit(X[:40], Y[:40], eval_set=[(X[40:], Y[40:])], callbacks=[pruning])
    pruning.check_pruned()


TRAININGS = [with_lightgbm, with_xgboost, with_lightning, with_keras, with_skorch, with_ignite, with_catboost]


@pytest.mark.parametrize("training", TRAININGS, ids=lambda one: one.__name__.removeprefix("with_"))
def test_a_pruning_callback_reports_each_step_and_prunes(training):
    if training is with_catboost:
        pytest.importorskip("catboost")  # 100 MB: not among the test's requirements

    def objective(trial):
        training(trial)
        return 1.0

    with inline_study(direction="maximize", pruner=optuna.pruners.NopPruner()) as study:
        study.optimize(objective, n_trials=1)
        (whole,) = study.trials
    assert whole.state is TrialState.COMPLETE
    assert len(whole.intermediate_values) == STEPS
    never = optuna.pruners.ThresholdPruner(upper=-1e9, n_warmup_steps=1)
    with inline_study(direction="maximize", pruner=never) as study:
        study.optimize(objective, n_trials=2)
        assert [trial.state for trial in study.trials] == [TrialState.PRUNED] * 2
        assert len(study.trials[0].intermediate_values) < STEPS


@pytest.mark.parametrize("name", ["XGBoostPruningCallback", "PyTorchLightningPruningCallback", "KerasPruningCallback"])
def test_a_callback_can_be_pickled_for_a_process_that_a_library_starts(name):
    try:
        kind = getattr(integration, name)
    except ImportError as error:
        pytest.skip(str(error))
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert getattr(integration, name) is kind


def test_lightgbm_refuses_a_metric_of_the_other_direction():
    with inline_study() as study, pytest.raises(ValueError, match="inconsistent with the objective values"):
        study.optimize(lambda trial: with_lightgbm(trial) or 1.0, n_trials=1)


def quadratic(trial):
    return trial.suggest_float("x", -1, 1) ** 2


def test_mlflow_logs_trials_and_what_the_objective_logs_in_the_same_run(tmp_path):
    mlflow = pytest.importorskip("mlflow")
    tracker = integration.MLflowCallback(f"file:{tmp_path}/mlruns", "loss")

    @tracker.track_in_mlflow()
    def objective(trial):
        mlflow.log_metric("own", 3.0)
        return quadratic(trial)

    with inline_study(study_name="mine") as study:
        study.optimize(objective, n_trials=2, callbacks=[tracker])
        client = mlflow.MlflowClient(f"file:{tmp_path}/mlruns")
        runs = client.search_runs([client.get_experiment_by_name("mine").experiment_id])
        assert sorted(run.data.metrics["loss"] for run in runs) == sorted(trial.value for trial in study.trials)
    assert {run.data.tags["state"] for run in runs} == {"COMPLETE"}
    assert [run.data.metrics["own"] for run in runs] == [3.0, 3.0]


@pytest.mark.parametrize("as_multirun", [False, True])
def test_wandb_logs_trials(as_multirun, tmp_path):
    wandb = pytest.importorskip("wandb")
    offline = {"project": "p", "dir": str(tmp_path), "mode": "offline"}  # wandb reads WANDB_MODE once in a process
    tracker = integration.WeightsAndBiasesCallback("loss", offline, as_multirun)
    with inline_study() as study:
        study.optimize(tracker.track_in_wandb()(quadratic), n_trials=2, n_jobs=1, callbacks=[tracker])
        values = [trial.value for trial in study.trials]
    wandb.finish()
    rows = [row for path in sorted(tmp_path.glob("wandb/offline-run-*/*.wandb")) for row in history(path)]
    assert sorted(row["loss"] for row in rows) == sorted(values)
    assert len([*tmp_path.glob("wandb/offline-run-*")]) == 1 + as_multirun


def test_trackio_logs_trials_in_one_run(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path))  # it reads it when it is imported
    trackio = pytest.importorskip("trackio")  # with Gradio's client, not among the test's requirements
    tracker = integration.TrackioCallback("mine", "loss")  # as_multirun=True logs to a closed run, with Optuna too
    with inline_study() as study:
        study.optimize(tracker.track_in_trackio()(quadratic), n_trials=2, n_jobs=1, callbacks=[tracker])
        values = [trial.value for trial in study.trials]
    trackio.finish()
    with closing(sqlite3.connect(tmp_path / "mine.db")) as database:
        rows = [json.loads(row) for (row,) in database.execute("SELECT metrics FROM metrics")]
    assert sorted(row["loss"] for row in rows) == sorted(values)


def test_optuna_search_cv_searches_in_a_study_of_ours():
    from sklearn.linear_model import LogisticRegression

    space = {"C": optuna.distributions.FloatDistribution(1e-2, 1e2, log=True)}
    with inline_study(direction="maximize") as study:
        search = integration.OptunaSearchCV(LogisticRegression(), space, n_trials=3, study=study)
        search.fit(X, Y)
        assert search.best_score_ == study.best_value == max(trial.value for trial in search.trials_)
        assert len(study.trials) == 3
    assert search.predict(X).shape == Y.shape


def test_a_trial_is_shared_by_the_processes_of_torch(tmp_path):
    dist = pytest.importorskip("torch.distributed")
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/meeting", rank=0, world_size=1)
    try:

        def objective(trial):
            shared = integration.TorchDistributedTrial(trial)
            x = shared.suggest_float("x", 0, 1) + shared.suggest_int("n", 1, 3)
            shared.set_user_attr("seen", shared.number)
            shared.report(x, 1)
            assert not shared.should_prune()
            return x

        with inline_study() as study:
            study.optimize(objective, n_trials=2)
            assert [trial.user_attrs["seen"] for trial in study.trials] == [0, 1]
    finally:
        dist.destroy_process_group()


def test_a_sampler_of_pycma_chooses_our_trials():
    pytest.importorskip("cma")
    with inline_study(sampler=integration.PyCmaSampler(n_startup_trials=1, seed=1)) as study:
        study.optimize(lambda trial: quadratic(trial) + abs(trial.suggest_float("y", -1, 1)), n_trials=8)
        assert study.best_value < 1.0


def test_a_sampler_of_botorch_chooses_our_trials():
    pytest.importorskip("botorch")  # with gpytorch, not among the test's requirements
    with inline_study(sampler=integration.BoTorchSampler(n_startup_trials=3, seed=1)) as study:
        study.optimize(lambda trial: quadratic(trial) + abs(trial.suggest_float("y", -1, 1)), n_trials=6)
        assert study.best_value < 1.0
        assert len({tuple(trial.params.values()) for trial in study.trials}) == 6


def test_shapley_values_of_our_trials():
    pytest.importorskip("shap")  # with numba and LLVM, not among the test's requirements
    with inline_study(sampler=optuna.samplers.RandomSampler(seed=0)) as study:
        study.optimize(lambda trial: quadratic(trial) + trial.suggest_float("y", -1, 1) / 100, n_trials=12)
        found = optuna.importance.get_param_importances(study, evaluator=integration.ShapleyImportanceEvaluator(seed=0))
    assert list(found) == ["x", "y"]
    assert found["x"] > 2 * found["y"]


def test_the_stepwise_tuner_of_lightgbm_needs_a_study_of_optunas():
    """It makes studies of its own on the storage of the one that it is given, and ours is no storage of Optuna's."""
    lgb = pytest.importorskip("lightgbm")
    train = lgb.Dataset(X[:40], Y[:40])
    params = {"objective": "binary", "metric": "binary_logloss", "verbosity": -1, "num_threads": 1}
    valid = [train.create_valid(X[40:], Y[40:])]
    with inline_study() as study:
        tuner = integration.LightGBMTuner(params, train, 2, valid_sets=valid, study=study)
        with pytest.raises(NotImplementedError, match="trials are made and changed with raytune_lite"):
            tuner.tune_bagging(2)
