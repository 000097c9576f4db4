"""The trial whose objective runs now, for code that is not handed the trial."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .trial import Trial

_CURRENT: ContextVar[Trial | None] = ContextVar("raytune_lite.current_trial", default=None)


def current_trial() -> Trial | None:
    """The trial whose objective runs in this thread or task now; None outside one.

    For code to which the objective's argument does not come: a Hydra task function, a callback of a library. A thread
    that the objective starts has none, unless it is started with ``contextvars.copy_context().run``; nor has a trial
    of ``ask``, which no objective runs.
    """
    return _CURRENT.get()


@contextmanager
def at_work(trial: Trial) -> Iterator[None]:
    """``current_trial()`` is ``trial`` in the body."""
    token = _CURRENT.set(trial)
    try:
        yield
    finally:
        _CURRENT.reset(token)


__all__ = ["at_work", "current_trial"]
