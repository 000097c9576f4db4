"""A script that leaves a run of some kind in the cluster, and waits until it is killed.

    python -m tests.cluster.left_script KIND STORAGE LOG N SECONDS [CHECKPOINT_DIR]

Its objective saves each step, and writes a line for each step that a process trained.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import raytune_lite as rtl

STEPS = 9
PROBE = {"env_vars": {"RTL_GPU_PROBE": "tests.on_ray.fake_gpu:FakeProbe"}}


def asked(params: dict[str, Any]) -> dict[str, Any]:
    """More for a larger one."""
    return {"num_cpus": 0.5 * params["size"]}


KINDS: dict[str, dict[str, Any]] = {
    "plain": {"resources": {"num_cpus": 1}},
    "function": {"resources": asked},
    "workers": {"resources": {"num_cpus": 0.5}, "workers": 2},
    "auto": {"resources": {"num_cpus": 0.5, "num_gpus": "auto", "runtime_env": PROBE}},
}


def objective(trial: rtl.Trial, kind: str, log: str, seconds: float) -> float:
    """A curve that is a function of its parameters alone."""
    import ray

    size = trial.suggest_int("size", 1, 4)
    state = trial.load_checkpoint() or {"step": 0}
    if kind == "auto":
        from tests.on_ray import fake_gpu

        fake_gpu.take(2 * fake_gpu.GB)
    had = ray.get_runtime_context().get_assigned_resources()
    for step in range(state["step"] + 1, STEPS + 1):
        time.sleep(seconds)
        write(log, [trial.number, trial.attempt, trial.rank, step, size, had.get("CPU"), had.get("GPU"), os.getpid()])
        trial.save_checkpoint({"step": step}, step)
        trial.report(value(size, step), step)
        if trial.should_prune():
            raise rtl.TrialPruned
    return value(size, STEPS)


def value(size: int, step: int) -> float:
    return size + 1 / step


def write(log: str, row: list[Any]) -> None:
    """(trial, attempt, rank, step, size, CPUs, GPUs, pid); O_APPEND keeps lines of several processes whole."""
    with open(log, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def main(kind: str, storage: str, log: str, n: str, seconds: str, checkpoint_dir: str | None = None) -> None:
    study = rtl.create_study(
        study_name="left", storage=storage, load_if_exists=True, checkpoint_dir=checkpoint_dir,
        sampler=rtl.samplers.RandomSampler(seed=1),
        pruner=None if checkpoint_dir is None else rtl.pruners.ASHAPruner(1, STEPS, 3),
    )  # fmt: skip
    study.optimize(
        lambda trial: objective(trial, kind, log, float(seconds)),
        n_trials=int(n), detach=True, show_progress_bar=False, **KINDS[kind],
    )  # fmt: skip
    print("left", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])
