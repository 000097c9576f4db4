"""Trials as records for JSON, as rows for CSV, as text for a terminal. Reads no database."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..trial import FrozenTrial
from .text import printable, without_controls

if TYPE_CHECKING:
    from ..storages.records import AttemptRecord

_BEFORE = ("datetime_start", "datetime_complete", "duration")
_GAP = "  "


def trial_rows(
    trials: Iterable[FrozenTrial], metric_names: Sequence[str] | None = None
) -> tuple[list[str], list[list[Any]]]:
    """Header and rows for CSV, one row a trial, with the columns of ``trials_dataframe``.

    Dates are ISO texts, durations seconds, attributes that are lists or dicts JSON text; None is an empty field.
    """
    found = list(trials)
    columns = _columns(found, metric_names)
    rows = [[_cell(row[column]) for column in columns] for row in (trial_row(trial, columns) for trial in found)]
    return columns, rows


def trial_record(trial: FrozenTrial) -> dict[str, Any]:
    """One trial as JSON-able data.

    JSON has no NaN and no infinities, so these are the texts "nan", "inf" and "-inf"; ``float()`` reads them. Dates are
    ISO texts, ``duration`` is in seconds, ``intermediate_values`` maps each step, as text, to a value.
    """
    values = None if trial.values is None else list(trial.values)
    record = {
        "number": trial.number,
        "state": trial.state.name,
        "value": values[0] if values is not None and len(values) == 1 else None,
        "values": values,
        "params": dict(trial.params),
        "user_attrs": dict(trial.user_attrs),
        "datetime_start": trial.datetime_start and trial.datetime_start.isoformat(),
        "datetime_complete": trial.datetime_complete and trial.datetime_complete.isoformat(),
        # no time at all is false, and common: MySQL's dates have whole seconds
        "duration": None if trial.duration is None else trial.duration.total_seconds(),
        "attempts": trial.attempt,
        "intermediate_values": {str(step): value for step, value in trial.intermediate_values.items()},
    }
    return {key: finite(value) for key, value in record.items()}


def as_json(data: Any) -> str:
    """Data from ``trial_record`` as standard JSON. Characters that could act on a terminal are escaped."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text).replace("\x7f", "\\u007f")


def as_csv(trials: Iterable[FrozenTrial], metric_names: Sequence[str] | None = None) -> str:
    """``trial_rows`` as CSV with a header line. Control characters other than new lines and tabs become ``\\x1b``."""
    found = list(trials)
    return "".join(csv_lines(found, _columns(found, metric_names)))


def csv_lines(trials: Iterable[FrozenTrial], columns: Sequence[str]) -> Iterator[str]:
    """``as_csv`` line by line, for trials that are read as they are shown. ``columns``: see ``column_names``."""
    yield _csv_line(columns)
    for trial in trials:
        row = trial_row(trial, columns)
        yield _csv_line(_cell(row[column]) for column in columns)


def csv_of(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Rows with the same keys as CSV, line by line, with a header; nothing when there is no row."""
    for i, row in enumerate(rows):
        if not i:
            yield _csv_line(row)
        yield _csv_line(map(_cell, row.values()))


def _csv_line(cells: Iterable[Any]) -> str:
    text = io.StringIO()
    written = [without_controls(cell) if isinstance(cell, str) else cell for cell in cells]
    csv.writer(text, lineterminator="\n").writerow(written)
    return text.getvalue()


def json_lines(records: Iterable[Any]) -> Iterator[str]:
    """``as_json`` of a list piece by piece, for records that are read as they are shown."""
    before = "[\n"
    for record in records:
        yield before + "\n".join(f"  {line}" for line in as_json(record).split("\n"))
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def as_table(trials: Iterable[FrozenTrial], width: int | None = None) -> str:
    """Trials as aligned text, one line a trial, the parameters last.

    Args:
        trials: what to show.
        width: columns of the terminal; longer lines are cut and end in "...". None: lines are not cut (a pipe).
    """
    header = ["number", "state", "value", "step", "attempts", "time", "params"]
    rows = [
        [
            str(trial.number),
            trial.state.name,
            "-" if trial.values is None else " ".join(f"{value:.6g}" for value in trial.values),
            "-" if trial.last_step is None else str(trial.last_step),
            str(trial.attempt),
            "-" if trial.duration is None else duration(trial.duration.total_seconds()),
            params_text(trial.params),
        ]
        for trial in trials
    ]
    return align([header, *rows], right=(0, 2, 3, 4, 5), width=width)


def trial_line(trial: FrozenTrial) -> str:
    """One finished trial in one line: ``trial 12 COMPLETE: 0.0331 (lr=0.01 depth=3)``."""
    values = "" if trial.values is None else ": " + ", ".join(f"{value:.6g}" for value in trial.values)
    params = f" ({params_text(trial.params)})" if trial.params else ""
    return f"trial {trial.number} {trial.state.name}{values}{params}"


def attempts_table(attempts: Iterable[AttemptRecord], width: int | None = None) -> str:
    """Attempts as aligned text, one line each; the last column says why there is no result. ``width``: see as_table.

    What they had of a GPU, and took of its memory, is shown where a run has shared GPUs.
    """
    attempts = list(attempts)
    header = ["trial", "attempt", "outcome", "exit", "node", "began", "time", "from step", "message"]
    rows = [
        [
            str(a.number),
            str(a.attempt),
            printable(a.outcome or "running"),
            "-" if a.exit_code is None else str(a.exit_code),
            printable(a.node[:8]) or "-",
            duration(a.started),
            "-" if a.ended is None else duration(a.ended - a.started),
            "-" if a.resumed_step is None else str(a.resumed_step),
            printable((a.message.strip().splitlines() or [""])[-1]),  # of a traceback the exception itself
        ]
        for a in attempts
    ]
    if all(a.num_gpus is None for a in attempts):
        return align([header, *rows], right=(0, 1, 3, 5, 6, 7), width=width)
    for a, row in zip(attempts, rows, strict=True):
        row[8:8] = [
            "-" if a.num_gpus is None else f"{a.num_gpus:g}",
            "-" if a.gpu_peak is None else f"{a.gpu_peak / 1e9:.1f} GB",
        ]
    header[8:8] = ["GPUs", "GPU memory"]
    return align([header, *rows], right=(0, 1, 3, 5, 6, 7, 8, 9), width=width)


def cells_table(cells: Iterable[Mapping[str, Any]], width: int | None = None) -> str:
    """Grid cells, as ``report.figures`` records them, as aligned text. ``width``: see as_table."""
    header = ["cell", "state", "trial", "value", "failures", "params"]
    rows = [
        [
            str(cell["cell"]),
            printable(cell["state"]),
            str(cell["number"]),
            "-" if cell["values"] is None else " ".join(f"{value:.6g}" for value in cell["values"]),
            str(cell["failures"]),
            params_text(cell["params"] or {}),
        ]
        for cell in cells
    ]
    return align([header, *rows], right=(0, 2, 3, 4), width=width)


def attempt_record(attempt: AttemptRecord) -> dict[str, Any]:
    """One attempt as JSON-able data; its times are seconds since the study was created."""
    return dataclasses.asdict(attempt)


def align(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), width: int | None = None) -> str:
    """Rows of text as aligned columns; the columns numbered in ``right`` are aligned right. ``width``: see as_table."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    sides = [str.rjust if i in right else str.ljust for i in range(len(widths))]
    lines = [_GAP.join(side(text, w) for side, text, w in zip(sides, row, widths, strict=True)) for row in rows]
    return "\n".join(shorten(line.rstrip(), width) for line in lines)


def shorten(text: str, width: int | None) -> str:
    """``text``, cut to ``width`` columns with "..." at its end."""
    return text if width is None or len(text) <= width else text[: max(0, width - 3)].rstrip() + "..."


def params_text(params: Mapping[str, Any]) -> str:
    """Parameters in one line: ``lr=0.00123457 opt='adam'``."""
    return " ".join(f"{printable(name)}={value_text(value)}" for name, value in params.items())


def value_text(value: Any) -> str:
    """A parameter's value for people: floats to six digits, texts quoted."""
    return f"{value:.6g}" if isinstance(value, float) else printable(repr(value))


def duration(seconds: float) -> str:
    """Seconds for people: ``0.31 s``, ``41 s``, ``2 min 5 s``, ``3 h 12 min``."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def percent(share: float) -> str:
    """A share of 0 to 1; only a whole one is 100 %."""
    return f"{min(round(100 * share), 99) if share < 1.0 else 100} %"


def size(n_bytes: float) -> str:
    """Bytes with three figures, in the largest unit that fits: "0 B", "12.3 MB", "4.00 TB"."""
    units = ["B", "kB", "MB", "GB", "TB"]
    while n_bytes >= 999.5 and len(units) > 1:
        n_bytes /= 1000
        del units[0]
    digits = 0 if units[0] == "B" else max(0, 2 - (n_bytes >= 9.995) - (n_bytes >= 99.95))
    return f"{n_bytes:.{digits}f} {units[0]}"


def _columns(trials: Sequence[FrozenTrial], metric_names: Sequence[str] | None) -> list[str]:
    n_objectives = max((len(trial.values or ()) for trial in trials), default=1)
    params = {name for trial in trials for name in trial.params}
    attrs = {name for trial in trials for name in trial.user_attrs}
    return column_names(n_objectives, params, attrs, metric_names)


def column_names(
    n_objectives: int, params: Iterable[str], attrs: Iterable[str], metric_names: Sequence[str] | None
) -> list[str]:
    """The columns of ``trials_dataframe``, for the most objective values and the names of parameters and attributes."""
    if metric_names is not None:
        values = [f"{'value' if len(metric_names) == 1 else 'values'}_{name}" for name in metric_names]
    else:
        values = ["value"] if n_objectives <= 1 else [f"values_{i}" for i in range(n_objectives)]
    return [
        "number", *values, *_BEFORE, *sorted(f"params_{name}" for name in params),
        *sorted(f"user_attrs_{name}" for name in attrs), "state",
    ]  # fmt: skip


def trial_row(trial: FrozenTrial, columns: Sequence[str]) -> dict[str, Any]:
    """One trial as a row of ``trials_dataframe``: a value, or None, for each of ``columns``."""
    row: dict[str, Any] = dict.fromkeys(columns)
    row.update(number=trial.number, state=trial.state.name, duration=trial.duration)
    row.update(datetime_start=trial.datetime_start, datetime_complete=trial.datetime_complete)
    # the columns of values stand between the number and the dates
    row.update(zip(columns[1 : columns.index(_BEFORE[0])], trial.values or (), strict=False))
    row.update({f"params_{name}": value for name, value in trial.params.items()})
    row.update({f"user_attrs_{name}": value for name, value in trial.user_attrs.items()})
    return row


def _cell(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "total_seconds"):
        return value.total_seconds()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def finite(value: Any) -> Any:
    """``value`` for JSON: each NaN and infinity in it is text."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, (list, tuple)) else value


__all__ = [
    "as_csv",
    "as_json",
    "as_table",
    "attempt_record",
    "attempts_table",
    "cells_table",
    "column_names",
    "csv_lines",
    "csv_of",
    "finite",
    "json_lines",
    "percent",
    "trial_line",
    "trial_record",
    "trial_row",
    "trial_rows",
]
