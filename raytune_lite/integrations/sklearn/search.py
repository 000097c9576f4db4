"""RayTuneSearchCV: scikit-learn's search over parameters, whose candidates are trials of a study.

Owns the estimator's side: parameters, refit, what is delegated. Built on scikit-learn's public functions alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, indexable

from ... import logging
from ...arguments import integer_or_none, shown
from ...core.protocols import Pruner, Sampler
from ...core.retries import RetryPolicy
from ...runtime.host import RealHost
from ...samplers import AutoSampler, GridSampler
from ...sharing import shared
from ...study import create_study
from ...trial import FrozenTrial, TrialState
from .epochs import Epochs, PartialFit, classes_of
from .folds import Folds
from .results import cv_results
from .space import Space

N_TRIALS = 10
Method = TypeVar("Method", bound=Callable[..., Any])


def _delegated(name: str) -> Callable[[Any], bool]:
    """Whether a search has the method: the fitted estimator has it, or the one that is searched."""

    def check(search: Any) -> bool:
        if not search.refit:
            raise AttributeError(
                f"{name} needs the estimator that was fitted again with the best parameters, and refit={search.refit}; "
                "fit one with best_params_, or search with refit=True."
            )
        getattr(getattr(search, "best_estimator_", search.estimator), name)
        return True

    return check


def _if_delegated(name: str) -> Callable[[Method], Method]:
    found: Callable[[Method], Method] = available_if(_delegated(name))
    return found


class RayTuneSearchCV(MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A search by cross-validation whose candidates are trials, on Ray or in this process.

    Takes the place of ``GridSearchCV``, ``RandomizedSearchCV`` and Optuna's ``OptunaSearchCV``: methods, attributes and
    arguments that they share have their meanings. A candidate is one task with all its folds. After each fold it
    reports its mean score, with the number of folds as the step, so a pruner may end or pause it. With ``epochs`` it
    trains on all folds by ``partial_fit`` and reports after each epoch, with the number of epochs as the step.

    Args:
        estimator: what is fitted; it is cloned.
        param_distributions: by parameter name a list of values (any objects), or a distribution of scipy.stats
            (uniform, loguniform, randint), Optuna or raytune_lite.
        n_trials: candidates; None: all combinations where each parameter is a list, else 10.
        scoring: a scorer's name or function; a list or dict of several, of which ``refit`` names the one to search for.
        n_jobs: candidates at once; None or -1: as many as there is room for. Not that of the estimator.
        refit: fit the best candidate on all data; False, or a function of ``cv_results_`` that returns the best index.
        cv: folds: a number, a splitter, or an iterable of (train, test). All candidates have the same ones.
        verbose: 0: nothing; above: progress and the result.
        error_score: the score of a fold that raises; "raise": the search raises.
        return_train_score: also score on the train data.
        random_state: of the sampler, when there is none.
        timeout: seconds after which no candidate begins.
        sampler: None: a grid where all combinations are searched, else AutoSampler.
        pruner: judges after each fold, or epoch; its resources are folds, or epochs.
        epochs: of an estimator that has ``partial_fit``; the best one is fitted by as many. None: ``fit``. It is
            ``max_iter`` of ``OptunaSearchCV``, a name that scikit-learn keeps for estimators with ``n_iter_``.
        storage: a database URL, to go on with the search later; None: it ends with ``fit``.
        study_name: of the study there; one that exists goes on, also with other data.
        resources: of one candidate, see ``Study.optimize``.
        executor: "ray", or "inline": one after another in this process.
        callbacks: each called as ``callback(study, frozen_trial)`` after each candidate.

    Attributes:
        best_estimator_: fitted on all data; not with ``refit=False``.
        best_params_, best_score_, best_index_: of the best candidate; the score is the mean over the folds.
        cv_results_: as of ``GridSearchCV``; pruned candidates have NaN and rank last.
        n_splits_, scorer_, multimetric_, refit_time_: as of ``GridSearchCV``.
        trials_: the finished trials of the study, by number.

    Raises:
        TypeError, ValueError: an argument is wrong; nothing was fitted.
    """

    def __init__(
        self,
        estimator: Any,
        param_distributions: Mapping[str, Any],
        *,
        n_trials: int | None = None,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable[[Mapping[str, Any]], int] = True,
        cv: Any = None,
        verbose: int = 0,
        error_score: float | str = np.nan,
        return_train_score: bool = False,
        random_state: Any = None,
        timeout: float | None = None,
        sampler: Sampler | None = None,
        pruner: Pruner | None = None,
        epochs: int | None = None,
        storage: str | None = None,
        study_name: str | None = None,
        resources: Mapping[str, Any] | None = None,
        executor: str = "ray",
        callbacks: Iterable[Callable[..., None]] | None = None,
    ) -> None:
        self.estimator = estimator
        self.param_distributions = param_distributions
        self.n_trials = n_trials
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.refit = refit
        self.cv = cv
        self.verbose = verbose
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.random_state = random_state
        self.timeout = timeout
        self.sampler = sampler
        self.pruner = pruner
        self.epochs = epochs
        self.storage = storage
        self.study_name = study_name
        self.resources = resources
        self.executor = executor
        self.callbacks = callbacks

    def fit(self, X: Any, y: Any = None, *, groups: Any = None, **fit_params: Any) -> RayTuneSearchCV:  # noqa: N803
        """Search, and fit the best candidate.

        Args:
            X: shape (n_samples, n_features), or what the estimator takes.
            y: the target; None where there is none.
            groups: for a ``cv`` that keeps groups together.
            fit_params: for the estimator's ``fit``; those with an entry for each sample are split like X.

        Raises:
            TypeError, ValueError: an argument is wrong, or all candidates failed.
        """
        space, (scoring, target) = Space(self.param_distributions), self._scoring()
        if y is None and get_tags(self).target_tags.required:
            raise ValueError(f"{type(self.estimator).__name__} requires y to be passed, but the target y is None.")
        X, y, groups = indexable(X, y, groups)  # noqa: N806
        splitter = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        splits = list(splitter.split(X, y, groups))
        data = shared((X, y, fit_params))  # once a run, not with each candidate
        parts = self.estimator, space, data, splits, scoring, target, self._error_score(), self.return_train_score
        epochs = self._epochs()
        folds = Folds(*parts) if epochs is None else Epochs(epochs, *parts)
        self.scorer_, self.n_splits_, self.multimetric_ = scoring, len(splits), isinstance(scoring, dict)
        self.trials_ = self._searched(folds, space)
        self.cv_results_ = cv_results(self.trials_, space, self.n_splits_)
        self._choose_best(space, target)
        if self.refit:
            host = RealHost()
            began = host.monotonic()
            best = clone(self.estimator).set_params(**clone(self.best_params_, safe=False))
            fitted = best if epochs is None else PartialFit(best, classes_of(best, y))
            for _ in range(epochs or 1):
                fitted.fit(X, **fit_params) if y is None else fitted.fit(X, y, **fit_params)
            self.best_estimator_ = best
            self.refit_time_ = host.monotonic() - began
            if hasattr(best, "feature_names_in_"):
                self.feature_names_in_ = best.feature_names_in_
        return self

    # --- the search --------------------------------------------------------------------------------------------------

    def _searched(self, folds: Folds, space: Space) -> list[FrozenTrial]:
        grid = space.grid() if self.n_trials is None and self.sampler is None else None
        seed = self.random_state
        if seed is not None and not isinstance(seed, (int, np.integer)):
            seed = int(check_random_state(seed).randint(2**31))
        sampler = self.sampler or (AutoSampler(seed) if grid is None else GridSampler(grid, seed, max_failures=1))
        has_end = grid is not None or self.timeout is not None or getattr(sampler, "grid", None) is not None
        study = create_study(
            storage=self.storage,
            study_name=self.study_name,
            sampler=sampler,
            pruner=self.pruner,
            direction="maximize",
            load_if_exists=self.study_name is not None,
        )
        options: dict[str, Any] = {"executor": self.executor, "timeout": self.timeout, "callbacks": self.callbacks}
        if self.executor != "inline":
            options["resources"] = self.resources
            options["max_concurrent"] = None if self.n_jobs == -1 else self.n_jobs
        if self.error_score != "raise":
            options |= {"catch": (Exception,), "retries": RetryPolicy(abort_after=None)}
        n_trials = N_TRIALS if self.n_trials is None and not has_end else self.n_trials
        verbosity = logging.get_verbosity()
        if not self.verbose:
            logging.set_verbosity(max(verbosity, logging.WARNING))
        try:
            study.optimize(folds, n_trials, show_progress_bar=None if self.verbose else False, **options)
            return [trial for trial in study.trials if trial.state.is_finished()]
        finally:
            logging.set_verbosity(verbosity)
            study.close()

    def _scoring(self) -> tuple[Any, str]:
        """The scorers, and the name of the score that is searched."""
        if self.scoring is None or isinstance(self.scoring, str) or callable(self.scoring):
            return check_scoring(self.estimator, self.scoring), "test_score"
        several = self.scoring if isinstance(self.scoring, Mapping) else {name: name for name in self.scoring}
        if not isinstance(self.refit, str) or self.refit not in several:
            raise ValueError(
                f"refit must name the score to search for, one of {sorted(several)}, as there are several; got "
                f"{shown(self.refit)}."
            )
        return {name: get_scorer(one) for name, one in several.items()}, f"test_{self.refit}"

    def _epochs(self) -> int | None:
        epochs = integer_or_none("epochs", self.epochs, 1, "None fits each candidate as a whole")
        if epochs is not None and not hasattr(self.estimator, "partial_fit"):
            raise TypeError(
                f"epochs={epochs} needs an estimator that has partial_fit, and {type(self.estimator).__name__} has "
                "none; leave epochs out to fit it as a whole."
            )
        return epochs

    def _error_score(self) -> Any:
        if isinstance(self.error_score, (int, float, np.number)) or self.error_score == "raise":
            return self.error_score
        raise ValueError(f"error_score must be a number, NaN or 'raise', got {shown(self.error_score)}.")

    def _choose_best(self, space: Space, target: str) -> None:
        complete = [at for at, trial in enumerate(self.trials_) if trial.state is TrialState.COMPLETE]
        if not complete:
            raise ValueError(
                f"none of the {len(self.trials_)} candidates has a score on all folds: all failed or were "
                "pruned. error_score='raise' shows why a fit fails; a pruner promotes more of more candidates."
            )
        if callable(self.refit):
            self.best_index_ = int(self.refit(self.cv_results_))
        else:
            means = self.cv_results_[f"mean_{target}"]
            self.best_index_ = max(complete, key=lambda at: (means[at], -at))
            self.best_score_ = float(means[self.best_index_])
        self.best_params_ = space.params(self.trials_[self.best_index_].params)

    # --- the best estimator's ----------------------------------------------------------------------------------------

    def score(self, X: Any, y: Any = None, **params: Any) -> float:  # noqa: N803
        """The score of the best estimator by the scorer of the search."""
        _delegated("score")(self)
        check_is_fitted(self)
        scorer = self.scorer_[self.refit] if self.multimetric_ else self.scorer_
        return float(scorer(self.best_estimator_, X, y, **params))

    @_if_delegated("predict")
    def predict(self, X: Any, **params: Any) -> Any:  # noqa: N803
        """The best estimator's."""
        return self._best("predict", X, params)

    @_if_delegated("predict_proba")
    def predict_proba(self, X: Any, **params: Any) -> Any:  # noqa: N803
        """The best estimator's."""
        return self._best("predict_proba", X, params)

    @_if_delegated("predict_log_proba")
    def predict_log_proba(self, X: Any, **params: Any) -> Any:  # noqa: N803
        """The best estimator's."""
        return self._best("predict_log_proba", X, params)

    @_if_delegated("decision_function")
    def decision_function(self, X: Any) -> Any:  # noqa: N803
        """The best estimator's."""
        return self._best("decision_function", X, {})

    @_if_delegated("score_samples")
    def score_samples(self, X: Any) -> Any:  # noqa: N803
        """The best estimator's."""
        return self._best("score_samples", X, {})

    @_if_delegated("transform")
    def transform(self, X: Any) -> Any:  # noqa: N803
        """The best estimator's."""
        return self._best("transform", X, {})

    @_if_delegated("inverse_transform")
    def inverse_transform(self, X: Any) -> Any:  # noqa: N803
        """The best estimator's."""
        return self._best("inverse_transform", X, {})

    def _best(self, name: str, X: Any, params: Mapping[str, Any]) -> Any:  # noqa: N803
        check_is_fitted(self)
        return getattr(self.best_estimator_, name)(X, **params)

    @property
    def classes_(self) -> Any:
        """The classes; of a classifier only."""
        _delegated("classes_")(self)
        return self.best_estimator_.classes_

    @property
    def n_features_in_(self) -> int:
        """Number of features that ``fit`` saw."""
        if not hasattr(self, "best_estimator_"):
            raise AttributeError(f"{type(self).__name__} has no n_features_in_ before fit, nor with refit=False.")
        return int(self.best_estimator_.n_features_in_)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "best_index_")

    def __sklearn_tags__(self) -> Any:
        tags, theirs = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.estimator_type = theirs.estimator_type
        tags.classifier_tags = copy.deepcopy(theirs.classifier_tags)
        tags.regressor_tags = copy.deepcopy(theirs.regressor_tags)
        tags.input_tags = copy.deepcopy(theirs.input_tags)
        tags.target_tags = copy.deepcopy(theirs.target_tags)
        return tags


__all__ = ["RayTuneSearchCV"]
