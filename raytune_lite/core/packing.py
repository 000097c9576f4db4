"""One trial's record as a line of JSON, and back, without loss. Knows no study.

A line is a list: the index of its *shape*, the trial's number and state, and the values of the fields that the shape
names, which are those that differ from a new record's. A study has few shapes, and few (name, distribution) pairs of
parameters; both are in the palette, once, by their names, so that a later version with more fields reads them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields
from itertools import chain, compress
from operator import attrgetter, ne
from typing import Any

from ..distributions import Distribution, distribution_to_json, json_to_distribution
from ..trial import TrialState
from .trials import StopOrder, TrialRecord
from .values import CheckpointRef, Decision, FailureKind, ParamValue, Parent, StopCause

_MOST_KNOWN = 1000


Shape = tuple[str, ...]


class Palette:
    """What many lines share, each once, by its index: shapes, and (name, distribution) pairs of parameters."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self._by_shape: dict[Shape, int] = {}
        self._pairs: list[tuple[str, Distribution]] = []
        self._by_text: dict[tuple[str, str], int] = {}
        # by identity: True, 1 and 1.0 are equal, and different choices. The record keeps what has the identity alive.
        self._by_id: dict[tuple[str, int], tuple[int, Distribution]] = {}

    def shape(self, names: Shape) -> int:
        """The index of a shape; a new one is added."""
        index = self._by_shape.setdefault(names, len(self.shapes))
        if index == len(self.shapes):
            self.shapes.append(names)
        return index

    def index(self, name: str, distribution: Distribution) -> int:
        """The index of a pair; a new one is added."""
        known = self._by_id.get((name, id(distribution)))
        if known is not None:
            return known[0]
        key = name, distribution_to_json(distribution)
        index = self._by_text.setdefault(key, len(self._pairs))
        if index == len(self._pairs):
            self._pairs.append((name, distribution))
        if len(self._by_id) >= _MOST_KNOWN:
            self._by_id.clear()
        self._by_id[name, id(distribution)] = index, distribution
        return index

    def param(self, index: int, value: float) -> ParamValue:
        """A value of the pair at ``index``."""
        name, distribution = self._pairs[index]
        return ParamValue(name=name, value=value, distribution=distribution)

    def dump(self) -> list[tuple[str, str]]:
        """All pairs, with the JSON of the distributions."""
        return [(name, distribution_to_json(distribution)) for name, distribution in self._pairs]

    def load(self, pairs: Iterable[tuple[str, str]], shapes: Iterable[Iterable[str]]) -> None:
        """Inverse of ``dump``, into an empty palette, with its shapes."""
        for names in shapes:
            self.shape(tuple(names))
        for name, text in pairs:
            self._by_text[name, text] = len(self._pairs)
            self._pairs.append((name, json_to_distribution(text)))


_REF = attrgetter("step", "attempt", "uri", "digest", "size")


def _ref(data: list[Any]) -> CheckpointRef:
    step, attempt, uri, digest, size = data
    return CheckpointRef(step=step, attempt=attempt, uri=uri, digest=digest, size=size)


def _parent(data: list[Any]) -> Parent:
    return Parent(number=data[0], checkpoint=_ref(data[1:]))


def _flat(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    return list(chain.from_iterable(pairs))


def _pairs(flat: list[Any]) -> Iterable[tuple[Any, Any]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _order(data: list[Any]) -> StopOrder:
    return StopOrder(cause=StopCause(data[0]), reason=data[1], deadline=data[2])


def _verdicts(data: list[Any]) -> dict[int, tuple[int, Decision]]:
    return {step: (attempt, Decision(word)) for step, (attempt, word) in _pairs(data)}


# how a field is written and read, where it is not JSON as it stands; parameters are the packer's
_FORMS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "resumed": (_REF, _ref),
    "pending": (lambda decision: decision.value, Decision),
    "stop": (lambda order: [order.cause.value, order.reason, order.deadline], _order),
    "lost_kind": (lambda kind: kind.value, FailureKind),
    "fixed": (_flat, lambda flat: tuple(_pairs(flat))),
    "reports": (lambda found: _flat(found.items()), lambda flat: {step: tuple(v) for step, v in _pairs(flat)}),
    "trained_at": (lambda found: _flat(found.items()), lambda flat: dict(_pairs(flat))),
    "verdicts": (lambda found: _flat((step, (n, d.value)) for step, (n, d) in found.items()), _verdicts),
    "checkpoints": (lambda refs: [_REF(ref) for ref in refs], lambda data: [_ref(each) for each in data]),
    "dropped": (sorted, set),
    "parent": (lambda parent: [parent.number, *_REF(parent.checkpoint)], _parent),
    "heir": (lambda parent: [parent.number, *_REF(parent.checkpoint)], _parent),
    "lent": (lambda refs: [_REF(ref) for ref in refs], lambda data: [_ref(each) for each in data]),
    "values": (list, tuple),
    "retried": (lambda found: {kind.value: n for kind, n in found.items()},
                lambda data: {FailureKind(word): n for word, n in data.items()}),
    "failed": (lambda kind: kind.value, FailureKind),
}  # fmt: skip


def _defaults() -> dict[str, Any]:
    return {
        field.name: field.default_factory() if field.default_factory is not MISSING else field.default
        for field in fields(TrialRecord)
        if field.name not in ("number", "state", "params", "suggested")
    }


_DEFAULTS = _defaults()
_NAMES = tuple(_DEFAULTS)
_GET = attrgetter(*_NAMES)
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
_DECODE = json.JSONDecoder().decode


class Packer:
    """Makes lines of records, and records of lines, with one palette."""

    def __init__(self) -> None:
        self.palette = Palette()

    def pack(self, trial: TrialRecord) -> str:
        """The record as one line of ASCII."""
        found = _GET(trial)
        differs = tuple(map(ne, found, _DEFAULTS.values()))
        names, values = [*compress(_NAMES, differs)], list[Any]((0, trial.number, int(trial.state)))
        for name, value in zip(names, compress(found, differs), strict=True):
            form = _FORMS.get(name)
            values.append(value if form is None else form[0](value))
        params = tuple(trial.params.values())
        if params:
            names.append("params")
            values.append(self._params(params))
        if trial.suggested is not None:  # most often what was used in the end; True says so
            names.append("suggested")
            values.append(True if params and trial.suggested == params else self._params(trial.suggested))
        values[0] = self.palette.shape(tuple(names))
        return _ENCODE(values)

    def has_checkpoints(self, line: str) -> bool:
        """Whether a packed trial has checkpoints."""
        if line[0] == "{":  # what else may have this name there is a text, and no list
            return '"checkpoints":[' in line
        return "checkpoints" in self.palette.shapes[int(line[1 : line.index(",")])]

    def _fields(self, line: str) -> dict[str, Any]:
        """A line's values by name. The first versions wrote lines with names."""
        data = _DECODE(line)
        if isinstance(data, dict):
            return data
        return dict(zip(("number", "state", *self.palette.shapes[data[0]]), data[1:], strict=True))

    def unpack(self, line: str) -> TrialRecord:
        """The record of a line."""
        data = self._fields(line)
        params = self._read(data.pop("params", ()))
        suggested = data.pop("suggested", None)
        trial = TrialRecord(number=data.pop("number"), state=TrialState(data.pop("state")))
        for name, value in data.items():
            form = _FORMS.get(name)
            setattr(trial, name, value if form is None else form[1](value))
        trial.params = {param.name: param for param in params}
        if suggested is not None:
            trial.suggested = params if suggested is True else self._read(suggested)
        return trial

    def _params(self, params: Iterable[ParamValue]) -> list[Any]:
        index = self.palette.index
        return _flat([(index(param.name, param.distribution), param.value) for param in params])

    def _read(self, flat: Any) -> tuple[ParamValue, ...]:
        return tuple([self.palette.param(index, value) for index, value in _pairs(flat)])


__all__ = ["Packer", "Palette"]
