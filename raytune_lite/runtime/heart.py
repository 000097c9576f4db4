"""The heartbeat of a worker process: one thread that delivers buffered reports, renews the lease, and ends the process
when the lease cannot be renewed (law 3: an attempt that nobody hears any more may have been given away).

A thread cannot beat, nor end anything, while C code holds the interpreter's lock, or just after the whole process was
stopped and woke again. So beside it stands a dead man's switch that needs no lock: faulthandler's timer, a thread in C,
set anew with each beat. It ends the process where the heart cannot, and writes to stderr where the code hung.
"""

from __future__ import annotations

import faulthandler
import math
import os
import sys
import threading
import time

from .failures import AttemptInterrupted, DriverGone
from .trial import Trial

INTERVAL = 1.0  # seconds between beats: how late a reader sees a report, and an attempt learns of Ctrl-C
EXIT_CODE = 75  # EX_TEMPFAIL: try again later
TIMEOUT_GRACE = 10.0  # seconds an attempt has to end itself after trial_timeout
_SWITCH_MARGIN = 2.0  # seconds after the lease: the heart itself, which says why, goes first
_STDERR = 2


class Heart(threading.Thread):
    """Beats for the process's current trial. One per process, started with the first trial, kept for the next."""

    def __init__(self, lease: float) -> None:
        super().__init__(name="raytune_lite-heart", daemon=True)
        self.lease = lease
        self._trial: Trial | None = None
        self._set_at = -math.inf  # when the switch was set last

    def watch(self, trial: Trial | None) -> None:
        """Beat for ``trial`` from now on; None: for nobody."""
        had_limit = self._trial is not None and self._trial.delivery.deadline < math.inf
        self._trial = trial
        if had_limit or (trial is not None and trial.delivery.deadline < math.inf):
            self._set_at = -math.inf
        self.heard()

    def heard(self) -> None:
        """The driver has answered just now, or none need answer: the lease begins anew."""
        now = time.monotonic()
        if now - self._set_at < INTERVAL:
            return  # short trials are heard of a thousand times a second, and a setting takes a new thread
        self._set_at = now
        trial = self._trial
        limit = math.inf if trial is None else trial.delivery.deadline + TIMEOUT_GRACE - now
        seconds = max(0.1, min(self.lease + _SWITCH_MARGIN, limit))
        faulthandler.dump_traceback_later(seconds, exit=True, file=_STDERR)

    def run(self) -> None:
        """Beat until the process ends."""
        while True:
            time.sleep(INTERVAL)
            trial = self._trial
            if trial is None:
                self.heard()
            else:
                self.beat(trial)

    def beat(self, trial: Trial) -> None:
        """One beat; ends the process if the driver has not answered for a whole lease."""
        try:
            trial.delivery.flush()
        except (Exception, AttemptInterrupted) as error:  # noqa: BLE001  (whatever stands between us and the driver)
            if isinstance(error, AttemptInterrupted) and not isinstance(error, DriverGone):
                return  # the objective learns of it at its next call of the trial
            # the lease decides
            if time.monotonic() - trial.delivery.acknowledged_at > self.lease and self._trial is trial:
                print(  # noqa: T201  (a worker's stderr is all that is left to speak to)
                    f"raytune_lite: trial {trial.number}, attempt {trial.attempt}: no answer from the driver for "
                    f"{self.lease:.0f} s ({type(error).__name__}); this process ends, the trial goes on elsewhere.",
                    file=sys.stderr,
                    flush=True,
                )
                os._exit(EXIT_CODE)


__all__ = ["EXIT_CODE", "INTERVAL", "TIMEOUT_GRACE", "Heart"]
