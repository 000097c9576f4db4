"""A worker that falls silent: stopped until its attempt is given away, then woken. It learns that it is stale."""

from __future__ import annotations

import time
from typing import Any

import pytest

from . import processes
from .conftest import LONG
from .processes import wait_for
from .world import World

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]


UNHINDERED = "no-switch,no-cancel"  # nothing but the refusal of its reports keeps a woken attempt from going on
FAULTS = {"ends": "", "refused": f"{UNHINDERED},no-wire"} | ({"refused-on-the-wire": UNHINDERED} if LONG else {})


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_stopped_worker_loses_its_attempt_and_ends_when_it_wakes(world: World, fault: str) -> None:
    """Its dead man's switch, or Ray, ends the process as it wakes; where neither does, its next report is refused."""
    options = ("--trials", 3, "--epochs", 40, "--pause", 0.4, "--cpus", 4, "--lease", 4)
    script = world.script(*options, "--fault", fault)
    script.until("reports of three", lambda: {row["number"] for row in world.rows("told")} == {0, 1, 2})
    pid, victim = min(world.live().items())
    number, attempt = victim["number"], victim["attempt"]
    world.kill(pid, how=processes.STOP)

    def rows(*what: str) -> list[dict[str, Any]]:
        return [row for row in world.rows(*what) if row["number"] == number]

    script.until("its successor", lambda: [row for row in rows("told") if row["attempt"] > attempt], 60)
    world.snapshot()
    processes.kill(pid, how=processes.CONTINUE)
    if fault:
        refused = script.until("the refusal", lambda: rows("refused"), 30)
        # its next report, or what it was saving when it was stopped: its directory has been swept since
        assert [row["attempt"] for row in refused] == [attempt]
        assert refused[0]["error"] in ("AttemptInterrupted", "CheckpointDiskError")
    else:
        script.until("the end of it", lambda: rows("refused") or not processes.is_alive(pid), 30)
    script.finish()
    facts = world.check(f"worker stopped and woken ({fault or 'ends itself'})")
    assert facts.trials == {"COMPLETE": 3}
    assert facts.outcomes == {"complete": 3, "lease_expired": 1}
    mine = [row["step"] for row in rows("told") if row["attempt"] == attempt]
    (successor,) = [a for a in world.study().attempts if (a.number, a.attempt) == (number, attempt + 1)]
    assert successor.resumed_step in (max(mine), max(mine) + 1)  # its last report may have been stored unheard


def test_a_worker_that_cannot_reach_its_driver_ends_itself_within_its_lease(world: World) -> None:
    """The driver's process and the launcher's are stopped: an attempt that nobody hears any more ends by itself."""
    script = world.script("--trials", 3, "--epochs", 24, "--pause", 0.4, "--cpus", 3, "--lease", 4)
    reported = lambda: {row["number"] for row in world.rows("told") if row["step"] >= 2}  # noqa: E731
    script.until("reports of three", lambda: len(reported()) == 3)
    orphans = world.live()
    assert len(orphans) == 3
    deaf = [*world.drivers(), script.process.pid]
    processes.kill(*deaf, how=processes.STOP)
    world.kills += len(deaf)

    def is_over(pid: int) -> bool:
        """Its process has ended, or its objective has: whoever notices first, the heart or the objective's call."""
        number, attempt = orphans[pid]["number"], orphans[pid]["attempt"]
        ended = [row for row in world.rows("refused") if (row["number"], row["attempt"]) == (number, attempt)]
        return bool(ended) or not processes.is_alive(pid)

    wait_for("all three to end themselves", lambda: all(map(is_over, orphans)), 4 * 3 + 15)
    processes.kill(*deaf, how=processes.CONTINUE)
    script.finish()
    facts = world.check("driver and script stopped, workers end themselves")
    assert facts.trials == {"COMPLETE": 3}


def test_a_script_that_was_stopped_for_longer_than_a_lease_loses_no_result(world: World) -> None:
    """Ctrl-Z, a debugger, a slow callback: trials end meanwhile, and their results wait in the script's hands."""
    script = world.script("--trials", 6, "--epochs", 5, "--pause", 0.4, "--cpus", 3, "--lease", 4)
    script.until("reports of three", lambda: {row["number"] for row in world.rows("told")} >= {0, 1, 2})
    processes.kill(script.process.pid, how=processes.STOP)
    world.kills += 1
    time.sleep(14.0)  # three leases
    processes.kill(script.process.pid, how=processes.CONTINUE)
    script.finish()
    facts = world.check("script stopped for three leases")
    assert facts.trials == {"COMPLETE": 6}
    assert facts.outcomes == {"complete": 6}
