"""The tables and a whole store in memory: what SQL does, without a database. For the integrity check and simulations.

The same ``changes`` of the same rows are carried out, so a table here holds what the SQL table of its name would.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core import messages as m
from ..core.encoding import event_from_json, event_to_json
from ..exceptions import DuplicatedStudyError, FencedError, StorageError, StudyBusyError, StudyNotFoundError
from ..trial import StudyDirection, TrialState
from . import ownership
from .changes import Change, Key, changes
from .records import Owner, Snapshot, StudyRecord
from .shapes import SHAPES, Values

_Undo = list[tuple[str, Key, Values | None]]  # table, key, the row before

# table -> what two of its rows may not share; None never collides
_UNIQUE: dict[str, Callable[[Values], Any]] = {
    "rtl_trials": lambda row: None if row["state"] == TrialState.FAIL.name else row["cell"],
    "rtl_slots": lambda row: row["slot_sha256"],
    "rtl_grid_cells": lambda row: row["number"],
}


class Tables:
    """The tables of one study: name -> key -> row. Keys and rows are those of ``changes``; dates are seconds."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[Key, Values]] = {name: {} for name in SHAPES}
        self._holders: dict[str, dict[Any, Key]] = {name: {} for name in _UNIQUE}  # unique value -> key

    def apply(self, rows: Iterable[m.Row]) -> _Undo:
        """Carry out the changes of ``rows``, all or none; returns what ``undo`` needs.

        Raises:
            StorageError: a row that is there already, or whose trial is not, or a value that no table holds.
        """
        return self._carry_out(change for row in rows for change in changes(row))

    def put_external(self, event: m.TrialAdded) -> None:
        """The rows of a trial that another program wrote, as ``event`` has them, in place of what it wrote before."""
        for name, table in self.tables.items():
            if SHAPES[name].owner == "trial_id":
                for key in [key for key in table if key[0] == event.number]:
                    del table[key]
        self._carry_out(_of_external(event))

    def take(self, numbers: Collection[int]) -> dict[str, dict[Key, Values]]:
        """Take the rows of some trials out, for good: name -> key -> row."""
        taken: dict[str, dict[Key, Values]] = {}
        for name, table in self.tables.items():
            if SHAPES[name].owner == "trial_id":
                taken[name] = {key: table.pop(key) for key in [key for key in table if key[0] in numbers]}
        return taken

    def undo(self, undo: _Undo) -> None:
        """Take back what ``apply`` did. Later changes must have been taken back before."""
        self._restore(undo)
        for name, unique in _UNIQUE.items():
            rows = self.tables[name].items()
            self._holders[name] = {value: key for key, row in rows if (value := unique(row)) is not None}

    def _carry_out(self, found: Iterable[Change]) -> _Undo:
        undo: _Undo = []
        try:
            for change in found:
                self._change(change, undo)
            self._note_unique(undo)
        except BaseException:
            self._restore(undo)
            raise
        return undo

    def _change(self, change: Change, undo: _Undo) -> None:
        verb, name, key, values = change
        table, shape = self.tables[name], SHAPES[name]
        before = table.get(key)
        if shape.owner == "trial_id" and key[:1] not in self.tables["trials"] and (name, verb) != ("trials", "insert"):
            raise StorageError(f"there is no trial {key[0]} to write to.")
        if verb == "insert" and before is not None:
            what = f"trial {key[0]}" if name == "trials" else f"row {', '.join(map(str, key))} of {name}"
            raise StorageError(f"there is a {what} already.")
        if (verb == "once" and before is not None) or (verb in ("update", "delete") and before is None):
            return  # as in SQL: the first value stands, and of no row there is nothing to change
        undo.append((name, key, before))
        if verb == "delete":
            del table[key]
        else:
            table[key] = {**(shape.initial if verb != "update" or before is None else before), **values}

    def _restore(self, undo: _Undo) -> None:
        for name, key, before in reversed(undo):
            if before is None:
                del self.tables[name][key]
            else:
                self.tables[name][key] = before

    def _note_unique(self, undo: _Undo) -> None:
        """Refuse a value that two rows share now; only the end of a batch counts, as rows may swap their values."""
        changed: dict[str, dict[Key, list[Values]]] = {}
        for name, key, before in undo:
            if name in _UNIQUE:
                changed.setdefault(name, {}).setdefault(key, []).extend([] if before is None else [before])
        taken: dict[str, dict[Any, Key]] = {name: {} for name in changed}
        for name, keys in changed.items():
            for key in keys:
                row = self.tables[name].get(key)
                value = None if row is None else _UNIQUE[name](row)
                if value is None:
                    continue
                holder = taken[name].setdefault(value, key)
                other = self._holders[name].get(value, key)
                if holder != key or (other != key and other not in keys):
                    raise StorageError(f"table {name}: two rows have the unique value {value!r}.")
        for name, keys in changed.items():
            holders = self._holders[name]
            for key, earlier in keys.items():
                for before in earlier:
                    if holders.get(old := _UNIQUE[name](before)) == key:
                        del holders[old]
            holders.update(taken[name])


def _of_external(event: m.TrialAdded) -> Iterator[Change]:
    assert event.number is not None
    number, state = event.number, TrialState(event.state).name
    yield "insert", "trials", (number,), {"state": state, "datetime_start": None, "datetime_complete": None}
    rows: list[m.Row] = [m.PutParam(number=number, param=param) for param in event.params]
    rows += [m.PutReport(number=number, step=step, values=values) for step, values in event.reports]
    rows += [m.PutValues(number=number, values=event.values)] if event.values is not None else []
    rows += [m.PutAttr(number=number, key=key, value_json=text) for key, text in event.user_attrs]
    rows += [m.PutAttr(number=number, key=key, value_json=text, system=True) for key, text in event.system_attrs]
    for row in rows:
        yield from changes(row)


# --- a store -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Kept:
    """One study: its log, its tables and its owner."""

    record: StudyRecord
    log: list[m.LogEntry] = field(default_factory=list)
    tables: Tables = field(default_factory=Tables)
    external: dict[int, m.TrialAdded] = field(default_factory=dict)
    not_flushed: list[tuple[int, _Undo]] = field(default_factory=list)  # commits: the log's length before, the rows
    epoch: int = 0
    run: str = ""
    lease_until: float = 0.0
    address: str | None = None
    holder: object = None  # the process that owns the study, or did
    snapshots: dict[str, Snapshot] = field(default_factory=dict)  # by kind
    digests: list[int] = field(default_factory=list)  # of the log up to each event


class MemoryDatabase:
    """Studies that outlive the stores through which processes see them."""

    def __init__(self) -> None:
        self._studies: dict[str, _Kept] = {}

    def create_study(self, name: str, directions: Sequence[StudyDirection], *, now: float) -> StudyRecord:
        """Create a study; ``now``: seconds since 1970 UTC, the zero of the study's times.

        Raises:
            DuplicatedStudyError: the name is taken.
        """
        if name in self._studies:
            raise DuplicatedStudyError(name)
        record = StudyRecord(len(self._studies) + 1, name, tuple(directions), now)
        self._studies[name] = _Kept(record)
        return record

    def put_external(self, study: StudyRecord, event: m.TrialAdded) -> None:
        """What another program does that adds a trial of its own, or goes on with it: ``event`` has its rows now."""
        kept = self[study.name]
        kept.tables.put_external(event)
        assert event.number is not None
        kept.external[event.number] = event

    def tables(self, study: StudyRecord) -> dict[str, dict[Key, Values]]:
        """The study's tables: name -> key -> row."""
        return self[study.name].tables.tables

    def lose_power(self) -> int:
        """Take back every commit since the last one that waited for the disk; returns the number of log entries lost.

        Who owns a study is not taken back: ``acquire`` waits for the disk.
        """
        lost = 0
        for kept in self._studies.values():
            while kept.not_flushed:
                length, undo = kept.not_flushed.pop()
                kept.tables.undo(undo)
                lost += len(kept.log) - length
                del kept.log[length:], kept.digests[length:]
        return lost

    def __getitem__(self, name: str) -> _Kept:
        try:
            return self._studies[name]
        except KeyError:
            raise StudyNotFoundError(name, tuple(self._studies)) from None


class MemoryStore:
    """A MemoryDatabase as one process sees it; see ``Store`` for what each method does.

    Args:
        database: what all processes share.
        process: which process this is: anything that ``is_dead`` understands.
        is_dead: whether a process is provably dead.
        as_json: read events back from their JSON, as SQL does. False: the objects themselves, which is faster.
    """

    def __init__(
        self,
        database: MemoryDatabase,
        process: object = None,
        *,
        is_dead: Callable[[Any], bool] = lambda _: False,
        as_json: bool = True,
    ) -> None:
        self._database, self._process, self._is_dead, self._as_json = database, process, is_dead, as_json
        self._previous: dict[str, str | None] = {}

    @property
    def path(self) -> str | None:
        """None: there is no file."""
        return None

    def close(self) -> None:
        """Nothing is open."""

    def load_study(self, name: str, *, now: float | None = None) -> StudyRecord:  # noqa: ARG002
        """See ``Store``."""
        return self._database[name].record

    def acquire(
        self,
        study: StudyRecord,
        *,
        run: str,
        lease: float,
        now: float,
        address: str | None = None,
        silent: Owner | None = None,
    ) -> int:
        """See ``Store``."""
        if not run:
            raise StorageError("run must be a name that no other run has, got ''; pass uuid4().hex.")
        kept = self._database[study.name]
        is_free, is_dead = kept.run in ("", run), self._holder_is_dead(kept)
        if not (is_free or is_dead or ownership.is_silent(silent, kept.epoch, kept.lease_until)):
            raise StudyBusyError(study.name, kept.run, lease)
        self._previous[study.name] = None if is_free else f"run {kept.run}, {ownership.why(is_dead)}"
        kept.epoch, kept.run, kept.lease_until = kept.epoch + 1, run, now + lease
        kept.holder, kept.address = self._process, address
        return kept.epoch

    def previous_owner(self, study: StudyRecord) -> str | None:
        """See ``Store``."""
        return self._previous.get(study.name)

    def owner(self, study: StudyRecord) -> Owner | None:
        """See ``Store``."""
        kept = self._database[study.name]
        if not kept.run:
            return None
        holder = f"{kept.holder} (run {kept.run})"
        return Owner(
            epoch=kept.epoch, run=kept.run, holder=holder, lease_until=kept.lease_until, address=kept.address,
            is_dead=self._holder_is_dead(kept),
        )  # fmt: skip

    def _holder_is_dead(self, kept: _Kept) -> bool:
        return kept.holder is not None and self._is_dead(kept.holder)

    def release(self, study: StudyRecord, epoch: int) -> None:
        """See ``Store``."""
        kept = self._database[study.name]
        if kept.epoch == epoch:
            kept.run, kept.lease_until, kept.address = "", 0.0, None

    def commit(
        self,
        study: StudyRecord,
        epoch: int,
        entries: Sequence[m.LogEntry],
        rows: Sequence[m.Row],
        *,
        lease_until: float | None = None,
        flush: bool = True,
    ) -> None:
        """See ``Store``."""
        kept = self._database[study.name]
        if kept.epoch != epoch or not kept.run:
            raise FencedError(study.name, epoch)
        undo, length = kept.tables.apply(rows), len(kept.log)
        kept.log.extend(
            m.LogEntry(at, event_from_json(text or event_to_json(event)) if self._as_json else event)
            for at, event, text in entries
        )
        for entry in kept.log[length:]:
            kept.digests.append(hash((kept.digests[-1] if kept.digests else 0, entry.at, type(entry.event).__name__)))
        if lease_until is not None:
            kept.lease_until = lease_until
        if flush:
            kept.not_flushed.clear()
        else:
            kept.not_flushed.append((length, undo))

    def trial_id(self, study: StudyRecord, number: int) -> int:
        """See ``Store``. There are no ids beside the numbers."""
        return number if (number,) in self._database[study.name].tables.tables["trials"] else -1

    def events(self, study: StudyRecord) -> list[m.LogEntry]:
        """See ``Store``."""
        return list(self._database[study.name].log)

    def log(self, study: StudyRecord, after: int = 0) -> Iterator[m.LogEntry]:
        """See ``Store``."""
        yield from self._database[study.name].log[after:]

    def last_run(self, study: StudyRecord) -> m.RunStarted | None:
        """See ``Store``."""
        log = self._database[study.name].log
        return next((event for _, event, _ in reversed(log) if isinstance(event, m.RunStarted)), None)

    def log_digest(self, study: StudyRecord, upto: int) -> str:
        """See ``Store``."""
        digests = self._database[study.name].digests
        return str(digests[upto - 1]) if 0 < upto <= len(digests) else ""

    def snapshot(self, study: StudyRecord, kind: str) -> Snapshot | None:
        """See ``Store``."""
        return self._database[study.name].snapshots.get(kind)

    def put_snapshot(self, study: StudyRecord, epoch: int, snapshot: Snapshot) -> None:
        """See ``Store``."""
        self.commit(study, epoch, [], [])
        snapshots = self._database[study.name].snapshots
        if snapshot.kind == "base":
            snapshots.clear()
        snapshots[snapshot.kind] = snapshot

    def external_trials(self, study: StudyRecord) -> list[m.TrialAdded]:
        """See ``Store``."""
        kept = self._database[study.name]
        ours = kept.tables.tables["rtl_trials"]
        return [event for number, event in sorted(kept.external.items()) if (number,) not in ours]
