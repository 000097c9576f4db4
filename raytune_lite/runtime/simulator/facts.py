"""What the committed rows say of one trial: a line of the auditor's books."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ...trial import TrialState

LOST = {"driver_lost", "lease_expired", "node_lost", "worker_crash", "timeout", "out_of_memory", "stopped"}


@dataclass(slots=True)
class TrialFacts:
    """What the committed rows say of one trial."""

    state: TrialState
    attempt: int = 0
    live: int = 0  # the live attempt, or 0
    external: bool = False  # another program runs it
    cell: int | None = None
    values: tuple[float, ...] | None = None
    reports: dict[int, tuple[float, ...]] = field(default_factory=dict)
    reported_by: dict[int, int] = field(default_factory=dict)  # step -> attempt
    params: dict[str, float] = field(default_factory=dict)
    checkpoints: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)  # uris ever recorded; membership only
    failures: Counter[str] = field(default_factory=Counter)
    outcomes: dict[int, str] = field(default_factory=dict)  # attempt -> how it ended
    lost: set[int] = field(default_factory=set)  # attempts that a driver gave up or found gone; membership only
    counted: int = 0  # 1: the last end is one of ``failures``

    def may_be_found(self, attempt: int) -> bool:
        """Whether the attempt was given up, and no other has begun: its own end still counts."""
        is_last = self.state is TrialState.WAITING and attempt == self.attempt and not self.live
        return is_last and attempt in self.lost


__all__ = ["LOST", "TrialFacts"]
