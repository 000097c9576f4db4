"""The transports between attempts and the driver: the socket, and the channel that goes round it. Starts no Ray."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from multiprocessing import AuthenticationError

import pytest

from raytune_lite.core.encoding import event_from_json
from raytune_lite.core.messages import Decision, Progress, Reported
from raytune_lite.exceptions import FencedError, StaleAttemptError
from raytune_lite.runtime import sockets
from raytune_lite.runtime.answers import BUSY, answer, read, refusal
from raytune_lite.runtime.channel import DriverChannel, FastLine
from raytune_lite.runtime.failures import DriverGone
from raytune_lite.runtime.host import RealHost
from raytune_lite.runtime.mailbox import Mail
from raytune_lite.runtime.ports import TransportError
from raytune_lite.runtime.socket_server import SocketServer
from raytune_lite.runtime.sockets import SocketClient
from raytune_lite.runtime.worker_settings import WorkerSettings

REFUSED = (OSError, EOFError, AuthenticationError, TransportError)
KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def reverse(mails: Sequence[Mail]) -> None:
    for mail in mails:
        mail.reply(mail.message[::-1])


def serve(handle: Callable[[Sequence[Mail]], None] = reverse, key: bytes = KEY, patience: float = 60.0) -> SocketServer:
    return SocketServer("127.0.0.1", key, handle, busy=BUSY, patience=patience)


@pytest.fixture
def server() -> Iterator[SocketServer]:
    found = serve()
    yield found
    found.close()


def settings(address: tuple[str, int]) -> WorkerSettings:
    return WorkerSettings(
        n_objectives=1, checkpoint_root="/nowhere", node="n", lease=1.0, address=address, key=KEY
    )


def free_address() -> tuple[str, int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
        return host, port


def test_a_message_is_answered_and_large_ones_too(server: SocketServer) -> None:
    client = SocketClient(server.address, KEY)
    assert client.call(b"abc", 5) == b"cba"
    large = bytes(range(256)) * 20_000
    assert client.call(large, 20) == large[::-1]


def test_threads_of_one_process_take_turns(server: SocketServer) -> None:
    client, wrong = SocketClient(server.address, KEY), []

    def talk(n: int) -> None:
        for i in range(200):
            message = b"%d-%d" % (n, i)
            if client.call(message, 10) != message[::-1]:
                wrong.append(message)

    threads = [threading.Thread(target=talk, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_without_the_key_nothing_is_said_and_the_server_goes_on(server: SocketServer) -> None:
    with pytest.raises(REFUSED):
        SocketClient(server.address, b"wrong")
    with socket.create_connection(server.address) as stranger:
        stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
    assert SocketClient(server.address, KEY).call(b"ab", 5) == b"ba"


def test_a_silent_stranger_holds_nobody_up(server: SocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_connection(server.address):
        assert SocketClient(server.address, KEY).call(b"ab", 5) == b"ba"
    monkeypatch.setattr(sockets, "HANDSHAKE_TIMEOUT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(REFUSED):
        SocketClient(mute.getsockname(), KEY)


def test_a_stranger_who_speaks_slowly_is_hung_up_on(server: SocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte now and then: each read ends in time, the handshake as a whole must, too."""
    monkeypatch.setattr(sockets, "HANDSHAKE_TIMEOUT", 1.0)
    began = time.monotonic()
    with socket.create_connection(server.address) as stranger:
        stranger.settimeout(0.2)
        stranger.sendall(struct.pack("!i", 200))
        while time.monotonic() < began + 8:
            try:
                if stranger.recv(1000) == b"":
                    break
            except TimeoutError:
                stranger.sendall(b"x")
            except OSError:
                break
    assert time.monotonic() - began < 4


def test_who_speaks_another_protocol_is_no_driver() -> None:
    with socket.create_server(("127.0.0.1", 0)) as web:
        threading.Thread(target=lambda: web.accept()[0].sendall(struct.pack("!i", 4) + b"HTTP"), daemon=True).start()
        with pytest.raises(AuthenticationError):
            SocketClient(web.getsockname(), KEY)


def test_a_server_that_was_closed_handles_nothing_more_on_the_connections_it_had() -> None:
    """Its process may live on, and drive another run."""
    handled = list[bytes]()
    before = set(threading.enumerate())

    def handle(mails: Sequence[Mail]) -> None:
        handled.extend(mail.message for mail in mails)
        reverse(mails)

    server = serve(handle)
    clients = [SocketClient(server.address, KEY) for _ in range(3)]
    assert [client.call(b"a", 5) for client in clients] == [b"a"] * 3
    server.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
    for client in clients:
        with pytest.raises(TransportError):
            client.call(b"b", 5)
    assert handled == [b"a"] * 3


CROWDED = """
import resource, sys
from raytune_lite.runtime.socket_server import SocketServer
def reverse(mails):
    for mail in mails:
        mail.reply(mail.message[::-1])
server = SocketServer("127.0.0.1", b"k" * 32, reverse, busy=b"", patience=60.0)
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
print(server.address[1], flush=True)
sys.stdin.read()
"""


def test_a_server_that_had_too_many_open_files_accepts_again() -> None:
    command, pipe = [sys.executable, "-c", CROWDED], subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    address = "127.0.0.1", int(process.stdout.readline())
    crowd = [socket.create_connection(address) for _ in range(100)]
    time.sleep(0.5)
    for stranger in crowd:
        stranger.close()
    assert SocketClient(address, KEY).call(b"ab", 5) == b"ba"
    process.communicate("")


def test_a_thousand_clients_may_connect_at_one_moment(server: SocketServer) -> None:
    resource = pytest.importorskip("resource")
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 4000:
        pytest.skip("both ends of a thousand connections need 2000 open files")
    answers, wrong, all_there = list[bytes](), list[BaseException](), threading.Barrier(1000)

    def talk() -> None:
        try:
            all_there.wait(60)
            client = SocketClient(server.address, KEY)
            answers.append(client.call(b"ab", 30))
            client.close()
        except BaseException as error:  # noqa: BLE001  (a thread's)
            wrong.append(error)

    threads = [threading.Thread(target=talk) for _ in range(1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert answers == [b"ba"] * 1000


def test_a_reply_that_does_not_come_closes_the_wire() -> None:
    server = serve(lambda mails: time.sleep(1.0) or reverse(mails))  # type: ignore[func-returns-value]
    client = SocketClient(server.address, KEY)
    with pytest.raises(TransportError, match="no reply within"):
        client.call(b"a", 0.1)
    with pytest.raises(REFUSED):  # the late reply must not answer the next message
        client.call(b"b", 5)
    server.close()


# --- many at once ----------------------------------------------------------------------------------------------------


def ask(client: SocketClient, message: bytes, replies: list[bytes]) -> threading.Thread:
    thread = threading.Thread(target=lambda: replies.append(client.call(message, 20)))
    thread.start()
    return thread


def test_what_comes_while_a_batch_is_handled_becomes_the_next_batch() -> None:
    sizes, begun, go_on = list[int](), threading.Event(), threading.Event()

    def handle(mails: Sequence[Mail]) -> None:
        sizes.append(len(mails))
        if len(sizes) == 1:
            begun.set()
            go_on.wait(20)
        reverse(mails)

    server, replies = serve(handle), list[bytes]()
    clients = [SocketClient(server.address, KEY) for _ in range(20)]
    threads = [ask(clients[0], b"ab", replies)]
    assert begun.wait(20)
    threads += [ask(client, b"ab", replies) for client in clients[1:]]
    time.sleep(0.3)  # until all are on their way
    go_on.set()
    for thread in threads:
        thread.join()
    assert replies == [b"ba"] * 20
    assert sizes[0] == 1
    assert len(sizes) <= 3, f"19 messages that waited were handled in batches of {sizes[1:]}"
    assert threading.active_count() < 20, "a connection has no thread of its own"
    server.close()


def test_who_waits_for_a_batch_that_takes_long_is_told_that_the_driver_is_busy() -> None:
    """Also who asks, or comes, only while it takes long; and what the batch says later answers no other message."""
    go_on, first = threading.Event(), list[bytes]()

    def handle(mails: Sequence[Mail]) -> None:
        if not go_on.is_set():
            first.extend(mail.message for mail in mails)
            go_on.wait(30)
        reverse(mails)

    server, replies = serve(handle, patience=1.0), list[bytes]()
    old = [SocketClient(server.address, KEY) for _ in range(2)]
    threads = [ask(old[0], b"ab", replies)]
    while not first:
        time.sleep(0.01)
    threads.append(ask(old[1], b"cd", replies))
    new = SocketClient(server.address, KEY)
    threads.append(ask(new, b"ef", replies))
    for thread in threads:
        thread.join()
    assert replies == [BUSY] * 3
    assert first == [b"ab"]
    go_on.set()
    assert [client.call(b"%d!" % i, 20) for i, client in enumerate([*old, new])] == [b"!0", b"!1", b"!2"]
    server.close()


def test_a_reply_may_come_later_and_from_another_thread() -> None:
    held = list[Mail]()
    server, replies = serve(held.extend), list[bytes]()
    thread = ask(SocketClient(server.address, KEY), b"ab", replies)
    other = ask(SocketClient(server.address, KEY), b"cd", replies)
    while len(held) < 2:
        time.sleep(0.01)
    for mail in held:
        mail.reply(b"large" * 1_000_000)
        mail.reply(b"a second reply is not sent")
    thread.join()
    other.join()
    assert replies == [b"large" * 1_000_000] * 2
    server.close()


def test_who_says_more_before_it_was_answered_is_hung_up_on() -> None:
    server = serve(lambda _: None)
    client = SocketClient(server.address, KEY)
    client._socket.sendall(sockets.framed(b"one"))
    time.sleep(0.2)
    client._socket.sendall(sockets.framed(b"two"))
    client._socket.settimeout(5)
    assert client._socket.recv(10) == b""
    server.close()


def test_a_server_that_closes_hangs_up() -> None:
    server = serve()
    address = server.address
    client = SocketClient(address, KEY)
    server.close()
    client._socket.settimeout(10)
    assert client._socket.recv(10) == b""
    with pytest.raises(REFUSED):
        SocketClient(address, KEY)


class Unreachable:
    """A sure transport to a driver that is not there."""

    def call(self, message: bytes, timeout: float) -> bytes:
        raise TransportError("nobody")

    def settings(self, timeout: float) -> WorkerSettings:
        raise TransportError("nobody")


class Scripted(Unreachable):
    """A sure transport that answers as the test says, and keeps what it was sent."""

    def __init__(self, *replies: bytes) -> None:
        self.replies, self.sent = list(replies), list[bytes]()

    def call(self, message: bytes, timeout: float) -> bytes:
        self.sent.append(message)
        return self.replies.pop(0)


def line(address: tuple[str, int]) -> FastLine:
    return FastLine(settings(address), SocketClient.connect, RealHost())


def channel(sure: Unreachable, renewed: list[int] | None = None) -> DriverChannel:
    """A channel whose fast line finds nobody. ``renewed``: gets an item each time the lease is renewed."""
    address = free_address()
    renewed = [] if renewed is None else renewed
    return DriverChannel(settings(address), line(address), sure, RealHost(), lambda _: renewed.append(1))


def test_a_line_that_fails_rests_and_moves_with_the_driver() -> None:
    server = serve(key=OTHER_KEY)
    fast = line(free_address())
    assert fast.call(b"a", 5) is None
    started = time.monotonic()
    assert fast.call(b"a", 5) is None  # left alone: no new attempt to connect
    assert time.monotonic() - started < 0.05
    assert fast.is_broken
    fast.move(replace(settings(server.address), key=OTHER_KEY))  # the restarted driver: another socket, another key
    assert fast.call(b"ab", 5) == b"ba"
    server.close()


def test_what_the_socket_cannot_carry_goes_as_an_actor_call() -> None:
    sure = Scripted(answer(Decision.PAUSE, "stop"))
    progress = Progress(reports=((1, (0.5,)),))
    assert channel(sure).report(3, 1, progress) == (Decision.PAUSE, "stop")
    assert event_from_json(sure.sent[0]) == Reported(number=3, attempt=1, progress=progress)


def test_a_busy_driver_acknowledges_nothing_but_lives_and_gets_the_same_message_again() -> None:
    sure, renewed = Scripted(BUSY, BUSY, answer(Decision.CONTINUE, None)), list[int]()
    assert channel(sure, renewed).report(3, 1, Progress()) == (Decision.CONTINUE, None)
    assert len(set(sure.sent)) == 1
    assert (len(sure.sent), len(renewed)) == (3, 3)


def test_an_answer_that_the_attempt_was_given_away_renews_no_lease() -> None:
    renewed = list[int]()
    with pytest.raises(StaleAttemptError):
        channel(Scripted(refusal(StaleAttemptError(3, 1, "attempt 2 is"))), renewed).report(3, 1, Progress())
    with pytest.raises(DriverGone):
        channel(Scripted(refusal(FencedError("s", 1))), renewed).report(3, 1, Progress())
    assert renewed == []
    with pytest.raises(ValueError, match="wrong"):  # its message was wrong, but the attempt is the driver's
        channel(Scripted(refusal(ValueError("wrong"))), renewed).report(3, 1, Progress())
    assert renewed == [1]


def test_a_driver_that_nobody_can_reach_is_gone_after_a_lease() -> None:
    started = time.monotonic()
    with pytest.raises(DriverGone, match="no answer for 1 s"):
        channel(Unreachable()).claim("a")
    assert 0.9 < time.monotonic() - started < 10


def test_a_refusal_travels_as_the_error_it_is() -> None:
    error = StaleAttemptError(3, 1, "attempt 2 is")
    with pytest.raises(StaleAttemptError) as caught:
        read(refusal(error))
    assert str(caught.value) == str(error)
    with pytest.raises(ValueError, match="not in the grid"):
        read(refusal(KeyError("not in the grid")))
