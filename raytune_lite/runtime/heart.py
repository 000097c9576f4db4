"""The heartbeat of a worker process: one thread that delivers buffered reports, renews the lease, and ends the process
when the lease cannot be renewed (law 3: an attempt that nobody hears any more may have been given away).
"""

from __future__ import annotations

import os
import threading
import time

from .worker import AttemptInterrupted, Trial

INTERVAL = 1.0  # seconds between beats: how late a reader sees a report, and an attempt learns of Ctrl-C
EXIT_CODE = 75  # EX_TEMPFAIL: try again later


class Heart(threading.Thread):
    """Beats for the process's current trial. One per process, started with the first trial, kept for the next."""

    def __init__(self, lease: float) -> None:
        super().__init__(name="raytune_lite-heart", daemon=True)
        self.lease = lease
        self._trial: Trial | None = None

    def watch(self, trial: Trial | None) -> None:
        """Beat for ``trial`` from now on; None: for nobody."""
        self._trial = trial

    def run(self) -> None:
        """Beat until the process ends."""
        while True:
            time.sleep(INTERVAL)
            trial = self._trial
            if trial is not None:
                self.beat(trial)

    def beat(self, trial: Trial) -> None:
        """One beat; ends the process if the driver has not answered for a whole lease."""
        try:
            trial.flush()
        except AttemptInterrupted:
            pass  # the objective learns of it at its next call of the trial
        except Exception as error:  # noqa: BLE001  (whatever stands between us and the driver: the lease decides)
            if time.monotonic() - trial.told > self.lease and self._trial is trial:
                print(  # noqa: T201  (a worker's stderr is all that is left to speak to)
                    f"raytune_lite: trial {trial.number}, attempt {trial.attempt}: no answer from the driver for "
                    f"{self.lease:.0f} s ({type(error).__name__}); this process ends, the trial goes on elsewhere.",
                    flush=True,
                )
                os._exit(EXIT_CODE)


__all__ = ["EXIT_CODE", "INTERVAL", "Heart"]
