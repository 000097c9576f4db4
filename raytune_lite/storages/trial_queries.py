"""Questions about a study's trials that the database answers, so that few of them are read: the best, those of a state.

The trials that are read come from ``trial_reader``, with its checks. Each function is a reader in the caller's
transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..trial import FrozenTrial, TrialState
from . import schema as t
from . import stored
from .records import StudyRecord
from .stored import in_row
from .trial_reader import frozen, load, raw

_BOTH = t.trials.outerjoin(t.rtl_trials, t.rtl_trials.c.trial_id == t.trials.c.trial_id)
_MOST, _VALUES = 500, 20_000  # trials, and values of trials, that are read at once
_FIRST = 8  # candidates that are read at once for the best trial; more each time, where many miss their constraints


def trials_in(connection: Connection, study: StudyRecord, states: Collection[TrialState]) -> list[FrozenTrial]:
    """The trials in one of ``states``, in number order."""
    found = [frozen(trial) for trial in load(connection, study, only=_may_be_in(states))]
    return [trial for trial in found if trial.state in states]


def counts(connection: Connection, study: StudyRecord) -> dict[TrialState, int]:
    """The number of trials in each state, without the states that no trial has."""
    state = true_state()
    query = sa.select(state, sa.func.count()).select_from(_BOTH).where(t.trials.c.study_id == study.study_id)
    with in_row("trials", "(states)"):
        return {stored.state("state", word): int(n) for word, n in connection.execute(query.group_by(state))}


def states(connection: Connection, study: StudyRecord) -> dict[int, TrialState]:
    """The state of each trial, by its number."""
    query = sa.select(t.trials.c.number, true_state()).select_from(_BOTH).where(t.trials.c.study_id == study.study_id)
    with in_row("trials", "(states)"):
        found = connection.execute(query.order_by(t.trials.c.number))
        return {int(number): stored.state("state", word) for number, word in found}


def first_in(
    connection: Connection, study: StudyRecord, states: Collection[TrialState], n: int
) -> list[FrozenTrial]:
    """The first ``n`` trials in one of ``states``, in number order."""
    ids = connection.execute(_ids(study, states).limit(n)).scalars().all()
    return [frozen(trial) for trial in load(connection, study, only=t.trials.c.trial_id.in_(ids))] if ids else []


def stream(
    connection: Connection, study: StudyRecord, states: Collection[TrialState] | None = None
) -> Iterator[FrozenTrial]:
    """The trials, or those in one of ``states``, in number order; only some of them are in memory at once."""
    ids = connection.execute(_ids(study, states)).scalars().all()
    start, size = 0, _FIRST
    while part := ids[start : start + size]:
        found = [frozen(trial) for trial in load(connection, study, only=t.trials.c.trial_id.in_(part))]
        yield from found
        start += size
        held = sum(1 + len(trial.params) + len(trial.intermediate_values) + len(trial.user_attrs) for trial in found)
        size = max(1, min(_MOST, _VALUES * len(found) // max(1, held)))


def columns(
    connection: Connection, study: StudyRecord, states: Collection[TrialState] | None = None
) -> tuple[int, list[str], list[str]]:
    """Of these trials: the most objective values, and the names of their parameters and of their user attributes."""
    ids = _ids(study, states).order_by(None)
    values, params, attrs = (
        connection.execute(sa.select(column).where(table.c.trial_id.in_(ids)).distinct()).scalars().all()
        for table, column in (
            (t.trial_values, sa.func.max(t.trial_values.c.objective)),
            (t.trial_params, t.trial_params.c.param_name),
            (t.trial_user_attributes, raw(t.trial_user_attributes.c.key)),
        )
    )
    with in_row("trial_params", "(names)"):
        names = [stored.text("name", name) for name in params], [stored.text("key", key) for key in attrs]
    return 0 if values[0] is None else int(values[0]) + 1, *names


def best_trial(connection: Connection, study: StudyRecord) -> FrozenTrial | None:
    """The feasible COMPLETE trial with the best first value, the earliest of equals; None when there is none."""
    v, number = t.trial_values.c, t.trials.c.number
    kind = sa.cast(v.value_type, sa.String)
    # an infinity is stored as NULL with its type
    columns = (sa.case((kind == "INF_NEG", -1), (kind == "INF_POS", 1), else_=0), v.value)
    order = columns if study.directions[0].sign > 0 else [column.desc() for column in columns]
    query = (
        sa.select(t.trials.c.trial_id)
        .select_from(_BOTH.join(t.trial_values, v.trial_id == t.trials.c.trial_id))
        .where(t.trials.c.study_id == study.study_id, v.objective == 0, _may_be_in((TrialState.COMPLETE,)))
        .order_by(*order, number)
    )
    candidates = connection.execute(query)
    size = _FIRST
    while ids := [row[0] for row in candidates.fetchmany(size)]:
        read = {trial.trial_id: frozen(trial) for trial in load(connection, study, only=t.trials.c.trial_id.in_(ids))}
        for trial_id in ids:
            trial = read[trial_id]
            if trial.state is TrialState.COMPLETE and trial.is_feasible:
                candidates.close()
                return trial
        size = min(2 * size, 1000)
    return None


def true_state() -> Any:
    """A trial's state as ``trial_reader`` finds it: ours, unless we never ran it and another program ended it."""
    own, theirs = t.rtl_trials.c, sa.cast(t.trials.c.state, sa.String)
    is_theirs = sa.or_(own.state.is_(None), sa.and_(own.attempt == 0, theirs.in_(("COMPLETE", "PRUNED", "FAIL"))))
    return sa.case((is_theirs, theirs), else_=own.state)


def _ids(study: StudyRecord, states: Collection[TrialState] | None) -> Any:
    """A query for the trial_ids of a study's trials in number order, or of those in one of ``states``."""
    query = sa.select(t.trials.c.trial_id).select_from(_BOTH).where(t.trials.c.study_id == study.study_id)
    if states is not None:
        query = query.where(true_state().in_([state.name for state in states]))
    return query.order_by(t.trials.c.number, t.trials.c.trial_id)


def trials_since(
    connection: Connection, study: StudyRecord, trial_id: int, also: Collection[int] = ()
) -> list[FrozenTrial]:
    """The trials with a greater ``trial_id``, and those whose ids are ``also``, in number order."""
    column = t.trials.c.trial_id
    return [frozen(trial) for trial in load(connection, study, only=sa.or_(column > trial_id, column.in_(also)))]


def trials_beside(
    connection: Connection, study: StudyRecord, trial_id: int, also: Collection[int], known: int
) -> list[FrozenTrial] | None:
    """As ``trials_since``; None unless the same study still has ``known`` trials up to ``trial_id``."""
    theirs, ours = t.trials.c, t.rtl_studies.c
    created = connection.execute(sa.select(ours.created).where(ours.study_id == study.study_id)).scalar()
    mine = sa.and_(theirs.study_id == study.study_id, theirs.trial_id <= trial_id)
    count = connection.execute(sa.select(sa.func.count()).select_from(t.trials).where(mine)).scalar()
    return trials_since(connection, study, trial_id, also) if (created, count) == (study.created, known) else None


def _may_be_in(states: Collection[TrialState]) -> Any:
    """Whether one of the two tables says so; which of them is right, only ``trial_reader`` knows."""
    names = [state.name for state in states]
    return sa.or_(sa.cast(t.trials.c.state, sa.String).in_(names), t.rtl_trials.c.state.in_(names))
