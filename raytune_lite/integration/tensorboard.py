"""``optuna.integration.tensorboard``: its callback, which is in ``raytune_lite.integration`` too."""

from __future__ import annotations

from ..integrations.optuna.lending import lender

_NAMES = ("TensorBoardCallback",)
__all__ = [*_NAMES]

__getattr__ = lender(__name__, "optuna_integration", _NAMES, install="pip install optuna-integration")


def __dir__() -> list[str]:
    return sorted(__all__)
