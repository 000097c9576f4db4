"""Small studies to report on, run inline."""

from __future__ import annotations

import math
import random

import raytune_lite as rl
from raytune_lite.pruners import ASHAPruner
from raytune_lite.samplers import GridSampler, RandomSampler

HOSTILE = "</script><img src=x onerror=alert(1)>"


def new(folder, name="study", **options):
    return rl.create_study(storage=f"sqlite:///{folder}/{name}.db", study_name=name, **options)


def train(trial):
    """27 steps, with a checkpoint at each rung; trials of number 7, 17, ... crash once in a while."""
    lr, depth = trial.suggest_float("lr", 1e-4, 1, log=True), trial.suggest_int("depth", 1, 6)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    state, noise = trial.load_checkpoint(), random.Random(trial.number)
    loss = abs(math.log10(lr) + 2) / 4 + 0.05 * abs(depth - 3) + 0.1 * (kind == "b")
    for step in range(state["step"] + 1 if state else 1, 28):
        value = loss + math.exp(-step / 5) * noise.uniform(0.8, 1.2)
        trial.save_checkpoint({"step": step}, step=step) if step in (1, 3, 9, 27) else None
        trial.report(value, step)
        if trial.number % 10 == 7 and step == 2:
            raise ValueError("bad luck")
        if trial.should_prune():
            raise rl.TrialPruned
    return value


def asha(folder, n=36, **options):
    """Promotions, pauses, failures."""
    study = new(folder, "asha", sampler=RandomSampler(3), pruner=ASHAPruner(1, 27, 3), **options)
    study.optimize(train, n_trials=n, executor="inline", catch=ValueError)
    return study


def hostile(folder):
    """Every text of the user's wants to end its element."""
    study = new(folder, "hostile", sampler=RandomSampler(2))
    study.set_metric_names([HOSTILE])

    def objective(trial):
        x = trial.suggest_float(HOSTILE, 0, 1)
        trial.suggest_categorical("kind", [HOSTILE, "<b>bold</b>", "a&b", "\u202eevil", None, True])
        if trial.number % 4 == 1:
            raise ValueError(HOSTILE)
        return x

    study.optimize(objective, n_trials=24, executor="inline", catch=ValueError)
    return study


def two(folder):
    """Two objectives, one to be maximised."""
    study = new(folder, "two", directions=["minimize", "maximize"], sampler=RandomSampler(1))
    study.optimize(
        lambda trial: ((x := trial.suggest_float("x", 0, 1)) ** 2 + trial.suggest_float("y", 0, 0.3), x),
        n_trials=40, executor="inline",
    )  # fmt: skip
    return study


def grid(folder):
    """A grid of 12 cells, of which 7 have run."""
    study = new(
        folder, "grid", direction="maximize", sampler=GridSampler({"a": [1, 2, 3], "b": ["u", "v", "w", "x"]}, 0)
    )
    study.optimize(lambda trial: trial.suggest_int("a", 1, 3) * len(trial.suggest_categorical("b", list("uvwx"))),
                   n_trials=7, executor="inline")  # fmt: skip
    return study
