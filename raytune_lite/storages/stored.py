"""How single values are stored, and checked when they are read back. Knows no table.

SQLite keeps any value in any column, so a reader takes nothing for granted: a check returns the value, or raises
ValueError. ``in_row`` turns that into a StorageError that names the table and the row.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from ..arguments import shown, without_surrogates
from ..exceptions import StorageError
from ..trial import TrialState

Check = Callable[[str, Any], Any]  # (name of the column, stored value) -> value; raises ValueError

_NON_FINITE = {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}
INT64 = (-(2**63), 2**63 - 1)


@contextmanager
def in_row(table: str, which: object) -> Iterator[None]:
    """Errors while one row is read, as a StorageError that names it. ``which``: the trial's number, or a text."""
    try:
        yield
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        row = which if isinstance(which, int) else str(which)[:100]
        raise StorageError(
            f"table {table}, trial {row}: {str(error)[:1000].rstrip('.')}. The row was changed by hand or by another "
            "program; correct it, or delete the study."
        ) from None


# --- checks --------------------------------------------------------------------------------------------------------


def whole(low: int = 0, high: int = INT64[1]) -> Check:
    """A check for integers in [low, high]."""

    def check(name: str, value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"{name} {shown(value)} is not an integer of at least {low}")
        return value

    return check


def text(name: str, value: Any) -> str:
    """A text.

    Raises:
        ValueError: the value is not a text.
    """
    if not isinstance(value, str):
        raise ValueError(f"{name} {shown(value)} is not a text")
    return value


def number(name: str, value: Any) -> float:
    """A number that may be infinite or NaN, where the database can say so.

    Raises:
        ValueError: the value is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name} {shown(value)} is not a number")
    return float(value)


def flag(name: str, value: Any) -> bool:
    """True or false; databases without booleans hold 1 or 0.

    Raises:
        ValueError: the value is not one of these.
    """
    if value not in (0, 1):
        raise ValueError(f"{name} {shown(value)} is neither true nor false")
    return bool(value)


def word(*words: str) -> Check:
    """A check for one of the given words."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"{name} {shown(value)} is none of {', '.join(words)}")
        return value

    return check


_STATE_NAME = word(*TrialState.__members__)


def state(name: str, value: Any) -> TrialState:
    """A trial's state, by its name."""
    return TrialState[_STATE_NAME(name, value)]


def optional(check: Check) -> Check:
    """``check``, for a column that may be NULL."""
    return lambda name, value: None if value is None else check(name, value)


# --- values that are not stored as they are ------------------------------------------------------------------------


def stored_float(value: float) -> tuple[float | None, str]:
    """A float as Optuna stores it: (number or NULL, FINITE | INF_POS | INF_NEG | NAN)."""
    if math.isfinite(value):
        return float(value), "FINITE"
    if math.isnan(value):
        return None, "NAN"
    return None, "INF_POS" if value > 0 else "INF_NEG"


def real_float(value: Any, kind: Any) -> float:
    """Inverse of ``stored_float``; raises ValueError for two values that do not belong together."""
    if kind == "FINITE" and isinstance(value, (int, float)):
        return float(value)
    if not isinstance(kind, str) or kind not in _NON_FINITE or value is not None:
        raise ValueError(f"value {shown(value)} of type {shown(kind)} is not a number")
    return _NON_FINITE[kind]


def stored_floats(values: Iterable[float]) -> str:
    """Several floats as one JSON text, every bit kept. JSON has no infinities and no NaN; Python's dialect has."""
    return json.dumps(list(values))


def real_floats(name: str, value: Any) -> tuple[float, ...]:
    """Inverse of ``stored_floats``, as a check.

    Raises:
        ValueError: the value is not a JSON list of floats.
    """
    try:
        found = json.loads(text(name, value))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(type(item) is float for item in found):
        raise ValueError(f"{name} {shown(value)} is not a list of floats")
    return tuple(found)


def real_date(value: Any) -> datetime | None:
    """A stored date (naive UTC; a text on SQLite) as one that knows its zone; raises ValueError or TypeError."""
    if value is None:
        return None
    parsed = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return parsed.replace(tzinfo=timezone.utc)


def optuna_state(state: TrialState, attempt: int) -> str:
    """A state as Optuna's enum has it: a trial that has begun and is not finished is RUNNING there."""
    if state == TrialState.PAUSED or (state == TrialState.WAITING and attempt > 0):
        return TrialState.RUNNING.name
    return state.name


def text_key(text: str) -> str:
    """The unique key of a text of any length: a checkpoint's uri, a slot. MySQL indexes at most 3072 bytes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def for_people(text: str | None) -> str | None:
    """A text that every database takes: a traceback may quote bytes that are no Unicode, or a NUL."""
    return None if text is None else without_surrogates(text).replace("\0", "\\x00")
