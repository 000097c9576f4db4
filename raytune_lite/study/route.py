"""The way of this process's events to the one session that owns the study: here, in its run on Ray, or elsewhere.

Threads may call at the same time. While a run begins, events of other threads wait until it has the study: a session
opened for one of them here would keep the run off it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..core import messages as m
from ..exceptions import StudyBusyError, StudyNotRunningError
from ..runtime.inline import LocalStudy
from ..storages.records import Owner

Send = Callable[[m.Event], Any]


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways there are.

    ``open_local``: opens the study in this process. ``find_owner``: who owns it, in any process. ``send_to_owner``:
    sends an event to the owner in another process.
    """

    open_local: Callable[[], LocalStudy]
    find_owner: Callable[[], Owner | None]
    send_to_owner: Send


class Route:
    """Where the events of one Study object go. It does not hold that object, which may go when its user drops it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._runner: threading.Thread | None = None  # the thread in optimize()
        self._local: LocalStudy | None = None
        self._remote: Send | None = None  # set while a run is on Ray

    @property
    def runs(self) -> bool:
        """Whether optimize() runs here."""
        return self._runner is not None

    def check_idle(self) -> None:
        """Refuse a run inside a run.

        Raises:
            RuntimeError: optimize() runs here.
        """
        if self.runs:
            raise RuntimeError("this study is running already: optimize() cannot be called inside optimize().")

    @contextmanager
    def run(self) -> Iterator[None]:
        """A run of this thread: it opens the study itself, and says so with ``attach_local`` or ``attach_remote``."""
        with self._changed:
            self.check_idle()
            self._runner = threading.current_thread()
            self._close()
        try:
            yield
        finally:
            with self._changed:
                self._runner = self._remote = None
                self._close()
                self._changed.notify_all()

    def attach_local(self, local: LocalStudy) -> None:
        """The run has the study, in this process."""
        with self._changed:
            self._local = local
            self._changed.notify_all()

    def attach_remote(self, ask: Send) -> None:
        """The run has the study, on Ray; ``ask`` sends an event there."""
        with self._changed:
            self._remote = ask
            self._changed.notify_all()

    def session(self, ways: Ways) -> LocalStudy:
        """The session in this process; it is opened when there is none.

        Raises:
            RuntimeError: the study is running on Ray.
            StudyBusyError: another live process owns the study.
        """
        with self._changed:
            self._wait_for_run()
            if self._remote is not None:
                raise RuntimeError("the study is running on Ray in optimize(); ask() and tell() wait for its end.")
            if self._local is not None and self._local.failed:
                self._close()  # a commit failed: start again from what is stored
            if self._local is None:
                self._local = ways.open_local()
            return self._local

    def send(self, event: m.Event, ways: Ways) -> Any:
        """Have the study's owner handle an event: this process, the run on Ray, or another process that runs it."""
        with self._changed:
            self._wait_for_run()
            if not self.runs:
                return self._send_alone(event, ways)
            remote, local = self._remote, self._local
        if remote is not None:
            return remote(event)
        return (local or self.session(ways)).send(event)

    def _send_alone(self, event: m.Event, ways: Ways) -> Any:
        owner = ways.find_owner() if self._local is None else None
        if owner is not None and not owner.is_dead:
            try:
                return ways.send_to_owner(event)
            except StudyNotRunningError:
                pass  # it is gone, or has no address: then it is busy, or may be taken
        try:
            return self.session(ways).send(event)
        except StudyBusyError:
            return ways.send_to_owner(event)

    def _wait_for_run(self) -> None:
        """Wait while another thread's run begins. Called with the lock, which other threads get meanwhile."""
        me = threading.current_thread()
        while self._runner not in (None, me) and self._local is None and self._remote is None:
            self._changed.wait()

    def close(self) -> None:
        """Give the study back, if this process owns it."""
        with self._changed:
            self._close()

    def _close(self) -> None:
        local, self._local = self._local, None
        if local is not None:
            local.close()


__all__ = ["Route", "Ways"]
