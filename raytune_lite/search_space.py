"""The search space that the trials of a study have in common, by Optuna's functions."""

from __future__ import annotations

from .integrations.optuna.lending import lender

_NAMES = (
    "IntersectionSearchSpace", "intersection_search_space",
)  # fmt: skip
__all__ = [*_NAMES]

__getattr__ = lender(__name__, "optuna.search_space", _NAMES)


def __dir__() -> list[str]:
    return sorted(__all__)
