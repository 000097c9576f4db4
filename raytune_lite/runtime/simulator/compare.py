"""Whether two states of a study are the same, whatever objects they are made of."""

from __future__ import annotations

import dataclasses
import enum
from collections import deque
from collections.abc import Mapping
from typing import Any

from ...core.kept import FinishedTrials
from ...core.state import StudyState


def differences(one: StudyState, other: StudyState) -> list[Any]:
    """The fields in which two states differ, each with both values; also what samplers see of the trials under way."""
    names = [f.name for f in dataclasses.fields(one) if f.compare]
    pairs = [(name, getattr(one, name), getattr(other, name)) for name in names]
    pairs.append(("under way", [*one.view().load_pending()], [*other.view().load_pending()]))
    # equality is fast and knows no NaN; nested lists are slow and do
    unequal = [(name, _plain(a), _plain(b)) for name, a, b in pairs if a != b]
    return [entry for entry in unequal if entry[1] != entry[2]]


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, (str, int, bool)) and not isinstance(value, enum.Enum)):
        return value
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, enum.Enum):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, *(_plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.compare)]
    if isinstance(value, Mapping):
        return [[_plain(k), _plain(v)] for k, v in value.items()]
    if isinstance(value, (list, tuple, deque)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, FinishedTrials):
        return value.numbers()
    if hasattr(value, "__dict__"):
        return [[name, _plain(item)] for name, item in vars(value).items() if not callable(item)]
    return repr(value)


__all__ = ["differences"]
