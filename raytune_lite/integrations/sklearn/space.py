"""The search space of an estimator: lists, distributions of scipy, of Optuna and ours. Imports none of these libraries.

A list may hold any objects, also estimators; a trial has a label for each that is no plain value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...arguments import shown
from ...distributions import (
    CategoricalChoice,
    CategoricalDistribution,
    Distribution,
    FloatDistribution,
    IntDistribution,
    as_distribution,
)
from ...runtime.trial import Trial

LONGEST_LABEL = 60  # characters of a choice that is no plain value


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter. ``values``: what the choices stand for; None where the trial has the values themselves."""

    distribution: Distribution
    values: tuple[Any, ...] | None = None

    def value(self, suggested: Any) -> Any:
        """What the estimator gets."""
        if self.values is None:
            return suggested
        return self.values[int(self.distribution.to_internal_repr(suggested))]


class Space:
    """What is searched, by the name of the estimator's parameter.

    Raises:
        TypeError: no mapping of names, or a value that is neither a list nor a distribution.
        ValueError: an empty list, or a distribution of scipy that cannot be searched.
    """

    def __init__(self, given: Any) -> None:
        if not isinstance(given, Mapping) or not given or not all(isinstance(name, str) for name in given):
            raise TypeError(
                f"param_distributions must be a dict of lists or distributions by parameter name, got {shown(given)}; "
                "search a list of dicts one by one."
            )
        self.parameters = {name: _parameter(name, value) for name, value in given.items()}

    def suggest(self, trial: Trial) -> dict[str, Any]:
        """The estimator's parameters in this trial."""
        return {name: one.value(trial._suggest(name, one.distribution)) for name, one in self.parameters.items()}

    def params(self, suggested: Mapping[str, Any]) -> dict[str, Any]:
        """A finished trial's parameters as the estimator had them."""
        return {name: self.parameters[name].value(value) for name, value in suggested.items()}

    def grid(self) -> dict[str, Sequence[CategoricalChoice]] | None:
        """All labels of each parameter; None where one is not a list."""
        found = {name: one.distribution for name, one in self.parameters.items()}
        if not all(isinstance(one, CategoricalDistribution) for one in found.values()):
            return None
        return {name: one.choices for name, one in found.items() if isinstance(one, CategoricalDistribution)}


def _parameter(name: str, given: Any) -> Parameter:
    given = as_distribution(given)
    if isinstance(given, (FloatDistribution, IntDistribution, CategoricalDistribution)):
        return Parameter(distribution=given)
    if hasattr(given, "rvs") and hasattr(given, "dist"):
        return Parameter(distribution=_of_scipy(name, given))
    if isinstance(given, (str, bytes, Mapping)) or not hasattr(given, "__len__") or not hasattr(given, "__iter__"):
        raise TypeError(
            f"param_distributions[{name!r}] must be a list of values or a distribution (of scipy.stats, Optuna or "
            f"raytune_lite), got {shown(given)}."
        )
    return _choices(name, [one.item() if hasattr(one, "dtype") and not one.shape else one for one in given])


def _of_scipy(name: str, given: Any) -> Distribution:
    """The distributions that people search with; their ends are those that they can draw."""
    low, high = given.support()
    kind = given.dist.name
    if kind == "randint":
        return IntDistribution(int(low), int(high))
    if kind in ("loguniform", "reciprocal"):
        return FloatDistribution(float(low), float(high), log=True)
    if kind == "uniform":
        return FloatDistribution(float(low), float(high))
    raise ValueError(
        f"param_distributions[{name!r}] is scipy's {kind}, which cannot be searched; use uniform, loguniform or "
        "randint, a list, or raytune_lite.distributions."
    )


def _choices(name: str, values: list[Any]) -> Parameter:
    if not values:
        raise ValueError(f"param_distributions[{name!r}] is empty; give at least one value.")
    if all(map(_is_plain, values)):
        return Parameter(distribution=CategoricalDistribution(values))
    labels: list[CategoricalChoice] = [one if _is_plain(one) else repr(one) for one in values]
    is_long = any(isinstance(one, str) and len(one) > LONGEST_LABEL for one in labels)
    if is_long or len({*map(repr, labels)}) < len(labels):
        labels = [f"{n}: {type(one).__name__}" for n, one in enumerate(values)]  # too long, or not to be told apart
    return Parameter(distribution=CategoricalDistribution(labels), values=tuple(values))


def _is_plain(value: Any) -> bool:
    if isinstance(value, float) and math.isnan(value):
        return False  # not equal to itself
    return value is None or isinstance(value, (bool, int, float, str))


__all__ = ["Parameter", "Space"]
