"""The Parzen estimator of TPE against scipy: densities, probabilities of cells, draws; and a space's coordinates."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.samplers.tpe.parzen import Frame, Kernels, Parzen, Points, log_sum

FALSE_ALARM = 1e-6  # of each statistical test, over the choice of its seed; the seeds are fixed
SPACE = {
    "x": FloatDistribution(-2.0, 3.0),
    "lr": FloatDistribution(1e-5, 1e-1, log=True),
    "step": FloatDistribution(0.1, 0.7, step=0.1),
    "n": IntDistribution(-3, 11),
    "width": IntDistribution(1, 1000, log=True),
    "few": IntDistribution(5, 50, step=5),
    "many": IntDistribution(0, 99),
    "choice": CategoricalDistribution(["sgd", "adam", None, True, 1.5]),
    "wide_choice": CategoricalDistribution(list(range(40))),
}


def truncnorm(centre, h):
    return stats.truncnorm(-centre / h, (1 - centre) / h, centre, h)


def frame_of(*names):
    return Frame({name: SPACE[name] for name in names})


def drawn(frame, n, seed=0):
    """``n`` uniform points of a space, through its distributions."""
    rng = np.random.default_rng(seed)
    values = np.array([[d.from_unit(u) for d, u in zip(frame.distributions, rng.random(len(frame.names)), strict=True)]
                       for _ in range(n)]).reshape(n, len(frame.names))  # fmt: skip
    return frame.points(values)[0]


def parzen(frame, n=7, h=0.1, redraw=0.3, prior_weight=1.0, seed=0):
    spread = h * np.linspace(1, 2, len(frame.numbers))
    return Parzen(Kernels(frame, spread, np.full(len(frame.nominal), redraw)), drawn(frame, n, seed), prior_weight)


def all_cells(frame):
    return frame.cells_at(range(frame.size))


@pytest.mark.parametrize("h", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("prior_weight", [0.5, 1.0])
def test_the_density_of_floats_is_scipys(h, prior_weight):
    frame = frame_of("x", "lr")
    found, at = parzen(frame, h=h, prior_weight=prior_weight), drawn(frame, 50, seed=1)
    kernels = [
        math.prod(truncnorm(c, b).pdf(at.units[:, j]) for j, (c, b) in enumerate(zip(row, (h, 2 * h), strict=True)))
        for row in found.centres.units
    ]
    expected = (sum(kernels) + prior_weight) / (len(kernels) + prior_weight)  # scipy 1.17 truncnorm.pdf
    np.testing.assert_allclose(found.log_pdf(at), np.log(expected), rtol=1e-9, atol=1e-9)


def masses(frame, centre, h, width):
    """Probabilities of all cells of a one-parameter grid under one kernel, from its density."""
    kernels = Kernels(frame, np.array([h]), np.empty(0))
    centres, cells = Points(np.array([[centre]]), np.empty((1, 0), dtype=np.int64)), all_cells(frame)
    logs = kernels.log_densities(cells, centres, frame.features(centres), kernels.terms(centres.units))
    return np.exp(logs[:, 0]) * width


@pytest.mark.parametrize(
    ("name", "h_in_cells"),
    # "many" is too fine to have its cells summed, and its bandwidth is never less than a cell
    [*itertools.product(["step", "few", "n"], [0.2, 0.3, 0.5, 1.0, 3.0]), ("many", 1.0), ("many", 3.0)],
)
def test_the_cells_of_a_grid_have_nearly_the_probabilities_of_scipys_truncated_normal(name, h_in_cells):
    frame = frame_of(name)
    n = int(frame.cells[0])
    for centre in (np.array([0, 1, n // 2]) + 0.5) / n:
        found = masses(frame, centre, h_in_cells / n, 1 / n)
        expected = np.diff(truncnorm(centre, h_in_cells / n).cdf(np.arange(n + 1) / n))
        # the kernel is a normal at the cells' centres with the variance corrected, not its integral over them
        assert abs(found - expected).sum() / 2 < 0.025  # in total variation
        if n <= 32:
            assert found.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("name", "h", "error"), [("many", 0.02, 0.01), ("many", 0.3, 1e-4), ("width", 0.1, 0.003)])
def test_fine_grids_are_normalised_by_an_integral(name, h, error):
    frame = frame_of(name)
    if name == "width":
        edges = np.log(np.append(np.arange(1, 1001) - 0.5, 1000.5))
        width = np.diff(edges) / (edges[-1] - edges[0])
    else:
        width = 1 / frame.cells[0]
    for centre in all_cells(frame).units[[0, 1, 5, 50, -1], 0]:
        assert masses(frame, centre, h, width).sum() == pytest.approx(1, abs=error)


def test_a_choice_is_kept_or_drawn_anew():
    for name in ("choice", "wide_choice"):  # columns of the matrix product, and compared
        frame = frame_of(name)
        n = int(frame.n_choices[0])
        found = parzen(frame, n=3, redraw=0.2, prior_weight=0.5)
        at = Points(np.empty((n, 0)), np.arange(n)[:, None])
        expected = np.full(n, 0.5 / n)
        for own in found.centres.choices[:, 0]:
            expected += np.where(np.arange(n) == own, 0.8, 0.0) + 0.2 / n
        np.testing.assert_allclose(np.exp(found.log_pdf(at)) / n, expected / 3.5, rtol=1e-12)


def test_a_mixed_density_integrates_to_one():
    frame = frame_of("x", "few", "choice")
    found = parzen(frame)
    cells = [(cell, choice) for cell in range(10) for choice in range(5)]

    def density(unit):
        points = Points(
            np.array([[unit, (cell + 0.5) / 10] for cell, _ in cells]), np.array([[choice] for _, choice in cells])
        )
        return np.exp(found.log_pdf(points)).sum() / len(cells)

    assert integrate.quad(density, 0, 1, epsabs=1e-8, limit=200)[0] == pytest.approx(1, abs=1e-7)


def test_draws_of_a_float_have_the_mixtures_distribution():
    frame = frame_of("x")
    found = parzen(frame, n=4, h=0.07)
    units = found.sample(np.random.default_rng(3), 20_000).units[:, 0]

    def cdf(t):
        return (sum(truncnorm(c, 0.07).cdf(t) for c in found.centres.units[:, 0]) + t) / 5  # scipy truncnorm.cdf

    assert stats.kstest(units, cdf).pvalue > FALSE_ALARM


@pytest.mark.parametrize("name", ["n", "few", "choice", "width"])
def test_draws_of_cells_have_the_mixtures_probabilities(name):
    frame = frame_of(name)
    found = parzen(frame, n=4, h=0.12)
    draws = found.sample(np.random.default_rng(4), 20_000)
    if name == "choice":
        cells, n = draws.choices[:, 0], 5
        kernels = [0.7 * (np.arange(n) == own) + 0.3 / n for own in found.centres.choices[:, 0]]
        prior = np.full(n, 1 / n)
    else:
        cells = frame.cell_of(draws.units)[:, 0]
        if name == "width":
            edges = np.log(np.array([0.5, 1.5, 2.5, 3.5, 6.5, 12.5, 30.5, 80.5, 200.5, 500.5, 1000.5]))
            cells = np.searchsorted(edges, np.log(cells + 1)) - 1
            edges = (edges - edges[0]) / (edges[-1] - edges[0])
        else:
            edges = np.arange(frame.cells[0] + 1) / frame.cells[0]
        n = len(edges) - 1
        # drawn from the normal and rounded: scipy's masses, exactly
        kernels, prior = [np.diff(truncnorm(c, 0.12).cdf(edges)) for c in found.centres.units[:, 0]], np.diff(edges)
    expected = (sum(kernels) + prior) / 5
    counts = np.bincount(cells.astype(int), minlength=n)
    assert stats.chisquare(counts, expected * len(cells)).pvalue > FALSE_ALARM


def test_without_centres_the_prior_is_all_there_is():
    frame = frame_of("x", "few", "choice")
    found = parzen(frame, n=0, prior_weight=0.01)
    draws = found.sample(np.random.default_rng(5), 5_000)
    assert np.array_equal(found.log_pdf(draws), np.zeros(5_000))
    assert stats.kstest(draws.units[:, 0], "uniform").pvalue > FALSE_ALARM
    assert stats.chisquare(np.bincount(draws.choices[:, 0], minlength=5)).pvalue > FALSE_ALARM


@pytest.mark.parametrize("n", [1, 2, 30, 700])
def test_terms_have_the_same_bits_alone_and_together(n):
    frame = Frame(SPACE)
    units = drawn(frame, n).units
    kernels = Kernels(frame, np.full(len(frame.numbers), 0.07), np.full(2, 0.1))
    together = kernels.terms(units)
    assert np.array_equal(together, np.concatenate([kernels.terms(row[None]) for row in units]))
    assert np.array_equal(together, np.concatenate([kernels.terms(units[: n // 3]), kernels.terms(units[n // 3 :])]))


def test_sums_of_exponentials_neither_overflow_nor_vanish():
    top, total = log_sum(np.array([[-1e5, -2e5], [2000.0, 1999.0], [-3.0, -math.inf]]), 1.0)
    expected = [0.0, 2000 + math.log1p(math.exp(-1)), math.log(1 + math.exp(-3))]
    np.testing.assert_allclose(top + np.log(total), expected, rtol=1e-14)
    assert log_sum(np.empty((2, 0)), 0.5)[1].tolist() == [0.5, 0.5]


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=len(SPACE), max_size=len(SPACE)))
def test_values_come_back_from_their_coordinates(units):
    values = {name: dist.from_unit(u) for (name, dist), u in zip(SPACE.items(), units, strict=True)}
    frame = Frame(SPACE)
    points, inside = frame.points(np.array([list(values.values())]))
    assert inside.all()
    again = frame.values(points, 0)
    assert list(again) == list(SPACE)
    for name, dist in SPACE.items():
        assert dist.contains(again[name])
        assert again[name] == pytest.approx(values[name], rel=1e-12, abs=1e-12)
        if name not in ("x", "lr", "step"):
            assert again[name] == values[name]


def test_rows_out_of_range_are_left_out():
    frame = frame_of("x", "n", "choice")
    rows = [[0.0, 1.0, 2.0], [4.0, 1.0, 2.0], [0.0, 12.0, 2.0], [0.0, 1.0, 5.0], [math.nan, 1.0, 2.0], [3.0, 11.0, 4.0]]
    points, inside = frame.points(np.array(rows))
    assert inside.tolist() == [True, False, False, False, False, True]
    assert len(points) == 2


EXTREME = [
    FloatDistribution(-1.7e308, 1.7e308),
    FloatDistribution(0.0, 5e-324),
    FloatDistribution(1e300, math.nextafter(1e300, math.inf), log=True),
    FloatDistribution(1e-320, 1e308, log=True),
    FloatDistribution(1e15, 1e15 + 10, step=1.0),
    IntDistribution(-(2**70), 2**70),
    IntDistribution(-(2**900), 2**900),
    IntDistribution(1, 2**80, log=True),
    IntDistribution(2**60, 2**60 + 4096),
]


@pytest.mark.parametrize("dist", EXTREME, ids=str)
def test_extreme_ranges_have_coordinates_and_finite_densities(dist):
    frame = Frame({"x": dist})
    with np.errstate(all="ignore"):
        points = drawn(frame, 20)
        found = Parzen(Kernels(frame, np.array([0.05]), np.empty(0)), points, 1.0)
        draws = found.sample(np.random.default_rng(0), 50)
        assert np.isfinite(found.log_pdf(draws)).all()
    assert len(points) == 20
    assert all(dist.contains(frame.values(draws, i)["x"]) for i in range(50))


def test_the_product_of_cells_is_counted_and_numbered():
    frame = frame_of("step", "few", "choice")
    assert frame.size == 7 * 10 * 5
    cells = all_cells(frame)
    assert len(set(frame.keys(cells))) == 350
    for i in (0, 1, 49, 349):
        assert frame.index_of(cells[[i]]) == i
    assert frame.keys(frame.cells_at([350 + 3])) == frame.keys(cells[[3]])  # it begins anew
    assert Frame({**SPACE, "lr": SPACE["lr"]}).size is None


def test_neighbours_differ_in_one_step_of_one_parameter():
    frame = frame_of("step", "few", "choice")
    for index in (0, 203, 349):
        here = frame.cells_at([index])
        own = np.array([*frame.cell_of(here.units)[0], here.choices[0, 0]])
        expected = set()
        for other in itertools.product(range(7), range(10), range(5)):
            gap = np.abs(np.array(other) - own)
            if (gap > 0).sum() == 1 and gap[:2].max() <= 1:
                expected.add(frame.keys(frame.cells_at([other[0] * 50 + other[1] * 5 + other[2]]))[0])
        found = frame.keys(frame.neighbours(here))
        assert set(found) == expected
        assert len(found) == len(expected)
