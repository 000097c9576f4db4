"""A token an attempt: who has it may report for that attempt, and for no other.

Every worker of a run knows the key of the driver's socket. So an attempt gets, with its trial, a token that only the
driver can make, and puts it before each of its messages. The driver makes it of a secret of the run, so a restarted
driver knows all tokens, and none is stored.

A claim comes before there is a token. It carries a random word of its task instead: when it is sent again it gets its
answer again, and nobody else gets that answer, with the attempt's token in it.
"""

from __future__ import annotations

import hmac
import secrets

from ..core import messages as m
from ..exceptions import MessageError

LENGTH = 32  # hexadecimal digits
MOST_CLAIMS = 100_000  # claims whose words are remembered: many more than slots can be at work
AHEAD = "ahead-"  # begins the names of slots that get their trials before their tasks run: no task claims for them


def token_of(secret: bytes, number: int, attempt: int) -> str:
    """The token of one attempt."""
    return hmac.digest(secret, f"{number}/{attempt}".encode(), "sha256").hex()[:LENGTH]


def new_word() -> str:
    """By which a task's claim is known when it is sent again."""
    return secrets.token_hex(LENGTH // 2)


class Claims:
    """The words of the claims that one driver process has had. Threads may call at the same time."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}  # by slot, oldest first

    def check(self, slot: str, word: str) -> None:
        """Refuse a claim for a slot that another task has claimed for.

        Raises:
            MessageError: see above; nothing was changed.
        """
        if not hmac.compare_digest(self._words.setdefault(slot, word).encode(), word.encode()):
            raise MessageError(
                f"slot {slot!r:.100} was claimed for by another task: a task may claim for itself only. Nothing was "
                "changed."
            )
        if len(self._words) > MOST_CLAIMS:
            self._words.pop(next(iter(self._words)), None)


def with_token(token: str | None, message: bytes) -> bytes:
    """A message as an attempt sends it. ``token``: None where the attempt has none (yet)."""
    return message if token is None else token.encode() + message


def split(message: bytes) -> tuple[str | None, bytes]:
    """The token of a message, or None, and the rest: the event's JSON, which begins with a brace."""
    has_token = message[:1] != b"{" and message[LENGTH : LENGTH + 1] == b"{"
    return (message[:LENGTH].decode("ascii", "replace"), message[LENGTH:]) if has_token else (None, message)


def check(secret: bytes, token: str | None, event: m.Event) -> None:
    """Refuse a message of an attempt that has another token, and a claim that is not a task's.

    Raises:
        MessageError: see above; nothing was changed.
    """
    if isinstance(event, (m.AttemptBegan, m.Reported, m.ParamAsked, m.AttemptEnded)):
        expected = token_of(secret, event.number, event.attempt)
        if token is None or not hmac.compare_digest(token.encode(), expected.encode()):
            raise MessageError(
                f"a message for trial {event.number}, attempt {event.attempt} came without the token of that attempt: "
                "an attempt may report for its own trial only. Nothing was changed."
            )
    elif isinstance(event, m.Claimed) and event.slot.startswith(AHEAD):
        raise MessageError(f"slot {event.slot!r:.100} gets its trial before its task runs; a task cannot claim for it.")


__all__ = ["AHEAD", "Claims", "check", "new_word", "split", "token_of", "with_token"]
