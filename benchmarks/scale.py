"""How what a study costs grows with it: 10^3 to 10^5 trials, 5 to 5,000 paused ones; each growth as an exponent.

    python benchmarks/scale.py [--trials 1000,10000,100000] [--paused 5,500,5000]

Studies are made through the real session (SQLite), with four parameters and three reports a trial. Each command then
runs in a process of its own. Times are CPU seconds, which other processes do not lengthen (much); memory is the largest
resident size. ``exponent`` is the steeper of two slopes of log cost over log size: from the smallest size to the
largest, and from the last but one to the largest. 1 is in proportion, 0 is flat; above 1.1 it is marked, and the exit
code is 1. What a process costs that only starts is part of each figure, and stated.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import _growth
import _load
import restart

LIMIT = 1.1
REPORTS = 3  # of one trial, in one message
COMMANDS = {
    "status": ["status"], "best": ["best"], "trials --csv": ["trials", "--csv"], "check": ["check"],
    "compact": ["compact"], "status, compacted": ["status"], "check, compacted": ["check"],
}  # fmt: skip
OPEN = "open, from a snapshot", "open, the whole log", "open, compacted"

Costs = list[tuple[int, float]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=_growth.sizes, default=[1000, 10_000, 100_000])
    parser.add_argument("--paused", type=_growth.sizes, default=[5, 500, 5000])
    parser.add_argument("--asked", type=_growth.sizes, default=[100, 1000, 5000], help="trials before ask and tell")
    parser.add_argument("--samplers", type=lambda text: text.split(","), default=["random", "tpe"])
    parser.add_argument("--open", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--build", metavar="URL", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build:
        restart.build(given.build, given.trials[0], REPORTS, REPORTS)
        return 0
    if given.open:
        restart.Session(restart.config(given.open, f"run-{time.time_ns()}", REPORTS)).close()
        return 0
    meter = _load.Meter()
    found = {**_of_trials(given.trials), **_of_questions(given.asked, given.paused, given.samplers)}
    worst = [what for what, costs in found.items() if slope(costs) > LIMIT]
    print(f"{meter.read()}")
    for what in worst:
        print(f"above {LIMIT}: {what} ({slope(found[what]):.2f})")
    print(f"{len(found) - len(worst)} of {len(found)} figures grow with an exponent of at most {LIMIT}")
    return 1 if worst else 0


def slope(costs: Costs) -> float:
    """The exponent with which a cost grows; see above."""
    ordered = sorted(costs)
    return max(_growth.exponent(ordered), _growth.exponent(ordered[-2:])) if len(ordered) > 1 else 0.0


# --- with the number of trials ---------------------------------------------------------------------------------------


def _of_trials(sizes: Sequence[int]) -> dict[str, Costs]:
    times: dict[str, Costs] = {}
    memory: dict[str, Costs] = {}
    bytes_each: dict[str, Costs] = {"file": [], "file, compacted": []}
    idle = _run([sys.executable, "-m", "raytune_lite", "studies", "--help"])
    print(f"a process that only starts: {idle[0]:.2f} s, {idle[1]:.0f} MiB")
    for n in sizes:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "study.db"
            url = f"sqlite:///{path}"
            # not in this process: a child's largest size is at least that of its parent
            _note("run", n, _run([sys.executable, __file__, "--build", url, "--trials", str(n)]), times, memory)
            bytes_each["file"].append((n, path.stat().st_size / n))
            copy = Path(directory) / "copy.db"
            shutil.copy(path, copy)
            _forget_snapshot(copy)
            for what, at in zip(OPEN, (path, copy), strict=False):
                _note(what, n, _open(at), times, memory)
            for what, command in COMMANDS.items():
                found = _run([sys.executable, "-m", "raytune_lite", *command, "--storage", url, "--study", "large"])
                _note(what, n, found, times, memory)
            bytes_each["file, compacted"].append((n, path.stat().st_size / n))
            _note(OPEN[2], n, _open(path), times, memory)
    _print("CPU seconds", times, "{:10.2f}")
    _print("MiB at most", memory, "{:10.0f}")
    _print("bytes a trial", bytes_each, "{:10.0f}")
    return {**times, **{f"{what}: memory": costs for what, costs in memory.items()}}


def _note(
    what: str, n: int, found: tuple[float, float], times: dict[str, Costs], memory: dict[str, Costs]
) -> None:
    for figures, cost in zip((times, memory), found, strict=True):
        figures.setdefault(what, []).append((n, cost))


def _open(path: Path) -> tuple[float, float]:
    return _run([sys.executable, __file__, "--open", f"sqlite:///{path}"])


def _run(command: list[str]) -> tuple[float, float]:
    """CPU seconds and the largest resident MiB of a process."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _forget_snapshot(path: Path) -> None:
    import sqlite3

    with sqlite3.connect(path) as raw:
        raw.execute("DELETE FROM rtl_snapshots")
        raw.execute("DELETE FROM rtl_snapshot_parts")
    raw.close()


# --- one question ----------------------------------------------------------------------------------------------------


def _of_questions(asked: Sequence[int], paused: Sequence[int], samplers: Sequence[str]) -> dict[str, Costs]:
    found: dict[str, Costs] = {}
    if asked:
        found["ask and tell, with trials"] = [(n, _growth.ask_tell_ms(n)) for n in asked]
    for sampler in samplers if paused else ():
        for unforeseen, what in ((False, "a claim"), (True, "an unforeseen parameter")):
            costs = [(n, _growth.ask_ms(n, sampler, unforeseen=unforeseen)) for n in paused]
            found[f"{sampler}: {what}, with paused trials"] = costs
    _print("CPU milliseconds of one", found, "{:10.3f}")
    return found


def _print(unit: str, figures: dict[str, Costs], form: str) -> None:
    if any(figures.values()):
        print(f"{unit}:")
    for what, costs in figures.items():
        if costs:
            each = " ".join(f"{n:>8}:{form.format(cost)}" for n, cost in costs)
            print(f"  {what:46s} {each}   exponent {slope(costs):5.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
