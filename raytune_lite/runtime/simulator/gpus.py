"""Nodes whose tasks share a GPU: the memory of the simulated device, the probe of a process, and an independent judge.

Seeds from ``GPU_SEEDS`` on have such nodes, of one GPU each; histories of other seeds draw nothing for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any

from ...core import messages as m
from ...core.gpu_shares import FIRST, MOST, WHOLE
from ...core.retries import RetryPolicy
from ..virtual.world import Process, World
from .audit import Auditor

GPU_SEEDS = 1_000_000
TOTAL = 1_000_000  # bytes of a GPU
CONTEXT = 5_000  # of them a process takes beside what its library hands out
_FULL = m.FailureKind.GPU_OUT_OF_MEMORY.value


def need(params: dict[str, float]) -> int:
    """Bytes that an attempt with these parameters takes: most a tenth of a GPU, some half, few more than all."""
    text = repr(sorted(params.items())).encode()
    draw = int.from_bytes(blake2b(text, digest_size=4).digest(), "big") / 2**32
    if draw > 0.97:
        return TOTAL + TOTAL // 3
    share = 0.2 + (draw - 0.85) * 6.0 if draw > 0.85 else 0.02 + draw * 0.09
    return int(share * TOTAL)


class Gpu:
    """The memory of one node's GPU, by process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.held: dict[int, GpuOfProcess] = {}


class GpuOfProcess:
    """What one worker process has of it; a GpuProbe. ``task_share``: what its task has, as the cluster counts."""

    def __init__(self, gpu: Gpu, process: Process, task_share: int) -> None:
        self._gpu, self._process, self._task_share = gpu, process, task_share
        self.most, self.used = TOTAL, 0
        process.on_death.append(self.free)

    def limit(self, share: float, base: int) -> None:  # noqa: ARG002
        """See GpuProbe."""
        world, held = self._gpu.world, self._gpu.held
        if round(share * WHOLE) != self._task_share:
            world.violate(f"{self._process.name} has {share} of a GPU, and its task {self._task_share / WHOLE}")
        held[self._process.number] = self
        self.most, self.used = int(share * TOTAL), CONTEXT
        if sum(one.most for one in held.values()) > TOTAL:
            world.violate(f"shares of a GPU are more than all of it: {[one.most for one in held.values()]}")

    def take(self, params: dict[str, float]) -> None:
        """The objective allocates what it needs. It alone fails if it has not got so much.

        Raises:
            RuntimeError: it has not.
        """
        self.used = min(self.most, CONTEXT + need(params))
        if CONTEXT + need(params) > self.most:
            raise RuntimeError("CUDA out of memory (simulated)")
        if sum(one.used for one in self._gpu.held.values()) > TOTAL:
            self._gpu.world.violate(f"{self._process.name} finds no room in its share: a neighbour has taken more")

    def measure(self, share: float, base: int) -> m.GpuMemory:  # noqa: ARG002
        """See GpuProbe."""
        return m.GpuMemory(peak=self.used, base=CONTEXT, total=TOTAL)

    def free(self) -> None:
        """The process has ended."""
        self._gpu.held.pop(self._process.number, None)


class GpuAuditor(Auditor):
    """The books of a study whose trials share GPUs. Arguments as of Auditor."""

    def __init__(self, world: World, retries: RetryPolicy, *others: Any) -> None:
        # ends by a full GPU are counted here
        super().__init__(world, RetryPolicy(**{**retries.spec(), "gpu_out_of_memory": None}), *others)
        self._of_run = retries
        self._forget()

    def _forget(self) -> None:
        self._shares: dict[int, Fraction] = {}  # of each trial's last attempt
        self._least: dict[int, Fraction] = {}  # of the next one
        self._full: dict[int, int] = {}  # ends on whole GPUs that were full
        self._peaks: list[int] = []

    def power_was_cut(self) -> None:
        """See Auditor."""
        self._forget()
        super().power_was_cut()

    def _take(self, events: Sequence[m.Event], rows: Sequence[m.Row]) -> None:
        super()._take(events, rows)
        for row in rows:
            if isinstance(row, m.NewAttempt):
                self._begins(row)
            elif isinstance(row, m.EndAttempt):
                self._ends(row)

    def _begins(self, row: m.NewAttempt) -> None:
        share = Fraction(round((row.num_gpus or 0.0) * WHOLE), WHOLE)
        self._shares[row.number] = share
        self.check(0 < share <= 1, f"trial {row.number} has {share} of a GPU")
        least = self._least.get(row.number, Fraction(0))
        self.check(share >= least, f"trial {row.number} needs {float(least)} of a GPU, and begins with {float(share)}")
        self.check(share == 1 or len(self._peaks) >= FIRST, f"trial {row.number} shares a GPU before any was measured")
        n = int(1 / share)
        fits = sum(Fraction(11, 10) * peak * n <= TOTAL for peak in self._peaks)
        nearly_all = share == 1 or 100 * fits >= 95 * len(self._peaks)
        self.check(nearly_all, f"trial {row.number}: of {len(self._peaks)} peaks {fits} fit into {float(share)}")
        few = n == MOST or share == least
        more = sum(Fraction(11, 10) * peak * (n + 1) <= TOTAL for peak in self._peaks)
        wasted = len(self._peaks) >= FIRST and not few and 100 * more >= 95 * len(self._peaks) + 100
        self.check(not wasted, f"trial {row.number} has {float(share)} of a GPU, and {n + 1} would fit there")

    def _ends(self, row: m.EndAttempt) -> None:
        share = self._shares[row.number]
        if row.outcome == _FULL:
            self._least[row.number] = min(Fraction(1), 2 * share)
            n = self._full[row.number] = self._full.get(row.number, 0) + (share == 1)
            is_allowed = n < 2 or self._of_run.allows(m.FailureKind.GPU_OUT_OF_MEMORY, n - 2)
            self.check(is_allowed, f"trial {row.number}: {n} attempts on a whole GPU, which was full")
        elif row.gpu_peak is not None:
            self._peaks.append(row.gpu_peak)
            n = min(MOST, max(1, int(TOTAL / (Fraction(11, 10) * row.gpu_peak))))
            own = Fraction(WHOLE // n, WHOLE)
            self._least[row.number] = max(own, self._least.get(row.number, own))

    def refuse_failed_in_share(self) -> None:
        """At the end: a trial whose GPU was full has failed on a whole one only."""
        for number, facts in self.trials.items():
            full = facts.state.name == "FAIL" and facts.outcomes.get(facts.attempt) == _FULL
            stopped = number in self.control.stopped
            self.check(not full or stopped or self._shares[number] == 1, f"trial {number} failed in a share of a GPU")


__all__ = ["CONTEXT", "GPU_SEEDS", "TOTAL", "Gpu", "GpuAuditor", "GpuOfProcess", "need"]
