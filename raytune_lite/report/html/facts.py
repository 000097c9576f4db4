"""What a report reads of a study, once, for all its parts. Knows no picture and no words."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from ...core.protocols import Branches, Grid
from ...samplers import grid_from_spec
from ...trial import StudyDirection, TrialState
from .columns import Columns
from .ladder import Ladder
from .moments import Reader
from .slot_time import SlotTime

if TYPE_CHECKING:
    from ...study.results import Results


class Facts:
    """What was read of a study, once, for all parts of the document.

    Args:
        study: the study; it may be running.
    """

    def __init__(self, study: Results) -> None:
        self.directions = tuple(study.directions)
        self.columns = Columns.read(study.iter_trials(), self.directions)
        self.attempts, self.rungs, self.cells = study.attempts, study.rungs, study.cells
        columns = self.columns
        self.states = dict(zip(columns.numbers, columns.states, strict=True))
        kept: dict[int, int] = {}
        if TrialState.WAITING in columns.states:
            kept = {
                number: ref.step for number, ref in study.checkpoints if self.states.get(number) is TrialState.WAITING
            }
        self.moments = Reader(self.attempts, self.rungs, kept).read(*study.kept_log())
        self.ladder = Ladder(self.rungs, self.attempts, self.states, self.moments, self.directions[0].sign)
        self.time = SlotTime(self.attempts, self.states, self.moments, self.ladder)
        self.run = self.moments.runs[-1][1] if self.moments.runs else study.last_run
        self.so_far = next(iter(study.best_trials_so_far), None) if len(self.directions) == 1 else None
        self.name, self.storage, self.created = study.study_name, study.storage, study.created
        self.metrics = _metrics(study.metric_names, self.directions)

    @property
    def grid(self) -> Grid | None:
        """The grid of the latest run's sampler, or None."""
        try:
            found = grid_from_spec(json.loads(self.run.sampler)) if self.run is not None else None
        except ValueError:
            return None
        return None if isinstance(found, Branches) else found

    def best_row(self) -> int | None:
        """The row of the best feasible COMPLETE trial of the first objective, the earliest of equals."""
        columns, best, found = self.columns, math.inf, None
        for row, state in enumerate(columns.states):
            if state is TrialState.COMPLETE and columns.is_feasible[row]:
                loss = columns.loss(row)
                if loss < best or (found is None and loss == loss):
                    best, found = loss, row
        return found


def _metrics(names: list[str] | None, directions: tuple[StudyDirection, ...]) -> list[str]:
    if names is not None and len(names) == len(directions):
        return list(names)
    return ["value"] if len(directions) == 1 else [f"value {k}" for k in range(len(directions))]


__all__ = ["Facts"]
