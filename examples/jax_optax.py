"""Tune a JAX model with Optax on scikit-learn's handwritten digits: accumulation, NaNs and promotion ASHA.

    python examples/jax_optax.py --max-trials 9                 # this machine, a SQLite file in this directory

The optimizer is ``optax.MultiSteps`` around ``zero_nans``, clipping and Adam; now and then a pixel of the training
images is NaN, as in real data. A checkpoint holds the parameters and the optimizer's state. At
the rungs (1 and 3 epochs) a trial is paused; the best third of each rung continues from its checkpoint, bit for bit.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits

import raytune_lite as rtl
from raytune_lite.integrations.jax import capture_pytree, restore_pytree
from raytune_lite.report.summary import print_summary

MAX_EPOCHS = 9
BATCH = 32
NAN_SHARE = 1e-5  # of the pixels: about one an epoch

Params = dict[str, jax.Array]
State = tuple[Params, Any]  # and the optimizer's


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """1,797 images of 8 x 8 pixels: training (1,344, some of them damaged) and validation (453)."""
    digits = load_digits()
    rng = np.random.default_rng(0)
    images, labels = (digits.data / 16.0).astype(np.float32), digits.target
    order = rng.permutation(len(labels))
    train, valid = order[:1344], order[1344:]
    damaged = images[train]
    damaged[rng.random(damaged.shape) < NAN_SHARE] = np.nan
    return damaged, labels[train], images[valid], labels[valid]


def init(rng: np.random.Generator, width: int) -> Params:
    w1, w2 = rng.normal(0.0, 1 / 8, (64, width)), rng.normal(0.0, width**-0.5, (width, 10))
    values = {"w1": w1, "b1": np.zeros(width), "w2": w2, "b2": np.zeros(10)}
    return {name: jnp.asarray(value, jnp.float32) for name, value in values.items()}


def logits(params: Params, images: jax.Array) -> jax.Array:
    return jax.nn.relu(images @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]


def loss(params: Params, images: jax.Array, labels: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(logits(params, images), labels).mean()


def build_optimizer(trial: rtl.Trial) -> optax.GradientTransformation:
    inner = optax.chain(
        optax.clip_by_global_norm(trial.suggest_float("clip", 0.1, 10.0, log=True)),
        optax.adam(trial.suggest_float("lr", 1e-4, 0.3, log=True)),
    )
    accumulated = optax.MultiSteps(inner, every_k_schedule=trial.suggest_categorical("every_k", [1, 2, 4]))
    # Each micro-batch is cleaned before it is accumulated: a NaN in the mean could not be removed.
    return optax.chain(optax.zero_nans(), accumulated.gradient_transformation())


def objective(trial: rtl.Trial) -> float:
    """Validation error (a share of 453 images) after up to 9 epochs."""
    images, labels, valid_images, valid_labels = (jnp.asarray(part) for part in data())
    optimizer = build_optimizer(trial)
    params = init(np.random.default_rng(trial.number), trial.suggest_int("width", 8, 256, log=True))
    state = params, optimizer.init(params)

    @jax.jit
    def train(state: State, images: jax.Array, labels: jax.Array, batches: jax.Array) -> State:
        def step(state: State, batch: jax.Array) -> tuple[State, None]:
            params, inner = state
            grads = jax.grad(loss)(params, images[batch], labels[batch])
            updates, inner = optimizer.update(grads, inner, params)
            return (optax.apply_updates(params, updates), inner), None

        return jax.lax.scan(step, state, batches)[0]

    @jax.jit
    def error_of(params: Params) -> jax.Array:
        return (logits(params, valid_images).argmax(1) != valid_labels).mean()

    first = 1
    checkpoint = trial.load_checkpoint()
    if checkpoint is not None:
        state, first = restore_pytree(state, checkpoint["state"]), checkpoint["epoch"] + 1

    error = 1.0
    for epoch in range(first, MAX_EPOCHS + 1):
        # the order is a function of (trial, epoch), so a resumed trial needs no generator's state
        order = np.random.default_rng([trial.number, epoch]).permutation(len(labels))
        state = train(state, images, labels, jnp.asarray(order.reshape(-1, BATCH)))
        error = float(error_of(state[0]))
        trial.save_checkpoint({"state": capture_pytree(state), "epoch": epoch}, epoch)
        trial.report(error, step=epoch)
        if trial.should_prune():
            raise rtl.TrialPruned
    return error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("RTL_STORAGE", "sqlite:///jax_optax.db")
    parser.add_argument("--storage", default=default, help="database URL; one with a password in RTL_STORAGE")
    parser.add_argument("--study", default="jax-optax", help="name of the study")
    parser.add_argument("--max-trials", type=int, help="the study's total, also when run again [18]")
    parser.add_argument("--n-trials", type=int, help="instead: new configurations that this run starts")
    parser.add_argument("--executor", choices=["ray", "inline"], default="ray", help="inline: in this process")
    parser.add_argument("--num-cpus", type=float, default=1, help="CPUs per trial")
    parser.add_argument("--num-gpus", type=float, default=0, help="GPUs per trial; a fraction shares one")
    parser.add_argument("--checkpoint-dir", help="where checkpoints lie; on several nodes a path all of them mount")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    study = rtl.create_study(
        study_name=args.study,
        storage=args.storage,
        load_if_exists=True,
        direction="minimize",
        sampler=rtl.samplers.RandomSampler(seed=args.seed),
        pruner=rtl.pruners.ASHAPruner(1, MAX_EPOCHS, 3, mode="promote"),
        checkpoint_dir=args.checkpoint_dir,
    )
    try:
        study.optimize(
            objective,
            n_trials=args.n_trials,
            max_trials=args.max_trials or (None if args.n_trials else 18),
            executor=args.executor,
            resources=None if args.executor == "inline" else {"num_cpus": args.num_cpus, "num_gpus": args.num_gpus},
            show_progress_bar=True,
        )
    except KeyboardInterrupt:
        return 130
    print_summary(study, unit="epoch", full=MAX_EPOCHS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
