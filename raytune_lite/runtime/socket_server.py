"""The driver's end of the sockets: one thread for all connections.

A thread for each connection would take a change of threads for each message, and memory for each slot. Here one thread
reads what has come on all of them and has it handled as one batch; so a driver with ten times the workers has larger
batches, and not more commits. A second thread stands by: when a batch takes long, because the database fails, it reads
on, and whoever waits is told that the driver is busy (see ``mailbox``). Knows bytes only.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
import selectors
import socket
import threading
import time as clock
from collections.abc import Callable
from typing import Any

from . import sockets
from .host import RealHost
from .mailbox import Handle, Mail, Mailbox
from .sockets import CHALLENGE, CHUNK, DIGEST, GREETING, MAX_MESSAGE, Address, client_digest, framed, server_digest

BACKLOG = 4096  # connections that wait to be accepted; the system may allow fewer
ACCEPT_AT_ONCE = 64  # then those that are there get their turn
ACCEPT_REST = 0.1  # seconds until a connection is accepted again when there are too many open files
LOOK = 0.5  # seconds between looks at who waits for long: messages without a reply, strangers, a batch
STUCK = 1.0  # seconds of one batch after which the other thread reads on
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class SocketServer:
    """Answers messages of many connections.

    Args:
        host: address to listen on.
        key: what clients must know.
        handle: handles the messages that have come by now; see ``Mailbox``.
        busy: the reply to whoever has waited for ``patience`` seconds.
        patience: seconds.

    Raises:
        OSError: it cannot listen there.
    """

    def __init__(self, host: str, key: bytes, handle: Handle, *, busy: bytes, patience: float) -> None:
        self._socket = socket.create_server((host, 0), backlog=BACKLOG)
        self._socket.setblocking(False)
        self._key, self._is_closed = key, threading.Event()
        self._mailbox = Mailbox(handle, RealHost(), busy=busy, patience=patience)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, READ)
        self._strangers: dict[Connection, float] = {}  # until when each must have shown that it knows the key
        self._accepts_at: float | None = None  # when connections are accepted again; None: they are
        self._looks_at = 0.0
        self._reader = 0  # which thread reads
        self._reading = threading.Lock()  # while one takes over from the other
        for me in (0, 1):
            threading.Thread(target=self._run, args=(me,), name=f"raytune_lite-socket-{me}", daemon=True).start()

    @property
    def address(self) -> Address:
        """Where it listens."""
        host, port = self._socket.getsockname()
        return str(host), int(port)

    def close(self) -> None:
        """Take no new connections and no more messages."""
        self._is_closed.set()
        with contextlib.suppress(OSError):  # wakes the reader
            socket.create_connection(self.address, 1.0).close()

    # --- the two threads ---------------------------------------------------------------------------------------------

    def _run(self, me: int) -> None:
        while not self._is_closed.is_set():
            if self._reader == me:
                with self._reading:
                    self._read_all()
                self._mailbox.handle()
            elif self._mailbox.stuck() > STUCK:
                self._reader = me  # the other one finds out when its batch is done
            else:
                self._is_closed.wait(LOOK)
        if self._reader == me:
            with self._reading:
                self._hang_up()

    def _hang_up(self) -> None:
        for key in list(self._selector.get_map().values()):
            if key.data is not None:
                key.data.close()
        self._socket.close()

    def _read_all(self) -> None:
        """Wait until something comes, and take it in."""
        for key, ready in self._selector.select(LOOK):
            if key.data is None:
                self._accept()
            else:
                key.data.go_on(ready)
        now = clock.monotonic()
        if now > self._looks_at:
            self._looks_at = now + LOOK
            self._look(now)

    def _look(self, now: float) -> None:
        self._mailbox.expire()
        for stranger in [stranger for stranger, until in self._strangers.items() if until < now]:
            stranger.close()
        if self._accepts_at is not None and now > self._accepts_at:
            self._accepts_at = None
            self._selector.register(self._socket, READ)

    # --- connections -------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        for _ in range(ACCEPT_AT_ONCE):
            try:
                accepted, _ = self._socket.accept()
            except BlockingIOError:
                return
            except OSError:  # too many open files, or the other side has hung up
                self._accepts_at = clock.monotonic() + ACCEPT_REST
                self._selector.unregister(self._socket)
                return
            if self._is_closed.is_set():
                accepted.close()
                return
            Connection(accepted, self._key, self._selector, self._mailbox.post, self._strangers).greet()


class Connection:
    """One connection: first the handshake, then one message at a time.

    Args:
        accepted: its socket.
        key: what the other side must know.
        selector: tells when there is something to read, or room to write.
        post: takes each message.
        strangers: those that have not shown yet that they know the key, with the time until which they must.
    """

    __slots__ = ("_challenge", "_in", "_key", "_out", "_post", "_selector", "_socket", "_strangers", "_waits")

    def __init__(
        self,
        accepted: socket.socket,
        key: bytes,
        selector: selectors.BaseSelector,
        post: Callable[[Mail], None],
        strangers: dict[Connection, float],
    ) -> None:
        self._socket, self._key, self._selector, self._post = accepted, key, selector, post
        self._strangers = strangers
        self._challenge: bytes | None = secrets.token_bytes(CHALLENGE)  # None: the handshake is done
        self._in, self._out = bytearray(), b""
        self._waits = False  # for the reply to its message

    def greet(self) -> None:
        """Begin the handshake."""
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._strangers[self] = clock.monotonic() + sockets.HANDSHAKE_TIMEOUT
            self._selector.register(self._socket, READ, self)
            self._send(GREETING + (self._challenge or b""))
        except OSError:
            self.close()

    def go_on(self, ready: int) -> None:
        """Something has come, or there is room to write. Whatever is wrong ends this connection, and no other."""
        try:
            if ready & WRITE:
                self._write()
            if ready & READ:
                self._read()
        except BlockingIOError:
            pass
        except OSError:
            self.close()

    def _read(self) -> None:
        part = self._socket.recv(CHUNK)
        if not part or self._waits:  # it hung up, or says more before it was answered
            self.close()
            return
        content: Any = part
        if self._in:
            self._in += part
            content = self._in
        if len(content) < 4 or len(content) < 4 + self._length_of(content):
            if not self._in:
                self._in += part
            return
        if len(content) > 4 + self._length_of(content):
            self.close()
            return
        self._take(bytes(content[4:]))
        if self._in:
            self._in = bytearray()

    def _length_of(self, content: bytes) -> int:
        return sockets.length_of(content, MAX_MESSAGE if self._challenge is None else CHALLENGE + DIGEST)

    def _take(self, message: bytes) -> None:
        if self._challenge is None:
            self._waits = True
            self._post(Mail(message, self.reply))
            return
        theirs, shown = message[:CHALLENGE], message[CHALLENGE:]
        if not hmac.compare_digest(shown, client_digest(self._key, self._challenge, theirs)):
            self.close()
            return
        mine = server_digest(self._key, self._challenge, theirs)
        self._challenge = None
        del self._strangers[self]
        self._send(mine)

    def reply(self, content: bytes) -> None:
        """Answer the message. Any thread may call it."""
        self._waits = False  # before the reply is out: the next message may come at once
        with contextlib.suppress(OSError, ValueError, KeyError):  # it has hung up meanwhile; the reader notices
            self._send(content)

    def _send(self, content: bytes) -> None:
        frame = framed(content)
        try:
            sent = self._socket.send(frame)
        except BlockingIOError:
            sent = 0
        if sent < len(frame):
            self._out = frame[sent:]
            self._selector.modify(self._socket, READ | WRITE, self)

    def _write(self) -> None:
        self._out = self._out[self._socket.send(self._out) :]
        if not self._out:
            self._selector.modify(self._socket, READ, self)

    def close(self) -> None:
        """Hang up."""
        self._strangers.pop(self, None)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(self._socket)
        self._socket.close()


__all__ = ["SocketServer"]
