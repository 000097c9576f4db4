"""How fast a run's trials end, and what follows from it: how many tasks to queue ahead, and how many trials to put into
each. The launcher's, and nothing of the study.
"""

from __future__ import annotations

from collections.abc import Sequence

from .handover import Prefetched, Returned
from .host import Host

LOOK_AHEAD = 4  # tasks queued beyond what runs, so that a freed slot finds the next one and an autoscaler sees demand;
LOOK_AHEAD_SECONDS = 0.1  # more where trials are short: as many as end in this time,
LOOK_AHEAD_MOST = 64  # within bounds
# Ends a second above which trials are claimed in the launcher's own call, a moment before their tasks are submitted:
# they start within LOOK_AHEAD_SECONDS, so hardly anything fresher can come up, and each saves a round trip.
SHORT_TRIALS = 50.0
TASK_SECONDS = 0.02  # for which a task has trials, where they are that short: Ray's part of each is small then,
TASK_MOST = 32  # and as many trials at most
GATHER = 0.015  # seconds to gather ended tasks before one call hands them all over, where they end that fast


class Pace:
    """The pace of one run, over about the last second.

    Args:
        host: clock.
        short_trials: ends a second above which trials are claimed ahead of their tasks.
        task_seconds: for which one task has trials.
    """

    def __init__(self, host: Host, short_trials: float = SHORT_TRIALS, task_seconds: float = TASK_SECONDS) -> None:
        self._host, self._short_trials, self._task_seconds = host, short_trials, task_seconds
        self.ends_a_second, self._noted_at = 0.0, host.monotonic()
        self._seconds, self._n_timed = 0.0, 0  # that a trial takes

    def note(self, ended: Sequence[Returned], lost: int = 0) -> None:
        """So many more trials have ended."""
        now, n = self._host.monotonic(), len(ended) + lost
        passed, self._noted_at = now - self._noted_at, now
        share = min(1.0, passed)
        self.ends_a_second += share * (n / max(passed, 1e-6) - self.ends_a_second)
        took = [item.seconds for item in ended if item.message is not None]
        if took:
            self._n_timed = min(self._n_timed + len(took), TASK_MOST)  # a mean at first, and a moving one later
            self._seconds += min(1.0, len(took) / self._n_timed) * (sum(took) / len(took) - self._seconds)

    @property
    def is_short(self) -> bool:
        """Whether so many end that each is worth being claimed ahead; or will, by how long the first ones took."""
        return self.ends_a_second > self._short_trials or 0.0 < self._seconds < 1.0 / self._short_trials

    @property
    def gather(self) -> float:
        """Seconds to gather ends for one call."""
        return GATHER if self.ends_a_second * GATHER > 1 else 0.0

    def trials_a_task(self) -> int:
        """How many trials a task may have."""
        if not self.is_short:
            return 1
        return max(1, min(TASK_MOST, int(self._task_seconds / max(self._seconds, 1e-6))))

    def tasks_beyond(self, trials_a_task: int) -> int:
        """How many tasks to queue beyond what runs."""
        ahead = LOOK_AHEAD + int(self.ends_a_second * LOOK_AHEAD_SECONDS / trials_a_task)
        return min(ahead, LOOK_AHEAD_MOST)


def share_out(prefetched: Sequence[Prefetched], room: int, most: int) -> list[list[Prefetched]]:
    """Trials by tasks: ``most`` in one at most, and no more than keeps all busy; some must be alone.

    ``room``: tasks that can run at once.
    """
    together = [item for item in prefetched if not item.is_alone]
    size = max(1, min(most, -(-len(together) // max(1, room))))
    alone = [[item] for item in prefetched if item.is_alone]
    return alone + [together[i : i + size] for i in range(0, len(together), size)]


__all__ = ["SHORT_TRIALS", "TASK_SECONDS", "Pace", "share_out"]
