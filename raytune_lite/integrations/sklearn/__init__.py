"""A search for scikit-learn whose trials run on Ray.

    from raytune_lite.integrations.sklearn import RayTuneSearchCV
    search = RayTuneSearchCV(SVC(), {"C": scipy.stats.loguniform(1e-2, 1e2), "kernel": ["rbf", "linear"]}, n_trials=50)
    search.fit(X, y).best_params_
"""

from __future__ import annotations

try:
    from .search import RayTuneSearchCV
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.sklearn needs scikit-learn, which cannot be imported ({error}). Install it: "
        "pip install 'raytune-lite[sklearn]'."
    ) from error

__all__ = ["RayTuneSearchCV"]
