"""Optuna's callbacks for other libraries, with our trials and studies. Ours are in ``raytune_lite.integrations``.

Its modules are here too: ``from raytune_lite.integration.xgboost import XGBoostPruningCallback``. That of LightGBM has
Optuna's stepwise tuner, ``train``, which runs a study of Optuna's in this process.
"""

from __future__ import annotations

import sys
import types

from ..integrations.optuna.lending import lender

_MODULES = {
    "botorch": ("BoTorchSampler",),
    "catboost": ("CatBoostPruningCallback",),
    "cma": ("PyCmaSampler",),
    "comet": ("CometCallback",),
    "fastaiv2": ("FastAIPruningCallback", "FastAIV2PruningCallback"),
    "keras": ("KerasPruningCallback",),
    "lightgbm": ("LightGBMPruningCallback", "LightGBMTuner", "LightGBMTunerCV"),
    "mlflow": ("MLflowCallback",),
    "pytorch_distributed": ("TorchDistributedTrial",),
    "pytorch_ignite": ("PyTorchIgnitePruningHandler",),
    "pytorch_lightning": ("PyTorchLightningPruningCallback",),
    "shap": ("ShapleyImportanceEvaluator",),
    "sklearn": ("OptunaSearchCV",),
    "skorch": ("SkorchPruningCallback",),
    "tensorboard": ("TensorBoardCallback",),
    "tensorflow": ("TensorFlowPruningHook",),
    "tfkeras": ("TFKerasPruningCallback",),
    "trackio": ("TrackioCallback",),
    "wandb": ("WeightsAndBiasesCallback",),
    "xgboost": ("XGBoostPruningCallback",),
}
_TUNER = ("Dataset", "early_stopping", "log_evaluation", "record_evaluation", "train")  # beside LightGBM's callbacks
_NAMES = tuple(sorted(name for names in _MODULES.values() for name in names))
__all__ = [*_NAMES]

__getattr__ = lender(
    __name__,
    "optuna_integration",
    _NAMES,
    install="pip install optuna-integration",
    unchanged={"OptunaSearchCV": ("study",)},  # it has our study run its trials
)


def _module(name: str, names: tuple[str, ...]) -> types.ModuleType:
    """One of its modules. It is no file: they differ by their names alone."""
    module = types.ModuleType(f"{__name__}.{name}", f"``optuna.integration.{name}``, with our trials and studies.")
    others = _TUNER if name == "lightgbm" else ()
    find = lender(
        module.__name__, f"optuna_integration.{name}", others, install=f"pip install optuna-integration {name}"
    )
    module.__dict__.update(
        __all__=[*names, *others],
        __getattr__=lambda asked: getattr(sys.modules[__name__], asked) if asked in names else find(asked),
        __dir__=lambda: [*names, *others],
    )
    return module


for _name, _names in _MODULES.items():
    # importing "raytune_lite.integration.keras" looks here before it looks for a file
    globals()[_name] = sys.modules[f"{__name__}.{_name}"] = _module(_name, _names)


def __dir__() -> list[str]:
    return sorted(__all__)
