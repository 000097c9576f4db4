"""A head that `ray start` started, with token authentication: what a script is told that joins it by RAY_ADDRESS."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180)]

SCRIPT = """
import sys
import raytune_lite as rtl
rtl.create_study().optimize(lambda trial: 1.0, n_trials=1, resources={"num_cpus": float(sys.argv[1])})
print("done")
"""


@pytest.fixture(scope="module")
def head() -> Iterator[tuple[str, dict[str, str]]]:
    """The head's address, and the environment of whoever has its token."""
    home = Path(tempfile.mkdtemp(prefix="rtlh-", dir="/tmp"))  # short, for the sake of Ray's socket paths
    (home / "token").write_text("0123456789abcdef0123456789abcdef")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment = {
        **inherited,
        "HOME": str(home),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(home / "token"),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_enable_metrics_collection": "0",
    }
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", f"--port={port}"]
    command += ["--include-dashboard=false", "--num-cpus=2", f"--temp-dir={home}/ray"]
    command += [f"--object-store-memory={80 << 20}"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + 90
        while not (home / "ray" / "ray_current_cluster").exists():
            assert process.poll() is None, (home / "log").read_text()
            assert time.monotonic() < deadline, (home / "log").read_text()
            time.sleep(0.2)
        yield (home / "ray" / "ray_current_cluster").read_text().strip(), environment
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def run(num_cpus: int, address: str, environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(num_cpus)],
        env={**environment, "RAY_ADDRESS": address},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_without_the_token_it_says_which_variable_to_set(head: tuple[str, dict[str, str]]) -> None:
    address, environment = head
    without = {name: value for name, value in environment.items() if not name.startswith("RAY_AUTH")}
    code, said = run(1, address, without)
    assert code == 1
    assert "asks for a token. Set RAY_AUTH_MODE=token (it is not set)" in said.splitlines()[-1]
    assert said.count("InvalidAuthToken") <= 1, said  # Ray's own line; it would try for 20 s, a line a second


def test_what_no_node_has_is_refused_and_the_rest_runs(head: tuple[str, dict[str, str]]) -> None:
    address, environment = head
    code, said = run(64, address, environment)
    assert code == 1
    assert "CPU: 64" in said.splitlines()[-1]
    assert "no autoscaler" in said.splitlines()[-1]
    code, said = run(1, address, environment)
    assert (code, "done" in said) == (0, True), said
