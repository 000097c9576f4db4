"""What a study costs on a cluster of three raylets on this machine, beside raw Ray on the same cluster.

    python benchmarks/cluster.py PART... [--force]

Each part takes less than 150 s. ``throughput``: trials of 0, 0.1 and 1 s against Ray tasks that sleep as long.
``first``: from the call of ``optimize`` until the first trial runs. ``submit``: from the start of the command
`raytune-lite submit` until the first trial runs, beside `ray job submit` of a script that does nothing. ``killed``: a
raylet is killed; from there until its trials run elsewhere, beside the times after which Ray tells the owner of a task
there and calls the node dead. ``driver``: the driver's memory and CPU time after 10,000 trials. ``slots``: the busy
share of 64, 256 and 1,000 slots of 10-s trials, by slots.py, without Ray.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import _load
import ray
import slots as slot_bench
from ray.cluster_utils import Cluster
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

import raytune_lite as rtl

RAYLETS, CPUS = 3, 2
MEMORY = 80 << 20  # bytes of each raylet's object store
LENGTHS = {0.0: 600, 0.1: 120, 1.0: 24}  # seconds of a trial -> how many trials
KILLED_GOAL = 5.0  # seconds that a trial may run again after Ray has told of its node
BUSY_GOAL = 0.95
SLOTS = (64, 256, 1000)


@contextmanager
def cluster(*, jobs: bool = False) -> Iterator[tuple[Cluster, list[Any]]]:
    """A head without CPUs, and the raylets; this process is connected. ``jobs``: with a job server."""
    head = {"num_cpus": 0, "include_dashboard": jobs, "object_store_memory": MEMORY}
    made = Cluster(initialize_head=True, head_node_args=head)
    try:
        nodes = [made.add_node(num_cpus=CPUS, object_store_memory=MEMORY) for _ in range(RAYLETS)]
        made.wait_for_nodes()
        ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
        yield made, nodes
    finally:
        ray.shutdown()
        made.shutdown()


def study(folder: str) -> rtl.Study:
    name = f"{time.monotonic_ns()}"
    return rtl.create_study(
        storage=f"sqlite:///{folder}/{name}.db",
        sampler=rtl.samplers.RandomSampler(seed=0),
        checkpoint_dir=f"{folder}/{name}",
    )


@ray.remote(max_retries=0)
def nap(seconds: float) -> float:
    time.sleep(seconds)
    return time.time()


def sleeper(seconds: float) -> Callable[[rtl.Trial], float]:
    def objective(trial: rtl.Trial) -> float:
        time.sleep(seconds)
        return trial.suggest_float("x", 0, 1)

    return objective


def run(folder: str, objective: Callable[[rtl.Trial], float], n: int) -> tuple[rtl.Study, float]:
    """A study of n trials, and its seconds from the call of optimize to its return."""
    made, began = study(folder), time.perf_counter()
    made.optimize(objective, n_trials=n, show_progress_bar=False)
    return made, time.perf_counter() - began


def throughput(folder: str, loads: list[_load.Load], force: bool) -> None:
    """Trials a second against Ray tasks a second."""
    with cluster():
        ray.get([nap.remote(0.0) for _ in range(50)])  # workers, started
        run(folder, sleeper(0.0), 50)
        for seconds, n in LENGTHS.items():
            meter, bare, ours = _load.Meter(), [], []
            for _ in range(2):
                began = time.perf_counter()
                ray.get([nap.remote(seconds) for _ in range(n)])
                bare.append(n / (time.perf_counter() - began))
                ours.append(n / run(folder, sleeper(seconds), n)[1])
            load = meter.read()
            one, other = statistics.median(ours), statistics.median(bare)
            print(f"{n} trials of {seconds:g} s: {one:.1f} a second, Ray tasks {other:.1f} a second; {load}")
            print(f"  ratio {_load.ratio(f'{one / other:.2f}', [*loads, load], force)}")


def first(folder: str, loads: list[_load.Load], force: bool) -> None:  # noqa: ARG001
    """From the call of optimize until a trial runs: the first run of a script, and a further one."""
    with cluster():
        ray.get([nap.remote(0.0) for _ in range(20)])
        for which in ("first run of a script", "further run"):
            path = Path(folder) / f"{time.monotonic_ns()}"
            began = time.time()
            run(folder, _noter(str(path)), 2)
            print(f"{which}: {float(path.read_text().split()[0]) - began:.2f} s until its first trial runs")


def _noter(path: str) -> Callable[[rtl.Trial], float]:
    def objective(_: rtl.Trial) -> float:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{time.time()}\n")
        return 1.0

    return objective


BARE = "import sys, time; open(sys.argv[1], 'a').write(f'{time.time()}\\n')"
STUDY = """
import sys, time
import raytune_lite as rtl

def objective(_, path=sys.argv[1]):
    with open(path, "a") as file:
        file.write(f"{time.time()}\\n")
    return 1.0

rtl.create_study(storage=f"sqlite:///{sys.argv[1]}.db").optimize(objective, n_trials=1)
"""


def submit(folder: str, loads: list[_load.Load], force: bool, times: int = 3) -> None:
    """From the start of a command that submits a job until its script runs, and until its study's first trial does."""
    work = Path(folder) / "work"
    work.mkdir()
    (work / "bare.py").write_text(BARE)
    (work / "study.py").write_text(STUDY)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with cluster(jobs=True) as (made, _):
        url = f"http://{made.head_node.webui_url}"
        ours = [sys.executable, "-m", "raytune_lite", "submit", "--address", url, "study.py"]
        bare = [sys.executable, "-m", "ray.scripts.scripts", "job", "submit", "--address", url, "--working-dir", "."]
        bare += ["--", "python", "bare.py"]
        found: dict[str, list[float]] = {"bare": [], "ours": []}
        meter = _load.Meter()
        for i in range(times + 1):
            for name, command in (("bare", bare), ("ours", ours)):
                path = work.parent / f"{name}-{i}"
                began = time.time()
                done = subprocess.run(
                    [*command, str(path)], cwd=work, env=environment, capture_output=True, text=True, check=False
                )
                if done.returncode:
                    raise SystemExit(f"{done.stdout}{done.stderr}")
                found[name].append(float(path.read_text().split()[0]) - began)
        load = meter.read()
    names = {"bare": "ray job submit until its script runs", "ours": "raytune-lite submit until a trial runs"}
    for name, what in names.items():
        first, *more = found[name]
        print(f"{what}: {first:.1f} s the first time, then {', '.join(f'{s:.1f}' for s in more)}")
    one, other = (statistics.median(found[name][1:]) for name in ("ours", "bare"))
    print(f"  {one - other:.1f} s more; ratio {_load.ratio(f'{one / other:.2f}', [*loads, load], force)}; {load}")


def _stepper(log: str) -> Callable[[rtl.Trial], float]:
    """Steps of 0.25 s for 20 s, each saved and noted."""

    def objective(trial: rtl.Trial) -> float:
        node = ray.get_runtime_context().get_node_id()
        for step in range((trial.resumed_from_step or 0) + 1, 81):
            with open(log, "a", encoding="utf-8") as file:
                file.write(json.dumps([trial.number, trial.attempt, node, time.time()]) + "\n")
            time.sleep(0.25)
            trial.report(1.0, step)
            trial.save_checkpoint({"step": step}, step)
        return 1.0

    return objective


def killed(folder: str, loads: list[_load.Load], force: bool) -> None:  # noqa: ARG001
    """From the end of a raylet until its trials run elsewhere, and until Ray tells the owner of a task there."""
    with cluster() as (made, nodes):
        log, told = Path(folder) / "log", list[float]()
        victim = nodes[0]
        probe = nap.options(num_cpus=0, scheduling_strategy=NodeAffinitySchedulingStrategy(victim.node_id, soft=False))

        def kill() -> None:
            ref = probe.remote(600.0)
            while sum(row[2] == victim.node_id for row in rows(log)) < 8:
                time.sleep(0.05)
            told.append(time.time())
            made.remove_node(victim, allow_graceful=False)
            try:
                ray.get(ref)
            except ray.exceptions.RayError:
                told.append(time.time())
            while any(node["Alive"] for node in ray.nodes() if node["NodeID"] == victim.node_id):
                time.sleep(0.05)
            told.append(time.time())

        thread = threading.Thread(target=kill, daemon=True)
        thread.start()
        run(folder, _stepper(str(log)), RAYLETS * CPUS - CPUS)  # there is room for those that are lost
        thread.join()
    found, (at, heard, known) = rows(log), told
    there = {row[0] for row in found if row[2] == victim.node_id}
    again = [min(row[3] for row in found if row[0] == number and row[1] > 1) - at for number in sorted(there)]
    print(
        f"Ray tells the owner of a task after {heard - at:.2f} s, and that the node is dead after {known - at:.2f} s; "
        f"lost trials run again after {[round(s, 2) for s in again]} s"
    )
    late = max(again) - (known - at)  # until then it may send tasks to the dead node
    is_met = "met" if late <= KILLED_GOAL else "NOT MET"
    print(f"  {late:.2f} s after the node (goal: at most {KILLED_GOAL:g} s: {is_met}); load {os.getloadavg()[0]:.1f}")


def rows(log: Path) -> list[Any]:
    """(trial, attempt, node, time) of each step."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def driver(folder: str, loads: list[_load.Load], force: bool, n: int = 10_000) -> None:  # noqa: ARG001
    """The driver's memory and CPU time as trials go by."""
    with cluster():
        made, looks = study(folder), list[tuple[int, float, float]]()

        def look(study: rtl.Study, trial: rtl.FrozenTrial) -> None:
            if trial.number % (n // 4) in (100, n // 4 - 1):
                looks.append((trial.number + 1, *_numbers(_pid(study))))

        began = time.perf_counter()
        made.optimize(sleeper(0.0), n_trials=n, show_progress_bar=False, callbacks=[look])
        seconds = time.perf_counter() - began
    for trials, memory, cpu in looks:
        print(f"after {trials:6d} trials: {memory:.0f} MiB, {cpu:.1f} s of CPU")
    (few, less, before), (many, more, after) = looks[0], looks[-1]
    print(
        f"{n} trials in {seconds:.0f} s; {1e3 * (after - before) / (many - few):.2f} ms of the driver's CPU and "
        f"{1024 * (more - less) / (many - few):.1f} KiB a trial; load {os.getloadavg()[0]:.1f}"
    )


def _pid(study: rtl.Study) -> int:
    owner = study._repository.owner(study._record)
    assert owner is not None
    return int(owner.holder.split()[1])


def _numbers(pid: int) -> tuple[float, float]:
    """A process's memory in MiB, and its CPU seconds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, ticks / os.sysconf("SC_CLK_TCK")


def slots(folder: str, loads: list[_load.Load], force: bool) -> None:
    """The busy share of many slots, by slots.py."""
    for n in SLOTS:
        meter, args = _load.Meter(), argparse.Namespace(slots=n, seconds=10.0, reports=10, rounds=2, processes=2)
        path = Path(folder) / str(n)
        path.mkdir()
        found = slot_bench.measure(args, str(path))
        load, share = meter.read(), found["busy share"]
        text = f"{share:.3f}"
        if n == max(SLOTS):
            text += f" (goal {BUSY_GOAL}: {'met' if share >= BUSY_GOAL else 'NOT MET'})"
        print(f"{n} slots of 10-s trials: busy share {_load.ratio(text, [*loads, load], force)}; {load}")


PARTS = {"throughput": throughput, "first": first, "submit": submit, "killed": killed, "driver": driver, "slots": slots}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=list(PARTS), metavar="PART", help=", ".join(PARTS))
    _load.add_force(parser)
    args = parser.parse_args()
    loads = [_load.before()]
    for name in args.parts:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](folder, loads, args.force)
    return 0


if __name__ == "__main__":
    sys.exit(main())
