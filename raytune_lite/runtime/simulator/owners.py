"""Who owned the simulated study when: whether it was ever taken from a living driver, and whether work was lost.

The auditor's eye on ownership and on ends: it knows when each owner last renewed its lease, and which results the
script has in hand, and judges the drivers by that.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ...core.messages import AttemptEnded, Outcome
from ..config import OWNER_LEASE
from ..virtual.world import Process

SLACK = 0.5  # seconds between an owner's renewal and the moment at which another one has seen it
IN_HAND = 25.0  # seconds that the end of an attempt may take from its script to its driver, while messages get lost


class Owners:
    """The owners of one simulated study.

    Args:
        check: fails the history when its condition does not hold.
    """

    def __init__(self, check: Callable[[bool, str], None]) -> None:
        self._check = check
        self._epoch, self._run, self._renewed_at = 0, "", 0.0
        self._process: Process | None = None
        self._machine = ""  # on which the run began
        self._clock: float | None = None  # of the run's drivers there: by how much it is ahead; NaN: it may jump
        self._late_at: dict[str, float] = {}  # run -> when its timeout is over

    def acquired(self, epoch: int, run: str, process: Process) -> None:
        """A process took the study: from nobody, from its own run, from a dead process or from a silent one."""
        former, now = self._process, process.world.now
        if former is not None and former.alive and self._run != run:
            silent = now - self._renewed_at
            what = f"{process.name} took the study from {former.name}, which lives and renewed its lease"
            self._check(silent >= OWNER_LEASE - SLACK, f"{what} {silent:.1f} s ago")
        self._epoch, self._run, self._process, self._renewed_at = epoch, run, process, now

    def renewed(self, epoch: int) -> None:
        """The owner has written."""
        if epoch == self._epoch and self._process is not None:
            self._renewed_at = self._process.world.now

    def suspended(self, seconds: float) -> None:
        """All machines have slept for so long: nobody could renew anything."""
        self._renewed_at += seconds

    def opens(self, run: str, late_at: float) -> None:
        """The script of a run opens its study; before that time no timeout is over."""
        self._late_at[run] = late_at

    def begins(self, machine: str) -> None:
        """A run has begun, by a driver on this machine."""
        self._machine, self._clock = machine, None

    def stops(self, run: str, reason: str, now: float) -> None:
        """Nothing starts in a run any more."""
        early = self._late_at.get(run, math.inf) - now
        self._check(reason != "timeout" or early <= 0, f"{run} is stopped {early:.1f} s before its timeout is over")

    def opened(self, run: str, machine: str, ahead: float) -> None:
        """A driver has opened its study, whose time is so far ahead of virtual time.

        While all drivers of a run begin on the machine of the first one it does not jump, whatever their wall clocks
        say. After one on another machine it may: that one's events may be ahead.
        """
        if machine != self._machine:
            self._clock = math.nan
        elif self._clock is None:
            self._clock = ahead
        jump = ahead - (self._clock or 0.0)
        what = f"the time of the study jumps by {jump:.1f} s when a driver of {run} begins again"
        self._check(math.isnan(jump) or abs(jump) < 1e-3, what)

    def released(self, epoch: int) -> None:
        """The owner has given the study back."""
        if epoch == self._epoch:
            self._process = None


class Results:
    """Ends that scripts have in hand: finished work is not done again.

    Args:
        check: fails the history when its condition does not hold.
    """

    def __init__(self, check: Callable[[bool, str], None]) -> None:
        self._check = check
        self._in_hand: dict[tuple[int, int], tuple[Process, float]] = {}  # (trial, attempt) -> script, since when
        self._asleep_until = 0.0

    def returned(self, script: Process, event: AttemptEnded) -> None:
        """A task has returned its end to its script. A machine that sleeps receives it when it wakes."""
        if event.outcome is Outcome.COMPLETE:
            self._in_hand[event.number, event.attempt] = (script, max(script.world.now, self._asleep_until))

    def given_up(self, number: int, attempt: int, outcome: str, run: str, decided_at: float) -> None:
        """A driver of ``run`` gives an attempt up. Its commit may have taken long since it was decided."""
        found = self._in_hand.get((number, attempt))
        if found is None or not found[0].alive or found[0].name != run:
            return
        script, since = found
        seconds = decided_at - since
        what = f"attempt {attempt} of trial {number} is given up ({outcome})"
        self._check(seconds < IN_HAND, f"{what}; its result has been in the hands of {script.name} for {seconds:.0f} s")

    def suspended(self, now: float, seconds: float) -> None:
        """All machines sleep for so long from now on."""
        self._asleep_until = now + seconds
        self._in_hand = {key: (script, since + seconds) for key, (script, since) in self._in_hand.items()}


__all__ = ["Owners", "Results"]
