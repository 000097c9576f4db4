"""What a user tells of an asked trial, as events of the core. Knows no database and no session."""

from __future__ import annotations

import contextlib
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..arguments import shown, wrong_type
from ..core import messages as m
from ..runtime.attempt import AttemptResult, check_values
from ..runtime.failures import InvalidResult, kind_of
from ..runtime.trial import Trial
from ..trial import FrozenTrial, TrialState, as_state
from .constraints import found_for, noted, set_on
from .inputs import end_elsewhere

_OUTCOMES = {
    TrialState.COMPLETE: m.Outcome.COMPLETE,
    TrialState.PRUNED: m.Outcome.PRUNED,
    TrialState.FAIL: m.Outcome.FAIL,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """How a trial ended: its state, its values where it is COMPLETE, its failure where it is FAIL."""

    state: TrialState
    values: tuple[float, ...] | None
    failure: m.Failure | None

    @property
    def outcome(self) -> m.Outcome:
        """The state, as the core's messages name it."""
        return _OUTCOMES[self.state]


def ending_of(values: Any, state: TrialState | None, n_objectives: int) -> Ending:
    """The arguments of ``Study.tell``, by Optuna's rules.

    Raises:
        InvalidResult: COMPLETE without one number an objective; NonFiniteResult: COMPLETE with NaN.
        TypeError: ``state`` is no TrialState.
        ValueError: another state than COMPLETE, PRUNED and FAIL; values with PRUNED or FAIL.
    """
    wanted = _state_of(state)
    if wanted in (TrialState.PRUNED, TrialState.FAIL):
        if values is not None:
            raise ValueError(f"values cannot be told with state={wanted.name}, got {shown(values)}; leave them out.")
        failure = m.Failure(error="told FAIL by the user") if wanted is TrialState.FAIL else None
        return Ending(wanted, None, failure)
    try:
        return Ending(TrialState.COMPLETE, check_values(values, n_objectives), None)
    except InvalidResult as error:
        if wanted is TrialState.COMPLETE:
            raise
        warnings.warn(f"the trial is FAIL: {error}", UserWarning, stacklevel=4)
        return Ending(TrialState.FAIL, None, m.Failure(error=f"ValueError: {error}", kind=kind_of(error)))


def _state_of(state: Any) -> TrialState | None:
    """``state`` as a TrialState that may be told; Optuna's states are accepted, as they have the same numbers."""
    if state is None:
        return None
    hint = "for example state=TrialState.PRUNED"
    found = as_state(state)
    if found is None:
        raise wrong_type("state", "a TrialState or None", state, hint)
    if found not in _OUTCOMES:
        raise ValueError(f"state must be COMPLETE, PRUNED or FAIL, got {shown(state)}; {hint}.")
    return found


@contextlib.contextmanager
def constrained(sampler: Any, trial: Trial | FrozenTrial, result: Ending) -> Iterator[m.Progress]:
    """Ask the sampler's ``constraints_func``; the body stores the result, also where the function has raised.

    Args:
        sampler: the study's.
        trial: what this process has got from ``ask``, on which the constraints are set; else the trial's record.
        result: of a trial that failed the function is not asked.

    Yields:
        What is to be stored with the result of a record.
    """
    progress = m.Progress()
    try:
        found = found_for(sampler, trial, result.state, result.values)
        if isinstance(trial, Trial):
            set_on(trial, found)
        else:
            progress = noted(found)
    finally:
        yield progress


def end_by_number(
    trial: FrozenTrial | Trial, result: Ending, progress: m.Progress, n_objectives: int
) -> m.HeldEnded | m.TrialAdded:
    """The event of a result that is told of a trial that any process may tell, under a new key.

    Args:
        trial: what this process has got from ``ask``; else the trial's record.
        result: how it ended.
        progress: what is new of a record.
        n_objectives: of the study.
    """
    if isinstance(trial, FrozenTrial) and trial.state is TrialState.RUNNING and not trial.attempt:
        # it was added, or is another program's
        return end_elsewhere(trial, result.state, result.values, dict(progress.constraints), n_objectives)
    return m.HeldEnded(
        number=trial.number,
        attempt=trial.attempt,
        outcome=result.outcome,
        progress=result_of(trial, result).progress if isinstance(trial, Trial) else progress,
        values=result.values,
        failure=result.failure,
        key=uuid.uuid4().hex,
    )


def result_of(trial: Trial, result: Ending) -> AttemptResult:
    """The result of a trial that this process has asked for.

    Raises:
        CheckpointError: its newest checkpoint could not be uploaded. Told again, the result stands without it.
    """
    is_paused = result.state is TrialState.PRUNED and trial.delivery.decision is m.Decision.PAUSE
    trial.saving.settle(is_needed=result.state is TrialState.COMPLETE or is_paused)
    trial.saving.close()
    return AttemptResult(
        number=trial.number,
        attempt=trial.attempt,
        outcome=result.outcome,
        progress=trial.delivery.drain(),
        values=result.values,
        failure=result.failure,
    )


__all__ = ["Ending", "constrained", "end_by_number", "ending_of", "result_of"]
