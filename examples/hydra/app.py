"""A Hydra application whose jobs are trials: softmax regression on real digits, in numpy.

    python app.py --multirun                            the search of conf/config.yaml
    python app.py --multirun 'batch_size=16,256'        another space
    python app.py optimizer.lr=0.5                      one job, without a search

The task is an ordinary one. ``current_trial()`` is its trial in a search, by which it reports, is paused and resumed;
None in a single job.
"""

from __future__ import annotations

import hydra
import numpy as np
from omegaconf import DictConfig
from sklearn.datasets import load_digits

import raytune_lite as rtl


def epoch(weights: np.ndarray, speed: np.ndarray, cfg: DictConfig, rng: np.random.Generator) -> float:
    """One epoch of training, in place; returns the part of the validation images that is told wrongly."""
    images, labels = load_digits(return_X_y=True)
    images = np.hstack([images / 16, np.ones((len(images), 1))])
    order = rng.permutation(1200)
    for at in range(0, 1200, cfg.batch_size):
        batch = order[at : at + cfg.batch_size]
        scores = images[batch] @ weights
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        slope = images[batch].T @ (odds / odds.sum(axis=1, keepdims=True) - np.eye(10)[labels[batch]]) / len(batch)
        speed *= cfg.optimizer.momentum
        speed -= cfg.optimizer.lr * slope
        weights += speed
    return float(np.mean((images[1200:] @ weights).argmax(axis=1) != labels[1200:]))


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def main(cfg: DictConfig) -> float:
    trial = rtl.current_trial()
    state = (trial.load_checkpoint() if trial else None) or {
        "epoch": 0, "weights": np.zeros((65, 10)), "speed": np.zeros((65, 10))
    }  # fmt: skip
    weights, speed, error = state["weights"], state["speed"], 1.0
    for number in range(state["epoch"] + 1, cfg.epochs + 1):
        error = epoch(weights, speed, cfg, np.random.default_rng(number))
        if trial:
            trial.save_checkpoint({"epoch": number, "weights": weights, "speed": speed}, step=number)
            trial.report(error, step=number)
            if trial.should_prune():
                raise rtl.TrialPruned
    if trial is None:
        print(f"error {error:.4f}")
    return error


if __name__ == "__main__":
    main()
