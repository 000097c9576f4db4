"""How close to raw Ray: trials, decisions and reports a second, as ratios to raw Ray calls measured in the same run.

    python benchmarks/throughput.py [--repeats 3] [--trials 1000] [--peers] [--force]
    python benchmarks/throughput.py --warm [--trials 40]

Each repeat measures raw Ray, then this package, on one local Ray with 2 CPUs; the table gives medians, and the ratios
are medians of the ratios of the repeats, because the speed of a shared machine drifts. Storage is a SQLite file in WAL
mode: every result and every decision is flushed to disk before it is acknowledged. ``--peers`` needs ``pip install
optuna "ray[tune]"``. ``--warm`` measures one thing only: trials that do nothing and ask for a GPU
that Ray is told of, with a process for each beside warm_workers=True. The load of the machine stands beside the
figures; ratios of a busy machine are not printed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import _load
import ray

import raytune_lite as rtl
from raytune_lite.pruners import MedianPruner

N_REPORTS, N_BUFFERED, N_SECOND_TRIALS = 500, 20_000, 12
WORKERS, TOGETHER_SECONDS, TOGETHER_GOAL = 16, 3.0, 5000


# a decision at every step, always CONTINUE: what a round trip costs
EVERY_STEP = MedianPruner(n_startup_trials=2**31)


def rate(n: int, action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return n / (time.perf_counter() - start)


# --- raw Ray ---


@ray.remote(max_retries=0)
def nothing() -> None:
    return None


@ray.remote(num_cpus=0)
class Nobody:
    def nothing(self) -> None:
        return None


@ray.remote(num_cpus=1)
def call_in_turn(actor: Any, n: int) -> float:
    """Sync calls from a task, as a trial makes them."""
    ray.get(actor.nothing.remote())
    return rate(n, lambda: [ray.get(actor.nothing.remote()) for _ in range(n)])


def raw(n: int) -> dict[str, float]:
    ray.get([nothing.remote() for _ in range(50)])
    tasks = rate(n, lambda: ray.get([nothing.remote() for _ in range(n)]))
    actor = Nobody.remote()
    calls = ray.get(call_in_turn.remote(actor, N_REPORTS))
    ray.kill(actor)
    return {"raw tasks/s": tasks, "raw sync actor calls/s": calls}


# --- ours ---


def study(folder: str, name: str, pruner: Any = None) -> rtl.Study:
    storage = f"sqlite:///{folder}/{name}-{time.monotonic_ns()}.db"
    return rtl.create_study(storage=storage, sampler=rtl.samplers.RandomSampler(seed=0), pruner=pruner)


def no_op(trial: rtl.Trial) -> float:
    return trial.suggest_float("x", 0, 1)


def deciding(trial: rtl.Trial) -> float:
    def run() -> None:
        for step in range(N_REPORTS):
            trial.report(1.0, step)
            trial.should_prune()

    return rate(N_REPORTS, run)


def buffering(trial: rtl.Trial) -> float:
    def run() -> None:
        for step in range(N_BUFFERED):
            trial.report(1.0, step)
            trial.should_prune()
        trial.delivery.flush()  # until all of them are stored

    return rate(N_BUFFERED, run)


def together(folder: str) -> float:
    """Decided reports a second of WORKERS workers at once, each waiting for its decisions."""
    crowd = tempfile.mkdtemp(dir=folder)

    def report(trial: rtl.Trial) -> float:
        open(f"{crowd}/{trial.number}", "w").close()
        while len(os.listdir(crowd)) < WORKERS:  # until all have begun
            time.sleep(0.05)
        n, end = 0, time.perf_counter() + TOGETHER_SECONDS
        while time.perf_counter() < end:
            trial.report(1.0, n)
            trial.should_prune()
            n += 1
        return n / TOGETHER_SECONDS

    many = study(folder, "together", EVERY_STEP)
    many.optimize(report, n_trials=WORKERS, max_concurrent=WORKERS, resources={"num_cpus": 1 / WORKERS})
    return sum(trial.value or 0.0 for trial in many.trials)


def ours(folder: str, n: int) -> dict[str, float]:
    trials = study(folder, "noop")
    whole = rate(n, lambda: trials.optimize(no_op, n_trials=n))
    done = trials.trials
    assert len(done) == n
    first = min(t.datetime_start for t in done if t.datetime_start)
    last = max(t.datetime_complete for t in done if t.datetime_complete)
    decided = study(folder, "decided", EVERY_STEP)
    decided.optimize(deciding, n_trials=1)
    buffered = study(folder, "buffered")
    buffered.optimize(buffering, n_trials=1)
    crowd = together(folder)
    seconds = study(folder, "seconds")
    start = time.perf_counter()
    seconds.optimize(lambda _: time.sleep(1) or 1.0, n_trials=N_SECOND_TRIALS, max_concurrent=2)  # type: ignore[func-returns-value]
    begun = [(t.datetime_start, t.datetime_complete) for t in seconds.trials]
    busy = (max(b for _, b in begun if b) - min(a for a, _ in begun if a)).total_seconds()
    return {
        "trials/s": (n - 1) / (last - first).total_seconds(),
        "trials/s, optimize() start and end included": whole,
        "report + should_prune/s": decided.best_value,
        f"{WORKERS} workers together, report + should_prune/s": crowd,
        "buffered reports/s, until stored": buffered.best_value,
        "useful share of 2 slots, 1 s trials": N_SECOND_TRIALS / (2 * busy),
        "the same, optimize() start and end included": N_SECOND_TRIALS / (2 * (time.perf_counter() - start)),
    }


# --- peers ---


def optuna_on_sqlite(folder: str) -> dict[str, float]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    n = 100
    url = f"sqlite:///{folder}/optuna-{time.monotonic_ns()}.db"
    peer = optuna.create_study(storage=url, sampler=optuna.samplers.RandomSampler(seed=0))
    trials = rate(n, lambda: peer.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=n))
    trial = peer.ask()

    def report() -> None:
        for step in range(n):
            trial.report(1.0, step)
            trial.should_prune()

    return {"Optuna, SQLite: trials/s": trials, "Optuna, SQLite: report + should_prune/s": rate(n, report)}


def ray_tune(folder: str) -> dict[str, float]:
    from ray import tune

    found = {}
    for reuse, n in ((False, 10), (True, 60)):
        tuner = tune.Tuner(
            lambda config: {"loss": config["x"]},
            param_space={"x": tune.uniform(0, 1)},
            tune_config=tune.TuneConfig(num_samples=n, reuse_actors=reuse, metric="loss", mode="min"),
            run_config=tune.RunConfig(storage_path=folder, verbose=0),
        )
        found[f"Ray Tune, reuse_actors={reuse}: trials/s"] = rate(n, tuner.fit)
    return found


def gpu_trials(folder: str, n: int, *, is_warm: bool) -> float:
    """Trials a second that ask for the one GPU that Ray was told of, and do nothing."""
    study = rtl.create_study(storage=f"sqlite:///{folder}/warm{is_warm}.db")
    asked: dict[str, Any] = {"resources": {"num_gpus": 1}, "warm_workers": is_warm, "show_progress_bar": False}
    study.optimize(lambda _: 1.0, n_trials=2, **asked)
    return rate(n, lambda: study.optimize(lambda _: 1.0, n_trials=n, **asked))


def warm(n: int, repeats: int, force: bool) -> int:
    loads = [_load.before()]
    ray.init(num_cpus=2, num_gpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    for i in range(repeats):
        meter = _load.Meter()
        with tempfile.TemporaryDirectory() as folder:
            cold, hot = gpu_trials(folder, n, is_warm=False), gpu_trials(folder, n, is_warm=True)
        loads.append(meter.read())
        print(f"repeat {i + 1}: {loads[-1]}; GPU trials/s: a process each {cold:.3g}, warm {hot:.3g}")
        print("warm / a process each =", _load.ratio(f"{hot / cold:.1f}", loads, force))
    ray.shutdown()
    return 0


def main() -> int:
    rtl.logging.set_verbosity(rtl.logging.WARNING)  # what a run shows has no place in the output of a benchmark
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--trials", type=int, default=None)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--warm", action="store_true")
    _load.add_force(parser)
    args = parser.parse_args()
    if args.warm:
        return warm(args.trials or 40, args.repeats, args.force)
    args.trials = args.trials or 1000
    loads = [_load.before()]
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(args.repeats):
            meter = _load.Meter()
            before, mine, after = raw(args.trials), ours(folder, args.trials), raw(args.trials)
            loads.append(meter.read())
            rows.append({**{name: (before[name] + after[name]) / 2 for name in before}, **mine})
        peers = {**optuna_on_sqlite(folder), **ray_tune(folder)} if args.peers else {}
    ray.shutdown()

    for i, load in enumerate(loads[1:]):
        print(f"repeat {i + 1}: {load}")
    print(f"{'':50s} {'median':>10s} {'min':>10s} {'max':>10s}")
    for name in rows[0]:
        values = [row[name] for row in rows]
        print(f"{name:50s} {statistics.median(values):10.5g} {min(values):10.5g} {max(values):10.5g}")
    for name, value in peers.items():
        print(f"{name:50s} {value:10.5g}")
    crowd = f"{WORKERS} workers together, report + should_prune/s"
    found = statistics.median(row[crowd] for row in rows)
    verdict = f"goal {TOGETHER_GOAL}: {'met' if found >= TOGETHER_GOAL else 'NOT MET'}"
    print(f"\n{crowd} = {_load.ratio(f'{found:.0f}  ({verdict})', loads, args.force)}")
    goals = [
        ("trials/s", "raw tasks/s", 0.35, 0.5),
        ("report + should_prune/s", "raw sync actor calls/s", 0.5, 0.7),
    ]
    print()
    for name, base, floor, goal in goals:
        ratio = statistics.median(row[name] / row[base] for row in rows)
        verdict = "goal met" if ratio >= goal else "floor met" if ratio >= floor else "NOT MET"
        text = f"{ratio:.2f}  (floor {floor}, goal {goal}: {verdict})"
        print(f"{name} / {base} = {_load.ratio(text, loads, args.force)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
