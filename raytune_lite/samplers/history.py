"""A study's finished trials as growing arrays, for samplers that learn from all of them at each suggestion.

Each trial is read once, when it is first seen; what a sampler computes from the arrays is numpy's work. Rows stand in
the order in which trials ended. The arrays are a cache: any view of the study builds the same ones again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..core.view import Block, StudyView
from ..distributions import Distribution
from ..trial import FrozenTrial, StudyDirection, TrialState

Array = NDArray[np.float64]
T = TypeVar("T")


class _Growing:
    """A numpy array that grows at its first axis, at a constant cost a row."""

    def __init__(self, fill: float | int, dtype: Any = np.float64, width: int | None = None) -> None:
        self._fill = fill
        self._rows = np.full((16,) if width is None else (16, width), fill, dtype)

    def put(self, row: int, value: Any) -> None:
        if row >= len(self._rows):
            more = np.full((2 * row, *self._rows.shape[1:]), self._fill, self._rows.dtype)
            more[: len(self._rows)] = self._rows
            self._rows = more
        self._rows[row] = value

    def upto(self, n: int) -> NDArray[Any]:
        if n > len(self._rows):
            self.put(n - 1, self._fill)
        return self._rows[:n]


class Bookmark:
    """How far a cache has read a study: it holds what follows from the first ``n`` finished trials."""

    def __init__(self) -> None:
        self.n = 0
        self._source: object = None
        self._directions: tuple[StudyDirection, ...] = ()

    def unread(self, view: StudyView) -> range:
        """The rows of ``view.finished`` that are new.

        All rows, when the view is of another study or of an earlier state of this one: the cache then starts afresh.
        """
        same = view.finished.source is self._source and view.directions == self._directions
        return range(self.n if same and self.n <= len(view.finished) else 0, len(view.finished))

    def move(self, view: StudyView) -> None:
        """All of the view has been read."""
        self.n, self._source, self._directions = len(view.finished), view.finished.source, view.directions


class History:
    """Finished trials as arrays of ``n`` rows; ``update`` adds the new trials of a view.

    Attributes:
        constraints: the constraints of each trial, key -> value, by row.
        distributions: parameter -> the distribution its newest trial had.
        groups: the different sets of parameters that trials had, each as a tuple of sorted names.
    """

    def __init__(self) -> None:
        self._read = Bookmark()
        self._reset(())

    def _reset(self, directions: Sequence[StudyDirection]) -> None:
        self._signs = [direction.sign for direction in directions]
        self.constraints: list[dict[str, float]] = []
        self.distributions: dict[str, Distribution] = {}
        self.groups: list[tuple[str, ...]] = []
        self._group_of: dict[tuple[str, ...], int] = {}
        self._numbers, self._states = _Growing(-1, np.int64), _Growing(-1, np.int8)
        self._losses = _Growing(math.nan, width=max(1, len(directions)))
        self._violations, self._last_losses = _Growing(math.nan), _Growing(math.nan)
        self._last_steps, self._groups = _Growing(-1, np.int64), _Growing(-1, np.int64)
        self._columns: dict[str, _Growing] = {}

    def update(self, view: StudyView) -> History:
        """Take in the trials of ``view`` that ended since; another study or an earlier view starts it afresh."""
        rows = self._read.unread(view)
        if not rows.start:
            self._reset(view.directions)
        del self.constraints[rows.start :]  # of a trial that could not be read to its end
        for row in rows:
            self._add(row, view.finished[row])
        self._read.move(view)
        return self

    @property
    def n(self) -> int:
        """Number of finished trials."""
        return self._read.n

    def _add(self, row: int, trial: FrozenTrial) -> None:
        self._numbers.put(row, trial.number)
        self._states.put(row, trial.state)
        if trial.values is not None and len(trial.values) == len(self._signs):
            self._losses.put(row, [sign * value for sign, value in zip(self._signs, trial.values, strict=True)])
        constraints = trial.constraints
        self.constraints.append(constraints)
        if constraints:
            self._violations.put(row, sum(max(0.0, value) for value in constraints.values()))
        steps = trial.intermediate_values
        if steps:
            last = max(steps)
            self._last_steps.put(row, last)
            self._last_losses.put(row, self._signs[0] * steps[last])
        group = tuple(sorted(trial.params))
        if group not in self._group_of:
            self._group_of[group] = len(self.groups)
            self.groups.append(group)
        self._groups.put(row, self._group_of[group])
        for name, dist in trial.distributions.items():
            if name not in self._columns:
                self._columns[name] = _Growing(math.nan)
            self._columns[name].put(row, dist.to_internal_repr(trial.params[name]))
            self.distributions[name] = dist

    # --- arrays: read them, never write into them --------------------------------------------------------------------

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Trial numbers, shape (n,)."""
        return self._numbers.upto(self.n)

    @property
    def states(self) -> NDArray[np.int8]:
        """States (values of TrialState), shape (n,)."""
        return self._states.upto(self.n)

    @property
    def losses(self) -> Array:
        """Objective values with smaller better, shape (n, n_objectives); NaN where a trial has none."""
        return self._losses.upto(self.n)

    @property
    def violations(self) -> Array:
        """Sum of the constraints above 0, shape (n,): 0 is feasible, NaN has no constraints."""
        return self._violations.upto(self.n)

    @property
    def last_steps(self) -> NDArray[np.int64]:
        """Largest reported step, shape (n,); -1 where nothing was reported."""
        return self._last_steps.upto(self.n)

    @property
    def last_losses(self) -> Array:
        """The report at ``last_steps`` with smaller better, shape (n,); NaN where nothing was reported."""
        return self._last_losses.upto(self.n)

    def column(self, name: str) -> Array:
        """Internal values of one parameter, shape (n,); NaN where a trial has none."""
        if name not in self._columns:
            return np.full(self.n, math.nan)
        return self._columns[name].upto(self.n)

    def matrix(self, names: Sequence[str]) -> Array:
        """Internal values, shape (n, len(names))."""
        return np.column_stack([self.column(name) for name in names]) if names else np.empty((self.n, 0))

    def of_state(self, *states: TrialState) -> NDArray[np.bool_]:
        """Which rows have one of the states, shape (n,)."""
        found: NDArray[np.bool_] = np.isin(self.states, [int(state) for state in states])
        return found

    def with_all(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which rows have all of these parameters, shape (n,)."""
        good = [set(names) <= set(group) for group in self.groups]
        found: NDArray[np.bool_] = np.array([*good, False])[self._groups.upto(self.n)]
        return found

    def group_of(self, row: int) -> tuple[str, ...]:
        """Sorted names of the parameters of one row."""
        return self.groups[int(self._groups.upto(self.n)[row])]

    def in_group(self, names: tuple[str, ...]) -> NDArray[np.bool_]:
        """Which rows have these parameters (sorted) and no other, shape (n,)."""
        found: NDArray[np.bool_] = self._groups.upto(self.n) == self._group_of.get(names, -1)
        return found

    def used(self, *states: TrialState) -> list[tuple[str, ...]]:
        """The different sets of parameters that trials of these states had, in the order of their first row."""
        ids = self._groups.upto(self.n)[self.of_state(*states)]
        return [self.groups[i] for i in np.unique(ids)]

    def shared(self, *states: TrialState) -> list[str]:
        """Sorted names of the parameters that every trial of these states had."""
        sets = [set(group) for group in self.used(*states)]
        return sorted(set.intersection(*sets)) if sets else []


class BlockCache(Generic[T]):
    """What a sampler makes of the trials under way, block by block; a block that it knows is not looked at again.

    Args:
        make: from one block, whose trials are in number order. What it gives must follow from the block alone.
    """

    def __init__(self, make: Callable[[Block], T]) -> None:
        self._make = make
        self._known: dict[int, tuple[Block, T]] = {}  # by the block's id; the block is kept, so that its id stays its

    def of(self, view: StudyView) -> list[T]:
        """For each block of the view, in number order."""
        before, now = self._known, dict[int, tuple[Block, T]]()
        for block in view.pending_blocks():
            found = before.get(id(block))
            now[id(block)] = (block, self._make(block)) if found is None else found
        self._known = now
        return [made for _, made in now.values()]


def values_of(trial: FrozenTrial, names: Sequence[str]) -> list[float]:
    """Internal values of a pending trial's parameters, NaN where it has none (yet)."""
    return [
        trial.distributions[name].to_internal_repr(trial.params[name]) if name in trial.params else math.nan
        for name in names
    ]
