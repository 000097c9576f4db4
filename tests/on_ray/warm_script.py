"""Runs trials in processes that are used again, on a Ray that claims GPUs, with a fake probe; prints what they saw."""

from __future__ import annotations

import json
import os
import sys
import time

import ray

import raytune_lite as rtl

LEAKS = 4  # the trial that keeps GPU memory
LEAVES = 8  # the trial that leaves a child process behind


def objective(trial: rtl.Trial) -> float:
    import subprocess

    import fake_gpu

    gpu = ray.get_runtime_context().get_accelerator_ids()["GPU"][0]
    trial.set_user_attr("ran", [os.getpid(), gpu, fake_gpu.FakeProbe().held(1.0)[0]])
    if trial.study.study_name != "two":
        if trial.number == LEAKS:
            fake_gpu.leak(3 * fake_gpu.GB)
        if trial.number == LEAVES:
            child = subprocess.Popen(["sleep", "60"])
            trial.set_user_attr("child", child.pid)
    else:
        time.sleep(0.05 * (trial.number % 3))
    return 1.0


def show(study: rtl.Study) -> None:
    print(json.dumps({
        "ran": [trial.user_attrs["ran"] for trial in study.trials],
        "outcomes": [[a.number, a.attempt, a.outcome, a.num_gpus] for a in study.attempts],
        "differences": list(map(str, study.differences())),
    }), flush=True)  # fmt: skip


def main(folder: str) -> None:
    os.environ["RTL_GPU_PROBE"] = "fake_gpu:FakeProbe"
    ray.init(address="local", num_cpus=4, num_gpus=2, include_dashboard=False, log_to_driver=False)
    for name, n, at_once, asked in (
        ("one", 12, 1, {"num_gpus": 1}),
        ("two", 16, 2, {"num_gpus": 1}),
        ("auto", 12, 1, {"num_gpus": "auto", "num_cpus": 0.5}),
    ):
        study = rtl.create_study(study_name=name, storage=f"sqlite:///{folder}/{name}.db")
        study.optimize(objective, n_trials=n, resources=asked, max_concurrent=at_once, warm_workers=True)
        show(study)
    ray.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
