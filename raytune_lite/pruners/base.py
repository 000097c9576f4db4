"""BasePruner: what all pruners share, and Optuna's way to ask one: ``prune(study, trial)``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..core.messages import Decision
from ..core.protocols import Judge, Timed
from ..core.view import StudyIdentity


class BasePruner:
    """Base of the pruners. One of your own may derive from it that is written for Optuna, with ``prune`` alone.

    See UserPruner for what such a pruner is given.
    """

    __slots__ = ()

    def judge(self, study: StudyIdentity) -> Judge:
        """A judge of this study that has seen nothing yet; every pruner of this package has one."""
        raise NotImplementedError

    def prune(self, study: Any, trial: Any) -> bool:
        """Whether this pruner would stop, or pause, the trial at its latest report.

        It judges all that the study has reported anew: first the trials that have ended, in the order in which they
        did, then the others. In a run nobody calls this; reports are judged as they arrive.

        Args:
            study: a Study, or the FrozenStudy that a pruner is given.
            trial: the FrozenTrial in question.

        Raises:
            NotImplementedError: the pruner goes by time or cost, which no record of a trial has.
        """
        directions = tuple(study.directions)
        signs = [direction.sign for direction in directions]
        judge = self.judge(StudyIdentity(study.study_name, directions))
        if isinstance(judge, Timed):
            raise NotImplementedError(f"{self!r} goes by time or cost, which a trial's record does not have.")
        others = [other for other in study.get_trials(deepcopy=False) if other.number != trial.number]
        last = Decision.CONTINUE
        for one in [*sorted(others, key=_when), trial]:
            for step, values in one.reports.items():
                last = judge.report(one.number, step, _losses(signs, values)).decision
            if one is not trial and one.state.is_finished():
                judge.end(one.number, _losses(signs, one.values) if one.state.name == "COMPLETE" else None)
        return bool(trial.reports) and last is not Decision.CONTINUE


def _when(trial: Any) -> tuple[bool, datetime, int]:
    return not trial.state.is_finished(), trial.datetime_complete or datetime.max, trial.number


def _losses(signs: list[int], values: Any) -> tuple[float, ...]:
    return tuple(sign * float(value) for sign, value in zip(signs, values, strict=False))


__all__ = ["BasePruner"]
