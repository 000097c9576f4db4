"""The sampler and the pruner that a configuration names.

``_target_`` is a class of ``raytune_lite.samplers`` or ``raytune_lite.pruners``. One of Optuna's is read as ours of the
same name, so that a file written for Optuna's sweeper needs no change. Hydra's ``instantiate`` makes anything else.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from ...arguments import shown
from ...core.protocols import Pruner, Sampler
from ...samplers.grid import GridSampler
from .space import Space

FAMILIES = {"samplers": "Sampler", "pruners": "Pruner"}
_OPTUNAS = {"multivariate": False, "warn_independent_sampling": True, "warn_asynchronous_seeding": True,
            "inc_popsize": 2, "independent_sampler": None}  # fmt: skip
_INSIDE = ("base_sampler", "independent_sampler", "wrapped_pruner", "pruner")


def sampler(node: Mapping[str, Any] | None, space: Space) -> Sampler | None:
    """The sampler of the configuration; a grid gets its values from the search space.

    Raises:
        ValueError: it is described wrongly, or a grid would be infinite.
    """
    if node is None:
        return None
    if isinstance(node, Mapping) and _name(node, "samplers") == "GridSampler" and not node.get("search_space"):
        return GridSampler(space.grid(), **{key: node[key] for key in ("seed", "max_failures") if key in node})
    made: Sampler = _made("samplers", node)
    return made


def pruner(node: Mapping[str, Any] | None) -> Pruner | None:
    """The pruner of the configuration; None for none.

    Raises:
        ValueError: it is described wrongly.
    """
    return None if node is None else _made("pruners", node)


def _name(node: Mapping[str, Any], family: str) -> str | None:
    """The name of our class that ``_target_`` means; None where it means something else."""
    module, _, name = str(node.get("_target_", "")).rpartition(".")
    ours = importlib.import_module(f"raytune_lite.{family}")
    return name if module in (f"raytune_lite.{family}", f"optuna.{family}") and name in ours._HOMES else None


def _made(family: str, node: Any) -> Any:
    if not isinstance(node, Mapping) or "_target_" not in node:
        raise ValueError(
            f"hydra.sweeper.{FAMILIES[family].lower()} must be chosen on the defaults list (override "
            f"hydra/sweeper/{FAMILIES[family].lower()}: ...) or have a _target_, got {shown(node)}."
        )
    name = _name(node, family)
    if name is None:
        from hydra.utils import instantiate

        return instantiate(dict(node))
    cls = getattr(importlib.import_module(f"raytune_lite.{family}"), name)
    given = {key: value for key, value in node.items() if key not in ("_target_", "_partial_")}
    for key in _INSIDE:
        if isinstance(given.get(key), Mapping):
            given[key] = _made("pruners" if "pruner" in key else "samplers", given[key])
    return cls(**_arguments(cls, given))


def _arguments(cls: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` without what only Optuna's class of that name has, where it says nothing.

    Raises:
        ValueError: an argument that the class has not.
    """
    parameters = inspect.signature(cls).parameters
    has_more = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    found, unknown = {}, []
    for key, value in given.items():
        default = parameters[key].default if key in parameters else None
        if value is None and default is not inspect.Parameter.empty:
            continue  # not given
        if key in parameters or (has_more and key not in _OPTUNAS):
            found[key] = value
        elif key not in _OPTUNAS or value != _OPTUNAS[key]:
            unknown.append(f"{key}={shown(value)}")
    if unknown:
        raise ValueError(
            f"{cls.__name__} has no argument {', '.join(unknown)}; it has {', '.join(parameters)}. Leave it out; one "
            "of Optuna's own samplers runs as _target_: raytune_lite.integrations.optuna.OptunaSampler."
        )
    return found


__all__ = ["pruner", "sampler"]
