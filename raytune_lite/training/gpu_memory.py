"""The memory of a GPU that several processes share, as torch sees and limits it. Loads torch when it is needed only."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Any

from ..core.messages import GpuMemory

_past: dict[str, int] = {}  # of this process's GPU, what was taken past torch at the first look
_OTHERS = ("jax", "tensorflow")  # an objective that has loaded one of these most likely does without torch
_XLA_SHARES = ("XLA_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_MEM_FRACTION")  # JAX refuses both at once


class TorchProbe:
    """What a GpuProbe of ``runtime.gpu_memory`` must do, by torch; JAX and TensorFlow are limited, not measured."""

    def limit(self, share: float, base: int) -> None:
        """Let this process have so much of its GPU.

        Args:
            share: of the GPU; 1.0: all of it.
            base: bytes, within the share, that CUDA's own context takes; 0: not known.
        """
        _limit_others(share)
        torch = _torch()
        if torch is None:
            return
        _, total = torch.cuda.mem_get_info()
        torch.cuda.set_per_process_memory_fraction(1.0 if share >= 1.0 else max(0.0, share - base / total))
        torch.cuda.reset_peak_memory_stats()

    def measure(self, share: float, base: int) -> GpuMemory | None:
        """What this process took at most: what torch had reserved, and CUDA's context.

        The context's size is seen where no other attempt has the GPU; elsewhere it is ``base``. Memory that was taken
        past torch is not seen.
        """
        torch: Any = sys.modules.get("torch")
        if torch is None or not torch.cuda.is_initialized():
            return None
        free, total = torch.cuda.mem_get_info()
        if share >= 1.0:
            base = max(0, total - free - torch.cuda.memory_reserved())
        return GpuMemory(peak=torch.cuda.max_memory_reserved() + base, base=base, total=total)

    def held(self, share: float) -> tuple[int, int] | None:
        """What this process still takes, once torch's cache is empty, and how much the GPU has; in bytes.

        Past torch: what a whole GPU has lost since the first look here, beside CUDA's own context. On a shared GPU that
        may be another process's, and is not counted.
        """
        torch: Any = sys.modules.get("torch")
        if torch is None or not torch.cuda.is_initialized():
            return None
        torch.cuda.empty_cache()
        free, total = torch.cuda.mem_get_info()
        reserved = sum(torch.cuda.memory_reserved(i) for i in range(torch.cuda.device_count()))
        past = max(0, total - free - torch.cuda.memory_reserved())
        if share < 1.0:
            return reserved, total
        before = _past.setdefault("bytes", past)
        return reserved + max(0, past - before), total


def _limit_others(share: float) -> None:
    """JAX and TensorFlow read the environment when they begin to use a GPU; what the user has set stays."""
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if share < 1.0 and not any(name in os.environ for name in _XLA_SHARES):
        os.environ[_XLA_SHARES[1]] = f"{share:.4f}"


def _torch() -> Any:
    """Torch, if there is one that has a GPU here, and the objective may use it."""
    if "torch" not in sys.modules and (any(name in sys.modules for name in _OTHERS) or find_spec("torch") is None):
        return None
    import torch

    return torch if torch.cuda.is_available() else None


__all__ = ["TorchProbe"]
