"""What multifidelity.py prints of its records: regret over time, time to a target, and what a run takes."""

from __future__ import annotations

import math
import string
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from _ranking import Interval, common_blocks

N_BOOTSTRAP = 1000
TIMES = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 6.0)
LEVELS = (0.2, 0.1, 0.05, 0.02)
BASE = "asha/random"
WIDTH, HEIGHT, LOWEST = 66, 22, 0.01  # of a figure: characters, lines, the regret at its foot

Record = dict[str, Any]


def at(record: Record, time: float, column: int = 1) -> float:
    """Regret after a time; 1 before the first report. ``column``: 1: of the best report; 2: chosen."""
    points = [point[column] for point in record.get("curve", ()) if point[0] <= time]
    return points[-1] if points else 1.0


def reached(record: Record, target: float) -> float:
    """The time at which the regret is the target; inf if it never is."""
    return next((point[0] for point in record.get("curve", ()) if point[1] <= target), math.inf)


def iqm(values: Any) -> Any:
    """The mean of the middle half, along the first axis (Agarwal et al. 2021, as rliable has it)."""
    ordered = np.sort(values, axis=0)
    n = len(ordered)
    return ordered[n // 4 : n - n // 4].mean(0)


def iqm_intervals(blocks: dict[str, Any]) -> list[Interval]:
    """The interquartile mean of each column over all tables and seeds; seeds are drawn again within each table."""
    rng = np.random.Generator(np.random.Philox(0))
    middle = iqm(np.concatenate(list(blocks.values())))
    draws = [
        iqm(np.concatenate([rows[rng.integers(len(rows), size=len(rows))] for rows in blocks.values()]))
        for _ in range(N_BOOTSTRAP)
    ]
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    if max(map(len, blocks.values())) == 1:
        low, high = np.full_like(middle, -np.inf), np.full_like(middle, np.inf)  # one seed has no spread
    return [Interval(*row) for row in zip(middle.tolist(), low.tolist(), high.tolist(), strict=True)]


def summary(records: Sequence[Record], methods: Sequence[str]) -> None:
    """Print the tables of each number of workers, over the tables and seeds that all methods have."""
    for record in records:
        if record["error"]:
            print(f"failed: {record['method']}, {record['table']}, seed {record['seed']}: {record['error']}")
    for workers in sorted({record["workers"] for record in records}):
        here = [record for record in records if record["workers"] == workers]
        some = [method for method in methods if any(record["method"] == method for record in here)]
        common = list(_common(here, some))
        if common:
            over_time(workers, common, some)
            figure(workers, common, some)
            to_levels(workers, common, some)
            if BASE in some:
                to_base(workers, common, some)
            costs(workers, common, some)


def _common(records: Sequence[Record], methods: Sequence[str]) -> Iterator[Record]:
    """Records of blocks (table, seed) that all methods have."""
    have: dict[tuple[str, int], set[str]] = {}
    for record in records:
        have.setdefault((record["table"], record["seed"]), set()).add(record["method"])
    for record in records:
        if record["method"] in methods and have[record["table"], record["seed"]].issuperset(methods):
            yield record


def over_time(workers: int, records: Sequence[Record], methods: Sequence[str]) -> None:
    """Print the interquartile mean of the regret, the smallest at the end first."""
    budget = min(record["budget"] for record in records)
    columns = [(t, 1) for t in TIMES if t <= budget] + [(budget, 2)]
    found = []
    for t, column in columns:
        results = {(r["table"], r["seed"], r["method"]): at(r, t, column) for r in records}
        blocks = common_blocks(results, methods)
        found.append(iqm_intervals(blocks))
    n = sum(map(len, blocks.values()))
    print(f"\n### {workers} workers: regret after so many full trainings ({len(blocks)} tables, {n} blocks)\n")
    row("method", [f"{t:g}" if column == 1 else f"{t:g}, chosen" for t, column in columns])
    row("---", ["---"] * len(columns))
    for i in sorted(range(len(methods)), key=lambda i: found[-2][i].mean):
        row(methods[i], [str(each[i]) for each in found])


def figure(workers: int, records: Sequence[Record], methods: Sequence[str]) -> None:
    """Print the interquartile mean of the regret over time as a text figure, with a letter for each method."""
    budget = min(record["budget"] for record in records)
    times = np.linspace(0.0, budget, WIDTH + 1)[1:]
    field = [[" "] * WIDTH for _ in range(HEIGHT)]
    for letter, method in zip(string.ascii_uppercase, methods, strict=False):
        mine = [r for r in records if r["method"] == method]
        curve = iqm(np.array([[at(r, t) for t in times] for r in mine]))
        for x, regret in enumerate(np.clip(curve, LOWEST, 1.0)):
            y = round((HEIGHT - 1) * math.log(regret) / math.log(LOWEST))
            field[y][x] = letter if field[y][x] == " " else "*"
    print(f"\n### {workers} workers: regret (logarithmic) over time (full trainings)\n\n```text")
    for y, line in enumerate(field):
        print(f"{LOWEST ** (y / (HEIGHT - 1)):6.3f} |{''.join(line)}")
    marks = "".join(f"{budget * (i + 1) / 6:>{WIDTH // 6}.2f}" for i in range(6))
    names = [f"{letter} {name}" for letter, name in zip(string.ascii_uppercase, methods, strict=False)]
    print(f"       +{'-' * WIDTH}\n        {marks}\n{', '.join(names)}; * several\n```")


def to_levels(workers: int, records: Sequence[Record], methods: Sequence[str]) -> None:
    """Print the median time to some regrets, and the share of the runs that came there within the shortest budget."""
    budget = min(record["budget"] for record in records)
    print(f"\n### {workers} workers: median time to a regret (share of the runs that reach it)\n")
    row("method", [f"{level:g}" for level in LEVELS])
    row("---", ["---"] * len(LEVELS))
    for method in methods:
        cells = []
        for level in LEVELS:
            times = np.array([reached(r, level) for r in records if r["method"] == method])
            cells.append(f"{np.median(times):.2f} ({100 * (times <= budget).mean():.0f} %)")
        row(method, cells)


def to_base(workers: int, records: Sequence[Record], methods: Sequence[str]) -> None:
    """Print how soon each method has the regret with which BASE ends, table by table, as ratios of median times."""
    print(f"\n### {workers} workers: time to the regret with which {BASE} ends, over its own time (never: 10)\n")
    heads = ["geometric mean", "smallest", "largest", "at most 0.6", "above 1.2", "above 3", "never"]
    row("method", heads)
    row("---", ["---"] * len(heads))
    tables = sorted({record["table"] for record in records})
    for method in methods:
        ratios = np.array([ratio_of(records, table, method) for table in tables])
        capped = np.minimum(ratios, 10.0)  # one that never is there in time
        cells = [f"{np.exp(np.log(capped).mean()):.2f}", f"{capped.min():.2f}", f"{ratios.max():.2f}"]
        counts = [(ratios <= 0.6).sum(), (ratios > 1.2).sum(), (ratios > 3).sum(), np.isinf(ratios).sum()]
        row(method, cells + [f"{n} of {len(tables)}" for n in counts])


def ratio_of(records: Sequence[Record], table: str, method: str) -> float:
    """One method's median time to the median regret at BASE's end, on one table, over that of BASE.

    The upper median of an even number, so that half of BASE's runs are there.
    """
    base = [r for r in records if r["table"] == table and r["method"] == BASE]
    target = sorted(at(r, r["budget"]) for r in base)[len(base) // 2]
    mine = [r for r in records if r["table"] == table and r["method"] == method]
    times = [sorted(reached(r, target) for r in some)[len(some) // 2] for some in (mine, base)]
    return max(times[0], 1e-3) / max(times[1], 1e-3)


def costs(workers: int, records: Sequence[Record], methods: Sequence[str]) -> None:
    """Print means of what the runs took."""
    names = ("trials", "attempts", "promotions", "complete", "epochs", "checkpoints", "held_nan", "held_diverged",
             "decision_us", "claim_us", "ask_ms", "cpu")  # fmt: skip
    print(f"\n### {workers} workers: means per run (the last four are CPU time)\n")
    row("method", names)
    row("---", ["---"] * len(names))
    for method in methods:
        mine = [r for r in records if r["method"] == method and not r["error"]]
        if mine:
            row(method, [f"{float(np.mean([r[name] for r in mine])):.{1 if '_' in name else 0}f}" for name in names])


def row(head: str, cells: Sequence[str]) -> None:
    """A line of a Markdown table."""
    print(f"| {head:18s} | " + " | ".join(f"{cell:>9s}" for cell in cells) + " |")
