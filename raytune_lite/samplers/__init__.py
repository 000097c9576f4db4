"""Samplers: rules that choose parameters. Importing this imports neither numpy nor torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.bounds import shown
from ..core.protocols import Sampler
from .grid import GridSampler
from .random import RandomSampler

__all__ = ["GridSampler", "RandomSampler", "sampler_from_spec"]

_BY_NAME: dict[str, type[GridSampler] | type[RandomSampler]] = {
    "GridSampler": GridSampler,
    "RandomSampler": RandomSampler,
}


def sampler_from_spec(spec: Mapping[str, Any]) -> Sampler:
    """Inverse of ``sampler.spec()`` for the samplers of this package.

    Raises:
        ValueError: the spec names no built-in sampler, or its arguments are not that sampler's.
    """
    try:
        arguments = dict(spec)
        name = arguments.pop("name", None)
    except (TypeError, ValueError):
        raise ValueError(f"a sampler's spec must be a mapping, got {shown(spec)}.") from None
    if not isinstance(name, str) or name not in _BY_NAME:
        raise ValueError(
            f"sampler must be one of {sorted(_BY_NAME)}, got {shown(name)}; a sampler of your own cannot be "
            "rebuilt from its spec: pass the object as sampler=."
        )
    try:
        return _BY_NAME[name](**arguments)
    except TypeError as error:
        raise ValueError(
            f"not a spec of {name}: {shown(spec)} ({error}); it must be what spec() returned."
        ) from None
