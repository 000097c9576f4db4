"""Pruners: rules that pause or end trials by their reports. Knows the built-in names, no study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arguments import shown
from ..core.protocols import Pruner
from .asha import ASHAPruner
from .nop import NopPruner

__all__ = ["ASHAPruner", "NopPruner", "pruner_from_spec"]

_BY_NAME: dict[str, type[ASHAPruner] | type[NopPruner]] = {"ASHAPruner": ASHAPruner, "NopPruner": NopPruner}


def pruner_from_spec(spec: Mapping[str, Any]) -> Pruner:
    """Inverse of ``pruner.spec()`` for the pruners of this package.

    Raises:
        ValueError: the spec names no built-in pruner, or its arguments are not that pruner's.
    """
    try:
        arguments = dict(spec)
        name = arguments.pop("name", None)
    except (TypeError, ValueError):
        raise ValueError(f"a pruner's spec must be a mapping, got {shown(spec)}.") from None
    if not isinstance(name, str) or name not in _BY_NAME:
        raise ValueError(
            f"pruner must be one of {sorted(_BY_NAME)}, got {shown(name)}; a pruner of your own cannot be rebuilt "
            "from its spec: pass the object as pruner=."
        )
    try:
        return _BY_NAME[name](**arguments)
    except TypeError as error:
        raise ValueError(
            f"not a spec of {name}: {shown(spec)} ({error}); it must be what spec() returned."
        ) from None
