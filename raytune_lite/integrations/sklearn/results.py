"""``cv_results_`` of a search, in the form of scikit-learn's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...trial import FrozenTrial, TrialState
from .folds import SCORES
from .space import Space


def cv_results(trials: Sequence[FrozenTrial], space: Space, n_splits: int) -> dict[str, Any]:
    """Arrays with an entry for each trial, by the names that ``GridSearchCV`` has.

    A trial that was pruned has the scores of its folds so far, NaN as its mean, and ranks last.
    """
    params = [space.params(trial.params) for trial in trials]
    found: dict[str, Any] = {}
    scores = [_scores(trial) for trial in trials]
    is_complete = np.array([[trial.state is TrialState.COMPLETE] for trial in trials])
    names = list(dict.fromkeys(name for one in scores for name in one))
    for name in ("fit_time", "score_time"):
        if name in names:
            table = _table([one.get(name, ()) for one in scores], n_splits)
            found[f"mean_{name}"], found[f"std_{name}"] = table.mean(axis=1), table.std(axis=1)
    for name in space.parameters:
        column = np.ma.MaskedArray(np.empty(len(params), dtype=object), mask=True)
        for at, one in enumerate(params):
            if name in one:
                column[at] = one[name]
        found[f"param_{name}"] = column
    found["params"] = params
    for name in names:
        if name in ("fit_time", "score_time"):
            continue
        table = _table([one.get(name, ()) for one in scores], n_splits)
        for fold in range(n_splits):
            found[f"split{fold}_{name}"] = table[:, fold]
        table = np.where(is_complete, table, math.nan)
        found[f"mean_{name}"], found[f"std_{name}"] = table.mean(axis=1), table.std(axis=1)
        if name.startswith("test_"):
            found[f"rank_{name}"] = _ranks(found[f"mean_{name}"])
    return found


def _scores(trial: FrozenTrial) -> Mapping[str, Sequence[float | None]]:
    found: Mapping[str, Sequence[float | None]] = trial.user_attrs.get(SCORES, {})
    return found


def _table(rows: Sequence[Sequence[float | None]], n_splits: int) -> Any:
    """One row a trial, one column a fold; shape (n_trials, n_splits), float64."""
    table = np.full((len(rows), n_splits), math.nan)
    for at, row in enumerate(rows):
        table[at, : len(row)] = [math.nan if one is None else one for one in row]
    return table


def _ranks(means: Any) -> Any:
    """1 for the highest mean; equal means share the lowest rank, and NaN is last. Shape (n_trials,), int32."""
    filled = np.where(np.isnan(means), -np.inf, means)
    return np.array([1 + int((filled > one).sum()) for one in filled], dtype=np.int32)


__all__ = ["cv_results"]
