"""Ranks, hypervolume, subsets and boxes, against definitions, Monte Carlo and optuna."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from optuna._hypervolume import compute_hypervolume
from optuna._hypervolume.hssp import _solve_hssp
from optuna.study._multi_objective import _fast_non_domination_rank

from raytune_lite.pareto import (
    box_decomposition,
    hypervolume,
    hypervolume_contributions,
    nondominated_ranks,
    pareto_mask,
    select_hypervolume,
)

SHAPES = st.tuples(st.integers(0, 14), st.integers(1, 5))
TIED = SHAPES.flatmap(lambda shape: arrays(float, shape, elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])))
ANY = SHAPES.flatmap(
    lambda shape: arrays(float, shape, elements=st.floats(allow_nan=True, allow_infinity=True, width=64))
)
FALSE_ALARM = 1e-6


def dominates(a, b):
    return all(x <= y for x, y in zip(a, b, strict=True)) and any(x < y for x, y in zip(a, b, strict=True))


def plain_ranks(losses):
    """By the definition: take the front away, again and again."""
    rows = [tuple(math.inf if math.isnan(x) else x for x in row) for row in losses.tolist()]
    ranks, left, rank = [0] * len(rows), set(range(len(rows))), 0
    while left:
        front = {i for i in left if not any(dominates(rows[j], rows[i]) for j in left)}
        for i in front:
            ranks[i] = rank
        left, rank = left - front, rank + 1
    return ranks


def cells(m):
    """Centres of the cells of [0, 1]^m cut at quarters."""
    return np.array(list(itertools.product([0.125, 0.375, 0.625, 0.875], repeat=m)))


def dominated(points, z):
    return (points[None] <= z[:, None]).all(axis=2).any(axis=1)


@given(st.one_of(TIED, ANY))
def test_ranks_and_the_front_are_those_of_the_definition(losses):
    expected = plain_ranks(losses)
    assert nondominated_ranks(losses).tolist() == expected
    assert pareto_mask(losses).tolist() == [rank == 0 for rank in expected]


@pytest.mark.parametrize("m", [1, 2, 3, 4])
@pytest.mark.parametrize("n", [301, 700])
def test_ranks_of_many_points_are_optunas(n, m):
    for losses in (
        np.random.default_rng(n + m).random((n, m)),
        np.random.default_rng(n + m).integers(0, 6, (n, m)).astype(float),
    ):
        expected = _fast_non_domination_rank(losses)
        ranks = nondominated_ranks(losses)
        assert (ranks == expected).all()
        some = nondominated_ranks(losses, enough=n // 5)
        named = some < some.max()
        assert (some[named] == expected[named]).all()
        assert (some[~named] == some.max()).all()
        assert named.sum() >= n // 5 or some.max() == expected.max()


@given(TIED)
def test_the_hypervolume_counts_the_cells_that_are_dominated(points):
    # exact oracle: all coordinates are multiples of 1/4
    m = points.shape[1]
    expected = dominated(points, cells(m)).mean() if len(points) else 0.0
    assert hypervolume(points, np.ones(m)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("n", [1, 2, 9, 40])
def test_the_hypervolume_is_optunas(n, m):
    points = np.random.default_rng(n * m).normal(size=(n, m))
    reference = np.full(m, 1.3)
    below = points[(points < reference).all(axis=1)]
    expected = compute_hypervolume(below, reference)
    assert hypervolume(points, reference) == pytest.approx(expected, rel=1e-9)


def test_the_hypervolume_of_many_points_is_optunas():
    points = np.abs(np.random.default_rng(0).normal(size=(700, 3)))  # above the size where blocks begin
    points = 1 - points / np.linalg.norm(points, axis=1)[:, None]
    assert hypervolume(points, [1.1] * 3) == pytest.approx(compute_hypervolume(points, np.full(3, 1.1)), rel=1e-9)


@pytest.mark.parametrize("m", [2, 3, 4, 5, 6])
def test_the_hypervolume_agrees_with_monte_carlo(m):
    rng = np.random.default_rng(m)
    points, n = rng.random((20, m)) ** 2, 200_000
    share = dominated(points, rng.random((n, m))).mean()
    volume = hypervolume(points, np.ones(m))
    # normal approximation of a binomial share
    assert abs(share - volume) < 4.9 * math.sqrt(volume * (1 - volume) / n)  # false alarm 1e-6


@given(TIED)
def test_a_contribution_is_what_the_volume_loses(points):
    reference = np.ones(points.shape[1])
    whole = hypervolume(points, reference)
    losses = [whole - hypervolume(np.delete(points, i, axis=0), reference) for i in range(len(points))]
    assert hypervolume_contributions(points, reference) == pytest.approx(np.array(losses), abs=1e-12)


@given(TIED, st.integers(0, 6))
def test_the_greedy_subset_takes_the_largest_gain_each_time(points, k):
    reference = np.ones(points.shape[1])
    chosen = select_hypervolume(points, k, reference).tolist()
    assert len(chosen) == len(set(chosen)) == min(k, len(points))
    for i, index in enumerate(chosen):
        before = points[chosen[:i]]
        gains = [hypervolume([*before, point], reference) for point in points]
        assert gains[index] == pytest.approx(max(gains), abs=1e-12)


@pytest.mark.parametrize("m", [2, 3, 4])
def test_the_greedy_subset_has_the_volume_of_optunas(m):
    points = np.abs(np.random.default_rng(m).normal(size=(60, m)))
    points = 1 - points / np.linalg.norm(points, axis=1)[:, None]
    reference = np.full(m, 1.1)
    ours = points[select_hypervolume(points, 12, reference)]
    theirs = points[_solve_hssp(points, np.arange(60), 12, reference)]
    assert hypervolume(ours, reference) == pytest.approx(hypervolume(theirs, reference), rel=1e-9)


@given(TIED)
@settings(max_examples=60)
def test_the_boxes_hold_each_point_that_is_not_dominated_once(points):
    m = points.shape[1]
    lower, upper = box_decomposition(points, np.ones(m))
    z = cells(m)
    times = ((z[:, None] > lower) & (z[:, None] < upper)).all(axis=2).sum(axis=1)
    assert times.tolist() == (~dominated(points, z)).astype(int).tolist()
    assert (lower < upper).all()
    assert (upper <= 1).all()


@pytest.mark.parametrize("m", [2, 3, 4])
def test_boxes_and_volume_fill_the_space(m):
    points = np.random.default_rng(m).random((30, m))
    lower, upper = box_decomposition(points, np.ones(m))
    rest = np.prod(upper - np.maximum(lower, 0), axis=1).sum()
    assert rest + hypervolume(points, np.ones(m)) == pytest.approx(1, abs=1e-9)


def test_infinite_nan_and_huge_losses_have_a_place():
    inf, nan = math.inf, math.nan
    assert nondominated_ranks([[nan, 0.0], [inf, 0.0], [1.0, 0.0], [-inf, inf]]).tolist() == [1, 1, 0, 0]
    assert hypervolume([[inf, 0.0], [nan, 0.0], [2.0, 0.0]], [1.0, 1.0]) == 0.0
    assert hypervolume([[-inf, 0.0]], [1.0, 1.0]) == inf
    assert hypervolume([[-inf, 2.0], [0.0, 0.0]], [1.0, 1.0]) == 1.0  # not below the reference
    huge = np.array([[-1e308, 1e308], [0.0, 0.0], [1e308, -1e308]])
    assert hypervolume(huge[:, :1], [1.7e308]) == inf  # wider than a float
    assert hypervolume([[0.0, 0.0]], [1e300, 1e-300]) == pytest.approx(1.0)
    assert select_hypervolume(huge, 2, [1.5e308, 1.5e308]).tolist()[0] == 1
    assert select_hypervolume([[0.5, 0.5], [-inf, 0.4], [0.6, -inf]], 1, [1.0, 1.0]).tolist() == [1]
    assert (hypervolume_contributions([[-inf, 0.0], [0.0, 0.0]], [1.0, 1.0]) == [1.0, 0.0]).all()
    lower, upper = box_decomposition([[-inf, 0.5]], [1.0, 1.0])
    assert upper.tolist() == [[1.0, 0.5]]
    assert lower.tolist() == [[-inf, -inf]]


@given(ANY)
@settings(max_examples=40)
def test_the_floating_point_mode_changes_nothing(points):
    reference = np.full(points.shape[1], 2.0)

    def everything():
        return (
            nondominated_ranks(points).tolist(),
            hypervolume(points, reference),
            hypervolume_contributions(points, reference).tolist(),
            select_hypervolume(points, 5, reference).tolist(),
            *(side.tolist() for side in box_decomposition(points, reference)),
        )

    with np.errstate(all="ignore"):
        expected = everything()
    with np.errstate(all="raise"):
        assert everything() == expected
    assert not math.isnan(expected[1])
    assert not np.isnan(expected[2]).any()


def test_wrong_shapes_and_references_are_refused():
    with pytest.raises(ValueError, match=r"shape \(n, n_objectives\), got \(3,\)"):
        pareto_mask([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="2 finite number"):
        hypervolume([[1.0, 2.0]], [1.0])
    with pytest.raises(ValueError, match="2 finite number"):
        box_decomposition([[1.0, 2.0]], [1.0, math.inf])
