"""Patience: what another pruner says counts only when a trial has stopped improving.

Owns the last reports of trials under way. The wrapped pruner judges as if it were alone.

Source: the rule as it stands in Optuna 5.0, ``optuna/pruners/_patient.py``.
"""

from __future__ import annotations

import math
from bisect import insort
from dataclasses import dataclass, field
from typing import Any

from ..arguments import integer, real, shown
from ..core.messages import Decision, Row
from ..core.protocols import Judge, Verdict
from ..core.reasons import Explains, Reason, Show
from ..core.schedules import Every
from ..core.view import Losses, StudyIdentity
from .base import BasePruner
from .objective import OnObjective
from .percentile import better
from .wrapper import WrapperJudge, checked


@dataclass(frozen=True, slots=True)
class PatientPruner(BasePruner):
    """Let a verdict of ``wrapped_pruner`` pass only when the trial has not improved for ``patience`` reports.

    A trial has stopped improving when the best of its last ``patience + 1`` reports, in the order of their steps, is
    worse than the best before them by more than ``min_delta``. Reports that are NaN do not count; where all on one side
    are, it goes on.

    Two things differ from Optuna's. The wrapped pruner sees every report; in Optuna it sees only those where patience
    has run out, so one that keeps records, as successive halving does, judges by incomplete ones. And a report below an
    earlier step of its trial leads to no decision.

    A trial that the wrapped pruner wants to pause, and that goes on, is promoted: it is not promoted again.

    Args:
        wrapped_pruner: a pruner of one objective, also one of Optuna's or one of your own; None: a trial that has
            stopped improving ends.
        patience: reports without an improvement, at least 0.
        min_delta: by how much a report must be better to be an improvement, at least 0, in the objective's unit.

    Raises:
        TypeError: ``wrapped_pruner`` is neither a pruner nor None, or ``min_delta`` is not a number.
        ValueError: an argument out of its range; or OnObjective inside, which goes around.
    """

    wrapped_pruner: Any  # a Pruner, or None
    patience: int
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        if self.wrapped_pruner is not None:
            inner = checked("wrapped_pruner", self.wrapped_pruner, "a pruner or None")
            object.__setattr__(self, "wrapped_pruner", inner)
        if isinstance(self.wrapped_pruner, OnObjective):
            raise ValueError(
                "wrapped_pruner must judge a single objective, got OnObjective; put that around: "
                f"OnObjective({self.wrapped_pruner.index}, PatientPruner(...))."
            )
        patience = integer("patience", self.patience, 0, "it counts reports without an improvement")
        delta = real("min_delta", self.min_delta, "a number >= 0", "0 takes every improvement")
        if not 0 <= delta < math.inf:
            raise ValueError(f"min_delta must be >= 0 and finite, got {shown(delta)}; 0 takes every improvement.")
        object.__setattr__(self, "patience", patience)
        object.__setattr__(self, "min_delta", delta)

    @property
    def judges_several(self) -> bool:
        """False: an improvement is one of a single objective."""
        return False

    def spec(self) -> dict[str, Any]:
        """``{"name": "PatientPruner", **arguments}``, the wrapped pruner as its own spec."""
        wrapped = None if self.wrapped_pruner is None else self.wrapped_pruner.spec()
        return {
            "name": "PatientPruner",
            "wrapped_pruner": wrapped,
            "patience": self.patience,
            "min_delta": self.min_delta,
        }

    def judge(self, study: StudyIdentity) -> Judge:
        """A judge around a new one of the wrapped pruner."""
        inner = _StopsAll() if self.wrapped_pruner is None else self.wrapped_pruner.judge(study)
        return _PatientJudge.around(inner, self.patience + 1, self.min_delta)


@dataclass(slots=True)
class _Recent:
    """A trial under way: its latest reports by step, and the best of those before them."""

    reports: list[tuple[int, float]] = field(default_factory=list)
    best_before: float = math.nan
    last_step: int = -1

    def add(self, step: int, loss: float, size: int) -> None:
        insort(self.reports, (step, loss), key=lambda report: report[0])
        if len(self.reports) > size:
            self.best_before = better(self.best_before, self.reports.pop(0)[1])
        self.last_step = max(self.last_step, step)

    def best(self) -> float:
        best = math.nan
        for _, loss in self.reports:
            best = better(best, loss)
        return best

    def is_stalled(self, min_delta: float) -> bool:
        return self.best_before + min_delta < self.best()  # NaN: False


class _PatientJudge(WrapperJudge):
    """Gives every report to the judge inside, and holds back its verdict."""

    changes_decisions = True

    def __init__(self, inner: Judge, size: int, min_delta: float) -> None:
        super().__init__(inner)
        self.size, self.min_delta = size, min_delta
        self.recent: dict[int, _Recent] = {}
        self.paused: set[int] = set()  # was answered PAUSE, and not promoted since; membership only

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        """The verdict of the judge inside, or CONTINUE."""
        recent = self.recent.setdefault(number, _Recent())
        due = self.schedule(number).next_after(recent.last_step)
        is_due = due is not None and step >= due
        recent.add(step, losses[0], self.size)
        verdict = super().report(number, step, losses)
        if verdict.decision is Decision.CONTINUE or number in self.paused:
            return verdict
        pauses = verdict.decision is Decision.PAUSE
        if is_due and recent.is_stalled(self.min_delta):
            if pauses:
                self.paused.add(number)
            return verdict
        if pauses:
            return Verdict(Decision.CONTINUE, (*verdict.rows, *self.inner.promote(number)))
        self.overrule(number)
        return Verdict(Decision.CONTINUE, verdict.rows)

    def reason(self, number: int, step: int, losses: Losses, show: Show) -> Reason | None:
        """See Explains: patience first, then what the judge inside says."""
        recent = self.recent.get(number)
        if recent is None:
            return None
        inner = self.inner.reason(number, step, losses, show) if isinstance(self.inner, Explains) else None
        before, best, stalled = recent.best_before, recent.best(), recent.is_stalled(self.min_delta)
        numbers = {"own": best, "best_before": before, "min_delta": self.min_delta}
        if math.isnan(before):
            text = f"its patience of {self.size - 1} report(s) is not over"
        else:
            have = "have" if self.size > 1 else "has"
            text = f"its last {self.size} report(s) {have} {show(best)} at best, and before them it had {show(before)}"
        holds = not stalled or (inner is not None and inner.holds)
        return Reason(
            text=text if inner is None else f"{text}; {inner.text}",
            holds=holds,
            numbers=numbers if inner is None else {**inner.numbers, **{f"patience_{k}": v for k, v in numbers.items()}},
            missing="" if inner is None else inner.missing,
        )

    def promote(self, number: int) -> tuple[Row, ...]:
        """As the judge inside; only for one that promotes."""
        rows: tuple[Row, ...] = self.inner.promote(number)
        self.paused.discard(number)
        return rows

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        """Nothing of the trial is needed any more."""
        self.recent.pop(number, None)
        self.paused.discard(number)
        return super().end(number, losses)

    def own(self) -> Any:
        """(trial, its latest reports, the best before, the last step), and who is paused."""
        recent = [[n, r.reports, r.best_before, r.last_step] for n, r in self.recent.items()]
        return [recent, sorted(self.paused)]

    def load_own(self, data: Any) -> None:
        """See ``own``."""
        recent, paused = data
        for number, reports, before, last in recent:
            self.recent[number] = _Recent([(step, loss) for step, loss in reports], before, last)
        self.paused.update(paused)


class _StopsAll:
    """Inside, where nothing is wrapped: patience alone decides."""

    def schedule(self, number: int) -> Every:  # noqa: ARG002
        return Every()

    def report(self, number: int, step: int, losses: Losses) -> Verdict:  # noqa: ARG002
        return Verdict(Decision.STOP)

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:  # noqa: ARG002
        return ()

    def dump(self) -> None:
        """Nothing is kept."""

    def load(self, data: Any) -> None:
        """See ``dump``."""


__all__ = ["PatientPruner"]
