"""Two drivers never own one study: the second is refused while the first lives, and takes over when it is dead."""

from __future__ import annotations

import pytest

from . import processes
from .world import World

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]


def test_a_second_driver_is_refused_while_the_first_lives_and_takes_over_when_it_is_dead(world: World) -> None:
    world.cluster(4, 4)
    options = ("--trials", 8, "--epochs", 60, "--pause", 0.25, "--hold", 40)
    hold = world.root / "log.hold"
    hold.touch()  # the first does not end before the second has been refused
    first = world.script(*options)
    first.until("reports", lambda: len(world.rows("told")) >= 8)
    (holder,) = world.drivers()
    second = world.script(*options)
    assert second.wait(60) == 3, second.text
    assert "StudyBusyError" in second.text
    assert f"is being run by process {holder} on" in second.text
    assert first.is_alive()
    before = len(world.rows("told"))
    hold.unlink()
    first.until("more reports after the refusal", lambda: len(world.rows("told")) >= before + 8)
    first.until("a checkpoint of each trial", lambda: len({row["number"] for row in world.rows("told")}) == 8)
    world.snapshot()

    first.kill()
    world.kills += 1
    world.script(*options).finish()  # at once: what the dead one started may still be dying
    facts = world.check("second driver refused, then takes over")
    assert facts.trials == {"COMPLETE": 8}
    assert facts.outcomes == {"complete": 8, "driver_lost": 8}
    assert facts.resumes == 8


def test_a_driver_that_wakes_after_it_was_taken_for_dead_may_not_write(world: World) -> None:
    """SIGSTOP of the whole first run until a second has taken the study; then SIGCONT: it is fenced."""
    options = ("--trials", 6, "--epochs", 10, "--pause", 0.3, "--cpus", 3)
    first = world.script(*options)
    first.until("reports", lambda: len(world.rows("told")) >= 6)
    world.snapshot()
    sleepers = [one.pid for one in world.processes() if one.session == first.process.pid]
    processes.kill(*sleepers, how=processes.STOP)
    second = world.script(*options)
    second.until("attempts of the second", lambda: any(row["attempt"] > 1 for row in world.rows("told")), 120)
    processes.kill(*sleepers, how=processes.CONTINUE)
    code = first.wait(90)
    second.finish()
    facts = world.check("driver stopped, taken over, woken")
    assert facts.trials == {"COMPLETE": 6}
    assert code == 3, first.text
    assert "FencedError" in first.text or "superseded" in first.text
