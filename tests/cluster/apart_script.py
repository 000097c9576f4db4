"""The example of FSDP with its two ranks on two nodes; says what became of it.

    python -m tests.cluster.apart_script FOLDER URL

Two studies of one trial, of which nothing but the place of the checkpoints differs: a directory that both nodes see,
and URL. At URL rank 1 is killed when it has uploaded a part of its files of epoch KILLED.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from pathlib import Path
from typing import Any

from ray import cloudpickle

import raytune_lite as rtl
from raytune_lite.checkpoints.objects import ObjectStore
from raytune_lite.checkpoints.store import open_store

from .raylets import cluster, new_study, say

EPOCHS, KILLED = 4, 3
EXAMPLE = Path(__file__).parents[2] / "examples" / "fsdp_digits.py"


def example() -> Any:
    """The example's module, which travels to the workers by value."""
    spec = importlib.util.spec_from_file_location("fsdp_digits", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules["fsdp_digits"] = found
    spec.loader.exec_module(found)
    cloudpickle.register_pickle_by_value(found)
    found.MAX_EPOCHS = EPOCHS  # type: ignore[attr-defined]
    return found


def dies_in_its_upload(put: Any) -> Any:
    """Of the KILLED-th checkpoint one file goes, and this process with it."""
    n = [0]

    def upload(store: ObjectStore, directory: Path, names: list[str], place: str) -> None:
        n[0] += 1
        if n[0] == KILLED:
            (directory / "extra").write_text("so that the part is not whole")
            put(store, directory, list(names)[:1], place)
            os.kill(os.getpid(), signal.SIGKILL)
        put(store, directory, names, place)

    return upload


def main(folder: Path, url: str) -> None:
    train = example().objective

    def objective(trial: rtl.Trial) -> float:
        if trial.attempt == 1 and trial.rank == 1 and trial.study.study_name == "apart":
            ObjectStore._put = dies_in_its_upload(ObjectStore._put)  # type: ignore[method-assign]
        return float(train(trial))

    with cluster({"num_cpus": 0}, {"num_cpus": 1}, {"num_cpus": 1}):
        for name, where in (("together", str(folder / "ckpt")), ("apart", url)):
            study = new_study(folder, name, checkpoint_dir=where)
            study.optimize(objective, n_trials=1, workers=2, resources={"num_cpus": 1, "strategy": "STRICT_SPREAD"})
            store = open_store(study.checkpoint_root)
            [(_, ref)] = study.checkpoints[-1:]
            say(
                study,
                published=store.published(),
                kept=sorted(ref.uri for _, ref in study.checkpoints),
                half_written=[item.path for item in store.half_written()],
                resumed=[attempt.resumed_step for attempt in study.attempts],
                files=sorted(path.name for path in store.verify(ref).iterdir()),
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
