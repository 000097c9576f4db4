"""One attempt: call the objective, and turn whatever happens into one result."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..core import messages as m
from ..core.messages import FailureKind, Outcome, Progress
from ..exceptions import TrialPruned
from .failures import AttemptInterrupted, AttemptTimedOut, InvalidResult, NonFiniteResult, failure_of
from .trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """How an attempt ended, on its way to the driver. ``caught``: ``catch`` lists the exception.

    ``exception`` is the objective's own, in the process where it was raised only.
    """

    number: int
    attempt: int
    outcome: Outcome
    progress: Progress = Progress()
    values: tuple[float, ...] | None = None
    failure: m.Failure | None = None
    caught: bool = True
    exception: BaseException | None = None

    def event(self) -> m.AttemptEnded:
        """The core's event."""
        return m.AttemptEnded(
            number=self.number,
            attempt=self.attempt,
            outcome=self.outcome,
            progress=self.progress,
            values=self.values,
            failure=self.failure,
        )


def run_trial(
    objective: Callable[[Trial], Any],
    trial: Trial,
    *,
    catch: tuple[type[Exception], ...] = (),
    n_objectives: int = 1,
) -> AttemptResult:
    """Call the objective and turn whatever happens into one AttemptResult."""

    def ended(outcome: Outcome, **fields: Any) -> AttemptResult:
        return AttemptResult(
            number=trial.number, attempt=trial.attempt, outcome=outcome, progress=trial.delivery.drain(), **fields
        )

    try:
        result = objective(trial)
        values = check_values(result, n_objectives)
    except TrialPruned:
        return ended(Outcome.PRUNED)
    except (AttemptInterrupted, KeyboardInterrupt) as signal:
        return ended(Outcome.INTERRUPTED, exception=signal)
    except (Exception, SystemExit, AttemptTimedOut) as error:  # noqa: BLE001  (the user's code may raise anything)
        failure = failure_of(error, __name__)
        # what is not the objective's own exception fails the trial but never the study; nor, as in Optuna, does a
        # return value that is no result (NaN, None)
        own = failure.kind in (FailureKind.EXCEPTION, FailureKind.GPU_OUT_OF_MEMORY, FailureKind.OUT_OF_MEMORY)
        caught = not own or isinstance(error, (*catch, InvalidResult))
        return ended(Outcome.FAIL, failure=failure, caught=caught, exception=error)
    return ended(Outcome.COMPLETE, values=values)


def check_values(result: Any, n_objectives: int) -> tuple[float, ...]:
    """The objective's return value as floats.

    Raises:
        InvalidResult: not ``n_objectives`` numbers; NonFiniteResult: NaN.
    """
    several = isinstance(result, Sequence) and not isinstance(result, str)
    values = list(result) if several else [result]
    want = "a number" if n_objectives == 1 else f"{n_objectives} numbers"
    if len(values) != n_objectives:
        raise InvalidResult(f"the objective must return {want}, got {result!r}.")
    try:
        found = tuple(float(value) if not isinstance(value, str) else _refuse(value) for value in values)
    except (TypeError, ValueError):
        raise InvalidResult(f"the objective must return {want}, got {result!r}; a return statement missing?") from None
    if any(math.isnan(value) for value in found):
        raise NonFiniteResult(f"the objective returned {result!r}: NaN is not a result, so the trial is FAIL.")
    return found


def _refuse(value: Any) -> float:
    raise TypeError(f"{value!r} is not a number")


__all__ = ["AttemptResult", "check_values", "run_trial"]
