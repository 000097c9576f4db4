"""Pruners: rules that pause or end trials by their reports. Owns the list of the built-in ones; knows no study."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..arguments import shown, wrong_type
from ..lazy import names_of

if TYPE_CHECKING:
    from ..core.protocols import Pruner
    from .asha import ASHAPruner
    from .base import BasePruner
    from .halving import SuccessiveHalvingPruner
    from .hyperband import HyperbandPruner
    from .median import MedianPruner
    from .moasha import MOASHAPruner
    from .nop import NopPruner
    from .objective import OnObjective
    from .pasha import PASHAPruner
    from .patient import PatientPruner
    from .pbt import PBTPruner
    from .percentile import PercentilePruner
    from .threshold import ThresholdPruner
    from .user import UserPruner
    from .wilcoxon import WilcoxonPruner

# The module of each: what a study is continued with, and what the command line offers. A new pruner is one line here.
_HOMES = {
    "ASHAPruner": "asha",
    "HyperbandPruner": "hyperband",
    "MOASHAPruner": "moasha",
    "MedianPruner": "median",
    "NopPruner": "nop",
    "OnObjective": "objective",
    "PatientPruner": "patient",
    "PASHAPruner": "pasha",
    "PBTPruner": "pbt",
    "PercentilePruner": "percentile",
    "SuccessiveHalvingPruner": "halving",
    "ThresholdPruner": "threshold",
    "WilcoxonPruner": "wilcoxon",
}
_BASES = {"BasePruner": "base", "UserPruner": "user"}  # not to be rebuilt from a spec
_OF_OTHERS = ("UserPruner", "OptunaPruner")

__all__ = [
    "ASHAPruner",
    "BasePruner",
    "HyperbandPruner",
    "MOASHAPruner",
    "MedianPruner",
    "NopPruner",
    "OnObjective",
    "PASHAPruner",
    "PBTPruner",
    "PatientPruner",
    "PercentilePruner",
    "SuccessiveHalvingPruner",
    "ThresholdPruner",
    "UserPruner",
    "WilcoxonPruner",
    "check_pruner",
    "pruner_from_spec",
    "pruner_names",
]

__getattr__ = names_of(__name__, {**_HOMES, **_BASES}, __all__)


def __dir__() -> list[str]:
    return sorted({**_HOMES, **_BASES})


def pruner_names() -> dict[str, str]:
    """The built-in pruners: a short name, as the command line has it, to the name of the class."""
    short = {name: name.removesuffix("Pruner").lower() for name in _HOMES}
    return {"none" if short[name] == "nop" else short[name]: name for name in _HOMES}


def pruner_from_spec(spec: Mapping[str, Any]) -> Pruner:
    """Inverse of ``pruner.spec()`` for the pruners of this package, those that wrap another one included.

    A UserPruner cannot be rebuilt: what stands for it lets a log be read, and ``check_pruner`` refuses to run with it.

    Raises:
        ValueError: the spec names no built-in pruner, or its arguments are not that pruner's.
    """
    try:
        arguments = dict(spec)
        name = arguments.pop("name", None)
    except (TypeError, ValueError):
        raise ValueError(f"a pruner's spec must be a mapping, got {shown(spec)}.") from None
    if name in _OF_OTHERS:
        from .user import AbsentPruner

        return AbsentPruner(dict(spec))
    if not isinstance(name, str) or name not in _HOMES:
        raise ValueError(
            f"pruner must be one of {sorted(_HOMES)}, got {shown(name)}; a pruner of your own cannot be rebuilt "
            "from its spec: pass the object as pruner=."
        )
    cls = __getattr__(name)
    for key, value in arguments.items():
        if isinstance(value, Mapping) and "name" in value:  # the pruner inside
            arguments[key] = pruner_from_spec(value)
    try:
        return cls(**arguments)  # type: ignore[no-any-return]
    except TypeError as error:
        raise ValueError(
            f"not a spec of {name}: {shown(spec)} ({error}); its arguments are {', '.join(_arguments(cls)) or 'none'}."
        ) from None


def _arguments(cls: type) -> list[str]:
    return [name for name in inspect.signature(cls).parameters if name != "self"]


def _innermost(pruner: Any) -> Any:
    inside = getattr(pruner, "wrapped_pruner", None) or getattr(pruner, "pruner", None)
    return pruner if inside is None else _innermost(inside)


def check_pruner(pruner: Any, n_objectives: int) -> None:
    """Refuse what is no pruner, and a pruner that cannot judge so many objectives.

    Raises:
        TypeError: it has no ``spec``, ``judge`` and ``judges_several``, as one of another library.
        ValueError: it stands for one that cannot be rebuilt.
        ValueError: the study has several objectives, and the pruner judges one; or it has not the one that is judged.
    """
    if isinstance(pruner, type) or not all(hasattr(pruner, name) for name in ("spec", "judge", "judges_several")):
        way_out = f"built in are {', '.join(_HOMES)}"
        if isinstance(pruner, type):
            way_out = f"make an object of the class, as {pruner.__name__}(...); {way_out}"
        raise wrong_type("pruner", "an object such as ASHAPruner(max_resource=27)", pruner, way_out)
    absent = _innermost(pruner)
    if type(absent).__name__ == "AbsentPruner":
        raise ValueError(
            f"this study's trials were judged by {absent.spec().get('pruner')}, which cannot be rebuilt from the "
            "record; pass the same object as pruner=."
        )
    if n_objectives > 1 and not pruner.judges_several:
        raise ValueError(
            f"{type(pruner).__name__} judges a single objective, and this study has {n_objectives}; pass "
            f"pruner=OnObjective(0, {type(pruner).__name__}(...)), which judges the first one, or NopPruner(), under "
            "which every trial runs to its end."
        )
    if getattr(pruner, "least_objectives", 1) > n_objectives:
        raise ValueError(
            f"{shown(pruner)} judges objective {pruner.index}, counted from 0, and this study has {n_objectives} "
            f"objective(s); pass an index from 0 to {n_objectives - 1}."
        )
