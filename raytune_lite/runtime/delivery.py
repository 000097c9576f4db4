"""What an attempt has not delivered yet, and its way to the driver: the half of a Trial that the objective never sees.

Owns the buffers between the objective and the driver. Which steps need a decision came with the assignment; reports
between those steps stay here and cost microseconds. The heartbeat's thread delivers too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from ..core.bounds import MAX_GATHERED, MAX_STEP
from ..core.messages import Assignment, CheckpointRef, Decision, Leave, ParamValue, Progress
from ..distributions import Distribution
from ..exceptions import StaleAttemptError, UpdateFinishedTrialError
from ..trial import FrozenTrial
from .failures import AttemptInterrupted, AttemptTimedOut
from .host import Host
from .training_time import TrainingTime

MAX_BUFFERED = 10_000  # reports; while the driver cannot store them, an attempt goes on this far without it


class Channel(Protocol):
    """The way from an attempt to whoever decides. Each call may raise StaleAttemptError."""

    def suggest(self, number: int, attempt: int, name: str, distribution: Distribution) -> ParamValue:
        """The value of a parameter that was not suggested ahead."""

    def report(self, number: int, attempt: int, progress: Progress) -> tuple[Decision, str | Leave | None]:
        """Deliver progress; it is stored when this returns. Answers the decision, and why to stop (None: go on)."""

    def finished(self, number: int, attempt: int) -> list[FrozenTrial]:
        """The study's finished trials by number, with dates in local time. They are shared; the list is new."""


class Delivery:
    """The buffers of one attempt, and the decisions that came back.

    Args:
        assignment: the attempt.
        channel: the way to the driver.
        host: its locks and its clock.
        time_limit: seconds this attempt may take.
        gpus: see Progress.
    """

    def __init__(
        self, assignment: Assignment, channel: Channel, host: Host, time_limit: float = math.inf, gpus: str = ""
    ) -> None:
        self.number, self.attempt = assignment.number, assignment.attempt
        self.channel = channel
        self.monotonic: Callable[[], float] = host.monotonic
        self.time = TrainingTime(host)
        self.deadline = self.time.began + time_limit
        self.acknowledged_at = self.time.began  # when the last delivery that was stored had been sent
        # Whoever takes both locks takes `delivering`, which lasts for a delivery, first;
        self.delivering = host.lock()
        self.lock = host.lock()  # and this one, of the buffers, only for moments
        self.decision = Decision.CONTINUE
        self.newest = -1  # the largest step reported in this attempt
        self._schedule = assignment.schedule
        # decisions are made for every step up to here
        self._decided_to = -1 if assignment.last_step is None else assignment.last_step
        self._repeated_at = self._decided_to + 1 if assignment.waits else -1  # an earlier attempt's PAUSE
        self.next_due = self._due_after(self._decided_to)
        self._interrupted, self.is_over = "", False
        self._leave: str | None = None  # why the attempt is to end once it has saved
        self._half_gone_at = math.inf  # when half of the time is over that its node had left, by the monotonic clock
        self._is_timed, self._gpus = assignment.is_timed, gpus
        self.pauses = assignment.pauses
        self._holds = False  # see hold
        self.stores_attrs = False  # whether attributes are delivered when they are set
        self._trained_at: dict[int, float] = {}  # of buffered reports
        self._reports: dict[int, tuple[float, ...]] = {}
        self._params: list[ParamValue] = []
        self._attrs: dict[str, str] = {}
        self._system_attrs: dict[str, str] = {}
        self._stops_run = False
        self._constraints: dict[str, float] = {}
        self._checkpoint: CheckpointRef | None = None
        self._order = 0  # deliveries that had attributes
        self._gathered = 0  # characters of attributes and choices in the buffers

    # --- the buffers -------------------------------------------------------------------------------------------------

    def add_report(self, values: tuple[float, ...], step: int) -> bool:
        """Buffer a report; answers whether the buffer is full. Call it with the lock."""
        self._reports[step] = values
        self.newest = max(self.newest, step)
        if self._is_timed and step >= self.next_due:
            self._trained_at[step] = self.time.trained()
        return len(self._reports) >= MAX_BUFFERED

    def add_param(self, param: ParamValue, size: int) -> None:
        """Buffer a parameter; ``size``: about how many characters its message has."""
        with self.lock:
            self._params.append(param)
        self._gather(size)

    def add_attr(self, key: str, text: str) -> None:
        """Buffer an attribute, as JSON text."""
        with self.lock:
            self._attrs[key] = text
        self._gather_attr(text)

    def add_system_attr(self, key: str, text: str) -> None:
        """Buffer a system attribute, as JSON text."""
        with self.lock:
            self._system_attrs[key] = text
        self._gather_attr(text)

    def stop_run(self) -> None:
        """Have the run start nothing new.

        Raises:
            AttemptInterrupted: see ``flush``.
        """
        with self.lock:
            self._stops_run = True
        self.flush()

    def add_constraint(self, key: str, value: float) -> None:
        """Buffer a constraint."""
        with self.lock:
            self._constraints[key] = value
        self._gather(100)

    def add_checkpoint(self, checkpoint: CheckpointRef) -> None:
        """Deliver a published checkpoint, with all that is buffered; it is stored when this returns."""
        with self.time.waiting():
            self.add_published(checkpoint)

    def add_published(self, checkpoint: CheckpointRef) -> None:
        """The same while the objective goes on: the uploading thread's way.

        Raises:
            AttemptInterrupted: another attempt has taken this one's place, or the driver is gone.
        """
        with self.delivering:
            with self.lock:
                self._checkpoint = checkpoint
            self.deliver()

    def hold(self, is_so: bool) -> None:
        """Whether reports wait from now on for a checkpoint that was saved, from the step of the next decision on.

        They do so only where that decision may pause the trial: it goes on from that checkpoint then.
        """
        self._holds = is_so and self.pauses

    @property
    def has_params(self) -> bool:
        """Whether parameters wait in the buffer."""
        return bool(self._params)

    def _gather(self, size: int) -> None:
        """Deliver what is buffered before it becomes longer than one message may be."""
        self._refuse_if_over()
        self._gathered += size
        if self._gathered > MAX_GATHERED:
            self.flush()

    def _gather_attr(self, text: str) -> None:
        self._gather(len(text))
        if self.stores_attrs:
            with suppress(RuntimeError, AttemptInterrupted):  # the study runs elsewhere now: it travels with the result
                self.flush()

    def suggest(self, name: str, distribution: Distribution) -> ParamValue:
        """Ask for a parameter that was not suggested ahead.

        Raises:
            AttemptInterrupted: another attempt has taken this one's place, or the driver is gone.
        """
        with self._waiting_for_answer():
            return self.channel.suggest(self.number, self.attempt, name, distribution)

    def finished(self) -> list[FrozenTrial]:
        """See Channel.

        Raises:
            AttemptInterrupted, AttemptTimedOut, UpdateFinishedTrialError: see ``suggest`` and ``check``.
        """
        self.check()
        with self._waiting_for_answer():
            return self.channel.finished(self.number, self.attempt)

    @contextmanager
    def _waiting_for_answer(self) -> Iterator[None]:
        try:
            with self.time.waiting():
                yield
        except StaleAttemptError as error:
            self.interrupt(str(error))
            raise AttemptInterrupted(str(error)) from None

    # --- delivering --------------------------------------------------------------------------------------------------

    def take_turn(self) -> None:
        """Take ``delivering`` for the objective, which may have to wait for what the heartbeat is delivering."""
        if not self.delivering.acquire(blocking=False):
            with self.time.waiting():
                self.delivering.acquire()

    def flush(self) -> None:
        """Deliver everything buffered while the objective waits; it is stored when this returns.

        Raises:
            AttemptInterrupted: another attempt has taken this one's place, or the driver is gone.
        """
        with self.time.waiting():
            self.deliver()

    def deliver(self) -> None:
        """Deliver everything buffered while the objective goes on: the heartbeat's way.

        Raises:
            AttemptInterrupted: another attempt has taken this one's place, or the driver is gone.
        """
        with self.delivering:
            progress = self._take()
            sent_at = self.monotonic()
            try:
                decision, stop = self.channel.report(self.number, self.attempt, progress)
            except StaleAttemptError as error:
                self._put_back(progress)  # the end of this attempt may count after all: it must be whole
                self.interrupt(str(error))
                raise AttemptInterrupted(str(error)) from None
            except BaseException:
                self._put_back(progress)
                raise
            self.acknowledged_at = sent_at
            self._decided_to = max([self._decided_to, *(step for step, _ in progress.reports)])
            self.next_due = self._due_after(self._decided_to)
            if self.decision is Decision.CONTINUE:
                self.decision = decision
            if isinstance(stop, Leave):
                self.leave(stop)
            elif stop:
                self.interrupt(stop)

    def drain(self) -> Progress:
        """Take everything buffered out of the buffer, and wait for what is on its way.

        What is held even now, as its checkpoint could not be published, is left out: it is trained and reported again.
        """
        with self.delivering:
            return self._take()

    def _take(self) -> Progress:
        with self.lock:
            self._order += bool(self._attrs or self._system_attrs)
            held = {s: v for s, v in self._reports.items() if s >= self.next_due} if self._holds else {}
            progress = Progress(
                reports=tuple((s, v) for s, v in self._reports.items() if s not in held),
                params=tuple(self._params),
                user_attrs=tuple(self._attrs.items()),
                constraints=tuple(self._constraints.items()),
                checkpoint=self._checkpoint,
                order=self._order if self._attrs or self._system_attrs else 0,
                trained=self.time.trained(),
                trained_at=tuple((s, at) for s, at in self._trained_at.items() if s not in held),
                saving=self.time.saved(),
                gpus=self._gpus,
                system_attrs=tuple(self._system_attrs.items()),
                stops_run=self._stops_run,
            )
            self._trained_at = {s: at for s, at in self._trained_at.items() if s in held}
            self._reports, self._params, self._attrs, self._constraints = held, [], {}, {}
            self._system_attrs, self._stops_run = {}, False
            self._checkpoint, self._gathered = None, 0
        return progress

    def _put_back(self, progress: Progress) -> None:
        """Undo a _take whose delivery failed."""
        with self.lock:
            self._reports = {**dict(progress.reports), **self._reports}
            self._trained_at = {**dict(progress.trained_at), **self._trained_at}
            self._params = [*progress.params, *self._params]
            self._attrs = {**dict(progress.user_attrs), **self._attrs}
            self._constraints = {**dict(progress.constraints), **self._constraints}
            self._system_attrs = {**dict(progress.system_attrs), **self._system_attrs}
            self._stops_run = self._stops_run or progress.stops_run
            self._checkpoint = self._checkpoint or progress.checkpoint

    def _due_after(self, step: int) -> int:
        """The first step past ``step`` at which a decision is due."""
        due = self._schedule.next_after(step)
        due = MAX_STEP + 1 if due is None else due
        return min(due, self._repeated_at) if step < self._repeated_at else due

    # --- being stopped -----------------------------------------------------------------------------------------------

    @property
    def is_interrupted(self) -> bool:
        """Whether the attempt was asked to end."""
        return bool(self._interrupted)

    def interrupt(self, reason: str) -> None:
        """Ask the objective to end: its next call of this trial raises AttemptInterrupted."""
        self._interrupted = reason

    @property
    def is_leaving(self) -> bool:
        """Whether the attempt is to save, and to end then."""
        return self._leave is not None

    @property
    def must_hurry(self) -> bool:
        """Whether half of the time is over that its node had left: nobody is to wait for a better place to save."""
        return self._leave is not None and self.monotonic() >= self._half_gone_at

    def leave(self, order: Leave) -> None:
        """Ask the objective to save: the attempt ends with the next checkpoint. Takes no lock: a signal may call it."""
        if self._leave is None and order.seconds is not None:
            self._half_gone_at = self.monotonic() + order.seconds / 2
        self._leave = order.reason

    def saved(self, step: int) -> None:
        """The checkpoint of a step is stored. An attempt that is to leave ends; where the step's report is still to
        come, with its next call, so that the report counts.

        Raises:
            AttemptInterrupted: it ends here.
        """
        if self._leave is not None:
            self.interrupt(self._leave)
            if step <= self._decided_to:
                raise AttemptInterrupted(self._leave)

    def close(self) -> None:
        """The attempt is over: what its trial is asked for from now on is refused, as nobody would hear of it."""
        self.is_over = True

    def _refuse_if_over(self) -> None:
        if self.is_over:
            raise UpdateFinishedTrialError(
                f"trial {self.number} is over: its objective has returned, or its result was told. Report, suggest and "
                "save before that."
            )

    def check(self) -> None:
        """Called by each method of the trial.

        Raises:
            AttemptInterrupted: it was asked to end.
            AttemptTimedOut: its time limit is over.
            UpdateFinishedTrialError: see ``close``.
        """
        self._refuse_if_over()
        if self._interrupted:
            raise AttemptInterrupted(self._interrupted)
        if self.monotonic() > self.deadline:
            raise AttemptTimedOut(f"trial {self.number}, attempt {self.attempt}: trial_timeout is over")


__all__ = ["MAX_BUFFERED", "Channel", "Delivery"]
