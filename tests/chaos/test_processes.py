"""kill -9 of one process, of one machine, of everything, on a cluster of three raylets: the study does not notice."""

from __future__ import annotations

import time

import pytest

from .world import World

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]


def test_workers_killed_before_while_and_after_their_report_is_stored(world: World) -> None:
    """Three attempts of each trial die around one report: unsent, sent and unanswered, answered and unread."""
    world.cluster(2, 3, 3)
    script = world.script("--trials", 6, "--epochs", 14, "--pause", 0.05, "--fault", "in-flight")
    script.finish()
    world.kills += 18
    facts = world.check("worker killed around a report, 3 raylets")
    assert facts.trials == {"COMPLETE": 6}
    assert facts.outcomes == {"complete": 6, "worker_crash": 18}
    resumed = {(a.number, a.attempt): a.resumed_step for a in world.study().attempts}
    # unsent: step 4 is computed again; sent: stored, though nobody heard it
    for number in range(6):
        assert resumed[number, 2] == 3
        assert resumed[number, 3] in (6, 7)
        assert resumed[number, 4] == resumed[number, 3] + 4


def test_a_raylet_with_three_attempts_on_it_is_killed(world: World) -> None:
    world.cluster(2, 3, 3)
    script = world.script("--trials", 8, "--epochs", 40, "--pause", 0.3)

    def victims() -> list[dict[str, object]]:
        return [row for row in world.live().values() if row["node"] == world.nodes[-1].node]

    def told(victim: dict[str, object]) -> int:
        return sum(row["number"] == victim["number"] for row in world.rows("told"))

    script.until(
        "three attempts with checkpoints on the third raylet",
        lambda: [told(victim) >= 3 for victim in victims()] == [True] * 3,
    )
    world.snapshot()
    world.kill_node(world.nodes[-1])
    time.sleep(1)
    world.add_node(3)
    script.finish()
    facts = world.check("raylet with 3 attempts killed")
    assert facts.trials == {"COMPLETE": 8}
    assert facts.outcomes["node_lost"] + facts.outcomes["worker_crash"] == 3
    assert facts.resumes == 3


def test_the_driver_actor_is_killed_again_and_again(world: World) -> None:
    world.cluster(2, 3, 3)
    script = world.script("--trials", 20, "--epochs", 12, "--pause", 0.3, "--asha")
    gone: list[int] = []
    for n in (6, 12, 18):  # of at least 44: 20 trials to rung 1, 6 of them to 3, 2 to 9
        script.until(f"{n} reports", lambda n=n: len(world.rows("told")) >= n)  # type: ignore[misc]
        world.snapshot()
        found = script.until("a driver", lambda: [pid for pid in world.drivers() if pid not in gone])
        gone.extend(found)
        assert world.kill(*found) == 1
    script.finish()
    facts = world.check("driver actor killed 3 times")
    assert set(facts.outcomes) <= {"complete", "paused", "pruned"}  # no attempt was disturbed
    assert facts.repeats == 0


def test_the_script_and_then_everything_is_killed(world: World) -> None:
    world.cluster(2, 3, 3)
    options = ("--trials", 30, "--epochs", 27, "--pause", 0.2, "--asha")
    script = world.script(*options)
    script.until("reports", lambda: len(world.rows("told")) >= 20)
    world.snapshot()
    script.kill()
    world.kills += 1
    # the same command, at once: the dead one's tasks may not have ended yet
    script = world.script(*options)
    script.until("more reports", lambda: len(world.rows("told")) >= 45)
    world.snapshot()
    assert world.kill_everything() > 10
    world.snapshot()
    world.cluster(2, 3, 3)
    world.script(*options).finish()
    facts = world.check("script killed, then all processes at once")
    assert sum(facts.trials.values()) == 30
    assert facts.outcomes["driver_lost"] > 0
    assert facts.repeats <= facts.outcomes["driver_lost"] * 2
