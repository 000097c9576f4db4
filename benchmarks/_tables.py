"""Learning-curve tables as tasks: a space, the curve of each configuration, and the seconds that its epochs take.

LCBench (YAHPO's surrogate of it), TaskSet and NMT. HPOLib's tables hold final values only, so they are no task here.
Losses are minimised; NaN and divergence are kept. A table without times gets a log-normal speed for each configuration.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from _asynchrony import generator
from numpy.typing import NDArray

from raytune_lite.distributions import Distribution, FloatDistribution, IntDistribution

Array = NDArray[np.float64]

SPEED_SPREAD = 0.5  # standard deviation of the logarithm of a configuration's speed
DIVERGED = 10.0  # times the median loss after the first epoch
FAMILIES = ("lcbench", "taskset", "nmt")

_LOG = {"batch_size", "learning_rate", "max_units", "epsilon", "l1", "l2", "linear_decay", "exponential_decay",
        "1 - beta1", "1 - beta2", "bpe", "ff_num_hidden", "initial_lr", "model_size"}  # fmt: skip
_INTEGER = {"batch_size", "num_layers", "max_units"}


@dataclass(frozen=True, slots=True)
class Table:
    """One task.

    Args:
        name: of the file, without its ending.
        space: the parameters; ``configs`` has a row of internal values for each configuration.
        losses: (configurations, epochs); NaN past the end of a configuration that stops early, too.
        lengths: epochs of each configuration.
        ends: (configurations, epochs); seconds from the start to the end of each epoch.
    """

    name: str
    space: dict[str, Distribution]
    configs: Array
    units: Array
    losses: Array
    lengths: NDArray[np.int64]
    ends: Array

    def __len__(self) -> int:
        return len(self.configs)

    @property
    def epochs(self) -> int:
        """Of the longest training."""
        return int(self.losses.shape[1])

    @property
    def training(self) -> float:
        """Seconds that a full training takes, the mean of all configurations."""
        return float(self.ends[np.arange(len(self)), self.lengths - 1].mean())

    @property
    def best(self) -> float:
        """The smallest loss anywhere in the table."""
        return float(np.nanmin(self.losses))

    @property
    def finals(self) -> Array:
        """The loss of each configuration at its end; inf if that is no number."""
        found = self.losses[np.arange(len(self)), self.lengths - 1]
        return np.where(np.isnan(found), np.inf, found)

    @property
    def diverged(self) -> float:
        """A loss above this one counts as diverged."""
        return DIVERGED * float(np.nanmedian(self.losses[:, 0]))

    def regret(self, losses: Any) -> Array:
        """Normalised: 0 is the best loss of the table, 1 the median configuration after a full training; at most 1."""
        best, median = self.best, float(np.median(self.finals))
        capped = np.clip(np.nan_to_num(np.asarray(losses, float), nan=np.inf), best, median)
        return (capped - best) / (median - best)  # type: ignore[no-any-return]

    def unit(self, values: Mapping[str, float]) -> Array:
        """Internal values as a point of the unit cube."""
        return np.array([_to_unit(values[name], dist) for name, dist in self.space.items()])


class Surface:
    """A table between its configurations: a curve at any point of its space. Its rows are the table's, and points.

    A point's curve and times are the mean of those of the ten nearest configurations, each weighted by its distance to
    the power of -d, d the number of parameters, so that the nearest counts most; at a configuration they are its own.
    It is as long as the nearest one, and where that has a NaN it has one, too. One of the others that diverged counts
    as having just done so.

    Source: Shepard 1968 (inverse distance weighting); a power of at least d lets what is far away count little.
    """

    def __init__(self, table: Table) -> None:
        self.table, self._n = table, len(table)
        self.configs, self.losses, self.lengths, self.ends = table.configs, table.losses, table.lengths, table.ends

    def __getattr__(self, name: str) -> Any:
        return getattr(self.table, name)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def finals(self) -> Array:
        """As Table's, of the rows there are."""
        found = self.losses[np.arange(self._n), self.lengths[: self._n] - 1]
        return np.where(np.isnan(found), np.inf, found)

    def add(self, values: Mapping[str, float]) -> int:
        """A row for a point of these internal values: its index."""
        table = self.table
        away = np.sqrt(((table.units - table.unit(values)) ** 2).sum(1))
        near = np.argsort(away, kind="stable")[:10]
        weights = (max(away[near[0]], 1e-9) / np.maximum(away[near], 1e-9)) ** table.units.shape[1]
        weights /= weights.sum()
        if self._n == len(self.losses):
            self.configs, self.losses, self.lengths, self.ends = (
                np.concatenate([held, np.zeros_like(held)])
                for held in (self.configs, self.losses, self.lengths, self.ends)
            )
        row, self._n = self._n, self._n + 1
        curves = np.where(np.isnan(table.losses[near]), table.losses[near[0]], table.losses[near])
        curves[1:] = np.minimum(curves[1:], table.diverged)
        self.losses[row] = weights @ curves
        self.ends[row], self.lengths[row] = weights @ table.ends[near], table.lengths[near[0]]
        self.configs[row] = list(values.values())
        return row


def find(folder: str, families: Sequence[str] = FAMILIES) -> list[str]:
    """The names of the tables in a folder, by family."""
    return [path.stem for family in families for path in sorted(Path(folder).glob(f"{family}_*.npz"))]


@lru_cache(maxsize=64)
def load(folder: str, name: str, seed: int = 0, times: int = 1) -> Table:
    """A table. ``seed``: of the speeds, where the table has no times. ``times``: see ``grown``."""
    with np.load(Path(folder) / f"{name}.npz", allow_pickle=False) as data:
        raw = {key: data[key] for key in data.files}
    if name.startswith("lcbench"):
        losses, seconds = 1.0 - raw["val_balanced_accuracy"].astype(float), raw["seconds"].astype(float)
    elif name.startswith("taskset"):
        losses, seconds = raw["valid_loss"][:, 1:].astype(float), None  # the first is before any training
    else:
        losses, seconds = raw["valid_perplexity"].astype(float), None
    lengths = raw["n_reports"] if "n_reports" in raw else np.full(len(losses), losses.shape[1])
    if seconds is None:
        speeds = np.exp(SPEED_SPREAD * generator(seed, len(losses), 7).standard_normal(len(losses)))
        seconds = np.arange(1, losses.shape[1] + 1) * speeds[:, None]
    names, columns = [str(each) for each in raw["hp_names"]], raw["hp"].astype(float)
    for i, each in enumerate(names):
        if each.startswith("beta"):
            names[i], columns[:, i] = f"1 - {each}", 1.0 - columns[:, i]
    return grown(make(name, names, columns, losses, lengths.astype(np.int64), seconds), times)


def make(
    name: str, names: Sequence[str], columns: Array, losses: Array, lengths: NDArray[np.int64], seconds: Array
) -> Table:
    """A table of given arrays. A parameter that never changes is left out."""
    space: dict[str, Distribution] = {}
    kept = [i for i in range(len(names)) if columns[:, i].min() < columns[:, i].max()]
    for i in kept:
        low, high = float(columns[:, i].min()), float(columns[:, i].max())
        log = names[i] in _LOG and low > 0
        whole = names[i] in _INTEGER and (columns[:, i] == columns[:, i].round()).all()
        space[names[i]] = (
            IntDistribution(int(low), int(high), log=log) if whole else FloatDistribution(low, high, log=log)
        )
    configs = columns[:, kept]
    units = np.array([[_to_unit(v, d) for v, d in zip(row, space.values(), strict=True)] for row in configs])
    return Table(name, space, configs, units, losses, lengths, seconds)


def grown(table: Table, times: int) -> Table:
    """The table with ``times`` configurations for each of its own, itself among them.

    A new one lies between one of the table and another of its ten nearest; its loss and its times at each epoch are
    theirs, weighted by the place; it is as long as the nearer one. The mixtures are the same for all seeds.
    """
    if times == 1:
        return table
    rng, n = generator(0, len(table), times), len(table)
    one = np.tile(np.arange(n), times - 1)
    nearest = np.argsort(((table.units[:, None] - table.units) ** 2).sum(-1), axis=1)[:, 1:11]
    other = nearest[one, rng.integers(10, size=len(one))]
    share = 0.5 * rng.random((len(one), 1))
    units = (1 - share) * table.units[one] + share * table.units[other]
    values = [[_from_unit(u, d) for u, d in zip(row, table.space.values(), strict=True)] for row in units.tolist()]
    with np.errstate(invalid="ignore", over="ignore"):
        near, far = table.losses[one], table.losses[other]
        losses = np.where(np.isnan(far), near, (1 - share) * near + share * far)
    ends = (1 - share) * table.ends[one] + share * table.ends[other]
    return Table(
        table.name,
        table.space,
        np.concatenate([table.configs, values]),
        np.concatenate([table.units, units]),
        np.concatenate([table.losses, losses]),
        np.concatenate([table.lengths, table.lengths[one]]),
        np.concatenate([table.ends, ends]),
    )


def _from_unit(u: float, dist: Any) -> float:
    low, high = float(dist.low), float(dist.high)
    value = math.exp(math.log(low) + u * (math.log(high) - math.log(low))) if dist.log else low + u * (high - low)
    value = min(max(value, low), high)
    return float(round(value)) if isinstance(dist, IntDistribution) else value


def _to_unit(value: float, dist: Any) -> float:
    low, high = float(dist.low), float(dist.high)
    if dist.log:
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return (value - low) / (high - low)
