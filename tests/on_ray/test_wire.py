"""The socket between attempts and the driver, and the way round it. No Ray is started here."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from raytune_lite.runtime.on_ray import task
from raytune_lite.runtime.on_ray.terms import Terms, raise_refusal, refusal
from raytune_lite.runtime.on_ray.wire import BROKEN, Wire, WireServer

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


@pytest.fixture
def server() -> Iterator[WireServer]:
    found = WireServer("127.0.0.1", KEY, lambda message: message[::-1])
    yield found
    found.close()


def terms(address: tuple[str, int]) -> Terms:
    return Terms(n_objectives=1, checkpoint_root="/nowhere", node="n", lease=1.0, address=address, key=KEY)


def free_address() -> tuple[str, int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
        return host, port


def test_a_message_is_answered_and_large_ones_too(server: WireServer) -> None:
    wire = Wire(server.address, KEY)
    assert wire.call(b"abc", 5) == b"cba"
    large = bytes(range(256)) * 20_000
    assert wire.call(large, 20) == large[::-1]


def test_threads_of_one_process_take_turns(server: WireServer) -> None:
    wire, wrong = Wire(server.address, KEY), []

    def talk(n: int) -> None:
        for i in range(200):
            message = b"%d-%d" % (n, i)
            if wire.call(message, 10) != message[::-1]:
                wrong.append(message)

    threads = [threading.Thread(target=talk, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_without_the_key_nothing_is_said_and_the_server_goes_on(server: WireServer) -> None:
    with pytest.raises(BROKEN):
        Wire(server.address, b"wrong")
    with socket.create_connection(server.address) as stranger:
        stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
    assert Wire(server.address, KEY).call(b"ab", 5) == b"ba"


def test_a_silent_stranger_holds_nobody_up(server: WireServer) -> None:
    with socket.create_connection(server.address):
        assert Wire(server.address, KEY).call(b"ab", 5) == b"ba"
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(BROKEN):
        Wire(mute.getsockname(), KEY)


def test_a_reply_that_does_not_come_closes_the_wire() -> None:
    server = WireServer("127.0.0.1", KEY, lambda message: time.sleep(1.0) or message)  # type: ignore[func-returns-value]
    wire = Wire(server.address, KEY)
    with pytest.raises(TimeoutError):
        wire.call(b"a", 0.1)
    with pytest.raises(BROKEN):  # the late reply must not answer the next message
        wire.call(b"b", 5)
    server.close()


def test_a_line_that_fails_rests_and_moves_with_the_driver() -> None:
    server = WireServer("127.0.0.1", OTHER_KEY, lambda message: message[::-1])
    line = task.Line(terms(free_address()))
    assert line.call(b"a") is None
    started = time.monotonic()
    assert line.call(b"a") is None  # resting: no new attempt to connect
    assert time.monotonic() - started < 0.05
    assert line.broken
    line.move(replace(terms(server.address), key=OTHER_KEY))  # the restarted driver: another socket, another key
    assert line.call(b"ab") == b"ba"
    server.close()


def test_what_the_wire_cannot_carry_goes_as_an_actor_call(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = task.RayChannel("driver:test", terms(free_address()))
    carried: list[bytes] = []

    def by_actor(message: bytes, line: task.Line) -> bytes:
        carried.append(message)
        return b'["pause",true]'

    monkeypatch.setattr(channel, "_by_actor", by_actor)
    from raytune_lite.core.encoding import event_from_json
    from raytune_lite.core.messages import Decision, Progress, Reported

    assert channel.report(3, 1, Progress(reports=((1, 0.5),))) == (Decision.PAUSE, True)
    assert event_from_json(carried[0]) == Reported(number=3, attempt=1, progress=Progress(reports=((1, 0.5),)))
    task._lines.clear()


def test_a_refusal_travels_as_the_error_it_is() -> None:
    from raytune_lite.core.encoding import from_json
    from raytune_lite.exceptions import StaleAttemptError

    error = StaleAttemptError(3, 1, "attempt 2 is")
    with pytest.raises(StaleAttemptError) as caught:
        raise_refusal(from_json(refusal(error)))
    assert str(caught.value) == str(error)
    with pytest.raises(ValueError, match="not in the grid"):
        raise_refusal(from_json(refusal(KeyError("not in the grid"))))
