"""Runs trials on a Ray that claims two GPUs and prints what each attempt saw, as JSON lines.

The GPUs are fake: no machine that runs these tests has one, and who sees which is all that is tested.
"""

from __future__ import annotations

import json
import os
import sys

import ray

import raytune_lite as rtl
from raytune_lite.core.messages import AttemptEnded


def main(folder: str) -> None:
    ray.init(address="local", num_cpus=4, num_gpus=2, include_dashboard=False, log_to_driver=False)

    def look(trial: rtl.Trial) -> float:
        trial.set_user_attr("pid", os.getpid())
        trial.set_user_attr("devices", os.environ.get("CUDA_VISIBLE_DEVICES"))
        return 1.0

    for name, gpus in (("share", 0.5), ("whole", 2), ("none", 0)):
        study = rtl.create_study(study_name=name, storage=f"sqlite:///{folder}/{name}.db")
        study.optimize(look, n_trials=2, resources={"num_cpus": 0.5, "num_gpus": gpus})
        told = {event.progress.gpus for _, event, _ in study.kept_log()[1] if isinstance(event, AttemptEnded)}
        seen = [trial.user_attrs for trial in study.trials]
        print(json.dumps({"name": name, "seen": seen, "told": sorted(told)}), flush=True)
    ray.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
