"""What rank 0 keeps for the other ranks: the log of its calls, who has written what, who lives. Behind a socket.

Questions wait here until there is an answer, or the mailbox has had enough of them; then they are asked again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from ...checkpoints.manifest import Files
from ...core.messages import Leave
from ..delivery import Delivery
from ..host import Host
from ..mailbox import Mail
from .calls import Call, Over, Reply, Said, Start, reply_to_json

PATIENCE = 2.0  # seconds for which a question may wait here; then it is to be asked again
LOOK = 0.5  # seconds between looks when nothing is heard


class RankFailed(Exception):  # noqa: N818  (a signal to rank 0: its launcher decides what counts)
    """Another rank has failed, or left."""


class Lead:
    """The log of rank 0, and the standing of the others.

    Args:
        world_size: ranks, with rank 0.
        host: clock and locks.
    """

    def __init__(self, world_size: int, host: Host) -> None:
        self._host = host
        self._lock, self._news = host.lock(), host.event()
        self._others = range(1, world_size)
        self.trial: Delivery | None = None  # rank 0's, once it has one
        self._calls: list[Call] = []
        self._start: Start | None = None
        self._over = Over.NOT_YET
        self._is_closed = False
        self._waiting: list[tuple[Mail, int]] = []  # questions, and from which call on
        now = host.monotonic()
        self._heard_at = dict.fromkeys(self._others, now)
        self._written: dict[int, dict[int, Files]] = {}  # by call, by rank
        self._ended: dict[int, str] = {}  # rank -> with what exception; "": none

    # --- what rank 0 does --------------------------------------------------------------------------------------------

    def begin(self, start: Start) -> None:
        """There is a trial: the others may begin."""
        with self._lock:
            self._start = start
            self._answer()

    def add(self, kind: str, what: str = "", answer: Any = None) -> int:
        """Rank 0 has made a call; its number."""
        with self._lock:
            self._calls.append(Call(kind, what, answer))
            self._answer()
            return len(self._calls) - 1

    def end(self, over: str) -> None:
        """Rank 0 makes no more calls. Only the first end counts."""
        with self._lock:
            self._over = self._over or over
            self._answer()

    def wait_written(self, call: int) -> list[Files]:
        """Wait until every other rank has written its files of a checkpoint; the files of each.

        Raises:
            RankFailed: a rank has ended without it.
        """
        while True:
            with self._lock:
                written = self._written.get(call, {})
                missing = [rank for rank in self._others if rank not in written]
                gone = [rank for rank in missing if rank in self._ended]
                if not missing:
                    self._written.pop(call, None)
                    return [written[rank] for rank in self._others]
                if gone:
                    raise RankFailed(f"rank {gone[0]} has ended: {self._ended[gone[0]] or 'it saved nothing'}")
                self._news.clear()
            self._news.wait(LOOK)

    def wait_ended(self, seconds: float) -> list[int]:
        """Wait until the others have ended or one has failed, for so long at most; those that have not."""
        until = self._host.monotonic() + seconds
        while True:
            with self._lock:
                left = [rank for rank in self._others if rank not in self._ended]
                rest = until - self._host.monotonic()
                if not left or any(self._ended.values()) or rest <= 0:
                    return left
                self._news.clear()
            self._news.wait(min(LOOK, rest))

    @property
    def is_over(self) -> bool:
        """Whether rank 0 makes no more calls, and waits for nobody."""
        return self._is_closed

    def close(self) -> None:
        """Rank 0 waits for nobody any more."""
        self.end(Over.STOPPED)
        self._is_closed = True

    @property
    def failed(self) -> tuple[int, str] | None:
        """A rank that has failed, and with what; None: there is none."""
        with self._lock:
            return next(((rank, why) for rank, why in self._ended.items() if why), None)

    def silent(self, seconds: float) -> list[int]:
        """Ranks that have not ended and sent no message for so long."""
        with self._lock:
            since = self._host.monotonic() - seconds
            return [rank for rank, at in self._heard_at.items() if at < since and rank not in self._ended]

    # --- what the others say -----------------------------------------------------------------------------------------

    def handle(self, mails: Sequence[Mail]) -> None:
        """Take in messages; see mailbox.Handle."""
        with self._lock:
            for mail in mails:
                try:
                    said = Said.from_json(mail.message)
                except (ValueError, TypeError):
                    mail.reply(reply_to_json(Reply()))
                    continue
                self._note(said)
                if said.since is None:
                    mail.reply(reply_to_json(Reply(over=self._over)))
                else:
                    self._waiting.append((mail, said.since))
            self._answer()
        self._news.set()

    def _note(self, said: Said) -> None:
        if said.rank not in self._heard_at:
            return
        self._heard_at[said.rank] = self._host.monotonic()
        if said.written is not None:
            self._written.setdefault(said.written, {})[said.rank] = said.files
        if said.ended:
            self._ended.setdefault(said.rank, said.failed)
        if said.leaves is not None and self.trial is not None:
            why, seconds = said.leaves
            self.trial.leave(Leave(reason=f"rank {said.rank} of this trial: {why}", seconds=seconds))

    def _answer(self) -> None:
        """Answer the questions that can be answered. Call it with the lock."""
        waiting = []
        for mail, since in self._waiting:
            if mail.is_answered:
                continue
            reply = self._reply(since)
            if reply is None:
                waiting.append((mail, since))
            else:
                with contextlib.suppress(OSError):
                    mail.reply(reply_to_json(reply))
        self._waiting = waiting

    def _reply(self, since: int) -> Reply | None:
        if since < 0:
            has_news = self._start is not None or self._over == Over.NOTHING
            return Reply(start=self._start, over=self._over) if has_news else None
        calls = tuple(self._calls[since:])
        return Reply(calls, over=self._over) if calls or self._over else None


__all__ = ["PATIENCE", "Lead", "RankFailed"]
