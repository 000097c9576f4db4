"""Events and answers as JSON, and back. What comes back has the declared types, or it is refused as a whole.

Decoding builds our own records only and runs no code. The check is a table made once from the records' annotations
(``fields``); records that an earlier version wrote are brought up to date first (``earlier``). Whether a well-formed
message can be true (the trial is the sender's, the checkpoint lies where it must) is for the handlers: see ``bounds``.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, TypeVar

from ..arguments import shown
from ..distributions import DISTRIBUTIONS, Distribution, distribution_from_message, distribution_to_message
from ..exceptions import MessageError
from . import messages as m
from .bounds import MAX_ITEMS, MAX_MESSAGE
from .earlier import upgrade_for
from .fields import RECORDS, readers_of

T = TypeVar("T")

_FIELDS = {cls: tuple(f.name for f in fields(cls)) for cls in RECORDS}
_READERS = {cls.__name__: (cls, readers_of(cls), upgrade_for(cls)) for cls in RECORDS}

# --- records -------------------------------------------------------------------------------------------------------


def _encode(record: Any) -> dict[str, Any]:
    if isinstance(record, DISTRIBUTIONS):
        return distribution_to_message(record)
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
    """distribution_from_message with a memory: equal ones are one object, and are checked once."""
    try:
        # with the types: True, 1 and 1.0 are equal, and different choices; so are 0.0 and -0.0
        key = (data["name"], *[
            (name, type(value), tuple([(type(part), part if part != 0 else repr(part)) for part in value])
             if type(value) is list else value if value != 0 else repr(value))
            for name, value in data["attributes"].items()
        ])  # fmt: skip
        found = _known.get(key)
    except (TypeError, AttributeError, KeyError):  # nonsense
        return distribution_from_message(data)
    if found is None:
        found = distribution_from_message(data)
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


# made once: json.dumps and json.loads make new ones for each call, and so does JSONEncoder.encode
_ENCODER = json.JSONEncoder(default=_encode, separators=(",", ":"))
_encoder_in_c: Any = getattr(json.encoder, "c_make_encoder", None)
_chunks: Any = (
    (lambda value, _: _ENCODER.iterencode(value))
    if _encoder_in_c is None
    else _encoder_in_c(
        None, _encode, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, True
    )
)
_DECODER = json.JSONDecoder(object_hook=_decode)
_scan: Any = _DECODER.scan_once  # type: ignore[attr-defined]  # what decode() itself calls


def _loads(text: str) -> Any:
    """_DECODER.decode, without its search for blanks that we never write."""
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        return _DECODER.decode(text)  # whose error says what is wrong
    return value if end == len(text) else _DECODER.decode(text)


def to_json(value: Any) -> str:
    """A record, or a list of records and scalars, as one line of JSON (Python's dialect: NaN and Infinity as such)."""
    return "".join(_chunks(value, 0))


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


def message_from_json(text: bytes, *kinds: type[T]) -> T:
    """What an attempt sent: one of ``kinds``, and no larger than an attempt of this version sends.

    Raises:
        MessageError: it is not; the message names the bound and the way out.
    """
    if len(text) > MAX_MESSAGE:
        raise MessageError(
            f"a message may have {MAX_MESSAGE} bytes, got {len(text)}: every other attempt waits while it is read. "
            "Report less at once, and keep large attributes in a file of a checkpoint."
        )
    event = from_json(text)
    if not isinstance(event, kinds):
        words = ", ".join(kind.__name__ for kind in kinds)
        raise MessageError(f"an attempt may send {words} here, got a {type(event).__name__}; it was not handled.")
    progress = getattr(event, "progress", None)
    for what in ("reports", "params", "user_attrs", "system_attrs", "constraints", "trained_at"):
        n = len(getattr(progress, what, ()))
        if n > MAX_ITEMS:
            raise MessageError(
                f"one message may hold {MAX_ITEMS} {what}, got {n}: they are stored in one transaction, and every "
                "other attempt waits for it. Send them in several messages."
            )
    return event


__all__ = ["event_from_json", "event_to_json", "from_json", "message_from_json", "to_json"]
