"""How much each parameter of a study matters, by Optuna's functions."""

from __future__ import annotations

from .integrations.optuna.lending import lender

_NAMES = (
    "BaseImportanceEvaluator", "FanovaImportanceEvaluator", "MeanDecreaseImpurityImportanceEvaluator",
    "PedAnovaImportanceEvaluator", "get_param_importances",
)  # fmt: skip
__all__ = [*_NAMES]

__getattr__ = lender(__name__, "optuna.importance", _NAMES, install="pip install 'raytune-lite[viz]'")


def __dir__() -> list[str]:
    return sorted(__all__)
