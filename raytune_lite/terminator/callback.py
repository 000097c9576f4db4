"""``optuna.terminator.callback``: the callback that ends a study, which is in ``raytune_lite.terminator`` too."""

from __future__ import annotations

from ..integrations.optuna.lending import lender

_NAMES = ("TerminatorCallback",)
__all__ = [*_NAMES]

__getattr__ = lender(__name__, "optuna.terminator.callback", _NAMES)


def __dir__() -> list[str]:
    return sorted(__all__)
