"""Any sampler of Optuna or OptunaHub can choose the parameters of our trials.

    from raytune_lite.integrations.optuna import OptunaSampler
    study = raytune_lite.create_study(sampler=OptunaSampler(optuna.samplers.TPESampler()))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...lazy import names_of

if TYPE_CHECKING:
    from .sampler import OptunaSampler

__all__ = ["OptunaSampler"]

_find = names_of(__name__, {"OptunaSampler": "sampler"}, __all__)


def __getattr__(name: str) -> Any:
    try:
        return _find(name)
    except ImportError as error:
        raise ImportError(
            f"raytune_lite.integrations.optuna needs Optuna, which cannot be imported ({error}). "
            "Install it: pip install 'raytune-lite[optuna]'."
        ) from error


def __dir__() -> list[str]:
    return sorted(__all__)
