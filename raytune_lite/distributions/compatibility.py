"""Whether two distributions can describe one parameter of a study."""

from __future__ import annotations

from ..arguments import shown
from ..exceptions import IncompatibleDistributionError
from .categorical import CategoricalDistribution
from .encoding import Distribution


def check_compatibility(name: str, old: Distribution, new: Distribution) -> None:
    """Refuse a new distribution for a name whose old one it contradicts.

    In a study a name keeps its kind, its ``log`` and its choices; ranges may change. This is Optuna's rule.

    Raises:
        IncompatibleDistributionError: the two cannot describe one parameter.
    """
    way_out = f"use another parameter name (for example {name + '_2'!r}), or another study."
    if type(old) is not type(new):
        raise IncompatibleDistributionError(
            f"parameter {name!r} was {type(old).__name__} in this study and is {type(new).__name__} now; {way_out}"
        )
    if isinstance(old, CategoricalDistribution) and isinstance(new, CategoricalDistribution):
        if old != new:
            raise IncompatibleDistributionError(
                f"parameter {name!r}: its choices were {shown(old.choices)} and are {shown(new.choices)} now; they "
                "may not change: " + way_out
            )
    elif old.log != new.log:  # type: ignore[union-attr]
        raise IncompatibleDistributionError(
            f"parameter {name!r} was {old} and is {new} now: log may not change; {way_out}"
        )


def check_distribution_compatibility(dist_old: Distribution, dist_new: Distribution) -> None:
    """Optuna's: raise IncompatibleDistributionError where the two cannot describe one parameter."""
    check_compatibility("x", dist_old, dist_new)


__all__ = ["check_compatibility", "check_distribution_compatibility"]
