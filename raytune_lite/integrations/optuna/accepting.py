"""Samplers and pruners as users pass them: ours, Optuna's, or their own that are written as Optuna's are.

What the core asks of algorithms is another protocol than Optuna's; here an object gets the one that fits it, or is
refused. Imports Optuna only when an object of Optuna's is passed, so that it is loaded already.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any, cast

from ...core.protocols import Pruner, Sampler
from ...pruners import OnObjective, PatientPruner, UserPruner, check_pruner
from ...pruners.user import is_for_studies as is_users_pruner
from ...samplers import check_sampler
from ...samplers.for_studies import is_for_studies


def as_sampler(given: Any) -> Sampler | None:
    """What a study is run with, for the ``sampler`` that a user passes; None for None.

    Raises:
        TypeError: it is no sampler, or one with Optuna's methods that cannot be copied.
    """
    if given is None:
        return None
    if isinstance(given, type):
        check_sampler(given)
    if _is_optunas(given, "samplers", "BaseSampler"):
        from ...samplers.generators import seed_of
        from .sampler import OptunaSampler

        return OptunaSampler(given, seed_of(given) or 0)
    if is_for_studies(given):
        from ...samplers.user import UserSampler

        return UserSampler(given)
    check_sampler(given)
    return _sampler_with_optunas(given)  # type: ignore[no-any-return]


def _sampler_with_optunas(given: Any) -> Any:
    """A sampler of ours; what it wraps of Optuna's, and took for a user's, is asked with Optuna's classes."""
    for name in ("base_sampler", "independent_sampler"):
        inside: Any = getattr(given, name, None)
        is_theirs = type(inside).__name__ == "UserSampler" and _is_optunas(inside.original, "samplers", "BaseSampler")
        made = as_sampler(inside.original if is_theirs else inside)
        if made is not inside:
            return given.with_arguments(**{name: made})
    return given


def as_pruner(given: Any, n_objectives: int) -> Pruner | None:
    """What a study of so many objectives is run with, for the ``pruner`` that a user passes; None for None.

    Raises:
        TypeError: it is no pruner, or one with Optuna's method that cannot be copied.
        ValueError: it cannot judge so many objectives; an argument of an Optuna pruner that ours of its name refuses.
    """
    if given is None:
        return None
    found = given
    if _is_optunas(given, "pruners", "BasePruner"):
        from .pruner import pruner_for

        found = pruner_for(given)
    elif is_users_pruner(given):
        found = UserPruner(given)
    found = _pruner_with_optunas(found)
    check_pruner(found, n_objectives)
    return found  # type: ignore[no-any-return]


def _pruner_with_optunas(given: Any) -> Any:
    """See ``_sampler_with_optunas``."""
    name = {PatientPruner: "wrapped_pruner", OnObjective: "pruner"}.get(type(given))
    if name is None:
        return given
    inside = getattr(given, name)
    if isinstance(inside, UserPruner) and _is_optunas(inside.original, "pruners", "BasePruner"):
        from .pruner import pruner_for

        made = pruner_for(cast(Any, inside.original))
    else:
        made = _pruner_with_optunas(inside)
    return given if made is inside else replace(given, **{name: made})


def as_given(algorithm: Any) -> Any:
    """The object that the user passed; the inverse of ``as_sampler``, and of ``as_pruner`` for a user's."""
    return getattr(algorithm, "original", algorithm)


def _is_optunas(given: Any, module: str, base: str) -> bool:
    theirs = getattr(sys.modules.get(f"optuna.{module}"), base, None)
    return theirs is not None and isinstance(given, theirs)


__all__ = ["as_given", "as_pruner", "as_sampler"]
