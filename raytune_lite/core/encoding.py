"""Events and answers as JSON, and back. What comes back has the declared types, or it is refused as a whole.

Decoding builds our own records only and runs no code. The check is a table made once from the records' annotations:
every field has a reader that takes what JSON gave and returns the field's value. Whether a well-formed message can be
true (the trial is the sender's, the checkpoint lies where it must) is for the handlers: see ``bounds``.
"""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

from ..arguments import shown
from ..distributions import (
    CategoricalDistribution,
    Distribution,
    FloatDistribution,
    IntDistribution,
    distribution_from_dict,
    distribution_to_dict,
)
from ..exceptions import MessageError
from . import messages as m
from .bounds import MAX_ITEMS, MAX_MESSAGE, MAX_STEP

_Reader = Callable[[Any], Any]

_RECORDS = (
    m.ParamValue, m.CheckpointRef, m.Progress, m.Failure, m.RunStarted, m.RunFinished, m.StopRequested, m.TrialEnqueued,
    m.TrialAdded, m.Claimed, m.Suggested, m.ParamAsked, m.ParamSet, m.Reported, m.AttemptEnded, m.AttemptLost,
    m.Assignment,
)  # fmt: skip
_DISTRIBUTIONS = (FloatDistribution, IntDistribution, CategoricalDistribution)

_INT64 = (-(2**63), 2**63 - 1)
_RANGES = {  # of integers, by the record's field or by the field's name
    "number": (0, MAX_STEP), "attempt": (0, MAX_STEP), "step": (0, MAX_STEP), "size": (0, _INT64[1]),
    "Progress.reports": (0, MAX_STEP),
}  # fmt: skip
_FINITE = ("ParamValue.value",)
_SPECS = ("pruner", "sampler", "retries")  # JSON objects, as text

# --- readers of fields ---------------------------------------------------------------------------------------------


def _refuse(where: str, rule: str, value: Any) -> NoReturn:
    raise MessageError(f"{where} must be {rule}, got {shown(value)}.")


def _int(where: str, name: str) -> _Reader:
    low, high = _RANGES.get(where, _RANGES.get(name, _INT64))

    def read(value: Any) -> Any:
        if type(value) is not int or not low <= value <= high:  # a bool is no int here
            _refuse(where, f"an integer in [{low}, {high}]", value)
        return value

    return read


def _float(where: str, name: str) -> _Reader:
    finite = name in _FINITE or where in _FINITE

    def read(value: Any) -> Any:
        if type(value) is int and -(2**1023) < value < 2**1023:
            value = float(value)
        if type(value) is not float or (finite and not math.isfinite(value)):
            _refuse(where, "a finite number" if finite else "a number", value)
        return value

    return read


def _spec(where: str) -> _Reader:
    def read(value: Any) -> Any:
        try:
            if type(value) is str and type(json.loads(value)) is dict:
                return value
        except (ValueError, RecursionError):
            pass
        return _refuse(where, "the JSON text of an object", value)

    return read


def _enum(where: str, kind: Any) -> _Reader:
    words = {word.value: word for word in kind}

    def read(value: Any) -> Any:
        if type(value) is not str or value not in words:
            _refuse(where, f"one of {', '.join(words)}", value)
        return words[value]

    return read


def _exactly(where: str, *kinds: type) -> _Reader:
    """A value of one of ``kinds``; of several, which are the distributions, none is named."""

    def read(value: Any) -> Any:
        if type(value) not in kinds:
            _refuse(where, f"a {kinds[0].__name__ if len(kinds) == 1 else 'distribution'}", value)
        return value

    return read


def _optional(inner: _Reader) -> _Reader:
    return lambda value: None if value is None else inner(value)


def _many(where: str, item: _Reader) -> _Reader:
    def read(value: Any) -> Any:
        if type(value) is not list:
            _refuse(where, "a list", value)
        return tuple([item(part) for part in value]) if value else ()  # of a log's lists most are empty

    return read


def _pairs(where: str, first: _Reader, second: _Reader) -> _Reader:
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


def _reader(hint: Any, where: str, name: str) -> _Reader:
    """The reader for a field's type."""
    parts = get_args(hint)
    if hint == Distribution:
        return _exactly(where, *_DISTRIBUTIONS)
    if type(None) in parts:
        return _optional(_reader(next(part for part in parts if part is not type(None)), where, name))
    if get_origin(hint) is tuple:
        pair = get_args(parts[0]) if get_origin(parts[0]) is tuple else ()
        if pair:
            return _pairs(where, *(_reader(part, where, name) for part in pair))
        return _many(where, _reader(parts[0], where, name))
    if hint is int:
        return _int(where, name)
    if hint is float:
        return _float(where, name)
    if name in _SPECS:
        return _spec(where)
    if issubclass(hint, enum.Enum):
        return _enum(where, hint)
    return _exactly(where, hint)


def _plain(hint: Any, name: str) -> Any:
    """The type whose every value such a field may have, so that no reader need look; None: there is no such type."""
    if type(None) in get_args(hint):
        return type(None)
    is_plain = hint in _RECORDS or (hint in (str, bool) and name not in _SPECS)
    return hint if is_plain else None


def _readers(cls: Any) -> dict[str, tuple[Any, _Reader]]:
    hints = get_type_hints(cls)
    return {
        f.name: (_plain(hints[f.name], f.name), _reader(hints[f.name], f"{cls.__name__}.{f.name}", f.name))
        for f in fields(cls)
    }


_FIELDS = {cls: tuple(f.name for f in fields(cls)) for cls in _RECORDS}


# --- records of earlier versions -----------------------------------------------------------------------------------
# Version 0.1.0 stored an event's time in the event, too, and "", 0 or -1 for what is absent.


def _without_time(data: dict[str, Any]) -> None:
    data.pop("at", None)


def _claimed(data: dict[str, Any]) -> None:
    if "prefetched" not in data:
        data["prefetched"] = not data.get("node")  # such a claim was known by its missing node
        data["node"], data["pid"] = data.get("node") or None, data.get("pid") or None
    data.pop("at", None)


def _seen(data: dict[str, Any]) -> None:
    if data.get("seen") == -1:
        data["seen"] = None
    data.pop("at", None)


_UPGRADES: dict[type, Callable[[dict[str, Any]], None]] = {
    m.Claimed: _claimed, m.Suggested: _seen, m.ParamSet: _seen,
}  # fmt: skip
_READERS = {
    cls.__name__: (cls, _readers(cls), _UPGRADES.get(cls, _without_time if issubclass(cls, m.Event) else None))
    for cls in _RECORDS
}

# --- records -------------------------------------------------------------------------------------------------------


def _encode(record: Any) -> dict[str, Any]:
    if isinstance(record, _DISTRIBUTIONS):
        return distribution_to_dict(record)
    cls = type(record)
    if cls not in _FIELDS:
        raise TypeError(f"a message holds records, texts and numbers, got {shown(record)} of type {cls.__name__}.")
    data: dict[str, Any] = {"_": cls.__name__}
    if cls is m.Progress:  # most of a log: what is empty, as most of it is, goes without saying
        for name in _FIELDS[cls]:
            if value := getattr(record, name):
                data[name] = value
        return data
    for name in _FIELDS[cls]:
        data[name] = getattr(record, name)
    return data


_known: dict[Any, Distribution] = {}  # a study has few distributions, and a log names one with each parameter
_MOST_KNOWN = 1000


def _distribution(data: dict[str, Any]) -> Distribution:
    """distribution_from_dict with a memory: equal ones are one object, and are checked once."""
    try:
        # with the types: True, 1 and 1.0 are equal, and different choices
        key = (data["name"], *[
            (name, type(value), tuple([(type(part), part) for part in value]) if type(value) is list else value)
            for name, value in data["attributes"].items()
        ])  # fmt: skip
        found = _known.get(key)
    except (TypeError, AttributeError, KeyError):  # nonsense
        return distribution_from_dict(data)
    if found is None:
        found = distribution_from_dict(data)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = found
    return found


def _decode(data: dict[str, Any]) -> Any:
    kind = data.pop("_", None)
    if kind is None:
        # a distribution: {"name", "attributes"}, or the attributes themselves, which stay a dict
        return _distribution(data) if "attributes" in data else data
    cls, readers, upgrade = _READERS[kind]
    if upgrade is not None:
        upgrade(data)
    for name, value in data.items():
        plain, read = readers[name]
        if type(value) is not plain:
            data[name] = read(value)
    return cls(**data)


# made once: json.dumps and json.loads make new ones for each call
_ENCODER = json.JSONEncoder(default=_encode, separators=(",", ":"))
_DECODER = json.JSONDecoder(object_hook=_decode)
_scan: Any = _DECODER.scan_once  # type: ignore[attr-defined]  # what decode() itself calls


def _loads(text: str) -> Any:
    """_DECODER.decode, without its search for blanks that we never write."""
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        return _DECODER.decode(text)  # which tells what is wrong
    return value if end == len(text) else _DECODER.decode(text)


def to_json(value: Any) -> str:
    """A record, or a list of records and scalars, as one line of JSON (Python's dialect: NaN and Infinity as such)."""
    return _ENCODER.encode(value)


def from_json(text: str | bytes) -> Any:
    """Inverse of to_json. Builds our own records only, never runs code.

    Raises:
        MessageError: the text is no JSON, or holds a record or a field that this version does not know, or a field of
            another type.
    """
    try:
        return _loads(text if isinstance(text, str) else text.decode())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = str(error) if isinstance(error, MessageError) else repr(error)
        raise MessageError(f"not a message of this version: {shown(text)} ({why[:500]})") from None


def event_to_json(event: m.Event) -> str:
    """The event as the log holds it, where its sender has not encoded it."""
    return to_json(event)


def event_from_json(text: str | bytes) -> m.Event:
    """Inverse of event_to_json.

    Raises:
        MessageError: the text is not an event that this version knows.
    """
    event = from_json(text)
    if not isinstance(event, m.Event):
        raise MessageError(f"not an event: {shown(text)}.")
    return event


def message_from_json(text: bytes, *kinds: type[m.Event]) -> m.Event:
    """An event that an attempt sent: one of ``kinds``, and no larger than an attempt of this version sends.

    Raises:
        MessageError: it is not; the message names the bound and the way out.
    """
    if len(text) > MAX_MESSAGE:
        raise MessageError(
            f"a message may have {MAX_MESSAGE} bytes, got {len(text)}: every other attempt waits while it is read. "
            "Report less at once, and keep large attributes in a file of a checkpoint."
        )
    event = event_from_json(text)
    if not isinstance(event, kinds):
        words = ", ".join(kind.__name__ for kind in kinds)
        raise MessageError(f"an attempt may send {words} here, got a {type(event).__name__}; it was not handled.")
    progress = getattr(event, "progress", None)
    for what in ("reports", "params", "user_attrs", "constraints"):
        n = len(getattr(progress, what, ()))
        if n > MAX_ITEMS:
            raise MessageError(
                f"one message may hold {MAX_ITEMS} {what}, got {n}: they are stored in one transaction, and every "
                "other attempt waits for it. Send them in several messages."
            )
    return event


__all__ = ["event_from_json", "event_to_json", "from_json", "message_from_json", "to_json"]
