"""What a study reads for an answer: one trial where one is asked for, as it is in the list of all."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

import raytune_lite
from raytune_lite.storages import trial_queries, trial_reader
from raytune_lite.storages.database import Database
from raytune_lite.storages.repository import Repository
from raytune_lite.storages.trial_reader import frozen
from raytune_lite.study import trial_cache
from raytune_lite.trial import TrialState, create_trial

COMPLETE = TrialState.COMPLETE


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


def test_tell_reads_no_trial_but_one_that_it_does_not_know(only_single_reads):
    study = raytune_lite.create_study()
    for _ in range(3):
        trial = study.ask()
        assert study.tell(trial, float(trial.number)).value == trial.number
    assert only_single_reads == []
    assert study.tell(1, 5.0, skip_if_finished=True).value == 1.0
    with pytest.raises(ValueError, match="cannot tell trial 1: it is COMPLETE"):
        study.tell(1, 5.0)
    with pytest.raises(ValueError, match="cannot tell trial 7: the study has no such trial"):
        study.tell(7, 5.0)
    assert only_single_reads == [1, 1, 7]
    study.close()


def count_reads(monkeypatch):
    """Transactions that read, from here on."""
    read, begun = Database.read, []

    def counted(self):
        begun.append(1)
        return read(self)

    monkeypatch.setattr(Database, "read", counted)
    return begun


def test_ask_and_tell_read_nothing(any_storage, monkeypatch):
    study = raytune_lite.create_study(storage=any_storage, study_name="flat")
    study.tell(study.ask(), 1.0)
    reads = count_reads(monkeypatch)
    for _ in range(5):
        trial = study.ask()
        trial.suggest_float("x", 0.0, 1.0)
        study.tell(trial, 1.0)
    assert reads == []
    study.close()


def same(found, stored, *, is_exact):
    """The records are equal; MariaDB's dates have no fractions of a second, and a server may order parameters."""
    if is_exact:
        assert [repr(trial) for trial in found] == [repr(trial) for trial in stored]
    for a, b in zip(found, stored, strict=True):
        for name in ("datetime_start", "datetime_complete"):
            assert abs(getattr(a, name) - getattr(b, name)) <= timedelta(seconds=1)
        assert replace(a, datetime_start=None, datetime_complete=None) == replace(
            b, datetime_start=None, datetime_complete=None
        )


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_what_tell_and_callbacks_give_is_what_is_stored(any_storage, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    study = raytune_lite.create_study(storage=any_storage, study_name="told", directions=["minimize", "maximize"])
    study.enqueue_trial({"x": 0.25, "kind": 1.0}, user_attrs={"why": ["a", {"b": None}]})
    told = []
    for ending in ({"values": (1, 2.5)}, {"state": TrialState.PRUNED}, {"state": TrialState.FAIL}, {"values": None}):
        trial = study.ask()
        trial.suggest_float("x", 0.0, 1.0)
        trial.suggest_categorical("kind", [True, 1.0, "\u00e9", None])
        trial.suggest_int("n", 1, 9, log=True)
        trial.set_user_attr("text", "\u00e9\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"))
        trial.set_constraint("c", -0.5)
        trial.report((0.5, 1.0), 3)
        trial.report((math.inf, 1e-300), 4)
        told.append(study.tell(trial, **ending))
    same(told, study.trials, is_exact=any_storage.startswith("sqlite"))
    seen = []
    study.optimize(
        lambda trial: (trial.suggest_float("x", 0.0, 1.0), 1.0),
        n_trials=2,
        executor="inline",
        callbacks=[lambda _, trial: seen.append(trial)],
    )
    same(seen, study.trials[4:], is_exact=any_storage.startswith("sqlite"))
    study.close()
    monkeypatch.undo()
    time.tzset()


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


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_the_best_trial_of_the_database_is_that_of_the_list(any_storage, direction):
    study = raytune_lite.create_study(storage=any_storage, study_name="best", direction=direction)
    raytune_lite.create_study(storage=any_storage, study_name="another").add_trial(create_trial(value=-9.0))
    with pytest.raises(ValueError, match="it has no COMPLETE trial yet"):
        _ = study.best_trial
    sign = study.direction.sign
    random = Random(3)
    values = [math.inf, 2.0, -math.inf, 0.5, 0.5, 1.5, math.inf, 0.0, -0.0, -3.0]
    for n, value in enumerate(values + [random.gauss(0.0, 1.0) for _ in range(20)]):
        attrs = {"constraints:c": 1.0} if n in (2, 6, 9) or n == 0 else {}
        study.add_trial(create_trial(value=value, system_attrs=attrs, params={}, distributions={}))
        study.add_trial(create_trial(state=TrialState.FAIL, params={}, distributions={}))
        feasible = [t for t in study.trials if t.state is TrialState.COMPLETE and t.is_feasible]
        if not feasible:
            with pytest.raises(ValueError, match="none of its COMPLETE trials meets its constraints"):
                _ = study.best_trial
            continue
        assert study.best_trial == min(feasible, key=lambda t: sign * t.value)
    for states in ((TrialState.COMPLETE,), (TrialState.FAIL, TrialState.PAUSED), ()):
        assert study.get_trials(states=states) == [t for t in study.trials if t.state in states]
    study.close()


def test_few_trials_are_read_for_the_best_one(only_single_reads, monkeypatch):
    study, read = raytune_lite.create_study(), []
    monkeypatch.setattr(trial_queries, "frozen", lambda trial: (read.append(trial.number), frozen(trial))[1])
    for n in range(50):
        study.tell(study.ask(), float(50 - n))
    assert study.best_trial.number == 49
    assert len(read) <= 8
    study.close()


@pytest.mark.parametrize(
    "params", [{}, {"x": 1}, {"x": True, "y": "a"}, {"x": 0.5, "c": [1, 2]}, {"x": None}], ids=repr
)
def test_an_enqueued_configuration_that_exists_is_skipped_without_reading_all_trials(only_single_reads, params):
    study = raytune_lite.create_study()
    for _ in range(3):
        study.enqueue_trial(params, skip_if_exists=True)
        study.enqueue_trial({**params, "z": 1.0}, skip_if_exists=True)
    repository, record = study._repository, study._record
    assert [t.system_attrs["fixed_params"] for t in repository.trials_since(record, -1)] == [
        params,
        {**params, "z": 1.0},
    ]
    study.close()


def test_a_configuration_that_a_trial_has_run_with_is_skipped(only_single_reads):
    study = raytune_lite.create_study()
    trial = study.ask()
    x = trial.suggest_float("x", 0.0, 1.0)
    trial.delivery.flush()
    study.enqueue_trial({"x": x}, skip_if_exists=True)  # running
    y = trial.suggest_float("y", 0.0, 1.0)
    trial.delivery.flush()
    study.tell(trial, 1.0)
    study.enqueue_trial({"x": x, "y": y}, skip_if_exists=True)
    assert len(study._repository.trials_since(study._record, -1)) == 1
    study.enqueue_trial({"x": x}, skip_if_exists=True)  # which is another configuration now
    assert len(study._repository.trials_since(study._record, -1)) == 2
    study.close()


# --- finished trials are read once -------------------------------------------------------------------------------


@pytest.fixture
def records_read(monkeypatch):
    """The numbers of the trials whose rows were read, one after another."""
    read, original = [], trial_reader.load

    def load(*arguments, **more):
        found = original(*arguments, **more)
        read.extend(trial.number for trial in found)
        return found

    monkeypatch.setattr(trial_reader, "load", load)
    monkeypatch.setattr(trial_queries, "load", load)
    return read


def test_a_callback_that_looks_at_all_trials_reads_each_once(any_storage, records_read):
    study, lengths = raytune_lite.create_study(storage=any_storage, study_name="looked at"), []
    study.optimize(
        lambda trial: trial.suggest_float("x", 0.0, 1.0),
        n_trials=6,
        executor="inline",
        show_progress_bar=False,  # the result at the end is read from the database
        callbacks=[lambda study, _: lengths.append((len(study.trials), len(study.get_trials(states=(COMPLETE,)))))],
    )
    assert lengths == [(n, n) for n in range(1, 7)]
    assert sorted(records_read) == list(range(6))
    study.close()


def test_trials_that_had_not_ended_are_read_again_and_others_come_from_other_processes(any_storage, records_read):
    study = raytune_lite.create_study(storage=any_storage, study_name="shared")
    asked = [study.ask() for _ in range(3)]
    study.tell(asked[1], 1.0)
    assert [t.state.name for t in study.trials] == ["RUNNING", "COMPLETE", "RUNNING"]
    asked[2].set_user_attr("a", [1])
    study.tell(asked[2], 2.0)
    study.enqueue_trial({"x": 0.5})
    other = raytune_lite.load_study(study_name="shared", storage=any_storage)
    records_read.clear()
    assert study.trials == other.trials == study.get_trials(deepcopy=False)
    assert study.trials[2].user_attrs == {"a": [1]}
    assert records_read == [0, 2, 3, *range(4), *[0, 3] * 2]
    study.close()
    other.close()


def test_what_a_user_does_to_a_record_does_not_come_back():
    study = raytune_lite.create_study()
    trial = study.ask()
    trial.suggest_float("x", 0.0, 1.0)
    trial.set_user_attr("list", [1])
    trial.report(1.0, 1)
    study.tell(trial, 1.0)
    (one,) = before = study.trials
    for name in ("params", "distributions", "system_attrs", "intermediate_values", "intermediate_vectors"):
        getattr(one, name)[name] = 5
    one.user_attrs["list"].append(2)
    one.user_attrs["new"] = 1
    before.clear()
    (again,) = study.trials
    assert again.user_attrs == {"list": [1]}
    assert (list(again.params), list(again.distributions), again.system_attrs) == (["x"], ["x"], {})
    assert (again.intermediate_values, again.intermediate_vectors) == ({1: 1.0}, {})
    with pytest.raises(TypeError, match="deepcopy must be True or False"):
        study.get_trials(deepcopy=None)
    study.close()


def test_a_study_that_was_deleted_and_made_again_is_read_anew(any_storage):
    def make(values):
        made = raytune_lite.create_study(storage=any_storage, study_name="again")
        for value in values:
            made.tell(made.ask(), value)
        made.close()
        return made

    study = make([1.0, 2.0])
    assert [t.value for t in study.trials] == [1.0, 2.0]
    raytune_lite.delete_study(study_name="again", storage=any_storage)
    assert study.trials == []
    assert make([3.0, 4.0])._record.study_id
    assert [t.value for t in study.trials] in ([], [3.0, 4.0])  # under another id, or the same
    study.close()


def test_a_long_study_and_one_with_many_open_trials_are_not_kept(monkeypatch):
    study = raytune_lite.create_study()
    for value in range(3):
        study.tell(study.ask(), value)
    for name, least in (("MOST_KEPT", 2), ("MOST_OPEN", -1)):
        with monkeypatch.context() as patch:
            patch.setattr(trial_cache, name, least)
            assert len(study.trials) == 3
            assert not study._cache.is_warm
    assert len(study.trials) == 3
    assert study._cache.is_warm
    study.close()
