"""The time of one study, as its driver stamps it on events. No step of a wall clock moves it.

The wall clock is read once, when the first driver of a run opens its study. From then on time passes as the machine's
monotonic clock says, so a clock that is set forwards expires nothing, and one that is set back does not make time stand
still. A driver that begins again on the same machine goes on by the same clock, and reads no wall clock either. On
another machine its time stands still until the launcher has said for how long the run has been under way.
"""

from __future__ import annotations

from .host import Host

Mark = tuple[str, float]  # a boot of a machine, and what its ``host.elapsed`` was when the study was created


class StudyTime:
    """Seconds since a study was created; never smaller than before.

    One driver has one, also when it opens its study again.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._zero: float | None = None  # what ``host.elapsed`` was, or would have been, when the study was created
        self._run_began_at: float | None = None  # by the same clock; a driver that begins again is told by the launcher
        self._stands_at: float | None = None  # what ``now`` is until the launcher has said so
        self._began = 0.0  # when the run began, in seconds since the study was created

    def start(self, created: float, last: float, mark: Mark | None = None, began: float = 0.0) -> None:
        """The study is open.

        Args:
            created: when it was created, in seconds since 1970, by some machine's clock.
            last: the time of the last event in its log, in seconds since then; time goes on from there at least.
            mark: of the first driver of this run; None: this is the first one.
            began: when that one began the run, in seconds since the study was created.
        """
        now = self._host.elapsed()
        if mark is not None and mark[0] == self._host.machine() != "":
            self._zero = mark[1]  # also if this driver had begun before: a double of it may have begun the run
        elif self._zero is None:
            self._zero = now - max(0.0, self._host.time() - created)
            self._stands_at, self._began = None if mark is None else last, began
        self._zero = min(self._zero, now - last)

    @property
    def mark(self) -> Mark:
        """For later drivers of the same run; call it after ``start``."""
        return self._host.machine(), self._zero or 0.0

    def run_for(self, seconds: float | None) -> None:
        """The run has been under way for so long, as its first driver or its launcher says; None: nobody says."""
        if seconds is not None:
            self._run_began_at = self._host.elapsed() - seconds
            if self._stands_at is not None:
                stood_at, self._stands_at = self._stands_at, None
                self._zero = min(self._run_began_at - self._began, self._host.elapsed() - stood_at)

    def is_late(self, timeout: float | None) -> bool:
        """Whether the run has been under way for longer; no, as long as nobody has said for how long it has."""
        began_at = self._run_began_at
        return timeout is not None and began_at is not None and self._host.elapsed() > began_at + timeout

    def now(self) -> float:
        """Seconds since the study was created; 0 before ``start``."""
        if self._stands_at is not None:
            return self._stands_at
        return 0.0 if self._zero is None else self._host.elapsed() - self._zero


__all__ = ["StudyTime"]
