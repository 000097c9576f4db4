"""Ctrl-C in the script: once people have been shown what became of the run, Python's traceback says nothing more."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from types import TracebackType

_MARK = "__raytune_lite_explained__"


def explained() -> KeyboardInterrupt:
    """An interrupt that ends a script without a traceback when nobody catches it, by the signal (130 in a shell)."""
    error = KeyboardInterrupt()
    setattr(error, _MARK, True)
    if not getattr(sys.excepthook, _MARK, False):
        _replace_hook()
    return error


def is_explained(error: BaseException) -> bool:
    """Whether people have been shown what became of the run."""
    return bool(getattr(error, _MARK, False))


def _replace_hook() -> None:
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not is_explained(error):
            before(kind, error, trace)
        elif not (sys.flags.interactive or hasattr(sys, "ps1")):
            _end_by_signal()

    setattr(hook, _MARK, True)
    sys.excepthook = hook


def _end_by_signal() -> None:
    """End as Python does after an interrupt: wait for threads, run the exit functions, and die by SIGINT.

    Python itself would exit with 1: it forgets the interrupt when code is compiled after it, which Ray's exit
    functions do.
    """
    for finish in (getattr(threading, "_shutdown", None), getattr(atexit, "_run_exitfuncs", None)):
        if finish is not None:
            with contextlib.suppress(BaseException):
                finish()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


__all__ = ["explained", "is_explained"]
