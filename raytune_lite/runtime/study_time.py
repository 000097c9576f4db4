"""The time of one study, as its driver stamps it on events. No step of a wall clock moves it.

The wall clock is read once, when the driver opens its study. From then on time passes as the machine's monotonic clock
says, so a clock that is set forwards expires nothing, and one that is set back does not make time stand still.
"""

from __future__ import annotations

from .host import Host


class StudyTime:
    """Seconds since a study was created; never smaller than before.

    One driver has one, also when it opens its study again.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._zero: float | None = None  # what ``host.elapsed`` was, or would have been, when the study was created

    def start(self, created: float, last: float) -> None:
        """The study is open.

        Args:
            created: when it was created, in seconds since 1970, by some machine's clock.
            last: the time of the last event in its log, in seconds since then; time goes on from there at least.
        """
        now = self._host.elapsed()
        if self._zero is None:
            self._zero = now - max(0.0, self._host.time() - created)
        self._zero = min(self._zero, now - last)

    def now(self) -> float:
        """Seconds since the study was created; 0 before ``start``."""
        return 0.0 if self._zero is None else self._host.elapsed() - self._zero


__all__ = ["StudyTime"]
