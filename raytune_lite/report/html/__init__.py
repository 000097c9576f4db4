"""A study as one HTML page: ``document`` collects what is shown, as data, and ``page`` writes the file.

The page is loaded when it is made: other commands need a few of its figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...lazy import names_of

if TYPE_CHECKING:
    from .page import write_report

__all__ = ["write_report"]

__getattr__ = names_of(__name__, {"write_report": "page"}, __all__)
