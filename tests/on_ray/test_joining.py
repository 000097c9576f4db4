"""Starting and joining Ray: what people are told meanwhile and when it fails. No Ray is started here."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ray

from raytune_lite.exceptions import InvalidResourcesError, RayUnavailableError
from raytune_lite.runtime.on_ray import joining

TIMED_OUT = "The current node timed out during startup. This could happen because some of the raylet failed to startup"


class Starts:
    """Stands for ray.init: fails with each error in turn, then works."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.addresses: list[str | None] = []
        self.limits: list[str | None] = []

    def __call__(self, address: str | None = None, **_: Any) -> None:
        self.addresses.append(address)
        self.limits.append(os.environ.get(joining._AGENTS))
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[Starts, list[str]]]:
    """Call connect() as if Ray had not been started: begin(errors of ray.init..., RAY_ADDRESS=...)."""

    def run(*errors: Exception, **environment: str) -> tuple[Starts, list[str]]:
        starts, notices = Starts(*errors), []
        monkeypatch.setattr(ray, "init", starts)
        monkeypatch.setattr(ray, "is_initialized", lambda: False)
        monkeypatch.setattr(ray, "shutdown", lambda: None)
        monkeypatch.setattr(joining, "GcsClient", lambda address: None)
        monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
        monkeypatch.setenv("HOME", str(tmp_path))
        for name in ("RAY_ADDRESS", "RAY_AUTH_MODE", joining._AGENTS):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        joining.connect(notices.append)
        return starts, notices

    return run


def test_a_start_that_times_out_is_tried_again_with_longer_limits(begin: Any) -> None:
    starts, notices = begin(Exception(TIMED_OUT))
    assert len(starts.addresses) == 2
    assert [int(limit) for limit in starts.limits] == [60_000, 180_000]  # Ray's own is 15 s
    assert len(notices) == 1
    assert "Trying again with longer limits" in notices[0]
    assert joining._AGENTS not in os.environ


def test_a_limit_that_the_user_has_set_stays(begin: Any) -> None:
    starts, _ = begin(**{joining._AGENTS: "99"})
    assert starts.limits == ["99"]
    assert os.environ[joining._AGENTS] == "99"


def test_a_ray_that_does_not_start_names_the_way_without_it(begin: Any) -> None:
    with pytest.raises(RayUnavailableError) as caught:
        begin(Exception(TIMED_OUT), Exception(TIMED_OUT))
    text = str(caught.value)
    assert "timed out during startup" in text
    assert 'executor="inline"' in text
    assert caught.value.__cause__ is None


def test_an_error_that_waiting_cannot_cure_is_raised_at_once(begin: Any) -> None:
    with pytest.raises(ValueError, match="object_store_memory"):
        begin(ValueError("object_store_memory must be larger"))


def test_a_slow_start_says_that_it_is_under_way(begin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "QUIET", 0.02)
    said = threading.Event()
    monkeypatch.setattr(joining, "_init", lambda address: said.wait(5))

    def notice(text: str) -> None:
        assert "starting Ray on this machine" in text
        said.set()

    with joining._telling(notice, "starting Ray on this machine"):
        joining._init(None)
    assert said.is_set()


def test_rays_own_wait_for_its_node_is_made_longer() -> None:
    """The constant is inside Ray; this breaks when a version of Ray moves what is replaced."""
    services = ray._private.services
    found = []

    def absent(*_: Any) -> None:
        found.append(time.monotonic())
        raise RuntimeError("no such node")

    before = services.get_node
    services.get_node = absent
    try:
        with joining._patient(1.0), pytest.raises(RuntimeError, match="no such node"):
            services.get_node("address", "id")
        assert services.get_node is absent
    finally:
        services.get_node = before
    assert len(found) >= 2
    assert time.monotonic() - found[0] >= 1.0
    assert "raylet_start_wait_time_s" in Path(ray._private.node.__file__).read_text()


def test_half_started_processes_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []
    monkeypatch.setattr(ray, "shutdown", lambda: None)  # the tests after this one use the Ray that runs

    class Node:
        def __init__(self) -> None:
            raise RuntimeError("timed out")

        def kill_all_processes(self, **_: Any) -> None:
            ended.append(self)

    with pytest.raises(RuntimeError) as caught:
        Node()
    joining._end_half_started(caught.value)
    assert len(ended) == 1


def test_an_address_where_nothing_listens_is_refused_at_once(begin: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(RayUnavailableError, match=rf"RAY_ADDRESS={address}: no Ray answers there.*unset RAY_ADDRESS"):
        begin(RAY_ADDRESS=address)


@pytest.mark.parametrize(
    ("environment", "has_token", "expected"),
    [
        ({}, False, "set RAY_AUTH_MODE=token (it is not set); RAY_AUTH_TOKEN_PATH=FILE or RAY_AUTH_TOKEN="),
        ({}, True, "set RAY_AUTH_MODE=token (it is not set); the token is in ~/.ray/auth_token here already"),
        ({"RAY_AUTH_MODE": "disabled"}, True, "set RAY_AUTH_MODE=token (now it is disabled)"),
        ({"RAY_AUTH_MODE": "token"}, True, "check the token"),
    ],
)
def test_a_cluster_that_asks_for_a_token_says_which_variable_to_set(
    begin: Any, tmp_path: Path, environment: dict[str, str], has_token: bool, expected: str
) -> None:
    if has_token:
        (tmp_path / ".ray").mkdir()
        (tmp_path / ".ray" / "auth_token").write_text("t")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        error = ConnectionError(f"Failed to connect to Ray cluster at {address}")
        with pytest.raises(RayUnavailableError) as caught:
            begin(error, RAY_ADDRESS=address, **environment)
    assert expected in str(caught.value)
    assert caught.value.__cause__ is None
    assert len(str(caught.value).splitlines()) == 1


def test_ray_client_is_refused_with_the_way_out(begin: Any) -> None:
    with pytest.raises(InvalidResourcesError, match=r"(?s)ray://head:10001.*ray job submit"):
        begin(RAY_ADDRESS="ray://head:10001")


def test_a_head_that_is_gone_is_not_waited_for(begin: Any, tmp_path: Path) -> None:
    assert begin()[0].addresses == [None]  # none is remembered
    (tmp_path / "ray").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as head:
        (tmp_path / "ray" / "ray_current_cluster").write_text(f"127.0.0.1:{head.getsockname()[1]}")
        assert begin()[0].addresses == [None]
    assert begin()[0].addresses == ["local"]
