"""The median stopping rule: a trial that never was as good as the median of the finished ones ends.

Owns what COMPLETE trials had at each step, sorted, and the reports of trials under way. Pauses nothing.

Source: Golovin et al. 2017, "Google Vizier: A Service for Black-Box Optimization", section 3.1; the rule as it stands
in Optuna 5.0, ``optuna/pruners/_percentile.py``.
"""

from __future__ import annotations

import math
from bisect import insort
from dataclasses import dataclass, field
from typing import Any

from ..arguments import integer
from ..core.messages import Decision, Row
from ..core.protocols import Losses, StudyIdentity, Verdict
from ..core.schedules import Every


@dataclass(frozen=True, slots=True)
class MedianPruner:
    """Stop a trial whose best report so far is worse than the median of COMPLETE trials at the same step.

    Equal ones go on. Reports that are NaN do not count; a trial that reported nothing else stops. Trials that all
    began together are not stopped, because none of them is COMPLETE yet. Two things differ from Optuna's: a report
    below an earlier step of its trial leads to no decision, and infinite reports count in the median (numpy's
    percentile is NaN beside one, and then Optuna stops nothing).

    Args:
        n_startup_trials: COMPLETE trials before anything is stopped.
        n_warmup_steps: the first step at which a trial may be stopped.
        interval_steps: steps between two decisions; one that no report meets is made at the next report.
        n_min_trials: COMPLETE trials that reported at this very step, for a decision there.

    Raises:
        ValueError: an argument that is no integer, below 0, or (the last two) below 1.
    """

    n_startup_trials: int = 5
    n_warmup_steps: int = 0
    interval_steps: int = 1
    n_min_trials: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        for name, least, hint in (
            ("n_startup_trials", 0, "it counts COMPLETE trials"),
            ("n_warmup_steps", 0, "it is the first step at which a trial may be stopped"),
            ("interval_steps", 1, "1 decides at each step"),
            ("n_min_trials", 1, "it counts COMPLETE trials that reported at a step"),
        ):
            object.__setattr__(self, name, integer(name, getattr(self, name), least, hint))

    @property
    def judges_several(self) -> bool:
        """False: a median needs one order."""
        return False

    def spec(self) -> dict[str, Any]:
        """``{"name": "MedianPruner", **arguments}``."""
        return {"name": "MedianPruner", **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    def judge(self, study: StudyIdentity) -> _MedianJudge:
        """A judge that knows no trial."""
        return _MedianJudge(self, study.directions[0].sign < 0)


@dataclass(slots=True)
class _Curve:
    """A trial under way."""

    losses: dict[int, float] = field(default_factory=dict)  # by step
    best: float = math.nan
    last_step: int = -1


@dataclass(slots=True)
class _MedianJudge:
    pruner: MedianPruner
    maximizes: bool
    curves: dict[int, _Curve] = field(default_factory=dict)
    n_complete: int = 0
    at_step: dict[int, list[float]] = field(default_factory=dict)  # of COMPLETE trials, sorted, without NaN
    n_at_step: dict[int, int] = field(default_factory=dict)  # with NaN

    def schedule(self, number: int) -> Every:  # noqa: ARG002
        return Every(self.pruner.n_warmup_steps, self.pruner.interval_steps)

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        curve, loss = self.curves.setdefault(number, _Curve()), losses[0]
        is_due = step >= self.schedule(number).next_after(curve.last_step)
        curve.losses[step], curve.last_step = loss, max(curve.last_step, step)
        curve.best = curve.best if loss >= curve.best or math.isnan(loss) else loss
        if not is_due or self.n_complete < max(1, self.pruner.n_startup_trials):
            return Verdict(Decision.CONTINUE)
        # NaN as the best loses, as the median decides nothing
        stops = math.isnan(curve.best) or curve.best > self._median(step)
        return Verdict(Decision.STOP if stops else Decision.CONTINUE)

    def _median(self, step: int) -> float:
        values = self.at_step.get(step)
        if not values or self.n_at_step[step] < self.pruner.n_min_trials:
            return math.nan
        high, low = values[len(values) // 2], values[(len(values) - 1) // 2]
        if math.isinf(low) or math.isinf(high):
            return low + high
        return low + (high - low) * 0.5 if self.maximizes else high - (high - low) * 0.5  # numpy's order: the same bits

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        curve = self.curves.pop(number, _Curve())
        if losses is not None:
            self.n_complete += 1
            for step, loss in curve.losses.items():
                self.n_at_step[step] = self.n_at_step.get(step, 0) + 1
                if not math.isnan(loss):
                    insort(self.at_step.setdefault(step, []), loss)
        return ()

    def dump(self) -> Any:
        """See ``Dumps``: curves as (number, steps, losses, best, last step), then what COMPLETE trials had."""
        curves = [[n, list(c.losses), list(c.losses.values()), c.best, c.last_step] for n, c in self.curves.items()]
        return [curves, self.n_complete, list(self.at_step.items()), list(self.n_at_step.items())]

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        curves, self.n_complete, at_step, n_at_step = data
        for number, steps, losses, best, last in curves:
            self.curves[number] = _Curve(dict(zip(steps, losses, strict=True)), best, last)
        self.at_step.update(map(tuple, at_step))
        self.n_at_step.update(map(tuple, n_at_step))
