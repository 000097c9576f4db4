"""The words of the core in one place: events (what happened), commands and rows (what to do and what to store), and
the values that these are made of. Their JSON is ``encoding``.
"""

from __future__ import annotations

from .events import (
    AttemptBegan,
    AttemptEnded,
    AttemptLost,
    Claimed,
    Event,
    LogEntry,
    NodesLeaving,
    ParamAsked,
    ParamSet,
    Reported,
    RunExtended,
    RunFinished,
    RunStarted,
    SlotsResized,
    StopRequested,
    StudyPaused,
    StudyUnpaused,
    Suggested,
    TrialAdded,
    TrialEnqueued,
    TrialStopRequested,
)
from .rows import (
    AdoptTrial,
    Answer,
    BeginAttempt,
    Command,
    Discard,
    DropCheckpoint,
    EndAttempt,
    NewAttempt,
    NewTrial,
    PromoteRung,
    PutAttr,
    PutCell,
    PutCheckpoint,
    PutParam,
    PutReport,
    PutRung,
    PutValues,
    Row,
    SetState,
    Suggest,
    SuggestOne,
)
from .values import (
    FAILURE_KINDS,
    Assignment,
    CheckpointRef,
    Decision,
    Failure,
    FailureKind,
    GpuMemory,
    Leave,
    Outcome,
    ParamValue,
    Parent,
    Progress,
    StopCause,
)

__all__ = [
    "FAILURE_KINDS",
    "AdoptTrial", "Answer", "Assignment", "AttemptBegan", "AttemptEnded", "AttemptLost", "BeginAttempt",
    "CheckpointRef", "Claimed", "Command",
    "Decision", "Discard", "DropCheckpoint", "EndAttempt", "Event", "Failure", "FailureKind", "GpuMemory", "Leave",
    "LogEntry", "NewAttempt", "NewTrial", "NodesLeaving", "Outcome", "ParamAsked", "ParamSet", "ParamValue", "Parent",
    "Progress", "PromoteRung", "PutAttr", "PutCell", "PutCheckpoint", "PutParam", "PutReport", "PutRung", "PutValues",
    "Reported", "Row", "RunExtended", "RunFinished", "RunStarted", "SetState", "SlotsResized", "StopCause",
    "StopRequested", "StudyPaused", "StudyUnpaused", "Suggest", "SuggestOne", "Suggested", "TrialAdded",
    "TrialEnqueued", "TrialStopRequested",
]  # fmt: skip
