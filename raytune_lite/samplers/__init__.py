"""Samplers: rules that choose parameters. Importing this imports neither numpy nor torch: each loads on first use."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..arguments import shown, wrong_type
from ..core.protocols import Branches, Grid, Sampler
from ..lazy import names_of

if TYPE_CHECKING:
    from .auto import AutoSampler
    from .base import BaseSampler
    from .bruteforce import BruteForceSampler
    from .cmaes import CmaEsSampler
    from .genetic import BaseGASampler
    from .gp import GPSampler
    from .grid import GridSampler
    from .nsga import NSGAIIISampler, NSGAIISampler
    from .partial_fixed import PartialFixedSampler
    from .pilot import PilotSampler
    from .qmc import QMCSampler
    from .random import RandomSampler
    from .tpe import TPESampler
    from .user import UserSampler

_HOMES = {
    "AutoSampler": "auto",
    "BruteForceSampler": "bruteforce",
    "CmaEsSampler": "cmaes",
    "GPSampler": "gp",
    "GridSampler": "grid",
    "NSGAIIISampler": "nsga",
    "NSGAIISampler": "nsga",
    "PartialFixedSampler": "partial_fixed",
    "PilotSampler": "pilot",
    "QMCSampler": "qmc",
    "RandomSampler": "random",
    "TPESampler": "tpe",
}
_BASES = {"BaseGASampler": "genetic", "BaseSampler": "base", "UserSampler": "user"}  # not to be rebuilt from a spec

__all__ = [
    "AutoSampler",
    "BaseGASampler",
    "BaseSampler",
    "BruteForceSampler",
    "CmaEsSampler",
    "GPSampler",
    "GridSampler",
    "NSGAIIISampler",
    "NSGAIISampler",
    "PartialFixedSampler",
    "PilotSampler",
    "QMCSampler",
    "RandomSampler",
    "TPESampler",
    "UserSampler",
    "check_sampler",
    "grid_from_spec",
    "sampler_from_spec",
]

_find = names_of(__name__, {**_HOMES, **_BASES}, __all__)


def __getattr__(name: str) -> Any:
    if name == "nsgaii":
        return importlib.import_module(".nsgaii", __name__)
    return _find(name)


def __dir__() -> list[str]:
    return sorted([*__all__, "nsgaii"])


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
    if not isinstance(name, str) or name not in _HOMES:
        raise ValueError(
            f"sampler must be one of {sorted(_HOMES)}, got {shown(name)}; a sampler of your own cannot be "
            "rebuilt from its spec: pass the object as sampler=."
        )
    for key in ("base_sampler", "independent_sampler"):
        if isinstance(arguments.get(key), Mapping):
            arguments[key] = sampler_from_spec(arguments[key])
    try:
        sampler: Sampler = __getattr__(name)(**arguments)
    except TypeError as error:
        raise ValueError(f"not a spec of {name}: {shown(spec)} ({error}); it must be what spec() returned.") from None
    return sampler


# what the core and the driver ask of a sampler, see core.protocols.Sampler
_PARTS = (
    "seed", "grid", "in_background", "draws_globally", "spec", "explain", "search_space", "sample_relative",
    "sample_independent",
)  # fmt: skip


def check_sampler(sampler: Any) -> None:
    """Refuse what is no sampler, before a study or a run is made with it.

    Raises:
        TypeError: a name, a class, a sampler of another library, an object that lacks a part of the protocol, or one
            whose ``spec()`` is not JSON-able.
    """
    kind = type(sampler)
    missing = [part for part in _PARTS if isinstance(sampler, type) or not hasattr(sampler, part)]
    if missing:
        name = sampler.__name__ if isinstance(sampler, type) else kind.__name__
        if isinstance(sampler, type):
            way_out = f"make an object of the class: {name}()"
        elif len(missing) < len(_PARTS):
            way_out = f"it has no {', '.join(missing)}; derive it from raytune_lite.samplers.BaseSampler"
        else:
            way_out = f"built in are {', '.join(_HOMES)}"
        raise wrong_type("sampler", "an object such as TPESampler(seed=0)", sampler, way_out)
    try:
        json.dumps(dict(sampler.spec()))
    except Exception as error:  # noqa: BLE001  (spec() may be the user's)
        raise TypeError(
            f"sampler must have a spec() of JSON-able arguments, got {shown(sampler)}: {error!r:.200}; it is stored "
            "with the study."
        ) from None


def grid_from_spec(spec: Mapping[str, Any]) -> Grid | Branches | None:
    """What a recorded sampler had the ledger hand out; None for a sampler without a grid, as all of the users' own are.

    Raises:
        ValueError: the arguments are not those of the grid's sampler.
    """
    name = spec.get("name")
    if name == "PartialFixedSampler" and isinstance(spec.get("base_sampler"), Mapping):
        return grid_from_spec(spec["base_sampler"])
    return sampler_from_spec(spec).grid if name in ("BruteForceSampler", "GridSampler") else None
