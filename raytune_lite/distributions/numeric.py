"""Ranges of floats and of integers. Pure arithmetic."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..arguments import shown
from ..exceptions import InvalidDistributionError
from .base import BaseDistribution


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


__all__ = ["FloatDistribution", "IntDistribution", "last_on_grid"]
