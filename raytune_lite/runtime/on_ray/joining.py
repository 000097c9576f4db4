"""Reaching Ray: joining the cluster that is meant, or starting one on this machine; and saying what goes on meanwhile.

Knows nothing of studies and of what trials request.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any

import ray
from ray._raylet import GcsClient  # type: ignore[attr-defined]

from ...exceptions import InvalidResourcesError, RayUnavailableError
from ..ports import Notice

QUIET = 6.0  # seconds a start may take before a line says that it is under way
QUIET_THEN = 20.0  # seconds between the lines that follow
STARTS = (60.0, 180.0)  # seconds that each try gives Ray's own processes; Ray gives 15, too few on a busy machine
KNOCK = 5.0  # seconds a head has to accept a connection
_AGENTS = "RAY_agent_register_timeout_ms"  # Ray's: how long the raylet waits for its agents before it ends itself
_SLOW = ("timed out", "timeout", "failed to start", "failed to connect", "unavailable", "raylet")  # in Ray's errors
_TOKEN_MODE, _TOKEN_FILE, _TOKEN = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN_PATH", "RAY_AUTH_TOKEN"
_VERSIONS = "Check also that both sides have the same versions of Ray and Python."


def connect(notice: Notice) -> None:
    """Start or join Ray if this process has not: RAY_ADDRESS when set, else a running local head, else a new one.

    Args:
        notice: prints a line for people; called from another thread too.

    Raises:
        InvalidResourcesError: RAY_ADDRESS is of Ray Client, which cannot own trials.
        RayUnavailableError: Ray cannot be joined, or does not start on this machine.
    """
    address = os.environ.get("RAY_ADDRESS", "")
    if address.startswith("ray://"):
        raise InvalidResourcesError(
            f"RAY_ADDRESS={address}: Ray Client cannot own trials that outlive a connection. Submit the script with "
            "`ray job submit -- python script.py`, or run it on the cluster."
        )
    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray's default, said aloud: else it warns
    if address in ("", "local"):
        gone = _remembered_head_is_gone()
        if gone is False and not address:
            _join(None, "the Ray that was started on this machine", notice)
        else:
            _start("local" if address or gone else None, notice)
    else:
        _knock(address)
        _join(address, f"Ray at RAY_ADDRESS={address}", notice)


def ends_with_this_process() -> bool:
    """Whether the Ray that this process is connected to, or that ``connect`` would start, ends with this process."""
    if ray.is_initialized():
        return bool(getattr(getattr(ray._private.worker, "_global_node", None), "head", False))
    address = os.environ.get("RAY_ADDRESS", "")
    return address == "local" or (not address and _remembered_head_is_gone() is not False)


def what_connecting_is() -> str:
    """What ``connect`` is going to do, for people, in some words; empty when there is nothing to do."""
    if ray.is_initialized():
        return ""
    address = os.environ.get("RAY_ADDRESS", "")
    return "starting Ray" if address in ("", "local") else f"joining Ray at {address}"


def find_head() -> str:
    """Which Ray ``connect`` would join or start, in words. Joins nothing.

    Raises:
        InvalidResourcesError: RAY_ADDRESS is of Ray Client.
        RayUnavailableError: no Ray answers at RAY_ADDRESS, or it asks for a token.
    """
    address = os.environ.get("RAY_ADDRESS", "")
    if address.startswith("ray://"):
        raise InvalidResourcesError(f"RAY_ADDRESS={address}: Ray Client cannot own trials; use `ray job submit`.")
    if address in ("", "local"):
        is_here = not address and _remembered_head_is_gone() is False
        return "a head runs on this machine" if is_here else "none runs here; a run starts one on this machine"
    _knock(address)
    return f"a head answers at RAY_ADDRESS={address}"


def _init(address: str | None) -> None:
    ray.init(address, logging_level="ERROR", log_to_driver=True, include_dashboard=None if address else False)


def _remembered_head_is_gone() -> bool | None:
    """Whether the head that Ray remembers on this machine no longer listens; None when it remembers none.

    `ray start --head` leaves its address in a file; where it was killed, a bare ray.init() waits for it for minutes.
    """
    folder = os.path.join(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir(), "ray")
    try:
        with open(os.path.join(folder, "ray_current_cluster"), encoding="utf-8") as file:
            found = file.read().strip()
    except FileNotFoundError:
        return None
    except OSError:
        return True
    return _cannot_reach(found) is not None


def _cannot_reach(address: str) -> Exception | None:
    """Why nothing answers at HOST:PORT; None when something does."""
    try:
        host, _, port = address.rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK).close()
    except (OSError, ValueError) as error:
        return error
    return None


# --- a cluster that runs ---------------------------------------------------------------------------------------------


def _knock(address: str) -> None:
    """Raise RayUnavailableError for a HOST:PORT that cannot work; Ray itself tries for 20 s or more, line by line."""
    if address == "auto" or "://" in address:
        return
    refused = _cannot_reach(address)
    if refused is not None:
        raise RayUnavailableError(
            f"RAY_ADDRESS={address}: no Ray answers there ({type(refused).__name__}: {refused}). Give the address of a "
            "running head (HOST:6379; `ray start --head` prints it), or unset RAY_ADDRESS to start Ray on this machine."
        )
    if _asks_for_a_token(address):
        raise RayUnavailableError(f"Ray at RAY_ADDRESS={address} asks for a token. {token_hint(sure=True)}")


def _asks_for_a_token(address: str) -> bool:
    """Whether the head refuses this process for want of its token. Whatever else is wrong, ray.init() says it."""
    refused = threading.Event()

    def ask() -> None:
        try:
            GcsClient(address=address)
        except ray.exceptions.AuthenticationError:
            refused.set()
        except Exception:  # noqa: BLE001
            return

    asking = threading.Thread(target=ask, name="raytune_lite-token", daemon=True)
    asking.start()
    asking.join(KNOCK)  # what is no head may not answer at all
    return refused.is_set()


def _join(address: str | None, name: str, notice: Notice) -> None:
    try:
        with _telling(notice, f"joining {name}"):
            _init(address)
    except Exception as error:  # noqa: BLE001  (Ray's own, of every kind)
        _end_half_started(error)
        raise RayUnavailableError(f"{name} cannot be joined: {_reason(error)} {token_hint()}") from None


def token_hint(*, sure: bool = False) -> str:
    """What to set for a cluster that asks for a token. Ray looks for one by itself only without RAY_ADDRESS."""
    mode = os.environ.get(_TOKEN_MODE, "")
    at_home = os.path.join(os.path.expanduser("~"), ".ray", "auth_token")
    if mode.lower() != "token":
        where = "the token is in ~/.ray/auth_token here already" if os.path.exists(at_home) else (
            f"{_TOKEN_FILE}=FILE or {_TOKEN}=... gives the token, which `ray get-auth-token` prints on the head"
        )
        what = f"{_TOKEN_MODE}=token ({f'now it is {mode}' if mode else 'it is not set'}); {where}."
        return f"Set {what}" if sure else f"If it was started with token authentication, set {what} {_VERSIONS}"
    check = (
        f"{_TOKEN_MODE}=token is set, so check the token: it must be the one that `ray get-auth-token` prints on the "
        f"head; {_TOKEN_FILE}=FILE or {_TOKEN}=... gives it."
    )
    return check if sure else f"{check} {_VERSIONS}"


# --- a cluster of our own --------------------------------------------------------------------------------------------


def _start(address: str | None, notice: Notice) -> None:
    began = time.monotonic()
    for n, seconds in enumerate(STARTS, 1):
        try:
            with _telling(notice, "starting Ray on this machine"), _patient(seconds):
                _init(address)
            return
        except BaseException as error:  # Ctrl-C too
            _end_half_started(error)
            if not _may_start_later(error):
                raise
            reason = _reason(error)
        if n < len(STARTS):
            notice(f"Ray did not start; perhaps the machine is busy. Trying again with longer limits. ({reason})")
    raise RayUnavailableError(
        f"Ray did not start on this machine in {time.monotonic() - began:.0f} s and {len(STARTS)} tries. {reason} "
        "The usual cause is a busy machine: run again when it is less busy, or run without Ray, one trial after "
        'another in this process: optimize(..., executor="inline"), on the command line --executor inline. '
        "Ray's own logs are in /tmp/ray/session_latest/logs (raylet.err)."
    )


def _may_start_later(error: BaseException) -> bool:
    """Whether a later try may work: Ray has given up waiting for one of its processes."""
    text = f"{type(error).__name__} {error}".lower()
    return isinstance(error, Exception) and any(sign in text for sign in _SLOW)


@contextlib.contextmanager
def _patient(seconds: float) -> Iterator[None]:
    """Ray waits longer for its own processes: the raylet for its agents, and this process for the raylet.

    The second limit is a constant inside Ray (30 s), counted between its looks for the new node; so each look is made
    to last.
    """
    services: Any = ray._private.services
    look = services.get_node

    def look_longer(*arguments: Any) -> Any:
        end, node = time.monotonic() + seconds, sys._getframe(1).f_locals.get("self")
        while True:
            try:
                return look(*arguments)
            except RuntimeError:  # it is not there yet
                time.sleep(0.3)
                if time.monotonic() > end or _has_lost_a_process(node):
                    raise

    before = os.environ.get(_AGENTS)
    os.environ[_AGENTS] = before or str(int(1000 * seconds))
    services.get_node = look_longer
    try:
        yield
    finally:
        services.get_node = look
        if before is None:
            del os.environ[_AGENTS]


def _has_lost_a_process(node: Any) -> bool:
    try:
        return bool(node.dead_processes())
    except Exception:  # noqa: BLE001  (not the object that it is in Ray 2.60)
        return False


def _end_half_started(error: BaseException) -> None:
    """End the processes of a start that failed; Ray forgets them, and they would run until this process ends."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        node: Any = frame.f_locals.get("self")
        if type(node).__name__ == "Node" and hasattr(node, "kill_all_processes"):
            with contextlib.suppress(Exception):
                node.kill_all_processes(check_alive=False, allow_graceful=False)
    with contextlib.suppress(Exception):
        ray.shutdown()


@contextlib.contextmanager
def _telling(notice: Notice, what: str) -> Iterator[None]:
    """Say that something is under way, if it takes long."""
    done, began = threading.Event(), time.monotonic()

    def tell() -> None:
        wait = QUIET
        while not done.wait(wait):
            notice(f"{what} ({time.monotonic() - began:.0f} s so far)")
            wait = QUIET_THEN

    threading.Thread(target=tell, name="raytune_lite-joining", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _reason(error: BaseException) -> str:
    """The first line of an error of Ray's, as a sentence."""
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return f"{line[:300].rstrip('.')}."


__all__ = ["connect", "ends_with_this_process", "token_hint", "what_connecting_is"]
