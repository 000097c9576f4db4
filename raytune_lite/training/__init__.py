"""What an objective needs around its training loop. Importing this does not import torch: names load on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import names_of

if TYPE_CHECKING:
    from .accumulation import MultiSteps
    from .detection import NonFiniteGradientError
    from .loader import ResumableLoader
    from .precision import Precision
    from .skipping import skip_large_updates, skip_not_finite
    from .state import capture_state, restore_state
    from .transforms import apply_if_finite, chain, clip_by_global_norm, zero_nans

_HOMES = {
    "MultiSteps": "accumulation",
    "NonFiniteGradientError": "detection",
    "Precision": "precision",
    "ResumableLoader": "loader",
    "apply_if_finite": "transforms",
    "capture_state": "state",
    "chain": "transforms",
    "clip_by_global_norm": "transforms",
    "restore_state": "state",
    "skip_large_updates": "skipping",
    "skip_not_finite": "skipping",
    "zero_nans": "transforms",
}

__all__ = [
    "MultiSteps",
    "NonFiniteGradientError",
    "Precision",
    "ResumableLoader",
    "apply_if_finite",
    "capture_state",
    "chain",
    "clip_by_global_norm",
    "restore_state",
    "skip_large_updates",
    "skip_not_finite",
    "zero_nans",
]

__getattr__ = names_of(__name__, _HOMES, __all__)


def __dir__() -> list[str]:
    return sorted(__all__)
