"""Samplers and pruners as users pass them: ours, Optuna's, or their own that are written as Optuna's are.

What the core asks of algorithms is another protocol than Optuna's; here an object gets the one that fits it, or is
refused. Imports Optuna only when an object of Optuna's is passed, so that it is loaded already.
"""

from __future__ import annotations

import sys
from typing import Any

from ...core.protocols import Pruner, Sampler
from ...pruners import check_pruner
from ...pruners import user as user_pruners
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
    return given  # type: ignore[no-any-return]


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
    elif user_pruners.is_for_studies(given):
        found = user_pruners.UserPruner(given)
    check_pruner(found, n_objectives)
    return found  # type: ignore[no-any-return]


def as_given(algorithm: Any) -> Any:
    """The object that the user passed; the inverse of ``as_sampler``, and of ``as_pruner`` for a user's."""
    return getattr(algorithm, "original", algorithm)


def _is_optunas(given: Any, module: str, base: str) -> bool:
    theirs = getattr(sys.modules.get(f"optuna.{module}"), base, None)
    return theirs is not None and isinstance(given, theirs)


__all__ = ["as_given", "as_pruner", "as_sampler"]
