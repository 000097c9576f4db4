"""Small trials that share one GPU, beside one at a time on the same GPU; and one that takes more than its share.

    python benchmarks/packing.py [--trials 8] [--steps 3000] [--width 512]

It needs a GPU and a torch that uses it, and uses one GPU. Trials train a small network for so many steps, each in a
process of its own. One at a time is ``num_gpus=1``; sharing is ``num_gpus="auto"``, after its first trials were
measured: what they took is not counted, and printed. Then one of several trials takes more than its share; it must be
the only one that runs out of memory. Exit code 1 when it is not, or when nothing was shared. Storage is a SQLite file.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time

os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import _load
import ray
import torch

import raytune_lite as rtl

FIRST = 3  # trials that are measured before GPUs are shared
GREEDY = 3  # of the trials of the last part the one that takes too much
WAIT = 20.0  # seconds for which its neighbours hold what they have


def training(steps: int, width: int):
    def objective(trial: rtl.Trial) -> float:
        torch.manual_seed(trial.number)
        layers = [torch.nn.Linear(width, width), torch.nn.ReLU(), torch.nn.Linear(width, 1)]
        model = torch.nn.Sequential(*layers).cuda()
        optimizer = torch.optim.SGD(model.parameters(), lr=trial.suggest_float("lr", 1e-4, 1e-2, log=True))
        x = torch.randn(256, width, device="cuda")
        for _ in range(steps):
            loss = (model(x) - x.mean(1, keepdim=True)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return float(loss)

    return objective


def greedy(first: int):
    """Holds 1 GB for a while; one trial takes far more than what the others were seen to need."""

    def objective(trial: rtl.Trial) -> float:
        held = torch.empty(10**9, dtype=torch.uint8, device="cuda")
        if trial.number < first:
            return 0.0
        if trial.number == first + GREEDY and trial.attempt == 1:
            _, total = torch.cuda.mem_get_info()
            return float(torch.empty(total // 5, dtype=torch.uint8, device="cuda")[0])
        time.sleep(WAIT)
        return float(held[0])

    return objective


def study(folder: str, name: str) -> rtl.Study:
    return rtl.create_study(study_name=name, storage=f"sqlite:///{folder}/{name}.db", direction="minimize")


def timed(trials: rtl.Study, objective, n: int, gpus: float | str, meter: _load.Meter) -> tuple[float, _load.Load]:
    """Trials a minute, from the call of optimize to its return."""
    meter.read()
    began = time.perf_counter()
    trials.optimize(objective, n_trials=n, resources={"num_cpus": 0.5, "num_gpus": gpus}, show_progress_bar=False)
    return 60.0 * n / (time.perf_counter() - began), meter.read()


def show(trials: rtl.Study, what: str, n: int) -> None:
    for a in trials.attempts[-n:]:
        peak = "not measured" if a.gpu_peak is None else f"{a.gpu_peak / 1e9:.2f} GB"
        print(f"  {what}: trial {a.number}, attempt {a.attempt}: {a.num_gpus:g} of a GPU, {peak}, {a.outcome}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--width", type=int, default=512)
    _load.add_force(parser)
    given = parser.parse_args()
    if not torch.cuda.is_available():
        print("this machine has no GPU that torch can use, and nothing was measured", file=sys.stderr)
        return 2
    loads = [_load.before()]
    ray.init(address="local", num_gpus=1, include_dashboard=False, log_to_driver=False)
    objective, meter = training(given.steps, given.width), _load.Meter()
    with tempfile.TemporaryDirectory() as folder:
        alone = study(folder, "alone")
        timed(alone, objective, 1, 1, meter)  # files of torch are in the page cache from here on
        one_rate, load = timed(alone, objective, given.trials, 1, meter)
        loads.append(load)
        shared = study(folder, "shared")
        first_rate, _ = timed(shared, objective, FIRST, "auto", meter)
        show(shared, "measured", FIRST)
        rate, load = timed(shared, objective, given.trials, "auto", meter)
        loads.append(load)
        show(shared, "shared", given.trials)
        print(f"one at a time: {one_rate:.1f} trials/min; the {FIRST} that were measured: {first_rate:.1f}")
        print(f"sharing: {rate:.1f} trials/min")
        print("sharing / one at a time:", _load.ratio(f"{rate / one_rate:.2f}", loads, given.force))
        offended = study(folder, "greedy")
        timed(offended, greedy(FIRST), FIRST, "auto", meter)
        timed(offended, greedy(FIRST), 6, "auto", meter)
        show(offended, "greedy", 7)
    failed = [(a.number, a.attempt, a.outcome) for a in offended.attempts if a.outcome != "complete"]
    shares = [a.num_gpus for a in shared.attempts[FIRST:]]
    ok = failed == [(FIRST + GREEDY, 1, "gpu_out_of_memory")] and max(shares) < 1.0
    wrong = f"WRONG: failed {failed}, shares {shares}"
    print("the one that took too much was the only one that failed" if ok else wrong)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
