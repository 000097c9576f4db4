"""The process over (parameters, level) whose rows are entries at rungs; it predicts at the top level."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .chain import WARP_FROM
from .fit import JITTERS, Objective, Prior, fit
from .kernel import Array
from .posterior import Posterior
from .rungs import RungRows
from .space import Space
from .warping import standardise

_REACHES = (4.0, 1.0)  # l_t: over how many levels results stay alike
_ITERATIONS = 6  # of each fit; the second goes on from where the first ended


@dataclass(frozen=True, slots=True)
class RungProcess:
    """A process fitted to rows of several levels.

    Covariance: matern52(x, x') exp(-|t - t'| / l_t), where t is the height of a level. Of two l_t the more probable one
    is taken.

    Attributes:
        posterior: at the top level.
        y: values of the rows, shape (n,).
        reach: l_t.
        failures: 1 where no fit succeeded and the hyperparameters are the prior's, else 0.
    """

    posterior: Posterior
    y: Array
    reach: float
    failures: int

    @classmethod
    def of(cls, space: Space, prior: Prior, rungs: RungRows) -> RungProcess:
        """The process of these rows, of which there is at least one."""
        y, t, z = standardise(rungs.values), rungs.heights, space.features(rungs.units)
        prior = replace(prior, warps=len(space.numeric) if len(y) >= WARP_FROM else 0)
        theta, reach, least = prior.centre, _REACHES[0], np.inf
        for tried in _REACHES:
            ties = np.exp(-np.abs(t[:, None] - t) / tried)
            for jitter in JITTERS:
                found = fit(Objective(z, space.owner, y, prior, jitter, ties), prior, [theta], _ITERATIONS)
                if found is not None:
                    break
            if found is not None and found[1] < least:
                (theta, least), reach = found, tried
        ties = np.exp(-np.abs(t[:, None] - t) / reach)
        posterior = Posterior(space, theta, rungs.units, ties, np.exp(t / reach))
        return cls(posterior, y, reach, int(least == np.inf))
