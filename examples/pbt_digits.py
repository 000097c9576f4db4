"""Population based training of a small network on scikit-learn's digits: a schedule of learning rates is found.

    python examples/pbt_digits.py

Eight members train side by side. Every two epochs each is compared with those that have come as far. One of the worst
quarter ends, and a new trial takes its place: it goes on from a checkpoint of one of the best, with another learning
rate and another momentum. Run the script again, and it continues the study.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

import raytune_lite as rtl
from raytune_lite.report.summary import print_summary

MAX_EPOCHS = 12
HIDDEN = 32


def data() -> tuple[Any, Any, Any, Any]:
    """1,797 images of 8 x 8 pixels: training (1,347) and validation (450), always the same split."""
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    train, valid = order[:1347], order[1347:]
    images = digits.data / 16.0
    return images[train], digits.target[train], images[valid], digits.target[valid]


def new_state(seed: int) -> dict[str, Any]:
    """A network of one hidden layer, its momentum, and how far it is."""
    rng = np.random.default_rng(seed)
    weights = {"w": rng.normal(0, 0.1, (64, HIDDEN)), "v": rng.normal(0, 0.1, (HIDDEN, 10))}
    return {"weights": weights, "speed": {name: np.zeros_like(w) for name, w in weights.items()}, "epoch": 0}


def train(state: dict[str, Any], x: Any, y: Any, lr: float, momentum: float) -> None:
    """One epoch of stochastic gradient descent, in place."""
    weights, speed = state["weights"], state["speed"]
    order = np.random.default_rng(state["epoch"]).permutation(len(y))
    for batch in np.array_split(order, 40):
        hidden = np.maximum(x[batch] @ weights["w"], 0.0)
        scores = hidden @ weights["v"]
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        shares[np.arange(len(batch)), y[batch]] -= 1.0  # the gradient of the cross-entropy by the scores
        back = (shares @ weights["v"].T) * (hidden > 0)
        for name, gradient in (("v", hidden.T @ shares), ("w", x[batch].T @ back)):
            speed[name] = momentum * speed[name] - lr * gradient / len(batch)
            weights[name] += speed[name]


def objective(trial: rtl.Trial) -> float:
    """Validation error (a share of 450 images) after 12 epochs."""
    x, y, x_valid, y_valid = data()
    lr = trial.suggest_float("lr", 1e-3, 1.0, log=True)
    momentum = trial.suggest_float("momentum", 0.0, 0.95)
    state = trial.load_checkpoint() or new_state(trial.number)  # of its own last attempt, or its parent's
    error = 1.0
    for epoch in range(state["epoch"] + 1, MAX_EPOCHS + 1):
        train(state, x, y, lr, momentum)
        state["epoch"] = epoch
        hidden = np.maximum(x_valid @ state["weights"]["w"], 0.0)
        error = float(((hidden @ state["weights"]["v"]).argmax(axis=1) != y_valid).mean())
        trial.save_checkpoint(state, step=epoch)
        trial.report(error, step=epoch)
        if trial.should_prune():
            raise rtl.TrialPruned
    return error


def print_schedule(study: rtl.Study) -> None:
    """The learning rates that led to the best trial, from its first forebear on."""
    trials = {trial.number: trial for trial in study.trials}
    line = [study.best_trial]
    while (parent := line[0].parent) is not None:
        line.insert(0, trials[parent.trial])
    print(f"  {sum(trial.parent is not None for trial in trials.values())} trials took another one's place")
    for trial in line:
        first = min(trial.intermediate_values)
        print(f"    from epoch {first:2d}: lr = {trial.params['lr']:.3g}, momentum = {trial.params['momentum']:.3g}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("RTL_STORAGE", "sqlite:///pbt.db")
    parser.add_argument("--storage", default=default, help="database URL; one with a password in RTL_STORAGE")
    parser.add_argument("--study", default="pbt", help="name of the study")
    parser.add_argument("--population", type=int, default=8, help="members")
    args = parser.parse_args()

    study = rtl.create_study(
        study_name=args.study,
        storage=args.storage,
        load_if_exists=True,
        direction="minimize",
        sampler=rtl.samplers.RandomSampler(seed=0),
        pruner=rtl.pruners.PBTPruner(2, MAX_EPOCHS, args.population),
    )
    try:
        study.optimize(objective, max_trials=args.population, resources={"num_cpus": 1}, show_progress_bar=True)
    except KeyboardInterrupt:
        return 130
    print_summary(study, unit="epoch", full=MAX_EPOCHS)
    print_schedule(study)
    return 0


if __name__ == "__main__":
    sys.exit(main())
