"""Search the parameters of scikit-learn's estimators on handwritten digits, as with GridSearchCV, on Ray.

    python examples/sklearn_search.py                           # this machine; seconds

Two searches: a support vector machine, pruned after a fold of five; then a linear model that is trained by epochs
(``partial_fit``) and paused at 1 and 3 of 9 epochs, from where the best third goes on. Both are scikit-learn estimators
in the end: they predict.
"""

from __future__ import annotations

import argparse
import sys

from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from raytune_lite.integrations.sklearn import RayTuneSearchCV
from raytune_lite.pruners import ASHAPruner, MedianPruner


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n-trials", type=int, default=18, help="candidates of each search")
    parser.add_argument("--executor", choices=["ray", "inline"], default="ray", help="inline: in this process")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    settings = {"n_trials": args.n_trials, "executor": args.executor, "random_state": args.seed}
    digits = load_digits()
    X, X_test, y, y_test = train_test_split(digits.data / 16, digits.target, random_state=0)  # noqa: N806

    machine = RayTuneSearchCV(
        make_pipeline(StandardScaler(), SVC()),
        {"svc__C": loguniform(1e-2, 1e3), "svc__gamma": loguniform(1e-4, 1e-1), "svc__kernel": ["rbf", "poly"]},
        cv=5,
        pruner=MedianPruner(n_startup_trials=4),
        **settings,
    )
    linear = RayTuneSearchCV(
        SGDClassifier(random_state=0),
        {"alpha": loguniform(1e-6, 1), "loss": ["hinge", "log_loss"]},
        cv=3,
        epochs=9,
        pruner=ASHAPruner(1, 9, 3),
        **settings,
    )
    for name, search in (("machine", machine), ("linear", linear)):
        search.fit(X, y)
        states = [trial.state.name for trial in search.trials_]
        print(f"{name}: {search.best_params_}")
        print(f"  {states.count('COMPLETE')} of {len(states)} candidates were trained to the end")
        print(f"  accuracy on the folds {search.best_score_:.3f}, on new data {search.score(X_test, y_test):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
