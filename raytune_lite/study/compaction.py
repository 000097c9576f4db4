"""A study's log of events is given up for the state that it led to. For studies that are finished, and large."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass

from ..core.snapshot import can_dump
from ..exceptions import StorageError
from ..runtime import takeover
from ..runtime.algorithms import Algorithms, no_collector
from ..runtime.history import History
from ..runtime.host import RealHost
from ..storages.holders import RDBStorage
from ..storages.records import StudyRecord
from ..storages.repository import Repository
from .results import check_findable


@dataclass(frozen=True, slots=True)
class Compaction:
    """What was given up: ``events`` of the log. ``before``, ``after``: bytes of the SQLite file; None on a server."""

    events: int
    before: int | None
    after: int | None


def compact_study(*, study_name: str, storage: str | RDBStorage) -> Compaction:
    """Give up a study's log of events, and keep the state that it led to.

    The study can be read, checked and continued as before: trials, attempts, rungs, cells and all else stay, and a
    further run suggests what it would have suggested. What is lost for good: suggestions before this moment cannot be
    derived again from the history that they saw; and of the trials so far the integrity check can say that their rows
    were changed, but not what they were. A SQLite file gets smaller; its disk needs room for a second copy meanwhile.

    Args:
        study_name: its name.
        storage: a database URL.

    Raises:
        StudyBusyError: a live process owns the study.
        StorageError: its tables are not what its log implies (see ``raytune-lite check``), or its pruner's judge cannot
            be stored; nothing was changed.
        StorageURLError, SchemaVersionError: the storage cannot be used.
        StudyNotFoundError: no study of this name.
        TypeError: the name is not a str.
    """
    repository = Repository.open(storage)
    try:
        check_findable(repository, study_name)
        study = repository.load_study(study_name)
        epoch, _ = takeover.take(repository, study, RealHost(), run=uuid.uuid4().hex)
        try:
            before = repository.file_size()
            events = _compact(repository, study, epoch)
        finally:
            repository.release(study, epoch)
        with contextlib.suppress(StorageError):  # another program reads the file now: it stays as large
            repository.give_room_back()
        return Compaction(events, before, repository.file_size())
    finally:
        repository.close()


def _compact(repository: Repository, study: StudyRecord, epoch: int) -> int:
    """Returns how many events were given up."""
    differing = repository.differences(study)
    if differing:
        raise StorageError(
            f"study {study.name!r}: {len(differing)} rows differ from what its log implies, the first: {differing[0]}. "
            "Nothing was changed: without the log they could not be told any more. See `raytune-lite check`."
        )
    algorithms = Algorithms(study, repository.last_run(study), None, None)
    history = History(repository, study)
    with no_collector():
        state, _ = history.open(algorithms)
        base = repository.snapshot(study, "base")
        algorithms.fold(history.rest(), state, after=history.seq)
    if not can_dump(state):
        raise StorageError(f"study {study.name!r}: the judge of its pruner {state.pruner_spec} cannot be stored.")
    digests = repository.row_digests(study)
    ended = [number for number, trial in state.trials.items() if trial.state.is_finished()]
    first = {"slots": None, "rows": [(number, digests[number]) for number in ended]}
    repository.put_snapshot(study, epoch, history.made(state, first, "base"))
    return history.seq - (0 if base is None else base.seq)


__all__ = ["Compaction", "compact_study"]
