"""Histories whose checkpoints lie in an object store that fails; and bugs that are put in are found."""

from __future__ import annotations

import contextlib
import re
from collections import Counter

import pytest

pytest.importorskip("greenlet", reason="the simulated processes are greenlets: pip install greenlet")

from raytune_lite.checkpoints.disk import walk
from raytune_lite.checkpoints.manifest import MANIFEST
from raytune_lite.checkpoints.objects import ObjectStore
from raytune_lite.core import judging
from raytune_lite.pruners.ladder import LadderJudge
from raytune_lite.runtime import leftovers
from raytune_lite.runtime.delivery import Delivery
from raytune_lite.runtime.saving import Saving
from raytune_lite.runtime.simulator.bucket import UPLOAD_SEEDS
from raytune_lite.runtime.simulator.hunt import hunt
from raytune_lite.runtime.simulator.scenario import UPLOAD_RATES
from raytune_lite.runtime.simulator.simulation import play

MOST_SEEDS = 150
# a retried trial whose pause stands; a manifest of an attempt that is over, over files that were swept
FOUND = (305, 393, 346, 308)


def test_every_invariant_holds_where_checkpoints_are_uploaded():
    struck = Counter()
    for seed in (UPLOAD_SEEDS + n for n in (*range(14), *FOUND)):
        result = play(seed, sql=False)
        assert not result.failure, f"python -m raytune_lite.runtime.simulator --seed {seed} --trace: {result.failure}"
        struck.update(name for name, _ in result.struck)
    assert not [fault for fault in UPLOAD_RATES if not struck[fault]], "these faults never struck"


@pytest.mark.long
def test_every_invariant_holds_through_many_histories_with_uploads():
    tally = hunt(range(UPLOAD_SEEDS, UPLOAD_SEEDS + 400), jobs=2)
    assert not tally.failed, f"python -m raytune_lite.runtime.simulator --seed {tally.failed[0][0]} --trace"


def test_a_seed_that_uploads_is_one_history():
    seed = UPLOAD_SEEDS + 4
    one = play(seed, trace=True, sql=False)
    assert one == play(seed, trace=True, sql=False)
    assert play(seed, only=one.struck, trace=True, sql=False).lines == one.lines


# --- bugs put in on purpose ------------------------------------------------------------------------------------------


def the_manifest_goes_first(patch):
    """A checkpoint seems to be there before its files are."""

    def upload(self, directory, place):
        for name in sorted((name for name, _ in walk(directory)), key=lambda name: name != MANIFEST):
            self._filesystem.put_file(str(directory / name), f"{place}/{name}")

    patch.setattr(ObjectStore, "_upload", upload)


def an_upload_that_failed_counts(patch):
    """A checkpoint is reported that is not there."""
    upload = ObjectStore._upload

    def hopeful(self, directory, place):
        with contextlib.suppress(OSError):
            upload(self, directory, place)

    patch.setattr(ObjectStore, "_upload", hopeful)


def deletes_a_manifest_last(patch):
    """A crash in the middle leaves a checkpoint that lacks files."""
    patch.setattr(ObjectStore, "_delete", lambda self, uri: self._filesystem.rm(f"{self._path}/{uri}", recursive=True))


def a_report_does_not_wait_for_its_checkpoint(patch):
    """A trial is paused whose newest checkpoint is on its way, and dies with its worker."""
    patch.setattr(Delivery, "hold", lambda self, is_so: None)


def a_failed_upload_is_forgotten(patch):
    """A trial is paused whose checkpoint could not be uploaded."""
    patch.setattr(Saving, "_raise_failure", lambda self: self._delivery.hold(False))


def training_waits_for_uploads(patch):
    """Each save takes as long as its upload."""
    beside = Saving._publish_beside

    def patient(self, directory, step):
        beside(self, directory, step)
        self._wait()

    patch.setattr(Saving, "_publish_beside", patient)


def nobody_sweeps(patch):
    """What killed workers have uploaded stays."""
    patch.setattr(leftovers, "_sweep", lambda store, keep, ended: None)


def sweeps_what_is_being_uploaded(patch):
    """What a live attempt has uploaded and not reported yet is taken for a dead one's."""
    sweep = leftovers._sweep

    def greedy(store, keep, ended):
        sweep(store, keep, None if ended is None else {number: ended[number] + 1 for number in ended})

    patch.setattr(leftovers, "_sweep", greedy)


def a_standing_pause_is_not_expected(patch):
    """A retried trial is paused at a step that is not due, and its newest checkpoint is on its way."""
    patch.setattr(LadderJudge, "waits", lambda self, number: False)


def goes_on_from_an_older_checkpoint(patch):
    """The one before the newest is there in case that is damaged."""
    resume_from = judging.resume_from

    def older(study, trial):
        covered = [ref for ref in trial.checkpoints if ref.step <= trial.last_step]
        return covered[0] if covered else resume_from(study, trial)

    patch.setattr(judging, "resume_from", older)


# what the judge says, and a seed that found each, see test_simulator
BUGS = {
    the_manifest_goes_first: ("before its files are", 0),
    an_upload_that_failed_counts: ("is not on the disk|before its files are", 0),
    deletes_a_manifest_last: ("and its manifest is there", 0),
    a_report_does_not_wait_for_its_checkpoint: ("is paused at step", 14),
    a_failed_upload_is_forgotten: ("is paused at step", 14),
    training_waits_for_uploads: ("s for an upload", 0),
    nobody_sweeps: ("nobody has swept", 0),
    sweeps_what_is_being_uploaded: ("is deleted", 38),
    a_standing_pause_is_not_expected: ("is paused at step", 305),
    goes_on_from_an_older_checkpoint: ("though step .* is saved and reported", 16),
}


@pytest.mark.parametrize(("bug", "says", "first"), [(bug, *more) for bug, more in BUGS.items()])
def test_the_hunt_finds_a_bug_of_uploads_that_was_put_in(bug, says, first, monkeypatch, record_property):
    bug(monkeypatch)
    for n, seed in enumerate((first, *range(MOST_SEEDS)), start=1):
        failure = play(UPLOAD_SEEDS + seed, sql=False).failure
        if failure:
            record_property("seeds", n)
            assert re.search(says, failure), failure
            return
    raise AssertionError(f"not found in {MOST_SEEDS} seeds")
