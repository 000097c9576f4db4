"""Optuna's own functions and classes under our names: our studies and trials are given to them in Optuna's classes.

``raytune_lite.visualization.plot_slice`` is ``optuna.visualization.plot_slice`` of a study of ours. Optuna is imported
when one of the names is first asked for.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import operator
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...distributions import DISTRIBUTIONS
from ...trial import FrozenTrial

INSTALL = "pip install 'raytune-lite[optuna]'"


def lender(
    module: str,
    source: str,
    names: Sequence[str],
    *,
    install: str = INSTALL,
    classes: bool = True,
    unchanged: Mapping[str, Sequence[str]] | None = None,
) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module whose names are those of a module of Optuna's.

    Args:
        module: the ``__name__`` of ours.
        source: Optuna's.
        names: what it has.
        install: the command that installs what it needs.
        classes: whether its classes have methods that take our objects.
        unchanged: keyword arguments that a name takes as they are: it runs trials in our study, say.
    """

    def find(name: str) -> Any:
        if name.startswith("__") or name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}; it has {', '.join(names)}.")
        try:
            found = getattr(importlib.import_module(source), name)
        except ImportError as error:
            raise ImportError(
                f"{module}.{name} is {source}.{name}, which cannot be imported here ({error}). Install it: {install}."
            ) from None
        kept = frozenset((unchanged or {}).get(name, ()))
        value = found if inspect.isclass(found) and not classes else lent(found, kept)
        if inspect.isclass(value) and value is not found:
            value.__module__, value.__qualname__ = module, name  # where pickle finds it
        setattr(sys.modules[module], name, value)
        return value

    return find


def lent(thing: Any, kept: frozenset[str] = frozenset()) -> Any:
    """A function, or a class, of Optuna's that takes our objects; anything else as it is.

    ``kept``: keyword arguments that are passed on unchanged.
    """
    if inspect.isclass(thing):
        return _lent_class(thing, kept)
    return _lent_function(thing, kept) if inspect.isfunction(thing) else thing


def _lent_function(function: Callable[..., Any], kept: frozenset[str]) -> Callable[..., Any]:
    from .translation import ours

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        named = {name: value if name in kept else theirs(value) for name, value in kwargs.items()}
        return ours(function(*map(theirs, args), **named))

    return call


def _lent_class(kind: type, kept: frozenset[str]) -> type:
    """A subclass whose own methods take our objects. What is abstract, or has no methods of that sort, stays itself."""
    if inspect.isabstract(kind) or issubclass(kind, (Exception, tuple)) or hasattr(kind, "__dataclass_fields__"):
        return kind
    wrapped: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        for name, method in vars(base).items() if base.__module__.startswith("optuna") else ():
            if inspect.isfunction(method) and (name in ("__init__", "__call__") or not name.startswith("_")):
                wrapped[name] = _lent_function(method, kept)
    body = {"__doc__": kind.__doc__, "__module__": kind.__module__, "__qualname__": kind.__qualname__, **wrapped}
    made: type = types.new_class(kind.__name__, (kind,), exec_body=lambda space: space.update(body))
    return made


def theirs(thing: Any) -> Any:
    """Our study, trial or distribution in Optuna's class, also in a list, a tuple or a dict; all else as it is."""
    if type(thing) in (list, tuple):
        found = [theirs(item) for item in thing]
        return thing if all(map(operator.is_, found, thing)) else type(thing)(found)
    if type(thing) is dict:
        changed = {key: theirs(value) for key, value in thing.items()}
        return thing if all(map(operator.is_, changed.values(), thing.values())) else changed
    if isinstance(thing, FrozenTrial):
        from .translation import their_trial

        return their_trial(thing)
    if isinstance(thing, DISTRIBUTIONS):
        from .translation import translated

        return translated(thing)
    give = getattr(type(thing), "as_optuna", None)  # a Study, a live Trial
    return give(thing) if give is not None else thing


__all__ = ["INSTALL", "lender", "lent", "theirs"]
