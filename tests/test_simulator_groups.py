"""Histories whose trials have several processes each; and bugs that are put in are found."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections import Counter

import pytest

pytest.importorskip("greenlet", reason="the simulated processes are greenlets: pip install greenlet")

from raytune_lite.runtime.launcher import Launcher
from raytune_lite.runtime.ranks import fate, groups
from raytune_lite.runtime.ranks.groups import Groups
from raytune_lite.runtime.simulator.groups import GROUP_SEEDS
from raytune_lite.runtime.simulator.hunt import hunt
from raytune_lite.runtime.simulator.scenario import GROUP_RATES
from raytune_lite.runtime.simulator.simulation import Simulation, play

MOST_SEEDS = 150


def test_every_invariant_holds_where_trials_have_several_processes():
    """And what the invariants are about does happen."""
    struck, outcomes = Counter(), Counter()
    for seed in range(GROUP_SEEDS, GROUP_SEEDS + 12):
        simulation = Simulation(seed)
        result = simulation.run()
        assert not result.failure, f"python -m raytune_lite.runtime.simulator --seed {seed} --trace: {result.failure}"
        struck.update(name for name, _ in result.struck)
        outcomes.update(kind for facts in simulation.auditor.trials.values() for kind in facts.outcomes.values())
    faults = (*GROUP_RATES, "node is lost", "script dies")
    assert not [fault for fault in faults if not struck[fault]], "these faults never struck"
    assert outcomes["complete"] > 20
    assert outcomes["worker_crash"] > 5
    assert outcomes["node_lost"]


@pytest.mark.long
def test_every_invariant_holds_through_many_histories_of_several_processes():
    tally = hunt(range(GROUP_SEEDS, GROUP_SEEDS + 400), jobs=2)
    assert not tally.failed, f"python -m raytune_lite.runtime.simulator --seed {tally.failed[0][0]} --trace"


# --- bugs put in on purpose ------------------------------------------------------------------------------------------


def changed(function, old, new):
    """A function of ranks.groups with one text in place of another."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1
    found = {}
    exec(source.replace(old, new), vars(groups), found)
    return found[function.__name__]


def all_groups_ask_for_their_places(patch):
    """Two groups that wait hold half of what each needs."""
    place_next = Groups._place_next

    def greedy(self):
        for running in self._groups.values():
            if running.places is None:
                running.places = self._cluster.ask(running.group.name)
        place_next(self)

    patch.setattr(Groups, "_place_next", greedy)


def starts_before_it_is_placed(patch):
    """Rank 0 claims a trial, and the others have no place."""
    place_next = changed(Groups._place_next, "if self._cluster.is_placed(first.places):", "if True:")
    patch.setattr(Groups, "_place_next", place_next)


def keeps_the_places_of_the_dead(patch):
    """Each group that ends takes its places along."""
    patch.setattr(Groups, "_remove", changed(Groups._remove, "if running.places is not None:", "if False:"))


def leaves_the_other_ranks_at_work(patch):
    """The death of a rank ends the trial, and not its processes."""
    patch.setattr(Groups, "_remove", changed(Groups._remove, "self._cluster.kill(ref)", "pass"))


def waits_for_all_ranks(patch):
    """The others wait in a collective for the one that is dead."""
    decide = fate.decide
    patch.setattr(groups, "decide", lambda slot, ends, losses, n, waited: decide(slot, ends, losses, n, 0.0))


def the_last_loss_counts(patch):
    """Processes that died of the first one's death explain it."""
    patch.setattr(fate, "first_of", lambda losses: max(losses, key=lambda loss: (loss.seen_at, loss.member)))


def only_rank_0_can_fail(patch):
    """What another rank raises is overheard."""
    patch.setattr(fate, "_has_failed", lambda end: end.rank == 0 and end.end is not None and end.end[1])


def hands_over_the_end_of_a_group_twice(patch):
    """A group whose end is known is looked at again."""
    found = "if found is not None:\n            self._remove(slot)"
    decided = changed(Groups._decided, found, found.replace("not None", "not None and not ended"))
    patch.setattr(Groups, "_decided", decided)


def a_group_that_is_given_up_is_forgotten(patch):
    """The launcher is to kill it, and only forgets it."""
    patch.setattr(Groups, "cancel", lambda self, task: self._groups.pop(task, None))


def a_launcher_that_begins_again_says_nothing(patch):
    """The groups of the process before it are dead, and their trials are thought to run."""
    init = Launcher.__init__

    def silent(self, *arguments, **options):
        init(self, *arguments, **options)
        self._begins = False

    patch.setattr(Launcher, "__init__", silent)


# what the judge says, and a seed that found each, see test_simulator
BUGS = {
    all_groups_ask_for_their_places: ("waits for its own", 0),
    starts_before_it_is_placed: ("and has no place", 0),
    keeps_the_places_of_the_dead: ("are held|does not end", 0),
    leaves_the_other_ranks_at_work: ("are given back, and .* goes on", 1),
    waits_for_all_ranks: ("a rank of .* and it goes on", 1),
    the_last_loss_counts: ("is lost by", 44),
    only_rank_0_can_fail: ("has raised, and", 4),
    hands_over_the_end_of_a_group_twice: ("handed over twice", 0),
    a_group_that_is_given_up_is_forgotten: ("are held|goes on|left tasks running", 12),
    a_launcher_that_begins_again_says_nothing: ("that none of its tasks has", 3),
}


@pytest.mark.parametrize(("bug", "says", "first"), [(bug, *more) for bug, more in BUGS.items()])
def test_the_hunt_finds_a_bug_of_groups_that_was_put_in(bug, says, first, monkeypatch, record_property):
    bug(monkeypatch)
    for n, seed in enumerate((first, *range(MOST_SEEDS)), start=1):
        failure = play(GROUP_SEEDS + seed, sql=False).failure
        if failure:
            record_property("seeds", n)
            assert re.search(says, failure), failure
            return
    raise AssertionError(f"not found in {MOST_SEEDS} seeds")
