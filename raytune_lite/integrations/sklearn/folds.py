"""The objective of a search: one candidate on all folds, a report after each.

The scores so far are attributes of the trial, so a trial that was paused after a fold goes on with the next one.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import cross_validate

from ...exceptions import TrialPruned
from ...runtime.trial import Trial
from ...sharing import Shared
from .space import Space

SCORES = "scores"  # the attribute: a dict of lists, one number a fold; None for NaN


class Folds:
    """The objective of a search.

    Args:
        estimator: is cloned for each fold.
        space: the search space.
        data: X, y, and the parameters of ``fit``.
        splits: (train, test) of each fold; the same ones for all candidates.
        scoring: a scorer, or a dict of them.
        target: the score that is searched: "test_score", "test_<name>".
        error_score: the score of a fold that fails; "raise": the trial fails.
        return_train_score: whether to score on the train data too.
    """

    def __init__(
        self,
        estimator: Any,
        space: Space,
        data: Shared[tuple[Any, Any, dict[str, Any]]],
        splits: Sequence[tuple[Any, Any]],
        scoring: Any,
        target: str,
        error_score: Any,
        return_train_score: bool,
    ) -> None:
        self._estimator, self._space, self._splits = estimator, space, splits
        self._data, self._scoring, self._target = data, scoring, target
        self._error_score, self._return_train_score = error_score, return_train_score

    def __call__(self, trial: Trial) -> float:
        """The mean score of a candidate."""
        candidate = clone(self._estimator).set_params(**clone(self._space.suggest(trial), safe=False))
        scores: dict[str, list[float | None]] = trial.user_attrs.get(SCORES, {})
        first = len(scores.get(self._target, ()))
        failed = set[int]()
        for fold in range(first, len(self._splits)):
            for name, value in self._scored(candidate, fold, failed).items():
                scores.setdefault(name, [None] * fold).append(value if math.isfinite(value) else None)
            trial.set_user_attr(SCORES, scores)
            score = mean(scores[self._target])
            if fold + 1 < len(self._splits) and math.isfinite(score):
                trial.report(score, step=fold + 1)
                if trial.should_prune():
                    raise TrialPruned
        return mean(scores[self._target])

    def _scored(self, candidate: Any, fold: int, failed: set[int]) -> dict[str, float]:
        """The scores of a fold. ``failed``: the folds that have failed, about which there was a warning."""
        X, y, params = self._data.get()  # noqa: N806  (scikit-learn's name)
        try:
            found = cross_validate(
                candidate,
                X,
                y,
                cv=[self._splits[fold]],
                scoring=self._scoring,
                params=params or None,
                error_score="raise",
                return_train_score=self._return_train_score,
            )
        except Exception as error:
            if not isinstance(self._error_score, numbers.Number):
                raise
            if fold not in failed:
                failed.add(fold)
                warnings.warn(
                    f"fold {fold} failed and its score is {self._error_score}: {type(error).__name__}: {error}",
                    FitFailedWarning,
                    stacklevel=2,
                )
            return self._failed()
        return {name: float(np.asarray(values)[0]) for name, values in found.items()}

    def _failed(self) -> dict[str, float]:
        names = [f"test_{name}" for name in self._scoring] if isinstance(self._scoring, Mapping) else ["test_score"]
        if self._return_train_score:
            names += [name.replace("test_", "train_", 1) for name in names]
        return {"fit_time": 0.0, "score_time": 0.0, **dict.fromkeys(names, float(self._error_score))}


def mean(scores: Sequence[float | None]) -> float:
    """Of the folds; NaN where one is NaN."""
    return float(np.mean([math.nan if one is None else one for one in scores]))


__all__ = ["SCORES", "Folds", "mean"]
