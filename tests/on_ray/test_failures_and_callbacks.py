"""What a script written for Optuna expects of ``optimize``, with trials in worker processes."""

from __future__ import annotations

import pickle

import pytest

import raytune_lite as rtl
from raytune_lite.exceptions import TrialFailedError
from raytune_lite.trial import TrialState

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster"), pytest.mark.timeout(120)]


class OwnError(ValueError):
    """With a constructor that pickle cannot call again."""

    def __init__(self, code: int, *, where: str) -> None:
        super().__init__(f"code {code}")
        self.code, self.where = code, where

    def __reduce__(self) -> tuple[object, ...]:
        return _own_error, (self.code, self.where)


def _own_error(code: int, where: str) -> OwnError:
    return OwnError(code, where=where)


def test_an_uncaught_exception_is_of_its_own_type_and_one_trial_is_fail(storage: str) -> None:
    class LocalError(OwnError):
        """Travels by value, and comes back as this very class."""

    def objective(trial: rtl.Trial) -> float:
        if trial.number == 1:
            raise LocalError(7, where="there")
        return 1.0

    LocalError.__reduce__ = lambda self: (LocalError._made, (self.code, self.where))  # type: ignore[method-assign]
    LocalError._made = staticmethod(lambda code, where: LocalError(code, where=where))  # type: ignore[attr-defined]
    study = rtl.create_study(storage=storage)
    with pytest.raises(LocalError) as caught:
        study.optimize(objective, n_trials=5, n_jobs=1)
    error = caught.value
    assert isinstance(error, TrialFailedError)
    assert (error.code, error.where, error.args, error.number) == (7, "there", ("code 7",), 1)
    assert "test_failures_and_callbacks.py" in str(error)
    assert "code 7" in str(error)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE, TrialState.FAIL]
    assert isinstance(pickle.loads(pickle.dumps(TrialFailedError(1, 1, "E", "t"))), TrialFailedError)


def test_an_exception_that_cannot_travel_is_a_trial_failed_error(storage: str) -> None:
    def objective(trial: rtl.Trial) -> float:
        error = KeyError("key")
        error.lock = __import__("threading").Lock()  # type: ignore[attr-defined]
        raise error

    study = rtl.create_study(storage=storage)
    with pytest.raises(TrialFailedError, match="KeyError: 'key'"):
        study.optimize(objective, n_trials=1)


def test_with_one_job_a_callback_comes_before_the_next_trial(storage: str) -> None:
    """Trials of milliseconds, which would be claimed ahead else."""
    study = rtl.create_study(storage=storage)
    seen = []

    def after(study: rtl.Study, trial: rtl.trial.FrozenTrial) -> None:
        seen.append((trial.number, trial.state.name, len(study.trials)))
        study.enqueue_trial({"x": float(trial.number)})
        if trial.number == 25:
            study.stop()

    def objective(trial: rtl.Trial) -> float:
        x = trial.suggest_float("x", 0, 100)
        if trial.number % 5 == 2:
            raise ValueError(x)
        return x

    study.optimize(objective, n_trials=100, n_jobs=1, catch=ValueError, callbacks=[after])
    ended = [trial for trial in study.trials if trial.state.is_finished()]
    assert [trial.params["x"] for trial in ended[1:]] == [float(n) for n in range(25)]
    assert seen == [(n, "FAIL" if n % 5 == 2 else "COMPLETE", n + 1) for n in range(26)]


def test_an_objective_sees_its_study_stops_it_and_leaves_attributes(storage: str) -> None:
    study = rtl.create_study(storage=storage, study_name="seen", direction="maximize")
    study.set_user_attr("rows", 3)

    def objective(trial: rtl.Trial) -> float:
        of = trial.study
        others = [(other.number, other.value) for other in of.trials]
        found = [of.study_name, of.direction.name, of.user_attrs, trial._trial_id, others]
        trial.storage.set_trial_system_attr(trial._trial_id, "library:seen", found)
        if trial.number == 1:
            of.stop()
        return 1.0

    study.optimize(objective, n_trials=9, n_jobs=1)
    assert len(study.trials) == 2
    for trial in study.trials:
        others = [[number, 1.0] for number in range(trial.number)] + [[trial.number, None]]
        assert trial.system_attrs["library:seen"] == ["seen", "MAXIMIZE", {"rows": 3}, trial.trial_id, others]
