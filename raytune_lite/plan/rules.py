"""Pruners as a line of text, ``asha(eta=3, min=1)``: for command lines. Knows no study."""

from __future__ import annotations

import difflib
import inspect
import json
import re
from typing import Any

from ..arguments import shown
from ..core.protocols import Pruner
from ..pruners import check_pruner, pruner_from_spec, pruner_names

_SHORT = {"eta": "reduction_factor", "min": "min_resource", "max": "max_resource"}
_FORM = re.compile(r"\s*([A-Za-z]+)\s*(?:\((.*)\))?\s*", re.DOTALL)


def pruner_of(given: Any, *, first: int = 1, last: int) -> Pruner:
    """A pruner from an object or a text; what it needs to know of the steps is filled in.

    Args:
        given: a pruner; or its short name, with arguments as in Python where they are not the default:
            ``"asha(eta=3, min=1)"``. ``eta``, ``min`` and ``max`` stand for ``reduction_factor``, ``min_resource`` and
            ``max_resource``.
        first: ``min_resource`` where the text has none.
        last: ``max_resource`` where the text has none.

    Raises:
        ValueError: there is no such pruner, or these are not its arguments.
        TypeError: it is neither a pruner nor a text.
    """
    if not isinstance(given, str):
        check_pruner(given, 1)
        checked: Pruner = given
        return checked
    match = _FORM.fullmatch(given)
    if match is None:
        raise ValueError(f"a pruner must be NAME or NAME(ARGUMENT=VALUE, ...), got {shown(given)}; try 'asha(eta=3)'.")
    name, names = match[1].lower(), pruner_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"there is no pruner {shown(name)}; {hint}There are {', '.join(sorted(names))}.")
    arguments = _arguments(match[2] or "", given)
    takes = _parameters(names[name])
    for argument, value in (("min_resource", first), ("max_resource", last)):
        if argument in takes and (argument == "max_resource" or name == "asha"):
            arguments.setdefault(argument, value)
    found = pruner_from_spec({"name": names[name], **arguments})
    check_pruner(found, 1)
    return found


def _parameters(class_name: str) -> set[str]:
    from .. import pruners

    return set(inspect.signature(getattr(pruners, class_name)).parameters)


def _arguments(text: str, given: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in text.split(",") if text.strip() else ():
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not name.isidentifier():
            raise ValueError(
                f"an argument of a pruner must be NAME=VALUE, got {shown(part.strip())} in {shown(given)}; try "
                "'asha(eta=3, min=1)'."
            )
        try:
            found[_SHORT.get(name, name)] = json.loads(value)
        except ValueError:
            found[_SHORT.get(name, name)] = value.strip("'\"")
    return found


def named(pruner: Pruner) -> str:
    """A pruner as text, with the arguments that are not the default: ``ASHA(min=1, max=27, eta=3)``."""
    spec = dict(pruner.spec())
    name = str(spec.pop("name"))
    short = {full: brief for brief, full in _SHORT.items()}
    usual = {key: parameter.default for key, parameter in inspect.signature(type(pruner)).parameters.items()}
    said = [
        f"{short.get(key, key)}={value if not isinstance(value, dict) else value.get('name')}"
        for key, value in spec.items()
        if key in short or usual.get(key) != value
    ]
    return f"{name.removesuffix('Pruner')}({', '.join(said)})" if said else name.removesuffix("Pruner")


__all__ = ["named", "pruner_of"]
