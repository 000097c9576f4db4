"""``optuna.terminator.erroreval``: how well a value is known, by names that are in ``raytune_lite.terminator`` too."""

from __future__ import annotations

from ..integrations.optuna.lending import lender

_NAMES = (
    "BaseErrorEvaluator", "CrossValidationErrorEvaluator", "StaticErrorEvaluator", "report_cross_validation_scores",
)  # fmt: skip
__all__ = [*_NAMES]

__getattr__ = lender(__name__, "optuna.terminator.erroreval", _NAMES)


def __dir__() -> list[str]:
    return sorted(__all__)
