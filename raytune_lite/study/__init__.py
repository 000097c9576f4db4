"""A study: what users create, load, run and read."""

from ..lazy import names_of
from ..trial import StudyDirection
from .compaction import compact_study
from .copying import copy_study, merge_studies
from .studies import create_study, delete_study, get_all_study_names, load_study
from .study import Study
from .summaries import StudySummary, get_all_study_summaries

__all__ = [
    "MaxTrialsCallback",
    "Study",
    "StudyDirection",
    "StudySummary",
    "compact_study",
    "copy_study",
    "create_study",
    "delete_study",
    "get_all_study_names",
    "get_all_study_summaries",
    "load_study",
    "merge_studies",
]

__getattr__ = names_of(__name__, {"MaxTrialsCallback": ".callbacks"}, __all__)  # Optuna's place for it


def __dir__() -> list[str]:
    return sorted(__all__)
