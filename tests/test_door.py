"""What people pass by mistake: refused where it is given, in one voice, before anything is made, stored or started."""

from __future__ import annotations

import optuna
import pytest

import raytune_lite as rl
from raytune_lite.distributions import FloatDistribution
from raytune_lite.exceptions import InvalidResourcesError, NoResultError, SamplerFailedError
from raytune_lite.samplers import RandomSampler, TPESampler
from raytune_lite.samplers.base import BaseSampler
from raytune_lite.study import requests
from raytune_lite.trial import TrialState


@pytest.fixture
def study(storage):
    made = rl.create_study(study_name="s", storage=storage, sampler=RandomSampler(0))
    yield made
    made.close()


def uniform(trial):
    return trial.suggest_float("x", 0, 1)


def run(study, func=uniform, **settings):
    study.optimize(func, **{"n_trials": 1, "executor": "inline", **settings})


def nested(depth=100_000):
    found = []
    for _ in range(depth):
        found = [found]
    return found


# --- making a study ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sampler", "way_out"),
    [
        ("tpe", "built in are AutoSampler"),
        (TPESampler, r"make an object of the class: TPESampler\(\)"),
        (optuna.samplers.TPESampler, r"make an object of the class: TPESampler\(\)"),
        (3, "built in are AutoSampler"),
    ],
)
def test_what_is_no_sampler_is_refused_before_the_study_is_made(sampler, way_out, storage):
    with pytest.raises(TypeError, match=r"sampler must be an object such as TPESampler\(seed=0\), got .*" + way_out):
        rl.create_study(sampler=sampler, storage=storage)
    assert rl.get_all_study_names(storage) == []
    study = rl.create_study(storage=storage)
    with pytest.raises(TypeError, match=way_out):
        study.sampler = sampler
    study.close()


def test_a_sampler_that_lacks_a_part_or_has_no_json_able_spec_is_refused():
    class Half:
        def sample_relative(self, view, number, space):
            return {}

    class Opaque(BaseSampler):
        def spec(self):
            return {"model": object()}

    with pytest.raises(TypeError, match=r"it has no seed, grid, .*spec.*derive it from .*BaseSampler"):
        rl.create_study(sampler=Half())
    with pytest.raises(TypeError, match=r"must have a spec\(\) of JSON-able arguments"):
        rl.create_study(sampler=Opaque(0))


@pytest.mark.parametrize("pruner", [optuna.pruners.MedianPruner, "median", rl.pruners.MedianPruner])
def test_what_is_no_pruner_is_refused(pruner):
    with pytest.raises(TypeError, match=r"pruner must be an object such as ASHAPruner.*built in are ASHAPruner"):
        rl.create_study(pruner=pruner)


def test_names_and_paths(storage):
    rl.create_study(study_name="s", storage=storage).close()
    for wrong in (3, b"s", ["s"]):
        with pytest.raises(TypeError, match=r"study_name must be a str, got"):
            rl.load_study(study_name=wrong, storage=storage)
        with pytest.raises(TypeError, match=r"study_name must be a str, got"):
            rl.delete_study(study_name=wrong, storage=storage)
        with pytest.raises(TypeError, match=r"checkpoint_dir must be a str or a pathlib.Path, got"):
            rl.load_study(study_name="s", storage=storage, checkpoint_dir=wrong)
    with pytest.raises(ValueError, match="checkpoint_dir must be a path without NUL"):
        rl.create_study(storage=storage, checkpoint_dir="")


def test_a_study_that_exists_is_not_continued_in_another_direction(storage):
    rl.create_study(study_name="s", storage=storage, direction="maximize").close()
    for given in ({"direction": "minimize"}, {"directions": ["maximize", "minimize"]}):
        with pytest.raises(ValueError, match=r"exists with directions \['maximize'\], and .* was given"):
            rl.create_study(study_name="s", storage=storage, load_if_exists=True, **given)
    for given in ({}, {"direction": "maximize"}, {"directions": ["maximize"]}):
        study = rl.create_study(study_name="s", storage=storage, load_if_exists=True, **given)
        assert study.direction is rl.StudyDirection.MAXIMIZE
        study.close()


# --- running -------------------------------------------------------------------------------------------------------


async def asynchronous(trial):
    return 0.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"func": None}, r"func must be a function that takes \(trial\), got None; for example def objective"),
        ({"func": lambda: 0.0}, r"func must be a function that takes \(trial\), got .* which takes \(\)"),
        ({"func": asynchronous}, "func must be an ordinary function, without async"),
        ({"catch": ["ValueError"]}, r"catch must be an Exception class .*, got 'ValueError'; pass classes"),
        ({"catch": "ValueError"}, "catch must be a list"),
        ({"catch": (KeyboardInterrupt,)}, "catch must be an Exception class"),
        ({"callbacks": lambda study, trial: None}, r"callbacks must be a list of functions, .*pass callbacks=\[...\]"),
        ({"callbacks": [None]}, r"a callback must be a function that takes \(study, trial\), got None"),
        ({"callbacks": [lambda study: None]}, r"a callback must be a function that takes \(study, trial\)"),
        ({"retries": 3}, r"retries must be a RetryPolicy, got 3; for example RetryPolicy\(exception=3\)"),
        ({"timeout": "60"}, r"timeout must be a number of seconds > 0 or None, got '60'; leave it out for no bound"),
        ({"trial_timeout": [60]}, r"trial_timeout must be a number of seconds > 0 or None, got \[60\]"),
        ({"timeout": True}, "timeout must be a number of seconds > 0 or None, got True"),
        ({"resources": 5}, r"resources must be a dict, got 5; for example"),
        ({"resources": lambda: 0}, "resources must be a function that takes .params., got <function"),
        ({"resources": {1: 2}}, "each key of resources must be a str, got 1"),
        ({"executor": 3}, "executor must be a str, got 3; 'ray' or 'inline'"),
        ({"gc_after_trial": "yes"}, "gc_after_trial must be True or False, got 'yes'"),
    ],
)
def test_a_run_is_not_begun_with_what_it_cannot_use(study, settings, message):
    with pytest.raises(TypeError, match=message):
        run(study, **settings)
    assert (study.trials, study.last_run) == ([], None)


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"scheduling_strategy": "PACK"}, r"scheduling_strategy must be 'DEFAULT', 'SPREAD' or .*got 'PACK'"),
        ({"scheduling_strategy": 3}, "scheduling_strategy must be"),
        ({"resources": ["tpu"]}, "resources must be a dict of custom resources"),
        ({"resources": {"tpu": "1"}}, "resources must be a dict of custom resources"),
        ({"accelerator_type": 100}, "accelerator_type must be a str"),
        ({"runtime_env": "env.yaml"}, "runtime_env must be a dict"),
        ({"label_selector": "a=b"}, "label_selector must be a dict"),
        ({"from_step": {"27": {}}}, "a step of from_step must be an int >= 1, got '27'"),
    ],
)
def test_options_of_ray_of_the_wrong_type_are_refused_without_ray(study, resources, message):
    with pytest.raises(InvalidResourcesError, match=message):
        run(study, resources=resources)
    assert study.last_run is None


def test_good_requests_pass():
    good = {"num_cpus": 2, "resources": {"tpu": 1.5}, "scheduling_strategy": "SPREAD", "runtime_env": {"pip": []}}
    assert requests.resource_request(good) == good
    assert requests.resource_request(None) is None


# --- what the objective returns ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "word"),
    [
        (None, "got None; is a return statement missing?"),
        ({"loss": 0.5}, "got {'loss': 0.5}; return the value to optimize, and store the others with"),
        ("0.5", "got '0.5'; return float(...)."),
        ((None,), "got (None,); one for each direction of the study"),
        (nested(), "that cannot be shown"),
        (10**400, "must return a number, got 1000"),
        (1j, "got 1j"),
    ],
)
def test_a_run_of_nothing_but_no_results_ends_as_a_failure_and_says_what_was_returned(study, capsys, result, word):
    with pytest.raises(NoResultError) as caught:
        run(study, lambda trial: result, n_trials=3)
    assert word in str(caught.value)
    assert "Each of its 3 trial(s) is stored as FAIL: the objective must return a number" in str(caught.value)
    assert [trial.state for trial in study.trials] == [TrialState.FAIL] * 3
    said = [line for line in capsys.readouterr().err.splitlines() if word in line]
    assert len(said) == 3, "each trial says so when it ends"


def test_a_run_with_one_result_is_no_failure(study):
    run(study, lambda trial: None if trial.number else 0.5, n_trials=3)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE, TrialState.FAIL, TrialState.FAIL]
    with pytest.raises(NoResultError, match=r"Each of its 2 trial"):  # the run counts, not the study
        run(study, lambda trial: None, n_trials=2)


def test_another_count_of_numbers_is_a_fail_as_in_optuna_and_says_so(study, capsys):
    run(study, lambda trial: (1.0, 2.0))
    assert study.trials[0].state is TrialState.FAIL
    assert "got (1.0, 2.0); one for each direction of the study" in capsys.readouterr().err


# --- a sampler's bug -----------------------------------------------------------------------------------------------


class Broken(BaseSampler):
    """Fails from trial 2 on, at the place that it is told."""

    def __init__(self, seed=0, *, place="relative"):
        super().__init__(seed, place=place)
        self.place = place

    def sample_relative(self, view, number, space):
        if self.place == "relative" and number == 2:
            raise ZeroDivisionError("no model")
        if self.place == "value" and number == 2:
            return dict.fromkeys(space, 7.0)
        return super().sample_relative(view, number, space)

    def sample_independent(self, view, number, name, distribution):
        if self.place == "independent" and number == 2:
            raise ZeroDivisionError("no model")
        return super().sample_independent(view, number, name, distribution)

    def search_space(self, view, known):
        return {} if self.place == "independent" else known


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("relative", ["ZeroDivisionError: no model", "test_door.py", "sample_relative"]),
        ("independent", ["ZeroDivisionError: no model", "test_door.py", "sample_independent"]),
        ("value", ["it chose 7.0 for parameter 'x'", "FloatDistribution"]),
    ],
)
def test_a_samplers_bug_is_shown_as_the_samplers_and_no_trial_fails_for_it(storage, place, words):
    study = rl.create_study(storage=storage, sampler=Broken(place=place), study_name="s")
    with pytest.raises(SamplerFailedError) as caught:
        run(study, n_trials=5, catch=(Exception,))
    for word in ("the sampler Broken failed for trial 2", "The objective is not to blame", *words):
        assert word in str(caught.value)
    assert [trial.state.name for trial in study.trials[:2]] == ["COMPLETE"] * 2
    assert TrialState.FAIL not in [trial.state for trial in study.trials]
    study.sampler = RandomSampler(0)
    run(study, n_trials=None, max_trials=5)  # the trial under way goes on
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 5
    study.close()


def test_a_samplers_bug_is_shown_by_ask_too(study):
    study.sampler = Broken(place="independent")
    for number in range(2):
        trial = study.ask()
        study.tell(trial, uniform(trial))
        assert trial.number == number
    with pytest.raises(SamplerFailedError, match="the sampler Broken failed for trial 2"):
        study.ask({"x": FloatDistribution(0, 1)})


def test_a_number_that_no_database_holds_never_reaches_the_log(study):
    """With n_trials=2**70 in its log, no version could open the study again."""
    for name in ("n_trials", "max_trials"):
        with pytest.raises(ValueError, match=rf"{name} must be an integer <= 2147483647 .*, got 118"):
            run(study, **{name: 2**70})
    trial = study.ask()
    with pytest.raises(ValueError, match=r"step must be <= 2147483647"):
        trial.save_checkpoint({"a": 1}, step=2**70)
    study.tell(trial, 0.5)
    run(study)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 2


# --- asking and telling --------------------------------------------------------------------------------------------


def test_ask_refuses_what_is_no_distribution_before_it_begins_a_trial(study):
    for wrong in ({"x": (0, 1)}, [1], {3: FloatDistribution(0, 1)}):
        with pytest.raises(TypeError, match=r"fixed_distributions.* must be .*FloatDistribution"):
            study.ask(wrong)
    assert study.trials == []


def test_ask_takes_a_distribution_of_optunas(study):
    trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
    assert trial.distributions == {"x": FloatDistribution(0, 1)}


def test_tell_refuses_what_is_no_state_and_takes_optunas(study):
    trial = study.ask()
    for wrong in ("COMPLETE", 1, [], TrialState):
        with pytest.raises(TypeError, match=r"state must be a TrialState or None, got"):
            study.tell(trial, 1.0, state=wrong)
    with pytest.raises(ValueError, match="state must be COMPLETE, PRUNED or FAIL"):
        study.tell(trial, state=TrialState.RUNNING)
    with pytest.raises(ValueError, match=r"that cannot be shown.*leave them out"):
        study.tell(trial, nested(), state=TrialState.PRUNED)
    assert study.tell(trial, state=optuna.trial.TrialState.PRUNED).state is TrialState.PRUNED


def test_enqueue_refuses_what_is_no_dict_of_names(study):
    for wrong in ([("x", 1)], "x", {3: 0.5}, 5):
        with pytest.raises(TypeError, match=r"params must be a dict|each key of params must be a str"):
            study.enqueue_trial(wrong)
        with pytest.raises(TypeError, match=r"user_attrs must be a dict|each key of user_attrs must be a str"):
            study.enqueue_trial({}, wrong)
    with pytest.raises(TypeError, match="must be JSON-able"):
        study.enqueue_trial({"x": nested()})
    assert study.trials == []


def test_reports_and_constraints_must_be_numbers(study):
    trial = study.ask()
    for wrong in (10**400, nested(), object(), b"1", 1j):
        with pytest.raises(TypeError, match=r"report\(\) needs a number, got"):
            trial.report(wrong, 1)
    for wrong in (None, "1", nested(), 10**400):
        with pytest.raises(TypeError, match=r"constraint 'c' must be a number, got"):
            trial.set_constraint("c", wrong)
    with pytest.raises(TypeError, match="step must be an integer"):
        trial.report(1.0, nested())
    study.tell(trial, 1.0)
    assert (study.trials[0].intermediate_values, study.trials[0].constraints) == ({}, {})


def test_an_added_trial_is_a_record_of_ours_with_fields_of_their_types(study):
    with pytest.raises(TypeError, match=r"trial must be a FrozenTrial, got .*; make one with raytune_lite"):
        study.add_trial({"value": 1.0})
    with pytest.raises(TypeError, match="trials must be a list, got 5"):
        study.add_trials(5)
    for wrong in ({"value": "1"}, {"values": 3}, {"value": 1.0, "params": [1]}, {"state": "COMPLETE", "value": 1.0},
                  {"value": 1.0, "intermediate_values": [1]}, {"value": 1.0, "user_attrs": 3},
                  {"value": 1.0, "params": {"x": 1}, "distributions": {"x": (0, 1)}}):  # fmt: skip
        with pytest.raises(TypeError, match=r"must be .*, got .*; .*\."):
            rl.create_trial(**wrong)
    assert study.trials == []
