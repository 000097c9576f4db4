"""Trials as a pandas DataFrame, with Optuna's columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..arguments import shown
from ..trial import FrozenTrial, TrialState

if TYPE_CHECKING:
    import pandas as pd

DEFAULT = (
    "number", "value", "datetime_start", "datetime_complete", "duration", "params", "user_attrs", "state",
)  # fmt: skip
_Column = tuple[str, Any]


def trials_dataframe(
    trials: Iterable[FrozenTrial],
    attrs: Sequence[str],
    metric_names: Sequence[str] | None,
    n_objectives: int,
    multi_index: bool,
) -> pd.DataFrame:
    """One row a trial.

    Args:
        trials: in the order of the rows.
        attrs: fields of FrozenTrial. A dict has a column for each key, sorted; ``values`` one for each objective.
        metric_names: of the objectives.
        n_objectives: with several, ``value`` means ``values``.
        multi_index: whether columns have two levels.

    Raises:
        ImportError: pandas is not installed.
        ValueError: FrozenTrial has no such field.
    """
    try:
        import pandas as pd
    except ImportError:
        raise ImportError(
            'trials_dataframe() needs pandas, which is not installed here: pip install "raytune-lite[pandas]".'
        ) from None
    for attr in attrs:
        if not isinstance(attr, str) or not hasattr(FrozenTrial, attr):
            raise ValueError(f"attrs must name fields of FrozenTrial, got {shown(attr)}; for example 'params'.")
    names = ["values" if attr == "value" and n_objectives > 1 else attr for attr in attrs]
    keys = list(range(n_objectives)) if metric_names is None else list(metric_names)
    columns: dict[str, dict[_Column, None]] = {name: {} for name in names}
    rows = []
    for trial in trials:
        row: dict[_Column, Any] = {}
        for name in names:
            cells = _cells(name, getattr(trial, name), keys, metric_names is not None)
            columns[name].update(dict.fromkeys(cells))
            row |= cells
        rows.append(row)
    found = [column for name in names for column in _ordered(name, columns[name])]
    if not rows:
        return pd.DataFrame(columns=names)
    cells_of_rows = [[row.get(column) for column in found] for row in rows]
    frame = pd.DataFrame(cells_of_rows, columns=pd.MultiIndex.from_tuples(found))
    if not multi_index:
        frame.columns = pd.Index(["_".join(str(part) for part in column if part != "") for column in found])
    return frame


def _cells(name: str, value: Any, keys: Sequence[Any], has_names: bool) -> dict[_Column, Any]:
    column = name.removeprefix("_")
    if isinstance(value, TrialState):
        return {(column, ""): value.name}
    if name == "values":
        return dict(zip([(column, key) for key in keys], value or [None] * len(keys), strict=True))
    if name == "value":
        return {(column, keys[0] if has_names else ""): value}
    if isinstance(value, Mapping):
        return {(column, key): part for key, part in value.items()}
    return {(column, ""): value}


def _ordered(name: str, columns: Mapping[_Column, None]) -> list[_Column]:
    return list(columns) if name in ("value", "values") else sorted(columns)


__all__ = ["DEFAULT", "trials_dataframe"]
