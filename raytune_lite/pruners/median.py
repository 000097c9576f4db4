"""The median stopping rule: a trial that never was as good as the median of the others ends.

Source: Golovin et al. 2017, "Google Vizier: A Service for Black-Box Optimization", section 3.1; the rule as it stands
in Optuna 5.0, ``optuna/pruners/_median.py``. The judge is that of ``pruners/percentile.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..core.view import StudyIdentity
from .base import BasePruner
from .percentile import PercentileJudge, Rule, check_arguments


@dataclass(frozen=True, slots=True)
class MedianPruner(BasePruner):
    """Stop a trial whose best report so far is worse than the median of the others at the same step.

    It is PercentilePruner with a percentile of 50; what is said there, also of Optuna, holds here.

    Args:
        n_startup_trials: trials before anything is stopped: COMPLETE ones, or other ones that were judged.
        n_warmup_steps: the first step at which a trial may be stopped.
        interval_steps: steps between two decisions; one that no report meets is made at the next report.
        n_min_trials: trials to compare with at this very step, for a decision there.
        among: "completed": the COMPLETE trials; "reached": every other trial that was judged at this step, also those
            that run. Better with more than a few workers.

    Raises:
        ValueError: an argument out of its range; the message says the range.
    """

    n_startup_trials: int = 5
    n_warmup_steps: int = 0
    interval_steps: int = 1
    n_min_trials: int = field(default=1, kw_only=True)
    among: str = field(default="completed", kw_only=True)

    def __post_init__(self) -> None:
        check_arguments(self)

    @property
    def judges_several(self) -> bool:
        """False: a median needs one order."""
        return False

    def spec(self) -> dict[str, Any]:
        """``{"name": "MedianPruner", **arguments}``; ``among`` only where it is not "completed".

        So the spec of a study that was made before ``among`` existed is the one of the same pruner today.
        """
        given = {name: getattr(self, name) for name in self.__dataclass_fields__}
        if given["among"] == "completed":
            del given["among"]
        return {"name": "MedianPruner", **given}

    def judge(self, study: StudyIdentity) -> PercentileJudge:
        """A judge that knows no trial."""
        return PercentileJudge(Rule.of(self, 50.0), study.directions[0].sign < 0)
