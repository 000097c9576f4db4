"""What simulated objectives read of their study, judged by the committed rows: a beginning of what has ended, in the
order of its ends, and never less than before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...core import messages as m
from ...trial import FrozenTrial, TrialState
from ..virtual.world import Process
from .facts import TrialFacts

_STATES = (m.NewTrial, m.AdoptTrial, m.SetState)  # rows that say a trial's state


class Readings:
    """The trials of one study in the order in which they ended, and how many of them each process has been shown.

    Args:
        check: fails the history when its condition does not hold.
        shown: what a book before this one, of the same study, knew of processes.
    """

    def __init__(self, check: Callable[[bool, str], None], shown: dict[Process, int] | None = None) -> None:
        self._check = check
        self.ended: dict[int, None] = {}
        self._before: dict[tuple[int, int], int] = {}  # attempt -> how many had ended when it began
        self._shown: dict[Process, int] = {} if shown is None else shown

    def fresh(self) -> Readings:
        """One that has seen no row: the power was cut. Processes have not forgotten what they were shown."""
        return Readings(self._check, self._shown)

    def take(self, rows: Sequence[m.Row]) -> None:
        """The rows of one transaction."""
        for row in rows:
            if isinstance(row, _STATES) and row.state.is_finished():
                self.ended.setdefault(row.number)
            elif isinstance(row, m.NewAttempt):
                self._before[row.number, row.attempt] = len(self.ended)

    def power_was_cut(self) -> None:
        """All rows that are left have been taken in again."""
        most = max(self._shown.values(), default=0)
        self._check(most <= len(self.ended), f"an objective was shown {most} ends, and a power cut left fewer")

    def read(
        self, process: Process, attempt: tuple[int, int], found: Sequence[FrozenTrial], facts: Mapping[int, TrialFacts]
    ) -> None:
        """A process got this answer: it must be true, and not older than what the process or the attempt knows."""
        n, least = len(found), max(self._shown.get(process, 0), self._before.get(attempt, 0))
        who = f"trial {attempt[0]}, attempt {attempt[1]}"
        self._check(n >= least, f"{who} is shown {n} finished trials, and {least} had ended before")
        numbers, true = [trial.number for trial in found], sorted(list(self.ended)[:n])
        self._check(numbers == true, f"{who} is shown trials {numbers}, the first {n} to end were {true}")
        self._shown[process] = n
        for trial in found:
            stored = facts[trial.number]
            now = (trial.state, trial.values, trial.params, trial.reports)
            values = None if stored.values is None else list(stored.values)
            reports = {step: list(each) for step, each in stored.reports.items()}
            rows = (stored.state, values, stored.params, reports)
            self._check(repr(_plain(now)) == repr(_plain(rows)), f"{who} is shown {now}, the rows say {rows}")


def _plain(shown: tuple[TrialState, object, Mapping[str, float], Mapping[int, Sequence[float]]]) -> object:
    state, values, params, reports = shown
    return (
        state,
        values,
        sorted((name, float(value)) for name, value in params.items()),
        sorted((step, list(each)) for step, each in reports.items()),
    )


__all__ = ["Readings"]
