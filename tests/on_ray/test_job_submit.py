"""`ray job submit --working-dir . -- python examples/digits.py` against a real head: the way a cluster runs a study.

The head is a child process with ports, a temp dir and a HOME of its own. Ray writes the address that a bare
``ray.init()`` looks for below the head's temp dir, so no other test attaches to this head by mistake
(``address="auto"`` would: it also looks through the machine's processes).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import raytune_lite as rtl
from raytune_lite.trial import TrialState

pytest.importorskip("aiohttp_cors", reason="Ray's job server is missing: pip install 'raytune-lite[jobs]'")
pytestmark = [pytest.mark.kill, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
RAY = (sys.executable, "-m", "ray.scripts.scripts")
SOURCES = 20 << 20  # bytes; more than all of the repository's files, less than any .venv


def free_ports(n: int) -> list[int]:
    """Ports that nobody listens at now, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]


class Head:
    """`ray start --head --block` in a process group of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home  # short: Ray's unix sockets lie below it, and their paths have at most 107 characters
        port, dashboard, agent, client = free_ports(4)
        self.address = f"http://127.0.0.1:{dashboard}"
        self.log = (home / "head.log").open("wb")
        options = {
            "port": port,
            "dashboard-host": "127.0.0.1",
            "dashboard-port": dashboard,
            "dashboard-agent-listen-port": agent,
            "ray-client-server-port": client,
            "num-cpus": 2,
            "object-store-memory": 80 << 20,
            "temp-dir": home / "ray",
        }
        self.process = subprocess.Popen(
            [*RAY, "start", "--head", "--block", *(f"--{name}={value}" for name, value in options.items())],
            env=self.environment(),
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def environment(self) -> dict[str, str]:
        """For the head and whoever talks to it: `python` is this one, and nothing of the developer's is read."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        return {
            **inherited,
            "HOME": str(self.home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "RAY_AUTH_MODE": "disabled",
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_enable_metrics_collection": "0",
            "RAY_worker_niceness": "0",
        }

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.address}{path}", timeout=5) as answer:
            return json.load(answer)

    def wait_until_ready(self, seconds: float = 90.0) -> None:
        """The address file is written last of all; the job server may take longer still."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.home / "head.log").read_text()
            with contextlib.suppress(OSError):
                (self.home / "ray" / "ray_current_cluster").read_text()
                self.get("/api/jobs/")
                return
            time.sleep(0.2)
        pytest.fail(f"no job server after {seconds:.0f} s:\n{(self.home / 'head.log').read_text()}")

    def node(self) -> str:
        """Id of the head's one node."""
        [node] = self.get("/api/v0/nodes")["data"]["result"]["result"]
        return str(node["node_id"])

    def uploaded(self) -> list[Path]:
        """Every file of every working directory that a job was given."""
        packages = self.home.glob("ray/session_*/runtime_resources/working_dir_files/_ray_pkg_*")
        return [path for package in packages if package.is_dir() for path in package.rglob("*") if path.is_file()]

    def submit(self, *entrypoint: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*RAY, "job", "submit", "--address", self.address, "--working-dir", ".", "--", *entrypoint],
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=150,
            check=False,
        )

    def stop(self) -> None:
        """End the head and all that it started."""
        self.process.terminate()  # the leader alone: it ends the others in order
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.log.close()


@pytest.fixture
def head() -> Iterator[Head]:
    home = Path(tempfile.mkdtemp(prefix="rtlj-", dir="/tmp"))
    found = Head(home)
    try:
        found.wait_until_ready()
        yield found
    finally:
        found.stop()
        shutil.rmtree(home, ignore_errors=True)


def test_a_submitted_example_runs_its_study_on_the_head_it_was_submitted_to(head: Head, tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path}/digits.db"
    command = ["python", "examples/digits.py", "--storage", storage, "--study", "submitted"]
    command += ["--n-trials", "4"]

    job = head.submit(*command)
    assert job.returncode == 0, job.stdout
    assert "study 'submitted': 0 trials so far" in job.stdout
    assert "trials: 4" in job.stdout.split("\nstudy: submitted in ")[1]  # the summary at the end
    study = rtl.load_study(study_name="submitted", storage=storage)
    trials = study.trials
    assert [trial.number for trial in trials] == [0, 1, 2, 3]
    assert {trial.state for trial in trials} <= {TrialState.COMPLETE, TrialState.PRUNED}
    errors = [error for trial in trials for error in trial.intermediate_values.values()]
    assert 0.0 <= min(errors) < 0.5  # guessing is 0.9; configuration 2 of seed 0 is at 0.1 after one epoch
    # the script joined the head by the RAY_ADDRESS that Ray gives to a job, and started no Ray of its own
    assert {attempt.node for attempt in study.attempts} == {head.node()}

    uploaded = head.uploaded()
    assert any(path.match("examples/digits.py") for path in uploaded)
    # Ray leaves out .git and .venv by default, and what .gitignore lists
    assert not [path for path in uploaded if {".git", ".venv", ".mypy_cache"} & set(path.parts)]
    assert sum(path.stat().st_size for path in uploaded) < SOURCES
