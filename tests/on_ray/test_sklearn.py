"""RayTuneSearchCV on the shared Ray: candidates in worker processes, the data once."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from raytune_lite.integrations.sklearn import RayTuneSearchCV

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]


def test_a_grid_on_workers_has_the_results_of_grid_search_cv() -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(60, 4000))
    target = data[:, 0] + 0.1 * rng.normal(size=60) > 0
    grid = {"C": [0.001, 1.0]}
    ours = RayTuneSearchCV(LogisticRegression(), grid, cv=3, n_jobs=2, resources={"num_cpus": 1}).fit(data, target)
    theirs = GridSearchCV(LogisticRegression(), grid, cv=3).fit(data, target)
    assert (ours.best_params_, ours.best_score_) == (theirs.best_params_, theirs.best_score_)
    place = [theirs.cv_results_["params"].index(params) for params in ours.cv_results_["params"]]
    np.testing.assert_allclose(ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"][place])
    assert {trial.state.name for trial in ours.trials_} == {"COMPLETE"}
