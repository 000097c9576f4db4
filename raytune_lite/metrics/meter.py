"""What a driver's session counts while it works, and what is read from the study's state when somebody asks.

Counted is what was committed: the rows of each transaction. Nothing here is stored, and no decision depends on it, so a
driver that begins again begins to count at zero, as monitoring systems expect of a counter. Without a Meter a session
counts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core import messages as m
from ..core.messages import FailureKind
from ..core.state import StudyState
from ..trial import TrialState

Key = tuple[str, str]  # a metric's name, and the value of its label; "" where it has none

_WITHOUT_RESULT = m.FAILURE_KINDS | {m.Outcome.INTERRUPTED.value}
_LOG = 10_000  # durations kept between two readings at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The numbers at one moment.

    ``gauges``: as they are now. ``counters``: since the Meter was made. ``observed``: by a histogram's name, what has
    come since the last reading.
    """

    gauges: dict[Key, float]
    counters: dict[Key, float]
    observed: dict[str, list[float]]


@dataclass(slots=True)
class _Live:
    """An attempt that runs: when it began, and the time of its last checkpoint (of its begin, while it has none)."""

    began: float
    kept: float


@dataclass(slots=True)
class _Held:
    """Slot-seconds of a trial that is not over: whether they are useful is not known yet."""

    worked: float = 0.0
    lost: float = 0.0


@dataclass(slots=True)
class Meter:
    """Counts for one driver. One thread at a time calls it, but for ``suggested``.

    ``n_gpus``: of a trial.
    """

    n_gpus: float = 0.0
    _counters: dict[Key, float] = field(default_factory=dict)
    _observed: dict[str, list[float]] = field(default_factory=dict)
    _live: dict[int, _Live] = field(default_factory=dict)
    _held: dict[int, _Held] = field(default_factory=dict)
    _read_at: float | None = None
    _cost_before: float | None = None

    # --- what the session tells --------------------------------------------------------------------------------------

    def opened(self, state: StudyState, at: float, seconds: float) -> None:
        """The study is open; ``at``: seconds since it was created, ``seconds``: what that took."""
        if state.n_events > 1:  # else it is new
            self._observe("rtl_restart_seconds", seconds)
        if self._cost_before is None:
            self._cost_before = state.cost_at(at)
        before, self._live, self._held = self._live, {}, {}
        for number, _ in state.live():
            # a checkpoint's time is in the log only: what was done before this moment counts as kept
            began = state.trials[number].attempt_at
            self._live[number] = before.get(number) or _Live(began, max(began, at))

    def committed(self, entries: Sequence[m.LogEntry], rows: Sequence[m.Row], seconds: float) -> None:
        """One transaction is stored, which took ``seconds``."""
        self._observe("rtl_commit_seconds", seconds)
        at = entries[-1].at if entries else 0.0
        for entry in entries:
            if isinstance(entry.event, m.AttemptLost) and entry.event.kind is FailureKind.LEASE_EXPIRED:
                self._add("rtl_leases_expired_total")
        for row in rows:
            handle = _HANDLERS.get(type(row))
            if handle is not None:
                handle(self, row, at)

    def suggested(self, seconds: float) -> None:
        """The sampler has answered one question. May be called from its own thread."""
        self._observe("rtl_suggest_seconds", seconds)

    # --- rows --------------------------------------------------------------------------------------------------------

    def _report(self, _row: m.PutReport, _at: float) -> None:
        self._add("rtl_reports_total")

    def _promotion(self, row: m.PromoteRung, _at: float) -> None:
        self._add("rtl_promotions_total", str(row.level))

    def _begun(self, row: m.NewAttempt | m.BeginAttempt, _at: float) -> None:
        self._live[row.number] = _Live(row.started, row.started)

    def _saved(self, row: m.PutCheckpoint, at: float) -> None:
        live = self._live.get(row.number)
        if live is not None:
            live.kept = max(live.kept, at)

    def _ended(self, row: m.EndAttempt, _at: float) -> None:
        self._add("rtl_attempts_total", row.outcome)
        live = self._live.pop(row.number, None)
        if live is None:
            return
        kept = live.kept if row.outcome in _WITHOUT_RESULT else row.ended
        held = self._held.setdefault(row.number, _Held())
        held.worked += max(0.0, min(kept, row.ended) - live.began)
        held.lost += max(0.0, row.ended - kept)

    def _moved(self, row: m.SetState, _at: float) -> None:
        held = self._held.get(row.number)
        if held is None:
            return
        if row.state is TrialState.FAIL:
            self._spend("discarded", held.worked + held.lost)
        else:
            self._spend("lost", held.lost)
            held.lost = 0.0
            if not row.state.is_finished() and row.state is not TrialState.PAUSED:
                return
            self._spend("useful", held.worked)
        del self._held[row.number]

    def _spend(self, outcome: str, seconds: float) -> None:
        self._add("rtl_slot_seconds_total", outcome, seconds)
        self._add("rtl_gpu_seconds_total", outcome, seconds * self.n_gpus)

    # --- reading -----------------------------------------------------------------------------------------------------

    def read(self, state: StudyState, at: float, room: int | None = None, n_tasks: int = 0) -> Reading:
        """All numbers at ``at``, in seconds since the study was created.

        Args:
            state: the study.
            at: now.
            room: attempts that there is room for at once; None: not known.
            n_tasks: that are queued or running.
        """
        busy, goes_on = len(state.slots), not (state.run.stopping or state.run.paused or state.is_over())
        idle = max(0, room - busy) if room is not None and goes_on else 0
        if self._read_at is not None and at > self._read_at:
            self._add("rtl_slot_idle_seconds_total", amount=idle * (at - self._read_at))
        self._read_at = at
        cost: Key = ("rtl_cost_dollars_total", "")
        self._add(*cost, state.cost_at(at) - (self._cost_before or 0.0) - self._counters.get(cost, 0.0))
        gauges: dict[Key, float] = {("rtl_trials", kind.name): n for kind, n in state.counts.items()}
        slots = {"busy": busy, "idle": idle, "wanted": max(0, n_tasks - busy) if goes_on else 0}
        gauges |= {("rtl_slots", name): n for name, n in slots.items()}
        gauges["rtl_checkpoint_bytes", ""] = state.trials.checkpoint_bytes()
        if state.run.max_checkpoint_bytes is not None:
            gauges["rtl_checkpoint_bytes_limit", ""] = state.run.max_checkpoint_bytes
        best = None if state.best is None else state.trials.peek(state.best).values
        if best:
            gauges["rtl_best_value", ""] = best[0]
        observed, self._observed = self._observed, {}
        return Reading(gauges=gauges, counters=dict(self._counters), observed=observed)

    def _add(self, name: str, label: str = "", amount: float = 1.0) -> None:
        if amount > 0:
            self._counters[name, label] = self._counters.get((name, label), 0.0) + amount

    def _observe(self, name: str, seconds: float) -> None:
        found = self._observed.setdefault(name, [])
        if len(found) < _LOG:  # else nobody reads
            found.append(seconds)


_HANDLERS: dict[type[m.Row], Callable[[Meter, Any, float], None]] = {
    m.PutReport: Meter._report,
    m.PromoteRung: Meter._promotion,
    m.NewAttempt: Meter._begun,
    m.BeginAttempt: Meter._begun,
    m.PutCheckpoint: Meter._saved,
    m.EndAttempt: Meter._ended,
    m.SetState: Meter._moved,
}

__all__ = ["Key", "Meter", "Reading"]
