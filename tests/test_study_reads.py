"""What a study reads for an answer: one trial where one is asked for, as it is in the list of all."""

from __future__ import annotations

import pytest

import raytune_lite
from raytune_lite.storages.repository import Repository
from raytune_lite.trial import TrialState


@pytest.fixture
def only_single_reads(monkeypatch):
    """Reading all trials is an error; gives the numbers that were read one by one."""
    read, one = [], Repository.trial

    def trial(self, study, number):
        read.append(number)
        return one(self, study, number)

    def refuse(*_):
        raise AssertionError("all trials were read")

    monkeypatch.setattr(Repository, "trial", trial)
    monkeypatch.setattr(Repository, "trials", refuse)
    return read


def test_tell_reads_one_trial(only_single_reads):
    study = raytune_lite.create_study()
    for _ in range(3):
        trial = study.ask()
        assert study.tell(trial, float(trial.number)).value == trial.number
    assert study.tell(1, 5.0, skip_if_finished=True).value == 1.0
    with pytest.raises(ValueError, match="cannot tell trial 1: it is COMPLETE"):
        study.tell(1, 5.0)
    with pytest.raises(ValueError, match="cannot tell trial 7: the study has no such trial"):
        study.tell(7, 5.0)
    assert only_single_reads == [0, 1, 2, 1, 1, 7]
    study.close()


def test_a_callback_gets_its_trial_without_any_read(only_single_reads):
    study, seen = raytune_lite.create_study(), []
    study.optimize(
        lambda trial: float(trial.number), n_trials=3, executor="inline", callbacks=[lambda _, t: seen.append(t.value)]
    )
    assert seen == [0.0, 1.0, 2.0]
    assert only_single_reads == []
    study.close()


def test_a_trial_read_alone_is_the_one_of_the_list(any_storage):
    study = raytune_lite.create_study(storage=any_storage, study_name="one")
    other = raytune_lite.create_study(storage=any_storage, study_name="another")

    def objective(trial):
        trial.set_user_attr("n", trial.number)
        trial.suggest_float("x", 0, 1)
        trial.report(0.5, 1)
        if trial.number == 1:
            raise raytune_lite.TrialPruned
        return 1.0

    other.optimize(objective, n_trials=1, executor="inline")
    study.optimize(objective, n_trials=3, executor="inline")
    study.enqueue_trial({"x": 0.25})
    assert [study._repository.trial(study._record, t.number) for t in study.trials] == study.trials
    assert [t.state for t in study.trials] == [
        TrialState.COMPLETE, TrialState.PRUNED, TrialState.COMPLETE, TrialState.WAITING,
    ]  # fmt: skip
    for number in (-1, 4, 2**40):
        assert study._repository.trial(study._record, number) is None
    study.close()
    other.close()


@pytest.mark.parametrize("name", ["Study", "create_study", "delete_study", "get_all_study_names", "load_study"])
def test_the_names_of_optuna_study_are_in_the_package_and_at_the_top(name):
    from raytune_lite import study

    assert getattr(study, name) is getattr(raytune_lite, name)
