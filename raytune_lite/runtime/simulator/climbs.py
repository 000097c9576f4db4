"""What pruners with rungs promise, written out naively: the levels of each trial, and who goes on from a rung.

Source: Li et al. 2018, arXiv:1810.05934, Algorithm 2; Optuna 5.0, ``optuna/pruners/_successive_halving.py`` and
``_hyperband.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from ...pruners import ASHAPruner, HyperbandPruner, MOASHAPruner, PASHAPruner, SuccessiveHalvingPruner

_END = 2**20  # no simulated trial gets so far


@dataclass(frozen=True, slots=True)
class Climb:
    """The rungs of a pruner, and its rule.

    Args:
        pruner: its arguments.
        study_name: by which Hyperband chooses brackets.
    """

    pruner: Any
    study_name: str

    @property
    def stops(self) -> bool:
        """Whether who is not on top ends; else it pauses."""
        return getattr(self.pruner, "mode", "promote") == "stop"

    @property
    def is_optunas(self) -> bool:
        """Whether equal losses are on top together, infinities are losses, and NaN is recorded nowhere."""
        return self.stops and not isinstance(self.pruner, (ASHAPruner, MOASHAPruner))

    @property
    def shares_rungs(self) -> bool:
        """Whether trials of all brackets meet at a level."""
        return not self.stops

    @property
    def waits_for_first(self) -> bool:
        """Whether there are no rungs before a trial that reported is COMPLETE."""
        low, high = self.pruner.min_resource, self.pruner.max_resource
        return "auto" in (low, high)

    def bracket(self, number: int, first: int | None) -> int:
        """The bracket of a trial. ``first``: the last step of the first COMPLETE trial, where that decides."""
        if not isinstance(self.pruner, HyperbandPruner):
            return 0
        eta, n = self.pruner.reduction_factor, self._n_brackets(first)
        shares = [math.ceil(n * eta**s / (s + 1)) for s in range(n - 1, -1, -1)]
        everyone = [bracket for bracket, share in enumerate(shares) for _ in range(share)]
        return everyone[crc32(f"{self.study_name}_{number}".encode()) % len(everyone)]

    def _n_brackets(self, first: int | None) -> int:
        n, low, high = 1, self.pruner.min_resource, self._high(first)
        while low * self.pruner.reduction_factor**n <= high:
            n += 1
        return n

    def _high(self, first: int | None) -> int:
        high = self.pruner.max_resource
        if high == "auto":
            assert first is not None
            return first + 1 if self.stops else first
        return int(high)

    def levels(self, number: int, first: int | None) -> list[int]:
        """The levels of a trial, ascending; none while they are not decided."""
        if self.waits_for_first and first is None:
            return []
        pruner, low, high = self.pruner, self.pruner.min_resource, _END
        if low == "auto":
            assert first is not None
            low = max(first // 100, 1)
        if isinstance(pruner, HyperbandPruner):
            if self.stops:
                high = _END if self._high(first) >= low else 0
            else:
                high = self._high(first)
            rate = self.bracket(number, first)
        else:
            high = _END if pruner.max_resource is None else pruner.max_resource
            rate = getattr(pruner, "min_early_stopping_rate", 0)
        levels = [low * pruner.reduction_factor**k for k in range(rate, 30)]
        return [level for level in levels if level < high]

    def on_top(self, losses: list[float]) -> list[int]:
        """The places of those on top, best first; what is not finite is inf, but under Optuna's rule."""
        n, bootstrap = len(losses), getattr(self.pruner, "bootstrap_count", 0)
        quota = max(n // self.pruner.reduction_factor, 1 if self.stops else 0) if n > bootstrap else 0
        order = sorted(range(n), key=lambda i: losses[i])  # stable: ties to the earliest
        if quota and self.is_optunas:
            return [i for i in order if losses[i] <= losses[order[quota - 1]]]
        return [i for i in order[:quota] if math.isfinite(losses[i])]

    def has_lost(self, loss: float) -> bool:
        """Whether a trial ends with such a loss."""
        return math.isnan(loss) if self.is_optunas else not math.isfinite(loss)


def climb_of(pruner: Any, study_name: str) -> Climb | None:
    """What this pruner promises of its rungs; None: it has none."""
    with_rungs = (ASHAPruner, SuccessiveHalvingPruner, HyperbandPruner, PASHAPruner, MOASHAPruner)
    return Climb(pruner, study_name) if isinstance(pruner, with_rungs) else None


__all__ = ["Climb", "climb_of"]
