"""A study on Ray with its checkpoints at a URL; one worker is killed with an upload on its way.

    RTL_TEST_LOG=FILE python object_store_script.py STORAGE URL
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import ray

import raytune_lite as rtl

STEPS = 9


def value(x: float, step: int) -> float:
    """A learning curve."""
    return x + 1.0 / step


def is_first() -> bool:
    """Whether nobody has called this before."""
    try:
        os.close(os.open(os.environ["RTL_TEST_LOG"] + ".killed", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def objective(trial: rtl.Trial) -> float:
    """Saves each step. The first attempt that has saved step 2 is killed then: nobody has heard of that checkpoint."""
    x = trial.suggest_float("x", 0, 1)
    state = trial.load_checkpoint() or {"step": 0}
    with open(os.environ["RTL_TEST_LOG"], "a", encoding="utf-8") as log:
        log.write(json.dumps([trial.number, trial.attempt, state["step"], trial.resumed_from_step]) + "\n")
    for step in range(state["step"] + 1, STEPS + 1):
        trial.save_checkpoint({"step": step, "weights": bytes(200_000)}, step)
        if step == 2 and is_first():
            os.kill(os.getpid(), signal.SIGKILL)
        trial.report(value(x, step), step)
        time.sleep(0.02)
        if trial.should_prune():
            raise rtl.TrialPruned
    return value(x, STEPS)


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=80 << 20)
    study = rtl.create_study(
        study_name="s", storage=sys.argv[1], checkpoint_dir=sys.argv[2], sampler=rtl.samplers.RandomSampler(seed=3),
        pruner=rtl.pruners.ASHAPruner(1, STEPS, 3),
    )  # fmt: skip
    study.optimize(objective, n_trials=9, resources={"num_cpus": 1})
    Path(os.environ["RTL_TEST_LOG"] + ".root").write_text(study.checkpoint_root)
