"""Rows as a Parquet file, written piece by piece. The one door to pyarrow."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from .text import without_controls

_PIECE = 20_000  # rows that are in memory at once
_KINDS = (bool, int, float, str, datetime.datetime, datetime.timedelta)
_INT64 = 2**63


def write(path: str, rows: Callable[[], Iterable[Mapping[str, Any]]]) -> int:
    """Write rows to a new file, which has its name only when it is whole; answers how many there were.

    A column is of the type that all of its values have: bool, int64, float64 (also where integers are among them),
    string, timestamp or duration. Where they have several types it holds their JSON texts. A missing value is null.

    Args:
        path: of the file; one that exists is replaced.
        rows: gives all rows from the start, with the same keys in each; called twice, to learn the types first.

    Raises:
        ImportError: pyarrow is not installed; it is an optional extra.
        OSError: the file cannot be written.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ImportError(
            'a Parquet file needs pyarrow, which is not installed here: pip install "raytune-lite[parquet]".'
        ) from error
    kinds = _kinds(rows())
    types = {
        "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "str": pa.string(),
        "datetime": pa.timestamp("us"), "timedelta": pa.duration("us"), "json": pa.string(),
    }  # fmt: skip
    schema = pa.schema([(name, types[kind]) for name, kind in kinds.items()])
    unfinished, n = f"{path}.unfinished", 0
    try:
        with pq.ParquetWriter(unfinished, schema) as writer:
            left = iter(rows())
            while piece := [_fit(row, kinds) for row in islice(left, _PIECE)]:
                writer.write_table(pa.Table.from_pylist(piece, schema=schema))
                n += len(piece)
        os.replace(unfinished, path)
    except BaseException:
        if os.path.exists(unfinished):
            os.unlink(unfinished)
        raise
    return n


def _kinds(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The type of each column, by its name."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
            found.setdefault(name, set())
            if value is not None:
                found[name].add(_kind(value))
    return {name: _common(kinds) for name, kinds in found.items()}


def _kind(value: Any) -> str:
    if type(value) is int and not -_INT64 <= value < _INT64:
        return "json"
    return next((kind.__name__ for kind in _KINDS if isinstance(value, kind)), "json")


def _common(kinds: set[str]) -> str:
    """One type for values of these; "json" where there is none."""
    if kinds == {"int", "float"}:
        return "float"
    return "str" if not kinds else kinds.pop() if len(kinds) == 1 and kinds != {"json"} else "json"


def _fit(row: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    return {name: _value(row.get(name), kind) for name, kind in kinds.items()}


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "json":
        return json.dumps(value, ensure_ascii=False, default=str)
    return without_controls(value) if kind == "str" else float(value) if kind == "float" else value


__all__ = ["write"]
