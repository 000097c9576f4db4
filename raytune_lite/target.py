"""The objective that a command line names: ``module:function`` or ``path/to/file.py:function``. Knows no Ray.

An objective must reach the workers. A function of an importable module travels as its name; what it imports must be
importable there. A file's functions travel by value: its module is not left in ``sys.modules``, so that cloudpickle,
which sends by name only what a worker could import, sends the code itself. Either way the folder that Python would
have put on ``sys.path`` for a script goes along, so that ``import my_model`` beside it works on the workers too.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .exceptions import TrialFailedError, TrialPruned

TALK_INTERVAL = 0.5  # seconds between lines of a run in this process


@dataclass(frozen=True, slots=True)
class LoadedObjective:
    """A loaded objective. ``name``: of its file or module, which is the study's when the user gives none."""

    name: str
    objective: Callable[..., Any]


def load_target(target: str) -> LoadedObjective:
    """Load the objective that ``target`` names. Runs the user's module.

    Args:
        target: ``module:function`` (the working directory is importable) or ``path/to/file.py:function``.

    Raises:
        ValueError: there is no such file, module or function, or loading it raised; the message lists the functions
            that are there.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise ValueError(
            f"TARGET must be module:function or path/to/file.py:function, got {target!r}; "
            f"did you mean {target.strip(':') or 'train.py'}:objective?"
        )
    is_file = place.endswith(".py") or os.sep in place or "/" in place
    folder = os.path.dirname(os.path.abspath(place)) if is_file else os.getcwd()
    _put_on_path(folder)
    module = _load_file(place) if is_file else _load_module(place)
    try:
        objective = functools.reduce(getattr, name.split("."), module)
    except AttributeError:
        objective = None
    if not callable(objective):
        raise ValueError(
            f"{place} has no function {name!r}" + (" (that name is no function)" if objective is not None else "")
            + f"; it has: {', '.join(_functions(module)) or 'none'}."
        )
    study = os.path.splitext(os.path.basename(place))[0] if is_file else place
    return LoadedObjective(study, Shipped(objective, folder))


class Shipped:
    """An objective that brings its folder: unpickled on a worker, the folder is importable before the objective is."""

    def __init__(self, objective: Callable[..., Any], folder: str) -> None:
        functools.update_wrapper(self, objective)
        self._objective, self._folder = objective, folder

    def __call__(self, trial: Any) -> Any:
        """Call the objective."""
        return self._objective(trial)

    def __reduce__(self) -> tuple[Any, ...]:
        # pickle rebuilds arguments from left to right: the path is set before the objective's imports run
        return _unship, (_OnPath(self._folder), self._objective)


class _OnPath(str):
    """A folder that puts itself on ``sys.path`` when it is unpickled."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return _put_on_path, (str(self),)


def _unship(folder: str, objective: Callable[..., Any]) -> Shipped:
    return Shipped(objective, folder)


def _put_on_path(folder: str) -> str:
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return folder


class Talking:
    """An objective that runs in this process: says how its trials go, now and then, and keeps what it raised last.

    ``raised`` is that exception, ``failure`` the same with the user's part of the traceback.
    """

    def __init__(self, objective: Callable[..., Any], say: Callable[..., None]) -> None:
        self._objective, self._say_line = objective, say
        self._quiet_until = 0.0
        self.raised: Exception | None = None
        self.failure: TrialFailedError | None = None

    def __call__(self, trial: Any) -> Any:
        """Call the objective."""
        try:
            result = self._objective(trial)
        except TrialPruned:
            self._say(f"trial {trial.number}: ended early")
            raise
        except Exception as error:
            self.raised, text = error, f"{type(error).__name__}: {error}"
            self.failure = TrialFailedError(trial.number, trial.attempt, text, _user_traceback(error))
            self._say(f"trial {trial.number} failed: {text}")
            raise
        self._say(f"trial {trial.number}: {result}")
        return result

    def _say(self, text: str) -> None:
        if time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + TALK_INTERVAL
            self._say_line(text, err=True)


def _user_traceback(error: Exception) -> str:
    """The traceback without the frames of this file at its top."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))


def _load_file(path: str) -> types.ModuleType:
    """Run a file as a module of a name that nobody can import."""
    if not os.path.isfile(path):
        raise ValueError(f"there is no file {path!r} (looked in {os.getcwd()}); give the path to your script.")
    module = types.ModuleType(f"<{os.path.basename(path)}>")
    module.__file__ = os.path.abspath(path)
    with _explained(path):
        with open(path, "rb") as file:
            code = compile(file.read(), module.__file__, "exec")
        sys.modules[module.__name__] = module  # dataclasses look there while the file runs
        try:
            exec(code, module.__dict__)
        finally:
            del sys.modules[module.__name__]
    return module


def _load_module(name: str) -> types.ModuleType:
    with _explained(name):
        return importlib.import_module(name)


@contextlib.contextmanager
def _explained(place: str) -> Iterator[None]:
    """Whatever loading raises, as one line that says where."""
    try:
        yield
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if not frame.filename.startswith("<") and frame.filename != __file__]
        own = [frame for frame in own if frame.filename != importlib.__file__]
        where = f" at {own[-1].filename}, line {own[-1].lineno}" if own else ""
        hint = ""
        if isinstance(error, SystemExit):
            hint = '. Put what runs the script under if __name__ == "__main__":'
        elif isinstance(error, ModuleNotFoundError) and error.name == place.split(".")[0]:
            hint = f". Run in the folder that holds {error.name}, or give a path: path/to/{error.name}.py:objective"
        raise ValueError(f"cannot load {place}: {type(error).__name__}: {error}{where}{hint}") from error


def _functions(module: types.ModuleType) -> list[str]:
    """Names of the public functions and classes that a module defines itself, in its order."""
    return [
        name
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


__all__ = ["LoadedObjective", "Shipped", "Talking", "load_target"]
