"""What was acknowledged must survive a power cut: by what the code asked the disk to do, not by what it should have.

A commit that does not wait for the disk may be taken back until a later one waits. So an acknowledgement may let out
only what a commit that waited has made safe. Claims and parameters are no promises: a power cut ends their attempts,
and the same numbers and values are handed out again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ...core import messages as m

# ("step", trial, step), ("end", trial, attempt), ("uri", trial, a checkpoint's), ("request", -1, its key)
Fact = tuple[str, int, Any]
_FIELDS = {"step": "reports", "end": "outcomes", "uri": "known"}


class Promises:
    """What one study has acknowledged so far, and what a power cut could take back now.

    Args:
        check: fails the history when its condition does not hold.
    """

    def __init__(self, check: Callable[[bool, str], None]) -> None:
        self._check = check
        self._kept: dict[Fact, None] = {}
        self._at_risk: set[Fact] = set()  # committed, and not on the disk yet; membership only

    def committed(self, events: Sequence[m.Event], rows: Sequence[m.Row], *, flush: bool) -> None:
        """A commit; with ``flush`` it waited for the disk, and all before it are there too."""
        if flush:
            self._at_risk.clear()
        else:
            self._at_risk.update(_facts(events, rows))

    def keep(self, fact: Fact) -> None:
        """A fact is acknowledged."""
        self._check(fact not in self._at_risk, f"{fact} is acknowledged, and a power cut would take it back")
        self._kept[fact] = None

    def power_was_cut(self, trials: Mapping[int, Any], requests: Collection[str]) -> None:
        """The power was cut, and this is stored still: the facts of each trial (TrialFacts), and requests by key."""
        self._at_risk.clear()
        for kind, number, what in self._kept:
            facts = trials.get(number)
            stored = requests if facts is None else getattr(facts, _FIELDS[kind], ())
            self._check(what in stored, f"{(kind, number, what)} was acknowledged, and the power cut took it back")


def _facts(events: Sequence[m.Event], rows: Sequence[m.Row]) -> list[Fact]:
    found: list[Fact] = []
    for row in rows:
        if isinstance(row, m.PutReport):
            found.append(("step", row.number, row.step))
        elif isinstance(row, m.EndAttempt):
            found.append(("end", row.number, row.attempt))
        elif isinstance(row, m.PutCheckpoint):
            found.append(("uri", row.number, row.checkpoint.uri))
    found += [("request", -1, key) for event in events if (key := getattr(event, "key", None))]
    return found


class Saves:
    """What attempts have saved, before it is uploaded: a pause must not lose it."""

    def __init__(self, check: Callable[[bool, str], None]) -> None:
        self._check = check
        self._saved: dict[tuple[int, int], list[tuple[int, int]]] = {}  # (step, newest step reported before it)

    def saved(self, number: int, attempt: int, step: int, reported: int) -> None:
        """The objective has saved a step; it had reported up to there."""
        self._saved.setdefault((number, attempt), []).append((step, reported))

    def paused(self, number: int, attempt: int, reported: int, published: Collection[int]) -> None:
        """An attempt is over, and its trial waits at this step; these steps were published."""
        saved = [step for step, before in self._saved.get((number, attempt), ()) if before < reported]
        what = f"trial {number} is paused at step {reported}: attempt {attempt} saved {saved[-1:]}"
        self._check(not saved or max(published, default=-1) >= saved[-1], f"{what}, published is {list(published)}")


__all__ = ["Promises", "Saves"]
