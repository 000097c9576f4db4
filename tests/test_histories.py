"""Event logs of released versions fold to what they folded to then, and go on as they went on then."""

from __future__ import annotations

import json
import warnings

import pytest

from raytune_lite.core import snapshot
from raytune_lite.core.encoding import event_from_json

from .core_tools import dump
from .histories.folding import HERE, Folded, fold, go_on, lines_of, recorded, summary

PATHS = recorded()


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recorded_history_folds_to_what_it_did_and_goes_on_as_it_did(path):
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    folded = fold(expected.get("at"), lines_of(path), expected["directions"])
    found = json.loads(json.dumps(summary(folded)))
    assert found == expected["state"]
    assert json.loads(json.dumps(go_on(folded))) == expected["later"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_asking_changes_nothing(path):
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    folded = Folded(expected["directions"])
    for line in lines_of(path):
        folded.feed(json.loads(line)["at"], line)
        state, before = folded.state, dump(folded.state)
        state.work(), state.work(folded.at), state.live(), state.is_over(), state.view().trials()
        if state.ledger is not None:
            state.ledger.free(), state.ledger.counts()
        assert dump(state) == before


def test_a_snapshot_of_the_first_format_opens_and_goes_on_as_its_log_does():
    stored = json.loads((HERE.parent / "data" / "snapshot_1.json").read_text(encoding="utf-8"))
    path = HERE / f"{stored['history']}.jsonl"
    directions = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["directions"]
    folded, opened = Folded(directions), Folded(directions)
    snapshot.load(opened.state, iter(stored["lines"]))
    for line in lines_of(path)[: stored["n_events"]]:
        folded.feed(json.loads(line)["at"], line)
    assert sum(opened.state.trials.has_checkpoints(number) for number in opened.state.paused) > 3
    assert all(opened.state.trials.is_packed(number) for number in opened.state.paused)
    assert opened.state.trials.checkpoint_bytes() == folded.state.trials.checkpoint_bytes() > 0
    assert dump(opened.state) == dump(folded.state)
    for line in lines_of(path)[stored["n_events"] :]:
        folded.feed(json.loads(line)["at"], line)
        opened.state.handle(event_from_json(line), json.loads(line)["at"])
        assert dump(opened.state) == dump(folded.state)
    assert not opened.state.paused


def test_the_histories_are_small_and_tell_every_kind_of_event():
    told = {json.loads(line)["_"] for path in PATHS for line in lines_of(path)}
    assert told == {
        "RunStarted", "RunFinished", "StopRequested", "TrialEnqueued", "TrialAdded", "Claimed", "Suggested", "ParamSet",
        "Reported", "AttemptEnded", "AttemptLost",
    }  # fmt: skip
    assert {path.parent.name for path in PATHS} >= {"0.1.0"}
    assert all(path.stat().st_size < 60_000 for path in PATHS)


def test_todays_logs_can_be_recorded_for_the_next_release(tmp_path):
    pytest.importorskip("optuna")
    from .histories import record

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for play in (record.controlled, record.lost_attempts, record.grid_failures, record.trials_from_elsewhere):
            record.write(tmp_path, play.__name__, *record.log_of(play))
    for path in sorted(tmp_path.glob("*.jsonl")):
        expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        folded = fold(expected["at"], lines_of(path), expected["directions"])
        assert json.loads(json.dumps(summary(folded))) == expected["state"]
        assert json.loads(json.dumps(go_on(folded))) == expected["later"]
    told = {json.loads(line)["_"] for line in lines_of(tmp_path / "controlled.jsonl")}
    assert told >= {"TrialStopRequested", "StudyPaused", "StudyUnpaused", "RunExtended", "SlotsResized"}
