"""optimize() as scripts written for Optuna use it: failures, callbacks, catch. See also on_ray."""

from __future__ import annotations

import pickle

import pytest

import raytune_lite as ours
from raytune_lite.exceptions import CheckpointError, StudyAbortedError, TrialFailedError
from raytune_lite.runtime.failures import typed_failure
from raytune_lite.study.run_end import RunEnd
from raytune_lite.trial import TrialState

PLAIN = TrialFailedError(3, 2, "KeyError: 'a'", "Traceback: ...")


class Odd(Exception):
    """Cannot be made without arguments."""

    def __new__(cls, needed: int) -> Odd:
        return super().__new__(cls, needed)


class Coded(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@pytest.mark.parametrize(
    "cause",
    [KeyError("a"), OSError(2, "no such file", "path"), UnicodeDecodeError("utf-8", b"x", 0, 1, "why"),
     StopIteration(4), Coded(7), CheckpointError("disk"), MemoryError("m"), ImportError("m")],
    ids=lambda cause: type(cause).__name__,
)  # fmt: skip
def test_a_failure_is_an_instance_of_its_cause_and_says_all(cause: Exception) -> None:
    found = typed_failure(PLAIN, cause)
    for each in (found, pickle.loads(pickle.dumps(found))):
        assert isinstance(each, type(cause))
        assert isinstance(each, TrialFailedError)
        assert str(each) == str(PLAIN)
        assert each.args == cause.args
        assert (each.number, each.attempt, each.error, each.traceback) == (3, 2, "KeyError: 'a'", "Traceback: ...")
        for name in ("errno", "filename", "code"):
            assert getattr(each, name, None) == getattr(cause, name, None)


@pytest.mark.parametrize("cause", [None, Odd(1), RuntimeError("r"), Exception("e"), KeyboardInterrupt()])
def test_where_that_cannot_be_it_stays_what_it_is(cause: BaseException | None) -> None:
    assert typed_failure(PLAIN, cause) is PLAIN


def test_the_end_of_a_detached_run_knows_it() -> None:
    end = RunEnd.of("run", typed_failure(PLAIN, Coded(7)))
    assert str(end.error()) == str(PLAIN)
    assert type(end.error()) is TrialFailedError


def fails(trial: ours.Trial) -> float:
    raise ValueError(trial.number)


def test_what_catch_lists_does_not_abort_a_run() -> None:
    study = ours.create_study()
    seen = []
    study.optimize(
        fails, n_trials=15, catch=ValueError, callbacks=[lambda _, trial: seen.append(trial.state)], executor="inline"
    )
    assert seen == [TrialState.FAIL] * 15
    other = ours.create_study()
    with pytest.raises(StudyAbortedError):
        other.optimize(lambda trial: None, n_trials=15, executor="inline")  # no exception, and nothing lists it
    with pytest.raises(ValueError, match="15"):
        study.optimize(fails, n_trials=3, catch=(KeyError,), executor="inline")
    assert len(study.trials) == 16


def test_callbacks_are_called_in_order_and_what_they_enqueue_is_next() -> None:
    study = ours.create_study()
    calls = []

    def first(study: ours.Study, trial: ours.trial.FrozenTrial) -> None:
        calls.append(("first", trial.number))
        study.enqueue_trial({"x": trial.number / 100})

    def second(study: ours.Study, trial: ours.trial.FrozenTrial) -> None:
        calls.append(("second", trial.number))
        if trial.number == 3:
            study.stop()

    study.optimize(
        lambda trial: trial.suggest_float("x", 0, 1), n_trials=9, callbacks=[first, second], executor="inline"
    )
    assert calls == [(name, number) for number in range(4) for name in ("first", "second")]
    assert [trial.value for trial in study.trials[1:4]] == [0.0, 0.01, 0.02]
    assert study.trials[4].state is TrialState.WAITING
