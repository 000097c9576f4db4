"""A study that is pickled or copied, as scripts of Optuna's do with ``joblib.dump(study, path)``."""

import copy
import pickle
import subprocess
import sys

import pytest

import raytune_lite as rtl
from raytune_lite.runtime.on_ray.objective import packed


def objective(trial):
    trial.report(trial.suggest_float("x", 0, 1), 1)
    return trial.params["x"]


def a_study(**keywords):
    study = rtl.create_study(sampler=rtl.samplers.TPESampler(seed=1), **keywords)
    study.optimize(objective, n_trials=5, executor="inline")
    return study


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda study: pickle.loads(pickle.dumps(study))])
def test_a_copy_of_a_study_in_memory_has_its_trials_and_goes_its_own_way(copied):
    study = a_study(direction="maximize")
    study.enqueue_trial({"x": 0.5})  # this process is its owner now
    other = copied(study)
    assert (other.study_name, other.direction) == (study.study_name, study.direction)
    assert other.trials == study.trials
    assert str(other.sampler) == str(study.sampler)
    other.optimize(objective, n_trials=3, executor="inline")
    assert other.trials[5].params == {"x": 0.5}
    assert (len(study.trials), len(other.trials)) == (6, 8)
    study.optimize(objective, n_trials=3, executor="inline")
    assert [trial.params for trial in study.trials] == [trial.params for trial in other.trials]


def test_another_process_goes_on_with_a_pickled_study_in_memory(tmp_path):
    study = a_study()
    (tmp_path / "study.pkl").write_bytes(pickle.dumps(study))
    script = (
        f"import pickle; study = pickle.load(open({str(tmp_path / 'study.pkl')!r}, 'rb'))\n"
        "study.optimize(lambda trial: trial.suggest_float('x', 0, 1), n_trials=2, executor='inline')\n"
        "print(len(study.trials), study.trials[0].value)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["7", str(study.trials[0].value)]


def test_a_callback_may_pickle_the_study_that_runs():
    kept = []
    study = rtl.create_study()
    study.optimize(objective, n_trials=3, executor="inline", callbacks=[lambda s, _: kept.append(pickle.dumps(s))])
    assert [len(pickle.loads(content).trials) for content in kept][-1] == 3
    assert len(study.trials) == 3


def test_a_pickled_study_of_a_database_is_the_same_study(tmp_path):
    study = a_study(storage=f"sqlite:///{tmp_path}/study.db", study_name="kept", checkpoint_dir=tmp_path / "ck")
    study.close()
    other = pickle.loads(pickle.dumps(study))
    other.optimize(objective, n_trials=1, executor="inline")
    assert len(study.trials) == 6
    assert (other.storage, other.checkpoint_root) == (study.storage, study.checkpoint_root)


def test_a_storage_in_memory_is_copied_with_all_its_studies():
    storage = rtl.storages.InMemoryStorage()
    assert rtl.get_all_study_names(storage=copy.deepcopy(storage)) == []
    for name in ("a", "b"):
        rtl.create_study(storage=storage, study_name=name).add_trial(rtl.create_trial(value=1.0))
    copied = copy.deepcopy(storage)
    assert rtl.get_all_study_names(storage=copied) == ["a", "b"]
    assert len(rtl.load_study(study_name="b", storage=copied).trials) == 1


def test_an_objective_cannot_take_a_study_to_a_worker():
    study = a_study()
    with pytest.raises(rtl.exceptions.ObjectiveNotPicklableError) as caught:
        packed(lambda trial: study.best_value + trial.suggest_float("x", 0, 1))
    assert "its variable 'study' of type Study" in str(caught.value)
    assert "in an objective, trial.study has its name" in str(caught.value)
    pickle.dumps(study)
