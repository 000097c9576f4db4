"""One attempt: call the objective, and turn whatever happens into one result."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..arguments import as_float, shown
from ..core import messages as m
from ..core.messages import Decision, FailureKind, Outcome, Progress
from ..exceptions import SamplerFailedError, is_pruned
from .current import at_work
from .failures import (
    AttemptInterrupted,
    AttemptTimedOut,
    InvalidResult,
    NonFiniteResult,
    ResultTypeError,
    failure_of,
)
from .trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """How an attempt ended, on its way to the driver. ``caught``: ``catch`` lists the exception. ``reason``: see
    AttemptEnded.

    ``exception`` is the objective's own, in the process where it was raised only.
    """

    number: int
    attempt: int
    outcome: Outcome
    progress: Progress = Progress()
    values: tuple[float, ...] | None = None
    failure: m.Failure | None = None
    reason: str = ""
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
            reason=self.reason,
        )


def run_trial(
    objective: Callable[[Trial], Any],
    trial: Trial,
    *,
    catch: tuple[type[Exception], ...] = (),
    n_objectives: int = 1,
) -> AttemptResult:
    """Call the objective and turn whatever happens into one AttemptResult."""
    try:
        return _run(objective, trial, catch, n_objectives)
    finally:
        trial.saving.close()
        trial.delivery.close()


def _run(
    objective: Callable[[Trial], Any], trial: Trial, catch: tuple[type[Exception], ...], n_objectives: int
) -> AttemptResult:
    def ended(outcome: Outcome, **fields: Any) -> AttemptResult:
        return AttemptResult(
            number=trial.number, attempt=trial.attempt, outcome=outcome, progress=trial.delivery.drain(), **fields
        )

    try:
        result = _call(objective, trial)
        values = check_values(result, n_objectives)
    except (AttemptInterrupted, KeyboardInterrupt, SamplerFailedError) as signal:
        why = str(signal) if isinstance(signal, AttemptInterrupted) else ""
        return ended(Outcome.INTERRUPTED, reason=why, exception=signal)
    except (Exception, SystemExit, AttemptTimedOut) as error:  # noqa: BLE001  (the user's code may raise anything)
        if is_pruned(error):
            return ended(Outcome.PRUNED, values=_estimate(error, trial, n_objectives))
        failure = replace(failure_of(error), is_listed=isinstance(error, catch))
        # what is not the objective's own exception fails the trial but never the study; nor, as in Optuna, does a
        # return value that is no result (NaN, None)
        own = failure.kind in (FailureKind.EXCEPTION, FailureKind.GPU_OUT_OF_MEMORY, FailureKind.OUT_OF_MEMORY)
        caught = not own or isinstance(error, (*catch, InvalidResult))
        return ended(Outcome.FAIL, failure=failure, caught=caught, exception=error)
    return ended(Outcome.COMPLETE, values=values)


def _call(objective: Callable[[Trial], Any], trial: Trial) -> Any:
    """What the objective returns, once the checkpoints that it saved are published."""
    saving = trial.saving
    try:
        with at_work(trial):
            result = objective(trial)
    except AttemptTimedOut:
        saving.give_up()
        raise
    except (AttemptInterrupted, KeyboardInterrupt, SamplerFailedError):
        saving.wait()
        raise
    except BaseException as error:
        if is_pruned(error):
            saving.settle(is_needed=trial.delivery.decision is Decision.PAUSE)
        else:  # the trial may be tried again, from the newest; but this is its failure
            saving.wait()
        raise
    saving.settle()
    return result


def _estimate(signal: BaseException, trial: Trial, n_objectives: int) -> tuple[float, ...] | None:
    """The estimate that a TrialPruned carries; None: there is none."""
    if not signal.args or isinstance(signal.args[0], (str, bytes)):
        return None
    try:
        return check_values(signal.args[0], n_objectives)
    except NonFiniteResult:
        return None
    except InvalidResult:
        want = "a number" if n_objectives == 1 else f"{n_objectives} numbers"
        warnings.warn(
            f"trial {trial.number}: the estimate in TrialPruned must be {want}, got {shown(signal.args[0])}; the last "
            "report is the trial's value.",
            stacklevel=3,
        )
        return None


def check_values(result: Any, n_objectives: int) -> tuple[float, ...]:
    """The objective's return value as floats.

    Raises:
        ResultTypeError: something that is no number; InvalidResult: another count of numbers; NonFiniteResult: NaN.
    """
    several = isinstance(result, Sequence) and not isinstance(result, (str, bytes))
    found = [as_float(value) for value in (result if several else [result])]
    numbers = tuple(value for value in found if value is not None)
    if len(found) != n_objectives or len(numbers) != n_objectives:
        want = "a number" if n_objectives == 1 else f"{n_objectives} numbers"
        kind = InvalidResult if len(numbers) == len(found) else ResultTypeError
        raise kind(f"the objective must return {want}, got {shown(result)}; {_way_out(result)}")
    if any(map(math.isnan, numbers)):
        raise NonFiniteResult(f"the objective returned {shown(result)}: NaN is not a result, so the trial is FAIL.")
    return numbers


def _way_out(result: Any) -> str:
    if result is None:
        return "is a return statement missing?"
    if isinstance(result, Mapping):
        return "return the value to optimize, and store the others with trial.set_user_attr()."
    if isinstance(result, (str, bytes)):
        return "return float(...)."
    return "one for each direction of the study, as a float or a tuple of floats."


__all__ = ["AttemptResult", "check_values", "run_trial"]
