"""raytune_lite: a parallel trial executor for hyperparameter search on Ray, with Optuna-style objectives.

Names are loaded on first use: importing the package starts nothing and imports neither Ray, SQLAlchemy nor torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import (  # noqa: F401
        artifacts,
        callbacks,
        distributions,
        exceptions,
        importance,
        integration,
        logging,
        pruners,
        samplers,
        search_space,
        storages,
        study,
        terminator,
        trial,
        visualization,
    )
    from .core.retries import RetryPolicy
    from .exceptions import TrialInvalid, TrialPruned
    from .report.attach import attach
    from .runtime.current import current_trial
    from .runtime.trial import Trial
    from .sharing import Shared, shared
    from .study import (
        Study,
        compact_study,
        copy_study,
        create_study,
        delete_study,
        get_all_study_names,
        get_all_study_summaries,
        load_study,
    )
    from .trial import FrozenTrial, StudyDirection, TrialState, create_trial

__version__ = "0.1.0"

_HOMES = {
    "FrozenTrial": "trial",
    "RetryPolicy": "core.retries",
    "Shared": "sharing",
    "Study": "study",
    "StudyDirection": "trial",
    "Trial": "runtime.trial",
    "TrialInvalid": "exceptions",
    "TrialPruned": "exceptions",
    "TrialState": "trial",
    "attach": "report.attach",
    "compact_study": "study",
    "copy_study": "study",
    "create_study": "study",
    "create_trial": "trial",
    "current_trial": "runtime.current",
    "delete_study": "study",
    "get_all_study_names": "study",
    "get_all_study_summaries": "study",
    "load_study": "study",
    "shared": "sharing",
}
_MODULES = (
    "artifacts", "callbacks", "distributions", "exceptions", "importance", "integration", "integrations", "logging",
    "pruners", "samplers", "search_space", "storages", "study", "terminator", "testing", "trial", "visualization",
)  # fmt: skip

__all__ = [
    "FrozenTrial",
    "RetryPolicy",
    "Shared",
    "Study",
    "StudyDirection",
    "Trial",
    "TrialInvalid",
    "TrialPruned",
    "TrialState",
    "__version__",
    "attach",
    "compact_study",
    "copy_study",
    "create_study",
    "create_trial",
    "current_trial",
    "delete_study",
    "distributions",
    "exceptions",
    "get_all_study_names",
    "get_all_study_summaries",
    "load_study",
    "logging",
    "pruners",
    "samplers",
    "shared",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    elif name in _MODULES:
        value = importlib.import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module 'raytune_lite' has no attribute {name!r}; it has {', '.join(__dir__())}.")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES})
