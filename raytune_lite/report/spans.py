"""A study as spans of OpenTelemetry: one trace with the study, its trials and their attempts, as OTLP's JSON.

What was reported, saved, and came to a rung are events of an attempt. Ids follow from the study and the numbers alone,
so a study that is exported again while it runs gives the same spans, only longer. Times are those of the log.

Source: OpenTelemetry Protocol 1.x, JSON encoding (ids as hexadecimal text, 64-bit integers as text).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..core import messages as m
from ..core.messages import FAILURE_KINDS
from ..trial import FrozenTrial, TrialState
from .html.moments import Key, Moments, Reader

if TYPE_CHECKING:
    from ..storages.records import AttemptRecord, RungRecord
    from ..study.results import Results

SPANS_A_LINE = 1000
_INTERNAL, _OK, _ERROR = 1, 1, 2
_Span = dict[str, Any]


def lines(study: Results) -> Iterator[str]:
    """Lines of JSON, each a whole ``TracesData`` with some of the spans, as a collector's file receiver reads them.

    Args:
        study: the study; it may be running.
    """
    found: list[_Span] = []
    for span in _Spans(study).all():
        found.append(span)
        if len(found) == SPANS_A_LINE:
            yield _line(study, found)
            found = []
    if found:
        yield _line(study, found)


def _line(study: Results, spans: Sequence[_Span]) -> str:
    resource = {"attributes": _attributes({"service.name": "raytune_lite", "rtl.study": study.study_name})}
    scope = {"name": "raytune_lite", "version": __version__}
    whole = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans}]}]}
    return json.dumps(whole, separators=(",", ":")) + "\n"


class _Spans:
    """The spans of one study. Keeps the events of all attempts in memory."""

    def __init__(self, study: Results) -> None:
        self._study = study
        self._created = round(study.created * 1e9)
        self._name = f"{study.study_name}\0{self._created}"
        self.trace = self._id("trace", size=16)
        self._attempts: dict[int, list[AttemptRecord]] = {}
        for attempt in study.attempts:
            self._attempts.setdefault(attempt.number, []).append(attempt)
        every = [attempt for found in self._attempts.values() for attempt in found]
        rungs = study.rungs
        self._events: dict[Key, list[_Span]] = {}
        n_given_up, log = study.kept_log()
        self._moments: Moments = Reader(every, rungs).read(n_given_up, self._noted(log))
        self._note_rungs(rungs)

    def _id(self, *parts: object, size: int = 8) -> str:
        text = "\0".join([self._name, *map(str, parts)])
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[: 2 * size]

    def _time(self, at: float) -> str:
        return str(self._created + round(at * 1e9))

    def _noted(self, log: Iterable[m.LogEntry]) -> Iterator[m.LogEntry]:
        """The log, for who reads it too; what was reported and saved is noted on the way."""
        for entry in log:
            if isinstance(entry.event, (m.Reported, m.AttemptEnded)):
                self._note_progress(entry.at, entry.event)
            yield entry

    def _note_progress(self, at: float, event: m.Reported | m.AttemptEnded) -> None:
        key, progress = (event.number, event.attempt), event.progress
        for step, values in progress.reports:
            numbers = {"value": values[0]} if len(values) == 1 else {f"value.{i}": v for i, v in enumerate(values)}
            self._note(key, at, "report", {"step": step, **numbers})
        if progress.checkpoint is not None:
            ref = progress.checkpoint
            self._note(key, at, "checkpoint", {"step": ref.step, "bytes": ref.size})

    def _note_rungs(self, rungs: Sequence[RungRecord]) -> None:
        for rung in rungs:
            arrival = self._moments.arrivals.get((rung.number, rung.level))
            if arrival is not None:
                _, at, attempt = arrival
                what = {"level": rung.level, "bracket": rung.bracket, "how": rung.how, "promoted": rung.promoted}
                self._note((rung.number, attempt), at, "rung", what)

    def _note(self, key: Key, at: float, name: str, attributes: Mapping[str, Any]) -> None:
        event = {"timeUnixNano": self._time(at), "name": name, "attributes": _attributes(attributes, "rtl.")}
        self._events.setdefault(key, []).append(event)

    # --- spans -------------------------------------------------------------------------------------------------------

    def all(self) -> Iterator[_Span]:
        """The study, and each trial followed by its attempts."""
        root, end = self._id("study"), self._moments.last_at
        yield self._span(root, "", "study", 0.0, end, {"n_trials": sum(self._study.state_counts().values())})
        for trial in self._study.iter_trials():
            attempts = self._attempts.get(trial.number, ())
            if attempts:
                yield from self._trial(root, trial, attempts)

    def _trial(self, root: str, trial: FrozenTrial, attempts: Sequence[AttemptRecord]) -> Iterator[_Span]:
        own, ends = self._id("trial", trial.number), [self._moments.end_of(attempt) for attempt in attempts]
        about = {"trial": trial.number, "state": trial.state.name}
        about |= {f"value.{i}" if i else "value": value for i, value in enumerate(trial.values or ())}
        about |= {f"params.{name}": value for name, value in trial.params.items()}
        code = {TrialState.COMPLETE: _OK, TrialState.FAIL: _ERROR}.get(trial.state, 0)
        name = f"trial {trial.number}"
        yield self._span(own, root, name, attempts[0].started, max(ends), about, code)
        for attempt, end in zip(attempts, ends, strict=True):
            outcome = attempt.outcome or "running"
            told = {"trial": attempt.number, "attempt": attempt.attempt, "outcome": outcome, "node": attempt.node}
            told |= {"slot": attempt.slot, "resumed_step": attempt.resumed_step, "exit_code": attempt.exit_code}
            code = _ERROR if outcome in FAILURE_KINDS else _OK if outcome == m.Outcome.COMPLETE.value else 0
            span = self._span(
                self._id("attempt", attempt.number, attempt.attempt), own, f"trial {attempt.number} attempt "
                f"{attempt.attempt}", attempt.started, end, told, code,
            )  # fmt: skip
            if code == _ERROR and attempt.message:
                span["status"]["message"] = attempt.message.strip().rpartition("\n")[2][:500]
            events = self._events.get((attempt.number, attempt.attempt), [])
            yield span | {"events": sorted(events, key=lambda event: int(event["timeUnixNano"]))}

    def _span(
        self, own: str, parent: str, name: str, start: float, end: float, about: Mapping[str, Any], code: int = 0
    ) -> _Span:
        return {
            "traceId": self.trace, "spanId": own, "parentSpanId": parent, "name": name, "kind": _INTERNAL,
            "startTimeUnixNano": self._time(start), "endTimeUnixNano": self._time(max(start, end)),
            "attributes": _attributes(about, "rtl."), "status": {"code": code},
        }  # fmt: skip


def _attributes(found: Mapping[str, Any], prefix: str = "") -> list[_Span]:
    return [{"key": prefix + key, "value": _value(value)} for key, value in found.items() if value is not None]


def _value(value: Any) -> _Span:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int) and abs(value) < 2**63:
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value if math.isfinite(value) else "NaN" if math.isnan(value) else
                "Infinity" if value > 0 else "-Infinity"}  # fmt: skip
    return {"stringValue": str(value)}


__all__ = ["SPANS_A_LINE", "lines"]
