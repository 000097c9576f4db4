"""How soon do pruners and samplers find good configurations: tables of learning curves, in virtual time.

    python benchmarks/multifidelity.py --data DIR --out curves.jsonl [--workers 1,8,64] [--seeds 30] [--jobs 2]
    python benchmarks/multifidelity.py --out curves.jsonl --summary

The launcher, the driver, the session and the core are the true ones, in virtual time (``runtime/virtual/quiet``). A run
lasts ``--budget`` full trainings, of the mean length. A method is rule/sampler, see ``_methods``. A sampler's point is
moved to the nearest configuration of the table that has not been tried; all methods begin with the same ones, and meet
the same speeds; random search takes them in the same order under every rule. Many workers have soon tried all of a
table: ``--grow 10`` adds nine mixtures for each of its configurations. A sampler's thinking takes no virtual time; its
CPU time is given beside.

Compare samplers with ``--surface`` where many trials run: a point then has the mean of its nearest configurations'
curves, and is not moved. A model that is told of another point than its own suggests its own again and again: of a
thousand configurations in seven dimensions the nearest is .3 of a side away, and then its neighbours are used up.

Regret: 0 is the best loss in the table, at any epoch, 1 the median configuration after a full training; at most 1. It
is that of the best loss reported so far. "chosen" is the regret that the configuration with that report has when it is
trained to its end. Both as the interquartile mean over all tables and seeds, with bootstrap 95 % intervals (seeds are
drawn again within each table). Times are in full trainings.

Results go to ``--out`` line by line, so a stopped run continues where it was. Runs go seed by seed, so a part of them
is a fair comparison. ``--again`` runs methods again; the newest line of a run counts.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy: processes are the parallelism here
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import _load
import _methods
import _runs
import _tables
import numpy as np
from _asynchrony import generator
from _regret import summary

from raytune_lite.distributions import IntDistribution
from raytune_lite.exceptions import TrialPruned
from raytune_lite.runtime.virtual.quiet import QuietCluster
from raytune_lite.samplers import RandomSampler
from raytune_lite.trial import TrialState

METHODS = "full/random,one-epoch/random,asha/random,asha/tpe,asha/gp,asha/auto,asha-stop/random,median/random"
EPOCH = 60.0  # virtual seconds that a mean epoch takes: long beside the start of a task


@dataclass(frozen=True, slots=True)
class Run:
    """One method on one table. Equal runs give equal results, but for the time they take."""

    table: str
    workers: int
    seed: int
    method: str
    budget: float
    n_initial: int
    grow: int
    surface: bool = False


class Training:
    """The objective: epochs of a configuration of the table. ``parts``: what was trained, in the order of its start."""

    def __init__(self, table: _tables.Table | _tables.Surface, rule: _methods.Rule) -> None:
        self.table, self.rule = table, rule
        self.training = EPOCH * table.epochs  # virtual seconds of a full training
        self.scale = self.training / table.training
        self.parts: list[tuple[int, int, int, int, float]] = []  # trial, configuration, first and last step, start
        self.cluster: Any = None
        self.sampler: Any = None

    def __call__(self, trial: Any) -> float:
        """Train until the rule has it end."""
        world, values = self.cluster.world, {}
        for name, dist in self.table.space.items():
            suggest = trial.suggest_int if isinstance(dist, IntDistribution) else trial.suggest_float
            values[name] = float(suggest(name, dist.low, dist.high, log=dist.log))
        row = self.sampler.row(trial.number, values)
        last = int(self.table.lengths[row])
        last = last if self.rule.epochs is None else min(last, self.rule.epochs)
        losses, ends = self.table.losses[row], self.table.ends[row] * self.scale
        step = trial.resumed_from_step or 0
        while step < last:
            due = min(max(trial.delivery.next_due, step + 1), last)
            self.parts.append((trial.number, row, step, due, world.now))
            world.sleep(float(ends[due - 1] - (ends[step - 1] if step else 0.0)))
            for each in range(step, due):
                trial.report(float(losses[each]), each + 1)
            step = due
            if step < last:
                if self.rule.saves and trial.delivery.newest >= trial.delivery.next_due:
                    with trial.checkpoint_dir(step):
                        pass
                if trial.should_prune():
                    raise TrialPruned
        return float(losses[last - 1])

    @property
    def ends(self) -> Any:
        """Virtual seconds from the start to the end of each epoch, (rows, epochs)."""
        return self.table.ends * self.scale

    def results(self, budget: float) -> dict[str, Any]:
        """What was found when, and what it took. ``budget``: full trainings."""
        table, ends = self.table, self.ends
        rows = np.concatenate([np.full(b - a, row) for _, row, a, b, _ in self.parts])
        steps = np.concatenate([np.arange(a, b) for _, _, a, b, _ in self.parts])
        origins = np.concatenate(
            [np.full(b - a, start - (ends[row, a - 1] if a else 0.0)) for _, row, a, b, start in self.parts]
        )
        times = (origins + ends[rows, steps]) / self.training
        inside = times <= budget
        rows, steps, times = rows[inside], steps[inside], times[inside]
        losses = np.nan_to_num(table.losses[rows, steps], nan=np.inf)
        order = np.argsort(times, kind="stable")
        best = np.minimum.accumulate(losses[order])
        news = order[np.flatnonzero(best < np.r_[np.inf, best[:-1]])]
        curve = np.stack([times[news], table.regret(losses[news]), table.regret(table.finals[rows[news]])], 1)
        bad = ~np.isfinite(table.losses)
        return {
            "curve": [[round(x, 5) for x in point] for point in curve.tolist()],
            "epochs": int(inside.sum()),
            "held_nan": self._held(bad, budget),
            "held_diverged": self._held(table.losses > table.diverged, budget),
        }

    def _held(self, bad: Any, budget: float) -> int:
        """Epochs that began after a decision on a bad report; where nothing is decided, after the report."""
        first = np.where(bad.any(1), bad.argmax(1), bad.shape[1])
        held, decided, ends = 0, set[int](), self.ends
        for number, row, a, b, start in self.parts:
            since = a if number in decided else b if self.rule.decides else int(first[row]) + 1
            begins = np.r_[0.0, ends[row]][since:b]
            began = start + begins - (ends[row, a - 1] if a else 0.0)
            held += int((began / self.training <= budget).sum())
            if first[row] < b:
                decided.add(number)
        return held


def perform(work: tuple[Run, str]) -> dict[str, Any]:
    """The line that records a run; if the method raised, the line has "error" and no curve."""
    run, data = work
    name, _, sampler = run.method.partition("/")
    rule, table = _methods.RULES[name], _tables.load(data, run.table, run.seed, run.grow)
    order = generator(run.seed, 11).permutation(len(table)).tolist()
    enqueued = [
        {name: dist.to_external_repr(value) for (name, dist), value in zip(table.space.items(), row, strict=True)}
        for row in table.configs[order[: run.n_initial]]
    ]
    inner, place = _methods.SAMPLERS[sampler](run.seed), table
    if run.surface:
        inner, place = inner or RandomSampler(run.seed), _tables.Surface(table)
    training = Training(place, rule)
    chooser = _methods.FromTable(inner, place, order, run.n_initial)
    start, error = time.process_time(), ""
    cluster = QuietCluster(
        chooser, rule.make(table.epochs, run.workers), training, workers=run.workers, enqueued=enqueued
    )
    training.cluster, training.sampler = cluster, chooser
    try:
        cluster.run(run.budget * training.training)
    except Exception as exception:  # noqa: BLE001  (any method's; the table says so)
        error = f"{type(exception).__name__}: {exception}"[:500]
    spent, state = cluster.cpu, cluster.state
    found = {} if error else training.results(run.budget)
    return {
        **asdict(run),
        "error": error,
        **found,
        **counts(state),
        "checkpoints": cluster.checkpoints.most,
        "decisions": spent.decisions,
        "decision_us": 1e6 * spent.deciding / max(1, spent.decisions),
        "claim_us": 1e6 * (spent.claiming - chooser.seconds) / max(1, spent.claims),
        "ask_ms": 1e3 * chooser.seconds / max(1, chooser.asks),
        "cpu": time.process_time() - start,
    }


def counts(state: Any) -> dict[str, int]:
    """Trials, attempts and promotions of a study."""
    trials = list(state.trials.values())
    started = [trial for trial in trials if trial.attempt > 0]
    return {
        "trials": len(started),
        "attempts": sum(trial.attempt for trial in started),
        "promotions": state.promotions,
        "complete": sum(trial.state is TrialState.COMPLETE for trial in started),
    }


# --- running ---------------------------------------------------------------------------------------------------------


def planned(args: argparse.Namespace, methods: Sequence[str]) -> list[Run]:
    """All runs, seed by seed, so that whatever is done first is done for every table and method alike."""
    budgets = (args.budget, args.full_budget or args.budget)
    tables = [name for name in _tables.find(args.data) if not args.tables or name in args.tables]
    return [
        Run(table, workers, seed, method, budgets[method.startswith("full/")], args.initial, args.grow, args.surface)
        for seed in range(args.first_seed, args.first_seed + args.seeds)
        for workers in args.workers
        for table in tables
        for method in methods
    ]


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("curves.jsonl"), help="results, one line a run")
    parser.add_argument("--summary", action="store_true", help="only print the tables of --out")
    parser.add_argument("--data", default="", help="folder with lcbench_*.npz, taskset_*.npz, nmt_*.npz")
    parser.add_argument("--methods", type=_names, default=_names(METHODS), help="rule/sampler,...")
    parser.add_argument("--again", type=_names, default=[], help="run these anew")
    parser.add_argument("--tables", type=_names, default=[], help="names of tables; default: all of --data")
    parser.add_argument("--workers", type=_numbers, default=[8], help="trials at a time: 1,8,64,500")
    parser.add_argument("--budget", type=float, default=3.0, help="full trainings of the mean length")
    parser.add_argument("--full-budget", type=float, help="of full/...: to see when it comes to where others were")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--initial", type=int, default=10, help="configurations that all methods begin with")
    parser.add_argument("--grow", type=int, default=1, help="configurations for each one of a table, see _tables")
    parser.add_argument("--surface", action="store_true", help="points stay where they are, see _tables.Surface")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--budget-minutes", type=float, default=math.inf)
    return parser.parse_args(arguments)


def main() -> int:
    """Run what is not done yet, and print the tables."""
    args = parse()
    if not args.summary:
        methods = []
        for name in args.methods:
            why = _methods.missing(name)
            print(f"{name} is left out: {why}") if why else methods.append(name)
        have = {run for run in _runs.read(args.out, Run) if run.method not in args.again}
        work = [(run, args.data) for run in planned(args, methods) if run not in have]
        _runs.carry_out(perform, work, args.out, args.jobs, args.budget_minutes, _load.Meter())
    records = [record for run, record in _runs.read(args.out, Run).items() if run.surface == args.surface]
    summary(records, [name for name in args.methods if any(r["method"] == name for r in records)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
