"""Sockets to the driver: the fast transport of attempts beside Ray's actor calls, and the way of control commands.

A Ray actor call takes most of a millisecond, and half of that in processor time on either side: more than all that
the driver does with it. So the driver also listens on a socket (the standard library's multiprocessing.connection,
with its HMAC handshake), and an attempt talks to it there. Whatever goes wrong, the same message goes again as an
actor call: messages are idempotent, and Ray finds the actor wherever it was restarted. Knows bytes only.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time as clock
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from typing import Any

from .ports import TransportError, WorkerSettings

CONNECT_TIMEOUT = 3.0  # seconds; a port that a firewall swallows must not hold anybody up
# Seconds for the whole handshake. A stranger holds a thread for so long; a driver to which a thousand workers connect
# at one moment needs some of them.
HANDSHAKE_TIMEOUT = 10.0
BACKLOG = 4096  # connections that wait to be accepted; the system may allow fewer
ACCEPT_REST = 0.1  # seconds until a connection is accepted again when there are too many files or threads
MAX_MESSAGE = 64 << 20  # bytes; a longer one closes the connection
BROKEN = (OSError, EOFError, AuthenticationError, TimeoutError)

Address = tuple[str, int]


class SocketServer:
    """Answers messages with ``handle``, each connection in a thread of its own."""

    def __init__(self, host: str, key: bytes, handle: Callable[[bytes], bytes]) -> None:
        self._socket = socket.create_server((host, 0), backlog=BACKLOG)
        self._key, self._handle, self._is_closed = key, handle, False
        threading.Thread(target=self._accept, name="raytune_lite-socket", daemon=True).start()

    @property
    def address(self) -> Address:
        """Where it listens."""
        host, port = self._socket.getsockname()
        return str(host), int(port)

    def close(self) -> None:
        """Take no new connections; those there are end with their processes."""
        self._is_closed = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
                accepted.settimeout(None)
            except OSError:
                if self._is_closed:
                    return
                clock.sleep(ACCEPT_REST)  # too many open files, or the other side has hung up
                continue
            try:
                threading.Thread(target=self._serve, args=(accepted,), name="raytune_lite-socket", daemon=True).start()
            except RuntimeError:  # too many threads
                accepted.close()
                clock.sleep(ACCEPT_REST)

    def _serve(self, accepted: socket.socket) -> None:
        with contextlib.suppress(*BROKEN), _connection(accepted, self._key, is_server=True) as connection:
            while True:
                connection.send_bytes(self._handle(connection.recv_bytes(MAX_MESSAGE)))


class SocketClient:
    """The attempt's end. One per process and driver; calls of several threads take turns.

    Raises:
        OSError: nothing listens there, or no answer came in time.
        AuthenticationError: the key is another one.
    """

    def __init__(self, address: Address, key: bytes) -> None:
        self._connection = _connection(socket.create_connection(address, CONNECT_TIMEOUT), key, is_server=False)
        self._lock = threading.Lock()

    @classmethod
    def connect(cls, settings: WorkerSettings) -> SocketClient | None:
        """Connect to the driver process that these settings name; None when it has no socket.

        Raises:
            TransportError: it cannot be reached.
        """
        return None if settings.address is None else cls.open(settings.address, settings.key)

    @classmethod
    def open(cls, address: Address, key: bytes) -> SocketClient:
        """Connect to an address.

        Raises:
            TransportError: it cannot be reached.
        """
        try:
            return cls(address, key)
        except BROKEN as error:
            raise TransportError(f"no connection to {address}: {error!r}") from error

    def call(self, message: bytes, timeout: float) -> bytes:
        """Send a message and return the reply.

        Raises:
            TransportError: the connection broke, or no reply came within ``timeout`` seconds.
        """
        try:
            with self._lock:
                self._connection.send_bytes(message)
                if not self._connection.poll(timeout):
                    self.close()  # a late reply must not be taken for the next message's
                    raise TimeoutError(f"no reply within {timeout} s")
                return self._connection.recv_bytes(MAX_MESSAGE)
        except BROKEN as error:
            raise TransportError(f"the connection broke: {error!r}") from error

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._connection.close()


def _connection(connected: socket.socket, key: bytes, *, is_server: bool) -> Connection:
    """A connection whose two sides have shown each other that they know the key; it is closed if they do not."""
    with contextlib.ExitStack() as stack:
        stack.callback(connected.close)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        handshake: Any = _Handshake(connected, clock.monotonic() + HANDSHAKE_TIMEOUT)
        steps = (deliver_challenge, answer_challenge) if is_server else (answer_challenge, deliver_challenge)
        try:
            for step in steps:
                step(handshake, key)
        except AssertionError:  # the library's word for a challenge that is none
            raise AuthenticationError("the other side does not speak this protocol") from None
        connected.settimeout(None)
        return Connection(connected.detach())


class _Handshake:
    """What the library's handshake uses of a Connection, with one time limit for all of it."""

    def __init__(self, connected: socket.socket, until: float) -> None:
        self._socket, self._until = connected, until

    def send_bytes(self, content: bytes) -> None:
        self._limit()
        self._socket.sendall(struct.pack("!i", len(content)) + content)

    def recv_bytes(self, longest: int) -> bytes:
        (length,) = struct.unpack("!i", self._read(4))
        if not 0 <= length <= longest:
            raise OSError(f"a message of the handshake has at most {longest} bytes, got {length}")
        return self._read(length)

    def _read(self, n: int) -> bytes:
        content = b""
        while len(content) < n:
            self._limit()
            part = self._socket.recv(n - len(content))
            if not part:
                raise EOFError
            content += part
        return content

    def _limit(self) -> None:
        left = self._until - clock.monotonic()
        if left <= 0:
            raise TimeoutError(f"no handshake within {HANDSHAKE_TIMEOUT:.0f} s")
        self._socket.settimeout(left)


__all__ = ["Address", "SocketClient", "SocketServer"]
