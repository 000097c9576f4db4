"""Maximising an acquisition over a mixed space: candidates, batched L-BFGS on numbers, single flips on the rest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import qmc

from ..rng import rng_for
from .acquisition import Acquisition
from .kernel import Array, Ints
from .space import Space

_MEMORY = 6  # pairs of L-BFGS


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to search."""

    candidates: int = 1024  # power of 2
    local: int = 512
    starts: int = 8
    iterations: int = 40
    rounds: int = 3


@lru_cache(maxsize=16)
def sobol(d: int, log2_n: int, seed: int = 0) -> Array:
    """2**log2_n scrambled Sobol points of [0, 1)^d, shape (n, d); a fixed set to be shifted."""
    rng = rng_for(seed, number=0, purpose="gp/sobol")
    points: Array = qmc.Sobol(d, scramble=True, seed=rng).random_base2(log2_n)
    points.setflags(write=False)
    return points


def climb(
    acquisition: Acquisition, space: Space, units: Array, box: tuple[Array, Array], scales: Array, iterations: int
) -> tuple[Array, Array]:
    """Local maxima from each row of ``units`` (b, d) over the relaxed dimensions within ``box``: (points, values).

    Projected L-BFGS for all rows at once, each with its own memory, in coordinates divided by ``scales`` (d,).
    Source: Nocedal and Wright 2006, Alg. 7.4, with the gradient projected on the box.
    """
    columns = space.relaxed
    scale = scales[columns]
    low, high = box[0][columns] / scale, box[1][columns] / scale
    units = units.copy()

    def evaluate(rows: Array, x: Array) -> tuple[Array, Array]:
        points = units[rows]
        points[:, columns] = x * scale
        value, slope = acquisition.with_gradient(points)
        return np.where(np.isfinite(value), value, -np.inf), np.nan_to_num(slope * scale)

    x = np.clip(units[:, columns] / scale, low, high)
    live = np.arange(len(x))
    value, slope = evaluate(live, x)
    pairs: list[tuple[Array, Array, Array]] = []  # (steps, changes of the slope, 1 / their product), (b, r) and (b,)
    for _ in range(iterations):
        g = slope[live]
        free = ~(((x[live] <= low) & (g < 0)) | ((x[live] >= high) & (g > 0)))
        g = np.where(free, g, 0.0)
        steep = np.abs(g).max(axis=1)
        keep = steep > 1e-4
        live, g, free, steep = live[keep], g[keep], free[keep], steep[keep]
        if not len(live):
            break
        direction = _direction(g, free, steep, pairs, live)
        step, waiting = np.ones(len(live)), np.arange(len(live))
        new_x, new_value, new_slope = x[live].copy(), value[live].copy(), slope[live].copy()
        for _ in range(5):
            tried = np.clip(x[live[waiting]] + step[waiting, None] * direction[waiting], low, high)
            found, found_slope = evaluate(live[waiting], tried)
            gain = np.einsum("ij,ij->i", g[waiting], tried - x[live[waiting]])
            good = found >= value[live[waiting]] + 1e-4 * gain
            done = waiting[good]
            new_x[done], new_value[done], new_slope[done] = tried[good], found[good], found_slope[good]
            waiting = waiting[~good]
            if not len(waiting):
                break
            step[waiting] *= 0.2
        moved, turned = np.zeros_like(x), np.zeros_like(x)
        moved[live], turned[live] = new_x - x[live], slope[live] - new_slope
        product = np.einsum("ij,ij->i", moved, turned)
        useful = product > 1e-12 * np.einsum("ij,ij->i", turned, turned)
        pairs = [*pairs[1 - _MEMORY :], (moved, turned, np.where(useful, 1.0 / np.where(useful, product, 1.0), 0.0))]
        gained = new_value - value[live]
        x[live], value[live], slope[live] = new_x, new_value, new_slope
        live = live[gained > 1e-5]
    units[:, columns] = x * scale
    return units, value


def _direction(
    g: Array, free: Array, steep: Array, pairs: list[tuple[Array, Array, Array]], live: Array
) -> Array:
    """Directions of ascent for gradients ``g`` (b, r), 0 where not ``free``; ``steep`` (b,) is each row's largest."""
    direction = np.where(free, _two_loops(g, pairs, live), 0.0)
    ascent = np.einsum("ij,ij->i", direction, g)
    bad = ~(ascent > 1e-12)
    direction[bad] = g[bad]
    if pairs:
        direction[bad] *= (0.1 / steep[bad])[:, None]
    else:
        direction *= (0.2 / steep)[:, None]
    # no step longer than a lengthscale: the model must not be trusted beyond
    direction *= np.minimum(1.0, 1.0 / np.maximum(np.abs(direction).max(axis=1), 1e-300))[:, None]
    return direction


def _two_loops(g: Array, pairs: list[tuple[Array, Array, Array]], live: Array) -> Array:
    """The inverse Hessian times ``g``, row by row; pairs without curvature (1 / product = 0) count for nothing."""
    q: Array = g.copy()
    recent, factors = [(s[live], y[live], rho[live]) for s, y, rho in pairs], []
    for s, y, rho in reversed(recent):
        a = rho * np.einsum("ij,ij->i", s, q)
        q -= a[:, None] * y
        factors.append(a)
    if recent:
        s, y, rho = recent[-1]
        length = np.einsum("ij,ij->i", y, y)
        ok = rho > 0
        q *= np.where(ok, 1.0 / np.where(ok, rho * length, 1.0), 1.0)[:, None]
    for (s, y, rho), a in zip(recent, reversed(factors), strict=True):
        b = rho * np.einsum("ij,ij->i", y, q)
        q += (a - b)[:, None] * s
    return q


def flip(
    acquisition: Acquisition, space: Space, units: Array, values: Array, box: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Each point's best change of one stepped parameter, again and again until none helps."""
    moves = [(int(i), g) for i in space.stepped for g in [_within(space.grids[int(i)], box, int(i))] if len(g) > 1]
    if not moves:
        return units, values
    dims = np.concatenate([np.full(len(g), i) for i, g in moves])
    targets = np.concatenate([g for _, g in moves])
    units, values, live = units.copy(), values.copy(), np.arange(len(units))
    for _ in range(2 * len(moves)):
        b, k = len(live), len(dims)
        tried = np.repeat(units[live], k, axis=0)
        tried[np.arange(b * k), np.tile(dims, b)] = np.tile(targets, b)
        found = np.nan_to_num(acquisition.value(tried), nan=-np.inf).reshape(b, k)
        best = found.argmax(axis=1)
        top = found[np.arange(b), best]
        better = top > values[live] + 1e-9
        rows = live[better]
        units[rows, dims[best[better]]] = targets[best[better]]
        values[rows] = top[better]
        live = rows
        if not len(live):
            break
    return units, values


def _within(grid: Array, box: tuple[Array, Array], i: int) -> Array:
    inside: Array = grid[(grid >= box[0][i]) & (grid <= box[1][i])]
    return inside if len(inside) else grid


def maximise(
    acquisition: Acquisition,
    space: Space,
    rng: np.random.Generator,
    incumbents: Array,
    scales: Array,
    taken: Array,
    effort: Effort,
    box: tuple[Array, Array],
) -> Array:
    """The best point found, shape (d,), that is not in ``taken`` (k, d) as long as there is another.

    Args:
        acquisition: what to maximise.
        space: where.
        rng: shifts the candidates and chooses the starts.
        incumbents: good points, best first, shape (i, d): searched around and climbed from.
        scales: lengthscales, shape (d,).
        taken: points that were tried or are being tried.
        effort: how many candidates, starts and iterations.
        box: (low, high), each (d,): the region to search. Where both are equal, the dimension is held; choices and
            numbers with few values are free otherwise.
    """
    held = np.flatnonzero(box[0] == box[1])
    if 0 < space.size <= effort.candidates:
        return _exhaust(acquisition, space, rng, taken, held, box[0][held])
    shift = rng.random(space.d)
    spread = (sobol(space.d, effort.candidates.bit_length() - 1) + shift) % 1.0
    spread = space.from_cube(_into_box(space, spread, box))
    near = _perturbed(space, rng, incumbents, scales, effort.local, box)
    candidates = np.vstack([spread, near, np.clip(space.snap(incumbents), *box)])
    candidates[:, held] = box[0][held]
    values = np.nan_to_num(acquisition.value(candidates), nan=-np.inf)
    # Gumbel's trick: the k largest of value + noise are k draws without replacement in proportion to exp(value)
    noisy = values + rng.gumbel(size=len(values))
    first = len(values) - len(incumbents)
    order = [int(values.argmax()), *range(first, first + min(2, len(incumbents))), *np.argsort(-noisy).tolist()]
    starts = list(dict.fromkeys(order))[: effort.starts + 2]
    units, found = candidates[starts], values[starts]
    for _ in range(effort.rounds):
        before = found.max()
        if len(space.relaxed):
            units, found = climb(acquisition, space, units, box, np.minimum(scales, 1.0), effort.iterations)
        if not len(space.stepped):
            break
        units, found = flip(acquisition, space, units, found, box)
        if not found.max() > before + 1e-4:
            break
        best = np.argsort(-found)[: max(2, effort.starts // 2)]
        units, found = units[best], found[best]
    snapped = space.snap(units, only_relaxed=True)
    if not np.array_equal(snapped, units):
        units, found = snapped, np.nan_to_num(acquisition.value(snapped), nan=-np.inf)
    every, score = np.vstack([units, candidates]), np.concatenate([found, values])
    return _first_free(every, score, taken)


def _exhaust(
    acquisition: Acquisition, space: Space, rng: np.random.Generator, taken: Array, held: Ints, at: Array
) -> Array:
    """The best of all points of a small space whose dimensions ``held`` are ``at``."""
    axes = [dim.grid() for dim in space.dims]
    for i, place in zip(held.tolist(), at.tolist(), strict=True):
        axes[i] = np.array([place])
    every = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    every = every[rng.permutation(len(every))]
    return _first_free(every, np.nan_to_num(acquisition.value(every), nan=-np.inf), taken)


def _first_free(units: Array, values: Array, taken: Array) -> Array:
    """The best row that is not taken; the best row of all when each is."""
    order = np.argsort(-values, kind="stable")
    if len(taken):
        for i in order[:4096]:
            if np.abs(taken - units[i]).max(axis=1).min() > 1e-9:
                return np.array(units[i])
    return np.array(units[order[0]])


def _into_box(space: Space, cube: Array, box: tuple[Array, Array]) -> Array:
    numeric = space.numeric
    cube = cube.copy()
    cube[:, numeric] = box[0][numeric] + cube[:, numeric] * (box[1][numeric] - box[0][numeric])
    return cube


def _perturbed(
    space: Space, rng: np.random.Generator, incumbents: Array, scales: Array, n: int, box: tuple[Array, Array]
) -> Array:
    """``n`` points around the incumbents: a few of their dimensions moved, by little or by more."""
    if not len(incumbents) or not n:
        return np.empty((0, space.d))
    # the best one most often
    base = space.snap(incumbents)[np.minimum(rng.geometric(0.5, n) - 1, len(incumbents) - 1)]
    width = 10.0 ** rng.uniform(-3.0, 0.0, (n, 1)) * np.minimum(scales, 1.0)
    share = np.clip(rng.choice([2.0, 5.0, 20.0], (n, 1)) / max(1, space.d), 0.0, 1.0)
    moved = rng.random((n, space.d)) < share
    moved[np.arange(n), rng.integers(space.d, size=n)] = True
    units = np.clip(base + moved * width * rng.standard_normal((n, space.d)), *box)
    for i in space.stepped:
        grid = space.grids[int(i)]
        units[:, i] = np.where(moved[:, i], grid[rng.integers(len(grid), size=n)], base[:, i])
    return space.snap(units)
