"""The Wilcoxon rule: a trial whose reports are worse than the best trial's, pair by pair, ends.

Owns the reports of trials under way and those of the best COMPLETE trial. A report's step is the number of an instance
(a test case, a fold): the same number means the same instance in all trials.

Source: Wilcoxon 1945, "Individual Comparisons by Ranking Methods", as it stands in Optuna 5.0,
``optuna/pruners/_wilcoxon.py``. "anytime": Ville's inequality for a betting process, see Waudby-Smith and Ramdas 2024,
"Estimating means of bounded random variables by betting", section 4.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats

from ..arguments import integer, real, shown
from ..core.messages import Decision, Row
from ..core.protocols import Verdict
from ..core.reasons import Reason, Show
from ..core.schedules import Each
from ..core.view import Losses, StudyIdentity
from .base import BasePruner

SEQUENTIAL = ("none", "anytime")
MOST_AT_STAKE = 0.5  # of the wealth, on one sign


@dataclass(frozen=True, slots=True)
class WilcoxonPruner(BasePruner):
    """Stop a trial that a paired test finds worse than the best COMPLETE trial.

    ``trial.report(loss, instance)`` reports the loss on one instance; instances may come in any order, best in a new
    random one in each trial. The objective is the mean. A decision is due at each report.

    ``sequential="none"``, Optuna's rule, tests anew after each report, so a trial that is no worse is stopped far more
    often than ``p_threshold`` says: 48 % of such trials with 200 instances and a threshold of 0.1.

    ``sequential="anytime"`` bets on the signs of the differences: a trial that is not worse in the median than the best
    one is ever stopped with a probability of at most ``p_threshold``, however often one looks. It needs more reports.

    A trial whose mean so far is no worse than the best trial's goes on, and so does one where either reported NaN or
    an infinity. Instances that the best trial has not reported do not count. Each of these warns. The best
    trial is the one with the best result, of equal ones the first that ended; constraints play no part in it, while
    Optuna's is feasible.

    Args:
        p_threshold: between 0 and 1; the larger, the more is stopped.
        n_startup_steps: pairs before anything is stopped; at least 2 are needed in any case.
        sequential: "none" or "anytime".

    Raises:
        TypeError: ``p_threshold`` is not a number.
        ValueError: an argument out of its range; the message says the range.
    """

    p_threshold: float = 0.1
    n_startup_steps: int = 2
    sequential: str = field(default="none", kw_only=True)

    def __post_init__(self) -> None:
        hint = "0.1 is usual"
        threshold = real("p_threshold", self.p_threshold, "a number between 0 and 1", hint)
        if not 0 <= threshold <= 1:
            raise ValueError(f"p_threshold must be between 0 and 1, got {shown(self.p_threshold)}; {hint}.")
        object.__setattr__(self, "p_threshold", threshold)
        steps = integer("n_startup_steps", self.n_startup_steps, 0, "it counts pairs of reports")
        object.__setattr__(self, "n_startup_steps", steps)
        if not isinstance(self.sequential, str) or self.sequential not in SEQUENTIAL:
            raise ValueError(
                f"sequential must be one of {list(SEQUENTIAL)}, got {shown(self.sequential)}; 'none' is Optuna's rule."
            )

    @property
    def judges_several(self) -> bool:
        """False: the test compares single numbers."""
        return False

    def spec(self) -> dict[str, Any]:
        """``{"name": "WilcoxonPruner", **arguments}``."""
        return {"name": "WilcoxonPruner", **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    def judge(self, study: StudyIdentity) -> _WilcoxonJudge:
        """A judge that knows no trial."""
        return _WilcoxonJudge(self, study.directions[0].sign)


@dataclass(slots=True)
class _Reports:
    """Those of one trial, by instance in the order of arrival, and their sum."""

    losses: dict[int, float] = field(default_factory=dict)
    total: float = 0.0
    bet: Bet | None = None  # against the best trial ``against``
    against: int | None = None

    def add(self, step: int, loss: float) -> None:
        self.losses[step] = loss
        self.total += loss

    @property
    def mean(self) -> float:
        return self.total / len(self.losses)


@dataclass(slots=True)
class Bet:
    """What the bet has come to that differences are above 0 more often than below. It never grows by chance alone.

    The stake is the mean sign so far, at least 0: it is known before the sign that it is set on.
    """

    wealth: float = 1.0
    signs: int = 0
    n: int = 0  # differences other than 0
    pairs: int = 0

    def see(self, difference: float) -> None:
        """One more pair; on equal ones nothing is set."""
        self.pairs += 1
        if difference == 0.0:
            return
        sign = 1 if difference > 0.0 else -1
        stake = min(max(self.signs / self.n, 0.0), MOST_AT_STAKE) if self.n else 0.0
        self.wealth *= 1.0 + stake * sign
        self.signs += sign
        self.n += 1


@dataclass(slots=True)
class _WilcoxonJudge:
    pruner: WilcoxonPruner
    sign: float
    reports: dict[int, _Reports] = field(default_factory=dict)
    best: tuple[int, float] | None = None  # the number and the result of the best COMPLETE trial
    of_best: _Reports = field(default_factory=_Reports)

    def schedule(self, number: int) -> Each:  # noqa: ARG002
        return Each()

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        own, best = self.reports.setdefault(number, _Reports()), self.of_best
        own.add(step, losses[0])
        self._warn(step, own)
        # a sum is finite when all that it adds up is, but for an overflow
        if not best.losses or not math.isfinite(own.total) or not math.isfinite(best.total):
            return Verdict(Decision.CONTINUE)
        if self.pruner.sequential == "anytime":
            stops = self._bet(own, step) >= 1.0
        else:
            stops = self._p_value(own) < self.pruner.p_threshold
        return Verdict(Decision.STOP if stops and best.mean < own.mean else Decision.CONTINUE)

    def _warn(self, step: int, own: _Reports) -> None:
        """Say why a trial is not compared, or not at this instance. Python shows each text once."""
        best, said = self.of_best, ""
        if not math.isfinite(own.total):
            said = "a trial reported NaN or an infinity, so it is not stopped"
        elif self.best is None:
            return
        elif not best.losses:
            said = "the best trial has reported nothing, so no trial is stopped; add it with intermediate_values"
        elif not math.isfinite(best.total):
            said = "the best trial reported NaN or an infinity, so no trial is stopped"
        elif step not in best.losses:
            said = "the best trial has not reported some instance, which therefore does not count"
        if said:
            warnings.warn(f"WilcoxonPruner: {said}.", UserWarning, stacklevel=2)

    def _pairs(self, own: _Reports) -> list[float]:
        best = self.of_best.losses
        return [loss - best[step] for step, loss in own.losses.items() if step in best]

    def _p_value(self, own: _Reports) -> float:
        """How probable differences at least as bad as these are, if both trials are equally good; 1.0: too few."""
        pairs = self._pairs(own)
        if len(pairs) < max(2, self.pruner.n_startup_steps):
            return 1.0
        # Optuna's call, on the values themselves: the same bits
        pairs_of_values = np.array(pairs if self.sign > 0 else [-pair for pair in pairs])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # few pairs for scipy's approximation
            test = stats.wilcoxon(
                pairs_of_values, alternative="greater" if self.sign > 0 else "less", zero_method="zsplit"
            )
        return float(test.pvalue)

    def _bet(self, own: _Reports, step: int) -> float:
        """What the bet against the best trial has come to, in units of what stops the trial."""
        assert self.best is not None
        if own.bet is None or own.against != self.best[0]:  # there is another best trial: all pairs anew
            own.bet, own.against = Bet(), self.best[0]
            for pair in self._pairs(own):
                own.bet.see(pair)
        elif step in self.of_best.losses:
            own.bet.see(own.losses[step] - self.of_best.losses[step])
        is_early = own.bet.pairs < max(2, self.pruner.n_startup_steps)
        return 0.0 if is_early else own.bet.wealth * self.pruner.p_threshold

    def reason(self, number: int, step: int, losses: Losses, show: Show) -> Reason | None:  # noqa: ARG002
        own, best = self.reports.get(number), self.of_best
        if own is None or self.best is None or not best.losses:
            return None
        if not math.isfinite(own.total) or not math.isfinite(best.total):
            return None
        n, threshold = len(self._pairs(own)), self.pruner.p_threshold
        if self.pruner.sequential == "anytime":
            wealth = own.bet.wealth if own.bet is not None else 1.0
            level, shown = 1.0 / wealth if wealth else math.inf, f"the bet against it stands at {wealth:.3g}"
        else:
            level = self._p_value(own)
            shown = f"p = {level:.3g}"
        text = (
            f"on {n} instance(s) in common with the best trial, {self.best[0]}: mean {show(own.mean)} against "
            f"{show(best.mean)}, {shown} (threshold {threshold:g})"
        )
        enough = n >= max(2, self.pruner.n_startup_steps)
        is_sure = level < threshold or (self.pruner.sequential == "anytime" and level <= threshold)
        holds = not (enough and is_sure and best.mean < own.mean)
        return Reason(text=text, holds=holds, numbers={"n": n, "own": own.mean, "best": best.mean, "p": level})

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        own = self.reports.pop(number, _Reports())
        if losses is not None and not math.isnan(losses[0]) and (self.best is None or losses[0] < self.best[1]):
            self.best, self.of_best = (number, losses[0]), own
        return ()

    def dump(self) -> Any:
        """See ``Dumps``: the best trial, its reports, and those of each trial under way."""
        running = [[number, *_dump(reports)] for number, reports in self.reports.items()]
        return [self.best, _dump(self.of_best), running]

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        best, of_best, running = data
        self.best, self.of_best = None if best is None else tuple(best), _load(*of_best)
        self.reports.update((number, _load(*reports)) for number, *reports in running)


def _dump(reports: _Reports) -> list[Any]:
    bet = reports.bet
    state = None if bet is None else [bet.wealth, bet.signs, bet.n, bet.pairs]
    return [list(reports.losses.items()), reports.total, state, reports.against]


def _load(losses: Any, total: float, bet: Any, against: int | None) -> _Reports:
    return _Reports(dict(map(tuple, losses)), total, None if bet is None else Bet(*bet), against)


__all__ = ["WilcoxonPruner"]
