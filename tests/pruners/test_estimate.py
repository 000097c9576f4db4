"""TrialPruned(value): the estimate is the pruned trial's value, everywhere and after a restart."""

from __future__ import annotations

import math

import optuna
import pytest

import raytune_lite as rtl
from raytune_lite.core import messages as m
from raytune_lite.core.messages import Decision, Outcome
from raytune_lite.pruners import ASHAPruner, ThresholdPruner
from raytune_lite.samplers import RandomSampler
from raytune_lite.trial import StudyDirection, TrialState

from ..core_tools import Shell, dump


def study_of(storage, estimates, **arguments):
    """A study whose trial i reports i + 1 and ends early with estimate i."""

    def objective(trial):
        trial.suggest_float("x", 0.0, 1.0)
        n = 1 if "directions" not in arguments else 2
        trial.report(trial.number + 1.0 if n == 1 else (trial.number + 1.0, 0.5), 3)
        raise rtl.TrialPruned(*estimates[trial.number])

    study = rtl.create_study(study_name="s", storage=storage, sampler=RandomSampler(1), **arguments)
    study.optimize(objective, n_trials=len(estimates), executor="inline")
    return study


def test_the_estimate_is_the_value_in_records_tables_and_optuna_and_a_text_is_a_message(storage):
    study = study_of(storage, [(0.25,), (), ("why",), (math.nan,), (7,)])
    values = [0.25, 2.0, 3.0, 4.0, 7.0]
    assert [trial.value for trial in study.trials] == values
    assert {trial.state for trial in study.trials} == {TrialState.PRUNED}
    assert list(study.trials_dataframe()["value"]) == values
    assert study.differences() == []
    with pytest.raises(ValueError, match="COMPLETE"):
        study.best_trial  # noqa: B018
    study.close()
    again = rtl.load_study(study_name="s", storage=storage)
    assert [trial.value for trial in again.trials] == values
    again.close()
    assert [trial.value for trial in optuna.load_study(study_name="s", storage=storage).trials] == values


def test_an_estimate_that_is_none_is_named_and_the_last_report_stands(storage):
    with pytest.warns(UserWarning, match=r"estimate in TrialPruned must be a number, got \(0.5, 1.0\)"):
        study = study_of(storage, [((0.5, 1.0),)])
    assert study.trials[0].value == 1.0
    study.close()


def test_of_several_objectives_it_has_one_number_for_each(storage):
    study = study_of(storage, [((0.25, 0.75),), ()], directions=["minimize", "maximize"])
    assert [trial.values for trial in study.trials] == [[0.25, 0.75], [2.0, 0.5]]
    study.close()


@pytest.mark.parametrize("pruner", [None, ThresholdPruner(upper=0.0), ASHAPruner(1, 9, 3)])
def test_it_counts_when_the_trial_ends_and_not_when_it_pauses(pruner):
    shell = Shell(StudyDirection.MINIMIZE)
    shell.run(pruner=pruner or rtl.pruners.NopPruner())
    number = shell.claim().number
    decision = shell.report(number, (1, 2.0))
    rows = shell.do(m.AttemptEnded, number=number, attempt=1, outcome=Outcome.PRUNED, values=(0.25,))
    trial, put = shell.state.trials[number], m.PutValues(number=number, values=(0.25,))
    if decision is Decision.PAUSE:
        assert (trial.state, trial.values, put in rows) == (TrialState.PAUSED, None, False)
    else:
        assert (trial.state, trial.values, put in rows) == (TrialState.PRUNED, (0.25,), True)
    assert dump(shell.fold()) == dump(shell.state)


def test_another_number_of_values_in_a_message_is_no_estimate():
    shell = Shell(StudyDirection.MINIMIZE)
    shell.run()
    number = shell.claim().number
    shell.report(number, (1, 2.0))
    shell.do(m.AttemptEnded, number=number, attempt=1, outcome=Outcome.PRUNED, values=(0.25, 0.5))
    assert shell.state.trials[number].values == (2.0,)
