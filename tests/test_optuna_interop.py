"""One file, two programs. Oracle: optuna 5.0.0 reading, continuing and making studies in the same SQLite file."""

from __future__ import annotations

from contextlib import closing

import pytest

import raytune_lite
from raytune_lite.exceptions import IncompatibleDistributionError
from raytune_lite.pruners import ASHAPruner
from raytune_lite.samplers import GridSampler, RandomSampler
from raytune_lite.trial import TrialState

optuna = pytest.importorskip("optuna")
optuna.logging.set_verbosity(optuna.logging.ERROR)
pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def objective(trial):
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    layers = trial.suggest_int("layers", 1, 9, step=2)
    width = trial.suggest_int("width", 1, 512, log=True)
    kind = trial.suggest_categorical("kind", ["svm", None, 3, 0.5, True])
    if kind == "svm":
        trial.suggest_float("c", 0, 1, step=0.25)
    trial.set_user_attr("note", {"kind": kind, "n": [trial.number]})
    for epoch in range(1, 10):
        value = (lr - 0.01) ** 2 + layers / 9 + width / 512 + 1 / epoch
        trial.report(value, epoch)
        if trial.should_prune():
            raise raytune_lite.TrialPruned
    if trial.number % 5 == 4:
        raise ArithmeticError("planned")
    return value


def same_trials(ours, theirs, open_states=()):
    assert [t.number for t in ours] == [t.number for t in theirs]
    for mine, its in zip(ours, theirs, strict=True):
        if mine.state.name not in open_states:
            assert mine.state.name == its.state.name
        assert repr(None if mine.values is None else list(mine.values)) == repr(its.values)
        assert repr(dict(mine.params)) == repr(its.params)
        assert repr(sorted(mine.intermediate_values.items())) == repr(sorted(its.intermediate_values.items()))
        assert dict(mine.user_attrs) == its.user_attrs
        assert dict(mine.system_attrs) == its.system_attrs
        assert (mine.datetime_start, mine.datetime_complete) == (its.datetime_start, its.datetime_complete)
        for name, dist in its.distributions.items():
            assert type(mine.distributions[name]).__name__ == type(dist).__name__
            assert {k: getattr(mine.distributions[name], k) for k in dist._asdict()} == dist._asdict()


@pytest.fixture
def finished(storage):
    pruner = ASHAPruner(1, 9, 3)
    settings = {"sampler": RandomSampler(3), "pruner": pruner}
    with closing(raytune_lite.create_study(study_name="s", storage=storage, **settings)) as s:
        s.enqueue_trial({"kind": "svm", "c": 0.25})
        s.optimize(objective, n_trials=24, catch=ArithmeticError, executor="inline")
        yield s


def test_optuna_reads_our_study_as_we_do(finished, storage):
    theirs = optuna.load_study(study_name="s", storage=storage)
    states = {t.state.name for t in finished.trials}
    assert {"COMPLETE", "PRUNED"} <= states
    same_trials(finished.trials, theirs.trials)
    assert theirs.best_trial.number == finished.best_trial.number
    assert theirs.best_value == finished.best_value
    assert theirs.best_params == finished.best_params
    assert theirs.direction.name == "MINIMIZE"
    frame = theirs.trials_dataframe()
    assert len(frame) == 24


def test_an_unfinished_study_of_ours_is_running_to_optuna(storage):
    pruner = ASHAPruner(1, 9, 3)
    with closing(raytune_lite.create_study(study_name="s", storage=storage, pruner=pruner)) as study:

        def interrupted(trial):
            if trial.number == 2:
                raise KeyboardInterrupt
            trial.report(float(trial.number), 1)
            if trial.should_prune():
                raise raytune_lite.TrialPruned
            return 0.0

        with pytest.raises(KeyboardInterrupt):
            study.optimize(interrupted, n_trials=3, executor="inline")
        study.enqueue_trial({})
        assert [t.state.name for t in study.trials] == ["PAUSED", "PAUSED", "WAITING", "WAITING"]
        theirs = optuna.load_study(study_name="s", storage=storage)
        assert [t.state.name for t in theirs.trials] == ["RUNNING", "RUNNING", "RUNNING", "WAITING"]


def test_optuna_continues_our_study_and_we_go_on_after_it(finished, storage):
    finished.close()
    theirs = optuna.load_study(study_name="s", storage=storage, sampler=optuna.samplers.RandomSampler(seed=0))
    theirs.optimize(lambda t: -5.0 + t.suggest_float("lr", 1e-5, 1e-1, log=True), n_trials=3)
    theirs.enqueue_trial({"kind": "svm", "c": 0.5})
    with closing(raytune_lite.load_study(study_name="s", storage=storage)) as study:
        same_trials(study.trials, theirs.trials)
        assert study.best_trial.number in (24, 25, 26)
        assert study.best_trial.number == theirs.best_trial.number
        study.optimize(objective, n_trials=3, catch=ArithmeticError, executor="inline")
        assert [t.number for t in study.trials] == list(range(30))
        assert study.trials[27].params["c"] == 0.5  # what optuna had enqueued
        same_trials(study.trials, optuna.load_study(study_name="s", storage=storage).trials)
        assert study.best_trial.number == theirs.best_trial.number


def test_our_sampler_of_all_sees_foreign_trials_and_refuses_foreign_kinds(finished, storage):
    finished.close()
    with closing(raytune_lite.load_study(study_name="s", storage=storage)) as study:
        with pytest.raises(IncompatibleDistributionError, match="'lr'"):
            study.optimize(lambda t: t.suggest_int("lr", 1, 2), n_trials=1, executor="inline")
        assert study.trials[-1].state is TrialState.FAIL


def optunas_study(storage, **settings):
    """A study with every state optuna has."""
    sampler = optuna.samplers.RandomSampler(seed=1)
    study = optuna.create_study(study_name="o", storage=storage, sampler=sampler, **settings)

    def theirs(trial):
        x = trial.suggest_float("x", 0, 1)
        trial.suggest_categorical("c", ["a", None, 2])
        trial.report(x, 1)
        trial.report(float("nan"), 2)
        trial.set_user_attr("u", [1])
        if trial.number == 1:
            raise optuna.TrialPruned
        if trial.number == 2:
            raise ValueError
        return x if trial.number != 3 else float("inf")

    study.optimize(theirs, n_trials=5, catch=ValueError)
    zombie = study.ask()
    zombie.suggest_float("x", 0, 1)
    study.enqueue_trial({"x": 0.125}, user_attrs={"mine": True})
    study.set_user_attr("s", 1)
    return study


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_we_open_and_continue_a_study_that_optuna_made(storage, direction):
    theirs = optunas_study(storage, direction=direction)
    with closing(raytune_lite.load_study(study_name="o", storage=storage, sampler=RandomSampler(0))) as study:
        same_trials(study.trials, theirs.trials)
        found = " ".join(t.state.name for t in study.trials)
        assert found == "COMPLETE PRUNED FAIL COMPLETE COMPLETE RUNNING WAITING"
        assert study.user_attrs == {"s": 1}
        assert study.direction.name == direction.upper()
        assert study.best_trial.number == theirs.best_trial.number
        study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=3, executor="inline")
        again = optuna.load_study(study_name="o", storage=storage)
        same_trials(study.trials, again.trials)
        assert [t.state.name for t in study.trials[5:]] == ["RUNNING", *["COMPLETE"] * 3]
        assert study.trials[6].params == {"x": 0.125}
        assert study.trials[6].user_attrs == {"mine": True}
        assert study.best_trial.number == again.best_trial.number
        study.optimize(lambda t: 0.5, max_trials=9, executor="inline")
        # five finished ones of optuna's, three of ours: the zombie is not counted, so one may still start
        assert len(study.trials) == 10


def test_a_zombie_that_optuna_finishes_later_is_taken_in(storage):
    theirs = optuna.create_study(study_name="o", storage=storage)
    zombie = theirs.ask()
    with closing(raytune_lite.load_study(study_name="o", storage=storage)) as study:
        study.optimize(lambda t: 1.0, n_trials=1, executor="inline")
        theirs.tell(zombie, -1.0)
        assert study.best_trial.number == 0
        study.optimize(lambda t: 2.0, n_trials=1, executor="inline")
        assert [t.value for t in study.trials] == [-1.0, 1.0, 2.0]
        assert study.best_trial.number == optuna.load_study(study_name="o", storage=storage).best_trial.number == 0


def test_a_study_of_optuna_with_several_objectives(storage):
    theirs = optuna.create_study(study_name="m", storage=storage, directions=["minimize", "maximize"])
    points = [(0, 0), (1, 1), (2, 1), (0, 2)]
    theirs.optimize(lambda t: points[t.number], n_trials=4)
    with closing(raytune_lite.load_study(study_name="m", storage=storage)) as study:
        assert [t.number for t in study.best_trials] == [t.number for t in theirs.best_trials]
        study.optimize(lambda t: (-1, 5), n_trials=1, executor="inline")
        again = optuna.load_study(study_name="m", storage=storage)
        assert [t.number for t in study.best_trials] == [t.number for t in again.best_trials] == [4]


def test_a_grid_goes_on_where_optuna_left_it(storage):
    """Cells that optuna has decided are not run again."""
    theirs = optuna.create_study(study_name="g", storage=storage)
    for x in (1, 3):
        theirs.enqueue_trial({"x": x, "y": "a"})

    def on_grid(trial):
        return trial.suggest_int("x", 1, 3) + len(trial.suggest_categorical("y", ["a", "b"]))

    theirs.optimize(on_grid, n_trials=2)
    sampler = GridSampler({"x": [1, 2, 3], "y": ["a", "b"]}, seed=0)
    with closing(raytune_lite.load_study(study_name="g", storage=storage, sampler=sampler)) as study:
        study.optimize(on_grid, executor="inline")
        cells = [tuple(t.params.values()) for t in study.trials]
        assert len(cells) == len(set(cells)) == 6


def test_constraints_are_the_same_to_both(storage):
    """Oracle: optuna 5.0's Trial.constraints, best_trial and best_trials."""

    def constrained(trial):
        x = trial.suggest_float("x", 0, 1)
        trial.set_constraint("left", x - 0.6)
        trial.set_constraint("right", 0.2 - x)
        with pytest.warns(UserWarning, match="set already"):
            trial.set_constraint("left", -5.0)
        return x

    with closing(raytune_lite.create_study(study_name="s", storage=storage, sampler=RandomSampler(0))) as study:
        study.optimize(constrained, n_trials=12, executor="inline")
        theirs = optuna.load_study(study_name="s", storage=storage)
        assert [dict(t.constraints) for t in study.trials] == [t.constraints for t in theirs.trials]
        assert 0 < sum(trial.is_feasible for trial in study.trials) < 12
        assert study.best_trial.number == theirs.best_trial.number
        assert min(t.value for t in study.trials) < study.best_value
        assert [t.number for t in study.best_trials] == [t.number for t in theirs.best_trials]
        with pytest.raises(ValueError, match=r"constraint 'c' must be a number, got nan"):
            study.ask().set_constraint("c", float("nan"))
    with closing(raytune_lite.create_study(study_name="none")) as study:
        study.optimize(lambda t: t.set_constraint("c", 1) or 1.0, n_trials=1, executor="inline")
        with pytest.raises(ValueError, match="none of its COMPLETE trials meets its constraints"):
            _ = study.best_trial
