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
import ssl
import threading
import time as clock
from collections.abc import Callable
from typing import Any

from . import sockets, tls
from .host import RealHost
from .mailbox import Handle, Mail, Mailbox
from .sockets import CHALLENGE, CHUNK, DIGEST, GREETING, Address, client_digest, framed, server_digest

BACKLOG = 4096  # connections that wait to be accepted; the system may allow fewer
ACCEPT_AT_ONCE = 64  # then those that are there get their turn
ACCEPT_REST = 0.1  # seconds until a connection is accepted again when there are too many open files
LOOK = 0.5  # seconds between looks at who waits for long: messages without a reply, strangers, a batch
STUCK = 1.0  # seconds of one batch after which the other thread reads on
MAX_CONNECTIONS = 16_384  # of one server; who comes then is hung up on, and goes by Ray's actor calls
MAX_STRANGERS = 1_024  # connections in the middle of their handshake; then others wait until they are accepted
MAX_REQUEST = 8 << 20  # bytes of one message to the server: twice what an attempt may send, see core/bounds
MAX_GATHERED = 256 << 20  # bytes of messages that have come in part, on all connections together
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
FREE = contextlib.nullcontext()
NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class SocketServer:
    """Answers messages of many connections: from this machine, and under TLS from others.

    Args:
        host: address to listen on, for other machines. One of this machine only: no other one is listened on.
        key: what clients must know.
        handle: handles the messages that have come by now; see ``Mailbox``.
        busy: the reply to whoever has waited for ``patience`` seconds.
        patience: seconds.
    """

    def __init__(self, host: str, key: bytes, handle: Handle, *, busy: bytes, patience: float) -> None:
        self._listeners = [socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)]
        self._identity = None if tls.is_loopback(host) else tls.identity()
        if self._identity is not None:
            with contextlib.suppress(OSError):  # an address that is not this machine's own (NAT)
                self._listeners.append(socket.create_server((host, 0), backlog=BACKLOG))
        self._is_off_host = not tls.is_loopback(host)
        self._key, self._is_closed = key, threading.Event()
        self._mailbox = Mailbox(handle, RealHost(), busy=busy, patience=patience)
        self._selector = selectors.DefaultSelector()
        for listener in self._listeners:
            listener.setblocking(False)
            self._selector.register(listener, READ)
        self._crowd = Crowd()
        self._accepts_at: float | None = None  # when connections are accepted again; None: they are
        self._looks_at = 0.0
        self._reader = 0  # which thread reads
        self._reading = threading.Lock()  # while one takes over from the other
        for me in (0, 1):
            threading.Thread(target=self._run, args=(me,), name=f"raytune_lite-socket-{me}", daemon=True).start()

    @property
    def local_address(self) -> Address:
        """Where processes of this machine find it, without TLS."""
        host, port = self._listeners[0].getsockname()
        return str(host), int(port)

    @property
    def address(self) -> Address | None:
        """Where all others find it; None: nowhere."""
        if not self._is_off_host:
            return self.local_address
        if len(self._listeners) == 1:
            return None
        host, port = self._listeners[1].getsockname()
        return str(host), int(port)

    @property
    def fingerprint(self) -> str | None:
        """Of the certificate that it shows at ``address``; None: no TLS there."""
        return None if self._identity is None or len(self._listeners) == 1 else self._identity.fingerprint

    def close(self) -> None:
        """Take no new connections and no more messages."""
        self._is_closed.set()
        with contextlib.suppress(OSError):  # wakes the reader
            socket.create_connection(self.local_address, 1.0).close()

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
        for listener in self._listeners:
            listener.close()

    def _read_all(self) -> None:
        """Wait until something comes, and take it in."""
        for key, ready in self._selector.select(LOOK):
            if key.data is None:
                self._accept(key.fileobj)
            else:
                key.data.go_on(ready)
        now = clock.monotonic()
        if now > self._looks_at:
            self._looks_at = now + LOOK
            self._look(now)

    def _look(self, now: float) -> None:
        self._mailbox.expire()
        strangers = self._crowd.strangers
        for stranger in [stranger for stranger, until in strangers.items() if until < now]:
            stranger.close()
        if self._accepts_at is not None and now > self._accepts_at and len(strangers) < MAX_STRANGERS:
            self._accepts_at = None
            for listener in self._listeners:
                self._selector.register(listener, READ)

    # --- connections -------------------------------------------------------------------------------------------------

    def _accept(self, listener: Any) -> None:
        for _ in range(ACCEPT_AT_ONCE):
            if len(self._crowd.strangers) >= MAX_STRANGERS:
                self._rest()
                return
            try:
                accepted, _ = listener.accept()
            except BlockingIOError:
                return
            except OSError:  # too many open files, or the other side has hung up
                self._rest()
                return
            if self._is_closed.is_set() or len(self._crowd.connections) >= MAX_CONNECTIONS:
                accepted.close()
                return
            identity = None if listener is self._listeners[0] else self._identity
            Connection(accepted, self._key, self._selector, self._mailbox.post, self._crowd, identity).greet()

    def _rest(self) -> None:
        """Accept nobody for a moment: they wait in the system's queue."""
        if self._accepts_at is None:
            for listener in self._listeners:
                self._selector.unregister(listener)
        self._accepts_at = clock.monotonic() + ACCEPT_REST


class Crowd:
    """What all connections of a server take together.

    ``strangers``: those that have not shown yet that they know the key, with the time until which they must.
    ``n_gathered``: bytes of messages that have come in part.
    """

    def __init__(self) -> None:
        self.strangers: dict[Connection, float] = {}
        self.connections: set[Connection] = set()
        self.n_gathered = 0


class Connection:
    """One connection: first the handshake, then one message at a time.

    Args:
        accepted: its socket.
        key: what the other side must know.
        selector: tells when there is something to read, or room to write.
        post: takes each message.
        crowd: what all connections take together.
        identity: for TLS; None: none is spoken.
    """

    __slots__ = (
        "_challenge", "_counted", "_crowd", "_identity", "_in", "_is_shaking", "_key", "_out", "_post", "_selector",
        "_socket", "_turn", "_waits",
    )  # fmt: skip

    def __init__(
        self,
        accepted: socket.socket,
        key: bytes,
        selector: selectors.BaseSelector,
        post: Callable[[Mail], None],
        crowd: Crowd,
        identity: tls.Identity | None = None,
    ) -> None:
        self._socket: Any = accepted  # an SSLSocket under TLS
        self._key, self._selector, self._post = key, selector, post
        self._crowd, self._identity = crowd, identity
        self._challenge: bytes | None = secrets.token_bytes(CHALLENGE)  # None: the handshake is done
        self._in, self._out = bytearray(), b""
        self._counted = 0  # bytes of what has come in part
        self._waits = False  # for the reply to its message
        self._is_shaking = identity is not None  # TLS's own handshake goes first
        # a reply may be sent by another thread while this one reads, and TLS has one state for both ways
        self._turn: contextlib.AbstractContextManager[Any] = threading.Lock() if identity is not None else FREE

    def greet(self) -> None:
        """Begin the handshake."""
        self._crowd.connections.add(self)
        self._crowd.strangers[self] = clock.monotonic() + sockets.HANDSHAKE_TIMEOUT
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._identity is not None:
                self._socket = self._identity.context.wrap_socket(
                    self._socket, server_side=True, do_handshake_on_connect=False
                )
            self._selector.register(self._socket, READ, self)
            if not self._is_shaking:
                self._send(GREETING + (self._challenge or b""))
        except OSError:
            self.close()

    def _shake(self) -> None:
        """Go on with TLS's handshake: what it has to say is short, and fits into the system's buffer."""
        with self._turn:
            self._socket.do_handshake()
        self._is_shaking = False
        self._send(GREETING + (self._challenge or b""))

    def go_on(self, ready: int) -> None:
        """Something has come, or there is room to write. Whatever is wrong ends this connection, and no other."""
        try:
            if self._is_shaking:
                self._shake()
                return
            if ready & WRITE:
                self._write()
            if ready & READ:
                self._read()
                while self._identity is not None and self._socket.pending():
                    self._read()  # TLS has read ahead: the selector does not tell
        except NOT_YET:
            pass
        except OSError:
            self.close()

    def _read(self) -> None:
        with self._turn:
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
            self._count()
            if self._crowd.n_gathered > MAX_GATHERED:
                self.close()
            return
        if len(content) > 4 + self._length_of(content):
            self.close()
            return
        self._take(bytes(content[4:]))
        if self._in:
            self._forget()

    def _count(self) -> None:
        """What has come in part is counted, for all connections together."""
        self._crowd.n_gathered += len(self._in) - self._counted
        self._counted = len(self._in)

    def _forget(self) -> None:
        """Let go of what has come in part."""
        self._in = bytearray()
        self._count()

    def _length_of(self, content: bytes) -> int:
        return sockets.length_of(content, MAX_REQUEST if self._challenge is None else CHALLENGE + DIGEST)

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
        del self._crowd.strangers[self]
        self._send(mine)

    def reply(self, content: bytes) -> None:
        """Answer the message. Any thread may call it."""
        self._waits = False  # before the reply is out: the next message may come at once
        with contextlib.suppress(OSError, ValueError, KeyError):  # it has hung up meanwhile; the reader notices
            self._send(content)

    def _send(self, content: bytes) -> None:
        frame = framed(content)
        try:
            with self._turn:
                sent = self._socket.send(frame)
        except NOT_YET:
            sent = 0
        if sent < len(frame):
            self._out = frame[sent:]
            self._selector.modify(self._socket, READ | WRITE, self)

    def _write(self) -> None:
        with self._turn:
            sent = self._socket.send(self._out)
        self._out = self._out[sent:]
        if not self._out:
            self._selector.modify(self._socket, READ, self)

    def close(self) -> None:
        """Hang up."""
        self._crowd.strangers.pop(self, None)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(self._socket)
        self._crowd.connections.discard(self)
        self._forget()
        self._socket.close()


__all__ = ["SocketServer"]
