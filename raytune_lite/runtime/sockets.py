"""Sockets to the driver: the fast transport of attempts beside Ray's actor calls, and the way of control commands.

A Ray actor call takes most of a millisecond, and half of that in processor time on either side: more than all that
the driver does with it. So the driver also listens on a socket (the standard library's multiprocessing.connection,
with its HMAC handshake), and an attempt talks to it there. Whatever goes wrong, the same message goes again as an
actor call: messages are idempotent, and Ray finds the actor wherever it was restarted. Knows bytes only.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge

from .ports import TransportError, WorkerSettings

HANDSHAKE_TIMEOUT = 3.0  # seconds; a port that a firewall swallows, or a silent stranger, must not hold anybody up
MAX_MESSAGE = 64 << 20  # bytes; a longer one closes the connection
BROKEN = (OSError, EOFError, AuthenticationError, TimeoutError)

Address = tuple[str, int]


class SocketServer:
    """Answers messages with ``handle``, each connection in a thread of its own."""

    def __init__(self, host: str, key: bytes, handle: Callable[[bytes], bytes]) -> None:
        self._socket = socket.create_server((host, 0), backlog=128)
        self._key, self._handle = key, handle
        threading.Thread(target=self._accept, name="raytune_lite-socket", daemon=True).start()

    @property
    def address(self) -> Address:
        """Where it listens."""
        host, port = self._socket.getsockname()
        return str(host), int(port)

    def close(self) -> None:
        """Take no new connections; those there are end with their processes."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(accepted,), name="raytune_lite-socket", daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        with contextlib.suppress(*BROKEN), _connection(accepted) as connection:
            with _time_limit(connection):
                deliver_challenge(connection, self._key)
                answer_challenge(connection, self._key)
            while True:
                connection.send_bytes(self._handle(connection.recv_bytes(MAX_MESSAGE)))


class SocketClient:
    """The attempt's end. One per process and driver; calls of several threads take turns.

    Raises:
        OSError: nothing listens there, or no answer came in time.
        AuthenticationError: the key is another one.
    """

    def __init__(self, address: Address, key: bytes) -> None:
        self._connection = _connection(socket.create_connection(address, HANDSHAKE_TIMEOUT))
        self._lock = threading.Lock()
        try:
            with _time_limit(self._connection):
                answer_challenge(self._connection, key)
                deliver_challenge(self._connection, key)
        except BROKEN:
            self.close()
            raise

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


def _connection(connected: socket.socket) -> Connection:
    connected.settimeout(None)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(connected.detach())


@contextlib.contextmanager
def _time_limit(connection: Connection) -> Iterator[None]:
    """Reads in this block raise OSError after HANDSHAKE_TIMEOUT; the handshake itself knows no limit."""
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        for seconds in (int(HANDSHAKE_TIMEOUT), 0):
            same.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, 0))
            if seconds:
                yield


__all__ = ["Address", "SocketClient", "SocketServer"]
