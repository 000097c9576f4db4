"""Limits for what a trial reports: outside of them it ends.

Source: the rule as it stands in Optuna 5.0, ``optuna/pruners/_threshold.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ..arguments import integer, real, shown
from ..core.messages import Decision, Row
from ..core.protocols import Verdict
from ..core.reasons import Reason, Show
from ..core.schedules import Every
from ..core.view import Losses, StudyIdentity
from .base import BasePruner


@dataclass(frozen=True, slots=True)
class ThresholdPruner(BasePruner):
    """Stop a trial that reports a value below ``lower``, above ``upper``, or NaN.

    The latest report counts, at steps where a decision is due. The study's direction plays no part. As with all our
    pruners, a report below an earlier step of its trial leads to no decision; Optuna then judges the last step again.

    Args:
        lower: the least value that is allowed; None: no limit.
        upper: the largest value that is allowed; None: no limit.
        n_warmup_steps: the first step at which a trial may be stopped.
        interval_steps: steps between two decisions; one that no report meets is made at the next report.

    Raises:
        TypeError: both limits are None, or one is not a number.
        ValueError: a limit is NaN, ``lower`` is above ``upper``, or an integer is out of its range.
    """

    lower: float | None = None
    upper: float | None = None
    n_warmup_steps: int = 0
    interval_steps: int = 1

    def __post_init__(self) -> None:
        if self.lower is None and self.upper is None:
            raise TypeError("lower or upper must be given, got None for both; give a limit that good trials keep.")
        for name in ("lower", "upper"):
            given = getattr(self, name)
            if given is not None:
                limit = real(name, given, "a number or None", "None is no limit")
                if math.isnan(limit):
                    raise ValueError(f"{name} must be a number or None, got {shown(given)}; None is no limit.")
                object.__setattr__(self, name, limit)
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(
                f"lower <= upper must hold, got lower={self.lower!r}, upper={self.upper!r}; swap the two."
            )
        for name, least, hint in (
            ("n_warmup_steps", 0, "it is the first step at which a trial may be stopped"),
            ("interval_steps", 1, "1 decides at each step"),
        ):
            object.__setattr__(self, name, integer(name, getattr(self, name), least, hint))

    @property
    def judges_several(self) -> bool:
        """False: the limits are those of one objective."""
        return False

    def spec(self) -> dict[str, Any]:
        """``{"name": "ThresholdPruner", **arguments}``."""
        return {"name": "ThresholdPruner", **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    def judge(self, study: StudyIdentity) -> _ThresholdJudge:
        """A judge that knows no trial."""
        lower = -math.inf if self.lower is None else self.lower
        upper = math.inf if self.upper is None else self.upper
        if study.directions[0].sign < 0:  # as losses
            lower, upper = -upper, -lower
        return _ThresholdJudge(lower, upper, Every(self.n_warmup_steps, self.interval_steps))


@dataclass(slots=True)
class _ThresholdJudge:
    """The limits as losses, and the last step of each trial under way."""

    lower: float
    upper: float
    due: Every
    last_step: dict[int, int] = field(default_factory=dict)

    def schedule(self, number: int) -> Every:  # noqa: ARG002
        return self.due

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        last, loss = self.last_step.get(number, -1), losses[0]
        self.last_step[number] = max(last, step)
        is_outside = math.isnan(loss) or loss < self.lower or loss > self.upper
        return Verdict(Decision.STOP if is_outside and step >= self.due.next_after(last) else Decision.CONTINUE)

    def reason(self, number: int, step: int, losses: Losses, show: Show) -> Reason:  # noqa: ARG002
        loss, ends = losses[0], [limit for limit in (self.lower, self.upper) if math.isfinite(limit)]
        holds = self.lower <= loss <= self.upper  # NaN: False
        limits = " and ".join(sorted(map(show, ends)))
        text = f"at step {step} it reported {show(loss)}, {'within' if holds else 'outside'} the limits ({limits})"
        return Reason(text=text, holds=holds, numbers={"own": loss, "lower": self.lower, "upper": self.upper})

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:  # noqa: ARG002
        self.last_step.pop(number, None)
        return ()

    def dump(self) -> Any:
        """See ``Dumps``: (trial, last step)."""
        return list(self.last_step.items())

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        self.last_step.update(map(tuple, data))


__all__ = ["ThresholdPruner"]
