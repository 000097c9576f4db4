"""TLS of the driver's socket between machines, and the bounds on what all its connections take. Starts no Ray."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing import AuthenticationError

import pytest

from raytune_lite.runtime import socket_server, sockets, tls
from raytune_lite.runtime.answers import BUSY
from raytune_lite.runtime.mailbox import Mail
from raytune_lite.runtime.ports import TransportError
from raytune_lite.runtime.socket_server import SocketServer
from raytune_lite.runtime.sockets import SocketClient
from raytune_lite.runtime.worker_settings import WorkerSettings

KEY = b"k" * 32
REFUSED = (OSError, EOFError, AuthenticationError, TransportError)


def reverse(mails: Sequence[Mail]) -> None:
    for mail in mails:
        mail.reply(mail.message[::-1])


def serve() -> SocketServer:
    return SocketServer("127.0.0.1", KEY, reverse, busy=BUSY, patience=60.0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SocketServer]:
    """One whose second address is as good as another machine's."""
    monkeypatch.setattr(tls, "is_loopback", lambda host: False)
    found = serve()
    yield found
    found.close()


@pytest.fixture
def plain() -> Iterator[SocketServer]:
    found = serve()
    yield found
    found.close()


def settings(server: SocketServer) -> WorkerSettings:
    return WorkerSettings(
        n_objectives=1, checkpoint_root="/nowhere", lease=1.0, address=server.address, key=KEY,
        fingerprint=server.fingerprint, local_address=server.local_address,
    )  # fmt: skip


def connected(found: SocketClient | None) -> SocketClient:
    assert found is not None
    return found


def test_others_speak_tls_and_this_machine_does_not(server: SocketServer) -> None:
    assert server.address != server.local_address
    far = connected(SocketClient.connect(settings(server)))
    near = connected(SocketClient.connect(settings(server), is_local=True))
    large = bytes(range(256)) * 20_000
    for client in (far, near):
        assert client.call(b"abc", 5) == b"cba"
        assert client.call(large, 20) == large[::-1]
    assert type(far._socket).__name__ == "SSLSocket"
    assert type(near._socket) is socket.socket


def test_where_only_this_machine_listens_there_is_no_tls(plain: SocketServer) -> None:
    assert plain.address == plain.local_address
    assert plain.fingerprint is None


def test_without_the_package_others_have_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """They go by Ray's actor calls; nothing crosses a network in clear text."""
    monkeypatch.setattr(tls, "is_loopback", lambda host: False)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    tls.identity.cache_clear()
    try:
        server = serve()
    finally:
        tls.identity.cache_clear()
    assert (server.address, server.fingerprint) == (None, None)
    assert SocketClient.connect(settings(server)) is None
    assert connected(SocketClient.connect(settings(server), is_local=True)).call(b"ab", 5) == b"ba"
    server.close()


def test_another_certificate_or_key_or_no_tls_is_refused_and_the_server_goes_on(server: SocketServer) -> None:
    address, fingerprint = server.address, server.fingerprint
    assert address is not None
    assert fingerprint is not None
    with pytest.raises(AuthenticationError, match="another certificate"):
        SocketClient(address, KEY, "0" * 64)
    with pytest.raises(REFUSED):
        SocketClient(address, b"o" * 32, fingerprint)
    with pytest.raises(REFUSED):
        SocketClient(server.local_address, KEY, fingerprint)
    with socket.create_connection(address) as stranger:
        stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
        stranger.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            while stranger.recv(1000):
                pass  # an alert, then the end
    assert SocketClient(address, KEY, fingerprint).call(b"ab", 5) == b"ba"


class Tap:
    """Passes everything on, and keeps it."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.seen, self._target = bytearray(), target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        far = socket.create_connection(self._target)
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        while part := source.recv(1 << 16):
            self.seen += part
            sink.sendall(part)


def test_who_listens_on_the_network_reads_nothing(server: SocketServer) -> None:
    assert server.address is not None
    for address, fingerprint, is_read in (
        (server.local_address, None, True),  # so the tap works
        (server.address, server.fingerprint, False),
    ):
        tap = Tap(address)
        client = SocketClient(tap.address, KEY, fingerprint)
        assert client.call(b"0123456789abcdef-token", 5)
        client.close()
        assert (b"0123456789abcdef-token" in tap.seen) is is_read
        assert len(tap.seen) > 150


def test_a_stranger_who_does_not_finish_tls_is_hung_up_on(
    server: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "HANDSHAKE_TIMEOUT", 1.0)
    assert server.address is not None
    with socket.create_connection(server.address) as stranger:
        stranger.sendall(b"\x16\x03\x01\x02\x00")  # the head of a client's first record, and no more
        stranger.settimeout(8)
        assert stranger.recv(100) == b""
    assert SocketClient(server.address, KEY, server.fingerprint).call(b"ab", 5) == b"ba"


# --- bounds ----------------------------------------------------------------------------------------------------------


def readers() -> int:
    return sum(thread.name.startswith("raytune_lite-socket") for thread in threading.enumerate())


def test_a_thousand_connections_are_read_by_two_threads(server: SocketServer) -> None:
    resource = pytest.importorskip("resource")
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 4000:
        pytest.skip("both ends of a thousand connections need 2000 open files")
    threads, n_readers = threading.active_count(), readers()
    clients = [connected(SocketClient.connect(settings(server), is_local=i >= 100)) for i in range(1000)]
    assert [client.call(b"ab", 20) for client in clients] == [b"ba"] * 1000
    assert threading.active_count() == threads
    assert readers() == n_readers
    assert len(server._crowd.connections) == 1000
    assert server._crowd.n_gathered == 0
    for client in clients:
        client.close()
    deadline = time.monotonic() + 20
    while server._crowd.connections and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not server._crowd.connections
    assert not server._crowd.strangers


def test_so_many_connections_and_no_more(plain: SocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_server, "MAX_CONNECTIONS", 3)
    clients = [SocketClient(plain.local_address, KEY) for _ in range(3)]
    with pytest.raises(TransportError):
        SocketClient.open(plain.local_address, KEY)
    assert [client.call(b"ab", 5) for client in clients] == [b"ba"] * 3
    clients.pop().close()
    time.sleep(0.3)
    assert SocketClient(plain.local_address, KEY).call(b"ab", 5) == b"ba"


def test_strangers_do_not_crowd_out_those_who_know_the_key(
    plain: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_server, "MAX_STRANGERS", 3)
    monkeypatch.setattr(sockets, "HANDSHAKE_TIMEOUT", 2.0)
    old = SocketClient(plain.local_address, KEY)
    strangers = [socket.create_connection(plain.local_address) for _ in range(20)]
    time.sleep(0.3)
    assert len(plain._crowd.strangers) == 3
    assert old.call(b"ab", 5) == b"ba"
    for stranger in strangers:
        stranger.close()
    monkeypatch.setattr(sockets, "HANDSHAKE_TIMEOUT", 10.0)
    assert SocketClient(plain.local_address, KEY).call(b"ab", 5) == b"ba"


def hung_up(client: SocketClient) -> bool:
    client._socket.settimeout(8)
    try:
        return client._socket.recv(10) == b""
    except ConnectionResetError:
        return True


def test_a_message_that_says_it_is_too_long_is_not_read(plain: SocketServer) -> None:
    client, other = (SocketClient(plain.local_address, KEY) for _ in range(2))
    client._socket.sendall(struct.pack("!i", socket_server.MAX_REQUEST + 1) + b"x")
    assert hung_up(client)
    assert other.call(b"ab", 5) == b"ba"


def test_parts_of_messages_take_so_much_memory_together(
    plain: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_server, "MAX_GATHERED", 150_000)
    clients = [SocketClient(plain.local_address, KEY) for _ in range(2)]
    for client in clients:
        client._socket.sendall(struct.pack("!i", 1_000_000) + bytes(100_000))
    deadline = time.monotonic() + 10
    while len(plain._crowd.connections) == 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(plain._crowd.connections) == 1, "who brought it over the bound is hung up on, and nobody else"
    assert 0 < plain._crowd.n_gathered <= 150_000
    assert SocketClient(plain.local_address, KEY).call(b"ab", 5) == b"ba"
    for client in clients:
        client.close()
    while plain._crowd.connections and time.monotonic() < deadline:
        time.sleep(0.02)
    assert plain._crowd.n_gathered == 0
