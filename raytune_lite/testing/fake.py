"""A trial for a test: an objective runs on it without a study, a database or Ray."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..arguments import integer, integer_or_none, mapping, shown
from ..checkpoints.directories import DirectoryStore
from ..core.messages import Assignment, CheckpointRef, Decision, ParamValue, Progress
from ..core.schedules import Every
from ..distributions import Distribution
from ..runtime.trial import Trial
from ..trial import FrozenTrial

NEVER = "None prunes at no step"


class FakeTrial(Trial):
    """A trial for a test: ``objective(FakeTrial({"lr": 0.1}))``. Its checks are those of a real trial.

    Checkpoints lie in a temporary directory that is deleted with the trial (and with those that went on from it).

    Args:
        params: the values that the objective gets, by name. None: the middle of each range, the first of each list.
        number: the trial's number.
        prune_at: ``should_prune()`` is true from the report of this step on, as if a pruner had said so. None: never.
        n_objectives: numbers in each report.

    Raises:
        TypeError, ValueError: an argument of the wrong type, or out of range.
    """

    def __init__(
        self,
        params: Mapping[str, Any] | None = None,
        *,
        number: int = 0,
        prune_at: int | None = None,
        n_objectives: int = 1,
    ) -> None:
        given = None if params is None else mapping("params", params, "None takes the middle of each range")
        number = integer("number", number, 0, "it is the trial's number")
        line = _Line(given, integer_or_none("prune_at", prune_at, 0, NEVER))
        folder = tempfile.TemporaryDirectory(prefix="raytune_lite-trial-")
        self._begin(Assignment(number=number, attempt=1, schedule=Every()), line, folder, n_objectives)

    def _begin(
        self, assignment: Assignment, line: _Line, folder: tempfile.TemporaryDirectory[str], n_objectives: int
    ) -> None:
        self._line, self._folder = line, folder
        store = DirectoryStore(Path(folder.name))
        super().__init__(
            assignment, line, lambda: store, integer("n_objectives", n_objectives, 1, "a report has so many numbers")
        )

    @property
    def reports(self) -> dict[int, float | tuple[float, ...]]:
        """What was reported, by step, by all attempts; with several objectives a tuple a step."""
        self.delivery.flush()
        return {step: values[0] if len(values) == 1 else values for step, values in self._line.reports.items()}

    def next_attempt(self, *, prune_at: int | None = None) -> FakeTrial:
        """The attempt that follows when this one is lost or pruned here: it begins from the last checkpoint.

        It has this one's parameters, attributes and reports.

        Args:
            prune_at: as of the class.
        """
        self.delivery.flush()
        line = _Line(self._line.params, integer_or_none("prune_at", prune_at, 0, NEVER))
        line.reports, line.checkpoint = dict(self._line.reports), self._line.checkpoint
        assignment = Assignment(
            number=self.number,
            attempt=self.attempt + 1,
            schedule=Every(),
            params=tuple(self._params.values()),
            user_attrs=tuple(self._user_attrs.items()),
            constraints=tuple(self._constraints.items()),
            checkpoint=line.checkpoint,
            last_step=max(line.reports, default=None),
        )
        trial = FakeTrial.__new__(FakeTrial)
        trial._begin(assignment, line, self._folder, self._n_objectives)
        return trial


class _Line:
    """What a FakeTrial has in place of a driver; a Channel."""

    def __init__(self, params: dict[str, Any] | None, prune_at: int | None) -> None:
        self.params, self.prune_at = params, prune_at
        self.reports: dict[int, tuple[float, ...]] = {}
        self.checkpoint: CheckpointRef | None = None

    def suggest(self, number: int, attempt: int, name: str, distribution: Distribution) -> ParamValue:  # noqa: ARG002
        """See delivery.Channel."""
        if self.params is None:
            value = distribution.from_unit(0.5)
        elif name not in self.params:
            raise ValueError(
                f"the objective asks for parameter {name!r}, and this FakeTrial has "
                f"{', '.join(self.params) or 'none'}; give it a value: FakeTrial({{{name!r}: ...}})."
            )
        else:
            value = distribution.to_internal_repr(self.params[name])
            if not distribution.contains(value):
                raise ValueError(
                    f"parameter {name!r} of this FakeTrial is {shown(self.params[name])}, which is not in "
                    f"{distribution}; give it a value in that range."
                )
        return ParamValue(name=name, value=value, distribution=distribution)

    def report(self, number: int, attempt: int, progress: Progress) -> tuple[Decision, str | None]:  # noqa: ARG002
        """See delivery.Channel."""
        for step, values in progress.reports:
            self.reports.setdefault(step, values)
        self.checkpoint = progress.checkpoint or self.checkpoint
        newest = max(self.reports, default=-1)
        is_over = self.prune_at is not None and newest >= self.prune_at
        return (Decision.STOP if is_over else Decision.CONTINUE), None

    def finished(self, number: int, attempt: int) -> list[FrozenTrial]:  # noqa: ARG002
        """See delivery.Channel: this trial has no study."""
        return []


__all__ = ["FakeTrial"]
