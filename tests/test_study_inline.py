"""A study in this process: the same scripts on optuna and on us, then what only we have."""

from __future__ import annotations

import gc
import math
import tempfile
import threading
import time
import warnings
from contextlib import closing
from pathlib import Path

import pytest

import raytune_lite
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.exceptions import StudyBusyError, StudyNotFoundError
from raytune_lite.pruners import ASHAPruner
from raytune_lite.report.check import damages
from raytune_lite.runtime.inline import LocalStudy
from raytune_lite.samplers import GridSampler, RandomSampler
from raytune_lite.storages import Repository
from raytune_lite.trial import TrialState

optuna = pytest.importorskip("optuna")
optuna.logging.set_verbosity(optuna.logging.ERROR)
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL


class Ours:
    """raytune_lite under optuna's name, with inline execution."""

    def __getattr__(self, name):
        return getattr(raytune_lite, name)

    @staticmethod
    def optimize(study, objective, **settings):
        study.optimize(objective, executor="inline", **settings)


class Theirs(Ours):
    def __getattr__(self, name):
        return {"TrialState": optuna.trial.TrialState, "create_trial": optuna.trial.create_trial}.get(
            name, getattr(optuna, name, None)
        )

    @staticmethod
    def optimize(study, objective, **settings):
        study.optimize(objective, **settings)


def both(script):
    """What a script finds, on optuna and on us; an exception is its type."""

    def run(library):
        try:
            return script(library)
        except Exception as error:  # noqa: BLE001  (whatever it is, both must raise it)
            return next(base for base in (ValueError, RuntimeError, NotImplementedError, KeyError, TypeError, Exception)
                        if isinstance(error, base))  # fmt: skip

    return run(Theirs()), run(Ours())


def rows(study):
    return [
        (
            t.number, t.state.name, None if t.values is None else list(t.values), dict(t.params),
            dict(t.intermediate_values), dict(t.user_attrs), t.last_step,
        )
        for t in study.trials
    ]  # fmt: skip


# --- the same script on optuna 5.0 and on us ---------------------------------------------------------------------


def script_ask_tell(o):
    study = o.create_study()
    for value in (3.0, 1.0, 2.0):
        trial = study.ask()
        trial.suggest_categorical("c", [7])
        trial.set_user_attr("v", value)
        study.tell(trial, value)
    return rows(study), study.best_value, study.best_trial.number, study.best_params


def script_tell_by_number(o):
    study = o.create_study()
    number = study.ask().number
    return study.tell(number, 1.0).state.name, rows(study)


def script_tell_states(o):
    study = o.create_study()
    for state in ("PRUNED", "FAIL"):
        trial = study.ask()
        trial.report(0.5, 3)
        trial.report(0.25, 1)
        study.tell(trial, state=o.TrialState[state])
    study.tell(study.ask())
    study.tell(study.ask(), math.nan)
    study.tell(study.ask(), [1.0])
    study.tell(study.ask(), [1.0, 2.0])
    study.tell(study.ask(), None)
    study.tell(study.ask(), math.inf)
    return rows(study)


def script_tell_twice(o):
    study = o.create_study()
    trial = study.ask()
    study.tell(trial, 1.0)
    again = study.tell(trial, 2.0, skip_if_finished=True)
    first = (again.state.name, list(again.values))
    with pytest.raises(ValueError, match=r"."):
        study.tell(trial, 2.0)
    return first, rows(study)


def script_tell_unknown(o):
    return o.create_study().tell(5, 1.0)


def script_tell_complete_without_value(o):
    study = o.create_study()
    trial = study.ask()
    for bad in (None, math.nan, [1.0, 2.0]):
        with pytest.raises(ValueError, match=r"."):
            study.tell(trial, bad, state=o.TrialState.COMPLETE)
    with pytest.raises(ValueError, match=r"."):
        study.tell(trial, 1.0, state=o.TrialState.PRUNED)
    study.tell(trial, 1.0, state=o.TrialState.COMPLETE)
    return rows(study)


def script_tell_running(o):
    study = o.create_study()
    return study.tell(study.ask(), state=o.TrialState.RUNNING)


def script_ask_fixed_distributions(o):
    study = o.create_study()
    trial = study.ask({"x": o.distributions.FloatDistribution(0.5, 0.5)})
    study.tell(trial, 1.0)
    return rows(study), trial.params


def script_repeated_names_and_steps(o):
    study = o.create_study()

    def objective(trial):
        trial.report(1.0, 0)
        trial.report(2.0, 0)
        first = trial.suggest_categorical("c", ["a"])
        assert trial.suggest_categorical("c", ["a"]) == first
        assert trial.params == {"c": "a"}
        return 1

    o.optimize(study, objective, n_trials=1)
    return rows(study)


def script_catch(o):
    study = o.create_study()

    def objective(trial):
        if trial.number == 1:
            raise KeyError("k")
        if trial.number == 3:
            raise ArithmeticError
        return 0.0

    with pytest.raises(ArithmeticError):
        o.optimize(study, objective, n_trials=9, catch=KeyError)
    return rows(study)


def script_pruned(o):
    study = o.create_study()

    def objective(trial):
        for step in range(trial.number):
            trial.report(step + 0.5, step)
        raise o.TrialPruned

    o.optimize(study, objective, n_trials=3)
    return rows(study)


def script_nothing_is_best(o):
    study = o.create_study()
    o.optimize(study, lambda t: math.nan, n_trials=1)
    return study.best_trial


def script_enqueue(o):
    study = o.create_study()
    study.enqueue_trial({"x": 0.25}, user_attrs={"why": "me"})
    study.enqueue_trial({"x": 0.5})
    study.enqueue_trial({"x": 0.5}, skip_if_exists=True)
    waiting = [t.state.name for t in study.trials]
    o.optimize(study, lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    study.enqueue_trial({"x": 0.5}, skip_if_exists=True)
    return waiting, rows(study)


def script_callbacks_and_stop(o):
    study, seen = o.create_study(), []

    def after(study, trial):
        seen.append((trial.number, trial.state.name, len(study.trials)))
        if trial.number == 2:
            study.stop()

    o.optimize(study, lambda t: 1.0 if t.number else math.nan, n_trials=10, callbacks=[after])
    return seen, len(study.trials)


def script_stop_in_the_objective(o):
    study = o.create_study()

    def objective(trial):
        study.stop()
        return 1.0

    o.optimize(study, objective, n_trials=10)
    return len(study.trials)


def script_stop_outside(o):
    return o.create_study().stop()


def script_add_trials(o):
    study = o.create_study(direction="maximize")
    dists = {"x": o.distributions.FloatDistribution(0, 1), "c": o.distributions.CategoricalDistribution(["a", None])}
    study.add_trial(o.create_trial(value=1.0, params={"x": 0.5, "c": None}, distributions=dists))
    study.add_trials([
        o.create_trial(state=o.TrialState.PRUNED, intermediate_values={1: 0.5, 2: 0.75}),
        o.create_trial(state=o.TrialState.FAIL, user_attrs={"a": [1]}),
    ])  # fmt: skip
    other = o.create_study()
    other.add_trials(study.trials)
    o.optimize(study, lambda t: t.suggest_float("x", 1, 1), n_trials=1)
    return rows(study), rows(other), study.best_trial.number


def script_add_trial_of_other_arity(o):
    o.create_study().add_trial(o.create_trial(values=[1.0, 2.0]))


def script_add_trial_with_another_kind_of_parameter(o):
    study = o.create_study(storage=f"sqlite:///{tempfile.mkdtemp()}/study.db")  # optuna's other storages let it pass
    for dist in (o.distributions.FloatDistribution(0, 1), o.distributions.IntDistribution(0, 1)):
        study.add_trial(o.create_trial(value=1.0, params={"x": 1}, distributions={"x": dist}))


def script_best_of_equals(o):
    study = o.create_study()
    for value in (2.0, 1.0, 1.0):
        study.tell(study.ask(), value)
    return study.best_trial.number


def script_multi_objective(o):
    study = o.create_study(directions=["minimize", "maximize"])
    points = [(0, 0), (1, 1), (2, 1), (1, 1), (0.5, -1), (-1, -5), (3, 9), (math.inf, 9)]
    o.optimize(study, lambda t: points[t.number], n_trials=len(points))
    o.optimize(study, lambda t: 1.0, n_trials=1)
    front = [t.number for t in study.best_trials]
    for name in ("best_trial", "best_value", "best_params", "direction"):
        with pytest.raises(RuntimeError):
            getattr(study, name)
    return front, [d.name for d in study.directions], rows(study)


def script_study_attributes(o):
    study = o.create_study(study_name="n")
    study.set_user_attr("a", {"b": [1, None]})
    study.set_user_attr("a", 2)
    return study.user_attrs, study.study_name, study.direction.name


def script_get_trials(o):
    study = o.create_study()
    o.optimize(study, lambda t: 1.0 if t.number else math.nan, n_trials=3)
    return [t.number for t in study.get_trials(states=(o.TrialState.COMPLETE,))], len(study.get_trials(deepcopy=False))


SCRIPTS = [script for name, script in sorted(globals().items()) if name.startswith("script_")]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.__name__.removeprefix("script_"))
def test_the_same_script_finds_the_same_on_optuna(script):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = both(script)
    assert repr(ours) == repr(theirs)


# --- create, load, delete ----------------------------------------------------------------------------------------


@pytest.fixture
def study(storage):
    with closing(raytune_lite.create_study(study_name="s", storage=storage, sampler=RandomSampler(0))) as made:
        yield made


def run(study, objective=lambda t: t.suggest_float("x", 0, 1), **settings):
    study.optimize(objective, executor="inline", **settings)


def states(study):
    return [t.state.name for t in study.trials]


def test_studies_are_made_listed_loaded_and_deleted(storage):
    for name in ("a", "b'; DROP TABLE studies; --", "../c"):
        with closing(raytune_lite.create_study(study_name=name, storage=storage)) as made:
            run(made, n_trials=1)
    assert raytune_lite.get_all_study_names(storage) == ["a", "b'; DROP TABLE studies; --", "../c"]
    with pytest.raises(ValueError, match="the storage holds 3 studies"):
        raytune_lite.load_study(storage=storage)
    for name in ("a", "../c"):
        raytune_lite.delete_study(study_name=name, storage=storage)
    with closing(raytune_lite.load_study(storage=storage)) as loaded:
        assert states(loaded) == ["COMPLETE"]
    with pytest.raises(StudyNotFoundError):
        raytune_lite.load_study(study_name="a", storage=storage)


def test_load_if_exists_goes_on_where_the_study_was(storage):
    values = []
    for _ in range(2):
        with closing(raytune_lite.create_study(study_name="s", storage=storage, load_if_exists=True)) as study:
            run(study, n_trials=2)
            values += [t.params["x"] for t in study.trials]
    assert values[:2] == values[2:4]
    assert len(set(values)) == 4


def test_the_same_seed_gives_the_same_trials(storage, tmp_path):
    found = []
    for name in ("a", "b"):
        url = f"sqlite:///{tmp_path}/{name}.db"
        with closing(raytune_lite.create_study(storage=url, sampler=RandomSampler(7))) as s:
            run(s, lambda t: t.suggest_float("x", 0, 1) + t.suggest_int("k", 1, 9), n_trials=4)
            found.append([dict(t.params) for t in s.trials])
    assert found[0] == found[1]


def test_a_study_without_storage_lives_as_long_as_its_object():
    study = raytune_lite.create_study()
    run(study, n_trials=2)
    path = study._repository.path
    assert states(study) == ["COMPLETE"] * 2
    study.close()
    del study
    gc.collect()
    assert not Path(path).exists()


def test_two_objects_of_one_study_do_not_run_it_at_once(study, storage):
    study.enqueue_trial({"x": 0.5})
    study.ask()
    with closing(raytune_lite.load_study(study_name="s", storage=storage)) as other:
        with pytest.raises(StudyBusyError, match="Stop that process, or add trials"):
            run(other, n_trials=1)
        assert states(other) == ["RUNNING"]  # reading is free
        study.close()
        run(other, n_trials=1)
        assert other.trials[0].params == {"x": 0.5}


def test_who_only_enqueued_a_trial_keeps_nobody_off_the_study_and_may_enqueue_more(study, storage):
    study.enqueue_trial({"x": 0.5})
    with closing(raytune_lite.load_study(study_name="s", storage=storage)) as other:
        run(other, n_trials=1)
        assert [trial.params for trial in other.trials] == [{"x": 0.5}]
        study.enqueue_trial({"x": 0.25})
        run(other, n_trials=1)
        assert [trial.params for trial in other.trials] == [{"x": 0.5}, {"x": 0.25}]


def test_a_trial_that_another_thread_enqueues_while_a_run_begins_belongs_to_the_run(study, monkeypatch):
    begins, opened = threading.Event(), []
    open_local = LocalStudy.__init__

    def slow(self, config, *arguments, **options):
        opened.append(config.n_trials)
        begins.set()
        time.sleep(0.5)  # meanwhile the other thread enqueues
        open_local(self, config, *arguments, **options)

    monkeypatch.setattr(LocalStudy, "__init__", slow)
    errors = []

    def enqueue():
        begins.wait(10)
        try:
            study.enqueue_trial({"x": 0.5})
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    thread = threading.Thread(target=enqueue)
    thread.start()

    def objective(trial):
        thread.join(10)
        return trial.suggest_float("x", 0, 1)

    run(study, objective, n_trials=2)
    assert errors == []
    assert opened == [2]  # no other session
    assert study.trials[1].params == {"x": 0.5}


def test_a_study_that_nobody_holds_is_given_back(storage):
    study = raytune_lite.create_study(study_name="s", storage=storage)
    study.enqueue_trial({"x": 0.5})
    del study
    gc.collect()
    with closing(raytune_lite.load_study(study_name="s", storage=storage)) as other:
        run(other, n_trials=1)
        assert states(other) == ["COMPLETE"]


# --- budgets -----------------------------------------------------------------------------------------------------


def test_max_trials_makes_the_same_command_repeatable(study):
    for expected in (3, 3):
        run(study, n_trials=None, max_trials=3)
        assert len(study.trials) == expected
    run(study, n_trials=10, max_trials=4)
    assert len(study.trials) == 4
    run(study, n_trials=2)
    assert len(study.trials) == 6


def test_timeout_starts_nothing_new_after_it(study):
    begun = time.monotonic()
    run(study, lambda t: time.sleep(0.05) or 0.0, timeout=0.2)
    assert time.monotonic() - begun < 5
    assert 1 <= len(study.trials) <= 5
    assert set(states(study)) == {"COMPLETE"}


def test_a_keyboard_interrupt_keeps_the_trial_for_the_next_run(study):
    calls = []

    def objective(trial):
        calls.append((trial.number, trial.attempt))
        x = trial.suggest_float("x", 0, 1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt):
        run(study, objective, n_trials=3)
    interrupted = study.trials[1]
    assert interrupted.state is TrialState.WAITING
    run(study, objective, max_trials=3)
    assert calls == [(0, 1), (1, 1), (1, 2), (2, 1)]
    assert study.trials[1].params == interrupted.params
    assert states(study) == ["COMPLETE"] * 3


def test_an_exception_is_retried_as_often_as_the_policy_says(study):
    calls = []

    def objective(trial):
        calls.append(trial.attempt)
        if trial.attempt < 3:
            raise OSError("flaky")
        return 1.0

    run(study, objective, n_trials=1, retries=RetryPolicy(exception=2))
    assert (calls, states(study)) == ([1, 2, 3], ["COMPLETE"])
    with pytest.raises(OSError, match="flaky"):
        run(study, lambda t: objective(type("T", (), {"attempt": 0})()), n_trials=1, retries=RetryPolicy(exception=1))
    assert states(study)[-1] == "FAIL"


def test_a_run_leaves_a_trial_that_ask_gave_away_to_whoever_has_it(study):
    asked = study.ask()
    x = asked.suggest_float("x", 0, 1)
    for _ in range(2):
        run(study, n_trials=1)
    assert [(t.state.name, t.attempt) for t in study.trials] == [("WAITING", 1), ("COMPLETE", 1), ("COMPLETE", 1)]
    told = study.tell(asked, 0.5)
    assert (told.state.name, told.value, told.params, told.attempt) == ("COMPLETE", 0.5, {"x": x}, 1)
    assert list(damages(study)) == []


def test_an_asked_trial_that_nobody_can_tell_any_more_goes_on_in_the_next_run(study):
    x = study.ask().suggest_float("x", 0, 1)
    study.close()
    run(study, n_trials=1)
    assert [(t.attempt, t.params.get("x") == x) for t in study.trials] == [(2, True), (1, False)]
    with pytest.raises(ValueError, match="cannot tell trial 0: it is COMPLETE"):
        study.tell(0, 1.0)


# --- ASHA, checkpoints, grids ------------------------------------------------------------------------------------


def test_promotion_resumes_from_the_checkpoint_of_the_rung(storage):
    log = []

    def objective(trial):
        state = trial.load_checkpoint() or {"epoch": 0, "seen": []}
        log.append((trial.number, trial.attempt, trial.resumed_from_step))
        assert trial.resumed_from_step == (state["epoch"] or None)
        x = trial.suggest_float("x", 0, 1)
        for epoch in range(state["epoch"] + 1, 10):
            state = {"epoch": epoch, "seen": [*state["seen"], epoch]}
            trial.report(x + 1 / epoch, epoch)
            trial.save_checkpoint(state, step=epoch)
            if trial.should_prune():
                raise raytune_lite.TrialPruned
        assert state["seen"] == list(range(1, 10))
        return x

    settings = {"sampler": RandomSampler(1), "pruner": ASHAPruner(1, 9, 3)}
    with closing(raytune_lite.create_study(study_name="s", storage=storage, **settings)) as s:
        run(s, objective, n_trials=9)
        assert len(s.trials) == 9
        assert all(t.state in (COMPLETE, PRUNED) for t in s.trials)
        for trial in s.trials:  # no step was run twice, none was lost
            assert list(trial.intermediate_values) == list(range(1, (trial.last_step or 0) + 1))
        repository = Repository.open(storage)
        record = repository.load_study("s")
        attempts = repository.attempts(record)
        assert [(a.number, a.attempt, a.resumed_step) for a in attempts] == sorted(log)
        assert {step for _, _, step in log} == {None, 1, 3}
        assert {r.level for r in repository.rungs(record) if r.promoted} == {1, 3}
        [(best, ref)] = repository.checkpoints(record)
        assert (best, ref.step) == (s.best_trial.number, 9)
        # on disk there is what the database says, and no more
        root = Path(f"{s._repository.path}.checkpoints", f"study-{record.study_id}-{int(record.created * 1e6):x}")
        assert [p.relative_to(root).as_posix() for p in root.rglob("step-*") if p.is_dir()] == [ref.uri]
        repository.close()


def test_a_grid_with_failures_has_each_cell_done_once(storage):
    failed = set()

    def objective(trial):
        cell = (trial.suggest_int("x", 1, 3), trial.suggest_categorical("y", ["a", "b", "c", None]))
        if trial.number % 3 == 0 and cell not in failed:
            failed.add(cell)
            raise OSError
        return 1.0

    sampler = GridSampler({"x": [1, 2, 3], "y": ["a", "b", "c", None]}, seed=0)
    with closing(raytune_lite.create_study(study_name="s", storage=storage, sampler=sampler)) as study:
        study.enqueue_trial({"x": 2, "y": None})
        run(study, objective, n_trials=5, catch=OSError)
        run(study, objective, catch=OSError)
        done = [tuple(t.params.values()) for t in study.trials if t.state is COMPLETE]
        assert len(done) == len(set(done)) == 12
        assert failed
        assert len(study.trials) == 12 + len(failed)
        before = len(study.trials)
        run(study, objective)  # a study with nothing left to do ends at once
        assert len(study.trials) == before
        with pytest.raises(RuntimeError, match="nothing left to ask for: its grid is exhausted"):
            study.ask()
        repository = Repository.open(storage)
        cells = repository.cells(repository.load_study("s"))
        assert {c.state for c in cells} == {"done"}
        assert len(cells) == 12
        repository.close()


def test_a_constrained_script_of_optuna_runs_unchanged_with_its_own_pareto_front():
    """Oracle: optuna 5.0 on the same trials, random integer points with many ties."""
    import random

    rng = random.Random(0)
    points = [(rng.randrange(4), rng.randrange(4), rng.randrange(3)) for _ in range(40)]
    directions = ["minimize", "maximize", "minimize"]
    fronts = []
    for library in (Theirs(), Ours()):
        study = library.create_study(directions=directions)
        library.optimize(study, lambda t: points[t.number], n_trials=len(points))
        fronts.append(sorted(t.number for t in study.best_trials))
    assert fronts[0] == fronts[1]


def test_trials_dataframe_has_optunas_columns():
    pytest.importorskip("pandas")
    pytest.importorskip("raytune_lite.display.tables")
    frames = []
    for library in (Theirs(), Ours()):
        study = library.create_study()
        study.enqueue_trial({"x": 0.5})
        library.optimize(study, lambda t: t.suggest_float("x", 0, 1), n_trials=1)
        frames.append(study.trials_dataframe())
    theirs, ours = frames
    shared = ["number", "value", "params_x", "state"]
    assert set(shared) <= set(ours.columns)
    assert ours[shared].to_dict() == theirs[shared].to_dict()


def test_a_failed_commit_loses_only_what_was_not_acknowledged(study, monkeypatch):
    from raytune_lite.exceptions import StorageError

    trial = study.ask()
    study.tell(study.ask(), 2.0)

    def refuse(*_, **__):
        raise StorageError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Repository, "commit", refuse)
        with pytest.raises(StorageError, match="disk full"):
            study.tell(trial, 1.0)
    assert states(study) == ["RUNNING", "COMPLETE"]
    run(study, n_trials=1)
    assert states(study) == ["WAITING", "COMPLETE", "COMPLETE"]  # the trial is still ours
    study.tell(trial, 1.0)
    assert states(study) == ["COMPLETE"] * 3
