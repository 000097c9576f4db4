"""Text of users made safe to show: a name must not move a terminal's cursor, nor change its colours. No imports."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """Text of a user in one line, safe to show: what is no visible character is written as ``\\x1b`` or ``\\u202e``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def printable_lines(text: str) -> str:
    """Text of a user in its own lines, safe to show: see ``printable``."""
    return "\n".join(map(printable, text.expandtabs(4).split("\n")))


def without_controls(text: str) -> str:
    """Text as data: as it is, but for characters that act on a terminal (not new lines and tabs), or that are none."""
    if text.isprintable():
        return text
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cs") or c in "\n\t" else printable(c) for c in text)


__all__ = ["printable", "printable_lines", "without_controls"]
