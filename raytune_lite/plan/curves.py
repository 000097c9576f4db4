"""What is recorded of each trial's learning curve: what it reported, after how many seconds, and how it ended.

Reads a study once: its trials, its attempts and its log. Simulates nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import messages as m
from ..storages.records import AttemptRecord
from ..storages.run_times import RunTimes, at_once
from ..trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    from ..study.results import Results

Key = tuple[int, int]  # trial, attempt
COMPLETE, FAIL = TrialState.COMPLETE, TrialState.FAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What is recorded of one trial.

    Args:
        number: the trial.
        steps: at which it reported, ascending.
        losses: what it reported there; smaller is better, NaN stays NaN.
        ends: seconds of training until each report, of all attempts, without what was trained twice.
        start_up: seconds from a claim to the objective, the median of the trial's attempts.
        tail: seconds from the last report to the end of a trial that is COMPLETE or FAIL; 0 for any other.
        state: of the trial.
        loss: the result of a COMPLETE trial, smaller is better; None for any other.
        attempts: that it took, without those that were lost or tried again.
    """

    number: int
    steps: tuple[int, ...]
    losses: tuple[float, ...]
    ends: tuple[float, ...]
    start_up: float
    tail: float
    state: TrialState
    loss: float | None
    attempts: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether the trial ended by itself: it is known that nothing comes after the curve."""
        return self.state in (COMPLETE, FAIL)

    @property
    def trained(self) -> float:
        """Seconds of training that are recorded."""
        return (self.ends[-1] if self.ends else 0.0) + self.tail

    @property
    def pace(self) -> float:
        """Seconds of training a step; the trial has reported something."""
        return self.ends[-1] / max(1, self.steps[-1])

    @property
    def worked(self) -> float:
        """Seconds of a slot that it took, start-ups included."""
        return self.attempts * self.start_up + self.trained


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The curves of a study, by trial number, and what they were made with.

    Args:
        curves: of the trials that have attempts.
        n_without_times: trials that were added or imported, of which no times are known, and children of PBTPruner,
            whose curves begin in the middle.
        slots: the most attempts that ran at once.
        seconds: for which at least one attempt ran.
        losses: attempts that ended without a result, by kind.
        worked: slot-seconds of all attempts.
        checkpoint_bytes: of a checkpoint, the mean; 0: there is none.
        saving: the share of the training that went into writing and reading checkpoints.
    """

    curves: tuple[Curve, ...]
    n_without_times: int
    slots: int
    seconds: float
    losses: dict[str, int]
    worked: float
    checkpoint_bytes: float
    saving: float = 0.0


def read(study: Results) -> Recorded:
    """The curves of a study with one objective; it may be running, and is not changed.

    Args:
        study: the study.

    Raises:
        ValueError: it has several objectives.
    """
    if len(study.directions) != 1:
        raise ValueError(
            f"study {study.study_name!r} has {len(study.directions)} objectives; curves can be replayed and planned "
            "with where there is one. Use a study with one objective."
        )
    attempts: dict[int, list[AttemptRecord]] = {}
    for attempt in study.attempts:
        attempts.setdefault(attempt.number, []).append(attempt)
    times = _Times()
    times.read(study.kept_log()[1], attempts)
    curves, without, sign = [], 0, study.directions[0].sign
    for trial in study.iter_trials():
        own = attempts.get(trial.number)
        if own is None or trial.parent is not None:
            without += bool(trial.intermediate_values) or trial.state is COMPLETE
        else:
            curves.append(_curve(trial, own, times, sign))
    slots, seconds = at_once([times.span(attempt) for each in attempts.values() for attempt in each])
    sizes = times.sizes
    return Recorded(
        curves=tuple(curves),
        n_without_times=without,
        slots=slots,
        seconds=seconds,
        losses=dict(Counter(a.outcome for each in attempts.values() for a in each if a.outcome in m.FAILURE_KINDS)),
        worked=sum(end - start for start, end in map(times.span, (a for each in attempts.values() for a in each))),
        checkpoint_bytes=sum(sizes) / len(sizes) if sizes else 0.0,
        saving=sum(times.saving.values()) / max(1e-9, sum(times.trained.values())),
    )


@dataclass(slots=True)
class _Times:
    """When what was delivered: ``marks`` are (last step of a delivery, seconds that the attempt had trained)."""

    marks: dict[Key, list[tuple[int, float]]] = field(default_factory=dict)
    trained: dict[Key, float] = field(default_factory=dict)  # in all, as far as is known
    start_ups: dict[Key, float] = field(default_factory=dict)
    saving: dict[Key, float] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    runs: RunTimes = field(default_factory=RunTimes)

    def read(self, log: Iterable[m.LogEntry], attempts: dict[int, list[AttemptRecord]]) -> None:
        started = {(a.number, a.attempt): a.started for each in attempts.values() for a in each}
        for at, event, _ in log:
            self.runs.note(at, event)
            if isinstance(event, (m.Reported, m.AttemptEnded)):
                key = (event.number, event.attempt)
                if key in started:
                    self._note(key, at - started[key], event.progress)

    def _note(self, key: Key, elapsed: float, progress: m.Progress) -> None:
        trained = progress.trained
        if trained > 0.0:
            self.start_ups.setdefault(key, max(0.0, elapsed - trained))
        else:  # a log of an earlier version, or a message without work
            trained = max(0.0, elapsed - self.start_ups.get(key, 0.0))
        self.trained[key] = max(trained, self.trained.get(key, 0.0))
        if progress.reports:
            self.marks.setdefault(key, []).append((max(step for step, _ in progress.reports), trained))
        if progress.saving > 0.0:
            self.saving[key] = max(progress.saving, self.saving.get(key, 0.0))
        if progress.checkpoint is not None:
            self.sizes.append(progress.checkpoint.size)

    def span(self, attempt: AttemptRecord) -> tuple[float, float]:
        """From when to when an attempt ran, as far as is known."""
        return attempt.started, self.runs.end_of(attempt)


def _curve(trial: FrozenTrial, attempts: Sequence[AttemptRecord], times: _Times, sign: int) -> Curve:
    reports = sorted(trial.intermediate_values.items())
    steps = [step for step, _ in reports]
    ends, trained = _ends(steps, attempts, times)
    start_ups = [times.start_ups[a.number, a.attempt] for a in attempts if (a.number, a.attempt) in times.start_ups]
    is_complete = trial.state is COMPLETE and trial.value is not None
    return Curve(
        number=trial.number,
        steps=tuple(steps),
        losses=tuple(sign * value for _, value in reports),
        ends=tuple(ends),
        start_up=median(start_ups) if start_ups else 0.0,
        tail=max(0.0, trained - (ends[-1] if ends else 0.0)) if trial.state in (COMPLETE, FAIL) else 0.0,
        state=trial.state,
        loss=sign * float(trial.value or 0.0) if is_complete else None,
        attempts=1 + sum(a.outcome not in m.FAILURE_KINDS for a in attempts[:-1]),
    )


def _ends(steps: Sequence[int], attempts: Sequence[AttemptRecord], times: _Times) -> tuple[list[float], float]:
    """Seconds of training until each of ``steps``, and until the end of the trial.

    Between two deliveries the reports are evenly spaced in time. An attempt goes on from the step that it resumed
    from: what an earlier one had done after it was done again, and counts once.
    """
    gap = int(median(b - a for a, b in pairwise(steps))) if len(steps) > 1 else 1
    marks: list[tuple[int, float]] = [(steps[0] - gap, 0.0)] if steps else []
    base = trained = 0.0
    for attempt in attempts:
        key = (attempt.number, attempt.attempt)
        resumed = attempt.resumed_step
        if marks:
            base = 0.0 if resumed is None else _at(marks, resumed)
            marks = [mark for mark in marks if mark == marks[0] or (resumed is not None and mark[0] <= resumed)]
        start, end = times.span(attempt)
        known = times.trained.get(key)
        trained = base + (end - start if known is None else known)
        found = times.marks.get(key, ())
        if not found and known is None and steps:  # its part of the log was given up
            found = [(steps[-1], end - start)]
        marks += [(step, base + seconds) for step, seconds in found if step > marks[-1][0]]
    if not steps:
        return [], trained
    ends = np.interp(steps, [step for step, _ in marks], [seconds for _, seconds in marks])
    return np.maximum.accumulate(ends).tolist(), trained


def _at(marks: Sequence[tuple[int, float]], step: int) -> float:
    return float(np.interp(step, [mark for mark, _ in marks], [seconds for _, seconds in marks]))


def with_reports(curves: Iterable[Curve]) -> list[Curve]:
    """Those of trials that reported something."""
    return [curve for curve in curves if curve.steps]


def longest(curves: Sequence[Curve]) -> int:
    """The largest step that any of them has; 0: none has one."""
    return max((curve.steps[-1] for curve in curves if curve.steps), default=0)


def first_step(curves: Sequence[Curve]) -> int:
    """The smallest step >= 1 at which one of them has reported; 1 where there is none."""
    found: list[Any] = [step for curve in curves for step in curve.steps[:2] if step >= 1]
    return min(found, default=1)


__all__ = ["Curve", "Recorded", "first_step", "longest", "read", "with_reports"]
