"""An attempt that finds out a trial's parameters: what a task asks for depends on one that nobody knows yet.

So it is with the first trials of a study, and with parameters that only some trials have. The attempt runs the
objective on one CPU until it has asked for that parameter; then it ends, at no cost, and the trial's next attempt is
placed by what it needs. Knows no Ray.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ..core.messages import Assignment
from ..distributions import Distribution
from ..exceptions import InvalidResourcesError
from .failures import AttemptInterrupted
from .trial import Trial


class UnknownParam(KeyError):  # noqa: N818
    """What a trial asks for depends on a parameter that it does not have yet. ``name``: of the parameter."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class ParamsBefore(dict[str, Any]):
    """The parameters of a trial, as far as they are known before it begins."""

    def __missing__(self, name: str) -> NoReturn:
        raise UnknownParam(name)


def params_before(assignment: Assignment) -> ParamsBefore:
    """External values: those that the trial has used, those that are fixed, and those that the sampler has chosen."""
    found = ParamsBefore((p.name, p.distribution.to_external_repr(p.value)) for p in assignment.suggested)
    found.update((name, json.loads(text)) for name, text in assignment.fixed)
    found.update((p.name, p.distribution.to_external_repr(p.value)) for p in assignment.params)
    return found


class ScoutTrial(Trial):
    """The handle of such an attempt.

    Args:
        name: of the parameter that is looked for.
        arguments: see Trial.
    """

    def __init__(self, name: str, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._name = name

    def _suggest(self, name: str, distribution: Distribution) -> Any:
        value = super()._suggest(name, distribution)
        if name == self._name:
            self.delivery.flush()
            raise AttemptInterrupted(f"parameter {name!r} is known now: the next attempt gets what it asks for")
        return value

    def report(self, value: float | Sequence[float], step: int) -> None:  # noqa: ARG002
        """See Trial.

        Raises:
            InvalidResourcesError: the parameter that is looked for should be known by now.
        """
        self.refuse("reports")

    def checkpoint_dir(self, step: int) -> NoReturn:  # noqa: ARG002
        """See ``report``."""
        self.refuse("saves a checkpoint")

    def refuse(self, what: str) -> NoReturn:
        """The objective has come so far without the parameter.

        Raises:
            InvalidResourcesError: always.
        """
        raise InvalidResourcesError(
            f"resources= asks trial {self.number} for its parameter {self._name!r}, and the objective {what} before it "
            f"has asked for that one; it has {self.params}. Suggest it earlier, or write "
            f"params.get({self._name!r}, ...) in the function for trials without it."
        )


def scouting(objective: Callable[[Trial], Any]) -> Callable[[Trial], Any]:
    """The objective of such an attempt: it gives no result."""

    def scout(trial: Trial) -> Any:
        objective(trial)
        assert isinstance(trial, ScoutTrial)
        trial.refuse("returns")

    return scout


__all__ = ["ParamsBefore", "ScoutTrial", "UnknownParam", "params_before", "scouting"]
