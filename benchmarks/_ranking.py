"""Ranks, shares of the regret, and bootstrap intervals, over blocks of (task, seed) that all samplers have run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FLOOR = 1e-8  # COCO's own target precision: a smaller regret is none
N_BOOTSTRAP = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:6.3f} [{self.low:.3f}, {self.high:.3f}]"


def share(best: float, initial: float, optimum: float) -> float:
    """Normalised regret: the part of the initial points' regret that is left, in [0, 1]; 1 for a run that failed."""
    if not math.isfinite(best):
        return 1.0
    left, whole = best - optimum, initial - optimum
    return min(1.0, max(0.0, left) / whole) if whole > FLOOR else 0.0


def digits(shares: Array) -> Array:
    """Decimal digits gained on the initial regret, at most 8."""
    return -np.log10(np.maximum(shares, FLOOR))


def ranks(values: Array) -> Array:
    """Ranks along the last axis from 1, the smallest value first; equal values share the mean of theirs."""
    less = (values[..., None, :] < values[..., :, None]).sum(-1)
    equal = (values[..., None, :] == values[..., :, None]).sum(-1)
    return less + (equal + 1) / 2


def intervals(blocks: Mapping[str, Array], seed: int = 0) -> list[Interval]:
    """Means over tasks of the means over seeds, one a column, with bootstrap intervals.

    ``blocks``: task -> array of shape (n_seeds, n_columns). Seeds are drawn again within each task (percentile
    method), so an interval holds for these tasks, not for all functions.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    n_columns = next(iter(blocks.values())).shape[1]
    means, draws = np.zeros(n_columns), np.zeros((N_BOOTSTRAP, n_columns))
    for values in blocks.values():
        means += values.mean(0) / len(blocks)
        chosen = rng.integers(len(values), size=(N_BOOTSTRAP, len(values)))
        draws += values[chosen].mean(1) / len(blocks)
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    if max(map(len, blocks.values())) == 1:
        low, high = np.full(n_columns, -math.inf), np.full(n_columns, math.inf)  # one seed has no spread
    return [Interval(*row) for row in zip(means.tolist(), low.tolist(), high.tolist(), strict=True)]


def verdict(interval: Interval, even: float) -> str:
    """For a quantity where less is better: whether its interval excludes ``even``."""
    return "better" if interval.high < even else "WORSE" if interval.low > even else "even"


def common_blocks(results: Mapping[tuple[str, int, str], float], samplers: Sequence[str]) -> dict[str, Array]:
    """``results`` by (task, seed, sampler) as arrays: task -> (seeds that all of ``samplers`` have, samplers).

    A task with one seed only is left out when another has more: its spread is unknown.
    """
    found: dict[str, list[list[float]]] = {}
    for task, seed in sorted({(task, seed) for task, seed, _ in results}):
        if all((task, seed, sampler) in results for sampler in samplers):
            found.setdefault(task, []).append([results[task, seed, sampler] for sampler in samplers])
    most = max(map(len, found.values()), default=0)
    return {task: np.array(rows) for task, rows in found.items() if len(rows) > 1 or most == 1}
