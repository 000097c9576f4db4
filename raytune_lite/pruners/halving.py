"""SuccessiveHalvingPruner, and what it shares with Hyperband: arguments that the first COMPLETE trial decides.

Owns these two, and no rung: the judge is ``ladder.LadderJudge``.

Source: Optuna 5.0, ``optuna/pruners/_successive_halving.py``, which follows Li et al. 2018, arXiv:1810.05934.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..arguments import integer, shown
from ..core.bounds import MAX_STEP
from ..core.messages import Decision, Row
from ..core.protocols import Judge, Verdict
from ..core.reasons import Reason, Show
from ..core.schedules import Every, Schedule
from ..core.view import Losses, Rung, StudyIdentity
from .base import BasePruner
from .ladder import LadderJudge, levels, refuse_crossed
from .ranking import TopShare
from .reach import ForecastingJudge

MODES = ("stop", "promote")


@dataclass(frozen=True, slots=True)
class SuccessiveHalvingPruner(BasePruner):
    """Asynchronous successive halving as in Optuna: at each rung the best 1/reduction_factor go on, the others end.

    The rungs are at ``min_resource * reduction_factor**(min_early_stopping_rate + k)``, k = 0, 1, 2, ... A trial goes
    on when its report there is one of the best ``max(n // reduction_factor, 1)`` of the n so far; equal ones go on
    too. A report past several rungs counts at each of them, until it ends the trial. NaN ends a trial and does not
    count in n.

    What differs from Optuna's:

    * "auto" is decided once for the study, by the first COMPLETE trial that reported. Optuna decides it in each
      process, from what is COMPLETE by then.
    * A rung takes the first report at or past its level. A trial that passed a level before "auto" was decided is not
      recorded there; Optuna records its latest value at all of them.
    * A report below an earlier step of its trial leads to no decision, and a trial that goes on in spite of its
      decision is recorded nowhere any more.

    In mode "promote" the trials that are not among the best pause, and are promoted when enough worse ones have come
    in: ASHAPruner, with ``bootstrap_count``.

    Args:
        min_resource: step of the lowest rung, where ``min_early_stopping_rate`` is 0; "auto": a hundredth of the last
            step of the first COMPLETE trial that reported, at least 1. Until then nothing is stopped.
        reduction_factor: eta.
        min_early_stopping_rate: s; the lowest rung is at ``min_resource * eta**s``.
        bootstrap_count: nobody passes a rung as long as n is not above it: such trials end, in mode "promote" pause.
        mode: "stop" (Optuna's) or "promote".
        max_resource: step at which a full training ends; it is no rung, and there is none above. None: rungs go on
            without an end, as in Optuna, so that a trial may be ended by its very last report.

    Raises:
        ValueError: an argument out of its range; ``bootstrap_count`` with "auto"; mode "promote" without
            ``max_resource``, because a trial would pause at its own last step.

    Source: Optuna 5.0; for mode "promote" Li et al. 2018, Algorithm 2.
    """

    min_resource: int | str = "auto"
    reduction_factor: int = 4
    min_early_stopping_rate: int = 0
    bootstrap_count: int = 0
    mode: str = field(default="stop", kw_only=True)
    max_resource: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        given = {
            "min_resource": check_or_auto("min_resource", self.min_resource, "it is the step of the lowest rung"),
            **check_shares(self.reduction_factor, self.bootstrap_count, self.mode),
            "min_early_stopping_rate": integer(
                "min_early_stopping_rate", self.min_early_stopping_rate, 0,
                "each unit multiplies the lowest rung by reduction_factor",
            ),
        }  # fmt: skip
        if self.max_resource is not None:
            hint = "it is the last step of a full training"
            given["max_resource"] = high = integer("max_resource", self.max_resource, 1, hint, MAX_STEP)
            refuse_crossed(self.min_resource, high)
        elif self.mode == "promote":
            raise ValueError(
                "max_resource must be given in mode 'promote', got None; it is the last step of a full training, where "
                "a trial must not pause."
            )
        for name, value in given.items():
            object.__setattr__(self, name, value)
        refuse_bootstrap("min_resource", self.min_resource, self.bootstrap_count)

    @property
    def judges_several(self) -> bool:
        """False: a rung has one order."""
        return False

    def spec(self) -> dict[str, Any]:
        """``{"name": "SuccessiveHalvingPruner", **arguments}``."""
        arguments = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {"name": "SuccessiveHalvingPruner", **arguments}

    def judge(self, study: StudyIdentity) -> Judge:  # noqa: ARG002
        """Empty rungs for one study."""
        if isinstance(self.min_resource, str):
            return FirstCompleteJudge(lambda last_step: self._ladder(max(last_step // 100, 1)))
        return self._ladder(self.min_resource)

    def _ladder(self, low: int) -> LadderJudge:
        high = MAX_STEP + 1 if self.max_resource is None else self.max_resource
        rule = share_of(self.reduction_factor, self.bootstrap_count, self.mode)
        stops = self.mode == "stop"
        kind = LadderJudge if stops else ForecastingJudge
        return kind.of_levels(
            rule, stops, levels(low, high, self.reduction_factor, self.min_early_stopping_rate)
        )


# --- shared with Hyperband -------------------------------------------------------------------------------------------


def share_of(eta: int, bootstrap: int, mode: str) -> TopShare:
    """The ranking rule: in mode "stop" Optuna's."""
    return TopShare(eta, 1, bootstrap, like_optuna=True) if mode == "stop" else TopShare(eta, 0, bootstrap)


def check_or_auto(name: str, value: object, hint: str) -> int | str:
    """An integer >= 1, or "auto".

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str):
        if value != "auto":
            raise ValueError(f"{name} must be an integer >= 1 or 'auto', got {shown(value)}; {hint}.")
        return "auto"
    return integer(name, value, 1, f"{hint}; 'auto' takes it from the first COMPLETE trial", MAX_STEP)


def check_shares(reduction_factor: object, bootstrap_count: object, mode: object) -> dict[str, Any]:
    """The arguments that say who goes on.

    Raises:
        ValueError: one of them is out of its range.
    """
    if not isinstance(mode, str) or mode not in MODES:
        raise ValueError(f"mode must be one of {list(MODES)}, got {shown(mode)}; 'stop' is Optuna's.")
    return {
        "reduction_factor": integer("reduction_factor", reduction_factor, 2, "1/reduction_factor of a rung goes on"),
        "bootstrap_count": integer("bootstrap_count", bootstrap_count, 0, "nobody passes a rung of so few"),
        "mode": str(mode),
    }


def refuse_bootstrap(name: str, value: int | str, bootstrap_count: int) -> None:
    """As Optuna does.

    Raises:
        ValueError: it is given with "auto".
    """
    if bootstrap_count and isinstance(value, str):
        raise ValueError(
            f"bootstrap_count must be 0 where {name} is 'auto', got {bootstrap_count}; give {name} as an integer."
        )


@dataclass(slots=True)
class FirstCompleteJudge:
    """Lets everything go on until a trial that reported is COMPLETE; the judge that follows from its last step judges.

    Args:
        make: gives that judge.
    """

    make: Callable[[int], LadderJudge] = field(compare=False)
    last_steps: dict[int, int] = field(default_factory=dict)  # of trials under way, until then
    decided_by: int | None = None  # the last step of the first COMPLETE trial
    judge: LadderJudge | None = None

    def schedule(self, number: int) -> Schedule:
        """Until the first trial is COMPLETE each report is an occasion, so that what follows from it holds at once."""
        return Every() if self.judge is None else self.judge.schedule(number)

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        """See Judge."""
        if self.judge is not None:
            return self.judge.report(number, step, losses)
        self.last_steps[number] = max(step, self.last_steps.get(number, -1))
        return Verdict(Decision.CONTINUE)

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        """See Judge. The first COMPLETE trial itself is recorded nowhere."""
        if self.judge is not None:
            return self.judge.end(number, losses)
        last = self.last_steps.pop(number, None)
        if losses is not None and last is not None:
            self._decide(last)
        return ()

    def _decide(self, last_step: int) -> None:
        self.decided_by, self.judge = last_step, self.make(last_step)
        for number, reached in self.last_steps.items():
            self.judge.skip(number, reached)
        self.last_steps.clear()

    def promotable(self, ready: Callable[[int], bool]) -> Iterator[int]:
        """See Promoter."""
        return iter(()) if self.judge is None else self.judge.promotable(ready)

    def promote(self, number: int) -> tuple[Row, ...]:
        """See Promoter.

        Raises:
            ValueError: the trial waits nowhere.
        """
        if self.judge is None:
            raise ValueError(f"trial {number} waits at no rung: there are none before the first trial is COMPLETE.")
        return self.judge.promote(number)

    def waits(self, number: int) -> bool:
        """See Waits."""
        return self.judge is not None and self.judge.waits(number)

    def retire(self, number: int) -> None:
        """See Promoter."""
        if self.judge is not None:
            self.judge.retire(number)

    def rungs(self) -> tuple[Rung, ...]:
        """See HasRungs; none before the first trial is COMPLETE."""
        return () if self.judge is None else self.judge.rungs()

    def reason(self, number: int, step: int, losses: Losses, show: Show) -> Reason | None:
        """See Explains."""
        if self.judge is not None:
            return self.judge.reason(number, step, losses, show)
        return Reason(text="nobody is judged before the first trial that reported is COMPLETE", holds=True)

    def bracket(self, number: int) -> int:
        """See HasRungs; 0 before the first trial is COMPLETE, when nobody knows how many brackets there are."""
        return 0 if self.judge is None else self.judge.bracket(number)

    def dump(self) -> Any:
        """See ``Dumps``."""
        return [list(self.last_steps.items()), self.decided_by, None if self.judge is None else self.judge.dump()]

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        last_steps, decided_by, judge = data
        if decided_by is not None:
            self._decide(decided_by)
            assert self.judge is not None
            self.judge.load(judge)
        self.last_steps.update(map(tuple, last_steps))


__all__ = ["FirstCompleteJudge", "SuccessiveHalvingPruner"]
