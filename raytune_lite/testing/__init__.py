"""For users' own tests: a trial without a study, a study that leaves nothing, and whether an objective resumes."""

from .fake import FakeTrial
from .inline import inline_study
from .resumable import assert_resumable

__all__ = ["FakeTrial", "assert_resumable", "inline_study"]
