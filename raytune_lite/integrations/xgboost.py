"""An XGBoost callback: reports an evaluation score each round, prunes or pauses, saves the model and goes on from it.

    report = RaytuneLiteCallback(trial, "valid-logloss")
    booster = xgb.train(params, train, evals=[(valid, "valid")], **report.resume(num_boost_round=100))
    return report.value

Owns what XGBoost does not know when it continues a model: it counts rounds from 0 again and forgets all scores. Here
``evals_result``, early stopping and learning rates go on where they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .boosting import BoostingCallback, History

if TYPE_CHECKING:
    from ..runtime.trial import Trial

try:
    from xgboost import Booster
    from xgboost.callback import EarlyStopping, LearningRateScheduler, TrainingCallback
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.xgboost needs XGBoost, which cannot be imported ({error}). "
        "Install it: pip install 'raytune-lite[xgboost]'; without its CUDA libraries: pip install xgboost-cpu."
    ) from error

_WITH_MEMORY = EarlyStopping, LearningRateScheduler  # of XGBoost's callbacks; they are told of the rounds before


class RaytuneLiteCallback(BoostingCallback, TrainingCallback):  # type: ignore[misc]  # XGBoost is not followed by mypy
    """Reports ``monitor`` after each round, and raises TrialPruned when the pruner says so.

    The step is the number of rounds done. Where the pruner may pause the trial, the model is saved first. A resumed
    attempt goes on with it: pass ``**callback.resume(num_boost_round)`` to ``xgb.train``. In scikit-learn's interface
    pass ``n_estimators=callback.remaining(n)``, ``callbacks=[callback]``, and ``xgb_model=callback.xgb_model`` to
    ``fit``. An attempt that does not is refused. On a CPU its scores are those of a training that was never
    interrupted, bit for bit, as long as nothing is drawn; with ``subsample``, ``colsample_*`` or dropout it begins
    again at the seed, and draws other rows, columns or trees than without the pause.

    In ``xgb.cv`` it reports and prunes the mean over the folds, with ``save=False``.

    Args:
        trial: the objective's trial.
        monitor: "<name in evals>-<metric>", as XGBoost prints it: "valid-logloss", "validation_0-auc". None: the only
            one there is.
        save: False saves nothing, for pruners that never pause; a lost attempt then starts from the beginning.
        save_every: rounds after which the model is saved in any case, against the loss of an attempt. None: only where
            the pruner may pause the trial, and where its node will soon be gone.

    Raises:
        ValueError: monitor is no score that was evaluated, or one of several was not chosen.
        NotImplementedError: ``xgb.cv`` with ``save=True``, or training on several processes.
        CheckpointError: the attempt has a checkpoint and was started without it.
    """

    library, model_file = "XGBoost", "xgboost.ubj"
    way_to_evaluate = "pass evals=[(data, name)] (eval_set=, in fit) and the metric: eval_metric="

    def __init__(
        self, trial: Trial, monitor: str | None = None, *, save: bool = True, save_every: int | None = None
    ) -> None:
        super().__init__(trial, monitor, save=save, save_every=save_every)
        self._is_cv = False

    @property
    def xgb_model(self) -> str | None:
        """The verified file of the model to go on with; None on a first attempt."""
        return None if self._model is None else str(self._model)

    def resume(self, num_boost_round: int, callbacks: Iterable[TrainingCallback] = ()) -> dict[str, Any]:
        """The arguments of ``xgb.train`` with which a training begins, or goes on: rounds, model and callbacks.

        Args:
            num_boost_round: rounds of the whole trial.
            callbacks: XGBoost's and your own. Those get the number of the round as if nothing had happened;
                ``EarlyStopping`` and ``LearningRateScheduler`` also know the rounds before. What
                ``early_stopping_rounds=`` adds does not: pass ``EarlyStopping`` here.

        Raises:
            ValueError: num_boost_round is no integer >= 1.
        """
        others = [_Continued(one, self) if self._done else one for one in callbacks]
        return {
            "num_boost_round": self.remaining(num_boost_round),
            "xgb_model": self.xgb_model,
            "callbacks": [self, *others],
        }

    # --- XGBoost's hooks, in the order in which it calls them ---------------------------------------------------------

    def before_training(self, model: Any) -> Any:
        """Refuse a training that would silently lose its checkpoint.

        Raises:
            CheckpointError: the attempt has a checkpoint and was started without it.
            NotImplementedError: several processes train, or ``xgb.cv`` would have to save.
        """
        from xgboost.collective import get_world_size

        self._refuse_several_processes("training", get_world_size(), "Use num_cpus= of optimize() for threads.")
        self._is_cv = not isinstance(model, Booster)
        if self._is_cv:
            if self.save:
                raise NotImplementedError("xgb.cv cannot go on from a checkpoint; pass save=False to the callback.")
        else:
            way_out = "xgb.train(..., **callback.resume(num_boost_round)), or fit(..., xgb_model=callback.xgb_model)"
            self._refuse_a_start_without_checkpoint(bool(model.num_boosted_rounds()), way_out)
        return model

    def before_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
        """Give XGBoost the scores of the rounds before: it has none yet, and adds its own to them."""
        if not evals_log:
            evals_log.update({data: {m: list(s) for m, s in found.items()} for data, found in self._past.items()})
        return False

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Save, report, decide.

        Raises:
            TrialPruned: the trial is pruned or paused.
            ValueError: monitor is no score that was evaluated.
        """
        done = epoch + 1 if self._is_cv else model.num_boosted_rounds()
        self._after_round(done, evals_log, lambda path: model.save_model(path))
        return False


class _Continued(TrainingCallback):  # type: ignore[misc]
    """A callback of an attempt that goes on: rounds are numbered on from those of the attempts before.

    Args:
        callback: the user's.
        report: knows those rounds.
    """

    def __init__(self, callback: TrainingCallback, report: RaytuneLiteCallback) -> None:
        self._callback, self._done, self._past = callback, report._done, report._past
        self._has_ended = False  # training, by this callback, at its last round before

    def before_training(self, model: Any) -> Any:
        model = self._callback.before_training(model)
        if isinstance(self._callback, EarlyStopping):
            self._callback.starting_round = 0  # it would add the rounds before to the number of a round
        if isinstance(self._callback, _WITH_MEMORY):
            for done in range(self._done):
                self._has_ended = self._callback.after_iteration(model, done, _first(self._past, done + 1))
        return model

    def before_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        return self._has_ended or self._callback.before_iteration(model, self._done + epoch, evals_log)

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        return bool(self._callback.after_iteration(model, self._done + epoch, evals_log))

    def after_training(self, model: Any) -> Any:
        return self._callback.after_training(model)


def _first(history: History, rounds: int) -> History:
    return {data: {metric: scores[:rounds] for metric, scores in found.items()} for data, found in history.items()}


__all__ = ["RaytuneLiteCallback"]
