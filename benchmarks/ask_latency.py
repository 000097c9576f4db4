"""How long a suggestion takes: medians after 100, 1,000 and 10,000 trials, next to Optuna's and Rustuna's.

    python benchmarks/ask_latency.py [--samplers tpe,gp,...] [--space mixed|floats|both] [--asks 15] [--loops]

Ten parameters: six floats, two of them on a log scale, two integers and two choices (``floats``: ten floats). All
studies of one size have the same finished trials. Ours is asked through StudyState, as by an executor; the time
is everything from the claim of a slot to the last parameter. Optuna's and Rustuna's ``study.ask`` run on their storages
in memory. After each ask the trial ends, so the next ask has one finished trial more, as in a study. The time to learn
from the given history is not in the median; it is in ``first``.

The samplers take turns, ask by ask, so that other load on the machine affects all of them: compare the ratios.
``--clock cpu`` counts this process's own time instead, which other processes do not lengthen (much); by the wall's
clock, no ratio is printed that was measured while others took the cores.
``--loops`` runs whole studies: 1,000 and 5,000 trials with TPE, with ask and tell.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import _load
from _asynchrony import generator
from _studies import OurStudy, Space, Study, missing, open_study

from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

MIXED: Space = {
    **{f"float{i}": FloatDistribution(-5.0, 5.0) for i in range(4)},
    **{f"log{i}": FloatDistribution(1e-5, 1.0, log=True) for i in range(2)},
    **{f"int{i}": IntDistribution(1, 64) for i in range(2)},
    **{f"choice{i}": CategoricalDistribution(["a", "b", "c", "d"]) for i in range(2)},
}
SPACES: dict[str, Space] = {"mixed": MIXED, "floats": {f"x{i}": FloatDistribution(-5.0, 5.0) for i in range(10)}}

SIZES = {"tpe": (100, 1_000, 10_000), "gp": (50, 200, 500), "auto": (50, 200, 500, 1_000)}
OTHER_SIZES = (100, 1_000, 10_000)
NAMES = ("tpe", "gp", "cmaes", "nsgaii", "qmc", "grid", "random", "auto")

# milliseconds at most, by (sampler, trials)
GOALS = {("tpe", 100): 0.6, ("tpe", 1_000): 1.0, ("tpe", 10_000): 5.0, ("gp", 50): 60.0, ("gp", 200): 80.0,
         ("gp", 500): 200.0, **{(name, n): 0.05 for name in ("grid", "qmc") for n in OTHER_SIZES}}  # fmt: skip


def loss(params: dict[str, Any], space: Space) -> float:
    """A bowl whose bottom is at three tenths of each range; a choice counts by its place."""
    total = 0.0
    for name, dist in space.items():
        if isinstance(dist, CategoricalDistribution):
            total += 0.1 * dist.to_internal_repr(params[name])
        else:
            total += ((params[name] - dist.low) / (dist.high - dist.low) - 0.3) ** 2
    return total


def point(space: Space, number: int) -> dict[str, Any]:
    """Trial ``number`` of the history that all studies share."""
    units = generator(1, number).random(len(space))
    return {
        name: dist.to_external_repr(dist.from_unit(float(u)))
        for (name, dist), u in zip(space.items(), units, strict=True)
    }


def axes(space: Space) -> str:
    """A grid over the space with three values an axis, more than fifty thousand cells."""
    values = {name: list({dist.to_external_repr(dist.from_unit(u)): None for u in (0.1, 0.5, 0.9)})
              for name, dist in space.items()}  # fmt: skip
    return json.dumps({"search_space": values})


def contestants(kind: str, space: Space, peers: Sequence[str]) -> list[str]:
    """Our sampler of this kind, and the peers' that are installed."""
    found = []
    for home in ("ours", *peers):
        name = f"{home}/{kind}"
        try:
            why = missing(name)
        except ValueError:
            continue  # a peer has no such sampler
        if why:
            print(f"  {name} is left out: {why}")
        else:
            found.append(f"{name}:{axes(space)}" if kind == "grid" else name)
    return found


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds: of the first ask, the median, the 90 % quantile; ``sampler``: the sampler's part of it."""

    first: float
    median: float
    high: float
    sampler: float | None


CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}


def measure(
    names: Sequence[str], space: Space, n: int, asks: int, clock: Callable[[], float]
) -> tuple[dict[str, Times], _load.Load]:
    """The times of asks after ``n`` trials, by name, and the load meanwhile."""
    history = [(params, loss(params, space)) for params in (point(space, i) for i in range(n))]
    studies: dict[str, Study] = {}
    for name in names:
        studies[name] = open_study(name, 0, space)
        for params, value in history:
            studies[name].add(params, value)
    times: dict[str, list[float]] = {name: [] for name in names}
    parts: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    meter = _load.Meter()
    for turn in range(asks + 1):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            study = studies[name]
            start = clock()
            number, params = study.ask()
            times[name].append(1e3 * (clock() - start))
            parts[name] += [1e3 * study.in_sampler] if isinstance(study, OurStudy) else []
            study.tell(number, loss(params, space))
    load = meter.read()
    found = {
        name: Times(
            took[0],
            statistics.median(took[1:]),
            sorted(took[1:])[int(0.9 * (len(took) - 1))],
            statistics.median(parts[name][1:]) if parts[name] else None,
        )
        for name, took in times.items()
    }
    return found, load


def judged(args: argparse.Namespace, text: str, load: _load.Load) -> str:
    """A ratio or a verdict, where it means something; CPU time does so on a busy machine too."""
    return text if args.clock == "cpu" else _load.ratio(text, [load], args.force)


def whole_study(name: str, space: Space, n: int, clock: Callable[[], float]) -> float:
    """Seconds for ``n`` trials, each with ask and tell."""
    study = open_study(name, 0, space)
    start = clock()
    for _ in range(n):
        number, params = study.ask()
        study.tell(number, loss(params, space))
    return clock() - start


def latencies(args: argparse.Namespace, title: str, space: Space) -> list[str]:
    """Print a table for each sampler; the goals that are met, and the others."""
    verdicts = []
    print(f"\n{title}: ask, ms ({args.clock} time); sampler: its part of the median; ratio: theirs / ours\n")
    print(f"  {'':16s} {'trials':>7s} {'first':>9s} {'median':>9s} {'90 %':>9s} {'sampler':>9s} {'ratio':>7s}")
    for kind in args.samplers:
        names = contestants(kind, space, args.peers)
        if not names or not names[0].startswith("ours/"):
            continue
        for n in args.trials or SIZES.get(kind, OTHER_SIZES):
            slow = kind == "gp" or (kind == "tpe" and n >= 10_000)
            asks = max(3, args.asks // 3) if slow else args.asks
            found, load = measure(names, space, n, asks, CLOCKS[args.clock])
            own = found[names[0]].median
            for name, t in found.items():
                part = f"{t.sampler:9.3f}" if t.sampler is not None else f"{'':9s} "
                if t.sampler is None:
                    part += judged(args, f"{t.median / own:7.1f}", load)
                row = f"{t.first:9.3f} {t.median:9.3f} {t.high:9.3f} {part}"
                print(f"  {name.split(':')[0]:16s} {n:7d} {row}", flush=True)
            print(f"  ({load})", flush=True)
            goal = GOALS.get((kind, n))
            if goal is not None:
                word = judged(args, "met" if own <= goal else "NOT MET", load)
                verdicts.append(f"{title}: ours/{kind} after {n} trials: {own:.3f} ms, goal {goal} ms: {word}")
    return verdicts


def loops(args: argparse.Namespace, title: str, space: Space) -> None:
    """Print the time of whole studies with TPE, the best of ``--repeats`` runs in turn."""
    names = contestants("tpe", space, args.peers)
    for n in args.loop_trials:
        some = [name for name in names if n <= 1_000 or not name.startswith("optuna") or args.all_loops]
        best = dict.fromkeys(some, float("inf"))
        meter = _load.Meter()
        for _ in range(args.repeats if n <= 1_000 else 1):
            for name in some:
                best[name] = min(best[name], whole_study(name, space, n, CLOCKS[args.clock]))
        load = meter.read()
        print(f"\n{title}: a study of {n} trials, s ({load})")
        for name, seconds in best.items():
            ratio = ""
            if name != "ours/tpe" and "ours/tpe" in best:
                ratio = judged(args, f"{seconds / best['ours/tpe']:7.2f} x ours", load)
            print(f"  {name:16s} {seconds:9.3f} {ratio}", flush=True)
        if len(some) < len(names):
            print("  (Optuna is left out here: it takes minutes; --all-loops runs it too)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samplers", type=lambda text: text.split(","), default=list(NAMES))
    parser.add_argument("--peers", type=lambda text: [t for t in text.split(",") if t], default=["optuna", "rustuna"])
    parser.add_argument("--space", choices=(*SPACES, "both"), default="both")
    parser.add_argument("--trials", type=lambda text: [int(n) for n in text.split(",")], default=[], help="100,1000")
    parser.add_argument("--asks", type=int, default=21, help="questions a median")
    parser.add_argument("--loops", action="store_true", help="whole studies with TPE, too")
    parser.add_argument("--only-loops", action="store_true", help="nothing else")
    parser.add_argument("--loop-trials", type=lambda text: [int(n) for n in text.split(",")], default=[1_000, 5_000])
    parser.add_argument("--all-loops", action="store_true", help="Optuna's studies of more than 1,000 trials as well")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    _load.add_force(parser)
    args = parser.parse_args()
    _load.before()
    OurStudy.clock = staticmethod(CLOCKS[args.clock])
    verdicts = []
    for title, space in SPACES.items():
        if args.space in (title, "both"):
            if not args.only_loops:
                verdicts += latencies(args, title, space)
            if args.loops or args.only_loops:
                loops(args, title, space)
    print("\n" + "\n".join(verdicts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
