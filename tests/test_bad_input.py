"""What a user can get wrong: each message shows the value, the rule and the way out, and the study stays intact."""

from __future__ import annotations

import sqlite3

import pytest

import raytune_lite as rl
from raytune_lite.distributions import FloatDistribution
from raytune_lite.exceptions import (
    CheckpointError,
    DuplicatedStudyError,
    IncompatibleDistributionError,
    InvalidDistributionError,
    SchemaVersionError,
    StorageURLError,
    StudyNotFoundError,
)
from raytune_lite.pruners import ASHAPruner
from raytune_lite.samplers import GridSampler, RandomSampler
from raytune_lite.trial import TrialState


@pytest.fixture
def study(storage):
    made = rl.create_study(study_name="s", storage=storage, sampler=RandomSampler(0))
    made.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1, executor="inline")
    yield made
    made.close()


def snapshot(study):
    return [(t.number, t.state, t.values, dict(t.params)) for t in study.trials]


def says(caught, *parts):
    text = str(caught.value)
    assert all(part in text for part in parts), text


@pytest.mark.parametrize("name", ["n_trials", "max_trials", "max_concurrent"])
@pytest.mark.parametrize("value", [0, -3, 1.5, True, "2"])
def test_counts_must_be_positive_integers(study, name, value):
    if (name, value) == ("n_trials", 0):
        pytest.skip("it runs nothing, as in Optuna")
    before = snapshot(study)
    with pytest.raises(ValueError, match=f"must be an integer >= {int(name != 'n_trials')}") as caught:
        study.optimize(lambda t: 0.0, executor="inline", **{name: value})
    says(caught, name, repr(value), "leave it out")
    assert snapshot(study) == before


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        ({"timeout": 0}, ["timeout must be > 0", "0", "leave it out"]),
        ({"timeout": -1.0}, ["-1.0"]),
        ({"timeout": float("nan")}, ["nan"]),
        ({"executor": "dask"}, ["'ray' or 'inline'", "'dask'"]),
    ],
)
def test_other_settings_of_optimize(study, settings, parts):
    before = snapshot(study)
    with pytest.raises(ValueError, match=r"must be") as caught:
        study.optimize(lambda t: 0.0, n_trials=1, **{"executor": "inline", **settings})
    says(caught, *parts)
    assert snapshot(study) == before


BAD_SUGGESTIONS = [
    (lambda t: t.suggest_float("y", 2, 1), ["low <= high", "low=2.0", "high=1.0", "swap"]),
    (lambda t: t.suggest_int("y", 2, 1), ["low <= high", "swap"]),
    (lambda t: t.suggest_float("y", 0, 1, log=True), ["low > 0", "low=0.0", "raise low or drop log"]),
    (lambda t: t.suggest_int("y", 0, 9, log=True), ["low >= 1", "low=0"]),
    (lambda t: t.suggest_float("y", 0, 1, step=-1), ["step must be > 0", "-1"]),
    (lambda t: t.suggest_float("y", 1, 2, step=0.5, log=True), ["log", "step", "drop one"]),
    (lambda t: t.suggest_float("y", 0, float("inf")), ["high must be a finite float", "inf"]),
    (lambda t: t.suggest_categorical("y", [object()]), ["choices must be None, bool", "object", "suggest names"]),
    (lambda t: t.suggest_categorical("y", []), ["at least one"]),
    (lambda t: t.suggest_categorical("y", "abc"), ["list or tuple", "'abc'"]),
]


@pytest.mark.parametrize(("suggest", "parts"), BAD_SUGGESTIONS)
def test_a_bad_range_fails_the_trial_says_why_and_leaves_the_rest(study, suggest, parts):
    before = snapshot(study)
    with pytest.raises(InvalidDistributionError) as caught:
        study.optimize(suggest, n_trials=1, executor="inline")
    says(caught, *parts)
    assert snapshot(study)[:-1] == before
    failed = study.trials[-1]
    assert failed.state is TrialState.FAIL
    assert failed.params == {}
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1, executor="inline")
    assert study.trials[-1].state is TrialState.COMPLETE


@pytest.mark.parametrize(
    "suggest",
    [
        lambda t: t.suggest_int("x", 0, 1),
        lambda t: t.suggest_float("x", 0.1, 1, log=True),
        lambda t: t.suggest_categorical("x", [0.5]),
    ],
)
@pytest.mark.parametrize("how", ["sampled", "enqueued", "grid", "asked"])
def test_a_parameter_may_not_change_its_kind_between_trials(storage, suggest, how):
    grid = GridSampler({"x": [0.5, 1]}, seed=0) if how == "grid" else RandomSampler(0)
    with rl_study(storage, sampler=grid) as study:
        study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1, executor="inline")
        before = snapshot(study)
        if how == "enqueued":
            study.enqueue_trial({"x": 0.5})

        def act():
            if how == "asked":
                suggest(study.ask())
            else:
                study.optimize(suggest, n_trials=1, executor="inline")

        with pytest.raises(IncompatibleDistributionError) as caught:
            act()
        says(caught, "parameter 'x' was FloatDistribution", "use another parameter name")
        assert snapshot(study)[:1] == before
        assert study.trials[-1].params == {}


def rl_study(storage, **settings):
    from contextlib import closing

    return closing(rl.create_study(study_name="s", storage=storage, **settings))


@pytest.mark.parametrize(
    ("report", "error", "parts"),
    [
        (("high", 1), TypeError, ["needs a number", "'high'", "pass float(loss)"]),
        ((None, 1), TypeError, ["None"]),
        ((0.5, -1), ValueError, ["step must be >= 0", "-1", "count epochs"]),
        ((0.5, 0.5), TypeError, ["step must be an integer", "0.5"]),
        ((0.5, 2**40), ValueError, ["step must be <=", str(2**40)]),
    ],
)
def test_a_bad_report_fails_its_trial_only(study, report, error, parts):
    before = snapshot(study)
    with pytest.raises(error) as caught:
        study.optimize(lambda t: t.report(*report), n_trials=1, executor="inline")
    says(caught, *parts)
    assert snapshot(study)[:-1] == before
    assert study.trials[-1].intermediate_values == {}


@pytest.mark.parametrize(
    ("result", "word"), [(float("nan"), "NaN is not a result"), (None, "return statement"), ("1", "'1'")]
)
def test_a_result_that_is_no_number_is_a_fail_and_says_so_and_the_study_goes_on(study, result, word):
    study.optimize(lambda t: result if t.number < 3 else 0.5, n_trials=3, executor="inline")
    failed = study.trials[1:3]
    assert [t.state for t in study.trials[1:]] == [TrialState.FAIL] * 2 + [TrialState.COMPLETE]
    assert word in str(failed[0].system_attrs["rtl:failure"])


def test_a_duplicate_name(study, storage):
    with pytest.raises(DuplicatedStudyError) as caught:
        rl.create_study(study_name="s", storage=storage)
    says(caught, "'s'", "load_if_exists=True")
    assert len(rl.create_study(study_name="s", storage=storage, load_if_exists=True).trials) == 1


def test_an_unknown_study_names_those_there_are(study, storage):
    with pytest.raises(StudyNotFoundError) as caught:
        rl.load_study(study_name="t", storage=storage)
    says(caught, "'t'", "it holds: 's'")
    with pytest.raises(StudyNotFoundError):
        rl.delete_study(study_name="t", storage=storage)


@pytest.mark.parametrize("direction", ["up", "MINIMIZE", 7, rl.StudyDirection.NOT_SET])
def test_an_unknown_direction(storage, direction):
    with pytest.raises(ValueError, match="direction must be 'minimize' or 'maximize'") as caught:
        rl.create_study(study_name="d", storage=storage, direction=direction)
    says(caught, repr(direction))
    with pytest.raises(ValueError, match="'minimize' or 'maximize'"):
        rl.create_study(study_name="d", storage=storage, directions=["minimize", direction])
    assert rl.get_all_study_names(storage) == []


def test_directions_that_contradict(storage):
    with pytest.raises(ValueError, match="not both"):
        rl.create_study(storage=storage, direction="minimize", directions=["minimize"])
    with pytest.raises(ValueError, match="at least one"):
        rl.create_study(storage=storage, directions=[])


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("study.db", ["'study.db'", "did you mean sqlite:///study.db?"]),
        ("journal.log", ["'journal.log'", "raytune-lite copy STUDY --storage journal.log"]),
        ("sqlite://study.db", ["three slashes", "sqlite:///study.db"]),
        ("oracle://host/db", ["oracle", "sqlite"]),
        ("mysql+nodriver://u:secret@host/db", ["nodriver"]),
        ("redis://host", ["redis"]),
    ],
)
def test_a_storage_that_cannot_be(url, parts):
    with pytest.raises(StorageURLError) as caught:
        rl.create_study(study_name="s", storage=url)
    says(caught, *parts)
    assert "secret" not in str(caught.value)


def test_a_result_that_is_none_is_said_when_it_is_told(study):
    with pytest.warns(UserWarning, match="the trial is FAIL: the objective must return a number, got 'a'"):
        assert study.tell(study.ask(), "a").state is TrialState.FAIL


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "sqlite://"])
def test_sqlite_in_memory_is_a_study_as_without_a_storage(url):
    study = rl.create_study(study_name="s", storage=url, sampler=RandomSampler(0))
    study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2, executor="inline")
    assert len(study.trials) == 2
    with pytest.raises(StorageURLError, match="SQLite in memory"):
        rl.delete_study(study_name="s", storage=url)
    study.close()


def test_a_holder_of_sqlite_in_memory_is_one_storage():
    storage = rl.storages.RDBStorage("sqlite:///:memory:", heartbeat_interval=60)
    for name in ("a", "b"):
        rl.create_study(study_name=name, storage=storage).add_trial(rl.create_trial(value=1.0))
    assert rl.get_all_study_names(storage=storage) == ["a", "b"]
    assert len(rl.load_study(study_name="b", storage=storage).trials) == 1


def test_a_newer_schema_is_refused_and_not_touched(study, storage, tmp_path):
    study.close()
    with sqlite3.connect(tmp_path / "study.db") as db:
        db.execute("UPDATE version_info SET schema_version = 99")
    with pytest.raises(SchemaVersionError) as caught:
        rl.load_study(study_name="s", storage=storage)
    says(caught, "99", "12")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ((9, 3), ["min_resource=9", "max_resource=3", "swap"]),
        ((0, 9), ["min_resource", ">= 1", "0"]),
        ((1, 9, 1), ["reduction_factor", ">= 2", "1", "keeps the top 1/reduction_factor"]),
        ((1, 9, 1.5), ["reduction_factor", "1.5"]),
        ((1, None), ["max_resource must be given"]),
    ],
)
def test_asha_arguments(arguments, parts):
    with pytest.raises(ValueError, match=r"resource|reduction") as caught:
        ASHAPruner(*arguments)
    says(caught, *parts)


def test_a_checkpoint_path_that_cannot_be_written(storage, tmp_path):
    (tmp_path / "file").write_text("")
    study = rl.create_study(study_name="s", storage=storage, checkpoint_dir=tmp_path / "file")

    def objective(trial):
        trial.report(0.5, 1)
        trial.save_checkpoint({"a": 1}, step=1)
        return 0.0

    with pytest.raises(CheckpointError) as caught:
        study.optimize(objective, n_trials=1, executor="inline")
    says(caught, str(tmp_path / "file"), "choose another checkpoint directory")
    [trial] = study.trials
    assert (trial.state, trial.intermediate_values) == (TrialState.FAIL, {1: 0.5})
    study.close()


def test_an_enqueued_value_outside_its_range(study):
    study.enqueue_trial({"x": 5.0})
    with pytest.raises(ValueError, match=r"fixed to 5\.0") as caught:
        study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=1, executor="inline")
    says(caught, "'x'", "widen the range, or change the fixed value")
    assert study.trials[-1].state is TrialState.FAIL


def test_enqueued_parameters_and_attributes_must_be_json(study):
    before = snapshot(study)
    for call in (lambda: study.enqueue_trial({"x": object()}), lambda: study.enqueue_trial({}, {"a": {1, 2}})):
        with pytest.raises(TypeError, match="must be JSON-able"):
            call()
    with pytest.raises(TypeError):
        study.set_user_attr("a", object())
    assert snapshot(study) == before


def test_an_added_trial_must_be_finished_and_have_its_values(study):
    before = snapshot(study)
    dist = {"x": FloatDistribution(0, 1)}
    with pytest.raises(ValueError, match="a PAUSED trial cannot be added"):
        study.add_trial(rl.create_trial(state=TrialState.PAUSED))
    with pytest.raises(TypeError, match="datetime_start must be a datetime"):
        study.add_trial(rl.FrozenTrial(number=0, state=TrialState.RUNNING, datetime_start="today"))
    with pytest.raises(ValueError, match="2 values, the study 1"):
        study.add_trial(rl.create_trial(values=[1.0, 2.0]))
    with pytest.raises(ValueError, match="needs a value that is a number"):
        study.add_trial(rl.FrozenTrial(number=0, state=TrialState.COMPLETE, values=(float("nan"),)))
    with pytest.raises(ValueError, match=r"'x': value 2.0 is not in"):
        rl.create_trial(value=1.0, params={"x": 2.0}, distributions=dist)
    assert snapshot(study) == before
    study.add_trial(rl.create_trial(value=1.0, params={"x": 0.5}, distributions=dist))
    assert len(study.trials) == 2


def test_a_grid_that_lacks_a_parameter_of_the_objective(storage):
    with rl_study(storage, sampler=GridSampler({"x": [1, 2]}, seed=0)) as study:
        with pytest.raises(ValueError, match=r"'y' is not in the grid \['x'\]; add it"):
            study.optimize(lambda t: t.suggest_int("x", 1, 2) + t.suggest_int("y", 1, 2), executor="inline")
        study.optimize(lambda t: t.suggest_int("x", 1, 2), executor="inline")
        assert sorted(t.params["x"] for t in study.trials if t.state is TrialState.COMPLETE) == [1, 2]


def test_optimize_inside_optimize_and_stop_outside_are_refused(study):
    with pytest.raises(RuntimeError, match="is not being run now"):
        study.stop()
    with pytest.raises(RuntimeError, match="running already"):
        study.optimize(lambda t: study.optimize(lambda _: 0.0, n_trials=1), n_trials=1, executor="inline")
