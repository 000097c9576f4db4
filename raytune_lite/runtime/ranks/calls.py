"""The calls that ranks make of their trial, by number, and the messages between rank 0 and the others. JSON only.

Every rank makes the same calls in the same order. Rank 0 carries them out and keeps their answers; call i of another
rank gets answer i, whenever it asks. A call of another kind or of another argument shows that the ranks have diverged.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ...checkpoints.manifest import Files

SUGGEST = "suggest"
REPORT = "report"
SHOULD_PRUNE = "should_prune"
SHOULD_CHECKPOINT = "should_checkpoint"
CHECKPOINT = "checkpoint"
WRITTEN = "all ranks have written the checkpoint"
INIT_PROCESS_GROUP = "init_process_group"
END = "the end of the objective"


class Call(NamedTuple):
    """One call. ``what``: its arguments, as far as all ranks must agree on them. ``answer``: JSON-able."""

    kind: str
    what: str = ""
    answer: Any = None

    def __str__(self) -> str:
        return self.kind if self.kind in (END, WRITTEN) else f"{self.kind}({self.what})"

    def is_like(self, other: Call) -> bool:
        """Whether both are the same call; the answer does not matter."""
        return (self.kind, self.what) == (other.kind, other.what)


class Start(NamedTuple):
    """What rank 0 tells the others before they begin. ``assignment``: without its token, as JSON text."""

    assignment: str
    port: int
    holds_store: bool


class Over:
    """How rank 0 has ended, or that it goes on."""

    NOT_YET = ""
    NOTHING = "nothing"  # there was no trial for this group
    ENDED = "ended"  # the objective returned, or the trial is pruned
    STOPPED = "stopped"  # an exception, or it was asked to stop: the others end, too


class Reply(NamedTuple):
    """What rank 0 answers: the calls from the number that was asked for on."""

    calls: tuple[Call, ...] = ()
    start: Start | None = None
    over: str = Over.NOT_YET


def reply_to_json(reply: Reply) -> bytes:
    """As bytes."""
    start = None if reply.start is None else list(reply.start)
    return json.dumps([[list(call) for call in reply.calls], start, reply.over]).encode()


def reply_from_json(text: bytes) -> Reply:
    """Inverse of reply_to_json."""
    calls, start, over = json.loads(text)
    return Reply(tuple(Call(*call) for call in calls), None if start is None else Start(*start), over)


class Said(NamedTuple):
    """A message of another rank. Each shows that the rank lives.

    ``since``: the number of the first call that it does not know; -1: it waits for the start. None: it asks nothing.
    ``written``: the number of a checkpoint call whose files it has written: ``files``, with their sizes, and with their
    digests where it has uploaded them. ``ended``:
    whether its objective has ended; ``failed``: with what exception. ``leaves``: its process will soon be gone: why,
    and after how many seconds.
    """

    rank: int
    since: int | None = None
    written: int | None = None
    files: Files = {}
    ended: bool = False
    failed: str = ""
    leaves: tuple[str, float | None] | None = None

    def to_json(self) -> bytes:
        """As bytes."""
        return json.dumps(self._asdict()).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Said:
        """Inverse of to_json."""
        found = json.loads(text)
        return cls(**{**found, "files": {name: (size, digest) for name, (size, digest) in found["files"].items()}})


__all__ = [
    "CHECKPOINT", "END", "INIT_PROCESS_GROUP", "REPORT", "SHOULD_CHECKPOINT", "SHOULD_PRUNE", "SUGGEST", "WRITTEN",
    "Call", "Over", "Reply", "Said", "Start", "reply_from_json", "reply_to_json",
]  # fmt: skip
