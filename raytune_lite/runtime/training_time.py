"""For how long an attempt has trained, by the process's own monotonic clock. Knows no message."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from .host import Host


class TrainingTime:
    """The seconds since an attempt began, without those in which its objective waited for the driver: for a decision, a
    parameter, a connection that was lost.

    Args:
        host: its clock and its locks. The attempt begins now.
    """

    def __init__(self, host: Host) -> None:
        self._monotonic, self._lock = host.monotonic, host.lock()
        self.began = self._monotonic()
        self._waited, self._waits_since = 0.0, math.inf  # the waits that are over; when this one began
        self._saving = 0.0

    def trained(self) -> float:
        """Seconds for which the attempt has trained so far, to the millisecond."""
        with self._lock:
            end = min(self._monotonic(), self._waits_since)
            return max(0.0, round(end - self.began - self._waited, 3))

    def saved(self) -> float:
        """Seconds of these that went into checkpoints, to the millisecond."""
        return round(self._saving, 3)

    @contextmanager
    def saving(self) -> Iterator[None]:
        """The objective writes or reads a checkpoint meanwhile."""
        began = self.trained()
        try:
            yield
        finally:
            self._saving += self.trained() - began

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The objective's thread waits for the driver meanwhile: that is no training."""
        self._waits_since = self._monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._waited += self._monotonic() - self._waits_since
                self._waits_since = math.inf


__all__ = ["TrainingTime"]
