"""ASHA, asynchronous successive halving, by promotion (pause, resume) or by stopping. Its judge is in ``ladder``.

* Levels are exact integers, ``min_resource * reduction_factor**(k + s)`` below ``max_resource``, which is
  where a trial ends and no rung.
* Order is total: (loss, arrival at the rung). Equal losses go to the earliest, so exactly floor(n / eta) are
  on top.
* Non-finite losses rank worst, count in n, and are never promoted.

Source: Li et al. 2018, "A System for Massively Parallel Hyperparameter Tuning",
arXiv:1810.05934, Algorithm 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..arguments import integer, shown
from ..core.bounds import check_name
from ..core.view import StudyIdentity
from .base import BasePruner
from .costs import CostShare, TimedJudge
from .ladder import LadderJudge, levels, refuse_crossed
from .ranking import TopShare
from .reach import ForecastingJudge

_MAX_LEVEL = 2**63 - 1
_MODES = ("promote", "stop")
_RESOURCES = ("steps", "seconds")


@dataclass(frozen=True, slots=True)
class ASHAPruner(BasePruner):
    """Asynchronous successive halving.

    In mode "promote" (the paper's) a trial that reaches a rung and is not in its top 1/reduction_factor
    *pauses*: its checkpoint is kept, its slot freed, and it is promoted when enough worse results have come
    in. In mode "stop" such a trial ends for good, and the first at a rung always goes on; nothing needs a
    checkpoint.

    The value that counts at a rung is the report at its level, or the first one past it.

    Args:
        min_resource: step (as given to ``trial.report``) of the lowest rung.
        max_resource: step at which a full training ends; it is no rung.
        reduction_factor: eta; the top 1/eta of a rung goes on, to eta times the resource.
        mode: "promote" or "stop".
        min_early_stopping_rate: s; the lowest rung is at ``min_resource * eta**s``.
        resource: "steps", or "seconds": levels are seconds for which a trial has trained, in all its attempts, without
            queueing, pauses and waits for the driver. It crosses a level with the first report at or past it.
        cost: None: the top of a rung is a share of its trials. "seconds", or the name of a user attribute: it is a
            share of what they have cost: the best k, where k is the largest with C(k) <= C(n) / eta and C(k) is what
            the best k have spent to get there. So where the best are cheap more of them go on. Where all cost the
            same it is the paper's rule. An attribute counts as it stands at the report; a trial without a number > 0
            there counts like the mean of the others.

    Raises:
        ValueError: an argument out of its range; the message says the range.

    Source: Li et al. 2018, Algorithm 2 (R = max_resource, r = min_resource, eta, s); ``cost``: Syne Tune 0.13,
    ``hyperband_cost_promotion``.
    """

    min_resource: int
    max_resource: int
    reduction_factor: int
    mode: str
    min_early_stopping_rate: int
    resource: str
    cost: str | None

    def __init__(
        self,
        min_resource: int = 1,
        max_resource: int | None = None,
        reduction_factor: int = 3,
        *,
        mode: str = "promote",
        min_early_stopping_rate: int = 0,
        resource: str = "steps",
        cost: str | None = None,
    ) -> None:
        low = integer("min_resource", min_resource, 1, "it is the step of the lowest rung, counted from 1")
        if max_resource is None:
            raise ValueError("max_resource must be given, got None; it is the last step of a full training.")
        high = integer("max_resource", max_resource, 1, "it is the last step of a full training")
        refuse_crossed(low, high)
        eta = integer(
            "reduction_factor", reduction_factor, 2, "ASHA keeps the top 1/reduction_factor of a rung"
        )
        if not isinstance(mode, str) or mode not in _MODES:
            raise ValueError(
                f"mode must be one of {list(_MODES)}, got {shown(mode)}; 'promote' is the paper's algorithm."
            )
        why = "each unit multiplies the lowest rung by reduction_factor; 0 is the paper's advice"
        rate = integer("min_early_stopping_rate", min_early_stopping_rate, 0, why)
        if not isinstance(resource, str) or resource not in _RESOURCES:
            raise ValueError(
                f"resource must be one of {list(_RESOURCES)}, got {shown(resource)}; it is the unit of the levels."
            )
        _check_cost(cost)
        for name, value in zip(
            ("min_resource", "max_resource", "reduction_factor", "mode", "min_early_stopping_rate", "resource", "cost"),
            (low, high, eta, str(mode), rate, str(resource), cost),
            strict=True,
        ):
            object.__setattr__(self, name, value)
        if self.levels and self.levels[-1] > _MAX_LEVEL:
            raise ValueError(
                f"max_resource must leave rungs below {_MAX_LEVEL} (the database's integer), got {shown(high)}; "
                "count epochs."
            )

    @property
    def judges_several(self) -> bool:
        """False: a rung has one order."""
        return False

    @property
    def levels(self) -> tuple[int, ...]:
        """The rung levels, ascending; () when none is below max_resource."""
        return levels(self.min_resource, self.max_resource, self.reduction_factor, self.min_early_stopping_rate)

    def spec(self) -> dict[str, Any]:
        """``{"name": "ASHAPruner", **arguments}``; ``resource`` and ``cost`` where they are not the default."""
        found: dict[str, Any] = {
            "name": "ASHAPruner",
            "min_resource": self.min_resource,
            "max_resource": self.max_resource,
            "reduction_factor": self.reduction_factor,
            "mode": self.mode,
            "min_early_stopping_rate": self.min_early_stopping_rate,
        }
        if self.resource != "steps":  # studies of earlier versions have neither, and go on with the same spec
            found["resource"] = self.resource
        if self.cost is not None:
            found["cost"] = self.cost
        return found

    def judge(self, study: StudyIdentity) -> LadderJudge:  # noqa: ARG002
        """Empty rungs for one study."""
        # The minimum of 1 lets the first at a rung go on; Optuna's SuccessiveHalvingPruner and Determined
        # have it too. An equal loss ranks behind the earlier ones.
        stops = self.mode == "stop"
        share = TopShare if self.cost is None else CostShare
        rule = share(self.reduction_factor, at_least=1 if stops else 0)
        by_seconds = self.resource == "seconds"
        if by_seconds or self.cost is not None:
            return TimedJudge.of_levels(rule, stops, self.levels, by_seconds=by_seconds, cost=self.cost)
        kind = LadderJudge if stops else ForecastingJudge
        return kind.of_levels(rule, stops, self.levels)


def _check_cost(cost: Any) -> None:
    if cost is None:
        return
    try:
        check_name("cost", cost)
    except (TypeError, ValueError) as error:
        raise type(error)(f'{error} It is None, "seconds", or the name of a user attribute.') from None
    if cost == "gpu_seconds":
        raise ValueError(
            "cost must be None, 'seconds' or the name of a user attribute, got 'gpu_seconds'; all trials of a run have "
            "the same GPUs, so 'seconds' decides alike. Where trials differ, set a user attribute to the GPU seconds "
            "that a trial has used so far, and name it here."
        )
