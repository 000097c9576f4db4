"""What a run costs before its first trial and after its last: beside bare Ray, in the same run.

    python benchmarks/startup.py [--repeats 5] [--trials 1000]

One script, one local Ray with 2 CPUs. The first ``optimize`` starts a driver process; each further one uses it again.
Bare Ray: the time to make an actor and call it once; 1,000 no-op tasks from the first submission to the last result.
A whole run is counted from the call of ``optimize`` to its return. Storage is a SQLite file in WAL mode.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import _load
import ray

import raytune_lite as rtl

N_SECOND_TRIALS, SLOTS = 12, 2
REST = 0.2  # seconds between two measurements: Ray starts spare workers meanwhile
GOALS = (
    # what, its base, the most or the least of it as a multiple of its base
    ("a further optimize(n_trials=1), s", "bare Ray: an actor and one call, s", "<=", 0.5),
    ("whole run of no-op trials, trials/s", "bare Ray: no-op tasks/s", ">=", 0.6),
)


@ray.remote(num_cpus=0)
class Bare:
    def call(self) -> None:
        return None


@ray.remote(max_retries=0)
def nothing() -> None:
    return None


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def an_actor() -> None:
    actor = Bare.remote()
    ray.get(actor.call.remote())
    ray.kill(actor)


def no_op(trial: rtl.Trial) -> float:
    return trial.suggest_float("x", 0, 1)


def one_second(_: rtl.Trial) -> float:
    time.sleep(1)
    return 1.0


def study(folder: str) -> rtl.Study:
    storage = f"sqlite:///{folder}/{time.monotonic_ns()}.db"
    return rtl.create_study(storage=storage, sampler=rtl.samplers.RandomSampler(seed=0))


def busy(folder: str) -> tuple[float, float]:
    """The useful share of the slots: from the call of optimize to its return, and from the first trial's start."""
    trials = study(folder)
    whole = seconds(lambda: trials.optimize(one_second, n_trials=N_SECOND_TRIALS, max_concurrent=SLOTS))
    begun = [t.datetime_start for t in trials.trials if t.datetime_start]
    ended = [t.datetime_complete for t in trials.trials if t.datetime_complete]
    useful = N_SECOND_TRIALS / SLOTS
    return useful / whole, useful / (max(ended) - min(begun)).total_seconds()


def process(*arguments: str) -> float:
    return seconds(lambda: subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL))


def once(folder: str) -> dict[str, float]:
    found = {
        "python -c pass, s": process("-c", "pass"),
        "python -c 'import raytune_lite', s": process("-c", "import raytune_lite"),
        "python -m raytune_lite --help, s": process("-m", "raytune_lite", "--help"),
    }
    trials = study(folder)
    found["first optimize(n_trials=1), s"] = seconds(lambda: trials.optimize(no_op, n_trials=1))
    return found


def repeat(folder: str, n: int) -> dict[str, float]:
    trials = study(folder)
    time.sleep(REST)
    actor = seconds(an_actor)
    time.sleep(REST)
    further = seconds(lambda: trials.optimize(no_op, n_trials=1))
    tasks = n / seconds(lambda: ray.get([nothing.remote() for _ in range(n)]))
    many = study(folder)
    whole = n / seconds(lambda: many.optimize(no_op, n_trials=n))
    assert len(many.trials) == n
    return {
        "bare Ray: an actor and one call, s": actor,
        "a further optimize(n_trials=1), s": further,
        "bare Ray: no-op tasks/s": tasks,
        "whole run of no-op trials, trials/s": whole,
    }


def main() -> int:
    rtl.logging.set_verbosity(rtl.logging.WARNING)  # what a run shows has no place in the output of a benchmark
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--trials", type=int, default=1000)
    _load.add_force(parser)
    args = parser.parse_args()
    loads = [_load.before()]
    meter = _load.Meter()
    with tempfile.TemporaryDirectory() as folder:
        ray.init(num_cpus=SLOTS, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        ray.get([nothing.remote() for _ in range(50)])
        first = once(folder)
        rows = [repeat(folder, args.trials) for _ in range(args.repeats)]
        whole, steady = busy(folder)
        ray.shutdown()
    loads.append(meter.read())
    print(f"measured: {loads[-1]}")
    for name, value in first.items():
        print(f"{name:60s} {value:10.3g}")
    print(f"{'':60s} {'median':>10s} {'min':>10s} {'max':>10s}")
    for name in rows[0]:
        values = [row[name] for row in rows]
        print(f"{name:60s} {statistics.median(values):10.3g} {min(values):10.3g} {max(values):10.3g}")
    kept = f"{N_SECOND_TRIALS} trials of 1 s on {SLOTS} slots, a driver process is there: useful share"
    print(f"{kept}, from start to end of optimize {_load.ratio(f'{whole:.3f} (goal 0.95)', loads, args.force)}")
    print(f"{kept}, from the first trial on {_load.ratio(f'{steady:.3f}', loads, args.force)}")
    for name, base, sign, goal in GOALS:
        ratio = statistics.median(row[name] / row[base] for row in rows)
        met = ratio <= goal if sign == "<=" else ratio >= goal
        text = f"{ratio:.2f}  (goal {sign} {goal}: {'met' if met else 'NOT MET'})"
        print(f"{name} / {base} = {_load.ratio(text, loads, args.force)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
