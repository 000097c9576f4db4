"""CMA-ES: the cmaes package itself when trials come one by one, few results lost when many run, pure in any case."""

from __future__ import annotations

import heapq
import json
import math

import cmaes
import numpy as np
import pytest

from raytune_lite.base_trial import CONSTRAINT_PREFIX
from raytune_lite.core.view import Finished, StudyView
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.samplers import CmaEsSampler, QMCSampler, RandomSampler, sampler_from_spec
from raytune_lite.samplers.cmaes.box import Axis, Box, fitted
from raytune_lite.samplers.cmaes.steps import warm_start
from raytune_lite.samplers.rng import rng_for
from raytune_lite.trial import FrozenTrial, StudyDirection, TrialState

MIN = (StudyDirection.MINIMIZE,)
UNIT = FloatDistribution(0.0, 1.0)


def box_of(d):
    return {f"x{i:02d}": UNIT for i in range(d)}


def shifted(values):
    """An ellipsoid of condition 1000 with its optimum off the centre."""
    x = np.array(list(values.values()))
    return float(10.0 ** (3 * np.arange(len(x)) / max(1, len(x) - 1)) @ (x - 0.3 - 0.04 * np.arange(len(x))) ** 2)


class Study:
    """Trials that end in any order, and the views that a sampler would get."""

    def __init__(self, space, loss, directions=MIN):
        self.space, self.loss, self.directions, self.trials = space, loss, directions, []

    def view(self, n=None):
        n = len(self.trials) if n is None else n
        return StudyView(self.directions, n, Finished(self.trials, n))

    def ask(self, sampler, number, n=None):
        view = self.view(n)
        return sampler.sample_relative(view, number, sampler.search_space(view, self.space))

    def tell(self, number, values, **fields):
        external = {name: self.space[name].to_external_repr(value) for name, value in values.items()}
        if "state" not in fields:
            fields |= {"state": TrialState.COMPLETE, "values": (self.loss(values),)}
        self.trials.append(FrozenTrial(number=number, params=external, distributions=self.space, **fields))

    def run(self, sampler, n, workers=1, seed=0):
        """``n`` results with ``workers`` trials at a time, of exponential durations."""
        rng, heap, number = np.random.default_rng(seed), [], 0
        while len(self.trials) < n:
            while len(heap) < workers:
                now = heap[0][0] if heap and number >= workers else 0.0
                heapq.heappush(heap, (now + rng.exponential(), number, self.ask(sampler, number)))
                number += 1
            at, ended, values = heapq.heappop(heap)
            self.tell(ended, values)
            heapq.heappush(heap, (at + rng.exponential(), number, self.ask(sampler, number)))
            number += 1
        return sampler

    @property
    def best(self):
        return min(trial.values[0] for trial in self.trials)


# --- the package itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("d", "arguments", "oracle"),
    [
        (5, {}, lambda d: cmaes.CMA(np.full(d, 0.5), 1 / 6)),
        (12, {"popsize": 9}, lambda d: cmaes.CMA(np.full(d, 0.5), 1 / 6, population_size=9)),
        (1, {}, lambda d: cmaes.CMA(np.full(d, 0.5), 1 / 6)),
        (6, {"lr_adapt": True}, lambda d: cmaes.CMA(np.full(d, 0.5), 1 / 6, lr_adapt=True)),
        (6, {"use_separable_cma": True}, lambda d: cmaes.SepCMA(np.full(d, 0.5), 1 / 6)),
        (4, {"x0": {"x00": 0.2, "x02": 0.7}, "sigma0": 0.1}, lambda d: cmaes.CMA(np.array([0.2, 0.5, 0.7, 0.5]), 0.1)),
    ],
)
def test_one_trial_at_a_time_evolves_as_the_package_does(d, arguments, oracle):
    sampler, study, package = CmaEsSampler(seed=3, **arguments), Study(box_of(d), shifted), oracle(d)
    told, generations = [], 0
    for number in range(60 * package.population_size):
        values = study.ask(sampler, number)
        study.tell(number, values)
        if number == 0:  # of start-up
            continue
        told.append((np.array(list(values.values())), study.trials[-1].values[0]))
        if len(told) == package.population_size:
            package.tell(told)
            package._eigen_decomposition()  # as its ask() does; it makes C symmetric
            told, generations = [], generations + 1
            study.ask(sampler, number + 1)
            mine, inner = sampler._replay.generations[-1], sampler._replay._optimiser._inner
            assert mine.index == generations
            scale = np.abs(package._C).max()
            np.testing.assert_allclose(mine.mean, package.mean, rtol=0, atol=1e-12)
            np.testing.assert_allclose(mine.sigma, package._sigma, rtol=1e-12)
            np.testing.assert_allclose(inner._C, package._C, rtol=0, atol=1e-12 * scale)
    assert generations == 59
    assert study.best < 0.1 * min(trial.values[0] for trial in study.trials[: package.population_size])


def test_one_trial_at_a_time_on_grids_evolves_as_the_package_with_margin_does():
    space = {"k": IntDistribution(0, 20), "s": FloatDistribution(0.0, 1.0, step=0.25), "x": UNIT}

    def loss(values):
        return (values["k"] - 13) ** 2 + 10 * (values["s"] - 0.75) ** 2 + (values["x"] - 0.2) ** 2

    bounds, steps = np.tile([0.0, 1.0], (3, 1)), np.array([1 / 20, 0.25, 0.0])
    package = cmaes.CMAwM(np.full(3, 0.5), 1 / 6, bounds=bounds, steps=steps)
    sampler, study, told = CmaEsSampler(seed=1, with_margin=True), Study(space, loss), []
    study.tell(0, study.ask(sampler, 0))
    for number in range(1, 40 * package.population_size):
        values = study.ask(sampler, number)
        study.tell(number, values)
        # what the package would draw with the sampler's normal vector: told raw, evaluated on the grid
        z = rng_for(1, number=number, purpose="cmaes/point").standard_normal(3)
        basis, scales = package._cma._eigen_decomposition()
        raw = package.mean + package._cma._sigma * (basis * scales) @ z
        raw[2] = min(max(raw[2], 0.0), 1.0)
        k, s = package._encode_discrete_params(raw[:2])
        assert values == pytest.approx({"k": 20 * k, "s": s, "x": raw[2]}, abs=1e-11)
        told.append((raw, loss(values)))
        if len(told) == package.population_size:
            package.tell(told)
            told = []
    study.ask(sampler, 999)
    mine = sampler._replay.generations[-1]
    np.testing.assert_allclose(mine.mean, package.mean, rtol=0, atol=1e-10)
    np.testing.assert_allclose(mine.stretch, package._A, rtol=1e-9)
    assert study.best < 1e-4


def test_the_warm_start_is_the_packages():
    rng = np.random.default_rng(0)
    points, losses = rng.random((80, 4)), rng.random(80)
    mean, sigma, cov = cmaes.get_warm_start_mgd(list(zip(points, losses, strict=True)))
    mine = warm_start(points, losses)
    np.testing.assert_allclose(mine[0], mean, atol=1e-12)
    np.testing.assert_allclose(mine[1], sigma, rtol=1e-12)
    np.testing.assert_allclose(mine[2], cov, atol=1e-12)
    many = warm_start(rng.random((20, 500)), rng.random(20))  # where the package's determinant is 0
    assert all(np.isfinite(part).all() for part in many)


# --- many trials at once ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("popsize", "share"), [(10, 0.75), (None, 0.8)])
def test_fifty_workers_lose_few_results_and_converge(popsize, share):
    """A rule that takes results of the present generation alone keeps 10 of 10 + 49."""
    losses, alone = [], []
    for seed in range(3):
        study = Study(box_of(10), shifted)
        sampler = study.run(CmaEsSampler(seed=seed, popsize=popsize), 1500, workers=50, seed=seed)
        replay = sampler._replay
        assert replay.n_results > 1400
        assert replay.n_left_out < (1 - share) * replay.n_results
        losses.append(study.best)
        strict = Study(box_of(10), shifted)
        strict.run(RandomSampler(seed), 1500)
        alone.append(strict.best)
    assert max(losses) < 0.1 * min(alone)


def test_eight_workers_lose_nothing_and_cost_little():
    one, eight = [], []
    for seed in range(4):
        for workers, found in ((1, one), (8, eight)):
            study = Study(box_of(5), shifted)
            replay = study.run(CmaEsSampler(seed=seed), 600, workers=workers, seed=seed)._replay
            assert replay.n_left_out <= 0.02 * replay.n_results
            found.append(math.log10(study.best))
    assert np.mean(one) < -5  # of random search: some -1
    assert np.mean(eight) < -4


def test_generations_grow_while_results_come_late_and_shrink_again():
    study, sampler = Study(box_of(10), shifted), CmaEsSampler(seed=0)
    study.run(sampler, 800, workers=100)
    assert 20 <= sampler._replay.popsize <= 60
    for number in range(10_000, 10_400):
        study.tell(number, study.ask(sampler, number))
    assert sampler._replay.popsize == 10
    fixed = CmaEsSampler(seed=0, popsize=12)
    Study(box_of(10), shifted).run(fixed, 800, workers=100)
    assert fixed._replay.popsize == 12


def test_where_a_trial_came_from_is_read_off_its_point():
    study, sampler = Study(box_of(6), shifted), CmaEsSampler(seed=0)
    number, asked, present = 0, {}, {}
    rng = np.random.default_rng(1)
    while len(study.trials) < 400:
        values = study.ask(sampler, number)
        asked[number] = values
        present[number] = sampler._replay.generations[-1].index if sampler._replay.ready else None
        number += 1
        if len(asked) > 15:
            ended = sorted(asked)[rng.integers(15)]
            study.tell(ended, asked.pop(ended))
            study.ask(sampler, 10**6)
            results = sampler._replay._results
            if results and results[-1].number == ended:
                origin = results[-1].origin
                assert (None if origin is None else origin.index) == present[ended]
    study.tell(number, dict.fromkeys(study.space, 0.25))  # somebody's own point
    study.ask(sampler, 10**6)
    assert not sampler._replay._results or sampler._replay._results[-1].origin is None


# --- a function of the record ----------------------------------------------------------------------------------------

MIXED = {
    "c": CategoricalDistribution(["a", "b"]),
    "k": IntDistribution(0, 8),
    "l": FloatDistribution(1e-4, 1.0, log=True),
    "n": IntDistribution(1, 500, log=True),
    "x": FloatDistribution(-2.0, 5.0),
}


def mixed_loss(values):
    return (values["k"] - 6) ** 2 / 9 + math.log10(values["l"] / 0.03) ** 2 + (values["x"] - 3) ** 2 + values["c"]


@pytest.mark.parametrize(
    "arguments", [{}, {"restart_strategy": "bipop", "popsize": 4}, {"lr_adapt": True}, {"with_margin": True}]
)
def test_a_cold_sampler_arrives_where_a_warm_one_is_bit_for_bit(arguments):
    study, warm = Study(MIXED, mixed_loss), CmaEsSampler(seed=2, **arguments)
    study.run(warm, 400, workers=12)
    other = Study(box_of(3), shifted)
    for n in range(0, 400, 80):
        cold = CmaEsSampler(seed=2, **arguments)
        assert study.ask(cold, 5000, n) == study.ask(warm, 5000, n)
        other.tell(n, other.ask(warm, n))  # another study between, on the same sampler
    with np.errstate(all="raise"):
        assert study.ask(CmaEsSampler(seed=2, **arguments), 5000) == study.ask(warm, 5000)


def test_a_parameter_that_a_later_trial_lacks_is_no_dimension_any_more():
    space, wide = box_of(3), {**box_of(3), "x02": FloatDistribution(0.0, 4.0)}
    study, warm = Study(space, shifted), CmaEsSampler(seed=0)
    for number in range(60):
        study.tell(number, study.ask(warm, number))
    assert warm._replay.box.names == ("x00", "x01", "x02")
    study.space = wide
    study.tell(60, {**dict.fromkeys(wide, 0.5), "x02": 3.5})
    first = study.ask(warm, 61)
    assert warm._replay.box.axes[2].high == 4.0
    assert first == study.ask(CmaEsSampler(seed=0), 61)
    study.trials.append(
        FrozenTrial(number=61, state=TrialState.COMPLETE, values=(0.0,), params={"x00": 0.5, "x01": 0.5},
                    distributions={"x00": UNIT, "x01": UNIT})
    )  # fmt: skip
    assert study.ask(warm, 62) == study.ask(CmaEsSampler(seed=0), 62)
    assert warm._replay.box.names == ("x00", "x01")


# --- what counts -----------------------------------------------------------------------------------------------------


def test_infeasible_trials_rank_last():
    """The best losses are infeasible; the search goes to the bound between."""

    def loss(values):
        return sum(values.values())

    study, sampler = Study(box_of(4), loss), CmaEsSampler(seed=0)
    for number in range(500):
        values = study.ask(sampler, number)
        study.tell(number, values, system_attrs={f"{CONSTRAINT_PREFIX}c": 0.3 - min(values.values())})
    feasible = [t.values[0] for t in study.trials if t.constraints["c"] <= 0]
    assert len([t for t in study.trials[-100:] if t.constraints["c"] <= 0]) > 20
    assert min(feasible) < 4 * 0.3 + 0.05


def test_pruned_trials_count_when_asked_to():
    for considered in (False, True):
        study, sampler = Study(box_of(3), shifted), CmaEsSampler(seed=0, consider_pruned_trials=considered)
        for number in range(400):
            values = study.ask(sampler, number)
            curve = {1: math.nan, 5: shifted(values)}
            study.tell(number, values, state=TrialState.PRUNED, intermediate_values=curve)
        assert (min(t.intermediate_values[5] for t in study.trials) < 1e-6) == considered


def test_maximising_is_minimising_the_negative():
    low, high = CmaEsSampler(seed=0), CmaEsSampler(seed=0)
    down = Study(box_of(3), shifted)
    up = Study(box_of(3), lambda values: -shifted(values), (StudyDirection.MAXIMIZE,))
    down.run(low, 100)
    up.run(high, 100)
    assert [trial.params for trial in down.trials] == [trial.params for trial in up.trials]


def test_an_optimum_on_the_bounds_is_found():
    study = Study(box_of(6), lambda values: sum(values.values()))
    study.run(CmaEsSampler(seed=0), 300)
    assert study.best < 1e-3


def test_with_a_margin_integers_that_decide_little_do_not_freeze():
    space = {**{f"b{i}": IntDistribution(0, 1) for i in range(5)}, **{f"x{i}": UNIT for i in range(5)}}

    def loss(values):
        wrong = 5 - sum(values[f"b{i}"] for i in range(5))
        return wrong + sum(100 * (values[f"x{i}"] - 0.4) ** 2 for i in range(5))

    right = {True: 0, False: 0}
    for margin in right:
        for seed in range(6):
            study = Study(space, loss)
            study.run(CmaEsSampler(seed=seed, with_margin=margin), 500)
            right[margin] += study.best < 1  # all five bits
    assert right[True] == 6
    assert right[False] < 6  # what the margin is for


# --- restarts and starts ---------------------------------------------------------------------------------------------


def rastrigin(values):
    x = 8 * (np.array(list(values.values())) - 0.37)
    return float(10 * len(x) + np.sum(x**2 - 10 * np.cos(2 * np.pi * x)))


@pytest.mark.parametrize("strategy", ["ipop", "bipop"])
def test_a_converged_run_begins_again_with_another_population(strategy):
    study, sampler = Study(box_of(2), rastrigin), CmaEsSampler(seed=1, restart_strategy=strategy)
    sizes = {}
    for number in range(4000):
        study.tell(number, study.ask(sampler, number))
        if sampler._replay.ready:
            sizes.setdefault(sampler._replay.generations[-1].run, sampler._replay.popsize)
    assert len(sizes) >= 3
    assert [sizes[0], sizes[1]] == [6, 12]
    assert sizes[2] == 24 if strategy == "ipop" else sizes[2] <= 12
    assert strategy == "bipop" or study.best < 1e-6


def test_without_restarts_a_study_that_has_converged_goes_on():
    study, sampler = Study(box_of(2), shifted), CmaEsSampler(seed=1)
    study.run(sampler, 3000)
    assert study.best < 1e-20
    flat = Study(box_of(2), lambda values: 1.0)
    flat.run(CmaEsSampler(seed=1), 1500)
    assert all(0 <= value <= 1 for trial in flat.trials for value in trial.params.values())


def test_another_studys_trials_tell_where_to_begin():
    source = Study(box_of(5), shifted)
    source.run(RandomSampler(0), 300)
    warm = CmaEsSampler(seed=0, source_trials=source.trials)
    assert sampler_from_spec(json.loads(json.dumps(warm.spec()))) == warm
    first, plain = Study(box_of(5), shifted), Study(box_of(5), shifted)
    first.run(warm, 2)
    start = warm._replay.generations[0]
    best = sorted(source.trials, key=lambda trial: trial.values)[:30]
    np.testing.assert_allclose(start.mean, np.mean([list(t.params.values()) for t in best], axis=0), atol=1e-12)
    first.run(warm, 150)
    plain.run(CmaEsSampler(seed=0), 150)
    assert first.best < plain.best
    with pytest.raises(ValueError, match=r"source_trials must have trials with all of the parameters \['other'\]"):
        Study({"other": UNIT}, shifted).run(warm, 3)


def test_what_is_no_dimension_is_the_independent_samplers():
    base = QMCSampler(seed=7)
    study, sampler = Study(MIXED, mixed_loss), CmaEsSampler(seed=0, independent_sampler=base)
    for number in range(50):
        study.tell(number, study.ask(sampler, number))
    view, values = study.view(), study.ask(sampler, 50)
    assert values["c"] == base.sample_independent(view, 50, "c", MIXED["c"])
    assert sampler.sample_independent(view, 50, "z", UNIT) == base.sample_independent(view, 50, "z", UNIT)
    assert "generation 7 of 8 results" in sampler.explain(view, 50, MIXED)
    assert sampler.explain(view, 50, MIXED).endswith("chosen independently: ['c']")


# --- the box ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("margin", [False, True])
def test_the_box_and_back(margin):
    dists = [d for d in MIXED.values() if not isinstance(d, CategoricalDistribution)]
    dists += [FloatDistribution(-1e308, 1e308), FloatDistribution(0.1, 0.7, step=0.1), IntDistribution(-50, 50, step=5)]
    box = Box([str(i) for i in range(len(dists))], [Axis.of(dist) for dist in dists], margin)
    rng = np.random.default_rng(0)
    for _ in range(200):
        values = box.values(rng.random(len(dists)))
        assert all(dist.contains(value) for dist, value in zip(dists, values, strict=True))
        np.testing.assert_allclose(box.values(box.unit(values)), values, rtol=1e-12)
    low, high = box.values(np.zeros(len(dists))), box.values(np.ones(len(dists)))
    np.testing.assert_allclose(low, [dist.low for dist in dists])
    np.testing.assert_allclose(high, [dist.high for dist in dists])
    # without a margin the points of a grid own equal shares, as in random search
    shares = np.array([box.values(np.full(len(dists), u))[0] for u in (np.arange(900) + 0.5) / 900])
    assert (np.unique(shares, return_counts=True)[1].tolist() == [100] * 9) != margin


def test_fitted_is_the_nearest_value():
    assert fitted(IntDistribution(2, 20, step=3), 9.6) == 11.0
    assert fitted(FloatDistribution(0.1, 0.7, step=0.1), 9.0) == 0.7
    huge = IntDistribution(-(2**62), 2**62 + 1)
    assert huge.contains(fitted(huge, 1e19))


# --- arguments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"restart_strategy": "cmaes"}, r"restart_strategy must be one of \[None, 'ipop', 'bipop'\], got 'cmaes'"),
        ({"popsize": 3}, "popsize must be an integer >= 4 or None, got 3"),
        ({"popsize": 8.0}, "popsize must be an integer"),
        ({"n_startup_trials": -1}, "n_startup_trials must be an integer >= 0"),
        ({"inc_popsize": 0}, "inc_popsize must be an integer >= 1"),
        ({"sigma0": 0.0}, "sigma0 must be a number > 0"),
        ({"sigma0": math.nan}, "sigma0 must be a number > 0"),
        ({"x0": {"x": "a"}}, "x0 must map parameter names to numbers"),
        ({"use_separable_cma": True, "with_margin": True}, "exclude each other"),
        ({"use_separable_cma": True, "lr_adapt": True}, "exclude each other"),
        ({"lr_adapt": 1}, "lr_adapt must be True or False"),
        ({"with_margin": 1}, "with_margin must be True or False"),
        ({"source_trials": []}, "at least one COMPLETE trial"),
        ({"source_trials": "history"}, "source_trials must be a list of finished trials, got 'history'"),
        ({"source_trials": [3]}, "pairs of params and value"),
        ({"source_trials": [[{"x": 1}, 2.0]], "sigma0": 0.1}, "must be left out"),
    ],
)
def test_bad_arguments_are_refused(arguments, match):
    with pytest.raises(ValueError, match=match):
        CmaEsSampler(seed=0, **arguments)
