"""A box around the best point that grows on success and shrinks on failure, replayed from the history.

In many dimensions most of the cube is far from all data, and expected improvement is largest in its corners; a local
box keeps the search where the model knows something.
"""

from __future__ import annotations

import numpy as np

from .kernel import Array
from .space import Space

_START, _LEAST, _MOST = 0.8, 0.5**7, 1.6
_SUCCESSES = 3


def side_length(losses: Array, d: int) -> float:
    """The box's side, as a share of the unit cube's, after trials with ``losses`` (n,) in the order they ended.

    Three improvements in a row double it, max(5, d) trials without one halve it; below 0.5^7 it starts afresh.
    Source: Eriksson et al. 2019 (TuRBO-1), section 2 and appendix.
    """
    side, wins, misses, patience = _START, 0, 0, max(5, d)
    best = np.minimum.accumulate(np.where(np.isnan(losses), np.inf, losses))
    for better in (best[1:] < best[:-1]).tolist():
        wins, misses = (wins + 1, 0) if better else (0, misses + 1)
        if wins == _SUCCESSES:
            side, wins = min(2.0 * side, _MOST), 0
        elif misses == patience:
            side, misses = 0.5 * side, 0
            if side < _LEAST:
                side = _START
    return side


def box_around(space: Space, centre: Array, scales: Array, side: float) -> tuple[Array, Array]:
    """(low, high), each (d,): a box of this side, longer where lengthscales are, cut by the cube; all of every choice.

    Source: Eriksson et al. 2019, section 2: sides in proportion to the lengthscales, with a geometric mean of ``side``.
    """
    numeric = space.numeric
    weights = np.clip(scales[numeric], 0.05, 5.0)
    half = 0.5 * side * weights / np.exp(np.log(weights).mean()) if len(numeric) else weights
    low, high = space.corners()
    middle = np.clip(centre[numeric], 0.0, 1.0)
    low[numeric], high[numeric] = np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
    return low, high
