"""How a driver takes in a study's history: from a snapshot of its state, as far as there is one, and from its log.

The log stays the truth. A snapshot counts only if it was made by this very code, and of this very log: both are known
by a digest. Any other is left alone, and the log is folded. Writes through the store alone, as the study's owner.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import json
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import core, pruners, samplers
from ..core import messages as m
from ..core import snapshot
from ..core.state import StudyState
from ..exceptions import DamagedStudyError, RaytuneLiteError, StorageError
from ..storages import snapshots as stored_snapshots
from ..storages.records import Snapshot, StudyRecord
from ..storages.store import Store
from .algorithms import Algorithms
from .slots import Slots

EVERY = 20_000  # events: what takes about a second to fold
SHARE = 4  # or the log has grown by a quarter: so writing snapshots costs the same for each event of any study


_UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, StopIteration, zlib.error, RaytuneLiteError)


class History:
    """One study's log and its snapshots, as its owner reads and writes them.

    Args:
        store: where the study is kept.
        study: the study.
        every: the least number of events between two snapshots.

    ``seq``: how many events the state has seen. ``last_at``: time of the last one, seconds since the study was created.
    ``begun_at``: how many of them a snapshot had.
    """

    def __init__(self, store: Store, study: StudyRecord, every: int = EVERY) -> None:
        self._store, self._study, self._every = store, study, every
        self._newest = 0  # events of the newest snapshot
        self.seq, self.last_at, self.begun_at = 0, 0.0, 0

    # --- opening -----------------------------------------------------------------------------------------------------

    def open(self, algorithms: Algorithms, *, whole: bool = False) -> tuple[StudyState, Any]:
        """The state to begin with: of the newest snapshot that counts, else of the base, else before all events.

        Args:
            algorithms: make the state.
            whole: as far back as the log goes, for one who wants to see each event.

        Returns:
            The state, and what ``Slots.load`` takes, or None.

        Raises:
            DamagedStudyError: the base is damaged, or of another version.
        """
        cache = None if whole else self._store.snapshot(self._study, "cache")
        if cache is not None and cache.code == code_digest() and self._is_of_log(cache):
            found = self._load(cache, algorithms)
            if found is not None:
                return found
        base = self._store.snapshot(self._study, "base")
        if base is None:
            return algorithms.new_state(), None
        found = self._load(base, algorithms)
        if found is None:
            raise DamagedStudyError(
                f"table rtl_snapshots, study {self._study.name!r}: this version cannot read its compacted log; another "
                "version wrote it, or its sampler or pruner is not known here. Use the version that wrote it."
            )
        return found

    def _is_of_log(self, found: Snapshot) -> bool:
        try:
            return found.log_digest == self._store.log_digest(self._study, found.seq)
        except StorageError:  # an event is missing: reading the log says so
            return False

    def _load(self, found: Snapshot, algorithms: Algorithms) -> tuple[StudyState, Any] | None:
        state, lines = algorithms.new_state(), stored_snapshots.unpacked(found.data)
        try:
            slots = json.loads(next(lines))["slots"]
            snapshot.load(state, lines)
        except _UNREADABLE:  # the log is there; of a base the caller says what is wrong
            return None
        self._newest = self.seq = self.begun_at = found.seq
        self.last_at = found.at
        return state, slots

    def rest(self) -> Iterator[m.LogEntry]:
        """The events that the state has not seen; each is noted."""
        for entry in self._store.log(self._study, self.seq):
            self.note([entry])
            yield entry

    # --- going on ----------------------------------------------------------------------------------------------------

    def note(self, entries: Sequence[m.LogEntry]) -> None:
        """These events are stored, and the state has seen them."""
        self.seq += len(entries)
        for entry in entries:
            self.last_at = max(self.last_at, entry.at)

    def keep(self, epoch: int, state: StudyState, slots: Slots) -> None:
        """Store a snapshot when it is time for one. If that fails nothing is lost.

        Args:
            epoch: of the owner.
            state: what all events so far fold to, all of which are stored.
            slots: the slots now.
        """
        if self.seq - self._newest >= max(self._every, self._newest // SHARE):
            with contextlib.suppress(StorageError):
                self.put(epoch, state, slots)

    def put(self, epoch: int, state: StudyState, slots: Slots) -> None:
        """Store a snapshot, if this state can have one. For the arguments see ``keep``.

        Raises:
            StorageError: it was not stored; nothing was changed.
        """
        self._newest = self.seq  # also if it fails: not at each commit again
        if snapshot.can_dump(state):
            self._store.put_snapshot(self._study, epoch, self.made(state, {"slots": slots.dump()}))

    def made(self, state: StudyState, first: Mapping[str, Any], kind: str = "cache") -> Snapshot:
        """A snapshot of the state that all events so far fold to. ``first``: its first line, JSON for whoever reads."""
        return Snapshot(
            kind=kind, seq=self.seq, at=self.last_at, code=code_digest(),
            log_digest=self._store.log_digest(self._study, self.seq),
            data=stored_snapshots.packed(itertools.chain((json.dumps(first),), snapshot.dump(state))),
        )  # fmt: skip


@functools.cache
def code_digest() -> str:
    """A digest of all code by which a log is folded: the number of a version says too little while that is changed."""
    packages = (Path(str(package.__file__)).parent for package in (core, pruners, samplers))
    sources = [path for package in packages for path in sorted(package.rglob("*.py"))]
    found = hashlib.sha256()
    for path in sources:
        found.update(f"{path.name} ".encode() + path.read_bytes())
    return found.hexdigest() if sources else uuid.uuid4().hex  # without sources no snapshot of another process counts


__all__ = ["EVERY", "History", "code_digest"]
