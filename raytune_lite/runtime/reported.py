"""Checks of what an objective reports: a number for each objective, at a step."""

from __future__ import annotations

from typing import Any

from ..arguments import as_float, as_integer, shown
from ..core.bounds import MAX_STEP


def checked_values(number: int, n: int, value: Any, step: Any) -> tuple[float, ...]:
    """What trial ``number`` reported, as ``n`` floats, one an objective.

    Raises:
        TypeError: it is something else.
    """
    if n == 1:
        return (_checked_value(number, value, step),)
    try:
        values = () if isinstance(value, (str, bytes)) else tuple(value)
    except TypeError:  # a single number
        values = ()
    if len(values) != n:
        raise TypeError(
            f"trial {number}: report() needs {n} numbers, one for each objective, got {shown(value)} at step "
            f"{shown(step)}; pass them as a tuple."
        )
    return tuple(_checked_value(number, part, step) for part in values)


def _checked_value(number: int, value: Any, step: Any) -> float:
    found = as_float(value)
    if found is None:
        raise TypeError(
            f"trial {number}: report() needs a number, got {shown(value)} of type "
            f"{type(value).__name__} at step {shown(step)}; pass float(loss)."
        )
    return found


def checked_step(number: int, step: Any) -> int:
    """The step of a report or a checkpoint of trial ``number``, as an int.

    Raises:
        TypeError: it is no integer.
        ValueError: it is negative, or too large to be stored.
    """
    whole = as_integer(step)
    if whole is None:
        raise TypeError(f"trial {number}: step must be an integer, got {shown(step)}.")
    if whole < 0:
        raise ValueError(f"trial {number}: step must be >= 0, got {whole}; count epochs from 0 or 1.")
    if whole > MAX_STEP:
        raise ValueError(f"trial {number}: step must be <= {MAX_STEP} (the database's integer), got {whole}.")
    return whole


__all__ = ["checked_step", "checked_values"]
