"""The short way from an attempt to the driver: a socket beside Ray's actor calls.

A Ray actor call takes most of a millisecond, and half of that in processor time on either side: more than all that
the driver does with it. So the driver also listens on a socket (the standard library's multiprocessing.connection,
with its HMAC handshake), and an attempt talks to it there. Whatever goes wrong, the same message goes again as an
actor call: messages are idempotent (laws 2 and 3), and Ray finds the actor wherever it was restarted. Knows bytes only.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener

CONNECT_TIMEOUT = 3.0  # seconds; a port that a firewall swallows must not hold up an attempt
MAX_MESSAGE = 64 << 20  # bytes; a longer one closes the connection
BROKEN = (OSError, EOFError, AuthenticationError, TimeoutError)

Address = tuple[str, int]


class WireServer:
    """Answers messages with ``handle``, each connection in a thread of its own."""

    def __init__(self, host: str, key: bytes, handle: Callable[[bytes], bytes]) -> None:
        self._listener = Listener((host, 0), family="AF_INET", backlog=128, authkey=key)
        self._handle = handle
        self._closed = False
        threading.Thread(target=self._accept, name="raytune_lite-wire", daemon=True).start()

    @property
    def address(self) -> Address:
        """Where it listens."""
        host, port = self._listener.address
        return str(host), int(port)

    def close(self) -> None:
        """Take no new connections; those there are end with their processes."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection = self._listener.accept()
            except BROKEN:
                continue  # somebody without the key, or who hung up during the handshake
            threading.Thread(target=self._serve, args=(connection,), name="raytune_lite-wire", daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        with contextlib.suppress(*BROKEN), connection:
            while True:
                connection.send_bytes(self._handle(connection.recv_bytes(MAX_MESSAGE)))


class Wire:
    """The attempt's end. One per process and driver; calls of several threads take turns.

    Raises:
        OSError: nobody listens there, or not with this key.
    """

    def __init__(self, address: Address, key: bytes) -> None:
        socket.create_connection(address, CONNECT_TIMEOUT).close()  # Client itself has no time limit
        self._connection = Client(address, family="AF_INET", authkey=key)
        self._lock = threading.Lock()

    def call(self, message: bytes, timeout: float) -> bytes:
        """Send a message and return the reply; one of BROKEN is raised when none came in ``timeout`` seconds."""
        with self._lock:
            self._connection.send_bytes(message)
            if not self._connection.poll(timeout):
                self.close()  # a late reply must not be taken for the next message's
                raise TimeoutError(f"no reply within {timeout} s")
            return self._connection.recv_bytes(MAX_MESSAGE)

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._connection.close()


__all__ = ["BROKEN", "Address", "Wire", "WireServer"]
