"""The Gantt of a report: which attempt ran when, in lanes by node and GPU. Knows no picture and no words for people.

The lanes of one node are numbered, and those of one GPU where the log says which one an attempt had: an attempt takes
the lowest lane that is free.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ...display.text import printable
from ...storages.records import AttemptRecord
from .moments import Moments
from .slot_time import SlotTime

BARS = 3_000  # that are drawn one by one
LANES = 64  # that are drawn
SLICES = 400  # into which a lane is cut where there are more bars
GAP = 0.05  # of the busy time: a longer time without any attempt is drawn as short as this


class Where(NamedTuple):
    """The place of an attempt: its node, and the ids of its GPUs there ("": none, or not known)."""

    node: str
    gpus: str


class Lanes:
    """The lanes of all attempts.

    Args:
        time: of the attempts.
        moments: of the log.
    """

    def __init__(self, time: SlotTime, moments: Moments) -> None:
        self._time, self._moments = time, moments
        ordered = sorted(time.attempts, key=lambda a: (a.started, a.number))
        self._clock = _Clock([(a.started, moments.end_of(a)) for a in ordered])
        placed = self._placed(ordered)
        self.lanes = sorted({(place, lane) for place, lane, _ in placed})
        rows = {lane: row for row, lane in enumerate(self.lanes)}
        self.bars = [(rows[place, lane], attempt) for place, lane, attempt in placed]

    def _place(self, attempt: AttemptRecord) -> Where:
        """An attempt that was never heard of has no GPU that is known."""
        return Where(attempt.node, self._moments.gpus.get((attempt.number, attempt.attempt), ""))

    def _placed(self, ordered: Sequence[AttemptRecord]) -> list[tuple[Where, int, AttemptRecord]]:
        """(where, lane there, attempt) of each."""
        free: dict[Where, list[int]] = {}
        busy: dict[Where, list[tuple[float, int]]] = {}
        placed = []
        for attempt in ordered:
            place = self._place(attempt)
            mine, waiting = free.setdefault(place, []), busy.setdefault(place, [])
            while waiting and waiting[0][0] <= attempt.started:
                heapq.heappush(mine, heapq.heappop(waiting)[1])
            lane = heapq.heappop(mine) if mine else len(waiting)
            heapq.heappush(waiting, (self._moments.end_of(attempt), lane))
            placed.append((place, lane, attempt))
        return placed

    def document(self) -> dict[str, Any]:
        """JSON-able.

        ``bars``: [lane, start, end, name of its time, trial, attempt, outcome, step that it began from]; or, where
        there are too many, ``slices``: [lane, start, end, name that most of its time has, attempts in it]. Times are
        seconds on an axis without long gaps: ``gaps`` are [where on that axis, seconds that were left out].
        """
        drawn = self.lanes[:LANES]
        found: dict[str, Any] = {
            "lanes": [
                {"node": printable(place.node[:12]), "gpus": printable(place.gpus), "lane": lane}
                for place, lane in drawn
            ],
            "n_lanes": len(self.lanes), "n_bars": len(self.bars),
            "gaps": self._clock.gaps, "length": self._clock.length, "start": self._clock.start,
        }  # fmt: skip
        shown = [(lane, attempt) for lane, attempt in self.bars if lane < LANES]
        if len(shown) <= BARS:
            found["bars"] = [self._bar(lane, attempt) for lane, attempt in shown]
        else:
            found["slices"] = self._slices(shown)
        return found

    def _bar(self, lane: int, attempt: AttemptRecord) -> list[Any]:
        start, end = self._clock(attempt.started), self._clock(self._moments.end_of(attempt))
        name = self._time.parts(attempt).main
        return [
            lane, round(start, 4), round(end, 4), name, attempt.number, attempt.attempt, attempt.outcome,
            attempt.resumed_step,
        ]  # fmt: skip

    def _slices(self, shown: Sequence[tuple[int, AttemptRecord]]) -> list[list[Any]]:
        """Each lane cut into equal parts; neighbours with the same name are joined."""
        width = self._clock.length / SLICES
        seconds: dict[tuple[int, int], dict[str, float]] = {}
        counts: dict[tuple[int, int], int] = {}
        for lane, attempt in shown:
            start, end = self._clock(attempt.started), self._clock(self._moments.end_of(attempt))
            name = self._time.parts(attempt).main
            first, last = int(start / width), min(SLICES - 1, int(end / width))
            for k in range(first, last + 1):
                part = min(end, (k + 1) * width) - max(start, k * width)
                of = seconds.setdefault((lane, k), {})
                of[name] = of.get(name, 0.0) + part
                counts[lane, k] = counts.get((lane, k), 0) + 1
        joined: list[list[Any]] = []
        for (lane, k), of in sorted(seconds.items()):
            name = max(of, key=lambda name: of[name])
            last_one = joined[-1] if joined else None
            if (
                last_one is not None
                and last_one[0] == lane
                and last_one[3] == name
                and abs(last_one[2] - k * width) < width / 2
            ):
                last_one[2], last_one[4] = round((k + 1) * width, 4), last_one[4] + counts[lane, k]
            else:
                joined.append([lane, round(k * width, 4), round((k + 1) * width, 4), name, counts[lane, k]])
        return joined


class _Clock:
    """Seconds since the study was created -> seconds on the axis, which skips the times without any attempt."""

    def __init__(self, spans: Sequence[tuple[float, float]]) -> None:
        self.start = spans[0][0] if spans else 0.0
        merged: list[list[float]] = []
        for start, end in spans:
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        busy = sum(end - start for start, end in merged)
        self.gaps: list[list[float]] = []
        self._skips: list[tuple[float, float]] = []  # (from this time on, seconds left out so far)
        skipped = 0.0
        for (_, before), (after, _) in pairwise(merged):
            excess = after - before - GAP * busy
            if excess > 0:
                self.gaps.append([before - self.start - skipped, excess])
                skipped += excess
                self._skips.append((after, skipped))
        self.length = max(1e-9, (merged[-1][1] if merged else self.start) - self.start - skipped)

    def __call__(self, at: float) -> float:
        k = bisect_right(self._skips, at, key=lambda skip: skip[0])
        return at - self.start - (self._skips[k - 1][1] if k else 0.0)


__all__ = ["BARS", "Lanes"]
