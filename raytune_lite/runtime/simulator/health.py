"""Whether worker processes live and end as they must: the auditor's eye on leases, from the workers' side.

It knows when a driver last answered each process, and when its attempt was given up, and judges both sides by that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...core import messages as m
from ..heartbeat import TIMEOUT_GRACE
from ..virtual.world import Process

CALL = 8.0  # seconds between the driver's answer and the moment at which a worker hears it, at most
SLACK = 8.0  # seconds within which a process that must end has ended: a beat, the switch's margin, a message


@dataclass(slots=True)
class _Worker:
    process: Process
    number: int
    attempt: int
    began: float
    answered_at: float
    owner_answered_at: float


class Workers:
    """The worker processes of one simulated study.

    Args:
        lease: seconds.
        trial_timeout: seconds, or None.
        check: fails the history when its condition does not hold.
    """

    def __init__(self, lease: float, trial_timeout: float | None, check: Callable[[bool, str], None]) -> None:
        self._lease, self._trial_timeout, self._check = lease, trial_timeout, check
        self._at_work: dict[int, _Worker] = {}  # by the process's number
        self._given_up: dict[tuple[int, int], float] = {}  # (trial, attempt) -> when

    def begins(self, process: Process, number: int, attempt: int, *, is_prefetched: bool) -> None:
        """A process works at an attempt from now on; one that was prefetched has no answer of a driver yet."""
        now = process.world.now
        answered_at = -math.inf if is_prefetched else now
        self._at_work[process.number] = _Worker(process, number, attempt, now, now, answered_at)

    def answered(self, process: Process, *, from_owner: bool) -> None:
        """A driver has answered it just now: an answer, or BUSY. ``from_owner``: not one that was superseded."""
        worker = self._at_work.get(process.number)
        if worker is not None:
            worker.answered_at = process.world.now
            if from_owner:
                worker.owner_answered_at = worker.answered_at

    def leaves(self, process: Process) -> None:
        """It has returned from its attempt."""
        self._at_work.pop(process.number, None)

    def gives_up(self, number: int, attempt: int, outcome: str, now: float) -> None:
        """The driver has given an attempt up. A process that hears from it all the time must not lose its lease."""
        self._given_up[number, attempt] = now
        for worker in self._at_work.values():
            if (worker.number, worker.attempt) == (number, attempt) and worker.process.alive:
                silent, taken = now - worker.owner_answered_at, now - worker.began
                name = f"attempt {attempt} of trial {number}"
                if outcome == "lease_expired":
                    early = silent < self._lease - CALL
                    self._check(not early, f"{name} was answered {silent:.1f} s ago, and lost its lease")
                if outcome == "timeout" and self._trial_timeout is not None:
                    early = taken < self._trial_timeout - CALL
                    self._check(not early, f"{name} began {taken:.1f} s ago, and is said to take too long")

    def listen(self, events: Sequence[m.Event], now: float) -> None:
        """These are stored. No attempt may say that it has trained for longer than since it began."""
        spoken = [event for event in events if isinstance(event, (m.Reported, m.AttemptEnded))]
        said = {(event.number, event.attempt): event.progress.trained for event in spoken}
        for worker in self._at_work.values() if said else ():
            trained = said.get((worker.number, worker.attempt), 0.0)
            name = f"attempt {worker.attempt} of trial {worker.number}"
            self._check(trained < now - worker.began + 0.01, f"{name} says that it has trained for {trained} s")

    def suspended(self, seconds: float) -> None:
        """All machines have slept for so long, which no process counts."""
        for worker in self._at_work.values():
            worker.began += seconds
            worker.answered_at += seconds
            worker.owner_answered_at += seconds
        self._given_up = {key: at + seconds for key, at in self._given_up.items()}

    def is_given_up(self, process: Process) -> bool:
        """Whether the attempt that a process works at was given up."""
        worker = self._at_work.get(process.number)
        return worker is not None and (worker.number, worker.attempt) in self._given_up

    def attempt_of(self, process: Process) -> tuple[int, int] | None:
        """The trial and the attempt at which a process works."""
        worker = self._at_work.get(process.number)
        return None if worker is None else (worker.number, worker.attempt)

    def is_at(self, process: Process, number: int, attempt: int) -> bool:
        """Whether a process works at this attempt."""
        worker = self._at_work.get(process.number)
        return worker is not None and (worker.number, worker.attempt) == (number, attempt)

    def look(self, now: float) -> None:
        """No process may go on for long after its attempt was given up, or past its time limit."""
        for key, worker in list(self._at_work.items()):
            process = worker.process
            if not process.alive:
                del self._at_work[key]
            elif process.paused_until + SLACK < now:
                self._look_at(worker, now)

    def _look_at(self, worker: _Worker, now: float) -> None:
        name = f"attempt {worker.attempt} of trial {worker.number}"
        given_up = self._given_up.get((worker.number, worker.attempt))
        if given_up is not None:
            # a task may begin one that was claimed for it long ago; its first beat sets the switch
            end = max(given_up, worker.answered_at, worker.began) + self._lease + SLACK
            self._check(now <= end, f"{name} was given up {now - given_up:.0f} s ago, and its process goes on")
        if self._trial_timeout is not None:
            end = worker.began + self._trial_timeout + TIMEOUT_GRACE + SLACK
            self._check(now <= end, f"{name} has taken {now - worker.began:.0f} s, and its process goes on")
