"""Where a study stands, in figures that the database counts, so that no trial is read. Knows no words for people.

Each function is a reader in the caller's transaction.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..core.encoding import event_from_json
from ..core.messages import RunStarted
from ..trial import TrialState
from . import readers, stored, trial_queries
from . import schema as t
from .records import AttemptRecord, Overview, StudyRecord
from .stored import in_row

_DISK = "checkpoint_disk"


def overview(connection: Connection, study: StudyRecord, shown: int) -> Overview:
    """The figures. ``shown``: how many of each list are read at most."""
    n_steps, last_steps = _steps(connection, study)
    n_ended, first, last, worked, busy = _times(connection, study)
    states = trial_queries.counts(connection, study)
    outcomes, n_resumed = _outcomes(connection, study)
    a, own, failed = t.rtl_attempts.c, t.rtl_trials.c, (TrialState.FAIL,)
    disk = sa.and_(own.state == "WAITING", own.attempt == a.attempt, a.outcome == _DISK)
    n_disk = _count(connection, study, disk) if _DISK in outcomes else 0
    n_checkpoints, n_bytes = _checkpoints(connection, study)
    return Overview(
        states=states,
        outcomes=outcomes,
        promotions=_promotions(connection, study),
        n_steps=n_steps,
        last_steps=last_steps,
        n_ended=n_ended,
        first_start=first,
        last_end=last,
        worked=worked,
        busy=busy,
        n_resumed=n_resumed,
        # what there is none of is not looked for: that takes as long as to find all
        resumed=_attempts(connection, study, a.resumed_step.is_not(None), min(n_resumed, shown), a.started.desc()),
        failed=tuple(trial_queries.first_in(connection, study, failed, shown)) if failed[0] in states else (),
        n_waiting_for_disk=n_disk,
        waiting_for_disk=_attempts(connection, study, disk, min(n_disk, shown), own.number),
        n_checkpoints=n_checkpoints,
        checkpoint_bytes=n_bytes,
    )


def _of_study(study: StudyRecord, table: sa.Table, *columns: Any) -> Any:
    """A query of a table of attempts or rungs, for one study."""
    query = sa.select(*columns).join_from(table, t.rtl_trials, table.c.trial_id == t.rtl_trials.c.trial_id)
    return query.where(t.rtl_trials.c.study_id == study.study_id)


def _count(connection: Connection, study: StudyRecord, chosen: Any) -> int:
    return int(connection.execute(_of_study(study, t.rtl_attempts, sa.func.count()).where(chosen)).scalar_one())


def _attempts(
    connection: Connection, study: StudyRecord, chosen: Any, n: int, order: Any
) -> tuple[AttemptRecord, ...]:
    if not n:
        return ()
    numbers = (t.rtl_trials.c.number, t.rtl_attempts.c.attempt)
    return tuple(readers.some_attempts(connection, study, chosen, n, order, *numbers))


def _outcomes(connection: Connection, study: StudyRecord) -> tuple[dict[str, int], int]:
    """How many attempts ended in each way; and how many attempts began from a checkpoint."""
    a = t.rtl_attempts.c
    query = _of_study(study, t.rtl_attempts, a.outcome, sa.func.count(), sa.func.count(a.resumed_step))
    found = connection.execute(query.group_by(a.outcome)).all()
    with in_row("rtl_attempts", "(outcomes)"):
        ended = {stored.text("outcome", word): int(n) for word, n, _ in found if word is not None}
        return ended, sum(int(resumed) for _, _, resumed in found)


def _checkpoints(connection: Connection, study: StudyRecord) -> tuple[int, int]:
    """How many are kept, and their bytes."""
    sizes = sa.func.count(), sa.func.sum(t.rtl_checkpoints.c.size)
    n, total = connection.execute(_of_study(study, t.rtl_checkpoints, *sizes)).one()
    with in_row("rtl_checkpoints", "(sizes)"):
        return int(n), int(total or 0)


def _promotions(connection: Connection, study: StudyRecord) -> int:
    promoted = t.rtl_rungs.c.promoted
    return int(connection.execute(_of_study(study, t.rtl_rungs, sa.func.count()).where(promoted)).scalar_one())


def _steps(connection: Connection, study: StudyRecord) -> tuple[int, int]:
    """Distinct (trial, step) pairs that were reported, and the sum of the trials' largest steps, where above 0."""
    i = t.trial_intermediate_values.c
    query = sa.select(sa.func.count().label("n"), sa.func.max(i.step).label("last")).join_from(
        t.trial_intermediate_values, t.trials, i.trial_id == t.trials.c.trial_id
    )
    each = query.where(t.trials.c.study_id == study.study_id).group_by(i.trial_id).subquery()
    n, last = connection.execute(sa.select(sa.func.sum(each.c.n), sa.func.sum(each.c.last))).one()
    with in_row("trial_intermediate_values", "(steps)"):
        return int(n or 0), int(last or 0)


def _times(connection: Connection, study: StudyRecord) -> tuple[int, float, float, float, float]:
    """Attempts that ended: how many; the first start, the last end; the sum of their times, and how long one ran."""
    a = t.rtl_attempts.c
    query = _of_study(study, t.rtl_attempts, a.started, a.ended).where(a.ended.is_not(None)).order_by(a.started)
    n, first, reached, worked, busy = 0, 0.0, 0.0, 0.0, 0.0
    left = _left_until(connection, study)
    with in_row("rtl_attempts", "(times)"):
        for started, ended in connection.execution_options(yield_per=5000).execute(query):
            began, over = stored.number("started", started), stored.number("ended", ended)
            over = max(began, left.get(over, over))
            if n == 0:
                first = reached = began
            n, worked = n + 1, worked + over - began
            busy += max(0.0, over - max(began, reached))  # the time between two runs of the study does not count
            reached = max(reached, over)
    return n, first, reached, worked, busy


def _left_until(connection: Connection, study: StudyRecord) -> dict[float, float]:
    """When a run began, which is the stored end of attempts that the run before had left -> until when those worked.

    That is the time of the last event before, or later, if the run says that its predecessor's owner lived on.
    """
    e = t.rtl_events.c
    starts = sa.select(e.seq, e.at, e.json).where(e.study_id == study.study_id, t.IS_RUN_START, e.seq > 1)
    found = {}
    for seq, at, text in connection.execute(starts).all():
        before = connection.execute(sa.select(e.at).where(e.study_id == study.study_id, e.seq == seq - 1)).scalar()
        with in_row("rtl_events", f"(seq {seq})"):
            event, until = event_from_json(text), stored.number("at", at if before is None else before)
            if isinstance(event, RunStarted) and event.before_until is not None:
                until = max(until, min(at, event.before_until))
            found[stored.number("at", at)] = until
    return found
