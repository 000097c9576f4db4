"""Recorded curves, trained again in virtual time under any rule: the objective of a quiet cluster. Knows no study."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from ..core.protocols import Breeder, Promoter, Pruner
from ..core.view import StudyIdentity
from ..exceptions import TrialPruned
from ..runtime.virtual.quiet import QuietCluster
from ..samplers import RandomSampler
from ..trial import StudyDirection, TrialState
from .curves import Curve

_STUDY = StudyIdentity("quiet", (StudyDirection.MINIMIZE,))


class RecordedFailure(Exception):  # noqa: N818  (a trial fails again where it failed)
    """Raised where a trial failed when it was recorded."""


class Training:
    """The objective: a trial reports what its curve says, when its curve says it.

    Args:
        curves: trial i has curve i.
        saves: trials save checkpoints where a decision is due, because the rule may let them go on later.
        target: a loss; the first report that is as small ends the simulation. None: it goes on to its end.

    ``seconds``: by trial, for which it has worked, start-ups included. ``cut``: trials that the rule would have let go
    on past the end of what is recorded of them.
    """

    def __init__(self, curves: Sequence[Curve], *, saves: bool, target: float | None = None) -> None:
        self.curves, self.saves = curves, saves
        self.target = target
        self.seconds = [0.0] * len(curves)
        self.cut: dict[int, None] = {}
        self.cluster: Any = None  # the quiet cluster that calls it

    def start_up(self, number: int) -> float:
        """Seconds from a claim of a trial to its objective."""
        seconds = self.curves[number].start_up
        self.seconds[number] += seconds
        return seconds

    def __call__(self, trial: Any) -> float:
        """Train until the rule has it end, or the record does."""
        number = trial.number
        curve = self.curves[number]
        hit = _first_at_most(curve.losses, self.target)
        steps, delivery, n = curve.steps, trial.delivery, len(curve.steps)
        resumed = trial.resumed_from_step
        done = 0 if resumed is None else bisect_right(steps, resumed)
        while done < n:
            due_step = delivery.next_due
            due = min(max(bisect_left(steps, due_step), done), n - 1)
            if done <= hit <= due:
                self._train(number, curve, done, hit)
                self.cluster.stop()
                return float(curve.losses[hit])
            self._train(number, curve, done, due)
            for k in range(done, due + 1):
                trial.report(curve.losses[k], steps[k])
            done = due + 1
            if steps[due] >= due_step and (done < n or not curve.is_whole):
                if self.saves:
                    with trial.checkpoint_dir(steps[due]):
                        pass
                if trial.should_prune():
                    raise TrialPruned
        self._pass(number, curve.tail)
        if curve.state is TrialState.FAIL:
            raise RecordedFailure
        if curve.is_whole:
            return math.inf if curve.loss is None else float(curve.loss)
        self.cut[number] = None
        raise TrialPruned

    def _train(self, number: int, curve: Curve, first: int, last: int) -> None:
        self._pass(number, curve.ends[last] - (curve.ends[first - 1] if first else 0.0))

    def _pass(self, number: int, seconds: float) -> None:
        self.seconds[number] += seconds
        if seconds > 0.0:
            self.cluster.world.sleep(seconds)


def _first_at_most(losses: Sequence[float], target: float | None) -> int:
    """The first place with a loss as small as the target; past the end where there is none."""
    if target is None:
        return len(losses)
    return next((k for k, loss in enumerate(losses) if loss <= target), len(losses))


def resumes(pruner: Pruner) -> bool:
    """Whether trials may go on later under a pruner, so that they save checkpoints."""
    return isinstance(pruner.judge(_STUDY), Promoter)


def refuse_breeders(pruner: Pruner) -> None:
    """Refuse a pruner that changes parameters.

    Raises:
        ValueError: it is one.
    """
    if isinstance(pruner.judge(_STUDY), Breeder):
        raise ValueError(
            f"pruner must leave parameters as they are, got {type(pruner).__name__}; what its new trials would report "
            "is in no record. Take ASHA, Hyperband or another rule that stops or pauses."
        )


def simulate(
    curves: Sequence[Curve], pruner: Pruner, workers: int, *, target: float | None = None
) -> tuple[Training, QuietCluster]:
    """Train the curves in their order on so many workers, until the run is over or the target is reached."""
    training = Training(curves, saves=resumes(pruner), target=target)
    cluster = QuietCluster(
        RandomSampler(0), pruner, training, workers=workers, n_trials=len(curves), catch=(RecordedFailure,), start=0.0,
        start_up=training.start_up,
    )  # fmt: skip
    training.cluster = cluster
    cluster.run()
    return training, cluster


__all__ = ["RecordedFailure", "Training", "refuse_breeders", "resumes", "simulate"]
