"""All trials of a study as columns of numbers, read in one pass: what the pictures of a report are made of.

Holds 8 bytes a number, and the learning curves of some trials only. Knows no picture and no words.
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ...distributions import CategoricalDistribution, Distribution, IntDistribution
from ...trial import FrozenTrial, StudyDirection, TrialState

NAN = math.nan
SAMPLE = 120  # learning curves that are kept: evenly spaced ones, up to twice as many
BEST = 30  # and those of the best trials


@dataclass(slots=True)
class Param:
    """One parameter: its kind, the range over all trials, and its value in each trial.

    ``values``: of a categorical one the index of the choice; NaN where a trial has no such parameter.
    """

    name: str
    choices: tuple[Any, ...] | None
    is_int: bool
    log: bool
    low: float
    high: float
    values: array[float] = field(default_factory=lambda: array("d"))


@dataclass(slots=True)
class Columns:
    """The trials of a study, a row each, in number order.

    Args:
        directions: of the study.

    ``ended``: seconds since 1970 at which the trial ended, NaN before. ``values``: a column an objective, NaN without a
    result. ``is_feasible``: 1 or 0. ``n_duplicates``: trials whose parameters an earlier trial had, all of them;
    trials that failed do not count.
    ``curves``: number -> the reports of the first objective, of some trials.
    """

    directions: tuple[StudyDirection, ...]
    numbers: array[int] = field(default_factory=lambda: array("q"))
    states: list[TrialState] = field(default_factory=list)
    ended: array[float] = field(default_factory=lambda: array("d"))
    last_steps: array[int] = field(default_factory=lambda: array("q"))  # -1: nothing was reported
    is_feasible: bytearray = field(default_factory=bytearray)
    values: list[array[float]] = field(default_factory=list)
    params: dict[str, Param] = field(default_factory=dict)
    n_duplicates: int = 0
    n_with_curves: int = 0
    curves: dict[int, dict[int, float]] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)  # membership only
    _stride: int = 1
    _even: list[FrozenTrial] = field(default_factory=list)
    _best: list[tuple[float, int, dict[int, float]]] = field(default_factory=list)  # a heap, the worst first

    @classmethod
    def read(cls, trials: Iterable[FrozenTrial], directions: Iterable[StudyDirection]) -> Columns:
        """The columns of these trials, which come in number order and are forgotten one after another."""
        found = cls(tuple(directions))
        found.values = [array("d") for _ in found.directions]
        for trial in trials:
            found._add(trial)
        kept = [(trial.number, dict(trial.intermediate_values)) for trial in found._even]
        kept += [(-negative, curve) for _, negative, curve in found._best]
        found.curves = dict(sorted(kept))
        found._even, found._best, found._seen = [], [], set()
        return found

    def __len__(self) -> int:
        return len(self.numbers)

    def row_of(self, number: int) -> int:
        """The row of a trial, or -1."""
        low, high = 0, len(self.numbers)  # numbers ascend, and are the rows in nearly all studies
        if number < high and self.numbers[number] == number:
            return number
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.numbers[middle] < number else (low, middle)
        return low if low < len(self.numbers) and self.numbers[low] == number else -1

    def in_order_of_end(self) -> list[int]:
        """Rows of the trials that have ended, the earliest end first."""
        rows = [row for row in range(len(self)) if self.states[row].is_finished()]
        return sorted(rows, key=lambda row: (self.ended[row] if self.ended[row] == self.ended[row] else -1.0, row))

    def loss(self, row: int, objective: int = 0) -> float:
        """An objective's value, signed so that smaller is better; NaN without one."""
        return self.directions[objective].sign * self.values[objective][row]

    # --- one trial -----------------------------------------------------------------------------------------------

    def _add(self, trial: FrozenTrial) -> None:
        row = len(self)
        self.numbers.append(trial.number)
        self.states.append(trial.state)
        self.ended.append(NAN if trial.datetime_complete is None else trial.datetime_complete.timestamp())
        self.last_steps.append(-1 if trial.last_step is None else trial.last_step)
        self.is_feasible.append(trial.is_feasible)
        values = trial.values if trial.values is not None and trial.state is not TrialState.FAIL else ()
        for k, column in enumerate(self.values):
            column.append(float(values[k]) if k < len(values) else NAN)
        for name, value in trial.params.items():
            self._param(name, trial.distributions[name], row).values.append(
                _as_number(trial.distributions[name], value)
            )
        for param in self.params.values():
            if len(param.values) == row:
                param.values.append(NAN)
        if trial.params and trial.state is not TrialState.FAIL:  # a retry of what failed is no duplicate
            key = hash(tuple(sorted((name, repr(value)) for name, value in trial.params.items())))
            self.n_duplicates += key in self._seen
            self._seen.add(key)
        if trial.intermediate_values:
            self._keep_curve(trial)

    def _param(self, name: str, distribution: Distribution, row: int) -> Param:
        param = self.params.get(name)
        choices = distribution.choices if isinstance(distribution, CategoricalDistribution) else None
        if isinstance(distribution, CategoricalDistribution):
            low, high = 0.0, len(distribution.choices) - 1.0
        else:
            low, high = float(distribution.low), float(distribution.high)
        if param is None:
            is_int, log = isinstance(distribution, IntDistribution), bool(getattr(distribution, "log", False))
            param = Param(name, choices, is_int, log, low, high, array("d", [NAN] * row))
            self.params[name] = param
        param.low, param.high = min(param.low, low), max(param.high, high)  # a range may change
        return param

    def _keep_curve(self, trial: FrozenTrial) -> None:
        """Each stride-th curve, with a stride that doubles when there are too many; and those of the best."""
        if self.n_with_curves % self._stride == 0:
            self._even.append(trial)
            if len(self._even) > 2 * SAMPLE:
                self._even, self._stride = self._even[::2], 2 * self._stride
        self.n_with_curves += 1
        loss = self.loss(len(self) - 1)
        if loss == loss and trial.state is TrialState.COMPLETE:
            push = heapq.heappush if len(self._best) < BEST else heapq.heappushpop
            push(self._best, (-loss, -trial.number, dict(trial.intermediate_values)))  # of equals the earliest is best


def _as_number(distribution: Distribution, value: Any) -> float:
    return float(distribution.to_internal_repr(value))


__all__ = ["Columns", "Param"]
