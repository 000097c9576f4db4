"""What ``raytune-lite watch`` shows at one moment, as data. Built from a study that is followed; draws nothing.

What has not changed since the frame before is not computed again: of each rung the best and the bar.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..core.view import Rung
from ..runtime.control import Status
from ..trial import TrialState
from .explain import explain_study
from .following import Following
from .narrative import Note

_SHOWN_NOTES = ("paused", "stopped", "passed", "promoted", "complete", "pruned", "failed", "retried", "added", "study")
_RATE = 10  # seconds over which reports are counted for the rate
_PATIENCE = 5.0  # seconds for which a slot may stand idle before that is shown
_POINTS = 60  # of a sparkline


@dataclass(frozen=True, slots=True, kw_only=True)
class RungLine:
    """A rung: how many came, were promoted, and are paused there; the best value, and the bar, where there is one."""

    bracket: int
    level: int
    came: int
    promoted: int
    paused: int
    best: float | None
    bar: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotLine:
    """A live attempt.

    ``due``: the step at which the next decision is due; None: none is. ``rate``: steps a second of this attempt; None:
    it has reported nothing. ``value``: its latest report. ``stopping``: why it is to end; "" where it is not.
    """

    number: int
    attempt: int
    node: str
    seconds: float
    step: int
    due: int | None
    rate: float | None
    value: float | None
    stopping: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One moment.

    ``state``: see ``explain.Explanation``. ``seconds``: since the run began. ``best``: (value, trial, seconds ago).
    ``left``: new trials that the run may still start; None: no bound. ``slots``: live attempts, the oldest first;
    ``idle``: slots that were used in this run, or are allowed, and stand idle. ``bests``: the best value over the
    time of the study, at equal distances; ``rates``: reports a second in the last minute, each second. ``why``: why
    nothing starts; "" while all slots are busy. ``goodput``: see ``goodput``, as it was a while ago; ``cost``: of all
    attempts until now. Both None where they are not known.
    """

    study: str
    directions: tuple[str, ...]
    state: str
    seconds: float
    counts: dict[str, int]
    promotions: int
    left: int | None
    best: tuple[float, int, float] | None
    rungs: Sequence[RungLine]
    slots: Sequence[SlotLine]
    idle: int
    rate: float
    bests: Sequence[float]
    rates: Sequence[float]
    notes: Sequence[Note]
    why: str
    goodput: float | None = None
    cost: float | None = None


@dataclass(slots=True)
class Framing:
    """Makes frames of a study that is followed.

    Args:
        following: the study.
    """

    following: Following
    goodput: float | None = None  # what the next frame shows
    _busy_at: float = -math.inf  # when all slots were busy last, or the run began
    _rungs: dict[tuple[int, int], tuple[int, float | None, float | None]] = field(default_factory=dict)

    def frame(
        self, now: float, owner: tuple[str, bool] | None, n_notes: int = 20, asked: Status | None = None
    ) -> Frame:
        """What is to be seen.

        Args:
            now: seconds since the study was created.
            owner: who owns the study, and whether it lives.
            n_notes: how many of the latest notes.
            asked: what the owner says of what only it knows.
        """
        following, state = self.following, self.following.state
        explained = explain_study(following, now, owner, asked)
        slots, n_slots = self._slots(now), state.run.slot_limit or following.n_live
        is_run = owner is not None and owner[1]
        idle = max(0, n_slots - len(slots)) if is_run else 0
        if not idle or self._busy_at < state.run.began_at:
            self._busy_at = now
        if now - self._busy_at < _PATIENCE:  # between two trials a slot is idle for a moment
            idle = 0
        rates = [float(following.reports[int(now) - i]) for i in reversed(range(1, _POINTS + 1))]
        notes = [note for note in following.notes if note.kind in _SHOWN_NOTES][-n_notes:]
        needs = [f"needs {' and '.join(explained.missing)}"] if explained.missing else []
        is_silent = is_run and not idle and explained.state == "running"
        has_cost = bool(state.run.price or state.run.surcharge or state.cost)
        why = "" if is_silent else "; ".join([*explained.why, *needs])
        return Frame(
            study=following.study.study_name,
            directions=tuple(direction.name.lower() for direction in state.directions),
            state=explained.state,
            seconds=max(0.0, (now if is_run else following.at) - state.run.began_at),
            counts={kind.name.lower(): n for kind, n in state.counts.items() if n},
            promotions=state.promotions,
            left=state.run.budget,
            best=self._best(now),
            rungs=self._ladder(),
            slots=slots,
            idle=idle,
            rate=sum(rates[-_RATE:]) / _RATE,
            bests=_resampled(following.results, now),
            rates=rates,
            notes=notes,
            why=why,
            goodput=self.goodput,
            cost=state.cost_at(now if is_run else following.at) if has_cost else None,
        )

    def _best(self, now: float) -> tuple[float, int, float] | None:
        state = self.following.state
        if state.best is None:
            return None
        trial = state.trials.peek(state.best)
        if not trial.values:
            return None
        return trial.values[0], state.best, max(0.0, now - (trial.completed_at or now))

    # --- rungs -----------------------------------------------------------------------------------------------------

    def _ladder(self) -> list[RungLine]:
        """By bracket, the highest first; those where nobody came are left out."""
        following, state = self.following, self.following.state
        if state.rungs is None:
            return []
        paused: dict[tuple[int, int], int] = {}
        for number in state.paused:
            key = following.at_rung.get(number)
            if key is not None:
                paused[key] = paused.get(key, 0) + 1
        found = []
        for rung in sorted(state.rungs.rungs(), key=lambda rung: (rung.bracket, -rung.level)):
            key = (rung.bracket, rung.level)
            if len(rung.numbers):
                best, bar = self._best_and_bar(rung)
                line = RungLine(
                    bracket=rung.bracket, level=rung.level, came=len(rung.numbers), best=best, bar=bar,
                    promoted=following.promoted[key], paused=paused.get(key, 0),
                )  # fmt: skip
                found.append(line)
        return found

    def _best_and_bar(self, rung: Rung) -> tuple[float | None, float | None]:
        key, n = (rung.bracket, rung.level), len(rung.numbers)
        known = self._rungs.get(key)
        if known is None or known[0] != n:
            sign = self.following.state.directions[0].sign
            best = min((losses[0] for losses in rung.losses if math.isfinite(losses[0])), default=None)
            bar = self._bar(rung)
            known = n, None if best is None else sign * best, None if bar is None else sign * bar
            self._rungs[key] = known
        return known[1], known[2]

    def _bar(self, rung: Rung) -> float | None:
        """By the judge's own words about somebody who stands there and went no further."""
        reason = self.following.reason_at(rung.bracket, rung.level, rung.numbers)
        if reason is None:
            return None
        bar = reason.numbers.get("bar", math.nan)
        return None if math.isnan(bar) else bar

    # --- slots -----------------------------------------------------------------------------------------------------

    def _slots(self, now: float) -> list[SlotLine]:
        state = self.following.state
        found = []
        for number in state.slots.values():
            trial = state.trials.peek(number)
            first = trial.resumed.step if trial.resumed is not None else 0
            seconds, step = max(0.0, now - trial.attempt_at), trial.last_step
            reached, _ = self.following.reported.get(number, (trial.attempt_at, 0))
            worked = reached - trial.attempt_at
            found.append(SlotLine(
                number=number, attempt=trial.attempt, node=trial.node or "", seconds=seconds, step=max(step, 0),
                due=state.judge.schedule(number).next_after(step),
                rate=(step - first) / worked if worked > 0 and step > first else None,
                value=trial.reports[step][0] if step in trial.reports else None,
                stopping=trial.stop.reason if trial.stop is not None else "",
            ))  # fmt: skip
        return sorted(found, key=lambda slot: -slot.seconds)


def _resampled(results: Sequence[tuple[float, float]], now: float) -> list[float]:
    """The best value over time, from the first result until now, at equal distances."""
    if not results:
        return []
    times, first = [at for at, _ in results], results[0][0]
    span = max(now - first, 1e-9)
    places = (bisect_right(times, first + span * i / (_POINTS - 1)) - 1 for i in range(_POINTS))
    return [results[max(0, place)][1] for place in places]


def finished(counts: dict[str, int]) -> int:
    """How many trials have ended."""
    ends = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
    return sum(counts.get(state.name.lower(), 0) for state in ends)


__all__ = ["Frame", "Framing", "RungLine", "SlotLine", "finished"]
