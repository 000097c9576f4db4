"""A cluster on a heap: so many trials are always under way, and end in an order that their lengths decide."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from _studies import Study


def generator(*words: int) -> np.random.Generator:
    """Chance addressed by whole numbers: the same for every sampler and in every process."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))


def run(
    study: Study, evaluate: Callable[[dict[str, Any]], float], *, n_trials: int, n_pending: int, seed: int
) -> tuple[list[float], list[float]]:
    """Run ``n_trials`` with up to ``n_pending`` at a time; their values in the order in which they ended, and the
    seconds that each question took.

    Trial i lasts exp(N(0, 0.5^2)) units, the same for every sampler: of two neighbours one in three overtakes.
    """
    heap: list[tuple[float, int, float]] = []
    values, seconds, now = [], [], 0.0
    while len(values) < n_trials:
        while len(heap) < n_pending and len(seconds) < n_trials:
            start = time.perf_counter()
            number, params = study.ask()
            seconds.append(time.perf_counter() - start)
            length = float(np.exp(0.5 * generator(seed, len(seconds)).standard_normal()))
            heapq.heappush(heap, (now + length, number, evaluate(params)))
        now, number, value = heapq.heappop(heap)
        study.tell(number, value)
        values.append(value)
    return values, seconds
