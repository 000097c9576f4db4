"""A token an attempt: who has it may report for that attempt, and for no other.

Every worker of a run knows the key of the driver's socket. So an attempt gets, with its trial, a token that only the
driver can make, and puts it before each of its messages. The driver makes it of a secret of the run, so a restarted
driver knows all tokens, and none is stored.

A claim comes before there is a token. It carries the seal of its slot instead, which the launcher makes of the same
secret and gives to the slot's task with its other arguments. So only that task can claim for that slot and be told the
attempt's token, also when it sends its claim again, or to a driver that has been restarted.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

from ..core import messages as m
from ..exceptions import MessageError

LENGTH = 32  # hexadecimal digits
AHEAD = "ahead-"  # begins the names of slots that get their trials before their tasks run: no task has their seals


class Ticket(NamedTuple):
    """What the task of a slot claims with. ``seal``: None where a run has no secret."""

    slot: str
    seal: str | None

    def __repr__(self) -> str:
        return f"Ticket(slot={self.slot!r})"  # a traceback with the values of variables ends in a log

    @classmethod
    def of(cls, secret: bytes | None, slot: str) -> Ticket:
        """The ticket of a slot; a launcher gives it to that slot's task."""
        return cls(slot, None if secret is None else seal_of(secret, slot))


def token_of(secret: bytes, number: int, attempt: int) -> str:
    """The token of one attempt."""
    return _made(secret, f"{number}/{attempt}")


def seal_of(secret: bytes, slot: str) -> str:
    """What stands before the claim of a slot's task."""
    return _made(secret, f"slot/{slot}")


def _made(secret: bytes, what: str) -> str:
    return hmac.digest(secret, what.encode(errors="surrogatepass"), "sha256").hex()[:LENGTH]


def with_token(token: str | None, message: bytes) -> bytes:
    """A message as an attempt sends it. ``token``: None where the attempt has none (yet)."""
    return message if token is None else token.encode() + message


def split(message: bytes) -> tuple[str | None, bytes]:
    """The token of a message, or None, and the rest: the event's JSON, which begins with a brace."""
    has_token = message[:1] != b"{" and message[LENGTH : LENGTH + 1] == b"{"
    return (message[:LENGTH].decode("ascii", "replace"), message[LENGTH:]) if has_token else (None, message)


def check(secret: bytes, token: str | None, event: m.Event | m.TrialsAsked) -> None:
    """Refuse a message of an attempt that has another token, and a claim that has not the seal of its slot.

    Raises:
        MessageError: see above; nothing was changed.
    """
    if isinstance(event, m.Claimed):
        expected = seal_of(secret, event.slot)
        what = f"a claim for slot {event.slot!r:.100} came without that slot's seal"
    elif isinstance(event, (m.AttemptBegan, m.Reported, m.ParamAsked, m.AttemptEnded, m.TrialsAsked)):
        expected = token_of(secret, event.number, event.attempt)
        what = f"a message for trial {event.number}, attempt {event.attempt} came without the token of that attempt"
    else:
        return
    if token is None or not hmac.compare_digest(token.encode(), expected.encode()):
        raise MessageError(f"{what}: a task may claim and report for itself only. Nothing was changed.")


__all__ = ["AHEAD", "Ticket", "check", "seal_of", "split", "token_of", "with_token"]
