"""Trials that are no more at work: FrozenTrial, FixedTrial, and tables of them, compared with Optuna's."""

from __future__ import annotations

import copy
import pickle

import pytest

import raytune_lite as ours
from raytune_lite.distributions import CategoricalDistribution
from raytune_lite.exceptions import IncompatibleDistributionError
from raytune_lite.trial import BaseTrial, FixedTrial, Trial

optuna = pytest.importorskip("optuna")


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    n = trial.suggest_int("n", 1, 9, step=2)
    kind = trial.suggest_categorical("kind", ["a", "bb"])
    trial.set_user_attr("kind", kind)
    trial.report(x, 1)
    if trial.should_prune():
        raise ours.TrialPruned
    start = trial.load_checkpoint() or 0
    trial.save_checkpoint({"n": n}, 1)
    with trial.checkpoint_dir(2) as folder:
        (folder / "file").write_text("x")
    return x + n + len(kind) + start


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('known')}/s.db"
    made = ours.create_study(study_name="known", storage=url, sampler=ours.samplers.RandomSampler(1))
    made.optimize(objective, n_trials=4, executor="inline", show_progress_bar=False)
    yield made
    made.close()


def test_an_objective_runs_on_the_best_trial_again(study):
    best = study.best_trial
    assert objective(best) == best.value
    assert objective(copy.deepcopy(best)) == objective(pickle.loads(pickle.dumps(best))) == best.value
    best.set_user_attr("only", "here")
    assert best.user_attrs["only"] == "here"
    assert "only" not in study.best_trial.user_attrs
    assert isinstance(best, BaseTrial)
    assert issubclass(Trial, BaseTrial)
    assert best._trial_id == best.trial_id


def test_a_record_asks_for_its_own_parameters_only(study):
    best = study.best_trial
    with pytest.raises(ValueError, match=r"'other' is not found: this trial has x, n, kind"):
        best.suggest_float("other", 0, 1)
    with pytest.raises(IncompatibleDistributionError):
        best.suggest_int("x", 0, 1)
    with pytest.warns(UserWarning, match="out of the range"):
        assert best.suggest_float("x", 5, 6) == best.params["x"]
    assert best.distributions["x"].low == 5  # the newest one, as in Optuna


def test_records_are_ordered_by_number(study):
    trials = study.trials
    assert sorted([trials[2], trials[0], trials[3], trials[1]]) == trials
    assert trials[0] < trials[1] <= trials[1]
    assert not trials[1] < trials[0]
    with pytest.raises(TypeError):
        _ = trials[0] < 1


def test_a_fixed_trial_is_optunas():
    for library in (ours, optuna):
        fixed = library.trial.FixedTrial({"x": 0.5, "n": 3, "kind": "bb"})
        assert fixed.suggest_float("x", 0, 1) == 0.5
        assert fixed.suggest_categorical("kind", ["a", "bb"]) == "bb"
        assert fixed.params == {"x": 0.5, "kind": "bb"}
        assert set(fixed.distributions) == {"x", "kind"}
        assert (fixed.number, fixed.should_prune(), fixed.user_attrs) == (0, False, {})
        with pytest.raises(ValueError, match="'other' is not found"):
            fixed.suggest_int("other", 0, 1)
        fixed.set_constraint("c", 1)
        assert fixed.constraints == {"c": 1.0}
    assert objective(FixedTrial({"x": 0.5, "n": 3, "kind": "bb"}, number=4)) == 5.5
    assert fixed.distributions["kind"].choices == CategoricalDistribution(["a", "bb"]).choices


def test_the_old_names_warn():
    trial = ours.create_study().ask()
    with pytest.warns(FutureWarning, match="old name"):
        assert 1 <= trial.suggest_loguniform("a", 1, 2) <= 2
    with pytest.warns(FutureWarning, match=r"use suggest_float\(\.\.\., step=\.\.\.\)"):
        assert trial.suggest_discrete_uniform("b", 0, 1, 0.5) in (0, 0.5, 1)
    with pytest.warns(FutureWarning):
        trial.suggest_uniform("c", 0, 1)


@pytest.mark.parametrize("multi_index", [False, True])
@pytest.mark.parametrize(
    "attrs",
    [("number", "value", "params", "state"), ("state", "_trial_id", "intermediate_values", "user_attrs"), ("values",)],
)
def test_tables_have_optunas_columns_and_values(study, attrs, multi_index):
    theirs = optuna.load_study(study_name="known", storage=study.storage)
    mine = study.trials_dataframe(attrs=attrs, multi_index=multi_index)
    other = theirs.trials_dataframe(attrs=attrs, multi_index=multi_index)
    assert list(mine.columns) == list(other.columns)
    assert mine.to_dict() == other.to_dict()


def test_a_field_that_is_not_there_is_named(study):
    with pytest.raises(ValueError, match="attrs must name fields of FrozenTrial, got 'loss'"):
        study.trials_dataframe(attrs=("number", "loss"))
    with pytest.raises(TypeError, match="multi_index"):
        study.trials_dataframe(multi_index="yes")
