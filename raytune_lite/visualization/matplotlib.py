"""Optuna's plots of our studies, drawn by matplotlib. Optuna draws; nothing is drawn here."""

from __future__ import annotations

from ..integrations.optuna.lending import lender

_NAMES = (
    "is_available", "plot_contour", "plot_edf", "plot_hypervolume_history", "plot_intermediate_values",
    "plot_optimization_history", "plot_parallel_coordinate", "plot_param_importances", "plot_pareto_front",
    "plot_rank", "plot_slice", "plot_terminator_improvement", "plot_timeline",
)  # fmt: skip
__all__ = [*_NAMES]

__getattr__ = lender(__name__, "optuna.visualization.matplotlib", _NAMES, install="pip install 'raytune-lite[plots]'")


def __dir__() -> list[str]:
    return sorted(__all__)
