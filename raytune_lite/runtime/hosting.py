"""Which run a driver process hosts: one at a time, one after another. Knows no Ray, and nothing of a study.

The script numbers the runs that it gives to one process. A call that Ray repeats may come late, to a process that was
restarted meanwhile, and before or after the call that begins a later run: the numbers tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from .host import Event, Host
from .ports import TransportError


class NotHostedError(TransportError):
    """The process does not host this run: not yet, as it was restarted; or not any more. Nothing was done."""


class Guest(Protocol):
    """The driver of one run, and all that it needs in its process."""

    def close(self) -> bool:
        """Give the study back; whether nothing of the run is left in this process then."""


G = TypeVar("G", bound=Guest)


@dataclass(frozen=True, slots=True)
class _Hosted(Generic[G]):
    run: str
    guest: G
    over: Event


class Hosting(Generic[G]):
    """The run that this process hosts now. Calls may come from many threads.

    Hosting a run opens no study and starts no trial: its driver does that when it is first asked something.

    Args:
        host: locks and events.
    """

    def __init__(self, host: Host) -> None:
        self._host, self._lock = host, host.lock()
        self._newest = 0  # number of the newest run that was begun here, or has ended
        self._now: _Hosted[G] | None = None  # that run, while it is hosted
        self._is_clean = True  # whether nothing of an earlier run is left in this process

    def begin(self, number: int, run: str, make: Callable[[], G]) -> G:
        """The driver of a run; it is made when it is not there yet.

        Args:
            number: of the run, among those of the script that this process gets; from 1.
            run: its name.
            make: makes its driver.

        Raises:
            NotHostedError: the run has ended, or a later one has begun.
        """
        with self._lock:
            if number > self._newest:
                self._let_go()  # a repeated call of a run that is over may have begun it again, after a restart
                self._now, self._newest = _Hosted(run, make(), self._host.event()), number
            return self.guest(run)

    def guest(self, run: str) -> G:
        """The driver of a run.

        Raises:
            NotHostedError: another run is hosted here, or none.
        """
        now = self._now
        if now is None or now.run != run:
            raise NotHostedError(f"this process does not host run {run}.")
        return now.guest

    def stay(self, number: int, run: str, make: Callable[[], G]) -> None:
        """``begin`` a run, and return when it has ended."""
        try:
            self.begin(number, run, make)
        except NotHostedError:
            return
        now = self._now
        if now is not None and now.run == run:
            now.over.wait()

    def end(self, number: int) -> bool:
        """End a run; whether this process may host another one. It may not where something of the run is left in it."""
        with self._lock:
            if number >= self._newest:
                self._newest = number
                self._let_go()
            return self._is_clean

    def _let_go(self) -> None:
        now, self._now = self._now, None
        if now is not None:
            was_clean, self._is_clean = self._is_clean, False
            try:
                self._is_clean = now.guest.close() and was_clean
            finally:
                now.over.set()


__all__ = ["Guest", "Hosting", "NotHostedError"]
