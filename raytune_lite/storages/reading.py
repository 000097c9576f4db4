"""What may be asked of a stored study: each method is one transaction of its own. Writes nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import TypeVar

from sqlalchemy.engine import Connection

from ..trial import FrozenTrial, TrialState
from . import checking, furthest, overview, readers, trial_queries, trial_reader
from .database import Database
from .records import AttemptRecord, CellRecord, Overview, StudyRecord

_T = TypeVar("_T")


def reads(reader: Callable[[Connection, StudyRecord], _T]) -> Callable[[Reading, StudyRecord], _T]:
    """A method that runs ``reader`` in a transaction of its own, with the reader's docstring."""

    @functools.wraps(reader)
    def method(self: Reading, study: StudyRecord) -> _T:
        with self._database.read() as connection:
            return reader(connection, study)

    return method


class Reading:
    """The studies of one database, to read. Readers may be many threads, and never wait for a writer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    external_trials = reads(trial_reader.external_trials)
    trials = reads(trial_reader.trials)
    attempts = reads(readers.attempts)
    cells = reads(readers.cells)
    cell_counts = reads(readers.cell_counts)
    rungs = reads(readers.rungs)
    checkpoints = reads(readers.checkpoints)
    differences = reads(checking.differences)
    row_digests = reads(checking.row_digests)
    user_attrs = reads(readers.user_attrs)
    system_attrs = reads(readers.system_attrs)

    def trial(self, study: StudyRecord, number: int) -> FrozenTrial | None:
        """One trial as ``trials`` shows it, or None when there is none of this number. Reads only this one's rows."""
        with self._database.read() as connection:
            return trial_reader.trial(connection, study, number)

    def attempts_of(self, study: StudyRecord, number: int) -> list[AttemptRecord]:
        """The attempts of one trial, in their order."""
        with self._database.read() as connection:
            return readers.attempts_of(connection, study, number)

    best_trial = reads(trial_queries.best_trial)
    state_counts = reads(trial_queries.counts)
    trial_states = reads(trial_queries.states)
    furthest = reads(furthest.furthest)

    def first_start(self, study: StudyRecord) -> datetime | None:
        """When the study's first trial began, in naive local time; None while none has."""
        with self._database.read() as connection:
            seconds = readers.first_start(connection, study.study_id)
        return None if seconds is None else datetime.fromtimestamp(seconds)

    def overview(self, study: StudyRecord, shown: int) -> Overview:
        """Where the study stands, in figures; ``shown``: how many of each list."""
        with self._database.read() as connection:
            return overview.overview(connection, study, shown)

    def retried_cells(self, study: StudyRecord, n: int) -> tuple[int, list[CellRecord]]:
        """How many grid cells had a failed trial, and the first ``n`` of them."""
        with self._database.read() as connection:
            return readers.retried_cells(connection, study, n)

    def stream(self, study: StudyRecord, states: Collection[TrialState] | None = None) -> Iterator[FrozenTrial]:
        """The trials in number order, or those in one of ``states``, read as they are used."""
        with self._database.read() as connection:
            yield from trial_queries.stream(connection, study, states)

    def columns(
        self, study: StudyRecord, states: Collection[TrialState] | None = None
    ) -> tuple[int, list[str], list[str]]:
        """Of these trials: the most objective values, the names of parameters and of user attributes."""
        with self._database.read() as connection:
            return trial_queries.columns(connection, study, states)

    def trials_in(self, study: StudyRecord, states: Collection[TrialState]) -> list[FrozenTrial]:
        """The trials in one of ``states``, in number order. Reads only these."""
        with self._database.read() as connection:
            return trial_queries.trials_in(connection, study, states)

    def trials_since(self, study: StudyRecord, trial_id: int, also: Collection[int] = ()) -> list[FrozenTrial]:
        """The trials with a greater ``trial_id``, and those whose ids are ``also``, in number order."""
        with self._database.read() as connection:
            return trial_queries.trials_since(connection, study, trial_id, also)

    def trials_beside(
        self, study: StudyRecord, trial_id: int, also: Collection[int], known: int
    ) -> list[FrozenTrial] | None:
        """As ``trials_since``; None unless the same study still has ``known`` trials up to ``trial_id``."""
        with self._database.read() as connection:
            return trial_queries.trials_beside(connection, study, trial_id, also, known)


__all__ = ["Reading", "reads"]
