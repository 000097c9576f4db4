"""Where the slot-hours of a study went: every second of every slot has one name, and they add up.

A slot is room for one attempt. The database does not say how many slots a run had, so it is the most attempts that ran
at once in that run; what they did not use of its time is idle. Knows no picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...core.messages import FAILURE_KINDS
from ...storages.records import AttemptRecord
from ...storages.run_times import at_once
from ...trial import TrialState
from .ladder import Ladder
from .moments import Key, Moments

KEPT = ("useful", "promoted", "pruned", "paused")  # names of what counts
NAMES = {  # in the order of the bar
    "useful": "in trials that are COMPLETE",
    "promoted": "up to the highest rung from which a trial was promoted",
    "pruned": "after that, in trials that were pruned",
    "paused": "after that, in trials that are paused",
    "under_way": "in attempts that are running",
    "discarded": "in trials that failed",
    "lost": "trained again later, or to be trained again",
    "checkpoint": "in writing and reading checkpoints, in attempts that ended, of trials that did not fail",
    "start_up": "before the objective of an attempt began, and messages on their way",
    "idle": "slots without an attempt",
}


class Span(NamedTuple):
    """One run of the study: from its first claim to its last end, and the most attempts at once in it."""

    start: float
    end: float
    slots: int


class Parts(NamedTuple):
    """The seconds of one attempt, by name; and the name that most of it has."""

    seconds: dict[str, float]

    @property
    def main(self) -> str:
        """The name that most of the attempt has."""
        return max(self.seconds, key=lambda name: self.seconds[name], default="under_way")


class SlotTime:
    """The time of all attempts, and of the slots that they ran in.

    Args:
        attempts: of the study, by trial number and attempt.
        states: trial -> its state.
        moments: of its log.
        ladder: its rungs.
    """

    def __init__(
        self, attempts: Sequence[AttemptRecord], states: Mapping[int, TrialState], moments: Moments, ladder: Ladder
    ) -> None:
        self._states, self._moments = states, moments
        self._newest = {attempt.number: attempt.attempt for attempt in attempts}
        self._promoted_until: dict[int, float] = {}
        for number, rung in ladder.highest_promoted().items():
            arrival = moments.arrivals.get((number, rung.level))
            if arrival is not None:
                self._promoted_until[number] = arrival[1]
        self.attempts = attempts
        self.spans = _spans(attempts, moments)

    def parts(self, attempt: AttemptRecord) -> Parts:
        """The seconds of one attempt, by name. They add up to its length."""
        end = self._moments.end_of(attempt)
        if attempt.ended is None:
            return Parts({"under_way": end - attempt.started})
        key: Key = (attempt.number, attempt.attempt)
        length = end - attempt.started
        at, trained = self._moments.first_message.get(key, (attempt.started, 0.0))
        start_up = min(length, max(0.0, at - trained - attempt.started))
        begin, state = attempt.started + start_up, self._states.get(attempt.number)
        if state is TrialState.FAIL:
            return Parts(_positive(start_up=start_up, discarded=length - start_up))
        keep = self._kept_until(attempt, begin, end, state)
        worked = keep - begin
        found = {"start_up": start_up, "lost": length - start_up - worked}
        saving = min(worked, self._moments.saving.get(key, 0.0))
        found["checkpoint"] = saving
        working = 1.0 - saving / worked if worked > 0.0 else 0.0  # checkpoints are spread over it evenly
        if state is TrialState.COMPLETE:
            return Parts(_positive(**found, useful=worked * working))
        until = self._promoted_until.get(attempt.number)
        promoted = 0.0 if until is None else max(0.0, min(until, keep) - begin)
        rest = "pruned" if state is TrialState.PRUNED else "paused"
        return Parts(_positive(**found, promoted=promoted * working, **{rest: (worked - promoted) * working}))

    def _kept_until(self, attempt: AttemptRecord, begin: float, end: float, state: TrialState | None) -> float:
        """The time up to which an attempt's work was not done again."""
        key = (attempt.number, attempt.attempt)
        is_last = self._newest[attempt.number] == attempt.attempt
        if is_last and state is not None and state.is_finished():
            return end
        if attempt.outcome in FAILURE_KINDS or key in self._moments.went_past:
            return min(end, max(begin, self._moments.kept_until.get(key, begin)))
        return end

    def document(self) -> dict[str, Any]:
        """JSON-able: the parts in seconds, in the order of the bar; the slots of each run; all slot-seconds."""
        total = dict.fromkeys(NAMES, 0.0)
        for attempt in self.attempts:
            for name, seconds in self.parts(attempt).seconds.items():
                total[name] += seconds
        capacity = sum((span.end - span.start) * span.slots for span in self.spans)
        total["idle"] = max(0.0, capacity - sum(total.values()))
        return {
            "parts": [{"name": name, "seconds": total[name], "meaning": NAMES[name]} for name in NAMES],
            "capacity": sum(total.values()),
            "slots": [{"start": span.start, "end": span.end, "slots": span.slots} for span in self.spans],
        }


def _positive(**parts: float) -> dict[str, float]:
    return {name: max(0.0, seconds) for name, seconds in parts.items() if seconds > 0.0}


def _spans(attempts: Sequence[AttemptRecord], moments: Moments) -> list[Span]:
    """The runs in which attempts began. An attempt belongs to the latest run that had begun before it."""
    groups: dict[int, list[tuple[float, float]]] = {}
    for started, ended in sorted((attempt.started, moments.end_of(attempt)) for attempt in attempts):
        groups.setdefault(moments.run_of(started), []).append((started, ended))
    return [Span(group[0][0], max(end for _, end in group), at_once(group)[0]) for group in groups.values()]


__all__ = ["KEPT", "NAMES", "Parts", "SlotTime", "Span"]
