"""The grid: a bijection in O(1), its exact inverse, its order, its input errors."""

from __future__ import annotations

import itertools
import json
import math
import pickle
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from raytune_lite.distributions import FloatDistribution
from raytune_lite.samplers import GridSampler, sampler_from_spec
from raytune_lite.samplers.grid import KeyedPermutation

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False), st.text(max_size=5)
)
spaces = st.dictionaries(
    st.text(max_size=5),
    st.lists(scalars, min_size=1, max_size=6, unique_by=lambda v: ("bool" if type(v) is bool else "", v)),
    min_size=1,
    max_size=5,
)


def big_grid(digits, seed=0):
    """10**digits cells."""
    return GridSampler({f"p{i:02}": list(range(10)) for i in range(digits)}, seed).grid


# --- the permutation ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2**80])
def test_every_small_grid_is_visited_exactly_once(seed):
    for size in range(1, 301):
        order = KeyedPermutation(size, seed)
        assert sorted(map(order, range(size))) == list(range(size))


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 10**30), st.integers(0, 2**64), st.data())
def test_big_grids_are_visited_without_repetition_inside_the_range(size, seed, data):
    order = KeyedPermutation(size, seed)
    positions = data.draw(st.lists(st.integers(0, size - 1), unique=True, min_size=1, max_size=60))
    cells = [order(position) for position in positions]
    assert all(0 <= cell < size for cell in cells)
    assert len(set(cells)) == len(cells)


@pytest.mark.parametrize("size", [10**12, 10**18, 2**61 - 1, 10**40])
def test_a_prefix_of_a_huge_grid_has_no_repetition_and_spreads(size):
    order = KeyedPermutation(size, 3)
    cells = [order(position) for position in range(20_000)]
    assert len(set(cells)) == len(cells)
    # scipy kstest against the uniform distribution; false-alarm rate 1e-6, fixed seed
    assert stats.kstest(np.array([float(c) / size for c in cells]), "uniform").pvalue > 1e-6


def test_each_cell_is_first_equally_often_over_the_seeds():
    # false-alarm rate 1e-6 for each size, fixed seeds
    for size in (2, 3, 5, 6, 7, 12):
        counts = Counter(KeyedPermutation(size, seed)(0) for seed in range(6000))
        assert stats.chisquare([counts[cell] for cell in range(size)]).pvalue > 1e-6


def test_neighbouring_positions_are_not_neighbouring_cells():
    order = KeyedPermutation(10**6, 11)
    steps = [abs(order(i + 1) - order(i)) for i in range(5000)]
    assert sum(step <= 1000 for step in steps) < 50  # expected 10; P(>= 50) < 1e-16 (Poisson)


def test_two_seeds_give_two_orders_and_one_seed_one():
    orders = [tuple(KeyedPermutation(1000, seed)(i) for i in range(1000)) for seed in range(20)]
    assert len(set(orders)) == 20
    assert orders[7] == tuple(KeyedPermutation(1000, 7)(i) for i in range(1000))


CODE = """
from raytune_lite.samplers import GridSampler
grid = GridSampler({"b": list(range(40)), "a": ["x", None, True, 2.5]}, seed=9).grid
print([grid.cell_at(i) for i in range(grid.size)])
"""


@pytest.mark.parametrize("hash_seed", ["0", "12345"])
def test_another_process_walks_the_grid_in_the_same_order(hash_seed):
    env = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[1])}
    out = subprocess.run([sys.executable, "-c", CODE], env=env, check=True, capture_output=True).stdout
    grid = GridSampler({"a": ["x", None, True, 2.5], "b": range(40)}, seed=9).grid
    assert json.loads(out) == [grid.cell_at(i) for i in range(grid.size)]


def test_the_order_is_pinned_so_that_a_study_can_be_resumed_by_a_later_version():
    assert [KeyedPermutation(10, 0)(i) for i in range(10)] == PINNED_TEN
    assert [KeyedPermutation(10**18, 42)(i) for i in range(3)] == PINNED_HUGE


PINNED_TEN = [9, 2, 0, 1, 8, 4, 5, 6, 3, 7]
PINNED_HUGE = [89034461426025829, 294441197622781357, 148633952944048043]

# --- cells and values -----------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(spaces, st.integers(0, 2**32), st.data())
def test_cell_of_inverts_params(space, seed, data):
    grid = GridSampler(space, seed).grid
    assert grid.size == math.prod(len(values) for values in space.values())
    cell = data.draw(st.integers(0, grid.size - 1))
    params = grid.params(cell)
    assert params.keys() == space.keys()
    assert grid.cell_of(params) == cell
    assert grid.cell_of(json.loads(json.dumps(params))) == cell
    assert grid.cell_of(dict(reversed(params.items()))) == cell
    for name, value in params.items():
        assert any(value is own or (value == own and type(value) is type(own)) for own in space[name])


def test_cells_are_itertools_product_of_the_sorted_names():
    space = {"c": [1, 2, 3], "a": ["x", "y"], "b": [None, True, 0.5, 7]}
    grid = GridSampler(space, 0).grid
    # itertools.product, which Optuna's GridSampler materialises
    expected = [
        dict(zip("abc", p, strict=True)) for p in itertools.product(space["a"], space["b"], space["c"])
    ]
    assert [grid.params(cell) for cell in range(grid.size)] == expected
    theirs = optuna.samplers.GridSampler(space, seed=0)  # optuna 5.0.0
    assert sorted(map(repr, theirs._all_grids)) == sorted(repr(tuple(p.values())) for p in expected)


def test_true_is_not_1_but_1_is_1_point_0():
    grid = GridSampler({"x": [True, 1, 0, False, None, "1", "True"]}, 0).grid
    cells = [grid.cell_of({"x": v}) for v in (True, 1, 0, False, None, "1", "True")]
    assert cells == list(range(7))
    assert grid.cell_of({"x": 1.0}) == 1  # suggest_float gives a float back
    assert grid.cell_of({"x": -0.0}) == 2
    assert GridSampler({"x": [0, 1]}, 0).grid.cell_of({"x": True}) is None
    assert GridSampler({"x": [False, True]}, 0).grid.cell_of({"x": 1}) is None
    assert GridSampler({"x": [2.0, 0.5]}, 0).grid.cell_of({"x": 2}) == 0


def test_numpy_scalars_count_as_pythons():
    grid = GridSampler({"x": np.linspace(0, 1, 5), "y": [np.int64(3), np.bool_(True), np.str_("z")]}, 0).grid
    assert [type(v) for v in grid.params(0).values()] == [float, int]
    assert [type(v) for v in grid.params(2).values()] == [float, str]
    for x, y in itertools.product((0.25, np.float64(0.25), np.float32(0.25)), (np.int32(3), 3, 3.0)):
        assert grid.cell_of({"x": x, "y": y}) == 3
    assert grid.cell_of({"x": 0.25, "y": np.bool_(True)}) == 4
    assert grid.cell_of({"x": 0.25, "y": np.array(3)}) == 3
    json.dumps(GridSampler({"x": np.arange(3)}, np.int64(1)).spec())


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"x": 1},
        {"x": 1, "z": "a"},
        {"x": 3, "y": "a"},
        {"x": 1, "y": "A"},
        {"x": 1, "y": "a", "z": 0},
        {"x": "1", "y": "a"},
        {"x": math.nan, "y": "a"},
        {"x": [1], "y": "a"},
        {"x": {}, "y": "a"},
        {"x": np.arange(2), "y": "a"},
        {"x": None, "y": "a"},
        {"x": b"1", "y": "a"},
        {"x": 1.0000001, "y": "a"},
    ],
)
def test_what_is_off_the_grid_has_no_cell(params):
    assert GridSampler({"x": [1, 2], "y": ["a", "b"]}, 0).grid.cell_of(params) is None


@pytest.mark.parametrize("bad", [-1, 6, 10**9])
def test_a_cell_or_position_outside_is_refused(bad):
    grid = GridSampler({"x": [1, 2], "y": ["a", "b", "c"]}, 0).grid
    with pytest.raises(IndexError, match=rf"cell must be in \[0, 6\), got {bad}"):
        grid.params(bad)
    with pytest.raises(IndexError, match=rf"position must be in \[0, 6\), got {bad}"):
        grid.cell_at(bad)


def test_a_grid_of_10_to_the_12_cells_costs_no_memory():
    tracemalloc.start()
    grid = big_grid(12)
    for position in (0, 1, 10**6, 10**11, 10**12 - 1):
        cell = grid.cell_at(position)
        assert grid.cell_of(grid.params(cell)) == cell
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert grid.size == 10**12
    assert peak < 200_000  # bytes: the twelve value lists and their indices


# --- the sampler ----------------------------------------------------------------------------------


def test_a_spec_rebuilds_the_same_grid_in_the_same_order():
    sampler = GridSampler({"b": (1, 2.5), "a": [None, "x", False]}, max_failures=2)
    again = sampler_from_spec(json.loads(json.dumps(sampler.spec())))
    assert again == sampler
    assert again.spec() == sampler.spec()
    assert [again.grid.cell_at(i) for i in range(6)] == [sampler.grid.cell_at(i) for i in range(6)]
    assert again.grid.max_failures == 2
    assert sampler.seed != GridSampler({"a": [1]}).seed
    restored = pickle.loads(pickle.dumps(sampler))
    assert restored == sampler
    assert restored.grid.cell_of({"a": "x", "b": 1}) == sampler.grid.cell_of({"a": "x", "b": 1})
    assert GridSampler({"a": [1]}).grid.max_failures == 4


def test_a_caller_who_changes_the_lists_later_changes_nothing():
    values = [1, 2]
    space = {"a": values}
    sampler = GridSampler(space, 0)
    values.append(3)
    space["b"] = [1]
    sampler.spec()["search_space"]["a"].append(4)
    assert sampler.grid.size == 2
    assert sampler.spec()["search_space"] == {"a": [1, 2]}


def test_the_ledger_hands_out_cells_so_the_sampler_foresees_nothing():
    sampler = GridSampler({"a": [1], "b": [2]}, 0)
    assert sampler.search_space(None, {"a": FloatDistribution(0, 1)}) == {}
    assert sampler.sample_relative(None, 0, {}) == {}
    with pytest.raises(
        ValueError, match=r"parameter 'x' is not in the grid \['a', 'b'\]; add it to GridSampler's"
    ):
        sampler.sample_independent(None, 0, "x", FloatDistribution(0, 1))
    with pytest.raises(ValueError, match=r"trial 5 .*'b'.*enqueue_trial"):
        sampler.sample_independent(None, 5, "b", FloatDistribution(0, 1))


class Opaque:
    def __repr__(self):
        return "<opaque>"


@pytest.mark.parametrize(
    ("space", "parts"),
    [
        ({}, ("{}", "at least one")),
        (None, ("None", "search_space")),
        ([("a", [1])], ("[('a', [1])]", "map")),
        ({"a": []}, ("'a'", "[]", "at least one")),
        ({"a": "sgd"}, ("'a'", "'sgd'", "list")),
        ({"a": 3}, ("'a'", "3", "list")),
        ({"a": {1, 2}}, ("'a'", "{1, 2}", "list")),
        ({"a": {"x": 1}}, ("'a'", "{'x': 1}", "list")),
        ({3: [1]}, ("3", "str")),
        ({"a": [1, 2, 1]}, ("'a'", "1", "once")),
        ({"a": [1, 1.0]}, ("'a'", "1 and 1.0", "once")),
        ({"a": [True, True]}, ("'a'", "True", "once")),
        ({"a": [None, None]}, ("'a'", "None", "once")),
        ({"a": [0.5, math.nan]}, ("'a'", "nan", "None")),
        ({"a": [1, {2, 3}]}, ("'a'", "{2, 3}", "set", "JSON")),
        ({"a": [{1: 2}]}, ("'a'", "{1: 2}", "key", "JSON")),
        ({"a": [[1], (1,)]}, ("'a'", "[1]", "once")),
        ({"a": [Opaque()]}, ("'a'", "<opaque>", "Opaque")),
        ({"a": [b"x"]}, ("'a'", "b'x'", "bytes")),
        ({"a": [1j]}, ("'a'", "1j", "complex")),
        ({"a": np.array([object()])}, ("'a'", "object")),
    ],
)
def test_a_bad_search_space_is_refused_with_the_value_and_the_rule(space, parts):
    with pytest.raises(ValueError, match=r".+") as caught:
        GridSampler(space, 0)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, None])
def test_bad_max_failures_is_refused(bad):
    with pytest.raises(ValueError, match="max_failures must be an integer >= 1") as caught:
        GridSampler({"a": [1]}, 0, max_failures=bad)
    assert repr(bad) in str(caught.value)
