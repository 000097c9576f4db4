"""One chaos test's world: a directory, an environment, a Ray of its own, scripts, and the end of them all."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import raytune_lite as rtl

from . import processes
from .checker import Facts, Snapshot, check, transitions
from .processes import wait_for
from .script import NAME

T = TypeVar("T")
HERE = Path(__file__).parent
QUICK = {  # Ray learns of a dead node within seconds
    "RAY_health_check_initial_delay_ms": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "2000",
    "RAY_health_check_failure_threshold": "3",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A raylet and its place in the cluster."""

    address: str
    node: str
    raylet: int


class Script:
    """The study script as a child process, in a session of its own: with ``--cpus`` its Ray lives and dies there."""

    def __init__(self, world: World, out: Path, options: tuple[str, ...], env: dict[str, str]) -> None:
        self.out = out
        with out.open("wb") as file:
            self.process = subprocess.Popen(
                [*world.prefix, sys.executable, str(HERE / "script.py"), world.storage, str(world.log), *options],
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**world.env, **env},
                cwd=world.root,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        """What it printed so far, the workers' lines too, without Ray's obituaries."""
        lines = self.out.read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if "(raylet)" not in line)[-8000:]

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def until(self, what: str, condition: Callable[[], T], seconds: float = 60.0) -> T:
        """Wait for something that happens while the script runs."""

        def look() -> T:
            found = condition()
            assert found or self.is_alive(), f"the script ended before {what}; it printed\n{self.text}"
            return found

        return wait_for(what, look, seconds)

    def wait(self, seconds: float = 120.0) -> int:
        """Its exit code."""
        wait_for(f"the script's end; it printed\n{self.text}", lambda: not self.is_alive(), seconds)
        return self.process.returncode

    def finish(self, seconds: float = 120.0) -> None:
        """It ends well."""
        try:
            assert self.wait(seconds) == 0, self.text
        except AssertionError:
            raise AssertionError(self.text) from None
        assert "finished" in self.text, self.text

    def kill(self) -> None:
        """kill -9 of the script alone."""
        self.process.kill()
        self.process.wait()


class World:
    """Everything that one test starts. Nothing outlives ``close``."""

    def __init__(self, storage: str | None = None) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="rtl-chaos-", dir="/tmp"))  # short: Ray's socket paths lie below it
        self.storage = storage or f"sqlite:///{self.root}/study.db"
        self.log = self.root / "log"
        self.kills = 0
        self.began = time.monotonic()
        self.snapshots: list[Snapshot] = []
        self.prefix: tuple[str, ...] = ()  # a command that runs the script's command, in another namespace, say
        self.env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("RAY_")},
            "RAY_AUTH_MODE": "disabled",
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",
            "RAY_enable_metrics_collection": "0",
            "RAY_DEDUP_LOGS": "0",
            "RAY_TMPDIR": str(self.root),
            "HOME": str(self.root),
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": "1",
            **QUICK,
        }
        self._children: list[subprocess.Popen[Any]] = []
        self._host: subprocess.Popen[str] | None = None
        self.nodes: list[Node] = []

    # --- starting ----------------------------------------------------------------------------------------------------

    def cluster(self, *cpus: int, **env: str) -> None:
        """Start a Ray cluster, one raylet for each number."""
        self._host = subprocess.Popen(
            [sys.executable, str(HERE / "ray_host.py"), *map(str, cpus)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self.root / "ray_host.err").open("wb"),
            text=True,
            env={**self.env, **env},
            cwd=self.root,
            start_new_session=True,
        )
        self._children.append(self._host)
        self.nodes = [self._read_node(self._host) for _ in cpus]

    def add_node(self, cpus: int) -> Node:
        assert self._host is not None
        assert self._host.stdin is not None
        self._host.stdin.write(f"{cpus}\n")
        self._host.stdin.flush()
        self.nodes.append(self._read_node(self._host))
        return self.nodes[-1]

    def _read_node(self, host: subprocess.Popen[str]) -> Node:
        stdout: IO[str] | None = host.stdout
        assert stdout is not None
        line = stdout.readline()
        assert line, (self.root / "ray_host.err").read_text()
        return Node(**json.loads(line))

    def script(self, *options: Any, **env: str) -> Script:
        """Start the study's script, on the cluster if there is one."""
        if self._host is not None:
            env = {"RAY_ADDRESS": self.nodes[0].address, **env}
        script = Script(self, self.root / f"out-{len(self._children)}", tuple(map(str, options)), env)
        self._children.append(script.process)
        return script

    def adopt(self, process: subprocess.Popen[Any]) -> None:
        """Take over the end of a process that leads its session."""
        self._children.append(process)

    # --- looking -----------------------------------------------------------------------------------------------------

    def rows(self, *what: str) -> list[dict[str, Any]]:
        """The objective's log so far: all of it, or rows of some kinds."""
        if not self.log.exists():
            return []
        lines = self.log.read_text().splitlines(keepends=True)
        found = [json.loads(line) for line in lines if line.endswith("\n")]
        return [row for row in found if not what or row["what"] in what]

    def study(self) -> rtl.Study:
        return rtl.load_study(study_name=NAME, storage=self.storage)

    def snapshot(self) -> Snapshot:
        """What the study says now; it may never say less later."""
        study = self.study()
        try:
            self.snapshots.append(Snapshot.of(study))
        finally:
            study.close()
        return self.snapshots[-1]

    def processes(self) -> list[processes.Process]:
        """All processes of this world."""
        return processes.table([child.pid for child in self._children])

    def drivers(self) -> list[int]:
        return [one.pid for one in self.processes() if one.command.startswith("ray::Driver")]

    def workers(self, *, busy: bool = True) -> list[int]:
        """Processes of attempts: those that run one now, or those that wait for one too."""
        titles = ("ray::attempt",) if busy else ("ray::attempt", "ray::IDLE")
        return [one.pid for one in self.processes() if one.command.startswith(titles)]

    def live(self) -> dict[int, dict[str, Any]]:
        """The started row of each attempt whose process lives and that has not returned, by pid."""
        over = {(row["number"], row["attempt"]) for row in self.rows("returns", "refused")}
        found = {row["pid"]: row for row in self.rows("started")}
        open_ = {pid: row for pid, row in found.items() if (row["number"], row["attempt"]) not in over}
        return {pid: row for pid, row in open_.items() if processes.is_alive(pid)}

    # --- killing -----------------------------------------------------------------------------------------------------

    def kill(self, *pids: int, how: int = signal.SIGKILL) -> int:
        """Signal processes of this world, and count them."""
        mine = {one.pid for one in self.processes()}
        hit = processes.kill(*(pid for pid in pids if pid in mine), how=how)
        self.kills += hit
        return hit

    def kill_node(self, node: Node) -> int:
        """kill -9 of a raylet, its agents and its workers."""
        self.nodes.remove(node)
        return self.kill(*processes.family(node.raylet, self.processes()))

    def kill_everything(self) -> int:
        """kill -9 of all processes, the cluster's too."""
        before = self.kills
        self.kill(*[one.pid for one in self.processes()])
        wait_for("all processes to be gone", lambda: not self.processes(), 30)
        self.nodes, self._host = [], None
        return self.kills - before

    def close(self) -> None:
        """No process and no file of it remains."""
        deadline = time.monotonic() + 30
        while (left := self.processes()) and time.monotonic() < deadline:
            processes.kill(*(one.pid for one in left), how=signal.SIGCONT)
            processes.kill(*(one.pid for one in left))
            time.sleep(0.1)
        for child in self._children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(5)
        shutil.rmtree(self.root, ignore_errors=True)

    # --- the end -----------------------------------------------------------------------------------------------------

    def check(self, scenario: str, **expected: Any) -> Facts:
        """Compare the log with the study, and print the test's line of facts."""
        study = self.study()
        try:
            facts = check(study, self.rows(), self.snapshots, **expected)
            taken = transitions(study)
        finally:
            study.close()
        seconds = time.monotonic() - self.began
        print(f"\ntransitions | {json.dumps(taken)}", flush=True)
        print(f"chaos | {scenario} | {self.kills} kills | {facts.line()} | {seconds:.0f} s", flush=True)
        return facts
