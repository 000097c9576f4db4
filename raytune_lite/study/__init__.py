"""A study: what users create, load, run and read."""

from .compaction import compact_study
from .studies import create_study, delete_study, get_all_study_names, load_study
from .study import Study

__all__ = ["Study", "compact_study", "create_study", "delete_study", "get_all_study_names", "load_study"]


def __dir__() -> list[str]:
    return sorted(__all__)
