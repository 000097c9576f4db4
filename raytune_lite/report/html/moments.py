"""When what happened: one pass over a study's log of events, of which the times that a report needs are kept.

Knows no pruner: who stands at a rung, and who was promoted, is in the table of rungs, and the log says when. So the
log is read, and never folded, and a study with a pruner or sampler of the user's own can be reported as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ...core import messages as m
from ...core.messages import LogEntry
from ...storages.records import AttemptRecord, RungRecord
from ...storages.run_times import RunTimes

Key = tuple[int, int]  # (trial, attempt), or (trial, level)
_SAME_MOMENT = 0.5  # seconds: a database may round times; a slot's next attempt is a whole run later


@dataclass(slots=True)
class Moments(RunTimes):
    """What the log says of attempts and rungs. All times are seconds since the study was created.

    ``first_message``: of each attempt its first message that says how long it has trained: (time, seconds trained).
    ``saving``: of each attempt the seconds of its training that went into checkpoints; ``gpus``: the ids of its GPUs;
    ``prices``: of an hour, of attempts that said one.
    ``kept_until``: of each attempt the time of its last message at or before the step from which the next attempt of
    its trial went on. ``went_past``: attempts that reported steps beyond that one. ``arrivals``: (trial, level) ->
    (event, time, attempt) of what the trial has at that rung. ``claims``: the event with which an attempt began.
    ``n_given_up``: events that compaction has removed. ``is_exact``: the arrivals are what the
    pruner saw, in its order.
    """

    first_message: dict[Key, tuple[float, float]] = field(default_factory=dict)
    saving: dict[Key, float] = field(default_factory=dict)
    gpus: dict[Key, str] = field(default_factory=dict)
    prices: dict[Key, float] = field(default_factory=dict)
    kept_until: dict[Key, float] = field(default_factory=dict)
    went_past: set[Key] = field(default_factory=set)  # membership only
    arrivals: dict[Key, tuple[int, float, int]] = field(default_factory=dict)
    claims: dict[Key, int] = field(default_factory=dict)
    n_given_up: int = 0
    is_exact: bool = True


class Reader:
    """Reads the log once.

    Args:
        attempts: of the study.
        rungs: of the study.
        resumed: trial -> step of the newest checkpoint that is kept, for trials that wait for their next attempt.
    """

    def __init__(
        self, attempts: Sequence[AttemptRecord], rungs: Sequence[RungRecord], resumed: dict[int, int] | None = None
    ) -> None:
        self._by_slot: dict[str, list[tuple[float, Key]]] = {}  # Ray gives a task's id again on a new cluster
        for attempt in sorted(attempts, key=lambda attempt: attempt.started):
            key = attempt.number, attempt.attempt
            self._by_slot.setdefault(attempt.slot, []).append((attempt.started, key))
        self._next_from: dict[Key, int] = {}  # attempt -> the step from which the next one went on, -1: the beginning
        for attempt in attempts:
            before = (attempt.number, attempt.attempt - 1)
            self._next_from[before] = -1 if attempt.resumed_step is None else attempt.resumed_step
        for number, step in (resumed or {}).items():
            newest = max((a.attempt for a in attempts if a.number == number), default=0)
            self._next_from.setdefault((number, newest), step)
        self._levels: dict[int, list[int]] = {}  # trial -> levels at which it has not arrived yet, ascending
        self._at_end: dict[int, list[int]] = {}  # trial -> levels at which it stands since it ended
        for rung in sorted(rungs, key=lambda rung: rung.level):
            where = self._levels if rung.how in ("exact", "late") else self._at_end
            where.setdefault(rung.number, []).append(rung.level)
        self._found = Moments()

    def read(self, n_given_up: int, log: Iterable[LogEntry]) -> Moments:
        """The moments of this log, whose first ``n_given_up`` events are gone."""
        found = self._found
        found.n_given_up, found.is_exact = n_given_up, n_given_up == 0
        for seq, (at, event, _) in enumerate(log, start=n_given_up + 1):
            if isinstance(event, m.RunStarted):
                self._run(event)
            found.note(at, event)
            if isinstance(event, m.Reported):
                self._progress(seq, at, event.number, event.attempt, event.progress)
            elif isinstance(event, m.AttemptEnded):
                self._progress(seq, at, event.number, event.attempt, event.progress)
                self._ended(seq, at, event.number, event.attempt)
            elif isinstance(event, m.AttemptBegan):
                if event.price is not None:
                    found.prices.setdefault((event.number, event.attempt), event.price)
            elif isinstance(event, m.AttemptLost):
                self._ended(seq, at, event.number, event.attempt)
            elif isinstance(event, m.Claimed):
                self._claimed(seq, at, event.slot)
            elif isinstance(event, m.TrialAdded):
                found.is_exact = False  # its place in the order of arrival is not told apart here
        return found

    def _claimed(self, seq: int, at: float, slot: str) -> None:
        begun = [key for started, key in self._by_slot.get(slot, ()) if started <= at + _SAME_MOMENT]
        if begun:  # a slot runs one attempt in a run
            self._found.claims.setdefault(begun[-1], seq)

    def _run(self, event: m.RunStarted) -> None:
        runs = self._found.runs
        if runs and runs[-1][1].pruner != event.pruner:
            self._found.is_exact = False  # the new pruner's judge was told the history in another order
        if '"resource": "seconds"' in event.pruner:
            self._found.is_exact = False  # its levels are seconds, and reports have steps

    def _progress(self, seq: int, at: float, number: int, attempt: int, progress: m.Progress) -> None:
        key, found = (number, attempt), self._found
        if progress.trained > 0.0:
            found.first_message.setdefault(key, (at, progress.trained))
        if progress.saving > 0.0:
            found.saving[key] = max(progress.saving, found.saving.get(key, 0.0))
        if progress.gpus:
            found.gpus[key] = progress.gpus
        reports = progress.reports
        goes_on = self._next_from.get(key)
        if goes_on is not None and (reports or progress.checkpoint is not None):
            steps = [step for step, _ in reports]
            saved = steps if progress.checkpoint is None else [*steps, progress.checkpoint.step]
            if any(step <= goes_on for step in saved):
                found.kept_until[key] = at
            if any(step > goes_on for step in steps):
                found.went_past.add(key)
        levels = self._levels.get(number)
        if levels and reports:
            furthest = max(step for step, _ in reports)
            while levels and levels[0] <= furthest:
                found.arrivals[number, levels.pop(0)] = (seq, at, attempt)

    def _ended(self, seq: int, at: float, number: int, attempt: int) -> None:
        """The last of them is the trial's end, when it came to stand at the rungs that it did not reach."""
        for level in self._at_end.get(number, ()):
            self._found.arrivals[number, level] = (seq, at, attempt)


def loss_at(rung: RungRecord) -> float:
    """By what a trial is ranked at a rung: smaller is better; what is not finite is worst."""
    return rung.value if math.isfinite(rung.value) else math.inf


__all__ = ["Key", "Moments", "Reader", "loss_at"]
