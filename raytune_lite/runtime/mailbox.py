"""Messages on their way from a socket to the driver: gathered while it is at work, handled together, answered once.

Who waits too long is told that the driver is busy, while the driver goes on with the message: what it says later is
dropped. Knows bytes and clocks only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from .host import Host


class Mail:
    """One message, and the way back to its sender.

    Args:
        message: what came.
        send: takes the reply.
    """

    __slots__ = ("_send", "came_at", "message")

    def __init__(self, message: bytes, send: Callable[[bytes], None]) -> None:
        self.message, self.came_at = message, 0.0
        self._send = [send]

    @property
    def is_answered(self) -> bool:
        """Whether somebody has replied."""
        return not self._send

    def reply(self, content: bytes) -> None:
        """Answer the sender; only the first reply is sent. Any thread may call it."""
        try:
            send = self._send.pop()  # one thread gets it
        except IndexError:
            return
        self.message = b""  # it may be long, and the list of those who wait is looked through now and then only
        send(content)


Handle = Callable[[Sequence[Mail]], None]


class Mailbox:
    """Gathers mail and has it handled, by one thread at a time.

    Args:
        handle: handles several messages; replies to each, now or later, in any thread.
        host: clock and lock.
        busy: the reply to those who have waited for ``patience`` seconds.
        patience: seconds.
    """

    def __init__(self, handle: Handle, host: Host, *, busy: bytes, patience: float) -> None:
        self._handle, self._host, self._busy, self._patience = handle, host, busy, patience
        self._gathered: deque[Mail] = deque()  # to be handled
        self._waiting: deque[Mail] = deque()  # oldest first; some are answered already
        self._lock = host.lock()
        self._since: float | None = None  # when the batch that is being handled was begun

    def post(self, mail: Mail) -> None:
        """A message has come."""
        mail.came_at = self._host.monotonic()
        self._gathered.append(mail)
        self._waiting.append(mail)

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits for a reply."""
        return not self._waiting

    def stuck(self) -> float:
        """Seconds for which one batch has been handled by now; 0 when none is."""
        since = self._since
        return 0.0 if since is None else self._host.monotonic() - since

    def handle(self) -> None:
        """Handle what has been gathered, batch by batch, unless another thread is at it."""
        while self._gathered and self._lock.acquire(blocking=False):
            try:
                mails = [self._gathered.popleft() for _ in range(len(self._gathered))]
                mails = [mail for mail in mails if not mail.is_answered]
                if mails:
                    self._since = self._host.monotonic()
                    self._handle(mails)
            finally:
                self._since = None
                self._lock.release()

    def expire(self) -> None:
        """Tell those who have waited too long that the driver is busy: it lives, and they may send again."""
        waiting, late = self._waiting, self._host.monotonic() - self._patience
        while waiting and (waiting[0].is_answered or waiting[0].came_at < late):
            waiting.popleft().reply(self._busy)


__all__ = ["Handle", "Mail", "Mailbox"]
