"""What the callbacks of a study that log its trials share: which trials to log, under which names.

Imports no tracker. They run in the process of the script, once for each finished trial, whatever number of attempts it
took; so a trial that was retried or paused is logged once, with each of its steps. A logger adds where and how.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..arguments import flag, shown
from ..trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    from ..study import Study

FINISHED = tuple(state for state in TrialState if state.is_finished())


class StudyLogger(ABC):
    """Base of the callbacks that log finished trials: ``study.optimize(..., callbacks=[logger])``.

    Args:
        metric_name: the objective's name, or a list of one an objective. None: those of ``study.set_metric_names``,
            else "value", or "value_0", "value_1", ...
        earlier: also log the trials that finished before and are not logged yet, when the first one finishes: those of
            earlier runs, and those that finished while no script was there to log them.

    Raises:
        TypeError: ``metric_name`` is neither a text nor a list of texts; ``earlier`` is no bool.
    """

    def __init__(self, metric_name: str | Sequence[str] | None = None, *, earlier: bool = True) -> None:
        names = [metric_name] if isinstance(metric_name, str) or metric_name is None else metric_name
        if not isinstance(names, (list, tuple)) or not all(name is None or isinstance(name, str) for name in names):
            raise TypeError(
                f"metric_name must be a text, or a list of one an objective, got {shown(metric_name)}; None takes the "
                "study's own names."
            )
        self._metric_name, self._earlier = metric_name, flag("earlier", earlier)
        self._begun: set[str] = set()  # names of studies

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        """Called after each finished trial.

        Raises:
            ValueError: there is not one name an objective.
        """
        names = self._names(study)
        trials = [trial]
        if study.study_name not in self._begun:
            self._begun.add(study.study_name)
            there = self._logged(study)
            if self._earlier:
                trials = study.get_trials(deepcopy=False, states=FINISHED)
            trials = [one for one in trials if not _is_there(one, there)]
        for one in trials:
            self._log(study, one, names)

    def _names(self, study: Study) -> list[str]:
        n_objectives, given = len(study.directions), self._metric_name
        if given is None and study.metric_names is not None:
            return study.metric_names
        if given is None or isinstance(given, str):
            stem = given or "value"
            return [stem] if n_objectives == 1 else [f"{stem}_{i}" for i in range(n_objectives)]
        if len(given) != n_objectives:
            raise ValueError(
                f"metric_name has {len(given)} names, {shown(list(given))}, and the study {n_objectives} objectives; "
                "give one name for each."
            )
        return list(given)

    @abstractmethod
    def _logged(self, study: Study) -> dict[int, float]:
        """The trials of the study that are logged completely: when each began (``began``), by number."""

    @abstractmethod
    def _log(self, study: Study, trial: FrozenTrial, names: Sequence[str]) -> None:
        """Log one finished trial. ``names``: one an objective."""


def _is_there(trial: FrozenTrial, logged: dict[int, float]) -> bool:
    # the study may be another one of the same name; a database may round times to seconds
    return trial.number in logged and abs(logged[trial.number] - began(trial)) <= 1


def began(trial: FrozenTrial) -> float:
    """When the trial began, in seconds since 1970; 0 when it was never started."""
    return 0.0 if trial.datetime_start is None else trial.datetime_start.timestamp()


def ended(trial: FrozenTrial) -> float:
    """When it ended, in seconds since 1970; the moment when it began where that is unknown."""
    return began(trial) if trial.datetime_complete is None else trial.datetime_complete.timestamp()


def curves(trial: FrozenTrial, names: Sequence[str]) -> dict[str, list[tuple[int, float]]]:
    """What the trial reported: (step, value) in the order of steps, under "reports/<name of the objective>"."""
    steps = sorted(trial.reports.items())
    return {f"reports/{name}": [(step, values[i]) for step, values in steps] for i, name in enumerate(names) if steps}


def results(trial: FrozenTrial, names: Sequence[str]) -> dict[str, float]:
    """The trial's values by the names of the objectives; none where it has no result."""
    return dict(zip(names, trial.values or (), strict=False))


def facts(trial: FrozenTrial) -> dict[str, Any]:
    """What is known of a trial beside its parameters and numbers: state, number, attempts, attributes, constraints."""
    attrs = {f"user_attrs.{key}": value for key, value in trial.user_attrs.items()}
    constraints = {f"constraints.{key}": value for key, value in trial.constraints.items()}
    return {"state": trial.state.name, "number": trial.number, "attempts": trial.attempt, **attrs, **constraints}


__all__ = ["StudyLogger", "began", "curves", "ended", "facts", "results"]
