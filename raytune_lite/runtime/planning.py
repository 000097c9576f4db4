"""The plan for the launcher, and other answers that only read the state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..checkpoints.layout import is_url, study_directory
from ..core.events import TrialAdded
from ..core.state import StudyState
from ..core.values import Assignment
from ..storages.records import StudyRecord
from ..trial import FrozenTrial, TrialState
from .config import RunConfig
from .finished import dated
from .handover import Plan, Standing
from .study_time import StudyTime
from .worker_settings import StudyFacts, WorkerSettings


def make_plan(
    state: StudyState,
    *,
    now: float,
    created: float,
    numbers: Sequence[int],
    seen: int | None,
    is_stopped: bool,
    cancel: tuple[str, ...],
    silent: tuple[str, ...],
    commits: str,
    standing: Standing | None = None,
    unbegun: tuple[str, ...] = (),
    trial_id: Callable[[int], int] = lambda _: -1,
) -> Plan:
    """What the launcher is to do.

    Args:
        state: the study.
        now: seconds since the study was created.
        created: when that was, in seconds since 1970.
        numbers: trials whose attempts have just ended.
        seen: how many finished trials the launcher knows; None: it does not ask for them.
        is_stopped: the script is being stopped.
        cancel: slots whose tasks are to be killed.
        silent: slots at whose tasks the launcher is to look.
        commits: how the database kept up.
        standing: where it was asked for.
        unbegun: slots with trials whose tasks have not begun.
        trial_id: the id of a trial's row.
    """
    work, over = state.work(now), state.is_over()
    failed = [n for n in numbers if n in state.trials and state.trials.peek(n).state is TrialState.FAIL]
    finished = [] if seen is None else state.finished[seen:]
    return Plan(
        wanted=None if work is None else len(state.slots) + work,
        over=over or (is_stopped and not state.slots),
        **figures(state),
        max_tasks=state.run.slot_limit,
        failed=tuple(failed),
        cancel=cancel,
        silent=silent,
        finished=tuple(
            dated(state.trials.peek(trial.number), trial, created, trial_id(trial.number)) for trial in finished
        ),
        n_finished=len(state.finished),
        aborted=state.run.aborted or "",
        commits=commits if over else "",
        standing=standing,
        unbegun=unbegun,
    )


def figures(state: StudyState) -> dict[str, Any]:
    """What every Plan shows of a study: how many trials are in which state, the best one, and promotions."""
    best = state.trials.peek(state.best) if state.best is not None else None
    return {
        "counts": {kind.name: n for kind, n in state.counts.items() if n},
        "best": (best.number, best.values[0]) if best is not None and best.values else None,
        "promotions": state.promotions,
    }


def why_stop(state: StudyState, time: StudyTime, timeout: float | None) -> str | None:
    """Why the run is to begin nothing new from now on; None: it goes on, or is being stopped already."""
    if state.run.stopping:
        return None
    if time.is_late(timeout):
        return "timeout"
    return "max_cost" if state.is_used_up(time.now()) else None


def worker_settings(
    config: RunConfig, study: StudyRecord, root: str, database: str | None, previous_owner: str | None
) -> WorkerSettings:
    """What the attempts of a run must know. ``root``: of the checkpoints. ``database``: path of a SQLite file."""
    logs = study_directory(config.log_dir, database, study.study_id, study.created) if is_url(root) else None
    return WorkerSettings(
        n_objectives=len(study.directions),
        checkpoint_root=root,
        log_root=logs,
        lease=config.lease,
        trial_timeout=config.trial_timeout,
        run=config.run,
        previous_owner=previous_owner,
        study=StudyFacts(
            name=study.name,
            study_id=study.study_id,
            directions=tuple(study.directions),
            created=study.created,
            user_attrs=config.study_attrs,
        ),
    )


def is_news(state: StudyState, event: TrialAdded) -> bool:
    """Whether a trial that another program wrote to the tables says what the study does not know yet."""
    known = None if event.number is None else state.trials.get(event.number)
    return known is None or (known.external and event.state != known.state)


def locate(state: StudyState, slot: str) -> tuple[str, int] | None:
    """The node and the process of a slot's attempt, if they are known."""
    number = state.slots.get(slot)
    trial = None if number is None else state.trials[number]
    return (trial.node, trial.pid) if trial is not None and trial.node and trial.pid else None


def record(state: StudyState, number: int, created: float, trial_id: int) -> FrozenTrial:
    """A trial as it is now, with what the core does not know: its dates, naive and in UTC, and its id."""
    trial = state.trials.peek(number)
    return dated(trial, trial.freeze(), created, trial_id)


def with_id(answer: Any, trial_id: Callable[[int], int]) -> Any:
    """An answer; an assignment gets the id of its trial's row, which is there once it is committed."""
    return replace(answer, trial_id=trial_id(answer.number)) if isinstance(answer, Assignment) else answer


__all__ = ["figures", "is_news", "locate", "make_plan", "record", "why_stop", "with_id", "worker_settings"]
