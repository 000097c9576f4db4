"""Names and JSON that Optuna gave up with its version 3, which scripts and files still have: ours are made of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from ..arguments import shown
from ..exceptions import InvalidDistributionError
from .categorical import CategoricalDistribution
from .numeric import FloatDistribution, IntDistribution


class _Older:
    """A name that makes a distribution of today: nothing is an instance of it."""

    make: Callable[..., FloatDistribution | IntDistribution]

    def __new__(cls, *given: Any, **named: Any) -> Any:
        """The distribution; see its class for the errors."""
        made = cls.make(*given, **named)
        warnings.warn(f"{cls.__name__} is an older name: write {made}.", FutureWarning, stacklevel=2)
        return made


class UniformDistribution(_Older):
    """(low, high): ``FloatDistribution(low, high)``."""

    make = staticmethod(lambda low, high: FloatDistribution(low, high))


class LogUniformDistribution(_Older):
    """(low, high): ``FloatDistribution(low, high, log=True)``."""

    make = staticmethod(lambda low, high: FloatDistribution(low, high, log=True))


class DiscreteUniformDistribution(_Older):
    """(low, high, q): ``FloatDistribution(low, high, step=q)``."""

    make = staticmethod(lambda low, high, q: FloatDistribution(low, high, step=q))


class IntUniformDistribution(_Older):
    """(low, high, step=1): ``IntDistribution(low, high, step=step)``."""

    make = staticmethod(lambda low, high, step=1: IntDistribution(low, high, step=step))


class IntLogUniformDistribution(_Older):
    """(low, high, step=1): ``IntDistribution(low, high, log=True)``."""

    make = staticmethod(lambda low, high, step=1: IntDistribution(low, high, log=True, step=step))


OLDER = (
    UniformDistribution, LogUniformDistribution, DiscreteUniformDistribution, IntUniformDistribution,
    IntLogUniformDistribution,
)  # fmt: skip
_SHORT: dict[str, Callable[..., Any]] = {
    "float": FloatDistribution, "int": IntDistribution, "categorical": CategoricalDistribution.of_record,
}  # fmt: skip


def from_short(data: Mapping[str, Any]) -> Any:
    """The distribution of Optuna's short JSON: ``{"type": "float", "low": 0, "high": 1, "log": true}``.

    Raises:
        InvalidDistributionError: it is none, or its range is wrong.
    """
    rest = {name: value for name, value in data.items() if name != "type" and not (name == "step" and value is None)}
    try:
        return _SHORT[data["type"]](**rest)
    except (KeyError, TypeError) as error:
        raise InvalidDistributionError(
            f"not a distribution: {shown(dict(data))} ({error}); type must be one of {', '.join(_SHORT)}."
        ) from None


__all__ = [
    "OLDER", "DiscreteUniformDistribution", "IntLogUniformDistribution", "IntUniformDistribution",
    "LogUniformDistribution", "UniformDistribution", "from_short",
]  # fmt: skip
