"""Every exception a caller can catch survives a process border, with its message."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from raytune_lite import exceptions

SAMPLES = {
    "TrialFailedError": (3, 2, "KeyError: 'k'", "Traceback\n  ...\n"),
    "TrialDivergedError": (1, 4, "report(step=2)", "should_prune()"),
    "PlacementTimeoutError": (600.0, "a trial asks for 2 x (CPU: 1)."),
    "StudyAbortedError": ("study", "each of its first 10 trials failed in the same way (timeout)"),
    "NoResultError": ("study", 3, "the objective must return a number, got None; is a return statement missing?"),
    "SamplerFailedError": ("MySampler", 3, "KeyError: 'k'", "Traceback\n  ...\n"),
    "StaleAttemptError": (3, 2, "attempt 3 is"),
    "FencedError": ("study", 4),
    "StudyBusyError": ("study", "process 1 on host", 3.4),
    "DuplicatedStudyError": ("study",),
    "StudyNotFoundError": ("study", ("a", "b")),
    "CheckpointCorruptedError": ("/path", "aa", "bb"),
}
CLASSES = [
    cls for _, cls in inspect.getmembers(exceptions, inspect.isclass) if cls.__module__ == exceptions.__name__
]


def test_the_walk_finds_them():
    assert len(CLASSES) >= 18
    assert {cls.__name__ for cls in CLASSES} >= SAMPLES.keys()


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_pickles_and_keeps_its_message(cls):
    error = cls(*SAMPLES.get(cls.__name__, ("x must be > 0, got -1; use 1.",)))
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is cls
        assert str(again) == str(error)
        assert vars(again) == vars(error)
    assert str(error)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_all_but_a_signal_and_a_warning_have_one_base(cls):
    assert issubclass(cls, exceptions.RaytuneLiteError) == (
        cls not in (exceptions.TrialInvalid, exceptions.ExperimentalWarning)
    )


def test_the_way_out_is_in_the_message():
    text = {cls.__name__: str(cls(*SAMPLES[cls.__name__])) for cls in CLASSES if cls.__name__ in SAMPLES}
    assert "load_if_exists=True" in text["DuplicatedStudyError"]
    assert "it holds: 'a', 'b'" in text["StudyNotFoundError"]
    assert "abort_after=None" in text["StudyAbortedError"]
    assert "catch=" in text["TrialFailedError"]
    assert "Correct what the objective returns" in text["NoResultError"]
    assert "pass another one" in text["SamplerFailedError"]
    assert "same command takes over" in text["StudyBusyError"]
    assert "restore the file" in text["CheckpointCorruptedError"]
