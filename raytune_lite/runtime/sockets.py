"""Sockets to the driver: the fast transport of attempts beside Ray's actor calls, and the way of control commands.

A Ray actor call takes most of a millisecond, and half of that in processor time on either side: more than all that
the driver does with it. So the driver also listens on a socket, and an attempt talks to it there. Whatever goes wrong,
the same message goes again as an actor call: messages are idempotent, and Ray finds the actor wherever it was
restarted. The other end of these connections is ``socket_server``. Knows bytes only.

A frame is its length (4 bytes) and its content. First both sides show that they know the key, and neither says it: the
server sends a challenge, the client its own and the digest of both, the server another digest of both. Then the client
sends one message at a time and waits for its reply. Between machines all of this is inside TLS, see ``tls``.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
import socket
import struct
import threading
import time as clock
from multiprocessing import AuthenticationError

from . import tls
from .ports import TransportError
from .worker_settings import WorkerSettings

CONNECT_TIMEOUT = 3.0  # seconds; a port that a firewall swallows must not hold anybody up
# Seconds for the whole handshake: a driver to which thousands of workers connect at one moment needs some of them.
HANDSHAKE_TIMEOUT = 10.0
MAX_MESSAGE = 64 << 20  # bytes; a longer one closes the connection
BROKEN = (OSError, EOFError, AuthenticationError, TimeoutError)

HEAD = struct.Struct("!i")  # the length of a frame
GREETING = b"raytune_lite-1:"  # begins the server's challenge
CHALLENGE = 32  # random bytes
DIGEST = 32
CHUNK = 1 << 16  # bytes that are read at once

Address = tuple[str, int]


class SocketClient:
    """The attempt's end. One per process and driver; calls of several threads take turns.

    Args:
        address: where the server listens.
        key: what both sides must know.
        fingerprint: of the server's certificate; None: it speaks no TLS there.

    Raises:
        OSError: nothing listens there, or no answer came in time.
        AuthenticationError: the key is another one, or the other side speaks another protocol.
    """

    def __init__(self, address: Address, key: bytes, fingerprint: str | None = None) -> None:
        self._lock = threading.Lock()
        self._socket = socket.create_connection(address, CONNECT_TIMEOUT)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            until = clock.monotonic() + HANDSHAKE_TIMEOUT
            if fingerprint is not None:
                self._limit(until)
                self._socket = tls.to_server(self._socket, fingerprint)
            self._shake_hands(key, until)
        except BaseException:
            self._socket.close()
            raise

    @classmethod
    def connect(cls, settings: WorkerSettings, *, is_local: bool = False) -> SocketClient | None:
        """Connect to the driver process that these settings name; None when it has no socket for this process.

        Args:
            settings: of the run.
            is_local: this process is on the driver's machine.

        Raises:
            TransportError: it cannot be reached.
        """
        if is_local and settings.local_address is not None:
            return cls.open(settings.local_address, settings.key)
        if settings.address is None:
            return None
        return cls.open(settings.address, settings.key, settings.fingerprint)

    @classmethod
    def open(cls, address: Address, key: bytes, fingerprint: str | None = None) -> SocketClient:
        """Connect to an address; see SocketClient.

        Raises:
            TransportError: it cannot be reached.
        """
        try:
            return cls(address, key, fingerprint)
        except BROKEN as error:
            raise TransportError(f"no connection to {address}: {error!r}") from error

    def _shake_hands(self, key: bytes, until: float) -> None:
        self._limit(until)
        greeting = self._read(until, len(GREETING) + CHALLENGE)
        if len(greeting) != len(GREETING) + CHALLENGE or not greeting.startswith(GREETING):
            raise AuthenticationError("the other side does not speak this protocol")
        theirs, ours = greeting[len(GREETING) :], secrets.token_bytes(CHALLENGE)
        self._socket.sendall(framed(ours + client_digest(key, theirs, ours)))
        self._limit(until)
        if not hmac.compare_digest(self._read(until, DIGEST), server_digest(key, theirs, ours)):
            raise AuthenticationError("the other side does not know the key")

    def call(self, message: bytes, timeout: float) -> bytes:
        """Send a message and return the reply.

        Raises:
            TransportError: the connection broke, or no reply came within ``timeout`` seconds.
        """
        try:
            with self._lock:
                try:
                    until = clock.monotonic() + timeout
                    self._socket.settimeout(timeout)
                    self._socket.sendall(framed(message))
                    return self._read(until, MAX_MESSAGE)
                except BaseException:
                    self.close()  # a late reply must not be taken for the next message's
                    raise
        except TimeoutError as error:
            raise TransportError(f"the connection broke: no reply within {timeout} s") from error
        except BROKEN as error:
            raise TransportError(f"the connection broke: {error!r}") from error

    def _read(self, until: float, longest: int) -> bytes:
        """The next frame's content, of at most ``longest`` bytes. Most frames come whole."""
        content = self._socket.recv(CHUNK)
        while len(content) < 4 or len(content) < 4 + length_of(content, longest):
            if not content:
                raise EOFError
            self._limit(until)
            part = self._socket.recv(CHUNK) if len(content) < 4 else self._rest_of(content, longest, until)
            if not part:
                raise EOFError
            content += part
        if len(content) > 4 + length_of(content, longest):
            raise OSError("more came than one reply")
        return content[4:]

    def _limit(self, until: float) -> None:
        left = until - clock.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        self._socket.settimeout(left)

    def _rest_of(self, content: bytes, longest: int, until: float) -> bytes:
        """What a long frame lacks."""
        parts, left = [], 4 + length_of(content, longest) - len(content)
        while left > 0:
            self._limit(until)
            part = self._socket.recv(min(left, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._socket.close()


def framed(content: bytes) -> bytes:
    """A frame."""
    return HEAD.pack(len(content)) + content


def length_of(frame: bytes | bytearray, longest: int) -> int:
    """How long the content is of a frame that begins so.

    Raises:
        OSError: it is longer than ``longest``, or no length.
    """
    (length,) = HEAD.unpack_from(frame)
    if not 0 <= length <= longest:
        raise OSError(f"a message here has at most {longest} bytes, got {length}")
    return int(length)


def client_digest(key: bytes, server: bytes, client: bytes) -> bytes:
    """By which a client shows that it knows the key."""
    return hmac.digest(key, b"client" + server + client, "sha256")


def server_digest(key: bytes, server: bytes, client: bytes) -> bytes:
    """By which a server shows that it knows the key."""
    return hmac.digest(key, b"server" + server + client, "sha256")


__all__ = ["Address", "SocketClient"]
