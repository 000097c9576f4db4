"""The callbacks of XGBoost and LightGBM on real trainings: one that was interrupted equals one that was not."""

from __future__ import annotations

import math

import numpy as np
import pytest

import raytune_lite as rtl
from raytune_lite.core.messages import Leave
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.exceptions import CheckpointError
from raytune_lite.pruners import ASHAPruner, NopPruner
from raytune_lite.runtime.trial import Trial
from raytune_lite.testing import FakeTrial, inline_study
from raytune_lite.trial import TrialState

xgb = pytest.importorskip("xgboost")
lgb = pytest.importorskip("lightgbm")

from raytune_lite.integrations import lightgbm as of_lightgbm  # noqa: E402
from raytune_lite.integrations import xgboost as of_xgboost  # noqa: E402

from .crashes import crash_at  # noqa: E402

COMPLETE, PRUNED = TrialState.COMPLETE, TrialState.PRUNED
ROUNDS = 8
RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 6))
Y = (X[:, 0] + X[:, 1] * X[:, 2] + RNG.normal(size=300) > 0).astype(int)
TRAIN, VALID = slice(200), slice(200, 300)


class XGBoost:
    """One library behind the names that the tests use."""

    callback = of_xgboost.RaytuneLiteCallback
    monitor, sklearn_monitor, cv_monitor = "valid-logloss", "validation_0-logloss", "test-logloss"
    params = {"objective": "binary:logistic", "eval_metric": ["error", "logloss"], "max_depth": 3, "nthread": 1}

    @staticmethod
    def data():
        return xgb.DMatrix(X[TRAIN], Y[TRAIN]), xgb.DMatrix(X[VALID], Y[VALID])

    @classmethod
    def train(cls, report, rounds=ROUNDS, *, rate=0.3, patience=None, scores=None, is_resumed=True, evals=True):
        train, valid = cls.data()
        others = [xgb.callback.LearningRateScheduler(lambda epoch: rate * 0.9**epoch)]
        if patience:
            others.append(xgb.callback.EarlyStopping(rounds=patience))
        arguments = report.resume(rounds, others)
        if not is_resumed:
            arguments = {"num_boost_round": rounds, "callbacks": [report]}
        return xgb.train({**cls.params, "learning_rate": rate}, train, evals=[(valid, "valid")] if evals else [],
                         evals_result=scores, verbose_eval=False, **arguments)  # fmt: skip

    @classmethod
    def cv(cls, report):
        xgb.cv(cls.params, cls.data()[0], ROUNDS, nfold=3, seed=0, callbacks=[report])

    @staticmethod
    def fit(report):
        model = xgb.XGBClassifier(n_estimators=report.remaining(ROUNDS), max_depth=3, n_jobs=1, callbacks=[report])
        return model.fit(X[TRAIN], Y[TRAIN], eval_set=[(X[VALID], Y[VALID])], xgb_model=report.xgb_model, verbose=False)

    @staticmethod
    def predict(model):
        return model.predict(xgb.DMatrix(X))


class LightGBM:
    callback = of_lightgbm.RaytuneLiteCallback
    monitor, sklearn_monitor, cv_monitor = "valid-binary_logloss", "valid_0-binary_logloss", "valid-binary_logloss"
    params = {"objective": "binary", "metric": ["binary_logloss", "binary_error"], "num_leaves": 7, "num_threads": 1,
              "verbosity": -1}  # fmt: skip

    @staticmethod
    def data():
        train = lgb.Dataset(X[TRAIN], Y[TRAIN])
        return train, train.create_valid(X[VALID], Y[VALID])

    @classmethod
    def train(cls, report, rounds=ROUNDS, *, rate=0.3, patience=None, scores=None, is_resumed=True, evals=True):
        train, valid = cls.data()
        others = [lgb.reset_parameter(learning_rate=lambda done: rate * 0.9**done)]
        if scores is not None:
            others.append(lgb.record_evaluation(scores))
        if patience:
            others.append(lgb.early_stopping(patience, first_metric_only=True, verbose=False))
        arguments = report.resume(rounds, others)
        if not is_resumed:
            arguments = {"num_boost_round": rounds, "callbacks": [report]}
        return lgb.train({**cls.params, "learning_rate": rate}, train, valid_sets=[valid] if evals else None,
                         valid_names=["valid"], **arguments)  # fmt: skip

    @classmethod
    def cv(cls, report):
        lgb.cv(cls.params, cls.data()[0], ROUNDS, nfold=3, seed=0, callbacks=[report])

    @staticmethod
    def fit(report):
        model = lgb.LGBMClassifier(n_estimators=report.remaining(ROUNDS), num_leaves=7, n_jobs=1, verbosity=-1)
        return model.fit(X[TRAIN], Y[TRAIN], eval_set=[(X[VALID], Y[VALID])], eval_metric="binary_logloss",
                         callbacks=[report], init_model=report.init_model)  # fmt: skip

    @staticmethod
    def predict(model):
        return model.predict(X, num_iteration=-1)


@pytest.fixture(params=[XGBoost, LightGBM], ids=["xgboost", "lightgbm"])
def library(request):
    return request.param


class Runs:
    """An objective that keeps what it trained: trial 0 is the best."""

    def __init__(self, library, *, report=None, **options):
        self.library, self.report, self.options = library, report or {}, options
        self.models, self.scores, self.resumed, self.values = [], [], [], []

    def __call__(self, trial):
        report = self.library.callback(trial, self.library.monitor, **self.report)
        self.resumed.append((trial.number, trial.resumed_from_step))
        scores = {}
        model = self.library.train(report, rate=0.3 if trial.number == 0 else 0.01, scores=scores, **self.options)
        self.models.append(model)
        self.scores.append(scores)
        self.values.append(report.value)
        return report.value


def optimize(runs, n_trials=1, pruner=None, **arguments):
    with inline_study(pruner=pruner or NopPruner()) as study:
        study.optimize(runs, n_trials=n_trials, **arguments)
        return study.trials


def assert_same(library, one, other):
    np.testing.assert_array_equal(library.predict(one.models[-1]), library.predict(other.models[-1]))
    assert one.scores[-1] == other.scores[-1]
    assert one.values[-1] == other.values[-1]


def test_a_trial_that_was_paused_and_promoted_equals_one_that_was_not_bit_for_bit(library):
    straight, paused = Runs(library), Runs(library)
    whole = optimize(straight)[0]
    trials = optimize(paused, n_trials=4, pruner=ASHAPruner(2, ROUNDS, 2))
    assert [step for number, step in paused.resumed if number == 0] == [None, 2, 4]
    assert [trial.state for trial in trials] == [COMPLETE, PRUNED, PRUNED, PRUNED]
    assert list(whole.intermediate_values) == list(range(1, ROUNDS + 1))
    assert trials[0].intermediate_values == whole.intermediate_values
    assert trials[0].value == whole.value
    assert_same(library, paused, straight)  # the learning rate went on with its schedule, too


def test_early_stopping_knows_the_rounds_of_the_attempts_before(library):
    straight, paused = (Runs(library, rounds=60, patience=4) for _ in range(2))
    optimize(straight)
    best = straight.models[0].best_iteration
    assert 1 < best < 50
    rung = best + 2  # the best round was before the pause, and the last one will be after it
    optimize(paused, pruner=ASHAPruner(rung, 60, 4), n_trials=4)
    assert [step for number, step in paused.resumed if number == 0] == [None, rung]
    assert paused.models[-1].best_iteration == best
    assert_same(library, paused, straight)


def test_a_crash_between_checkpoint_and_report_repeats_the_round_and_leaves_no_hole(library, monkeypatch):
    straight, broken = Runs(library), Runs(library, report={"save_every": 2})
    whole = optimize(straight)[0]
    reported = crash_at(monkeypatch, [1, 2, 3, 4])
    pieces = optimize(broken, retries=RetryPolicy(exception=1))[0]
    assert broken.resumed[0] == (0, None)
    assert reported[4] == broken.resumed[1][1] + 1 == 3
    assert pieces.intermediate_values == whole.intermediate_values
    assert_same(library, broken, straight)


def test_the_interface_of_scikit_learn_goes_on_too(library):
    def fitted(trial):
        report = library.callback(trial, library.sklearn_monitor)
        models[trial.resumed_from_step] = library.fit(report)
        return report.value

    models = {}
    whole = optimize(fitted)[0]
    straight = models.pop(None).predict_proba(X)
    trials = optimize(fitted, pruner=ASHAPruner(2, ROUNDS, 2), n_trials=4)
    promoted = next(trial for trial in trials if trial.state is COMPLETE)
    assert promoted.intermediate_values == whole.intermediate_values
    assert list(models) == [4]
    np.testing.assert_array_equal(models[4].predict_proba(X), straight)


def test_a_pruner_that_stops_takes_no_checkpoint(library, monkeypatch):
    monkeypatch.setattr(Trial, "checkpoint_dir", lambda *_: pytest.fail("a checkpoint was taken"))
    runs = Runs(library, report={"save": False})
    trials = optimize(runs, n_trials=2, pruner=ASHAPruner(2, ROUNDS, 2, mode="stop"))
    assert [(t.state, len(t.intermediate_values)) for t in trials] == [(COMPLETE, ROUNDS), (PRUNED, 2)]


def test_models_are_saved_at_rungs_and_not_after_the_last_round(library, monkeypatch):
    saved, checkpoint_dir = [], Trial.checkpoint_dir

    def noted(self, step):
        saved.append(step)
        return checkpoint_dir(self, step)

    monkeypatch.setattr(Trial, "checkpoint_dir", noted)
    optimize(Runs(library), pruner=ASHAPruner(2, 64, 2), n_trials=4)
    assert sorted({*saved}) == [2, 4]  # 8 is a rung and the last round


def test_where_the_node_leaves_the_model_is_saved_after_the_round(library):
    straight, told = Runs(library), Runs(library)

    def leaving(trial):
        report = trial.report

        def noticed(value, step):
            report(value, step)
            if step == 3 and trial.attempt == 1:
                trial.delivery.leave(Leave(reason="its node leaves", seconds=60.0))

        trial.report = noticed
        return told(trial)

    whole, pieces = optimize(straight)[0], optimize(leaving)[0]
    assert [step for _, step in told.resumed] == [None, 4]
    assert pieces.intermediate_values == whole.intermediate_values
    assert_same(library, told, straight)


def test_an_attempt_that_begins_without_its_model_is_refused(library):
    first = FakeTrial()
    report = library.callback(first, library.monitor, save_every=2)
    library.train(report, rounds=3)
    assert report.value == first.reports[3]
    second = first.next_attempt()
    report = library.callback(second, library.monitor)
    assert report.value == first.reports[2]
    assert report.remaining(2) == 0
    with pytest.raises(CheckpointError, match=r"its checkpoint was not loaded. Pass it on: .*callback\.resume"):
        library.train(report, is_resumed=False)
    third = FakeTrial()
    third.save_checkpoint({"mine": 1}, 1)
    with pytest.raises(CheckpointError, match="was not saved by RaytuneLiteCallback"):
        library.callback(third.next_attempt())


def test_the_score_has_to_be_named_where_there_are_several(library):
    metrics = library.params.get("metric") or library.params["eval_metric"]
    both = ", ".join(repr(f"valid-{metric}") for metric in sorted(metrics))
    with pytest.raises(ValueError, match=rf"evaluated 2 scores: {both}. Say which one .*monitor='<data set>-<metric>'"):
        library.train(library.callback(FakeTrial()))
    with pytest.raises(ValueError, match=rf"monitor='valid-auc' is not among .* evaluated: {both}. Choose one of them"):
        library.train(library.callback(FakeTrial(), "valid-auc"))
    with pytest.raises(ValueError, match="evaluated nothing, so nothing can be reported; pass"):
        library.train(library.callback(FakeTrial(), library.monitor), evals=False)
    with pytest.raises(ValueError, match="monitor must be '<data set>-<metric>', as in 'valid_0-auc', got 'auc'"):
        library.callback(FakeTrial(), "auc")
    with pytest.raises(ValueError, match="save_every must be an integer >= 1 or None, got 0"):
        library.callback(FakeTrial(), save_every=0)
    with pytest.raises(ValueError, match="num_boost_round must be an integer >= 1, got 0"):
        library.callback(FakeTrial()).resume(0)
    with pytest.raises(RuntimeError, match="no round is over yet"):
        _ = library.callback(FakeTrial()).value


def test_a_cross_validation_is_reported_and_pruned_and_cannot_go_on(library):
    trial, name = FakeTrial(prune_at=3), library.cv_monitor
    with pytest.raises(rtl.TrialPruned, match="pruned or paused at round 3"):
        library.cv(library.callback(trial, name, save=False))
    assert list(trial.reports) == [1, 2, 3]
    assert all(0.1 < value < math.log(2) for value in trial.reports.values())
    with pytest.raises(NotImplementedError, match="cv cannot go on from a checkpoint; pass save=False"):
        library.cv(library.callback(FakeTrial(), name))


def test_a_trial_of_several_processes_is_refused(library):
    trial = FakeTrial()
    trial.world_size = 2
    with pytest.raises(NotImplementedError, match="the training has world_size=2, but only one process may report"):
        library.cv(library.callback(trial, library.cv_monitor, save=False))


def test_a_random_forest_of_lightgbm_cannot_go_on():
    train, valid = LightGBM.data()
    forest = {**LightGBM.params, "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}
    report = LightGBM.callback(FakeTrial(), "valid_0-binary_error")
    with pytest.raises(NotImplementedError, match="cannot go on with a random forest"):
        lgb.train(forest, train, valid_sets=[valid], **report.resume(2))
    trial = FakeTrial()
    report = LightGBM.callback(trial, "valid_0-binary_error", save=False)
    train, valid = LightGBM.data()
    lgb.train(forest, train, valid_sets=[valid], **report.resume(2))
    assert list(trial.reports) == [1, 2]
