"""A GPU of 10 GB that is not there: what a process may take of it, and what it took, as a probe tells it."""

from __future__ import annotations

from raytune_lite.core.messages import GpuMemory

GB = 10**9
TOTAL, CONTEXT = 10 * GB, GB // 10
_taken = {"most": TOTAL, "now": CONTEXT, "peak": CONTEXT, "leaked": 0}


def take(n: int) -> None:
    """Allocate as torch does within its limit."""
    if _taken["now"] + n > _taken["most"]:
        raise RuntimeError(f"CUDA out of memory. Tried to allocate {n} bytes of {_taken['most']}")
    _taken["now"] += n
    _taken["peak"] = max(_taken["peak"], _taken["now"])


def leak(n: int) -> None:
    """Take what stays when the attempt is over."""
    _taken["leaked"] += n


class FakeProbe:
    """See runtime.gpu_memory.GpuProbe."""

    def limit(self, share: float, base: int) -> None:
        """A process has its share, with its context."""
        _taken["most"] = int(share * TOTAL)
        _taken["now"] = _taken["peak"] = CONTEXT + _taken["leaked"]

    def measure(self, share: float, base: int) -> GpuMemory:
        """What was taken at most."""
        return GpuMemory(peak=_taken["peak"], base=CONTEXT, total=TOTAL)


    def held(self, share: float) -> tuple[int, int]:
        """What was leaked."""
        return _taken["leaked"], TOTAL


class BlindProbe(FakeProbe):
    """Knows nothing, and fails."""

    def measure(self, share: float, base: int) -> GpuMemory:
        """There is no such library."""
        raise OSError("no such library")
