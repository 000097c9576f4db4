"""Users' text, made safe to show: a name must not move a terminal's cursor or change its colours."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """A user's text in one line, safe to show: invisible characters are written as ``\\x1b`` or ``\\u202e``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def study_label(name: str) -> str:
    """A study's name in a sentence; one that was made up for it says nothing to anybody."""
    return "study" if name.startswith("no-name-") else f"study {printable(name)}"


def printable_lines(text: str) -> str:
    """A user's text with its line breaks, safe to show: see ``printable``."""
    return "\n".join(map(printable, text.expandtabs(4).split("\n")))


def without_controls(text: str) -> str:
    """Text as data: unchanged, except that control characters (not new lines and tabs) are written as ``\\x1b``."""
    if text.isprintable():
        return text
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cs") or c in "\n\t" else printable(c) for c in text)


__all__ = ["printable", "printable_lines", "study_label", "without_controls"]
