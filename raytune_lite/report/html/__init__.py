"""A study as one HTML page: ``document`` collects what is shown, as data, and ``page`` writes the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .page import write_report


def __getattr__(name: str) -> Any:
    """The page is loaded when it is made: other commands need a few of its figures."""
    if name == "write_report":
        from .page import write_report

        return write_report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["write_report"]
