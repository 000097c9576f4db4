"""Tune XGBoost on scikit-learn's breast cancer data with promotion ASHA: pruned by rounds, resumed from the model.

    python examples/xgboost_cancer.py --max-trials 9            # this machine, a SQLite file in this directory

Each round of boosting is a step. At the rungs (3, 9 and 27 rounds) a trial is paused and its model kept; the best third
of each rung goes on from there. Early stopping knows the rounds before the pause.
"""

from __future__ import annotations

import argparse
import os
import sys

import xgboost as xgb
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

import raytune_lite as rtl
from raytune_lite.integrations.xgboost import RaytuneLiteCallback
from raytune_lite.report.summary import print_summary

MAX_ROUNDS = 81


def objective(trial: rtl.Trial) -> float:
    """Log loss on 143 of 569 patients after up to 81 rounds."""
    X, X_valid, y, y_valid = train_test_split(*load_breast_cancer(return_X_y=True), random_state=0)  # noqa: N806
    params = {
        "objective": "binary:logistic",
        "eta": trial.suggest_float("eta", 0.01, 1.0, log=True),
        "max_depth": trial.suggest_int("max_depth", 1, 8),
        "lambda": trial.suggest_float("lambda", 1e-3, 10.0, log=True),
        "nthread": 1,
    }
    report = RaytuneLiteCallback(trial, "valid-logloss")
    stopping = xgb.callback.EarlyStopping(rounds=10)
    xgb.train(
        params,
        xgb.DMatrix(X, y),
        evals=[(xgb.DMatrix(X_valid, y_valid), "valid")],
        verbose_eval=False,
        **report.resume(MAX_ROUNDS, [stopping]),
    )
    return report.value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("RTL_STORAGE", "sqlite:///xgboost_cancer.db")
    parser.add_argument("--storage", default=default, help="database URL; one with a password in RTL_STORAGE")
    parser.add_argument("--study", default="xgboost-cancer", help="name of the study")
    parser.add_argument("--max-trials", type=int, default=27, help="the study's total, also when run again")
    parser.add_argument("--executor", choices=["ray", "inline"], default="ray", help="inline: in this process")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    study = rtl.create_study(
        study_name=args.study,
        storage=args.storage,
        load_if_exists=True,
        sampler=rtl.samplers.TPESampler(seed=args.seed),
        pruner=rtl.pruners.ASHAPruner(3, MAX_ROUNDS, 3),
    )
    try:
        study.optimize(objective, max_trials=args.max_trials, executor=args.executor, show_progress_bar=True)
    except KeyboardInterrupt:
        return 130
    print_summary(study, unit="round", full=MAX_ROUNDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
