"""What waits in a driver's inbox: a request for the core, or a query that reads the session between two batches.

Also the messages of attempts, of which most requests are made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ..core import messages as m
from ..core.encoding import message_from_json, to_json
from ..exceptions import RaytuneLiteError
from . import tokens
from .answers import answer, refusal
from .batch import Request
from .handover import Prefetched
from .host import Event
from .session import Session

_OF_ATTEMPTS: tuple[type[m.Event | m.TrialsAsked], ...] = (
    m.Claimed, m.AttemptBegan, m.ParamAsked, m.Reported, m.AttemptEnded, m.TrialsAsked
)  # fmt: skip


@dataclass(slots=True, eq=False)
class Item:
    """One thing to be handled, and what came of it.

    ``later``: set when it is answered after its first turn. ``then``: called when it is answered or refused, by whoever
    handled it.
    """

    request: Request | None = None
    query: Callable[[Session], Any] | None = None
    done: bool = False
    value: Any = None
    error: Exception | None = None
    later: Event | None = None
    then: Callable[[Item], None] | None = None

    def answer(self, value: Any) -> None:
        """It was handled."""
        self.value = value
        self._end()

    def refuse(self, error: Exception) -> None:
        """It was refused."""
        self.error = error
        self._end()

    def reply(self, secret: bytes | None, stop: str | None) -> bytes:
        """What its sender gets to hear, as ``answers`` has it. ``stop``: why every attempt is to end."""
        try:
            if self.error is not None:
                return refusal(self.error)
            return answer(with_token(self.value, secret), stop or (self.request.stop if self.request else None))
        except Exception as error:  # noqa: BLE001  (whatever it is, it concerns this attempt only)
            return refusal(error)

    def _end(self) -> None:
        self.done = True
        if self.then is not None:
            self.then(self)
        if self.later is not None:
            self.later.set()


def item_of(
    asked: m.Event | m.TrialsAsked, text: str | None = None, then: Callable[[Item], None] | None = None
) -> Item:
    """What is to be done about an event, or a question of an attempt. ``text``: see Request; ``then``: see Item."""
    item = Item(then=then)
    if isinstance(asked, m.TrialsAsked):
        item.query = partial(_answer, item, asked)
    else:
        item.request = Request(asked, item.answer, item.refuse, text=text)
    return item


def _answer(item: Item, asked: m.TrialsAsked, session: Session) -> Any:
    try:
        return session.finished_page(asked)
    except RaytuneLiteError as error:  # it concerns this attempt only: raised, it would end the driver
        item.error = error
        return None


def read_message(message: bytes, secret: bytes | None) -> tuple[m.Event | m.TrialsAsked, str]:
    """An attempt's event or question, and its text.

    Args:
        message: what came: the attempt's token or the slot's seal, if it has one, and the event's JSON.
        secret: what the tokens are made of; None: they are not looked at.

    Raises:
        MessageError: it is no message of an attempt, or the token is another one.
    """
    token, body = tokens.split(message)
    event = message_from_json(body, *_OF_ATTEMPTS)
    if secret is not None:
        tokens.check(secret, token, event)
    return event, body.decode()


def with_token(value: Any, secret: bytes | None) -> Any:
    """An answer; an assignment gets the token of its attempt."""
    if secret is None or not isinstance(value, m.Assignment):
        return value
    return replace(value, token=tokens.token_of(secret, value.number, value.attempt))


def prefetched(slot: str, assignment: m.Assignment, secret: bytes | None) -> Prefetched:
    """A trial that was claimed for a task that is to be submitted."""
    text = to_json(with_token(assignment, secret))
    return Prefetched(slot=slot, assignment=text.encode(), is_alone=assignment.attempt > 1)


__all__ = ["Item", "item_of", "prefetched", "read_message", "with_token"]
