"""A simulated cluster: a fixed number of trials is always running, and their lengths decide the order of their ends."""

from __future__ import annotations

import heapq
import time

import numpy as np
from _problem import Problem, Result
from _studies import Study


def generator(*words: int) -> np.random.Generator:
    """A generator that is a function of integers: the same for every sampler and in every process."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))


def run(
    study: Study, problem: Problem, *, n_done: int, n_trials: int, n_pending: int, seed: int
) -> tuple[list[Result], list[float]]:
    """Run ``n_trials`` with up to ``n_pending`` at a time, after ``n_done`` that the study has; their results in the
    order in which they ended, and the seconds that each ask took.

    Trial i lasts exp(N(0, 0.5^2)) units, the same for every sampler; one trial in three ends before the trial started
    just before it.
    """
    heap: list[tuple[float, int, Result]] = []
    results: list[Result] = []
    seconds: list[float] = []
    now = 0.0
    while len(results) < n_trials:
        while len(heap) < n_pending and len(seconds) < n_trials:
            start = time.perf_counter()
            number, params = study.ask(problem.define)
            seconds.append(time.perf_counter() - start)
            length = float(np.exp(0.5 * generator(seed, len(seconds)).standard_normal()))
            heapq.heappush(heap, (now + length, number, problem.evaluate(params, n_done + len(seconds) - 1)))
        now, number, result = heapq.heappop(heap)
        study.tell(number, result.values, result.constraints)
        results.append(result)
    return results, seconds
