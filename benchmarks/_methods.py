"""The methods that multifidelity.py compares: a sampler and a pruner by name, for a table of so many epochs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import _ray_rules
import numpy as np
from _tables import Surface, Table

from raytune_lite import pruners, samplers
from raytune_lite.core.view import StudyView
from raytune_lite.distributions import Distribution
from raytune_lite.samplers.base import BaseSampler

ETA = 3
# PBT: a table knows no weights of another configuration, so a copy goes on with the curve of the configuration that is
# nearest to its parameters, at its parent's step.


@dataclass(frozen=True, slots=True)
class Rule:
    """A pruner, made for a number of epochs and a number of workers.

    ``saves``: it resumes trials, so they save checkpoints. ``decides``: it ends trials. ``epochs``: to train at most.
    """

    make: Callable[[int, int], Any]
    saves: bool = False
    decides: bool = True
    epochs: int | None = None


def _ours(name: str, *, saves: bool = False, **arguments: Any) -> Rule:
    def make(epochs: int, workers: int) -> Any:
        known = {"epochs": epochs, "interval": max(1, epochs // 10), "population": max(20, workers)}
        given = {key: known.get(value, value) for key, value in arguments.items()}
        return getattr(pruners, name)(**given)

    return Rule(make, saves)


RULES: dict[str, Rule] = {
    "full": Rule(lambda *_: pruners.NopPruner(), decides=False),
    "one-epoch": Rule(lambda *_: pruners.NopPruner(), decides=False, epochs=1),
    "asha": _ours("ASHAPruner", saves=True, min_resource=1, max_resource="epochs", reduction_factor=ETA),
    "asha-stop": _ours(
        "ASHAPruner", min_resource=1, max_resource="epochs", reduction_factor=ETA, mode="stop"
    ),
    "median": _ours("MedianPruner"),
    "median-reached": _ours("MedianPruner", among="reached"),
    "quantile-reached": _ours("PercentilePruner", percentile=100 / ETA, among="reached"),
    "sha": _ours("SuccessiveHalvingPruner", min_resource=1, reduction_factor=ETA),
    "hyperband": _ours("HyperbandPruner", min_resource=1, max_resource="epochs", reduction_factor=ETA),
    "hyperband-promote": _ours(
        "HyperbandPruner", saves=True, min_resource=1, max_resource="epochs", reduction_factor=ETA, mode="promote"
    ),
    "pasha": _ours("PASHAPruner", saves=True, min_resource=1, max_resource="epochs", reduction_factor=ETA),
    "pbt": _ours(
        "PBTPruner", saves=True, perturbation_interval="interval", max_resource="epochs", population_size="population"
    ),
    "ray-asha": Rule(lambda epochs, _: _ray_rules.RayASHA(1, epochs, ETA)),
    "ray-median": Rule(lambda *_: _ray_rules.RayMedian()),
}
SAMPLERS: dict[str, Callable[[int], Any]] = {
    "random": lambda _: None,
    "tpe": lambda seed: samplers.TPESampler(seed=seed),
    "gp": lambda seed: samplers.GPSampler(seed=seed),
    "cmaes": lambda seed: samplers.CmaEsSampler(seed=seed),
    "auto": lambda seed: samplers.AutoSampler(seed=seed),
}


def missing(method: str) -> str:
    """Why a method cannot run here; "" if it can."""
    rule, _, sampler = method.partition("/")
    if rule not in RULES:
        return f"there is no rule {rule!r}; there are {', '.join(RULES)}"
    if sampler not in SAMPLERS:
        return f"there is no sampler {sampler!r}; there are {', '.join(SAMPLERS)}"
    try:
        RULES[rule].make(50, 8)
    except (AttributeError, ImportError, TypeError) as error:
        return str(error)
    return ""


class FromTable(BaseSampler):
    """A sampler whose points are moved to the nearest configuration of a table that no trial has had yet.

    Nearest in the unit cube. When all have been had, they are had again. The study gets the values of the
    configuration, not the point. Random search takes the configurations in a random order.

    On a surface points stay where they are: each is a row of its own.

    Args:
        inner: the sampler; None: random search.
        table: the table, or its surface.
        order: all configurations in a random order.
        n_first: trials that get the first of them, whatever the sampler.
    """

    def __init__(self, inner: Any, table: Table | Surface, order: list[int], n_first: int) -> None:
        super().__init__(0)
        self.inner, self.table = inner, table
        self.row_of: dict[int, int] = {}  # by trial
        self.asks, self.seconds = 0, 0.0
        self._order, self._n_first = order, n_first
        self._free = np.ones(len(table), bool)
        self.draws_globally = inner is not None and inner.draws_globally

    def spec(self) -> dict[str, Any]:
        """Not to be rebuilt: it has a memory of its own."""
        return {"name": "FromTable", "inner": {} if self.inner is None else self.inner.spec()}

    def search_space(self, view: StudyView, known: Mapping[str, Distribution]) -> Mapping[str, Distribution]:  # noqa: ARG002
        """All of the table's."""
        return self.table.space

    def sample_relative(
        self, view: StudyView, number: int, space: Mapping[str, Distribution]
    ) -> Mapping[str, float]:
        """A configuration of the table."""
        if number < self._n_first or self.inner is None:
            row = self._order[len(self.row_of) % len(self._order)]
        else:
            start = time.process_time()
            row = self._row_at(self._point(view, number, space))
            self.seconds += time.process_time() - start
            self.asks += 1
        if row < len(self._free):
            self._free[row] = False
        self.row_of[number] = row
        return dict(zip(space, self.table.configs[row].tolist(), strict=True))

    def row(self, number: int, values: Mapping[str, float]) -> int:
        """The row of a trial with these internal values. Where the pruner has changed them it is the nearest
        configuration, or, on a surface, a new one."""
        known = self.row_of.get(number)
        if known is not None and list(values.values()) == self.table.configs[known].tolist():
            return known
        return self.table.add(values) if isinstance(self.table, Surface) else int(self._away(values).argmin())

    def _row_at(self, point: Mapping[str, float]) -> int:
        if not isinstance(self.table, Surface):
            return self._nearest(point)
        return self.table.add({name: point[name] for name in self.table.space})

    def _away(self, point: Mapping[str, float]) -> Any:
        return ((self.table.units - self.table.unit(point)) ** 2).sum(1)

    def _nearest(self, point: Mapping[str, float]) -> int:
        away = self._away(point)
        if self._free.any():
            away[~self._free] = np.inf
        return int(away.argmin())

    def _point(self, view: StudyView, number: int, space: Mapping[str, Distribution]) -> dict[str, float]:
        inner = self.inner
        part = inner.search_space(view, space)
        point = dict(inner.sample_relative(view, number, part)) if part else {}
        for name, dist in space.items():
            if name not in point:
                point[name] = inner.sample_independent(view, number, name, dist)
        return point
