"""A simulated cluster: a fixed number of trials is always running, and their lengths decide the order of their ends."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from _studies import Study


def generator(*words: int) -> np.random.Generator:
    """A generator that is a function of integers: the same for every sampler and in every process."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))


def run(
    study: Study, evaluate: Callable[[dict[str, Any]], float], *, n_trials: int, n_pending: int, seed: int
) -> tuple[list[float], list[float]]:
    """Run ``n_trials`` with up to ``n_pending`` at a time; their values in the order in which they ended, and the
    seconds that each ask took.

    Trial i lasts exp(N(0, 0.5^2)) units, the same for every sampler; one trial in three ends before the trial started
    just before it.
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
