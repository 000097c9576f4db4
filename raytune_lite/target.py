"""The objective that a command line names: ``module:function`` or ``path/to/file.py:function``. Knows no Ray.

The objective is sent to the workers. A function of an importable module is sent as its name, so the workers must be
able to import that module. A function of a file is sent as code: cloudpickle sends by name what it finds in
``sys.modules``, so the file's module is not left there. In both cases the folder that Python would put on ``sys.path``
for a script is sent too, so that ``import my_model`` of a file beside it works on the workers.
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

from .exceptions import TrialFailedError, is_pruned

LINE_INTERVAL = 0.5  # seconds between the lines that an inline run prints, at least


@dataclass(frozen=True, slots=True)
class LoadedObjective:
    """A loaded objective.

    Attributes:
        name: of its file or module; the study gets this name when the user gives none.
        objective: the function.
    """

    name: str
    objective: Callable[..., Any]


def load_target(target: str) -> LoadedObjective:
    """Load the objective that ``target`` names. Runs the user's module.

    Args:
        target: ``module:function`` (the working directory is importable) or ``path/to/file.py:function``.

    Raises:
        ValueError: there is no such file, module or function, or loading it raised. The message lists the functions
            of the module.
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
            f"{place} has no function {name!r}" + (" (the name is not a function)" if objective is not None else "")
            + f"; it has: {', '.join(_functions(module)) or 'none'}."
        )
    study = os.path.splitext(os.path.basename(place))[0] if is_file else place
    return LoadedObjective(study, PortableObjective(objective, folder))


class PortableObjective:
    """An objective with its folder. On a worker the folder is put on ``sys.path`` before the objective is unpickled."""

    def __init__(self, objective: Callable[..., Any], folder: str) -> None:
        functools.update_wrapper(self, objective)
        self._objective, self._folder = objective, folder

    def __call__(self, trial: Any) -> Any:
        """Call the objective."""
        return self._objective(trial)

    def __reduce__(self) -> tuple[Any, ...]:
        # pickle rebuilds arguments from left to right: the path is set before the objective's imports run
        return _rebuild, (_OnPath(self._folder), self._objective)


class _OnPath(str):
    """A folder that puts itself on ``sys.path`` when it is unpickled."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return _put_on_path, (str(self),)


def _rebuild(folder: str, objective: Callable[..., Any]) -> PortableObjective:
    return PortableObjective(objective, folder)


def _put_on_path(folder: str) -> str:
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return folder


class PrintingObjective:
    """An objective for an inline run: prints how trials end, at most one line each LINE_INTERVAL.

    Args:
        objective: the user's function.
        print_line: called as ``print_line(text, err=True)``.

    Attributes:
        raised: the last exception of the objective, or None.
        failure: the same as an error of ours, with the user's part of the traceback.
    """

    def __init__(self, objective: Callable[..., Any], print_line: Callable[..., None]) -> None:
        self._objective, self._print_line = objective, print_line
        self._quiet_until = 0.0
        self.raised: Exception | None = None
        self.failure: TrialFailedError | None = None

    def __call__(self, trial: Any) -> Any:
        """Call the objective."""
        try:
            result = self._objective(trial)
        except Exception as error:
            if is_pruned(error):
                self._print(f"trial {trial.number}: ended early")
                raise
            self.raised, text = error, f"{type(error).__name__}: {error}"
            self.failure = TrialFailedError(trial.number, trial.attempt, text, _user_traceback(error))
            self._print(f"trial {trial.number} failed: {text}")
            raise
        self._print(f"trial {trial.number}: {result}")
        return result

    def _print(self, text: str) -> None:
        if time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + LINE_INTERVAL
            self._print_line(text, err=True)


def _user_traceback(error: Exception) -> str:
    """The traceback without the frames of this file at its top."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))


def _load_file(path: str) -> types.ModuleType:
    """Run a file as a module whose name cannot be imported."""
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
    """Turn what loading raises into a ValueError of one line that says where it happened."""
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


__all__ = ["LoadedObjective", "PortableObjective", "PrintingObjective", "load_target"]
