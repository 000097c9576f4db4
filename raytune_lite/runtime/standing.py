"""Where a run stands, for people: what is best so far, who stands at which rung, how much is left to begin.

Read from the study's state where it is asked for; changes nothing, and no decision depends on it. Rungs and the list of
finished trials only grow, so what was learnt of them is kept: a question costs by what has come since the last one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..best import BestSoFar, front
from ..core.state import StudyState, TrialRecord
from ..core.view import Rung
from ..trial import TrialState
from .handover import RungStanding, Standing

SHOWN = 8  # of a Pareto front
LOOKED_AT = 1000  # finished trials that one question looks at; the rest comes with the next ones

_Losses = tuple[float, ...]
_Entry = tuple[int, _Losses]  # a trial's number and its losses


@dataclass(slots=True)
class _Seen:
    """What is known of a rung: the best of the first ``n`` that came there. ``source``: the list of their numbers."""

    source: Any
    n: int = 0
    best: list[_Entry] = field(default_factory=list)


class Standings:
    """Answers where a study stands. One for each session: it keeps what it has learnt of the finished trials."""

    def __init__(self) -> None:
        self._seen = 0  # finished trials that were looked at
        self._complete: list[_Entry] = []  # the best of the COMPLETE ones that meet their constraints
        self._step = -1  # the highest step at which one of the others has its last report that counts
        self._there: list[_Entry] = []  # the best of those there
        self._at_rungs: dict[tuple[int, int], _Seen] = {}

    def read(self, state: StudyState, now: float, room: int | None = None) -> Standing:
        """Where the study stands at ``now``, in seconds since it was created. ``room``: as in Handover."""
        rungs = () if state.rungs is None else state.rungs.rungs()
        best = self._best(state, rungs)
        return Standing(
            best=tuple(best[:SHOWN]),
            n_best=len(best),
            rungs=tuple(self._rung_standings(state, rungs)),
            left=0 if state.run.stopping else state.n_new(),
            pauses=state.promoter is not None,
            elapsed=max(0.0, now - state.run.began_at),
            room=room,
        )

    # --- the best ----------------------------------------------------------------------------------------------------

    def _best(self, state: StudyState, rungs: Sequence[Rung]) -> list[BestSoFar]:
        if state.best is not None and _is_feasible(state.trials.peek(state.best)):
            return [_complete(state, state.best)]
        self._look_at_finished(state)
        if self._complete:
            return [_complete(state, number) for number, _ in self._complete]
        for level in sorted({rung.level for rung in rungs}, reverse=True):
            there = [rung for rung in rungs if rung.level == level]
            found = _best_of([entry for rung in there for entry in self._best_at(rung)])
            if not all(_counts(state.trials.peek(number)) for number, _ in found):
                found = _leaders(state, [entry for rung in there for entry in _entries(rung)])
            if found:
                return [_reported(state, entry, level, is_rung=True) for entry in found]
        return self._at_steps(state)

    def _best_at(self, rung: Rung) -> list[_Entry]:
        """The best at a rung, whether or not they count."""
        source = getattr(rung.numbers, "source", rung.numbers)
        seen = self._at_rungs.get((rung.bracket, rung.level))
        if seen is None or seen.source is not source or seen.n > len(rung.numbers):  # another pruner's
            seen = self._at_rungs[rung.bracket, rung.level] = _Seen(source)
        if len(rung.numbers) > seen.n:
            seen.best = _best_of([*seen.best, *_entries(rung, seen.n)])
            seen.n = len(rung.numbers)
        return seen.best

    def _at_steps(self, state: StudyState) -> list[BestSoFar]:
        """By the last reports, of finished trials and of those under way."""
        step, there = self._step, list(self._there)
        for trial in _under_way(state):
            last = _last_report(state, trial)
            if last is not None and last[0] >= step:
                there = [*(there if last[0] == step else ()), (trial.number, last[1])]
                step = last[0]
        return [_reported(state, entry, step, is_rung=False) for entry in _leaders(state, there)]

    def _rung_standings(self, state: StudyState, rungs: Sequence[Rung]) -> Iterator[RungStanding]:
        paused: Counter[tuple[int, int]] = Counter()
        looked_for = set(state.paused)  # membership only
        for rung in sorted(rungs, key=lambda rung: -rung.level):  # a trial waits at the highest one that it has reached
            there = looked_for.intersection(rung.numbers[:])
            paused[rung.bracket, rung.level] = len(there)
            looked_for -= there
        sign = state.directions[0].sign
        for rung in rungs:
            best = self._best_at(rung) if len(state.directions) == 1 else ()
            yield RungStanding(
                level=rung.level,
                bracket=rung.bracket,
                n=len(rung.numbers),
                paused=paused[rung.bracket, rung.level],
                best=sign * best[0][1][0] if best else None,
            )

    def _look_at_finished(self, state: StudyState) -> None:
        for number in state.finished.numbers(self._seen, LOOKED_AT):
            self._seen += 1
            trial = state.trials.peek(number)
            if trial.state is TrialState.FAIL or not _is_feasible(trial):
                continue
            if trial.state is TrialState.COMPLETE:
                losses = state.losses(trial.values or ())
                self._complete = _best_of([*self._complete, (number, losses)])
                continue
            last = _last_report(state, trial)
            if last is not None and last[0] >= self._step:
                kept = self._there if last[0] == self._step else []
                self._step, self._there = last[0], _best_of([*kept, (number, last[1])])


def _under_way(state: StudyState) -> Iterator[TrialRecord]:
    for numbers in (state.slots.values(), state.paused, state.retry):
        yield from (state.trials.peek(number) for number in numbers)


def _last_report(state: StudyState, trial: TrialRecord) -> tuple[int, _Losses] | None:
    """The largest step with a finite value, and the losses there; None where there is none that counts."""
    step = trial.last_step  # most often
    if not _is_finite(trial.reports.get(step, ())):
        step = max((step for step, values in trial.reports.items() if _is_finite(values)), default=-1)
    values = trial.reports.get(step)
    if values is None or not _is_finite(values) or len(values) != len(state.directions) or not _is_feasible(trial):
        return None
    return step, state.losses(values)


def _is_finite(values: Sequence[float]) -> bool:
    return bool(values) and all(map(math.isfinite, values))


def _is_feasible(trial: TrialRecord) -> bool:
    return all(value <= 0 for _, value in trial.constraints())


def _entries(rung: Rung, first: int = 0) -> Iterator[_Entry]:
    """Those with finite losses, from the one that came as number ``first``, counted from 0."""
    both = zip(rung.numbers[first:], rung.losses[first:], strict=True)
    return (entry for entry in both if _is_finite(entry[1]))


def _leaders(state: StudyState, entries: list[_Entry]) -> list[_Entry]:
    """The best of these trials, without those that failed or miss their constraints."""
    if len(state.directions) == 1:
        ordered: Iterable[_Entry] = sorted(entries, key=lambda entry: (entry[1], entry[0]))
        return next(([entry] for entry in ordered if _counts(state.trials.peek(entry[0]))), [])
    return _best_of([entry for entry in entries if _counts(state.trials.peek(entry[0]))])


def _counts(trial: TrialRecord) -> bool:
    return trial.state is not TrialState.FAIL and _is_feasible(trial)


def _best_of(entries: list[_Entry]) -> list[_Entry]:
    """Those that no other one beats; of one objective the one with the least loss, the earliest of equals."""
    if len(entries[0][1] if entries else ()) == 1:
        return [min(entries, key=lambda entry: (entry[1], entry[0]))]
    return front((entry, entry[1]) for entry in entries)


def _complete(state: StudyState, number: int) -> BestSoFar:
    trial = state.trials.peek(number)
    return BestSoFar(
        number=number,
        state=trial.state,
        values=tuple(trial.values or ()),
        params=trial.chosen(),
        step=trial.last_step if trial.last_step >= 0 else None,
    )


def _reported(state: StudyState, entry: _Entry, step: int, *, is_rung: bool) -> BestSoFar:
    trial = state.trials.peek(entry[0])
    values = state.losses(entry[1])  # the sign is changed a second time
    return BestSoFar(
        number=entry[0], state=trial.state, values=values, params=trial.chosen(), step=step, is_rung=is_rung
    )


__all__ = ["Standings"]
