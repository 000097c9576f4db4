"""Crossovers and mutations, against what their papers say of them and against optuna's implementation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.samplers import nsgaii as theirs
from scipy import stats

from raytune_lite.samplers.nsga.crossover import SBX, SPX, UNDX, VSBX, BLXAlpha, Uniform, crossover_from
from raytune_lite.samplers.nsga.mutation import PolynomialMutation, UniformMutation, mutation_from

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
N = 4000
FALSE_ALARM = 1e-6  # of each test, divided by the number of its coordinates; seeds are fixed
ALL = [Uniform(), BLXAlpha(), SPX(), SBX(), VSBX(), UNDX()]
TWO = np.array([[0.30, 0.62, 0.5, 0.95], [0.45, 0.55, 0.5, 0.10]])
THREE = np.array([[0.30, 0.62, 0.5, 0.95], [0.45, 0.55, 0.4, 0.10], [0.6, 0.2, 0.7, 0.5]])


def parents_of(rule):
    return THREE if rule.n_parents == 3 else TWO


def children(rule, parents=None, n=N, seed=0, is_multi=True):
    parents = parents_of(rule) if parents is None else parents
    rng = np.random.default_rng(seed)
    return np.array([rule(parents, rng, is_multi) for _ in range(n)])


def agree(ours, others):
    """Two samples of one distribution, by the Kolmogorov-Smirnov test of each coordinate."""
    ours, others = ours.round(9), others.round(9)  # where parents are equal, optuna moves children by 1e-11
    for i in range(ours.shape[1]):
        assert stats.ks_2samp(ours[:, i], others[:, i]).pvalue > FALSE_ALARM / ours.shape[1], i


class Study:
    def __init__(self, is_multi):
        self._is_multi_objective = lambda: is_multi


@pytest.mark.parametrize("is_multi", [True, False])
@pytest.mark.parametrize(
    ("rule", "other"),
    [
        (Uniform(0.3), (theirs.UniformCrossover, [0.7])),  # optuna's is the probability of not swapping
        (BLXAlpha(0.4), (theirs.BLXAlphaCrossover, [0.4])),
        (SPX(), (theirs.SPXCrossover, [])),
        (SPX(1.5), (theirs.SPXCrossover, [1.5])),
        (SBX(), (theirs.SBXCrossover, [])),
        (SBX(4.0, 0.5, 0.8), (theirs.SBXCrossover, [4.0, 0.5, 0.8])),
        # optuna takes the variance of the paper for numpy's standard deviation
        (UNDX(0.25, 0.3), (theirs.UNDXCrossover, [0.5, math.sqrt(0.3)])),
    ],
    ids=repr,
)
def test_children_are_distributed_as_optunas(rule, other, is_multi):
    rng, bounds = np.random.RandomState(1), np.array([[0.0, 1.0]] * 4)
    oracle = other[0](*other[1])
    expected = np.array([oracle.crossover(parents_of(rule), rng, Study(is_multi), bounds) for _ in range(N)])
    agree(children(rule, is_multi=is_multi), expected)


@pytest.mark.parametrize("rule", ALL, ids=repr)
def test_the_mean_of_children_is_the_mean_of_their_parents(rule):
    # all six are made to keep the mean of a population; far from the borders, where SBX is cut
    parents = 0.4 + 0.2 * parents_of(rule)
    parents = parents[:2] if isinstance(rule, UNDX) else parents
    given_parents = np.vstack([parents, parents[:1]]) if isinstance(rule, UNDX) else parents
    found = children(rule, given_parents, n=20_000)
    error = found.std(axis=0, ddof=1) / math.sqrt(len(found)) + 1e-15
    bound = stats.norm.isf(FALSE_ALARM / 8)
    assert (np.abs(found.mean(axis=0) - parents.mean(axis=0)) < bound * error).all()


@pytest.mark.parametrize("rule", [SPX(), UNDX()], ids=repr)
def test_the_spread_of_children_of_a_normal_population_is_the_papers(rule):
    rng, d, n = np.random.default_rng(3), 3, 40_000
    population = rng.normal(size=(n, rule.n_parents, d))
    found = np.array([rule(parents, rng, True) for parents in population])
    if isinstance(rule, SPX):
        # the mean of k points has 1 / k of the variance, and a uniform point in the simplex stretched by
        # eps = sqrt(d + 2) adds eps^2 (k - 1) / (k (k + 1)); with k = d + 1 points that is 1, which eps is chosen for
        expected = 1 / 3 + (d + 2) * 2 / (3 * 4)
    else:
        # 1/2 by the middle of two parents and 1/2 along their line: sigma_xi = 1/2 keeps the variance. What is across
        # adds sigma^2 (1.5 (d - 1)) (d - 1) / d, 1.5 being the variance of the third parent from that line
        expected = 1 + (0.35**2 / d) * 1.5 * (d - 1) ** 2 / d
    assert np.abs(np.cov(found.T) - expected * np.eye(d)).max() < 0.05  # 5 standard deviations and more


@given(st.integers(0, 10**6), st.sampled_from(ALL), st.booleans())
def test_children_move_with_their_parents(seed, rule, is_multi):
    # no rule prefers a place in the cube; SBX only where its children are cut
    parents = 0.45 + 0.01 * parents_of(rule)
    shift = 0.05
    here = rule(parents, np.random.default_rng(seed), is_multi)
    there = rule(parents + shift, np.random.default_rng(seed), is_multi)
    assert there == pytest.approx(here + shift, abs=1e-6)


@given(st.integers(0, 10**6), st.sampled_from(ALL), st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_equal_parents_have_equal_children(seed, rule, point):
    parents = np.array([point] * rule.n_parents)
    assert rule(parents, np.random.default_rng(seed), True) == pytest.approx(np.array(point), abs=1e-12)


@given(st.integers(0, 10**6), st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5))
def test_sbx_and_uniform_children_stay_in_the_cube(seed, columns):
    parents = np.array(columns).T
    for rule in (SBX(), SBX(0.0), SBX(2.0, 0.3, 1.0), Uniform()):
        child = rule(parents, np.random.default_rng(seed), True)
        assert ((child >= 0) & (child <= 1)).all()


def test_sbx_spreads_children_as_the_paper_says():
    # Deb and Agrawal 1995, eq. 2: the spread factor is at most 1 half of the time, and has the density
    # (eta + 1) / 2 * beta^eta there; parents in the middle and close, so that nothing is cut
    eta, parents = 3.0, np.array([[0.499], [0.501]])
    found = children(SBX(eta, use_child_gene_prob=1.0), parents, n=20_000)[:, 0]
    beta = np.abs(found - 0.5) / 0.001
    contracting = beta[beta <= 1]
    assert abs(len(contracting) / len(beta) - 0.5) < stats.norm.isf(FALSE_ALARM / 2) / math.sqrt(4 * len(beta))
    assert stats.kstest(contracting, lambda x: x ** (eta + 1)).pvalue > FALSE_ALARM
    assert stats.kstest(1 / beta[beta > 1], lambda x: x ** (eta + 1)).pvalue > FALSE_ALARM


def test_vsbx_children_lie_on_both_sides_of_a_parent_alike():
    parents = np.array([[0.4], [0.6]])
    found = children(VSBX(3.0, use_child_gene_prob=1.0), parents, n=20_000)[:, 0]
    near_first = found[np.abs(found - 0.4) < np.abs(found - 0.6)]
    n, sides = len(near_first), (near_first < 0.4).sum()
    assert stats.binomtest(int(sides), n).pvalue > FALSE_ALARM
    between = ((found > 0.42) & (found < 0.58)).mean()
    assert between > 0.1, "SBX leaves the middle nearly empty"
    sbx = children(SBX(3.0, use_child_gene_prob=1.0), parents, n=2000)[:, 0]
    assert ((sbx > 0.49) & (sbx < 0.51)).mean() < 0.01


def test_a_large_eta_keeps_children_near_their_parents():
    for kind in (SBX, VSBX):
        spread = [np.abs(children(kind(eta, 0.0), n=500) - TWO[0]).clip(max=0.2).mean() for eta in (2.0, 20.0, 200.0)]
        assert spread[0] > spread[1] > spread[2]


def test_uniform_takes_the_second_parents_coordinates_with_swapping_prob():
    from_second = (children(Uniform(0.2)) == TWO[1])[:, [0, 1, 3]]
    assert stats.binomtest(int(from_second.sum()), from_second.size, 0.2).pvalue > FALSE_ALARM


# --- mutations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("eta", [0.0, 5.0, 20.0])
@pytest.mark.parametrize("x", [0.0, 0.02, 0.5, 0.9, 1.0])
def test_polynomial_steps_are_distributed_as_optunas(eta, x):
    rng, other = np.random.RandomState(1), theirs.PolynomialMutation(eta)
    expected = [other.mutation(x, rng, Study(True), np.array([0.0, 1.0])) for _ in range(N)]
    found = PolynomialMutation(eta)(np.full(N, x), np.random.default_rng(0))
    assert ((found >= 0) & (found <= 1)).all()
    assert stats.ks_2samp(found, expected).pvalue > FALSE_ALARM


def test_uniform_mutation_forgets_where_it_was():
    found = UniformMutation()(np.full(N, 0.99), np.random.default_rng(0))
    assert stats.kstest(found, "uniform").pvalue > FALSE_ALARM


# --- names and specs -------------------------------------------------------------------------------------------------


def test_rules_come_by_name_or_by_spec():
    assert crossover_from("uniform", 0.3) == Uniform(0.3)
    assert crossover_from({"name": "sbx", "eta": 7}, 0.3) == SBX(7)
    assert [type(crossover_from(name, 0.5)) for name in ("uniform", "blxalpha", "spx", "sbx", "vsbx", "undx")] == [
        type(rule) for rule in ALL
    ]
    assert mutation_from("uniform") == UniformMutation()
    assert mutation_from({"name": "polynomial", "eta": 3}) == PolynomialMutation(3)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("SBX", "crossover must be one of .*'sbx'.*got 'SBX'"),
        (None, "crossover must be one of"),
        ({"eta": 3}, "crossover must be one of"),
        ({"name": ["sbx"]}, "crossover must be one of"),
        ({"name": "sbx", "alpha": 3}, r"'sbx' takes \['eta', 'uniform_crossover_prob', 'use_child_gene_prob'\]"),
        ({"name": "sbx", "eta": -1}, "eta must be a number >= 0 or None, got -1"),
        ({"name": "sbx", "use_child_gene_prob": 0}, "use_child_gene_prob must be above 0"),
        ({"name": "vsbx", "uniform_crossover_prob": 2}, r"uniform_crossover_prob must be a number in \[0, 1\], got 2"),
        ({"name": "blxalpha", "alpha": None}, "alpha must be a number >= 0, got None"),
        ({"name": "undx", "sigma_xi": "1"}, "sigma_xi must be a number"),
        ({"name": "spx", "epsilon": math.nan}, "epsilon must be a number >= 0 or None, got nan"),
        ({"name": "uniform", "swapping_prob": True}, "swapping_prob must be a number"),
    ],
)
def test_bad_rules_are_refused(spec, message):
    with pytest.raises(ValueError, match=message):
        crossover_from(spec, 0.5)


def test_bad_mutations_are_refused():
    with pytest.raises(ValueError, match="mutation must be one of"):
        mutation_from("gaussian")
    with pytest.raises(ValueError, match="eta must be a number >= 0, got inf"):
        mutation_from({"name": "polynomial", "eta": math.inf})
    with pytest.raises(ValueError, match=r"mutation 'uniform' takes \[\]"):
        mutation_from({"name": "uniform", "eta": 3})
