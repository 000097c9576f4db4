"""UserPruner: a pruner of the user's that is written for Optuna, behind our protocol. Owns what it is shown."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..arguments import own_copy, shown, wrong_type
from ..core.messages import Decision, Row
from ..core.protocols import Verdict
from ..core.schedules import Each
from ..core.view import Losses, StudyIdentity
from ..frozen_study import FrozenStudy, Notes
from ..trial import FrozenTrial, TrialState
from .base import BasePruner

_OURS = __name__.partition(".")[0]


class StudyPruner(Protocol):
    """A pruner with Optuna's method; see UserPruner for what it is given."""

    def prune(self, study: Any, trial: Any) -> bool:
        """Whether the trial is to end now."""


def is_for_studies(pruner: Any) -> bool:
    """Whether a pruner, or what derives from one of ours, has its own ``prune(study, trial)``."""
    kinds = [kind for kind in type(pruner).__mro__ if kind.__module__.partition(".")[0] != _OURS]
    return not isinstance(pruner, type) and any(callable(vars(kind).get("prune")) for kind in kinds)


class UserPruner(BasePruner):
    """Asks a pruner that is written as one for Optuna; ``create_study(pruner=...)`` makes it by itself.

    The pruner has ``prune(study, trial)``, which is called at each first report of a step and says whether the trial is
    to end.

    It may not rely on this: the study is a FrozenStudy without user attributes, and its trials have a number, a state,
    values and intermediate values, but no parameters, attributes and dates. A trial that ended without a result is
    PRUNED where this pruner ended it, and else FAIL. A copy of the pruner is asked, on Ray in another process. When a
    study is opened again, it is asked about all reports again, so it should depend on what it is shown alone. Where it
    raises, its trial goes on, and a warning says so.

    Args:
        pruner: the pruner; a copy of it is used.

    Raises:
        TypeError: it has no ``prune``, or cannot be copied.
    """

    def __init__(self, pruner: StudyPruner) -> None:
        if isinstance(pruner, type) or not callable(getattr(pruner, "prune", None)):
            raise wrong_type("pruner", "an object with prune(study, trial)", pruner, "make one of your class")
        self.original = pruner
        self._fresh()

    @property
    def judges_several(self) -> bool:
        """False: in Optuna only trials of one objective report."""
        return False

    def spec(self) -> dict[str, Any]:
        """The pruner's class, for the record. It cannot be rebuilt from it."""
        kind = type(self.original)
        name = f"{kind.__module__.partition('._')[0]}.{kind.__qualname__}"
        return {"name": type(self).__name__, "pruner": name, "can_be_rebuilt": False}

    def judge(self, study: StudyIdentity) -> UserJudge:
        """A judge with a new copy of the pruner."""
        return UserJudge(self, self._fresh(), study)

    def asked(self, pruner: Any, study: FrozenStudy, trial: FrozenTrial) -> bool:
        """What the pruner says.

        Args:
            pruner: the judge's copy.
            study: its trials so far, the one in question among them.
            trial: the one in question.
        """
        return bool(pruner.prune(study, trial))

    def _fresh(self) -> Any:
        return own_copy("pruner", self.original, "prune")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UserPruner) and other.original is self.original

    def __hash__(self) -> int:
        return id(self.original)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown(self.original)})"


@dataclass(slots=True)
class UserJudge:
    """All trials as the pruner is shown them."""

    of: UserPruner
    pruner: Any
    study: StudyIdentity
    notes: Notes = field(default_factory=Notes)
    trials: dict[int, FrozenTrial] = field(default_factory=dict)
    stopped: set[int] = field(default_factory=set)  # membership only
    has_warned: bool = False

    def schedule(self, number: int) -> Each:  # noqa: ARG002
        return Each()

    def report(self, number: int, step: int, losses: Losses) -> Verdict:
        known = self.trials.get(number)
        reports = {} if known is None else known.intermediate_values
        self._show(number, TrialState.RUNNING, None, {**reports, step: self._sign * losses[0]})
        try:
            stops = self.of.asked(self.pruner, self._frozen(), self._noted(self.trials[number]))
        except Exception as error:  # noqa: BLE001  (it is the user's; here it must not end the study)
            stops = False
            self._warn(number, step, error)
        if stops:
            self.stopped.add(number)
        return Verdict(Decision.STOP if stops else Decision.CONTINUE)

    def overrule(self, number: int) -> None:
        """A pruner around lets the trial go on that was to end: where it fails later, it is FAIL."""
        self.stopped.discard(number)

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:
        known = self.trials.get(number)
        reports = {} if known is None else dict(known.intermediate_values)
        if losses is not None:
            self._show(number, TrialState.COMPLETE, self._sign * losses[0], reports)
        elif number in self.stopped:
            self._show(number, TrialState.PRUNED, reports[max(reports)], reports)
        else:
            self._show(number, TrialState.FAIL, None, reports)
        self.stopped.discard(number)
        return ()

    def dump(self) -> Any:
        """See ``Dumps``: the trials, who was stopped, and what the pruner noted."""
        rows = [
            [t.number, int(t.state), None if t.values is None else t.values[0], list(t.intermediate_values.items())]
            for t in self.trials.values()
        ]
        return [rows, sorted(self.stopped), self.notes.of_study, list(self.notes.of_trials.items())]

    def load(self, data: Any) -> None:
        """See ``Dumps``."""
        rows, stopped, of_study, of_trials = data
        for number, state, value, reports in rows:
            self._show(number, TrialState(state), value, dict(map(tuple, reports)))
        self.stopped.update(stopped)
        self.notes.of_study, self.notes.of_trials = of_study, dict(of_trials)

    @property
    def _sign(self) -> int:
        return self.study.directions[0].sign

    def _show(self, number: int, state: TrialState, value: float | None, reports: dict[int, float]) -> None:
        values = None if value is None else (value,)
        self.trials[number] = FrozenTrial(
            number=number, state=state, values=values, intermediate_values=reports, trial_id=number
        )

    def _noted(self, trial: FrozenTrial) -> FrozenTrial:
        attrs = self.notes.of_trials.get(trial.number)
        if attrs is None:
            return trial
        return FrozenTrial(
            number=trial.number, state=trial.state, values=trial.values, trial_id=trial.number, system_attrs=attrs,
            intermediate_values=trial.intermediate_values,
        )  # fmt: skip

    def _frozen(self) -> FrozenStudy:
        trials = [self._noted(self.trials[number]) for number in sorted(self.trials)]
        found = FrozenStudy(self.study.directions, trials, self.notes, self.study.name)
        found.pruner = self.pruner
        return found

    def _warn(self, number: int, step: int, error: Exception) -> None:
        if not self.has_warned:
            self.has_warned = True
            warnings.warn(
                f"{type(self.pruner).__name__}.prune raised {error!r:.300} at step {step} of trial {number}: the trial "
                "goes on, and so do others where it raises. See UserPruner for what a pruner is given.",
                stacklevel=2,
            )


@dataclass(frozen=True, slots=True)
class AbsentPruner(BasePruner):
    """Stands for a recorded UserPruner whose object is not there: reading folds the log with it, a run is refused.

    Its verdicts are never asked for: what was decided shows in how trials ended.
    """

    recorded: dict[str, Any]

    @property
    def judges_several(self) -> bool:
        """False, as of a UserPruner."""
        return False

    def spec(self) -> dict[str, Any]:
        """What was recorded."""
        return dict(self.recorded)

    def judge(self, study: StudyIdentity) -> _AbsentJudge:  # noqa: ARG002
        """One that lets everything go on."""
        return _AbsentJudge()


class _AbsentJudge:
    def schedule(self, number: int) -> Each:  # noqa: ARG002
        return Each()

    def report(self, number: int, step: int, losses: Losses) -> Verdict:  # noqa: ARG002
        return Verdict(Decision.CONTINUE)

    def end(self, number: int, losses: Losses | None) -> tuple[Row, ...]:  # noqa: ARG002
        return ()


__all__ = ["AbsentPruner", "StudyPruner", "UserPruner", "is_for_studies"]
