"""Health cards: what is likely to be wrong with a search, each as PASS, WARN, FAIL, or NONE (it cannot be told).

Each card is a function of the numbers of a report, with its rule in its docstring. Knows no picture.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.messages import FAILURE_KINDS, FailureKind
from ...display.text import printable
from ...storages.records import AttemptRecord, RungRecord
from ...trial import TrialState
from .columns import Columns
from .pictures import number, position

PASS, WARN, FAIL, NONE = "PASS", "WARN", "FAIL", "NONE"
EDGE = 0.02  # of a range
SHARE = 0.01  # of the importances
SAVING = (0.1, 0.3)  # of the time of attempts: WARN above the first, FAIL above the second
LEAST = 10  # trials at both rungs
LOW, VERY_LOW = 0.6, 0.3  # of the rank correlation
NOBODYS_FAULT = frozenset({FailureKind.STOPPED.value, FailureKind.DRIVER_LOST.value})


@dataclass(frozen=True, slots=True)
class Card:
    """One check. ``status``: PASS, WARN, FAIL or NONE; ``text``: what was found; ``advice``: what to do, or ""."""

    name: str
    status: str
    text: str
    advice: str = ""

    def document(self) -> dict[str, Any]:
        """JSON-able."""
        return {"name": self.name, "status": self.status, "text": self.text, "advice": self.advice}


def edge(columns: Columns, best: int | None, *, is_grid: bool) -> Card:
    """WARN when a number of the best trial lies within 2 % of an end of its range (an integer: at its end)."""
    name = "The best is inside its ranges"
    if best is None:
        return Card(name, NONE, "No trial is best yet.")
    found = []
    for param in columns.params.values():
        value = param.values[best]
        where = None if value != value else position(param, value)
        if where is None or (param.is_int and param.high - param.low < 2):
            continue
        slack = 0.0 if param.is_int else EDGE
        if where <= slack or where >= 1 - slack:
            end = "lower" if where < 0.5 else "upper"
            found.append(
                f"{printable(param.name)} = {value:.6g} is at the {end} end of [{param.low:.6g}, {param.high:.6g}]"
            )
    if not found:
        return Card(name, PASS, "No number of the best trial is at an end of its range.")
    what = "Add values beyond it to the grid" if is_grid else "Widen the range there, if it makes sense"
    return Card(name, WARN, "; ".join(found) + ".", f"{what}: better values may lie outside.")


def idle_parameters(importances: Mapping[str, float], why_not: str) -> Card:
    """WARN when a parameter explains less than 1 % of the differences between the values."""
    name = "Every parameter does something"
    if not importances:
        return Card(name, NONE, f"Not known: {why_not}.")
    found = [printable(param) for param, share in importances.items() if share < SHARE]
    if not found:
        return Card(name, PASS, "Each parameter explains at least 1 % of the differences between the trials.")
    which = f"{found[0]} explains" if len(found) == 1 else f"{', '.join(found)} explain, each,"
    return Card(
        name, WARN, f"{which} less than 1 % of the differences between the trials.",
        "Fix what does nothing, and the search has fewer dimensions. It may still matter among the best trials.",
    )  # fmt: skip


def lowest_rung(rungs: Sequence[RungRecord]) -> Card:
    """Spearman's rank correlation of the lowest rung with the highest one that 10 trials of it reached.

    WARN below 0.6; FAIL below 0.3 if its interval is below 0.6. Only promoted trials are at both, which are alike, so
    the correlation among all would be higher. Trials that ended before a rung are left out.
    """
    name = "The lowest rung predicts the highest"
    at: dict[tuple[int, int], dict[int, float]] = {}
    for rung in rungs:
        if rung.how in ("exact", "late") and math.isfinite(rung.value):
            at.setdefault((rung.bracket, rung.level), {})[rung.number] = rung.value
    best: tuple[int, int, int, list[int]] | None = None
    for bracket in sorted({bracket for bracket, _ in at}):
        levels = sorted(level for of, level in at if of == bracket)
        for level in levels[1:]:
            both = sorted(at[bracket, levels[0]].keys() & at[bracket, level].keys())
            if len(both) >= LEAST and (best is None or level > best[2]):
                best = (bracket, levels[0], level, both)
    if best is None:
        return Card(name, NONE, f"Fewer than {LEAST} trials stand at two rungs.")
    bracket, low, high, both = best
    found = spearman([at[bracket, low][k] for k in both], [at[bracket, high][k] for k in both])
    below, above = interval(found, len(both))
    text = (
        f"The rank correlation of step {low} with step {high} is {found:.2f} over {len(both)} trials at both (95 % "
        f"interval {below:.2f} to {above:.2f})."
    )
    if found >= LOW:
        return Card(name, PASS, text)
    advice = (
        f"Results at step {low} may say little about later ones: try a larger min_resource. Only promoted trials were "
        "compared, which are alike; among all trials the correlation may be higher."
    )
    return Card(name, FAIL if found < VERY_LOW and above < LOW else WARN, text, advice)


def duplicates(columns: Columns) -> Card:
    """WARN when more than 5 % of the trials have the parameters of an earlier one, FAIL above 20 %.

    Trials that failed do not count.
    """
    name, n = "No configuration runs twice", len(columns)
    found = columns.n_duplicates
    if n == 0 or not columns.params:
        return Card(name, NONE, "There are no parameters yet.")
    text = f"{found} of {n} trials have the same parameters as an earlier trial ({100 * found / n:.0f} %)."
    if found <= 0.05 * n:
        return Card(name, PASS, text)
    advice = (
        "The space may be too small for so many trials, or a grid of it is enough (GridSampler, BruteForceSampler)."
    )
    return Card(name, FAIL if found > 0.2 * n else WARN, text, advice)


def failures(attempts: Iterable[AttemptRecord]) -> Card:
    """WARN when more than 10 % of the attempts that ended gave no result, FAIL above 30 %; by kind.

    Attempts that a stop order or the end of their run ended do not count.
    """
    name, kinds = "Few attempts fail", FAILURE_KINDS - NOBODYS_FAULT
    ended = [
        attempt.outcome for attempt in attempts if attempt.outcome is not None and attempt.outcome not in NOBODYS_FAULT
    ]
    if not ended:
        return Card(name, NONE, "No attempt has ended yet.")
    found = Counter(outcome for outcome in ended if outcome in kinds)
    n, total = sum(found.values()), len(ended)
    shown = ", ".join(f"{count} {kind}" for kind, count in found.most_common())
    text = f"{n} of {total} attempts ended without a result ({100 * n / total:.0f} %)" + (
        f": {shown}." if shown else "."
    )
    if n <= 0.1 * total:
        return Card(name, PASS, text)
    return Card(name, FAIL if n > 0.3 * total else WARN, text, "See the errors: raytune-lite attempts --json.")


def checkpoints(saving: float, trained: float) -> Card:
    """WARN when more than a tenth of the training went into checkpoints, FAIL when more than 30 %.

    Args:
        saving: seconds that attempts wrote and read checkpoints; 0: none is known.
        trained: seconds that attempts worked, these included.
    """
    name = "Checkpoints cost little"
    if saving <= 0.0 or trained <= 0.0:
        return Card(name, NONE, "Not known: no attempt has said that it wrote or read a checkpoint.")
    share = saving / trained
    text = f"Attempts spent {100 * share:.2g} % of their time on checkpoints."
    if share <= SAVING[0]:
        return Card(name, PASS, text)
    advice = "Save less often, less (no optimizer state that is not needed), or to a faster disk."
    return Card(name, FAIL if share > SAVING[1] else WARN, text, advice)


def flattened(columns: Columns) -> Card:
    """WARN when the last half of the results, and at least 50, improved the best by less than 1 % of the spread.

    The spread is the median value's distance from the best one. Values of COMPLETE, feasible trials count.
    """
    name = "The search still improves"
    order = [
        row for row in columns.in_order_of_end()
        if columns.states[row] is TrialState.COMPLETE and columns.is_feasible[row] and math.isfinite(columns.loss(row))
    ]  # fmt: skip
    n = len(order)
    if n < 20:
        return Card(name, NONE, f"Too early to say: {n} trials are COMPLETE, and it takes 20.")
    losses = [columns.loss(row) for row in order]
    best = min(losses)
    last = losses.index(best)
    before = min(losses[: n - max(50, n // 2)], default=math.inf) if n > 50 else math.inf
    spread = sorted(losses)[n // 2] - best
    chance = 100 * 50 / (n + 50)
    text = (
        f"The best result is number {last + 1} of {n} that are COMPLETE; {n - last - 1} have come since. "
        f"If the order of results were random, 50 more would beat it with a chance of {chance:.0f} %."
    )
    if n > 50 and before - best <= 0.01 * spread:
        gain = number(before - best)
        return Card(
            name, WARN, f"{text} The last {max(50, n // 2)} improved it by {gain}.",
            "More trials of this kind will bring little: stop, change the space, or train the best for longer.",
        )  # fmt: skip
    return Card(name, PASS, text)


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """Rank correlation, with mean ranks for ties; 0 when one of them is constant."""
    x, y = _ranks(a), _ranks(b)
    n = len(x)
    mean = (n - 1) / 2
    top = sum((i - mean) * (j - mean) for i, j in zip(x, y, strict=True))
    below = math.sqrt(sum((i - mean) ** 2 for i in x) * sum((j - mean) ** 2 for j in y))
    return top / below if below else 0.0


def interval(correlation: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a rank correlation of n > 3 pairs.

    Source: Fieller, Hartley and Pearson 1957, "Tests for rank correlation coefficients", I: the variance of its arctanh
    is 1.06 / (n - 3).
    """
    center = math.atanh(max(-0.999999, min(0.999999, correlation)))
    half = 1.96 * math.sqrt(1.06 / (n - 3))
    return math.tanh(center - half), math.tanh(center + half)


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda k: values[k])
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for k in order[start : end + 1]:
            ranks[k] = (start + end) / 2
        start = end + 1
    return ranks


def counted(cards: Sequence[Card]) -> dict[str, int]:
    """How many cards have each status."""
    return dict(Counter(card.status for card in cards))


__all__ = [
    "FAIL", "NONE", "PASS", "WARN", "Card", "checkpoints", "counted", "duplicates", "edge", "failures", "flattened",
    "idle_parameters", "interval", "lowest_rung", "spearman",
]  # fmt: skip
