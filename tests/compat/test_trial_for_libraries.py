"""What integrations of other libraries touch of a live trial: its study, its storage, its id, its start."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta

import pytest

import raytune_lite as ours
from raytune_lite.exceptions import StudyNotRunningError
from raytune_lite.trial import StudyDirection, TrialState

optuna = pytest.importorskip("optuna")


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/study.db"


def run(study, objective, **how):
    study.optimize(objective, executor="inline", show_progress_bar=False, **how)


def test_an_objective_sees_its_study(url):
    study = ours.create_study(study_name="mine", storage=url, direction="maximize")
    study.set_user_attr("data", {"rows": [1, 2]})
    seen = []

    def objective(trial):
        of = trial.study
        seen.append((of.study_name, of.direction, of.directions, of.user_attrs, of._study_id))
        return 1.0

    run(study, objective, n_trials=1)
    up = StudyDirection.MAXIMIZE
    assert seen == [("mine", up, [up], {"data": {"rows": [1, 2]}}, study.study_id)]


def test_what_an_objective_cannot_see_is_said():
    study = ours.create_study(directions=["minimize", "minimize"])
    trial = study.ask()
    with pytest.raises(AttributeError, match=r"trial.study has no 'enqueue_trial': .*callback"):
        trial.study.enqueue_trial({"x": 1.0})
    with pytest.raises(RuntimeError, match="for one objective, this study has 2; use directions"):
        _ = trial.study.direction
    with pytest.raises(KeyError, match="no trial with the id 77 here"):
        trial.storage.set_trial_system_attr(77, "key", 1)


def test_stop_in_an_objective_ends_the_run_after_this_trial():
    study = ours.create_study()

    def objective(trial):
        if trial.number == 2:
            trial.study.stop()
        return 1.0

    run(study, objective, n_trials=20)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 3
    run(study, lambda trial: 1.0, n_trials=2)  # the next run begins afresh
    assert len(study.trials) == 5
    with pytest.raises(StudyNotRunningError):
        study.stop()


def test_system_attributes_are_stored_read_back_and_in_the_log(url):
    study = ours.create_study(storage=url)

    def objective(trial):
        trial.storage.set_trial_system_attr(trial._trial_id, "lib:score", [1, {"a": None}])
        trial.storage.set_trial_system_attr(trial._trial_id, "lib:score", [2, {"a": None}])  # the last one stands
        trial.storage.set_trial_user_attr(trial._trial_id, "mine", 1)
        assert trial.storage.get_trial_system_attrs(trial._trial_id) == {"lib:score": [2, {"a": None}]}
        trial.set_constraint("c", -1.0)
        assert trial.system_attrs["constraints:c"] == -1.0
        return 1.0

    run(study, objective, n_trials=1)
    (found,) = study.trials
    assert found.system_attrs["lib:score"] == [2, {"a": None}]
    assert found.user_attrs == {"mine": 1}
    assert optuna.load_study(study_name=study.study_name, storage=url).trials[0].system_attrs == found.system_attrs
    assert study.differences() == []  # the log leads to these rows


def test_a_trial_that_goes_on_later_has_its_system_attributes():
    study = ours.create_study()
    seen = []

    def objective(trial):
        seen.append(trial.system_attrs)
        trial.storage.set_trial_system_attr(trial._trial_id, "lib:try", trial.attempt)
        if trial.attempt == 1:
            raise MemoryError("the first one")
        return 1.0

    run(study, objective, n_trials=1, retries=ours.RetryPolicy(out_of_memory=(1, 0.0)))
    assert seen == [{}, {"lib:try": 1}]
    assert study.trials[0].system_attrs["lib:try"] == 2


@pytest.mark.parametrize("key", ["rtl:failure", "constraints:a", "fixed_params"])
def test_keys_of_ours_are_refused(key):
    trial = ours.create_study().ask()
    with pytest.raises(ValueError, match="this package's own"):
        trial.storage.set_trial_system_attr(trial._trial_id, key, 1)
    with pytest.raises(TypeError, match="must be JSON-able"):
        trial.storage.set_trial_system_attr(trial._trial_id, "key", object())


def test_ids_are_those_of_the_rows(url):
    other = ours.create_study(study_name="other", storage=url)
    run(other, lambda trial: 1.0, n_trials=3)
    study = ours.create_study(study_name="mine", storage=url)
    live, called = [], []
    run(
        study,
        lambda trial: live.append(trial._trial_id) or 1.0,
        n_trials=2,
        callbacks=[lambda study, trial: called.append(trial.trial_id)],
    )
    assert live == called == [trial.trial_id for trial in study.trials] == [4, 5]
    asked = study.ask()
    assert asked._trial_id == 6
    assert asked.storage.get_trial_number_from_id(6) == asked.number == 2


def test_the_start_of_a_live_trial_is_that_of_its_record(url):
    study = ours.create_study(storage=url)
    began = datetime.now()
    time.sleep(0.01)
    trial = study.ask()
    assert began <= trial.datetime_start <= datetime.now()
    assert abs(study.tell(trial, 1.0).datetime_start - trial.datetime_start) < timedelta(milliseconds=1)


def test_relative_params_are_what_the_sampler_expects():
    study = ours.create_study(sampler=ours.samplers.TPESampler(seed=0, n_startup_trials=2))
    run(study, lambda trial: trial.suggest_float("x", 0, 1), n_trials=4)
    trial = study.ask()
    assert trial.relative_params == {"x": trial.suggest_float("x", 0, 1)}


# --- Optuna's functions on a live trial ------------------------------------------------------------------------------


def test_an_objective_uploads_artifacts(url, tmp_path):
    store = ours.artifacts.FileSystemArtifactStore(tmp_path)
    study = ours.create_study(storage=url)
    (tmp_path / "model.txt").write_text("weights")
    ids = []

    def objective(trial):
        file = str(tmp_path / "model.txt")
        ids.append(ours.artifacts.upload_artifact(artifact_store=store, file_path=file, study_or_trial=trial))
        return 1.0

    run(study, objective, n_trials=2)
    for trial, made in zip(study.trials, ids, strict=True):
        (meta,) = ours.artifacts.get_all_artifact_meta(trial, storage=study._storage)
        assert (meta.artifact_id, meta.filename) == (made, "model.txt")
        assert json.loads(trial.system_attrs[f"artifacts:{made}"])["filename"] == "model.txt"
    assert (tmp_path / ids[0]).read_text() == "weights"


def test_a_storage_object_is_optunas_own_where_its_functions_take_one(tmp_path):
    storage = ours.storages.RDBStorage(f"sqlite:///{tmp_path}/s.db")
    store = ours.artifacts.FileSystemArtifactStore(tmp_path)
    (tmp_path / "model.txt").write_text("weights")
    upload = {"artifact_store": store, "file_path": str(tmp_path / "model.txt")}
    study = ours.create_study(storage=storage)
    of_study = ours.artifacts.upload_artifact(**upload, study_or_trial=study)
    ids = []

    def objective(trial):
        ids.append(ours.artifacts.upload_artifact(**upload, study_or_trial=trial))
        return 1.0

    run(study, objective, n_trials=1)
    found = [ours.artifacts.get_all_artifact_meta(item, storage=storage) for item in (study, study.best_trial)]
    assert [[meta.artifact_id for meta in metas] for metas in found] == [[of_study], ids]
    with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):  # as with Optuna's study
        ours.artifacts.upload_artifact(**upload, study_or_trial=study.best_trial, storage=storage)
    assert isinstance(storage.as_optuna(), optuna.storages.RDBStorage)


def test_attributes_of_an_asked_trial_are_stored_when_they_are_set(url):
    study = ours.create_study(study_name="mine", storage=url)
    trial = study.ask()
    x = trial.suggest_float("x", 0, 1)
    trial.set_user_attr("a", 1)
    trial.storage.set_trial_system_attr(trial._trial_id, "dashboard:note", "text")
    (seen,) = optuna.load_study(study_name="mine", storage=url).trials  # as a dashboard in another process
    assert (seen.params, seen.user_attrs, seen.system_attrs) == ({"x": x}, {"a": 1}, {"dashboard:note": "text"})
    run(study, lambda other: 1.0, n_trials=1)  # the session of the trial is over with this run
    trial.set_user_attr("b", 2)
    assert study.tell(trial, 1.0).user_attrs == {"a": 1, "b": 2}
    assert study.differences() == []


def test_the_dashboards_notes_on_a_trial_that_waits_for_a_person(url):
    dashboard = pytest.importorskip("optuna_dashboard")
    study = ours.create_study(storage=url)
    trial = study.ask()
    for text in ("first", "second"):
        dashboard.save_note(trial, text)
    assert dashboard.get_note(trial) == "second"
    assert study.system_attrs[f"dashboard:{trial._trial_id}:note_ver"] == 2
    with pytest.raises(NotImplementedError, match="not known here: an objective runs in a worker process"):
        run(study, lambda other: len(dashboard.get_note(other)), n_trials=1)


def test_a_leased_trial_brings_its_attributes_with_its_result(url):
    study = ours.create_study(storage=url)
    trial = study.ask(lease=100.0)
    trial.set_user_attr("a", 1)
    assert study.trials[0].user_attrs == {}
    assert study.tell(trial, 1.0).user_attrs == {"a": 1}


def test_artifacts_of_a_record_go_to_the_trial_while_it_runs_here(tmp_path):
    store = ours.artifacts.FileSystemArtifactStore(tmp_path)
    (tmp_path / "model.txt").write_text("weights")
    upload = {"artifact_store": store, "file_path": str(tmp_path / "model.txt")}
    study = ours.create_study()
    trial = study.ask()
    with pytest.raises(ValueError, match="storage is required"):
        ours.artifacts.upload_artifact(**upload, study_or_trial=study.trials[0])
    made = ours.artifacts.upload_artifact(**upload, study_or_trial=study.trials[0], storage=study._storage)
    for item in (trial, study.trials[0], study.tell(trial, 1.0)):
        (meta,) = ours.artifacts.get_all_artifact_meta(item, storage=study._storage)
        assert meta.artifact_id == made
    with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):  # as with Optuna's study
        ours.artifacts.upload_artifact(**upload, study_or_trial=study.best_trial, storage=study._storage)
    assert study.differences() == []
    study.add_trial(ours.create_trial(state=TrialState.RUNNING))
    elsewhere = study.trials[1].trial_id
    with pytest.raises(NotImplementedError, match="may read a study"):
        study._storage.set_trial_user_attr(elsewhere, "a", 1)


def test_a_terminator_reads_scores_of_cross_validation():
    study = ours.create_study()

    def objective(trial):
        scores = [trial.suggest_float("x", 0, 1), 0.5]
        ours.terminator.report_cross_validation_scores(trial, scores)
        return sum(scores)

    run(study, objective, n_trials=2)
    assert study.trials[0].system_attrs["terminator:cv_scores"] == [study.trials[0].params["x"], 0.5]


def test_a_live_trial_in_optunas_class_asks_ours():
    trial = ours.create_study().ask()
    theirs = trial.as_optuna()
    assert isinstance(theirs, optuna.trial.Trial)
    x = theirs.suggest_float("x", 0, 1)
    assert (theirs.params, trial.params, theirs.number) == ({"x": x}, {"x": x}, 0)
    theirs.report(0.5, 1)
    assert theirs.should_prune() is False
    theirs.set_user_attr("a", 1)
    assert trial.user_attrs == theirs.user_attrs == {"a": 1}
