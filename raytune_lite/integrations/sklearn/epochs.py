"""The objective of a search by epochs: ``partial_fit`` of one candidate on all folds, then a report, and so on.

Owns the estimators of the folds and their checkpoint, a pickle, so that a candidate that was paused goes on where it
was. What an epoch is given and how it is scored is scikit-learn's ``cross_validate``, as after a fold.
"""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier

from ...exceptions import CheckpointError, ObjectiveNotPicklableError, TrialPruned
from ...runtime.trial import Trial
from ..base import is_save_due
from .folds import SCORES, Folds, mean

ESTIMATORS_FILE = "estimators.pickle"


class Epochs(Folds):
    """The objective of a search by epochs.

    Args:
        epochs: of a candidate.
        args: what ``Folds`` takes.
    """

    def __init__(self, epochs: int, *args: Any) -> None:
        super().__init__(*args)
        self._epochs = epochs

    def __call__(self, trial: Trial) -> float:
        """The mean score of a candidate after its last epoch."""
        candidate = clone(self._estimator).set_params(**clone(self._space.suggest(trial), safe=False))
        classes = classes_of(candidate, self._data.get()[1])
        estimators, done = [clone(candidate) for _ in self._splits], 0
        directory = trial.load_checkpoint_dir()
        if directory is not None:
            estimators, done = pickle.loads((directory / ESTIMATORS_FILE).read_bytes())
        scores: dict[str, list[float | None]] = trial.user_attrs.get(SCORES, {}) if done else {}
        failed = set[int]()
        for epoch in range(done + 1, self._epochs + 1):
            before, scores = scores, {}
            for fold, estimator in enumerate(estimators):
                for name, value in self._scored(PartialFit(estimator, classes), fold, failed).items():
                    spent = before[name][fold] or 0.0 if name in before and name.endswith("_time") else 0.0
                    scores.setdefault(name, []).append(spent + value if math.isfinite(value) else None)
            trial.set_user_attr(SCORES, scores)
            value = mean(scores[self._target])
            if not math.isfinite(value):
                return value  # a fold has failed
            if epoch < self._epochs:  # from the last one nothing goes on
                if is_save_due(trial, epoch):
                    with trial.checkpoint_dir(epoch) as directory:
                        (directory / ESTIMATORS_FILE).write_bytes(_pickled(trial, (estimators, epoch)))
                trial.report(value, step=epoch)
                if trial.should_prune():
                    raise TrialPruned
        return mean(scores[self._target])


class PartialFit:
    """An estimator whose ``fit`` is one ``partial_fit`` more, and which ``clone`` does not set back.

    Args:
        estimator: what is trained further; all else is asked of it.
        classes: of a classifier; None of others.
    """

    def __init__(self, estimator: Any, classes: Any) -> None:
        self._estimator, self._params = estimator, {} if classes is None else {"classes": classes}

    def __sklearn_clone__(self) -> PartialFit:
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._estimator, name)

    def fit(self, X: Any, y: Any = None, **params: Any) -> PartialFit:  # noqa: N803  (scikit-learn's name)
        """One epoch."""
        given = {**self._params, **params}
        self._estimator.partial_fit(X, **given) if y is None else self._estimator.partial_fit(X, y, **given)
        return self


def _pickled(trial: Trial, content: Any) -> bytes:
    from ...runtime.on_ray.objective import packed  # takes classes of a notebook, too; loads Ray

    try:
        return packed(content)
    except ObjectiveNotPicklableError as error:
        raise CheckpointError(
            f"trial {trial.number}: its estimators cannot be pickled, so the candidate cannot be paused: {error} Or "
            "use a pruner that never pauses."
        ) from None


def classes_of(estimator: Any, y: Any) -> Any:
    """All classes that a classifier will meet, which its first epoch must be told; None of other estimators."""
    return np.unique(y) if is_classifier(estimator) else None


__all__ = ["Epochs", "PartialFit", "classes_of"]
