"""Records in the output formats of Optuna's command line: value, json, table, yaml. Reads no database.

A record maps columns to values. A column is a pair: a group and a key in it; the key is "" where the group is a single
value. Nested, a group is a dict by key, or a list where the keys are integers; flat, each column stands alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..trial import FrozenTrial
from .text import printable

_DATE = "%Y-%m-%d %H:%M:%S"

Column = tuple[str, str | int]
Record = Mapping[Column, Any]
_Row = dict[str, Any]


def trial_sheet(
    trials: Iterable[FrozenTrial], n_objectives: int, metric_names: Sequence[str] | None
) -> tuple[list[Record], list[Column]]:
    """Trials as records, and their columns in Optuna's order: parameters and attributes are sorted by name."""
    group = "values" if n_objectives > 1 else "value"
    keys: Sequence[str | int] = metric_names or (range(n_objectives) if n_objectives > 1 else [""])
    values: list[Column] = [(group, key) for key in keys]
    params, attrs, records = set[tuple[str, str]](), set[tuple[str, str]](), list[Record]()
    for trial in trials:
        params.update(("params", name) for name in trial.params)
        attrs.update(("user_attrs", name) for name in trial.user_attrs)
        records.append({
            ("number", ""): trial.number,
            **dict(zip(values, tuple(trial.values or ()) or (None,) * n_objectives, strict=True)),
            ("datetime_start", ""): trial.datetime_start,
            ("datetime_complete", ""): trial.datetime_complete,
            ("duration", ""): trial.duration,
            **{("params", name): value for name, value in trial.params.items()},
            **{("user_attrs", name): value for name, value in trial.user_attrs.items()},
            ("state", ""): trial.state.name,
        })  # fmt: skip
    dates: list[Column] = [("datetime_start", ""), ("datetime_complete", ""), ("duration", "")]
    columns: list[Column] = [("number", ""), *values, *dates, *sorted(params), *sorted(attrs), ("state", "")]
    return records, columns if records else []


def written(
    records: Sequence[Record], columns: Sequence[Column], form: str, *, flat: bool = False, single: bool = False
) -> str:
    """Records as text, without a line break at the end.

    Args:
        records: what to show.
        columns: what each may have, in order.
        form: "value", "json", "table" or "yaml".
        flat: one column for each pair; False: one for each group.
        single: json and yaml show the only record itself, and no list.
    """
    rows, header = (_flat if flat else _nested)(records, columns)
    if form in ("json", "yaml"):
        return _DUMPS[form](rows[0] if single else rows).strip()
    return (_table if form == "table" else _values)([[row.get(name) for name in header] for row in rows], header)


def _flat(records: Sequence[Record], columns: Sequence[Column]) -> tuple[list[_Row], list[str]]:
    header, rows = list[str](), [_Row() for _ in records]
    for column in columns:
        group, key = column
        found = [(row, _plain(record[column])) for row, record in zip(rows, records, strict=True) if column in record]
        if key == "" and any(isinstance(value, (list, tuple)) for _, value in found):
            header += [f"{group}_{i}" for i in range(max(len(value) for _, value in found))]
            for row, value in found:
                row.update((f"{group}_{i}", item) for i, item in enumerate(value))
            continue
        header.append(group if key == "" else f"{group}_{key}")
        for row, value in found:
            row[header[-1]] = value
    return rows, header


def _nested(records: Sequence[Record], columns: Sequence[Column]) -> tuple[list[_Row], list[str]]:
    header = list(dict.fromkeys(group for group, _ in columns))
    rows = [_Row((group, {}) for group in header) for _ in records]
    for row, record in zip(rows, records, strict=True):
        for column in columns:
            if column not in record:
                continue
            (group, key), value = column, _plain(record[column])
            if key == "":
                row[group] = value
            elif isinstance(key, int):  # they come in order, each of them
                row[group] = [*(row[group] or []), value]
            else:
                row[group][key] = value
    return rows, header


def _plain(value: Any) -> Any:
    """A value that JSON and YAML can hold: a date, a time, or anything else is a text."""
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, datetime):
        return value.strftime(_DATE)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value))
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    return str(value)


def _values(rows: Sequence[Sequence[Any]], _header: Sequence[str]) -> str:
    return "\n".join(" ".join("" if cell is None else printable(str(cell)) for cell in row) for row in rows).strip()


def _table(rows: Sequence[Sequence[Any]], header: Sequence[str]) -> str:
    names = [printable(name) for name in header]
    widths = [max(len(text) for text in (name, *(printable(str(row[i])) for row in rows)))
              for i, name in enumerate(names)]  # fmt: skip
    is_text = [any(not isinstance(row[i], (int, float, type(None))) for row in rows) for i in range(len(names))]
    rule = "".join(["+", *("-" * (width + 2) + "+" for width in widths)])

    def line(cells: Sequence[str], left: Sequence[bool]) -> str:
        padded = (cell.ljust(w) if side else cell.rjust(w) for cell, w, side in zip(cells, widths, left, strict=True))
        return "".join(["|", *(f" {cell} |" for cell in padded)])

    body = [line(["" if cell is None else printable(str(cell)) for cell in row], is_text) for row in rows]
    return "\n".join([rule, line(names, is_text), rule, *body, rule])


def _yaml(data: Any) -> str:
    import yaml  # comes with Ray

    text: str = yaml.safe_dump(data)
    return text


_DUMPS: Mapping[str, Callable[[Any], str]] = {"json": json.dumps, "yaml": _yaml}

__all__ = ["Column", "Record", "trial_sheet", "written"]
