"""How much a run prints: one setting of this process, with the names and numbers of Optuna's.

* ``DEBUG``: a line for each trial that ends, too, and how the database kept up.
* ``INFO``, the default: progress, and the result at the end, unless ``optimize(show_progress_bar=False)``.
* ``WARNING``: only what a person should know while it happens: failed trials, a full disk, a cluster without room.
* ``ERROR``, ``CRITICAL``: nothing. What fails is stored with its trial all the same, and what ends a run is raised.

It has no effect on other processes, nor on what an objective prints (``optimize(trial_output=...)``).
"""

from __future__ import annotations

import logging as _standard

from .arguments import integer

DEBUG, INFO, WARNING, ERROR, CRITICAL = (
    _standard.DEBUG, _standard.INFO, _standard.WARNING, _standard.ERROR, _standard.CRITICAL,
)  # fmt: skip
WARN, FATAL = WARNING, CRITICAL

_verbosity = [INFO]


def get_verbosity() -> int:
    """The level: what is at it, or above it, is printed."""
    return _verbosity[0]


def set_verbosity(verbosity: int) -> None:
    """Print only what is at this level or above it.

    Args:
        verbosity: ``DEBUG``, ``INFO``, ``WARNING``, ``ERROR`` or ``CRITICAL`` of this module; or any integer >= 0.

    Raises:
        TypeError, ValueError: it is no such number.
    """
    _verbosity[0] = integer("verbosity", verbosity, 0, "for example raytune_lite.logging.WARNING")


def shows(level: int) -> bool:
    """Whether what is at ``level`` is printed."""
    return level >= _verbosity[0]


__all__ = ["CRITICAL", "DEBUG", "ERROR", "FATAL", "INFO", "WARN", "WARNING", "get_verbosity", "set_verbosity"]


def __dir__() -> list[str]:
    return sorted(__all__)
