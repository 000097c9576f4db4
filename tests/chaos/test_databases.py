"""The database goes away under load: restarted, killed, cut off for 20 s, gone for longer than the run's patience."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from raytune_lite.exceptions import StorageError

from ..servers import Server
from .conftest import LONG
from .world import Script, World

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
OUTAGE = 20.0  # seconds
LEASE = 16.0  # shorter than the outage: an attempt that is not even told to wait would end itself
LOAD = ("--trials", 6, "--epochs", 80, "--pause", 0.1, "--cpus", 6)

LOCK = """
import sqlite3, sys, time
base = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
base.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
base.execute("ROLLBACK")
"""


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    found: Server = request.getfixturevalue(f"{request.param}_server")
    yield found
    if found.pid is None:
        found.start()


@pytest.fixture
def served(server: Server) -> Iterator[World]:
    """A World whose database a server holds."""
    made = World(server.url())
    yield made
    made.close()


def told(world: World, script: Script, more: int) -> None:
    """Wait until so many more reports were acknowledged; look at the study if it can be read."""
    before = len(world.rows("told"))
    script.until(f"{more} more reports", lambda: len(world.rows("told")) >= before + more, 90)
    with suppress(StorageError):
        world.snapshot()


def test_a_server_restarted_killed_and_cut_off_under_load_loses_nothing(served: World, server: Server) -> None:
    script = served.script(*LOAD, "--lease", LEASE)
    told(served, script, 60)
    server.restart()
    told(served, script, 60)
    server.kill()
    server.start()
    told(served, script, 60)
    server.stop()
    time.sleep(OUTAGE)
    cut = len(served.rows("told"))
    assert script.is_alive(), script.text
    server.start()
    served.kills += 3
    script.finish(150)
    facts = served.check(f"{server.dialect} restarted, killed, cut for {OUTAGE:.0f} s")
    assert facts.told > cut
    assert facts.trials == {"COMPLETE": 6}
    assert not facts.losses, (facts.losses, script.text)  # each attempt waited for its answer


def test_a_run_that_loses_patience_ends_with_its_reason_and_goes_on_later(served: World, server: Server) -> None:
    if server.dialect == "mysql" and not LONG:
        pytest.skip("the same code as with PostgreSQL, whose run shows it; RTL_CHAOS=long runs this too")
    script = served.script(*LOAD, "--patience", 4)
    told(served, script, 60)
    server.stop()
    served.kills += 1
    assert script.wait(120) == 3, script.text
    assert "StorageError" in script.text
    assert "the same command" in script.text
    assert "s3cr3t" not in script.text
    server.start()
    served.snapshot()
    served.script(*LOAD).finish(150)
    facts = served.check(f"{server.dialect} gone for longer than the run's patience")
    assert facts.trials == {"COMPLETE": 6}
    assert facts.outcomes["driver_lost"] + facts.outcomes["interrupted"] > 0


def test_a_locked_sqlite_file_holds_the_run_up_and_no_more(world: World) -> None:
    script = world.script(*LOAD, "--lease", LEASE)
    told(world, script, 60)
    path = world.root / "study.db"
    with subprocess.Popen(
        [sys.executable, "-c", LOCK, str(path), str(OUTAGE)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        cut = len(world.rows("told"))
        assert holder.wait(OUTAGE + 30) == 0
        assert len(world.rows("told")) <= cut + 6, "a report was acknowledged while nobody could store it"
    script.finish(150)
    facts = world.check(f"sqlite locked for {OUTAGE:.0f} s")
    assert facts.trials == {"COMPLETE": 6}
    assert not facts.losses, (facts.losses, script.text)
