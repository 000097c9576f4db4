"""Optuna's rules that end a study when little improvement is left."""

from __future__ import annotations

from ..integrations.optuna.lending import lender

_NAMES = (
    "BaseErrorEvaluator", "BaseImprovementEvaluator", "BaseTerminator", "BestValueStagnationEvaluator",
    "CrossValidationErrorEvaluator", "EMMREvaluator", "MedianErrorEvaluator", "RegretBoundEvaluator",
    "StaticErrorEvaluator", "Terminator", "TerminatorCallback", "report_cross_validation_scores",
)  # fmt: skip
__all__ = [*_NAMES]

__getattr__ = lender(__name__, "optuna.terminator", _NAMES)


def __dir__() -> list[str]:
    return sorted(__all__)
