"""A judge driven as the core drives it, without the core; and wrappers, of which one is wrong."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from raytune_lite.core.messages import Decision, ParamValue, PromoteRung, PutRung, Row
from raytune_lite.core.protocols import Breeder, Cost, Judge, Promoter, Pruner, Timed, Verdict, Waits
from raytune_lite.core.schedules import Schedule
from raytune_lite.core.view import Losses, StudyIdentity
from raytune_lite.trial import StudyDirection

CONTINUE, PAUSE, STOP = Decision.CONTINUE, Decision.PAUSE, Decision.STOP
STUDY = StudyIdentity("a study", (StudyDirection.MINIMIZE,))
MAXIMIZED = StudyIdentity("a study", (StudyDirection.MAXIMIZE,))

# --- wrappers --------------------------------------------------------------------------------------------------------

Opens = Callable[[int, int], bool]  # (number, step): whether a verdict may pass


class GateJudge:
    """Feeds every report to the judge inside, and lets through the verdicts that ``opens`` allows."""

    def __init__(self, inner: Judge, opens: Opens) -> None:
        self.inner, self.opens = inner, opens
        self.paused: set[int] = set()  # told PAUSE, not promoted since
        if isinstance(inner, Timed):
            self.note_cost = inner.note_cost
        self.seen: list[tuple[int, int]] = []

    def schedule(self, number: int) -> Schedule:
        return self.inner.schedule(number)

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        verdict = self.ask(number, step, losses)
        if verdict.decision is CONTINUE or number in self.paused:
            return verdict
        if self.opens(number, step):
            if verdict.decision is PAUSE:
                self.paused.add(number)
            return verdict
        promoted = self.inner.promote(number) if verdict.decision is PAUSE else ()  # type: ignore[attr-defined]
        return Verdict(CONTINUE, (*verdict.rows, *promoted))

    def ask(self, number: int, step: int, losses: Losses) -> Verdict:
        return self.inner.report(number, step, losses[:1])

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        return self.inner.end(number, None if losses is None else losses[:1])


class GatePromoter(GateJudge):
    """The same around a judge that promotes."""

    inner: Any

    def promotable(self, ready: Callable[[int], bool]) -> Iterable[int]:
        return self.inner.promotable(ready)  # type: ignore[no-any-return]

    def promote(self, number: int) -> tuple[Row, ...]:
        self.paused.discard(number)
        return self.inner.promote(number)  # type: ignore[no-any-return]

    def retire(self, number: int) -> None:
        self.inner.retire(number)


class GateBreeder(GatePromoter):
    """The same around a judge that has trials replaced."""

    @property
    def population(self) -> int:
        return self.inner.population  # type: ignore[no-any-return]

    @property
    def horizon(self) -> int:
        return self.inner.horizon  # type: ignore[no-any-return]

    def replace(self, number: int, saved: Callable[[int], int | None]) -> int | None:
        found: int | None = self.inner.replace(number, saved)
        if found is None:
            self.paused.add(number)
        return found

    def breed(self, number: int, step: int, params: tuple[ParamValue, ...]) -> tuple[ParamValue, ...]:
        return self.inner.breed(number, step, params)  # type: ignore[no-any-return]

    def donates(self, number: int) -> bool:
        return self.inner.donates(number)  # type: ignore[no-any-return]


class DeafPromoter(GatePromoter):
    """Wrong: it asks the judge inside only where its own gate is open (as Optuna's PatientPruner does)."""

    def ask(self, number: int, step: int, losses: Losses) -> Verdict:
        return super().ask(number, step, losses) if self.opens(number, step) else Verdict(CONTINUE)


class LeakyPromoter(GatePromoter):
    """Wrong: it turns PAUSE into CONTINUE, and the trial can still be promoted."""

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        verdict = self.ask(number, step, losses)
        return verdict if self.opens(number, step) else Verdict(CONTINUE, verdict.rows)


@dataclass(frozen=True)
class Gate:
    """A pruner that wraps another one and judges objective 0."""

    inner: Pruner
    opens: Opens = lambda number, step: True
    promoter: type[GatePromoter] = GatePromoter
    judges_several = True

    def spec(self) -> dict[str, Any]:
        return {"name": "Gate", "inner": self.inner.spec()}

    def judge(self, study: StudyIdentity) -> GateJudge:
        inner = self.inner.judge(StudyIdentity(study.name, study.directions[:1]))
        if isinstance(inner, Breeder) and self.promoter is GatePromoter:
            return GateBreeder(inner, self.opens)
        return (self.promoter if isinstance(inner, Promoter) else GateJudge)(inner, self.opens)


# --- a study without a core ------------------------------------------------------------------------------------------

Script = list[tuple[str, int]]
OPS = (*["report"] * 8, *["leave"] * 3, "claim", "claim", "complete", "fail", "prune")
# long ones: a list of hypothesis has five items on average, unless it must have more
scripts: st.SearchStrategy[Script] = st.lists(
    st.tuples(st.sampled_from(OPS), st.integers(0, 10**6)), min_size=40, max_size=120
)
LONG: Script = [(chance.choice(OPS), chance.randrange(10**6)) for chance in [random.Random(5)] for _ in range(600)]
LOSSES = (0.0, 0.5, 1.0, 1.0, 1.5, 2.0, -0.5, -3.0, math.nan, math.inf, -math.inf, 1e300)
MOST = 6  # trials that run at once


@dataclass
class Running:
    """A trial with a slot, or one that waits for its next attempt."""

    seen: set[int] = field(default_factory=set)
    last_step: int = 0
    told: Decision = CONTINUE  # of the live attempt
    paused: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Call:
    """One call of a judge, and what came back. ``due``: False for a report at a later step at which nothing was due."""

    name: str
    arguments: tuple[Any, ...]
    result: Any
    due: bool = True


class Play:
    """Plays a script on a judge as the core would, and keeps every call with its answer."""

    def __init__(self, judge: Judge, script: Script = (), losses: tuple[float, ...] = LOSSES) -> None:  # type: ignore[assignment]
        self.judge, self.losses = judge, losses
        self.trials: dict[int, Running] = {}
        self.calls: list[Call] = []
        self.started = 0
        for op, x in script:
            getattr(self, op)(x)

    def call(self, name: str, *arguments: Any, due: bool = True) -> Any:
        result = getattr(self.judge, name)(*arguments)
        self.calls.append(Call(name, arguments, result, due))
        return result

    def cost(self, x: int, number: int) -> None:
        """A trial has trained for a while; a judge that goes by time is told."""
        if isinstance(self.judge, Timed):
            trial = self.trials[number]
            trial.seconds += (0.5, 1.0, 1.0, 2.5)[x // 13 % 4]
            attrs = {"price": ("1", "0.5", "2.0", '"none"', "-1", "1")[x // 17 % 6]} if x % 5 else {}
            self.call("note_cost", number, Cost(trial.seconds, attrs))

    def pick(self, x: int, told: tuple[Decision, ...] = (CONTINUE, PAUSE, STOP)) -> int | None:
        live = [number for number, trial in self.trials.items() if not trial.paused and trial.told in told]
        return live[x % len(live)] if live else None

    def claim(self, x: int) -> None:
        """A slot is free: promote, else start a trial."""
        if sum(not trial.paused for trial in self.trials.values()) >= MOST:
            return
        if isinstance(self.judge, Promoter):
            found = next(iter(self.judge.promotable(lambda number: self.trials[number].paused)), None)
            if found is not None:
                self.call("promote", found)
                self.trials[found].paused, self.trials[found].told = False, CONTINUE
                return
        self.trials[self.started] = Running()
        self.started += 1

    def report(self, x: int) -> None:
        """The next step, a later one, or one that was left out."""
        number = self.pick(x)
        if number is None:
            self.claim(x)
            return
        trial, gap = self.trials[number], (1, 1, 1, 2, 4, -1)[x // 7 % 6]
        step = trial.last_step + gap
        if step < 0 or step in trial.seen:
            return
        before = max(trial.seen, default=-1)
        due = self.judge.schedule(number).next_after(before)
        trial.seen.add(step)
        trial.last_step = max(trial.last_step, step)
        losses = (self.losses[x // 91 % len(self.losses)],)
        self.cost(x, number)
        waits = isinstance(self.judge, Waits) and self.judge.waits(number)
        verdict = self.call("report", number, step, losses, due=step < before or (due is not None and step >= due))
        assert not waits or verdict.decision is not CONTINUE, f"{self.judge}: {number} waited, and may go on"
        if isinstance(self.judge, Waits) and verdict.decision is PAUSE:
            assert self.judge.waits(number), f"{self.judge}: {number} is to pause, and does not wait"
        trial.told = verdict.decision if trial.told is CONTINUE else trial.told

    def leave(self, x: int) -> None:
        """An attempt that was told PAUSE or STOP obeys."""
        number = self.pick(x, (PAUSE, STOP))
        if number is None:
            return
        if self.trials[number].told is PAUSE:
            self.trials[number].paused = True
        else:
            self.prune(x, number)

    def complete(self, x: int) -> None:
        number = self.pick(x)
        if number is not None:
            self.cost(x, number)
            del self.trials[number]
            finite = [loss for loss in self.losses if loss == loss]
            self.call("end", number, (finite[x % len(finite)],))

    def fail(self, x: int) -> None:
        number = self.pick(x)
        if number is not None:
            self.cost(x, number)
            del self.trials[number]
            self.call("end", number, None)

    def prune(self, x: int, number: int | None = None) -> None:
        """By the verdict, or by the objective itself."""
        number = self.pick(x) if number is None else number
        if number is not None:
            self.cost(x, number)
            del self.trials[number]
            if isinstance(self.judge, Promoter):
                self.call("retire", number)
            self.call("end", number, None)


def replay(judge: Judge, calls: Iterable[Call]) -> list[Any]:
    """The answers of another judge to the same calls."""
    return [getattr(judge, call.name)(*call.arguments) for call in calls]


def rows_of(calls: Iterable[Call]) -> list[PutRung | PromoteRung]:
    """All rows, in order."""
    found: list[Any] = []
    for call in calls:
        found += call.result.rows if call.name == "report" else call.result or ()
    return found
