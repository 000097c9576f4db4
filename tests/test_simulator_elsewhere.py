"""Histories in which others add trials and tell their ends, and objectives read what has ended; bugs that are put in
are found.
"""

from __future__ import annotations

import pytest

pytest.importorskip("greenlet", reason="the simulated processes are greenlets: pip install greenlet")

from raytune_lite.core import imports, snapshot, state
from raytune_lite.core import messages as m
from raytune_lite.core.kept import FinishedTrials
from raytune_lite.core.record import StudyData
from raytune_lite.core.trials import RUNNING, Effects
from raytune_lite.runtime.finished import KnownTrials, Pages
from raytune_lite.runtime.simulator.simulation import Simulation

MOST_SEEDS = 400


def histories(seeds):
    """Those of the seeds in which others have a part."""
    for seed in seeds:
        simulation = Simulation(seed, sql=seed % 20 == 7)
        if simulation.scenario.adds:
            yield simulation
        else:
            simulation.world.close()


def test_every_invariant_holds_and_what_the_invariants_are_about_happens():
    told = refused = read = 0
    for simulation in histories(range(400, 430)):
        result = simulation.run()
        assert not result.failure, f"python -m raytune_lite.runtime.simulator --seed {result.seed} --trace"
        added, readings = simulation.auditor.added, simulation.auditor.readings
        told, refused, read = told + len(added.told), refused + added.refusals, read + len(readings._shown)
    assert told > 3
    assert refused > 1
    assert read > 20


# --- bugs put in on purpose ------------------------------------------------------------------------------------------


def a_run_starts_what_runs_elsewhere(patch):
    """An added RUNNING trial waits for a slot."""
    fill = imports._fill

    def queued(s, trial, event):
        fill(s, trial, event)
        if trial.state is RUNNING:
            s.queue.append(trial.number)

    patch.setattr(imports, "_fill", queued)


def max_trials_counts_what_runs_elsewhere(patch):
    """A run starts fewer trials, for others that may never end."""
    n_started = StudyData.n_started
    patch.setattr(
        StudyData, "n_started", lambda self: n_started(self) + sum(t.external for t in self.trials.unpacked())
    )


def max_trials_forgets_what_ended_elsewhere(patch):
    """A run starts a trial for each that was told."""
    n_started = StudyData.n_started
    patch.setattr(StudyData, "n_started", lambda self: n_started(self) - sum(
        trial.state.is_finished() and not trial.attempt for trial in self.trials.values()
    ))  # fmt: skip


def an_end_is_acknowledged_and_not_stored(patch):
    """Whoever tells a trial's end believes that it stands."""

    def careless(s, event, at):
        if event.key and event.imported:
            return Effects([m.Answer(value=event.number)], changed=False)
        return imports.trial_added(s, event, at)

    patch.setitem(state.HANDLERS, m.TrialAdded, careless)


def a_trial_of_ours_is_ended_by_anybody(patch):
    """A trial that runs here is told as if it ran elsewhere, and the answer is that it was."""

    def careless(s, event, at):
        if event.key and event.imported and not s.trials[event.number].external:
            return Effects([m.Answer(value=event.number)], changed=False)
        return imports.trial_added(s, event, at)

    patch.setitem(state.HANDLERS, m.TrialAdded, careless)


def an_end_of_elsewhere_loses_its_value(patch):
    """Its state is stored, and no value."""
    rows_of_added = imports._rows_of_added

    def lossy(trial, event, at):
        is_told = event.imported and event.key
        return [row for row in rows_of_added(trial, event, at) if not (is_told and isinstance(row, m.PutValues))]

    patch.setattr(imports, "_rows_of_added", lossy)


def a_request_is_not_known_again(patch):
    """An end that is sent twice is refused, as if somebody else had told it."""
    patch.setattr(imports, "_note_request", lambda s, key, trial: None)


def a_snapshot_forgets_who_runs_a_trial(patch):
    """A driver that begins again takes it for its own."""
    load = snapshot.load

    def forgetful(study, lines):
        load(study, lines)
        for trial in study.trials.unpacked():
            trial.external = False

    patch.setattr(snapshot, "load", forgetful)


def an_attempt_is_shown_what_has_not_ended(patch):
    """A page has trials that wait to be tried again."""
    page = Pages.page

    class Shown:
        def __init__(self, study):
            self.trials, self.finished = study.trials, FinishedTrials(study.trials)
            self.finished.load([*study.finished.numbers(), *study.retry])

    patch.setattr(Pages, "page", lambda self, study, *rest: page(self, Shown(study), *rest))


def a_page_leaves_one_out(patch):
    """The second page begins behind where the first one ended."""
    page = Pages.page

    def gapped(self, study, asked, trial_id):
        following, total, *content = page(self, study, asked, trial_id)
        return (min(following + 1, total), total, *content)

    patch.setattr(Pages, "page", gapped)


def an_answer_is_kept_for_whoever_asks_the_same(patch):
    """A process that asks later gets what another one was told."""
    page, kept = Pages.page, {}

    def stale(self, study, asked, trial_id):
        return kept.setdefault((id(study), asked.seen), page(self, study, asked, trial_id))

    patch.setattr(Pages, "page", stale)


def finished_trials_are_counted_by_number(patch):
    """A driver that begins again has them in another order."""
    load = FinishedTrials.load
    patch.setattr(FinishedTrials, "load", lambda self, numbers: load(self, sorted(numbers)))


def a_process_forgets_what_it_was_shown(patch):
    """It asks for the next trials, and has lost the others."""
    read = KnownTrials.read

    def forgetful(self, ask):
        self._found = {}
        return read(self, ask)

    patch.setattr(KnownTrials, "read", forgetful)


# and a seed that found each, when last looked; see test_simulator
BUGS = {
    a_run_starts_what_runs_elsewhere: 6, max_trials_counts_what_runs_elsewhere: 249,
    max_trials_forgets_what_ended_elsewhere: 24, an_end_of_elsewhere_loses_its_value: 22,
    an_end_is_acknowledged_and_not_stored: 6,
    a_request_is_not_known_again: 16, a_snapshot_forgets_who_runs_a_trial: 16,
    an_attempt_is_shown_what_has_not_ended: 6, a_page_leaves_one_out: 6,
    an_answer_is_kept_for_whoever_asks_the_same: 6, finished_trials_are_counted_by_number: 6,
    a_trial_of_ours_is_ended_by_anybody: 6, a_process_forgets_what_it_was_shown: 6,
}  # fmt: skip


@pytest.mark.parametrize(("bug", "seed"), BUGS.items(), ids=[bug.__name__ for bug in BUGS])
def test_the_hunt_finds_a_bug_that_was_put_in(bug, seed, monkeypatch):
    bug(monkeypatch)
    for n, simulation in enumerate(histories((seed, *range(MOST_SEEDS))), start=1):
        result = simulation.run()
        if result.failure:
            print(f"{bug.__name__}: seed {result.seed}, found in {n} histories: {result.failure[:170]}")
            return
    pytest.fail(f"not found in {MOST_SEEDS} seeds")
