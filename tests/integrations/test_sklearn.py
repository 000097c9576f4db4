"""RayTuneSearchCV on real scikit-learn: GridSearchCV's results, the estimator checks, pruning after folds, failures."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest

import raytune_lite as rtl
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

pytest.importorskip("sklearn")
import optuna
import scipy.stats
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import MiniBatchKMeans
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from raytune_lite.integrations.sklearn import RayTuneSearchCV
from raytune_lite.integrations.sklearn.space import Space

X, Y = make_classification(90, 5, random_state=0)
GRID = {"C": [0.01, 1.0, 100.0], "fit_intercept": [True, False]}


def search(estimator, space, **options):
    return RayTuneSearchCV(estimator, space, executor="inline", **options)


class Fails(ClassifierMixin, BaseEstimator):
    """Raises for some values of its parameter."""

    def __init__(self, x=0):
        self.x = x

    def fit(self, X, y):
        if self.x in (1, 2):
            raise ArithmeticError(f"no fit for x={self.x}")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[self.x % 2])


def test_a_grid_has_the_results_of_grid_search_cv():
    ours = search(LogisticRegression(), GRID, return_train_score=True).fit(X, Y)
    theirs = GridSearchCV(LogisticRegression(), GRID, return_train_score=True).fit(X, Y)
    assert set(ours.cv_results_) == set(theirs.cv_results_)
    place = [theirs.cv_results_["params"].index(params) for params in ours.cv_results_["params"]]
    assert sorted(place) == list(range(6))  # each combination once
    for name, values in theirs.cv_results_.items():
        if "time" not in name and name != "params":
            np.testing.assert_array_equal(np.asarray(ours.cv_results_[name]), np.asarray(values)[place], name)
    assert (ours.best_score_, ours.n_splits_) == (theirs.best_score_, theirs.n_splits_)
    assert ours.cv_results_["params"][ours.best_index_] == ours.best_params_
    np.testing.assert_array_equal(clone(theirs.best_estimator_).set_params(**ours.best_params_).fit(X, Y).predict(X),
                                  ours.predict(X))  # fmt: skip
    assert ours.score(X, Y) == ours.best_estimator_.score(X, Y)
    np.testing.assert_array_equal(ours.classes_, [0, 1])


@pytest.mark.parametrize(
    ("estimator", "space", "options"),
    [(LogisticRegression(), {"C": [1.0]}, {}), (SGDClassifier(random_state=0), {"alpha": [1e-4]}, {"epochs": 5})],
    ids=["fit", "partial_fit"],
)
def test_the_estimator_checks_pass(estimator, space, options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        checked = search(estimator, space, cv=2, error_score="raise", **options)  # one candidate: seconds
        done = check_estimator(checked, on_fail=None, on_skip=None)
    assert {one["check_name"]: one["exception"] for one in done if one["status"] == "failed"} == {}
    skipped = {one["check_name"] for one in done if one["status"] == "skipped"}
    assert skipped <= {"check_array_api_input"}  # needs SCIPY_ARRAY_API in the environment


def test_lists_of_objects_and_distributions_of_three_libraries_are_searched():
    objects = [StandardScaler(), None, "passthrough"]
    space = Space(
        {
            "ours": FloatDistribution(0, 1),
            "optunas": optuna.distributions.IntDistribution(1, 9, log=True),
            "loguniform": scipy.stats.loguniform(1e-2, 1e2),
            "uniform": scipy.stats.uniform(1, 2),
            "randint": scipy.stats.randint(1, 5),
            "array": np.array([1, 2]),
            "objects": objects,
            "tuples": [(50,), (50, 50)],
        }
    )
    found = {name: one.distribution for name, one in space.parameters.items()}
    assert found == {
        "ours": FloatDistribution(0, 1),
        "optunas": IntDistribution(1, 9, log=True),
        "loguniform": FloatDistribution(1e-2, 1e2, log=True),
        "uniform": FloatDistribution(1, 3),
        "randint": IntDistribution(1, 4),
        "array": CategoricalDistribution([1, 2]),
        "objects": CategoricalDistribution(["StandardScaler()", None, "passthrough"]),
        "tuples": CategoricalDistribution(["(50,)", "(50, 50)"]),
    }
    assert space.params({"objects": "StandardScaler()", "tuples": "(50,)"}) == {"objects": objects[0], "tuples": (50,)}
    same = Space({"x": [StandardScaler(), StandardScaler(), "y" * 100]})
    assert same.grid() == {"x": ("0: StandardScaler", "1: StandardScaler", "2: str")}


@pytest.mark.parametrize(
    ("space", "error", "message"),
    [
        ([{"C": [1]}], TypeError, "must be a dict of lists or distributions by parameter name"),
        ({}, TypeError, "must be a dict of lists"),
        ({"C": []}, ValueError, r"param_distributions\['C'\] is empty"),
        ({"C": "abc"}, TypeError, "must be a list of values or a distribution"),
        ({"C": scipy.stats.norm()}, ValueError, "scipy's norm, which cannot be searched; use uniform"),
    ],
)
def test_a_wrong_space_is_refused(space, error, message):
    with pytest.raises(error, match=message):
        search(LogisticRegression(), space).fit(X, Y)


def test_steps_of_a_pipeline_are_replaced_and_a_seed_repeats_the_search():
    pipeline = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
    space = {"scale": [StandardScaler(), "passthrough"], "model__C": scipy.stats.loguniform(1e-2, 1e2)}
    first, second = (search(pipeline, space, n_trials=4, random_state=3).fit(X, Y) for _ in range(2))
    assert [trial.params for trial in first.trials_] == [trial.params for trial in second.trials_]
    assert len(first.trials_) == 4
    assert isinstance(first.best_params_["scale"], (StandardScaler, str))
    restored = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(restored.predict(X), first.predict(X))
    assert not hasattr(clone(first), "best_params_")


def test_a_pruner_judges_after_each_fold_and_a_paused_candidate_goes_on_with_the_next_fold():
    fitted = []

    class Counts(LogisticRegression):
        def fit(self, X, y):
            fitted.append(self.C)
            return super().fit(X, y)

    asha = rtl.pruners.ASHAPruner(1, 4, 2, mode="promote")
    done = search(
        Counts(), {"C": [10.0**n for n in range(-4, 4)]}, cv=KFold(5), pruner=asha, refit=False, random_state=0
    ).fit(X, Y)
    states = [trial.state.name for trial in done.trials_]
    assert states.count("PRUNED") >= 4
    assert len(fitted) < 8 * 5
    scores = np.stack([done.cv_results_[f"split{fold}_test_score"] for fold in range(5)])
    assert len(fitted) == np.isfinite(scores).sum()  # no fold was fitted twice
    pruned = np.array([state == "PRUNED" for state in states])
    assert np.isnan(done.cv_results_["mean_test_score"][pruned]).all()
    assert done.cv_results_["rank_test_score"][pruned].min() > done.cv_results_["rank_test_score"][~pruned].max()


ALPHAS = [10.0**n for n in range(-6, 2)]
SGD = SGDClassifier(loss="log_loss", random_state=0)


epochs = []  # of Counts, by its parameter


class Counts(SGDClassifier):
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        epochs.append(self.alpha)
        return super().partial_fit(X, y, classes=classes, sample_weight=sample_weight)


def by_epochs(estimator=SGD, space=None, **options):
    return search(estimator, space or {"alpha": ALPHAS}, **{"cv": KFold(3), "epochs": 4, **options})


@pytest.mark.parametrize("estimator", [SGD, MLPClassifier(4, random_state=0), MiniBatchKMeans(2, random_state=0)])
def test_epochs_have_the_scores_of_partial_fit(estimator):
    has_classes = hasattr(estimator, "alpha")
    space = {"alpha": [1e-4, 1e-1]} if has_classes else {"reassignment_ratio": [0.01, 0.5]}
    done = by_epochs(estimator, space).fit(X, Y)
    classes = {"classes": [0, 1]} if has_classes else {}
    for at, params in enumerate(done.cv_results_["params"]):
        for fold, (train, test) in enumerate(KFold(3).split(X)):
            one = clone(estimator).set_params(**params)
            scores = [one.partial_fit(X[train], Y[train], **classes).score(X[test], Y[test]) for _ in range(4)]
            assert done.cv_results_[f"split{fold}_test_score"][at] == scores[-1]
    whole = clone(estimator).set_params(**done.best_params_)
    for _ in range(4):
        whole.partial_fit(X, Y, **classes)
    np.testing.assert_array_equal(done.predict(X), whole.predict(X))
    assert list(done.trials_[0].intermediate_values) == [1, 2, 3]  # the value of the fourth is the trial's


def test_a_candidate_that_is_paused_after_an_epoch_goes_on_with_the_next_one():
    epochs.clear()
    counts = Counts(loss="log_loss", random_state=0)
    whole = by_epochs(counts).fit(X, Y)
    assert len(epochs) == 8 * 3 * 4 + 4  # and the last fit
    epochs.clear()
    asha = rtl.pruners.ASHAPruner(1, 4, 2, mode="promote")
    pruned = by_epochs(counts, pruner=asha, refit=False, random_state=0).fit(X, Y)
    curves = [trial.intermediate_values for trial in pruned.trials_]
    by_alpha = {trial.params["alpha"]: trial for trial in whole.trials_}
    complete = [trial for trial in pruned.trials_ if trial.state.name == "COMPLETE"]
    assert any(trial.attempt > 1 for trial in complete)  # one was paused, and went on
    assert all(trial.value == by_alpha[trial.params["alpha"]].value for trial in complete)
    assert len(epochs) == 3 * (sum(map(len, curves)) + len(complete))  # no epoch was trained twice
    states = np.array([trial.state.name for trial in pruned.trials_])
    assert np.isnan(pruned.cv_results_["mean_test_score"][states == "PRUNED"]).all()
    assert np.isfinite(pruned.cv_results_["split2_test_score"]).all()
    times = pruned.cv_results_["mean_fit_time"]
    assert (times > 0).all()


def test_epochs_with_weights_and_several_scores():
    weights = np.where(Y == 1, 5.0, 1.0)
    options = {"scoring": ["accuracy", "roc_auc"], "refit": "roc_auc", "return_train_score": True}
    done = by_epochs(space={"alpha": [1e-3]}, **options).fit(X, Y, sample_weight=weights)
    (train, test), *_ = KFold(3).split(X)
    one = clone(SGD).set_params(alpha=1e-3)
    for _ in range(4):
        one.partial_fit(X[train], Y[train], [0, 1], weights[train])
    assert done.cv_results_["split0_test_roc_auc"] == roc_auc_score(Y[test], one.decision_function(X[test]))
    assert done.cv_results_["split0_train_accuracy"] == one.score(X[train], Y[train])


def test_a_paused_candidate_may_be_of_a_class_that_no_module_has():
    class Own(SGDClassifier):
        pass

    pruned = by_epochs(Own(random_state=0), pruner=rtl.pruners.ASHAPruner(1, 4, 2), refit=False, random_state=0).fit(
        X, Y
    )
    assert any(trial.attempt > 1 for trial in pruned.trials_ if trial.state.name == "COMPLETE")


def test_what_cannot_be_trained_by_epochs_is_refused_and_a_failing_epoch_ends_its_candidate():
    with pytest.raises(TypeError, match="epochs=4 needs an estimator that has partial_fit, and Pipeline has none"):
        by_epochs(Pipeline([("sgd", SGD)]), {"sgd__alpha": [1.0]}).fit(X, Y)
    with pytest.raises(ValueError, match="epochs must be an integer >= 1 or None, got 0"):
        by_epochs(epochs=0).fit(X, Y)

    class Stops(SGDClassifier):
        def partial_fit(self, X, y, classes=None, sample_weight=None):
            if self.alpha == 1.0 and hasattr(self, "coef_"):
                raise ArithmeticError("second epoch")
            return super().partial_fit(X, y, classes=classes)

    with pytest.warns(FitFailedWarning, match="fold 0 failed and its score is nan: ArithmeticError: second epoch"):
        done = by_epochs(Stops(random_state=0), {"alpha": [1e-3, 1.0]}).fit(X, Y)
    assert done.best_params_ == {"alpha": 1e-3}
    with pytest.warns(FitFailedWarning) as told:
        done = by_epochs(Stops(random_state=0), {"alpha": [1.0]}, error_score=0.0, refit=False).fit(X, Y)
    assert [str(one.message).split(" and ")[0] for one in told] == [f"fold {fold} failed" for fold in range(3)]
    assert list(done.trials_[0].intermediate_values.values())[1:] == [0.0, 0.0]


def test_a_candidate_that_fails_ranks_last_or_raises():
    with pytest.warns(FitFailedWarning, match=r"fold 0 failed and its score is nan: ArithmeticError: no fit for x=1"):
        done = search(Fails(), {"x": [0, 1, 3]}).fit(X, Y)
    failed = [params["x"] == 1 for params in done.cv_results_["params"]]
    assert np.isnan(done.cv_results_["mean_test_score"][failed]).all()
    assert list(done.cv_results_["rank_test_score"][failed]) == [3]
    with pytest.warns(FitFailedWarning):
        assert search(Fails(), {"x": [1, 3]}, error_score=-1.0).fit(X, Y).cv_results_["mean_test_score"].min() == -1.0
    with pytest.raises(ArithmeticError, match="no fit for x"):
        search(Fails(), {"x": [1, 2]}, error_score="raise").fit(X, Y)
    with pytest.warns(FitFailedWarning), pytest.raises(ValueError, match="none of the 2 candidates has a score"):
        search(Fails(), {"x": [1, 2]}).fit(X, Y)
    with pytest.raises(ValueError, match="error_score must be a number, NaN or 'raise', got 'ignore'"):
        search(Fails(), {"x": [1, 2]}, error_score="ignore").fit(X, Y)


def test_several_scores_are_kept_and_refit_names_the_one_that_counts():
    done = search(GaussianNB(), {"var_smoothing": [1e-9, 1.0]}, scoring=["accuracy", "f1"], refit="f1").fit(X, Y)
    assert done.best_score_ == done.cv_results_["mean_test_f1"].max()
    assert "rank_test_accuracy" in done.cv_results_
    assert done.multimetric_
    assert done.score(X, Y) <= 1.0
    with pytest.raises(ValueError, match=r"refit must name the score to search for, one of \['accuracy', 'f1'\]"):
        search(GaussianNB(), {"var_smoothing": [1.0]}, scoring=["accuracy", "f1"]).fit(X, Y)
    last = search(GaussianNB(), {"var_smoothing": [1e-9, 1.0]}, refit=lambda results: 1).fit(X, Y)
    assert last.best_index_ == 1


def test_groups_and_weights_go_where_they_belong():
    groups = np.arange(len(X)) % 3
    done = search(GaussianNB(), {"var_smoothing": [1e-9, 1.0]}, cv=GroupKFold(3))
    done.fit(X, Y, groups=groups, sample_weight=np.where(Y == 1, 2.0, 1.0))
    weighed = GaussianNB().set_params(**done.best_params_).fit(X, Y, np.where(Y == 1, 2.0, 1.0))
    np.testing.assert_array_equal(done.best_estimator_.class_prior_, weighed.class_prior_)


def test_a_stored_search_goes_on(storage):
    space = {"C": scipy.stats.loguniform(1e-2, 1e2)}
    kept = {"storage": storage, "study_name": "search", "n_trials": 2}
    assert len(search(LogisticRegression(), space, **kept).fit(X, Y).trials_) == 2
    assert len(search(LogisticRegression(), space, **kept).fit(X, Y).trials_) == 4


def test_without_refit_there_is_nothing_to_predict_with():
    done = search(LogisticRegression(), {"C": [1.0]}, refit=False).fit(X, Y)
    assert done.best_params_ == {"C": 1.0}
    with pytest.raises(AttributeError) as caught:
        _ = done.predict
    assert "refit=False" in str(caught.value.__cause__)
    with pytest.raises(NotFittedError):
        search(LogisticRegression(), {"C": [1.0]}).predict(X)
    assert not hasattr(search(Ridge(), {"alpha": [1.0]}), "predict_proba")
