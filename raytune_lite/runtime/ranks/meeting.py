"""How the processes of a group find one another: each writes where it is on a board, and reads what all have written.

Nobody leads: each works out the same ranks from the same entries. The board is whatever all of them can reach.
"""

from __future__ import annotations

from typing import Protocol

from ..host import Host
from .places import Member, RankPlace, arrange

LOOK = 0.05  # seconds between looks at the board; each further one is later, up to
LOOK_MOST = 1.0
PATIENCE = 900.0  # seconds: the environment of another process may have to be set up first


class Board(Protocol):
    """Entries of one group, which all of its processes and its launcher see."""

    def put(self, name: str, value: bytes) -> None:
        """Write an entry, or write it anew."""

    def get(self, name: str) -> bytes | None:
        """An entry; None: there is none (yet)."""


class MeetingError(Exception):
    """A process of the group did not come."""


def meet(board: Board, member: int, n: int, here: Member, host: Host) -> RankPlace:
    """Write where this process is, wait for the others, and return this one's rank.

    Args:
        board: of the group.
        member: this process's index.
        n: processes of the group.
        here: where this process is.
        host: clock.

    Raises:
        MeetingError: somebody did not come for PATIENCE seconds.
    """
    board.put(entry(member), here.to_json().encode())
    found = {member: here}
    until, rest = host.monotonic() + PATIENCE, LOOK
    while len(found) < n:
        for other in range(n):
            text = None if other in found else board.get(entry(other))
            if text is not None:
                found[other] = Member.from_json(text)
        if len(found) < n:
            if host.monotonic() > until:
                missing = ", ".join(str(other) for other in range(n) if other not in found)
                raise MeetingError(f"process(es) {missing} of {n} of this trial did not start for {PATIENCE:.0f} s")
            host.sleep(rest)
            rest = min(1.5 * rest, LOOK_MOST)
    ranks = arrange([found[index] for index in range(n)])
    return next(place for place in ranks if place.member == member)


def met(board: Board, n: int) -> dict[int, Member]:
    """Where the processes are that have come, by index; for the launcher."""
    entries = {member: board.get(entry(member)) for member in range(n)}
    return {member: Member.from_json(text) for member, text in entries.items() if text is not None}


def entry(member: int) -> str:
    """The name of a process's entry."""
    return f"member-{member}"


LEAD = "lead"  # the entry of rank 0: where the other ranks find it
SILENT = "silent"  # the entry that says which rank fell silent, before rank 0 ended its process

LEAVE = "leave"  # the entry that says that a node of the group leaves: seconds until then as JSON, null if not known

__all__ = ["LEAD", "LEAVE", "SILENT", "Board", "MeetingError", "entry", "meet", "met"]
