"""Checks of the arguments that users pass, and how a value is shown in an error message. Imports nothing of ours.

These checks convert: a number may be Python's or numpy's, and the function returns Python's. Each message has one form:
``<name> must be <rule>, got <value>; <the way out>.`` The wrong type is a TypeError, the wrong value a ValueError; an
integer's is a ValueError in both cases. Messages between processes and stored records are not arguments; their types
are exact, and ``core.bounds`` and the readers check them.
"""

from __future__ import annotations

import copy
import inspect
import json
import math
import numbers
import operator
import os
from collections.abc import Callable, Iterable, Mapping
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


def without_surrogates(text: str) -> str:
    """A text that can be printed and stored: half a surrogate pair, which no encoding holds, is written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def json_text(value: Any) -> str:
    """A value as JSON text; numpy's arrays and scalars are what they hold.

    Raises:
        TypeError, ValueError, RecursionError: JSON cannot hold it.
    """
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    """An array or a number of numpy's as Python's."""
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not JSON-able")


def as_integer(value: Any) -> int | None:
    """``value`` as an int, or None when it is not an integer. Numpy's integers are; True, 3.0 and "3" are not."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def integer(name: str, value: Any, least: int, hint: str, most: int | None = None) -> int:
    """``value`` as an int of at least ``least``.

    Args:
        name: the argument's name, for the message.
        value: what the user passed.
        least: the smallest value that is allowed.
        hint: the end of the message: what the argument does, or a usual value. No full stop.
        most: the largest value that is allowed; None: no bound. What is stored as a number of a database needs one.

    Raises:
        ValueError: ``value`` is not an integer (see as_integer), is below ``least`` or above ``most``.
    """
    number = as_integer(value)
    if number is None or number < least:
        raise ValueError(f"{name} must be an integer >= {least}, got {shown(value)}; {hint}.")
    return _at_most(name, number, most, hint)


def integer_or_none(name: str, value: Any, least: int, hint: str, most: int | None = None) -> int | None:
    """None for None, else ``value`` as an int of at least ``least``; ``hint`` says what None does. ``most``: as above.

    Raises:
        ValueError: ``value`` is neither None nor an integer of at least ``least`` and at most ``most``.
    """
    if value is None:
        return None
    number = as_integer(value)
    if number is None or number < least:
        raise ValueError(f"{name} must be an integer >= {least} or None, got {shown(value)}; {hint}.")
    return _at_most(name, number, most, hint)


def _at_most(name: str, number: int, most: int | None, hint: str) -> int:
    if most is not None and number > most:
        raise ValueError(f"{name} must be an integer <= {most} (the database's integer), got {shown(number)}; {hint}.")
    return number


def as_float(value: Any) -> float | None:
    """``value`` as a float, or None when it is not a number that a float can hold.

    Whatever Python converts is a number: numpy's scalars, a tensor of one element, True. Texts are not.
    """
    if isinstance(value, (str, bytes, bytearray)):
        return None
    try:
        return float(value)
    except Exception:  # noqa: BLE001  (its __float__ may be the user's; torch raises a RuntimeError)
        return None


def seconds(name: str, value: Any, hint: str) -> float:
    """``value`` as a number of seconds >= 0. ``hint``: the end of the message, without a full stop.

    Raises:
        TypeError: ``value`` is not a number; a bool is not one either.
        ValueError: it is below 0, infinite or NaN.
    """
    found = real(name, value, "a number of seconds >= 0", hint)
    if not 0 <= found < math.inf:
        raise ValueError(f"{name} must be >= 0 seconds and finite, got {shown(value)}; {hint}.")
    return found


def seconds_or_none(name: str, value: Any) -> float | None:
    """None for None (no bound), else ``value`` as a number of seconds > 0.

    Raises:
        TypeError: ``value`` is neither None nor a number; a bool is not one either.
        ValueError: it is not above 0.
    """
    if value is None:
        return None
    hint = "leave it out for no bound"
    found = real(name, value, "a number of seconds > 0 or None", hint)
    if not found > 0:
        raise ValueError(f"{name} must be > 0 seconds, got {shown(value)}; {hint}.")
    return found


def real(name: str, value: Any, rule: str, hint: str) -> float:
    """``value``, a real number, as a float. ``rule``: what it must be; ``hint``: the end of the message.

    Raises:
        TypeError: it is not a number; a bool is not one either.
    """
    found = as_float(value) if isinstance(value, numbers.Real) and not isinstance(value, bool) else None
    if found is None:
        raise wrong_type(name, rule, value, hint)
    return found


def wrong_type(name: str, rule: str, value: Any, hint: str) -> TypeError:
    """The error for an argument of the wrong type, to be raised; ``hint``: the way out, without a full stop."""
    return TypeError(f"{name} must be {rule}, got {shown(value)}; {hint}.")


def own_copy(name: str, value: Any, where: str) -> Any:
    """A copy of an object of the user's, with which a run works.

    Args:
        name: of the argument.
        value: the object.
        where: its method in which files, locks and connections may be opened.

    Raises:
        TypeError: it cannot be copied.
    """
    try:
        return copy.deepcopy(value)
    except Exception as error:  # copying runs code of the user's classes
        raise TypeError(
            f"{name} must be one that can be copied, got {shown(value)} ({error!r:.200}); a run works with a copy. "
            f"Open files, locks and connections in {where}, not in __init__."
        ) from error


def flag(name: str, value: Any) -> bool:
    """``value`` as a bool; numpy's bools are accepted.

    Raises:
        TypeError: ``value`` is not a bool.
    """
    if type(value).__name__ not in ("bool", "bool_"):
        raise wrong_type(name, "True or False", value, "0, 1 and texts are not accepted")
    return bool(value)


def text(name: str, value: Any, hint: str) -> str:
    """``value``, which is a str. ``hint``: the end of the message, without a full stop.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(value, str):
        raise wrong_type(name, "a str", value, hint)
    return value


def path(name: str, value: Any, hint: str) -> str:
    """``value``, a str or a path object, as a str. ``hint``: the end of the message, without a full stop.

    Raises:
        TypeError: it is neither, or a path of bytes.
        ValueError: it is empty or holds NUL.
    """
    try:
        found = os.fspath(value)
    except TypeError:
        found = None
    if not isinstance(found, str):
        raise wrong_type(name, "a str or a pathlib.Path", value, hint)
    if not found or "\0" in found:
        raise ValueError(f"{name} must be a path without NUL and not empty, got {shown(value)}; {hint}.")
    return found


def mapping(name: str, value: Any, hint: str) -> dict[str, Any]:
    """``value``, a mapping with str keys, as a new dict. ``hint``: the end of the message, without a full stop.

    Raises:
        TypeError: it is no mapping, or has a key that is not a str.
    """
    if not isinstance(value, Mapping):
        raise wrong_type(name, "a dict", value, hint)
    found = dict(value)
    for key in found:
        if not isinstance(key, str):
            raise wrong_type(f"each key of {name}", "a str", key, hint)
    return found


def items(name: str, value: Any, hint: str) -> list[Any]:
    """The items of ``value``, an iterable that is neither a text nor a mapping. ``hint``: as above.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(value, (str, bytes, bytearray, Mapping)) or not isinstance(value, Iterable):
        raise wrong_type(name, "a list", value, hint)
    try:
        return list(value)
    except TypeError:  # a numpy array without dimensions says that it can be iterated over
        raise wrong_type(name, "a list", value, hint) from None


def function(name: str, value: Any, takes: tuple[str, ...], hint: str) -> Callable[..., Any]:
    """``value``, a callable that takes these positional arguments. ``hint``: as above.

    Raises:
        TypeError: it cannot be called, or not with so many arguments.
    """
    found: Callable[..., Any] = value
    rule = f"a function that takes ({', '.join(takes)})"
    if not callable(value):
        raise wrong_type(name, rule, value, hint)
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):  # of a function in C: a call will tell
        return found
    try:
        signature.bind(*takes)
    except TypeError as error:
        raise TypeError(
            f"{name} must be {rule}, got {shown(value)}, which takes {str(signature)[:200]}: {error}; {hint}."
        ) from None
    return found


__all__ = [
    "as_float", "as_integer", "flag", "function", "integer", "integer_or_none", "items", "json_text", "mapping",
    "own_copy", "path", "real", "seconds", "seconds_or_none", "shown", "text", "without_surrogates",
    "wrong_type",
]  # fmt: skip
