"""Any sampler of Optuna or OptunaHub can choose the parameters of our trials.

    from raytune_lite.integrations.optuna import OptunaSampler
    study = raytune_lite.create_study(sampler=OptunaSampler(optuna.samplers.TPESampler()))
"""

from __future__ import annotations

try:
    from .sampler import OptunaSampler
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.optuna needs Optuna, which cannot be imported ({error}). "
        "Install it: pip install 'raytune-lite[optuna]'."
    ) from error

__all__ = ["OptunaSampler"]
