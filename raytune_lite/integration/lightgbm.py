"""``optuna.integration.lightgbm``: Optuna's stepwise tuner, which runs a study of Optuna's in this process."""

from __future__ import annotations

from ..integrations.optuna.lending import lender

_NAMES = (
    "Dataset", "LightGBMTuner", "LightGBMTunerCV", "early_stopping", "log_evaluation", "record_evaluation", "train",
)  # fmt: skip
__all__ = [*_NAMES]

__getattr__ = lender(
    __name__, "optuna_integration.lightgbm", _NAMES, install="pip install optuna-integration lightgbm", classes=False
)


def __dir__() -> list[str]:
    return sorted(__all__)
