"""What a record's field may hold, by its declared type: for each field a reader, made once from the annotations.

A reader takes what JSON gave and returns the field's value, or refuses it by name. Whether a well-formed message can be
true is for the handlers: see ``bounds``.
"""

from __future__ import annotations

import contextlib
import enum
import json
import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

from ..arguments import shown
from ..distributions import DISTRIBUTIONS, Distribution
from ..exceptions import MessageError
from . import messages as m
from .bounds import MAX_STEP
from .schedules import Each, Every, Levels, Never, Schedule

Reader = Callable[[Any], Any]

RECORDS = (
    m.ParamValue, m.CheckpointRef, m.Parent, m.GpuMemory, m.Progress, m.Failure, m.RunStarted, m.RunFinished,
    m.StopRequested, m.TrialEnqueued, m.AttemptBegan, m.TrialHeld, m.HeldEnded,
    m.TrialAdded, m.Claimed, m.Suggested, m.ParamAsked, m.ParamSet, m.Reported, m.AttemptEnded, m.AttemptLost,
    m.Assignment, m.TrialStopRequested, m.StudyPaused, m.StudyUnpaused, m.RunExtended, m.SlotsResized, m.NodesLeaving,
    m.TrialsAsked, m.Leave, Levels, Every, Never, Each,
)  # fmt: skip

_INT64 = (-(2**63), 2**63 - 1)
_RANGES = {  # of integers, by the record's field or by the field's name
    "number": (0, MAX_STEP), "attempt": (0, MAX_STEP), "step": (0, MAX_STEP), "size": (0, _INT64[1]),
    "GpuMemory.peak": (0, _INT64[1]), "GpuMemory.base": (0, _INT64[1]), "GpuMemory.total": (1, _INT64[1]),
    "Progress.reports": (0, MAX_STEP), "Progress.trained_at": (0, MAX_STEP),
    "TrialsAsked.seen": (0, MAX_STEP),
}  # fmt: skip
_FINITE = ("grace", "ParamValue.value", "NodesLeaving.nodes", "Leave.seconds")
_SPECS = ("pruner", "sampler", "retries", "surroundings")  # JSON objects, as text


def _refuse(where: str, rule: str, value: Any) -> NoReturn:
    raise MessageError(f"{where} must be {rule}, got {shown(value)}.")


def _int(where: str, name: str) -> Reader:
    low, high = _RANGES.get(where, _RANGES.get(name, _INT64))

    def read(value: Any) -> Any:
        if type(value) is not int or not low <= value <= high:  # a bool is no int here
            _refuse(where, f"an integer in [{low}, {high}]", value)
        return value

    return read


def _float(where: str, name: str) -> Reader:
    finite = name in _FINITE or where in _FINITE

    def read(value: Any) -> Any:
        if type(value) is int and -(2**1023) < value < 2**1023:
            value = float(value)
        if type(value) is not float or (finite and not math.isfinite(value)):
            _refuse(where, "a finite number" if finite else "a number", value)
        return value

    return read


def _spec(where: str) -> Reader:
    def read(value: Any) -> Any:
        try:
            if type(value) is str and type(json.loads(value)) is dict:
                return value
        except (ValueError, RecursionError):
            pass
        return _refuse(where, "the JSON text of an object", value)

    return read


def _enum(where: str, kind: Any) -> Reader:
    words = {word.value: word for word in kind}

    def read(value: Any) -> Any:
        if type(value) is not str or value not in words:
            _refuse(where, f"one of {', '.join(words)}", value)
        return words[value]

    return read


def _exactly(where: str, what: str, *kinds: type) -> Reader:
    """A value of one of ``kinds``, which are ``what``."""

    def read(value: Any) -> Any:
        if type(value) not in kinds:
            _refuse(where, what, value)
        return value

    return read


def _optional(inner: Reader) -> Reader:
    return lambda value: None if value is None else inner(value)


def _many(where: str, item: Reader) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not list:
            _refuse(where, "a list", value)
        return tuple([item(part) for part in value]) if value else ()  # of a log's lists most are empty

    return read


def _pairs(where: str, first: Reader, second: Reader) -> Reader:
    """``_many`` of ``_pair`` in one loop: reports are most of a log."""

    def read(value: Any) -> Any:
        if type(value) is not list:
            _refuse(where, "a list", value)
        found = []
        for part in value:
            if type(part) is not list or len(part) != 2:
                _refuse(where, "pairs", part)
            found.append((first(part[0]), second(part[1])))
        return tuple(found)

    return read


def _reports(where: str, step: Reader, values: Reader) -> Reader:
    """``_pairs`` for a list of reports: nearly all are one float at a step, and need no call."""
    read_any = _pairs(where, step, values)

    def read(value: Any) -> Any:
        if type(value) is list:
            with contextlib.suppress(TypeError, ValueError):  # not pairs, or several values
                found = tuple([(at, (loss,)) for at, (loss,) in value if type(loss) is float and type(at) is int])
                if len(found) == len(value) and (not found or 0 <= min(found)[0] <= max(found)[0] <= MAX_STEP):
                    return found
        return read_any(value)

    return read


def _reader(hint: Any, where: str, name: str) -> Reader:
    """The reader for a field's type."""
    parts = get_args(hint)
    if hint == Distribution:
        return _exactly(where, "a distribution", *DISTRIBUTIONS)
    if hint == Schedule:
        return _exactly(where, "a schedule", Levels, Every, Never, Each)
    if type(None) in parts:
        return _optional(_reader(next(part for part in parts if part is not type(None)), where, name))
    if get_origin(hint) is tuple:
        pair = get_args(parts[0]) if get_origin(parts[0]) is tuple else ()
        if pair:
            pairs = _reports if name == "reports" else _pairs
            return pairs(where, *(_reader(part, where, name) for part in pair))
        return _many(where, _reader(parts[0], where, name))
    if hint is int:
        return _int(where, name)
    if hint is float:
        return _float(where, name)
    if name in _SPECS:
        return _spec(where)
    if issubclass(hint, enum.Enum):
        return _enum(where, hint)
    return _exactly(where, f"a {hint.__name__}", hint)


def _plain(hint: Any, name: str) -> Any:
    """The type whose every value such a field may have, so that no reader need look; None: there is no such type."""
    if type(None) in get_args(hint):
        return type(None)
    is_plain = hint in RECORDS or (hint in (str, bool) and name not in _SPECS)
    return hint if is_plain else None


def readers_of(cls: Any) -> dict[str, tuple[Any, Reader]]:
    """A record's fields: for each, the type whose every value it may have (or None), and its reader."""
    hints = get_type_hints(cls)
    return {
        f.name: (_plain(hints[f.name], f.name), _reader(hints[f.name], f"{cls.__name__}.{f.name}", f.name))
        for f in fields(cls)
    }


__all__ = ["RECORDS", "Reader", "readers_of"]
