"""Reading a study: one query a table, whatever the number of trials. Writes nothing, unpickles nothing.

A row that cannot be understood (edited by hand, or written by a broken program) raises StorageError naming its table
and trial.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import chain, pairwise
from math import isfinite
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..arguments import shown
from ..core.bounds import MAX_STEP
from ..core.encoding import event_from_json
from ..core.messages import CheckpointRef, LogEntry, ParamValue, RunStarted, TrialAdded
from ..distributions import Distribution, json_to_distribution
from ..exceptions import InvalidDistributionError, StorageError
from ..trial import FrozenTrial, StudyDirection, TrialState
from . import schema as t
from .records import AttemptRecord, CellRecord, RungRecord, StudyRecord

_HOW = ("exact", "late", "final", "failed")  # how a value came to stand at its rung
_NON_FINITE = {"INF_POS": float("inf"), "INF_NEG": float("-inf"), "NAN": float("nan")}


@dataclass(slots=True)
class _Trial:
    """The rows of one trial, gathered. ``own_state`` and ``attempt`` come from our table, where there is a row."""

    trial_id: int
    number: int
    state: TrialState
    own_state: TrialState | None
    attempt: int
    start: datetime | None
    complete: datetime | None
    params: dict[str, ParamValue] = field(default_factory=dict)
    values: dict[int, float] = field(default_factory=dict)
    reports: dict[int, float] = field(default_factory=dict)
    user_attrs: dict[str, str] = field(default_factory=dict)
    system_attrs: dict[str, str] = field(default_factory=dict)

    def true_state(self) -> TrialState:
        """Ours, unless the trial is one that we never ran and another program has finished."""
        if self.own_state is None or (self.attempt == 0 and self.state.is_finished()):
            return self.state
        return self.own_state


@contextmanager
def _row_of(table: str, trial: object) -> Iterator[None]:
    """Errors while reading one row, as a StorageError that says which."""
    try:
        yield
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        which = trial if isinstance(trial, int) else str(trial)[:100]
        raise StorageError(
            f"table {table}, trial {which}: {str(error)[:1000].rstrip('.')}. The row was changed by hand or by another "
            "program; correct it, or delete the study."
        ) from None


def _word(what: str, word: Any, words: Iterable[str]) -> str:
    """``word``, if it is one of ``words``. SQLite keeps any value in any column, so nothing is taken for granted."""
    known = list(words)
    if not isinstance(word, str) or word not in known:
        raise ValueError(f"{what} {shown(word)} is none of {', '.join(known)}")
    return word


def _state(name: Any) -> TrialState:
    return TrialState[_word("state", name, TrialState.__members__)]


def _whole(what: str, value: Any, low: int = 0, high: int = 2**63 - 1) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{what} {shown(value)} is not an integer of at least {low}")
    return value


def _text(what: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what} {shown(value)} is not a text")
    return value


def _number(what: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{what} {shown(value)} is not a number")
    return float(value)


def _float(value: Any, kind: Any) -> float:
    """Inverse of the stored form (number or NULL, kind)."""
    if kind == "FINITE" and isinstance(value, (int, float)):
        return float(value)
    if not isinstance(kind, str) or kind not in _NON_FINITE or value is not None:
        raise ValueError(f"value {shown(value)} of type {shown(kind)} is not a number")
    return _NON_FINITE[kind]


def _date(value: Any) -> datetime | None:
    """Stored naive UTC (a text on SQLite) as an aware datetime."""
    if value is None:
        return None
    parsed = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return parsed.replace(tzinfo=timezone.utc)


def _local(value: datetime | None) -> datetime | None:
    """Naive local time, as Optuna shows it."""
    return None if value is None else value.astimezone().replace(tzinfo=None)


def _raw(column: sa.Column[Any]) -> Any:
    """The column without SQLAlchemy's conversion, so that nonsense in it reaches our own check."""
    return sa.type_coerce(column, sa.String)


def _load(connection: Connection, study_id: int, only: Any = None) -> list[_Trial]:
    """All trials of a study in number order, or those for which the condition ``only`` holds."""
    own = t.rtl_trials
    columns = (t.trials.c.trial_id, t.trials.c.number, _raw(t.trials.c.state),
               _raw(own.c.number), _raw(own.c.state), _raw(own.c.attempt),
               _raw(t.trials.c.datetime_start), _raw(t.trials.c.datetime_complete))  # fmt: skip
    chosen = t.trials.c.study_id == study_id
    if only is not None:
        chosen = sa.and_(chosen, only)
    source = t.trials.outerjoin(own, own.c.trial_id == t.trials.c.trial_id)
    found: dict[int, _Trial] = {}
    for trial_id, number, state, own_number, own_state, attempt, start, complete in connection.execute(
        sa.select(*columns).select_from(source).where(chosen).order_by(t.trials.c.trial_id)
    ):
        with _row_of("trials", number):
            _whole("number", number, 0, MAX_STEP)
            with _row_of("rtl_trials", number):
                mine = None if own_state is None else _state(own_state)
                runs = 0 if attempt is None else _whole("attempt", attempt)
                if own_number not in (None, number):
                    raise ValueError(f"number {shown(own_number)} is another one there")
            found[trial_id] = _Trial(trial_id, number, _state(state), mine, runs, _date(start), _date(complete))
    if found:
        trial_ids = sa.select(t.trials.c.trial_id).select_from(source).where(chosen)
        _load_children(connection, trial_ids, found)
    return sorted(found.values(), key=lambda trial: trial.number)


def _load_children(connection: Connection, trial_ids: sa.Select[Any], found: dict[int, _Trial]) -> None:
    """Fill in the rows of the five child tables, in the order they were written."""

    def rows(table: sa.Table, *columns: Any) -> Iterable[tuple[_Trial, Any, Any, Any]]:
        query = sa.select(table.c.trial_id, *columns).where(table.c.trial_id.in_(trial_ids))
        for row in connection.execute(query.order_by(*table.primary_key.columns)):
            trial = found.get(row[0])
            if trial is not None:  # else: it was added after our first query (servers without snapshots)
                yield trial, row[1], row[2], row[3] if len(row) > 3 else None

    parse = _distribution_cache()
    p, v, i = t.trial_params.c, t.trial_values.c, t.trial_intermediate_values.c
    for trial, name, value, text in rows(t.trial_params, p.param_name, p.param_value, p.distribution_json):
        with _row_of("trial_params", trial.number):
            value = _number(f"the value of parameter {shown(name)},", value)
            trial.params[name] = ParamValue(
                name=_text("name", name), value=value, distribution=parse(_text("distribution_json", text))
            )
    for trial, objective, value, kind in rows(t.trial_values, v.objective, v.value, _raw(v.value_type)):
        with _row_of("trial_values", trial.number):
            trial.values[_whole("objective", objective)] = _float(value, kind)
    value_type = _raw(i.intermediate_value_type)
    for trial, step, value, kind in rows(t.trial_intermediate_values, i.step, i.intermediate_value, value_type):
        with _row_of("trial_intermediate_values", trial.number):
            trial.reports[_whole("step", step, -(2**63))] = _float(value, kind)
    for trial, key, text, _ in rows(t.trial_user_attributes, *_key_and_json(t.trial_user_attributes)):
        with _row_of("trial_user_attributes", trial.number):
            trial.user_attrs[_text("key", key)] = _text("value_json", text)
    for trial, key, text, _ in rows(t.trial_system_attributes, *_key_and_json(t.trial_system_attributes)):
        with _row_of("trial_system_attributes", trial.number):
            trial.system_attrs[_text("key", key)] = _text("value_json", text)


def _key_and_json(table: sa.Table) -> tuple[Any, Any]:
    return _raw(table.c["key"]), _raw(table.c.value_json)


def _distribution_cache() -> Callable[[str], Distribution]:
    """json_to_distribution with a memory: a study has few distributions and many trials."""
    known: dict[str, Distribution] = {}

    def parse(text: str) -> Distribution:
        if text not in known:
            try:
                known[text] = json_to_distribution(text)
            except InvalidDistributionError as error:
                raise ValueError(str(error)) from None
        return known[text]

    return parse


def _external(param: ParamValue) -> Any:
    if hasattr(param.distribution, "choices") and not param.distribution.contains(param.value):
        raise ValueError(f"parameter {param.name!r}: no choice has the index {param.value}")
    return param.distribution.to_external_repr(param.value)


def _objectives(trial: _Trial) -> tuple[float, ...] | None:
    if trial.values and trial.values.keys() != set(range(len(trial.values))):
        raise ValueError(f"the objectives {sorted(trial.values)} are not 0, 1, 2, ...")
    return tuple(trial.values[k] for k in range(len(trial.values))) or None


def _parse_json(pairs: dict[str, str]) -> dict[str, Any]:
    found = {}
    for key, text in pairs.items():
        try:
            found[key] = json.loads(text)
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"attribute {shown(key, 60)} is not JSON: {shown(text, 60)} ({error})") from None
    return found


def _frozen(trial: _Trial) -> FrozenTrial:
    with _row_of("trial_params", trial.number):
        params = {name: _external(param) for name, param in trial.params.items()}
    with _row_of("trial_values", trial.number):
        values = _objectives(trial)
    with _row_of("trial_user_attributes", trial.number):
        user_attrs = _parse_json(trial.user_attrs)
    with _row_of("trial_system_attributes", trial.number):
        system_attrs = _parse_json(trial.system_attrs)
    with _row_of("trials", trial.number):
        start, complete = _local(trial.start), _local(trial.complete)
    return FrozenTrial(
        number=trial.number,
        state=trial.true_state(),
        values=values,
        datetime_start=start,
        datetime_complete=complete,
        params=params,
        distributions={name: param.distribution for name, param in trial.params.items()},
        user_attrs=user_attrs,
        system_attrs=system_attrs,
        intermediate_values=trial.reports,
        trial_id=trial.trial_id,
        attempt=trial.attempt,
    )


def _added(trial: _Trial) -> TrialAdded:
    frozen = _frozen(trial)  # the same checks
    return TrialAdded(
        number=trial.number,
        state=int(trial.state),
        values=frozen.values,
        params=tuple(trial.params.values()),
        reports=tuple((step, (value,)) for step, value in trial.reports.items()),
        user_attrs=tuple(trial.user_attrs.items()),
        system_attrs=tuple(trial.system_attrs.items()),
        imported=True,
    )


# --- what Repository offers --------------------------------------------------------------------------------------


def trials(connection: Connection, study: StudyRecord) -> list[FrozenTrial]:
    """All trials in number order."""
    return [_frozen(trial) for trial in _load(connection, study.study_id)]


def trial(connection: Connection, study: StudyRecord, number: int) -> FrozenTrial | None:
    """One trial, or None when the study has none of this number. Reads the rows of this trial only."""
    own, theirs = t.rtl_trials.c, t.trials.c
    if not 0 <= number <= MAX_STEP:
        return None
    # ours has an index for it; a trial of another program's, which has no row of ours yet, is looked for
    for table in (own, theirs):
        query = sa.select(table.trial_id).where(table.study_id == study.study_id, table.number == number).limit(1)
        trial_id = connection.execute(query).scalar()
        if trial_id is not None:
            return _frozen(_load(connection, study.study_id, only=theirs.trial_id == trial_id)[0])
    return None


def foreign(connection: Connection, study: StudyRecord) -> list[TrialAdded]:
    """The trials that another program wrote and we have not adopted, in number order."""
    found = _load(connection, study.study_id, only=t.rtl_trials.c.trial_id.is_(None))
    for before, after in pairwise(found):
        if before.number == after.number:
            raise StorageError(f"table trials: study {study.name!r} has two trials {after.number}; delete one.")
    return [_added(trial) for trial in found]


def events(connection: Connection, study: StudyRecord) -> list[LogEntry]:
    """The study's log, from its first event."""
    e = t.rtl_events.c
    found: list[LogEntry] = []
    query = sa.select(e.seq, _raw(e.at), e.json).where(e.study_id == study.study_id).order_by(e.seq)
    rows = chain.from_iterable(connection.execute(query).partitions(5000))  # one by one takes twice as long
    for expected, (seq, at, text) in enumerate(rows, start=1):
        if seq != expected:
            raise StorageError(
                f"table rtl_events, study {study.name!r}: event {expected} is missing (the next is {seq}); the log "
                "was changed by hand. Restore a copy of the database."
            )
        try:
            if type(at) is not float or not isfinite(at):  # SQLite keeps any value in any column
                raise StorageError(f"its time {shown(at)} is not a finite number.")
            found.append(LogEntry(at, event_from_json(text)))
        except StorageError as error:
            raise StorageError(f"table rtl_events, study {study.name!r}, seq {seq}: {error}") from None
    return found


def last_run(connection: Connection, study: StudyRecord) -> RunStarted | None:
    """The start of the latest run, or None. Parses that one event, not the log."""
    e = t.rtl_events.c
    is_start = e.json.startswith('{"_":"RunStarted"', autoescape=True)  # event_to_json writes the type first
    query = sa.select(e.json).where(e.study_id == study.study_id, is_start).order_by(e.seq.desc()).limit(1)
    text = connection.execute(query).scalar()
    try:
        event = None if text is None else event_from_json(text)
    except StorageError as error:
        raise StorageError(f"table rtl_events, study {study.name!r}, the latest RunStarted: {error}") from None
    return event if isinstance(event, RunStarted) else None


def attempts(connection: Connection, study: StudyRecord) -> list[AttemptRecord]:
    """All attempts, by trial number and attempt."""
    a, r = t.rtl_attempts.c, t.rtl_trials.c
    columns = (r.number, a.attempt, a.slot, a.node, a.started, a.ended, a.outcome, a.message, a.resumed_step)
    query = sa.select(*map(_raw, (*columns, a.exit_code, a.last_words)))
    query = query.join_from(t.rtl_attempts, t.rtl_trials, a.trial_id == r.trial_id)
    rows = connection.execute(query.where(r.study_id == study.study_id).order_by(r.number, a.attempt))
    found = []
    for row in rows:
        with _row_of("rtl_attempts", row[0]):
            found.append(_attempt(*row))
    return found


def _attempt(
    number: Any, attempt: Any, slot: Any, node: Any, started: Any, ended: Any, outcome: Any, message: Any,
    resumed: Any, exit_code: Any, last_words: Any,
) -> AttemptRecord:  # fmt: skip
    return AttemptRecord(
        number=_whole("number", number),
        attempt=_whole("attempt", attempt),
        slot=_text("slot", slot),
        node=_text("node", node),
        started=_number("started", started),
        ended=None if ended is None else _number("ended", ended),
        outcome=None if outcome is None else _text("outcome", outcome),
        message=_text("message", message),
        resumed_step=None if resumed is None else _whole("resumed_step", resumed),
        exit_code=None if exit_code is None else _whole("exit_code", exit_code, -(2**63)),
        last_words="" if last_words is None else _text("last_words", last_words),
    )


def cells(connection: Connection, study: StudyRecord) -> list[CellRecord]:
    """Every grid cell that was ever handed out, by index."""
    c = t.rtl_grid_cells.c
    query = sa.select(*map(_raw, (c.cell, c.state, c.number, c.failures)))
    query = query.where(c.study_id == study.study_id).order_by(c.cell)
    found = []
    for cell, state, number, failures in connection.execute(query):
        with _row_of("rtl_grid_cells", f"{shown(number)}, cell {shown(cell)}"):
            found.append(
                CellRecord(
                    cell=_whole("cell", cell),
                    state=_text("state", state),
                    number=_whole("number", number),
                    failures=_whole("failures", failures),
                )
            )
    return found


def cell_counts(connection: Connection, study: StudyRecord) -> dict[str, int]:
    """Number of grid cells by state."""
    c = t.rtl_grid_cells.c
    query = sa.select(c.state, sa.func.count()).where(c.study_id == study.study_id).group_by(c.state).order_by(c.state)
    found = {}
    for state, count in connection.execute(query):
        with _row_of("rtl_grid_cells", "(counts)"):
            found[_text("state", state)] = int(count)
    return found


def rungs(connection: Connection, study: StudyRecord) -> list[RungRecord]:
    """All rung records, by level and trial number."""
    g, r = t.rtl_rungs.c, t.rtl_trials.c
    query = sa.select(*map(_raw, (r.number, g.level, g.value, g.value_type, g.how, g.promoted)))
    query = query.join_from(t.rtl_rungs, t.rtl_trials, g.trial_id == r.trial_id).where(r.study_id == study.study_id)
    found = []
    for number, level, value, kind, how, promoted in connection.execute(query.order_by(g.level, r.number)):
        with _row_of("rtl_rungs", number):
            if promoted not in (0, 1):
                raise ValueError(f"promoted {shown(promoted)} is neither true nor false")
            exact, how = _float(value, kind), _word("how", how, _HOW)
            found.append(
                RungRecord(number=number, level=_whole("level", level), value=exact, how=how, promoted=bool(promoted))
            )
    return found


def checkpoints(connection: Connection, study: StudyRecord) -> list[tuple[int, CheckpointRef]]:
    """(trial number, checkpoint) of every checkpoint that is kept, by trial number and step."""
    c, r = t.rtl_checkpoints.c, t.rtl_trials.c
    query = sa.select(*map(_raw, (r.number, c.step, c.attempt, c.uri, c.digest, c.size)))
    query = query.join_from(t.rtl_checkpoints, t.rtl_trials, c.trial_id == r.trial_id)
    query = query.where(r.study_id == study.study_id).order_by(r.number, c.step, c.attempt)
    found = []
    for number, step, attempt, uri, digest, size in connection.execute(query):
        with _row_of("rtl_checkpoints", number):
            ref = CheckpointRef(
                step=_whole("step", step),
                attempt=_whole("attempt", attempt),
                uri=_text("uri", uri),
                digest=_text("digest", digest),
                size=_whole("size", size),
            )
            found.append((number, ref))
    return found


def attributes(connection: Connection, table: sa.Table, study: StudyRecord) -> dict[str, Any]:
    """Study attributes of one of the two tables, parsed."""
    query = sa.select(*_key_and_json(table)).where(table.c.study_id == study.study_id)
    found = {row[0]: row[1] for row in connection.execute(query.order_by(*table.primary_key.columns))}
    try:
        return _parse_json(found)
    except ValueError as error:
        raise StorageError(f"table {table.name}, study {study.name!r}: {error}.") from None


def directions(connection: Connection, study_id: int, name: str) -> tuple[StudyDirection, ...]:
    """The study's directions, by objective."""
    d = t.study_directions.c
    query = sa.select(_raw(d.direction)).where(d.study_id == study_id).order_by(d.objective)
    words = [row[0] for row in connection.execute(query)]
    unknown = [word for word in words if not isinstance(word, str) or word not in StudyDirection.__members__]
    if unknown or not words:
        what = shown(unknown) if unknown else "no row"
        raise StorageError(f"table study_directions, study {name!r}: {what} is not a direction.")
    return tuple(StudyDirection[word] for word in words)


def first_start(connection: Connection, study_id: int) -> float | None:
    """Start of the earliest trial, seconds since 1970 UTC, or None."""
    column = t.trials.c.datetime_start
    value = connection.execute(sa.select(sa.func.min(_raw(column))).where(t.trials.c.study_id == study_id)).scalar()
    with _row_of("trials", "(earliest)"):
        moment = _date(value)
        return None if moment is None else moment.timestamp()
