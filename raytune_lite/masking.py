"""What may be a secret, by its name: one rule for URLs, command lines, environments and the errors of libraries.

It hides some harmless values (``--max-tokens``), and misses a secret with a harmless name. Where a file with a secret
lies may be shown (``--password-file``, ``TOKEN_PATH``).
"""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Collection, Sequence

# a part of a name that says so
NAME = (
    r"(?:pass(?!es|ing|ive)|pwd|secret|token(?!iz)|credential|signature|(?:access|account|api|auth|private)[-_]?key"
    r"|(?:\b|_)sas(?:\b|_))(?![\w-]*[-_](?:file|path)\b)"
)
_NAME = re.compile(rf"{NAME}|^(?:key|sig)$", re.IGNORECASE)  # s3fs's "key", Azure's "sig"
_PAIR = re.compile(  # name=value, 'name': 'value'
    rf"(?P<before>(?P<name>[\w-]*(?:{NAME})[\w-]*|\bsig)(?:=|['\"]\s*:\s*)['\"]?)[^\s'\",&]+", re.IGNORECASE
)
_IN_DICT = re.compile(rf"(?P<before>[{{,](?P<name>[\w-]*(?:{NAME})[\w-]*):\s?)[^\s,}}]+", re.IGNORECASE)  # of Hydra
_IS_NAME = re.compile(r"[^\s'\"{}?:]+")  # also Hydra's: +db/mysql.password
_IN_URL = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")


def is_secret(name: str) -> bool:
    """Whether what has this name may be a secret: an option, an environment variable, a parameter of a URL."""
    return _NAME.search(name) is not None


def masked(text: str, harmless: Collection[str] = ()) -> str:
    """``text`` with ``***`` for what may be a password in it: by its place in a URL, or by its name.

    Args:
        text: any.
        harmless: names that hold no secret.
    """

    def hidden(found: re.Match[str]) -> str:
        return found[0] if _is_one_of(found["name"], harmless) else f"{found['before']}***"

    return _IN_URL.sub(r"\1***@", _IN_DICT.sub(hidden, _PAIR.sub(hidden, text)))


def masked_words(words: Sequence[str], harmless: Collection[str] = ()) -> list[str]:
    """A command line's words with ``***`` for what may be a secret: by the name before it, in the word or as an option.

    Args:
        words: as a program gets them. One that is a command line itself (``bash -c "..."``) is looked into.
        harmless: names that hold no secret.
    """
    found, hides = list[str](), False
    for word in words:
        name, equals, _ = word.partition("=")
        if hides and not word.startswith("--"):
            found.append("***")
            hides = False
            continue
        is_hidden = is_secret(name) and not _is_one_of(name, harmless)
        hides = is_hidden and not equals and word.startswith("-")
        is_pair = bool(equals) and _IS_NAME.fullmatch(name) is not None
        found.append(f"{name}=***" if is_pair and is_hidden else _masked_word(word, harmless))
    return found


def _masked_word(word: str, harmless: Collection[str]) -> str:
    if " " in word:
        with contextlib.suppress(ValueError):  # no command line
            inner = shlex.split(word)
            shown = masked_words(inner, harmless)
            if shown != inner:
                return shlex.join(shown)
    return masked(word, harmless)


def _is_one_of(name: str, names: Collection[str]) -> bool:
    return bool(names) and _plain(name) in {_plain(one) for one in names}


def _plain(name: str) -> str:
    """``--max-tokens`` and ``model.max_tokens`` are one name."""
    return name.rpartition(".")[2].lstrip("-").replace("-", "_").lower()


__all__ = ["NAME", "is_secret", "masked", "masked_words"]
