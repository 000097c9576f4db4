"""How much a run prints, and where it goes: one setting of this process, with the names and numbers of Optuna's.

* ``DEBUG``: a line for each trial that ends, too, and how the database kept up.
* ``INFO``, the default: progress, and the result at the end, unless ``optimize(show_progress_bar=False)``.
* ``WARNING``: only what a person should know while it happens: failed trials, a full disk, a cluster without room.
* ``ERROR``, ``CRITICAL``: nothing. What fails is stored with its trial all the same, and what ends a run is raised.

It has no effect on other processes, nor on what an objective prints (``optimize(trial_output=...)``).

All but progress goes to the standard logger "raytune_lite" too, with a line for each trial that ends at ``INFO``: to
handlers that are added to it, and with ``enable_propagation()`` to those of the root logger, for example a file's.
"""

from __future__ import annotations

import logging as _standard
import sys

from .arguments import integer, text, without_surrogates

DEBUG, INFO, WARNING, ERROR, CRITICAL = (
    _standard.DEBUG, _standard.INFO, _standard.WARNING, _standard.ERROR, _standard.CRITICAL,
)  # fmt: skip
WARN, FATAL = WARNING, CRITICAL


class _OnTerminal(_standard.Handler):
    """Prints what others say to the logger; what a run says is printed already, beside its progress."""

    def emit(self, record: _standard.LogRecord) -> None:
        if not getattr(record, "is_printed", False):
            print(self.format(record), file=sys.stderr, flush=True)  # noqa: T201


_logger, _on_terminal = _standard.getLogger("raytune_lite"), _OnTerminal()
_on_terminal.setFormatter(_standard.Formatter("[%(levelname).1s %(asctime)s] %(message)s"))
_logger.addHandler(_on_terminal)
_logger.propagate = False
_logger.setLevel(INFO)


def get_logger(name: str) -> _standard.Logger:
    """The standard library's logger of this name; Optuna's own names, "optuna" and "optuna.x", mean this package's.

    Raises:
        TypeError: ``name`` is no text.
    """
    root, dot, rest = text("name", name, "for example 'raytune_lite'").partition(".")
    return _standard.getLogger(f"{'raytune_lite' if root == 'optuna' else root}{dot}{rest}")


def get_verbosity() -> int:
    """The level: what is at it, or above it, is printed."""
    return _logger.level


def set_verbosity(verbosity: int) -> None:
    """Print only what is at this level or above it.

    Args:
        verbosity: ``DEBUG``, ``INFO``, ``WARNING``, ``ERROR`` or ``CRITICAL`` of this module; or any integer >= 0.

    Raises:
        TypeError, ValueError: it is no such number.
    """
    _logger.setLevel(integer("verbosity", verbosity, 0, "for example raytune_lite.logging.WARNING"))


def disable_default_handler() -> None:
    """Print nothing, neither progress; handlers of your own and the root logger's get what they got before."""
    _logger.removeHandler(_on_terminal)


def enable_default_handler() -> None:
    """Print again, after ``disable_default_handler``."""
    _logger.addHandler(_on_terminal)


def disable_propagation() -> None:
    """Tell the root logger's handlers nothing; that is the default."""
    _logger.propagate = False


def enable_propagation() -> None:
    """Tell the root logger's handlers, too; they have pytest's ``caplog`` among them."""
    _logger.propagate = True


def shows(level: int) -> bool:
    """Whether what is at ``level`` is printed."""
    return _on_terminal in _logger.handlers and level >= _logger.level


def listens() -> bool:
    """Whether anybody but the terminal is told."""
    return _logger.propagate or any(handler is not _on_terminal for handler in _logger.handlers)


def tell(level: int, said: str) -> None:
    """Have handlers know what a run says; the terminal has it from the run itself."""
    if listens():
        _logger.log(level, "%s", without_surrogates(said), extra={"is_printed": True})


__all__ = [
    "CRITICAL", "DEBUG", "ERROR", "FATAL", "INFO", "WARN", "WARNING", "disable_default_handler", "disable_propagation",
    "enable_default_handler", "enable_propagation", "get_logger", "get_verbosity", "set_verbosity",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
