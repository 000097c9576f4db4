"""Trials that are no more at work: FrozenTrial, FixedTrial, and tables of them, compared with Optuna's."""

from __future__ import annotations

import copy
import pickle
import warnings

import pytest

import raytune_lite as ours
from raytune_lite.distributions import CategoricalDistribution
from raytune_lite.exceptions import IncompatibleDistributionError
from raytune_lite.trial import BaseTrial, FixedTrial, Trial, TrialState

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
        assert fixed.datetime_start is not None
    assert objective(FixedTrial({"x": 0.5, "n": 3, "kind": "bb"}, number=4)) == 5.5
    assert fixed.distributions["kind"].choices == CategoricalDistribution(["a", "bb"]).choices


def made(library, **changes):
    """A record that a user makes."""
    given = {
        "value": 0.5, "params": {"x": 0.25}, "distributions": {"x": library.distributions.FloatDistribution(0, 1)},
    } | changes  # fmt: skip
    return library.trial.create_trial(**given)


def test_a_record_may_be_changed_as_optunas():
    seen = []
    for library in (ours, optuna):
        trial = made(library)
        other = copy.copy(trial)
        other.value = 0.75
        assert (trial.values, other.values, trial == other) == ([0.5], [0.75], False)
        other.values = (1.0, 2.0)
        assert other.values == [1.0, 2.0]
        with pytest.raises(RuntimeError):
            other.value = 1.0
        other.number, other.params, other.user_attrs = 7, {"x": 0.5}, {"a": 1}
        assert pickle.loads(pickle.dumps(other)).values == [1.0, 2.0]
        seen.append((other.number, other.suggest_float("x", 0, 1), other.user_attrs, trial.number, trial.params))
    assert seen[0] == seen[1]


def test_what_is_changed_is_the_record_and_not_the_study(study):
    for read in (lambda: study.best_trial, lambda: study.trials[0], lambda: study.get_trials()[0]):
        trial, before = read(), read()
        trial.value, trial.state, trial.params = 99.0, TrialState.FAIL, {}
        trial.user_attrs["new"] = 1
        assert read() == before != trial


def test_a_record_is_made_by_position_as_optunas():
    for library in (ours, optuna):
        state = library.trial.TrialState.PRUNED
        trial = library.trial.FrozenTrial(3, state, 0.5, None, None, {"x": 1}, {}, {"u": 1}, {"s": 2}, {4: 0.1}, 9)
        assert (trial.number, trial.value, trial.params, trial.user_attrs) == (3, 0.5, {"x": 1}, {"u": 1})
        assert (trial.system_attrs, trial.intermediate_values, trial._trial_id) == ({"s": 2}, {4: 0.1}, 9)
        with pytest.raises(ValueError, match=r"value|both"):
            library.trial.FrozenTrial(3, state, 0.5, None, None, {}, {}, {}, {}, {}, 9, values=[0.5])


@pytest.mark.parametrize("name", ["COMPLETE", "PRUNED", "FAIL", "RUNNING", "WAITING"])
def test_a_record_that_is_made_has_optunas_dates_and_checks(name):
    for library in (ours, optuna):
        state = library.trial.TrialState[name]
        trial = made(library, state=state, value=0.5 if name == "COMPLETE" else None)
        assert (trial.datetime_start is None) == (name == "WAITING")
        assert (trial.datetime_complete is None) == (name in ("RUNNING", "WAITING"))
        trial._validate()
        trial.datetime_start = None if name != "WAITING" else trial.datetime_start
        if name != "WAITING":
            with pytest.raises(ValueError, match="datetime_start"):
                trial._validate()


def test_constraints_of_a_record_are_optunas_in_both_formats():
    attrs = {"constraints": [1.0, 2.0], "constraints:0": 3.0, "constraints:cost": -1.0}
    for library in (ours, optuna):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert made(library, system_attrs=attrs).constraints == {"0": 3.0, "1": 2.0, "cost": -1.0}
        trial = made(library, constraints={"a": 1, "b": -2.5})
        assert trial.constraints == {"a": 1.0, "b": -2.5}
        with pytest.warns(UserWarning, match="already"):
            trial.set_constraint("a", 5.0)
        assert trial.constraints["a"] == 1.0
        with pytest.raises(ValueError, match=r"(?i)nan"):
            made(library, constraints={"a": float("nan")})
        with pytest.raises(TypeError):
            made(library, constraints={"a": "much"})


def test_a_waiting_trial_that_is_added_runs_next():
    for library in (ours, optuna):
        study = library.create_study()
        state = library.trial.TrialState.WAITING
        fixed = {"fixed_params": {"x": 0.125}}
        study.add_trial(made(library, state=state, value=None, params={}, distributions={}, system_attrs=fixed))
        assert study.trials[0].state == state
        trial = study.ask()
        assert (trial.number, trial.suggest_float("x", 0, 1)) == (0, 0.125)


def test_no_trials_are_none():
    for library, more in ((ours, {"executor": "inline"}), (optuna, {})):
        study = library.create_study()
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2, **more)
        calls = []
        study.optimize(calls.append, n_trials=max(0, 2 - len(study.trials)), **more)
        assert (len(study.trials), calls) == (2, [])


def test_no_new_trials_still_finish_an_interrupted_one(tmp_path):
    url = f"sqlite:///{tmp_path}/s.db"
    study = ours.create_study(study_name="s", storage=url)

    def interrupted(trial):
        trial.suggest_float("x", 0, 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study.optimize(interrupted, n_trials=1, executor="inline")
    assert not study.trials[0].state.is_finished()
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=0, executor="inline")
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE]


def test_a_study_has_the_private_names_that_libraries_use():
    for library in (ours, optuna):
        study = library.create_study(directions=["minimize", "maximize"], study_name="private")
        assert study._is_multi_objective()
        assert study._get_trials(deepcopy=False) == []
        assert [each.study_name for each in library.study.get_all_study_summaries(study._storage)] == ["private"]
        assert not library.create_study()._is_multi_objective()


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


def test_trials_of_optunas_are_added():
    theirs = optuna.create_study(directions=["minimize", "maximize"])
    theirs.optimize(lambda t: (t.suggest_float("x", 0, 1), t.suggest_categorical("c", [0, 1, True])), n_trials=3)
    theirs.ask()
    study = ours.create_study(directions=["minimize", "maximize"])
    study.add_trials(theirs.get_trials(states=[optuna.trial.TrialState.COMPLETE]))
    study.add_trial(optuna.trial.create_trial(state=optuna.trial.TrialState.FAIL))
    study.add_trial(
        optuna.trial.create_trial(
            state=optuna.trial.TrialState.WAITING, system_attrs={"fixed_params": {"x": 0.25}, "failed_trial": 3}
        )
    )
    assert [(t.params, t.values) for t in study.trials[:3]] == [(t.params, t.values) for t in theirs.trials[:3]]
    assert all(isinstance(d, ours.distributions.BaseDistribution) for d in study.trials[0].distributions.values())
    assert study.trials[3].state is ours.trial.TrialState.FAIL
    assert study.trials[4].system_attrs == {"failed_trial": 3, "fixed_params": {"x": 0.25}}
    assert study.ask().suggest_float("x", 0, 1) == 0.25
    assert study.trials[4].system_attrs["failed_trial"] == 3  # a retry that Optuna's callback made
    study.add_trial(theirs.trials[3])
    assert study.trials[-1].state is ours.trial.TrialState.RUNNING
