"""Callbacks that log a study: what TensorBoard, MLflow and Weights & Biases read back of it, each trial once."""

from __future__ import annotations

import math
import pickle
from datetime import datetime, timedelta

import pytest

import raytune_lite as rtl
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.pruners import ASHAPruner
from raytune_lite.samplers import RandomSampler

event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
mlflow = pytest.importorskip("mlflow")
wandb = pytest.importorskip("wandb")
from tensorboard.plugins.hparams import api_pb2, metadata  # noqa: E402

from raytune_lite.integrations.mlflow import MLflowCallback  # noqa: E402
from raytune_lite.integrations.tensorboard import TensorBoardCallback  # noqa: E402
from raytune_lite.integrations.wandb import WeightsAndBiasesCallback  # noqa: E402

from .wandb_files import items, records  # noqa: E402


class TensorBoard:
    """One tracker: its callback, and what it reads back, by trial number."""

    statuses = {"COMPLETE": api_pb2.STATUS_SUCCESS, "PRUNED": api_pb2.STATUS_SUCCESS, "FAIL": api_pb2.STATUS_FAILURE}

    def __init__(self, folder):
        self.folder = folder / "runs"

    def callback(self, **options):
        return TensorBoardCallback(self.folder, **options)

    def trials(self, study):
        found = {}
        for run in (self.folder / study.study_name).iterdir():
            events = event_accumulator.EventAccumulator(str(run), size_guidance={"scalars": 0}).Reload()
            start, end = (events.summary_metadata[tag].plugin_data.content
                          for tag in (metadata.SESSION_START_INFO_TAG, metadata.SESSION_END_INFO_TAG))  # fmt: skip
            known = {name: getattr(one, one.WhichOneof("kind"))
                     for name, one in metadata.parse_session_start_info_plugin_data(start).hparams.items()}  # fmt: skip
            scalars = {tag: [(one.step, one.value) for one in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
            assert metadata.parse_session_end_info_plugin_data(end).status == self.statuses[known["state"]]
            found[int(run.name.removeprefix("trial-"))] = known, scalars
        return found


class MLflow:
    statuses = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}

    def __init__(self, folder):
        self.uri = f"file:{folder}/mlruns"

    def callback(self, **options):
        return MLflowCallback(self.uri, **options)

    def runs(self, study):
        client = mlflow.MlflowClient(self.uri)
        return client, client.search_runs([client.get_experiment_by_name(study.study_name).experiment_id])

    def trials(self, study):
        client, runs = self.runs(study)
        found = {}
        for run in runs:
            tags = run.data.tags
            metrics = {name: client.get_metric_history(run.info.run_id, name) for name in run.data.metrics}
            scalars = {name: sorted((one.step, one.value) for one in history) for name, history in metrics.items()}
            assert run.info.status == self.statuses[tags["state"]]
            number = int(tags["number"])
            assert number not in found
            assert tags["mlflow.runName"] == f"trial {number}"
            found[number] = {**run.data.params, **tags}, scalars
        return found


class WeightsAndBiases:
    def __init__(self, folder):
        self.folder = folder

    def callback(self, **options):
        quiet = wandb.Settings(silent=True, console="off", x_disable_stats=True, disable_git=True)
        kwargs = {"project": "p", "mode": "offline", "dir": str(self.folder), "settings": quiet}
        return WeightsAndBiasesCallback(wandb_kwargs=kwargs, **options)

    def trials(self, study):
        found = {}
        for path in self.folder.glob("wandb/offline-run-*/*.wandb"):
            known, scalars, code = {}, {}, None
            for record in records(path):
                kind = record.WhichOneof("record_type")
                if kind == "run":
                    assert record.run.run_group == study.study_name
                    known |= items(record.run.config.update)
                elif kind == "summary":
                    known |= items(record.summary.update)
                elif kind == "history":
                    row = items(record.history.item)
                    for name in row.keys() - {"_step", "_runtime", "_timestamp"}:
                        scalars.setdefault(name, []).append((row["_step"], row[name]))
                elif kind == "exit":
                    code = record.exit.exit_code
            assert code == (known["state"] == "FAIL")
            assert known["number"] not in found
            values = {name: [(0, known[name])] for name in ("value", "loss", "size") if name in known}
            found[known["number"]] = known, {**scalars, **values}
        return found


@pytest.fixture(params=[TensorBoard, MLflow, WeightsAndBiases], ids=["tensorboard", "mlflow", "wandb"])
def tracker(request, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.chdir(tmp_path)
    return request.param(tmp_path)


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_categorical("kind", ["a", None])
    trial.set_user_attr("seed", 7)
    state = trial.load_checkpoint() or {"step": 0}
    for step in range(state["step"] + 1, 5):
        trial.save_checkpoint({"step": step}, step)
        trial.report(trial.number + x / step, step)
        if trial.number == 1 and step == 2 and trial.attempt == 1:
            raise OSError("it is tried again")
        if trial.number == 3:
            raise ValueError("it fails")
        if trial.should_prune():
            raise rtl.TrialPruned
    return trial.number + x


def opened(storage, **options):
    sampler = RandomSampler(seed=0)
    return rtl.create_study(study_name="logged", storage=storage, sampler=sampler, load_if_exists=True, **options)


def run(study, tracker, n_trials, callbacks=None):
    retries = RetryPolicy(exception=1)
    study.optimize(objective, n_trials=n_trials, executor="inline", retries=retries, catch=(ValueError,),
                   callbacks=[tracker.callback()] if callbacks is None else callbacks)  # fmt: skip


def check(tracker, study):
    """All finished trials are there, once, with what the study knows of them; returns what was read."""
    found = tracker.trials(study)
    finished = [trial for trial in study.trials if trial.state.is_finished()]
    assert sorted(found) == [trial.number for trial in finished]
    for trial in finished:
        known, scalars = found[trial.number]
        assert float(known["x"]) == trial.params["x"]
        assert str(known["kind"]) == str(trial.params["kind"])
        assert known["state"] == trial.state.name
        assert int(known["attempts"]) == trial.attempt
        assert int(known["user_attrs.seed"]) == 7
        curve = scalars.get("reports/value", [])
        assert [step for step, _ in curve] == sorted(trial.intermediate_values)  # each step once
        assert [v for _, v in curve] == pytest.approx([*trial.intermediate_values.values()], rel=1e-6)
        assert [v for _, v in scalars.get("value", [])] == pytest.approx(list(trial.values or ()), rel=1e-6)
    return found


def test_parameters_reports_values_and_states_are_read_back_and_retries_are_not_doubled(tracker, storage):
    study = opened(storage, pruner=ASHAPruner(1, 4, 2))
    run(study, tracker, 5)
    found = check(tracker, study)
    states = {trial.number: trial.state.name for trial in study.trials}
    assert {"COMPLETE", "PRUNED", "FAIL"} <= {*states.values()}
    assert study.trials[0].attempt > 1  # promoted
    assert study.trials[3].attempt == 2  # tried again
    assert [step for step, _ in found[0][1]["reports/value"]] == [1, 2, 3, 4]


def test_a_study_that_goes_on_is_logged_on_and_what_nobody_logged_is_logged_too(tracker, storage):
    run(opened(storage), tracker, 1)
    run(opened(storage), tracker, 1, callbacks=[])  # its script was killed before it logged the trial
    study = opened(storage)
    run(study, tracker, 1)
    check(tracker, study)
    run(study, tracker, 1, callbacks=[tracker.callback(earlier=False)])
    assert len(check(tracker, study)) == 4


def test_only_new_trials_are_logged_where_earlier_ones_are_not_wanted(tracker, storage):
    study = opened(storage)
    run(study, tracker, 1, callbacks=[])
    run(study, tracker, 2, callbacks=[pickle.loads(pickle.dumps(tracker.callback(earlier=False)))])
    assert sorted(tracker.trials(study)) == [1, 2]


def test_several_objectives_have_the_names_of_the_study_or_of_the_callback(tracker, tmp_path):
    study = rtl.create_study(directions=["minimize", "maximize"])
    study.set_metric_names(["loss", "size"])

    def both(trial):
        trial.report((0.5, math.inf), 3)
        return 1.5, 2.5

    study.optimize(both, n_trials=1, executor="inline", callbacks=[tracker.callback()])
    _, scalars = tracker.trials(study)[0]
    assert {name: points[-1][1] for name, points in scalars.items() if not name.startswith("reports")} == {
        "loss": 1.5, "size": 2.5,
    }  # fmt: skip
    assert scalars["reports/loss"] == [(3, 0.5)]
    assert "reports/size" in scalars
    with pytest.raises(ValueError, match=r"metric_name has 1 names, \['one'\], and the study 2 objectives"):
        tracker.callback(metric_name=["one"])(study, study.trials[0])
    with pytest.raises(TypeError, match="metric_name must be a text, or a list of one an objective, got 3"):
        tracker.callback(metric_name=3)


def test_one_name_serves_for_several_objectives():
    study = rtl.create_study(directions=["minimize", "maximize"])
    assert TensorBoardCallback("runs", "score")._names(study) == ["score_0", "score_1"]
    assert TensorBoardCallback("runs")._names(study) == ["value_0", "value_1"]
    assert TensorBoardCallback("runs", "score")._names(rtl.create_study()) == ["score"]


def test_a_run_of_mlflow_that_was_cut_off_is_logged_anew(tmp_path, storage, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    tracker, study = MLflow(tmp_path), opened(storage)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(mlflow.MlflowClient, "set_terminated", killed)
        with pytest.raises(KeyboardInterrupt):
            run(study, tracker, 1)
    assert [one.info.status for one in tracker.runs(study)[1]] == ["RUNNING"]
    run(study, tracker, 1)
    assert len(check(tracker, study)) == 2


def test_event_files_of_another_study_of_the_same_name_are_not_mixed_with_this_ones(tmp_path, storage):
    tracker, study = TensorBoard(tmp_path), opened(storage)
    run(study, tracker, 1)
    (file,) = tracker.folder.rglob("events*")
    earlier = datetime.now() - timedelta(days=1)
    file.rename(file.with_name(f"events.out.tfevents.{int(earlier.timestamp())}.trial-0"))
    with pytest.raises(ValueError, match="trial-0 is of another study that was named 'logged'; choose another dirname"):
        run(study, tracker, 1)


def test_names_that_a_tracker_does_not_allow_are_written_in_its_own_way(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    study = rtl.create_study(study_name="../a b")
    study.optimize(lambda trial: trial.suggest_float("l[0]", 0, 1), n_trials=1, executor="inline",
                   callbacks=[MLflow(tmp_path).callback(), TensorBoard(tmp_path).callback()])  # fmt: skip
    assert "l_0_" in MLflow(tmp_path).trials(study)[0][0]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["%2E.%2Fa b"]


def test_what_belongs_to_the_wandb_callback_is_refused():
    with pytest.raises(ValueError, match="wandb_kwargs has id, resume, but each trial gets a run of its own"):
        WeightsAndBiasesCallback(wandb_kwargs={"id": "x", "resume": True})
    with pytest.raises(TypeError, match="wandb_kwargs"):
        WeightsAndBiasesCallback(wandb_kwargs=3)
