"""An attempt's share of its GPU's memory: set before the objective, measured after it, by a probe.

The probe is a port: ours is for torch (``training.gpu_memory``), and ``RTL_GPU_PROBE=module:Class`` on the nodes names
another one. Knows no library, and no device.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Protocol

from ..arguments import shown
from ..core.gpu_shares import WHOLE
from ..core.messages import Assignment, GpuMemory
from ..exceptions import InvalidResourcesError
from .attempt import AttemptResult

VARIABLE = "RTL_GPU_PROBE"


class GpuProbe(Protocol):
    """The memory of the one GPU that this process may use. It may also have what ``held_by`` asks."""

    def limit(self, share: float, base: int) -> None:
        """Let this process have so much of it, and begin to measure. Asking for more is an out-of-memory error here.

        Args:
            share: of the GPU; 1.0: all of it, no other attempt is there.
            base: bytes, within the share, that a process takes beside what its library hands out; 0: not known.
        """

    def measure(self, share: float, base: int) -> GpuMemory | None:
        """What this process took of it at most since ``limit``; None: it cannot be known. Arguments as there."""


class NoProbe:
    """Limits nothing, and knows nothing."""

    def limit(self, share: float, base: int) -> None:
        """See GpuProbe."""

    def measure(self, share: float, base: int) -> GpuMemory | None:  # noqa: ARG002
        """See GpuProbe."""
        return None


def held_by(probe: GpuProbe, share: float) -> tuple[int, int] | None:
    """What this process still takes of its GPU between attempts, beside its library's context, once caches are empty;
    and how much the GPU has. In bytes; None: not known.

    Args:
        probe: may have a method ``held``, which is given ``share`` and returns this.
        share: of the GPU what this process may have.
    """
    held = getattr(probe, "held", None)
    found: tuple[int, int] | None = None if held is None else held(share)
    return found


def probe_of_node(usual: Callable[[], GpuProbe]) -> GpuProbe:
    """The probe that this node's environment names; else ``usual()``.

    Raises:
        InvalidResourcesError: there is no such class.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return usual()
    module, _, name = named.partition(":")
    try:
        probe: GpuProbe = getattr(import_module(module), name)()
    except Exception as error:  # importing runs the user's code
        raise InvalidResourcesError(
            f"{VARIABLE} must name a class as module:Class, which the nodes can import, got {shown(named)} "
            f"({type(error).__name__}: {error}). Leave it out to measure torch."
        ) from error
    return probe


def run_in_share(probe: GpuProbe, assignment: Assignment, run: Callable[[], AttemptResult]) -> AttemptResult:
    """Run an attempt in its share of a GPU; its result says what it took. A probe that fails costs no result."""
    share, base = assignment.gpu_share / WHOLE, assignment.gpu_base
    try:
        probe.limit(share, base)
    except Exception as error:  # noqa: BLE001  (of any library)
        _warn(f"has no limit on its memory of the GPU, of which it has {share:g}", assignment, error)
    result = run()
    try:
        found = probe.measure(share, base)
    except Exception as error:  # noqa: BLE001
        _warn("cannot tell how much memory of the GPU it took", assignment, error)
        return result
    return replace(result, progress=replace(result.progress, gpu_memory=found))


def _warn(what: str, assignment: Assignment, error: Exception) -> None:
    warnings.warn(f"trial {assignment.number} {what}: {type(error).__name__}: {error}", stacklevel=3)


__all__ = ["VARIABLE", "GpuProbe", "NoProbe", "held_by", "probe_of_node", "run_in_share"]
