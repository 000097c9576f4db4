"""A head that `ray start` started: a child process with ports, a temp dir and a HOME of its own.

Ray writes the address that a bare ``ray.init()`` looks for below the head's temp dir, so no other test attaches to this
head by mistake (``address="auto"`` would: it also looks through the machine's processes).
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

from ..chaos import processes
from ..scripts import ROOT

RAY = (sys.executable, "-m", "ray.scripts.scripts")

LEFT = """
import json, ray
ray.init(log_to_driver=False, logging_level="ERROR")
names = [actor["name"] for actor in ray.util.list_named_actors(all_namespaces=True)]
print(json.dumps([names, ray.available_resources(), ray.cluster_resources()]))
"""


def free_ports(n: int) -> list[int]:
    """Ports that nobody listens at now, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]


class Head:
    """`ray start --head --block` in a process group of its own. ``jobs``: with a job server. The GPUs are not there.

    ``variables``: more of the environment that it and whoever talks to it have.
    """

    def __init__(
        self, home: Path, *, jobs: bool = False, num_cpus: int = 2, num_gpus: int = 0, **variables: str
    ) -> None:
        self.home = home  # short: Ray's unix sockets lie below it, and their paths have at most 107 characters
        self.jobs, self.variables = jobs, variables
        port, dashboard, agent, client = free_ports(4)
        self.url = f"http://127.0.0.1:{dashboard}"
        options: dict[str, Any] = {
            "port": port,
            "include-dashboard": str(jobs).lower(),
            "num-cpus": num_cpus,
            "num-gpus": num_gpus,
            "object-store-memory": 80 << 20,
            "temp-dir": home / "ray",
        }
        if jobs:
            options |= {
                "dashboard-host": "127.0.0.1",
                "dashboard-port": dashboard,
                "dashboard-agent-listen-port": agent,
                "ray-client-server-port": client,
            }
        with (home / "head.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*RAY, "start", "--head", "--block", *(f"--{name}={value}" for name, value in options.items())],
                env=self.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def address(self) -> str:
        """For RAY_ADDRESS: HOST:PORT."""
        return (self.home / "ray" / "ray_current_cluster").read_text().strip()

    def environment(self) -> dict[str, str]:
        """For the head and whoever talks to it: `python` is this one, and nothing of the developer's is read."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "RTL_"))}
        return {
            **inherited,
            "HOME": str(self.home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "RAY_AUTH_MODE": "disabled",
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_enable_metrics_collection": "0",
            "RAY_worker_niceness": "0",
            **self.variables,
        }

    def joined(self) -> dict[str, str]:
        """The environment of a script that joins this head."""
        return {**self.environment(), "RAY_ADDRESS": self.address}

    def get(self, path: str) -> Any:
        """What the dashboard's server answers."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=5) as answer:
            return json.load(answer)

    def wait_until_ready(self, seconds: float = 90.0) -> None:
        """The address file is written last of all; the job server may take longer still."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.home / "head.log").read_text()
            with contextlib.suppress(OSError):
                assert self.address
                if self.jobs:
                    self.get("/api/jobs/")
                return
            time.sleep(0.2)
        pytest.fail(f"no head after {seconds:.0f} s:\n{(self.home / 'head.log').read_text()}")

    def run(self, code: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A script that joins this head, to its end."""
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=self.joined(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout
        return done

    def actors(self, kind: str) -> list[int]:
        """The processes of actors of this class."""
        return [one.pid for one in processes.table({self.process.pid}) if one.command.startswith(f"ray::{kind}")]

    def left(self) -> tuple[list[str], dict[str, float]]:
        """Names of actors that are there, and what is held of the cluster's resources."""
        names, free, there = json.loads(self.run(LEFT).stdout.splitlines()[-1])
        return names, {name: there[name] - free.get(name, 0.0) for name in there if there[name] != free.get(name)}

    def stop(self) -> None:
        """End the head and all that it started."""
        self.process.terminate()  # the leader alone: it ends the others in order
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.kill()

    def kill(self) -> None:
        """The machine is gone: nobody ends anything in order."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        processes.kill(*(one.pid for one in processes.table({self.process.pid})))  # workers have groups of their own
        self.process.wait(10)


@contextlib.contextmanager
def started_head(**options: Any) -> Iterator[Head]:
    """A Head of these options that is ready; nothing is left of it."""
    home = Path(tempfile.mkdtemp(prefix="rtlj-", dir="/tmp"))
    found = Head(home, **options)
    try:
        found.wait_until_ready()
        yield found
    finally:
        found.stop()
        shutil.rmtree(home, ignore_errors=True)
