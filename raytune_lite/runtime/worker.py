"""An attempt at work: ``Trial``, the objective's handle, over a narrow Channel; and ``run_trial``.

Owns the buffer between the objective and the driver. Knows no Ray, no database and no pruner: which steps need a
decision came with the assignment. Reports between those steps stay in memory and cost microseconds.
"""

from __future__ import annotations

import json
import math
import numbers
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..core import messages as m
from ..core.bounds import (
    MAX_GATHERED,
    MAX_STEP,
    check_constraint,
    check_distribution,
    check_json,
    check_name,
    shown,
)
from ..core.messages import Assignment, CheckpointRef, Decision, FailureKind, Outcome, ParamValue, Progress
from ..distributions import (
    CategoricalChoice,
    CategoricalDistribution,
    Distribution,
    FloatDistribution,
    IntDistribution,
    check_distribution_compatibility,
)
from ..exceptions import CheckpointError, StaleAttemptError, TrialPruned
from ..storages.checkpoints import CheckpointStore, load_state, save_state
from .failures import AttemptInterrupted, AttemptTimedOut, InvalidResult, NonFiniteResult, failure_of

MAX_BUFFERED = 10_000  # reports; while the driver cannot store them, an attempt goes on this far without it


class Channel(Protocol):
    """The way from an attempt to whoever decides. Each call may raise StaleAttemptError."""

    def suggest(self, number: int, attempt: int, name: str, distribution: Distribution) -> ParamValue:
        """The value of a parameter that was not foreseen."""

    def report(self, number: int, attempt: int, progress: Progress) -> tuple[Decision, bool]:
        """Deliver progress; it is stored when this returns. Answers (decision, told to stop)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an attempt ended, on its way to the driver. ``caught``: ``catch`` lists the exception."""

    number: int
    attempt: int
    outcome: Outcome
    progress: Progress = Progress()
    values: tuple[float, ...] | None = None
    failure: m.Failure | None = None
    caught: bool = True
    exception: BaseException | None = None

    def event(self, at: float) -> m.AttemptEnded:
        """The core's event."""
        return m.AttemptEnded(
            at=at,
            number=self.number,
            attempt=self.attempt,
            outcome=self.outcome,
            progress=self.progress,
            values=self.values,
            failure=self.failure,
        )


class Trial:
    """One attempt of one trial, as the objective sees it. Method names and rules are Optuna's.

    Beyond Optuna: ``save_checkpoint``, ``load_checkpoint``, ``checkpoint_dir``, ``attempt``, ``resumed_from_step``.
    """

    def __init__(
        self,
        assignment: Assignment,
        channel: Channel,
        checkpoints: Callable[[], CheckpointStore],
        n_objectives: int = 1,
        time_limit: float = math.inf,
    ) -> None:
        self.number, self.attempt = assignment.number, assignment.attempt
        self._assignment, self._channel = assignment, channel
        self._checkpoints, self._n_objectives = checkpoints, n_objectives
        self._fixed = {name: json.loads(text) for name, text in assignment.fixed}
        self._foreseen = {param.name: param for param in assignment.foreseen}
        self._params = {param.name: param for param in assignment.params}
        self._user_attrs, self._constraints = dict(assignment.user_attrs), dict(assignment.constraints)
        self.deadline = time.monotonic() + time_limit
        # The heartbeat thread delivers too. Whoever takes both locks takes this one, which lasts for a delivery, first:
        self._delivery = threading.RLock()
        self._lock = threading.RLock()  # and this one, of the buffers, only for moments
        self._reports: dict[int, float] = {}
        self._seen: set[int] = set()
        self._new_params: list[ParamValue] = []
        self._new_attrs: dict[str, str] = {}
        self._new_constraints: dict[str, float] = {}
        self._gathered = 0  # characters of attributes and choices in the buffers
        self._new_checkpoint: CheckpointRef | None = None
        self._newest = -1  # the largest step reported in this attempt
        self._decided_to = assignment.last_step  # decisions are made for every step up to here
        self._next_due = self._due_after(self._decided_to)
        self._decision = Decision.CONTINUE
        self._interrupted = ""
        self.told = time.monotonic()  # when the driver last answered

    # --- parameters ------------------------------------------------------------------------------------------------

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """A float in [low, high]; see FloatDistribution. A repeated name returns its first value."""
        return float(self._suggest(name, FloatDistribution(low, high, log=log, step=step)))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """An int in [low, high]; see IntDistribution. A repeated name returns its first value."""
        return int(self._suggest(name, IntDistribution(low, high, log=log, step=step)))

    def suggest_categorical(self, name: str, choices: Sequence[CategoricalChoice]) -> Any:
        """One of ``choices``. A repeated name returns its first value."""
        return self._suggest(name, CategoricalDistribution(choices))

    def _suggest(self, name: str, distribution: Distribution) -> Any:
        self._check_interrupt()
        known = self._params.get(name) if isinstance(name, str) else None
        if known is None:
            check_distribution(name, distribution)
            known = self._choose(name, distribution)
            self._params[name] = known
        elif known.distribution != distribution:
            check_distribution_compatibility(name, known.distribution, distribution)
            if not distribution.contains(known.value):
                warnings.warn(
                    f"trial {self.number}: parameter {name!r} was suggested twice, with {known.distribution} and "
                    f"{distribution}; the first value stands.",
                    stacklevel=3,
                )
        return known.distribution.to_external_repr(known.value)

    def _choose(self, name: str, distribution: Distribution) -> ParamValue:
        if name in self._fixed:
            for used, old in self._assignment.used:
                if used == name:
                    check_distribution_compatibility(name, old, distribution)
            return self._noted(name, self._fixed_value(name, distribution), distribution)
        foreseen = self._foreseen.get(name)
        if foreseen is not None:
            check_distribution_compatibility(name, foreseen.distribution, distribution)
            if distribution.contains(foreseen.value):
                return self._noted(name, foreseen.value, distribution)
        if self._fixed and self._new_params:
            self.flush()  # a sampler that follows a tree must know in which order parameters were asked for
        return self._channel.suggest(self.number, self.attempt, name, distribution)

    def _fixed_value(self, name: str, distribution: Distribution) -> float:
        value = distribution.to_internal_repr(self._fixed[name])
        if not distribution.contains(value):
            raise ValueError(
                f"trial {self.number}: parameter {name!r} is fixed to {self._fixed[name]!r} (a grid cell or an "
                f"enqueued trial), which is not in {distribution}; widen the range, or change the fixed value."
            )
        return value

    def _noted(self, name: str, value: float, distribution: Distribution) -> ParamValue:
        param = ParamValue(name=name, value=value, distribution=distribution)
        with self._lock:
            self._new_params.append(param)
        self._gather(len(repr(distribution.choices)) if isinstance(distribution, CategoricalDistribution) else 200)
        return param

    def _gather(self, size: int) -> None:
        """Deliver what is buffered before it becomes longer than one message may be."""
        self._gathered += size
        if self._gathered > MAX_GATHERED:
            self.flush()

    @property
    def params(self) -> dict[str, Any]:
        """Parameters suggested so far, by name."""
        return {name: p.distribution.to_external_repr(p.value) for name, p in self._params.items()}

    @property
    def distributions(self) -> dict[str, Distribution]:
        """Distributions of the parameters suggested so far."""
        return {name: p.distribution for name, p in self._params.items()}

    # --- attributes ------------------------------------------------------------------------------------------------

    @property
    def user_attrs(self) -> dict[str, Any]:
        """Attributes set so far, by earlier attempts too."""
        return {key: json.loads(text) for key, text in self._user_attrs.items()}

    def set_user_attr(self, key: str, value: Any) -> None:
        """Store a JSON-able attribute with the trial.

        Raises:
            TypeError: the value is not JSON-able.
            ValueError: the key or the value is too long.
        """
        check_name("a user attribute's key", key)
        try:
            text = json.dumps(value)
        except (TypeError, ValueError, RecursionError) as error:
            raise TypeError(
                f"user attribute {key!r} must be JSON-able (numbers, strings, lists, dicts), got {shown(value)}: "
                f"{error}."
            ) from None
        check_json(f"user attribute {key!r}", text)
        with self._lock:
            self._user_attrs[key] = self._new_attrs[key] = text
        self._gather(len(text))

    @property
    def constraints(self) -> dict[str, float]:
        """Constraints set so far, by earlier attempts too."""
        return dict(self._constraints)

    def set_constraint(self, key: str, value: float) -> None:
        """Tell how far a constraint is missed: the trial is feasible when none of its constraints is above 0.

        The first value of a key stands; a second one is ignored with a warning. Samplers prefer feasible trials.

        Raises:
            TypeError, ValueError: the value is no number or NaN, or the key is none.
        """
        self._check_interrupt()
        if isinstance(value, str):
            raise TypeError(f"trial {self.number}: constraint {key!r} must be a number, got {shown(value)}.")
        value = float(value)
        check_constraint(key, value)
        with self._lock:
            if key in self._constraints:
                warnings.warn(
                    f"trial {self.number}: constraint {key!r} was set already; the first value stands.", stacklevel=2
                )
                return
            self._constraints[key] = self._new_constraints[key] = value
        self._gather(100)

    # --- reports and decisions ---------------------------------------------------------------------------------------

    def report(self, value: float, step: int) -> None:
        """Tell an intermediate value. Buffered: it travels when a decision is due, each second, and at the end.

        Args:
            value: what the study minimises or maximises, at this step.
            step: an integer >= 0, in the unit of the pruner's ``min_resource`` (epochs, say). The first report of
                a step stands; a second one is ignored with a warning.

        Raises:
            TypeError: value or step is not a number.
            ValueError: step is negative.
            NotImplementedError: the study has several objectives.
        """
        self._check_interrupt()
        if self._n_objectives > 1:
            raise NotImplementedError("report() needs a single objective; this study has several.")
        if type(value) is not float or type(step) is not int or not 0 <= step <= MAX_STEP:
            value, step = self._checked_report(value, step)
        with self._lock:
            if step in self._seen:
                warnings.warn(
                    f"trial {self.number}: step {step} was reported already; the first value stands.", stacklevel=2
                )
                return
            self._seen.add(step)
            self._reports[step] = value
            self._newest = max(self._newest, step)
            is_full = len(self._reports) >= MAX_BUFFERED
        if is_full:
            self.flush()

    def _checked_report(self, value: Any, step: Any) -> tuple[float, int]:
        """A report that is not simply a float at an int, as such, or refused."""
        if isinstance(value, str) or not isinstance(value, numbers.Real):
            try:
                value = float(value) if not isinstance(value, str) else _refuse(value)
            except (TypeError, ValueError):
                raise TypeError(
                    f"trial {self.number}: report() needs a number, got {value!r} of type {type(value).__name__} at "
                    f"step {step!r}; pass float(loss)."
                ) from None
        if isinstance(step, bool) or not isinstance(step, numbers.Integral):
            raise TypeError(f"trial {self.number}: step must be an integer, got {step!r}.")
        step = int(step)
        if step < 0:
            raise ValueError(f"trial {self.number}: step must be >= 0, got {step}; count epochs from 0 or 1.")
        if step > MAX_STEP:
            raise ValueError(f"trial {self.number}: step must be <= {MAX_STEP} (the database's integer), got {step}.")
        return float(value), step

    def should_prune(self) -> bool:
        """Whether to end this attempt now (``raise TrialPruned()``): the pruner said PAUSE or STOP.

        One round trip where a decision is due, else none.
        """
        with self._delivery:  # a heartbeat may be carrying the very report that is being decided
            self._check_interrupt()
            if self._decision is Decision.CONTINUE and self._newest >= self._next_due:
                self.flush()
                self._check_interrupt()
            return self._decision is not Decision.CONTINUE

    def _due_after(self, step: int) -> int:
        """The first step past ``step`` at which a decision is due."""
        milestones = self._assignment.milestones
        if milestones is None:
            return step + 1
        return min((milestone for milestone in milestones if milestone > step), default=MAX_STEP + 1)

    def flush(self) -> None:
        """Deliver everything buffered; it is stored when this returns."""
        with self._delivery:
            progress = self._take()
            try:
                decision, stop = self._channel.report(self.number, self.attempt, progress)
            except StaleAttemptError as error:
                self.interrupt(str(error))
                raise AttemptInterrupted(str(error)) from None
            except BaseException:
                self._put_back(progress)
                raise
            self.told = time.monotonic()
            self._decided_to = max([self._decided_to, *(step for step, _ in progress.reports)])
            self._next_due = self._due_after(self._decided_to)
            if self._decision is Decision.CONTINUE:
                self._decision = decision
            if stop:
                self.interrupt("the study was interrupted")

    def drain(self) -> Progress:
        """Take everything buffered out of the buffer, and wait for what is on its way."""
        with self._delivery:
            return self._take()

    def _take(self) -> Progress:
        with self._lock:
            progress = Progress(
                reports=tuple(self._reports.items()),
                params=tuple(self._new_params),
                user_attrs=tuple(self._new_attrs.items()),
                constraints=tuple(self._new_constraints.items()),
                checkpoint=self._new_checkpoint,
            )
            self._reports, self._new_params, self._new_attrs, self._new_checkpoint = {}, [], {}, None
            self._new_constraints = {}
            self._gathered = 0
        return progress

    def _put_back(self, progress: Progress) -> None:
        """Undo a _take whose delivery failed."""
        with self._lock:
            self._reports = {**dict(progress.reports), **self._reports}
            self._new_params = [*progress.params, *self._new_params]
            self._new_attrs = {**dict(progress.user_attrs), **self._new_attrs}
            self._new_constraints = {**dict(progress.constraints), **self._new_constraints}
            self._new_checkpoint = self._new_checkpoint or progress.checkpoint

    def interrupt(self, reason: str) -> None:
        """Ask the objective to end: its next call of this trial raises AttemptInterrupted."""
        self._interrupted = reason

    def _check_interrupt(self) -> None:
        if self._interrupted:
            raise AttemptInterrupted(self._interrupted)
        if time.monotonic() > self.deadline:
            raise AttemptTimedOut(f"trial {self.number}, attempt {self.attempt}: trial_timeout is over")

    # --- checkpoints -------------------------------------------------------------------------------------------------

    @property
    def resumed_from_step(self) -> int | None:
        """Step of the checkpoint this attempt starts from, or None."""
        return self._assignment.checkpoint.step if self._assignment.checkpoint else None

    def save_checkpoint(self, state: Mapping[str, Any], step: int) -> None:
        """Store ``state`` (tensors, numbers, strings and containers of them) as the trial's checkpoint.

        When this returns it is on disk and recorded; the previous one may then be deleted.

        Raises:
            CheckpointError: not storable, or the disk refused; the previous checkpoint stays.
        """
        with self.checkpoint_dir(step) as directory:
            save_state(directory, state)

    @contextmanager
    def checkpoint_dir(self, step: int) -> Iterator[Path]:
        """An empty directory to write a checkpoint into; published when the block ends without an exception."""
        self._check_interrupt()
        store = self._checkpoints()
        directory = store.begin(self.number, self.attempt, step)
        try:
            yield directory
        except BaseException:
            store.abandon(directory)
            raise
        published = store.publish(directory, self.number, self.attempt, step)
        with self._delivery:
            with self._lock:
                self._new_checkpoint = published
            self.flush()

    def load_checkpoint(self) -> Any:
        """What the last attempt saved, on whatever node; None on a first attempt or when none was saved.

        Raises:
            CheckpointCorruptedError: its content is not what was recorded.
        """
        directory = self.load_checkpoint_dir()
        return None if directory is None else load_state(directory)

    def load_checkpoint_dir(self) -> Path | None:
        """Directory of the checkpoint to resume from (read only), verified; None when there is none."""
        ref = self._assignment.checkpoint
        return None if ref is None else self._checkpoints().verify(ref)


def run_trial(
    objective: Callable[[Trial], Any],
    trial: Trial,
    *,
    catch: tuple[type[Exception], ...] = (),
    n_objectives: int = 1,
) -> Ended:
    """Call the objective and turn whatever happens into one Ended message."""

    def ended(outcome: Outcome, **fields: Any) -> Ended:
        return Ended(
            number=trial.number, attempt=trial.attempt, outcome=outcome, progress=trial.drain(), **fields
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


__all__ = ["Channel", "CheckpointError", "Ended", "Trial", "check_values", "run_trial"]
