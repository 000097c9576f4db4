"""Every sampler gives valid values in every study, and is a function of the record, the trial number and the seed.

A new sampler is one line in ``conformance.CASES``. What a sampler learns is its own tests' matter.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import pickle
import random
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl
import torch

import raytune_lite as rtl
from raytune_lite import samplers
from raytune_lite.base_trial import CONSTRAINT_PREFIX
from raytune_lite.distributions import FloatDistribution, IntDistribution
from raytune_lite.samplers import RandomSampler, sampler_from_spec
from raytune_lite.trial import FrozenTrial

from .conformance import CASES, Case, suggestions
from .odd_histories import ODD
from .world import (
    COMPLETE,
    FAIL,
    MAXIMIZE,
    MINIMIZE,
    OBJECTIVES,
    PRUNED,
    RUNNING,
    Played,
    World,
    flat,
    history,
    loss_of,
    mirrored,
    values_of_loss,
)  # fmt: skip

ROOT = Path(__file__).parents[2]
N = 25  # trials in a study that knows something: more than the start-up of any sampler


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    """Each sampler in turn."""
    found: Case = request.param
    return found


def serving(space: str) -> pytest.MarkDecorator:
    """Only the samplers that serve such a space: a grid has the parameters it was made with."""
    some = [case for case in CASES if space in case.spaces]
    return pytest.mark.parametrize("case", some, ids=lambda case: case.name)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Matrices are small here, and tests run beside each other: more threads only wait for each other."""
    with threadpoolctl.threadpool_limits(1):
        yield


@pytest.fixture(autouse=True)
def _numpy_never_warns() -> Iterator[None]:
    """A RuntimeWarning of numpy is an overflow or a NaN that nobody thought of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def ask(case: Case, world: World, number: int = 1000, *, seed: int = 5, objective=None) -> dict[str, float]:
    """What a new sampler suggests, before any cache."""
    return world.play(case.make(seed), number, objective or case.home).values


# --- valid values ----------------------------------------------------------------------------------------------------


def test_every_value_is_in_range_and_on_the_grid_in_every_space(case):
    # World.play checks each value: in the range, on the grid, a plain float
    for space in case.spaces:
        objective, sampler = OBJECTIVES[space], case.make(5)
        for n in (0, 1, N):
            world = history(objective, n)
            for number in (n, n + 1, n + 40):
                assert world.play(sampler, number, objective).values


@pytest.mark.parametrize("odd", ODD)
def test_every_value_is_valid_after_an_odd_history_and_no_floating_point_mode_matters(case, odd):
    for space in case.spaces[:2] if odd.startswith(("no", "one", "only")) else case.spaces[:1]:
        world = ODD[odd](OBJECTIVES[space])
        for number in (1000, 1001):
            plain = ask(case, world, number, objective=OBJECTIVES[space])
            with np.errstate(all="raise"):
                assert ask(case, world, number, objective=OBJECTIVES[space]) == plain


def test_a_thousand_trials_are_no_trouble(case):
    world = history(case.home, 1000)
    assert ask(case, world) == ask(case, world.copy())


def test_a_sampler_lives_through_a_study_with_many_slots(case):
    """30 trials at a time that end in another order than they began, one in five of them failed or pruned."""
    order, world, sampler = random.Random(3), World(), case.make(5)
    for number in range(60 if sampler.in_background else 150):
        if len(world.pending) == 30:
            one = world.pending[order.choice(sorted(world.pending))]
            state = FAIL if one.number % 10 == 3 else PRUNED if one.number % 10 == 7 else COMPLETE
            loss = loss_of(Played({n: d.to_internal_repr(one.params[n]) for n, d in one.distributions.items()},
                                          dict(one.distributions)))  # fmt: skip
            values = None if state is FAIL else (loss,)
            fields = {"params": one.params, "distributions": one.distributions, "intermediate_values": {1: loss}}
            world.put(FrozenTrial(number=one.number, state=state, values=values, **fields))
        world.put(world.play(sampler, number, case.home).trial(number, RUNNING))


@serving("numbers")
def test_a_range_that_changed_is_the_one_that_counts(case):
    world = history(flat({"x": FloatDistribution(0.0, 10.0), "n": IntDistribution(1, 64, log=True)}), N)
    for low, high in ((2.0, 3.0), (-50.0, 50.0), (20.0, 30.0), (4.0, 4.0)):
        now = flat({"x": FloatDistribution(low, high), "n": IntDistribution(60, 5000, log=True)})
        for number in (N, N + 1):  # its range is known from one trial of the newest kind, and not at all
            ask(case, world, number, objective=now)
        later = world.copy()
        for number in range(N, N + 3):
            later.put(later.play(RandomSampler(1), number, now).trial(number, COMPLETE, values=(0.1,)))
            ask(case, later, number + 1, objective=now)


@serving("floats")
def test_parameters_keep_their_values_apart_whatever_their_names(case):
    names = ["", " ", "x", "X", "x/y", "größe", "\U0001f600", "0", "a" * 500, "self", "number", "__class__"]
    odd = flat({name: FloatDistribution(float(i), i + 0.5) for i, name in enumerate(names)})
    assert list(ask(case, history(odd, N), objective=odd)) == names


@pytest.mark.parametrize("directions", [(MINIMIZE, MAXIMIZE), (MINIMIZE,) * 3], ids=["two", "three"])
def test_several_objectives_are_served_or_refused_by_name(case, directions):
    m = len(directions)

    def odd(i, loss):
        return {"values": ((loss, math.inf, -math.inf, 1e300, 0.5)[i % 5],) * m}

    def bound(i, loss):
        attrs = {f"{CONSTRAINT_PREFIX}c": float(i % 3 - 1)}
        return {"values": values_of_loss(loss, directions), "system_attrs": attrs}

    worlds = [history(case.home, N, *directions, told=told) for told in (None, odd, bound)]
    worlds += [history(case.home, N, *directions, state=FAIL), World(*directions)]
    for world in worlds:
        if m <= case.objectives:
            ask(case, world)
            continue
        with pytest.raises(ValueError, match="objective") as caught:
            ask(case, world)
        assert str(m) in str(caught.value)


# --- a function of the record, the number and the seed ---------------------------------------------------------------


def test_the_same_seed_reproduces_and_another_one_differs(case):
    for world in (World(), history(case.home, N)):
        assert ask(case, world) == ask(case, world.copy())
        # false alarm: the chance of drawing one of some thousand points twice, once, with fixed seeds
        assert ask(case, world) != ask(case, world, seed=6)


def test_trials_beside_each_other_get_different_points(case):
    """Ten trials that all run at once: with nothing known yet, and with a history."""
    for world in (World(), history(case.home, N)):
        sampler, first = case.make(5), len(world.finished)
        points = []
        for number in range(first, first + 10):
            played = world.play(sampler, number, case.home)
            points.append(tuple(played.values.items()))
            world.put(played.trial(number, RUNNING))
        assert len(set(points)) == len(points)


def test_a_warm_cache_suggests_what_a_cold_one_does(case):
    """A study that grows, another beside it on the same sampler, and a look back at an earlier state of it."""
    sampler = case.make(5)
    one, two = World(), World()
    whole = history(case.home, 32)
    for i, trial in enumerate(whole.finished):
        warm = [world.play(sampler, 100 + i, case.home).values for world in (one, two)]
        if i % 5 == 4 or i in (1, 10, 11):
            assert warm == [ask(case, world.copy(), 100 + i) for world in (one, two)]
        one.put(trial)
        if i % 3:
            two.put(trial)
    back = one.play(sampler, 100, case.home, n=12).values
    assert back == ask(case, history(case.home, 12), 100)
    assert one.play(sampler, 100, case.home).values == ask(case, one.copy(), 100)


def test_earlier_questions_change_no_answer(case):
    world, sampler = history(case.home, N), case.make(5)
    forth = [world.play(sampler, number, case.home).values for number in range(N, N + 6)]
    assert [world.play(sampler, number, case.home).values for number in reversed(range(N, N + 6))] == forth[::-1]


def test_what_only_runs_now_leaves_nothing_behind(case):
    """Pending trials come and go without a trace in what is kept of a study."""
    world, sampler = history(case.home, N), case.make(5)
    before = world.play(sampler, 99, case.home).values
    for number in range(N, N + 4):
        world.put(world.play(sampler, number, case.home).trial(number, RUNNING))
    busy = world.play(sampler, 99, case.home).values
    assert busy == ask(case, world.copy(), 99)
    world.pending.clear()
    assert world.play(sampler, 99, case.home).values == before


def test_trials_may_end_in_any_order(case):
    told = history(case.home, N)
    for seed in range(3):
        order = random.Random(seed).sample(range(N), N)
        world = told.copy(order)
        grown, sampler = World(), case.make(5)
        for trial in world.finished:
            grown.put(trial)
            if len(grown.finished) % 8 == 0:
                grown.play(sampler, 99, case.home)
        assert grown.play(sampler, 99, case.home).values == ask(case, world, 99)


def test_history_is_ignored_or_not_as_the_case_says(case):
    """Two studies that differ in their losses alone, and for those that heed constraints in these alone."""
    one, two = (
        history(case.home, 60, told=lambda i, loss, turn=turn: {"values": (turn * loss,)}) for turn in (1, -1)
    )
    # a sampler that is still starting up, or of which losses decide little, may give one or another equal point
    same = [ask(case, one, number) == ask(case, two, number) for number in range(60, 66)]
    assert all(same) == case.ignores_history
    if case.heeds_constraints:
        attrs = [{f"{CONSTRAINT_PREFIX}c": 1.0 if i % 2 else -1.0} for i in range(60)]
        bound = history(case.home, 60, told=lambda i, loss: {"values": (loss,), "system_attrs": attrs[i]})
        assert any(ask(case, one, number) != ask(case, bound, number) for number in range(60, 66))


def test_maximising_mirrors_minimising(case):
    worlds = [history(case.home, N), ODD["many pruned"](case.home), ODD["some inf"](case.home)]
    if case.objectives > 1:
        worlds.append(history(case.home, N, MINIMIZE, MAXIMIZE))
    for world in worlds:
        assert ask(case, mirrored(world)) == ask(case, world)


@pytest.fixture(scope="session")
def elsewhere() -> list[dict[str, dict[str, str]]]:
    """The suggestions that two other processes print, each with its own order of hashes."""
    code = ["-m", "tests.samplers.conformance"]
    outputs = []
    for hash_seed in ("1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, *code], env=environment, cwd=ROOT, capture_output=True, check=True)
        outputs.append(json.loads(done.stdout))
    return outputs


def test_another_process_suggests_the_same(case, elsewhere):
    assert [found[case.name] for found in elsewhere] == [suggestions(case)] * 2


def test_the_spec_and_the_pickle_rebuild_the_sampler(case):
    sampler, world = case.make(5), history(case.home, N)
    spec = sampler.spec()
    first = world.play(sampler, 99, case.home).values
    for again in (sampler_from_spec(json.loads(json.dumps(spec))), pickle.loads(pickle.dumps(sampler))):
        assert again.spec() == spec
        assert again == sampler
        assert hash(again) == hash(sampler)
        assert (again.seed, again.in_background) == (5, sampler.in_background)
        assert world.play(again, 99, case.home).values == first
    assert sampler.spec() == spec, "a suggestion changed the spec"
    assert case.make(6) != sampler
    assert len(json.dumps(spec)) < 2000
    assert type(sampler).__name__ in repr(sampler)


# --- the surroundings ------------------------------------------------------------------------------------------------


def test_no_global_random_state_is_read_or_touched(case):
    world = history(case.home, N)
    found = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        before = random.getstate(), np.random.get_state(), torch.get_rng_state()
        found.append((ask(case, world), ask(case, World())))
        assert random.getstate() == before[0]
        assert all(np.array_equal(a, b) for a, b in zip(np.random.get_state(), before[1], strict=True))
        assert torch.equal(torch.get_rng_state(), before[2])
    assert found[0] == found[1]


@contextlib.contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    yield
    torch.set_default_dtype(before)


@contextlib.contextmanager
def deterministic() -> Iterator[None]:
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


TORCH_MODES = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "set_grad_enabled(False)": lambda: torch.set_grad_enabled(False),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "float32": lambda: default_dtype(torch.float32),
    "float64": lambda: default_dtype(torch.float64),
    "float16": lambda: default_dtype(torch.float16),
    "meta device": lambda: torch.device("meta"),
    "deterministic": deterministic,
}


def torch_state() -> tuple[object, ...]:
    return (
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_num_threads(),
        tuple(np.geterr().items()),
    )


def test_no_mode_of_torch_changes_a_suggestion_and_all_are_left_as_found(case):
    world = history(case.home, N)
    plain, default = ask(case, world), torch_state()
    for name, mode in TORCH_MODES.items():
        with mode():
            before = torch_state()
            assert before != default or name == "float32"  # torch's own default
            assert ask(case, world) == plain, name
            assert torch_state() == before, name


def test_another_thread_suggests_the_same(case):
    world, found = history(case.home, N), []
    world.put(world.play(case.make(5), N, case.home).trial(N, RUNNING))
    thread = threading.Thread(target=lambda: found.append(ask(case, world)))
    thread.start()
    thread.join()
    assert found == [ask(case, world)]
    still = world.view().still()
    assert case.make(5).search_space(still, world.known) == case.make(5).search_space(world.view(), world.known)


def test_what_a_study_recorded_can_be_suggested_again(case):
    """An executor's study, trial by trial: the record up to then leads to the parameters that the trial had."""
    study = rtl.create_study(sampler=case.make(5))
    space = case.spaces[0]

    def objective(trial: rtl.Trial) -> float:
        def suggest(name, dist):
            if isinstance(dist, FloatDistribution):
                return trial.suggest_float(name, dist.low, dist.high, step=dist.step, log=dist.log)
            if isinstance(dist, IntDistribution):
                return trial.suggest_int(name, dist.low, dist.high, step=dist.step, log=dist.log)
            return trial.suggest_categorical(name, dist.choices)

        OBJECTIVES[space](suggest)
        if trial.number % 4 == 3:
            raise rtl.TrialPruned
        return float(trial.number % 7)

    study.optimize(objective, n_trials=16, executor="inline")
    world, trials = World(), study.trials
    assert len(trials) == 16
    for trial in trials:
        values = {name: dist.to_internal_repr(trial.params[name]) for name, dist in trial.distributions.items()}
        # brute force: the executor's tree hands out what the sampler does not choose
        if trial.number in (0, 1, 5, 11, 15) and case.name != "BruteForce":
            assert ask(case, world, trial.number) == values
        world.put(trial)


def test_every_sampler_of_the_package_is_in_the_suite():
    assert {type(case.make(0)).__name__ for case in CASES} == samplers._HOMES.keys()


def test_the_suite_sees_what_it_should():
    """A sampler with a memory, one that draws from numpy's global generator, one off the grid: each is caught."""

    class Remembers(RandomSampler):
        asked = 0

        def sample_independent(self, view, number, name, distribution):
            self.asked += 1
            return super().sample_independent(view, number + self.asked // 7, name, distribution)

    class Global(RandomSampler):
        def sample_independent(self, view, number, name, distribution):
            return distribution.from_unit(np.random.random())

    class Sloppy(RandomSampler):
        def sample_independent(self, view, number, name, distribution):
            return super().sample_independent(view, number, name, distribution) + 1e-3

    wrong = {
        Remembers: [test_earlier_questions_change_no_answer, test_a_warm_cache_suggests_what_a_cold_one_does],
        Global: [test_the_same_seed_reproduces_and_another_one_differs, test_no_global_random_state_is_read_or_touched],
        Sloppy: [test_every_value_is_in_range_and_on_the_grid_in_every_space],
    }
    for (kind, tests) in wrong.items():
        for test in itertools.chain(tests):
            with pytest.raises(AssertionError):
                test(Case(kind.__name__, kind))
