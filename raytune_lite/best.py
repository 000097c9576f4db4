"""What stands best in a study, also before a trial is COMPLETE: the record, and which of several are not beaten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .trial import TrialState

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class BestSoFar:
    """The trial that stands best now.

    Attributes:
        number: of the trial.
        state: COMPLETE: it is the best trial. Else no trial is COMPLETE yet, and this one has reported ``values``.
        values: one float an objective.
        params: values as the objective saw them, by name.
        step: where the values were reported: the rung, if ``is_rung``, else the step. Of a COMPLETE trial its last
            step; None if it has reported nothing.
        is_rung: whether ``step`` is a rung of the pruner. The levels of a pruner with ``resource="seconds"`` are
            seconds.
    """

    number: int
    state: TrialState
    values: tuple[float, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    step: int | None = None
    is_rung: bool = False

    @property
    def value(self) -> float:
        """The single objective value.

        Raises:
            RuntimeError: there are several.
        """
        if len(self.values) > 1:
            raise RuntimeError(f"trial {self.number} has {len(self.values)} objective values; use .values.")
        return self.values[0]

    @property
    def where(self) -> str:
        """Where the values were reported, for people: ``rung 9``, ``step 9``; empty when the trial is COMPLETE."""
        if self.state is TrialState.COMPLETE or self.step is None:
            return ""
        return f"{'rung' if self.is_rung else 'step'} {self.step}"


def front(items: Iterable[tuple[_T, Sequence[float]]]) -> list[_T]:
    """The Pareto front: those that no other one beats. Each item comes with its losses, of which smaller is better."""
    some = [(item, tuple(losses)) for item, losses in items]
    kept: dict[tuple[float, ...], None] = {}
    for mine in sorted({losses for _, losses in some}):  # whoever beats one comes before it
        if not any(all(a <= b for a, b in zip(other, mine, strict=True)) for other in kept):
            kept[mine] = None
    return [item for item, losses in some if losses in kept]


__all__ = ["BestSoFar", "front"]
