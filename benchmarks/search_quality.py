"""How good a value do samplers find: COCO's functions, HPOLib's tables and groups of problems that each have one
difficulty (noise, plateaus, failing regions, conditional parameters, constraints, several objectives).

    python benchmarks/search_quality.py --out quality.jsonl --data DIR [--half report] [--jobs 2] [--budget-minutes 60]
    python benchmarks/search_quality.py --out quality.jsonl --groups noise,failing --pending 1 --trials 100
    python benchmarks/search_quality.py --out quality.jsonl --summary [--brief]

Every sampler starts from the same random points, which are finished trials of its study and count as trials. Trials
run one at a time, or 8 or 64 at a time on a simulated cluster where they end out of order. Optima are not in the
centre: see ``_problems``. Constants are chosen on the functions of ``--half tune`` (odd numbers); ``--half report``
(even numbers) is for published results.

It shows, at 50, 100 and 200 trials, the mean rank among the samplers, and the normalised regret: the part of the
initial points' regret that is left (in ``_groups``: of a random point's). Both with bootstrap 95 % intervals over
seeds. "digits" are the decimal digits gained. With noise it is the true value of the trial that looks best; with
several objectives the hypervolume that is missing. A sampler is ranked in the groups that it can do.

The default set (one function of each of COCO's five groups in two dimensions, three of bbob-mixint, one table) takes
two cores a night, most of it for Optuna's GP; ``--functions 1-24 --dimensions 2,5,10,20`` is all of COCO, and takes
days. Results go to ``--out`` line by line, so a stopped run continues where it was. Runs go seed by seed, so a part
of them is a fair comparison. ``--again`` runs samplers again; the newest line of a run counts. HEBO, SMAC3 and Ax run
where the environment variable PEERS_PYTHON names a Python that has them, and are left out, with a line that says so, if
it does not.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy: processes are the parallelism here
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import _asynchrony
import _load
import _problems
import _runs
import numpy as np
from _problems import Task
from _ranking import Interval, common_blocks, digits, intervals, ranks, share, verdict
from _studies import missing, open_study

CHECKPOINTS = (50, 100, 200)
WORDS = ("better", "even", "WORSE")
SAMPLERS = (
    "ours/auto,ours/gp,ours/tpe,ours/cmaes,ours/random,optuna/gp,optuna/tpe,optuna/cmaes,optuna/random,"
    "peer/hebo,peer/smac3,peer/ax"
)
CANNOT = {  # words in a sampler's name: groups that it cannot do, or that _peers has no way to ask for
    "cmaes": ("objectives",),
    "peer/": ("failing", "conditional", "constraints", "objectives"),
}
RIVALS = ("ours/gp optuna/gp", "ours/tpe optuna/tpe", "ours/cmaes optuna/cmaes", "ours/auto optuna/gp",
          "ours/auto optuna/tpe", "ours/auto ours/gp", "ours/auto ours/tpe")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One sampler on one instance. Equal runs give equal results, but for the time they take."""

    task: str
    pending: int
    seed: int
    sampler: str
    n_trials: int
    n_initial: int


def perform(work: tuple[Run, str]) -> dict[str, Any]:
    """The line that records a run; if the sampler raised, the line has "error" and no later values."""
    run, data = work
    problem = _problems.load(Task.parse(run.task), run.seed, data)
    study = open_study(run.sampler, run.seed, problem.space, problem.n_objectives)
    results, seconds, error = [], [], ""
    began = time.process_time()
    for i, row in enumerate(_asynchrony.generator(0, run.seed).random((run.n_initial, len(problem.space)))):
        drawn = {
            name: dist.to_external_repr(dist.from_unit(float(u)))
            for (name, dist), u in zip(problem.space.items(), row, strict=True)
        }
        params = problem.define(lambda name, _, drawn=drawn: drawn[name]) if problem.define else drawn
        results.append(problem.evaluate(params, i))
        study.add(params, results[-1].values, results[-1].constraints)
    try:
        more, done = run.n_trials - run.n_initial, run.n_initial
        found, seconds = _asynchrony.run(
            study, problem, n_done=done, n_trials=more, n_pending=run.pending, seed=run.seed
        )
        results += found
    except Exception as exception:  # noqa: BLE001  (any sampler's; the table says so)
        error = f"{type(exception).__name__}: {exception}"[:500]
    best = {n: problem.best(results[:n]) if len(results) >= n else None for n in CHECKPOINTS if n <= run.n_trials}
    return {
        **asdict(run),
        "best": best,
        "initial": problem.best(results[: run.n_initial]) if problem.reference is None else problem.reference,
        "optimum": problem.optimum,
        "ask_ms": 1e3 * float(np.mean(seconds)) if seconds else None,
        "cpu_ms": 1e3 * (time.process_time() - began) / len(seconds) if seconds else None,
        "useless": sum(not result.counts for result in results[run.n_initial :]),
        "error": error,
    }


# --- running ---------------------------------------------------------------------------------------------------------


def _can(sampler: str, suite: str) -> bool:
    return not any(word in sampler and suite in groups for word, groups in CANNOT.items())


def planned(args: argparse.Namespace, samplers: Sequence[str]) -> list[Run]:
    """All runs, seed by seed, so that whatever is done first is done for every task and sampler alike."""
    tasks = _problems.choose(args.suites, args.half, args.functions, args.dimensions, args.data)
    return [
        Run(str(task), pending, seed, sampler, args.trials, args.initial)
        for seed in range(args.first_seed, args.first_seed + args.seeds)
        for task in tasks
        for pending in args.pending
        for sampler in samplers
        if _can(sampler, task.suite)
    ]


def read(path: Path) -> dict[Run, dict[str, Any]]:
    """The newest line of each run; its best values by the number of trials."""
    found = _runs.read(path, Run)
    for record in found.values():
        record["best"] = {int(n): value for n, value in record["best"].items()}
    return found


# --- reporting -------------------------------------------------------------------------------------------------------


def summary(
    records: Iterable[dict[str, Any]], samplers: Sequence[str], half: str, rivals: Sequence[str], brief: bool
) -> None:
    """Print the tables: all tasks, then suite by suite and dimension by dimension, then pairs of rivals.

    ``brief``: no dimensions, and only the largest number of trials.
    """
    chosen = [r for r in records if half in ("all", Task.parse(r["task"]).half)]
    samplers = [name for name in samplers if any(r["sampler"] == name for r in chosen)]
    failed = [r for r in chosen if r["error"] and r["sampler"] in samplers]
    print(f"half: {half}; {len(chosen)} runs; a run that failed has the whole regret and the last rank")
    for name in samplers:
        errors = [r["error"] for r in failed if r["sampler"] == name]
        if errors:
            print(f"  {name}: {len(errors)} runs failed, the first with {errors[0]}")
    for pending in sorted({r["pending"] for r in chosen}):
        here = [r for r in chosen if r["pending"] == pending]
        for group, some in groups(here, brief):
            for n in _checkpoints(some, brief):
                table(f"{group}, {pending} pending, {n} trials", some, samplers, n)
    print("\nRivals: the first's normalised regret less the second's, and how often the first lost (ties: half)")
    for pair in rivals:
        one, other = pair.split()
        counts = {"regret": dict.fromkeys(WORDS, 0), "wins": dict.fromkeys(WORDS, 0)}
        lines = []
        for pending in sorted({r["pending"] for r in chosen}):
            for group, some in groups([r for r in chosen if r["pending"] == pending], brief):
                for n in _checkpoints(some, brief):
                    found = duel(some, one, other, n)
                    if found is None:
                        continue
                    difference, losses = found
                    words = verdict(difference, 0.0), verdict(losses, 0.5)
                    counts["regret"][words[0]] += 1
                    counts["wins"][words[1]] += 1
                    where = f"{group}, {pending} pending, {n} trials"
                    lines.append(f"  {words[0]:6s} {words[1]:6s} {where:40s} {difference!s:26s} {losses}")
        if lines:
            print(f"\n{one} against {other}:", ", ".join(f"{what} {each}" for what, each in counts.items()))
            print(f"  {'regret':6s} {'wins':6s} {'':40s} {'difference in regret':26s} share of blocks lost")
            print("\n".join(lines))


def _checkpoints(records: Sequence[dict[str, Any]], brief: bool) -> list[int]:
    found = [n for n in CHECKPOINTS if any(n in r["best"] for r in records)]
    return found[-1:] if brief else found


def groups(records: Sequence[dict[str, Any]], brief: bool = False) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(name, records): all, each suite, each dimension of a suite."""
    yield "all", list(records)
    tasks = {r["task"]: Task.parse(r["task"]) for r in records}
    for suite in sorted({task.suite for task in tasks.values()}):
        some = [r for r in records if tasks[r["task"]].suite == suite]
        yield suite, some
        dimensions = sorted({tasks[r["task"]].dimension for r in some})
        for d in dimensions if len(dimensions) > 1 and not brief else ():
            yield f"{suite} {d}D", [r for r in some if tasks[r["task"]].dimension == d]


def _blocks(records: Sequence[dict[str, Any]], samplers: Sequence[str], n: int) -> tuple[Any, Any]:
    """(best values, shares of the initial regret) by task, of the seeds that all samplers have."""
    best, shares = {}, {}
    for r in records:
        if n in r["best"]:
            value = math.inf if r["best"][n] is None else r["best"][n]
            key = (r["task"], r["seed"], r["sampler"])
            best[key], shares[key] = value, share(value, r["initial"], r["optimum"])
    return common_blocks(best, samplers), common_blocks(shares, samplers)


def table(title: str, records: Sequence[dict[str, Any]], samplers: Sequence[str], n: int) -> None:
    """Print one table, the best mean rank first; of the samplers that can do all of its groups."""
    suites = {Task.parse(r["task"]).suite for r in records}
    run = {r["sampler"] for r in records}
    samplers = [name for name in samplers if name in run and all(_can(name, suite) for suite in suites)]
    best, shares = _blocks(records, samplers, n)
    if not best:
        return
    n_blocks = sum(len(values) for values in best.values())
    rank = intervals({task: ranks(values) for task, values in best.items()})
    regret = intervals(shares)
    gained = intervals({task: digits(values) for task, values in shares.items()})
    print(f"\n{title} ({len(best)} tasks, {n_blocks} blocks)")
    print(f"  {'sampler':24s} {'mean rank':24s} {'normalised regret':24s} {'digits':>7s} {'ask, ms':>8s}")
    for i in sorted(range(len(samplers)), key=lambda i: rank[i].mean):
        timed = [r for r in records if r["sampler"] == samplers[i] and r["ask_ms"] is not None]
        times = [r["ask_ms"] for r in timed if (r.get("others") or 0.0) <= _load.LIMIT]  # a busy machine's say nothing
        ask = f"{np.median(times):8.2f}" if times else "       -"
        print(f"  {samplers[i]:24s} {rank[i]!s:24s} {regret[i]!s:24s} {gained[i].mean:7.2f} {ask}")


def duel(records: Sequence[dict[str, Any]], one: str, other: str, n: int) -> tuple[Interval, Interval] | None:
    """Difference of their regrets, and share of blocks that ``one`` lost (ties: half); None: nothing in common."""
    best, shares = _blocks(records, (one, other), n)
    if not best:
        return None
    [difference] = intervals({task: values[:, :1] - values[:, 1:] for task, values in shares.items()})
    [losses] = intervals({task: ranks(values)[:, :1] - 1 for task, values in best.items()})
    return difference, losses


def _numbers(text: str) -> list[int]:
    """``1,3,5-8`` as a list."""
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        found += range(int(low), int(high or low) + 1)
    return found


def _samplers(text: str) -> list[str]:
    """Names at commas; a name may bring arguments as JSON, whose commas are its own."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter in "{[") - (letter in "}]")
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] += letter
    return [name.strip() for name in found if name.strip()]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("quality.jsonl"), help="results, one line a run")
    parser.add_argument("--summary", action="store_true", help="only print the tables of --out")
    parser.add_argument("--data", default="", help="folder with hpolib_*.npz; without it there is no hpolib")
    parser.add_argument("--samplers", type=_samplers, default=_samplers(SAMPLERS), help='ours/tpe:{"option": 1},...')
    parser.add_argument("--again", type=_samplers, default=[], help="run these anew")
    parser.add_argument("--rivals", nargs="*", default=RIVALS, help="pairs to compare: 'ours/tpe optuna/tpe'")
    parser.add_argument("--half", choices=("tune", "report", "all"), default="report")
    parser.add_argument("--brief", action="store_true", help="only whole groups at the largest number of trials")
    names = list(_problems.SUITES)
    parser.add_argument("--groups", dest="suites", type=lambda text: text.split(","), default=names, help=f"of {names}")
    parser.add_argument("--functions", type=_numbers, default=[], help="of COCO: 1-24; default: a set of five a half")
    parser.add_argument("--dimensions", type=_numbers, default=[], help="of COCO: 2,5,10,20")
    parser.add_argument("--pending", type=_numbers, default=[1, 8, 64], help="trials at a time")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--initial", type=int, default=10, help="points that all samplers start from")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--budget-minutes", type=float, default=math.inf)
    return parser.parse_args(arguments)


def main() -> int:
    args = parse()
    if not args.summary:
        samplers = []
        for name in args.samplers:
            why = missing(name)
            print(f"{name} is left out: {why}") if why else samplers.append(name)
        have = {run for run in read(args.out) if run.sampler not in args.again}
        runs = planned(args, samplers)
        work = [(run, args.data) for run in runs if run not in have]
        _runs.carry_out(perform, work, args.out, args.jobs, args.budget_minutes, _load.Meter())
        done = read(args.out)
        for name in samplers:
            mine = [run for run in runs if run.sampler == name]
            print(f"{name}: {sum(run in done for run in mine)} of {len(mine)} runs in {args.out}")
    records = read(args.out).values()
    summary(records, args.samplers, args.half, args.rivals, args.brief)
    return 0


if __name__ == "__main__":
    sys.exit(main())
