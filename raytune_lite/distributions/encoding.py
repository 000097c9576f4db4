"""Distributions as JSON, in Optuna's format, and in the form of our messages."""

from __future__ import annotations

import json
from typing import Any, Union

from ..arguments import shown
from ..exceptions import InvalidDistributionError
from .categorical import CategoricalDistribution
from .numeric import FloatDistribution, IntDistribution
from .older import OLDER, from_short

Distribution = Union[FloatDistribution, IntDistribution, CategoricalDistribution]  # noqa: UP007  (used at run time)
DISTRIBUTIONS = (FloatDistribution, IntDistribution, CategoricalDistribution)
_BY_NAME: dict[str, Any] = {kind.__name__: kind.make for kind in OLDER}
_BY_NAME.update((kind.__name__, kind) for kind in DISTRIBUTIONS)
_BY_NAME["CategoricalDistribution"] = CategoricalDistribution.of_record


def distribution_to_dict(dist: Distribution) -> dict[str, Any]:
    """``{"name": ..., "attributes": {...}}``, in Optuna's key order."""
    if isinstance(dist, CategoricalDistribution):
        attributes: dict[str, Any] = {"choices": list(dist.plain_choices)}
    elif isinstance(dist, FloatDistribution):
        attributes = {"step": dist.step, "low": dist.low, "high": dist.high, "log": dist.log}
    else:
        attributes = {"log": dist.log, "step": dist.step, "low": dist.low, "high": dist.high}
    return {"name": type(dist).__name__, "attributes": attributes}


def distribution_from_dict(data: dict[str, Any]) -> Distribution:
    """Inverse of distribution_to_dict.

    Raises:
        InvalidDistributionError: the data names no known distribution, or its attributes are wrong.
    """
    try:
        dist: Distribution = _BY_NAME[data["name"]](**data["attributes"])
    except (KeyError, TypeError) as error:
        raise InvalidDistributionError(
            f"not a distribution: {shown(data)} ({error}); known: {sorted(kind.__name__ for kind in DISTRIBUTIONS)}."
        ) from None
    return dist


def distribution_to_message(dist: Distribution) -> dict[str, Any]:
    """distribution_to_dict with choices that are lists or dicts as JSON texts.

    So a message, whose records are dicts too, holds no dict that a user made.
    """
    if isinstance(dist, CategoricalDistribution) and not dist.are_simple:
        return {"name": type(dist).__name__, "attributes": {"texts": list(map(json.dumps, dist.plain_choices))}}
    return distribution_to_dict(dist)


def distribution_from_message(data: dict[str, Any]) -> Distribution:
    """Inverse of distribution_to_message; raises InvalidDistributionError, ValueError or TypeError on nonsense."""
    attributes = data["attributes"]
    if isinstance(attributes, dict) and "texts" in attributes:
        texts = attributes["texts"]
        try:
            data = {**data, "attributes": {"choices": list(map(json.loads, texts))}}
        except (ValueError, TypeError, RecursionError):
            raise InvalidDistributionError(f"not the JSON texts of choices: {shown(texts)}.") from None
    return distribution_from_dict(data)


def distribution_to_json(dist: Distribution) -> str:
    """The JSON text that Optuna writes for the same distribution."""
    return json.dumps(distribution_to_dict(dist))


def as_distribution(given: Any) -> Any:
    """A distribution of Optuna's in our class; anything else as it is. Does not import Optuna."""
    if type(given).__module__ != "optuna.distributions" or not hasattr(given, "_asdict"):
        return given
    attributes = given._asdict()
    if "choices" in attributes:
        return CategoricalDistribution.without_warning(attributes["choices"])  # Optuna has warned
    return json_to_distribution(json.dumps({"name": type(given).__name__, "attributes": attributes}))


def json_to_distribution(text: str) -> Distribution:
    """Inverse of distribution_to_json, and reads Optuna's older forms; else raises InvalidDistributionError."""
    try:
        data = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise InvalidDistributionError(f"not the JSON of a distribution: {shown(text)}.") from None
    if isinstance(data, dict) and "type" in data and "name" not in data:
        found: Distribution = from_short(data)
        return found
    return distribution_from_dict(data)


__all__ = [
    "DISTRIBUTIONS", "Distribution", "as_distribution", "distribution_from_dict", "distribution_from_message",
    "distribution_to_dict", "distribution_to_json", "distribution_to_message", "json_to_distribution",
]  # fmt: skip
