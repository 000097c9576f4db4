"""The three distributions a parameter can have, their JSON (Optuna's format), and the unit interval.

Three representations of one value: *external*, what the objective sees (float, int, or a choice); *internal*, the
float that the database holds (a choice is its index); *unit*, a point of [0, 1) that samplers draw.
"""

from .base import BaseDistribution
from .categorical import CategoricalChoice, CategoricalDistribution, equal_key, exact_key, is_simple, plain_value
from .compatibility import check_compatibility, check_distribution_compatibility
from .encoding import (
    DISTRIBUTIONS,
    Distribution,
    as_distribution,
    distribution_from_dict,
    distribution_from_message,
    distribution_to_dict,
    distribution_to_json,
    distribution_to_message,
    json_to_distribution,
)
from .numeric import FloatDistribution, IntDistribution, last_on_grid
from .older import (
    DiscreteUniformDistribution,
    IntLogUniformDistribution,
    IntUniformDistribution,
    LogUniformDistribution,
    UniformDistribution,
)

CategoricalChoiceType = CategoricalChoice  # Optuna's name, for annotations

__all__ = [
    "DISTRIBUTIONS", "BaseDistribution", "CategoricalChoice", "CategoricalChoiceType", "CategoricalDistribution",
    "DiscreteUniformDistribution", "Distribution", "FloatDistribution", "IntDistribution", "IntLogUniformDistribution",
    "IntUniformDistribution", "LogUniformDistribution", "UniformDistribution", "as_distribution", "check_compatibility",
    "check_distribution_compatibility", "distribution_from_dict", "distribution_from_message", "distribution_to_dict",
    "distribution_to_json", "distribution_to_message", "equal_key", "exact_key", "is_simple", "json_to_distribution",
    "last_on_grid", "plain_value",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
