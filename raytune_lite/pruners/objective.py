"""One objective of several is judged, by any pruner of one. Owns no rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..arguments import integer
from ..core.messages import Row
from ..core.protocols import Judge, Verdict
from ..core.reasons import Show
from ..core.view import Losses, StudyIdentity
from .base import BasePruner
from .wrapper import WrapperJudge, checked


@dataclass(frozen=True, slots=True)
class OnObjective(BasePruner):
    """Judge one objective of a study of several, as ``pruner`` would judge a study of that one alone.

    ``trial.report((loss, latency), step)`` reports one number for each objective; the others are stored and do not
    count here. Optuna has no pruning with several objectives.

    Args:
        index: of the objective, from 0.
        pruner: a pruner, for instance ``MedianPruner()``; also one of Optuna's, or one of your own.

    Raises:
        TypeError: ``pruner`` is no pruner.
        ValueError: ``index`` is no integer >= 0. A study that has fewer objectives refuses it.
    """

    index: int
    pruner: Any  # a Pruner

    def __post_init__(self) -> None:
        index = integer("index", self.index, 0, "objectives are counted from 0")
        object.__setattr__(self, "index", index)
        inner = checked("pruner", self.pruner, "a pruner such as MedianPruner()")
        object.__setattr__(self, "pruner", inner)
        if isinstance(inner, OnObjective):
            raise ValueError(f"pruner must judge a single objective, got {inner!r:.200}; leave the outer one out.")

    @property
    def judges_several(self) -> bool:
        """True: the others do not count."""
        return True

    @property
    def least_objectives(self) -> int:
        """How many objectives a study must have for it."""
        return self.index + 1

    def spec(self) -> dict[str, Any]:
        """``{"name": "OnObjective", "index": ..., "pruner": its spec}``."""
        return {"name": "OnObjective", "index": self.index, "pruner": self.pruner.spec()}

    def judge(self, study: StudyIdentity) -> Judge:
        """A judge around a new one of the pruner, for this objective alone."""
        alone = StudyIdentity(study.name, (study.directions[self.index],))
        return _ObjectiveJudge.around(self.pruner.judge(alone), self.index)


class _ObjectiveJudge(WrapperJudge):
    """Shows the judge inside one objective."""

    def __init__(self, inner: Judge, index: int) -> None:
        super().__init__(inner)
        self.index = index

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        """The verdict on this objective."""
        return super().report(number, step, self.losses_inside(losses))

    def shown(self, show: Show) -> Show:
        """See WrapperJudge."""
        return lambda loss, objective=self.index: show(loss, self.index if objective == 0 else objective)

    def losses_inside(self, losses: Losses) -> Losses:
        """See WrapperJudge."""
        return (losses[self.index],)

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        """The end, with the result of this objective."""
        return super().end(number, None if losses is None else self.losses_inside(losses))


__all__ = ["OnObjective"]
