"""A RayJob is retried while pods of the first try still run: the entrypoint twice, on two clusters and one PostgreSQL.

The operator retries a job by running its entrypoint on a new cluster; it does not know whether a pod that it cannot
reach has ended. Here the first cluster lives on. First it can reach the database, then it is cut off from it, then it
is back.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..chaos.world import World
from ..manifests.reading import ray_object
from ..servers import PASSWORD, USER, Server

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]
OPTIONS = ("--trials", 8, "--epochs", 40, "--pause", 0.3)


class Relay:
    """A port that leads to another one, until ``cut``: then connections stay open, and nothing passes either way."""

    def __init__(self, target: int) -> None:
        self._target, self._flows = target, threading.Event()
        self._flows.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._flows.clear()

    def mend(self) -> None:
        self._flows.set()

    def close(self) -> None:
        self._flows.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._flows.wait()
                far = socket.create_connection(("127.0.0.1", self._target))
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError), source, sink:
            while part := source.recv(1 << 16):
                self._flows.wait()
                sink.sendall(part)


def url(port: int, database: str) -> str:
    """As the manifests have it: libpq finds the password in PGPASSWORD."""
    return f"postgresql+psycopg2://{USER}@127.0.0.1:{port}/{database}"


@pytest.fixture
def relay(postgresql_server: Server) -> Iterator[Relay]:
    found = Relay(postgresql_server.port)
    yield found
    found.close()


@pytest.fixture
def clusters(postgresql_server: Server, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, World]]:
    """Two clusters; the first one reaches the database through the relay. One log, one folder of checkpoints."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)  # here too: the worlds read the study
    database = postgresql_server.url().rsplit("/", 1)[1]
    first = World(url(relay.port, database))
    second = World(url(postgresql_server.port, database))
    second.log = first.log
    yield first, second
    relay.mend()
    second.close()
    first.close()


def test_the_manifest_retries_with_the_same_entrypoint() -> None:
    spec = ray_object("overlays/gpu")["spec"]
    assert spec["backoffLimit"] == 2
    assert "--resume" not in spec["entrypoint"]  # there is no other command for a second try


def test_a_retry_beside_its_first_cluster_runs_no_trial_twice(clusters: tuple[World, World], relay: Relay) -> None:
    old, new = clusters
    shared: Path = old.root / "checkpoints"
    entrypoint = (*OPTIONS, "--checkpoints", shared)
    old.cluster(0, 4)  # as in the manifest: the head runs no trial
    new.cluster(0, 4)
    first = old.script(*entrypoint)
    first.until("reports", lambda: len(old.rows("told")) >= 8)

    # the first driver lives and has its database: each retry is refused, and nothing of it runs
    retry = new.script(*entrypoint)
    assert retry.wait(90) == 3, retry.text
    assert "StudyBusyError" in retry.text
    started = old.rows("started")
    nodes = {row["node"] for row in started}
    first.until("more reports", lambda: len(old.rows("told")) >= 40)
    new.snapshot()

    # cut off: its trials live on, and are not answered; the next retry takes the study
    relay.cut()
    retry = new.script(*entrypoint)
    retry.until("attempts on the new cluster", lambda: {row["node"] for row in new.rows("started")} - nodes, 90)
    taken = min(row["at"] for row in new.rows("started") if row["node"] not in nodes)
    retry.until("reports of the new cluster", lambda: [row for row in new.rows("told") if row["at"] > taken], 60)
    assert [row for row in old.live().values() if row["node"] in nodes], "no attempt of the old cluster is alive"
    assert first.is_alive()
    new.snapshot()

    # back again, with a commit under way: it is fenced, and its trials end
    relay.mend()
    assert first.wait(90) == 3, first.text
    assert "FencedError" in first.text or "superseded" in first.text
    retry.finish(200)
    facts = new.check("a retry beside the cluster that it replaces")
    assert facts.trials == {"COMPLETE": 8}
    assert facts.outcomes["complete"] == 8
    assert not [row for row in new.rows("returns") if _is_old(new, row, nodes) and row["at"] > taken]


def _is_old(world: World, row: dict[str, object], nodes: set[str]) -> bool:
    """Whether an attempt runs on the first cluster."""
    (start,) = [s for s in world.rows("started") if (s["number"], s["attempt"]) == (row["number"], row["attempt"])]
    return start["node"] in nodes
