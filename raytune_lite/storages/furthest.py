"""Which trial stands best where none is COMPLETE: by the highest rung, else by the last reports at the highest step.

Each function is a reader in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..best import BestSoFar, front
from ..trial import FrozenTrial, TrialState
from . import schema as t
from . import stored
from .records import StudyRecord
from .stored import in_row
from .trial_reader import frozen, load

_FIRST = 8  # candidates that are read at once; more each time, where many miss their constraints


@dataclass(frozen=True, slots=True)
class _Candidate:
    """``losses``: of a rung with several objectives; None: the values are those that the trial reported at ``step``."""

    trial_id: int
    step: int
    value: float
    is_rung: bool
    losses: tuple[float, ...] | None


def furthest(connection: Connection, study: StudyRecord) -> list[BestSoFar]:
    """The best of those that have come furthest: one, or the Pareto front of a study with several objectives.

    Failed trials, those that miss their constraints, and values that are not finite do not count.
    """
    for candidates in (_at_rungs(connection, study), _at_steps(connection, study)):
        found = _first(connection, study, candidates)
        if found:
            return found
    return []


def _at_rungs(connection: Connection, study: StudyRecord) -> Iterator[_Candidate]:
    """Who stands at rungs, the highest rung first, best first."""
    r, own = t.rtl_rungs.c, t.rtl_trials.c
    query = (
        sa.select(r.trial_id, r.level, r.value, r.losses_json)
        .join_from(t.rtl_rungs, t.rtl_trials, r.trial_id == own.trial_id)
        .where(own.study_id == study.study_id, r.how != "failed", r.value.is_not(None))
        .order_by(r.level.desc(), r.value, own.number)
    )
    sign = study.directions[0].sign
    with in_row("rtl_rungs", "(best)"):
        for trial_id, level, loss, losses in connection.execute(query):
            all_losses = None if losses is None else stored.real_floats("losses_json", losses)
            yield _Candidate(trial_id, int(level), sign * stored.number("value", loss), True, all_losses)


def _at_steps(connection: Connection, study: StudyRecord) -> Iterator[_Candidate]:
    """The last finite report of each trial, the highest step first, best first."""
    i = t.trial_intermediate_values.c
    last = sa.select(i.trial_id, sa.func.max(i.step).label("step")).where(i.intermediate_value.is_not(None))
    last_of = last.group_by(i.trial_id).subquery()
    order = i.intermediate_value if study.directions[0].sign > 0 else i.intermediate_value.desc()
    query = (
        sa.select(i.trial_id, i.step, i.intermediate_value)
        .join_from(
            t.trial_intermediate_values,
            last_of,
            sa.and_(last_of.c.trial_id == i.trial_id, last_of.c.step == i.step),
        )
        .join(t.trials, t.trials.c.trial_id == i.trial_id)
        .where(t.trials.c.study_id == study.study_id)
        .order_by(i.step.desc(), order, t.trials.c.number)
    )
    with in_row("trial_intermediate_values", "(best)"):
        for trial_id, step, value in connection.execute(query):
            yield _Candidate(trial_id, int(step), stored.number("intermediate_value", value), False, None)


def _first(connection: Connection, study: StudyRecord, candidates: Iterator[_Candidate]) -> list[BestSoFar]:
    """The best of these that counts; with several objectives all at its step that no other one beats."""
    signs = [direction.sign for direction in study.directions]
    found: list[tuple[BestSoFar, list[float]]] = []
    for candidate, trial in _with_trials(connection, study, candidates):
        if found and candidate.step < found[0][0].step:  # type: ignore[operator]
            break
        values = _values(candidate, trial, signs)
        if trial.state is TrialState.FAIL or not trial.is_feasible or values is None:
            continue
        best = BestSoFar(
            number=trial.number,
            state=trial.state,
            values=values,
            params=trial.params,
            step=candidate.step,
            is_rung=candidate.is_rung,
        )
        found.append((best, [sign * value for sign, value in zip(signs, values, strict=True)]))
        if len(signs) == 1:
            break
    return front(found)


def _values(candidate: _Candidate, trial: FrozenTrial, signs: list[int]) -> tuple[float, ...] | None:
    """One an objective; None where there are not as many."""
    if len(signs) == 1:
        return (candidate.value,)
    losses = candidate.losses
    values = trial.reports.get(candidate.step, ()) if losses is None else losses
    if losses is not None:
        values = tuple(sign * loss for sign, loss in zip(signs, losses, strict=False))
    return values if len(values) == len(signs) else None


def _with_trials(
    connection: Connection, study: StudyRecord, candidates: Iterator[_Candidate]
) -> Iterator[tuple[_Candidate, FrozenTrial]]:
    """Each candidate with its trial. Few are read at first."""
    size, is_left = _FIRST, True
    while is_left:
        some = [candidate for _, candidate in zip(range(size), candidates, strict=False)]
        is_left = len(some) == size
        ids = [candidate.trial_id for candidate in some]
        chosen: Any = t.trials.c.trial_id.in_(ids)
        read = {trial.trial_id: frozen(trial) for trial in load(connection, study, only=chosen)} if ids else {}
        yield from ((candidate, read[candidate.trial_id]) for candidate in some)
        size = min(2 * size, 1000)


__all__ = ["furthest"]
