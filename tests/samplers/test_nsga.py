"""NSGA-II and NSGA-III: generations as a function of the record; survival against plain slow versions; quality."""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from optuna.samplers._nsgaiii import _elite_population_selection_strategy as optuna_nsgaiii
from scipy import stats

from raytune_lite.base_trial import CONSTRAINT_PREFIX
from raytune_lite.core.view import Finished, StudyView
from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.pareto import hypervolume, nondominated_ranks
from raytune_lite.samplers import NSGAIIISampler, NSGAIISampler, sampler_from_spec
from raytune_lite.samplers.nsga.nsgaii import constrained_ranks, crowding_distances, spread_out, to_unit
from raytune_lite.samplers.nsga.nsgaiii import associate, das_dennis, fill_niches, normalized
from raytune_lite.trial import FrozenTrial, StudyDirection, TrialState

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
MINIMIZE = StudyDirection.MINIMIZE
BOTH = [NSGAIISampler, NSGAIIISampler]
FLOATS = {f"x{i}": FloatDistribution(0, 1) for i in range(5)}
MIXED = {
    "float": FloatDistribution(-2.0, 3.0),
    "log": FloatDistribution(1e-5, 1e-1, log=True),
    "step": FloatDistribution(0.1, 0.7, step=0.1),
    "int": IntDistribution(-3, 11),
    "log_int": IntDistribution(1, 1000, log=True),
    "step_int": IntDistribution(5, 50, step=5),
    "choice": CategoricalDistribution(["sgd", "adam", None, True, 1.5]),
    "one": IntDistribution(7, 7),
}
SEEDS = 10


def frozen(number, params, space, values, state=TrialState.COMPLETE, constraints=()):
    return FrozenTrial(
        number=number,
        state=state,
        values=values,
        params={name: space[name].to_external_repr(value) for name, value in params.items()},
        distributions={name: space[name] for name in params},
        user_attrs={},
        system_attrs={f"{CONSTRAINT_PREFIX}c{i}": value for i, value in enumerate(constraints)},
        intermediate_values={},
        attempt=1,
    )


def losses_of(params, m):
    """Some smooth conflict between ``m`` objectives, of whatever parameters there are."""
    x = [math.tanh(value) if math.isfinite(value) else 1.0 for value in params.values()]
    return tuple(sum((value - i / m) ** 2 for value in x) + 0.1 * x[i % len(x)] for i in range(m))


class Run:
    """A study that grows: trials start, end in any order, and are asked of one sampler object or of new ones."""

    def __init__(self, make, space, m=2, losses=losses_of, constraints=lambda params: ()):
        self.make, self.space, self.losses, self.constraints = make, space, losses, constraints
        self.warm, self.finished, self.live, self.asked = make(), [], {}, []
        self.directions = (MINIMIZE,) * m

    def view(self, n=None):
        live = [frozen(number, params, self.space, None, TrialState.RUNNING) for number, params in self.live.items()]
        n = len(self.finished) if n is None else n
        return StudyView(self.directions, len(self.asked), Finished(self.finished, n), lambda: live)

    def ask(self):
        number, view = len(self.asked), self.view()
        params = dict(self.warm.sample_relative(view, number, self.warm.search_space(view, self.space)))
        self.live[number] = params
        self.asked.append((number, len(self.finished), dict(self.live), params))
        return number

    def end(self, number, state=TrialState.COMPLETE):
        params = self.live.pop(number)
        values = self.losses(params, len(self.directions)) if state is TrialState.COMPLETE else None
        trial = frozen(number, params, self.space, values, state, self.constraints(params))
        self.finished.append(trial)

    def play(self, n, workers=1, seed=0, failing=0.0):
        draw = random.Random(seed)
        while len(self.finished) < n:
            while len(self.live) < workers:
                self.ask()
            state = TrialState.FAIL if draw.random() < failing else TrialState.COMPLETE
            self.end(draw.choice(sorted(self.live)), state)
        return self

    @property
    def losses_found(self):
        return np.array([trial.values for trial in self.finished if trial.values])


# --- a pure function of the record -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("m", [1, 2, 4])
@pytest.mark.parametrize("workers", [1, 13])
def test_a_cold_sampler_suggests_what_the_warm_one_did(kind, m, workers):
    run = Run(lambda: kind(3, population_size=10), MIXED, m).play(60, workers, failing=0.1)
    for number, n, live, params in run.asked[:: 7 if workers == 1 else 5]:
        others = {k: v for k, v in live.items() if k != number}
        pending = [frozen(k, v, MIXED, None, TrialState.RUNNING) for k, v in others.items()]
        view = StudyView(run.directions, 0, Finished(run.finished, n), lambda pending=pending: pending)
        with np.errstate(all="raise"):
            assert dict(kind(3, population_size=10).sample_relative(view, number, MIXED)) == params


@pytest.mark.parametrize("kind", BOTH)
def test_two_studies_on_one_sampler_do_not_disturb_each_other(kind):
    kinds = [(FLOATS, 2, losses_of), (MIXED, 3, losses_of), (FLOATS, 2, zdt1)]
    alone = [Run(lambda: kind(1, population_size=6), *arguments).play(40) for arguments in kinds]
    shared = kind(1, population_size=6)
    together = [Run(lambda: shared, *arguments) for arguments in kinds]
    for _ in range(40):
        for run in together:
            run.end(run.ask())
    assert [[asked[3] for asked in run.asked] for run in together] == [
        [asked[3] for asked in run.asked[:40]] for run in alone
    ]


def test_an_earlier_view_gives_what_it_gave_then():
    run = Run(lambda: NSGAIISampler(5, population_size=6), FLOATS).play(50)
    run.live.clear()
    for number, n, _, params in [run.asked[i] for i in (20, 49, 3, 31, 48)]:
        assert dict(run.warm.sample_relative(run.view(n), number, FLOATS)) == params


def test_a_late_finisher_joins_the_next_merge_and_nobody_waits_for_it():
    run = Run(lambda: NSGAIISampler(0, population_size=10), FLOATS, losses=lambda p, m: (p["x0"], 1 - p["x0"]))
    late = run.ask()
    run.play(30, workers=3, seed=1)
    line = run.warm._lineage
    assert line.generation > 0
    run.live.setdefault(late, dict.fromkeys(FLOATS, 0.5))
    run.live[late] = {**run.live[late], "x0": -1.0}  # better than all
    run.end(late)
    row = len(run.finished) - 1
    assert row not in line.parents
    while len(run.finished) < row + 10:
        run.end(run.ask())
    run.ask()
    assert row in line.parents


# --- what a child may be ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("crossover", ["uniform", "blxalpha", "spx", "sbx", "vsbx", "undx"])
@pytest.mark.parametrize("mutation", ["uniform", "polynomial"])
def test_children_are_in_range_and_on_the_grid(kind, crossover, mutation):
    run = Run(lambda: kind(2, population_size=8, crossover=crossover, mutation=mutation), MIXED, 3).play(60)
    for _, _, _, params in run.asked:
        assert params.keys() == MIXED.keys()
        assert all(MIXED[name].contains(value) and type(value) is float for name, value in params.items())


def test_conditional_parameters_come_from_a_parent_that_has_them():
    space = {"kind": CategoricalDistribution(["a", "b"]), "a": FloatDistribution(0, 1), "b": FloatDistribution(0, 1)}
    space |= {"both": FloatDistribution(0, 1), "another": FloatDistribution(0, 1)}
    run = Run(lambda: NSGAIISampler(0, population_size=10, mutation_prob=0.0, crossover="uniform"), space)
    for _ in range(10):
        number = run.ask()
        unused = "ba"[int(run.live[number]["kind"])]
        del run.live[number][unused]
        run.end(number)
    early = {name: [t.params[name] for t in run.finished if name in t.params] for name in space}
    children = [run.warm.sample_relative(run.view(), number, space) for number in range(100, 200)]
    assert all(child.keys() == space.keys() for child in children)
    for name in "ab":
        # a parent's value, or drawn where neither had one, which half of the trials have
        assert 60 < sum(child[name] in early[name] for child in children) < 100


def test_a_range_that_has_moved_is_kept_to():
    run = Run(lambda: NSGAIISampler(0, population_size=6), FLOATS).play(20)
    run.live.clear()
    space = {**FLOATS, "x0": FloatDistribution(0.9, 2.0), "x1": FloatDistribution(1e-3, 1e-2, log=True)}
    for number in range(100, 130):
        params = run.warm.sample_relative(run.view(), number, space)
        assert all(space[name].contains(value) for name, value in params.items())


@pytest.mark.parametrize("kind", BOTH)
def test_nothing_is_tried_twice_in_a_discrete_space(kind):
    space = {"x": IntDistribution(0, 9), "y": CategoricalDistribution(list("abcdef"))}
    run = Run(lambda: kind(0, population_size=10), space).play(40, workers=4)
    first = {tuple(params.values()) for number, n, _, params in run.asked if n < 10}
    later = [tuple(params.values()) for number, n, _, params in run.asked if n >= 10]
    assert len(later) >= 30
    assert len(set(later)) == len(later)  # 15 random points miss the 16 free cells of 60 once in a hundred studies
    assert not first.intersection(later)


def test_the_parents_of_a_converged_population_are_the_best_trials():
    run = Run(lambda: NSGAIISampler(0, population_size=10), FLOATS, 1, lambda p, m: (sum(p.values()),)).play(200)
    run.ask()
    line = run.warm._lineage
    merged = np.array([t.values[0] for t in run.finished[: line.read.n - len(line.waiting)]])
    assert sorted(merged[line.parents]) == sorted(merged)[:10]


# --- survival --------------------------------------------------------------------------------------------------------

SMALL = st.integers(1, 3).flatmap(
    lambda m: arrays(float, st.tuples(st.integers(1, 9), st.just(m)), elements=st.sampled_from([0.0, 0.5, 1.0, 2.0]))
)


@given(SMALL, st.lists(st.sampled_from([0.0, 0.5, 2.0, math.nan]), min_size=9, max_size=9))
def test_constrained_domination_is_the_definition(losses, violations):
    violations = np.array(violations[: len(losses)])
    told = not np.isnan(violations).all()
    amount = np.where(np.isnan(violations), np.inf if told else 0.0, violations)

    def better(i, j):
        if amount[i] == 0 and amount[j] == 0:
            return (losses[i] <= losses[j]).all() and (losses[i] < losses[j]).any()
        return amount[i] < amount[j]

    ranks = constrained_ranks(losses, violations)
    left, rank = set(range(len(losses))), 0
    while left:  # the definition: those that nothing dominates, then again without them
        front = {i for i in left if not any(better(j, i) for j in left)}
        assert {i for i in left if ranks[i] == rank} == front
        left, rank = left - front, rank + 1


def test_crowding_distances_are_the_papers():
    front = np.array([[0.0, 4.0], [1.0, 2.0], [3.0, 1.0], [4.0, 0.0]])
    assert crowding_distances(front).tolist() == [math.inf, 3 / 4 + 3 / 4, 3 / 4 + 2 / 4, math.inf]
    assert crowding_distances(np.zeros((3, 2))).tolist() == [0.0, 0.0, 0.0]
    odd = crowding_distances(np.array([[-math.inf, 1e308], [0.0, 0.0], [1.0, -1e308], [math.inf, -math.inf]]))
    assert not np.isnan(odd).any()


@given(SMALL, st.integers(0, 9))
def test_the_most_crowded_points_leave_one_by_one(losses, k):
    kept = spread_out(losses, k)
    assert len(kept) == min(k, len(losses))
    rows = list(range(len(losses)))
    while len(rows) > k:
        distances = crowding_distances(losses[rows])
        rows.pop(min(range(len(rows)), key=lambda i: (distances[i], i)))
    assert kept.tolist() == rows


@pytest.mark.parametrize(("m", "parts"), [(1, 3), (2, 5), (3, 4), (4, 3), (6, 2)])
def test_das_and_dennis_points_are_all_on_the_simplex(m, parts):
    points = das_dennis(m, parts)
    assert len(points) == math.comb(m + parts - 1, parts)
    assert len(np.unique(points, axis=0)) == len(points)
    assert points.sum(axis=1) == pytest.approx(1.0)
    assert (np.abs(points * parts - np.round(points * parts)) < 1e-12).all()
    theirs = optuna_nsgaiii._generate_default_reference_point(m, parts) / parts
    assert np.unique(theirs, axis=0) == pytest.approx(np.unique(points, axis=0))


@pytest.mark.parametrize("m", [2, 3, 5])
def test_normalized_losses_and_niches_are_optunas(m):
    for seed in range(5):
        losses = np.random.default_rng(seed).random((40, m)) * 10.0 ** np.arange(m)
        front = losses[nondominated_ranks(losses) == 0]
        ours = normalized(front)
        theirs = optuna_nsgaiii._normalize_objective_values(front.copy())
        if not ((1 / np.linalg.norm(theirs.max(axis=0))) > 0 and (theirs.max(axis=0) >= 1 - 1e-9).all()):
            continue  # an intercept outside the front: there optuna keeps what we replace by the worst
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-9)
        points = das_dennis(m, 3)
        niches, distances = associate(ours, points)
        their_niches, their_distances = optuna_nsgaiii._associate_individuals_with_reference_points(ours, points)
        assert distances == pytest.approx(their_distances, abs=1e-9)
        differs = niches != their_niches
        assert distances[differs] == pytest.approx(their_distances[differs], abs=1e-9)


def test_an_infinite_or_constant_objective_does_not_spoil_the_others():
    for losses in (
        [[0.0, math.inf], [1.0, 1.0], [-math.inf, 2.0], [0.5, 1.5]],
        [[0.0, 1.0], [1.0, 1.0]],
        [[math.inf, math.inf]],
        [[1e308, -1e308], [-1e308, 1e308], [0, 0]],
        [[0.0, 5e-324], [5e-324, 0.0]],
    ):
        with np.errstate(all="raise"):
            found = normalized(np.array(losses))
        assert np.isfinite(found).all()
        assert (found >= 0).all()


@given(st.integers(0, 10**6), st.integers(1, 8), st.integers(1, 20), st.data())
def test_niches_are_filled_as_by_the_plain_version(seed, n_niches, n, data):
    rng = np.random.default_rng(seed)
    k = data.draw(st.integers(0, n))
    counts, niches = rng.integers(0, 3, n_niches), rng.integers(0, n_niches, n)
    distances = rng.integers(0, 3, n).astype(float)
    niche_order, order = rng.permutation(n_niches), rng.permutation(n)
    found = fill_niches(counts, niches, distances, k, niche_order=niche_order, order=order)

    members, filled, expected = defaultdict(list), counts.tolist(), []
    for i, niche in enumerate(niches.tolist()):
        members[niche].append(i)
    for _ in range(k):
        least = min(filled[niche] for niche in members)
        niche = min((j for j in members if filled[j] == least), key=lambda j: niche_order[j])
        if filled[niche] == 0:
            best = min(members[niche], key=lambda i: (distances[i], order[i]))
        else:
            best = min(members[niche], key=lambda i: order[i])
        members[niche].remove(best)
        if not members[niche]:
            del members[niche]
        filled[niche] += 1
        expected.append(best)
    assert found == expected


def test_units_and_values_are_inverse():
    for name, dist in MIXED.items():
        values = np.array([dist.from_unit(u) for u in np.linspace(0, 0.999, 50)])
        back = [dist.from_unit(u) for u in to_unit(dist, values)]
        assert back == pytest.approx(values, rel=1e-12), name
    assert to_unit(FloatDistribution(0, 1), np.array([-5.0, 7.0, math.nan]))[:2].tolist() == [0.0, 1.0]


# --- arguments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BOTH)
def test_a_spec_brings_the_sampler_back(kind):
    made = kind(3, population_size=7, crossover={"name": "sbx", "eta": 3}, mutation="uniform", mutation_prob=0.2)
    spec = json.loads(json.dumps(made.spec()))
    assert sampler_from_spec(spec) == made
    assert sampler_from_spec(spec).spec() == made.spec()


def test_reference_points_are_part_of_the_spec():
    made = NSGAIIISampler(0, reference_points=((0, 1), (1, 0), (0.5, 0.5)))
    assert json.loads(json.dumps(made.spec()))["reference_points"] == [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]]
    run = Run(lambda: NSGAIIISampler(0, population_size=6, reference_points=[[0, 1], [1, 0]]), FLOATS).play(30)
    assert run.warm._lineage.generation > 0
    with pytest.raises(ValueError, match="one number an objective, got 2 for 3 objectives"):
        Run(lambda: NSGAIIISampler(0, population_size=6, reference_points=[[0, 1]]), FLOATS, 3).play(30)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"population_size": 1}, "population_size must be an integer >= 2, got 1"),
        ({"population_size": 2, "crossover": "spx"}, "population_size must be at least 3, the parents of"),
        ({"mutation_prob": 1.5}, r"mutation_prob must be a number in \[0, 1\], got 1.5"),
        ({"crossover_prob": None}, "crossover_prob must be a number"),
        ({"swapping_prob": "x"}, "swapping_prob must be a number"),
        ({"crossover": "two-point"}, "crossover must be one of"),
        ({"mutation": 3}, "mutation must be one of"),
    ],
)
@pytest.mark.parametrize("kind", BOTH)
def test_bad_arguments_are_refused(kind, arguments, message):
    with pytest.raises(ValueError, match=message):
        kind(0, **arguments)


@pytest.mark.parametrize("points", [[], [[]], [[0, 0]], [[-1, 2]], [[math.nan, 1]], "ab", [[1, 2], [1]], 3, [["a"]]])
def test_bad_reference_points_are_refused(points):
    with pytest.raises(ValueError, match="reference_points must be a list of directions"):
        NSGAIIISampler(0, reference_points=points)
    with pytest.raises(ValueError, match="dividing_parameter must be an integer >= 1"):
        NSGAIIISampler(0, dividing_parameter=0)


# --- what it is for --------------------------------------------------------------------------------------------------


def zdt1(params, _):
    x = list(params.values())
    g = 1 + 9 * sum(x[1:]) / (len(x) - 1)
    return x[0], g * (1 - math.sqrt(x[0] / g))


def dtlz2(params, m):
    x = list(params.values())
    g = sum((value - 0.5) ** 2 for value in x[m - 1 :])
    found = []
    for i in range(m):
        value = (1 + g) * math.prod(math.cos(angle * math.pi / 2) for angle in x[: m - 1 - i])
        found.append(value * (math.sin(x[m - 1 - i] * math.pi / 2) if i else 1.0))
    return tuple(found)


def optunas(sampler, losses, m, n):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(directions=["minimize"] * m, sampler=sampler)
    study.optimize(lambda t: losses({name: t.suggest_float(name, 0, 1) for name in FLOATS}, m), n_trials=n)
    return np.array([trial.values for trial in study.trials])


@pytest.mark.parametrize(
    ("kind", "other", "losses", "m", "reference"),
    [
        (NSGAIISampler, optuna.samplers.NSGAIISampler, zdt1, 2, [1.1, 6.0]),
        (NSGAIIISampler, optuna.samplers.NSGAIIISampler, dtlz2, 3, [1.5] * 3),
    ],
    ids=["zdt1", "dtlz2"],
)
def test_fronts_are_larger_than_optunas(kind, other, losses, m, reference):
    # the one-sided rank test of 10 seeds against 10: passes by chance once in 1000 if both were equally good
    runs = [Run(lambda seed=seed: kind(seed), FLOATS, m, losses).play(300) for seed in range(SEEDS)]
    ours = [hypervolume(run.losses_found, reference) for run in runs]
    theirs = [hypervolume(optunas(other(seed=seed), losses, m, 300), reference) for seed in range(SEEDS)]
    assert stats.mannwhitneyu(ours, theirs, alternative="greater").pvalue < 1e-3


def test_constraints_keep_the_population_feasible():
    def violated(params):
        return (0.6 - params["x0"],)  # x0 >= 0.6, where the unconstrained optimum is x0 = 0

    run = Run(lambda: NSGAIISampler(0, population_size=10), FLOATS, 1, lambda p, m: (sum(p.values()),), violated)
    run.play(200)
    late = [trial.params["x0"] for trial in run.finished[100:]]
    assert np.mean([value >= 0.6 for value in late]) > 0.5
    best = min((t for t in run.finished if t.params["x0"] >= 0.6), key=lambda t: t.values[0])
    assert best.values[0] < 0.9


def test_a_single_objective_and_many_are_minimised():
    for m in (1, 4):
        run = Run(lambda: NSGAIIISampler(1, population_size=20), FLOATS, m, dtlz2).play(200)
        distances = (run.losses_found**2).sum(axis=1)  # 1 on the front
        assert distances[150:].mean() < 0.6 * distances[:20].mean() + 0.4
