"""The numbers of a run, handed to Ray's metrics once a second. Ray serves them for Prometheus at each node.

A driver process hosts one run after another and has one instrument for each metric: what was handed to a counter stays
in it, so each run hands over what has come since.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable
from typing import Any

from ...metrics.catalogue import METRICS, STUDY
from ...metrics.meter import Reading

INTERVAL = 1.0  # seconds
PATIENCE = 2.0  # seconds that the end of a run waits for a reading under way


class Export:
    """Hands the numbers of one run to Ray, in a thread of its own.

    Args:
        study: the study's name, the label of all numbers.
        measure: reads the numbers; None: there are none. An exception ends the export, and nothing else.
    """

    def __init__(self, study: str, measure: Callable[[], Reading | None]) -> None:
        self._study, self._measure = study, measure
        self._given: dict[tuple[str, str], float] = {}  # of the counters, what was handed over
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Begin; called once the study is open."""
        self._thread.start()

    def close(self) -> None:
        """Hand over the last numbers, and say that no slot is held any more. Call it before the study is given back."""
        self._closed.set()
        if self._thread.ident is not None:
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        is_last = False
        with contextlib.suppress(Exception):  # the driver's callers get what went wrong; a run needs no metrics
            while not is_last:
                is_last = self._closed.wait(INTERVAL)
                reading = self._measure()
                if reading is not None:
                    self._hand_over(reading)
        with contextlib.suppress(Exception):
            for state in ("busy", "idle", "wanted"):
                self._record("rtl_slots", state, "set", 0.0)

    def _hand_over(self, reading: Reading) -> None:
        for (name, label), value in reading.gauges.items():
            self._record(name, label, "set", value)
        for key, total in reading.counters.items():
            more = total - self._given.get(key, 0.0)
            if more > 0:
                self._record(*key, "inc", more)
                self._given[key] = total
        for name, durations in reading.observed.items():
            for seconds in durations:
                self._record(name, "", "observe", seconds)

    def _record(self, name: str, label: str, how: str, value: float) -> None:
        labels = {STUDY: self._study, **dict.fromkeys(METRICS[name].labels, label)}
        getattr(instruments()[name], how)(float(value), labels)


@functools.cache
def instruments() -> dict[str, Any]:
    """Ray's counters, gauges and histograms of this process, by name."""
    from ray.util.metrics import Counter, Gauge, Histogram

    made: dict[str, Any] = {}
    for metric in METRICS.values():
        tags = (STUDY, *metric.labels)
        if metric.kind == "histogram":
            made[metric.name] = Histogram(metric.name, metric.text, list(metric.buckets), tags)
        else:
            kind = Gauge if metric.kind == "gauge" else Counter
            made[metric.name] = kind(metric.name, metric.text, tags)
    return made


__all__ = ["Export", "instruments"]
