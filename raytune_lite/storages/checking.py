"""The integrity check of a stored study, however large it is: ``integrity``, some trials at a time. Reads only.

A trial that will not change any more is compared with its rows and forgotten. So neither all trials nor all rows are in
memory at once. Of a compacted log the rows are known by a digest for each trial.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..core import messages as m
from ..core import snapshot
from ..core.ledger import Ledger
from ..exceptions import RaytuneLiteError, StorageError
from ..trial import TrialState
from . import readers, snapshots
from . import schema as t
from .changes import Key
from .integrity import BROKEN, Difference, comparable, compare, new_state, stored_rows, without
from .memory import Tables
from .records import StudyRecord
from .shapes import SHAPES, Values

_ROWS = 20_000  # that are carried out between two comparisons
_TRIALS = 500  # whose rows are read at once
_OF_TRIALS = [shape for shape in SHAPES.values() if shape.owner == "trial_id"]
_SINCE_5 = ("num_gpus", "gpu_peak")  # of attempts; digests of earlier versions lack them, and were made without


class _ChangedAgainError(Exception):
    """A trial's rows changed after they were compared."""


def differences(connection: Connection, study: StudyRecord) -> list[Difference]:
    """Where the tables are not what the log of events implies, table by table.

    Of a compacted log: also the trials whose rows are not those that they had then, if nothing changed them since.

    Raises:
        StorageError: the log itself has a gap, or an event that cannot be read.
    """
    try:
        return _Check(connection, study).run()
    except _ChangedAgainError:  # rare: a pruner came later than the trials; now all rows are in memory at once
        return _Check(connection, study, forgets=False).run()


class _Check:
    def __init__(self, connection: Connection, study: StudyRecord, *, forgets: bool = True) -> None:
        self._connection, self._study, self._forgets = connection, study, forgets
        self._ids = _trial_ids(connection, study)
        self._state, self._tables = new_state(study), Tables()
        self._done: set[int] = set()  # trials that were compared; membership only
        self._in_base: set[int] = set()  # trials that a compacted log knew; membership only
        self._touched: set[int] = set()  # those of them that changed since; membership only
        self._found: list[Difference] = []

    def run(self) -> list[Difference]:
        """All differences."""
        known, digests = self._load_base()
        rows, has_begun = 0, False
        log = readers.log(self._connection, self._study, known)
        for seq, (at, event, _) in enumerate(log, start=known + 1):
            try:
                rows += self._apply(event, at)
            except BROKEN as error:
                what = str(error) if isinstance(error, RaytuneLiteError) else repr(error)
                return [Difference("rtl_events", (f"seq {seq}",), f"what may follow event {seq - 1}", what)]
            has_begun = has_begun or isinstance(event, m.RunStarted)
            if self._forgets and has_begun and rows >= _ROWS:  # a first run gives its pruner all trials before it
                rows, is_closed = 0, self._state.trials.is_closed
                self._compare([number for (number,) in self._tables.tables["trials"] if is_closed(number)])
        self._compare_digests(digests)
        self._compare_rest()
        order = {name: i for i, name in enumerate(SHAPES)}
        return sorted(self._found, key=lambda found: (order[found.table], repr(found.key)))

    def _load_base(self) -> tuple[int, dict[int, str]]:
        """How many events were given up, and the digests of the rows of the trials that had ended then."""
        base = snapshots.base(self._connection, self._study)
        if base is None:
            return 0, {}
        seq, first, lines = base
        snapshot.load(self._state, lines)
        self._in_base.update(self._state.trials)
        if isinstance(self._state.ledger, Ledger):
            self._tables.apply(self._state.ledger.rows())
        return seq, dict(first["rows"])

    def _apply(self, event: m.Event, at: float) -> int:
        """Carry out an event; returns how many rows it has."""
        rows = [command for command in self._state.handle(event, at).commands if isinstance(command, m.Row)]
        is_ended = isinstance(event, m.TrialAdded) and event.imported and event.state != TrialState.RUNNING
        if isinstance(event, m.TrialAdded) and is_ended and event.number not in self._in_base:
            self._tables.put_external(event)
        of_trials = [row.number for row in rows if not isinstance(row, m.PutCell)]
        if any(number in self._done for number in of_trials):
            raise _ChangedAgainError
        self._touched.update(number for number in of_trials if number in self._in_base)
        self._tables.apply([row for row in rows if isinstance(row, m.PutCell) or row.number not in self._in_base])
        return len(rows)

    def _compare(self, numbers: list[int]) -> None:
        """Compare all rows of these trials, and forget them."""
        self._done.update(numbers)
        expected = self._tables.take(set(numbers))
        for part in _parts(numbers, _TRIALS):
            ids = [self._ids[number] for number in part if number in self._ids]
            mine = set(part)
            for shape in _OF_TRIALS:
                want = {key: row for key, row in expected[shape.name].items() if key[0] in mine}
                have = stored_rows(self._connection, self._study, shape, ids)
                self._found += compare(shape, {shape.name: want}, have)

    def _compare_digests(self, digests: dict[int, str]) -> None:
        """Of a compacted log: trials that had ended, and did not change since."""
        same = {number: digest for number, digest in digests.items() if number not in self._touched}
        ids = {number: self._ids[number] for number in same if number in self._ids}
        found = dict(_digests(self._connection, self._study, ids))
        for number, digest in same.items():
            if found.get(number) != digest:
                what = "other rows" if number in found else "no row"
                self._found.append(Difference("trials", (number,), "the rows that its compacted log implied", what))

    def _compare_rest(self) -> None:
        """Compare what is left: trials that may change, and those that only the database knows."""
        skipped = self._done | self._in_base
        ids = [trial_id for number, trial_id in self._ids.items() if number not in skipped]
        external = {trial.number for trial in self._state.trials.unpacked() if trial.external}
        self._tables.take(external)
        for shape in SHAPES.values():
            is_of_trial = shape.owner == "trial_id"
            found: dict[Key, Values] = {}
            for part in _parts(ids, _TRIALS) if is_of_trial else ():
                found.update(stored_rows(self._connection, self._study, shape, part))
            if not is_of_trial:
                found = stored_rows(self._connection, self._study, shape)
            self._found += compare(shape, self._tables.tables, without(external, shape, self._tables, found))


def row_digests(connection: Connection, study: StudyRecord) -> dict[int, str]:
    """Trial number -> a digest of all its rows."""
    return dict(_digests(connection, study, _trial_ids(connection, study)))


def _digests(connection: Connection, study: StudyRecord, ids: dict[int, int]) -> Iterator[tuple[int, str]]:
    for numbers in _parts(list(ids), _TRIALS):
        part = [ids[number] for number in numbers]
        of = {number: hashlib.sha256() for number in numbers}
        for shape in _OF_TRIALS:
            rows = stored_rows(connection, study, shape, part)
            for key in sorted(rows, key=repr):
                found = comparable(rows[key])
                for name in _SINCE_5 if shape.name == "rtl_attempts" else ():
                    if found[name] is None:
                        del found[name]
                row = json.dumps([shape.name, *key[1:], found], sort_keys=True, default=str)
                of[key[0]].update(row.encode("utf-8", "surrogatepass"))
        yield from ((number, digest.hexdigest()[:12]) for number, digest in of.items())


def _trial_ids(connection: Connection, study: StudyRecord) -> dict[int, int]:
    """Trial number -> trial_id.

    Raises:
        StorageError: two trials have the same number.
    """
    column = t.trials.c
    query = sa.select(column.number, column.trial_id).where(column.study_id == study.study_id).order_by(column.trial_id)
    found: dict[int, int] = {}
    for number, trial_id in connection.execute(query):
        if found.setdefault(number, trial_id) != trial_id:
            raise StorageError(f"table trials: study {study.name!r} has two trials {number}; delete one.")
    return found


def _parts(numbers: Sequence[int], size: int) -> Iterator[list[int]]:
    rest = iter(numbers)
    while part := list(islice(rest, size)):
        yield part


__all__ = ["differences", "row_digests"]
