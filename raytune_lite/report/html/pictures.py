"""The numbers behind the classic pictures of a report: history, slices, parallel coordinates, curves, front, grid.

Where there are too many points for one picture they are thinned out, and each part says how many of how many it shows.
Knows no picture.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.protocols import Grid
from ...display.tables import value_text
from ...display.text import printable
from ...pareto import pareto_mask
from ...storages.records import CellRecord
from ...trial import TrialState
from .columns import Columns, Param

POINTS = 4_000  # of the history
ROWS = 1_500  # of slices
LINES = 300  # of parallel coordinates
CURVE = 80  # points of one learning curve
CELLS = 10_000  # of a grid that is drawn
STATES = tuple(state.name for state in TrialState)


def number(value: float) -> float | None:
    """A number to six digits, as JSON has it; None for NaN and infinities."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def thinned(items: Sequence[Any], most: int) -> list[Any]:
    """At most ``most`` of the items, evenly spaced; the first and the last are among them."""
    n = len(items)
    return list(items) if n <= most else [items[round(k * (n - 1) / (most - 1))] for k in range(most)]


def history(columns: Columns, objective: int = 0) -> dict[str, Any]:
    """Values in the order in which trials ended, and each improvement of the best feasible COMPLETE value.

    ``points``: [how many trials had ended, trial, state, value]; ``best``: [how many had ended, value, trial].
    """
    points, steps, best = [], [], math.inf
    for place, row in enumerate(columns.in_order_of_end(), start=1):
        state, loss, value = columns.states[row], columns.loss(row, objective), columns.values[objective][row]
        points.append([place, columns.numbers[row], int(state), number(value)])
        if state is TrialState.COMPLETE and columns.is_feasible[row] and loss < best:
            best = loss
            steps.append([place, number(value), columns.numbers[row]])
    shown = thinned(points, POINTS)
    return {
        "points": shown,
        "n": len(points),
        "best": steps,
        "failed": sum(point[2] == TrialState.FAIL for point in points),
    }


def parameters(columns: Columns) -> list[dict[str, Any]]:
    """Each parameter: its name, kind, range, choices."""
    return [
        {
            "name": printable(param.name),
            "log": param.log,
            "is_int": param.is_int,
            "low": number(param.low),
            "high": number(param.high),
            "choices": None if param.choices is None else [value_text(choice) for choice in param.choices],
        }
        for param in columns.params.values()
    ]


def rows(columns: Columns, most: int = ROWS, objective: int = 0) -> dict[str, Any]:
    """Trials with a value, for slices and parallel coordinates: [trial, state, value, parameter, ...]; None: absent.

    At most ``most``: the best tenth of what is shown are the best trials; the others are evenly spaced.
    """
    found = [
        row
        for row in range(len(columns))
        if math.isfinite(columns.values[objective][row]) and columns.states[row] is not TrialState.FAIL
    ]
    n = len(found)
    if n > most:
        best = sorted(found, key=lambda row: columns.loss(row, objective))[: most // 10]
        found = sorted({*best, *thinned(found, most - len(best))})
    return {"n": n, "rows": [_row(columns, row, objective) for row in found]}


def _row(columns: Columns, row: int, objective: int) -> list[Any]:
    params = [number(param.values[row]) for param in columns.params.values()]
    return [columns.numbers[row], int(columns.states[row]), number(columns.values[objective][row]), *params]


def curves(columns: Columns) -> dict[str, Any]:
    """The learning curves that were kept: [trial, state, [step, value, step, value, ...]]."""
    found = []
    for trial, reports in columns.curves.items():
        steps = thinned(sorted(reports), CURVE)
        flat = [part for step in steps for part in (step, number(reports[step]))]
        found.append([trial, int(columns.states[columns.row_of(trial)]), flat])
    return {"curves": found, "n": columns.n_with_curves}


def pareto(columns: Columns) -> dict[str, Any] | None:
    """The Pareto front of several objectives: [trial, 1 if it is on the front, value, value, ...]. None for one."""
    if len(columns.directions) < 2:
        return None
    found = [
        row for row in range(len(columns))
        if columns.states[row] is TrialState.COMPLETE and columns.is_feasible[row]
    ]  # fmt: skip
    losses = [[columns.loss(row, k) for k in range(len(columns.values))] for row in found]
    on_front = {row for row, is_on in zip(found, pareto_mask(losses), strict=True) if is_on} if found else set()
    n = len(found)
    if n > POINTS:
        found = sorted({*on_front, *thinned(found, POINTS)})
    return {
        "points": [
            [columns.numbers[row], int(row in on_front), *[number(values[row]) for values in columns.values]]
            for row in found
        ],
        "n": n,
        "n_front": len(on_front),
    }  # fmt: skip


def grid_map(grid: Grid | None, cells: Sequence[CellRecord], columns: Columns) -> dict[str, Any] | None:
    """The map of a grid: its axes, and [cell, state, trial, failed trials, value] of each cell that was handed out."""
    if grid is None:
        return None
    counts = Counter(cell.state for cell in cells)
    counts["free"] += grid.size - len(cells)
    found: dict[str, Any] = {"size": grid.size, "counts": {state: n for state, n in counts.items() if n}, "cells": None}
    axes = getattr(grid, "axes", None)
    if axes is None or grid.size > CELLS:
        return found
    found["axes"] = [
        {"name": printable(name), "values": [value_text(value) for value in values]} for name, values in axes
    ]
    found["cells"] = [_cell(cell, columns) for cell in cells]
    return found


def _cell(cell: CellRecord, columns: Columns) -> list[Any]:
    row = columns.row_of(cell.number)
    value = columns.values[0][row] if row >= 0 and columns.states[row].is_finished() else math.nan
    return [cell.cell, printable(cell.state), cell.number, cell.failures, number(value)]


def best_params(params: Mapping[str, Param], row: int) -> list[dict[str, Any]]:
    """The parameters of one trial: name, value as text, and where it lies in its range, 0 to 1 (None: no range)."""
    found = []
    for param in params.values():
        value = param.values[row]
        if value != value:
            continue
        if param.choices is not None:
            text = value_text(param.choices[int(value)])
        else:
            text = value_text(int(value) if param.is_int else value)
        found.append({"name": printable(param.name), "value": text, "position": number_or_none(position(param, value))})
    return found


def position(param: Param, value: float) -> float | None:
    """Where a value lies in the parameter's range, 0 to 1, on its scale; None for a choice, or a range of one value."""
    if param.choices is not None or not param.low < param.high:
        return None
    if param.log:
        return math.log(value / param.low) / math.log(param.high / param.low)
    return (value - param.low) / (param.high - param.low)


def number_or_none(value: float | None) -> float | None:
    """``number``, of a value that may be absent."""
    return None if value is None else number(value)


__all__ = [
    "STATES", "best_params", "curves", "grid_map", "history", "number", "parameters", "pareto", "position",
    "rows", "thinned",
]  # fmt: skip
