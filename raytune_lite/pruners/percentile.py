"""The percentile stopping rule: a trial whose best report is worse than a percentile of the others' ends.

Owns what others had at each step, sorted, and the reports of trials under way. Pauses nothing. The median rule is the
case of 50; see ``pruners/median.py``.

Source: Golovin et al. 2017, "Google Vizier: A Service for Black-Box Optimization", section 3.1; the rule as it stands
in Optuna 5.0, ``optuna/pruners/_percentile.py``.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..arguments import integer, real, shown
from ..core.messages import Decision, Row
from ..core.protocols import Verdict
from ..core.reasons import Reason, Show
from ..core.schedules import Every
from ..core.view import Losses, StudyIdentity
from .base import BasePruner

AMONG = ("completed", "reached")


@dataclass(frozen=True, slots=True)
class PercentilePruner(BasePruner):
    """Stop a trial whose best report so far is not among the best ``percentile`` per cent at its step.

    Equal ones go on. Reports that are NaN do not count; a trial that reported nothing else stops.

    ``among="completed"``, Optuna's rule, compares with what COMPLETE trials reported at this very step. It stops no
    trial while none is COMPLETE, so not one of those that all began together; and as it stops trials, only good ones
    complete, so it gets stricter.

    ``among="reached"`` compares with the best so far of every other trial that was judged at this step, whatever has
    become of it: running, paused, pruned, failed, complete. It stops trials also while all of them run. Better with
    more than a few workers.

    Two things differ from Optuna's in both: a report below an earlier step of its trial leads to no decision, and
    infinite reports count in the percentile (numpy's is NaN beside one, and then Optuna stops nothing).

    Args:
        percentile: between 0 and 100; 25 lets the best quarter go on.
        n_startup_trials: trials before anything is stopped: COMPLETE ones, or other ones that were judged.
        n_warmup_steps: the first step at which a trial may be stopped.
        interval_steps: steps between two decisions; one that no report meets is made at the next report.
        n_min_trials: trials to compare with at this very step, for a decision there.
        among: "completed" or "reached".

    Raises:
        TypeError: ``percentile`` is not a number.
        ValueError: an argument out of its range; the message says the range.
    """

    percentile: float
    n_startup_trials: int = 5
    n_warmup_steps: int = 0
    interval_steps: int = 1
    n_min_trials: int = field(default=1, kw_only=True)
    among: str = field(default="completed", kw_only=True)

    def __post_init__(self) -> None:
        hint = "25 lets the best quarter go on"
        share = real("percentile", self.percentile, "a number between 0 and 100", hint)
        if not 0 <= share <= 100:
            raise ValueError(f"percentile must be between 0 and 100, got {shown(self.percentile)}; {hint}.")
        object.__setattr__(self, "percentile", share)
        check_arguments(self)

    @property
    def judges_several(self) -> bool:
        """False: a percentile needs one order."""
        return False

    def spec(self) -> dict[str, Any]:
        """``{"name": "PercentilePruner", **arguments}``."""
        return {"name": "PercentilePruner", **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    def judge(self, study: StudyIdentity) -> PercentileJudge:
        """A judge that knows no trial."""
        return PercentileJudge(Rule.of(self, self.percentile), study.directions[0].sign < 0)


def check_arguments(pruner: Any) -> None:
    """Check and convert the arguments that the percentile and the median rule share.

    Raises:
        ValueError: an argument out of its range.
    """
    for name, least, hint in (
        ("n_startup_trials", 0, "it counts trials"),
        ("n_warmup_steps", 0, "it is the first step at which a trial may be stopped"),
        ("interval_steps", 1, "1 decides at each step"),
        ("n_min_trials", 1, "it counts trials that reported at a step"),
    ):
        object.__setattr__(pruner, name, integer(name, getattr(pruner, name), least, hint))
    if not isinstance(pruner.among, str) or pruner.among not in AMONG:
        raise ValueError(
            f"among must be one of {list(AMONG)}, got {shown(pruner.among)}; 'completed' is Optuna's rule, 'reached' "
            "compares with running trials too."
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """The arguments of a pruner, as its judge uses them."""

    percentile: float
    n_startup_trials: int
    schedule: Every
    n_min_trials: int
    reached: bool

    @classmethod
    def of(cls, pruner: Any, percentile: float) -> Rule:
        """Those of a percentile or median pruner."""
        due = Every(pruner.n_warmup_steps, pruner.interval_steps)
        return cls(percentile, pruner.n_startup_trials, due, pruner.n_min_trials, pruner.among == "reached")


@dataclass(slots=True)
class _Curve:
    """A trial under way."""

    losses: dict[int, float] = field(default_factory=dict)  # by step
    best: float = math.nan
    last_step: int = -1


@dataclass(slots=True)
class PercentileJudge:
    """What others had at each step, and the curves of trials under way.

    ``at_step``: sorted, without NaN. Among "completed": what COMPLETE trials reported there. Among "reached": the best
    so far, there, of each trial that was judged there; a report of an earlier step that comes later is worked in, so
    these are the same whatever the order in which a trial's reports came.
    """

    rule: Rule
    maximizes: bool
    curves: dict[int, _Curve] = field(default_factory=dict)
    n_known: int = 0  # COMPLETE trials; or those that were ever judged
    at_step: dict[int, list[float]] = field(default_factory=dict)
    n_at_step: dict[int, int] = field(default_factory=dict)  # with NaN

    def schedule(self, number: int) -> Every:  # noqa: ARG002
        """The same for all trials: the warm-up and the interval."""
        return self.rule.schedule

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        """STOP when the best so far of a trial is worse than the percentile; CONTINUE where none is due."""
        curve, loss = self.curves.setdefault(number, _Curve()), losses[0]
        is_due = step >= self.rule.schedule.next_after(curve.last_step)
        if self.rule.reached:
            self._work_in(curve, step, loss, is_due)
        curve.losses[step], curve.last_step = loss, max(curve.last_step, step)
        curve.best = better(curve.best, loss)
        n_others = self.n_known - self.rule.reached
        if not is_due or n_others < max(1, self.rule.n_startup_trials):
            return Verdict(Decision.CONTINUE)
        # NaN as the best loses, as the percentile decides nothing
        stops = math.isnan(curve.best) or curve.best > self._bar(step, curve.best)
        return Verdict(Decision.STOP if stops else Decision.CONTINUE)

    def _work_in(self, curve: _Curve, step: int, loss: float, is_due: bool) -> None:
        """Among "reached": the trial's bests at the steps where it is judged, with a new report."""
        first = self.rule.schedule.first
        self.n_known += curve.last_step < first <= step
        if step > curve.last_step:
            if is_due:
                self._enter(step, better(curve.best, loss))
            return
        before, after = self._judged(curve.losses), self._judged({**curve.losses, step: loss})
        for at, best in before.items():
            if at not in after or repr(after[at]) != repr(best):
                self._leave(at, best)
        for at, best in after.items():
            if at not in before or repr(before[at]) != repr(best):
                self._enter(at, best)

    def _judged(self, losses: dict[int, float]) -> dict[int, float]:
        """The best so far at each step at which a decision is due, had the reports come in the order of steps."""
        found, best, last = {}, math.nan, -1
        for step in sorted(losses):
            best = better(best, losses[step])
            if step >= self.rule.schedule.next_after(last):
                found[step] = best
            last = step
        return found

    def _enter(self, step: int, loss: float) -> None:
        self.n_at_step[step] = self.n_at_step.get(step, 0) + 1
        if not math.isnan(loss):
            insort(self.at_step.setdefault(step, []), loss)

    def _leave(self, step: int, loss: float) -> None:
        self.n_at_step[step] -= 1
        if not math.isnan(loss):
            values = self.at_step[step]
            del values[bisect_left(values, loss)]

    def _bar(self, step: int, own: float) -> float:
        """The percentile of the others' losses at this step; NaN: there are too few. ``own``: left out of them."""
        values, n = self.at_step.get(step, []), self.n_at_step.get(step, 0)
        skipped = bisect_left(values, own) if self.rule.reached else len(values)
        count = len(values) - self.rule.reached
        if count < 1 or n - self.rule.reached < self.rule.n_min_trials:
            return math.nan

        def at(i: int) -> float:
            return values[i if i < skipped else i + 1]

        if self.maximizes:  # numpy's percentile of the values themselves, so that the bits are the same
            return -percentile(lambda i: -at(count - 1 - i), count, 100 - self.rule.percentile)
        return percentile(at, count, self.rule.percentile)

    def reason(self, number: int, step: int, losses: Losses, show: Show) -> Reason | None:  # noqa: ARG002
        """See Explains."""
        curve = self.curves.get(number)
        if curve is None or step != curve.last_step:
            return None
        n, least = self.n_known - self.rule.reached, max(1, self.rule.n_startup_trials)
        share = "median" if self.rule.percentile == 50.0 else f"best {self.rule.percentile:g} per cent"
        own, bar = curve.best, self._bar(step, curve.best)
        others = max(0, self.n_at_step.get(step, 0) - self.rule.reached)
        numbers = {"step": step, "own": own, "bar": bar, "n_known": n, "n": others}
        if n < least:
            text = f"it is judged once {least} others are known; there are {n}"
            return Reason(text=text, holds=True, numbers=numbers)
        if math.isnan(own):
            return Reason(text="it has reported no number", holds=False, numbers=numbers)
        if math.isnan(bar):
            text = f"too few others have a number at step {step}: {others} of {self.rule.n_min_trials}"
            return Reason(text=text, holds=True, numbers=numbers)
        holds, what = own <= bar, f"the {share} of the {others} others at step {step}"
        text = f"its best so far, {show(own)}, is {'within' if holds else 'behind'} {what}, {show(bar)}"
        return Reason(text=text, holds=holds, numbers=numbers)

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        """The trial's reports count from now on, if it is COMPLETE and those count."""
        curve = self.curves.pop(number, _Curve())
        if losses is not None and not self.rule.reached:
            self.n_known += 1
            for step, loss in curve.losses.items():
                self._enter(step, loss)
        return ()

    def dump(self) -> Any:
        """See ``Dumps``: curves as (number, steps, losses, best, last step), then what is known at each step."""
        curves = [[n, list(c.losses), list(c.losses.values()), c.best, c.last_step] for n, c in self.curves.items()]
        return [curves, self.n_known, list(self.at_step.items()), list(self.n_at_step.items())]

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        curves, self.n_known, at_step, n_at_step = data
        for number, steps, losses, best, last in curves:
            self.curves[number] = _Curve(dict(zip(steps, losses, strict=True)), best, last)
        self.at_step.update(map(tuple, at_step))
        self.n_at_step.update(map(tuple, n_at_step))


def better(best: float, loss: float) -> float:
    """The smaller of two losses; NaN only when both are. Of equal ones, and of NaN, the first."""
    return best if loss >= best or math.isnan(loss) else loss


def percentile(at: Callable[[int], float], n: int, share: float) -> float:
    """Of ``n`` ascending numbers ``at(0), at(1), ...``: the one at ``share`` per cent, interpolated linearly.

    As numpy's, to the bit, for finite numbers; the order of the operations is its. Between an infinite number and
    another one it is infinite, and NaN between -inf and inf.
    """
    place = (n - 1) * (share / 100)
    i = min(int(place), n - 1)
    low, part = at(i), place - i
    if part == 0.0:
        return low
    high = at(i + 1)
    if math.isinf(low) or math.isinf(high):
        return low + high
    return low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part)


__all__ = ["PercentileJudge", "PercentilePruner", "Rule"]
