"""A conditional space as branches: sets of parameters that occur together, and the choices that lead to each.

A branch is chosen as a good trial's; what its trials had in common is held, and the rest is a space without conditions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..distributions import Distribution, FloatDistribution
from ..trial import TrialState
from .history import History
from .rng import rng_for

_GOOD = 0.25  # share of the trials whose branches may be chosen


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch.

    Attributes:
        space: the parameters of its trials, sorted by name.
        held: the internal value of each discrete parameter that had one value in all of them: leaving it may lead to
            another branch.
    """

    space: dict[str, Distribution]
    held: dict[str, float]


def branch_of_a_good_trial(
    history: History, known: Mapping[str, Distribution], seed: int, number: int
) -> Branch | None:
    """One of the branches that the best quarter of all trials have, each as likely; None: there is none.

    For one objective. Trials that break constraints do not count. The draw is a function of ``seed`` and ``number``.
    A branch that has most of the good trials is not drawn more often: it is TPE that goes where most of them are.
    """
    losses = history.losses[:, 0]
    good = history.of_state(TrialState.COMPLETE) & np.isfinite(losses) & ~(history.violations > 0.0)
    rows = np.flatnonzero(good)
    if not len(rows):
        return None
    best = rows[np.argsort(losses[rows], kind="stable")[: math.ceil(_GOOD * len(rows))]]
    branches = list(dict.fromkeys(history.group_of(int(row)) for row in best))
    names = branches[int(rng_for(seed, number=number, purpose="branch").integers(len(branches)))]
    if not names or any(name not in known for name in names):
        return None
    alike = good & history.in_group(names)
    held = {}
    for name in names:
        dist = known[name]
        if not isinstance(dist, FloatDistribution) or dist.step is not None:
            values = history.column(name)[alike]
            if (values == values[0]).all() and dist.contains(float(values[0])):
                held[name] = float(values[0])
    return Branch({name: known[name] for name in names}, held)
