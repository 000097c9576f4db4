"""The Gaussian process beneath GPSampler against dense algebra, torch's autograd, scipy and Monte Carlo."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from scipy.special import log_ndtr

from raytune_lite.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from raytune_lite.pareto import hypervolume
from raytune_lite.samplers.gp import fit as fitting
from raytune_lite.samplers.gp.acquisition import Feasibility, LogEI, LogFeasible, log_h
from raytune_lite.samplers.gp.chain import WARP_FROM, Chain, counts_upto, fitted
from raytune_lite.samplers.gp.ehvi import LogEHVI, chebyshev
from raytune_lite.samplers.gp.fit import MEAN_VARIANCE, Objective, Prior, fit
from raytune_lite.samplers.gp.kernel import matern52, matern52_and_slope, squared_distances
from raytune_lite.samplers.gp.posterior import Posterior
from raytune_lite.samplers.gp.space import Space
from raytune_lite.samplers.gp.warping import (
    finite,
    half_rank,
    kumaraswamy,
    most_normal,
    standardise,
    warp,
    warp_constraint,
    yeo_johnson,
)

MIXED = {
    "a": FloatDistribution(-1.0, 2.0),
    "b": CategoricalDistribution(["x", "y", "z"]),
    "c": FloatDistribution(1e-5, 1.0, log=True),
    "d": IntDistribution(0, 5),
    "e": IntDistribution(1, 1000, log=True),
    "f": CategoricalDistribution([True, False]),
    "g": FloatDistribution(0.0, 1.0, step=0.25),
}
THETA = np.array([-0.3, 0.2, -1.0, 0.4, 0.1, -0.5, 0.6, 0.3, -4.0])
# ln a and ln b of the numeric a, c, d, e, g
WARPED = np.concatenate([THETA, [0.3, -0.4, 0.1, -0.2, 0.5], [-0.2, 0.3, 0.2, -0.5, 0.4]])
FALSE_ALARM = 1e-6  # of each Monte Carlo test, over the choice of its seed; the seeds are fixed
SIGMAS = stats.norm.isf(FALSE_ALARM / 2)


def sample(n, seed=0, space=MIXED):
    here = Space(space)
    rng = np.random.default_rng(seed)
    return here, here.from_cube(rng.random((n, here.d))), rng.standard_normal(n)


def dense_kernel(here, theta, a, b):
    """Matern-5/2 over explicit pairs, categories by inequality: the definition, in float64 torch."""
    theta, a, b = (torch.as_tensor(x) for x in (theta, a, b))
    squared, numeric = torch.zeros(len(a), len(b), dtype=torch.float64), here.numeric.tolist()
    log_a, log_b = theta[here.d + 2 :].reshape(2, -1)
    for j, dim in enumerate(here.dims):
        left, right = a[:, j], b[:, j]
        if len(log_a) and not dim.is_choice:
            i = numeric.index(j)
            left, right = (1 - (1 - u ** log_a[i].exp()) ** log_b[i].exp() for u in (left, right))
        gap = (left[:, None] != right).double() if dim.is_choice else left[:, None] - right
        squared = squared + (gap / torch.exp(theta[j])) ** 2
    t = torch.sqrt(5.0 * squared + 1e-300)
    return torch.exp(theta[here.d]) * (1 + t + t * t / 3) * torch.exp(-t) + MEAN_VARIANCE


def dense_covariance(here, theta, units):
    theta = torch.as_tensor(theta)
    noise = torch.exp(theta[here.d + 1]) * torch.eye(len(units), dtype=torch.float64)
    return dense_kernel(here, theta, units, units) + noise


def dense_posterior(here, theta, units, y, at):
    k = dense_covariance(here, theta, units)
    cross = dense_kernel(here, theta, at, units)
    mean = cross @ torch.linalg.solve(k, torch.as_tensor(y))
    covariance = dense_kernel(here, theta, at, at) - cross @ torch.linalg.solve(k, cross.T)
    return mean.numpy(), covariance.numpy()


def finite_differences(f, x, step=1e-6):
    return np.array([(f(x + step * e) - f(x - step * e)) / (2 * step) for e in np.eye(len(x))])


def test_distances_are_those_of_explicit_pairs_also_far_from_the_origin():
    rng = np.random.default_rng(0)
    a, b = rng.random((7, 3)) + 1e5, rng.random((9, 3)) + 1e5
    expected = ((a[:, None] - b) ** 2).sum(-1)
    np.testing.assert_allclose(squared_distances(a, b), expected, rtol=1e-9)
    assert (squared_distances(a, a).diagonal() < 1e-14).all()


def test_the_kernel_and_its_slope():
    # sklearn's formula of Matern nu=2.5, and central differences in r^2
    squared = np.array([[0.0, 1e-12, 0.3, 2.0, 50.0, 1e6]])
    t = np.sqrt(5 * squared)
    expected = (1 + t + t**2 / 3) * np.exp(-t)
    np.testing.assert_allclose(matern52(squared.copy()), expected, rtol=1e-12)
    value, slope = matern52_and_slope(squared.copy())
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    h = 1e-6
    centre = squared[:, 2:5]
    around = (matern52(centre + h) - matern52(centre - h)) / (2 * h)
    np.testing.assert_allclose(slope[:, 2:5], around, rtol=1e-6, atol=1e-12)
    assert slope[0, 0] == -5 / 6


@pytest.mark.parametrize("theta", [THETA, WARPED], ids=["plain", "warped"])
def test_the_posterior_is_that_of_dense_algebra(theta):
    here, units, y = sample(40)
    _, at, _ = sample(25, seed=1)
    posterior = Posterior(here, theta, units)
    mean, covariance = dense_posterior(here, theta, units, y, at)
    alpha = posterior.solve(y)
    got_mean, got_variance = posterior.at(at, alpha)
    np.testing.assert_allclose(got_mean, mean, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(posterior.mean(at, alpha), mean, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(got_variance, covariance.diagonal(), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(posterior.covariance(at), covariance, atol=1e-10)


def test_many_points_are_evaluated_in_parts_alike():
    here, units, y = sample(10)
    _, at, _ = sample(600, seed=1)
    posterior = Posterior(here, THETA, units)
    alpha = posterior.solve(y)
    mean, variance = posterior.at(at, alpha)
    one = [posterior.at(at[i : i + 1], alpha) for i in (0, 255, 256, 599)]
    np.testing.assert_allclose(mean[[0, 255, 256, 599]], [m[0] for m, _ in one], rtol=1e-12)
    np.testing.assert_allclose(variance[[0, 255, 256, 599]], [v[0] for _, v in one], rtol=1e-9)


@pytest.mark.parametrize("grow", ["append", "with_block"])
def test_rows_appended_give_the_factor_of_all_rows(grow):
    here, units, _ = sample(40)
    whole = Posterior(here, THETA, units)
    grown = getattr(Posterior(here, THETA, units[:15]), grow)(units[15:])
    np.testing.assert_allclose(grown.root, whole.root, atol=1e-10)
    identity = grown.root @ (whole._kernel(whole._z, whole._z) + whole.noise * np.eye(40)) @ grown.root.T
    np.testing.assert_allclose(identity, np.eye(40), atol=1e-9)


def test_rows_appended_in_any_portions_give_the_same_bits():
    here, units, _ = sample(40)
    start = Posterior(here, THETA, units[:15])
    at_once = start.append(units[15:])
    by_and_by = start
    for first, last in [(15, 16), (16, 23), (23, 23), (23, 40)]:
        by_and_by = by_and_by.append(units[first:last])
    assert (at_once.root == by_and_by.root).all()
    assert start.n == 15


def test_copies_of_a_row_leave_a_usable_factor():
    here, units, y = sample(6)
    theta = THETA.copy()
    theta[-1] = math.log(1e-6)
    twice = np.vstack([units] * 5)
    posterior = Posterior(here, theta, twice).append(units).with_block(units)
    mean, variance = posterior.at(units, posterior.solve(np.concatenate([np.tile(y, 7)])))
    np.testing.assert_allclose(mean, y, atol=1e-3)
    assert (variance > 0).all()
    assert (variance < 1e-3).all()


@pytest.mark.parametrize("theta", [THETA, WARPED], ids=["plain", "warped"])
def test_gradients_of_mean_and_variance(theta):
    here, units, y = sample(30)
    _, at, _ = sample(6, seed=1)
    posterior = Posterior(here, theta, units)
    alpha = posterior.solve(np.column_stack([y, y**2]))
    mean, variance, mean_slope, variance_slope = posterior.with_gradients(at, alpha)
    np.testing.assert_allclose(mean, posterior.at(at, alpha)[0], rtol=1e-9)
    np.testing.assert_allclose(variance, posterior.at(at, alpha)[1], rtol=1e-8)
    k = dense_covariance(here, theta, units)
    for i in range(len(at)):
        # torch's autograd through the definition
        free = torch.tensor(at[i, here.relaxed], requires_grad=True)
        point = torch.tensor(at[i]).index_put((torch.as_tensor(here.relaxed),), free)[None]
        cross = dense_kernel(here, theta, point, units)
        for s, values in enumerate([y, y**2]):
            mean_there = (cross @ torch.linalg.solve(k, torch.as_tensor(values))).sum()
            (slope,) = torch.autograd.grad(mean_there, free, retain_graph=True)
            np.testing.assert_allclose(mean_slope[i, s], slope.numpy(), rtol=1e-7, atol=1e-8)
        (slope,) = torch.autograd.grad(-(cross @ torch.linalg.solve(k, cross.T)).sum(), free)
        np.testing.assert_allclose(variance_slope[i], slope.numpy(), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("theta", [THETA, WARPED], ids=["plain", "warped"])
def test_the_gradient_of_the_log_posterior_of_hyperparameters(theta, seed):
    here, units, y = sample(25, seed)
    prior = Prior(here.d, warps=(len(theta) - len(THETA)) // 2)
    objective = Objective(here.features(units), here.owner, y, prior)
    theta = theta + 0.3 * np.random.default_rng(seed).standard_normal(len(theta))
    value, slope = objective(theta)
    t = torch.tensor(theta, requires_grad=True)
    k = dense_covariance(here, t, units)
    # torch's own multivariate normal and normal densities, up to constants
    normal = torch.distributions.MultivariateNormal(torch.zeros(len(y), dtype=torch.float64), covariance_matrix=k)
    off = (t - torch.as_tensor(prior.centre)) / torch.as_tensor(prior.width)
    loss = -normal.log_prob(torch.as_tensor(y)) + 0.5 * (off**2).sum()
    loss.backward()
    assert value == pytest.approx(loss.item() - 0.5 * len(y) * math.log(2 * math.pi), rel=1e-9)
    np.testing.assert_allclose(slope, t.grad.numpy(), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(slope, finite_differences(lambda x: objective(x)[0], theta), rtol=1e-4, atol=1e-5)


def test_the_input_warp_is_the_kumaraswamy_distribution_and_the_identity_at_one():
    # 1 - (1 - u^a)^b; beyond the unit interval it goes on with slope 1
    u = np.array([[-0.5, 0.2, 0.5], [0.9, 1.0, 1.5]])
    same, slope, _, _ = kumaraswamy(u, np.zeros(3), np.zeros(3))
    np.testing.assert_allclose(same, u, atol=1e-12)
    np.testing.assert_allclose(slope, 1.0)
    w, slope, by_a, by_b = kumaraswamy(u, np.full(3, 0.4), np.full(3, -0.3))
    a, b = math.exp(0.4), math.exp(-0.3)
    assert w[0, 1] == pytest.approx(1 - (1 - 0.2**a) ** b)
    assert (np.diff(np.sort(w.ravel())) > 0).all()
    h = 1e-6
    for got, high, low in [
        (slope, (u + h, 0.4, -0.3), (u - h, 0.4, -0.3)),
        (by_a, (u, 0.4 + h, -0.3), (u, 0.4 - h, -0.3)),
        (by_b, (u, 0.4, -0.3 + h), (u, 0.4, -0.3 - h)),
    ]:
        high, low = (kumaraswamy(x, np.full(3, p), np.full(3, q))[0] for x, p, q in (high, low))
        np.testing.assert_allclose(got[0, 1:], ((high - low) / (2 * h))[0, 1:], rtol=1e-6)


def test_a_fit_finds_the_lengthscales_that_made_the_data():
    here = Space({name: FloatDistribution(0, 1) for name in "abc"})
    rng = np.random.default_rng(0)
    units = rng.random((120, 3))
    truth = np.array([math.log(0.2), math.log(0.6), math.log(4.0), 0.0, math.log(1e-3)])
    k = Posterior(here, truth, units[:1])._kernel
    scaled = units / np.exp(truth[:3])
    y = np.linalg.cholesky(k(scaled, scaled) - MEAN_VARIANCE + 1e-3 * np.eye(120)) @ rng.standard_normal(120)
    prior = Prior(3)
    theta, value = fit(Objective(here.features(units), here.owner, y, prior), prior, prior.starts)
    assert value < Objective(here.features(units), here.owner, y, prior)(prior.centre)[0]
    # one draw of a process: lengthscales within a factor of two (the third is only bounded from below)
    assert np.abs(theta[:2] - truth[:2]).max() < math.log(2.0)
    assert theta[2] > math.log(1.0)


def test_a_deterministic_objective_keeps_the_noise_at_its_floor():
    here, units, y = sample(20)
    prior = Prior(here.d, deterministic=True)
    theta, _ = fit(Objective(here.features(units), here.owner, y, prior), prior, prior.starts)
    assert theta[-1] == pytest.approx(math.log(prior.noise_floor))


def test_a_covariance_without_a_factor_is_a_huge_value_and_no_error(monkeypatch):
    here, units, y = sample(20)
    monkeypatch.setattr(fitting, "dpotrf", lambda a, **_: (a, 1))
    prior = Prior(here.d)
    objective = Objective(here.features(units), here.owner, y, prior)
    assert objective(prior.centre)[0] > 1e24
    assert fit(objective, prior, prior.starts) is None


# --- acquisitions -----------------------------------------------------------------------------------------------------


def test_log_h_against_quadrature_and_its_asymptote():
    z = np.array([-1e8, -1e4, -1e3, -999.0, -40.0, -7.0, -1.0 - 1e-12, -1.0, -0.5, 0.0, 1.0, 6.0, 30.0])
    value, slope = log_h(z)
    for x, got in zip(z, value, strict=True):
        if x > -8:
            # scipy.integrate.quad of E[(z + Z)+] = int_0^inf u phi(u - z) du
            end = max(x, 0) + 12
            expected, _ = integrate.quad(lambda u, x=x: u * stats.norm.pdf(u - x), 0, end, epsabs=0, epsrel=1e-11)
            assert got == pytest.approx(math.log(expected), abs=1e-7)
        else:
            series = -0.5 * x * x - 0.5 * math.log(2 * math.pi) - 2 * math.log(-x) + math.log1p(-3 / x**2 + 15 / x**4)
            assert got == pytest.approx(series, rel=1e-6)
    inner = z[np.abs(z) < 100]
    h = 1e-5
    around = (log_h(inner + h)[0] - log_h(inner - h)[0]) / (2 * h)
    np.testing.assert_allclose(log_h(inner)[1], around, rtol=1e-5)
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()
    assert (np.diff(value) > 0).all()


def acquisitions():
    here, units, y = sample(30)
    _, pending, _ = sample(3, seed=5)
    rng = np.random.default_rng(3)
    posterior = Posterior(here, THETA, units)
    alpha = posterior.solve(y)[:, None]
    more = posterior.with_block(pending)
    fantasies = more.solve(np.vstack([np.repeat(y[:, None], 4, axis=1), rng.standard_normal((3, 4))]))
    limit = Feasibility(posterior, posterior.solve(np.sin(y))[:, None], -0.2)
    other = Posterior(here, THETA + 0.1, units)
    front = np.array([[-1.5, 1.0], [-0.5, 0.0], [0.5, -1.0]])
    deep = np.column_stack([front, [0.1, 0.3, 0.2]])
    weights = [alpha, other.solve(y**2)[:, None], posterior.solve(np.cos(y))[:, None]]
    return here, {
        "log-EI": LogEI(posterior, alpha, np.array([y.min()])),
        "log-EI of fantasies": LogEI(more, fantasies, np.array([-1.0, -2.0, -1.5, -3.0])),
        "log-EI with noise": LogEI(more, fantasies, np.array([-1.0, -2.0, -1.5, -3.0]), noise=0.3),
        "constrained": LogEI(posterior, alpha, np.array([-1.0]), [limit]),
        "feasible": LogFeasible([limit, limit]),
        "log-EHVI": LogEHVI([posterior, other], weights[:2], front, np.array([1.0, 2.0]), [limit]),
        "log-EHVI of three": LogEHVI([posterior, other, posterior], weights, deep, np.array([1.0, 2.0, 0.5])),
    }


@pytest.mark.parametrize("name", acquisitions()[1])
def test_gradients_of_acquisitions(name):
    here, all_of_them = acquisitions()
    acquisition = all_of_them[name]
    _, at, _ = sample(8, seed=9)
    value, slope = acquisition.with_gradient(at)
    np.testing.assert_allclose(value, acquisition.value(at), rtol=1e-8)
    for row in range(len(at)):
        def along(x, row=row):
            point = at[row : row + 1].copy()
            point[0, here.relaxed] = x
            return float(acquisition.value(point)[0])

        np.testing.assert_allclose(slope[row], finite_differences(along, at[row, here.relaxed]), rtol=2e-5, atol=1e-5)


def test_log_ei_is_the_expected_improvement_of_samples():
    here, units, y = sample(12)
    _, at, _ = sample(5, seed=2)
    posterior = Posterior(here, THETA, units)
    alpha = posterior.solve(y)[:, None]
    best = float(np.median(y))
    mean, variance = posterior.at(at, alpha)
    draws = mean[:, 0] + np.sqrt(variance) * np.random.default_rng(0).standard_normal((200_000, 5))
    gains = np.maximum(best - draws, 0.0)
    error = SIGMAS * gains.std(axis=0) / math.sqrt(len(gains))  # normal approximation of 200,000 draws
    got = np.exp(LogEI(posterior, alpha, np.array([best])).value(at))
    assert (np.abs(got - gains.mean(axis=0)) < error).all()


@pytest.mark.parametrize("m", [2, 3])
def test_log_ehvi_is_the_expected_hypervolume_gain_of_samples(m):
    here, units, y = sample(12)
    _, at, _ = sample(3, seed=2)
    rng = np.random.default_rng(0)
    posteriors = [Posterior(here, THETA + 0.2 * j, units) for j in range(m)]
    alphas = [p.solve(np.cos(y + j))[:, None] for j, p in enumerate(posteriors)]
    front, reference = rng.standard_normal((4, m)) * 0.5, np.full(m, 1.5)
    got = np.exp(LogEHVI(posteriors, alphas, front, reference).value(at))
    before = hypervolume(front, reference)
    for i in range(len(at)):
        moments = [p.at(at[i : i + 1], a) for p, a in zip(posteriors, alphas, strict=True)]
        draws = np.column_stack([mu[0, 0] + math.sqrt(v[0]) * rng.standard_normal(4000) for mu, v in moments])
        gains = np.array([hypervolume(np.vstack([front, draw]), reference) - before for draw in draws])
        assert abs(got[i] - gains.mean()) < SIGMAS * gains.std() / math.sqrt(len(gains))


def test_feasibility_is_a_normal_probability():
    here, units, y = sample(12)
    posterior = Posterior(here, THETA, units)
    alpha = posterior.solve(y)[:, None]
    mean, variance = posterior.at(units, alpha)
    expected = stats.norm.logcdf((0.1 - mean[:, 0]) / np.sqrt(variance))
    np.testing.assert_allclose(Feasibility(posterior, alpha, 0.1).value(units), expected, rtol=1e-9)
    assert log_ndtr(-1e4) < -1e7  # scipy's tail, which the acquisition leans on


def test_chebyshev_prefers_dominating_points():
    values = np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [2.0, 0.5, 1.0, 0.0]])
    scalar = chebyshev(values, np.full(4, 0.25))
    assert scalar[0] == scalar.min()
    assert np.isfinite(chebyshev(np.zeros((3, 4)), np.full(4, 0.25))).all()


# --- warps ------------------------------------------------------------------------------------------------------------


def test_yeo_johnson_is_scipys():
    values = np.random.default_rng(0).standard_normal(50) ** 3
    for power in (-2.0, -0.5, 0.0, 1.0, 2.0, 3.5):
        got = yeo_johnson(values, np.array([power]))[0]
        np.testing.assert_allclose(got, stats.yeojohnson(values, power), rtol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_the_power_is_scipys_most_likely_one(seed):
    values = standardise(np.random.default_rng(seed).standard_exponential(60))
    expected = standardise(stats.yeojohnson(values)[0])
    np.testing.assert_allclose(most_normal(values), expected, atol=5e-3)  # a parabola through a grid of 1/8


def test_the_worse_half_goes_by_ranks_and_the_better_half_stays():
    losses = np.array([3.0, 1.0, 1e16, 2.0, 100.0, 4.0, 5.0])
    warped = half_rank(losses)
    better = losses <= np.median(losses)
    assert (warped[better] == losses[better]).all()
    assert (np.argsort(warped) == np.argsort(losses)).all()
    assert warped.max() < 12.0


@pytest.mark.parametrize(
    "losses",
    [
        [0.0, 0.0, 0.0],
        [1e300, -1e300, 0.0],
        [math.inf, 1.0, 2.0],
        [math.inf] * 3,
        [-math.inf, 1.0, 2.0, 3.0],
        [math.nan, 1.0, 2.0],
        [5e-324, 0.0, 1e-323],
        [1.0, 1.0, 1.0, 1.0, 2.0],
        [1.0, 1.0 + 1e-15, 1.0 + 2e-15, 7.0],
        [1e16, 0.1, 0.2, 0.3],
        [1.0],
    ],
)
def test_warped_values_are_finite_and_in_order(losses):
    losses = np.array(losses)
    with np.errstate(all="ignore"):
        warped = warp(losses)
    assert np.isfinite(warped).all()
    assert np.abs(warped).max() < 10.0
    clean = finite(losses)
    for i in range(len(losses)):
        for j in range(len(losses)):
            if clean[i] <= clean[j]:
                assert warped[i] <= warped[j]


def test_constraints_keep_their_zero():
    values = np.array([-5.0, -0.1, 0.0, 0.2, 1e9, math.inf])
    warped, limit = warp_constraint(values)
    assert ((warped <= limit) == (values <= 0)).all()
    assert np.isfinite(warped).all()
    assert warp_constraint(np.array([-1.0, -1.0]))[1] > warp_constraint(np.array([-1.0, -1.0]))[0].max()


# --- the chain of fits ------------------------------------------------------------------------------------------------


def test_fits_are_dense_at_first_and_then_grow_by_percents():
    counts = counts_upto(1000)
    assert counts[:50] == list(range(1, 51))
    growth = np.diff(counts)
    assert (growth > 0).all()
    assert (growth <= np.maximum(1, 0.05 * np.array(counts[:-1]))).all()
    for n in (1, 2, 49, 50, 51, 52, 100, 999):
        assert counts_upto(n) == [count for count in counts if count <= n]


def test_a_chain_grown_row_by_row_has_the_bits_of_one_that_begins_late():
    here, units, y = sample(90)
    losses = y + units[:, 0]
    def best(count):
        return units[losses[:count].argmin()][None]

    grown = Chain(here, Prior(here.d))
    with np.errstate(all="ignore"):
        for n in (10, 11, 30, 31, 57, 60, 61, 88, 90):
            late = Chain(here, Prior(here.d))
            old, rows, _ = grown.at(units[:n], lambda count: warp(losses[:count]), best)
            new, fresh, _ = late.at(units[:n], lambda count: warp(losses[:count]), best)
            assert (old.root == new.root).all()
            assert (old.theta == new.theta).all()
            assert (rows == fresh).all()
            assert rows.tolist() == list(range(n))


@pytest.mark.parametrize("n", [20, 60])
def test_inputs_are_warped_once_there_is_data_for_it(n):
    here = Space({"a": FloatDistribution(0, 1), "b": FloatDistribution(0, 1), "c": CategoricalDistribution([1, 2])})
    units = here.from_cube(np.random.default_rng(0).random((n, 3)))
    y = standardise(np.sin(15 * units[:, 0] ** 4) + np.cos(3 * units[:, 1]))
    theta, failed = fitted(here, Prior(3), units, y)
    assert not failed
    if n < WARP_FROM:
        assert len(theta) == 5
    else:
        assert theta[5] > 0.3  # ln a of u^4, which the prior pulls to 0
        assert len(theta) == len(fitted(here, Prior(3), units, y, theta[:5])[0]) == 9


def test_of_many_rows_those_nearest_to_the_best_are_kept(monkeypatch):
    monkeypatch.setattr("raytune_lite.samplers.gp.chain.MOST_ROWS", 40)
    here, units, y = sample(90)
    def best(count):
        return units[:1]

    chain = Chain(here, Prior(here.d))
    with np.errstate(all="ignore"):
        posterior, rows, _ = chain.at(units, lambda count: warp(y[:count]), best)
    count = counts_upto(90)[-1]
    assert len(rows) == posterior.n == 40 + 90 - count
    away = squared_distances(here.features(units[:count]), here.features(units[:1]))[:, 0]
    assert set(rows[:40]) == set(np.argsort(away, kind="stable")[:40])
    np.testing.assert_allclose(posterior._z, posterior._scaled(units[rows]), atol=1e-12)
