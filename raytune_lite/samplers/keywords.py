"""Optuna's keywords that our samplers have no argument for: what each means here, or that it means nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from ..arguments import flag, function, shown

# why a value other than Optuna's default changes nothing
_NOTHING = {
    "consider_prior": "the prior is always there; prior_weight says how much of it",
    "consider_magic_clip": "bandwidths are chosen by other rules",
    "consider_endpoints": "bandwidths are chosen by other rules",
    "gamma": "the share of good trials is fixed",
    "weights": "all trials weigh the same",
    "independent_sampler": "all parameters are chosen together",
    "elite_population_selection_strategy": "generations are formed by dominance alone",
    "child_generation_strategy": "children are made by crossover and mutation",
    "after_trial_strategy": "nothing is done after a trial; report constraints with trial.set_constraint",
}
# None of our samplers warns of these, and a brute force search ends when all running trials have ended
_ALWAYS = ("warn_independent_sampling", "warn_asynchronous_seeding", "avoid_premature_stop")

Constraints = Callable[[Any], Any]


def optunas(kind: str, given: Mapping[str, Any], *names: str) -> Constraints | None:
    """Take the keywords of Optuna's that a sampler is given beside its own.

    Args:
        kind: the sampler's class, for messages.
        given: the keywords.
        names: those that Optuna's sampler of this name has.

    Returns:
        ``constraints_func``, which the study calls (``study/constraints.py``), or None.

    Raises:
        TypeError: a keyword that is not among ``names``; a flag that is no bool; ``constraints_func`` is no function.
    """
    for name, value in given.items():
        if name not in names:
            raise TypeError(f"{kind}() got an unexpected keyword argument {name!r}; see its docstring for what it has.")
        if name in _ALWAYS and value is not None:  # None: Optuna's default
            flag(name, value)
        elif name in _NOTHING and value is not None:
            warnings.warn(
                f"{name}={shown(value)} changes nothing here: {_NOTHING[name]}. With "
                f"sampler=optuna.samplers.{kind}(...) Optuna's own code chooses.",
                stacklevel=3,
            )
    found = given.get("constraints_func")
    if found is None:
        return None
    return function("constraints_func", found, ("trial",), "it returns one number a constraint, > 0 where it is missed")


__all__ = ["Constraints", "optunas"]
