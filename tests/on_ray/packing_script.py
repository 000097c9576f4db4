"""Runs trials that share GPUs on a Ray that claims two of them, with a fake probe; prints what became of them."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import ray

import raytune_lite as rtl

GREEDY = 7  # of the trials that share a GPU the one that takes more than its share
TOGETHER = (8, 9, 10, 11, 12)


def main(folder: str) -> None:
    os.environ["RTL_GPU_PROBE"] = "fake_gpu:FakeProbe"
    ray.init(address="local", num_cpus=8, num_gpus=2, include_dashboard=False, log_to_driver=False)

    def objective(trial: rtl.Trial) -> float:
        import fake_gpu

        began = time.time()
        mine = ray.get_runtime_context()
        fake_gpu.take((4 if trial.number == GREEDY else 2) * fake_gpu.GB)
        if trial.number in TOGETHER:  # nobody ends before all of them have begun
            Path(folder, str(trial.number)).touch()
            while not all(Path(folder, str(number)).exists() for number in TOGETHER) and time.time() < began + 60.0:
                time.sleep(0.05)
        gpu = mine.get_accelerator_ids()["GPU"][0]
        trial.set_user_attr("ran", [began, time.time(), gpu, mine.get_assigned_resources()["GPU"], os.getpid()])
        return 1.0

    study = rtl.create_study(study_name="auto", storage=f"sqlite:///{folder}/auto.db")
    study.optimize(objective, n_trials=14, resources={"num_gpus": "auto", "num_cpus": 0.5})
    print(json.dumps({
        "attempts": [[a.number, a.attempt, a.num_gpus, a.gpu_peak, a.outcome] for a in study.attempts],
        "ran": [trial.user_attrs["ran"] for trial in study.trials],
        "differences": list(map(str, study.differences())),
    }), flush=True)  # fmt: skip

    os.environ["RTL_GPU_PROBE"] = ""
    blind = rtl.create_study(study_name="blind", storage=f"sqlite:///{folder}/auto.db")
    env = {"env_vars": {"RTL_GPU_PROBE": "fake_gpu:BlindProbe"}}
    blind.optimize(lambda trial: 1.0, n_trials=5, resources={"num_gpus": "auto", "runtime_env": env})
    print(json.dumps([[a.num_gpus, a.gpu_peak, a.outcome] for a in blind.attempts]), flush=True)

    wrong = rtl.create_study(study_name="wrong", storage=f"sqlite:///{folder}/auto.db")
    env = {"env_vars": {"RTL_GPU_PROBE": "no_such_module:Probe"}}
    try:
        wrong.optimize(lambda trial: 1.0, n_trials=1, resources={"num_gpus": "auto", "runtime_env": env})
    except rtl.exceptions.InvalidResourcesError as error:
        print(json.dumps(str(error)), flush=True)
    ray.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
