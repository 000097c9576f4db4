"""Reading the log and our own tables; trials are ``trial_reader``'s. Writes nothing, unpickles nothing.

Each function is one query in the caller's transaction. A row that cannot be understood (edited by hand, or written by a
broken program) raises StorageError naming its table and row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..arguments import shown
from ..core.encoding import event_from_json
from ..core.messages import CheckpointRef, LogEntry, RunStarted
from ..exceptions import DamagedStudyError, StorageError
from ..trial import StudyDirection
from . import schema as t
from . import stored
from .records import AttemptRecord, CellRecord, RungRecord, StudyRecord
from .shapes import SHAPES
from .stored import in_row, real_float
from .trial_reader import key_and_json, parse_json, raw

_R = TypeVar("_R")
_NUMBER = stored.whole()
_PAGE = 5000  # events that are read at once

# --- the log -------------------------------------------------------------------------------------------------------


def events(connection: Connection, study: StudyRecord) -> list[LogEntry]:
    """The study's whole log, in order.

    Raises:
        DamagedStudyError: an event is missing or is not of this version.
    """
    return list(log(connection, study))


def log(connection: Connection, study: StudyRecord, after: int = 0) -> Iterator[LogEntry]:
    """The log behind its first ``after`` events, page by page.

    Raises:
        DamagedStudyError: an event is missing or is not of this version.
    """
    for seq, at, text in log_rows(connection, study, after):
        try:
            if type(at) is not float or not isfinite(at):  # SQLite keeps any value in any column
                raise StorageError(f"its time {shown(at)} is not a finite number.")
            entry = LogEntry(at, event_from_json(text))
        except StorageError as error:
            raise DamagedStudyError(f"table rtl_events, study {study.name!r}, seq {seq}: {error}") from None
        yield entry


def log_rows(
    connection: Connection, study: StudyRecord, after: int = 0, upto: int | None = None
) -> Iterator[tuple[int, Any, Any]]:
    """(seq, time, JSON text) of each event behind the first ``after``, as they are stored.

    Raises:
        DamagedStudyError: an event is missing.
    """
    e, expected = t.rtl_events.c, after + 1
    query = sa.select(e.seq, raw(e.at), e.json).where(e.study_id == study.study_id).order_by(e.seq).limit(_PAGE)
    query = query if upto is None else query.where(e.seq <= upto)
    while rows := connection.execute(query.where(e.seq >= expected)).fetchall():
        for seq, at, text in rows:
            if seq != expected:
                raise DamagedStudyError(
                    f"table rtl_events, study {study.name!r}: event {expected} is missing (the next is {seq}); the log "
                    "was changed by hand. Restore a copy of the database."
                )
            expected += 1
            yield seq, at, text


def last_run(connection: Connection, study: StudyRecord) -> RunStarted | None:
    """The start of the latest run, or None. Parses that one event, not the log.

    Raises:
        DamagedStudyError: the event was changed by hand.
    """
    e = t.rtl_events.c
    query = sa.select(e.json).where(e.study_id == study.study_id, t.IS_RUN_START).order_by(e.seq.desc()).limit(1)
    text = connection.execute(query).scalar()
    try:
        event = None if text is None else event_from_json(text)
    except StorageError as error:
        raise DamagedStudyError(f"table rtl_events, study {study.name!r}, the latest RunStarted: {error}") from None
    return event if isinstance(event, RunStarted) else None


# --- our tables ----------------------------------------------------------------------------------------------------


def _records(
    connection: Connection, study: StudyRecord, table: sa.Table, make: Callable[..., _R], *order: Any,
    only: Any = None, n: int | None = None,
) -> list[_R]:  # fmt: skip
    """A table's rows as ``make(number=..., column=...)`` gives them, each column checked as the schema declares.

    ``only``: a condition. ``n``: how many rows at most.
    """
    shape, own = SHAPES[table.name], t.rtl_trials.c
    names = [name for name in (*shape.key, *shape.values) if name != "number"]
    checks = [table.c[name].info["check"] for name in names]
    number = table.c.number if "number" in table.c else own.number
    query = sa.select(raw(number), *(raw(table.c[name]) for name in names))
    if shape.owner == "trial_id":
        query = query.join_from(table, t.rtl_trials, table.c.trial_id == own.trial_id)
        query = query.where(own.study_id == study.study_id)
    else:
        query = query.where(table.c.study_id == study.study_id)
    query = query if only is None else query.where(only)
    found = []
    for of, *values in connection.execute(query.order_by(*order).limit(n)):
        with in_row(table.name, of if shape.owner == "trial_id" else f"{shown(of)}, {names[0]} {shown(values[0])}"):
            row = {name: check(name, value) for name, check, value in zip(names, checks, values, strict=True)}
            found.append(make(number=_NUMBER("number", of), **row))
    return found


def attempts(connection: Connection, study: StudyRecord) -> list[AttemptRecord]:
    """All attempts, by trial number and attempt."""
    return _records(
        connection, study, t.rtl_attempts, AttemptRecord, t.rtl_trials.c.number, t.rtl_attempts.c.attempt
    )


def attempts_of(connection: Connection, study: StudyRecord, number: int) -> list[AttemptRecord]:
    """The attempts of one trial, in their order."""
    only, order = t.rtl_trials.c.number == number, t.rtl_attempts.c.attempt
    return _records(connection, study, t.rtl_attempts, AttemptRecord, order, only=only)


def some_attempts(
    connection: Connection, study: StudyRecord, only: Any, n: int, *order: Any
) -> list[AttemptRecord]:
    """The first ``n`` attempts of those for which ``only`` holds, in an order."""
    return _records(connection, study, t.rtl_attempts, AttemptRecord, *order, only=only, n=n)


def retried_cells(connection: Connection, study: StudyRecord, n: int) -> tuple[int, list[CellRecord]]:
    """How many cells had a failed trial, and the first ``n`` of them."""
    c = t.rtl_grid_cells.c
    query = sa.select(sa.func.count()).where(c.study_id == study.study_id, c.failures > 0)
    some = _records(connection, study, t.rtl_grid_cells, CellRecord, c.cell, only=c.failures > 0, n=n)
    return int(connection.execute(query).scalar_one()), some


def cells(connection: Connection, study: StudyRecord) -> list[CellRecord]:
    """Every grid cell that was ever handed out, by index."""
    return _records(connection, study, t.rtl_grid_cells, CellRecord, t.rtl_grid_cells.c.cell)


def rungs(connection: Connection, study: StudyRecord) -> list[RungRecord]:
    """All rung records, by level and trial number."""
    return _records(connection, study, t.rtl_rungs, _rung, t.rtl_rungs.c.level, t.rtl_trials.c.number)


def _rung(*, value: float | None, value_type: str, losses_json: tuple[float, ...] | None, **same: Any) -> RungRecord:
    real = real_float(value, value_type)
    return RungRecord(value=real, losses=(real,) if losses_json is None else losses_json, **same)


def checkpoints(connection: Connection, study: StudyRecord) -> list[tuple[int, CheckpointRef]]:
    """(trial number, checkpoint) of every checkpoint that is kept, by trial number and step."""
    c = t.rtl_checkpoints.c
    return _records(connection, study, t.rtl_checkpoints, _checkpoint, t.rtl_trials.c.number, c.step, c.attempt)


def _checkpoint(*, number: int, **same: Any) -> tuple[int, CheckpointRef]:
    return number, CheckpointRef(**same)


def cell_counts(connection: Connection, study: StudyRecord) -> dict[str, int]:
    """Number of those cells by state."""
    c = t.rtl_grid_cells.c
    query = sa.select(c.state, sa.func.count()).where(c.study_id == study.study_id).group_by(c.state).order_by(c.state)
    found = {}
    for state, count in connection.execute(query):
        with in_row("rtl_grid_cells", "(counts)"):
            found[stored.text("state", state)] = int(count)
    return found


# --- the study -----------------------------------------------------------------------------------------------------


def user_attrs(connection: Connection, study: StudyRecord) -> dict[str, Any]:
    """The study's user attributes."""
    return _attributes(connection, t.study_user_attributes, study)


def system_attrs(connection: Connection, study: StudyRecord) -> dict[str, Any]:
    """The study's system attributes (Optuna's and ours)."""
    return _attributes(connection, t.study_system_attributes, study)


def _attributes(connection: Connection, table: sa.Table, study: StudyRecord) -> dict[str, Any]:
    query = sa.select(*key_and_json(table)).where(table.c.study_id == study.study_id)
    found = {row[0]: row[1] for row in connection.execute(query.order_by(*table.primary_key.columns))}
    try:
        return parse_json(found)
    except ValueError as error:
        raise DamagedStudyError(f"table {table.name}, study {study.name!r}: {error}.") from None


def directions(connection: Connection, study_id: int, name: str) -> tuple[StudyDirection, ...]:
    """The study's directions, by objective.

    Raises:
        DamagedStudyError: a row is not a direction, or there is none.
    """
    d = t.study_directions.c
    query = sa.select(raw(d.direction)).where(d.study_id == study_id).order_by(d.objective)
    words = [row[0] for row in connection.execute(query)]
    unknown = [word for word in words if not isinstance(word, str) or word not in StudyDirection.__members__]
    if unknown or not words:
        what = shown(unknown) if unknown else "no row"
        raise DamagedStudyError(f"table study_directions, study {name!r}: {what} is not a direction.")
    return tuple(StudyDirection[word] for word in words)


def first_start(connection: Connection, study_id: int) -> float | None:
    """Start of the earliest trial, seconds since 1970 UTC, or None."""
    column = t.trials.c.datetime_start
    value = connection.execute(sa.select(sa.func.min(raw(column))).where(t.trials.c.study_id == study_id)).scalar()
    with in_row("trials", "(earliest)"):
        moment = stored.real_date(value)
        return None if moment is None else moment.timestamp()
