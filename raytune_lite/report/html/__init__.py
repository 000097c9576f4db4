"""A study as one HTML page: ``document`` collects what is shown, as data, and ``page`` writes the file."""

from .page import write_report

__all__ = ["write_report"]
