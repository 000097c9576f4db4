"""Checks of the arguments that users pass, and how a value is shown in an error message. Imports nothing of ours.

These checks convert: an integer may be Python's or numpy's, and the function returns Python's. Messages between
processes and stored records are not arguments; their types are exact, and ``core.bounds`` and the readers check them.
"""

from __future__ import annotations

import operator
from typing import Any


def shown(value: Any, width: int = 200) -> str:
    """The repr of a value for an error message, cut after ``width`` characters."""
    if isinstance(value, (str, bytes)):
        value = value[:width]  # before repr: it may be huge
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001  (nested too deeply, an int of 5000 digits, the user's own __repr__)
        return f"a {type(value).__name__} that cannot be shown ({type(error).__name__})"
    return text if len(text) <= width + 2 else f"{text[:width]}..."


def as_integer(value: Any) -> int | None:
    """``value`` as an int, or None when it is not an integer. Numpy's integers are; True, 3.0 and "3" are not."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def integer(name: str, value: Any, least: int, hint: str) -> int:
    """``value`` as an int of at least ``least``.

    Args:
        name: the argument's name, for the message.
        value: what the user passed.
        least: the smallest value that is allowed.
        hint: the end of the message: what the argument does, or a usual value. No full stop.

    Raises:
        ValueError: ``value`` is not an integer (see as_integer), or is below ``least``.
    """
    number = as_integer(value)
    if number is None or number < least:
        raise ValueError(f"{name} must be an integer >= {least}, got {shown(value)}; {hint}.")
    return number


def integer_or_none(name: str, value: Any, least: int, hint: str) -> int | None:
    """None for None, else ``value`` as an int of at least ``least``; ``hint`` says what None does.

    Raises:
        ValueError: ``value`` is neither None nor an integer of at least ``least``.
    """
    if value is None:
        return None
    number = as_integer(value)
    if number is None or number < least:
        raise ValueError(f"{name} must be an integer >= {least} or None, got {shown(value)}; {hint}.")
    return number


__all__ = ["as_integer", "integer", "integer_or_none", "shown"]
