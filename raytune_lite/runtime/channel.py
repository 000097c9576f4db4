"""The way from an attempt to the driver: each event as one message, sent again until it is answered.

A channel has two transports. The fast one (a socket) may fail at any time; then the sure one (Ray's actor call) carries
the same message, because it finds the driver wherever it was restarted. Messages are idempotent, so a message that is
sent twice is handled once. Knows no Ray.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Protocol

from ..core import messages as m
from ..core.encoding import to_json
from ..distributions import Distribution
from ..exceptions import StaleAttemptError
from ..trial import FrozenTrial
from .answers import BUSY, is_superseded, read
from .failures import DriverGone
from .finished import KnownTrials
from .host import Host
from .ports import Transport, TransportError
from .tokens import with_token
from .worker_settings import WorkerSettings

RPC_TIMEOUT = 10.0  # seconds one call to the driver may take before it is sent again
BUSY_REST = 0.3  # seconds until a driver that is busy is asked again
RETRY_REST = 0.2  # seconds until a driver that could not be reached is asked again
FAST_REST = 30.0  # seconds until a fast transport that failed is tried again


class SureTransport(Transport, Protocol):
    """A transport that finds the driver wherever it runs now."""

    def settings(self, timeout: float) -> WorkerSettings:
        """The settings of the driver process that runs now: it may listen elsewhere than the one before.

        Raises:
            TransportError: no answer within ``timeout`` seconds.
        """


class FastTransport(Transport, Protocol):
    """A connection to one driver process."""

    def close(self) -> None:
        """Hang up."""



def _nobody(_: float) -> None:
    """Nobody is told of an answer."""


Connect = Callable[[WorkerSettings], FastTransport | None]


class FastLine:
    """A process's fast transport: connected when it is first used, left alone for a while when it fails.

    Args:
        settings: where the driver listens.
        connect: makes a connection; raises TransportError when it cannot, and returns None when there is none to make.
        host: clock and lock. The heartbeat's thread calls, too.
        rest: seconds until a transport that failed is tried again.
    """

    def __init__(self, settings: WorkerSettings, connect: Connect, host: Host, rest: float = FAST_REST) -> None:
        self.is_broken = False  # since the driver was last asked where it listens
        self._settings, self._connect, self._host, self._rest = settings, connect, host, rest
        self._connection: FastTransport | None = None
        self._rest_until = 0.0
        self._lock = host.lock()

    def call(self, message: bytes, timeout: float) -> bytes | None:
        """The reply; None when there is no connection that works."""
        if self._host.monotonic() < self._rest_until:
            return None
        try:
            with self._lock:
                if self._connection is None:
                    self._connection = self._connect(self._settings)
                connection = self._connection
            if connection is None:
                return None
            return connection.call(message, timeout)
        except TransportError:
            self.fail()
            return None

    def fail(self) -> None:
        """Hang up, and leave this transport alone for a while."""
        self.hang_up()
        self.is_broken, self._rest_until = True, self._host.monotonic() + self._rest

    def move(self, settings: WorkerSettings) -> None:
        """Try again at once where the driver listens now, if that is another process."""
        self.is_broken = False
        if settings.key != self._settings.key:
            self._settings, self._rest_until = settings, 0.0

    def hang_up(self) -> None:
        """Close the connection."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class DriverChannel:
    """The Channel of one attempt.

    Args:
        settings: of the run.
        fast: this process's fast line.
        sure: the way round it.
        host: clock.
        acknowledged: called after each answer that shows that this attempt may go on, with the time at which its
            message was sent. A lease counts from there: a process that was stopped may find an old answer on waking.
        seal: of the slot for which this claims, see tokens.
        known: the finished trials that this process has got in this run. None: none.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        fast: FastLine,
        sure: SureTransport,
        host: Host,
        acknowledged: Callable[[float], None] = _nobody,
        seal: str | None = None,
        known: KnownTrials | None = None,
    ) -> None:
        self._lease, self._timeout = settings.lease, min(RPC_TIMEOUT, settings.lease / 4)
        self._fast, self._sure, self._host, self._acknowledged = fast, sure, host, acknowledged
        self._answered_at = host.monotonic()
        self._token = seal  # until there is an attempt
        self._known = known or KnownTrials(settings.study.created)

    def claim(self, slot: str, node: str | None = None, pid: int | None = None) -> m.Assignment | None:
        """The trial to work at, or None when there is nothing to do.

        Raises:
            DriverGone: there was no answer for a whole lease.
        """
        assignment: m.Assignment | None = self._send(m.Claimed(slot=slot, node=node, pid=pid))[0]
        return assignment

    def begin(self, assignment: m.Assignment) -> None:
        """This channel is this attempt's from now on: its messages carry the attempt's token."""
        self._token = assignment.token

    def began(self, assignment: m.Assignment, node: str, pid: int, price: float | None) -> bool:
        """See task.TaskChannel."""
        event = m.AttemptBegan(number=assignment.number, attempt=assignment.attempt, node=node, pid=pid, price=price)
        return not isinstance(self._send(event)[1], str)

    def suggest(self, number: int, attempt: int, name: str, distribution: Distribution) -> m.ParamValue:
        """See delivery.Channel."""
        event = m.ParamAsked(number=number, attempt=attempt, name=name, distribution=distribution)
        param: m.ParamValue = self._send(event)[0]
        return param

    def report(self, number: int, attempt: int, progress: m.Progress) -> tuple[m.Decision, str | m.Leave | None]:
        """See delivery.Channel."""
        decision, stop = self._send(m.Reported(number=number, attempt=attempt, progress=progress))
        return m.Decision(decision), stop

    def finished(self, number: int, attempt: int) -> list[FrozenTrial]:
        """See delivery.Channel. The driver does not renew the attempt's lease for a question, so nor does this."""
        return self._known.read(
            lambda seen: self._send(m.TrialsAsked(number=number, attempt=attempt, seen=seen), renews=False)[0]
        )

    def end(self, event: m.AttemptEnded) -> None:
        """See hand.EndChannel. It is no answer for the attempt that this process works at, so it renews no lease."""
        self._send(event, renews=False)

    def _send(self, event: m.Event | m.TrialsAsked, *, renews: bool = True) -> tuple[Any, str | m.Leave | None]:
        acknowledged = self._acknowledged if renews else _nobody
        message = with_token(self._token, to_json(event).encode())
        while True:
            reply, sent_at = self._call(message)
            if reply != BUSY:
                break
            acknowledged(sent_at)  # the driver lives, and renews the lease when it is no longer busy
            self._host.sleep(BUSY_REST)
        try:
            found = read(reply)
        except (DriverGone, StaleAttemptError):
            raise  # neither renews a lease: the attempt may have been given to another task
        except Exception:
            acknowledged(sent_at)
            raise
        acknowledged(sent_at)
        return found

    def _call(self, message: bytes) -> tuple[bytes, float]:
        """The reply, and when the message that it answers was sent."""
        sent_at = self._host.monotonic()
        reply = self._fast.call(message, self._timeout)
        if reply is not None and is_superseded(reply):
            self._fast.fail()  # that process is not the driver any more
            reply = None
        if reply is None:
            reply, sent_at = self._call_surely(message)
        self._answered_at = max(self._answered_at, sent_at)
        return reply, sent_at

    def _call_surely(self, message: bytes) -> tuple[bytes, float]:
        while True:
            sent_at = self._host.monotonic()
            try:
                reply = self._sure.call(message, self._timeout)
                if self._fast.is_broken and not is_superseded(reply):
                    self._move()
                return reply, sent_at
            except TransportError as error:
                if self._host.monotonic() > self._answered_at + self._lease:
                    raise DriverGone(f"no answer for {self._lease:.0f} s: {error}") from error
                self._host.sleep(RETRY_REST)

    def _move(self) -> None:
        """Ask where the driver listens now: perhaps it is a new process, with a socket of its own."""
        with contextlib.suppress(Exception):  # there is a reply; what is wrong there, the next call meets
            self._fast.move(self._sure.settings(self._timeout))


__all__ = ["DriverChannel", "FastLine", "FastTransport", "SureTransport"]
