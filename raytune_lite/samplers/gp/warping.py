"""Warps: losses of any size as values that a process can model, and scales of parameters that are learnt."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from .kernel import Array

_EDGE = 1e-3  # share of an axis at its ends where the input warp has the slope of its neighbourhood
_POWERS = np.linspace(-2.0, 4.0, 49)  # of Yeo-Johnson; 1 changes nothing


def finite(losses: Array) -> Array:
    """``losses`` (n,) with infinities and NaN at the worst (or, for -inf, best) finite value, scaled into [-1, 1]."""
    good = np.isfinite(losses)
    if not good.any():
        return np.zeros(len(losses))
    top = float(np.abs(losses[good]).max())
    scaled = losses / (top if top > 0.0 else 1.0)
    low, high = scaled[good].min(), scaled[good].max()
    return np.clip(np.where(np.isnan(scaled), high, scaled), low, high)


def half_rank(losses: Array, level: float = -np.inf) -> Array:
    """The better half as it is, the worse half by its ranks: what lies above the median is pulled in.

    A loss of rank r (0 < r < 1) above the median becomes median + s * Phi^-1(r), with s the root mean square distance
    of the better half from the median: what a normal sample with this better half would have there. Where ``level``
    is above the median, losses stay as they are up to there, and the rest follows the quantiles from there on.
    Source: Song et al. 2024 (Vizier), output warping, half-rank component.
    """
    median = float(np.median(losses))
    below = losses[losses <= median] - median
    spread = float(np.sqrt(np.mean(below * below)))
    ranks: Array = rankdata(losses)
    if spread <= 1e-12 * max(float(np.ptp(losses)), abs(median)):
        return ranks  # the better half is one value: ranks are all there is
    level = max(level, median)
    kept = losses <= level
    quantile = ndtri(np.maximum((ranks - 0.5) / len(losses), 0.5))
    start = float(quantile[kept].max()) if level > median else 0.0
    return np.where(kept, losses, level + spread * (quantile - start))


def standardise(values: Array) -> Array:
    """Mean 0 and variance 1; zeros when all are equal."""
    if values.max() <= values.min():
        return np.zeros(len(values))
    off = (values - values.mean()) / np.ptp(values)
    found: Array = off / np.sqrt(np.mean(off * off))
    return found


def yeo_johnson(values: Array, powers: Array) -> Array:
    """The transform of ``values`` (n,) by each of ``powers`` (p,), shape (p, n). Source: Yeo and Johnson 2000, eq. 2.1.
    """
    p = powers[:, None]
    up, down = np.log1p(np.maximum(values, 0.0)), np.log1p(np.maximum(-values, 0.0))
    # ((1 + x)^p - 1) / p is ln(1 + x) at p = 0
    q = 2.0 - p
    above = np.where(np.abs(p) < 1e-9, up, np.expm1(p * up) / np.where(np.abs(p) < 1e-9, 1.0, p))
    below = np.where(np.abs(q) < 1e-9, down, np.expm1(q * down) / np.where(np.abs(q) < 1e-9, 1.0, q))
    found: Array = np.where(values >= 0.0, above, -below)
    return found


def most_normal(values: Array) -> Array:
    """The Yeo-Johnson transform of standardised values under which they are most nearly normal, standardised again.

    The power maximises the normal log likelihood with its Jacobian, over a grid and then a parabola through the best.
    Source: Yeo and Johnson 2000, eq. 3.1.
    """
    signed = float(np.sum(np.sign(values) * np.log1p(np.abs(values))))
    scores = -0.5 * len(values) * np.log(yeo_johnson(values, _POWERS).var(axis=1)) + (_POWERS - 1.0) * signed
    scores = np.where(np.isfinite(scores), scores, -np.inf)
    i = int(scores.argmax())
    power = _POWERS[i]
    if 0 < i < len(_POWERS) - 1 and np.isfinite(scores[i - 1 : i + 2]).all():
        left, mid, right = scores[i - 1 : i + 2]
        bend = left - 2.0 * mid + right
        power += 0.5 * (_POWERS[1] - _POWERS[0]) * (left - right) / bend if bend < 0.0 else 0.0
    return standardise(yeo_johnson(values, np.array([power]))[0])


def warp(losses: Array, matter: Array | None = None) -> Array:
    """Losses (n,) as values for the process, smaller better, in the same order (equal ones stay equal).

    ``matter``: which of them keep their distances although they are in the worse half, shape (n,): a Pareto front's.
    """
    scaled = finite(losses)
    if scaled.max() <= scaled.min():
        return np.zeros(len(scaled))
    level = -np.inf if matter is None else float(scaled[matter].max())
    return most_normal(standardise(half_rank(scaled, level)))


def warp_stopped(losses: Array, steps: Array, reports: Array) -> Array:
    """As ``warp`` where some trials were stopped: those have no loss (NaN), but a last step and the report there.

    Reports of different steps cannot be compared, so a stopped trial counts by its rank alone: after all that
    completed, later steps first, then by report. It is the order that Optuna's TPE gives to pruned trials.
    """
    stopped = np.isnan(losses)
    done = ~stopped
    reports = np.where(np.isnan(reports), np.inf, reports)
    ranks = np.empty(len(losses))
    ranks[done] = rankdata(losses[done])
    order = np.lexsort([reports[stopped], -steps[stopped]])
    n_done = int(done.sum())
    ranks[np.flatnonzero(stopped)[order]] = n_done + 1.0 + np.arange(len(order))
    values: Array = ndtri((ranks - 0.5) / len(losses))
    if n_done:
        scaled = finite(losses[done])
        completed = standardise(half_rank(scaled)) if scaled.max() > scaled.min() else np.zeros(n_done)
        start = completed.max() - float(ndtri((n_done - 0.5) / len(losses)))
        values = values + start
        values[done] = completed
    return most_normal(standardise(values))


def warp_constraint(values: Array) -> tuple[Array, float]:
    """Constraint values (n,), feasible at 0 or below, as (values for the process, where 0 lies among them).

    sign(c) ln(1 + |c| / median |c|) keeps 0 and order, and pulls far values in.
    Source: Eriksson and Poloczek 2021, bilog.
    """
    scaled = finite(values)
    size = np.abs(scaled)
    typical = float(np.median(size[size > 0.0])) if (size > 0.0).any() else 1.0
    bilog = np.sign(scaled) * np.log1p(size / typical)
    centre, spread = float(bilog.mean()), float(bilog.std())
    spread = spread if spread > 1e-12 else 1.0
    return (bilog - centre) / spread, -centre / spread


def kumaraswamy(units: Array, log_a: Array, log_b: Array) -> tuple[Array, Array, Array, Array]:
    """w = 1 - (1 - u^a)^b of each column of ``units`` (n, k): (w, dw/du, dw/d ln a, dw/d ln b), all (n, k).

    Values outside of [0, 1], from when the range was another, keep their distance from its edge.
    Source: Kumaraswamy 1980; as an input warp Snoek et al. 2014, eq. 5, which has the beta distribution's.
    """
    a, b = np.exp(log_a), np.exp(log_b)
    u = np.clip(units, _EDGE, 1.0 - _EDGE)
    log_u = np.log(u)
    power = np.exp(a * log_u)
    rest = 1.0 - power
    log_rest = np.log(rest)
    tail = np.exp(b * log_rest)
    bend = b * tail / rest * power  # dw / d(ln u^a)
    return 1.0 - tail + (units - u), bend * a / u, bend * a * log_u, -b * tail * log_rest
