"""The three distributions a parameter can have, their JSON (Optuna's format), and the unit interval.

Three representations of one value: *external*, what the objective sees (float, int, or a choice); *internal*, the
float that the database holds (a choice is its index); *unit*, a point of [0, 1) that samplers draw. Pure arithmetic.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Union

from .arguments import shown
from .exceptions import IncompatibleDistributionError, InvalidDistributionError

CategoricalChoice = Union[None, bool, int, float, str]  # noqa: UP007  (evaluated at run time on Python 3.10)


def _number(name: str, value: Any, kind: type) -> Any:
    """``value`` as ``kind`` (int or float); refuses texts, NaN, infinities and conversions that lose information."""
    try:
        converted = kind(value)
        if not isinstance(value, str) and math.isfinite(converted) and (kind is float or converted == value):
            return converted
    except (TypeError, ValueError, OverflowError):  # OverflowError: an int that no float can hold
        pass
    raise InvalidDistributionError(f"{name} must be a finite {kind.__name__}, got {shown(value)}.")


def _flag(value: Any) -> bool:
    """``log`` as a bool; numpy's bools are accepted."""
    if type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    raise InvalidDistributionError(f"log must be True or False, got {shown(value)}.")


def last_on_grid(low: Any, high: Any, step: Any) -> Any:
    """The greatest ``low + k * step`` that is not above ``high``; ``high`` itself where these are no such numbers."""
    if type(low) is type(high) is type(step) is int:
        return high if step <= 0 or high < low else low + (high - low) // step * step
    try:
        start, span, unit = _as_fractions(float(low), float(high), float(step))
    except (TypeError, ValueError, OverflowError):
        return high
    return high if unit <= 0 or span < 0 or span % unit == 0 else float(start + span // unit * unit)


def _as_fractions(low: Any, high: Any, step: Any) -> tuple[Fraction, Fraction, Fraction]:
    """low, high - low, step, by their decimal texts, as in Optuna: 0.3 is three times 0.1; exact for any exponents."""
    return Fraction(str(low)), Fraction(str(high)) - Fraction(str(low)), Fraction(str(step))


def _check_range(low: Any, high: Any, step: Any) -> None:
    """The rules that FloatDistribution and IntDistribution share."""
    if low > high:
        raise InvalidDistributionError(f"low <= high must hold, got low={low}, high={high}; swap the two.")
    if step is not None and step <= 0:
        raise InvalidDistributionError(f"step must be > 0, got step={step}; leave it out for no grid.")
    if step is not None and isinstance(high, float) and (high - low) / step > 2**53:
        raise InvalidDistributionError(
            f"step must leave fewer than 2**53 points, got step={step} in [{low}, {high}]; drop step."
        )


def _lower_high(dist: FloatDistribution | IntDistribution) -> None:
    """Make ``high`` the last point of the grid, with a warning where it was none, as in Optuna."""
    last = last_on_grid(dist.low, dist.high, dist.step)
    if last != dist.high:
        warnings.warn(
            f"step={dist.step} does not divide [{dist.low}, {dist.high}]; the range is [{dist.low}, {last}].",
            stacklevel=5,
        )
        object.__setattr__(dist, "high", last)


class BaseDistribution:
    """Base of the three distributions."""

    __slots__ = ()

    contains: Any

    def _contains(self, param_value_in_internal_repr: float) -> Any:  # Optuna's names, which OptunaHub uses
        return self.contains(param_value_in_internal_repr)

    def _asdict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class FloatDistribution(BaseDistribution):
    """A float in [low, high], on a log scale or on the grid ``low + k * step``, but not both.

    Args:
        low: the smallest value; it belongs to the range.
        high: the largest value; it belongs to the range.
        log: the logarithm of the value is drawn uniformly.
        step: distance of the grid's points; None: no grid. Where none is ``high``, the one below becomes ``high``,
            with a warning.

    Raises:
        InvalidDistributionError: low > high, log with low <= 0, step <= 0, log with step.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", _number("low", self.low, float))
        object.__setattr__(self, "high", _number("high", self.high, float))
        object.__setattr__(self, "log", _flag(self.log))
        if self.step is not None:
            object.__setattr__(self, "step", _number("step", self.step, float))
        if self.log and self.step is not None:
            raise InvalidDistributionError(f"log and step exclude each other, got step={self.step} and log; drop one.")
        if self.log and self.low <= 0:
            raise InvalidDistributionError(f"log=True needs low > 0, got low={self.low}; raise low or drop log.")
        _check_range(self.low, self.high, self.step)
        if self.step is not None:
            _lower_high(self)

    def single(self) -> bool:
        """True when the range holds one value only."""
        return self.low == self.high

    def contains(self, internal: float) -> bool:
        """Whether ``internal`` lies in the range (and, with a step, on its grid up to rounding)."""
        if not self.low <= internal <= self.high:
            return False
        if self.step is None:
            return True
        k = (internal - self.low) / self.step
        # Optuna's 1e-8, or what rounding alone does to a fine grid far from 0 (there Optuna refuses its own points)
        slack = 4 * max(math.ulp(internal), math.ulp(self.low)) / self.step + 4 * math.ulp(k)
        return abs(k - round(k)) < max(1e-8, slack)

    def to_internal_repr(self, external: Any) -> float:
        """``external`` as a float; raises InvalidDistributionError if it is not a number, or <= 0 with ``log``."""
        try:
            internal = float(external)
        except (TypeError, ValueError, OverflowError):
            raise InvalidDistributionError(f"{shown(external)} is not a float.") from None
        if math.isnan(internal):
            raise InvalidDistributionError(f"{shown(external)} is not a valid float parameter.")
        if self.log and internal <= 0:
            raise InvalidDistributionError(f"{shown(external)} must be > 0: the parameter has log=True.")
        return internal

    def to_external_repr(self, internal: float) -> float:
        """The value that the objective sees."""
        return float(internal)

    def from_unit(self, u: float) -> float:
        """Map ``u`` in [0, 1) to an internal value; every grid point has the same share of [0, 1)."""
        if self.log:
            value = math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low)))
        elif self.step is not None:
            n = round((self.high - self.low) / self.step) + 1
            value = self.low + min(int(u * n), n - 1) * self.step
        else:
            value = (1 - u) * self.low + u * self.high  # high - low may be infinite
        return min(max(value, self.low), self.high)


@dataclass(frozen=True, slots=True)
class IntDistribution(BaseDistribution):
    """An int in [low, high], on a log scale (with step 1) or on the grid ``low + k * step``.

    Args:
        low: the smallest value; it belongs to the range.
        high: the largest value; it belongs to the range.
        log: the logarithm of the value is drawn uniformly.
        step: distance of the grid's points; as in FloatDistribution.

    Raises:
        InvalidDistributionError: low > high, log with low < 1, step < 1, log with step != 1.
    """

    low: int
    high: int
    log: bool = False
    step: int = 1

    def __post_init__(self) -> None:
        for name in ("low", "high", "step"):
            object.__setattr__(self, name, _number(name, getattr(self, name), int))
        object.__setattr__(self, "log", _flag(self.log))
        if self.log and self.step != 1:
            raise InvalidDistributionError(f"log and step exclude each other, got step={self.step} and log; drop one.")
        if self.log and self.low < 1:
            raise InvalidDistributionError(f"log=True needs low >= 1, got low={self.low}; raise low or drop log.")
        _check_range(self.low, self.high, self.step)
        if self.step != 1:
            _lower_high(self)

    def single(self) -> bool:
        """True when the range holds one value only."""
        return self.low == self.high

    def contains(self, internal: float) -> bool:
        """Whether ``internal`` is an integer of the range and of its grid."""
        k = internal - self.low
        return self.low <= internal <= self.high and k == int(k) and int(k) % self.step == 0

    def to_internal_repr(self, external: Any) -> float:
        """``external`` as a float; raises InvalidDistributionError if it is not an integer, or <= 0 with ``log``."""
        try:
            internal = float(external)
            whole = int(external) == internal
        except (TypeError, ValueError, OverflowError):
            whole = False
        if not whole:
            raise InvalidDistributionError(f"{shown(external)} is not an int that a float can hold.")
        if self.log and internal <= 0:
            raise InvalidDistributionError(f"{shown(external)} must be > 0: the parameter has log=True.")
        return internal

    def to_external_repr(self, internal: float) -> int:
        """The value that the objective sees."""
        return int(internal)

    def from_unit(self, u: float) -> float:
        """Map ``u`` in [0, 1) to an internal value; on a log scale the integer k gets [k - 0.5, k + 0.5)."""
        if self.log:
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            value = round(math.exp(low + u * (high - low)))
        else:
            n = (self.high - self.low) // self.step + 1
            value = self.low + min(int(u * n), n - 1) * self.step
        internal = float(min(max(value, self.low), self.high))
        # beyond 2**53 not every int is a float, and the nearest one may lie outside
        if internal > self.high:
            return math.nextafter(internal, -math.inf)
        return math.nextafter(internal, math.inf) if internal < self.low else internal


@dataclass(frozen=True, slots=True)
class CategoricalDistribution(BaseDistribution):
    """One of ``choices``: None, bool, int, float or str. The internal value is the index.

    Raises:
        InvalidDistributionError: no choices, a choice that JSON cannot hold, the same choice twice.
    """

    choices: tuple[CategoricalChoice, ...]

    def __init__(self, choices: Sequence[CategoricalChoice]) -> None:
        if isinstance(choices, (str, bytes, bytearray)) or not isinstance(choices, Sequence):
            raise InvalidDistributionError(f"choices must be a list or tuple, got {shown(choices)}.")
        object.__setattr__(self, "choices", tuple(choices))
        if not self.choices:
            raise InvalidDistributionError("choices must hold at least one value, got an empty list.")
        for choice in self.choices:
            if choice is not None and not isinstance(choice, (bool, int, float, str)):
                raise InvalidDistributionError(
                    f"choices must be None, bool, int, float or str (JSON keeps them), got {shown(choice)} of type "
                    f"{type(choice).__name__}; use names, and map them to objects in the objective."
                )
        seen: set[tuple[type, Any]] = set()  # membership only
        for choice in self.choices:
            key = (type(choice), "nan" if choice != choice else choice)  # NaN equals itself, as in _index
            if key in seen:
                raise InvalidDistributionError(
                    f"choices must differ, got {shown(choice)} twice in {shown(self.choices)}."
                )
            seen.add(key)

    def _index(self, external: Any) -> int:
        for i, choice in enumerate(self.choices):
            # True == 1 and 1 == 1.0 in Python, but they are different choices; NaN equals itself here
            if type(choice) is type(external) and (choice == external or (choice != choice and external != external)):
                return i
        if getattr(external, "ndim", 0) == 0:  # an array has no one truth value
            for i, choice in enumerate(self.choices):
                if choice == external:  # a numpy scalar, or 1 for 1.0 when only one of them is a choice
                    return i
        raise InvalidDistributionError(f"{shown(external)} is not one of the choices {shown(self.choices)}.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CategoricalDistribution):
            return NotImplemented
        # NaN equals itself here: a distribution read back from JSON equals the one written
        pairs = zip(self.choices, other.choices, strict=False)
        return len(self.choices) == len(other.choices) and all(a == b or (a != a and b != b) for a, b in pairs)

    def __hash__(self) -> int:
        return hash(tuple(None if choice != choice else choice for choice in self.choices))

    def single(self) -> bool:
        """True when there is one choice only."""
        return len(self.choices) == 1

    def contains(self, internal: float) -> bool:
        """Whether ``internal`` is the index of a choice."""
        return 0 <= internal < len(self.choices) and internal == int(internal)

    def to_internal_repr(self, external: Any) -> float:
        """Index of ``external``; raises InvalidDistributionError if it is not a choice."""
        return float(self._index(external))

    def to_external_repr(self, internal: float) -> CategoricalChoice:
        """The choice with this index."""
        return self.choices[int(internal)]

    def from_unit(self, u: float) -> float:
        """Map ``u`` in [0, 1) to an index; each choice has the same share."""
        return float(min(int(u * len(self.choices)), len(self.choices) - 1))


Distribution = Union[FloatDistribution, IntDistribution, CategoricalDistribution]  # noqa: UP007
CategoricalChoiceType = CategoricalChoice  # Optuna's name, for annotations
DISTRIBUTIONS = (FloatDistribution, IntDistribution, CategoricalDistribution)
_BY_NAME: dict[str, Any] = {c.__name__: c for c in DISTRIBUTIONS}


def distribution_to_dict(dist: Distribution) -> dict[str, Any]:
    """``{"name": ..., "attributes": {...}}``, in Optuna's key order."""
    if isinstance(dist, CategoricalDistribution):
        attributes: dict[str, Any] = {"choices": list(dist.choices)}
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
            f"not a distribution: {shown(data)} ({error}); known: {sorted(_BY_NAME)}."
        ) from None
    return dist


def distribution_to_json(dist: Distribution) -> str:
    """The JSON text that Optuna writes for the same distribution."""
    return json.dumps(distribution_to_dict(dist))


def as_distribution(given: Any) -> Any:
    """A distribution of Optuna's in our class; anything else as it is. Does not import Optuna."""
    if type(given).__module__ != "optuna.distributions" or not hasattr(given, "_asdict"):
        return given
    return json_to_distribution(json.dumps({"name": type(given).__name__, "attributes": given._asdict()}))


def json_to_distribution(text: str) -> Distribution:
    """Inverse of distribution_to_json; raises InvalidDistributionError on anything else."""
    try:
        data = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise InvalidDistributionError(f"not the JSON of a distribution: {shown(text)}.") from None
    return distribution_from_dict(data)


def check_compatibility(name: str, old: Distribution, new: Distribution) -> None:
    """Refuse a new distribution for a name whose old one it contradicts.

    In a study a name keeps its kind, its ``log`` and its choices; ranges may change. This is Optuna's rule.

    Raises:
        IncompatibleDistributionError: the two cannot describe one parameter.
    """
    way_out = f"use another parameter name (for example {name + '_2'!r}), or another study."
    if type(old) is not type(new):
        raise IncompatibleDistributionError(
            f"parameter {name!r} was {type(old).__name__} in this study and is {type(new).__name__} now; {way_out}"
        )
    if isinstance(old, CategoricalDistribution) and isinstance(new, CategoricalDistribution):
        if old != new:
            raise IncompatibleDistributionError(
                f"parameter {name!r}: its choices were {shown(old.choices)} and are {shown(new.choices)} now; they "
                "may not change: " + way_out
            )
    elif old.log != new.log:  # type: ignore[union-attr]
        raise IncompatibleDistributionError(
            f"parameter {name!r} was {old} and is {new} now: log may not change; {way_out}"
        )


def check_distribution_compatibility(dist_old: Distribution, dist_new: Distribution) -> None:
    """Optuna's: raise IncompatibleDistributionError where the two cannot describe one parameter."""
    check_compatibility("x", dist_old, dist_new)


def __dir__() -> list[str]:
    return sorted(name for name, value in globals().items() if getattr(value, "__module__", "") == __name__)
