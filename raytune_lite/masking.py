"""What may be a secret, by its name: one rule for URLs, command lines, environments and the errors of libraries.

It hides some values that are none (``--max-tokens``), and misses a secret with a harmless name.
"""

from __future__ import annotations

import re

# a part of a name that says so
NAME = (
    r"pass(?!es|ing|ive)|pwd|secret|token(?!iz)|credential|signature|(?:access|account|api|auth|private)[-_]?key"
    r"|(?:\b|_)sas(?:\b|_)"
)
_NAME = re.compile(rf"{NAME}|^(?:key|sig)$", re.IGNORECASE)  # s3fs's "key", Azure's "sig"
_PAIR = re.compile(  # name=value, 'name': 'value'
    rf"((?:\w*(?:{NAME})\w*|\bsig)(?:=|['\"]\s*:\s*)['\"]?)[^\s'\",&]+", re.IGNORECASE
)
_IN_URL = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")


def is_secret(name: str) -> bool:
    """Whether what has this name may be a secret: an option, an environment variable, a parameter of a URL."""
    return _NAME.search(name) is not None


def masked(text: str) -> str:
    """``text`` with ``***`` for what may be a password in it: by its place in a URL, or by its name."""
    return _IN_URL.sub(r"\1***@", _PAIR.sub(r"\1***", text))


__all__ = ["NAME", "is_secret", "masked"]
