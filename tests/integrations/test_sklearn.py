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
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.naive_bayes import GaussianNB
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


def test_the_estimator_checks_pass():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        checked = search(LogisticRegression(), {"C": [1.0]}, cv=2, error_score="raise")  # one candidate: seconds
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
    done = search(Counts(), {"C": [10.0**n for n in range(-4, 4)]}, cv=KFold(5), pruner=asha, refit=False).fit(X, Y)
    states = [trial.state.name for trial in done.trials_]
    assert states.count("PRUNED") >= 4
    assert len(fitted) < 8 * 5
    scores = np.stack([done.cv_results_[f"split{fold}_test_score"] for fold in range(5)])
    assert len(fitted) == np.isfinite(scores).sum()  # no fold was fitted twice
    pruned = np.array([state == "PRUNED" for state in states])
    assert np.isnan(done.cv_results_["mean_test_score"][pruned]).all()
    assert done.cv_results_["rank_test_score"][pruned].min() > done.cv_results_["rank_test_score"][~pruned].max()


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
