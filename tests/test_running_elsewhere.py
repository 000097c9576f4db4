"""A RUNNING trial that is added runs elsewhere: runs leave it alone, and any process may tell its end."""

from __future__ import annotations

import contextlib
import math
from datetime import datetime

import optuna
import pytest
from click.testing import CliRunner

import raytune_lite as rl
from raytune_lite.cli import cli
from raytune_lite.core import messages as m
from raytune_lite.distributions import FloatDistribution
from raytune_lite.exceptions import MessageError
from raytune_lite.samplers import RandomSampler
from raytune_lite.trial import TrialState, create_trial

from .core_tools import Shell, dump

RUNNING, COMPLETE, PRUNED, FAIL = TrialState.RUNNING, TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL
SPACE = {"x": FloatDistribution(0, 1)}
X = m.ParamValue(name="x", value=0.5, distribution=SPACE["x"])
BOTH = ["minimize", "maximize"]
BEGAN = datetime(2026, 1, 2, 3, 4, 5)


def of_elsewhere():
    trial = create_trial(state=RUNNING, params={"x": 0.5}, distributions=SPACE, intermediate_values={1: 0.75, 2: 0.5})
    trial.datetime_start = BEGAN
    return trial


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/study.db"


@pytest.fixture
def study(url):
    study = rl.create_study(storage=url, study_name="s", sampler=RandomSampler(seed=0))
    study.add_trials([of_elsewhere(), of_elsewhere()])
    yield study
    study.close()


def is_intact(url):
    return CliRunner().invoke(cli, ["check", "--storage", url]).exit_code == 0


def objective(trial):
    return trial.suggest_float("x", 0, 1)


def test_a_run_neither_starts_it_nor_waits_for_it_and_any_process_tells_its_end(study, url):
    study.optimize(objective, n_trials=2, executor="inline")
    assert [trial.state for trial in study.trials] == [RUNNING, RUNNING, COMPLETE, COMPLETE]
    study.close()
    other = rl.load_study(study_name="s", storage=url)
    told = other.tell(0, -1.0)
    assert (told.state, told.value, told.params, told.datetime_start) == (COMPLETE, -1.0, {"x": 0.5}, BEGAN)
    assert other.best_trial.number == 0
    assert told.datetime_complete > BEGAN
    with pytest.raises(ValueError, match="cannot tell trial 0: it is COMPLETE, and the first result stands"):
        other.tell(0, -2.0)
    assert other.tell(0, -2.0, skip_if_finished=True).value == -1.0
    other.close()
    assert is_intact(url)


@pytest.mark.parametrize(
    ("values", "state", "found", "value"),
    [(None, PRUNED, PRUNED, 0.5), (None, FAIL, FAIL, None), (math.nan, None, FAIL, None), (3.0, None, COMPLETE, 3.0)],
)
def test_it_ends_in_each_state_that_may_be_told(study, url, values, state, found, value):
    told = study.tell(1, values, state)
    assert (told.state, told.value, told.intermediate_values) == (found, value, {1: 0.75, 2: 0.5})
    study.close()
    assert is_intact(url)


def test_of_several_objectives_the_reports_of_a_trial_elsewhere_are_those_of_the_first(url):
    """Found by the simulator (seed 1527): such a trial could not be stored, and a run that was sent one died of it."""
    study = rl.create_study(storage=url, study_name="s", directions=BOTH)
    trial = create_trial(state=RUNNING, params={"x": 0.5}, distributions=SPACE)
    trial.intermediate_vectors = {1: [0.75, 2.0], 2: [0.5, 3.0]}
    for _ in range(3):
        study.add_trial(trial)
    study.tell(0, [1.0, 2.0])
    assert study.tell(1, state=PRUNED).values is None
    assert [each.intermediate_values for each in study.trials] == [{1: 0.75, 2: 0.5}] * 3
    study.close()
    assert is_intact(url)


def test_on_each_database_any_process_tells_the_end_of_what_was_added(any_storage):
    """The first end stands; a run in between leaves it alone."""
    with contextlib.closing(rl.create_study(storage=any_storage, study_name="s", directions=BOTH)) as study:
        trial = create_trial(state=RUNNING, params={"x": 0.5}, distributions=SPACE)
        trial.intermediate_vectors = {1: [0.75, 2.0]}
        study.add_trials([trial, trial])
        study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 1.0), n_trials=1, executor="inline")
    with contextlib.closing(rl.load_study(study_name="s", storage=any_storage)) as other:
        told = other.tell(0, [0.25, 2.0])
        assert (told.state, told.values, told.params, told.intermediate_values) == (
            COMPLETE, [0.25, 2.0], {"x": 0.5}, {1: 0.75},
        )  # fmt: skip
        with pytest.raises(ValueError, match="cannot tell trial 0: it is COMPLETE, and the first result stands"):
            other.tell(0, state=FAIL)
        assert [trial.state for trial in other.trials] == [COMPLETE, RUNNING, COMPLETE]
    assert is_intact(any_storage)


def test_optuna_may_tell_what_we_added_and_we_what_optuna_asked_for(study, url):
    theirs = optuna.load_study(study_name="s", storage=url)
    theirs.tell(0, 0.25)
    asked = theirs.ask()
    asked.suggest_float("x", 0, 1)
    asked.report(0.5, 3)
    assert study.trials[0].value == 0.25
    assert study.tell(asked.number, 0.125).intermediate_values == {3: 0.5}
    study.optimize(objective, n_trials=1, executor="inline")
    assert [trial.state for trial in study.trials] == [COMPLETE, RUNNING, COMPLETE, COMPLETE]
    assert theirs.best_trial.number == asked.number
    study.close()
    assert is_intact(url)


def test_finished_trials_keep_their_dates_in_a_copy(study, url):
    study.tell(0, 1.0)
    copy = rl.create_study(storage=url, study_name="copy")
    copy.add_trials(study.trials)
    dates = [[(trial.datetime_start, trial.datetime_complete) for trial in each.trials] for each in (study, copy)]
    assert dates[0] == dates[1]
    assert dates[0][1] == (BEGAN, None)


def test_records_of_optuna_may_be_added(study, url):
    theirs = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    theirs.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    theirs.add_trial(optuna.create_trial(state=optuna.trial.TrialState.RUNNING))
    study.add_trials(theirs.trials)
    copied, began = study.trials[2:]
    assert (copied.params, copied.value, copied.distributions) == (
        theirs.trials[0].params, theirs.best_value, {"x": FloatDistribution(0, 1)}
    )  # fmt: skip
    assert (copied.datetime_start, began.state) == (theirs.trials[0].datetime_start, RUNNING)


# --- the rules -----------------------------------------------------------------------------------------------------


def test_of_two_ends_the_first_stands_and_a_request_that_is_sent_again_changes_nothing():
    shell = Shell()
    shell.run(5)
    shell.ask(m.TrialAdded, number=None, state=int(RUNNING), params=(X,), reports=((1, (0.5,)),), key="added")
    end = {"number": 0, "state": int(COMPLETE), "values": (1.0,), "params": (X,), "imported": True}
    assert shell.claim().number == 1
    assert shell.ask(m.TrialAdded, **end, key="a") == 0
    assert shell.ask(m.TrialAdded, **end, key="a") == 0
    with pytest.raises(MessageError, match="cannot tell trial 0: it is COMPLETE"):
        shell.ask(m.TrialAdded, **end, key="b")
    with pytest.raises(MessageError, match="cannot tell trial 1: it is RUNNING"):  # a live attempt of ours
        shell.ask(m.TrialAdded, **{**end, "number": 1}, key="c")
    with pytest.raises(ValueError, match="needs a value that is a number"):
        shell.ask(m.TrialAdded, **{**end, "number": 2, "values": (math.nan,)}, key="d")
    assert shell.state.best == 0
    assert dump(shell.fold()) == dump(shell.state)
