"""Oracles: naive transcriptions of published algorithms, obviously right and independent of the package.

Source: Li et al. 2018, "A System for Massively Parallel Hyperparameter Tuning", arXiv:1810.05934, Algorithm
2.
"""

from __future__ import annotations

import math


class PaperASHA:
    """Algorithm 2 over plain lists.

    ``levels``: r * eta**(s + k) for k = 0, 1, ... below R. A job is (trial, k): train the trial up to
    levels[k], or up to R when k == len(levels). Three rules that the paper leaves open: equal losses go to
    the earliest record; a non-finite loss ranks worst, counts, and is not promotable; so does a trial that
    failed or completed.
    """

    def __init__(self, levels, eta):
        self.levels = levels
        self.eta = eta
        self.rungs = [[] for _ in levels]  # (loss, trial) in order of arrival
        self.promoted = [[] for _ in levels]
        self.gone = []  # trials that nobody can train further

    def record(self, trial, k, loss):
        """``return_results``: the trial's loss at rung k."""
        if not math.isfinite(loss):
            loss = math.inf
            self.gone.append(trial)
        self.rungs[k].append((loss, trial))

    def failed(self, trial, k):
        """The trial failed on its way to rung k: worst there."""
        if k < len(self.levels):
            self.rungs[k].append((math.inf, trial))
        self.gone.append(trial)

    def completed(self, trial, k, loss):
        """The trial ended by itself on its way to rung k: its final loss stands there and above."""
        if not math.isfinite(loss):
            self.failed(trial, k)
            return
        for rung in self.rungs[k:]:
            rung.append((loss, trial))
        self.gone.append(trial)

    def top_k(self, k):
        """The best floor(|rung k| / eta), best first."""
        rung = self.rungs[k]
        return [trial for _, trial in sorted(rung, key=lambda entry: entry[0])[: len(rung) // self.eta]]

    def get_job(self):
        """What a free worker trains next: (trial, rung), or None for a new configuration at rung 0."""
        for k in reversed(range(len(self.levels))):
            candidates = self.top_k(k)
            promotable = [t for t in candidates if t not in self.promoted[k] and t not in self.gone]
            if promotable:
                self.promoted[k].append(promotable[0])
                return promotable[0], k + 1
        return None


def naive_stopping(history, eta):
    """Whether the last loss of ``history`` (one rung, in order of arrival) goes on, by sorting everything."""
    losses = [loss if math.isfinite(loss) else math.inf for loss in history]
    order = sorted(range(len(losses)), key=lambda i: losses[i])  # stable: ties to the earliest
    rank = order.index(len(losses) - 1)
    return math.isfinite(history[-1]) and rank < max(1, len(losses) // eta)
