"""Brute force in whole studies: exactly once each path, whatever is interrupted, killed, enqueued or run at once."""

from __future__ import annotations

import json
import random
from contextlib import closing

import pytest

import raytune_lite
from raytune_lite.core import messages as m
from raytune_lite.core.retries import RetryPolicy
from raytune_lite.core.tree import NodeState
from raytune_lite.exceptions import TrialInvalid
from raytune_lite.samplers import BruteForceSampler, RandomSampler
from raytune_lite.storages import Repository
from raytune_lite.trial import TrialState

from .core_tools import dump, inside, new_state, reopened

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL
PATHS = {
    *(("linear", fit, None) for fit in (False, True)),
    *(("tree", depth, leaf) for depth in (1, 3, 5) for leaf in ((0.5, 0.75, 1.0) if depth > 1 else (None,))),
    ("none", None, None),
}


def model(trial):
    """A conditional space of 10 paths."""
    kind = trial.suggest_categorical("model", ["linear", "tree", "none"])
    if kind == "linear":
        return kind, trial.suggest_categorical("fit", [False, True]), None
    if kind == "none":
        return kind, None, None
    depth = trial.suggest_int("depth", 1, 5, step=2)
    return kind, depth, trial.suggest_float("leaf", 0.5, 1, step=0.25) if depth > 1 else None


def path_of(trial):
    one, two = ("fit", None) if trial.params["model"] == "linear" else ("depth", "leaf")
    return trial.params["model"], trial.params.get(one), trial.params.get(two)


def finished(study):
    return [path_of(trial) for trial in study.trials if trial.state in (COMPLETE, PRUNED)]


def tree(study):
    return inside(study._session().driver)._state.ledger


@pytest.fixture
def storage(tmp_path):
    return f"sqlite:///{tmp_path}/s.db"


def create(storage=None, seed=0, **options):
    sampler = BruteForceSampler(seed, **options)
    return raytune_lite.create_study(study_name="s", storage=storage, sampler=sampler, load_if_exists=True)


def run(study, objective, **settings):
    study.optimize(objective, executor="inline", **settings)


def check_record(storage):
    """Folding the log gives what the study had in memory, and every path is on one trial that did not fail."""
    repository = Repository.open(storage)
    record = repository.load_study("s")
    states = [new_state(name="s"), new_state(name="s")]
    for at, event, _ in repository.events(record):
        for state in states:
            state.handle(event, at)
    repository.close()
    assert dump(states[0]) == dump(states[1]) == dump(reopened(states[0]))
    return states[0]


@pytest.mark.parametrize("seed", range(5))
def test_a_study_ends_by_itself_when_every_path_has_run_once(seed):
    with closing(create(seed=seed)) as study:
        run(study, lambda trial: float(len(model(trial))))
        assert len(finished(study)) == len(PATHS)
        assert set(finished(study)) == PATHS
        run(study, model)  # nothing is left
        assert len(study.trials) == len(PATHS)
        with pytest.raises(RuntimeError, match="nothing left to ask for"):
            study.ask()


@pytest.mark.parametrize("workers", [2, 5, 20])
def test_workers_at_once_never_share_a_path(workers):
    draw = random.Random(workers)
    with closing(create(seed=workers)) as study:
        live = []
        while True:
            if not live or (len(live) < workers and draw.random() < 0.6):
                try:
                    live.append(study.ask())
                    continue
                except RuntimeError:  # nothing is free now: another trial has to ask first
                    if not live:
                        break
            trial = live.pop(draw.randrange(len(live)))
            model(trial)
            study.tell(trial, draw.random() if draw.random() < 0.7 else None)  # some fail
        assert sorted(map(repr, finished(study))) == sorted(map(repr, PATHS))


def test_siblings_can_be_asked_for_as_soon_as_a_trial_has_asked():
    with closing(create()) as study:
        first = study.ask()
        with pytest.raises(RuntimeError):
            study.ask()
        taken = first.suggest_int("x", 0, 2)
        others = [study.ask(), study.ask()]
        assert {taken, *(trial.suggest_int("x", 0, 2) for trial in others)} == {0, 1, 2}
        with pytest.raises(RuntimeError):
            study.ask()


def test_failures_retries_and_invalid_paths(storage):
    seen = []

    def objective(trial):
        path = model(trial)
        seen.append(path)
        if path == ("tree", 1, None):
            raise TrialInvalid("never")
        if path == ("linear", True, None):
            raise OSError("always")
        if path[0] == "none" and seen.count(path) < 3:
            raise OSError("twice")
        return 1.0

    with closing(create(storage, max_failures=3)) as study:
        run(study, objective, catch=(OSError, TrialInvalid), retries=RetryPolicy(exception=1))
        assert set(finished(study)) == PATHS - {("tree", 1, None), ("linear", True, None)}
        assert len(finished(study)) == len(PATHS) - 2
        assert seen.count(("linear", True, None)) == 6  # three trials of two attempts
        assert seen.count(("tree", 1, None)) == 1
    assert check_record(storage).ledger.counts() == {"free": 0, "leased": 0, "done": 8, "dead": 2}


@pytest.mark.parametrize("seed", range(6))
def test_a_killed_study_goes_on_where_its_log_ends(storage, seed):
    draw, calls = random.Random(seed), 0

    def objective(trial):
        nonlocal calls
        calls += 1
        assert calls < 200
        if draw.random() < 0.2:
            raise KeyboardInterrupt
        path = model(trial)
        if draw.random() < 0.2:
            raise KeyboardInterrupt
        return float(len(path))

    for _ in range(100):
        study = create(storage, seed=3)
        before = dump(inside(study._session().driver)._state)
        assert dump(check_record(storage)) == before
        try:
            run(study, objective)
            break
        except KeyboardInterrupt:
            pass
        finally:
            study.close()
    with closing(create(storage, seed=3)) as study:
        assert len(finished(study)) == len(PATHS)
        assert set(finished(study)) == PATHS
        assert all(trial.state is COMPLETE for trial in study.trials)


def test_enqueued_and_added_trials_take_their_paths(storage):
    with closing(create(storage)) as study:
        study.enqueue_trial({"model": "tree", "depth": 5, "leaf": 0.75})
        study.enqueue_trial({"model": "tree"})
        study.enqueue_trial({"model": "tree", "depth": 5})
        study.enqueue_trial({"depth": 3})
        study.enqueue_trial({"model": "linear", "fit": True, "unknown": 3})
        done = raytune_lite.create_trial(
            params={"model": "none"},
            distributions={"model": raytune_lite.distributions.CategoricalDistribution(["linear", "tree", "none"])},
            value=1.0,
        )
        study.add_trial(done)
        run(study, lambda trial: float(len(model(trial))))
        assert sorted(map(repr, finished(study))) == sorted(map(repr, PATHS))
        first, second, third = finished(study)[:3]
        assert first == ("tree", 5, 0.75)
        assert second[0] == "tree"
        assert third[:2] == ("tree", 5)
        assert ("linear", True, None) in finished(study)
    check_record(storage)


def test_a_study_of_another_sampler_is_completed_without_repeats(storage):
    with closing(raytune_lite.create_study(study_name="s", storage=storage, sampler=RandomSampler(1))) as study:
        run(study, lambda trial: float(len(model(trial))), n_trials=6)
        early = set(finished(study))
    with closing(create(storage)) as study:
        run(study, lambda trial: float(len(model(trial))))
        assert set(finished(study)) == PATHS
        assert len(finished(study)) == 6 + len(PATHS) - len(early)


def test_another_sampler_cannot_follow():
    with closing(create()) as study:
        run(study, model_length, n_trials=2)
        study.sampler = RandomSampler(0)
        with pytest.raises(ValueError, match="cannot become"):
            run(study, model_length, n_trials=1)


def model_length(trial):
    return float(len(model(trial)))


def test_a_continuous_parameter_fails_its_trial_with_the_way_out():
    with closing(create(max_failures=1)) as study, pytest.raises(ValueError, match="'lr' has no end of values"):
        run(study, lambda trial: trial.suggest_float("lr", 0, 1), retries=RetryPolicy(exception=0))


def test_an_objective_that_changes_its_mind_breaks_nothing(storage):
    draw = random.Random(0)

    def objective(trial):
        for name in draw.sample("abc", 2):
            trial.suggest_int(name, 0, draw.randint(0, 2))
        return 1.0

    with closing(create(storage, max_failures=1)) as study:
        run(study, objective, n_trials=60, catch=ValueError, retries=RetryPolicy(exception=0, abort_after=None))
        assert any(trial.state is COMPLETE for trial in study.trials)
    state = check_record(storage)
    assert not state.ledger.at
    assert json.dumps(state.ledger.counts())
    assert NodeState.LEASED not in [node.state for node in state.ledger.nodes]


def test_pruned_paths_are_done():
    def objective(trial):
        path = model(trial)
        if path[0] == "tree":
            raise raytune_lite.TrialPruned
        return 1.0

    with closing(create()) as study:
        run(study, objective)
        assert len(finished(study)) == len(PATHS)
        assert [t.state for t in study.trials].count(PRUNED) == 7


def test_a_claim_that_finds_nothing_is_not_logged():
    with closing(create()) as study:
        study.ask()
        session = study._session()
        n = inside(session.driver)._state.n_events
        assert session.send(m.Claimed(slot="another", node="here")) is None
        assert inside(session.driver)._state.n_events == n
        assert inside(session.driver)._state.work() == 0
        assert not inside(session.driver)._state.is_over()
