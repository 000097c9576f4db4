"""SIGTERM and SIGHUP while a run is under way: the run ends as with Ctrl-C, then the process as with the signal.

In a worker process SIGTERM and SIGUSR1 tell the trial at work to save and to go on elsewhere: so a batch system or a
cloud announces that a machine will soon be gone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ..core.messages import Leave
from .current import current_trial
from .failures import AttemptInterrupted

_NAMES = ("SIGTERM", "SIGHUP")  # a batch system's time limit, `kill`; a terminal that was closed
_NOTICES = ("SIGTERM", "SIGUSR1")  # Kubernetes and `kill`; Slurm's --signal=USR1@120
NOTICE = 30.0  # seconds that are left after one: Kubernetes' grace period and Slurm's, as both have it by default
END_REST = 1.0  # seconds until a process whose task has returned ends; Ray takes the result meanwhile


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


@contextlib.contextmanager
def announcing(tell: Callable[[Leave], None]) -> Iterator[None]:
    """Have these signals, while a trial is at work, be the notice that this process will soon be gone.

    The first signal of each kind calls ``tell``, in this thread, wherever it stands. The second one ends the attempt
    where it stands; outside an objective, and in another rank than 0, it does what the first would have done. A signal
    that the user handles, or ignores, is left as it is. Nothing happens outside the main thread.

    Where a run's process is dead, Ray sends one to the workers of its trials, which are not to blame, and another one
    to those whose placement group goes.

    Args:
        tell: is given the order for the trial. It must take no lock.
    """
    former = _nobodys(_NOTICES)

    def announce(signum: int, _frame: Any) -> None:
        signal.signal(signum, end)
        tell(Leave(reason=f"its process got {signal.Signals(signum).name}", seconds=NOTICE))

    def end(signum: int, _frame: Any) -> None:
        signal.signal(signum, former[signum])
        trial = current_trial()
        if trial is not None and trial.rank == 0:
            raise AttemptInterrupted(f"its process got {signal.Signals(signum).name} twice")
        signal.raise_signal(signum)

    for number in former:
        signal.signal(number, announce)
    try:
        yield
    finally:
        for number, handler in former.items():
            if signal.getsignal(number) in (announce, end):  # else the objective has set one of its own
                signal.signal(number, handler)


def end_soon(seconds: float = END_REST) -> None:
    """End this process after so many seconds, also where it waits in C code and no handler of Python's would run."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()


def _nobodys(names: tuple[str, ...]) -> dict[int, Any]:
    """Those of the signals that nobody but the system, or Ray, handles, with their handlers."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    former = {number: signal.getsignal(number) for number in numbers}
    return {number: handler for number, handler in former.items() if _is_nobodys(handler)}


def _handle(got: list[int]) -> dict[int, Any]:
    """Handle the signals from now on, and note them in ``got``; returns the handlers before."""
    former = _nobodys(_NAMES)

    def terminate(signum: int, _frame: Any) -> NoReturn:
        got.append(signum)
        raise Terminated(signum)

    for number in former:
        signal.signal(number, terminate)
    return former


def _is_nobodys(handler: Any) -> bool:
    """Whether the user has no handler there: the system's, or Ray's, which ends the process at once."""
    return handler == signal.SIG_DFL or str(getattr(handler, "__module__", "")).split(".")[0] == "ray"


__all__ = ["NOTICE", "Terminated", "announcing", "end_soon", "interrupting"]
