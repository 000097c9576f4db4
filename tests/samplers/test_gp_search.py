"""Where GPSampler looks: the space as a cube, the local searches on it, the trust region."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize as scipy_optimize
from scipy import stats

from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.samplers.gp.optimize import Effort, climb, flip, maximise
from raytune_lite.samplers.gp.space import Space
from raytune_lite.samplers.gp.trust_region import box_around, side_length

MIXED = {
    "a": FloatDistribution(-1.0, 2.0),
    "b": CategoricalDistribution(["x", "y", "z"]),
    "c": FloatDistribution(1e-5, 1.0, log=True),
    "d": IntDistribution(0, 5),
    "e": IntDistribution(1, 1000, log=True),
    "f": FloatDistribution(0.0, 1.0, step=0.25),
    "g": IntDistribution(-500, 500, step=10),
    "one": IntDistribution(3, 3),
}
FALSE_ALARM = 1e-6  # of each statistical test, over the choice of its seed; the seeds are fixed


class Bump:
    """A smooth function with its maximum at ``top``, as an acquisition; stepped dimensions count by their distance."""

    def __init__(self, space, top, curvature):
        self.space, self.top, self.curvature = space, top, curvature
        self.calls = 0

    def value(self, units):
        self.calls += 1
        off = units - self.top
        return -np.einsum("mi,ij,mj->m", off, self.curvature, off)

    def with_gradient(self, units):
        return self.value(units), (-2 * (units - self.top) @ self.curvature)[:, self.space.relaxed]


def plane(d):
    return Space({f"x{i}": FloatDistribution(0, 1) for i in range(d)})


def test_points_survive_the_way_to_the_cube_and_back():
    here = Space(MIXED)
    rng = np.random.default_rng(0)
    for row in here.from_cube(rng.random((200, here.d))):
        values = here.decode(row)
        assert values["one"] == 3.0
        for name, dist in MIXED.items():
            assert dist.contains(values[name])
        again = here.encode(np.array([[values[name] for name in here.free_names]]))[0]
        np.testing.assert_allclose(again, row, atol=1e-9)
        assert (here.snap(row[None])[0] == row).all()


@pytest.mark.parametrize("name", ["b", "d", "f", "g"])
def test_each_value_has_its_share_of_the_cube(name):
    here = Space({name: MIXED[name]})
    values = [here.decode(row)[name] for row in here.from_cube(np.random.default_rng(0).random((5000, 1)))]
    counts = np.unique(values, return_counts=True)[1]
    assert len(counts) == {"b": 3, "d": 6, "f": 5, "g": 101}[name]
    assert stats.chisquare(counts).pvalue > FALSE_ALARM


def test_choices_are_equally_far_apart_and_a_number_is_its_unit():
    here = Space({"b": CategoricalDistribution(["x", "y", "z"]), "a": FloatDistribution(0, 1)})
    features = here.features(np.array([[0.2, 0.0], [0.2, 1.0], [0.7, 2.0]]))
    assert features[:, 0].tolist() == [0.2, 0.2, 0.7]
    assert ((features[0] - features[1]) ** 2).sum() == pytest.approx(1.0)
    assert ((features[0] - features[2]) ** 2).sum() == pytest.approx(1.25)
    assert here.owner.tolist() == [0, 1, 1, 1]


def test_old_values_outside_the_range_keep_an_order_and_a_bound():
    here = Space({"a": FloatDistribution(0, 1)})
    assert here.encode(np.array([[-0.5], [2.0], [1e300], [-1e300]])).ravel().tolist() == [-0.5, 2.0, 5.0, -4.0]


@pytest.mark.parametrize("seed", range(5))
def test_the_batched_climb_ends_where_scipys_does(seed):
    d = 6
    here, rng = plane(d), np.random.default_rng(seed)
    root = rng.standard_normal((d, d))
    top = rng.uniform(-0.3, 1.3, d)  # often outside: bounds hold
    bump = Bump(here, top, root @ root.T + 0.1 * np.eye(d))
    starts = rng.random((5, d))
    units, values = climb(bump, here, starts, here.corners(), np.ones(d), 200)
    # scipy.optimize L-BFGS-B
    result = scipy_optimize.minimize(
        lambda x: -bump.value(x[None])[0], starts[0], jac=lambda x: -bump.with_gradient(x[None])[1][0],
        bounds=[(0, 1)] * d, options={"ftol": 1e-14, "gtol": 1e-10},
    )
    np.testing.assert_allclose(values, -result.fun, atol=2e-3)
    np.testing.assert_allclose(values, bump.value(units), rtol=1e-9)
    assert ((units >= 0) & (units <= 1)).all()


def test_the_climb_never_goes_down_and_survives_a_function_that_is_nowhere_finite():
    here = plane(3)

    class Cliff(Bump):
        def value(self, units):
            return np.where(units[:, 0] > 0.5, -np.inf, units[:, 0])

        def with_gradient(self, units):
            return self.value(units), np.full((len(units), 3), np.nan) * units

    cliff = Cliff(here, np.zeros(3), np.eye(3))
    starts = np.random.default_rng(0).random((4, 3))
    with np.errstate(all="ignore"):
        units, values = climb(cliff, here, starts, here.corners(), np.ones(3), 20)
    assert (values >= cliff.value(starts)).all()
    assert np.isfinite(units).all()


def test_flips_reach_the_best_of_separable_steps():
    here = Space({"b": MIXED["b"], "d": MIXED["d"], "f": MIXED["f"]})
    top = np.array([2.0, here.grids[1][4], here.grids[2][1]])
    bump = Bump(here, top, np.diag([1.0, 3.0, 2.0]))
    start = here.from_cube(np.zeros((2, 3)))
    units, values = flip(bump, here, start, bump.value(start), here.corners())
    np.testing.assert_allclose(units, [top, top])
    np.testing.assert_allclose(values, 0.0)


def searched(here, bump, taken, seed=0, effort=None):
    rng = np.random.default_rng(seed)
    effort = effort or Effort(candidates=128, local=64)
    return maximise(bump, here, rng, taken[:2], np.full(here.d, 0.5), taken, effort, here.corners())


def test_a_mixed_maximum_is_found():
    here = Space(MIXED)
    top = here.from_cube(np.full((1, here.d), 0.7))[0]
    bump = Bump(here, top, np.diag(np.linspace(1, 3, here.d)))
    taken = here.from_cube(np.random.default_rng(1).random((5, here.d)))
    found = searched(here, bump, taken)
    assert bump.value(found[None])[0] > -1e-3
    assert (here.snap(found[None])[0] == found).all()


def test_small_spaces_are_searched_whole_and_taken_points_left_out():
    here = Space({"b": MIXED["b"], "d": MIXED["d"], "f": MIXED["f"]})
    assert here.size == 90
    bump = Bump(here, np.zeros(3), np.eye(3))
    seen = here.from_cube(np.full((1, 3), 0.99))
    for _ in range(89):
        bump.calls = 0
        point = searched(here, bump, seen)
        assert bump.calls == 1
        assert np.abs(seen - point).max(axis=1).min() > 1e-9
        seen = np.vstack([seen, point])
    assert len(np.unique(seen, axis=0)) == 90
    searched(here, bump, seen)  # nothing is left: the best one again


def test_the_trust_region_replays_wins_and_losses():
    flat = np.ones(100)
    assert side_length(flat[:1], 2) == 0.8
    assert side_length(flat[:6], 2) == 0.4  # five trials without a gain
    assert side_length(flat[:6], 10) == 0.8  # ten are allowed
    assert side_length(flat[:11], 2) == 0.2
    assert side_length(-np.arange(4.0), 2) == 1.6  # three gains in a row
    assert side_length(-np.arange(50.0), 2) == 1.6
    assert side_length(np.empty(0), 2) == 0.8
    assert side_length(np.full(36, np.nan), 2) == side_length(np.full(36, np.inf), 2) == 0.8  # 0.8 / 2^7, then anew
    assert min(side_length(flat[:n], 2) for n in range(100)) >= 0.5**7


def test_the_box_lies_in_the_cube_around_its_centre_and_follows_lengthscales():
    here = Space({"a": MIXED["a"], "b": MIXED["b"], "c": MIXED["c"]})
    low, high = box_around(here, np.array([0.9, 1.0, 0.5]), np.array([0.1, 1.0, 0.4]), 0.2)
    assert (low[1], high[1]) == (0.0, 2.0)
    assert high[0] - 0.9 == pytest.approx(0.05)
    assert high[2] - low[2] == pytest.approx(0.4)
    assert math.sqrt((2 * (high[0] - 0.9)) * (high[2] - low[2])) == pytest.approx(0.2)
    assert box_around(here, np.array([1.4, 1.0, 0.5]), np.ones(3), 2.0)[1].tolist() == [1.0, 2.0, 1.0]


def test_a_search_in_a_box_stays_there():
    here = plane(3)
    bump = Bump(here, np.ones(3), np.eye(3))
    box = np.array([0.2, 0.3, 0.0]), np.array([0.4, 0.6, 0.1])
    rng = np.random.default_rng(0)
    found = maximise(bump, here, rng, np.full((1, 3), 0.3), np.ones(3), np.empty((0, 3)), Effort(64, 32), box)
    np.testing.assert_allclose(found, box[1], atol=1e-3)
