"""``import raytune_lite as optuna``: the names are there, and Optuna's own functions read our studies."""

from __future__ import annotations

import importlib
import inspect
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import raytune_lite as ours
from raytune_lite import storages
from raytune_lite.exceptions import DuplicatedStudyError, StorageURLError, StudyNotFoundError
from raytune_lite.trial import StudyDirection, TrialState

optuna = pytest.importorskip("optuna")
# names of Optuna 5.0.0 that are left out on purpose: see docs/from_optuna.md
LEFT_OUT = {
    "progress_bar", "version", "TYPE_CHECKING",  # no public names of Optuna's documentation
}  # fmt: skip


def objective(trial):
    x = trial.suggest_float("x", -1, 1)
    return x**2 + trial.suggest_int("n", 1, 3)


@pytest.fixture(scope="module")
def study():
    made = ours.create_study(sampler=ours.samplers.RandomSampler(1))
    made.optimize(objective, n_trials=12, executor="inline", show_progress_bar=False)
    yield made
    made.close()


def test_the_top_has_optunas_names():
    theirs = {name for name in dir(optuna) if not name.startswith("_")} - LEFT_OUT
    assert theirs - {name for name in theirs if hasattr(ours, name)} == set()


@pytest.mark.parametrize(
    "module",
    ["study", "importance", "visualization", "visualization.matplotlib", "terminator", "artifacts", "exceptions"],
)
def test_a_module_has_optunas_names(module):
    theirs, mine = ({}, {})
    exec(f"import optuna.{module} as found", theirs)
    exec(f"import raytune_lite.{module} as found", mine)
    names = getattr(theirs["found"], "__all__", None) or [n for n in dir(theirs["found"]) if n[0].isupper()]
    assert [name for name in names if name not in dir(mine["found"])] == []


@pytest.mark.parametrize("module", ["logging", "pruners", "samplers", "storages", "storages.journal"])
def test_a_module_has_optunas_public_names(module):
    theirs = importlib.import_module(f"optuna.{module}")
    names = getattr(theirs, "__all__", None) or [
        name for name, found in vars(theirs).items() if inspect.isfunction(found)
    ]
    mine = importlib.import_module(f"raytune_lite.{module}")
    public = {name for name in names if not name.startswith("_")}
    assert len(public) > 5
    assert {name for name in public if not hasattr(mine, name)} == set()


def test_the_modules_of_integration_have_its_names():
    from raytune_lite.integration.xgboost import XGBoostPruningCallback

    from raytune_lite.integration import XGBoostPruningCallback as same

    assert XGBoostPruningCallback is same is ours.integration.xgboost.XGBoostPruningCallback
    assert dir(ours.integration.lightgbm)[:3] == ["Dataset", "LightGBMPruningCallback", "LightGBMTuner"]
    with pytest.raises(AttributeError, match=r"module 'raytune_lite\.integration\.keras' has no attribute 'Nope'"):
        _ = ours.integration.keras.Nope
    theirs = pathlib.Path(importlib.import_module("optuna.integration").__file__).parent.glob("*.py")
    names = {path.stem for path in theirs} - {"__init__", "dask"}
    assert {name for name in names if not hasattr(ours.integration, name)} == set()


def test_retries_after_a_heartbeat_have_nothing_to_do(tmp_path):
    storage = storages.RDBStorage(
        f"sqlite:///{tmp_path}/study.db",
        heartbeat_interval=60,
        failed_trial_callback=storages.RetryFailedTrialCallback(3),
    )
    study = ours.create_study(storage=storage, sampler=ours.samplers.RandomSampler(1))
    seen = []

    def objective(trial):
        callback = storages.RetryFailedTrialCallback
        seen.append((callback.retried_trial_number(trial), callback.retry_history(trial)))
        return 1.0

    study.optimize(objective, n_trials=1, executor="inline", show_progress_bar=False)
    storages.fail_stale_trials(study)
    assert seen == [(None, [])]
    assert storages.RetryFailedTrialCallback.retry_history(study.trials[0]) == []


def test_a_journal_is_refused_with_the_way_out_and_copied_from(tmp_path):
    journal = storages.JournalStorage(storages.journal.JournalFileBackend(str(tmp_path / "journal.log")))
    with pytest.raises(TypeError, match=r"a journal, Redis or a gRPC proxy is no database.*copy_study"):
        ours.create_study(storage=journal)
    optuna.create_study(study_name="a", storage=journal).add_trial(optuna.create_trial(value=1.0))
    ours.copy_study(from_study_name="a", from_storage=journal, to_storage=f"sqlite:///{tmp_path}/study.db")
    assert ours.load_study(study_name="a", storage=f"sqlite:///{tmp_path}/study.db").best_value == 1.0


def test_no_name_imports_optuna_before_it_is_asked_for():
    program = (
        "import sys, raytune_lite as optuna\n"
        "optuna.visualization, optuna.importance, optuna.artifacts, optuna.terminator, optuna.integration\n"
        "optuna.visualization.matplotlib, optuna.search_space, optuna.storages.RDBStorage('sqlite:///x.db')\n"
        "assert 'optuna' not in sys.modules and 'plotly' not in sys.modules\n"
        "sys.modules['optuna'] = None\n"
        "try:\n    optuna.importance.get_param_importances\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'raytune-lite[viz]'" in done.stdout


def test_importances_are_optunas_of_a_study_in_memory(study):
    found = ours.importance.get_param_importances(study)
    assert found == optuna.importance.get_param_importances(study.as_optuna())
    assert set(found) == {"x", "n"}
    evaluator = ours.importance.PedAnovaImportanceEvaluator()
    assert set(ours.importance.get_param_importances(study, evaluator=evaluator)) == {"x", "n"}
    assert set(evaluator.evaluate(study)) == {"x", "n"}  # a class's methods take our study, too


def test_what_optuna_returns_has_our_distributions(study):
    found = ours.search_space.intersection_search_space(study.trials)
    assert found == dict(study.best_trial.distributions)
    assert ours.search_space.IntersectionSearchSpace().calculate(study) == found


def test_the_study_in_optunas_class_reads_and_refuses_to_run(study):
    theirs = study.as_optuna()
    assert isinstance(theirs, optuna.study.Study)
    assert theirs.best_value == study.best_value
    assert theirs.best_trial.params == study.best_params
    assert [t.state for t in theirs.trials] == [optuna.trial.TrialState.COMPLETE] * 12
    theirs.set_user_attr("a", [1])
    assert study.user_attrs == {"a": [1]}
    with pytest.raises(NotImplementedError, match="raytune_lite study"):
        theirs.optimize(objective, n_trials=1)
    with pytest.raises(NotImplementedError, match=r"study.optimize"):
        theirs._storage.create_new_trial(theirs._study_id)


def test_choices_that_are_equal_and_not_the_same_keep_their_types():
    study = ours.create_study()
    study.add_trial(ours.trial.create_trial(params={"a": 0, "b": False}, value=1.0, distributions={
        "a": ours.distributions.CategoricalDistribution((0, 1)),
        "b": ours.distributions.CategoricalDistribution((False, True)),
    }))  # fmt: skip
    trial = study.as_optuna().trials[0]
    assert repr([*trial.params.values()]) == "[0, False]"
    assert repr([dist.choices for dist in trial.distributions.values()]) == "[(0, 1), (False, True)]"


def test_a_terminator_of_optunas_ends_a_run():
    made = ours.create_study(sampler=ours.samplers.RandomSampler(0))
    terminator = ours.terminator.Terminator(
        ours.terminator.BestValueStagnationEvaluator(max_stagnation_trials=3),
        ours.terminator.StaticErrorEvaluator(0),
        min_n_trials=4,
    )
    callback = ours.terminator.TerminatorCallback(terminator)
    made.optimize(lambda t: t.suggest_float("x", 0, 1) * 0 + 1, n_trials=30, callbacks=[callback], executor="inline")
    assert 4 <= len(made.trials) < 30
    assert terminator.should_terminate(made)


def test_a_trial_pruned_of_optunas_counts_as_ours():
    made = ours.create_study()

    def prunes(trial):
        trial.report(0.5, 1)
        raise optuna.TrialPruned("by a library")

    made.optimize(prunes, n_trials=1, executor="inline")
    assert made.trials[0].state is TrialState.PRUNED
    assert made.trials[0].value == 0.5
    assert issubclass(ours.TrialPruned, ours.exceptions.OptunaError)


# --- storages ------------------------------------------------------------------------------------------------------


def test_holders_of_urls(tmp_path, study):
    url = f"sqlite:///{tmp_path}/a.db"
    for holder in (storages.RDBStorage(url), optuna.storages.RDBStorage(url), storages.get_storage(url)):
        made = ours.create_study(study_name="s", storage=holder, load_if_exists=True)
        assert made.storage.endswith("a.db")
        made.close()
    assert ours.get_all_study_names(storages.RDBStorage(url)) == ["s"]
    shared = storages.InMemoryStorage()
    ours.create_study(study_name="one", storage=shared)
    assert ours.load_study(study_name="one", storage=shared).storage is None
    assert repr(shared) == "InMemoryStorage()"
    assert "secret" not in repr(storages.RDBStorage("postgresql://me:secret@host/db"))
    with pytest.raises(TypeError, match=r"storage=None, or raytune_lite.storages.InMemoryStorage"):
        ours.create_study(storage=optuna.storages.InMemoryStorage())
    with pytest.raises(StorageURLError, match=r"for example sqlite:///study.db"):
        ours.create_study(storage=tmp_path / "a.db")


def test_a_memory_goes_with_its_last_study():
    import gc
    import os

    holder = storages.InMemoryStorage()
    path = holder.url.removeprefix("sqlite:///")
    made = ours.create_study(storage=holder)
    del holder
    gc.collect()
    assert os.path.exists(path)
    made.close()
    del made
    gc.collect()
    assert not os.path.exists(path)


def test_copy_study_and_summaries(tmp_path):
    url = f"sqlite:///{tmp_path}/a.db"
    first = ours.create_study(study_name="first", storage=url, directions=["minimize", "maximize"])
    first.set_user_attr("who", "me")
    first.set_metric_names(["loss", "speed"])
    first.optimize(lambda t: (t.suggest_float("x", 0, 1), 1.0), n_trials=3, executor="inline")
    first.enqueue_trial({"x": 0.5}, {"why": "asked"})
    ours.copy_study(from_study_name="first", from_storage=url, to_storage=url, to_study_name="second")
    copy = ours.load_study(study_name="second", storage=url)
    assert (copy.user_attrs, copy.metric_names) == ({"who": "me"}, ["loss", "speed"])
    assert copy.directions == [StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE]
    assert [(t.state, t.values, t.params) for t in copy.trials] == [(t.state, t.values, t.params) for t in first.trials]
    assert copy.trials[3].system_attrs["fixed_params"] == {"x": 0.5}
    assert copy.trials[3].user_attrs == {"why": "asked"}
    with pytest.raises(DuplicatedStudyError):
        ours.copy_study(from_study_name="first", from_storage=url, to_storage=url)
    with pytest.raises(StudyNotFoundError):
        ours.copy_study(from_study_name="none", from_storage=url, to_storage=url)
    theirs = optuna.get_all_study_summaries(url)
    mine = ours.get_all_study_summaries(url)
    for one, other in zip(mine, theirs, strict=True):
        assert one.study_name == other.study_name
        assert one.n_trials == other.n_trials
        assert one.user_attrs == other.user_attrs
        assert list(map(int, one.directions)) == list(map(int, other.directions))
        assert one.study_id == other._study_id
    with pytest.raises(RuntimeError, match="2 objectives"):
        _ = mine[0].direction


def test_max_trials_callback_counts_states():
    made = ours.create_study()

    def fails_at_even(trial):
        if trial.number % 2 == 0:
            raise KeyError(trial.number)
        return 1.0

    stop = ours.study.MaxTrialsCallback(3, states=(TrialState.COMPLETE,))
    made.optimize(fails_at_even, n_trials=50, callbacks=[stop], catch=KeyError, executor="inline")
    assert made.state_counts() == {TrialState.COMPLETE: 3, TrialState.FAIL: 3}
    with pytest.raises(ValueError, match="n_trials"):
        ours.callbacks.MaxTrialsCallback(0)


def test_modules_within_modules_have_the_names_that_scripts_import_from_them():
    program = (
        "from raytune_lite.terminator.callback import TerminatorCallback\n"
        "from raytune_lite.terminator.erroreval import report_cross_validation_scores\n"
        "from raytune_lite.terminator import TerminatorCallback as same\n"
        "from raytune_lite.integration import TensorBoardCallback\n"
        "import raytune_lite.integration.tensorboard, raytune_lite.integration.lightgbm as lgb\n"
        "from optuna.terminator import TerminatorCallback as theirs\n"
        "assert issubclass(TerminatorCallback, theirs) and issubclass(same, theirs)\n"
        "assert raytune_lite.integration.tensorboard.TensorBoardCallback.__name__ == TensorBoardCallback.__name__\n"
        "assert callable(lgb.train) and callable(lgb.Dataset)\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_scores_of_a_cross_validation_may_be_an_array_of_numpys():
    def objective(trial):
        scores = np.array([0.5, 0.75]) + trial.suggest_int("n", 1, 1)
        ours.terminator.report_cross_validation_scores(trial, scores)
        trial.set_user_attr("shape", {"n": np.int64(2), "mean": scores.mean()})
        return scores.mean()

    made = ours.create_study(direction="maximize")
    made.optimize(objective, n_trials=2, executor="inline", show_progress_bar=False)
    assert made.trials[1].system_attrs["terminator:cv_scores"] == [1.5, 1.75]
    assert made.trials[1].user_attrs == {"shape": {"n": 2, "mean": 1.625}}
    with pytest.raises(TypeError, match="set is not JSON-able"):
        made.ask().set_user_attr("a", {1, 2})
