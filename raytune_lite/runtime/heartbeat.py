"""The heartbeat of a worker process: one thread that delivers buffered reports and so renews the attempt's lease.

It ends the process when the lease cannot be renewed: the driver may have given a silent attempt's trial to
another task. A thread cannot do that while C code holds the interpreter's lock, or just after the whole process was
stopped and woke up. So beside it stands the host's dead man's switch, set again with each answer of the driver, and
disarmed between two trials: the process may then do other work, and nobody waits for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ..core.messages import Leave
from .failures import AttemptInterrupted, DriverGone
from .host import Host
from .trial import Trial

INTERVAL = 1.0  # seconds between beats: how late a reader sees a report, and an attempt learns of Ctrl-C
EXIT_CODE = 75  # EX_TEMPFAIL: try again later
TIMEOUT_GRACE = 10.0  # seconds an attempt has to end itself after trial_timeout
_SWITCH_MARGIN = 2.0  # seconds after the lease: the heartbeat's thread, which says why, goes first


class Heartbeat:
    """Beats for the process's current trial. One per process, started once, kept for the next trial.

    Args:
        host: the process.
        lease: seconds.
        interval: seconds between beats.
    """

    def __init__(self, host: Host, lease: float, interval: float = INTERVAL) -> None:
        self.lease = lease
        self._host, self._interval = host, interval
        self._trial: Trial | None = None
        self._settle: Callable[[], None] | None = None  # see hold
        self._armed_at = -math.inf  # when the switch was set; -inf: it is not
        self._claimed_at: float | None = None  # when the claim of the trial to come was sent
        self._leave: Leave | None = None
        self._lock = host.lock()  # a beat must not set the switch when the trial has just been left

    def start(self) -> None:
        """Begin the thread."""
        self._host.start(self._run, "heartbeat")

    def watch(self, trial: Trial, *, is_short: bool = False) -> None:
        """Renew the lease of ``trial`` from now on.

        Args:
            trial: what this process works at.
            is_short: it was claimed ahead, because trials end within milliseconds. The first beat sets the switch then:
                to set it takes a new thread, which such a trial would feel. One with a time limit gets it at once.
        """
        with self._lock:
            self._trial = trial
            if self._leave is not None:  # it came between two trials
                trial.delivery.leave(self._leave)
            since = None if is_short else self._claimed_at
        if not is_short or trial.delivery.deadline < math.inf:
            self.acknowledged(since)

    @property
    def is_to_leave(self) -> bool:
        """Whether this process will soon be gone."""
        return self._leave is not None

    @property
    def order(self) -> Leave | None:
        """What it was told then."""
        return self._leave

    def tell_to_leave(self, order: Leave) -> None:
        """This process will soon be gone: its trial, and any later one, is to save and to end. Takes no lock: a signal
        calls it.
        """
        self._leave, trial = order, self._trial
        if trial is not None:
            trial.delivery.leave(order)

    def leave(self) -> None:
        """There is no trial any more: nobody waits for this process, and nothing ends it."""
        with self._lock:
            self._trial = None
            if self._armed_at > -math.inf:
                self._armed_at = -math.inf
                self._host.disarm()

    def hold(self, settle: Callable[[], None] | None) -> None:
        """Call ``settle`` after each beat: a task holds trials besides the one at work. None: no more."""
        self._settle = settle

    def acknowledged(self, since: float | None = None) -> None:
        """The lease starts again: at ``since``, when a message that was answered had been sent; None: now."""
        now = self._host.monotonic()
        with self._lock:
            if self._trial is None:
                self._claimed_at = since
                return
            if now - self._armed_at < self._interval:
                return  # messages may be answered a thousand times a second, and to set the switch takes a new thread
            self._armed_at = now
            limit = self._trial.delivery.deadline + TIMEOUT_GRACE
            end = min((now if since is None else since) + self.lease + _SWITCH_MARGIN, limit)
            self._host.arm(max(0.1, end - now))

    def _run(self) -> None:
        while True:
            self._host.sleep(self._interval)
            trial, settle = self._trial, self._settle
            if trial is not None:
                self.renew(trial)
            if settle is not None:
                settle()

    def renew(self, trial: Trial) -> None:
        """Renew the lease by a delivery; end the process if the driver has not answered for a whole lease."""
        if self._trial is trial and self._armed_at == -math.inf:  # it was short; where nobody answers it must end, too
            self.acknowledged(trial.delivery.acknowledged_at)
        try:
            trial.delivery.deliver()
        except (Exception, AttemptInterrupted) as error:  # noqa: BLE001  (whatever stands between us and the driver)
            if isinstance(error, AttemptInterrupted) and not isinstance(error, DriverGone):
                return  # the objective learns of it at its next call of the trial; if it makes none, the switch fires
            silent = self._host.monotonic() - trial.delivery.acknowledged_at
            if silent > self.lease and self._trial is trial:
                self._host.die(
                    EXIT_CODE,
                    f"raytune_lite: trial {trial.number}, attempt {trial.attempt}: no answer from the driver for "
                    f"{self.lease:.0f} s ({type(error).__name__}); this process ends, the trial goes on elsewhere. "
                    "That time is the lease, see optimize(lease=...).",
                )


__all__ = ["EXIT_CODE", "INTERVAL", "TIMEOUT_GRACE", "Heartbeat"]
