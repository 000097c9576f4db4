"""Parzen estimators over mixed spaces: sums of product kernels, with one bandwidth a dimension, as matrix products.

Each parameter has a coordinate: a number its place in [0, 1] on its own scale (``Distribution.from_unit`` turns it
back), a choice its index. A kernel of a number is a normal density truncated to [0, 1]. On a grid it is taken at the
cells' centres, with the variance of a cell added, and sums to 1 over the cells. A kernel of choices keeps its own
choice with probability 1 - q and else draws any. All densities are relative to the uniform one, so that of a grid is
the probability of a cell over the cell's width, and the prior's is 1.

With one bandwidth h a dimension the exponent of a kernel at t seen from x is x t / h^2 - x^2 / 2 h^2 - t^2 / 2 h^2: a
matrix product and a term for each kernel that is computed once. There is one exponential a kernel, not one a dimension.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ...distributions import CategoricalDistribution, Distribution, FloatDistribution, IntDistribution

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_WIDE = 32  # cells of a grid whose probabilities are summed; finer ones are integrated
_ONE_HOT = 32  # choices of a parameter that get a column each in the matrix product; more are compared
_ROWS = 512  # rows of a block where a temporary has a third axis
_ROOT_2PI = math.sqrt(2 * math.pi)


class Points:
    """``k`` points of a space: ``units`` of its numbers, shape (k, n_numbers), ``choices``, shape (k, n_nominal)."""

    __slots__ = ("choices", "units")

    def __init__(self, units: Array, choices: Ints) -> None:
        self.units, self.choices = units, choices

    def __len__(self) -> int:
        return len(self.units)

    def __getitem__(self, rows: Any) -> Points:
        return Points(self.units[rows], self.choices[rows])

    @classmethod
    def joined(cls, *parts: Points) -> Points:
        """The points of all parts, in order."""
        return cls(np.concatenate([p.units for p in parts]), np.concatenate([p.choices for p in parts]))


class Frame:
    """A search space in coordinates, and what the kernels need to know of it.

    Args:
        space: distributions with more than one value each. Their order is that of the columns.

    Attributes:
        names: the parameters.
        numbers, nominal: positions in ``names`` of the numbers and of the choices.
        cells: number of values of each number, shape (n_numbers,); 0 for a continuous one.
        n_choices: shape (n_nominal,).
        size: how many points there are; None: infinitely many.
    """

    def __init__(self, space: Mapping[str, Distribution]) -> None:
        self.names, self.distributions = tuple(space), tuple(space.values())
        kinds = [isinstance(dist, CategoricalDistribution) for dist in self.distributions]
        self.numbers = np.array([i for i, nominal in enumerate(kinds) if not nominal], dtype=np.intp)
        self.nominal = np.array([i for i, nominal in enumerate(kinds) if nominal], dtype=np.intp)
        numbers: list[Any] = [self.distributions[i] for i in self.numbers]
        self._range = np.array([(float(d.low), float(d.high)) for d in numbers]).reshape(-1, 2)
        self._log = np.array([d.log for d in numbers], dtype=bool)
        counts = [_n_values(d) for d in numbers]
        self.cells = np.array([min(count, 1 << 1000) for count in counts], dtype=np.float64)
        nominal: list[Any] = [self.distributions[i] for i in self.nominal]
        self.n_choices = np.array([len(d.choices) for d in nominal], dtype=np.int64)
        self._counts = [*counts, *self.n_choices.tolist()]
        self.size = math.prod(self._counts) if all(counts) else None
        self._fit_scale([float(d.step or 0.0) for d in numbers])
        self._list_cells()

    def _fit_scale(self, steps: list[float]) -> None:
        """Start and span of [0, 1] on each number's own scale; a grid has half a cell more at each end."""
        low, high = self._range.T
        half = np.array(steps) / 2
        with np.errstate(all="ignore"):
            # a range wider than the largest float is measured in fourths
            self._shrink = np.where(np.isfinite(high - low), 1.0, 0.25)
            start, stop = (low - half) * self._shrink, (high + half) * self._shrink
            self._start = np.where(self._log, np.log(np.where(self._log, start, 1.0)), start)
            self._span = np.where(self._log, np.log(np.where(self._log, stop, 1.0)), stop) - self._start
            self._span = np.where(self._span > 0, self._span, 1.0)  # two neighbouring floats with the same logarithm
            self._linear_grid = (self.cells > 0) & ~self._log
            self._log_grid = (self.cells > 0) & self._log
            self.cell_width: Array = np.where(self._linear_grid, 1 / np.maximum(self.cells, 1), 0.0)

    def _list_cells(self) -> None:
        """Centres and widths of the wide cells of grids, and where the rest begins, which is integrated."""
        self.rest = np.zeros(len(self.numbers))
        listed: list[tuple[Array, Array]] = []
        wide = [j for j, n in enumerate(self.cells) if 0 < n <= _WIDE or (n and self._log_grid[j])]
        self.place_of_wide = np.full(len(self.numbers), -1)
        self.place_of_wide[wide] = np.arange(len(wide))
        for j in wide:
            count = int(min(self.cells[j], _WIDE))
            if self._log_grid[j]:
                value = self._range[j, 0] + np.arange(count)
                edges = (np.log(np.append(value - 0.5, value[-1] + 0.5)) - self._start[j]) / self._span[j]
                centre = (np.log(value) - self._start[j]) / self._span[j]
            else:
                edges, centre = np.arange(count + 1) / count, (np.arange(count) + 0.5) / count
            self.rest[j] = 1.0 if count == self.cells[j] else edges[-1]
            listed.append((centre, np.diff(edges)))
        width = max((len(centre) for centre, _ in listed), default=0)
        self.wide_centres, self.wide_widths = np.zeros((2, len(wide), width))
        for i, (centre, widths) in enumerate(listed):
            self.wide_centres[i, : len(centre)], self.wide_widths[i, : len(centre)] = centre, widths

    def points(self, values: Array) -> tuple[Points, NDArray[np.bool_]]:
        """Coordinates of internal values, shape (k, n_names), and which rows lie in the space (no NaN, in range)."""
        numbers, choices = values[:, self.numbers], values[:, self.nominal]
        good = (numbers >= self._range[:, 0]) & (numbers <= self._range[:, 1])
        known = (choices >= 0) & (choices < self.n_choices)
        inside: NDArray[np.bool_] = np.logical_and.reduce(np.concatenate([good, known], axis=1), axis=1)
        if not inside.all():
            numbers, choices = numbers[inside], choices[inside]
        return Points(self._units(numbers), choices.astype(np.int64)), inside

    def no_points(self) -> Points:
        """Points of length 0."""
        return Points(np.empty((0, len(self.numbers))), np.empty((0, len(self.nominal)), dtype=np.int64))

    def _units(self, numbers: Array) -> Array:
        scaled = numbers * self._shrink
        if self._log.any():
            scaled[:, self._log] = np.log(scaled[:, self._log])
        units = np.minimum(np.maximum((scaled - self._start) / self._span, 0.0), 1.0)
        return self.snapped(units)

    def cell_of(self, units: Array) -> Array:
        """Index of the cell of each coordinate, shape (k, n_numbers); 0 in continuous columns."""
        found = np.minimum(np.floor(units * self.cells), np.maximum(self.cells - 1, 0.0))
        if self._log_grid.any():
            j = self._log_grid
            low, high = self._range[j].T
            value = np.rint(np.exp(self._start[j] + units[:, j] * self._span[j]))
            found[:, j] = np.minimum(np.maximum(value, low), high) - low
        return found

    def at_cell(self, cells: Array) -> Array:
        """Coordinates of the centres of cells; of no meaning in continuous columns."""
        units: Array = (cells + 0.5) / np.maximum(self.cells, 1.0)
        if self._log_grid.any():
            j = self._log_grid
            units[:, j] = (np.log(self._range[j, 0] + cells[:, j]) - self._start[j]) / self._span[j]
        return units

    def snapped(self, units: Array) -> Array:
        """The coordinates with each grid's moved to the centre of its cell."""
        return np.where(self.cells > 0, self.at_cell(self.cell_of(units)), units) if self.cells.any() else units

    # --- finite spaces -----------------------------------------------------------------------------------------------

    def _cells(self, points: Points) -> Array:
        """Indices of cells and choices, shape (k, n_numbers + n_nominal)."""
        return np.concatenate([self.cell_of(points.units), points.choices], axis=1)

    def _at_cells(self, cells: Array) -> Points:
        n = len(self.numbers)
        return Points(self.at_cell(cells[:, :n]), cells[:, n:].astype(np.int64))

    def keys(self, points: Points) -> list[bytes]:
        """Of each point the same key as of every other in its cell, and of no point elsewhere."""
        return [row.tobytes() for row in self._cells(points)]

    def neighbours(self, point: Points) -> Points:
        """What differs from ``point`` (one row) by one step of one number, or by one choice."""
        here = self._cells(point)[0]
        found = [(j, here[j] + step) for j in range(len(self.numbers)) for step in (-1, 1)]
        found = [(j, cell) for j, cell in found if 0 <= cell < self.cells[j]]
        for i, n in enumerate(self.n_choices, start=len(self.numbers)):
            found += [(i, choice) for choice in range(n) if choice != here[i]]
        cells = np.repeat(here[None], len(found), axis=0)
        cells[np.arange(len(found)), [j for j, _ in found]] = [cell for _, cell in found]
        return self._at_cells(cells)

    def index_of(self, point: Points) -> int:
        """Place of ``point`` (one row) in the product of all cells."""
        index = 0
        for cell, count in zip(self._cells(point)[0].tolist(), self._counts, strict=True):
            index = index * count + int(cell)
        return index

    def cells_at(self, indices: Iterable[int]) -> Points:
        """The points at places in the product of all cells, which starts again at its end."""
        rows = []
        for place in indices:
            row, rest = [], place
            for count in reversed(self._counts):
                rest, cell = divmod(rest, count)
                row.append(cell)
            rows.append(row[::-1])
        return self._at_cells(np.array(rows, dtype=np.float64))

    # --- to and from trials ------------------------------------------------------------------------------------------

    def values(self, points: Points, row: int) -> dict[str, float]:
        """Internal values of one point; each lies in its distribution."""
        found: dict[int, float] = dict(zip(self.nominal.tolist(), map(float, points.choices[row]), strict=True))
        for i, unit in zip(self.numbers.tolist(), points.units[row].tolist(), strict=True):
            found[i] = self.distributions[i].from_unit(unit)
        return {name: found[i] for i, name in enumerate(self.names)}

    def features(self, points: Points) -> Array:
        """What stands in the matrix product for these points, shape (k, n_features): they depend on no bandwidth."""
        columns = [points.units - 0.5]  # centred: the product then cancels least
        for j, n in enumerate(self.n_choices):
            if n <= _ONE_HOT:
                columns.append((points.choices[:, j, None] == np.arange(n)).astype(np.float64))
        return np.concatenate(columns, axis=1)


def _n_values(dist: FloatDistribution | IntDistribution) -> int:
    """How many values a number can have; 0: a continuum."""
    if isinstance(dist, IntDistribution):
        return (dist.high - dist.low) // dist.step + 1
    return 0 if dist.step is None else round((dist.high - dist.low) / dist.step) + 1


class Kernels:
    """The kernels of one estimator: bandwidths, and how far choices are smoothed.

    Args:
        frame: the space.
        bandwidths: standard deviations on the unit scale, shape (n_numbers,).
        redraw: probability q of a kernel to draw its choice anew, shape (n_nominal,).
    """

    def __init__(self, frame: Frame, bandwidths: Array, redraw: Array) -> None:
        self.frame, self.bandwidths, self.redraw = frame, bandwidths, redraw
        # Sheppard's correction: a normal summed over cells of width w has the variance h^2 + w^2 / 12 on their centres
        self.spread = np.sqrt(bandwidths**2 + frame.cell_width**2 / 12)
        self._other = np.log(redraw)
        self._gain = np.log(redraw + (1 - redraw) * frame.n_choices) - self._other
        self._constant = float(self._other.sum()) - float(np.log(self.spread * _ROOT_2PI).sum())

    def terms(self, units: Array) -> Array:
        """The part of log density that depends on the kernel alone, shape (k,)."""
        return summed(self.terms_of(np.arange(units.shape[1]), units))

    def terms_of(self, columns: NDArray[np.intp], units: Array) -> Array:
        """The same for each of some numbers, ``columns``, whose coordinates are ``units``; of the shape of ``units``.

        Row by row the same bits whether rows come one by one or together.
        """
        inverse, place = 1 / self.spread[columns], self.frame.place_of_wide[columns]
        mass = ndtr((1 - units) * inverse) - ndtr((self.frame.rest[columns] - units) * inverse)
        wide = np.flatnonzero(place >= 0)
        if len(wide):
            centres, scale = self.frame.wide_centres[place[wide]], inverse[wide, None]
            widths = self.frame.wide_widths[place[wide]] * (scale / _ROOT_2PI)
            for i in range(0, len(units), _ROWS):
                z = (units[i : i + _ROWS, wide, None] - centres) * scale
                mass[i : i + _ROWS, wide] += summed(widths * np.exp(-0.5 * z * z))
        return np.asarray(-0.5 * ((units - 0.5) * inverse) ** 2 - np.log(mass))

    def log_densities(self, at: Points, centres: Points, features: Array, terms: Array) -> Array:
        """Log density of each kernel at each point, shape (len(at), len(centres))."""
        inverse = 1 / self.spread
        centred = (at.units - 0.5) * inverse
        columns, compared = [centred * inverse], []
        for j, n in enumerate(self.frame.n_choices):
            if n <= _ONE_HOT:
                columns.append((at.choices[:, j, None] == np.arange(n)) * self._gain[j])
            else:
                compared.append(j)
        found: Array = np.concatenate(columns, axis=1) @ features.T
        found += terms
        found += (self._constant - 0.5 * (centred * centred).sum(axis=1))[:, None]
        for j in compared:
            found += (at.choices[:, j, None] == centres.choices[:, j]) * self._gain[j]
        return found


class Parzen:
    """Mixture of kernels of equal weight around ``centres``, and of the uniform prior.

    Args:
        kernels: the kernels.
        centres: where they stand; may be none.
        prior_weight: weight of the prior, in kernels; with no centres the prior is all there is.

    Source: Bergstra et al. 2011, section 4; product kernels: Falkner, Klein and Hutter 2018 (BOHB), section 3.2.
    """

    def __init__(self, kernels: Kernels, centres: Points, prior_weight: float) -> None:
        self.kernels, self.centres = kernels, centres
        self.prior_weight = prior_weight if len(centres) else 1.0

    def sample(self, rng: np.random.Generator, k: int) -> Points:
        """``k`` draws. They consume k * (1 + n_numbers + n_nominal) uniforms of ``rng``."""
        frame, h = self.kernels.frame, self.kernels.bandwidths
        u = rng.random((k, 1 + len(frame.names)))
        n = len(self.centres)
        which = np.floor(u[:, 0] * (n + self.prior_weight)).astype(np.intp)
        units, v = u[:, 1 : 1 + len(frame.numbers)].copy(), u[:, 1 + len(frame.numbers) :]
        choices = np.floor(v * frame.n_choices).astype(np.int64)
        own = np.flatnonzero(which < n)
        centres = self.centres[which[own]]
        low, high = ndtr(-centres.units / h), ndtr((1 - centres.units) / h)
        units[own] = np.clip(centres.units + h * ndtri(low + units[own] * (high - low)), 0.0, 1.0)
        q = self.kernels.redraw
        choices[own] = np.where(v[own] < q, np.floor(v[own] / q * frame.n_choices), centres.choices)
        return Points(frame.snapped(units), np.minimum(choices, frame.n_choices - 1))

    def log_pdf(self, at: Points) -> Array:
        """Log density relative to the uniform one, shape (len(at),)."""
        frame, centres = self.kernels.frame, self.centres
        logs = self.kernels.log_densities(at, centres, frame.features(centres), self.kernels.terms(centres.units))
        top, total = log_sum(logs, self.prior_weight)
        return top + np.log(total / (len(centres) + self.prior_weight))


def summed(rows: Array) -> Array:
    """Sums over the last axis from left to right: the same bits whatever the number of rows."""
    return np.cumsum(rows, axis=-1)[..., -1] if rows.shape[-1] else np.zeros(rows.shape[:-1])


def log_sum(logs: Array, prior_weight: float) -> tuple[Array, Array]:
    """``(top, total)`` with total * exp(top) = prior_weight + sum of exp(logs) over axis 1. Changes ``logs``."""
    top = np.maximum(logs.max(axis=1, initial=-math.inf), 0.0)
    logs -= top[:, None]
    np.maximum(logs, -700.0, out=logs)  # exp underflows slowly, and 1e-304 is as good as nothing
    return top, np.exp(logs, out=logs).sum(axis=1) + prior_weight * np.exp(-top)
