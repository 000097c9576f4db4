"""The password of a database is in no command line, process title, log, job, task, actor, error or row of a study.

A real head with its dashboard and job server, a real PostgreSQL; the password in the head's environment, as the files
in cluster/ have it.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..chaos.processes import wait_for
from ..servers import PASSWORD, Server
from .heads import RAY, Head, started_head

pytest.importorskip("aiohttp_cors", reason="Ray's job server is missing: pip install 'raytune-lite[jobs]'")
pytestmark = [pytest.mark.kill, pytest.mark.timeout(300)]
SECRET = PASSWORD.encode()

TRAIN = """
import os
import raytune_lite as rtl

def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    if trial.number == 1:
        raise ValueError("an objective that fails")
    if trial.number == 2 and trial.attempt == 1:
        os.kill(os.getpid(), 9)
    trial.save_checkpoint({"x": x}, step=1)
    trial.report(x, step=1)
    return x

study = rtl.create_study(study_name="secret", storage=os.environ["RTL_STORAGE"], load_if_exists=True)
study.optimize(objective, max_trials=4, catch=(ValueError,))
print("finished")
"""


@pytest.fixture
def head(postgresql_server: Server) -> Iterator[Head]:
    """A head in whose environment the database's URL is."""
    with started_head(jobs=True, RTL_STORAGE=postgresql_server.url()) as found:
        yield found


def outside(head: Head) -> dict[str, str]:
    """The environment of whoever submits: without the URL."""
    return {name: value for name, value in head.environment().items() if name != "RTL_STORAGE"}


class Processes:
    """Looks at the command lines and titles of all processes, again and again."""

    def __init__(self) -> None:
        self.found, self.looks, self.titles = dict[str, bytes](), 0, set[bytes]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Processes:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.looks += 1
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    line = (process / "cmdline").read_bytes()
                    self.titles.add(line.split(b"\0")[0])
                    if SECRET in line or SECRET in (process / "comm").read_bytes():
                        self.found[process.name] = line


def files_with_the_secret(folder: Path) -> list[str]:
    """Regular files of it that hold the password, and how many there are."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len([path for path in paths if path.suffix in (".log", ".out", ".err")]) > 10
    return [str(path) for path in paths if SECRET in path.read_bytes()]


def rows(server: Server, url: str) -> str:
    """Every row of every table of the database, as text."""
    database = url.rsplit("/", 1)[1]
    tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", database)
    assert len(tables) > 15
    return "\n".join(str(server.execute(f'SELECT * FROM "{name}"', database)) for (name,) in tables)


def submit(head: Head, folder: Path, *entrypoint: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RAY, "job", "submit", "--address", head.address, "--working-dir", str(folder), "--", *entrypoint],
        env=outside(head), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=150, check=False,
    )  # fmt: skip


def test_the_password_is_nowhere(head: Head, postgresql_server: Server, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
    said: dict[str, Any] = {}
    database = head.variables["RTL_STORAGE"]
    with Processes() as processes:
        job = submit(head, tmp_path, "python", "train.py")
        assert job.returncode == 0, job.stdout
        assert "finished" in job.stdout
        said["the job's output"] = job.stdout
        # what cannot work: a host that is not there, a wrong port; the URL has the password
        code = "import os, raytune_lite as r; r.create_study(study_name='s', storage=os.environ['RTL_STORAGE'])"
        for broken, command in (
            (database.replace("127.0.0.1", "no-such-host.invalid"), [sys.executable, "-c", code]),
            (database.replace("/test_", "x/test_"), [sys.executable, "-m", "raytune_lite", "status"]),
        ):
            done = subprocess.run(
                command, env={**outside(head), "RTL_STORAGE": broken}, cwd=tmp_path, capture_output=True, text=True,
                check=False, timeout=60,
            )  # fmt: skip
            assert done.returncode != 0
            said[f"an error of {command[1:]}"] = done.stdout + done.stderr
        for path in ("/api/jobs/", "/api/v0/tasks?detail=1", "/api/v0/actors?detail=1", "/api/v0/workers?detail=1",
                     "/api/v0/runtime_envs?detail=1", "/nodes?view=summary", "/logical/actors"):  # fmt: skip
            said[path] = json.dumps(head.get(path))
    assert processes.looks > 20
    assert any(title.startswith(b"ray::") for title in processes.titles)
    assert processes.found == {}
    assert "train.py" in said["/api/jobs/"]
    assert "DriverActor" in said["/api/v0/actors?detail=1"]
    stored = rows(postgresql_server, database)
    assert "train.py" in stored  # the command of the run
    said["the database"] = stored
    assert [what for what, text in said.items() if PASSWORD in text] == []
    time.sleep(1.0)  # logs that are written in the end
    assert files_with_the_secret(head.home) == []

    # each look finds what it looks for
    planted = head.home / "planted.log"
    planted.write_text(f"... {PASSWORD} ...")
    assert files_with_the_secret(head.home) == [str(planted)]
    with Processes() as processes:
        planted_one = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", PASSWORD])
        try:
            wait_for("it to be seen", lambda: processes.found, 30)
        finally:
            planted_one.kill()
            planted_one.wait()
