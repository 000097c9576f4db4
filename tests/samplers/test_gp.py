"""GPSampler: a function of the history in any mode of torch and numpy; mixed spaces, pending trials, bad values."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import pickle
import random
import warnings

import numpy as np
import pytest
import torch

from raytune_lite.base_trial import CONSTRAINT_PREFIX
from raytune_lite.core.view import Finished, StudyView
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.pareto import hypervolume
from raytune_lite.samplers import GPSampler, RandomSampler, sampler_from_spec
from raytune_lite.samplers.gp import chain as chains
from raytune_lite.samplers.gp.data import Reader
from raytune_lite.samplers.gp.space import Space
from raytune_lite.trial import FrozenTrial, StudyDirection, TrialState

MIN, MAX = StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE
COMPLETE, FAIL, PRUNED = TrialState.COMPLETE, TrialState.FAIL, TrialState.PRUNED
RUNNING, PAUSED = TrialState.RUNNING, TrialState.PAUSED
PLANE = {"x": FloatDistribution(-5.0, 5.0), "y": FloatDistribution(-5.0, 5.0)}
MIXED = {
    "lr": FloatDistribution(1e-5, 1e-1, log=True),
    "layers": IntDistribution(1, 8),
    "units": IntDistribution(16, 1024, log=True),
    "drop": FloatDistribution(0.0, 0.5, step=0.1),
    "act": CategoricalDistribution(["relu", "tanh", None]),
    "big": IntDistribution(0, 1000, step=10),
    "one": FloatDistribution(0.3, 0.3),
    "only": CategoricalDistribution(["a"]),
}


def trial(number, space, internal, values=None, state=COMPLETE, constraints=None):
    return FrozenTrial(
        number=number,
        state=state,
        values=values,
        params={name: space[name].to_external_repr(value) for name, value in internal.items()},
        distributions={name: space[name] for name in internal},
        system_attrs={CONSTRAINT_PREFIX + key: value for key, value in (constraints or {}).items()},
    )


def random_trials(n, space, loss, seed=0, **more):
    sampler = RandomSampler(seed)
    found = []
    for number in range(n):
        x = {name: sampler.sample_independent(None, number, name, dist) for name, dist in space.items()}
        found.append(trial(number, space, x, loss(x), **more))
    return found


def bowl(x):
    return (sum((v if isinstance(v, float) else 0.0) ** 2 for v in x.values()),)


def shifted(x):
    return ((x["x"] - 1.3) ** 2 + 3 * (x["y"] + 2.1) ** 2,)


def view(trials, directions=(MIN,)):
    return StudyView.of(directions, trials)


def ask(sampler, trials, number, space, directions=(MIN,)):
    seen = view(trials, directions)
    ahead = sampler.sample_relative(seen, number, sampler.search_space(seen, space))
    for name, value in ahead.items():
        assert type(value) is float
        assert space[name].contains(value), (name, value)
    return dict(ahead)


def run(sampler, space, objective, n, directions=(MIN,), **options):
    trials = []
    for number in range(n):
        x = ask(sampler, trials, number, space, directions)
        got = objective(x)
        values, constraints = got if options.get("constrained") else (got, None)
        trials.append(trial(number, space, x, values, constraints=constraints))
    return trials


# --- a function of the history ----------------------------------------------------------------------------------------


def test_a_study_that_grew_and_one_read_at_once_give_the_same_bits():
    warm = GPSampler(seed=3)
    trials, asked = [], []
    for number in range(40):
        if number % 3 == 0:
            trials.append(trial(1000 + number, PLANE, {"x": 0.1 * number - 2, "y": 0.05 * number}, None, FAIL))
        if number % 7 == 5:
            reports = {1: 0.5 * number, 3: 20.0 / number}
            trials.append(with_reports(2000 + number, PLANE, {"x": 0.1 * number - 4, "y": 1.0}, reports, PRUNED))
        x = ask(warm, trials, number, PLANE)
        asked.append((list(trials), number, x))
        trials.append(trial(number, PLANE, x, shifted(x)))
    for seen, number, x in asked[::6] + asked[-3:]:
        assert ask(GPSampler(seed=3), seen, number, PLANE) == x


def test_two_studies_on_one_sampler_do_not_mix():
    one, two = random_trials(15, PLANE, shifted), random_trials(17, MIXED, lambda x: (x["lr"],), seed=1)
    expected = ask(GPSampler(seed=0), one, 20, PLANE), ask(GPSampler(seed=0), two, 20, MIXED)
    both = GPSampler(seed=0)
    for _ in range(2):
        assert (ask(both, one, 20, PLANE), ask(both, two, 20, MIXED)) == expected


def test_an_earlier_view_of_a_study_is_answered_as_it_was():
    trials = random_trials(30, PLANE, shifted)
    source = tuple(trials)

    def at(n):
        return StudyView((MIN,), n, Finished(source, n), tuple)

    sampler = GPSampler(seed=0)
    early = dict(sampler.sample_relative(at(12), 50, PLANE))
    late = dict(sampler.sample_relative(at(30), 50, PLANE))
    assert dict(sampler.sample_relative(at(12), 50, PLANE)) == early != late


def test_another_range_is_another_space_and_old_values_outside_still_count():
    trials = random_trials(15, PLANE, shifted)
    sampler = GPSampler(seed=0)
    wide = ask(sampler, trials, 20, PLANE)
    narrow = {**PLANE, "x": FloatDistribution(2.0, 3.0)}
    assert 2.0 <= ask(sampler, trials, 20, narrow)["x"] <= 3.0
    assert ask(sampler, trials, 20, PLANE) == wide


def test_seeds_and_numbers_make_suggestions_differ():
    trials = random_trials(12, PLANE, bowl)
    one = ask(GPSampler(seed=0), trials, 12, PLANE)
    assert ask(GPSampler(seed=0), trials, 12, PLANE) == one
    # the same acquisition from other candidates: its maximum may be the same up to the last digits
    assert ask(GPSampler(seed=1), trials, 12, PLANE) != one
    assert ask(GPSampler(seed=0), trials, 13, PLANE) != one


def global_states():
    default_numpy = np.random.get_state()
    return (
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.is_autocast_enabled("cpu"),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_num_threads(),
        torch.get_rng_state().tolist(),
        random.getstate(),
        [default_numpy[0], default_numpy[1].tolist(), *default_numpy[2:]],
        np.geterr(),
        list(warnings.filters),
    )


@contextlib.contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextlib.contextmanager
def default_device(device):
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(None)


@contextlib.contextmanager
def grad_off():
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        yield
    finally:
        torch.set_grad_enabled(before)


@contextlib.contextmanager
def deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


@contextlib.contextmanager
def other_seeds():
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    random.seed(99)
    np.random.seed(99)
    torch.manual_seed(99)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


AMBIENT = {
    "nothing": contextlib.nullcontext,
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "set_grad_enabled": grad_off,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "float16": lambda: default_dtype(torch.float16),
    "float64": lambda: default_dtype(torch.float64),
    "meta": lambda: default_device("meta"),
    "deterministic": deterministic,
    "seeds": other_seeds,
    "errstate": lambda: np.errstate(all="raise"),
}


def everything():
    """Suggestions of every kind: initial, log-EI, pending, failed, constrained, several objectives."""
    plain = random_trials(14, MIXED, lambda x: (x["lr"] * x["units"],))
    waiting = random_trials(3, MIXED, lambda x: None, seed=7, state=RUNNING)
    waiting = [trial(50 + i, MIXED, _internal(t, MIXED), None, RUNNING) for i, t in enumerate(waiting)]
    failed = trial(60, MIXED, _internal(plain[0], MIXED), None, FAIL)
    wild = [*plain, trial(70, MIXED, _internal(waiting[0], MIXED), (math.inf,))]
    bound = random_trials(14, PLANE, bowl, constraints={"c": -0.1, "d": 0.2})
    three = random_trials(12, PLANE, lambda x: (x["x"], x["y"], -x["x"] * x["y"]))
    four = random_trials(12, PLANE, lambda x: (x["x"], x["y"], -x["x"] * x["y"], x["x"] ** 2))
    return [
        ask(GPSampler(seed=1), [], 4, MIXED),
        ask(GPSampler(seed=1), plain, 30, MIXED),
        ask(GPSampler(seed=1), [*wild, failed, *waiting], 30, MIXED),
        ask(GPSampler(seed=1, deterministic_objective=True), plain, 31, MIXED),
        ask(GPSampler(seed=1), bound, 30, PLANE),
        ask(GPSampler(seed=1), three, 30, PLANE, (MIN, MAX, MIN)),
        ask(GPSampler(seed=1), four, 30, PLANE, (MIN, MAX, MIN, MIN)),
    ]


def _internal(frozen, space):
    return {name: space[name].to_internal_repr(value) for name, value in frozen.params.items()}


@pytest.fixture(scope="module")
def outside():
    return everything()


@pytest.mark.parametrize("state", AMBIENT)
def test_no_ambient_state_changes_a_suggestion_or_is_changed(state, outside):
    with AMBIENT[state]():
        before = global_states()
        found = everything()
        after = global_states()
    assert found == outside
    assert before == after


# --- what is suggested ------------------------------------------------------------------------------------------------


def test_the_first_trial_is_the_centre_and_the_next_are_spread():
    sampler = GPSampler(seed=0)
    assert ask(sampler, [], 0, PLANE) == {"x": 0.0, "y": 0.0}
    points = np.array([list(ask(sampler, [], n, PLANE).values()) for n in range(1, 33)])
    assert len(np.unique(points, axis=0)) == 32
    # a Sobol sequence: among points 0..31 each eighth of an axis holds four, and point 0 is left out here
    for axis in points.T:
        counts = np.histogram(axis, np.linspace(-5, 5, 9))[0]
        assert counts.min() >= 3
        assert counts.max() <= 5
    assert ask(sampler, random_trials(9, PLANE, bowl), 3, PLANE) == dict(zip("xy", points[2], strict=True))


def test_a_far_trial_number_costs_little_at_the_start():
    x = ask(GPSampler(seed=0), [], 1_000_003, PLANE)
    assert x != ask(GPSampler(seed=0), [], 1_000_004, PLANE)


def test_a_shifted_bowl_is_found():
    trials = run(GPSampler(seed=1), PLANE, shifted, 30)
    assert min(t.value for t in trials) < 1e-3  # random search: about 0.5


def test_maximising_is_minimising_the_negative():
    one = run(GPSampler(seed=2), PLANE, shifted, 15)
    two = run(GPSampler(seed=2), PLANE, lambda x: (-shifted(x)[0],), 15, (MAX,))
    assert [t.params for t in one] == [t.params for t in two]


def test_a_mixed_space_is_searched_and_no_point_of_it_comes_twice():
    def loss(x):
        return (
            abs(math.log10(x["lr"]) + 3) + abs(x["layers"] - 3) / 8 + abs(math.log2(x["units"]) - 7) / 6
            + abs(x["drop"] - 0.2) + (x["act"] != 1.0) + abs(x["big"] - 400) / 1000,
        )

    trials = run(GPSampler(seed=0), MIXED, loss, 45)
    best = min(trials, key=lambda t: t.value)
    assert best.value < 0.3  # random search: about 0.9
    assert best.params["act"] == "tanh"
    assert best.params["one"] == 0.3
    assert best.params["only"] == "a"


@pytest.mark.parametrize("extra", [{}, {"z": IntDistribution(0, 200)}])
def test_discrete_points_are_tried_once_while_there_are_others(extra):
    space = {"a": CategoricalDistribution(["p", "q", "r"]), "b": IntDistribution(0, 4), **extra}
    sampler, trials, pending = GPSampler(seed=0, n_startup_trials=4), [], []
    n = 15 if not extra else 40
    for number in range(n):
        x = ask(sampler, [*trials, *pending], number, space)
        point = trial(number, space, x, (x["a"] + x["b"],))
        if number >= 4:
            assert point.params not in [t.params for t in [*trials, *pending]]
        if number % 4 == 3:
            pending = [*pending[-2:], trial(number, space, x, None, RUNNING)]
        trials.append(point)
    if not extra:
        # all 15 are done or pending: the sampler goes on
        ask(sampler, trials, 99, space)


def rugged(x):
    return (shifted(x)[0] + 20 * math.cos(3 * x["x"]) * math.cos(2 * x["y"]),)


@pytest.mark.parametrize("k", [8, 64])
def test_points_pending_are_kept_away_from(k):
    trials = random_trials(20, PLANE, rugged)
    pending = []
    for number in range(20, 20 + k):
        x = ask(GPSampler(seed=0), [*trials, *pending], number, PLANE)
        pending.append(trial(number, PLANE, x, None, RUNNING))
    points = np.array([[t.params["x"], t.params["y"]] for t in [*trials, *pending]]) / 10
    gaps = np.linalg.norm(points[:, None] - points, axis=-1) + np.eye(len(points))
    # around the promising places, but apart: of 64 points of a regular grid each has a neighbour at 0.125
    assert np.median(gaps[20:].min(axis=1)) > 0.01
    assert (gaps.min(axis=1)[20:] > 1e-4).mean() > 0.9


@pytest.mark.parametrize("state", [FAIL, PRUNED])
def test_points_that_failed_are_not_tried_for_ever(state):
    # the best region gives no value at all: a sampler that forgets failures asks for the same point again and again
    trials, failures = random_trials(12, PLANE, shifted), 0
    sampler = GPSampler(seed=0)
    for number in range(12, 40):
        x = ask(sampler, trials, number, PLANE)
        inside = abs(x["x"] - 1.3) + abs(x["y"] + 2.1) < 1.5
        failures += inside
        trials.append(trial(number, PLANE, x, None if inside else shifted(x), state if inside else COMPLETE))
    assert failures < 20


def test_conditional_parameters_are_left_to_the_independent_sampler():
    trials = random_trials(12, PLANE, bowl)
    deep = {"z": FloatDistribution(0.0, 1.0), **PLANE}
    trials.append(trial(12, deep, {"x": 0.0, "y": 0.0, "z": 0.5}, (0.0,)))
    sampler = GPSampler(seed=0, independent_sampler=RandomSampler(5))
    seen = view(trials)
    assert set(sampler.search_space(seen, deep)) == {"x", "y"}
    assert sampler.sample_independent(seen, 13, "z", deep["z"]) == RandomSampler(5).sample_independent(
        seen, 13, "z", deep["z"]
    )
    assert set(ask(sampler, trials, 13, deep)) == {"x", "y"}


def test_constraints_are_respected_where_they_can_be_learnt():
    def objective(x):
        # the best point of the plane, (1.3, -2.1), is forbidden: x + y <= -3
        return shifted(x), {"c": x["x"] + x["y"] + 3.0}

    trials = run(GPSampler(seed=0), PLANE, objective, 35, constrained=True)
    feasible = [t.value for t in trials if t.constraints["c"] <= 0]
    # the optimum on the line x + y = -3: (x - 1.3)^2 + 3 (x - 0.9 ... )^2, by hand 2.2^2 * 3 / 4
    assert min(feasible) < 3 * 2.2**2 / 4 + 0.1
    assert len(feasible) > 12


def test_before_anything_is_feasible_feasibility_is_searched_for():
    def objective(x):
        return bowl(x), {"c": 4.0 - x["x"], "d": 4.0 - x["y"]}  # feasible: 1 % of the plane

    trials = run(GPSampler(seed=0), PLANE, objective, 25, constrained=True)
    assert any(max(t.constraints.values()) <= 0 for t in trials)


def test_a_constraint_that_some_trials_never_told():
    trials = random_trials(12, PLANE, bowl, constraints={"c": -1.0})
    trials[3] = trial(3, PLANE, _internal(trials[3], PLANE), (0.1,))
    trials[4] = trial(4, PLANE, _internal(trials[4], PLANE), (0.1,), constraints={"other": math.inf, "c": math.nan})
    ask(GPSampler(seed=0), trials, 20, PLANE)


def test_two_objectives_find_a_wide_front():
    def objective(x):
        return (x["x"] - 1.0) ** 2 + x["y"] ** 2, (x["x"] + 1.0) ** 2 + x["y"] ** 2

    trials = run(GPSampler(seed=0), PLANE, objective, 35, (MIN, MIN))
    values = np.array([t.values for t in trials])
    # the front: x in [-1, 1], y = 0, from (0, 4) to (4, 0)
    x = np.linspace(-1.0, 1.0, 1001)
    whole = hypervolume(np.column_stack([(x - 1.0) ** 2, (x + 1.0) ** 2]), [4.0, 4.0])
    assert hypervolume(values, [4.0, 4.0]) > 0.94 * whole
    blind = np.array([t.values for t in random_trials(200, PLANE, objective)])
    assert hypervolume(blind, [4.0, 4.0]) < 0.9 * whole


def test_several_objectives_with_trials_pending_and_constraints():
    trials = random_trials(12, PLANE, lambda x: (x["x"], -x["y"]), constraints={"c": -1.0})
    pending = []
    for number in range(20, 26):
        x = ask(GPSampler(seed=0), [*trials, *pending], number, PLANE, (MIN, MAX))
        pending.append(trial(number, PLANE, x, None, RUNNING))
    assert len({tuple(t.params.values()) for t in pending}) == 6
    hopeless = random_trials(12, PLANE, lambda x: (x["x"], -x["y"]), constraints={"c": 1.0})
    ask(GPSampler(seed=0), hopeless, 20, PLANE, (MIN, MAX))


# --- trials without a value -------------------------------------------------------------------------------------------


def with_reports(number, space, internal, reports, state):
    found = trial(number, space, internal, None, state)
    return dataclasses.replace(found, intermediate_values=reports)


def curves(n, state, seed=0):
    """Trials that reported (loss + 10 / step) at steps 1, 2 and 4, and were stopped at the first, most of them."""
    found = []
    for t in random_trials(n, PLANE, shifted, seed):
        steps = (1, 2, 4)[: 1 + (t.number % 4 == 0) + (t.number % 8 == 0)]
        reports = {step: t.value + 10 / step for step in steps}
        found.append(with_reports(t.number, PLANE, _internal(t, PLANE), reports, state))
    return found


@pytest.mark.parametrize("state", [PRUNED, PAUSED])
def test_trials_that_were_stopped_are_learnt_from(state):
    done = random_trials(4, PLANE, shifted, seed=9)
    stopped = [dataclasses.replace(t, number=t.number + 10) for t in curves(40, state)]
    near = 0
    for number in range(60, 68):
        x = ask(GPSampler(seed=0), [*done, *stopped], number, PLANE)
        near += abs(x["x"] - 1.3) < 1.5 and abs(x["y"] + 2.1) < 1.5
    assert near >= 6  # of the initial design one in eleven is


def test_only_pruned_trials_with_reports():
    sampler = GPSampler(seed=0)
    trials = curves(30, PRUNED)
    x = ask(sampler, trials, 40, PLANE)
    assert x != ask(sampler, trials[:5], 40, PLANE)
    nan = with_reports(50, PLANE, {"x": 0.0, "y": 0.0}, {1: math.nan}, PRUNED)
    infinite = with_reports(51, PLANE, {"x": 0.1, "y": 0.0}, {1: math.inf, 3: -math.inf}, PRUNED)
    ask(sampler, [*trials, nan, infinite], 60, PLANE)


def test_paused_trials_and_pruned_ones_with_constraints_and_trials_pending():
    trials = random_trials(12, PLANE, shifted, constraints={"c": -1.0})
    paused = [dataclasses.replace(t, number=100 + t.number) for t in curves(8, PAUSED, seed=3)]
    waiting = trial(200, PLANE, {"x": 0.0, "y": 0.0}, None, RUNNING)
    once = ask(GPSampler(seed=0), [*trials, *paused, waiting], 300, PLANE)
    assert ask(GPSampler(seed=0), [*trials, *paused, waiting], 300, PLANE) == once
    assert ask(GPSampler(seed=0), [*trials, waiting], 300, PLANE) != once


def ladder(n_complete, seed, n_stopped=250, state=PAUSED):
    """A quadratic in 5 dimensions: the best trials COMPLETE, the others stopped at rung 1, whose reports say it all."""
    space = {f"x{i}": FloatDistribution(-1.0, 1.0) for i in range(5)}
    every = random_trials(n_complete + n_stopped, space, lambda x: (sum((v - 0.3) ** 2 for v in x.values()),), seed)
    every = [dataclasses.replace(t, intermediate_values={1: t.value}) for t in every]
    bar = sorted(t.value for t in every)[n_complete]
    return space, [t if t.value < bar else dataclasses.replace(t, state=state, values=None) for t in every]


@pytest.mark.parametrize(("n_complete", "state"), [(9, PAUSED), (12, PAUSED), (12, PRUNED)])
def test_stopped_trials_are_learnt_from_however_many_are_complete(n_complete, state):
    better = 0
    for seed in range(4):
        space, trials = ladder(n_complete, seed, state=state)
        x = ask(GPSampler(seed=seed), trials, 1000, space)
        known = min(t.value for t in trials if t.state is COMPLETE)
        better += sum((v - 0.3) ** 2 for v in x.values()) < known
    assert better >= 3, "of 4; 3 of 20 when the stopped ones are forgotten"


def test_paused_trials_are_not_pending_at_any_number():
    space, trials = ladder(12, 0, n_stopped=1000)
    running = [trial(2000 + i, space, _internal(trials[i], space), None, RUNNING) for i in range(3)]
    data = Reader().read(view([*trials, *running]), 3000, Space(space))
    assert (len(data.pending), data.n_paused, data.n) == (3, 1000, 1012)
    assert len(data.taken) == 1015


@pytest.mark.parametrize(("n", "directions"), [(12, (MIN, MIN)), (5, (MIN, MIN))])
def test_reports_count_for_nothing_with_several_objectives(n, directions):
    trials = random_trials(n, PLANE, lambda x: (x["x"], x["y"])[: len(directions)])
    asked = []
    for seed in (3, 4):  # the same points, other reports
        pruned = [dataclasses.replace(t, number=100 + t.number) for t in curves(8, PRUNED, seed=3)]
        pruned = [dataclasses.replace(t, intermediate_values={seed: float(seed + t.number % seed)}) for t in pruned]
        asked.append(ask(GPSampler(seed=0), [*trials, *pruned], 300, PLANE, directions))
    assert asked[0] == asked[1]


# --- bad values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        [math.inf] * 12,
        [-math.inf] * 12,
        [math.inf, -math.inf] * 6,
        [0.0] * 12,
        [1e300, -1e300] * 6,
        [5e-324, 0.0] * 6,
        [1e16, *range(11)],
        [1.0 + k * 2.0**-52 for k in range(12)],
    ],
)
def test_any_values_give_a_suggestion(values):
    trials = random_trials(12, MIXED, bowl)
    trials = [trial(t.number, MIXED, _internal(t, MIXED), (v,)) for t, v in zip(trials, values, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ask(GPSampler(seed=0), trials, 20, MIXED)
        two = [trial(t.number, MIXED, _internal(t, MIXED), (t.value, 1.0)) for t in trials]
        ask(GPSampler(seed=0), two, 20, MIXED, (MIN, MAX))


def test_the_same_point_a_hundred_times():
    trials = [trial(n, PLANE, {"x": 1.0, "y": 1.0}, (0.1 * (n % 3),)) for n in range(100)]
    for deterministic_objective in (False, True):
        x = ask(GPSampler(seed=0, deterministic_objective=deterministic_objective), trials, 100, PLANE)
        assert (x["x"], x["y"]) != (1.0, 1.0)


def test_only_pruned_or_failed_or_running_trials():
    for state in (PRUNED, FAIL, RUNNING):
        ask(GPSampler(seed=0), random_trials(30, PLANE, lambda x: None, state=state), 40, PLANE)


def test_extreme_ranges():
    space = {
        "huge": FloatDistribution(-1.7e308, 1.7e308),
        "tiny": FloatDistribution(0.0, 5e-324),
        "log": FloatDistribution(5e-324, 1.7e308, log=True),
        "int": IntDistribution(-(2**62), 2**62),
        "thin": FloatDistribution(1.0, math.nextafter(1.0, 2.0)),
    }
    trials = random_trials(12, space, lambda x: (x["huge"] / 1e308,))
    for number in range(12, 16):
        x = ask(GPSampler(seed=0), trials, number, space)
        trials.append(trial(number, space, x, (x["huge"] / 1e308,)))


def test_a_fit_that_fails_falls_back_on_the_prior_and_says_so(monkeypatch):
    monkeypatch.setattr(chains, "fit", lambda *_: None)
    trials = random_trials(12, PLANE, shifted)
    with pytest.warns(RuntimeWarning, match="trial 17: the fit of 1 process.* to 12 trials failed"):
        ask(GPSampler(seed=0), trials, 17, PLANE)


def test_a_fit_is_tried_again_with_more_jitter(monkeypatch):
    jitters, real = [], chains.Objective

    def objective(*args):
        jitters.append(args[-1])
        return real(*args)

    def fails_at_first(*args):
        return None if jitters[-1] < 1e-6 else genuine(*args)

    genuine = chains.fit
    monkeypatch.setattr(chains, "Objective", objective)
    monkeypatch.setattr(chains, "fit", fails_at_first)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ask(GPSampler(seed=0), random_trials(12, PLANE, shifted), 17, PLANE)
    assert 0.0 in jitters
    assert max(jitters) == 1e-6


# --- as a value -------------------------------------------------------------------------------------------------------


def test_the_spec_rebuilds_the_sampler():
    sampler = GPSampler(seed=4, n_startup_trials=5, deterministic_objective=True, independent_sampler=RandomSampler(9))
    again = sampler_from_spec(json.loads(json.dumps(sampler.spec())))
    assert again == sampler == pickle.loads(pickle.dumps(sampler))
    trials = random_trials(8, PLANE, shifted)
    assert ask(again, trials, 9, PLANE) == ask(sampler, trials, 9, PLANE)
    assert GPSampler(seed=4).in_background


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_startup_trials": -1}, "n_startup_trials must be an integer >= 0, got -1"),
        ({"n_startup_trials": 2.5}, "n_startup_trials must be an integer >= 0, got 2.5"),
        ({"deterministic_objective": "yes"}, "deterministic_objective must be True or False, got 'yes'"),
        ({"independent_sampler": 3}, "independent_sampler must be a sampler or None, got 3"),
        ({"seed": -1}, "seed must be an integer >= 0"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        GPSampler(**arguments)


def test_what_the_sampler_says_of_a_choice():
    sampler = GPSampler(seed=0)
    trials = random_trials(12, PLANE, shifted)
    assert "initial point" in sampler.explain(view(trials[:3]), 3, PLANE)
    waiting = trial(20, PLANE, {"x": 0.0, "y": 0.0}, None, RUNNING)
    text = sampler.explain(view([*trials, waiting]), 21, PLANE)
    assert "12 trials" in text
    assert "1 pending" in text
