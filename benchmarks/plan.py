"""How good are plans: from 64 curves of a small ASHA study to the time that a large one takes, on learning curves.

    python benchmarks/plan.py --data DIR --out plans.jsonl [--seeds 4] [--half judge] [--jobs 2]
    python benchmarks/plan.py --out plans.jsonl --summary

A study of 64 random configurations of a table (ASHA, promoting, eta 3, min_resource 1, 4 workers) is what the plan
knows. It predicts the time until 8 and 32 workers find a loss as small as the fourth best of these 64 (the top 5 %),
for eta 2, 3, 4, for min_resource 3, and at full budget. The truth is the same study on the whole table, with other
configurations, ``--runs`` times. Launcher, driver, session and core are the true ones in both, in virtual time.

"covered": the share of true runs within the plan's 80 % interval. "chosen": the plan's best rule for a number of
workers, by the ratio of its true median time to that of the best rule there. The constants of the plan were chosen on
the tables of the tune half (every second one); ``--half judge`` are the others.
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
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import _load
import _runs
import _tables
import numpy as np
from _asynchrony import generator

from raytune_lite.plan.cells import HIGH, LOW, Cell, Draws, Rule, cell
from raytune_lite.plan.completing import Completer
from raytune_lite.plan.curves import Curve
from raytune_lite.plan.training import simulate
from raytune_lite.pruners import ASHAPruner
from raytune_lite.trial import TrialState

EPOCH = 60.0  # virtual seconds that a mean epoch takes
KNOWN, KNOWN_WORKERS, TOP = 64, 4, 4
N_TRIALS = 160  # that a simulation may start, and a true run five times as many
WORKERS = (8, 32)
RULES = (
    *(Rule(mode="promote", eta=eta, min_resource=low) for eta, low in ((2, 1), (3, 1), (4, 1), (3, 3))),
    Rule(mode="full"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One plan on one table. Equal runs give equal results, but for the time they take."""

    table: str
    seed: int
    simulations: int
    runs: int


def curves_of(table: _tables.Table) -> list[Curve]:
    """All configurations of a table, whole."""
    scale = EPOCH * table.epochs / table.training
    found = []
    for row in range(len(table)):
        n = int(table.lengths[row])
        losses, ends = table.losses[row, :n].tolist(), (scale * table.ends[row, :n]).tolist()
        found.append(
            Curve(
                number=row, steps=tuple(range(1, n + 1)), losses=tuple(losses), ends=tuple(ends), start_up=0.0,
                tail=0.0, state=TrialState.COMPLETE, loss=losses[-1],
            )
        )  # fmt: skip
    return found


def known(curves: Sequence[Curve], epochs: int) -> list[Curve]:
    """What a study of these configurations leaves of their curves."""
    _, cluster = simulate(curves, ASHAPruner(1, epochs, 3), KNOWN_WORKERS)
    found = []
    for number, curve in enumerate(curves):
        trial = cluster.state.trials[number]
        n = sum(step <= trial.last_step for step in curve.steps)
        is_whole = trial.state is TrialState.COMPLETE
        found.append(
            replace(
                curve, steps=curve.steps[:n], losses=curve.losses[:n], ends=curve.ends[:n], state=trial.state,
                loss=curve.loss if is_whole else None,
            )
        )  # fmt: skip
    return found


def true_times(curves: Sequence[Curve], seed: int, rule: Rule, workers: int, epochs: int, target: float, n: int) -> Any:
    """Seconds until real studies find the target; equal draws for all rules."""
    found = []
    for run in range(n):
        order = generator(seed, 1000 + run).permutation(len(curves))[: 5 * N_TRIALS]
        _, cluster = simulate([curves[row] for row in order], rule.pruner(epochs), workers, target=target)
        found.append(float(cluster.world.now) if cluster.stopped else math.inf)
    return found


def perform(work: tuple[Run, str]) -> dict[str, Any]:
    """The line that records a run."""
    run, data = work
    start = time.process_time()
    table = _tables.load(data, run.table, run.seed)
    curves = curves_of(table)
    order = generator(run.seed, 42).permutation(len(curves))
    records = known([curves[row] for row in order[:KNOWN]], table.epochs)
    target = sorted(min(x if x == x else math.inf for x in curve.losses) for curve in records)[TOP - 1]
    draws = Draws(Completer(records), [], N_TRIALS, run.seed)
    others = [curves[row] for row in order[KNOWN:]]
    cells = []
    for workers in WORKERS:
        for rule in RULES:
            plan = cell(draws, workers, rule, target, run.simulations)
            times = true_times(others, run.seed, rule, workers, table.epochs, target, run.runs)
            cells.append(_line(plan, times))
    return {**asdict(run), "target": target, "cells": cells, "cpu": time.process_time() - start}


def _line(plan: Cell, times: Sequence[float]) -> dict[str, Any]:
    def seconds(value: float) -> float | None:
        return None if math.isinf(value) else round(value, 3)

    rule = plan.rule
    return {
        "workers": plan.workers, "rule": [rule.mode, rule.eta, rule.min_resource],
        "low": seconds(plan.quantile(LOW)), "median": seconds(plan.median), "high": seconds(plan.quantile(HIGH)),
        "score": plan.score(1e9), "true": [seconds(each) for each in times],
    }  # fmt: skip


# --- the summary ------------------------------------------------------------------------------------------------------


def summary(records: Sequence[dict[str, Any]]) -> None:
    """Print how often the intervals cover, and how good the chosen rules are."""
    for family in ("all", *_tables.FAMILIES):
        some = [r for r in records if family == "all" or r["table"].startswith(family)]
        if some:
            print(f"\n### {family}: {len({r['table'] for r in some})} tables, {len(some)} plans\n")
            _coverage(some)
            _choices(some)


def _coverage(records: Sequence[dict[str, Any]]) -> None:
    print("| workers | rule | covered | true times below | above | predicted median / true, geometric mean |")
    print("|---|---|---|---|---|---|")
    groups = [((workers,), (kind,)) for workers in WORKERS for kind in ("promote", "full")]
    for numbers, kinds in [*groups, (WORKERS, ("promote", "full"))]:
        cells = [c for r in records for c in r["cells"] if c["workers"] in numbers and c["rule"][0] in kinds]
        if cells:
            workers, kind = "all" if numbers == WORKERS else numbers[0], "all" if len(kinds) > 1 else kinds[0]
            sides = np.array([[_side(c, t) for t in c["true"]] for c in cells])
            pairs = [(_inf(c["median"]), _median(c)) for c in cells]
            ratios = [math.log(a / b) for a, b in pairs if math.isfinite(a) and math.isfinite(b)]
            shares = " | ".join(f"{(sides * sign == value).mean():.2f}" for sign, value in ((1, 0), (-1, 1), (1, 1)))
            print(f"| {workers} | {kind} | {shares} | {math.exp(float(np.mean(ratios))):.2f} |")


def _choices(records: Sequence[dict[str, Any]]) -> None:
    print("\n| workers | choices | chosen within 15 % of the best | median ratio | worst ratio | always eta 3, min 1 |")
    print("|---|---|---|---|---|---|")
    pairs = {workers: [_ratios(record, workers) for record in records] for workers in WORKERS}
    pairs["both"] = [pair for some in list(pairs.values()) for pair in some]
    for workers, found in pairs.items():
        ratios, usual = zip(*found, strict=True)
        near = np.mean([each <= 1.15 for each in ratios])
        base = np.mean([each <= 1.15 for each in usual])
        print(
            f"| {workers} | {len(ratios)} | {100 * near:.0f} % | {np.median(ratios):.2f} | {max(ratios):.2f} "
            f"| {100 * base:.0f} % |"
        )


def _ratios(record: dict[str, Any], workers: int) -> tuple[float, float]:
    """The true time of the chosen rule, and of eta 3 with min_resource 1, over that of the best rule."""
    cells = [c for c in record["cells"] if c["workers"] == workers]
    best = min(map(_median, cells))
    fixed = next(c for c in cells if c["rule"] == ["promote", 3, 1])
    return _median(min(cells, key=lambda c: c["score"])) / best, _median(fixed) / best


def _inf(value: float | None) -> float:
    return math.inf if value is None else value


def _median(line: dict[str, Any]) -> float:
    return float(np.median([_inf(each) for each in line["true"]]))


def _side(line: dict[str, Any], true: float | None) -> int:
    """-1: the true time is below the interval; 1: above."""
    return -1 if _inf(true) < _inf(line["low"]) else int(_inf(true) > _inf(line["high"]))


def main() -> int:
    """Run what is not done yet, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("plans.jsonl"), help="results, one line a plan")
    parser.add_argument("--summary", action="store_true", help="only print the tables of --out")
    parser.add_argument("--data", default="", help="folder with lcbench_*.npz, taskset_*.npz, nmt_*.npz")
    parser.add_argument("--half", choices=["tune", "judge", "both"], default="judge", help="which tables")
    parser.add_argument("--tables", default="", help="names of tables instead")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--simulations", type=int, default=30)
    parser.add_argument("--runs", type=int, default=30, help="true studies of each cell")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--budget-minutes", type=float, default=math.inf)
    args = parser.parse_args()
    if not args.summary:
        names = _tables.find(args.data)
        halves = {"tune": names[::2], "judge": names[1::2], "both": names}
        names = args.tables.split(",") if args.tables else halves[args.half]
        runs = [
            Run(name, seed, args.simulations, args.runs)
            for seed in range(args.first_seed, args.first_seed + args.seeds)
            for name in names
        ]
        have = _runs.read(args.out, Run)
        work = [(run, args.data) for run in runs if run not in have]
        _runs.carry_out(perform, work, args.out, args.jobs, args.budget_minutes, _load.Meter())
    records = list(_runs.read(args.out, Run).values())
    if records:
        summary(records)
    print(f"\nload average {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
