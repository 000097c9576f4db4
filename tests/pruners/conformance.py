"""What the conformance suite asks of every pruner. A new pruner joins by one line in CASES."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import optuna

from raytune_lite.core.protocols import Pruner
from raytune_lite.pruners import ASHAPruner, MedianPruner, NopPruner


@dataclass(frozen=True, slots=True)
class Case:
    """One pruner with its arguments.

    ``peer``: the same one of Optuna's, when it promises Optuna's decisions. ``heeds_all``: reports at which nothing is
    due count too, in later decisions. ``differs_on_infinities``: its docstring says so, and its own tests show where.
    """

    name: str
    make: Callable[[], Pruner]
    peer: Callable[[], optuna.pruners.BasePruner] | None = None
    heeds_all: bool = False
    differs_on_infinities: bool = False


def _median(name: str, *given: int, n_min_trials: int = 1) -> Case:
    return Case(
        name,
        lambda: MedianPruner(*given, n_min_trials=n_min_trials),
        lambda: optuna.pruners.MedianPruner(*given, n_min_trials=n_min_trials),
        heeds_all=True,
        differs_on_infinities=True,
    )


CASES = (
    Case("Nop", NopPruner, optuna.pruners.NopPruner),
    Case("ASHA promote", lambda: ASHAPruner(1, 9, 3)),
    Case("ASHA promote, halves", lambda: ASHAPruner(2, 9, 2)),
    Case("ASHA stop", lambda: ASHAPruner(1, 9, 2, mode="stop")),
    Case("ASHA without rungs", lambda: ASHAPruner(9, 9, 3)),
    _median("Median"),
    _median("Median, at once", 0),
    _median("Median, sparse", 2, 2, 3, n_min_trials=2),
)
