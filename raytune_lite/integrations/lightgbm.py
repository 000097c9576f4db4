"""A LightGBM callback: reports a validation score each round, prunes or pauses, saves the model and goes on from it.

    report = RaytuneLiteCallback(trial, "valid_0-binary_logloss")
    booster = lgb.train(params, train, valid_sets=[valid], **report.resume(num_boost_round=100))
    return report.value

Owns what LightGBM does not know when it continues a model: what its own callbacks saw in the rounds before. Here early
stopping, recorded scores and schedules of parameters go on where they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .boosting import BoostingCallback

if TYPE_CHECKING:
    from ..runtime.trial import Trial

try:
    from lightgbm import Booster, early_stopping, record_evaluation
except ImportError as error:
    raise ImportError(
        f"raytune_lite.integrations.lightgbm needs LightGBM, which cannot be imported ({error}). "
        "Install it: pip install 'raytune-lite[lightgbm]'."
    ) from error

# LightGBM's callbacks that are told of the rounds before; it has no other name for their classes
_WITH_MEMORY = type(early_stopping(1, verbose=False)), type(record_evaluation({}))
_FIRST = -1000  # before early stopping, which ends the training in the round that it sees
_BOOSTING = "boosting", "boosting_type", "boost"


class RaytuneLiteCallback(BoostingCallback):
    """Reports ``monitor`` after each round, and raises TrialPruned when the pruner says so.

    The step is the number of rounds done. Where the pruner may pause the trial, the model is saved first. A resumed
    attempt goes on with it: pass ``**callback.resume(num_boost_round)`` to ``lgb.train``. In scikit-learn's interface
    pass ``n_estimators=callback.remaining(n)``, and ``callbacks=[callback]`` and ``init_model=callback.init_model`` to
    ``fit``. An attempt that does not is refused. On a CPU its scores are those of a training that was never
    interrupted, bit for bit, as long as nothing is drawn; with ``bagging_fraction``, ``feature_fraction``, GOSS or DART
    it begins again at the seed, and draws other rows, columns or trees than without the pause.

    In ``lgb.cv`` it reports and prunes the mean over the folds, with ``save=False``.

    Args:
        trial: the objective's trial.
        monitor: "<name of the data set>-<metric>": "valid_0-auc". None: the only one there is.
        save: False saves nothing, for pruners that never pause; a lost attempt then starts from the beginning.
        save_every: rounds after which the model is saved in any case, against the loss of an attempt. None: only where
            the pruner may pause the trial, and where its node will soon be gone.

    Raises:
        ValueError: monitor is no score that was evaluated, or one of several was not chosen.
        NotImplementedError: ``lgb.cv`` or a random forest with ``save=True``; training on several machines.
        CheckpointError: the attempt has a checkpoint and was started without it.
    """

    library, model_file = "LightGBM", "lightgbm.txt"
    way_to_evaluate = "pass valid_sets= and valid_names= (eval_set=, in fit) and the metric: metric="

    def __init__(
        self, trial: Trial, monitor: str | None = None, *, save: bool = True, save_every: int | None = None
    ) -> None:
        super().__init__(trial, monitor, save=save, save_every=save_every)
        self.before_iteration, self.order = False, _FIRST  # read by LightGBM
        self._history = {data: {m: list(s) for m, s in found.items()} for data, found in self._past.items()}

    @property
    def init_model(self) -> str | None:
        """The verified file of the model to go on with; None on a first attempt."""
        return None if self._model is None else str(self._model)

    def resume(self, num_boost_round: int, callbacks: Iterable[Callable[[Any], Any]] = ()) -> dict[str, Any]:
        """The arguments of ``lgb.train`` with which a training begins, or goes on: rounds, model and callbacks.

        Args:
            num_boost_round: rounds of the whole trial.
            callbacks: LightGBM's and your own. Those see the first round of the trial as that of the training;
                ``early_stopping`` and ``record_evaluation`` also know the rounds before. The parameter
                ``early_stopping_round`` does not: pass ``early_stopping`` here.

        Raises:
            ValueError: num_boost_round is no integer >= 1.
        """
        others = [_Continued(one, self) if self._done else one for one in callbacks]
        return {
            "num_boost_round": self.remaining(num_boost_round),
            "init_model": self.init_model,
            "callbacks": [self, *others],
        }

    def __call__(self, env: Any) -> None:
        """Called by LightGBM after each round: save, report, decide.

        Raises:
            TrialPruned: the trial is pruned or paused.
            ValueError: monitor is no score that was evaluated.
            CheckpointError, NotImplementedError: see the class; in the first round.
        """
        if env.iteration == env.begin_iteration:
            self._check(env)
        for name, metric, score, *_ in env.evaluation_result_list:
            self._history.setdefault(name, {}).setdefault(metric, []).append(float(score))
        # all rounds, not those up to the best one
        self._after_round(env.iteration + 1, self._history, lambda path: env.model.save_model(path, num_iteration=-1))

    def _check(self, env: Any) -> None:
        n_machines = int(env.params.get("num_machines", 1))
        self._refuse_several_processes("training", n_machines, "Use num_cpus= of optimize() for threads.")
        way_out = "lgb.train(..., **callback.resume(num_boost_round)), or fit(..., init_model=callback.init_model)"
        self._refuse_a_start_without_checkpoint(bool(env.begin_iteration), way_out)
        if not self.save:
            return
        if not isinstance(env.model, Booster):
            raise NotImplementedError("lgb.cv cannot go on from a checkpoint; pass save=False to the callback.")
        if any(env.params.get(name) in ("rf", "random_forest") for name in _BOOSTING):
            raise NotImplementedError(
                "LightGBM cannot go on with a random forest (boosting='rf'); pass save=False to the callback."
            )


class _Continued:
    """A callback of an attempt that goes on: the training begins, for it, where the trial began.

    Args:
        callback: the user's.
        report: knows the rounds before.
    """

    def __init__(self, callback: Callable[[Any], Any], report: RaytuneLiteCallback) -> None:
        self._callback, self._past, self._done = callback, report._past, report._done
        self.before_iteration = getattr(callback, "before_iteration", False)
        if hasattr(callback, "order"):
            self.order = callback.order
        self._is_told = not isinstance(callback, _WITH_MEMORY)

    def __call__(self, env: Any) -> None:
        env = _changed(env, begin_iteration=0)
        if not self._is_told:
            self._is_told = True
            for done in range(self._done):
                scores = [self._score(item, done) for item in env.evaluation_result_list]
                self._callback(_changed(env, iteration=done, evaluation_result_list=scores))
        self._callback(env)

    def _score(self, item: Any, done: int) -> Any:
        """The score of an earlier round, in LightGBM's form: (data set, metric, score, ...)."""
        past = (*item[:2], self._past[item[0]][item[1]][done], *item[3:])
        return type(item)(*past) if hasattr(item, "_fields") else past  # a plain tuple before 4.7


def _changed(env: Any, **fields: Any) -> Any:
    return env._replace(**fields) if hasattr(env, "_replace") else replace(env, **fields)  # a tuple before 4.7


__all__ = ["RaytuneLiteCallback"]
