"""SIGTERM and SIGHUP while a run is under way: the run ends as with Ctrl-C, then the process as with the signal."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

_NAMES = ("SIGTERM", "SIGHUP")  # a batch system's time limit, `kill`; a terminal that was closed


class Terminated(KeyboardInterrupt):
    """The process got a signal that ends it. ``signum``: which."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"ended by {signal.Signals(signum).name}")
        self.signum = signum


@contextlib.contextmanager
def interrupting() -> Iterator[None]:
    """Have these signals end what runs inside like Ctrl-C.

    A signal that the user handles, or ignores (nohup), is left as it is. Nothing happens outside the main thread, where
    no signal can be handled.

    Raises:
        SystemExit: after such a signal, with its exit code: 128 and the signal's number, as a shell has it.
    """
    got: list[int] = []  # Ray's calls answer any signal with a KeyboardInterrupt of their own
    former = _handle(got)
    try:
        yield
    except KeyboardInterrupt:
        if not got:
            raise
        raise SystemExit(128 + got[0]) from None
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _handle(got: list[int]) -> dict[int, Any]:
    """Handle the signals from now on, and note them in ``got``; returns the handlers before."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    former = {number: signal.getsignal(number) for number in numbers}
    former = {number: handler for number, handler in former.items() if _is_nobodys(handler)}

    def terminate(signum: int, _frame: Any) -> NoReturn:
        got.append(signum)
        raise Terminated(signum)

    for number in former:
        signal.signal(number, terminate)
    return former


def _is_nobodys(handler: Any) -> bool:
    """Whether the user has no handler there: the system's, or Ray's, which ends the process at once."""
    return handler == signal.SIG_DFL or str(getattr(handler, "__module__", "")).split(".")[0] == "ray"


__all__ = ["Terminated", "interrupting"]
