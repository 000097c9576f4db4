"""Plan before paying: what a study would have cost under another rule, and what it will cost on how many workers.

``replay`` trains the recorded curves again in virtual time, ``plan`` draws from them on any number of workers.
Everything here reads a study and changes none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import names_of

if TYPE_CHECKING:
    from .forecasting import Plan, plan
    from .piloting import Measures, measure
    from .replaying import Replay, replay

_HOMES = {
    "Measures": "piloting",
    "Plan": "forecasting",
    "Replay": "replaying",
    "measure": "piloting",
    "plan": "forecasting",
    "replay": "replaying",
}

__all__ = ["Measures", "Plan", "Replay", "measure", "plan", "replay"]

__getattr__ = names_of(__name__, _HOMES, __all__)
