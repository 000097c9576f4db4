"""Histories in which trials are placed by what they need: each gets its turn, and rules that are broken are found."""

from __future__ import annotations

import pytest

pytest.importorskip("greenlet", reason="the simulated processes are greenlets: pip install greenlet")

from raytune_lite.runtime import bound
from raytune_lite.runtime.bound import BoundTrials
from raytune_lite.runtime.simulator.simulation import Simulation, play
from raytune_lite.runtime.simulator.turns import BEHIND, STALL, Turns

MOST_SEEDS = 400


class Violated(Exception):
    """What the judge found."""


def fail_unless(holds, what):
    if not holds:
        raise Violated(what)


class Queue:
    """A judge, and the clock of its launcher."""

    def __init__(self, *, grows=False):
        self.now, self.gone = 0.0, set()
        self.turns = Turns(lambda: self.now, lambda number, _: number not in self.gone, grows, fail_unless)
        self.n = 0

    def submit(self, slot, *, asked_at):
        self.now, now = asked_at, self.now
        self.turns.asked([slot])
        self.now = max(now, asked_at)
        self.turns.submitted(slot, self.n, 1)
        self.n += 1


def test_what_was_asked_for_in_time_may_overtake_and_what_was_asked_for_later_may_not():
    queue = Queue()
    queue.submit("large", asked_at=0.0)
    queue.submit("in time", asked_at=STALL)
    queue.submit("late", asked_at=STALL + 0.1)
    queue.turns.begins("in time", ["large"])
    with pytest.raises(Violated, match=r"late begins before large, which had waited for 2\.1 s when it was asked for"):
        queue.turns.begins("late", ["large"])


def test_what_was_given_up_and_what_another_launcher_has_waits_for_nobody():
    queue = Queue()
    queue.submit("large", asked_at=0.0)
    queue.submit("late", asked_at=STALL + 0.1)
    queue.gone.add(0)
    queue.turns.begins("late", ["large", "a stranger's"])


def test_where_nodes_may_be_added_so_many_may_be_asked_for_behind_one_that_waits():
    queue = Queue(grows=True)
    queue.submit("large", asked_at=0.0)
    for n in range(1, BEHIND + 2):
        queue.submit(f"late-{n}", asked_at=STALL + n)
    for n in range(1, BEHIND + 1):
        queue.turns.begins(f"late-{n}", ["large"])
    with pytest.raises(Violated, match="is number 9 behind it"):
        queue.turns.begins(f"late-{BEHIND + 1}", ["large"])


# --- bugs put in on purpose ------------------------------------------------------------------------------------------


def nothing_waits_for_the_oldest(patch):
    """Smaller trials are claimed as long as the estimate finds room."""
    patch.setattr(BoundTrials, "_stalled", lambda self: None)


def waits_for_the_oldest_too_late(patch):
    """A task counts as waiting after three times as long."""
    patch.setattr(bound, "STALL", 3 * STALL)


def demand_without_a_bound(patch):
    """With an autoscaler the queue behind a waiting task grows as it likes."""
    patch.setattr(bound, "BEHIND", 30)


# and a seed that found each, see test_simulator
BUGS = {nothing_waits_for_the_oldest: 47, waits_for_the_oldest_too_late: 111, demand_without_a_bound: 233}


@pytest.mark.parametrize(("bug", "seed"), BUGS.items(), ids=[bug.__name__ for bug in BUGS])
def test_the_hunt_finds_a_bug_of_turns_that_was_put_in(bug, seed, monkeypatch, record_property):
    bug(monkeypatch)
    binding = (n for n in (seed, *range(MOST_SEEDS)) if Simulation(n).scenario.binds_first)
    for n, one in enumerate(binding, start=1):
        failure = play(one, sql=False).failure
        if failure:
            record_property("seeds", n)
            assert "when it was asked for" in failure, failure
            return
    raise AssertionError(f"not found in {MOST_SEEDS} seeds")
