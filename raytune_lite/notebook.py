"""How objects show themselves in a notebook, and in one line: rows of names and values. Everything is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from .arguments import shown

_WIDTH = 120  # characters of one value


def html_table(title: str, rows: Iterable[tuple[str, Any]]) -> str:
    """A table of two columns under a title, as HTML. A str is shown as it is, other values by their repr, cut."""
    texts = [(name, value if isinstance(value, str) else shown(value, _WIDTH)) for name, value in rows]
    lines = [
        f"<tr><th style='text-align:left;vertical-align:top'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>{html.escape(text)}</td></tr>"
        for name, text in texts
    ]
    return f"<div><b>{html.escape(title)}</b><table>{''.join(lines)}</table></div>"


def one_line(name: str, parts: Iterable[tuple[str, Any]]) -> str:
    """``Name(number=3, state=COMPLETE)``; long values are cut. A str stands as it is: pass the ``repr`` of a text."""
    inside = ", ".join(f"{key}={value if isinstance(value, str) else shown(value, _WIDTH)}" for key, value in parts)
    return f"{name}({inside})"


__all__ = ["html_table", "one_line"]
