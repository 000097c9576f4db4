"""Questions about a study's trials that the database answers, so that few of them are read: the best, those of a state.

The trials that are read come from ``trial_reader``, with its checks. Each function is a reader in the caller's
transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..trial import FrozenTrial, TrialState
from . import schema as t
from .records import StudyRecord
from .trial_reader import frozen, load

_FIRST = 8  # candidates that are read at once for the best trial; more each time, where many miss their constraints


def trials_in(connection: Connection, study: StudyRecord, states: Collection[TrialState]) -> list[FrozenTrial]:
    """The trials in one of ``states``, in number order."""
    found = [frozen(trial) for trial in load(connection, study, only=_may_be_in(states))]
    return [trial for trial in found if trial.state in states]


def best_trial(connection: Connection, study: StudyRecord) -> FrozenTrial | None:
    """The feasible COMPLETE trial with the best first value, the earliest of equals; None when there is none."""
    v, number = t.trial_values.c, t.trials.c.number
    kind = sa.cast(v.value_type, sa.String)
    # an infinity is stored as NULL with its type
    columns = (sa.case((kind == "INF_NEG", -1), (kind == "INF_POS", 1), else_=0), v.value)
    order = columns if study.directions[0].sign > 0 else [column.desc() for column in columns]
    source = t.trials.outerjoin(t.rtl_trials, t.rtl_trials.c.trial_id == t.trials.c.trial_id)
    query = (
        sa.select(t.trials.c.trial_id)
        .select_from(source.join(t.trial_values, v.trial_id == t.trials.c.trial_id))
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
