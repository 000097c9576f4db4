"""Optuna's callbacks for other libraries, with our trials and studies. Ours are in ``raytune_lite.integrations``."""

from __future__ import annotations

from ..integrations.optuna.lending import lender

_NAMES = (
    "BoTorchSampler", "CatBoostPruningCallback", "CometCallback", "FastAIPruningCallback", "FastAIV2PruningCallback",
    "KerasPruningCallback", "LightGBMPruningCallback", "LightGBMTuner", "LightGBMTunerCV", "MLflowCallback",
    "OptunaSearchCV", "PyCmaSampler", "PyTorchIgnitePruningHandler", "PyTorchLightningPruningCallback",
    "ShapleyImportanceEvaluator", "SkorchPruningCallback", "TFKerasPruningCallback", "TensorBoardCallback",
    "TensorFlowPruningHook", "TorchDistributedTrial", "TrackioCallback", "WeightsAndBiasesCallback",
    "XGBoostPruningCallback",
)  # fmt: skip
__all__ = [*_NAMES]

__getattr__ = lender(
    __name__,
    "optuna_integration",
    _NAMES,
    install="pip install optuna-integration",
    unchanged={"OptunaSearchCV": ("study",)},  # it has our study run its trials
)


def __dir__() -> list[str]:
    return sorted(__all__)
