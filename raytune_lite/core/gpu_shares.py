"""Which share of a GPU an attempt gets, by what attempts before it needed: exact integers. Knows no device.

The first attempts have a GPU each, and say at their end how much of its memory they used. From then on as many share
one as find room by what nearly all of them needed, and some more. An attempt that runs out of its share begins again
with twice as much, up to a whole GPU; there it is a result of its parameters.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .messages import FailureKind, GpuMemory

if TYPE_CHECKING:
    from .trials import TrialRecord

WHOLE = 10_000  # shares are ten-thousandths of a GPU, the smallest amounts that Ray counts
MOST = 10  # attempts on one GPU
FIRST = 3  # attempts that must have been measured before any share a GPU
SPARE = (11, 10)  # what an attempt needs, times this, must fit into its share
NEARLY_ALL = (95, 100)  # of the attempts must have needed no more than what the share is computed from


@dataclass(slots=True)
class GpuUse:
    """What the attempts of a study have needed, in bytes.

    ``peaks``: of those that were measured and had enough, in order. ``total``: of the smallest GPU among them; 0: none
    was measured. ``base``: the most that a process took beside what its library hands out.
    """

    peaks: list[int] = field(default_factory=list)
    total: int = 0
    base: int = 0

    def note(self, found: GpuMemory) -> None:
        """One more attempt was measured."""
        insort(self.peaks, found.peak)
        self.total = min(self.total or found.total, found.total)
        self.base = max(self.base, found.base)

    def share(self) -> int:
        """The share of an attempt of which nothing else is known."""
        if len(self.peaks) < FIRST:
            return WHOLE
        part, all_of_it = NEARLY_ALL
        return share_for(self.peaks[-(-len(self.peaks) * part // all_of_it) - 1], self.total)

    def dump(self) -> Any:
        """All of it, as JSON."""
        return [self.peaks, self.total, self.base]

    @classmethod
    def load(cls, data: Any) -> GpuUse:
        """Inverse of ``dump``; None gives an empty one."""
        return cls() if data is None else cls(*data)


def share_for(peak: int, total: int) -> int:
    """The share of a GPU in which an attempt has room: the GPU divided by a whole number of attempts.

    Args:
        peak: bytes that it needs at most.
        total: bytes of the GPU.
    """
    spare, of = SPARE
    n = total * of // max(1, peak * spare)
    return WHOLE // max(1, min(MOST, n))  # rounded down: n of them are never more than the whole


def begins(use: GpuUse, trial: TrialRecord) -> int:
    """The share of a trial's next attempt."""
    return max(use.share(), trial.gpu_least)


def ended(use: GpuUse, trial: TrialRecord, found: GpuMemory | None, failed: FailureKind | None) -> None:
    """An attempt that had a share is over.

    Args:
        use: of the study.
        trial: the attempt's.
        found: what it needed, where that was measured.
        failed: the kind of its failure, if it failed.
    """
    trial.gpu_peak = None if found is None else found.peak
    if failed is FailureKind.GPU_OUT_OF_MEMORY:  # it needed more than was measured
        trial.gpu_least = min(WHOLE, 2 * trial.gpu_share)
    elif found is not None:
        use.note(found)
        trial.gpu_least = max(trial.gpu_least, share_for(found.peak, found.total))


def was_too_small(trial: TrialRecord, failed: FailureKind) -> bool:
    """Whether an attempt ran out of the memory of a share: not a result of its parameters, so it costs no retry."""
    return failed is FailureKind.GPU_OUT_OF_MEMORY and 0 < trial.gpu_share < WHOLE


__all__ = ["FIRST", "MOST", "WHOLE", "GpuUse", "begins", "ended", "share_for", "was_too_small"]
