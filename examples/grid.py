"""A 10 x 10 grid with an objective that fails at random: every cell gets exactly one result.

    python examples/grid.py

The ledger leases each cell to one trial at a time. A failed cell is free again, and a new trial tries it. A cell
with a result never runs again, whatever crashes. Kill the script and run it again: only the missing cells run.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import time

import raytune_lite as rtl
from raytune_lite.report.summary import print_summary


def objective(trial: rtl.Trial) -> float:
    """A bumpy function of two integers that takes a moment and fails every fifth time."""
    x = trial.suggest_int("x", 0, 9)
    y = trial.suggest_int("y", 0, 9)
    time.sleep(random.uniform(0.01, 0.1))
    if random.random() < 0.2:
        raise RuntimeError("bad luck (this example fails at random)")
    return (x - 6) ** 2 + (y - 3) ** 2 + math.sin(x * y)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("RTL_STORAGE", "sqlite:///grid.db")
    parser.add_argument("--storage", default=default, help="database URL; one with a password in RTL_STORAGE")
    parser.add_argument("--study", default="grid", help="name of the study")
    parser.add_argument("--max-concurrent", type=int, default=8, help="trials at once")
    args = parser.parse_args()

    space = {"x": list(range(10)), "y": list(range(10))}
    study = rtl.create_study(
        study_name=args.study,
        storage=args.storage,
        load_if_exists=True,
        sampler=rtl.samplers.GridSampler(space, seed=0, max_failures=20),
    )
    try:
        study.optimize(
            objective,
            catch=RuntimeError,
            resources={"num_cpus": 0.25},
            max_concurrent=args.max_concurrent,
            show_progress_bar=True,
        )
    except KeyboardInterrupt:
        return 130
    print_summary(study)
    return 0


if __name__ == "__main__":
    sys.exit(main())
